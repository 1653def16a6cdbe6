"""Which sub-requests run when, on which thread, how many at once. Views meet each other; nothing here measures time."""

import contextvars
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, g, redirect, request
from flask.testing import FlaskClient

import restgql
from restgql import Gateway
from tests.turnstile import PATIENCE, Turnstile

# A pool belongs to the process and is found by its size: no test here shares one with another test that fills it.
SIZES = itertools.count(101)
LONG = {"deadline": 3 * PATIENCE, "subrequest_timeout": 2 * PATIENCE}


def app_with(**views: Callable[..., Any]) -> Flask:
    """An app with `/name` and `/name/<id>` for each view, which takes the id or None."""
    app = Flask(__name__)
    for name, view in views.items():
        app.add_url_rule(f"/{name}", name, view, defaults={"id": None})
        app.add_url_rule(f"/{name}/<id>", name, view)
    return app


def gateway(app: Flask, **settings: Any) -> Gateway:
    return Gateway(app, routes=["*"], **{"threads": next(SIZES), **LONG, **settings})


def query(app: Flask, document: str) -> Any:
    answer = app.test_client().post("/graphql", json={"query": document}).json
    assert answer is not None
    assert "errors" not in answer, answer
    return answer["data"]


def aggregate(app: Flask, paths: list[str]) -> Any:
    return app.test_client().post("/aggregate", json=paths).json


def numbered(name: str, count: int) -> list[str]:
    return [f"/{name}/{number}" for number in range(count)]


def fields(paths: list[str]) -> str:
    return " ".join(f'f{number}: get(path: "{path}")' for number, path in enumerate(paths))


# What a reply starts ------------------------------------------------------------------------------------------------

PARENT = 'parent: fetch(path: "/parent") { child: get(path: "/child/{id}") }'
SIBLING = 'sibling: get(path: "/sibling")'


@pytest.mark.parametrize("document", [f"{{ {PARENT} {SIBLING} }}", f"{{ {SIBLING} {PARENT} }}"])
def test_a_child_runs_while_a_sibling_of_its_parent_is_blocked(document: str) -> None:
    ran = threading.Event()
    app = app_with(
        parent=lambda id: {"id": 7}, child=lambda id: str(ran.set()), sibling=lambda id: {"ran": ran.wait(PATIENCE)}
    )
    gateway(app)
    for _ in range(3):  # unknown at first, then learnt
        assert query(app, document) == {"parent": {"child": "None"}, "sibling": {"ran": True}}
        ran.clear()


def test_a_whole_chain_runs_while_a_sibling_of_its_first_is_blocked() -> None:
    ran = threading.Event()

    def link(id: str) -> Any:
        if id == "3":
            ran.set()
        return {"next": int(id) + 1}

    app = app_with(link=link, sibling=lambda id: {"ran": ran.wait(PATIENCE)})
    gateway(app)
    chain = 'json get(path: "/link/{next}")'
    for _ in range(2):
        chain = f'json fetch(path: "/link/{{next}}") {{ {chain} }}'
    data = query(app, f'{{ {SIBLING} first: fetch(path: "/link/0") {{ {chain} }} }}')
    assert data["sibling"] == {"ran": True}
    assert data["first"]["fetch"]["fetch"]["get"] == {"next": 4}


def test_the_child_of_one_element_runs_while_the_other_element_is_blocked() -> None:
    ran = threading.Event()

    def item(id: str) -> Any:
        return {"id": id, "ran": id == "0" or ran.wait(PATIENCE)}

    app = app_with(list=lambda id: ["1", "0", "1"], item=item, child=lambda id: {"child": id, "set": ran.set()})
    gateway(app)
    document = """{ fetch(path: "/list") { each {
        fetch(path: "/item/{item}") { json(select: "ran") get(path: "/child/{id}", select: "child") }
    } } }"""
    found = [element["fetch"] for element in query(app, document)["fetch"]["each"]]
    assert found == [{"json": True, "get": id} for id in ("1", "0", "1")]


def test_the_next_hop_of_a_redirect_runs_while_a_sibling_is_blocked() -> None:
    ran = threading.Event()
    app = app_with(
        hop=lambda id: redirect("/end"),
        end=lambda id: {"set": ran.set()},
        sibling=lambda id: {"ran": ran.wait(PATIENCE)},
    )
    gateway(app)
    assert aggregate(app, ["/hop", "/sibling"]) == {"/hop": {"set": None}, "/sibling": {"ran": True}}


# One operation, one sub-request -------------------------------------------------------------------------------------


def counted(app: Flask) -> Counter[str]:
    hits: Counter[str] = Counter()
    app.before_request(lambda: hits.update([request.full_path.rstrip("?")]) if request.method == "GET" else None)
    return hits


def test_identical_requests_of_an_operation_are_one() -> None:
    app = app_with(same=lambda id: {"id": id}, list=lambda id: ["1", "1", "2"])
    hits = counted(app)
    gateway(app)
    document = """{
        a: get(path: "/same/1") b: get(path: "/same/{x}", params: {x: 1}) c: fetch(path: "/same/1") { status }
        aggregate(paths: ["/same/1"])
        list: fetch(path: "/list") { getEach(path: "/same/{item}") each { get(path: "/same/{item}") } }
    }"""
    found = query(app, document)
    assert hits == {"/same/1": 1, "/same/2": 1, "/list": 1}
    assert found["a"] == found["b"] == found["aggregate"]["/same/1"] == {"id": "1"}
    assert [value["id"] for value in found["list"]["getEach"]] == ["1", "1", "2"]
    assert [element["get"]["id"] for element in found["list"]["each"]] == ["1", "1", "2"]
    query(app, document)
    assert hits == {"/same/1": 2, "/same/2": 2, "/list": 2}, "another operation asks again"


def test_requests_that_differ_are_not_one() -> None:
    app = app_with(same=lambda id: dict(request.headers))
    hits = counted(app)
    gateway(app)
    found = query(
        app,
        """{ a: get(path: "/same") b: get(path: "/same?") c: get(path: "/same?x=1")
             d: get(path: "/same", headers: [{name: "Accept-Language", value: "de"}]) }""",
    )
    assert hits == {"/same": 3, "/same?x=1": 1}
    assert [found[key].get("Accept-Language") for key in "abcd"] == [None, None, None, "de"]


@pytest.mark.parametrize("order", ["while it runs", "when it is done"])
def test_identical_dependents_below_different_parents_are_one(order: str) -> None:
    """The second parent replies when the child has begun, or when it is done."""
    running = Turnstile()
    second_replied = threading.Event()

    def child(id: str) -> Any:
        with running.entered(id):
            if order == "while it runs":
                second_replied.wait(PATIENCE)
        return {"child": id}

    def parent(id: str) -> Any:
        if id == "2":
            running.met(1)
            if order == "when it is done":
                running.left()
            second_replied.set()
        return {"shared": 9}

    app = app_with(parent=parent, child=child)
    gateway(app)
    below = '{ get(path: "/child/{shared}") }'
    found = query(app, f'{{ a: fetch(path: "/parent/1") {below} b: fetch(path: "/parent/2") {below} }}')
    assert found == {"a": {"get": {"child": "9"}}, "b": {"get": {"child": "9"}}}
    assert running.passed == ["9"]


# How many at once ---------------------------------------------------------------------------------------------------

CAPS = [
    pytest.param({}, 16, 32, id="default"),
    pytest.param({"in_flight": 3, "threads": 5}, 3, 5, id="configured"),
]


def crowded(cap: int) -> tuple[Turnstile, Callable[[str], Any]]:
    """A view that waits until `cap` are inside, and then long enough for one more to come if it may."""
    turnstile = Turnstile()

    def view(id: str) -> Any:
        with turnstile.entered(id):
            met = turnstile.met(cap)
            time.sleep(0.02)
        return {"met": met}

    return turnstile, view


@pytest.mark.parametrize(("settings", "in_flight", "threads"), CAPS)
def test_so_many_of_a_request_run_at_once_and_no_more(settings: dict[str, Any], in_flight: int, threads: int) -> None:
    turnstile, view = crowded(in_flight)
    app = app_with(busy=view)
    Gateway(app, routes=["*"], **LONG, **settings)
    for _ in range(2):
        answer = aggregate(app, numbered("busy", 2 * in_flight + 3))
        assert answer == {path: {"met": True} for path in numbered("busy", 2 * in_flight + 3)}
        assert turnstile.peak == in_flight


@pytest.mark.parametrize(("settings", "in_flight", "threads"), CAPS)
def test_so_many_of_a_process_run_at_once_and_no_more(settings: dict[str, Any], in_flight: int, threads: int) -> None:
    """Of two routes: one alone leaves an eighth of the threads to others."""
    turnstile, view = crowded(threads)
    app = app_with(busy=view, as_busy=lambda id: view(id))
    Gateway(app, routes=["*"], **LONG, **settings)
    clients = threads // in_flight + 2
    with ThreadPoolExecutor(clients) as executor:
        names = ("busy", "as_busy")
        numbers = range(in_flight + 3)
        batches = [[f"/{names[number % 2]}/{client}-{number}" for number in numbers] for client in range(clients)]
        answers = list(executor.map(lambda paths: aggregate(app, paths), batches))
    assert answers == [{path: {"met": True} for path in paths} for paths in batches]
    assert turnstile.peak == threads


# On which thread ----------------------------------------------------------------------------------------------------


def test_the_servers_own_thread_runs_no_sub_request() -> None:
    app = app_with(who=lambda id: {"thread": threading.get_ident()}, list=lambda id: ["1", "2"])
    asker = gateway(app)
    app.add_url_rule("/python", "python", lambda: [threading.get_ident(), asker.get("/who")["thread"]])
    me = threading.get_ident()
    for paths in (["/who"], numbered("who", 10)):
        assert me not in {part["thread"] for part in aggregate(app, paths).values()}
        assert me not in {part["thread"] for part in query(app, f"{{ {fields(paths)} }}").values()}
    dependent = query(app, '{ fetch(path: "/list") { getEach(path: "/who/{item}", select: "[].thread") } }')
    assert me not in dependent["fetch"]["getEach"]
    outer, inner = app.test_client().get("/python").json or ()
    assert outer == me != inner
    assert asker.get("/who")["thread"] != me


def test_computing_routes_run_in_one_leader() -> None:
    turnstile = Turnstile()

    def compute(id: str) -> Any:
        with turnstile.entered(id):
            return {"sum": sum(range(100))}

    app = app_with(compute=compute)
    gateway(app)
    # A machine that takes the leader's processor away for 2 ms makes it seem to wait, so not every batch has to be so.
    for _ in range(100):
        turnstile.threads.clear()
        turnstile.peak = 0
        aggregate(app, numbered("compute", 10))
        if turnstile.peak == 1 and len(set(turnstile.threads)) == 1:
            break
    else:
        pytest.fail("no batch of 100 ran in one thread")


def meeting(count: int) -> tuple[threading.Barrier, Callable[[str], Any]]:
    """A view that all of `count` have to be in at once."""
    barrier = threading.Barrier(count, timeout=PATIENCE)

    def view(id: str) -> Any:
        try:
            barrier.wait()
        except threading.BrokenBarrierError:
            return {"met": False}
        return {"met": True}

    return barrier, view


def test_waiting_routes_run_beside_each_other_unknown_or_learnt() -> None:
    _, view = meeting(10)
    app = app_with(wait=view)
    gateway(app)
    for _ in range(5):  # unknown the first time
        assert aggregate(app, numbered("wait", 10)) == {path: {"met": True} for path in numbered("wait", 10)}


def test_a_route_that_is_slow_for_once_keeps_nobody_waiting() -> None:
    slow = False
    _, meet = meeting(10)
    app = app_with(work=lambda id: meet(id) if slow else {"met": True})
    gateway(app)
    expected = {path: {"met": True} for path in numbered("work", 10)}
    for _ in range(10):  # learnt as one that computes
        assert aggregate(app, numbered("work", 10)) == expected
    slow = True
    assert aggregate(app, numbered("work", 10)) == expected


def test_quick_routes_do_not_wait_for_a_slow_one() -> None:
    turnstile = Turnstile()
    released = threading.Event()

    def quick(id: str) -> Any:
        with turnstile.entered(id):
            if len(turnstile.passed) == 9:
                released.set()
        return id

    app = app_with(slow=lambda id: {"released": released.wait(PATIENCE)}, quick=quick)
    gateway(app)
    assert aggregate(app, ["/slow", *numbered("quick", 9)])["/slow"] == {"released": True}


def test_many_requests_at_once_all_get_their_own_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    # twelve clients share seven threads: on a busy machine one may wait long for its first
    monkeypatch.setattr("restgql.execution.execution.MAX_WAIT_SECONDS", PATIENCE)
    app = app_with(item=lambda id: {"id": id, "next": f"{id}-"}, slow=lambda id: (time.sleep(0.002), {"id": id})[1])
    gateway(app, threads=7, in_flight=4, deadline=20 * PATIENCE)

    def ask(number: int) -> None:
        document = f"""{{ a: fetch(path: "/item/{number}") {{ get(path: "/slow/{{next}}", select: "id") }}
            b: get(path: "/slow/{number}") c: get(path: "/item/{number}", select: "id") }}"""
        assert query(app, document) == {"a": {"get": f"{number}-"}, "b": {"id": str(number)}, "c": str(number)}

    with ThreadPoolExecutor(12) as executor:
        list(executor.map(ask, range(200)))


# Sequential ---------------------------------------------------------------------------------------------------------


def promise(app: Flask, *, multithread: bool) -> None:
    """Have the test clients of an app promise threads, or one thread (PEP 3333, wsgi.multithread)."""

    class Client(FlaskClient):
        def open(self, *args: Any, **kwargs: Any) -> Any:
            return super().open(*args, environ_overrides={"wsgi.multithread": multithread}, **kwargs)

    app.test_client_class = Client


@pytest.mark.one_thread
@pytest.mark.parametrize("sequential", [None, True, "server"])
@pytest.mark.parametrize("multithread", [False, True])
def test_one_after_the_other_by_key_or_as_the_server_promises(sequential: Any, multithread: bool) -> None:
    if sequential is None and multithread:
        return  # every other test
    turnstile = Turnstile()

    def view(id: str | None) -> Any:
        with turnstile.entered(request.path):
            time.sleep(0.003)  # so that a watchdog would hand off
            return {"id": id, "next": f"{id}0"}

    app = app_with(view=view)
    promise(app, multithread=multithread)
    asker = gateway(app, sequential=sequential)
    app.add_url_rule("/python", "python", lambda: asker.get("/view/8"))
    aggregate(app, numbered("view", 5))
    query(app, '{ a: fetch(path: "/view/5") { get(path: "/view/{next}") } b: get(path: "/view/6") }')
    aggregate(app, ["/view/7", "/python", "/view/9"])
    ids = ["0", "1", "2", "3", "4", "5", "6", "50", "7", "8", "9"]
    assert turnstile.passed == [f"/view/{id}" for id in ids]
    assert turnstile.peak == 1
    here = threading.get_ident()
    of_python = turnstile.threads[-2]  # a view that asks has state of its own in its thread
    of_others = set(turnstile.threads) - {of_python}
    match sequential:
        case "server":
            assert set(turnstile.threads) == {here}
        case True:
            assert here not in turnstile.threads
        case None:
            assert of_others == {here} != {of_python}


@pytest.mark.one_thread
def test_what_is_bound_to_the_servers_thread_holds_where_it_promises_one() -> None:
    app = app_with(thread=lambda id: {"id": threading.get_ident()}, python=lambda id: asker.get("/thread"))
    asker = gateway(app)
    here = {"id": threading.get_ident()}
    assert aggregate(app, ["/thread", "/thread/1"]) == {"/thread": here, "/thread/1": here}
    assert aggregate(app, ["/python"])["/python"] != here
    assert app.test_client().get("/python").json != here


# Nested work --------------------------------------------------------------------------------------------------------


def nesting(threads: int, **settings: Any) -> tuple[Flask, Turnstile]:
    """An app whose `/outer/…` ask the gateway for a leaf when the pool is full of them."""
    turnstile = Turnstile()

    def outer(id: str) -> Any:
        with turnstile.entered(id):
            full = turnstile.met(threads)
            return {"full": full, "leaf": asker.get(f"/leaf/{id}")}

    app = app_with(outer=outer, leaf=lambda id: {"id": id})
    asker = gateway(app, threads=threads, **settings)
    return app, turnstile


def test_t5_nested_work_on_a_full_pool_is_done() -> None:
    app, turnstile = nesting(threads=2)
    paths = numbered("outer", 6)
    assert aggregate(app, paths) == {path: {"full": True, "leaf": {"id": path[-1]}} for path in paths}
    assert turnstile.peak == 2


def test_t5_nested_work_of_many_requests_on_a_full_pool_is_done() -> None:
    app, turnstile = nesting(threads=4, in_flight=2)
    with ThreadPoolExecutor(6) as executor:
        batches = [[f"/outer/{client}-{number}" for number in range(4)] for client in range(6)]
        answers = list(executor.map(lambda paths: aggregate(app, paths), batches))
    for paths, answer in zip(batches, answers, strict=True):
        assert answer == {path: {"full": True, "leaf": {"id": path[7:]}} for path in paths}
    assert turnstile.peak == 4


@pytest.mark.parametrize("sequential", [None, True, False])
def test_t5_work_nests_as_deep_as_the_budget_allows(sequential: bool | None) -> None:
    codes = []

    def deep(id: str) -> Any:
        try:
            return {"depth": asker.get(f"/deep/{int(id) + 1}")["depth"]}
        except restgql.LimitExceeded as exc:
            codes.append(exc.code)
            return {"depth": int(id)}

    app = app_with(deep=deep)
    asker = gateway(app, threads=1, max_subrequests=30, sequential=sequential)
    for _ in range(2):
        assert aggregate(app, ["/deep/1"]) == {"/deep/1": {"depth": 30}}
    assert codes == ["LIMIT_EXCEEDED"] * 2


def test_t5_a_view_that_asks_from_outside_is_refused_while_the_pool_is_full() -> None:
    """A view that no sub-request runs does wait for the pool: not for longer than its deadline."""
    turnstile = Turnstile()
    released = threading.Event()

    def hold(id: str) -> Any:
        with turnstile.entered(id):
            return {"released": released.wait(PATIENCE)}

    app = app_with(hold=hold, keep=lambda id: hold(id), leaf=lambda id: {"leaf": True})
    app.add_url_rule("/python", "python", lambda: asker.get("/leaf"))
    app.register_error_handler(restgql.RestgqlError, lambda exc: ({"code": exc.code}, exc.status))
    gateway(app, threads=9, in_flight=9)
    asker = Gateway(app, name="short", graphql_path=None, aggregate_path=None, threads=9, routes=["*"], deadline=0.2)
    with ThreadPoolExecutor(1) as executor:
        paths = [*numbered("hold", 5), *numbered("keep", 4)]  # of one route alone, one of nine threads is for others
        holding = executor.submit(aggregate, app, paths)
        assert turnstile.met(9)
        refused = app.test_client().get("/python")
        released.set()
        assert holding.result() == {path: {"released": True} for path in paths}
    assert (refused.status_code, refused.json) == (503, {"code": "UNAVAILABLE"})
    assert app.test_client().get("/python").json == {"leaf": True}


# Nothing shared, nothing left ---------------------------------------------------------------------------------------

COLOUR: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")


def test_no_context_is_shared_or_left() -> None:
    barrier, meet = meeting(4)

    def view(id: str) -> Any:
        found = {"colour": COLOUR.get(), "g": sorted(vars(g)), "path": request.path}
        COLOUR.set(id)
        g.mark = id
        if id.startswith("w"):
            meet(id)
        return {**found, "own": [COLOUR.get(), g.mark, request.path]}

    app = app_with(view=view)
    gateway(app, threads=4)
    paths = [*(f"/view/w{number}" for number in range(4)), *numbered("view", 6)]
    token = COLOUR.set("outer")
    try:
        for _ in range(3):
            for path, part in aggregate(app, paths).items():
                id = path.removeprefix("/view/")
                assert part == {"colour": "outer", "g": [], "path": path, "own": [id, id, path]}
        assert COLOUR.get() == "outer"
    finally:
        COLOUR.reset(token)
    assert not barrier.broken
