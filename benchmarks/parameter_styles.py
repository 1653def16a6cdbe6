"""What leaves for the values of parameters, by OpenAPI's "Style Values" and Swagger's collectionFormat."""

import json
import random
from typing import Any

import msgspec

from benchmarks.openapi_app import Route
from benchmarks.schema_values import SchemaValues, Unanswerable

_COLLECTIONS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|", "simple": ","}
_OWN_HEADERS = frozenset({"accept", "content-type", "authorization"})
_NEVER_SET = frozenset({"host", "cookie", "forwarded", "x-real-ip", "via", "connection", "content-length", "te"})


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The values of parameters by name and place, and the request that they make."""

    values: dict[tuple[str, str], Any]
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: Any = None


class _NotSent(Unanswerable):
    """A value whose place no style tells."""


def sent(
    document: dict[str, Any], route: Route, values: SchemaValues, draw: random.Random, *, everything: bool,
    optional: bool,
) -> Sent:  # fmt: skip
    """Draw a value of each parameter that is required, and of others with `optional`."""
    drawn: dict[tuple[str, str], Any] = {}
    in_path: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for parameter in route.parameters:
        name, place = str(parameter.get("name")), parameter.get("in")
        required = parameter.get("required") is True or place == "path"
        if not required and not (optional and draw.random() < 0.5):
            continue
        if place == "path" and name in route.variables:
            value = _drawn(parameter, values)
            drawn[name, place] = value
            in_path[name] = _joined(parameter, value)
        elif place == "query":
            value = _drawn(parameter, values)
            try:
                pairs = _in_query(document, parameter, name, value)
            except _NotSent:
                if required:
                    raise
                continue
            drawn[name, place] = value
            query += pairs
        elif place == "header" and name.lower() not in _OWN_HEADERS | _NEVER_SET:
            if name.lower().startswith(("x-forwarded", "proxy-", "content-")):
                continue
            value = _drawn(parameter, values)
            if isinstance(value, dict | list):
                continue
            drawn[name, place] = value
            headers[name] = spelled(value)
    for name in route.variables:
        if name not in in_path:
            drawn[name, "path"] = in_path[name] = "plain"
    path = tuple(in_path[name] for name in route.variables)
    return Sent(values=drawn, path=path, query=tuple(query), headers=headers)


def spelled(value: Any) -> str:
    """Return a scalar as text."""
    return value if isinstance(value, str) else json.dumps(value)


def _drawn(parameter: dict[str, Any], values: SchemaValues) -> Any:
    if "schema" in parameter:
        return values.value(parameter["schema"])
    if parameter.get("content"):
        return values.value(next(iter(parameter["content"].values())).get("schema"))
    return values.value(parameter)


def _joined(parameter: dict[str, Any], value: Any) -> str:
    if isinstance(value, dict):
        raise _NotSent
    return ",".join(map(spelled, value)) if isinstance(value, list) else spelled(value)


def _in_query(document: dict[str, Any], parameter: dict[str, Any], name: str, value: Any) -> list[tuple[str, str]]:
    if parameter.get("content") and "schema" not in parameter:
        return [(name, json.dumps(value, separators=(",", ":"), ensure_ascii=False))]
    style = parameter.get("style", "form")
    explode = parameter.get("explode", style in ("form", "deepObject"))
    if "swagger" in document:
        collection = parameter.get("collectionFormat", "csv")
        explode = collection == "multi"
        delimiter = _COLLECTIONS.get(collection, ",")
    else:
        delimiter = _DELIMITERS.get(style, ",")
    if isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value) or style == "deepObject":
            raise _NotSent
        if explode:
            return [(name, spelled(item)) for item in value]
        return [(name, delimiter.join(map(spelled, value)))] if value else []
    if not isinstance(value, dict):
        return [(name, spelled(value))]
    if any(isinstance(item, dict | list) for item in value.values()):
        raise _NotSent
    if style == "deepObject":
        return [(f"{name}[{key}]", spelled(item)) for key, item in value.items()]
    if explode:
        return [(key, spelled(item)) for key, item in value.items()]
    raise _NotSent
