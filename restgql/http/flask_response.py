"""The Flask response with an endpoint's answer."""

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, stream_with_context

from restgql.model import HttpResponse

_CORRECTED = frozenset({"location", "content-location"})
"""The header fields that Werkzeug makes absolute or encodes when it sends a response."""


class PlainResponse(Response):
    """A response whose header fields need no correction, unless a hook of the app has changed it."""

    def get_wsgi_response(self, environ: dict[str, Any]) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Return body, status and header fields to send, as Werkzeug does, without copying them."""
        fields, body = self.headers.to_wsgi_list(), self.response
        names = {name.lower() for name, _ in fields}
        if (
            self.status_code == 200
            and type(body) is list
            and set(map(type, body)) <= {bytes}
            and not getattr(self, "_on_close", True)
            and environ["REQUEST_METHOD"] != "HEAD"
            and "content-length" in names
            and names.isdisjoint(_CORRECTED)
        ):
            return body, self.status, fields
        return super().get_wsgi_response(environ)


def flask_response(app: Flask, answer: HttpResponse, *more: tuple[str, str]) -> Response:
    """Return the response with an answer, and `more` header fields."""
    headers = [("Content-Type", answer.content_type), *answer.headers, *more]
    body: Any = [answer.body] if isinstance(answer.body, bytes) else answer.body
    if answer.keeps_context:  # a resolver of the user's own may run for a later part
        body = stream_with_context(body)
    elif isinstance(body, list):
        headers.append(("Content-Length", str(sum(map(len, body)))))
    response_class = PlainResponse if app.response_class is Response else app.response_class
    return response_class(body, answer.status, headers)
