"""Resolvers of the user's own: called as by graphene alone (U1), whatever their arguments are named (U2)."""

import json
import keyword
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import graphene
import pytest
from flask import Flask, g, jsonify, request, session
from flask_login import LoginManager, UserMixin, current_user
from graphql import GraphQLError
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import restgql
from restgql import JSON, Gateway
from tests.hardening.client import (
    ACCEPTS,
    EVENTS,
    GRAPHQL,
    MULTIPART,
    ONLY_MULTIPART,
    WHOLE,
    Answer,
    ask,
    codes,
    post,
    strict_json,
)
from tests.hardening.own_types import ALONE, ALOUD, CALLER, SECRET, Calls, Operation, OwnTypes, correlation

LIMITS: dict[str, Any] = {
    "max_tokens": 50_000,
    "max_aliases": 5_000,
    "max_directives": 1_000,
    "max_fields": 10_000,
    "max_subrequests": 5_000,
    "max_typed_subrequests": 5_000,
    "max_batch": 5,
    "deadline": 60,
}
Headers = dict[str, str]


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.name = name


def visited(app: Flask) -> None:
    """Give an app the things that a resolver may look at: a session, a user, `g` and a context variable."""
    app.secret_key = "a secret"
    app.config["SESSION_COOKIE_NAME"] = "session"
    logins = LoginManager(app)
    logins.request_loader(lambda request: User(f"user {request.headers.get(CALLER)}"))

    @app.before_request
    def remember() -> None:
        g.caller = f"g {request.headers.get(CALLER)}"
        correlation.set(f"context {request.headers.get(CALLER)}")


def headers_of(app: Flask, caller: str) -> Headers:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return {CALLER: caller, "Cookie": f"session={serializer.dumps({'name': f'session {caller}'})}"}


def who() -> dict[str, Any]:
    """The answer of GET /who, which says who asks."""
    seen = {"caller": request.headers.get(CALLER), "g": g.caller}
    return {**seen, "session": session.get("name"), "user": current_user.name}


class Pair:
    """An app that answers by its gateway and, at /alone, by graphene alone."""

    def __init__(self, folder: Path, types: OwnTypes, operation: Operation) -> None:
        self.calls = types.calls
        self.operation = operation
        self.app = app = Flask("pair", root_path=str(folder))
        visited(app)
        app.add_url_rule("/who", "who", who)
        app.add_url_rule("/written", "written", lambda: jsonify(self.calls.written))
        app.add_url_rule("/note/<name>", "note", self._note, methods=["POST"])
        app.json.sort_keys = False  # type: ignore[attr-defined]
        app.add_url_rule("/python", "python", self._python, methods=["POST"])
        app.add_url_rule(ALONE, "alone", self._alone, methods=["POST"])
        (folder / "operations").mkdir()
        (folder / "operations/whole.graphql").write_text(operation.whole)
        (folder / "operations/parts.graphql").write_text(operation.text)
        self.gateway = Gateway(
            app,
            query=types.query,
            mutation=types.mutation,
            operations="operations",
            verbs=["GET", "POST"],
            routes=["*"],
            **LIMITS,
        )
        self.schema = self._schema(types)

    def read(self) -> Any:
        """The value of GET /who for a resolver."""
        return who() if request.path == ALONE else self.gateway.get("/who")

    def _note(self, name: str) -> dict[str, str]:
        self.calls.made.append((f"w{name}",))
        self.calls.written.append(f"post {name}")
        return {"name": name}

    def _python(self) -> Any:
        body = request.get_json()
        return jsonify(self.gateway.execute(body["query"], body["variables"]))

    def _alone(self) -> Any:
        body = request.get_json()
        result = self.schema.execute(body["query"], variables=body["variables"])
        errors = [{"path": error.path, "message": error.message} for error in result.errors or ()]
        return json.dumps({"data": result.data, "errors": errors}), 200, {"Content-Type": "application/json"}

    def _schema(self, types: OwnTypes) -> graphene.Schema:
        pair = self

        class Written(graphene.ObjectType):
            status = graphene.Int()
            get = graphene.Field(JSON, path=graphene.String())

            @staticmethod
            def resolve_get(source: Any, info: Any, path: str) -> Any:
                return [*pair.calls.written]

        class RestQuery(graphene.ObjectType):
            get = graphene.Field(JSON, path=graphene.String(), select=graphene.String())

            @staticmethod
            def resolve_get(source: Any, info: Any, path: str, select: str | None = None) -> Any:
                return who()[select] if select else who()

        class RestMutation(graphene.ObjectType):
            post = graphene.Field(Written, path=graphene.String())

            @staticmethod
            def resolve_post(source: Any, info: Any, path: str) -> Any:
                pair._note(path.rsplit("/", 1)[1])
                return {"status": 200}

        query = type("Query", (types.query, RestQuery), {})
        mutation = type("Mutation", (types.mutation, RestMutation), {})
        return graphene.Schema(query=query, mutation=mutation)

    def alone(self, caller: str, variables: Any) -> "Alone":
        """The answer of graphene alone, with the calls that it made."""
        before = len(self.calls.made)
        body = {"query": self.operation.whole, "variables": variables}
        answer = post(self.app, ALONE, body, headers=headers_of(self.app, caller))
        assert answer.status == 200, answer.body
        return Alone(answer.json, self.calls.made[before:])

    def ways(self, variables: Any) -> Iterator[tuple[str, str, Any, str]]:
        """The ways to ask for one response: a name, a path, a body and an Accept header."""
        whole = {"query": self.operation.whole, "variables": variables}
        parts = {"query": self.operation.text, "variables": variables}
        for accept in (WHOLE, GRAPHQL, EVENTS):
            yield "whole", "/graphql", whole, accept
        yield "whole", "/python", whole, WHOLE
        yield "whole", "/graphql/whole", variables, WHOLE
        for accept in (WHOLE, GRAPHQL):
            yield "whole", "/graphql", parts, accept
        for accept in (MULTIPART, ONLY_MULTIPART, EVENTS):
            yield "parts", "/graphql", parts, accept
        yield "parts", "/graphql/parts", variables, EVENTS


class Alone:
    """The answer of graphene alone, and the paths of the calls that it made, in order."""

    def __init__(self, response: Any, made: list[tuple[str | int, ...]]) -> None:
        self.data = response["data"]
        self.errors = response["errors"]
        self.made = made
        self.is_cut = any(self._is_cut(error["path"]) for error in self.errors)

    def _is_cut(self, path: list[str | int]) -> bool:
        """True if the error of a field that may not be null made null of an object or list above it."""
        value = self.data
        for key in path:
            if value is None:
                return True
            value = value[key]
        return False

    @property
    def roots(self) -> list[str | int]:
        """The root field of each call: those of one root field stand together in a mutation."""
        return [path[0] for path in self.made]


def paths(errors: list[Any]) -> set[tuple[str | int, ...]]:
    return {tuple(error["path"]) for error in errors}


def compare(alone: Alone, response: Any, made: list[Any], *, in_parts: bool, is_mutation: bool) -> None:
    """Assert that a response and the calls behind it are as graphene alone has them."""
    assert max(Counter(made).values(), default=1) == 1, "a resolver runs once for each position"
    errors = response.get("errors", [])
    assert SECRET not in json.dumps(response)
    if in_parts and alone.is_cut:  # a deferred fragment stops a null, so that there is more data than in the whole
        return
    if in_parts:
        assert response["data"] == alone.data
    else:
        assert json.dumps(response["data"]) == json.dumps(alone.data), "keys are in the document's order, too"
    if alone.is_cut:  # nothing says which of the fields beside the error are still called
        assert errors
        return
    assert paths(errors) == paths(alone.errors)
    assert len(errors) == len(alone.errors)
    told = {tuple(error["path"]): error for error in errors}
    for error in alone.errors:
        mine = told[tuple(error["path"])]
        if SECRET in error["message"] or "403" in error["message"]:
            assert (mine["message"], mine["extensions"]["code"]) == ("Internal error.", "INTERNAL")
        if error["message"] == ALOUD:
            assert mine["message"] == ALOUD
    assert Counter(made) == Counter(alone.made)
    if is_mutation and not in_parts:
        assert [path[0] for path in made] == alone.roots
    if is_mutation:
        assert [path for path in made if len(path) == 1] == [path for path in alone.made if len(path) == 1]


def features(pair: Pair, alone: Alone) -> Iterator[str]:
    """What there is to an operation and its answer: the test is worth as much as it has seen."""
    yield from (
        each
        for each in ("@defer", "@stream", "... on", "$v", "filters", "below", "json:")
        if each in pair.operation.text
    )
    yield from (each for each in ("g Ada", "user Ada", "session Ada", "context Ada") if each in json.dumps(alone.data))
    yield "errors" if alone.errors else "no errors"
    yield "cut" if alone.is_cut else "not cut"
    yield from {"aloud" for error in alone.errors if error["message"] == ALOUD}
    yield from {"secret" for error in alone.errors if SECRET in error["message"]}
    yield from {"nested call" for path in alone.made if len(path) > 1}
    yield from {"call in a list" for path in alone.made if any(isinstance(key, int) for key in path)}


FEATURES = {"@defer", "@stream", "... on", "$v", "filters", "below", "json:", "g Ada", "user Ada", "session Ada",
            "context Ada", "errors", "no errors", "cut", "not cut", "aloud", "secret", "nested call",
            "call in a list"}  # fmt: skip


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_u1_generated_resolvers_are_called_as_by_graphene_alone(root: str) -> None:
    seen: Counter[str] = Counter()

    @settings(derandomize=True, max_examples=40, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**32 - 1))
    def run(seed: int) -> None:
        with TemporaryDirectory() as folder:
            one_case(seed, root, Path(folder), seen)

    run()
    assert {feature: count for feature, count in seen.items() if count < 3} == {}
    assert seen.keys() == FEATURES


def one_case(seed: int, root: str, folder: Path, seen: Counter[str]) -> None:
    """Ask for one operation in every way, as two callers in turn, and compare with graphene alone."""
    random, calls = Random(seed), Calls()
    pairs: list[Pair] = []
    types = OwnTypes(random, calls, lambda: pairs[0].read())
    operation = types.operation(root)
    pair = Pair(folder, types, operation)
    pairs.append(pair)
    is_mutation = root == "Mutation"
    sent = [("Ada", operation.variables()), ("Bob", operation.variables())]
    expected = []
    for caller, variables in sent:
        calls.clear()
        expected.append(pair.alone(caller, variables))
    seen.update(features(pair, expected[0]))
    for index in range(len([*pair.ways(None)])):
        for (caller, variables), alone in zip(sent, expected, strict=True):
            kind, path, body, accept = [*pair.ways(variables)][index]
            calls.clear()
            options: Any = {"accept": accept, "headers": headers_of(pair.app, caller), "multithread": index % 2 == 0}
            response = post(pair.app, path, body, **options).merged
            try:
                compare(alone, response, calls.made, in_parts=kind == "parts", is_mutation=is_mutation)
            except AssertionError as exc:
                exc.add_note(f"{caller} at {path} with {accept}:\n{operation.text}\n{variables}")
                raise
    compare_batch(pair, sent[0][0], [variables for _, variables in sent], is_mutation=is_mutation)


def compare_batch(pair: Pair, caller: str, variables: list[Any], *, is_mutation: bool) -> None:
    """Compare an array of one operation with several variables, sent by one caller."""
    pair.calls.clear()
    several = [pair.alone(caller, each) for each in variables]
    pair.calls.clear()
    body = [{"query": pair.operation.whole, "variables": each} for each in variables]
    answer = post(pair.app, "/graphql", body, headers=headers_of(pair.app, caller))
    assert answer.status == 200
    made = pair.calls.made
    if any(alone.is_cut for alone in several):
        assert [each["data"] for each in answer.json] == [alone.data for alone in several]
        return
    assert len(made) == sum(len(alone.made) for alone in several)
    for response, alone in zip(answer.json, several, strict=True):
        count = len(alone.made)
        own = made[:count] if is_mutation else alone.made
        compare(alone, response, own, in_parts=False, is_mutation=is_mutation)
        made = made[count:]


# One case each of what the generated ones are made of.


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


# U2: arguments by any name.

NAMES = sorted(
    {*keyword.kwlist, *keyword.softkwlist, "self", "info", "source", "root", "cls", "args", "kwargs", "parent", "path",
     "value", "body", "key", "resolve", "request", "field", "true", "null", "_a", "constructor", "obj", "context"}
)  # fmt: skip
names = pytest.mark.parametrize("name", NAMES)


def echoing() -> Flask:
    """An app whose routes answer with the arguments that they were sent."""
    app = Flask("echo")

    @app.route("/echo", methods=["GET", "POST"])
    @app.route("/echo/<path:value>")
    def echo(value: str | None = None) -> Any:
        sent = request.args.to_dict() if request.method == "GET" else request.get_json()
        return {"sent": sent, "value": value}

    return app


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An app with SDL in which every name is an argument of a root field, a nested one and a mutation."""
    folder = tmp_path_factory.mktemp("names")
    echoes = "\n".join(
        f'q_{name}({name}: String): Echo @get(path: "/echo{{?{name}}}") '
        f'p_{name}({name}: String): Echo @get(path: "/echo/{{{name}}}") '
        f'e_{name}({name}: String): Echo @get(path: "/echo", query: "{{sent: {name}}}")'
        for name in NAMES
    )
    writes = "\n".join(
        f'w_{name}({name}: String): Echo @post(path: "/echo") '
        f'b_{name}({name}: String): Echo @post(path: "/echo", body: "{{sent: {name}}}")'
        for name in NAMES
    )
    (folder / "names.graphql").write_text(
        f"type Query {{ {echoes} }} type Mutation {{ {writes} }} type Echo {{ sent: JSON value: String {echoes} }}"
    )
    app = echoing()
    Gateway(app, schema=str(folder), verbs=["GET", "POST"])
    return app


@names
def test_u2_an_argument_of_sdl_may_have_any_name(typed: Flask, name: str) -> None:
    fields = f'q_{name}({name}: "x") {{ sent }} p_{name}({name}: "x") {{ value }} e_{name}({name}: "x") {{ sent }}'
    expected = {
        f"q_{name}": {"sent": {name: "x"}},
        f"p_{name}": {"value": "x"},
        f"e_{name}": {"sent": {"sent": "x"}},
    }
    for accept in (WHOLE, EVENTS):
        assert ask(typed, f"{{ {fields} }}", accept=accept).merged == {"data": expected}
    nested = f'{{ q_{name}({name}: "y") {{ sent {fields} ... @defer {{ later: q_{name}({name}: "z") {{ sent }} }} }} }}'
    below = {"sent": {name: "y"}, **expected, "later": {"sent": {name: "z"}}}
    for accept in (WHOLE, MULTIPART):
        assert ask(typed, nested, accept=accept).merged == {"data": {f"q_{name}": below}}
    variable = f"query (${name}: String) {{ q_{name}({name}: ${name}) {{ sent }} }}"
    assert ask(typed, variable, {name: "v"}).json == {"data": {f"q_{name}": {"sent": {name: "v"}}}}


@names
def test_u2_an_argument_of_a_mutation_of_sdl_may_have_any_name(typed: Flask, name: str) -> None:
    below = f'q_{name}({name}: "y") {{ sent }}'
    query = f'mutation {{ w_{name}({name}: "x") {{ sent {below} }} b_{name}({name}: "x") {{ sent }} }}'
    expected = {
        f"w_{name}": {"sent": {name: "x"}, f"q_{name}": {"sent": {name: "y"}}},
        f"b_{name}": {"sent": {"sent": "x"}},
    }
    for accept in (WHOLE, EVENTS):
        assert ask(typed, query, accept=accept).merged == {"data": expected}


@pytest.fixture(scope="module")
def described() -> Flask:
    """An app with an OpenAPI document in which every name is a parameter in path and query, and of a body."""
    echo = {"type": "object", "properties": {"sent": {"type": "object"}, "value": {"type": "string"}}}
    answers = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": echo}}}}}
    paths: dict[str, Any] = {}
    app = Flask("described")

    def sent() -> dict[str, Any]:
        return {"sent": {**request.args, **(request.get_json(silent=True) or {})}}

    for name in NAMES:
        content = {"application/json": {"schema": {"type": "object", "properties": {name: {"type": "string"}}}}}
        query = {"name": name, "in": "query", "schema": {"type": "string"}}
        paths[f"/q/{name}"] = {
            "get": {"operationId": f"q_{name}", "parameters": [query], **answers},
            "post": {"operationId": f"b_{name}", "parameters": [query], "requestBody": {"content": content}, **answers},
        }
        path = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"/p/{name}/{{{name}}}"] = {"get": {"operationId": f"p_{name}", "parameters": [path], **answers}}
        app.add_url_rule(f"/p/{name}/<value>", f"p_{name}", lambda value: {"value": value})
        app.add_url_rule(f"/q/{name}", f"q_{name}", sent, methods=["GET", "POST"])
    Gateway(
        app,
        openapi={"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths},
        verbs=["GET", "POST"],
    )
    return app


@names
def test_u2_a_parameter_of_an_openapi_document_may_have_any_name(described: Flask, name: str) -> None:
    query = f'{{ q_{name}({name}: "x") {{ sent }} p_{name}({name}: "y") {{ value }} }}'
    expected = {f"q_{name}": {"sent": {name: "x"}}, f"p_{name}": {"value": "y"}}
    for accept in (WHOLE, EVENTS):
        assert ask(described, query, accept=accept).merged == {"data": expected}
    write = f'mutation {{ b_{name}(input: {{{name}: "x"}}) {{ sent }} }}'
    assert ask(described, write).json == {"data": {f"b_{name}": {"sent": {name: "x"}}}}
    write = f'mutation {{ b_{name}({name}: "x", input: {{}}) {{ sent }} }}'
    assert ask(described, write).json == {"data": {f"b_{name}": {"sent": {name: "x"}}}}


def by_any_name() -> tuple[type, type]:
    """Graphene types in which every name is an argument of fields at the root and below."""

    def resolve(source: Any, info: Any, /, **arguments: Any) -> Any:
        return json.dumps(arguments)

    def fields() -> dict[str, Any]:
        return {
            f"f_{name}": graphene.Field(
                graphene.String,
                args={name: graphene.Argument(graphene.String, name=name)},
                resolver=resolve,
                name=f"f_{name}",
            )
            for name in NAMES
        }

    Nested = type("Nested", (graphene.ObjectType,), fields())
    nested = {"nested": graphene.Field(Nested, resolver=lambda source, info: {})}
    return (
        type("Query", (graphene.ObjectType,), fields() | nested),
        type("Mutation", (graphene.ObjectType,), fields() | nested),
    )


@pytest.fixture(scope="module")
def own_names() -> tuple[Flask, graphene.Schema]:
    query, mutation = by_any_name()
    app = Flask("names")
    Gateway(app, query=query, mutation=mutation)
    return app, graphene.Schema(query=query, mutation=mutation)


@names
def test_u2_an_argument_of_graphene_may_have_any_name(own_names: tuple[Flask, graphene.Schema], name: str) -> None:
    app, schema = own_names
    for kind in ("query", "mutation"):
        fields = f'f_{name}({name}: "x") nested {{ f_{name}({name}: "y") ... @defer {{ z: f_{name}({name}: "z") }} }}'
        alone = schema.execute(f"{kind} {{ {fields} }}".replace(" @defer", ""))
        assert alone.errors is None
        assert strict_json(alone.data[f"f_{name}"].encode()) == {name: "x"}
        for accept in (WHOLE, MULTIPART, EVENTS):
            assert ask(app, f"{kind} {{ {fields} }}", accept=accept).merged == {"data": alone.data}


def test_u2_an_argument_of_graphene_is_passed_by_its_name_in_python() -> None:
    class Mine(graphene.InputObjectType):
        from_ = graphene.String(name="from")
        self_ = graphene.String(name="self")
        class_ = graphene.String(name="class")

    class Nested(graphene.ObjectType):
        it = graphene.Field(
            graphene.String,
            args={"info_": graphene.String(name="info"), "source": graphene.String(), "self": graphene.String()},
        )

        @staticmethod
        def resolve_it(parent: Any, _info: Any, info_: str = "", source: str = "", self: str = "") -> str:
            return f"{info_} {source} {self}"

    class Query(graphene.ObjectType):
        it = graphene.String(from_=graphene.String(name="from"), cls=graphene.String(), mine=Mine())
        nested = graphene.Field(Nested, root=graphene.String())

        @staticmethod
        def resolve_it(parent: Any, info: Any, from_: str, cls: str, mine: Any) -> str:
            return f"{from_} {cls} {mine.from_} {mine.self_} {mine.class_}"

        @staticmethod
        def resolve_nested(parent: Any, info: Any, root: str) -> dict[str, str]:
            return {"root": root}

    app = Flask("names")
    Gateway(app, query=Query)
    query = """{ it(from: "a", cls: "b", mine: {from: "c", self: "d", class: "e"})
      nested(root: "r") { it(info: "f", source: "g", self: "h") } }"""
    alone = graphene.Schema(query=Query).execute(query)
    expected = {"it": "a b c d e", "nested": {"it": "f g h"}}
    assert (alone.data, alone.errors) == (expected, None)
    for accept in ACCEPTS:
        assert ask(app, query, accept=accept).merged == {"data": expected}


@names
def test_u2_an_argument_of_a_planned_graphene_field_may_have_any_name(name: str) -> None:
    arguments = {name: graphene.Argument(graphene.String, name=name)}
    fields = {
        "it": restgql.Get(JSON, path=f"/echo{{?{name}}}", args=arguments),
        "in_path": restgql.Get(JSON, path=f"/echo/{{{name}}}", args=arguments),
    }
    app = echoing()
    Gateway(app, query=type("Query", (graphene.ObjectType,), fields), routes=["*"])
    query = f'{{ it({name}: "x") inPath({name}: "y") }}'
    expected = {"it": {"sent": {name: "x"}, "value": None}, "inPath": {"sent": {}, "value": "y"}}
    assert ask(app, query).json == {"data": expected}
