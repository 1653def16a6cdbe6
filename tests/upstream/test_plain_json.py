"""The JSON text that the fast path writes in the place of Flask's provider: byte for byte the same."""

import datetime
import enum
import json
import random
import subprocess
import sys
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from functools import partialmethod
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import pytest
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import MultiDict

from restgql.upstream.fast_path import plain_json


class Kind(enum.StrEnum):
    A = "a"


class Point(NamedTuple):
    x: int
    y: int


class Upper(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        return [(key.upper(), value) for key, value in super().items()]


@dataclass(slots=True)
class Loaded:
    """Counts how often its field is read, as one that is loaded from a database."""

    reads: ClassVar[int] = 0
    field: int = 1

    def __getattribute__(self, name: str) -> Any:
        Loaded.reads += name == "field"
        return object.__getattribute__(self, name)


def endless(copies: int) -> list[Any]:
    value: list[Any] = ["x" * 100_000]
    value += [value] * copies
    return value


def nested(depth: int) -> list[Any]:
    value: list[Any] = [1]
    for _ in range(depth):
        value = [value]
    return value


WRITTEN = [
    {},
    [],
    {"id": 1, "title": 'a "b" \\ / \n\t\r\b\f \x00\x1f', "tags": [], "published": True, "none": None},
    [{"b": 1, "a": {"d": [1, [2]], "c": -(2**70)}}],
    [0.0, -0.0, 1.5, -0.0001, 123456789012345.6, 999999999999999.9],
    [[[[[["deep"]]]]]],
    [(1, 2), {"a": ()}],
    ["\x7f", {"\x7f": "\\\x7f"}],
    [0, *[[1, {"a": (1.5, [])}]] * 2_000],
    {"é": ["ü" * 3, "\u2028 \U0001f600 \x80"], "long": "x" * 10_000},
]
LEFT = {
    "many characters that are escaped": {"a": "é" * 100},
    "a surrogate": ["\ud800"],
    "a large float": [1e16],
    "a small float": [0.00001],
    "an infinite float": [float("inf")],
    "not a number": [{"a": float("nan")}],
    "a date": {"at": datetime.date(2026, 1, 2)},
    "an id": [uuid.UUID(int=5)],
    "a decimal": [Decimal("1.5")],
    "a key that is a number": {1: "a"},
    "a key that is null": [{None: 1}],
    "a tuple of another kind": [Point(1, 2)],
    "a key of another kind": [{Kind.A: 1}],
    "a key that is a large number": {1e16: "a"},
    "an enum": [Kind.A],
    "a dict of another kind": [OrderedDict(a=1)],
    "a dict with several values for a key": [MultiDict([("a", "1"), ("a", "2")])],
    "an object with attributes": [Loaded()],
    "a deep list": nested(100),
    "a large number within many lists": [0, *[[1.5, {"a": (1e16,)}]] * 2_000],
    "a list with many characters to escape, late": ["x" * 5_000, "é" * 1_000],
    "a dict with its own items": {"a": Upper(b=1)},
}
REFUSED = {
    "bytes": {"a": b"x"},
    "a set": [{1}],
    "an object": [SimpleNamespace()],
    "a list in itself": endless(1),
    "a list that is often in itself": endless(1_000),
    "a list that is more often in itself": endless(2_000),
    "keys of several types": [{"a": 1, 2: 3}],
}


@pytest.fixture
def app() -> Flask:
    return Flask(__name__)


def text_of(app: Flask, value: Any) -> bytes | None:
    """Return what the fast path writes, None where it leaves a value to Flask; whoever writes, it is Flask's text."""
    for each in (value, [value] * 8, {"a": [value] * 8}):
        with app.test_request_context():
            ours, flasks = plain_json.response(app, each), app.json.response(each)
        assert ours.get_data() == flasks.get_data()  # type: ignore[attr-defined]
        assert list(ours.headers) == list(flasks.headers)
    return plain_json._text(app.json, value)


@pytest.mark.parametrize("sort_keys", [True, False])
@pytest.mark.parametrize("value", WRITTEN, ids=repr)
def test_a_value_of_json_types_is_written(app: Flask, value: Any, sort_keys: bool) -> None:
    app.json.sort_keys = sort_keys  # type: ignore[attr-defined]
    assert text_of(app, value) is not None


@pytest.mark.parametrize("value", LEFT.values(), ids=LEFT.keys())
def test_a_value_of_other_types_is_left_to_flask(app: Flask, value: Any) -> None:
    assert text_of(app, value) is None


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_a_value_that_flask_refuses_is_left_to_it(app: Flask, value: Any) -> None:
    assert plain_json._text(app.json, value) is None
    with app.test_request_context(), pytest.raises((TypeError, ValueError)):
        plain_json.response(app, [value] * 8)


def test_every_ascii_character_is_escaped_as_flask_does(app: Flask) -> None:
    for code in range(128):
        assert text_of(app, [chr(code), {chr(code): code}]) is not None


def test_random_values_are_the_same(app: Flask) -> None:
    chance = random.Random(7)

    def value(depth: int) -> Any:
        kind = chance.randrange(9 if depth else 6)
        if kind < 2:
            return "".join(chr(chance.choice((34, 92, 10, 65, 97, 122, 126, 48))) for _ in range(chance.randrange(9)))
        if kind == 2:
            return chance.choice((-1, 1)) * chance.randrange(10 ** chance.randrange(1, 30))
        if kind == 3:
            return chance.choice((-1, 1)) * chance.random() * 10 ** chance.randrange(-7, 18)
        if kind < 6:
            return chance.choice((True, False, None, 0, 0.5))
        if kind == 6:
            return [value(depth - 1) for _ in range(chance.randrange(5))]
        return {f"{chance.choice('abcXYZ')}{n}": value(depth - 1) for n in range(chance.randrange(5))}

    written = sum(text_of(app, [value(4)]) is not None for _ in range(2_000))
    assert written > 1_000


class Provider(DefaultJSONProvider):
    """One of an app's own."""


OWN: dict[str, Any] = {
    "indented": {"compact": False},
    "not ascii": {"ensure_ascii": False},
    "a function of its own": {"dumps": lambda obj, **options: json.dumps(obj, indent=1)},
    "a response of its own": {"response": lambda *args: Flask.response_class("own", mimetype="text/plain")},
}


@pytest.mark.parametrize("attributes", OWN.values(), ids=OWN.keys())
def test_a_provider_with_attributes_of_its_own_writes(app: Flask, attributes: dict[str, Any]) -> None:
    vars(app.json).update(attributes)
    assert text_of(app, {"b": 1, "a": 2}) is None


@pytest.mark.parametrize("sort_keys", [1, 0, None, "yes", ""])
def test_the_keys_are_sorted_by_the_truth_of_the_setting(app: Flask, sort_keys: Any) -> None:
    app.json.sort_keys = sort_keys  # type: ignore[attr-defined]
    assert text_of(app, {"b": 1, "a": 2}) is not None


def test_a_provider_of_another_app_writes_as_that_app_says(app: Flask) -> None:
    other = Flask("other")
    app.json = other.json
    other.debug = True
    assert text_of(app, {"a": 1}) is None
    other.debug, app.debug = False, True
    assert text_of(app, {"a": 1}) is not None
    other.response_class = type("Own", (other.response_class,), {})
    assert text_of(app, {"a": 1}) is None


def test_the_attributes_of_an_object_are_not_read(app: Flask) -> None:
    before = Loaded.reads
    assert plain_json._text(app.json, [Loaded()]) is None
    assert Loaded.reads == before


def test_another_media_type_is_sent(app: Flask) -> None:
    app.json.mimetype = "application/vnd.own+json"  # type: ignore[attr-defined]
    assert text_of(app, {"a": 1}) is not None


def test_a_provider_of_the_app_writes(app: Flask) -> None:
    app.json = Provider(app)
    assert text_of(app, {"a": 1}) is None


def test_flask_writes_in_debug_and_for_another_response_class(app: Flask) -> None:
    app.debug = True
    assert text_of(app, {"a": 1}) is None
    app.debug = False
    app.response_class = type("Own", (app.response_class,), {})
    assert text_of(app, {"a": 1}) is None


@pytest.mark.parametrize("name", ["dumps", "response", "_prepare_response_obj"])
def test_a_patched_method_of_flask_writes(app: Flask, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    method = getattr(DefaultJSONProvider, name)
    monkeypatch.setattr(DefaultJSONProvider, name, lambda *args, **options: method(*args, **options))
    assert text_of(app, {"a": 1}) is None


def dumps(*args: Any, **options: Any) -> str:
    return _DUMPS(*args, **options)


class Encoder(json.JSONEncoder):
    """One that an app puts in the place of Python's."""


_DUMPS = json.dumps
PATCHES: dict[str, tuple[Any, str, Any]] = {
    "json.dumps": (json, "dumps", dumps),
    "json.JSONEncoder": (json, "JSONEncoder", Encoder),
    "JSONEncoder.encode": (json.JSONEncoder, "encode", lambda self, value: "own"),
    "JSONEncoder.iterencode": (json.JSONEncoder, "iterencode", lambda *args, **options: ["own"]),
    "JSONEncoder.__init__": (json.JSONEncoder, "__init__", partialmethod(json.JSONEncoder.__init__, indent=1)),
    "c_make_encoder": (json.encoder, "c_make_encoder", None),
    "encode_basestring_ascii": (json.encoder, "encode_basestring_ascii", lambda text: '"own"'),
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES.keys())
def test_a_patched_part_of_json_writes(
    app: Flask, monkeypatch: pytest.MonkeyPatch, patch: tuple[Any, str, Any]
) -> None:
    monkeypatch.setattr(*patch)
    assert text_of(app, {"a": 1}) is None


EARLY = """
import json
dumps = json.dumps
json.dumps = lambda *args, **options: dumps(*args, **options).upper()
from flask import Flask
from restgql.upstream.fast_path import plain_json
app = Flask("early")
with app.test_request_context():
    print(plain_json.response(app, {"a": 1}).get_data(as_text=True), end="")
"""


def test_a_part_of_json_that_was_patched_before_the_import_writes() -> None:
    ran = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, check=True)
    assert ran.stdout == '{"A":1}\n'
