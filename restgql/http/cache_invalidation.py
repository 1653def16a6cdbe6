"""Invalidation of stored responses by unsafe requests to the app, whether a client or a gateway sent them."""

from flask import Request, Response

from restgql.state import GatewayState, is_gateway
from restgql.upstream.contexts import current_request_context
from restgql.upstream.outer_request import entered_by

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})


def invalidate(state: GatewayState, response: Response) -> Response:
    """Delete the stored responses that an unsafe request has changed (RFC 9111 section 4.4), and share none from
    before it.

    This is an `after_request` function of the app, so it also runs for the requests of other gateways.
    """
    context = current_request_context()
    flask_request: Request = context.request
    if flask_request.method in SAFE or is_gateway(state.app, flask_request.endpoint or ""):
        return response
    state.changed(entered_by(state.app, flask_request).environ, succeeded=response.status_code < 400)
    return response
