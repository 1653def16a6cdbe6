"""Whose a stored response is: the URI, and the digests that stand for who asked for it."""

import re
from hashlib import blake2b

import msgspec

from restgql.bounded_cache import bounded_cache
from restgql.cache.entry import Varied
from restgql.formats import headers
from restgql.formats.target import Site, Target, entered, spelled
from restgql.model import SubRequest
from restgql.upstream.environ import Environ
from restgql.upstream.identity import Identity

# What an app makes its own URLs of, and the path that it routes, where a proxy says so: of an unkeyed one of these a
# response for all would be made by whoever asks first (web cache poisoning).
_PLACE = re.compile(
    r"forwarded|x-forwarded-(?!(?:for|user|email|groups|preferred-username|access-token|client-cert)\Z).*"
    r"|x-(?:original|rewrite|http)-.*|x-host|x-script-name|x-server|x-(?:url-)?scheme|front-end-https"
)

# A request that says one of these is about a part of a response, or about what its client has of it: it gets what it
# would get directly.
_BYPASSING = frozenset(["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"])


class Key(msgspec.Struct, frozen=True):
    """Where a response is stored: below its URI, in the scope of its caller or in the one for all."""

    uri: str
    private: str
    shared: str


class CacheKeys:
    """Who asks in one operation: `environ` is what all its sub-requests begin with.

    `salt` keeps apart what is not of one app, and digests of credentials from being looked up.
    """

    def __init__(self, environ: Environ, salt: bytes, identity: Identity, site: Site) -> None:
        self._environ = environ
        self._salt = salt
        self._identity = identity
        self._site = site
        self.who = identity.of(environ)
        self._base = _base(environ)
        self._scopes: dict[tuple[object, ...], tuple[str, str] | None] = {}
        says: str = environ.get("HTTP_CACHE_CONTROL", "").lower()
        if len(says) > headers.MAX_HEADER_VALUE:  # each sub-request would parse it
            says = "no-cache, no-store"
        # Pragma where nothing else is said (RFC 9111 section 5.4)
        self._directives = says or ("no-cache" if "no-cache" in environ.get("HTTP_PRAGMA", "").lower() else "")

    def directives(self, request: SubRequest) -> str:
        """What a request says of caching: its field, or the caller."""
        for name, value in request.headers:
            if name == "cache-control":
                return value.lower()
        return self._directives

    def uri(self, target: Target) -> str:
        """The URI of a path, whoever asks for it; one for all the spellings that the app cannot tell apart."""
        is_ours = "%" in target.path and self._site.remote(target.path) is None
        path = spelled(target.path) if is_ours else target.path
        return f"{self._base}{path}?{target.query}" if target.query else f"{self._base}{path}"

    def key(self, request: SubRequest) -> Key | None:
        """Where the response to a request is; None where the request is none that a stored response can answer."""
        of = (request.headers, request.cookie, request.opened)
        try:
            scopes = self._scopes[of]
        except KeyError:  # made twice at worst, if two threads ask at once
            scopes = self._scopes[of] = self._scopes_of(request)
        return None if scopes is None else Key(self.uri(request.target), *scopes)

    def fields(self, request: SubRequest) -> dict[str, str]:
        """The header fields of a request, by their names in lower case."""
        found = {_name(key): value for key, value in self._environ.items() if key.startswith("HTTP_")}
        if request.cookie is not None:
            found["cookie"] = request.cookie
        found |= dict(request.headers)
        if directives := self.directives(request):
            found["cache-control"] = directives
        return found

    def varied(self, request: SubRequest, vary: str) -> Varied:
        """What `Vary` names of a request (RFC 9111 section 4.1)."""
        return tuple((name, self._digest_of(self.field(request, name))) for name in sorted(headers.listed(vary)))

    def matches(self, request: SubRequest, varied: Varied) -> bool:
        """Whether a request has the values that a response was chosen by."""
        return all(self._digest_of(self.field(request, name)) == digest for name, digest in varied)

    def field(self, request: SubRequest, name: str) -> str | None:
        """A header field of a request, None where it has none."""
        if name == "cookie" and request.cookie is not None:
            return request.cookie or None
        own = dict(request.headers).get(name)
        value: str | None = self._environ.get("HTTP_" + name.upper().replace("-", "_"))
        return value if own is None else own

    def _scopes_of(self, request: SubRequest) -> tuple[str, str] | None:
        if not _BYPASSING.isdisjoint(name for name, _ in request.headers):
            return None
        fields = self.fields(request)
        # What is opened for a typed field is so for no other, and a field's own headers are for it alone.
        own = (tuple(field for field in request.headers if field[0] != "cache-control"), request.opened)
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
    """The URI for which the app was asked with this environ."""
    return f"{_base(environ)}{entered(environ.get('PATH_INFO', ''), environ.get('QUERY_STRING', ''))}"


def _base(environ: Environ) -> str:
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}"
    return f"{environ.get('wsgi.url_scheme', '')}://{host.lower()}{environ.get('SCRIPT_NAME', '')}"


@bounded_cache(entries=1024, characters=256)
def _name(key: str) -> str:
    return key[5:].replace("_", "-").lower()


@bounded_cache(entries=1024, characters=256)
def _is_place(name: str) -> bool:
    return bool(_PLACE.fullmatch(name))
