"""The fast path into a plain Flask app: Flask's own steps, without those that have no effect on this request.

It omits steps only if every object that it touches is one that it was written for. Otherwise the full path is taken:
for an app as a whole (`is_routed_by_path`, `exchange_with`), or for one response (`dispatch.py`).
"""

from collections.abc import Set
from typing import Any

from flask import Flask
from werkzeug.routing import MapAdapter

from restgql.upstream.fast_path.verify import verifying as verifying
from restgql.upstream.fast_path.versions import ARE_KNOWN, log_unknown
from restgql.upstream.wsgi import Exchange

if ARE_KNOWN:
    from restgql.upstream.fast_path.dispatch import PlainApp
    from restgql.upstream.fast_path.dispatch import full_dispatch as full_dispatch
    from restgql.upstream.fast_path.eligibility import has_flasks_steps, has_plain_routing
    from restgql.upstream.fast_path.matched_context import MatchedContext as MatchedContext
    from restgql.upstream.fast_path.outer_matches import OuterMatches as OuterMatches
    from restgql.upstream.fast_path.plain_response import PlainResponse as PlainResponse


def is_routed_by_path(app: Flask, adapter: MapAdapter) -> bool:
    """Return True if a match of the app depends only on path and method, so that a cached one may replace it.

    The check runs for each operation, because monitoring tools may replace methods of an app at any time.
    """
    if not ARE_KNOWN:
        log_unknown()
        return False
    return has_flasks_steps(app) and has_plain_routing(app, adapter)


def exchange_with(app: Flask, adapter: MapAdapter) -> Exchange | None:
    """Return the exchange by the fast path with an app that `is_routed_by_path`, or None if it has middleware, which
    may be added at any time. `adapter` is the outer request's.
    """
    return None if "wsgi_app" in vars(app) else PlainApp(app, adapter).exchange


def outer_matches(app: Flask, endpoints: Set[str]) -> "OuterMatches | None":
    """Return a cache of the matches of requests to these endpoints, or None if the fast path is off."""
    return OuterMatches(app, endpoints) if ARE_KNOWN else None


def is_as_matched(context: Any) -> bool:
    """Return True for a request context with a cached match that no code has changed since."""
    return ARE_KNOWN and type(context) is MatchedContext and context.is_as_matched
