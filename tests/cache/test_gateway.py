"""RESTGQL_CACHE on a Flask app: what it saves, and for whom."""

import itertools
import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, g, make_response, redirect, request, session

from restgql import ConfigError, Gateway
from tests.conftest import Serve
from tests.turnstile import PATIENCE, Turnstile, becomes

SIZES = itertools.count(401)
WHO = {"Authorization": "Bearer 1"}


class Counted:
    """An app whose `/count` says how often it was asked; its header fields are `fields`."""

    def __init__(self, cache_control: str = "max-age=60", **settings: Any) -> None:
        self.fields: dict[str, str] = {"Cache-Control": cache_control}
        self.asked: list[tuple[str, str]] = []
        self.status = 200
        self.app = Flask(__name__)
        self.app.secret_key = "a secret"
        self.app.add_url_rule("/count", "count", self.count, methods=["GET", "PUT"])
        self.app.add_url_rule("/items", "items", self.items, methods=["GET", "POST"])
        self.app.before_request(self._note)
        options = {"cache": "memory", "routes": ["*"], "verbs": ["GET", "POST", "PUT"], "timings": True}
        self.gateway = Gateway(self.app, **{**options, **settings})
        self.client = self.app.test_client(use_cookies=False)

    def _note(self) -> None:
        if not request.path.startswith(("/graphql", "/aggregate")):
            self.asked.append((request.method, request.path))

    def count(self) -> Any:
        return {"count": len(self.asked)}, self.status, self.fields

    def items(self) -> Any:
        if request.method == "POST":
            return {}, 201, {"Location": "/count", "Content-Location": "http://localhost/items?page=2"}
        return {"count": len(self.asked)}, 200, self.fields

    def run(self, query: str, headers: dict[str, str] | None = None) -> Any:
        return self.client.post("/graphql", json={"query": query}, headers=headers).json

    def source(self, path: str = "/count", headers: dict[str, str] | None = None) -> str:
        answer = self.run(f'{{ fetch(path: "{path}") {{ status }} }}', headers)
        return str(answer["extensions"]["restgql"]["requests"][0]["source"])


def test_it_is_off_unless_it_is_configured() -> None:
    counted = Counted(cache=None)
    assert [counted.source(), counted.source()] == ["dispatched", "dispatched"]
    with pytest.raises(ConfigError, match="RESTGQL_CACHE"):
        _ = counted.gateway.cache


def test_nothing_of_it_is_imported_while_it_is_off() -> None:
    code = (
        "import sys, flask, restgql; restgql.Gateway(flask.Flask('a')); print({'hishel', 'redis'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_a_second_request_is_answered_from_the_first() -> None:
    counted = Counted()
    assert [counted.source() for _ in range(3)] == ["dispatched", "cached", "cached"]
    assert counted.asked == [("GET", "/count")]


def test_an_answer_counts_the_age_of_its_parts() -> None:
    counted = Counted()
    counted.fields["Age"] = "20"
    for _ in range(2):
        answer = counted.client.get("/aggregate?path=/count")
        assert answer.headers["Cache-Control"] in ("max-age=40", "max-age=39")
        assert "Age" not in answer.headers
    assert counted.asked == [("GET", "/count")]


def test_a_response_is_its_callers_own() -> None:
    counted = Counted()
    callers = [{"Authorization": "Bearer 1"}, {"Authorization": "Bearer 2"}, {"Cookie": "a=1"}, {"X-Api-Key": "1"}, {}]
    assert [counted.source(headers=who) for who in callers * 2] == ["dispatched"] * 5 + ["cached"] * 5


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-URL"])
def test_what_an_app_makes_its_urls_of_keeps_public_responses_apart(name: str) -> None:
    """Else whoever asks first with a header of his own would choose the links that all others get."""
    counted = Counted("public, max-age=60")
    assert [counted.source(headers={name: value}) for value in ("a", "b", "a")] == [
        "dispatched",
        "dispatched",
        "cached",
    ]


def test_names_of_ones_own_say_who_asks() -> None:
    counted = Counted(cache_identity=["Accept-Language", "!X-Shop"])
    assert [counted.source(headers={"X-Shop": shop}) for shop in "ab"] == ["dispatched", "cached"]
    languages = [{"Accept-Language": language} for language in ("de", "fr")]
    assert [counted.source(headers=language) for language in languages * 2] == ["dispatched"] * 2 + ["cached"] * 2


def test_who_is_let_in_by_address_leaves_nothing_to_others() -> None:
    counted = Counted()

    @counted.app.before_request
    def inside_only() -> Any:
        return None if request.remote_addr == "10.0.0.1" else ("Outside", 403)

    asked = {"query": '{ get(path: "/count") }'}
    for address in ("10.0.0.1", "6.6.6.6"):
        with counted.app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            answer = counted.gateway.execute(asked["query"])
            assert ("errors" in answer) is (address == "6.6.6.6")


def test_a_session_is_one_callers() -> None:
    app = Flask(__name__)
    app.secret_key = "a secret"
    asked = []

    @app.get("/me")
    def me() -> Any:
        asked.append(session.get("name"))
        return {"name": session.get("name")}, 200, {"Cache-Control": "private, max-age=60"}

    @app.post("/login/<name>")
    def login(name: str) -> Any:
        session["name"] = name
        return {}

    Gateway(app, cache="memory", routes=["*"])
    one, two, nobody = app.test_client(), app.test_client(), app.test_client()
    one.post("/login/one")
    two.post("/login/two")
    for _ in range(2):
        for client, name in ((one, "one"), (two, "two"), (nobody, None)):
            assert client.post("/aggregate", json=["/me"]).json == {"/me": {"name": name}}
    assert asked == ["one", "two", None]
    one.post("/login/three")
    assert one.post("/aggregate", json=["/me"]).json == {"/me": {"name": "three"}}


def test_a_refused_path_stays_refused(tmp_path: Path) -> None:
    """B10: what is stored while a route was open is no way around the rules of today."""
    database = f"sqlite:{tmp_path}/cache"
    path = "/count"
    open_one = Counted("public, max-age=60", cache=database)
    assert [open_one.source(), open_one.source()] == ["dispatched", "cached"]
    closed = Counted("public, max-age=60", cache=database, routes=["*", "!/count"])
    assert closed.client.post("/aggregate", json=[path]).json[path]["code"] == "NOT_ALLOWED"
    again = Counted("public, max-age=60", cache=database)
    assert again.source() == "cached"


def test_what_a_typed_field_may_ask_for_others_may_not(tmp_path: Path) -> None:
    (tmp_path / "types.graphql").write_text('type Query { count: JSON @get(path: "/count") }')
    counted = Counted("public, max-age=60", routes=["!*"], schema=str(tmp_path))
    for _ in range(2):
        assert counted.run("{ count }")["data"] == {"count": {"count": 1}}
    answer = counted.run('{ get(path: "/count") }')
    assert answer["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    assert counted.asked == [("GET", "/count")]


def test_k6_a_mutation_is_seen_by_whoever_asks_next() -> None:
    counted = Counted()
    callers = [{"Authorization": "Bearer 1"}, {"Authorization": "Bearer 2"}]
    assert [counted.source(headers=who) for who in callers * 2] == ["dispatched"] * 2 + ["cached"] * 2
    counted.run('mutation { put(path: "/count") { status } }', callers[0])
    assert [counted.source(headers=who) for who in callers] == ["dispatched"] * 2


def test_k6_within_one_operation_too() -> None:
    counted = Counted()
    assert counted.run('{ get(path: "/count") }')["data"] == {"get": {"count": 1}}
    answer = counted.run(
        'mutation { put(path: "/count") { get(path: "/count") } after: put(path: "/items") { status } }'
    )
    assert answer["data"]["put"] == {"get": {"count": 3}}


def test_k6_what_a_client_changes_by_itself_is_seen() -> None:
    counted = Counted()
    counted.source()
    counted.client.put("/count")
    assert counted.source() == "dispatched"
    counted.client.get("/count")
    counted.client.options("/count")
    assert counted.source() == "cached"


@pytest.mark.parametrize("path", ["/of/ada@b.org", "/of/a+b", "/of/a:b,(c);d=1", "/of/%7Ea", "/of/é", "/of/a b?q=é"])
@pytest.mark.parametrize("by", ["the client", "another gateway"])
def test_k6_however_the_path_is_spelled(path: str, by: str) -> None:
    counted = Counted()
    counted.app.add_url_rule("/of/<path:name>", "of", lambda name: counted.count(), methods=["GET", "PUT"])
    other = Gateway(
        counted.app, name="b", graphql_path="/graphql/b", aggregate_path=None, verbs=["GET", "PUT"], routes=["*"]
    )
    assert [counted.source(path), counted.source(path)] == ["dispatched", "cached"]
    if by == "the client":
        counted.client.put(path)
    else:
        other.execute("mutation ($path: String!) { put(path: $path) { status } }", {"path": path})
    assert counted.source(path) == "dispatched"


def test_an_unsafe_request_that_failed_changes_nothing() -> None:
    counted = Counted()
    counted.source()
    counted.status = 409
    counted.run('mutation { put(path: "/count") { status } }')
    counted.client.put("/count")
    assert counted.source() == "cached"


def test_what_a_location_of_the_same_origin_names_has_changed_too() -> None:
    counted = Counted()
    paths = ["/items", "/count", "/items?page=2", "/items?page=3"]
    assert [counted.source(path) for path in paths * 2] == ["dispatched"] * 4 + ["cached"] * 4
    counted.run('mutation { post(path: "/items") { status } }')
    assert [counted.source(path) for path in paths] == ["dispatched"] * 3 + ["cached"]


def test_a_cached_response_costs_the_budget_what_a_request_costs() -> None:
    counted = Counted(max_subrequests=1)
    counted.source()
    answer = counted.run('{ a: get(path: "/count") b: get(path: "/count?b") }')
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["LIMIT_EXCEEDED"]


def test_each_hop_of_a_redirect_is_cached_by_itself() -> None:
    counted = Counted()
    counted.app.add_url_rule("/moved", "moved", lambda: _cached(redirect("/count", 301)))
    assert [counted.source("/moved") for _ in range(2)] == ["dispatched", "cached"]
    assert counted.asked == [("GET", "/moved"), ("GET", "/count")]


def test_a_compressed_body_is_stored_as_it_came() -> None:
    import gzip

    counted = Counted()
    body = gzip.compress(b'{"a": 1}')
    fields = {"Content-Encoding": "gzip", "Content-Type": "application/json", "Cache-Control": "max-age=60"}
    counted.app.add_url_rule("/gzip", "gzip", lambda: (body, 200, fields))
    for _ in range(2):
        assert counted.run('{ get(path: "/gzip") }')["data"] == {"get": {"a": 1}}
    assert counted.asked == [("GET", "/gzip")]


def test_a_validated_response_is_the_stored_one() -> None:
    counted = Counted("no-cache")
    statuses = []

    @counted.app.get("/tagged")
    def tagged() -> Response:
        response = _cached(make_response({"a": 1}), "no-cache")
        response.add_etag()
        response = response.make_conditional(request)
        statuses.append(response.status_code)
        return response

    assert [counted.source("/tagged") for _ in range(3)] == ["dispatched", "revalidated", "revalidated"]
    assert statuses == [200, 304, 304]
    assert counted.run('{ get(path: "/tagged") }')["data"] == {"get": {"a": 1}}


def test_crashes_and_what_is_too_large_are_not_stored() -> None:
    counted = Counted(max_reply=100, cache_bytes=50)
    counted.app.add_url_rule("/crash", "crash", lambda: 1 / 0)
    counted.app.add_url_rule("/large", "large", lambda: ("x" * 101, 200, counted.fields))
    counted.app.add_url_rule("/long", "long", lambda: ("x" * 51, 200, counted.fields))
    logging.getLogger(counted.app.name).disabled = True
    for path in ("/crash", "/large", "/long"):
        assert [counted.source(path) for _ in range(2)] == ["dispatched", "dispatched"]


def test_a_nested_operation_is_answered_from_the_same_cache() -> None:
    counted = Counted()
    counted.app.add_url_rule("/nested", "nested", lambda: {"inner": counted.gateway.get("/count")})
    assert counted.source() == "dispatched"
    assert counted.run('{ get(path: "/nested") }')["data"] == {"get": {"inner": {"count": 1}}}


def test_upstreams_are_cached_too(serve: Serve) -> None:
    asked = []
    upstream = Flask("upstream")

    @upstream.get("/words")
    def words() -> Any:
        asked.append(request.headers.get("If-None-Match"))
        response = _cached(make_response({"n": 1}), "public, no-cache" if request.args else "public, max-age=60")
        response.set_etag("a")
        return response.make_conditional(request)

    counted = Counted(upstreams={"/other": serve(upstream)})
    assert [counted.source("/other/words", who) for who in ({}, WHO)] == ["dispatched", "cached"]
    assert [counted.source("/other/words?now", who) for who in ({}, WHO)] == ["dispatched", "revalidated"]
    assert asked == [None, None, '"a"']


def test_clear_drops_everything() -> None:
    counted = Counted()
    assert [counted.source(), counted.source()] == ["dispatched", "cached"]
    counted.gateway.cache.clear()
    assert counted.source() == "dispatched"


# Simultaneous misses, and what happens behind the caller's back


class Busy(Counted):
    """`/busy` holds everyone who is inside until it is opened."""

    def __init__(self, cache_control: str = "max-age=60", **settings: Any) -> None:
        options = {"threads": next(SIZES), "deadline": 3 * PATIENCE, "subrequest_timeout": 2 * PATIENCE}
        super().__init__(cache_control, **{**options, **settings})
        self.turnstile = Turnstile()
        self.opened = threading.Event()
        self.answer: Any = {"who": "all"}
        self.app.add_url_rule("/busy", "busy", self._busy)

    def _busy(self) -> Any:
        with self.turnstile.entered():
            assert self.opened.wait(PATIENCE)
        return {"who": request.headers.get("Authorization")}, self.status, self.fields

    def ask(self, headers: dict[str, str] | None = None) -> Any:
        client = self.app.test_client(use_cookies=False)
        return client.post("/aggregate", json=["/busy"], headers=headers).json["/busy"]

    def waiting(self) -> int:
        flights = self.app.extensions["restgql"]["restgql"].cache._flights
        with flights.lock:
            return sum(len(flight.landed._cond._waiters) for flight in flights.by_key.values())

    def ask_at_once(self, callers: list[dict[str, str]], inside: int) -> list[Any]:
        with ThreadPoolExecutor(len(callers)) as executor:
            asked = [executor.submit(self.ask, who) for who in callers]
            assert self.turnstile.met(inside)
            assert becomes(lambda: self.waiting() == len(callers) - inside)
            self.opened.set()
            return [future.result() for future in asked]


@pytest.mark.parametrize("single_flight", [False, True])
def test_k6_identical_misses_at_once_are_one_request(single_flight: bool) -> None:
    busy = Busy(single_flight=single_flight)
    assert busy.ask_at_once([WHO] * 100, 1) == [{"who": "Bearer 1"}] * 100
    assert busy.asked == [("GET", "/busy")]


def test_k6_misses_are_never_shared_between_identities() -> None:
    busy = Busy()
    callers = [{"Authorization": f"Bearer {number % 4}"} for number in range(20)]
    assert busy.ask_at_once(callers, 4) == [{"who": who["Authorization"]} for who in callers]
    assert len(busy.asked) == 4


def test_k6_what_may_not_be_stored_is_asked_for_by_each() -> None:
    busy = Busy("no-store")
    assert len(busy.ask_at_once([WHO] * 8, 1)) == 8
    assert len(busy.asked) == 8
    busy.opened.clear()
    busy.ask_at_once([WHO] * 8, 8)  # and from then on nobody waits for another


def test_who_waits_has_no_more_than_its_own_time() -> None:
    busy = Busy(subrequest_timeout=0.3)
    with ThreadPoolExecutor(2) as executor:
        answers = [future.result() for future in [executor.submit(busy.ask, WHO) for _ in range(2)]]
    assert [answer["code"] for answer in answers] == ["TIMEOUT"] * 2
    assert len(busy.turnstile.passed) == 1
    busy.opened.set()
    assert busy.turnstile.left()


def test_a_request_that_began_before_a_mutation_is_not_stored_after_it() -> None:
    busy = Busy()
    with ThreadPoolExecutor(1) as executor:
        asked = executor.submit(busy.ask, WHO)
        assert busy.turnstile.met(1)
        busy.app.extensions["restgql"]["restgql"].cache.changed(
            {"wsgi.url_scheme": "http", "HTTP_HOST": "localhost", "PATH_INFO": "/busy"}
        )
        busy.opened.set()
        asked.result()
    busy.ask(WHO)
    assert len(busy.asked) == 2


SWR = "max-age=1, stale-while-revalidate=60"


def test_stale_while_revalidate_answers_at_once_and_asks_behind_it() -> None:
    busy = Busy(SWR, deadline=0.5, subrequest_timeout=0.3)
    busy.opened.set()
    busy.fields["Age"] = "5"
    assert busy.source("/busy") == "dispatched"
    busy.opened.clear()
    assert [busy.source("/busy") for _ in range(5)] == ["cached"] * 5
    assert busy.turnstile.met(1)
    assert len(busy.asked) == 2, "one at a time"
    del busy.fields["Age"]
    busy.opened.set()
    assert becomes(lambda: busy.app.extensions["restgql"]["restgql"].cache.revalidating == 0)
    assert [busy.source("/busy") for _ in range(2)] == ["cached"] * 2
    assert len(busy.asked) == 2


def test_in_a_nested_or_sequential_operation_it_is_waited_for() -> None:
    counted = Counted(SWR, sequential=True)
    counted.fields["Age"] = "5"
    assert [counted.source() for _ in range(2)] == ["dispatched", "dispatched"]
    nested = Counted(SWR)
    nested.fields["Age"] = "5"
    nested.app.add_url_rule("/nested", "nested", lambda: {"inner": nested.gateway.get("/count")})
    nested.source()
    assert nested.run('{ get(path: "/nested") }')["data"] == {"get": {"inner": {"count": 3}}}


def test_stale_if_error_answers_for_a_crash_an_error_and_a_hang() -> None:
    busy = Busy("max-age=1, stale-if-error=60", deadline=4, subrequest_timeout=1)
    busy.opened.set()
    busy.fields["Age"] = "5"
    first = busy.ask()
    busy.status = 503
    assert busy.ask() == first
    busy.status = 404
    busy.opened.clear()
    assert busy.ask() == first
    busy.opened.set()
    assert busy.turnstile.left()


def test_hooks_run_for_what_is_asked_and_not_for_what_is_cached() -> None:
    counted = Counted()
    ran = []
    counted.app.after_request(lambda response: ran.append(g.get("nothing")) or response)
    counted.source()
    before = len(ran)
    counted.source()
    assert len(ran) - before == 1, "of the outer request alone"


def test_threads_stay_few() -> None:
    """A soak in little: stale responses that are revalidated behind everyone's back."""
    counted = Counted(SWR)
    counted.fields["Age"] = "5"
    for number in range(100):
        counted.source(f"/count?{number % 10}")
    assert becomes(lambda: counted.app.extensions["restgql"]["restgql"].cache.revalidating == 0)
    before = threading.active_count()
    for number in range(300):
        counted.source(f"/count?{number % 10}")
    assert threading.active_count() <= before + 4


def _cached(response: Any, cache_control: str = "max-age=60") -> Any:
    response.headers["Cache-Control"] = cache_control
    return response
