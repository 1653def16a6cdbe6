"""What a client changes by a request to the app itself: the cache hears of it."""

from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Request, Response
from flask.globals import request_ctx

from restgql.dispatch.environ import asked
from restgql.dispatch.flask import DEPTH, entered_by
from restgql.errors import BadPath
from restgql.mounted import Mounted, is_gateway

if TYPE_CHECKING:
    from restgql.cache.cache import Cache

UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})


def notice(mounted: Mounted, cache: "Cache", response: Response) -> Response:
    """Drop what is stored of what a client has just changed by itself (RFC 9111 section 4.4)."""
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    here: Request = context.request
    if here.method in UNCHANGING or is_gateway(mounted.app, here.endpoint or ""):
        return response
    entered = entered_by(mounted.app, here).environ
    if response.status_code < 400 and not entered.get(DEPTH):  # of sub-requests, the cache itself knows
        with suppress(BadPath):
            cache.changed(entered, asked(entered))
    return response
