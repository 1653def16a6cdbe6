"""The app under attack: plain JSON routes, a typed schema with cycles, stored operations, resolvers of its own.

`prepare()` makes each variant of it, and serves nothing. `send()` sends one request as a server would.
"""

import json
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import graphene
from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from restgql import Gateway
from tests.hardening import cost_schema

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
SSE = "text/event-stream"
MIXED = "multipart/mixed"
NDJSON = "application/x-ndjson"

TABLE = [
    {
        "id": row,
        "name": f"name {row}",
        "kind": f"N{row % 20}",
        "a": row,
        "b": row * 7 % 101,
        "c": [row, row + 1],
        "d": None,
    }
    | {"e": {"f": row, "g": "g" * 10}, "h": row % 2 == 0, "i": "text of a column"}
    for row in range(1_000)
]
POSTS = [{"id": number, "title": f"Post {number}", "userId": 1 + number % 3} for number in range(20)]
NODES = [{"id": number, "kind": f"N{number}", "name": f"node {number}"} for number in range(20)]

BODIES = {
    path: json.dumps(value).encode()
    for path, value in {
        "/table": TABLE,
        "/numbers": list(range(1_000)),
        "/nested": [[[[row] * 10] * 10] * 10 for row in range(10)],
        "/text": {"text": "x" * 100_000, "words": "a b " * 25_000},
        "/string": "y" * 100_000,
        "/links": {"next": "/ok?" + "n" * 100_000, "self": "/links"},
    }.items()
}
"""The large bodies, written once: the cost of a request is the gateway's."""


class Ballast(bytearray):
    """Memory that a view takes: `alive()` is what is left of it."""

    _all: ClassVar["weakref.WeakSet[Ballast]"] = weakref.WeakSet()
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._all.add(self)

    @classmethod
    def alive(cls) -> int:
        return len(cls._all)


class Leaf(graphene.ObjectType):  # type: ignore[misc]
    name = graphene.String()
    children = graphene.List(lambda: Leaf, count=graphene.Int(default_value=10))

    def resolve_children(root: Any, info: Any, count: int) -> list[Any]:
        return [root] * count


class Query(graphene.ObjectType):  # type: ignore[misc]
    tree = graphene.Field(Leaf)
    letters = graphene.List(graphene.String, count=graphene.Int(required=True))
    failing = graphene.String()

    def resolve_tree(root: Any, info: Any) -> Any:
        return {"name": "leaf"}

    def resolve_letters(root: Any, info: Any, count: int) -> list[str]:
        return ["x"] * min(count, 100_000)

    def resolve_failing(root: Any, info: Any) -> str:
        ballast = Ballast(20_000_000)
        raise ValueError(f"{len(ballast)} bytes of ballast")


def create(sdl: str = cost_schema.SDL, stored: Mapping[str, str] = cost_schema.OPERATIONS, **config: Any) -> Flask:
    """Return the app, with a gateway of the defaults but for `config`."""
    app = Flask("cost_app")
    add_routes(app)
    with tempfile.TemporaryDirectory() as name:  # all files are read when the app starts
        folder = Path(name)
        (folder / "schema.graphql").write_text(sdl)
        for stem, text in stored.items():
            (folder / "operations").mkdir(exist_ok=True)
            (folder / "operations" / f"{stem}.graphql").write_text(text)
        keys = {
            "routes": ["*", "!static"],
            "schema": name,
            "operations": f"{name}/operations" if stored else None,
            **config,
        }
        app.extensions["cost"] = Gateway(app, query=Query, **keys)
    return app


def add_routes(app: Flask) -> None:
    app.add_url_rule("/ok", "ok", lambda: {"ok": True})
    app.add_url_rule("/echo/<path:text>", "echo", lambda text: {"text": text})
    app.add_url_rule("/list", "list", lambda: POSTS)
    for path, body in BODIES.items():
        app.add_url_rule(path, path[1:], partial(Response, body, content_type=JSON))
    app.add_url_rule("/posts", "posts", lambda: POSTS)
    app.add_url_rule("/posts/<int:id>", "post", lambda id: POSTS[id % 20])
    app.add_url_rule("/users", "users", lambda: [_user(id) for id in request.args.getlist("id") or range(1, 4)])
    app.add_url_rule("/users/<id>", "user", lambda id: _user(id))
    app.add_url_rule("/users/<id>/posts", "user_posts", lambda id: POSTS)
    app.add_url_rule("/nodes", "nodes", lambda: NODES)
    app.add_url_rule("/form", "form", _form, methods=["POST", "PUT", "PATCH", "DELETE"])
    app.add_url_rule("/big", "big", _big)
    app.add_url_rule("/raises", "raises", _raises)
    app.add_url_rule("/late", "late", _late)
    app.add_url_rule("/through", "through", lambda: {"value": app.extensions["cost"].get(request.args["path"])})


def _user(id: Any) -> dict[str, Any]:
    return {"id": id, "name": "Ada", "city": "Lisbon"}


def _form() -> dict[str, Any]:
    files = [len(file.read()) for file in request.files.values()]
    return {"size": request.content_length, "files": files}


def _big() -> dict[str, str]:
    time.sleep(0.1)
    return {"x": "z" * 4_500_000}


def _raises() -> Any:
    ballast = Ballast(20_000_000)
    raise NotFound() if "not_found" in request.args else RuntimeError(f"{len(ballast)} bytes of ballast")


def _late() -> dict[str, str]:
    ballast = Ballast(5_000_000)
    time.sleep(float(request.args.get("seconds", "1")))
    return {"x": "w" * (len(ballast) // 2)}


VARIANTS: dict[str, Callable[[], Flask]] = {
    "open": lambda: create(profile="open"),
    "hardened": lambda: create(profile="hardened"),
    "writing": lambda: create(profile="open", max_batch=10, verbs=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    "impatient": lambda: create(profile="open", subrequest_timeout=0.3, deadline=1.0),
    "wide": lambda: create(cost_schema.wide(300), {}, profile="open"),
}
_apps: dict[str, Flask] = {}


def prepare() -> None:
    """Make every app, so that a fork has it at once."""
    _apps.update({name: make() for name, make in VARIANTS.items()})


def app(variant: str) -> Flask:
    if variant not in _apps:
        _apps[variant] = VARIANTS[variant]()
    return _apps[variant]


class Request(NamedTuple):
    """A request to a variant of the app; `path` has its query string."""

    body: bytes = b""
    path: str = "/graphql"
    method: str = "POST"
    accept: str = GRAPHQL_JSON
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    variant: str = "open"
    threads: bool = False

    @property
    def size(self) -> int:
        return len(self.body) + len(self.path) + sum(len(name) + len(value) for name, value in self.headers)


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes


def environ(sent: Request) -> dict[str, Any]:
    """Return the environ that a server makes of a request."""
    path, _, query = sent.path.partition("?")  # urlsplit() would keep it
    return {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "RAW_URI": sent.path,
        "REQUEST_URI": sent.path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": sent.accept,
        "CONTENT_TYPE": sent.content_type,
        "CONTENT_LENGTH": str(len(sent.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(sent.body),
        "wsgi.errors": _Nowhere(),
        "wsgi.multithread": sent.threads,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    } | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.headers}


def start(sent: Request) -> tuple[list[Any], Iterable[bytes]]:
    """Return the status line and headers of an answer, filled as soon as it begins, and its parts."""
    began: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        began[:] = [status, headers]
        return lambda data: None

    return began, app(sent.variant)(environ(sent), start_response)


def send(sent: Request) -> Answer:
    """Return the whole answer to a request."""
    began, parts = start(sent)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    headers = {name.lower(): value for name, value in began[1]}
    return Answer(int(began[0].split()[0]), headers.get("content-type", ""), body)


def at_once(requests: list[Request]) -> list[Answer]:
    """Return the answers to requests that threads of their own send."""
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda one=one: answers.append(send(one))) for one in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def graphql(
    query: str,
    variables: Any = None,
    *,
    accept: str = GRAPHQL_JSON,
    variant: str = "open",
    threads: bool = False,
    **more: Any,
) -> Request:
    """Return a POST of a GraphQL operation."""
    body = {"query": query, **({} if variables is None else {"variables": variables}), **more}
    return Request(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        accept=accept,
        variant=variant,
        threads=threads,
    )


class _Nowhere:
    """A stream of errors that keeps nothing."""

    def write(self, text: str) -> None: ...

    def writelines(self, lines: Iterable[str]) -> None: ...

    def flush(self) -> None: ...
