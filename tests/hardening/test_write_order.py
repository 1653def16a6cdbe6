"""Q2: each write is made once, in order, and keeps its answer."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import graphene
import pytest
from flask import Flask, jsonify, request

from restgql import Gateway
from tests.hardening.client import EVENTS, GRAPHQL, MULTIPART, WHOLE, Answer, ask, codes, post
from tests.hardening.store import VERBS, Store, accepts, servers

PATIENCE = 10.0


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
