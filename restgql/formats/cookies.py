"""Cookies (RFC 6265): the Cookie header of a browser's next request, and the merged Set-Cookie of a response."""

import re
from collections.abc import Iterable
from email.message import Message
from http.cookiejar import CookieJar
from urllib.request import Request

CookieKey = tuple[str, str, str, bool]
# A payload, the seconds since 1970 in 4 bytes, and a digest. A JWT has more characters in place of the seconds.
_SIGNED = re.compile(r"(.+)\.[\w-]{6}\.[\w-]{20,}")


class _CookieResponse:
    """The part of a response that `http.cookiejar` reads."""

    def __init__(self, set_cookie: Iterable[str]) -> None:
        self._message = Message()
        for value in set_cookie:
            self._message["Set-Cookie"] = value

    def info(self) -> Message:
        return self._message


def next_header(cookie: str, answers: Iterable[tuple[str, Iterable[str]]], next_url: str) -> str:
    """Return the Cookie header for `next_url` of a client that had `cookie` and then received `answers`.

    Each answer is a URL with its Set-Cookie values. The caller's cookies are parsed once, however many answers there
    are.
    """
    jar, request = CookieJar(), Request(next_url)
    replaced: set[str] = set()
    for url, set_cookie in answers:
        values = list(set_cookie)
        jar.extract_cookies(_CookieResponse(values), Request(url))  # type: ignore[arg-type]
        replaced.update(map(_name, values))
    if not replaced:
        return cookie
    jar.add_cookie_header(request)
    fresh = request.get_header("Cookie") or ""
    kept_elsewhere = {c.name for c in jar} - _names(fresh)
    replaced -= kept_elsewhere
    old = [pair.strip() for pair in cookie.split(";") if pair.partition("=")[0].strip() not in replaced]
    return "; ".join([*_pairs(fresh), *filter(None, old)])


def last_of_each(set_cookie: Iterable[str]) -> list[str]:
    """Return the last Set-Cookie for each name, domain, path and partition, in its place."""
    last: dict[CookieKey, str] = {}
    for value in set_cookie:
        last.pop(_key(value), None)
        last[_key(value)] = value
    return list(last.values())


def merged(own: Iterable[str], parts: Iterable[str]) -> list[str]:
    """Return the Set-Cookie values of a response: its own, then those of its parts; the last one of each cookie.

    A part's value that equals the response's own is ignored: the app sends it to every request, for example to refresh
    a permanent session. So it cannot undo the login or logout of another part.
    """
    own = list(own)
    own_values = {_key(value): _unsigned(value) for value in own}
    return last_of_each([*own, *(value for value in parts if own_values.get(_key(value)) != _unsigned(value))])


def with_path(set_cookie: str, path: str) -> str:
    """Add the default Path of a response to `path` to its Set-Cookie, if it has none (RFC 6265 section 5.1.4)."""
    if _attributes(set_cookie).get("path", "").startswith("/"):
        return set_cookie
    default = path.rpartition("/")[0].replace(";", "%3B")  # without this a client could add an attribute
    return f"{set_cookie}; Path={default or '/'}"


def _unsigned(set_cookie: str) -> str:
    """Return the value of a cookie without the timestamp and signature of itsdangerous, as in Flask's session."""
    value = set_cookie.partition(";")[0].partition("=")[2].strip()
    signed = _SIGNED.fullmatch(value)
    return signed[1] if signed else value


def _key(set_cookie: str) -> CookieKey:
    options = _attributes(set_cookie)
    domain, path = options.get("domain", "").lower().lstrip("."), options.get("path", "")
    return _name(set_cookie), domain, path, "partitioned" in options


def _attributes(set_cookie: str) -> dict[str, str]:
    """Return the attributes by name in lower case; the last of one name counts (RFC 6265 section 5.3)."""
    pairs = (attribute.partition("=") for attribute in set_cookie.split(";")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _name(pair: str) -> str:
    return pair.partition(";")[0].partition("=")[0].strip()


def _names(header: str) -> set[str]:
    return {_name(pair) for pair in _pairs(header)}


def _pairs(header: str) -> list[str]:
    return [pair.strip() for pair in header.split(";") if pair.strip()]
