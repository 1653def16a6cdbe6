"""Redirects to the same app, followed as `fetch` follows them (Fetch Standard, section HTTP-redirect fetch)."""

import msgspec

from restgql.errors import BadPath, LimitExceeded
from restgql.formats import media, target
from restgql.formats.headers import IDEMPOTENCY_KEY
from restgql.formats.remote_upstream import RemoteUpstream
from restgql.formats.target import Site
from restgql.model import Follow, SubRequest
from restgql.sub_response import REDIRECTS, SubResponse
from restgql.upstream.client_context import ClientContext

MAX_REDIRECTS = 5


class RedirectChain(msgspec.Struct, frozen=True):
    """A request, `original`, and its replies so far, one per hop."""

    original: SubRequest
    caller: ClientContext
    replies: tuple[SubResponse, ...] = ()

    def then(self, request: SubRequest, reply: SubResponse) -> "tuple[RedirectChain, SubRequest] | SubResponse":
        """Return the chain with `reply` and the next request, or the reply that ends the chain."""
        chain = RedirectChain(self.original, self.caller, (*self.replies, reply))
        onward = None if self.original.follow is Follow.NEVER else self._onward(request, reply)
        if onward is None:
            return chain._ended(reply)
        if len(chain.replies) > MAX_REDIRECTS:
            failure = LimitExceeded(
                f"More than {MAX_REDIRECTS} redirects.", limit="redirects", allowed=MAX_REDIRECTS, status=502
            )
            return chain._ended(SubResponse.failed(str(request.target), failure))
        return chain, onward

    def _ended(self, reply: SubResponse) -> SubResponse:
        if len(self.replies) == 1:
            return reply
        if self.original.follow is Follow.UNLESS_HTML and _is_html(reply):
            reply = self.replies[0]
        return msgspec.structs.replace(
            reply,
            redirected=reply is not self.replies[0],
            cookies=tuple(cookie for hop in self.replies for cookie in hop.cookies),
            seconds=sum(hop.seconds for hop in self.replies),
        )

    def _onward(self, request: SubRequest, reply: SubResponse) -> SubRequest | None:
        """Return the request that a redirect leads to, or None if it leaves the app."""
        location = reply.header("location") if reply.status in REDIRECTS else None
        site = self.caller.site
        try:
            path = None if location is None else target.resolve(site, request.target, location)
            onward = None if path is None else target.parse(path)
        except BadPath:
            return None
        if onward is None or _upstream(site, onward.path) is not _upstream(site, request.target.path):
            return None
        cookie = self.caller.cookie_after(request, reply, onward.path)
        if reply.status == 303 or (reply.status in (301, 302) and request.method == "POST"):
            request = _as_get(request)
        is_own = onward.path == f"{request.target.path}/"  # the slash that a rule adds leads to that rule
        opens = request.opens if is_own else ""
        return msgspec.structs.replace(request, target=onward, cookie=cookie, opens=opens)


def _as_get(request: SubRequest) -> SubRequest:
    """Return the request as a GET, without its body and its Idempotency-Key."""
    kept = tuple(header for header in request.headers if header[0] != IDEMPOTENCY_KEY)
    return msgspec.structs.replace(request, method="GET", headers=kept, body=b"", content_type="")


def _upstream(site: Site, path: str) -> RemoteUpstream | None:
    """Return the upstream that a path belongs to, or None for the app: no redirect crosses from one to the other."""
    match = site.remote(path)
    return None if match is None else match[0]


def _is_html(reply: SubResponse) -> bool:
    return media.essence(reply.header("content-type") or "") in media.HTML
