"""An app behind the gateway, to be run by real servers: each answer says for whom it was made."""

import os
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, abort, g, request

from restgql import Gateway

SUBREQUEST_TIMEOUT = float(os.environ.get("SUBREQUEST_TIMEOUT", "5"))
THREADS = int(os.environ.get("THREADS", "32"))
MEETING_SECONDS = 0.9 * SUBREQUEST_TIMEOUT
MEETINGS: dict[str, threading.Barrier] = {}

app = Flask(__name__)
app.logger.disabled = True  # it would fill the log with the crashes that the tests ask for


@app.before_request
def guard() -> Any:
    """Who it is, by the token that the client sends."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        return {"title": "Unauthorized"}, 401
    g.who = token
    return None


@app.get("/compute/<id>")
def compute(id: str) -> Any:
    return {"id": id, "who": g.who, "sum": sum(range(1_000))}


@app.get("/wait/<id>")
def wait(id: str) -> Any:
    before = g.who
    time.sleep(int(request.args.get("ms", "100")) / 1000)
    return {"id": id, "who": g.who, "kept": before == g.who}


@app.get("/meet/<name>/<int:count>/<id>")
def meet(name: str, count: int, id: str) -> Any:
    """Wait until so many requests of one name are here at once."""
    # made by a request: a server that patches threading does so before
    meeting = MEETINGS.setdefault(name, threading.Barrier(count))
    try:
        meeting.wait(MEETING_SECONDS)
    except threading.BrokenBarrierError:
        return {"id": id, "met": False}
    return {"id": id, "met": True}


@app.get("/list/<int:count>")
def listed(count: int) -> Any:
    return {"who": g.who, "ids": [str(number) for number in range(count)]}


@app.get("/nested/<id>")
def nested(id: str) -> Any:
    return {"who": g.who, "inner": gateway.get(f"/wait/{id}?ms=5")}


@app.get("/hang")
def hang() -> Any:
    return {"waited": threading.Event().wait(float(request.args.get("seconds", "60")))}


@app.get("/hang/<path:anything>")
def hang_anywhere(anything: str) -> Any:
    return {"waited": threading.Event().wait(float(request.args["seconds"]))}


@app.get("/events")
def events() -> Any:
    """A stream of events, none of which ever comes."""
    return Response(iter(queue.Queue[bytes]().get, None), mimetype="text/event-stream")


@app.get("/crash")
def crash() -> Any:
    raise RuntimeError("as asked")


@app.get("/error")
def error() -> Any:
    abort(503)


@app.get("/endless")
def endless() -> Any:
    def chunks() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    return Response(chunks(), content_type="text/plain")


@app.get("/process")
def process() -> Any:
    """The process that answers, and how many threads it has as Python and as gevent see them."""
    return {"pid": os.getpid(), "threads": threading.active_count()}


gateway = Gateway(
    app,
    routes=["*"],
    profile="open",
    subrequest_timeout=SUBREQUEST_TIMEOUT,
    threads=THREADS,
    max_reply=1_000_000,
    sequential=False if "AT_ONCE" in os.environ else None,
)

if "WARM" in os.environ:  # as an app that asks itself while it is loaded, before the server forks
    assert "errors" not in gateway.execute('{ get(path: "/wait/1") }', headers={"Authorization": "Bearer warm"})
