"""A gateway's response, sent without the corrections of Werkzeug that have no effect on it."""

from collections.abc import Iterable
from typing import Any

from flask import Response
from werkzeug.datastructures import Headers

from restgql.upstream.fast_path.eligibility import WATCHED

_STEPS = frozenset(WATCHED[Response])
_CORRECTED = frozenset({"location", "content-location"})
"""The header fields that Werkzeug makes absolute or encodes when it sends a response."""


def is_unchanged(response: Response) -> bool:
    """Return True if the header fields and the body are of Werkzeug's types, and no method is replaced.

    A view or a hook may assign anything to a response's attributes.
    """
    return type(response.headers) is Headers and type(response.response) is list and _STEPS.isdisjoint(vars(response))


class PlainResponse(Response):
    """A response whose header fields need no correction, unless a hook of the app has changed it.

    Use it only for an app that `is_routed_by_path`: no method of Werkzeug's response is patched then.
    """

    def get_wsgi_response(self, environ: dict[str, Any]) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Return body, status and header fields to send, as Werkzeug does, without copying them."""
        if is_unchanged(self) and self.status_code == 200 and environ["REQUEST_METHOD"] != "HEAD":
            fields, body = self.headers.to_wsgi_list(), self.response
            names = {name.lower() for name, _ in fields}
            if (
                isinstance(body, list)
                and set(map(type, body)) <= {bytes}
                and not self._on_close
                and "content-length" in names
                and names.isdisjoint(_CORRECTED)
            ):
                return body, self.status, fields
        return super().get_wsgi_response(environ)
