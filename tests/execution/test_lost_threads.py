"""Routes that hang: their threads are counted, bounded and come back."""

import gc
import itertools
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from restgql import Gateway
from restgql.execution import thread_pool as pool
from restgql.execution.job import Job, JobAnswer
from restgql.execution.latency import RouteLatency
from restgql.execution.route_threads import Ticket
from restgql.execution.worker import Worker
from restgql.formats import target
from restgql.model import SubRequest
from restgql.sub_response import SubResponse
from tests.execution.hanging import SIZES, Hanging
from tests.turnstile import PATIENCE, becomes

FEW = itertools.count(11)


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


def large_replies() -> list[SubResponse]:
    gc.collect()
    return [each for each in gc.get_objects() if type(each) is SubResponse and len(each.body) >= 1_000_000]


class Jobs:
    """Jobs for one thread, which forget their answers."""

    def __init__(self, *paths: str) -> None:
        self._jobs = [Job(SubRequest(target=target.parse(path)), print) for path in paths]

    def next_job(self, worker: Worker, ticket: Ticket, thread: str) -> Job | None:
        return self._jobs.pop(0) if self._jobs else None

    def finish(self, job: Job, answer: JobAnswer) -> bool:
        return True


def test_m3_a_thread_that_hangs_keeps_no_response_of_an_earlier_request() -> None:
    hangs, released = threading.Event(), threading.Event()

    def dispatch(request: SubRequest) -> SubResponse:
        if str(request.target) == "/hang":
            hangs.set()
            released.wait(PATIENCE)
        header = ("Content-Type", request.method)  # the collector only tells of what has containers
        return SubResponse(url=str(request.target), status=200, fields=(header,), body=b"x" * 1_000_000)

    worker = Worker(Jobs("/large", "/hang"), dispatch, RouteLatency())  # type: ignore[arg-type]
    thread = threading.Thread(target=worker, args=(Ticket(),))
    thread.start()
    assert hangs.wait(PATIENCE)
    assert not large_replies()
    released.set()
    thread.join()


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
