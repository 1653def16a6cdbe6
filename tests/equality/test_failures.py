"""B8: what fails among ten is at its own place, and harms nothing else."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, abort

from restgql import Gateway
from tests.equality.client import Client

# An odd size, so that no other gateway of this process has these threads.
THREADS = 3
OTHERS = tuple(f"/fine/{number}" for number in range(9))


class Escaping(BaseException):
    """As a worker's timeout, or gevent's: it passes what catches Exception."""


def chunks_that_crash() -> Iterator[str]:
    yield "[1"
    raise RuntimeError("secret of the stream")


def crash(error: BaseException) -> Any:
    raise error


# Path: the status and code of its part, and the status of the outer response.
FAILURES: dict[str, tuple[Callable[[], Any], int, str | None]] = {
    "/error": (lambda: abort(500), 500, None),
    "/missing": (lambda: abort(404), 404, None),
    "/crash": (lambda: crash(RuntimeError("secret of the view")), 500, "UPSTREAM_INVALID"),
    "/crash/stream": (lambda: Response(chunks_that_crash(), content_type="application/json"), 500, "UPSTREAM_INVALID"),
    "/crash/location": (lambda: Response("", 302, {"Location": "http://["}), 500, "UPSTREAM_INVALID"),
    "/crash/exit": (lambda: crash(SystemExit(1)), 500, "UPSTREAM_INVALID"),
    "/crash/cancelled": (lambda: crash(asyncio.CancelledError()), 500, "UPSTREAM_INVALID"),
    "/crash/generator-exit": (lambda: crash(GeneratorExit()), 500, "UPSTREAM_INVALID"),
    "/crash/escaping": (lambda: crash(Escaping()), 500, "UPSTREAM_INVALID"),
    "/invalid": (lambda: Response("{", content_type="application/json"), 502, "UPSTREAM_INVALID"),
    "/large": (lambda: Response(b"a" * 100_001), 502, "LIMIT_EXCEEDED"),
    "/nowhere": (lambda: None, 403, "NOT_ALLOWED"),
}


@pytest.fixture(scope="module")
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(scope="module", params=["handled", "propagated"])
def client(request: pytest.FixtureRequest, serve: Callable[[Any], str], released: threading.Event) -> Client:
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = request.param == "propagated"
    for path, (view, _, _) in FAILURES.items():
        if path != "/nowhere":
            app.add_url_rule(path, path.replace("/", "_"), view)
    app.add_url_rule("/hang", "hang", lambda: str(released.wait(10)))
    app.add_url_rule("/fine/<int:number>", "fine", lambda number: {"fine": number})
    Gateway(app, routes=["*"], subrequest_timeout=0.3, max_reply=100_000, threads=THREADS)
    return Client(serve(app))


def is_handled(path: str, request: pytest.FixtureRequest) -> bool:
    """Whether Flask makes a response of its own of a crash: then that is the response."""
    return path == "/crash" and "handled" in request.node.name


@pytest.mark.parametrize("path", FAILURES)
def test_b8_a_failure_leaves_the_nine_others_intact(request: pytest.FixtureRequest, client: Client, path: str) -> None:
    _, status, code = FAILURES[path]
    paths = [*OTHERS[:4], path, *OTHERS[4:]]
    # As often as there are threads, and once more: a crash keeps none.
    for _ in range(THREADS + 1):
        parts = client.aggregate(paths)
        assert [parts[other]["body"] for other in OTHERS] == [{"fine": number} for number in range(9)]
        assert parts[path]["status"] == status
        assert parts[path]["body"].get("code") == (None if is_handled(path, request) else code)
        assert not {"Traceback", "secret", "RuntimeError"} & set(json.dumps(parts[path]).replace('"', " ").split())


@pytest.mark.parametrize("path", FAILURES)
def test_b8_a_failure_is_an_error_at_its_field(client: Client, path: str) -> None:
    fields = " ".join(f'f{number}: get(path: "{other}")' for number, other in enumerate([*OTHERS, path]))
    answer = client.query(f"{{ {fields} }}").json
    assert [error["path"] for error in answer["errors"]] == [["f9"]]
    assert [answer["data"][f"f{number}"] for number in range(10)] == [*({"fine": n} for n in range(9)), None]


def test_b8_one_error_one_hang_one_404_and_one_crash(client: Client) -> None:
    paths = ["/error", "/hang", "/missing", "/crash", *OTHERS[:6]]
    parts = client.aggregate(paths)
    assert [parts[path]["status"] for path in paths] == [500, 504, 404, 500, *[200] * 6]
    assert parts["/hang"]["body"]["code"] == "TIMEOUT"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_response_that_cannot_be_closed_has_been_sent(
    serve: Callable[[Any], str], caplog: pytest.LogCaptureFixture, wrapped: bool, streamed: bool
) -> None:
    app = Flask(__name__)

    @app.get("/report")
    def report() -> Response:
        response = Response(iter(["[1,", "2]"]) if streamed else "[1,2]", content_type="application/json")
        response.call_on_close(lambda: crash(RuntimeError("no connection to release")))
        return response

    Gateway(app, routes=["*"])
    if wrapped:
        inner = app.wsgi_app
        app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    client = Client(serve(app))
    direct = client.get("/report")
    assert (direct.status, direct.json) == (200, [1, 2])
    assert client.query('{ get(path: "/report") }').json == {"data": {"get": [1, 2]}}
    assert "no connection to release" in caplog.text
