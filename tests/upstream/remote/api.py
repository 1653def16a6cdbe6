"""An API on another server."""

from collections.abc import Callable
from typing import Any

from flask import Flask, request

from restgql import Gateway

Serve = Callable[[Any], str]


class Api:
    """An API on another server. `hits` are the targets it was asked for, `headers` those of the last request."""

    def __init__(self, name: str) -> None:
        self.hits: list[str] = []
        self.headers: dict[str, str] = {}
        self.url = ""
        self.app = Flask(name)
        self.app.url_map.merge_slashes = False
        self.app.add_url_rule("/", view_func=self.any, defaults={"path": ""})
        self.app.add_url_rule("/<path:path>", view_func=self.any)
        self.app.register_error_handler(404, lambda _: self.any(""))  # a path with a newline in it, say
        self.answers: dict[str, Callable[[], Any]] = {}

    def any(self, path: str) -> Any:
        target = request.environ["RAW_URI"]
        self.hits.append(target)
        self.headers = dict(request.headers)
        answer = self.answers.get(f"/{path}")
        return {"api": self.app.name, "target": target} if answer is None else answer()


def mounted(app: Flask, upstreams: dict[str, str], **options: Any) -> Gateway:
    return Gateway(app, upstreams=upstreams, **{"routes": ["*", "!static"], "profile": "open"} | options)
