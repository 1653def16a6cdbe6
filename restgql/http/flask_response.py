"""The Flask response with an endpoint's answer."""

from typing import Any

from flask import Flask, Response, stream_with_context

from restgql.model import HttpResponse
from restgql.upstream import fast_path


def flask_response(app: Flask, answer: HttpResponse, *more: tuple[str, str], is_plain: bool) -> Response:
    """Return the response with an answer, and `more` header fields.

    `is_plain` is True if the fast path supports the app.
    """
    headers = [("Content-Type", answer.content_type), *answer.headers, *more]
    body: Any = [answer.body] if isinstance(answer.body, bytes) else answer.body
    if answer.keeps_context:  # a resolver of the user's own may run for a later part
        body = stream_with_context(body)
    elif isinstance(body, list):
        headers.append(("Content-Length", str(sum(map(len, body)))))
    is_plain = is_plain and app.response_class is Response
    response_class = fast_path.PlainResponse if is_plain else app.response_class
    return response_class(body, answer.status, headers)
