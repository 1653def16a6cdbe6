"""U1: a user's own resolver runs once, in its turn, with its own arguments, for its caller."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphene
import pytest
from flask import Flask, g, request, session
from flask_login import current_user
from graphql import GraphQLError

import restgql
from restgql import JSON, Gateway
from tests.hardening.callers import headers_of, visited, who
from tests.hardening.client import (
    ACCEPTS,
    EVENTS,
    WHOLE,
    Answer,
    ask,
    codes,
    post,
)
from tests.hardening.own_types import ALOUD, CALLER, SECRET


class Own:
    """An app with a gateway over types that a test writes; `calls` counts their resolvers."""

    def __init__(self, folder: Path | None = None, stored: str | None = None, **options: Any) -> None:
        self.calls: Counter[str] = Counter()
        self.app = Flask("own", root_path=str(folder) if folder else None)  # type: ignore[arg-type]
        visited(self.app)
        self.hits: list[str] = []
        self.app.add_url_rule("/who", "who", self._who)
        self.app.add_url_rule("/slow", "slow", self._slow, methods=["GET", "POST"])
        self.app.add_url_rule("/users/<id>", "user", lambda id: {"id": id, "friends": ["1", "2"]})
        self.app.add_url_rule("/n/<int:number>", "n", self._number)
        if folder is not None and stored is not None:
            (folder / "operations").mkdir()
            (folder / "operations/stored.graphql").write_text(stored)
            options["operations"] = "operations"
        self.gateway = Gateway(self.app, **{"verbs": ["GET", "POST"], "routes": ["*"], "max_batch": 9, **options})

    def _who(self) -> Any:
        self.hits.append("who")
        return who()

    def _slow(self) -> Any:
        time.sleep(0.02)
        self.hits.append(f"{request.method} slow")
        return {"ok": True}

    def _number(self, number: int) -> Any:
        self.hits.append("n")
        return {"n": 1}

    def ask(self, query: str, caller: str = "Ada", variables: Any = None, **options: Any) -> Answer:
        return ask(self.app, query, variables, headers=headers_of(self.app, caller), **options)


class Criteria(graphene.InputObjectType):
    text = graphene.String()
    owner = graphene.String()
    tags = graphene.List(graphene.String)


def orders() -> type:
    """A query whose resolver fills in what its arguments lack, in place."""

    def resolve(root: Any, info: Any, filter: Any, tags: list[str] | None = None, extra: Any = None) -> str:
        caller = request.headers[CALLER]
        filter.setdefault("owner", caller)
        for values in (tags, filter.get("tags")):
            if values is not None:
                values.append(caller)
        if extra is not None:
            extra.setdefault("by", []).append(caller)
        return json.dumps([filter["owner"], tags, filter.get("tags"), extra])

    arguments = {
        "filter": graphene.Argument(Criteria, required=True),
        "tags": graphene.List(graphene.String),
        "extra": JSON(),
    }
    field = graphene.Field(graphene.String, args=arguments, resolver=resolve)
    return type("Query", (graphene.ObjectType,), {"orders": field})


@pytest.mark.parametrize("accept", ACCEPTS)
def test_u1_arguments_that_one_caller_changed_are_not_anothers(accept: str) -> None:
    own = Own(query=orders())
    arguments = 'filter: {text: "x", tags: ["t"]}, tags: ["a"], extra: {by: []}'
    query = f"{{ one: orders({arguments}) two: orders({arguments}) ... @defer {{ three: orders({arguments}) }} }}"
    for caller in ("Ada", "Bob", "Ada", "Cy"):
        expected = [caller, ["a", caller], ["t", caller], {"by": [caller]}]
        data = own.ask(query, caller, accept=accept).merged["data"]
        assert [json.loads(data[key]) for key in ("one", "two", "three")] == [expected] * 3


@pytest.mark.parametrize("accept", ACCEPTS)
def test_u1_one_variable_in_two_fields_is_an_argument_of_each(accept: str) -> None:
    own = Own(query=orders())
    query = """query ($filter: Criteria!, $tags: [String], $extra: JSON) {
      one: orders(filter: $filter, tags: $tags, extra: $extra)
      ... @defer { two: orders(filter: $filter, tags: $tags, extra: $extra) }
    }"""
    variables = {"filter": {"tags": ["t"]}, "tags": ["a"], "extra": {}}
    for caller in ("Ada", "Bob"):
        expected = [caller, ["a", caller], ["t", caller], {"by": [caller]}]
        data = own.ask(query, caller, variables, accept=accept).merged["data"]
        assert [json.loads(data[key]) for key in ("one", "two")] == [expected] * 2


@pytest.mark.parametrize("accept", ACCEPTS)
def test_u1_a_default_value_is_an_argument_of_each_call(accept: str) -> None:
    class Defaults(graphene.InputObjectType):
        tags = graphene.List(graphene.String, default_value=["in"])

    class Query(graphene.ObjectType):
        it = graphene.String(
            tags=graphene.List(graphene.String, default_value=["out"]),
            criteria=graphene.Argument(Defaults, default_value={"tags": ["whole"]}),
        )

        @staticmethod
        def resolve_it(root: Any, info: Any, tags: list[str], criteria: Any) -> str:
            tags.append(request.headers[CALLER])
            criteria["tags"].append(request.headers[CALLER])
            return ",".join([*tags, *criteria["tags"]])

    own = Own(query=Query)
    query = 'query ($tags: [String] = ["v"]) { a: it b: it(criteria: {}) c: it(tags: $tags) d: it(tags: $tags) }'
    for caller in ("Ada", "Bob"):
        assert own.ask(query, caller, accept=accept).merged["data"] == {
            "a": f"out,{caller},whole,{caller}",
            "b": f"out,{caller},in,{caller}",
            "c": f"v,{caller},whole,{caller}",
            "d": f"v,{caller},whole,{caller}",
        }


def test_u1_a_stored_operation_gives_each_call_arguments_of_its_own(tmp_path: Path) -> None:
    stored = 'query ($tags: [String] = ["v"]) { a: orders(filter: {text: "x"}, tags: $tags) b: orders(filter: {}) }'
    own = Own(tmp_path, stored, query=orders())
    for caller in ("Ada", "Bob", "Ada"):
        for variables, tags in (({}, ["v", caller]), ({"tags": ["w"]}, ["w", caller])):
            answer = post(own.app, "/graphql/stored", variables, headers=headers_of(own.app, caller))
            data = answer.json["data"]
            assert json.loads(data["a"]) == [caller, tags, None, None]
            assert json.loads(data["b"]) == [caller, None, None, None]


def people(calls: Counter[str], get: Callable[[], Any]) -> type:
    """Objects with resolvers that say who asks, below each other and below what a route answers."""

    def asked(name: str) -> Callable[..., Any]:
        def resolve(source: Any, info: Any) -> Any:
            calls[".".join(map(str, info.path.as_list()))] += 1
            return {"header": lambda: request.headers[CALLER], "get": lambda: get()["caller"], "g": lambda: g.caller}[
                name
            ]()

        return resolve

    def again(source: Any, info: Any) -> Any:
        calls[".".join(map(str, info.path.as_list()))] += 1
        return [{}, {}]

    person: dict[str, Any] = {
        "id": graphene.String(),
        "header": graphene.Field(graphene.String, resolver=asked("header")),
        "get": graphene.Field(graphene.String, resolver=asked("get")),
        "g": graphene.Field(graphene.String, resolver=asked("g")),
        "more": graphene.List(lambda: Person),
        "resolve_more": staticmethod(again),
    }
    Person = type("Person", (graphene.ObjectType,), person)
    Member = type("Member", (graphene.ObjectType,), {key: person[key] for key in ("id", "header", "get", "more")} | {
        "resolve_more": staticmethod(again), "friends": graphene.List(graphene.String)})  # fmt: skip
    fields = {
        "person": graphene.Field(Person),
        "resolve_person": staticmethod(lambda root, info: again(root, info)[0]),
        "user": restgql.Get(Member, path="/users/{id}", id=graphene.String(required=True)),
    }
    return type("Query", (graphene.ObjectType,), fields)


PERSON = """{ s: get(path: "/slow") person { header ... @defer { get g } more @stream(initialCount: 1) {
    header ... @defer { header get more { g } } } }
  user(id: "7") { id header ... @defer { get more { header g } } } }"""
MORE = {"header": "Ada", "get": "Ada", "more": [{"g": "g Ada"}] * 2}
PERSON_DATA = {
    "s": {"ok": True},
    "person": {"header": "Ada", "get": "Ada", "g": "g Ada", "more": [MORE] * 2},
    "user": {"id": "7", "header": "Ada", "get": "Ada", "more": [{"header": "Ada", "g": "g Ada"}] * 2},
}


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("multithread", [True, False], ids=["threads", "one-thread"])
def test_u1_a_resolver_below_others_and_below_a_route_runs_once_for_its_caller(accept: str, multithread: bool) -> None:
    calls: Counter[str] = Counter()
    own = Own(query=people(calls, lambda: own.gateway.get("/who")))
    for caller in ("Ada", "Bob"):
        calls.clear()
        response = own.ask(PERSON, caller, accept=accept, multithread=multithread).merged
        assert response == {"data": json.loads(json.dumps(PERSON_DATA).replace("Ada", caller))}
        assert set(calls.values()) == {1}
        assert len(calls) == 22


@pytest.mark.parametrize("accept", ACCEPTS)
def test_u1_a_field_that_stands_in_several_fragments_is_resolved_once(accept: str) -> None:
    calls: Counter[str] = Counter()
    own = Own(query=people(calls, lambda: own.gateway.get("/who")))
    query = """{ person { g ... @defer(label: "a") { g header more { g } } ...F @defer(label: "b") }
      ... @defer { person { g header s: g } } slow: get(path: "/slow") }
      fragment F on Person { header g more { g header } }"""
    more = [{"g": "g Ada", "header": "Ada"}] * 2
    data = own.ask(query, accept=accept).merged["data"]
    assert data == {"person": {"g": "g Ada", "header": "Ada", "more": more, "s": "g Ada"}, "slow": {"ok": True}}
    below = [f"person.more.{index}.{key}" for index in (0, 1) for key in ("g", "header")]
    expected = ["person", "person.g", "person.header", "person.more", "person.s", *below]
    assert calls == dict.fromkeys(expected, 1)


def test_u1_a_type_of_ones_own_may_be_named_like_those_of_the_gateway() -> None:
    class Restaurant(graphene.ObjectType):
        id = graphene.String()
        name = graphene.String()

        @staticmethod
        def resolve_name(source: Any, info: Any) -> str:
            return "Chez Ada"

    class Query(graphene.ObjectType):
        restaurant = restgql.Get(Restaurant, path="/users/{id}", id=graphene.String(required=True))
        mine = graphene.Field(Restaurant)

        @staticmethod
        def resolve_mine(root: Any, info: Any) -> dict[str, str]:
            return {"id": "8"}

    data = Own(query=Query).ask('{ restaurant(id: "7") { id name } mine { id name } }').merged["data"]
    assert data == {"restaurant": {"id": "7", "name": "Chez Ada"}, "mine": {"id": "8", "name": "Chez Ada"}}


def creating(own: Callable[[], Own]) -> type:
    """A mutation whose payload has a resolver of its own, and fields that REST answers."""

    class Create(graphene.Mutation):
        class Arguments:
            name = graphene.String(required=True)

        id = graphene.Int()
        by = graphene.String()

        @staticmethod
        def mutate(root: Any, info: Any, name: str) -> Any:
            assert root is None
            own().hits.append(f"create {name}")
            session["created"] = name
            return Create(id=len(own().hits))

        @staticmethod
        def resolve_by(source: Any, info: Any) -> str:
            own().hits.append("by")
            return f"{current_user.name} {own().gateway.get('/who')['caller']}"

    return type("Mutation", (graphene.ObjectType,), {"create": Create.Field()})


MINE = """mutation { a: create(name: "A") { id by } p: post(path: "/slow") { status %s }
  b: create(name: "B") { by id } q: post(path: "/slow") { status } c: create(name: "C") { id } }"""


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("multithread", [True, False], ids=["threads", "one-thread"])
@pytest.mark.parametrize("below", ["", "... @defer { ok }"])
def test_u1_a_mutation_of_ones_own_runs_once_and_in_its_turn(accept: str, multithread: bool, below: str) -> None:
    own = Own(mutation=creating(lambda: own))
    response = own.ask(MINE % below, accept=accept, multithread=multithread).merged
    assert own.hits == ["create A", "by", "who", "POST slow", "create B", "by", "who", "POST slow", "create C"]
    ok = {"status": 200} | ({"ok": True} if below else {})
    assert response == {
        "data": {
            "a": {"id": 1, "by": "user Ada Ada"},
            "p": ok,
            "b": {"by": "user Ada Ada", "id": 5},
            "q": {"status": 200},
            "c": {"id": 9},
        }
    }


def test_u1_a_mutation_of_ones_own_runs_once_in_a_batch_and_stored(tmp_path: Path) -> None:
    stored = 'mutation ($name: String!) { a: create(name: $name) { by } p: post(path: "/slow") { status } }'
    own = Own(tmp_path, stored, mutation=creating(lambda: own))
    headers = headers_of(own.app, "Ada")
    expected = {"data": {"a": {"by": "user Ada Ada"}, "p": {"status": 200}}}
    made = ["create A", "by", "who", "POST slow"]
    assert post(own.app, "/graphql/stored", {"name": "A"}, headers=headers).json == expected
    assert own.hits == made
    own.hits.clear()
    body = [{"query": stored, "variables": {"name": "A"}}, {"query": '{ get(path: "/slow") }'}]
    answer = post(own.app, "/graphql", [*body, body[0]], headers=headers)
    assert answer.json == [expected, {"data": {"get": {"ok": True}}}, expected]
    assert own.hits == [*made, "GET slow", *made]


@pytest.mark.parametrize("query", ['mutation { create(name: "A") { id } }', MINE % ""], ids=["alone", "beside-rest"])
def test_u1_what_a_resolver_writes_into_the_session_holds(query: str) -> None:
    own = Own(mutation=creating(lambda: own))
    client = own.app.test_client()
    assert client.post("/graphql", json={"query": query}, headers={CALLER: "Ada"}).status_code == 200
    with client.session_transaction() as held:
        assert held["created"] == ("A" if "C" not in query else "C")


@pytest.mark.parametrize("multithread", [True, False], ids=["threads", "one-thread"])
def test_u1_a_resolver_runs_in_the_thread_of_its_request(multithread: bool) -> None:
    local = threading.local()

    class Query(graphene.ObjectType):
        name = graphene.String()

        @staticmethod
        def resolve_name(root: Any, info: Any) -> str:
            return str(local.name)

    own = Own(query=Query)

    @own.app.before_request
    def keep() -> None:
        if request.path == "/graphql":
            local.name = request.headers[CALLER]

    for caller in ("Ada", "Bob"):
        query = '{ a: get(path: "/slow") name b: get(path: "/who", select: "caller") }'
        data = own.ask(query, caller, multithread=multithread).merged["data"]
        assert data == {"a": {"ok": True}, "name": caller, "b": caller}


def summing(own: Callable[[], Own]) -> type:
    class Box(graphene.ObjectType):
        many = graphene.Int()

        @staticmethod
        def resolve_many(source: Any, info: Any) -> int:
            own().calls["many"] += 1
            return sum(own().gateway.get(f"/n/{number}")["n"] for number in range(20))

    class Query(graphene.ObjectType):
        box = graphene.Field(Box)
        many = graphene.Int()
        resolve_many = Box.resolve_many
        fine = graphene.Int()

        @staticmethod
        def resolve_box(root: Any, info: Any) -> dict[str, Any]:
            return {}

        @staticmethod
        def resolve_fine(root: Any, info: Any) -> int:
            return 1

    return Query


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize(
    ("query", "path"),
    [
        ('{ s: get(path: "/slow") many fine }', "many"),
        ('{ s: get(path: "/slow") box { many } fine }', "box.many"),
        ('{ s: get(path: "/slow") ... @defer { many } fine }', "many"),
        ('{ s: get(path: "/slow") box { ... @defer { many } } fine }', "box.many"),
    ],
)
def test_u1_what_a_resolver_asks_for_is_inside_the_budget(accept: str, query: str, path: str) -> None:
    own = Own(query=summing(lambda: own), max_subrequests=5, max_typed_subrequests=5)
    response = own.ask(query, accept=accept).merged
    assert codes(response) == {path: "LIMIT_EXCEEDED"}
    assert (response["data"]["s"], response["data"]["fine"]) == ({"ok": True}, 1)
    assert own.hits.count("n") <= 4
    assert own.calls["many"] == 1


def test_u1_the_operations_of_a_batch_have_one_budget() -> None:
    own = Own(query=summing(lambda: own), max_subrequests=5, max_typed_subrequests=5)
    answer = post(own.app, "/graphql", [{"query": "{ fine many }"}, {"query": "{ many fine }"}])
    for response in answer.json:
        assert codes(response) == {"many": "LIMIT_EXCEEDED"}
        assert response["data"] == {"fine": 1, "many": None}
    assert own.hits.count("n") <= 5


def sleeping(calls: list[str]) -> tuple[type, type]:
    """A query and a mutation with fields that take half a second, and one that takes no time."""

    def sleep(source: Any, info: Any) -> Any:
        calls.append(str(info.path.key))
        time.sleep(0.6)
        return {}

    def answer(source: Any, info: Any) -> str:
        calls.append(str(info.path.key))
        return "done"

    class Slow(graphene.ObjectType):
        slow = graphene.Field(lambda: Slow, resolver=sleep)
        quick = graphene.Field(graphene.String, resolver=answer)

    fields = {
        "slow": graphene.Field(Slow, resolver=sleep),
        "quick": graphene.Field(graphene.String, resolver=answer),
        "late": graphene.Field(graphene.String, resolver=answer),
    }
    return tuple(type(name, (graphene.ObjectType,), dict(fields)) for name in ("Query", "Mutation"))  # type: ignore[return-value]


@pytest.mark.parametrize("accept", [WHOLE, EVENTS])
@pytest.mark.parametrize(
    ("query", "late"),
    [
        ("mutation { quick slow { __typename } late }", "late"),
        ('mutation { quick post(path: "/slow") { status } slow { __typename } late }', "late"),
        ("{ quick slow { late: quick } }", "slow.late"),
        ("{ quick slow { ... @defer { late: quick } } }", "slow.late"),
        ("{ quick slow { slow { late: quick } } }", "slow"),
    ],
)
def test_u1_a_resolver_after_the_deadline_is_not_run_and_is_a_timeout(accept: str, query: str, late: str) -> None:
    calls: list[str] = []
    of_query, of_mutation = sleeping(calls)
    own = Own(query=of_query, mutation=of_mutation, deadline=0.5)
    assert own.ask("{ __typename }").status == 200  # what is made once is not of the operation below
    response = own.ask(query, accept=accept).merged
    assert "late" not in calls
    data = response["data"]
    assert data["quick"] == "done"
    errors = codes(response)
    assert set(errors.values()) == {"TIMEOUT"}
    assert any(path == late or path.startswith(f"{late}.") for path in errors)
    if "post" in data:
        assert data["post"] == {"status": 200}
        assert own.hits == ["POST slow"]


def test_u1_an_error_of_ones_own_is_told_and_any_other_is_not() -> None:
    def fail(error: Exception) -> Any:
        def resolve(root: Any, info: Any) -> Any:
            raise error

        return graphene.Field(graphene.String, resolver=resolve)

    fields = {
        "aloud": fail(GraphQLError(ALOUD, extensions={"code": "MINE", "more": 1})),
        "secret": fail(ValueError(SECRET)),
        "limit": fail(restgql.MissingParameter("It is missing.")),
    }
    own = Own(query=type("Query", (graphene.ObjectType,), fields))
    for accept in ACCEPTS:
        response = own.ask("{ aloud ... @defer { secret } limit }", accept=accept).merged
        assert response["data"] == {"aloud": None, "secret": None, "limit": None}
        told = {error["path"][0]: error["message"] for error in response["errors"]}
        assert told == {"aloud": ALOUD, "secret": "Internal error.", "limit": "It is missing."}
        assert (codes(response)["secret"], codes(response)["limit"]) == ("INTERNAL", "MISSING_PARAMETER")
