"""Redirects to the same app, followed as `fetch` follows them (Fetch Standard, section HTTP-redirect fetch)."""

import msgspec

from restgql.dispatch import Dispatcher
from restgql.errors import BadPath, LimitExceeded
from restgql.formats import cookies, media, target
from restgql.formats.target import Site, Target
from restgql.model import Follow, Reply, SubRequest

STATUSES = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5


class Redirects:
    """A dispatcher that follows what `dispatch` answers. `cookie` and `origin` are the caller's."""

    def __init__(self, dispatch: Dispatcher, site: Site, *, cookie: str, origin: str) -> None:
        self._dispatch = dispatch
        self._site = site
        self._cookie = cookie
        self._origin = origin

    def __call__(self, request: SubRequest) -> Reply:
        """The reply that ends the chain, with the cookies of every hop. Raises what a hop's dispatch raises."""
        first = reply = self._dispatch(request)
        set_cookies, seconds, hops = reply.cookies, reply.seconds, 0
        while request.follow is not Follow.NEVER and (onward := self._onward(request, reply)) is not None:
            hops += 1
            if hops > MAX_REDIRECTS:
                failure = LimitExceeded(
                    f"More than {MAX_REDIRECTS} redirects.", limit="redirects", allowed=MAX_REDIRECTS, status=502
                )
                reply = Reply(url=str(request.target), status=failure.status, failure=failure)
                break
            request, reply = onward, self._dispatch(onward)
            set_cookies, seconds = set_cookies + reply.cookies, seconds + reply.seconds
        if not hops:
            return reply
        if request.follow is Follow.UNLESS_HTML and _is_html(reply):
            reply = first
        return msgspec.structs.replace(reply, redirected=reply is not first, cookies=set_cookies, seconds=seconds)

    def _onward(self, request: SubRequest, reply: Reply) -> SubRequest | None:
        """The request that a redirect asks for, None where it leads nowhere in this app."""
        location = reply.header("location") if reply.status in STATUSES else None
        if location is None:
            return None
        path = target.resolve(self._site, request.target, location)
        if path is None:
            return None
        try:
            onward = target.parse(path)
        except BadPath:
            return None
        cookie = self._cookie if request.cookie is None else request.cookie
        return msgspec.structs.replace(
            request,
            target=onward,
            cookie=cookies.next_header(cookie, self._url(request.target), self._url(onward), reply.cookies),
        )

    def _url(self, to: Target) -> str:
        return f"{self._origin}{to.path}"


def _is_html(reply: Reply) -> bool:
    return media.essence(reply.header("content-type") or "") in media.HTML
