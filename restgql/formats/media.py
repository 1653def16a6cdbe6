"""Media types (RFC 9110 section 8.3): the type and charset of a body by its Content-Type."""

import codecs
import re
from collections.abc import Mapping

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from restgql.bounded_cache import bounded_cache
from restgql.formats.headers import MAX_HEADER_VALUE, is_token

HTML = frozenset({"text/html", "application/xhtml+xml"})
FORMS = {"application/x-www-form-urlencoded": "FORM", "multipart/form-data": "MULTIPART"}
"""The encodings (RestEncoding) of forms, by their media types."""
_CALLED_JSON = frozenset({"", "*/*", "application/*", "application/javascript", "text/javascript"})
_SEQUENCES = ("ndjson", "json-seq", "jsonl", "json-lines", "jsonp")
"""Parts of the names of media types whose bodies are several JSON texts, or a script."""
ENDLESS = frozenset({"text/event-stream", "multipart/x-mixed-replace"})
"""Media types of bodies that continue until one side closes the connection."""
_QUALITY = re.compile(r";[ \t]*q[ \t]*=[ \t]*([0-9]*)\.([0-9]*)", re.IGNORECASE)
"""A quality with a dot. Werkzeug needs digits on both sides of the dot, and drops other ranges."""
_ANY_RANGES = {"*": "*/*"}
"""`*` is no media range, but Java sends it: `*; q=.2, */*; q=.2`."""


@bounded_cache(entries=256, characters=256)
def essence(content_type: str) -> str:
    """Return `type/subtype` in lower case, without parameters; empty if there is none."""
    return content_type.partition(";")[0].strip().lower()


def is_endless(content_type: str) -> bool:
    """Return True for the Content-Type of a stream of events or parts, which never ends by itself."""
    kind = content_type[:10].lower()
    if kind != "text/event" and kind != "multipart/":  # nearly always
        return False
    return content_type.partition(";")[0].strip().lower() in ENDLESS


def is_type(media_type: str) -> bool:
    """Return True if an essence is `type/subtype` (RFC 9110 section 8.3.1), and no range."""
    kind, _, subtype = media_type.partition("/")
    return is_token(kind) and is_token(subtype) and "*" not in media_type


def is_json(media_type: str) -> bool:
    """Return True if an essence is JSON (RFC 8259, RFC 6839 section 3.1)."""
    return media_type == "application/json" or media_type.endswith("+json")


def may_be_json(media_type: str) -> bool:
    """Return True if a media type in an API's document means JSON: documents use many names, and ranges.

    A typed field then reads the body as JSON, whatever its Content-Type.
    """
    if is_json(media_type) or media_type in _CALLED_JSON:
        return True
    return "json" in media_type and not any(word in media_type for word in _SEQUENCES)


def is_xml(media_type: str) -> bool:
    """Return True if an essence is XML (RFC 7303)."""
    return media_type in ("text/xml", "application/xml") or media_type.endswith("+xml")


def is_text(media_type: str) -> bool:
    """Return True if an essence is text or XML."""
    return media_type.startswith("text/") or is_xml(media_type)


@bounded_cache(entries=256, characters=256)
def qualities(accept: str) -> Mapping[str, float]:
    """Return the quality of each media range in Accept (RFC 9110 section 12.5.1), without parameters.

    An Accept over MAX_HEADER_VALUE has no media ranges.
    """
    if len(accept) > MAX_HEADER_VALUE:
        return {}
    return {essence(name): quality for name, quality in reversed(ranges(accept))}


def ranges(accept: str) -> list[tuple[str, float]]:
    """Return the media ranges of Accept with their parameters and qualities, the best first.

    RFC 9110 section 12.4.2 allows `q=1.`; Java's HttpURLConnection sends `q=.2`.
    """
    complete = _QUALITY.sub(lambda match: f";q={match[1] or 0}.{match[2] or 0}", accept)
    return [(_ANY_RANGES.get(name, name), quality) for name, quality in parse_accept_header(complete, MIMEAccept)]


@bounded_cache(entries=256, characters=256)
def charset(content_type: str) -> str:
    """Return the charset in a Content-Type, or `utf-8` without one."""
    return parameters(content_type).get("charset", "utf-8")


def parameters(field: str) -> Mapping[str, str]:
    """Return the parameters of a media type that have a value; none if it is malformed."""
    try:
        values = parse_options_header(field)[1]
    except LookupError:  # Werkzeug 2.2, for a parameter in an unknown encoding (RFC 8187)
        return {}
    return {name: value for name, value in values.items() if value is not None}  # in Werkzeug 2.2 a value may be None


def decode_text(body: bytes, content_type: str) -> str | None:
    """Decode a body by its charset, without a byte order mark; return None if it cannot be decoded."""
    name = charset(content_type)
    try:
        if codecs.lookup(name).name == "utf-8":
            name = "utf-8-sig"
        text = body.decode(name).removeprefix("\ufeff")
        text.encode()  # utf-7 and similar charsets can produce a lone surrogate
        return text
    except (LookupError, UnicodeError, ValueError):
        return None
