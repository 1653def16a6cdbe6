"""Within one process: batches against the same requests one by one, through the app's own `wsgi_app`."""

import io
import json
import logging
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import EnvironBuilder

from benchmarks.app import create_app
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.upstream.outer_request import OuterRequest

Case = Callable[[], object]
QUICK = [f"/posts/{id}" for id in range(1, 11)]
SLOW = [f"/slow/50/{n}" for n in range(10)]
LEVEL = """{ fetch(path: "/slow/50/1") { getEach(over: "next", path: "{+item}") } }"""


def environ(path: str, method: str = "GET", value: Any = None) -> dict[str, Any]:
    data, content_type = (None, None) if value is None else (json.dumps(value).encode(), "application/json")
    made = EnvironBuilder(path=path, method=method, data=data, content_type=content_type).get_environ()
    made.pop("werkzeug.request", None)
    # as most servers promise, so that sub-requests may run at the same time
    return made | {"wsgi.multithread": True}


def exchange(app: Any, made: dict[str, Any], body: bytes) -> bytes:
    """One request through a WSGI callable, read to its end."""
    started: list[str] = []
    chunks = app(made | {"wsgi.input": io.BytesIO(body)}, lambda status, headers, *exc_info: started.append(status))
    text = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    assert started[0].startswith("200"), (started, text)
    return text


def one_by_one(app: Flask, paths: list[str]) -> Case:
    environs = [environ(path) for path in paths]
    return lambda: [exchange(app.wsgi_app, made, b"") for made in environs]


def posted(app: Flask, path: str, value: Any) -> Case:
    made, body = environ(path, "POST", value), json.dumps(value).encode()
    text = exchange(app, made, body)
    assert b"errors" not in text, text
    return lambda: exchange(app, made, body)


def plan_to_replies(app: Flask, paths: list[str]) -> Case:
    """The dispatch alone: no HTTP request to the gateway, and no response made."""
    mounted = app.extensions["restgql"]["restgql"]
    arguments = NodeArguments(parts=tuple((path, path) for path in paths))
    node = PlanNode(key="aggregate", kind=NodeKind.AGGREGATE, arguments=arguments)
    made = environ("/graphql")
    here = app.request_class(made)
    adapter = app.create_url_adapter(here)
    entered = OuterRequest(app, made, True, copy_context())
    return lambda: mounted.pipeline.start_node(node, mounted.connect(entered, here, adapter)).finish()


def query(paths: list[str]) -> dict[str, str]:
    return {"query": "{ " + " ".join(f'a{n}: get(path: "{path}")' for n, path in enumerate(paths)) + " }"}


def quick(*, proxied: bool = False) -> dict[str, Case]:
    """Ten routes that cost next to nothing; `proxied` is behind Werkzeug's ProxyFix, as most apps are in production."""
    logging.getLogger("restgql").setLevel(logging.ERROR)
    app = create_app()
    if proxied:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    return {
        "ten one by one": one_by_one(app, QUICK),
        "plan to replies": plan_to_replies(app, QUICK),
        "POST /aggregate": posted(app, "/aggregate", QUICK),
        "POST /graphql": posted(app, "/graphql", query(QUICK)),
    }


def slow() -> dict[str, Case]:
    app = create_app()
    return {
        "one of 50 ms": one_by_one(app, SLOW[:1]),
        "ten of 50 ms in a batch": posted(app, "/aggregate", SLOW),
        "one of 50 ms, then ten that need it": posted(app, "/graphql", {"query": LEVEL}),
    }
