"""The paths of an /aggregate request: a JSON array, a JSON object of keys and paths, or `path` parameters."""

from functools import lru_cache

from restgql.errors import BadRequest, LimitExceeded
from restgql.formats import media
from restgql.http import json_body as body
from restgql.model import WITH_BODY, AggregateRequest, HttpRequest, Streaming

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def read(inbound: HttpRequest, max_paths: int) -> AggregateRequest:
    """The paths by key, in the order sent. Raises BadRequest and LimitExceeded."""
    given: list[str] | dict[str, str]
    if inbound.method in WITH_BODY:
        given = body.read(inbound, list[str] | dict[str, str])
    else:
        given = [value for name, value in inbound.query if name == "path"]
    paths = given if isinstance(given, dict) else {path: path for path in given}
    if len(paths) > max_paths:
        raise LimitExceeded(f"More than {max_paths} paths.", limit="RESTGQL_MAX_SUBREQUESTS", allowed=max_paths)
    streaming = Streaming.MAP if _flag(inbound, "stream") else _streaming(inbound.accept)
    return AggregateRequest(paths=paths, envelope=_flag(inbound, "envelope"), streaming=streaming)


@lru_cache(maxsize=512)
def _streaming(accept: str) -> Streaming | None:
    """How the parts come one by one, as Accept asks."""
    ranges = media.qualities(accept)
    best = max((Streaming.NDJSON, Streaming.EVENTS), key=lambda way: ranges.get(way.value, 0.0))
    return best if ranges.get(best.value, 0.0) > ranges.get(Streaming.MAP.value, 0.0) else None


def _flag(inbound: HttpRequest, name: str) -> bool:
    text = dict(inbound.query).get(name, "false")
    if text.lower() not in _BOOLEANS:
        raise BadRequest(f"{name} is true or false, not {text[:40]!r}.")
    return _BOOLEANS[text.lower()]
