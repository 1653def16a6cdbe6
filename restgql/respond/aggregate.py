"""The map of an aggregate: each key with the JSON value of its path, spliced as it came."""

from collections.abc import Mapping
from typing import Any

import msgspec

from restgql.errors import RestgqlError
from restgql.formats.json import encode
from restgql.model import Outcome, Reply
from restgql.respond import problem, value
from restgql.respond.response import shown_headers


def map_text(parts: Mapping[str, Outcome], *, envelope: bool, max_size: int) -> bytes:
    """The JSON object of all parts, in order."""
    write = _enveloped if envelope else _bare
    return b"{" + b",".join(encode(key) + b":" + write(part, max_size) for key, part in parts.items()) + b"}"


def _bare(part: Outcome, max_size: int) -> bytes:
    if part.reply is None:
        return problem.of_error(_refusal(part))
    return _body(part.reply, max_size)[1]


def _enveloped(part: Outcome, max_size: int) -> bytes:
    headers: dict[str, str] = {}
    if part.reply is None:
        error = _refusal(part)
        status, body = error.status, problem.of_error(error)
    else:
        status, body = _body(part.reply, max_size)
        for name, text in shown_headers(part.reply):
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
    envelope: dict[str, Any] = {"status": status, "headers": headers, "body": msgspec.Raw(body)}
    return encode(envelope)


def _body(reply: Reply, max_size: int) -> tuple[int, bytes]:
    """The status and JSON text of a reply; the page of a redirect that was not followed is no data."""
    content = value.content(reply, max_size)
    if content.status in value.REDIRECTS and not content.is_json:
        return content.status, problem.of_status(content.status)
    return content.status, value.json_text(content)


def _refusal(part: Outcome) -> RestgqlError:
    assert part.refused is not None
    return part.refused
