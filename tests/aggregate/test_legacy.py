"""What Flask-Aggregator 0.2.0 gets wrong, a test each; and that what it gets right comes out the same here."""

import gc
import json
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, g, has_request_context, jsonify, request
from flask.testing import FlaskClient
from flask_aggregator import Aggregator
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from restgql import Gateway
from tests.equality.client import Client

BESIDE = 10
SECRET = "the secret"


class Legacy:
    """An app that Flask-Aggregator fails on, with a gateway; `events` counts what its hooks and views saw."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.requests: weakref.WeakSet[Any] = weakref.WeakSet()
        self.barrier = threading.Barrier(BESIDE)
        self.app = Flask(__name__)
        self._add_hooks()
        self._add_views()
        Gateway(self.app, routes=["*"])

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client(use_cookies=False)

    def ask(self, paths: Any, query: str = "", **options: Any) -> TestResponse:
        return self.client.post(f"/aggregate{query}", json=paths, **options)

    def _add_hooks(self) -> None:
        @self.app.before_request
        def guard() -> Response | None:
            self.events["before"] += 1
            self.requests.add(request._get_current_object())  # type: ignore[attr-defined]
            if request.path.startswith("/secret") and request.authorization is None:
                return Response(status=401, headers={"WWW-Authenticate": "Basic"})
            g.asked = request.path
            return None

        @self.app.after_request
        def stamp(response: Response) -> Response:
            self.events["after"] += 1
            response.headers["X-Stamp"] = request.path
            return response

        @self.app.teardown_request
        def teardown(error: BaseException | None) -> None:
            self.events["teardown"] += 1

        @self.app.teardown_appcontext
        def teardown_context(error: BaseException | None) -> None:
            self.events["teardown context"] += 1

    def _add_views(self) -> None:
        app = self.app
        app.add_url_rule("/hello/<name>", "hello", hello)

        @app.get("/secret")
        def secret() -> str:
            self.events["secret"] += 1
            return SECRET

        @app.get("/beside/<int:number>")
        def beside(number: int) -> dict[str, int]:
            self.barrier.wait(4)
            return {"number": number}

        @app.get("/full")
        def full() -> Response:
            response = jsonify(cookie=request.cookies.get("theme"))
            response.set_etag("tag")
            response.set_cookie("seen", "1")
            response.headers["Link"] = "</next>; rel=next"
            return response

        views: dict[str, Callable[[], Any]] = {
            "jsonify": lambda: jsonify(a=[1]),
            "Response": lambda: Response('{"a": 1}', content_type="application/json"),
            "dict": lambda: {"a": 1},
            "list": lambda: [1],
            "tuple": lambda: ("made", 201, {"X-Made": "1"}),
            "bytes": lambda: b"abc",
            "stream": lambda: (part for part in ("a", "b")),
        }
        for name, view in views.items():
            app.add_url_rule(f"/returns/{name}", name, view)


def hello(name: str) -> str:
    """The route of Flask-Aggregator's README."""
    question = request.args.get("question")
    return f"Hello, {name}! {question}" if question else f"Hello, {name}!"


@pytest.fixture
def legacy() -> Legacy:
    return Legacy()


def test_a_guard_in_before_request_is_run(legacy: Legacy) -> None:
    answer = legacy.ask(["/secret", "/hello/world"])
    assert answer.status_code == 200
    assert answer.json["/secret"]["status"] == 401
    assert answer.json["/hello/world"] == "Hello, world!"
    assert SECRET not in answer.text
    assert legacy.events["secret"] == 0
    assert legacy.ask(["/secret"], auth=("me", "mine")).json == {"/secret": SECRET}


def test_after_and_teardown_hooks_are_not_skipped(legacy: Legacy) -> None:
    answer = legacy.ask(["/hello/a", "/hello/b", "/nowhere", "/secret"], "?envelope=true").json
    assert [part["headers"].get("X-Stamp") for part in answer.values()] == ["/hello/a", "/hello/b", None, "/secret"]
    ran = 1 + 3  # the outer request, and those that an allowed route matches
    assert legacy.events == {"before": ran, "after": ran, "teardown": ran, "teardown context": ran}


def test_no_request_context_is_left_pushed(legacy: Legacy) -> None:
    client = legacy.client
    for number in range(200):
        client.post("/aggregate", json=[f"/hello/{number}", "/nowhere", "/secret"]).close()
    assert not has_request_context()
    assert legacy.events["teardown"] == legacy.events["teardown context"] == 200 * 3
    until = time.monotonic() + 10  # the thread of the last sub-request lets go of it a moment after the answer
    while len(legacy.requests) > 1 and time.monotonic() < until:
        gc.collect()
        time.sleep(0.01)
    assert len(legacy.requests) <= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jsonify", {"a": [1]}),
        ("Response", {"a": 1}),
        ("dict", {"a": 1}),
        ("list", [1]),
        ("tuple", "made"),
        ("bytes", "abc"),
        ("stream", "ab"),
    ],
)
def test_a_view_may_return_what_flask_takes(legacy: Legacy, name: str, value: Any) -> None:
    assert legacy.ask([f"/returns/{name}"]).json == {f"/returns/{name}": value}


def test_one_404_does_not_end_the_map_in_the_middle(legacy: Legacy) -> None:
    @legacy.app.get("/gone")
    def gone() -> tuple[str, int]:
        return "gone", 404

    answer = legacy.ask(["/hello/a", "/gone", "/nowhere", "/hello/b"])
    assert answer.status_code == 200
    found = answer.json
    assert list(found) == ["/hello/a", "/gone", "/nowhere", "/hello/b"]
    assert (found["/hello/a"], found["/hello/b"]) == ("Hello, a!", "Hello, b!")
    assert found["/gone"] == {"type": "about:blank", "title": "Not Found", "status": 404}
    assert found["/nowhere"]["code"] == "NOT_ALLOWED"


def test_an_empty_list_is_an_empty_map(legacy: Legacy) -> None:
    answer = legacy.ask([])
    assert (answer.status_code, answer.data) == (200, b"{}")


def test_a_number_is_400(legacy: Legacy) -> None:
    answer = legacy.ask([1])
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.get_json(force=True)["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("path", ['/hello/"', '/hello/a?question="', "/hello/\\", '"', "\\"])
def test_a_quote_in_a_path_is_valid_json(legacy: Legacy, path: str) -> None:
    assert list(json.loads(legacy.ask([path]).data)) == [path]


def test_a_path_given_twice_is_one_key_and_one_request(legacy: Legacy) -> None:
    answer = legacy.ask(["/hello/a", "/hello/b", "/hello/a"])
    pairs = json.loads(answer.data, object_pairs_hook=list)
    assert pairs == [("/hello/a", "Hello, a!"), ("/hello/b", "Hello, b!")]
    assert legacy.events["before"] == 1 + 2


def test_requests_run_beside_each_other(legacy: Legacy) -> None:
    paths = [f"/beside/{number}" for number in range(BESIDE)]
    # The barrier opens when all of them are in it; one after the other, the first would break it.
    assert legacy.ask(paths).json == {path: {"number": number} for number, path in enumerate(paths)}
    assert not legacy.barrier.broken


def test_a_get_is_possible(legacy: Legacy) -> None:
    answer = legacy.client.get(
        "/aggregate", query_string=[("path", "/hello/a?question=Sup?"), ("path", "/returns/dict")]
    )
    assert answer.json == {"/hello/a?question=Sup?": "Hello, a! Sup?", "/returns/dict": {"a": 1}}


def test_headers_and_cookies_and_etags_are_there(legacy: Legacy) -> None:
    answer = legacy.ask(["/full", "/returns/tuple"], "?envelope=true", headers={"Cookie": "theme=dark"})
    full, made = answer.json["/full"], answer.json["/returns/tuple"]
    assert (full["status"], full["body"]) == (200, {"cookie": "dark"})
    assert (full["headers"]["ETag"], full["headers"]["Link"]) == ('"tag"', "</next>; rel=next")
    assert (made["status"], made["headers"]["X-Made"], made["body"]) == (201, "1", "made")
    assert "Set-Cookie" not in full["headers"]
    assert answer.headers.getlist("Set-Cookie") == ["seen=1; Path=/"]


# The differential test: both libraries over the same route.

Both = tuple[Client, Client]

BODIES: dict[str, list[str]] = {
    "readme": ["/hello/world", "/hello/ramnes?question=Sup?"],
    "one": ["/hello/world"],
    "order": [f"/hello/{name}" for name in "zaybxc"],
    "many": [f"/hello/{number}?question={number * number}" for number in range(50)],
    "unicode": ["/hello/Grüße", "/hello/世界?question=好吗?", "/hello/🎈?question=🎈"],
    "combining": ["/hello/e\u0301", "/hello/\u00e9"],
    "encoded": ["/hello/%77orld", "/hello/%C3%A9?question=%C3%A9", "/hello/100%25?question=100%25"],
    "spaces": ["/hello/big world", "/hello/big%20world?question=how are you", "/hello/a?question=a+b%2Bc"],
    "queries": [
        "/hello/a?",
        "/hello/a?question",
        "/hello/a?question=",
        "/hello/a?other=1",
        "/hello/a?question=1&question=2",
        "/hello/a?other=1&question=a=b",
        "/hello/a?question=http://example.org/?a=1",
        "/hello/a?question=/../..//",
        "/hello/a?question=%26%3D%23",
        "/hello/a?question='<>|^`{}",
    ],
    "marks": ["/hello/a:b", "/hello/a;b=1", "/hello/a,b", "/hello/a@b", "/hello/(a)", "/hello/a+b", "/hello/~a!$'*"],
    "long": ["/hello/" + "a" * 2_000, "/hello/a?question=" + "é" * 500],
}
_LETTERS = st.characters(categories=("L", "N"), include_characters=" -_~!$'()*,:;=@+")
_NAMES = st.text(_LETTERS, min_size=1, max_size=12)
_PATHS = st.builds(
    lambda name, question: f"/hello/{name}" + ("" if question is None else f"?question={question}"),
    _NAMES,
    st.none() | st.text(_LETTERS | st.sampled_from("?/&%|.<>"), max_size=12),
)


@pytest.fixture(scope="module")
def both(serve: Callable[[Any], str]) -> Both:
    """The old library and this one, over a route each. A thread a request, since the old one never pops a context."""
    apps = [Flask("old"), Flask("new")]
    for app in apps:
        app.add_url_rule("/hello/<name>", "hello", hello)
    Aggregator(app=apps[0], endpoint="/aggregate")
    Gateway(apps[1], routes=["*"])
    return Client(serve(apps[0])), Client(serve(apps[1]))


def assert_same(both: Both, paths: list[str]) -> None:
    old, new = (client.post("/aggregate", paths) for client in both)
    assert (new.status, new.header("Content-Type")) == (old.status, old.header("Content-Type"))
    assert json.loads(new.body, object_pairs_hook=list) == json.loads(old.body, object_pairs_hook=list)
    assert len(old.json) == len(paths)


@pytest.mark.parametrize("paths", BODIES.values(), ids=BODIES)
def test_what_the_old_library_answers_comes_out_the_same(both: Both, paths: list[str]) -> None:
    assert_same(both, paths)


@settings(max_examples=60, derandomize=True)
@given(st.lists(_PATHS, min_size=1, max_size=6, unique=True))
def test_whatever_it_is_asked_comes_out_the_same(both: Both, paths: list[str]) -> None:
    assert_same(both, paths)
