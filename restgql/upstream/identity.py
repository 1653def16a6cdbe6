"""Who asks: what of a request's environ tells one caller from another."""

import os
import re
from collections.abc import Iterable

from restgql.bounded_cache import bounded_cache
from restgql.upstream.environ import Environ

# An app may know a caller by any header field, so one that is not known here says who asks. Of these nobody is told
# apart by: what a browser says of itself and of the page, what traces a request, and what a proxy says of it.
_FIELDS = re.compile(
    r"host|accept(-.*)?|user-agent|referer|origin|dnt|pragma|cache-control|priority|date|max-forwards|early-data"
    r"|sec-(?:ch|fetch)-.*|sec-gpc|(?:sec-|x-)?purpose|save-data|dpr|device-memory|(?:viewport-)?width|downlink|ect|rtt"
    r"|upgrade-insecure-requests|x-requested-with|(?:x|apollographql)-client-(?:name|version)"
    r"|(?:apollo-require|graphql)-preflight|x-apollo-operation-(?:name|id)"
    r"|traceparent|tracestate|baggage|correlation-context|b3|x-b3-.*|uber-trace-id|uberctx-.*|sentry-trace|newrelic"
    r"|elastic-apm-traceparent|x-(?:datadog|instana|ot|dynatrace)-.*|grpc-trace-bin|x-cloud-trace-context"
    r"|(?:.*-)?(?:request|correlation|trace|span|transaction|log)-id(?:-hash)?|x-(?:request|queue)-start"
    r"|via|cdn-loop|x-varnish|x-timer|cf-(?:ray|visitor|ew-via)|x-amz-cf-id|x-azure-ref|x-vercel-id|rndr-id"
    r"|x-envoy-(?!external-address).*|connect-time|total-route-time"
)
# The same of what the server puts beside them: anything else may be from its own authentication (REMOTE_USER,
# SSL_CLIENT_S_DN, an attribute of Shibboleth).
_KEYS = re.compile(
    r"(?:wsgi|mod_wsgi|mod_ssl|uwsgi|gunicorn|waitress|cheroot|asgi|werkzeug|flask|restgql)\..*"
    r"|REQUEST_.*|RAW_URI|PATH(?:_.*)?|QUERY_STRING|SCRIPT_.*|SERVER_.*|GATEWAY_INTERFACE|REMOTE_PORT|HTTPS|UNIQUE_ID"
    r"|(?:DOCUMENT|CONTEXT|CONTENT)_.*|SSL_(?:SESSION|CIPHER|PROTOCOL|SERVER|TLS|VERSION|COMPRESS|SECURE).*"
    r"|REDIRECT_(?:STATUS|URL|QUERY_STRING|UNIQUE_ID)"
)


class Identity:
    """What tells callers apart: the texts of an environ, but those that are known to tell nothing, and the process's.

    `chosen` are names of header fields, or keys of the environ, that say who asks; those after a `!` do not.
    """

    def __init__(self, chosen: Iterable[str] = ()) -> None:
        self._chosen = {_name(name.removeprefix("!")): not name.startswith("!") for name in chosen}
        # Some servers have these in every environ; to CGI, they are the request.
        self._of_process = frozenset() if "REQUEST_METHOD" in os.environ else frozenset(os.environ.items())

    def of(self, environ: Environ) -> tuple[tuple[str, str], ...]:
        """The identity, equal for two requests of one caller."""
        found = [(key, value) for key, value in environ.items() if type(value) is str and self._tells(key)]
        return tuple(sorted(pair for pair in found if pair not in self._of_process))

    def _tells(self, key: str) -> bool:
        chosen = self._chosen.get(_name(key)) if self._chosen else None
        return not _is_known(key) if chosen is None else chosen


@bounded_cache(entries=1024, characters=256)
def _name(key: str) -> str:
    return key.removeprefix("HTTP_").replace("_", "-").lower()


@bounded_cache(entries=1024, characters=256)
def _is_known(key: str) -> bool:
    return bool(_FIELDS.fullmatch(_name(key)) if key.startswith("HTTP_") else _KEYS.fullmatch(key))
