"""URI templates: the paths that they expand to, and a cost that is bounded before they are expanded."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
import uritemplate
from hypothesis import given, settings
from hypothesis import strategies as st

from restgql.errors import BadPath, BadRequest, LimitExceeded, MissingParameter
from restgql.formats import template
from restgql.formats.body import RequestBody
from restgql.formats.file import File
from restgql.formats.target import MAX_TARGET
from restgql.meter import Meter
from tests.cpu import cost
from tests.memory import kept
from tests.metering import meter

MILLISECONDS = 0.001


def metered(max_expansion: int) -> Meter:
    return meter(max_expansion=max_expansion)


def expanded(text: str, **values: Any) -> str:
    return template.expand(template.compile(text), values.get)


SCALARS = st.one_of(st.text(min_size=1, max_size=8), st.integers(-9, 9).map(str))
LISTS = st.lists(SCALARS, min_size=1, max_size=4)
OBJECTS = st.dictionaries(st.text("abc", min_size=1, max_size=2), SCALARS, min_size=1, max_size=3)


@given(
    st.sampled_from(
        ["/x/{s}", "/{s}/{s:2}", "/{+s}{?l,s}", "/a{?l*}{&s}", "/b{?o*,n}", "/{o*}", "/{l*}/{+l*}", "/é{?s:3}"]
    ),
    SCALARS,
    LISTS,
    OBJECTS,
)
@settings(max_examples=300)
def test_a_template_expands_as_rfc_6570_says(text: str, scalar: str, array: list[str], members: dict[str, str]) -> None:
    values: dict[str, Any] = {"s": scalar, "l": array, "o": members}
    sizes: list[int] = []
    path = template.expand(template.compile(text), values.get, charge=sizes.append)
    assert path == uritemplate.expand(text, values)
    assert sizes[-1] <= len(path), "the size before it is percent-encoded"


@pytest.mark.parametrize(
    ("text", "values", "error"),
    [
        ("/{x}", {}, MissingParameter),
        ("/{x}", {"x": ""}, BadPath),
        ("/{x}", {"x": [1]}, BadPath),
        ("/{x}", {"x": {"a": 1}}, BadPath),
        ("/{x*}", {"x": []}, BadPath),
        ("/{x*}", {"x": [None]}, BadPath),
        ("/{?x}", {"x": {"a": 1}}, BadPath),
        ("/{?x*}", {"x": [[1]]}, BadPath),
        ("/{?x}{x}", {"x": None}, MissingParameter),
        ("/{?x}{x}", {"x": [1]}, BadPath),
    ],
)
def test_a_value_that_its_place_does_not_take_is_refused(text: str, values: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        expanded(text, **values)


def test_each_name_is_looked_up_once() -> None:
    names: list[str] = []

    def lookup(name: str) -> str:
        names.append(name)
        return "v"

    assert template.expand(template.compile("/{x}/{y}/{x}{?x,y}"), lookup) == "/v/v/v?x=v&y=v"
    assert template.fill(template.compile("{x} {y} {x}"), lookup) == "v v v"
    assert names == ["x", "y"] * 2


LONG_LIST = [1] * 2_000
LARGE: dict[str, tuple[str, dict[str, Any]]] = {
    "a name many times": ("/" + "{?x}" * 200, {"x": LONG_LIST}),
    "names that are long": ("/{?" + "x" * 4_000 + "*}", {"x" * 4_000: LONG_LIST}),
    "a list": ("/{?x}", {"x": [1] * 1_000_000}),
    "a list of nothing": ("/{?x}", {"x": [""] * 1_000_000}),
    "an object": ("/{?x*}", {"x": {str(key): "" for key in range(100_000)}}),
    "a key": ("/{?x*}", {"x": {"k" * 10_000_000: ""}}),
    "a text": ("/{x}", {"x": "é" * 10_000_000}),
    "a text many times": ("/" + "{x}" * 250, {"x": "é" * 20}),
    "a link": ("{+x}", {"x": "https://example.com/" + "%41" * 3_000_000}),
    "lists that are used up": ("/{x*}" * 256, {"x": LONG_LIST}),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_path_that_is_too_large_is_refused_before_it_is_expanded(name: str) -> None:
    text, values = LARGE[name]
    compiled = template.compile(text)
    charged: list[int] = []

    def expand() -> None:
        with pytest.raises(BadPath, match="over 4096 bytes"):
            template.expand(compiled, values.get, charge=charged.append)

    assert cost(expand) < 50 * MILLISECONDS
    assert charged[0] == len(text)


def test_a_prefix_takes_little_of_a_long_text() -> None:
    assert expanded("/{x:3}{?x:2}", x="abc" * 1_000_000) == "/abc?x=ab"
    assert expanded("/{x}", x="a" * (MAX_TARGET - 1)) == "/" + "a" * (MAX_TARGET - 1)


def test_a_link_may_have_an_origin_beyond_the_size_of_a_path() -> None:
    path, link = "/" + "a" * 4_000, "https://api.example.com/" + "a" * 4_000

    def followed(url: str) -> str:
        return url.removeprefix("https://api.example.com")

    assert template.expand(template.compile("{+x}{?y}"), {"x": link}.get, followed) == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/" + "a" * 1_000_000, "over 4096 bytes"),
        ("/" + "{" * 1_000_000, "over 4096 bytes"),
        ("/{?" + ",".join("v" * 2_000) + "}", "more than 256 values"),
        ("/{" + "a" * 4_000 + "!}", "not a template expression"),
        ("/{" + ",".join(["ab"] * 1_300) + ".}", "not a template expression"),
        ("/" + "{" * 4_000, "closes no template expression"),
    ],
)
def test_a_template_that_is_too_large_is_refused_at_once(text: str, message: str) -> None:
    def compile() -> None:
        with pytest.raises(BadPath, match=message):
            template.compile(text)

    assert cost(compile) < 50 * MILLISECONDS


def test_an_operation_is_charged_for_all_that_its_templates_expand_to() -> None:
    meter, compiled = metered(10_000), template.compile("/{?x}")
    template.expand(compiled, {"x": ["a"] * 2_000}.get, charge=meter.charge_expansion)
    with pytest.raises(LimitExceeded) as refused:
        template.expand(compiled, {"x": ["a"] * 2_000}.get, charge=meter.charge_expansion)
    assert refused.value.extensions["limit"] == "RESTGQL_MAX_EXPANSION"
    with pytest.raises(LimitExceeded):
        template.expand(compiled, {"x": [None] * 20_000}.get, charge=metered(10_000).charge_expansion)


def test_a_header_is_filled_as_it_is_spelled_and_bounded() -> None:
    compiled = template.compile("a {x} {y:1} é")
    assert template.fill(compiled, {"x": "é ü", "y": True}.get) == "a é ü true é"
    assert template.fill(compiled, {"x": "é ü"}.get) is None
    with pytest.raises(BadPath):
        template.fill(compiled, {"x": [], "y": 1}.get)
    repeated = template.compile("{x}" * 256)
    assert len(template.fill(repeated, {"x": "a" * 32}.get) or "") == 8_192
    for value in ("a" * 33, "a" * 10_000_000):
        with pytest.raises(BadRequest, match="8 KiB"):
            template.fill(repeated, {"x": value}.get)
    with pytest.raises(LimitExceeded):
        template.fill(repeated, {"x": "a" * 30}.get, charge=metered(5_000).charge_expansion)


def test_templates_and_values_that_clients_think_up_do_not_fill_the_memory() -> None:
    def ask(number: int) -> None:
        for index in range(300):
            at = number * 1_000 + index
            assert expanded(f"/{at}/{'a' * 3_900}/{{x}}", x=at).endswith(f"/{at}")
            assert expanded("/{x}" * 30, x=f"{at:0128}").endswith(f"{at}")

    assert kept(ask, 3) < 3_000_000


def test_a_body_is_charged_before_it_is_written() -> None:
    item = {"text": "x" * 1_000}
    for encoding, value in (("JSON", [item] * 1_000), ("FORM", {"a": ["x" * 1_000] * 1_000})):
        charged: list[int] = []
        content, _ = RequestBody(value=value, encoding=encoding).written(charged.append)
        assert 0.9 * len(content) < sum(charged) < 1.2 * len(content)
        with pytest.raises(LimitExceeded):
            RequestBody(value=value, encoding=encoding).written(metered(100_000).charge_expansion)


FIELDS = st.dictionaries(st.text(), st.one_of(SCALARS, st.text(), st.integers(), st.booleans()), max_size=5)


@given(FIELDS)
def test_a_form_is_written_as_browsers_write_it(fields: dict[str, Any]) -> None:
    written, _ = RequestBody(value=fields, encoding="FORM").written()
    assert parse_qsl(written.decode(), keep_blank_values=True, strict_parsing=bool(fields)) == [
        (name, value if isinstance(value, str) else json.dumps(value)) for name, value in fields.items()
    ]
    assert written.isascii()


@pytest.mark.parametrize(("encoding", "weight"), [("FORM", 100), ("MULTIPART", 500)])
def test_the_fields_of_a_form_are_charged_by_their_encoding(encoding: str, weight: int) -> None:
    charged: list[int] = []
    RequestBody(value={"a": [1] * 1_000, "b": 2}, encoding=encoding).written(charged.append)
    assert sum(charged) > 1_000 * weight


def test_a_file_is_charged_when_it_is_written_again() -> None:
    file = File("a.bin", "", b"x" * 100_000)
    once = RequestBody(value=None, encoding="MULTIPART", files=(("a", file),))
    once.written(metered(1_000).charge_expansion)
    often = RequestBody(value={"a": [file] * 5}, encoding="MULTIPART", files=(("b", file),))
    with pytest.raises(LimitExceeded):
        often.written(metered(400_000).charge_expansion)
    charged: list[int] = []
    often.written(charged.append)
    assert 500_000 <= sum(charged) < 510_000
