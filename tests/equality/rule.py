"""The rule that a sub-request is the direct request: its exceptions as tables, and what is expected of each answer.

Nothing here asks the gateway how it does it.
"""

import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import brotli

from tests.equality.client import Answer, Client, Fetched

Headers = Iterable[tuple[str, str]]

HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}

# What the caller sends and a sub-request does not carry, and why.
DROPPED_FROM_REQUESTS = dict.fromkeys(HOP_BY_HOP, "hop-by-hop") | {
    "content-": "of the outer body",
    "if-": "a condition on the outer response",
    "range": "of the outer response",
    "expect": "of the outer body",
    "accept": "it is the gateway that reads the answer",
    "accept-encoding": "it is the gateway that reads the answer",
    "x-http-method-override": "of the outer request",
    "idempotency-key": "of the operation, unless that is one mutation",
}
ADDED_TO_REQUESTS = (("Accept", "application/json, */*;q=0.5"),)
# Who the caller is: no Connection option takes these away, as none does at a server.
KEPT_IN_REQUESTS = {"authorization", "cookie", "forwarded", "host", "via", "x-real-ip"}

# What a response has on the socket and not in the data.
DROPPED_FROM_RESPONSES = dict.fromkeys(HOP_BY_HOP, "hop-by-hop") | {
    "date": "of the moment",
    "server": "the server adds it, and no server is between",
    "set-cookie": "on the outer response, never in data",
}

NO_CONTENT = {204, 205, 304}
FOLLOWED = {301, 302, 303, 307, 308}
MAX_REDIRECTS = 5
# The body of a part whose own cannot be read.
UNREADABLE = "unreadable"
HTML = ("text/html", "application/xhtml+xml")

DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.decompress,
    "deflate": lambda body: zlib.decompress(body, wbits=15 if body[:1] == b"\x78" else -15),
    "br": brotli.decompress,
}

ENCODERS: dict[str, Callable[[bytes], bytes]] = {"identity": bytes, "gzip": gzip.compress}


def listed(name: str, table: Iterable[str]) -> bool:
    """Whether a table has a name, or the beginning of it."""
    return any(name == entry or (entry[-1] in "-." and name.startswith(entry)) for entry in table)


def carried(headers: Headers) -> list[tuple[str, str]]:
    """The header fields with which the caller would send the sub-request directly."""
    headers = list(headers)
    options = {
        option.strip().lower() for name, value in headers if name.lower() == "connection" for option in value.split(",")
    }
    kept = [
        (name, value)
        for name, value in headers
        if not listed(name.lower(), DROPPED_FROM_REQUESTS) and (name.lower() not in options or is_kept(name.lower()))
    ]
    return [*kept, *ADDED_TO_REQUESTS]


def is_kept(name: str) -> bool:
    return name in KEPT_IN_REQUESTS or name.startswith("x-forwarded-")


def essence(answer: Answer) -> str:
    return (answer.header("Content-Type") or "").partition(";")[0].strip().lower()


def is_json(answer: Answer) -> bool:
    return essence(answer) == "application/json" or essence(answer).endswith("+json")


def is_text(answer: Answer) -> bool:
    return essence(answer).startswith("text/") or essence(answer) == "application/xml" or essence(answer)[-4:] == "+xml"


class Unreadable(Exception):
    """The body is not what its header fields say."""


def decoded(answer: Answer) -> bytes:
    """The body, its content coding undone. Raises Unreadable."""
    body = answer.body
    for coding in reversed((answer.header("Content-Encoding") or "").split(",")) if body else ():
        try:
            body = DECODERS[coding.strip().lower()](body)
        except (KeyError, OSError, zlib.error, brotli.error) as exc:
            raise Unreadable from exc
    return body


def text_of(answer: Answer, body: bytes) -> str | None:
    """The body as text by its charset, less a byte order mark; None where it cannot be."""
    charset = (answer.header("Content-Type") or "").partition("charset=")[2].strip('"') or "utf-8"
    try:
        return body.decode(charset).removeprefix("\ufeff")
    except (LookupError, UnicodeError):
        return None


def value_of(answer: Answer) -> Any:
    """The JSON value of a response: the first row of the table that fits. Raises Unreadable."""
    body, has_content = decoded(answer), answer.status not in NO_CONTENT
    if has_content and is_json(answer) and body.strip():
        try:
            return json.loads(body.removeprefix(b"\xef\xbb\xbf").decode(), parse_constant=_refuse)
        except ValueError as exc:
            raise Unreadable from exc
    if answer.status >= 400:
        return problem(answer.status)
    if not has_content or not body or is_json(answer):
        return None
    text = text_of(answer, body) if is_text(answer) else None
    return data_url(answer, body) if text is None else text


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def data_url(answer: Answer, body: bytes) -> str:
    media_type = (answer.header("Content-Type") or "application/octet-stream").replace(" ", "")
    return f"data:{media_type};base64,{b64encode(body).decode()}"


def problem(status: int) -> dict[str, Any]:
    """The problem details that a status alone makes."""
    titles = {known.value: known.phrase for known in HTTPStatus}
    return {"type": "about:blank", "title": titles.get(status, "Unknown status"), "status": status}


def fields(answer: Answer) -> list[tuple[str, str]]:
    """The header fields that the data shows."""
    return [(name, value) for name, value in answer.headers if not listed(name.lower(), DROPPED_FROM_RESPONSES)]


def cookies(answer: Answer) -> list[str]:
    """The Set-Cookie values, less what the second they were made in leaves in them."""
    values = []
    for value in answer.all("Set-Cookie"):
        pair, *attributes = value.split("; ")
        if pair.startswith("session="):
            pair = pair.rsplit(".", 2)[0]
        values.append("; ".join([pair, *(a for a in attributes if "Expires=" not in a or "1970" in a)]))
    return values


def assert_equal(direct: Answer, through: Fetched, hops: Sequence["Hop"] = ()) -> None:
    """Hold a `fetch` to the direct response, whole; `hops` are those of the redirects that led to it."""
    assert through.found is not None, through.error
    assert through.header_list == fields(direct)
    set_before = [cookie for hop in hops[:-1] for cookie in cookies(hop.answer)]
    assert cookies(through.outer) == [*set_before, *cookies(direct)]
    assert (through.contentType, through.etag) == (direct.header("Content-Type"), direct.header("ETag"))
    try:
        value = value_of(direct)
    except Unreadable:
        assert (through.status, through.failure, through.json) == (direct.status, None, None)
        assert through.error is not None
        assert through.code == "UPSTREAM_INVALID"
        assert through.error["path"][-1] in ("json", "text")
        return
    body = decoded(direct)
    assert (through.status, through.failure) == (direct.status, None)
    assert through.ok == (200 <= direct.status <= 299)
    assert through.body == body
    assert (through.size, through.text) == (len(body), text_of(direct, body))
    assert through.json == value


def assert_part_equal(hops: list["Hop"], part: Mapping[str, Any]) -> None:
    """Hold a part of an aggregate to the direct responses, one a redirect."""
    expected = part_of(hops)
    assert part["headers"] == expected["headers"]
    if expected["body"] is UNREADABLE:
        assert (part["status"], part["body"]["code"]) == (502, "UPSTREAM_INVALID")
        return
    assert (part["status"], part["body"]) == (expected["status"], expected["body"])


def part_of(hops: list["Hop"]) -> dict[str, Any]:
    """The envelope that an aggregate gives the direct responses; its body is UNREADABLE where that cannot be read."""
    answer = hops[-1].answer
    if len(hops) > 1 and essence(answer) in HTML:
        answer = hops[0].answer
    joined: dict[str, str] = {}
    for name, value in fields(answer):
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    try:
        value = value_of(answer)
    except Unreadable:
        return {"status": 502, "headers": joined, "body": UNREADABLE}
    if answer.status in FOLLOWED and not is_json(answer):
        value = problem(answer.status)  # its page is no data
    return {"status": answer.status, "headers": joined, "body": value}


@dataclass(frozen=True)
class Hop:
    """A request of a chain of redirects, and its response."""

    path: str
    answer: Answer


def followed(
    client: Client, path: str, headers: Headers = (), *, mount: str = "", public: str | None = None
) -> list[Hop]:
    """The hops of a client that follows redirects to the same app, with the cookies that they set.

    `mount` is where the app is: paths are below it. `public` is the URL by which the client knows that.
    """
    sent = list(headers)
    base = client.url + mount if public is None else public
    hops = [Hop(path, client.get(mount + path, sent))]
    while hops[-1].answer.status in FOLLOWED and len(hops) <= MAX_REDIRECTS:
        location = hops[-1].answer.header("Location")
        onward = None if location is None else _onward(base, hops[-1].path, location)
        if onward is None:
            break
        sent = _with_cookies(sent, hops[-1].answer)
        hops.append(Hop(onward, client.get(mount + onward, sent)))
    return hops


def _onward(base: str, path: str, location: str) -> str | None:
    """The path below `base` that a Location leads to, None where that is elsewhere, or refused."""
    url = urljoin(base + path, location).partition("#")[0]
    onward = url.removeprefix(base)
    return onward if onward != url and onward.startswith("/") and "%2e" not in onward else None


def _with_cookies(headers: list[tuple[str, str]], answer: Answer) -> list[tuple[str, str]]:
    pairs = [pair for name, value in headers if name == "Cookie" for pair in value.split("; ")]
    jar = {pair.partition("=")[0]: pair for pair in pairs}
    for value in answer.all("Set-Cookie"):
        pair = value.partition(";")[0]
        jar[pair.partition("=")[0]] = pair
        if "Max-Age=0" in value:
            del jar[pair.partition("=")[0]]
    rest = [(name, value) for name, value in headers if name != "Cookie"]
    return [*rest, ("Cookie", "; ".join(jar.values()))] if jar else rest
