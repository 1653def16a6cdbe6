"""The client on whose behalf sub-requests are made, and the cookies that it would send next."""

import msgspec

from restgql.formats import cookies
from restgql.formats.target import Site
from restgql.model import SubRequest
from restgql.sub_response import SubResponse


class ClientContext(msgspec.Struct, frozen=True):
    """The client of an operation: its app, origin and cookies, the key by which the app recognizes a repeated mutation
    (draft-ietf-httpapi-idempotency-key-header), and the query string of its request.
    """

    site: Site
    origin: str
    cookie: str
    idempotency_key: str | None = None
    query: str = ""

    def cookie_along(self, history: "CookieHistory", to_path: str) -> str | None:
        """Return the Cookie header of a request that follows a whole history, or None for the caller's own."""
        return self._next(self.cookie, history, to_path)

    def cookie_after(self, request: SubRequest, response: SubResponse, to_path: str) -> str | None:
        """Return the Cookie header of a request that follows this response, or None for the caller's own."""
        return self._next(self.cookie if request.cookie is None else request.cookie, ((request, response),), to_path)

    def _next(self, cookie: str, history: "CookieHistory", to_path: str) -> str | None:
        answers = [
            (self._url(request.target.path), response.cookies) for request, response in history if response.cookies
        ]
        after = cookies.next_header(cookie, answers, self._url(to_path)) if answers else cookie
        return None if after == self.cookie else after

    def _url(self, path: str) -> str:
        return self.origin + self.site.public(path)


CookieHistory = tuple[tuple[SubRequest, SubResponse], ...]
"""Requests with their responses, each of which led to the next."""
