"""Parses OpenAPI documents: JSON, or YAML if PyYAML is installed."""

from typing import Any

from restgql.errors import ConfigError
from restgql.formats import json
from restgql.schema.sources.openapi import yaml
from restgql.schema.sources.openapi.lenient import JsonObject, as_text

MAX_BYTES = 64_000_000
_VERSIONS = {"swagger": ("2.",), "openapi": ("3.0", "3.1", "3.2")}


def read(document: bytes | str, *, where: str) -> dict[str, Any]:
    """Parse an OpenAPI document. Raises ConfigError with its place, `where`, and the cause."""
    value: dict[str, Any] = load(document, where=where)
    check(value, where=where)
    return value


def load(document: bytes | str, *, where: str) -> Any:
    """Parse a JSON or YAML text: an OpenAPI document, or a file that one refers to. Raises ConfigError."""
    body = document.encode() if isinstance(document, str) else document
    if len(body) > MAX_BYTES:
        raise ConfigError(f"{where} has {len(body)} bytes; an OpenAPI document may have at most {MAX_BYTES}.")
    try:
        return json.value(body)
    except json.NotJson as exc:
        if body.lstrip(json.BOM + json.WHITESPACE).startswith((b"{", b"[")) and not where.endswith((".yaml", ".yml")):
            raise ConfigError(f"{where} is not valid JSON: {exc}") from exc
    return yaml.value(body, where=where)


def merges_siblings(document: JsonObject) -> bool:
    """Return True for a dialect in which the keywords beside a `$ref` count (OpenAPI 3.1, "Schema Object")."""
    return not as_text(document.get("openapi")).startswith("3.0") and "swagger" not in document


def check(document: Any, *, where: str) -> None:
    """Raise ConfigError if a value is not an OpenAPI document of a supported version."""
    if not isinstance(document, dict):
        raise ConfigError(f"{where} is not an OpenAPI document: it is not an object.")
    key = next((key for key in _VERSIONS if key in document), None)
    if key is None:
        raise ConfigError(f"{where} is not an OpenAPI document: it has neither `openapi` nor `swagger` with a version.")
    version = as_text(document[key]) or str(document[key])
    if not version.startswith(_VERSIONS[key]):
        raise ConfigError(f"{where} has {key} {version[:20]!r}; supported versions are 2.0, 3.0, 3.1 and 3.2.")
    if not isinstance(document.get("paths", {}), dict):
        raise ConfigError(f"{where} is not an OpenAPI document: its `paths` is not an object.")
