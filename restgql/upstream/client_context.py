"""The client on whose behalf sub-requests are made, and the cookies that it would send next."""

import msgspec

from restgql.formats import cookies
from restgql.formats.target import Site
from restgql.model import SubRequest
from restgql.sub_response import SubResponse


class ClientContext(msgspec.Struct, frozen=True):
    """The client of an operation, as far as its next request goes: its app, origin and cookies, and the key by which
    the app recognizes a repeated mutation (draft-ietf-httpapi-idempotency-key-header)."""

    site: Site
    origin: str
    cookie: str
    idempotency_key: str | None = None

    def cookie_along(self, history: "CookieHistory", to_path: str) -> str | None:
        """Return the Cookie header of a request that follows all of a history, None if it is the caller's own."""
        cookie: str | None = None
        for request, response in history:
            cookie = self.cookie_after(msgspec.structs.replace(request, cookie=cookie), response, to_path)
        return cookie

    def cookie_after(self, request: SubRequest, response: SubResponse, to_path: str) -> str | None:
        """Return the Cookie header of a request that follows this response, None if it is the caller's own."""
        if not response.cookies:
            return request.cookie
        sent = self.cookie if request.cookie is None else request.cookie
        here, there = (self.origin + self.site.public(path) for path in (request.target.path, to_path))
        after = cookies.next_header(sent, here, there, response.cookies)
        return None if after == self.cookie else after


CookieHistory = tuple[tuple[SubRequest, SubResponse], ...]
"""Requests with their responses, in the order in which one led to the next."""
