"""The keys of stored responses: the URI, and digests of the caller's identity."""

import re
from hashlib import blake2b

import msgspec

from restgql.bounded_cache import bounded_cache
from restgql.cache.entry import Varied
from restgql.formats import headers
from restgql.formats.target import Site, Target, canonical_path, target_of_environ
from restgql.model import SubRequest
from restgql.upstream.environ import Environ
from restgql.upstream.identity import Identity

# Header fields from which an app behind a proxy builds its own URLs, or the path that it routes. Were one of them not
# part of the key, the first client could choose the response for everyone (web cache poisoning).
_PLACE = re.compile(
    r"forwarded|x-forwarded-(?!(?:for|user|email|groups|preferred-username|access-token|client-cert)\Z).*"
    r"|x-(?:original|rewrite|http)-.*|x-host|x-script-name|x-server|x-(?:url-)?scheme|front-end-https"
)

# A request with one of these fields wants a part of a response, or compares it with the client's copy. It bypasses the
# cache.
_BYPASSING = frozenset(["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"])


class CacheKey(msgspec.Struct, frozen=True):
    """The place of a stored response: its URI, and the scope of its caller (`private`) and of everyone (`shared`)."""

    uri: str
    private: str
    shared: str


class CacheKeys:
    """Makes the keys of one operation, whose sub-requests share `environ`.

    `salt` separates the responses of different apps, and protects digests of credentials from lookup tables.
    """

    def __init__(self, environ: Environ, salt: bytes, identity: Identity, site: Site) -> None:
        self._environ = environ
        self._salt = salt
        self._identity = identity
        self._site = site
        self.who = identity.of(environ)
        self._base = _base(environ)
        self._scopes: dict[tuple[object, ...], tuple[str, str] | None] = {}
        directives: str = environ.get("HTTP_CACHE_CONTROL", "").lower()
        if len(directives) > headers.MAX_HEADER_VALUE:  # each sub-request would parse it
            directives = "no-cache, no-store"
        # Pragma counts only without Cache-Control (RFC 9111 section 5.4)
        self._directives = directives or ("no-cache" if "no-cache" in environ.get("HTTP_PRAGMA", "").lower() else "")

    def directives(self, request: SubRequest) -> str:
        """Return the Cache-Control directives of a request: its own header field's, or the caller's."""
        for name, value in request.headers:
            if name == "cache-control":
                return value.lower()
        return self._directives

    def uri(self, target: Target) -> str:
        """Return the URI of a path, equal for all callers and for all spellings that the app cannot distinguish."""
        is_ours = "%" in target.path and self._site.remote(target.path) is None
        path = canonical_path(target.path) if is_ours else target.path
        return f"{self._base}{path}?{target.query}" if target.query else f"{self._base}{path}"

    def key(self, request: SubRequest) -> CacheKey | None:
        """Return the key of a request's response, or None if no stored response may answer the request."""
        of = (request.headers, request.cookie, request.opens)
        try:
            scopes = self._scopes[of]
        except KeyError:  # computed twice at worst, if two threads need it at once
            scopes = self._scopes[of] = self._scopes_of(request)
        return None if scopes is None else CacheKey(self.uri(request.target), *scopes)

    def fields(self, request: SubRequest) -> dict[str, str]:
        """Return the header fields of a request, by their names in lower case."""
        fields = {_name(key): value for key, value in self._environ.items() if key.startswith("HTTP_")}
        if request.cookie is not None:
            fields["cookie"] = request.cookie
        fields |= dict(request.headers)
        if directives := self.directives(request):
            fields["cache-control"] = directives
        return fields

    def varied(self, request: SubRequest, vary: str) -> Varied:
        """Return digests of the request's header fields that `vary` names (RFC 9111 section 4.1)."""
        return tuple((name, self._digest_of(self.field(request, name))) for name in sorted(headers.listed(vary)))

    def matches(self, request: SubRequest, varied: Varied) -> bool:
        """Return True if a request has the values that a response varies with."""
        return all(self._digest_of(self.field(request, name)) == digest for name, digest in varied)

    def field(self, request: SubRequest, name: str) -> str | None:
        """Return a header field of a request, or None without it."""
        if name == "cookie" and request.cookie is not None:
            return request.cookie or None
        own = dict(request.headers).get(name)
        value: str | None = self._environ.get("HTTP_" + name.upper().replace("-", "_"))
        return value if own is None else own

    def _scopes_of(self, request: SubRequest) -> tuple[str, str] | None:
        if not _BYPASSING.isdisjoint(name for name, _ in request.headers):
            return None
        fields = self.fields(request)
        # A route that is opened for one typed field stays closed for others, and a field's own headers are for it
        # alone.
        own = (tuple(field for field in request.headers if field[0] != "cache-control"), request.opens)
        places = sorted((name, value) for name, value in fields.items() if _is_place(name))
        who = self.who
        if request.cookie is not None:
            who = self._identity.of(self._environ | {"HTTP_COOKIE": request.cookie})
        return self._digest("private", own, who), self._digest("shared", own, places)

    def _digest_of(self, value: str | None) -> str | None:
        return None if value is None else self._digest(value)

    def _digest(self, *parts: object) -> str:
        return blake2b(repr(parts).encode(), digest_size=16, key=self._salt[:64]).hexdigest()


def uri_of(environ: Environ) -> str:
    """Return the URI of the request with this environ."""
    return f"{_base(environ)}{target_of_environ(environ.get('PATH_INFO', ''), environ.get('QUERY_STRING', ''))}"


def _base(environ: Environ) -> str:
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}"
    return f"{environ.get('wsgi.url_scheme', '')}://{host.lower()}{environ.get('SCRIPT_NAME', '')}"


@bounded_cache(entries=1024, characters=256)
def _name(key: str) -> str:
    return key[5:].replace("_", "-").lower()


@bounded_cache(entries=1024, characters=256)
def _is_place(name: str) -> bool:
    return bool(_PLACE.fullmatch(name))
