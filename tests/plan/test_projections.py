"""What is projected, and that it is: the differential test compares the data, whichever way it came."""

import json
import threading
from typing import Any

import pytest

from restgql import Scripted
from restgql.meter import Meter
from restgql.model import GraphQLRequest
from restgql.plan import passes
from restgql.plan.nodes import PlanNode
from restgql.plan.projections import projections

SDL = """
type Query {
  pets: [Pet!] @get(path: "/pets")
  page: Page @get(path: "/page", select: "data.items")
  user(id: ID!): User @get(path: "/users/{id}")
  first: Pet @get(path: "/first")
}
interface Pet @discriminator(from: "kind") { kind: Kind! name: String owner: User }
enum Kind { DOG @value(is: "dog") CAT @value(is: "cat") }
type Dog implements Pet @value(is: "dog") {
  kind: Kind! name: String
  owner: User @get(path: "/users/{ownerId}")
  barks: Float
}
type Cat implements Pet @value(is: "cat") {
  kind: Kind! name: String
  owner: User @get(path: "/users/{owner.id}")
  lives: Int
}
type Page { id: ID! label: String @select(from: "meta.label") level: Int @select(from: "meta.level") }
type User { id: ID! name: String full: String @select(from: "join(' ', [name, id])") }
"""
ROUTES = {
    "/pets": [
        {"kind": "dog", "name": "Rex", "ownerId": 1, "barks": 3},
        {"kind": "cat", "name": "Tom", "owner": {"id": 2}, "lives": 9},
        {"kind": "dog", "name": None, "ownerId": 2},
    ],
    "/page": {"data": {"items": {"id": 7, "meta": {"label": "x", "level": 2}}}},
    "/users/1": {"id": 1, "name": "Ada"},
    "/users/2": {"id": "2", "name": "Bob"},
    "/first": {"kind": "cat", "owner": {"id": 1}, "owner.id": 2},
}


@pytest.fixture
def scripted(tmp_path: Any) -> Scripted:
    (tmp_path / "schema.graphql").write_text(SDL)
    return Scripted(answers(), schema=str(tmp_path))


def answers() -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    return {path: (200, json.dumps(body).encode(), headers) for path, body in ROUTES.items()}


def nodes_of(scripted: Scripted, query: str) -> dict[str, PlanNode]:
    pipeline = scripted._pipeline
    return {node.key: node for node in pipeline.plan(pipeline.read(GraphQLRequest(query=query))).nodes}


@pytest.mark.parametrize(
    ("query", "data", "hits"),
    [
        (
            "{ pets { __typename k: kind name owner { id name } ... on Dog { barks } ... on Cat { lives } } }",
            [
                {"__typename": "Dog", "k": "DOG", "name": "Rex", "owner": {"id": "1", "name": "Ada"}, "barks": 3.0},
                {"__typename": "Cat", "k": "CAT", "name": "Tom", "owner": {"id": "2", "name": "Bob"}, "lives": 9},
                {"__typename": "Dog", "k": "DOG", "name": None, "owner": {"id": "2", "name": "Bob"}, "barks": None},
            ],
            ["/pets", "/users/1", "/users/2"],
        ),
        ("{ page { id label n: level } }", {"id": "7", "label": "x", "n": 2}, ["/page"]),
        ("{ first { owner { name } } }", {"owner": {"name": "Bob"}}, ["/first", "/users/2"]),
        ("{ user(id: 1) { name again: name } }", {"name": "Ada", "again": "Ada"}, ["/users/1"]),
        ("{ user(id: 1) { full } }", None, ["/users/1"]),
    ],
)
def test_a_projected_field_has_the_same_data(scripted: Scripted, query: str, data: Any, hits: list[str]) -> None:
    answer = scripted.execute(query)
    if data is not None:
        assert list(answer["data"].values()) == [data]
    assert scripted.hits[:1] == hits[:1]
    assert sorted(scripted.hits) == sorted(hits)


@pytest.mark.parametrize(
    ("query", "is_projected"),
    [
        ("{ pets { kind name } }", True),
        ("{ pets { owner { id } } }", True),
        ("{ page { label } }", True),
        ("{ user(id: 1) { id name } }", True),
        ("{ user(id: 1) { id again: id } }", False),
        ("{ user(id: 1) { full } }", False),
        ("{ pets { owner { full } } }", False),
    ],
)
def test_what_a_struct_can_hold_is_projected(scripted: Scripted, query: str, is_projected: bool) -> None:
    (node,) = nodes_of(scripted, query).values()
    assert (node.projection is not None) is is_projected


def test_a_plan_for_parts_that_come_later_has_no_projection(scripted: Scripted) -> None:
    pipeline = scripted._pipeline
    operation = pipeline.read(GraphQLRequest(query="{ page { id ... @defer { label } } }"))
    assert all(node.projection is None for node in pipeline.plan(operation, incremental=True).nodes)


def test_an_error_below_a_join_keeps_its_path(scripted: Scripted) -> None:
    answer = Scripted.execute(scripted, "{ pets { name owner { id name } } }")
    assert "errors" not in answer
    broken = Scripted(answers() | {"/users/2": (500, b"", {})}, schema=scripted._config.schema)
    answer = broken.execute("{ pets { name owner { id } } }")
    assert [pet["owner"] for pet in answer["data"]["pets"]] == [{"id": "1"}, None, None]
    assert sorted(error["path"] for error in answer["errors"]) == [["pets", 1, "owner"], ["pets", 2, "owner"]]
    assert sorted(broken.hits) == ["/pets", "/users/1", "/users/2"]


METERED = """
type Query {
  teams: [Team] @get(path: "/teams")
  page: [Team!] @get(path: "/page", select: "data.items")
  named: Named @get(path: "/named")
}
type Team { name: String lead: Person captain: Player @get(path: "/players/{captainId}") people: [Person!] }
type Person {
  name: String
  best: Player @get(path: "/players/{id}")
  friend: Player @get(path: "/players/{id}", batch: {path: "/players{?id*}", by: ["id"], key: ["id"]})
}
type Player { id: ID goals: Int }
interface Named @discriminator(from: "kind") { name: String }
type One implements Named @value(is: "one") { name: String players: [[Person]] }
type Two implements Named @value(is: "two") { name: String }
"""
PEOPLE = [{"name": "Ada", "id": 1}, {"name": "Bob", "id": 2}, {"name": "Cy", "id": 1}]
TEAMS = [{"name": "A", "lead": PEOPLE[0], "captainId": 1, "people": PEOPLE}, None, {"lead": None, "captainId": 1}]
METERED_ROUTES: dict[str, Any] = {
    "/teams": TEAMS,
    "/page": {"data": {"items": TEAMS[:1]}},
    "/named": {"kind": "one", "players": [PEOPLE, None, [None, PEOPLE[1]]]},
    "/players": [{"id": "1", "goals": 1}, {"id": 2, "goals": 2}],
    "/players/1": {"id": 1, "goals": 1},
    "/players/2": {"id": 2, "goals": 2},
}
METERED_QUERIES = [
    "{ teams { name } }",
    "{ teams { captain { id } } }",
    "{ teams { lead { best { id } } } }",
    "{ teams { people { best { goals } friend { id } } captain { goals } } }",
    "{ page { people { friend { goals } } } }",
    "{ named { name ... on One { players { best { id } } } } }",
]


@pytest.fixture
def metered(tmp_path: Any) -> str:
    (tmp_path / "metered.graphql").write_text(METERED)
    return str(tmp_path)


@pytest.mark.parametrize("query", METERED_QUERIES)
def test_a_projected_value_is_charged_as_any_other(metered: str, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    charged: list[dict[str, int]] = []
    for kind in ("nodes", "elements"):
        method = f"charge_{kind}"

        original = getattr(Meter, method)

        def charge(meter: Meter, count: int, kind: str = kind, original: Any = original) -> None:
            original(meter, count)
            charged[-1][kind] = charged[-1].get(kind, 0) + count

        monkeypatch.setattr(Meter, method, charge)
    has_nodes = Meter.has_nodes

    def charge_at_once(meter: Meter, count: int) -> bool:
        has_room = has_nodes(meter, count)
        charged[-1]["nodes"] = charged[-1].get("nodes", 0) + count * has_room
        return has_room

    monkeypatch.setattr(Meter, "has_nodes", charge_at_once)
    answers = []
    for pass_list in (passes.PASSES, tuple(each for each in passes.PASSES if each is not projections)):
        monkeypatch.setattr(passes, "PASSES", pass_list)
        charged.append({})
        answers.append(Scripted(METERED_ROUTES, schema=metered).execute(query))
    assert answers[0] == answers[1]
    assert charged[0] == charged[1]


@pytest.mark.parametrize("allowed", range(1, 25, 3))
def test_a_limit_cuts_a_projected_value_where_it_cuts_any_other(
    metered: str, allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for pass_list in (passes.PASSES, tuple(each for each in passes.PASSES if each is not projections)):
        monkeypatch.setattr(passes, "PASSES", pass_list)
        scripted = Scripted(METERED_ROUTES, schema=metered, max_nodes=allowed)
        answers.append(scripted.execute("{ teams { name captain { goals } people { name best { goals } } } }"))
    assert answers[0] == answers[1]


def test_what_was_read_before_the_deadline_stays_if_a_join_is_late(metered: str) -> None:
    released = threading.Event()

    def late(_: Any) -> Any:
        released.wait(30)
        return {"id": 2, "goals": 2}

    try:
        scripted = Scripted(METERED_ROUTES | {"/players/2": late}, schema=metered, deadline=0.5)
        answer = scripted.execute("{ page { people { name best { goals } } } }")
    finally:
        released.set()
    people = [
        {"name": "Ada", "best": {"goals": 1}},
        {"name": "Bob", "best": None},
        {"name": "Cy", "best": {"goals": 1}},
    ]
    assert answer["data"] == {"page": [{"people": people}]}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["page", 0, "people", 1, "best"], "TIMEOUT")
    ]
