"""JMESPath: the results of the library, and a cost that is bounded by the elements that an expression walks."""

import json
import time
import tracemalloc
import warnings
from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from restgql.errors import BadSelect, LimitExceeded, UpstreamTimeout
from restgql.formats import select
from restgql.formats.functions import MAX_SIZE
from restgql.meter import Meter
from tests.cpu import cost
from tests.memory import kept
from tests.metering import meter

MAX_ELEMENTS = 100_000
CPU_SECONDS, BYTES = 0.25, 50_000_000


def metered(max_elements: int = MAX_ELEMENTS, seconds: float = 60) -> Meter:
    return meter(time.monotonic() + seconds, max_elements=max_elements)


def charged(expression: str, value: Any) -> int:
    """Return the charges of an expression that was compiled before."""
    select.check(expression)
    counts: list[int] = []
    select.search(expression, value, counts.append)
    return sum(counts)


# The same results as the library's

SCALARS = [None, True, False, 0, 1, -2, 1.5, 1.0, "", "a", "b", "10"]
ANY = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
NUMBER_LISTS, TEXT_LISTS = st.lists(st.integers(-2, 3), max_size=5), st.lists(st.sampled_from(["", "a", "b", "10"]))
ROWS = st.lists(st.fixed_dictionaries({"a": st.integers(0, 3), "b": st.sampled_from(["", "a", "b"])}), max_size=4)
VALUES = st.one_of(ANY, NUMBER_LISTS, TEXT_LISTS, ROWS, st.fixed_dictionaries({"a": ROWS, "b": NUMBER_LISTS}))
LEAVES = ["@", "a", "b", "c", '"a"', "[0]", "[-1]", "[9]", "[]", "*", "[*]", "[::-1]", "[1:]", "`1`", "'a'", "`null`"]
LEAVES += ["`[1, true, {}]`", "`0`", "`false`", '`{"a": [1]}`', "[*].a", "a[].b", "*.a", "[:2].a", "a.b.c", "a.*.b"]
ONE = ["abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "not_null", "reverse", "sort", "sum", "to_array"]
ONE += ["to_number", "to_string", "type", "values"]
TWO = ["contains", "ends_with", "join", "not_null", "starts_with"]
BY = ["max_by", "min_by", "sort_by"]


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def form(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda texts: template.format(*texts))

    return st.one_of(
        form("({} | {})", inner, inner),
        form("({} || {})", inner, inner),
        form("({} || {} && {})", inner, inner, inner),
        form("{} || {} || {} | {}", inner, inner, inner, inner),
        form("!{}", inner),
        form("[{}, {}]", inner, inner),
        form("{{a: {}, b: {}}}", inner, inner),
        form("[?{}].{}", inner, st.sampled_from(["a", "b", "[a]", "{a: b}"])),
        form("a[?{}]", inner),
        form("[*].[{}]", inner),
        form("[].[{}, @]", inner),
        form("*.[{}]", inner),
        form("({} {} {})", inner, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner),
        form("{}({})", st.sampled_from(ONE), inner),
        form("{}({}, {})", st.sampled_from(TWO), inner, inner),
        form("{}({}, &{})", st.sampled_from(BY), inner, inner),
        form("map(&{}, {})", inner, inner),
        form("merge({{a: {}}}, {{b: {}}})", inner, inner),
        form("({})[0]", inner),
        form("({})[]", inner),
        form("({}).a", inner),
    )


def outcome(search: Any, expression: str, value: Any) -> str:
    """The result as JSON, which tells 1 from true; `error` if there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return json.dumps(search(expression, value))
        except (JMESPathError, BadSelect, TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            return "error"


@given(st.recursive(st.sampled_from(LEAVES), compound, max_leaves=6), VALUES)
@settings(max_examples=1_000)
def test_an_expression_selects_what_the_library_selects(expression: str, value: Any) -> None:
    assert outcome(select.search, expression, value) == outcome(jmespath.search, expression, value)


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        ("[@ == `1`, @ == `true`, [@] == `[true]`]", 1, [True, False, True]),
        ("[!@, @ && 'x', @ || 'x']", 0, [False, "x", 0]),
        ("a || b || c", {"a": [], "b": False, "c": None}, None),
        ("a && b && c", {"a": 1, "b": {}, "c": 3}, {}),
        ("[a.b, a.b.c, a[0]]", {"a": {"b": 1}}, [1, None, None]),
        ("[0:4:2] | [1]", [[1], [2], [3]], [3]),
        ("*.a", {"x": {"a": 1}, "y": {}, "z": {"a": None}}, [1]),
        ("contains(@, `[1]`)", [[0], [1]], True),
        ("to_string(@)", {"a": [1, "é"]}, '{"a":[1,"\\u00e9"]}'),
        ("to_number(@)", "NaN", None),
        ("split('a,b', ',')", None, ["a", "b"]),
        ("split('ab', '')", None, ["a", "b"]),
    ],
)
def test_an_expression_selects(expression: str, value: Any, expected: Any) -> None:
    found = select.search(expression, value)
    assert json.dumps(found) == json.dumps(expected)


# Its cost

WORD = "a" * 380
DOUBLED = "|".join(["[@,@]"] * 60)
MULTIPLYING = {
    "reversed": '`"aaaaaaaaaa"`' + "|join('', [@,@,@,@,@,@,@,@,@,@])" * 5 + "|split(@,'')" + "|reverse(@)" * 40,
    "maps": f"length(map(&length(map(&`1`, split('{WORD}', ''))), split('{WORD}', '')))",
    "shared": DOUBLED,
    "shared and compared": f"[{DOUBLED},{DOUBLED}] | [0] == [1]",
    "shared and contained": f"contains([{DOUBLED}], {DOUBLED})",
    "shared and written": f"{DOUBLED}|to_string(@)",
    "shared and shown": f"{DOUBLED}|sum(@)",
    "shared and sorted": f"{DOUBLED}|sort(@)",
    "shared and merged": "{a:@,b:@}|" * 60 + "merge(@, a, b)",
    "joined": "'😀'" + "|join('', [@,@,@,@,@,@,@,@,@,@])" * 20,
    "written": "@" + "|to_string([@,@])" * 50,
    "flattened": "`[0,0,0,0]`" + "|[@,@,@,@,@,@,@,@][]" * 40,
    "projected": "`[[0,0,0,0,0,0,0,0]]`" + "|[*].[@,@,@,@,@,@,@,@][]" * 20,
    "literals": f"`[0,0,0,0,0,0,0,0]`{'|[@,@,@,@,@,@,@,@][]' * 3}|[*].['{'x' * 800}']",
    "split": "'ab'" + "|join('', [@,@,@,@,@,@,@,@])" * 8 + "|split(@,'b')",
    "searched": f"'a'{'|join(@, [@,@,@,@,@,@,@,@,@])' * 4}|map(&contains(@,'{'a' * 80}b'),[@,@,@,@,@,@,@,@,@])",
    "numbers": f"sum(`[{'9' * 800}]`)" + "|[@,@,@,@,@,@,@,@][]" * 8,
    "functions": "`[0,0,0,0,0,0,0,0]`"
    + "|[@,@,@,@,@,@,@,@][]" * 4
    + "|[*].[abs(@),type(@),to_string(@),to_number('x')]",
    "nested": "[]" * 300,
    "not": "!" * 280 + "a",
    "piped": "a" + "|a" * 500,
}


@pytest.mark.parametrize("name", MULTIPLYING)
def test_an_expression_that_multiplies_is_refused_before_it_costs_much(name: str) -> None:
    expression, value = MULTIPLYING[name], {"ok": True}
    assert len(expression) <= select.MAX_EXPRESSION

    def run() -> None:
        try:
            shown = json.dumps(select.search(expression, value, metered().charge_elements))
        except (BadSelect, LimitExceeded) as exc:
            shown = exc.message
        assert len(shown) <= MAX_SIZE

    assert cost(run) < CPU_SECONDS
    tracemalloc.start()
    try:
        run()
        assert tracemalloc.get_traced_memory()[1] < BYTES
    finally:
        tracemalloc.stop()


NUMBERS, TEXTS = list(range(1_000)), [str(number) for number in range(1_000)]
OBJECT = dict.fromkeys(TEXTS, 1)
WALKED = {
    "avg(@)": NUMBERS,
    "contains(@, `-1`)": NUMBERS,
    "join('', @)": TEXTS,
    "keys(@)": OBJECT,
    "map(&@, @)": NUMBERS,
    "max(@)": NUMBERS,
    "max_by(@, &@)": NUMBERS,
    "merge(@)": OBJECT,
    "min(@)": TEXTS,
    "min_by(@, &@)": TEXTS,
    "reverse(@)": NUMBERS,
    "sort(@)": NUMBERS,
    "sort_by(@, &@)": TEXTS,
    "split(@, ',')": "," * 1_000,
    "split(@, '')": "x" * 1_000,
    "sum(@)": NUMBERS,
    "to_string(@)": NUMBERS,
    "values(@)": OBJECT,
    "[*]": NUMBERS,
    "*": OBJECT,
    "[]": NUMBERS,
    "[:]": NUMBERS,
    "[::-1]": NUMBERS,
    "[?@]": NUMBERS,
}


@pytest.mark.parametrize("expression", WALKED)
def test_a_function_over_a_thousand_elements_is_charged_a_thousand_before_it_runs(expression: str) -> None:
    assert charged(expression, WALKED[expression]) >= 1_000
    with pytest.raises(LimitExceeded) as refused:
        select.search(expression, WALKED[expression], metered(900).charge_elements)
    assert refused.value.extensions["limit"] == "RESTGQL_MAX_ELEMENTS"


@pytest.mark.parametrize(
    "expression",
    [
        "contains(@, 'ab')",
        "ends_with(@, @)",
        "reverse(@)",
        "starts_with(@, @)",
        "to_number(@)",
        "to_string([@])",
        "join('', [@])",
        "split(@, 'b')",
        "[@, join('', [@])] | [0] == [1]",
        "[@, join('', [@])] | [0] < [1]",
        "max([@, @])",
        "sort([@, @])",
    ],
)
def test_a_text_is_charged_by_its_size(expression: str) -> None:
    assert charged(expression, "a" * 1_000_000) > 1_000 + charged(expression, "a" * 10)


def test_values_that_are_compared_are_charged_by_their_size() -> None:
    value = {"a": [[number] for number in range(5_000)], "b": [[number] for number in range(5_000)]}
    for expression in ("a == b", "a != b", "contains([a], b)"):
        assert charged(expression, value) > 5_000
    assert charged("a == c", value) < select.CALL + 10


def test_what_an_expression_passes_on_is_not_walked() -> None:
    value = {"items": [{"id": number} for number in range(5_000)], "links": {"next": "/2"}}
    assert charged("items", value) < select.CALL + 10
    assert charged("{items: items, count: length(items), next: links.next}", value) < select.CALL + 20


def test_an_honest_projection_fits() -> None:
    item = {"id": 1, "name": "Ada", "meta": {"x": 1}, **dict.fromkeys("abcdefg", 0)}
    expression = "[].{a: id, b: name, c: meta.x}"
    assert charged(expression, [item] * 1_000) < 10_000
    assert len(select.search(expression, [item] * 10_000, metered().charge_elements)) == 10_000


def test_all_expressions_of_an_operation_are_charged_together() -> None:
    meter, expression = metered(10_000), "[*].{a: @}"
    for _ in range(2):
        select.search(expression, NUMBERS, meter.charge_elements)
    with pytest.raises(LimitExceeded):
        select.search(expression, NUMBERS * 2, meter.charge_elements)


def test_an_expression_is_charged_when_it_is_compiled_and_not_again() -> None:
    counts: list[int] = []
    expression = "a || b || c || d || an_expression_that_nothing_else_in_this_process_has_ever_asked_for"
    for _ in range(3):
        select.search(expression, {}, counts.append)
    assert counts[0] > len(expression) > counts[1] == counts[2]


def test_the_deadline_is_looked_at_every_few_hundred_steps() -> None:
    counts: list[int] = []
    select.search("[*].{a: @, b: type(@)}", list(range(20_000)), counts.append)
    assert max(counts) < 512
    with pytest.raises(UpstreamTimeout):
        select.search("[*].{a: @}", NUMBERS, metered(seconds=-1).charge_elements)


def test_an_expression_that_is_not_metered_is_bounded_by_itself() -> None:
    for expression in ("[*].{a: @}", "sort(@)"):
        with pytest.raises(BadSelect, match="more than 100000 steps"):
            select.search(expression, list(range(100_000)))


def test_a_text_that_is_shared_is_bounded_as_it_would_be_written() -> None:
    with pytest.raises(BadSelect, match="more than 5000000"):
        select.search("[@,@]", ["x" * 300_000] * 10, metered().charge_elements)
    value = ["x" * 300_000] * 10
    assert select.search("[@]", value, metered().charge_elements) == [value]


def test_the_message_of_a_value_that_does_not_fit_is_short() -> None:
    for expression, value in (("sum(@)", "x" * 1_000_000), (DOUBLED + "|abs(@)", 1), ("abs(@)", [["x" * 9_999]] * 99)):
        with pytest.raises(BadSelect) as refused:
            select.search(expression, value)
        assert len(refused.value.message) < 400
        assert len(str(refused.value.__cause__)) < 1_000


def test_expressions_that_clients_think_up_do_not_fill_the_memory() -> None:
    def ask(number: int) -> None:
        for index in range(10):
            name = f"n{number}_{index}"
            assert select.search(name + "||a" * 330, {"a": 1}) == 1
            assert select.search(name + "==a" * 300, {"a": 1}) is False
            with pytest.raises(BadSelect):
                select.search(f"{name}|[" + ",".join("@" * 490), {})

    assert kept(ask, 5) < 20_000_000
