"""Origin-form request targets (RFC 9112 section 3.2.1), encoded as `fetch` encodes a URL (WHATWG URL Standard)."""

import re
from urllib.parse import SplitResult, quote, unquote, unquote_to_bytes, urljoin, urlsplit

import msgspec

from restgql.bounded_cache import bounded_cache
from restgql.errors import BadPath
from restgql.formats.remote_upstream import RemoteUpstream, is_below, origin_of

MAX_TARGET = 4_096
MAX_DECODINGS = 8

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]|[\ud800-\udfff]")
_SLASHES = re.compile(rb"[/\\]")
_ENCODED_SLASH = re.compile(r"%(?:2f|5c)", re.IGNORECASE)
# The characters that the URL Standard does not encode: all but its path and special-query percent-encode sets.
_PATH_SAFE = "".join(c for c in map(chr, range(0x21, 0x7F)) if c not in '"#<>?^`{}')
_QUERY_SAFE = "".join(c for c in map(chr, range(0x21, 0x7F)) if c not in "\"#<>'")
_LITERAL = _PATH_SAFE.replace("%", "")


class Target(msgspec.Struct, frozen=True):
    """A percent-encoded path and query (None: no `?`)."""

    path: str
    query: str | None = None

    def __str__(self) -> str:
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def has_encoded_slash(self) -> bool:
        """True if a segment contains an encoded slash or backslash; only a `path` converter accepts one."""
        return bool(_ENCODED_SLASH.search(self.path))


class Site(msgspec.Struct, frozen=True):
    """The place of the app: its origins, its root there, and the prefix that is stripped before the app routes a path.

    A path of the gateway is `mount` + the path that the app routes; a link in the app's responses is `root` + that
    path. Both are decoded. A routed path below the prefix of one of `remotes` (the longest first) belongs to that
    upstream, except at or below a path in `kept`.
    """

    origins: frozenset[str]
    root: str = ""
    mount: str = ""
    remotes: tuple[RemoteUpstream, ...] = ()
    kept: frozenset[str] = frozenset()

    def public(self, path: str) -> str:
        """Return the percent-encoded path that a client of the app itself would use for a path of the gateway."""
        return quote(self.root, safe=_PATH_SAFE) + (_below(path, self.mount) or path)

    def remote(self, path: str) -> tuple[RemoteUpstream, str] | None:
        """Return the upstream of a path of the gateway, and the part after its prefix; None for a path of the app."""
        routed = _below(path, self.mount) if self.remotes else None
        if routed is None or any(is_below(routed, top) for top in self.kept):
            return None
        matches = ((remote, remote.rest(routed)) for remote in self.remotes)
        return next(((remote, rest) for remote, rest in matches if rest is not None), None)


@bounded_cache(entries=2048, characters=256)
def parse(raw: str, *, quoted: bool = True) -> Target:
    """Parse a target that a client wrote. Raises BadPath, whose message quotes the path if `quoted` is True."""
    shown = _shown(raw) if quoted else "The path"
    if len(raw) > MAX_TARGET or len(raw.encode("utf-8", "surrogatepass")) > MAX_TARGET:
        raise BadPath(f"The path is over {MAX_TARGET} bytes.")
    if _CONTROL.search(raw):
        raise BadPath("The path contains a control character.")
    if not raw.startswith("/"):
        raise BadPath(f"{shown} is not a path: it must begin with one slash, without scheme or host.")
    if raw.startswith(("//", "/\\")):
        raise BadPath(f"{shown} names another host: a path begins with one slash.")
    if "#" in raw:
        raise BadPath(f"{shown} has a fragment; a '#' in a value is written %23.")
    path, mark, query = raw.partition("?")
    if "\\" in path:
        raise BadPath(f"{shown} has a backslash.")
    if _has_dots(path.encode()):
        raise BadPath(f"{shown} has a dot segment.")
    return Target(quote(path, safe=_PATH_SAFE), quote(query, safe=_QUERY_SAFE) if mark else None)


@bounded_cache(entries=2048, characters=256)
def canonical_path(path: str) -> str:
    """Return the canonical form of a path: equal for paths with equal PATH_INFO, which is decoded (PEP 3333)."""
    return quote(unquote_to_bytes(path), safe=_LITERAL) if "%" in path else path


def target_of_environ(path_info: str, query: str) -> Target:
    """Return the target of a client's request by its environ."""
    path = quote(path_info.encode("latin-1"), safe=_LITERAL)
    return Target(path, quote(query.encode("latin-1"), safe=_QUERY_SAFE) or None)


def resolve(site: Site, base: Target, location: str) -> str | None:
    """Return the gateway's path for a URL in a response of the app (RFC 3986 section 5), or None if it is on another
    site.

    A URL from an upstream is relative to that upstream's URL. Raises BadPath if it leads out of the upstream, for
    example into the app: another server must not choose requests to the app with the caller's credentials.
    """
    at = site.remote(base.path)
    if at is not None:
        return _resolve_remote(site, *at, base.query, location)
    origin = next(iter(site.origins), "http://localhost")
    try:
        url = urlsplit(urljoin(origin + site.public(base.path), location.strip()))
        foreign = not _is_own(site, url)
    except ValueError:
        return None
    below = None if foreign else _below(url.path or "/", site.root)
    if below is None:
        return None
    path = quote(site.mount, safe=_PATH_SAFE) + below
    return f"{path}?{url.query}" if url.query else path


def _is_own(site: Site, url: SplitResult) -> bool:
    """Return True for a URL of the app, also with the default port of its scheme: an origin never has that."""
    if f"{url.scheme}://{url.netloc}".lower() in site.origins:
        return True
    return "@" not in url.netloc and origin_of(url) in site.origins


def _resolve_remote(site: Site, remote: RemoteUpstream, rest: str, query: str | None, location: str) -> str:
    try:
        url = urlsplit(urljoin(remote.url(rest, query), location.strip()))
    except ValueError as exc:
        raise BadPath(f"{_shown(location)} is not a URL.") from exc
    routed = remote.path_of(url)
    path = "" if routed is None else quote(site.mount, safe=_PATH_SAFE) + routed
    to = site.remote(path)
    if to is None or to[0] is not remote or _ENCODED_SLASH.search(path):
        raise BadPath(f"{_shown(location)} leads out of the upstream that gave it.")
    return f"{path}?{url.query}" if url.query else path


def _below(path: str, prefix: str) -> str | None:
    """Return the part of a percent-encoded path below a decoded prefix, or None if it is not below the prefix."""
    segments, depth = path.split("/"), prefix.count("/") + 1
    if unquote("/".join(segments[:depth])) != prefix:
        return None
    return "/" + "/".join(segments[depth:])


def _has_dots(path: bytes) -> bool:
    """Return True if a segment is `.` or `..`, even if encoded repeatedly: a server behind may decode again."""
    for _ in range(MAX_DECODINGS):
        if any(segment in (b".", b"..") for segment in _SLASHES.split(path)):
            return True
        decoded = unquote_to_bytes(path)
        if decoded == path:
            return False
        path = decoded
    return True


def _shown(raw: str) -> str:
    return repr(raw if len(raw) <= 80 else raw[:77] + "...")
