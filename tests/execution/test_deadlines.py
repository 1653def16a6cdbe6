"""What is late, stuck, endless or over the budget, and that everything else is answered all the same."""

import gc
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import restgql
from restgql import Gateway
from restgql.execution import thread_pool as pool
from restgql.sub_response import SubResponse
from tests.turnstile import PATIENCE, Turnstile, becomes

# A pool belongs to the process and is found by its size: no test here shares one with another.
SIZES = itertools.count(201)
FEW = itertools.count(11)


class Hanging:
    """`/hang/<id>` hangs until it is released, everything else answers; how it is asked, and what hit what."""

    def __init__(self) -> None:
        self.app = Flask(__name__)
        self.released = threading.Event()
        self.turnstile = Turnstile()
        self.hits: Counter[str] = Counter()
        self.app.add_url_rule("/hang/<id>", "hang", self._hang)
        for number in range(20):
            self.app.add_url_rule(f"/hang{number}/<id>", f"hang{number}", self._hang)
        self.app.add_url_rule("/fine/<id>", "fine", self._fine)
        self.app.add_url_rule("/list/<int:count>", "list", lambda count: [str(number) for number in range(count)])
        self.client = self.app.test_client()

    def _hang(self, id: str) -> Any:
        with self.turnstile.entered(id):
            return {"id": id, "released": self.released.wait(3 * PATIENCE)}

    def _fine(self, id: str) -> Any:
        self.hits[id] += 1
        return {"id": id}

    def gateway(self, **settings: Any) -> Gateway:
        settings = {"threads": next(SIZES), "subrequest_timeout": 2 * PATIENCE, "deadline": 3 * PATIENCE} | settings
        return Gateway(self.app, routes=["*"], **settings)

    def query(self, document: str) -> Any:
        return self.app.test_client().post("/graphql", json={"query": document})

    def aggregate(self, paths: list[str]) -> Any:
        return self.app.test_client().post("/aggregate", json=paths)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    found = Hanging()
    yield found
    found.released.set()
    assert found.turnstile.left()


def codes(answer: Any) -> dict[str, str]:
    """The code of each error by its path."""
    return {".".join(map(str, error["path"])): error["extensions"]["code"] for error in answer.json.get("errors", ())}


# Late ---------------------------------------------------------------------------------------------------------------


def test_a_late_sub_request_is_a_timeout_at_its_path_and_the_rest_is_answered(hanging: Hanging) -> None:
    hanging.gateway(subrequest_timeout=0.2)
    answer = hanging.query("""{
        a: get(path: "/fine/1") late: get(path: "/hang/1") b: get(path: "/fine/2")
        parent: fetch(path: "/hang/2") { status error json get(path: "/fine/{id}") }
        list: fetch(path: "/list/2") { getEach(path: "/hang/{item}") fine: getEach(path: "/fine/{item}") }
        aggregate(paths: ["/fine/1", "/hang/1"])
    }""")
    assert answer.status_code == 200
    data = answer.json["data"]
    assert (data["a"], data["late"], data["b"]) == ({"id": "1"}, None, {"id": "2"})
    assert (data["parent"]["status"], data["parent"]["error"], data["parent"]["get"]) == (504, "TIMEOUT", None)
    assert data["list"] == {"getEach": [None, None], "fine": [{"id": "0"}, {"id": "1"}]}
    assert data["aggregate"]["/fine/1"] == {"id": "1"}
    assert (data["aggregate"]["/hang/1"]["status"], data["aggregate"]["/hang/1"]["code"]) == (504, "TIMEOUT")
    assert codes(answer) == {
        "late": "TIMEOUT", "parent.get": "CANCELLED", "list.getEach.0": "TIMEOUT", "list.getEach.1": "TIMEOUT"
    }  # fmt: skip
    assert hanging.turnstile.inside == 3


def test_at_the_end_of_the_whole_what_is_there_is_answered_and_nothing_more_begins(hanging: Hanging) -> None:
    hanging.gateway(deadline=0.3, in_flight=2)
    began = time.monotonic()
    fields = " ".join(f'h{number}: get(path: "/hang/{number}")' for number in range(8))
    answer = hanging.query(f'{{ fine: fetch(path: "/fine/1") {{ json get(path: "/hang/{{id}}") }} {fields} }}')
    assert time.monotonic() - began < PATIENCE, "the deadline of the whole is 0.3 s"
    assert answer.status_code == 200
    assert answer.json["data"]["fine"] == {"json": {"id": "1"}, "get": None}
    assert set(codes(answer).values()) == {"TIMEOUT"}
    assert len(codes(answer)) == 9
    hanging.released.set()
    assert hanging.turnstile.left()
    time.sleep(0.1)  # for what should not begin
    assert len(hanging.turnstile.passed) == 2


def test_at_the_end_of_the_whole_an_aggregate_has_what_is_there(hanging: Hanging) -> None:
    hanging.gateway(deadline=0.3)
    answer = hanging.aggregate(["/fine/1", "/hang/1", "/fine/2"])
    assert answer.status_code == 200
    assert list(answer.json) == ["/fine/1", "/hang/1", "/fine/2"]
    assert [part.get("code") for part in answer.json.values()] == [None, "TIMEOUT", None]


def test_python_calls_keep_the_deadline(hanging: Hanging) -> None:
    gateway = hanging.gateway(deadline=0.2)
    with pytest.raises(restgql.UpstreamTimeout):
        gateway.get("/hang/1")
    assert gateway.fetch("/hang/2").error == "TIMEOUT"
    assert gateway.execute('{ get(path: "/hang/3") }')["errors"][0]["extensions"]["code"] == "TIMEOUT"


@pytest.mark.parametrize("where", ["in all", "a sub-request"])
def test_sequential_begins_nothing_after_the_deadline(hanging: Hanging, where: str) -> None:
    """It cannot end what hangs in the caller's own thread; but what comes next does not begin too late."""
    hanging.app.add_url_rule("/slow", "slow", lambda: {"slow": time.sleep(0.4)})
    hanging.gateway(sequential=True, **{"in all": {"deadline": 0.2}, "a sub-request": {"deadline": 30}}[where])
    answer = hanging.aggregate(["/fine/0", "/slow", "/fine/1", "/fine/2"]).json
    if where == "in all":
        assert [part.get("code") for part in answer.values()][2:] == ["TIMEOUT", "TIMEOUT"]
        assert hanging.hits == {"0": 1}
    else:
        assert [part.get("code") for part in answer.values()] == [None] * 4


# What is left -------------------------------------------------------------------------------------------------------


class Deadlines(Hanging):
    """`/left/<id>` says how many seconds its environ leaves it, `/nested/<id>` how many it leaves `/left/<id>`, too."""

    def __init__(self) -> None:
        super().__init__()
        self.app.add_url_rule("/left/<id>", "left", lambda id: {"id": id, "left": self.left()})
        self.app.add_url_rule("/nested/<id>", "nested", self._nested)
        self.asker: Gateway | None = None

    def _nested(self, id: str) -> Any:
        before = self.left()
        assert self.asker is not None
        return {"left": before, "inner": self.asker.get(f"/left/{id}")["left"], "after": self.left()}

    @staticmethod
    def left() -> float:
        return float(request.environ["restgql.deadline"] - time.monotonic())


@pytest.fixture
def deadlines() -> Deadlines:
    return Deadlines()


def test_what_is_left_is_passed_inward(deadlines: Deadlines) -> None:
    deadlines.gateway(deadline=8, subrequest_timeout=20)
    data = deadlines.query("""{
        a: fetch(path: "/left/1") { json(select: "left") get(path: "/left/{id}?2", select: "left") }
        aggregate(paths: ["/left/3"])
    }""").json["data"]
    first, second, third = data["a"]["json"], data["a"]["get"], data["aggregate"]["/left/3"]["left"]
    assert 8 > first > second > 0
    assert 8 > third > 0


def test_f6_a_sub_request_has_no_more_than_its_own_time(deadlines: Deadlines) -> None:
    """At 2 s it is given up: a view, or what it asks for, that goes by the environ must not plan for 30 s."""
    deadlines.gateway(deadline=30, subrequest_timeout=2)
    assert 2 >= deadlines.aggregate(["/left/1"]).json["/left/1"]["left"] > 0


def test_f6_nested_requests_have_no_more_than_what_is_left(deadlines: Deadlines) -> None:
    deadlines.asker = deadlines.gateway(deadline=8, subrequest_timeout=20)
    for answer in (deadlines.aggregate(["/nested/1"]).json["/nested/1"], deadlines.asker.get("/nested/2")):
        assert 8 > answer["left"] > answer["inner"] > answer["after"] > 0


def test_a_client_has_no_say_in_what_is_left(deadlines: Deadlines) -> None:
    deadlines.gateway(deadline=8, subrequest_timeout=20)
    spellings = ("restgql.deadline", "Restgql-Deadline", "X-Restgql-Deadline", "HTTP_RESTGQL_DEADLINE", "Grpc-Timeout")
    headers = dict.fromkeys(spellings, "1e12")
    answer = deadlines.client.post("/aggregate", json=["/left/1"], headers=headers)
    assert 8 > answer.json["/left/1"]["left"] > 0


def test_f6_nested_work_begins_nothing_when_nothing_is_left(hanging: Hanging) -> None:
    found: list[Any] = []

    def late() -> Any:
        hanging.released.wait(PATIENCE)
        for id in ("1", "2"):
            try:
                found.append(asker.get(f"/fine/{id}"))
            except restgql.RestgqlError as exc:
                found.append(exc.code)
        return {}

    hanging.app.add_url_rule("/late", "late", late)
    asker = hanging.gateway(deadline=0.2)
    assert hanging.aggregate(["/late"]).json["/late"]["code"] == "TIMEOUT"
    hanging.released.set()
    assert becomes(lambda: len(found) == 2)
    assert found == ["TIMEOUT", "TIMEOUT"]
    assert not hanging.hits


# Stuck --------------------------------------------------------------------------------------------------------------


def lose(hanging: Hanging, threads: int) -> None:
    """Lose all threads that a pool of this size may ever have: a few to each of many routes."""
    for route in range(20):
        hanging.aggregate([f"/hang{route}/{number}" for number in range(threads)])
        if pool.shared(threads).stuck == 2 * threads:
            return
    raise AssertionError(f"only {pool.shared(threads).stuck} of {2 * threads} threads are lost")


def test_lost_threads_are_counted_and_with_the_last_of_them_new_requests_get_503(hanging: Hanging) -> None:
    threads = next(FEW)
    hanging.gateway(threads=threads, subrequest_timeout=0.1, max_subrequests=100)
    threads_pool = pool.shared(threads)
    lose(hanging, threads)
    assert threads_pool.stuck == hanging.turnstile.inside == 2 * threads
    assert threads_pool.busy == 0

    for _ in range(2):
        refused = hanging.aggregate(["/fine/1"])
        assert (refused.status_code, refused.json["code"]) == (503, "UNAVAILABLE")
        assert refused.content_type == "application/problem+json"
        assert int(refused.headers["Retry-After"]) > 0
        refused = hanging.query('{ get(path: "/fine/1") }')
        assert (refused.status_code, refused.json["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
        assert "data" not in refused.json
        assert int(refused.headers["Retry-After"]) > 0
    assert not hanging.hits
    assert hanging.client.get("/fine/1").status_code == 200, "the app itself goes on"
    assert hanging.query("{ __typename }").json == {"data": {"__typename": "Query"}}
    assert hanging.client.get("/graphql/health").json == {"status": "pass"}
    ready = hanging.client.get("/graphql/health?ready")
    assert (ready.status_code, ready.json["status"]) == (503, "fail")
    assert ready.json["checks"]["threads:lost"][0]["observedValue"] == 2 * threads

    hanging.released.set()
    assert becomes(lambda: not threads_pool.stuck)
    ready = hanging.client.get("/graphql/health?ready")
    assert (ready.status_code, ready.json) == (200, {"status": "pass"})
    assert hanging.aggregate(["/fine/1"]).json == {"/fine/1": {"id": "1"}}
    assert hanging.query('{ get(path: "/fine/2") }').json == {"data": {"get": {"id": "2"}}}


def test_one_stuck_thread_less_is_enough_to_answer_again(hanging: Hanging) -> None:
    threads = next(FEW)
    one = threading.Event()
    hanging.app.add_url_rule("/one", "one", lambda: {"one": one.wait(PATIENCE)})
    hanging.gateway(threads=threads, subrequest_timeout=0.1)
    hanging.aggregate(["/one"])
    lose(hanging, threads)
    assert hanging.aggregate(["/fine/1"]).status_code == 503
    one.set()
    assert becomes(lambda: pool.shared(threads).stuck == 2 * threads - 1)
    assert hanging.aggregate(["/fine/1"]).json == {"/fine/1": {"id": "1"}}


@pytest.mark.parametrize("spelling", ["/{}", "/{}/a/b", "/x?{}", "/a%2F{}"])
@pytest.mark.parametrize("clients", [1, 4])
def test_m4_a_route_that_never_ends_costs_its_own_operation_only(hanging: Hanging, spelling: str, clients: int) -> None:
    """However its paths are spelled: all of them match one rule. Once an eighth of the pool is lost to it, its further
    requests are refused at once."""
    hanging.app.add_url_rule("/<path:id>", "any", hanging._hang)
    hanging.gateway(threads=32, subrequest_timeout=1, max_subrequests=100)
    with ThreadPoolExecutor(clients) as executor:
        paths = [[spelling.format(f"{client}x{number}") for number in range(50)] for client in range(clients)]
        hanging_clients = [executor.submit(hanging.aggregate, each) for each in paths]
        assert hanging.turnstile.met(1)
        for _ in range(20):
            assert hanging.aggregate(["/fine/1"]).json == {"/fine/1": {"id": "1"}}
            time.sleep(0.05)
        answers = [client.result() for client in hanging_clients]
    parts = [part for answer in answers if answer.status_code == 200 for part in answer.json.values()]
    assert {part["code"] for part in parts} == {"TIMEOUT", "UNAVAILABLE"}
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in refused} <= {(503, "1")}
    assert pool.shared(32).stuck == hanging.turnstile.peak <= 28

    hits = len(hanging.turnstile.passed)
    assert {part["code"] for part in hanging.aggregate(["/and/more", "/more"]).json.values()} == {"UNAVAILABLE"}
    assert len(hanging.turnstile.passed) == hits, "they never reach the view, so they do not wait for it"
    assert hanging.query('{ get(path: "/fine/2") }').json == {"data": {"get": {"id": "2"}}}
    ready = hanging.client.get("/graphql/health?ready")
    assert (ready.status_code, ready.json["status"]) == ((200, "pass") if clients == 1 else (503, "fail"))
    assert ready.json["checks"]["threads:lost"][0]["observedValue"] == pool.shared(32).stuck

    hanging.released.set()
    assert becomes(lambda: not pool.shared(32).stuck)
    assert hanging.aggregate(["/more"]).json == {"/more": {"id": "more", "released": True}}
    assert hanging.client.get("/graphql/health?ready").json == {"status": "pass"}


def test_lost_threads_and_their_return_are_logged_once(hanging: Hanging, caplog: pytest.LogCaptureFixture) -> None:
    threads = next(FEW)
    hanging.gateway(threads=threads, subrequest_timeout=0.1)
    caplog.set_level("INFO", "restgql")
    for _ in range(3):
        hanging.aggregate(["/hang/1"])
    hanging.released.set()
    assert becomes(lambda: "have returned" in caplog.text)
    lines = [record.message for record in caplog.records if "threads are lost" in record.message]
    assert [line.partition(". ")[0] for line in lines] == [
        f"1 of {2 * threads} threads are lost to routes that do not answer: /hang/<id> (1)",
        "No threads are lost any longer: all routes that did not answer have returned.",
    ]


def test_a_thread_that_has_just_begun_at_the_deadline_closes_no_route(hanging: Hanging) -> None:
    """In an overload the deadline finds many healthy requests at work; they end soon, and are no reason to refuse."""
    threads = next(FEW)
    hanging.app.add_url_rule("/slow", "slow", lambda: {"slow": time.sleep(0.5)})
    hanging.gateway(threads=threads, deadline=0.2)
    assert hanging.aggregate(["/slow"]).json["/slow"]["code"] == "TIMEOUT"
    assert pool.shared(threads).stuck == 1
    assert hanging.aggregate(["/slow"]).json["/slow"]["code"] == "TIMEOUT", "it is asked"
    assert becomes(lambda: not pool.shared(threads).stuck)


def test_m4_readiness_fails_where_the_schema_cannot_be_built() -> None:
    app = Flask(__name__)
    document: dict[str, Any] = {"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    found: list[Any] = [[]]
    Gateway(app, openapi=lambda: found[0], threads=next(SIZES))
    client = app.test_client()
    for _ in range(2):
        ready = client.get("/graphql/health?ready")
        assert (ready.status_code, ready.json["status"]) == (503, "fail")
        assert "schema" in ready.json["output"]
        assert client.get("/graphql/health").json == {"status": "pass"}
    found[0] = document
    assert client.get("/graphql/health?ready").json == {"status": "pass"}


@pytest.mark.parametrize("clients", [1, 4])
def test_requests_that_have_begun_do_not_hang_more_threads_than_the_bound(hanging: Hanging, clients: int) -> None:
    """As many as the pool has may hang, and as many again be at work: not so many again with every timeout."""
    threads = next(FEW)
    hanging.gateway(threads=threads, in_flight=threads, subrequest_timeout=0.05, deadline=1.5, max_subrequests=100)
    with ThreadPoolExecutor(clients) as executor:
        paths = [[f"/hang/{client}-{number}" for number in range(60)] for client in range(clients)]
        answers = list(executor.map(hanging.aggregate, paths))
    for answer in answers:
        assert answer.status_code in (200, 503)
        assert {part["code"] for part in answer.json.values() if isinstance(part, dict)} <= {"TIMEOUT", "UNAVAILABLE"}
    assert hanging.turnstile.peak <= 2 * threads


def test_f4_four_times_the_capacity_is_answered_or_refused_and_recovers(hanging: Hanging) -> None:
    threads = next(FEW)
    hanging.app.add_url_rule("/slow/<id>", "slow", lambda id: {"id": id, "slept": time.sleep(0.05)})
    hanging.gateway(threads=threads, deadline=1)
    until = time.monotonic() + 4

    def client(number: int) -> list[tuple[int, str | None, Any]]:
        found = []
        for turn in itertools.count():
            if time.monotonic() > until:
                return found
            answer = hanging.aggregate([f"/slow/{number}-{turn}-{part}" for part in range(8)])
            found.append((answer.status_code, answer.headers.get("Retry-After"), answer.json))
        raise AssertionError

    with ThreadPoolExecutor(4 * threads) as executor:
        answers = [answer for found in executor.map(client, range(4 * threads)) for answer in found]
    statuses = Counter(status for status, _, _ in answers)
    assert set(statuses) <= {200, 503, 504}, statuses
    assert statuses[504] <= 5, "its time was over before it began"
    for status, retry_after, answer in answers:
        if status == 503:
            assert (answer["code"], retry_after) == ("UNAVAILABLE", "1")
        elif status == 504:
            assert answer["code"] == "TIMEOUT"
        else:
            assert {part.get("code") for part in answer.values()} <= {None, "TIMEOUT", "UNAVAILABLE"}
    assert any(status == 200 and not any("code" in part for part in answer.values()) for status, _, answer in answers)
    assert becomes(lambda: not pool.shared(threads).busy and not pool.shared(threads).stuck)
    assert hanging.aggregate(["/fine/1"]).json == {"/fine/1": {"id": "1"}}


# Kept ---------------------------------------------------------------------------------------------------------------


def large_replies() -> list[SubResponse]:
    gc.collect()
    return [each for each in gc.get_objects() if type(each) is SubResponse and len(each.body) >= 1_000_000]


@pytest.mark.parametrize("hangs", [False, True])
def test_m3_no_thread_keeps_the_responses_of_an_operation_that_has_ended(hanging: Hanging, hangs: bool) -> None:
    hanging.app.add_url_rule("/large/<id>", "large", lambda id: {"slept": time.sleep(0.05), "large": "x" * 1_000_000})
    hanging.gateway(subrequest_timeout=0.5)
    paths = [*(f"/large/{number}" for number in range(4)), *(["/hang/1"] if hangs else [])]
    assert not large_replies()
    with ThreadPoolExecutor(4) as executor:
        for answer in executor.map(hanging.aggregate, [paths] * 4):
            assert len(answer.data) > 4_000_000
            answer.close()
            del answer
    assert hanging.turnstile.inside == (4 if hangs else 0)
    assert becomes(lambda: not large_replies())


# Endless ------------------------------------------------------------------------------------------------------------


class Stream:
    """`/stream` goes on until its iterator is closed: by the gateway, or at the end of the test."""

    def __init__(self, chunk: bytes, pause: float) -> None:
        self.chunk, self.pause = chunk, pause
        self.app = Flask(__name__)
        self.app.add_url_rule("/stream", "stream", self._view)
        self.app.add_url_rule("/fine", "fine", lambda: {"fine": True})
        self.over, self.closed, self.called_back = threading.Event(), threading.Event(), threading.Event()
        self.chunks = 0
        self.threads = next(SIZES)

    def _view(self) -> Any:
        response = Response(self._iterate(), content_type="text/plain")
        response.call_on_close(self.called_back.set)
        return response

    def _iterate(self) -> Iterator[bytes]:
        try:
            while not self.over.wait(self.pause):
                self.chunks += 1
                yield self.chunk
        finally:
            self.closed.set()

    def aggregate(self, **settings: Any) -> Any:
        settings = {"subrequest_timeout": 2 * PATIENCE, "deadline": 3 * PATIENCE} | settings
        Gateway(self.app, routes=["*"], threads=self.threads, **settings)
        return self.app.test_client().post("/aggregate", json=["/fine", "/stream"]).json


@pytest.fixture
def stream(request: pytest.FixtureRequest) -> Iterator[Stream]:
    found = Stream(*request.param)
    yield found
    found.over.set()
    assert found.closed.wait(PATIENCE)


@pytest.mark.parametrize(
    "stream", [(b"x" * 10_000, 0.0), (b"x", 0.0)], ids=["large chunks", "small chunks"], indirect=True
)
def test_an_endless_stream_is_cut_at_the_cap_and_its_iterator_closed(stream: Stream) -> None:
    cap = 30_000
    answer = stream.aggregate(max_reply=cap)
    assert answer["/fine"] == {"fine": True}
    assert answer["/stream"]["code"] == "LIMIT_EXCEEDED"
    assert (answer["/stream"]["status"], answer["/stream"]["limit"]) == (502, "RESTGQL_MAX_REPLY")
    assert stream.closed.is_set()
    assert stream.called_back.is_set()
    assert stream.chunks == cap // len(stream.chunk) + 1, "it is not read on"


ENDLESS = [(b"x", 0.02), (b"", 0.001)]


@pytest.mark.parametrize("stream", ENDLESS, ids=["slow", "empty chunks"], indirect=True)
def test_an_endless_slow_stream_is_a_timeout(stream: Stream) -> None:
    answer = stream.aggregate(subrequest_timeout=0.3)
    assert answer["/fine"] == {"fine": True}
    assert (answer["/stream"]["status"], answer["/stream"]["code"]) == (504, "TIMEOUT")


@pytest.mark.parametrize("stream", ENDLESS, ids=["slow", "empty chunks"], indirect=True)
def test_an_endless_slow_stream_is_closed_and_leaves_its_thread(stream: Stream) -> None:
    """A stream of events ends for nobody else: were it read on, each request for it would cost a thread for good."""
    stream.aggregate(subrequest_timeout=0.3)
    assert stream.closed.wait(PATIENCE)
    assert stream.called_back.is_set()
    assert becomes(lambda: not pool.shared(stream.threads).stuck)


# Streams of events --------------------------------------------------------------------------------------------------

EVENT_STREAMS = ["text/event-stream", "Text/Event-Stream; charset=utf-8", "multipart/x-mixed-replace; boundary=x"]


class Events:
    """`/events` waits for an event that never comes, or what else `chunks` do; `closed` once its iterator is."""

    def __init__(self, content_type: str) -> None:
        self.content_type = content_type
        self.closed = threading.Event()
        self.asked = 0
        self.app = Flask(__name__)
        self.app.add_url_rule("/events", "events", self._view)
        self.app.add_url_rule("/listed", "listed", lambda: Response([b"data: 1\n\n"], content_type=content_type))
        self.app.add_url_rule("/fine", "fine", lambda: {"fine": True})
        self.threads = next(SIZES)

    def _view(self) -> Response:
        self.asked += 1
        response = Response(iter(threading.Event().wait, None), content_type=self.content_type)
        response.call_on_close(self.closed.set)
        return response

    def raw(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """An app of another framework, mounted below a path of its own."""
        write = start_response("200 OK", [("Content-Type", self.content_type)])
        while True:
            write(b"data: 1\n\n")
            time.sleep(0.01)


def generating(app: Any) -> Callable[..., Iterator[bytes]]:
    """A middleware that is a generator: it calls start_response when its first chunk is asked for."""

    def middleware(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        yield from app(environ, start_response)

    return middleware


@pytest.mark.parametrize("content_type", EVENT_STREAMS)
@pytest.mark.parametrize("way", ["plain", "middleware", "generator", "sequential", "write"])
def test_m4_a_stream_of_events_is_refused_at_its_headers(content_type: str, way: str) -> None:
    events = Events(content_type)
    if way == "middleware":
        wsgi = events.app.wsgi_app
        events.app.wsgi_app = lambda environ, start: wsgi(environ, start)  # type: ignore[method-assign]
    elif way == "generator":
        events.app.wsgi_app = generating(events.app.wsgi_app)  # type: ignore[method-assign]
    elif way == "write":
        mounted = DispatcherMiddleware(events.app.wsgi_app, {"/raw": events.raw})
        events.app.wsgi_app = mounted  # type: ignore[method-assign]
        events.app.add_url_rule("/raw/events", "raw", lambda: {})
    Gateway(events.app, routes=["*"], threads=events.threads, sequential=way == "sequential")
    client = events.app.test_client()
    paths = ["/raw/events"] if way == "write" else ["/events", "/events?2", "/listed"]
    for turn in range(1, 4):
        answer = client.post("/aggregate", json=[*paths, "/fine"]).json
        assert answer["/fine"] == {"fine": True}
        for path in paths:
            assert (answer[path]["status"], answer[path]["code"]) == (502, "UPSTREAM_INVALID")
            assert "stream of events" in answer[path]["detail"]
        assert events.asked == (0 if way == "write" else 2 * turn)
    assert way in ("generator", "write") or events.closed.is_set()
    assert becomes(lambda: not pool.shared(events.threads).busy and not pool.shared(events.threads).stuck)


# Over the budget ----------------------------------------------------------------------------------------------------


def limit_of(answer: Any) -> tuple[str, str, int]:
    """What the one error of a whole request says."""
    errors = answer.json.get("errors", [{"extensions": answer.json}])
    extensions = errors[0]["extensions"]
    return extensions["code"], extensions["limit"], extensions["allowed"]


OVER = ("LIMIT_EXCEEDED", "RESTGQL_MAX_SUBREQUESTS", 5)


@pytest.fixture
def budget(hanging: Hanging) -> Hanging:
    hanging.gateway(max_subrequests=5)
    return hanging


def gets(*ids: object) -> str:
    return " ".join(f'a{number}: get(path: "/fine/{id}")' for number, id in enumerate(ids))


def test_aliases_are_counted_before_anything_is_sent(budget: Hanging) -> None:
    assert limit_of(budget.query(f"{{ {gets(*range(6))} }}")) == OVER
    assert not budget.hits
    assert len(budget.query(f"{{ {gets(*range(5))} }}").json["data"]) == 5
    assert budget.hits.total() == 5


def test_what_is_one_request_is_counted_once(budget: Hanging) -> None:
    answer = budget.query(f'{{ {gets(*[1] * 9)} aggregate(paths: ["/fine/1", "/fine/2"]) }}').json
    assert "errors" not in answer
    assert budget.hits == {"1": 1, "2": 1}


def test_an_aggregate_is_counted(budget: Hanging) -> None:
    assert limit_of(budget.aggregate([f"/fine/{number}" for number in range(6)])) == OVER
    assert not budget.hits
    assert len(budget.aggregate([f"/fine/{number}" for number in range(5)]).json) == 5


def test_an_aggregate_in_a_query_is_counted_with_its_siblings(budget: Hanging) -> None:
    paths = ", ".join(f'"/fine/{number}"' for number in range(3, 6))
    answer = budget.query(f"{{ {gets(0, 1, 2)} aggregate(paths: [{paths}]) }}")
    assert limit_of(answer) == OVER
    assert not budget.hits.keys() & {"3", "4", "5"}, "as a whole, with nothing of it sent"


@pytest.mark.parametrize(
    "fan_out",
    [
        'getEach(path: "/fine/{item}")',
        'each { get(path: "/fine/{item}") }',
        'each { fetch(path: "/fine/{item}") { ok } }',
    ],
)
def test_a_fan_out_beyond_what_is_left_is_refused_as_a_whole(budget: Hanging, fan_out: str) -> None:
    answer = budget.query(f'{{ fetch(path: "/list/5") {{ json {fan_out} one: get(path: "/fine/one") }} }}')
    assert [error["extensions"]["code"] for error in answer.json["errors"]] == ["LIMIT_EXCEEDED"]
    assert answer.json["errors"][0]["path"][:2] == ["fetch", fan_out.partition("(")[0].split()[0]]
    assert answer.json["data"]["fetch"]["json"] == ["0", "1", "2", "3", "4"]
    assert budget.hits == {"one": 1}, "what fits is sent, and of the fan-out nothing"
    fits = budget.query(f'{{ fetch(path: "/list/4") {{ {fan_out} }} }}').json
    assert "errors" not in fits
    assert budget.hits.total() == 5


def test_redirects_are_counted(budget: Hanging) -> None:
    def hop(left: int) -> Any:
        budget.hits[f"hop {left}"] += 1
        return redirect(f"/hop/{left - 1}") if left else {"end": True}

    budget.app.add_url_rule("/hop/<int:left>", "hop", hop)
    assert budget.query('{ get(path: "/hop/4") }').json == {"data": {"get": {"end": True}}}
    budget.hits.clear()
    answer = budget.query(f'{{ {gets(0, 1)} hop: get(path: "/hop/4") }}')
    assert codes(answer) == {"hop": "LIMIT_EXCEEDED"}
    assert [answer.json["data"][key] for key in ("a0", "a1")] == [{"id": "0"}, {"id": "1"}]
    assert budget.hits == {"0": 1, "1": 1, "hop 4": 1, "hop 3": 1, "hop 2": 1}


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("how", ["get", "execute"])
def test_nested_requests_are_counted(hanging: Hanging, how: str, sequential: bool) -> None:
    gateway = hanging.gateway(max_subrequests=5, sequential=sequential)
    found: list[str] = []

    def nested() -> Any:
        for number in range(10):
            if how == "get":
                try:
                    found.append(gateway.get(f"/fine/{number}")["id"])
                except restgql.LimitExceeded as exc:
                    found.append(exc.code)
            else:
                answer = gateway.execute(f'{{ get(path: "/fine/{number}") }}')
                found.append(answer["errors"][0]["extensions"]["code"] if "errors" in answer else str(number))
        return {}

    hanging.app.add_url_rule("/nested", "nested", nested)
    assert hanging.aggregate(["/nested"]).status_code == 200
    assert found == ["0", "1", "2", "3", *["LIMIT_EXCEEDED"] * 6]
    assert hanging.hits.total() == 4


def test_nested_requests_leave_less_to_what_depends(budget: Hanging) -> None:
    gateway = Gateway(
        budget.app, name="inner", graphql_path=None, aggregate_path=None, routes=["*"], max_subrequests=99
    )

    def nested() -> Any:
        return [gateway.get(f"/fine/{number}")["id"] for number in range(3)]

    budget.app.add_url_rule("/nested", "nested", nested)
    answer = budget.query('{ fetch(path: "/nested") { json getEach(path: "/fine/x{item}") } }')
    assert answer.json["data"]["fetch"]["json"] == ["0", "1", "2"]
    assert codes(answer) == {"fetch.getEach": "LIMIT_EXCEEDED"}
    assert budget.hits == {"0": 1, "1": 1, "2": 1}


def test_a_dependent_that_several_parents_share_is_counted_once(hanging: Hanging) -> None:
    """Also where they reply at the same moment."""
    parents = 8
    barrier = threading.Barrier(parents, timeout=PATIENCE)
    meet: Callable[[str], Any] = lambda id: {"met": barrier.wait() >= 0, "shared": 1}  # noqa: E731
    hanging.app.add_url_rule("/parent/<id>", "parent", meet)
    hanging.gateway(max_subrequests=parents + 1)
    for turn in range(60):
        fields = " ".join(
            f'p{number}: fetch(path: "/parent/{number}") {{ get(path: "/fine/{turn}-{{shared}}") }}'
            for number in range(parents)
        )
        answer = hanging.query(f"{{ {fields} }}")
        assert codes(answer) == {}
        assert hanging.hits[f"{turn}-1"] == 1
