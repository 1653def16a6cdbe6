"""GETs of an app by itself, through one test client a thread: how a view of the app reuses its own routes."""

import threading
from typing import Any

from flask import Flask

_local = threading.local()


def get(app: Flask, path: str) -> Any:
    """Return the JSON of a route."""
    if not hasattr(_local, "client"):
        _local.client = app.test_client(use_cookies=False)
    return _local.client.get(path).get_json()


def get_once(app: Flask, answers: dict[str, Any], path: str) -> Any:
    """Return the JSON of a route, which one operation asks for once."""
    if path not in answers:
        answers[path] = get(app, path)
    return answers[path]
