"""The documents of this folder, run: each states the requests that it makes, and the whole answer."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    Node,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    is_input_object_type,
    is_introspection_type,
    is_object_type,
    parse,
    visit,
)
from graphql.language.directive_locations import DirectiveLocation

from restgql import RestgqlError, Scripted
from restgql.model import SubRequest
from tests.scenarios.document import DOCUMENTS, HERE, TYPED, Client, carried, config_of, read, script, variables_of

SCHEMA = build_schema((HERE.parent.parent / "schema/gateway.graphql").read_text())
EXECUTABLE = {DirectiveLocation.FIELD, DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_scenario_is_as_it_says(path: Path) -> None:
    scenario, client = read(path.read_text()), Client()
    blocks, expected = scenario.blocks, json.loads(scenario.blocks["json"])
    scripted = Scripted(script(blocks["routes"], client), **config_of(scenario))
    query, in_parts = blocks["graphql"], isinstance(expected, list)
    variables = variables_of(query)
    assert plan_of(scripted, query, variables, in_parts=in_parts) == blocks["plan"].rstrip("\n")
    assert scripted.hits == []
    before = 0
    for requests in filter(None, (scenario.requests, scenario.again)):
        answer: Any = (
            list(client.take(scripted.payloads(query, variables))) if in_parts else scripted.execute(query, variables)
        )
        assert json.dumps(answer, indent=2) == json.dumps(expected, indent=2)
        asked, in_document = list(map(line_of, scripted.requests[before:])), requests.lines
        if not requests.in_order:
            asked, in_document = sorted(asked), sorted(in_document)
        assert asked == in_document
        before = len(scripted.requests)


def plan_of(scripted: Scripted, query: str, variables: dict[str, Any], *, in_parts: bool) -> str:
    try:
        return scripted.explain(query, variables, in_parts=in_parts)
    except RestgqlError as exc:
        return f"refused: {exc.code}: {exc.message}"


def line_of(request: SubRequest) -> str:
    return " ".join([request.method, str(request.target), *(f"[{name}: {value}]" for name, value in carried(request))])


def test_every_document_is_well_formed_and_has_a_title_of_its_own() -> None:
    titles: dict[str, Path] = {}
    for path in (*DOCUMENTS, *TYPED):
        assert re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+\.md", str(path.relative_to(HERE)))
        try:
            title = read(path.read_text()).title.lower()
        except AssertionError as exc:
            pytest.fail(f"{path}: {exc}")
        assert titles.setdefault(title, path) == path, f"{path} repeats the title of {titles[title]}"
    assert {path for path in HERE.rglob("*.md") if path not in (*DOCUMENTS, *TYPED)} == {HERE / "README.md"}


def test_there_are_scenarios_enough() -> None:
    assert len(DOCUMENTS) >= 60
    assert len(TYPED) >= 40
    assert len(list(HERE.glob("incremental/*.md"))) >= 6


GOOD = (HERE / "each/a_request_for_each_element.md").read_text()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("# ", "", "a title"),
        ("```routes", "Some more text.\n\n```routes", "a title"),
        ("in order.\n", "in order. One. Two.\n", "one or two sentences"),
        ("```plan", "Some more text.\n\n```plan", "nothing but blocks"),
        ("```routes", "```route", r"\['route', "),
        ("```plan", "```json", r"'json', 'requests', 'json'\]"),
        ("3 requests, in any order", "3 requests and some", "3 requests and some"),
        ("3 requests, in any order", "3 requests", "3 requests"),
        ("3 requests, in any order", "4 requests, in any order", "4 requests, in any order: "),
    ],
)
def test_a_malformed_document_is_noticed(old: str, new: str, why: str) -> None:
    assert GOOD.count(old) >= 1
    assert read(GOOD)
    with pytest.raises(AssertionError, match=why):
        read(GOOD.replace(old, new, 1))


TYPED_GOOD = (HERE / "upstreams/a_prefix_of_names.md").read_text()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("```upstream /crm", "```upstream /shop"),
        ("```upstream /crm", "```upstream"),
        ("```openapi /crm", "```document /crm"),
        ("```config", "```plan"),
        ("```graphql", "```check\n```\n\n```schema"),
        ("```requests", "```again"),
    ],
)
def test_a_malformed_document_with_types_is_noticed(old: str, new: str) -> None:
    assert TYPED_GOOD.count(old) == 1
    assert read(TYPED_GOOD)
    assert read(TYPED_GOOD.replace("```config", "```config\n```\n\n```check", 1))
    with pytest.raises(AssertionError):
        read(TYPED_GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    "line",
    [
        "GET /a -> 200",
        "POST /a → 200",
        "HEAD /a → 200",
        "/a → 200",
        "GET /a → 20",
        "GET /a → late",
        "GET /a → timeout 200",
        "GET /a [accept] → 200",
        "GET /a → 200 after payload one",
        'GET /a → 200 {"a": 1',
        "GET /a → 200\nContent-Type: text/plain",
    ],
)
def test_a_malformed_route_is_noticed(line: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        script(line, Client())


def test_every_field_argument_and_directive_of_the_schema_is_in_a_scenario() -> None:
    used: set[str] = set()
    for path in DOCUMENTS:
        info = TypeInfo(SCHEMA)
        query = read(path.read_text()).blocks["graphql"]
        visit(parse(query), TypeInfoVisitor(info, Names(info, used)))
    assert not offered() - used


def offered() -> set[str]:
    """`Type.field`, `Type.field(argument)`, `Input.field`, `@directive` and `@directive(argument)`."""
    found = {"Query.__typename"}
    for name, each in SCHEMA.type_map.items():
        if (is_object_type(each) or is_input_object_type(each)) and not is_introspection_type(each):
            for field, definition in each.fields.items():
                found |= {f"{name}.{field}", *(f"{name}.{field}({a})" for a in getattr(definition, "args", ()))}
    for directive in SCHEMA.directives:
        if EXECUTABLE.intersection(directive.locations):
            found |= {f"@{directive.name}", *(f"@{directive.name}({a})" for a in directive.args)}
    return found


class Names(Visitor):
    """Notes what a document uses of the schema, as `offered` spells it."""

    def __init__(self, info: TypeInfo, used: set[str]) -> None:
        super().__init__()
        self.info = info
        self.used = used

    def enter(self, node: Node, *_: Any) -> None:
        parent, field, directive = (self.info.get_parent_type(), self.info.get_field_def(), self.info.get_directive())
        match node:
            case FieldNode():
                self.used.add(f"{parent}.{node.name.value}")
            case DirectiveNode():
                self.used.add(f"@{node.name.value}")
            case ArgumentNode() if directive is not None:
                self.used.add(f"@{directive.name}({node.name.value})")
            case ArgumentNode() if field is not None and field.ast_node is not None:
                self.used.add(f"{parent}.{field.ast_node.name.value}({node.name.value})")
            case ObjectFieldNode():
                self.used.add(f"{get_named_type(self.info.get_parent_input_type())}.{node.name.value}")
