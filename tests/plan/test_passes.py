"""The passes from an operation to its plan, each seen in what the next one gets."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from restgql import BadSelect, Gateway, LimitExceeded
from restgql.documents.documents import Operation
from restgql.formats.select import STEPS_A_CHARACTER
from restgql.model import GraphQLRequest
from restgql.pipeline import Pipeline
from restgql.plan import explain
from restgql.plan.nodes import PlanNode
from restgql.plan.passes import PASSES
from restgql.plan.plan import Plan
from restgql.plan.select_checks import SelectChecks


def pipeline(**options: Any) -> Pipeline:
    app = Flask(__name__)
    Gateway(app, routes=["*"], **options)
    made: Pipeline = app.extensions["restgql"]["restgql"].pipeline
    return made


def planned(query: str, *, of: Pipeline | None = None, **variables: object) -> tuple[Plan, Operation]:
    of = of or pipeline(max_subrequests=3)
    operation = of.read(GraphQLRequest(query=query, variables=variables))
    return of.plan(operation), operation


def plan(query: str, **variables: object) -> Plan:
    return planned(query, **variables)[0]


def tree(query: str, **variables: object) -> str:
    of = pipeline(max_subrequests=3)
    return explain.tree(*planned(query, of=of, **variables), of.context())


def keys(nodes: tuple[PlanNode, ...]) -> list[str]:
    return [node.key for node in nodes]


def test_the_passes_stand_in_one_tuple() -> None:
    names = ["conditions", "select_fields", "collect_nodes", "constants", "projections"]
    assert [each.__name__ for each in PASSES] == names
    assert all(each.__module__ == f"restgql.plan.{each.__name__}" for each in PASSES)


CONDITIONS = """
query ($on: Boolean!, $off: Boolean! = false) {
  a: get(path: "/a") @include(if: $on)
  b: get(path: "/b") @skip(if: $on)
  c: get(path: "/c") @include(if: $off)
  ...F @skip(if: $off)
  ... @include(if: $on) { e: get(path: "/e") @skip(if: true) }
  f: fetch(path: "/f") { status @skip(if: $on) g: get(path: "/g") @include(if: $off) }
}
fragment F on Query { d: get(path: "/d") h: get(path: "/h") @include(if: $off) }
"""


@pytest.mark.parametrize(("on", "expected"), [(True, ["a", "d", "f"]), (False, ["b", "d", "f"])])
def test_conditions_leave_out_what_the_variables_say(on: bool, expected: list[str]) -> None:
    made = plan(CONDITIONS, on=on)
    assert keys(made.nodes) == expected
    assert keys(made.nodes[-1].children) == []


def test_the_document_of_other_variables_is_not_changed() -> None:
    of = pipeline()
    for on in (True, False, True):
        made, _ = planned(CONDITIONS, of=of, on=on)
        assert keys(made.nodes) == (["a", "d", "f"] if on else ["b", "d", "f"])


VALUED = """query ($id: Int, $on: Boolean!, $body: JSON) {
  a: get(path: "/{id}", params: {id: $id}) @include(if: $on)
  b: fetch(path: "/b/{id}", params: {id: $id}) { c: get(path: "/c{?x}", params: {x: $body}) json(select: "c") }
}"""
SECRET = "a value that one request alone has"


def test_a_plan_holds_no_value_of_a_request() -> None:
    of = pipeline()
    first, _ = planned(VALUED, of=of, id=1, on=True, body={"secret": [SECRET]})
    second, _ = planned(VALUED, of=of, id=2, on=True, body={"other": 1})
    third, _ = planned(VALUED, of=of, id=1, on=False)
    assert first is second
    assert first is not third
    assert first.conditions == {"on": True}
    assert not [value for value in reached(first) if isinstance(value, str) and SECRET in value]


def reached(root: object) -> Iterator[object]:
    """Everything that an object refers to, but classes, modules, functions and the schema."""
    seen, waiting = set[int](), [root]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or type(value).__name__ in ("type", "module", "function", "GraphQLSchema"):
            continue
        seen.add(id(value))
        yield value
        waiting += gc.get_referents(value)


def test_a_plan_is_not_changed_by_what_runs_it() -> None:
    app = Flask(__name__)
    app.add_url_rule("/users/<int:id>", "user", lambda id: {"id": id, "tags": ["a"]})
    Gateway(app, routes=["*"])
    of: Pipeline = app.extensions["restgql"]["restgql"].pipeline
    query = """query ($id: Int) { u: fetch(path: "/users/{id}", params: {id: $id}) {
      json each(over: "tags") { json } getEach(over: "tags", path: "/users/1") } }"""
    made, _ = planned(query, of=of, id=1)
    before = [(id(value), repr(value)) for value in reached(made) if isinstance(value, dict | list | tuple)]
    for id_ in (1, 2):
        body = {"query": query, "variables": {"id": id_}}
        assert app.test_client().post("/graphql", json=body).get_json()["data"]["u"]["json"]["id"] == id_
    assert planned(query, of=of, id=3)[0] is made
    assert [(id(value), repr(value)) for value in reached(made) if isinstance(value, dict | list | tuple)] == before


def test_collect_merges_the_fields_of_one_key() -> None:
    made = plan(
        """{ f: fetch(path: "/f") { a: get(path: "/{a}") } ...F }
        fragment F on Query { f: fetch(path: "/f") { b: get(path: "/{b}") } }"""
    )
    assert keys(made.nodes) == ["f"]
    assert keys(made.nodes[0].children) == ["a", "b"]


def test_a_node_needs_the_names_that_its_params_do_not_declare() -> None:
    assert (
        tree(
            """query ($absent: JSON) { fetch(path: "/f") {
          a: get(path: "/{x}/{y.z}{?q,x}", params: {q: 1})
          b: get(path: "/{x}", params: {x: $absent})
          each { c: get(path: "/{item}") } } }"""
        )
        == """\
query: 1 request at first
└─ fetch  GET /f
   ├─ a  GET /{x}/{y.z}{?q,x}  (needs x, y.z)
   ├─ b  refused: MISSING_PARAMETER: The path needs a value for {x}: it is missing or null.
   └─ each  (for each of @)
      └─ c  GET /{item}  (needs item)"""
    )


def test_a_value_that_can_come_from_nowhere_is_refused_before_anything_is_asked() -> None:
    lines = tree('{ a: get(path: "/{x}") b: get(path: "/b{?x}") }').splitlines()
    assert lines[1] == "├─ a  refused: MISSING_PARAMETER: The path needs a value for {x}: it is missing or null."
    assert lines[2] == "└─ b  GET /b"


def test_a_node_that_asks_for_the_same_as_another_says_so() -> None:
    text = tree(
        """{
          a: get(path: "/{id}", params: {id: 1}, select: "x")
          b: fetch(path: "/{id}", params: {id: 1}) { c: get(path: "/{y}") d: get(path: "/{y}") }
          f: get(path: "/{id}", params: {id: 1}, headers: [{name: "Accept", value: "a/b"}])
        }"""
    )
    assert [line.partition("same as ")[2].rstrip(")") for line in text.splitlines()] == ["", "", "a", "", "b.c", ""]


def test_constant_arguments_and_requests_are_compiled_once() -> None:
    made = plan(
        """query ($id: Int) {
          a: get(path: "/a")
          b: get(path: "/{id}", params: {id: $id})
          c: fetch(path: "/c") { d: get(path: "/{x}") e: get(path: "/e{?q}", params: {q: 1}) }
          f: get(path: "no path")
        }"""
    )
    a, b, c, f = made.nodes
    d, e = c.children
    assert [node.arguments is not None for node in (a, b, c, d, e, f)] == [True, False, True, True, True, True]
    assert [str(node.request.target) if node.request else None for node in (a, b, c, d, e, f)] == [
        "/a",
        None,
        "/c",
        None,
        "/e?q=1",
        None,
    ]


def test_identical_sub_requests_count_once() -> None:
    same = " ".join(f'a{n}: get(path: "/same")' for n in range(20))
    assert len(tree(f'{{ {same} b: get(path: "/b") aggregate(paths: ["/b", "/c"]) }}').splitlines()) == 1 + 22 + 2
    with pytest.raises(LimitExceeded, match="4 more sub-requests would be over the 3"):
        tree(f'{{ {same} b: get(path: "/b") aggregate(paths: ["/b", "/c", "/d"]) }}')


EXPLAINED = """{
  post: fetch(path: "/posts/{id}", params: {id: 7}) {
    author: get(path: "/users/{userId}")
    again: get(path: "/users/{userId}")
    each(over: "tags", limit: 3) { tag: get(path: "/tags/{item}", headers: [{name: "Accept", value: "a/b"}]) }
  }
  bad: get(path: "posts")
  aggregate(paths: ["/a"])
}"""
TREE = """\
query: 2 requests at first
├─ post  GET /posts/7
│  ├─ author  GET /users/{userId}  (needs userId)
│  ├─ again  GET /users/{userId}  (needs userId; same as post.author)
│  └─ each  (for each of tags, at most 3)
│     └─ tag  GET /tags/{item} with {"accept":"a/b"}  (needs item)
├─ bad  refused: BAD_PATH: 'posts' is not a path: it must begin with one slash, without scheme or host.
└─ aggregate
   └─ GET /a"""
MERMAID = """\
flowchart TD
  plan(["query: 2 requests at first"])
  plan --> s0["post  GET /posts/7"]
  s0 -->|userId| s0_0["author  GET /users/{userId}  (needs userId)"]
  s0 -->|userId| s0_1["again  GET /users/{userId}  (needs userId; same as post.author)"]
  s0 --> s0_2["each  (for each of tags, at most 3)"]
  s0_2 -->|item| s0_2_0["tag  GET /tags/{item} with {#quot;accept#quot;:#quot;a/b#quot;}  (needs item)"]
  plan --> s1["bad  refused: BAD_PATH: 'posts' is not a path: it must begin with one slash, without scheme or host."]
  plan --> s2["aggregate"]
  s2 --> s2_0["GET /a"]"""


def test_a_plan_is_a_tree_that_people_can_read() -> None:
    assert tree(EXPLAINED) == TREE


def test_a_plan_is_a_mermaid_flowchart() -> None:
    of = pipeline()
    assert explain.mermaid(*planned(EXPLAINED, of=of), of.context()) == MERMAID


@pytest.mark.parametrize("below", ["next { %s }", "next { ... @defer { %s } }", "next { ...F } ... on T1 { %s }"])
def test_what_is_alike_below_the_types_of_an_interface_is_planned_once(tmp_path: Path, below: str) -> None:
    """There are 20 to the power of 5 ways of types that lead to the last field."""
    types = [f'type T{n} implements Node {{ id: ID next: Node @get(path: "/nodes/{{id}}") }}' for n in range(20)]
    root = 'type Query { node: Node @get(path: "/nodes/0") }'
    interface = 'interface Node @discriminator(from: "kind") { id: ID next: Node }'
    (tmp_path / "types.graphql").write_text("\n".join([root, interface, *types]))
    app = Flask(__name__)
    app.add_url_rule("/nodes/<int:id>", "node", lambda id: {"id": id + 1, "kind": f"T{id % 20}"})
    gateway = Gateway(app, schema=str(tmp_path))
    query = "id"
    for _ in range(5):
        query = below % query
    query = f"{{ node {{ {query} }} }} fragment F on Node {{ id }}" if "F" in below else f"{{ node {{ {query} }} }}"
    of: Pipeline = app.extensions["restgql"]["restgql"].pipeline
    operation = of.read(GraphQLRequest(query=query))
    made = of.plan(operation, incremental=True)
    assert len({id(step) for step in within(made.nodes, set())}) <= 1 + 20 * 2 * 5
    assert "errors" not in gateway.execute(query)
    assert len(explain.tree(made, operation, of.context()).splitlines()) <= 1 + 6


def within(steps: tuple[PlanNode, ...], seen: set[int]) -> Iterator[PlanNode]:
    for step in steps:
        if id(step) not in seen:
            seen.add(id(step))
            yield step
            yield from within(step.below(), seen)


def test_each_select_is_checked_once_in_an_operation_and_charged_when_it_is_compiled() -> None:
    expression = "{ id name of test_passes }"
    (node,) = plan('query ($e: String) { get(path: "/a", select: $e) }', e=expression).nodes
    charges: list[int] = []
    checks = SelectChecks({"e": expression}, charges.append)
    for _ in range(3):
        with pytest.raises(BadSelect):
            checks.check(node)
    assert charges == [STEPS_A_CHARACTER * len(expression)]


def test_a_wrong_select_is_refused_in_the_tree() -> None:
    text = tree('{ get(path: "/a", select: "{ id name }") }')
    assert text.startswith("query: 0 requests at first\n└─ get  refused: BAD_SELECT: '{ id name }': ")
