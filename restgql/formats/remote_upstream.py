"""Upstreams on other servers: their paths in the gateway, and the URLs of these paths (RFC 3986)."""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from itertools import takewhile
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

_PREFIX = re.compile(r"/|(?:/[\w.~!$&'()*+,;=:@-]+)+", re.ASCII)
_URL = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # visible ASCII, without the characters that no URL contains
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_PORTS = {"http": 80, "https": 443}


class RemoteUpstream(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream: paths below `prefix` in the gateway are URLs below `origin` and `path`. Neither path ends with a
    slash, and "" is the root."""

    prefix: str
    origin: str
    path: str

    @property
    def host(self) -> str:
        """The host, with the port if it is not the scheme's default."""
        return self.origin.partition("://")[2]

    def rest(self, path: str) -> str | None:
        """Return the part of a path after the prefix, or None if the path is not below the prefix."""
        return _rest(path, self.prefix)

    def url(self, rest: str, query: str | None) -> str:
        """Return the URL of the part after the prefix, which is "" or a path, so it cannot change the host."""
        assert not rest or rest.startswith("/")
        return self.origin + (self.path + rest or "/") + ("" if query is None else f"?{query}")

    def path_of(self, url: SplitResult) -> str | None:
        """Return the gateway's path for a URL, or None if the URL is on another server or not below the base URL."""
        if "@" in url.netloc or origin_of(url) != self.origin:
            return None
        rest = _rest(url.path, unquote(self.path))
        return None if rest is None else self.prefix + rest or "/"


def parse(prefix: str, text: str) -> tuple[RemoteUpstream, str | None]:
    """Return the upstream at a base URL, and the Authorization for the URL's userinfo.

    Raises ValueError, whose message never contains the userinfo.
    """
    check_prefix(prefix)
    if not _URL.fullmatch(text) or _has_dots(text):
        raise ValueError(f"the URL of {prefix!r} has a character or a dot segment that a base URL cannot have")
    if "?" in text or "#" in text:
        raise ValueError(f"the URL of {prefix!r} has a query or fragment")
    if not text.lower().startswith(("http://", "https://")):
        raise ValueError(f"the URL of {prefix!r} does not begin with http:// or https://")
    try:
        url = urlsplit(text)
    except ValueError:
        url = urlsplit("")
    origin = origin_of(url)
    if origin is None:
        raise ValueError(f"the URL of {prefix!r} has no host, or an invalid port")
    remote = RemoteUpstream(prefix=prefix.rstrip("/"), origin=origin, path=url.path.rstrip("/"))
    return remote, None if url.username is None else basic(url.username, url.password or "")


def check_prefix(prefix: str) -> None:
    """Raise ValueError for a prefix that is not a plain path."""
    if not _PREFIX.fullmatch(prefix) or _has_dots(prefix):
        raise ValueError(
            f"the prefix {prefix!r} is not a plain path that begins with a slash and does not end with one, such as "
            "'/shop'"
        )


def table(remotes: Iterable[RemoteUpstream]) -> tuple[RemoteUpstream, ...]:
    """Return the upstreams, the longest prefix first."""
    return tuple(sorted(remotes, key=lambda remote: remote.prefix.count("/"), reverse=True))


def common(remotes: Sequence[RemoteUpstream], prefix: str) -> RemoteUpstream:
    """Return the upstream at the longest path that contains all of these upstreams, which have one origin."""
    paths = [remote.path.split("/") for remote in remotes]
    same = takewhile(lambda steps: len(set(steps)) == 1, zip(*paths, strict=False))
    return RemoteUpstream(prefix=prefix, origin=remotes[0].origin, path="/".join(steps[0] for steps in same))


def is_below(path: str, top: str) -> bool:
    """Return True if a path is `top` or below it, segment by segment."""
    return _rest(path, top) is not None


def _rest(path: str, top: str) -> str | None:
    """Return the part of a percent-encoded path after a decoded one, or None if it does not start with that."""
    segments, depth = path.split("/"), top.count("/") + 1
    if unquote("/".join(segments[:depth])) != top:
        return None
    return "".join(f"/{segment}" for segment in segments[depth:])


def origin_of(url: SplitResult) -> str | None:
    """Return the origin (RFC 6454 section 6.2) of a URL, or None if its host or port is invalid."""
    try:
        port, host = url.port, url.hostname or ""
    except ValueError:
        return None
    if ":" in host:
        host = f"[{host}]"
    if not _HOST.fullmatch(host) or port == 0:
        return None
    return f"{url.scheme}://{host}" + ("" if port in (None, _PORTS.get(url.scheme)) else f":{port}")


def _has_dots(path: str) -> bool:
    return any(unquote(segment) in (".", "..") for segment in path.split("/"))


def basic(user: str, password: str) -> str:
    """Return basic credentials (RFC 7617), in UTF-8."""
    return "Basic " + b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
