"""Documents that differ in their literals alone share a plan: with the data, errors and places of each."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from graphql import Lexer, Source, TokenKind
from graphql.language import get_location
from hypothesis import given, settings
from hypothesis import strategies as st

from restgql import Gateway, Scripted, graphql_core
from restgql.documents import shape as shape_module
from restgql.documents.lines import Lines
from restgql.documents.shape import DocumentShape, Relocation
from restgql.execution import field_errors
from restgql.graphql_core import parse
from tests.scenarios.document import DOCUMENTS, Client, config_of, read, script, variables_of

LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|(?<![\w.])-?\d+(?![\w.])')


def varied(query: str, number: int) -> str:
    """The same query with other literals of the same kinds; equal ones stay equal."""

    def other(match: re.Match[str]) -> str:
        token = match[0]
        return f'"/other{number}{token[1:]}' if token[0] == '"' else str(abs(int(token)) + number)

    head, newline, rest = query.partition("\n") if query.startswith("#") else ("", "", query)
    return head + newline + LITERAL.sub(other, rest)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_scenario_is_the_same_after_others_of_its_shape(path: Path) -> None:
    scenario = read(path.read_text())
    expected, query = json.loads(scenario.blocks["json"]), scenario.blocks["graphql"]
    if isinstance(expected, list):
        return  # a part that comes later is never lifted
    variables = variables_of(query)
    scripted = Scripted(script(scenario.blocks["routes"], Client()), **config_of(scenario))
    for number in (1, 2):
        scripted.execute(varied(query, number), variables)
    assert scripted.execute(query, variables) == expected


def served(**settings: Any) -> tuple[Any, Any]:
    app = Flask("app")
    app.add_url_rule("/users/<id>", "user", lambda id: ({"id": id}, 404 if id == "none" else 200))
    app.add_url_rule("/<path:any>", "any", lambda any: {"any": any})
    gateway = Gateway(app, routes=["*"], profile="open", **settings)
    client = app.test_client()

    def ask(query: str) -> Any:
        return client.post("/graphql", json={"query": query}).json

    return ask, gateway


def test_errors_are_located_in_the_document_that_was_sent() -> None:
    ask, _ = served()
    for id in ("1", "2", "3"):
        ask(f'{{\n  a: get(path: "/users/{id}")\n  b: get(path: "/users/x{id}") c: get(path: "/y{id}") }}')
    answer = ask('{\n  a: get(path: "/users/a-longer-one")\n  b: get(path: "/users/none") c: get(path: "//bad") }')
    assert [(error["path"], error["locations"]) for error in answer["errors"]] == [
        (["b"], [{"line": 3, "column": 3}]),
        (["c"], [{"line": 3, "column": 31}]),
    ]


def test_the_lines_of_a_document_are_found_once_for_all_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, _ = served()
    counted: list[str] = []
    for module in (shape_module, field_errors):
        monkeypatch.setattr(module, "Lines", lambda text: counted.append(text) or Lines(text))
    for id in ("a", "b", "c"):
        fields = "\n".join(f'f{n}: get(path: "/users/none", params: {{id: "{id}{n}"}})' for n in range(20))
        errors = ask(f"{{\n{fields}\n}}")["errors"]
        assert [error["locations"] for error in errors] == [[{"line": n + 2, "column": 1}] for n in range(20)]
    assert len(counted) == 1 + 1 + 3, "the third document has the shape of the others"


@given(text=st.text("ab\r\n\u2028", max_size=30))
@settings(max_examples=200, derandomize=True)
def test_a_location_is_that_of_graphql(text: str) -> None:
    lines = Lines(text)
    for offset in (at for at, character in enumerate(text) if character not in "\r\n"):
        expected = get_location(Source(text), offset)
        assert lines.location(offset) == (expected.line, expected.column)
        assert lines.offset(*lines.location(offset)) == offset


LIMITED = '{ fetch(path: "/#") { each(limit: 1) { json } } }'
BY_VARIABLE = """query($a: Int!, $b: Int = #) { fetch(path: "/1") {
  a: each(limit: $a) { json } b: each(limit: $b) { json } } }"""


@pytest.mark.parametrize(
    ("document", "last"),
    [
        ('{ a: get(path: "/1") a: get(path: "/1") }', '{ a: get(path: "/1") a: get(path: "/2") }'),
        ('{ fetch(path: "/1") { each(limit: #) { json } } }', "{ fetch(path: 7) { status } }"),
        (LIMITED, '{ fetch(path: "/x") { each(limit: 3000000000) { json } } }'),
        (LIMITED, '{ fetch(path: "/x") { each(limit: 01) { json } } }'),
        (BY_VARIABLE, BY_VARIABLE.replace("#", '"x"')),
        (BY_VARIABLE, BY_VARIABLE.replace("#", "7").replace("/1", "/abcdef")),
    ],
)
def test_what_is_refused_is_refused_as_without_a_shape(document: str, last: str) -> None:
    ask, _ = served()
    for number in range(3):
        ask(document.replace("#", str(number)))
    fresh, _ = served()
    assert ask(last) == fresh(last)
    assert "errors" in ask(last)


def test_a_number_after_another_without_a_space_keeps_its_sign() -> None:
    ask, _ = served()
    for number in range(1, 5):  # the tokens are 5, -1 and 1
        query = f'{{ get(path: "/{{list*}}", params: {{list: [5-{number} {number}]}}) }}'
        assert ask(query) == {"data": {"get": {"any": f"5,-{number},{number}"}}}


STRINGS = st.sampled_from(['"/a"', '"/users/1"', '"é#{"', '""', '"a\\"b"', '"\\u00e9"', "7", "-3", "1.5", "0"])


@given(literals=st.lists(STRINGS, min_size=1, max_size=8), spaces=st.sampled_from([" ", "\n", ",\r\n", '\t# c "7"\n']))
@settings(max_examples=200, derandomize=True)
def test_a_shape_has_the_literals_of_the_lexer(literals: list[str], spaces: str) -> None:
    fields = spaces.join(f"p{n}: get(path: {literal})" for n, literal in enumerate(literals))
    text = f"{{{spaces}{fields}{spaces}}}"
    shape = DocumentShape.of(text)
    assert shape is not None
    assert shape.text == text
    lexer, starts = Lexer(Source(text)), []
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        if token.kind in (TokenKind.STRING, TokenKind.INT, TokenKind.FLOAT):
            starts.append((token.start, text[token.start : token.end]))
    found = [(start, shape.literals[number]) for start, number in shape.starts() if shape.literals[number][0] != "#"]
    assert found == starts


@given(
    before=st.lists(st.text("ab7/", max_size=5), min_size=3, max_size=3),
    after=st.lists(st.text("ab7/", max_size=9), min_size=3, max_size=3),
)
@settings(max_examples=100, derandomize=True)
def test_every_field_is_relocated(before: list[str], after: list[str]) -> None:
    def text(values: list[str]) -> str:
        return (
            "{\n"
            + "\r\n ".join(f'f{n}: get(path: "{value}") x{n}: __typename' for n, value in enumerate(values))
            + "\n}"
        )

    lifted, sent = DocumentShape.of(text(before)), DocumentShape.of(text(after))
    assert lifted is not None
    assert sent is not None
    relocate = Relocation(lifted, sent)

    def places(values: list[str]) -> list[tuple[int, int]]:
        document: Any = parse(text(values))
        nodes = document.definitions[0].selection_set.selections
        locations = [get_location(node.loc.source, node.loc.start) for node in nodes]
        return [(at.line, at.column) for at in locations]

    assert [relocate(*place) for place in places(before)] == places(after)


def test_a_shape_is_parsed_twice_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, _ = served()
    parsed: list[str] = []
    original = graphql_core.parse
    monkeypatch.setattr(graphql_core, "parse", lambda text: parsed.append(text) or original(text))
    for n in range(20):
        assert ask(f'{{ get(path: "/users/{n}", params: {{q: {n}}}) }}') == {"data": {"get": {"id": str(n)}}}
    assert len(parsed) == 2


def test_a_user_resolver_sees_the_document_as_it_was_sent() -> None:
    import graphene

    class Query(graphene.ObjectType):
        own = graphene.String(text=graphene.String())

        @staticmethod
        def resolve_own(root: Any, info: Any, text: str) -> str:
            return f"{text} {info.field_nodes[0].arguments[0].value.value} {info.variable_values}"

    ask, _ = served(query=Query)
    for n in range(4):
        assert ask(f'{{ own(text: "{n}") get(path: "/users/{n}") }}')["data"]["own"] == f"{n} {n} {{}}"


def test_block_strings_and_long_documents_are_read_each_time() -> None:
    assert DocumentShape.of('{ get(path: """/a""") }') is None
    assert DocumentShape.of("{ " + " ".join(f'a{n}: get(path: "/{n}")' for n in range(600)) + " }") is None
    assert DocumentShape.of("{ __typename }") is None
