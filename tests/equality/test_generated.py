"""Generated targets and header fields: what the app sees of a sub-request is what it sees of the direct request."""

import string
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from restgql import Gateway
from tests.equality import rule
from tests.equality.client import Client
from tests.equality.conftest import plain, wrapped

BOUNDED = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# What the URL Standard percent-encodes, of ASCII.
SPECIAL_IN_PATHS = ' "#<>?^`{}'
SPECIAL_IN_QUERIES = " \"#<>'"

# Known names, some of which speak of the outer request, of the connection, or of who the caller is.
FIELD_NAMES = (
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Content-Language",
    "Content-Location",
    "Cookie",
    "DNT",
    "Date",
    "Forwarded",
    "HTTP2-Settings",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Whatever",
    "Keep-Alive",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Prefer",
    "Proxy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Restgql-Depth",
    "Script-Name",
    "Sec-Fetch-Site",
    "TE",
    "Trailer",
    "Upgrade",
    "User-Agent",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
    "X-Original-URL",
    "X-Real-IP",
    "X-Request-Id",
    "X-Rewrite-URL",
    "X_Forwarded_For",
    "restgql.depth",
    "traceparent",
    "x-content-x",
    "x-http-method-override",
    "x-if-x",
)
TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"


def is_refused(path: str) -> bool:
    """Whether a path has a dot segment, however encoded, or is of slashes that are: no `path` converter takes those."""
    decoded = path
    for _ in range(4):
        decoded = unquote(decoded)
    return any(segment in (".", "..") for segment in decoded.split("/")) or (decoded != path and not decoded.strip("/"))


# A template's braces and a fragment's mark are the gateway's; a backslash is refused.
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="{}#\\")
ENCODINGS = st.sampled_from([*(f"%{byte:02x}" for byte in range(256)), "%", "%2", "%zz", "%C3%A9", "%25%32%35", "+"])
TEXTS = st.lists(st.one_of(st.text(CHARACTERS, max_size=8), ENCODINGS), max_size=5).map("".join)
SEGMENTS = TEXTS.map(lambda text: text.replace("?", ""))
PATHS = st.lists(SEGMENTS, max_size=4).map("/".join).filter(lambda path: not is_refused(path))
PAIRS = st.lists(st.tuples(TEXTS, TEXTS).map("=".join), max_size=3).map("&".join)
QUERIES = st.one_of(st.none(), TEXTS, PAIRS)

NAMES = st.one_of(st.sampled_from(FIELD_NAMES), st.text(TOKEN, min_size=1, max_size=8).map("X-{}".format))
VALUES = st.text(st.characters(max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=20).map(str.strip)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
OPTIONS = st.lists(st.one_of(NAMES, st.sampled_from(["close", "keep-alive", "HOST", "cookie", ""])), max_size=3)


def encoded(text: str, special: str) -> str:
    """As `fetch` puts it in a URL."""
    return "".join(
        chr(byte) if 0x20 < byte < 0x7F and chr(byte) not in special else f"%{byte:02X}" for byte in text.encode()
    )


@pytest.fixture(scope="module", params=[plain, wrapped], ids=lambda make: make.__name__)
def echo(request: pytest.FixtureRequest, serve: Callable[[Any], str]) -> Client:
    app = request.param()
    Gateway(app, routes=["echo"])
    return Client(serve(app))


@BOUNDED
@given(path=PATHS, query=QUERIES)
@example(path="é", query="é")
@example(path="%C3%A9/%ff", query="%ff=%zz")
@example(path="a%2Fb", query="a=b?c/d")
@example(path="a//b", query="")
def test_a_target_reaches_the_app_as_the_clients_would(echo: Client, path: str, query: str | None) -> None:
    asked = f"/echo/{path}" if query is None else f"/echo/{path}?{query}"
    target = "/echo/" + encoded(path, SPECIAL_IN_PATHS)
    if query is not None:
        target += "?" + encoded(query, SPECIAL_IN_QUERIES)
    direct, through = echo.get(target, rule.carried([])), echo.fetch(asked)
    if direct.status == 404:  # a line feed, which the converter does not take
        assert through.code == "NOT_ALLOWED"
        return
    rule.assert_equal(direct, through)
    assert through.url == target


@BOUNDED
@given(fields=FIELDS, options=OPTIONS)
@example(fields=[("Cookie", "a=1"), ("Cookie", "b=2"), ("X-A", "1"), ("x-a", "2")], options=[])
@example(fields=[("X-A", "1"), ("X-Forwarded-For", "192.0.2.1")], options=["x-a", "x-forwarded-for", "host"])
def test_header_fields_reach_the_app_as_the_clients_would(
    echo: Client, fields: list[tuple[str, str]], options: list[str]
) -> None:
    headers = [*fields, ("Connection", ", ".join(options))] if options else fields
    rule.assert_equal(echo.get("/echo", rule.carried(headers)), echo.fetch("/echo", headers))
