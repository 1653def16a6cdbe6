"""The identity of a caller: the values of a request's environ that distinguish one caller from another."""

import os
import re
from collections.abc import Iterable

from restgql.bounded_cache import bounded_cache
from restgql.upstream.environ import Environ

# An app may identify a caller by any header field, so every field identifies one, except these: a browser's fields
# about itself and the page, those that trace a request, and a proxy's about it.
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
# The same for the server's own keys: any other may come from its authentication (REMOTE_USER, SSL_CLIENT_S_DN, an
# attribute of Shibboleth).
_KEYS = re.compile(
    r"(?:wsgi|mod_wsgi|mod_ssl|uwsgi|gunicorn|waitress|cheroot|asgi|werkzeug|flask|restgql)\..*"
    r"|REQUEST_.*|RAW_URI|PATH(?:_.*)?|QUERY_STRING|SCRIPT_.*|SERVER_.*|GATEWAY_INTERFACE|REMOTE_PORT|HTTPS|UNIQUE_ID"
    r"|(?:DOCUMENT|CONTEXT|CONTENT)_.*|SSL_(?:SESSION|CIPHER|PROTOCOL|SERVER|TLS|VERSION|COMPRESS|SECURE).*"
    r"|REDIRECT_(?:STATUS|URL|QUERY_STRING|UNIQUE_ID)"
)


class Identity:
    """The rule for callers' identities: all texts of an environ, except keys without meaning and those of the process.

    `chosen` are names of header fields or environ keys that identify the caller; those after a `!` do not.
    """

    def __init__(self, chosen: Iterable[str] = ()) -> None:
        self._chosen = {_name(name.removeprefix("!")): not name.startswith("!") for name in chosen}
        # Some servers copy the process's environment into every environ; with CGI, it is the request.
        self._of_process = frozenset() if "REQUEST_METHOD" in os.environ else frozenset(os.environ.items())

    def of(self, environ: Environ) -> tuple[tuple[str, str], ...]:
        """Return the identity, equal for two requests of one caller."""
        pairs = [(key, value) for key, value in environ.items() if type(value) is str and self._identifies(key)]
        return tuple(sorted(pair for pair in pairs if pair not in self._of_process))

    def _identifies(self, key: str) -> bool:
        chosen = self._chosen.get(_name(key)) if self._chosen else None
        return not _is_listed(key) if chosen is None else chosen


@bounded_cache(entries=1024, characters=256)
def _name(key: str) -> str:
    return key.removeprefix("HTTP_").replace("_", "-").lower()


@bounded_cache(entries=1024, characters=256)
def _is_listed(key: str) -> bool:
    return bool(_FIELDS.fullmatch(_name(key)) if key.startswith("HTTP_") else _KEYS.fullmatch(key))
