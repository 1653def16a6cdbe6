"""Unsafe requests to the app, a client's or a gateway's: responses from before them are not given after them."""

from flask import Request, Response
from flask.globals import request_ctx

from restgql.state import GatewayState, is_gateway
from restgql.upstream.flask_app import entered_by

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})


def invalidate(state: GatewayState, response: Response) -> Response:
    """Drop the stored responses that an unsafe request has changed (RFC 9111 section 4.4), and share none from before
    it; an `after_request` function of the app, so that it sees the requests of other gateways, too."""
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    here: Request = context.request
    if here.method in SAFE or is_gateway(state.app, here.endpoint or ""):
        return response
    state.changed(entered_by(state.app, here).environ, succeeded=response.status_code < 400)
    return response
