"""httpbin: a status, a header or a redirect for every purpose, and views that assign a dict to `response.headers`."""

from pathlib import Path
from typing import Any

ARGUMENTS = {
    "anything": "a/b",
    "code": 303,
    "codes": 418,
    "delay": 0,
    "n": 3,
    "num_bytes": 12,
    "numbytes": 40,
    "offset": 1,
    "passwd": "secret",
    "password": "secret",
    "qop": "auth",
    "user": "ann",
    "username": "ann",
    "/base64/<value>": {"value": "aGVsbG8="},
    "etag": "abc",
}
PATHS = [
    *(f"/status/{code}" for code in (200, 204, 301, 304, 400, 401, 402, 404, 406, 407, 500, 503)),
    "/anything?a=1&a=2&b=%20",
    "/bytes/12?seed=7",
    "/cookies/set?a=1&b=2",
    "/drip?duration=0&numbytes=5&delay=0",
    "/get?show_env=1",
    "/range/40?duration=0",
    "/redirect-to?url=/get",
    "/redirect-to?url=http://example.org/",
    "/response-headers?X-A=1&X-A=2",
    "/stream-bytes/40?seed=7",
]
HEADERS = {"Authorization": "Basic YW5uOnNlY3JldA=="}
LEFT_OUT = {
    "/bytes/3": "random bytes: with a seed instead",
    "/stream-bytes/3": "random bytes: with a seed instead",
    "/drip": "two seconds: with duration=0 instead",
    "/redirect-to": "leads to /None, which no route matches: NOT_ALLOWED where RESTGQL_ROUTES is set",
}
ANSWERED = 42


def create(folder: Path) -> Any:
    from httpbin import app

    return app
