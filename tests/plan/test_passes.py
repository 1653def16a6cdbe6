"""The passes from an operation to its plan, each seen in what the next one gets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from restgql import Gateway, LimitExceeded, MissingParameter
from restgql.model import GraphQLRequest, PlanNode
from restgql.plan import explain
from restgql.plan.passes import PASSES
from restgql.plan.plan import Plan


def plan(query: str, **variables: object) -> Plan:
    app = Flask(__name__)
    Gateway(app, routes=["*"], max_subrequests=3)
    pipeline = app.extensions["restgql"]["restgql"].pipeline
    made: Plan = pipeline.plan(GraphQLRequest(query=query, variables=variables))
    return made


def keys(steps: tuple[PlanNode, ...]) -> list[str]:
    return [step.key for step in steps]


def test_the_passes_stand_in_one_tuple() -> None:
    names = ["conditions", "collect", "uploads", "dependencies", "dedupe", "limits"]
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
    assert keys(made.steps) == expected
    assert keys(made.steps[-1].steps) == []


def test_the_document_of_other_variables_is_not_changed() -> None:
    app = Flask(__name__)
    Gateway(app, routes=["*"])
    pipeline = app.extensions["restgql"]["restgql"].pipeline
    for on in (True, False, True):
        made = pipeline.plan(GraphQLRequest(query=CONDITIONS, variables={"on": on}))
        assert keys(made.steps) == (["a", "d", "f"] if on else ["b", "d", "f"])


def test_collect_merges_the_fields_of_one_key() -> None:
    made = plan(
        """{ f: fetch(path: "/f") { a: get(path: "/{a}") } ...F }
        fragment F on Query { f: fetch(path: "/f") { b: get(path: "/{b}") } }"""
    )
    assert keys(made.steps) == ["f"]
    assert keys(made.steps[0].steps) == ["a", "b"]


def test_dependencies_are_the_names_that_params_do_not_declare() -> None:
    made = plan(
        """query ($absent: JSON) { fetch(path: "/f") {
          a: get(path: "/{x}/{y.z}{?q,x}", params: {q: 1})
          b: get(path: "/{x}", params: {x: $absent})
          each { c: get(path: "/{item}") } } }"""
    )
    a, b, each = made.steps[0].steps
    assert (a.needs, b.needs, each.needs, each.steps[0].needs) == (("x", "y.z"), (), (), ("item",))


def test_what_can_come_from_nowhere_is_refused_before_anything_is_asked() -> None:
    made = plan('{ a: get(path: "/{x}") b: get(path: "/b{?x}") }')
    assert isinstance(made.steps[0].refused, MissingParameter)
    assert made.steps[1].refused is None


def test_dedupe_knows_the_first_that_asks_for_the_same() -> None:
    made = plan(
        """{
          a: get(path: "/{id}", params: {id: 1}, select: "x")
          b: fetch(path: "/{id}", params: {id: 1}) { c: get(path: "/{y}") d: get(path: "/{y}") }
          f: get(path: "/{id}", params: {id: 1}, headers: [{name: "Accept", value: "a/b"}])
        }"""
    )
    a, b, f = made.steps
    assert (a.twin, b.twin, f.twin) == (None, "a", None)
    assert [step.twin for step in b.steps] == [None, "b.c"]


def test_limits_count_what_is_not_the_same() -> None:
    same = " ".join(f'a{n}: get(path: "/same")' for n in range(20))
    assert len(plan(f'{{ {same} b: get(path: "/b") aggregate(paths: ["/b", "/c"]) }}').steps) == 22
    with pytest.raises(LimitExceeded, match="more than 3"):
        plan(f'{{ {same} b: get(path: "/b") aggregate(paths: ["/b", "/c", "/d"]) }}')


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
├─ bad  refused: BAD_PATH: 'posts' is no path: a path begins with one slash, and has no scheme or host.
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
  plan --> s1["bad  refused: BAD_PATH: 'posts' is no path: a path begins with one slash, and has no scheme or host."]
  plan --> s2["aggregate"]
  s2 --> s2_0["GET /a"]"""


def test_a_plan_is_a_tree_that_people_can_read() -> None:
    assert explain.tree(plan(EXPLAINED)) == TREE


def test_a_plan_is_a_mermaid_flowchart() -> None:
    assert explain.mermaid(plan(EXPLAINED)) == MERMAID


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
    pipeline = app.extensions["restgql"]["restgql"].pipeline
    made = pipeline.plan(GraphQLRequest(query=query), incremental=True)
    assert len({id(step) for step in within(made.steps, set())}) <= 1 + 20 * 2 * 5
    assert "errors" not in gateway.execute(query)
    assert len(explain.tree(made).splitlines()) <= 1 + 6


def within(steps: tuple[PlanNode, ...], seen: set[int]) -> Iterator[PlanNode]:
    for step in steps:
        if id(step) not in seen:
            seen.add(id(step))
            yield step
            yield from within(step.below(), seen)
