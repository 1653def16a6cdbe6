"""What is changed by a request to the app, a client's or a gateway's: each cache of the app hears of it."""

from typing import TYPE_CHECKING

from flask import Request, Response
from flask.globals import request_ctx

from restgql.state import GatewayState, is_gateway
from restgql.upstream.flask_app import entered_by

if TYPE_CHECKING:
    from restgql.cache.cache import Cache

UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})


def notice(mounted: GatewayState, cache: "Cache", response: Response) -> Response:
    """Drop what is stored of what has just been changed (RFC 9111 section 4.4), by another gateway of the app, too."""
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    here: Request = context.request
    if here.method in UNCHANGING or is_gateway(mounted.app, here.endpoint or ""):
        return response
    if response.status_code < 400:
        entered = entered_by(mounted.app, here).environ
        cache.changed(entered)
    return response
