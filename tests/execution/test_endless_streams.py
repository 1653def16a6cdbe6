"""Responses without end, and streams of events."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from restgql import Gateway
from restgql.execution import thread_pool as pool
from tests.execution.hanging import SIZES
from tests.turnstile import PATIENCE, becomes


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
