"""Mutations: every read sees the writes before it (Q1), and a write never costs the answer (Q2)."""

import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import graphene
import pytest
from flask import Flask, jsonify, request, session
from graphene.types.generic import GenericScalar
from graphql import GraphQLError

import restgql
from restgql import JSON, Gateway
from tests.hardening.client import ACCEPTS, EVENTS, GRAPHQL, MULTIPART, WHOLE, Answer, ask, codes, post

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
PATIENCE = 10.0
SDL = """
type Query { items: [String] @get(path: "/items") }
type Mutation {
  add(name: String): Written @post(path: "/items")
  replace(names: [String]): Written @put(path: "/items", body: "names")
  clear: Written @delete(path: "/items")
}
type Written { by: String, items: [String] @get(path: "/items") }
"""


class Store:
    """An app with one list, which `/items` reads and writes; `log` has each request as its method and path."""

    def __init__(self, folder: Path | None = None, *, headers: dict[str, str] | None = None, **settings: Any) -> None:
        self.items: list[str] = []
        self.log: list[str] = []
        self.app = app = Flask(__name__)
        if folder is not None:
            (folder / "types.graphql").write_text(SDL)
            settings["schema"] = str(folder / "types.graphql")

        @app.before_request
        def note() -> None:
            if request.path != "/graphql":
                self.log.append(f"{request.method} {request.path}")

        @app.get("/items")
        def read() -> Any:
            return jsonify(self.items), 200, headers or {}

        @app.route("/items", methods=["POST", "PUT", "PATCH", "DELETE"])
        @app.post("/elsewhere")
        def write() -> Any:
            body = request.get_json(silent=True)
            match request.method:
                case "POST":
                    self.items.append(str((body or {}).get("name")))
                case "PUT" | "PATCH":
                    self.items[:] = body
                case "DELETE":
                    self.items.clear()
            return {"by": request.method}

        self.gateway = Gateway(app, **{"routes": ["*"], "verbs": VERBS, "max_batch": 9, **settings})

    def data(self, query: str, **options: Any) -> Any:
        """The data of an operation that has no errors."""
        response = ask(self.app, query, **options).merged
        assert "errors" not in response
        return response["data"]

    def batch(self, *queries: str, multithread: bool = True) -> Any:
        """The data of each of a batch of operations that have no errors."""
        answer = post(self.app, "/graphql", [{"query": query} for query in queries], multithread=multithread)
        assert answer.status == 200
        assert all("errors" not in each for each in answer.json)
        return [each["data"] for each in answer.json]


# Q1: reads after writes.

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "single-flight": {"single_flight": True},
    "cache": {"cache": "memory"},
    "cache-of-fresh": {"cache": "memory", "headers": {"Cache-Control": "max-age=60"}},
    "cache-and-single-flight": {"cache": "memory", "single_flight": True, "headers": {"Cache-Control": "max-age=60"}},
}
settings = pytest.mark.parametrize("name", SETTINGS)
servers = pytest.mark.parametrize("multithread", [True, False], ids=["threads", "one-thread"])
accepts = pytest.mark.parametrize("accept", ACCEPTS)

UNTYPED = """mutation {
  a: post(path: "/items", body: {name: "a"}) { get(path: "/items") }
  b: post(path: "/items", body: {name: "b"}) { get(path: "/items") }
  c: put(path: "/items", body: ["x", "y"]) { get(path: "/items") fetch(path: "/items") { json } }
  d: patch(path: "/items", body: ["z"]) { get(path: "/items") }
  e: delete(path: "/items") { get(path: "/items") again: get(path: "/items") }
  f: post(path: "/items", body: {name: "f"}) { fetch(path: "/items") { json } }
}"""
TYPED = """mutation {
  a: add(name: "a") { items }
  b: add(name: "b") { items }
  c: replace(names: ["x", "y"]) { items }
  d: clear { by items }
  e: add(name: "e") { items }
}"""


@settings
@servers
@accepts
def test_q1_an_untyped_read_sees_the_writes_before_it(name: str, multithread: bool, accept: str) -> None:
    store = Store(**SETTINGS[name])
    assert store.data(UNTYPED, accept=accept, multithread=multithread) == {
        "a": {"get": ["a"]},
        "b": {"get": ["a", "b"]},
        "c": {"get": ["x", "y"], "fetch": {"json": ["x", "y"]}},
        "d": {"get": ["z"]},
        "e": {"get": [], "again": []},
        "f": {"fetch": {"json": ["f"]}},
    }
    writes = [line for line in store.log if not line.startswith("GET")]
    assert writes == [f"{method} /items" for method in ("POST", "POST", "PUT", "PATCH", "DELETE", "POST")]
    assert store.log.count("GET /items") == 6


@settings
@servers
@accepts
def test_q1_a_typed_read_sees_the_writes_before_it(tmp_path: Path, name: str, multithread: bool, accept: str) -> None:
    store = Store(tmp_path, **SETTINGS[name])
    assert store.data(TYPED, accept=accept, multithread=multithread) == {
        "a": {"items": ["a"]},
        "b": {"items": ["a", "b"]},
        "c": {"items": ["x", "y"]},
        "d": {"by": "DELETE", "items": []},
        "e": {"items": ["e"]},
    }
    assert store.log.count("GET /items") == 5


@settings
@servers
def test_q1_a_read_after_a_write_to_another_path_is_a_new_read(name: str, multithread: bool) -> None:
    store = Store(**{**SETTINGS[name], "headers": None})
    query = """mutation {
      a: post(path: "/elsewhere", body: {name: "a"}) { get(path: "/items") }
      b: post(path: "/elsewhere", body: {name: "b"}) { get(path: "/items") }
    }"""
    assert store.data(query, multithread=multithread) == {"a": {"get": ["a"]}, "b": {"get": ["a", "b"]}}


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
@servers
def test_q1_a_deferred_read_sees_the_write_above_it(accept: str, multithread: bool) -> None:
    store = Store()
    query = """mutation {
      a: post(path: "/items", body: {name: "a"}) { status ... @defer { get(path: "/items") } }
      b: post(path: "/items", body: {name: "b"}) { status ... @defer { get(path: "/items") } }
    }"""
    data = store.data(query, accept=accept, multithread=multithread)
    assert data["a"]["get"][0] == "a"
    assert data["b"]["get"] == ["a", "b"]


@settings
@servers
def test_q1_a_batch_reads_what_its_mutations_wrote(tmp_path: Path, name: str, multithread: bool) -> None:
    store = Store(tmp_path, **SETTINGS[name])
    read, write = '{ get(path: "/items") items }', 'mutation { add(name: "a") { items } }'
    assert store.batch(read, write, read, read, write, read, multithread=multithread) == [
        {"get": [], "items": []},
        {"add": {"items": ["a"]}},
        {"get": ["a"], "items": ["a"]},
        {"get": ["a"], "items": ["a"]},
        {"add": {"items": ["a", "a"]}},
        {"get": ["a", "a"], "items": ["a", "a"]},
    ]


@servers
def test_q1_an_aggregate_within_a_batch_reads_what_was_written(multithread: bool) -> None:
    store = Store()
    read = '{ aggregate(paths: ["/items"]) fetch(path: "/items") { json } }'
    write = 'mutation { delete(path: "/items") { status } post(path: "/items", body: {name: "a"}) { status } }'
    first, _, last = store.batch(read, write, read, multithread=multithread)
    assert first == {"aggregate": {"/items": []}, "fetch": {"json": []}}
    assert last == {"aggregate": {"/items": ["a"]}, "fetch": {"json": ["a"]}}


def own_store(**settings: Any) -> Store:
    """A store with a mutation of the user's own, which writes by itself."""

    class Query(graphene.ObjectType):
        items = restgql.Get(graphene.List(graphene.String), path="/items")

    class Mutation(graphene.ObjectType):
        own = graphene.List(graphene.String, name=graphene.String(required=True))
        items = restgql.Get(graphene.List(graphene.String), path="/items")

        @staticmethod
        def resolve_own(root: Any, info: Any, name: str) -> list[str]:
            before = store.gateway.get("/items")
            store.items.append(name)
            after: list[str] = store.gateway.get("/items")
            assert after == [*before, name]
            return after

    store = Store(query=Query, mutation=Mutation, **settings)
    return store


@settings
@servers
@accepts
def test_q1_a_root_field_that_reads_sees_the_writes_before_it(name: str, multithread: bool, accept: str) -> None:
    store = own_store(**SETTINGS[name])
    query = """mutation {
      none: items
      a: post(path: "/items", body: {name: "a"}) { status }
      one: items
      b: post(path: "/items", body: {name: "b"}) { get(path: "/items") }
      two: items
      c: delete(path: "/items") { status }
      three: items
    }"""
    assert store.data(query, accept=accept, multithread=multithread) == {
        "none": [],
        "a": {"status": 200},
        "one": ["a"],
        "b": {"get": ["a", "b"]},
        "two": ["a", "b"],
        "c": {"status": 200},
        "three": [],
    }


@pytest.mark.parametrize("name", ["plain", "single-flight", "cache"])
@servers
@accepts
def test_q1_reads_beside_a_users_own_write_see_what_it_wrote(name: str, multithread: bool, accept: str) -> None:
    store = own_store(**SETTINGS[name])
    query = """mutation {
      none: items a: own(name: "a") one: items
      rest: post(path: "/items", body: {name: "b"}) { get(path: "/items") }
      c: own(name: "c") three: items
    }"""
    assert store.data(query, accept=accept, multithread=multithread) == {
        "none": [],
        "a": ["a"],
        "one": ["a"],
        "rest": {"get": ["a", "b"]},
        "c": ["a", "b", "c"],
        "three": ["a", "b", "c"],
    }
    assert store.items == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["plain", "single-flight", "cache"])
@servers
def test_q1_a_batch_reads_what_a_users_own_mutation_wrote(name: str, multithread: bool) -> None:
    store = own_store(**SETTINGS[name])
    read, write = '{ get(path: "/items") items }', 'mutation { own(name: "a") }'
    assert store.batch(read, write, read, multithread=multithread) == [
        {"get": [], "items": []},
        {"own": ["a"]},
        {"get": ["a"], "items": ["a"]},
    ]


# Q2: mutations of several root fields.


class Till(Store):
    """A store whose routes beside `/items` fail in the ways that routes do. `events` has begin and end of `/part`."""

    def __init__(self, folder: Path | None = None, **settings: Any) -> None:
        super().__init__(folder, **settings)
        self.events: list[tuple[str, str]] = []
        self.released = threading.Event()
        self.left = threading.Event()
        for path, view in {"/fail": self._fail, "/crash": self._crash, "/hang/<seconds>": self._hang}.items():
            self.app.add_url_rule(path, path, view, methods=["POST"])
        self.app.add_url_rule("/parts/<name>", "parts", self._parts, methods=["POST"])
        self.app.add_url_rule("/part/<name>", "part", self._part)

    def _fail(self) -> Any:
        return {"error": "no"}, 409

    def _crash(self) -> Any:
        raise RuntimeError("a crash")

    def _hang(self, seconds: str) -> Any:
        try:
            return {"released": self.released.wait(float(seconds))}
        finally:
            self.left.set()

    def _parts(self, name: str) -> Any:
        self.events.append((name, "begin"))
        time.sleep(0.005)
        self.events.append((name, "end"))
        return jsonify([f"{name}{number}" for number in range(3)])

    def _part(self, name: str) -> Any:
        self.events.append((name[0], "begin"))
        time.sleep(0.005)
        self.events.append((name[0], "end"))
        return {"name": name}


FIELD = '{key}: post(path: "/items", body: {{name: "{key}"}}) {{ status {below} }}'
BELOW = {
    "nothing": "",
    "read": 'get(path: "/items")',
    "deferred": '... @defer { get(path: "/items") }',
    "deferred-fetch": '... @defer { fetch(path: "/items") { ... @defer { json } each @stream { json } } }',
}


@accepts
@servers
@pytest.mark.parametrize("below", BELOW)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_q2_each_write_is_made_once_and_in_order(accept: str, multithread: bool, below: str, count: int) -> None:
    till = Till()
    keys = "abcde"[:count]
    query = f"mutation {{ {' '.join(FIELD.format(key=key, below=BELOW[below]) for key in keys)} }}"
    data = till.data(query, accept=accept, multithread=multithread)
    assert till.items == [*keys]
    assert [line for line in till.log if line.startswith("POST")] == ["POST /items"] * count
    assert list(data) == [*keys]
    for index, key in enumerate(keys):
        assert data[key]["status"] == 200
        if below == "read":
            assert data[key]["get"] == [*keys[: index + 1]]
        if below == "deferred":
            assert data[key]["get"][: index + 1] == [*keys[: index + 1]]
        if below == "deferred-fetch":
            read = data[key]["fetch"]
            assert read["json"][: index + 1] == [*keys[: index + 1]]
            assert [each["json"] for each in read["each"]] == read["json"]


FAILING = """mutation {{
  a: post(path: "/items", body: {{name: "a"}}) {{ status }}
  crash: post(path: "/crash") {{ status get(path: "/items") }}
  nowhere: post(path: "/nowhere") {{ status }}
  bad: post(path: "//elsewhere") {{ status }}
  nested: post(path: "/graphql") {{ status }}
  select: post(path: "/items", body: {{name: "b"}}) {{ status json(select: "max_by(@, &a)") }}
  missing: put(path: "/items/{{id}}") {{ status }}
  fail: post(path: "/fail") {{ status {defer} {{ parts: get(path: "/part/{{nothing}}") }} }}
  last: post(path: "/items", body: {{name: "c"}}) {{ status {defer} {{ get(path: "/items") }} }}
}}"""


@accepts
@servers
@pytest.mark.parametrize("defer", ["...", "... @defer"])
def test_q2_an_error_is_at_its_place_and_the_writes_after_it_are_made(
    accept: str, multithread: bool, defer: str
) -> None:
    till = Till()
    response = ask(till.app, FAILING.format(defer=defer), accept=accept, multithread=multithread).merged
    data = response["data"]
    assert (data["a"], data["nowhere"], data["bad"], data["nested"]) == ({"status": 200}, None, None, None)
    assert data["crash"]["status"] == 500
    assert (data["select"], data["missing"]) == ({"status": 200, "json": None}, None)
    assert data["fail"] == {"status": 409, "parts": None}
    assert data["last"] == {"status": 200, "get": ["a", "b", "c"]}
    errors = codes(response)
    assert {path: errors[path] for path in ("nowhere", "bad", "nested", "select.json", "missing")} == {
        "nowhere": "NOT_ALLOWED",
        "bad": "BAD_PATH",
        "nested": "NESTED_REQUEST",
        "select.json": "BAD_SELECT",
        "missing": "MISSING_PARAMETER",
    }
    assert "fail.parts" in errors
    assert not {"a", "last", "last.get"} & errors.keys()
    assert till.items == ["a", "b", "c"]


@accepts
@servers
def test_q2_a_typed_write_that_fails_is_an_error_at_its_place(tmp_path: Path, accept: str, multithread: bool) -> None:
    (tmp_path / "till.graphql").write_text(
        'type Mutation { add(name: String): JSON @post(path: "/items") fail: JSON @post(path: "/fail") '
        'must: JSON! @post(path: "/items", body: "{name: \'must\'}") }'
    )
    till = Till(schema=str(tmp_path))
    query = 'mutation { a: add(name: "a") fail must b: add(name: "b") again: fail }'
    response = ask(till.app, query, accept=accept, multithread=multithread).merged
    by = {"by": "POST"}
    assert response["data"] == {"a": by, "fail": None, "must": by, "b": by, "again": None}
    assert codes(response) == {"fail": "UPSTREAM_STATUS", "again": "UPSTREAM_STATUS"}
    assert till.items == ["a", "must", "b"]


def settled(till: Till, answer: Answer, *, read: str = "") -> None:
    """Assert that the first of three writes is done, and the others either done or errors at their places."""
    response = answer.merged
    data, errors = response["data"], codes(response)
    assert data["a"] == {"status": 200}
    assert (data["b"] is None and "b" in errors) or data["b"]["status"] in (200, 504)
    if data["c"] is None or data["c"]["status"] != 200:
        assert "c" in errors or data["c"]["error"]
        assert till.items == ["a"]
    else:
        assert till.items == ["a", "c"]


HANGING = """mutation {{
  a: post(path: "/items", body: {{name: "a"}}) {{ status }}
  b: post(path: "/hang/{seconds}") {{ status error {below} }}
  c: post(path: "/items", body: {{name: "c"}}) {{ status error {below} }}
}}"""


@pytest.fixture
def till() -> Iterator[Till]:
    """A till whose pool has one thread, which the routes that hang have left in the end."""
    till = Till(threads=1, subrequest_timeout=0.3, deadline=2)
    yield till
    till.released.set()
    assert till.left.wait(PATIENCE)


@pytest.mark.parametrize("accept", [WHOLE, GRAPHQL, MULTIPART, EVENTS])
def test_q2_a_write_before_a_route_that_hangs_keeps_its_answer(till: Till, accept: str) -> None:
    settled(till, ask(till.app, HANGING.format(seconds=1, below=""), accept=accept))


@pytest.mark.parametrize("accept", [WHOLE, MULTIPART, EVENTS])
def test_q2_a_write_before_a_route_that_hangs_keeps_its_answer_in_parts(till: Till, accept: str) -> None:
    below = '... @defer { get(path: "/items") }'
    settled(till, ask(till.app, HANGING.format(seconds=1, below=below), accept=accept))


def test_q2_a_write_before_a_route_that_hangs_keeps_its_answer_on_one_thread(till: Till) -> None:
    settled(till, ask(till.app, HANGING.format(seconds=0.6, below=""), multithread=False))


def test_q2_a_write_before_a_route_that_does_not_end_keeps_its_answer(till: Till) -> None:
    answer = ask(till.app, HANGING.format(seconds=PATIENCE, below=""))
    settled(till, answer)
    assert answer.merged["data"]["b"] is None or answer.merged["data"]["b"]["status"] == 504


def test_q2_the_first_write_of_a_batch_keeps_its_answer(till: Till) -> None:
    first = 'mutation { a: post(path: "/items", body: {name: "a"}) { status } }'
    later = 'mutation { b: post(path: "/hang/1") { status error } }'
    read = '{ get(path: "/items") }'
    answer = post(till.app, "/graphql", [{"query": query} for query in (first, later, read)])
    assert answer.status == 200
    one, two, three = answer.json
    assert one == {"data": {"a": {"status": 200}}}
    assert two["data"]["b"] is None or two["data"]["b"]["error"]
    assert three["data"]["get"] == ["a"] or codes(three).keys() == {"get"}


ORDERED = """mutation {{
  a: post(path: "/parts/a") {{ {begin} {{ {below} }} }}
  b: post(path: "/parts/b") {{ {begin} {{ {below} }} }}
  {own}
  c: post(path: "/parts/c") {{ {begin} {{ {below} }} }}
}}"""
PARTS = """
  getEach(path: "/part/{item}", select: "[].name")
  each { get(path: "/part/{item}", select: "name") fetch(path: "/part/{item}?x=1") { get(path: "/part/{name}?y=1") } }
"""


def in_turn(events: list[tuple[str, str]], keys: str) -> None:
    """Assert that no root field began before all of the one before it had ended."""
    assert {key for key, _ in events} == {*keys}
    assert [key for key, _ in events] == sorted(key for key, _ in events)
    for key in keys:
        own = [what for each, what in events if each == key]
        assert own.count("begin") == own.count("end")


@accepts
@servers
@pytest.mark.parametrize("begin", ["...", "... @defer"])
def test_q2_a_root_field_begins_when_the_one_before_it_has_ended_with_all_below_it(
    accept: str, multithread: bool, begin: str
) -> None:
    till = Till()
    query = ORDERED.format(begin=begin, below=PARTS, own="")
    data = till.data(query, accept=accept, multithread=multithread)
    for key in "abc":
        names = [f"{key}{number}" for number in range(3)]
        assert data[key]["getEach"] == names
        assert [each["get"] for each in data[key]["each"]] == names
        assert [each["fetch"]["get"]["name"] for each in data[key]["each"]] == names
    in_turn(till.events, "abc")


@accepts
@servers
def test_q2_a_users_own_mutation_has_its_turn_with_all_below_it(accept: str, multithread: bool) -> None:
    events: list[tuple[str, str]] = []

    def noted(value: Any) -> Callable[..., Any]:
        def resolve(root: Any, info: Any, /) -> Any:
            events.append(("bb", "begin"))
            time.sleep(0.005)
            events.append(("bb", "end"))
            return value

        return resolve

    class Part(graphene.ObjectType):
        name = graphene.Field(graphene.String, resolver=noted("n"))

    class Whole(graphene.ObjectType):
        parts = graphene.Field(graphene.List(Part), resolver=noted([{}, {}]))

    class Mutation(graphene.ObjectType):
        own = graphene.Field(Whole, resolver=noted({}))

    till = Till(mutation=Mutation)
    till.events = events
    query = ORDERED.format(begin="...", below=PARTS, own="own { parts { name } }")
    data = till.data(query, accept=accept, multithread=multithread)
    assert data["own"] == {"parts": [{"name": "n"}, {"name": "n"}]}
    assert list(data) == ["a", "b", "own", "c"]
    assert events.count(("bb", "end")) == 4
    order = list(dict.fromkeys(key for key, _ in events))
    assert order == ["a", "b", "bb", "c"]
    assert [key for key, _ in events] == [key for name in order for key, _ in events if key == name]


@pytest.mark.parametrize(
    ("accept", "extra"),
    [(WHOLE, {}), (EVENTS, {}), (WHOLE, {"single_flight": True}), (WHOLE, {"cache": "memory"})],
    ids=["whole", "events", "single-flight", "cache"],
)
@pytest.mark.parametrize(
    ("query", "late"),
    [
        ("{ quick patient }", ["quick"]),
        ("{ patient quick }", ["quick"]),
        ("{ patient also }", []),
        ("{ quick patient again: quick also }", ["quick", "again"]),
        ("mutation { quick patient }", ["quick"]),
        ("mutation { patient quick }", ["quick"]),
    ],
)
def test_q2_identical_requests_with_other_timeouts_are_other_requests(
    tmp_path: Path, extra: dict[str, Any], accept: str, query: str, late: list[str]
) -> None:
    fields = 'quick: JSON @{verb}(path: "/slow", timeout: 0.1) patient: JSON @{verb}(path: "/slow")'
    (tmp_path / "slow.graphql").write_text(
        f'type Query {{ {fields.format(verb="get")} also: JSON @get(path: "/slow") }} '
        f"type Mutation {{ {fields.format(verb='post')} }}"
    )
    app, hits = Flask(__name__), []

    @app.route("/slow", methods=["GET", "POST"])
    def slow() -> Any:
        hits.append(request.method)
        time.sleep(0.4)
        return {"a": 1}

    Gateway(app, schema=str(tmp_path), verbs=VERBS, **extra)
    response = ask(app, query, accept=accept).merged
    assert codes(response) == dict.fromkeys(late, "TIMEOUT")
    assert response["data"] == {key: None if key in late else {"a": 1} for key in response["data"]}
    if not extra:
        assert len(hits) == (2 if late else 1)


# Q2: values of a user's own that JSON cannot write.

UNWRITABLE: dict[str, Any] = {
    "object": object(),
    "nan": float("nan"),
    "infinite": [1.0, float("-inf")],
    "below": {"deep": [{"when": object()}]},
    "surrogate": "\ud800",
    "surrogate-key": {"\udc00": 1},
    "set": {object()},
    "key": {(1, 2): 3},
    "exception": {"error": ValueError("secret")},
    "function": len,
}
SPELLED: dict[str, tuple[Any, list[Any]]] = {
    "decimal": (Decimal("1.50"), ["1.50", 1.5]),
    "bytes": (b"ab", ["ab", "YWI="]),
    "number-key": ({1: 2}, [{"1": 2}]),
    "none-key": ({None: 2}, [{"null": 2}, {"None": 2}]),
    "tuple": ((1, 2), [[1, 2]]),
}
"""Values that JSON has no words for, with what they may be written as where they are no errors."""


class Values:
    """An app whose resolvers give such a value."""

    def __init__(self, value: Any) -> None:
        def give(root: Any, info: Any, /, **arguments: Any) -> Any:
            return value

        def lone(root: Any, info: Any, /) -> str:
            return "a\ud800b"

        class Holder(graphene.ObjectType):
            any = graphene.Field(GenericScalar, resolver=give)
            must = graphene.Field(GenericScalar, resolver=give, required=True)
            ok = graphene.Field(graphene.Int, resolver=lambda root, info: 3)

        class Query(graphene.ObjectType):
            any = graphene.Field(GenericScalar, resolver=give)
            js = graphene.Field(JSON, resolver=give)
            many = graphene.Field(graphene.List(GenericScalar), resolver=lambda root, info: [1, value, 3])
            text = graphene.Field(graphene.String, resolver=lone)
            number = graphene.Field(graphene.Float, resolver=lambda root, info: float("nan"))
            numbers = graphene.Field(graphene.List(graphene.Float), resolver=lambda root, info: [1.5, float("inf")])
            big = graphene.Field(graphene.BigInt, resolver=lambda root, info: 2**70)
            holder = graphene.Field(Holder, resolver=lambda root, info: {})
            ok = graphene.Field(graphene.Int, resolver=lambda root, info: 1)

        class Mutation(graphene.ObjectType):
            any = graphene.Field(GenericScalar, resolver=give)
            js = graphene.Field(JSON, resolver=give)

        self.app = Flask(__name__)
        self.writes: list[str] = []
        self.app.add_url_rule("/items", "items", lambda: {"a": 1})
        self.app.add_url_rule("/items", "add", self._write, methods=["POST"])
        self.gateway = Gateway(self.app, query=Query, mutation=Mutation, verbs=VERBS, max_batch=5)

    def _write(self) -> Any:
        self.writes.append(request.method)
        return {"id": len(self.writes)}

    def execute(self, query: str, way: str) -> Any:
        """The response map, by a way of asking."""
        match way:
            case "execute":
                return self.gateway.execute(query)
            case "batch":
                answer = post(self.app, "/graphql", [{"query": "{ ok }"}, {"query": query}, {"query": "{ ok }"}])
                assert answer.status == 200
                first, response, last = answer.json
                assert first == last == {"data": {"ok": 1}}
                return response
        return ask(self.app, query, accept=way).merged


WAYS = pytest.mark.parametrize("way", [WHOLE, GRAPHQL, MULTIPART, EVENTS, "batch", "execute"])


@WAYS
@pytest.mark.parametrize("name", UNWRITABLE)
def test_q2_a_value_that_json_cannot_write_is_an_error_at_its_place(name: str, way: str) -> None:
    values = Values(UNWRITABLE[name])
    query = '{ ok any js get(path: "/items") holder { ok any } one: holder { must ok } many big }'
    response = values.execute(query, way)
    data, errors = response["data"], codes(response)
    assert (data["ok"], data["get"], data["holder"]) == (1, {"a": 1}, {"ok": 3, "any": None})
    assert (data["any"], data["js"], data["one"]) == (None, None, None)
    assert data["many"] in (None, [1, None, 3])
    assert str(data["big"]) == str(2**70)
    many = "many" if data["many"] is None else "many.1"
    assert errors.keys() == {"any", "js", "holder.any", "one.must", many}
    assert "secret" not in str(response)


@WAYS
@pytest.mark.parametrize("name", SPELLED)
def test_q2_a_value_that_json_has_no_words_for_is_spelled_or_is_an_error(name: str, way: str) -> None:
    value, spellings = SPELLED[name]
    response = Values(value).execute("{ ok any js holder { ok any } }", way)
    data, errors = response["data"], codes(response)
    assert (data["ok"], data["holder"]["ok"]) == (1, 3)
    for path, found in {"any": data["any"], "js": data["js"], "holder.any": data["holder"]["any"]}.items():
        assert (found in spellings and path not in errors) or (found is None and path in errors)


@WAYS
def test_q2_a_text_or_number_that_json_cannot_write_is_an_error_at_its_place(way: str) -> None:
    response = Values(1).execute("{ ok text number numbers big other: any }", way)
    data = response["data"]
    numbers = "numbers" if data["numbers"] is None else "numbers.1"
    assert data["numbers"] in (None, [1.5, None])
    assert {key: data[key] for key in ("ok", "text", "number", "other")} == {
        "ok": 1,
        "text": None,
        "number": None,
        "other": 1,
    }
    assert int(data["big"]) == 2**70
    assert codes(response).keys() == {"text", "number", numbers}


@accepts
@pytest.mark.parametrize("error", [GraphQLError("a\ud800b"), GraphQLError("a", extensions={"when": object()})])
def test_q2_an_error_that_json_cannot_write_is_an_error_at_its_place(error: GraphQLError, accept: str) -> None:
    response = ask(Values(error).app, "{ ok any ... @defer { holder { ok any } } }", accept=accept).merged
    assert response["data"] == {"ok": 1, "any": None, "holder": {"ok": 3, "any": None}}
    assert codes(response).keys() == {"any", "holder.any"}


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
@pytest.mark.parametrize("name", UNWRITABLE)
def test_q2_such_a_value_in_a_deferred_fragment_is_an_error_at_its_place(name: str, accept: str) -> None:
    values = Values(UNWRITABLE[name])
    query = '{ s: get(path: "/items") ok ... @defer { any holder { ok any } } many @stream(initialCount: 1) }'
    response = ask(values.app, query, accept=accept).merged
    data, errors = response["data"], codes(response)
    assert (data["s"], data["ok"], data["any"], data["holder"]) == ({"a": 1}, 1, None, {"ok": 3, "any": None})
    assert data["many"] == [1, None, 3]
    assert errors.keys() == {"any", "holder.any", "many.1"}


@accepts
@pytest.mark.parametrize("name", UNWRITABLE)
def test_q2_such_a_value_after_a_write_leaves_the_writes_in_the_answer(name: str, accept: str) -> None:
    values = Values(UNWRITABLE[name])
    query = 'mutation { a: post(path: "/items") { json } any b: post(path: "/items") { json } js }'
    response = ask(values.app, query, accept=accept).merged
    assert response["data"] == {"a": {"json": {"id": 1}}, "any": None, "b": {"json": {"id": 2}}, "js": None}
    assert codes(response).keys() == {"any", "js"}
    assert values.writes == ["POST", "POST"]


def test_q1_a_resolver_that_asks_sends_the_cookies_of_the_mutations_before_it() -> None:
    app = Flask(__name__)
    app.secret_key = "secret"

    @app.post("/login")
    def login() -> Any:
        session["user"] = request.get_json()["name"]
        return {}

    @app.post("/logout")
    def logout() -> Any:
        session.clear()
        return {}

    @app.get("/me")
    def me() -> Any:
        return {"name": session.get("user", "nobody")}

    class Mutation(graphene.ObjectType):
        me = graphene.List(graphene.String)

        @staticmethod
        def resolve_me(root: Any, info: Any) -> list[str]:
            nested = gateway.execute('{ get(path: "/me", select: "name") aggregate(paths: ["/me"]) }')["data"]
            return [gateway.get("/me")["name"], nested["get"], nested["aggregate"]["/me"]["name"]]

    gateway = Gateway(app, routes=["*"], verbs=["GET", "POST"], mutation=Mutation)
    query = """mutation {
      before: me
      in: post(path: "/login", body: {name: "ada"}) { get(path: "/me", select: "name") }
      within: me
      out: post(path: "/logout") { status }
      after: me
    }"""
    answer = app.test_client().post("/graphql", json={"query": query}).get_json()
    assert answer["data"] == {
        "before": ["nobody"] * 3,
        "in": {"get": "ada"},
        "within": ["ada"] * 3,
        "out": {"status": 200},
        "after": ["nobody"] * 3,
    }
