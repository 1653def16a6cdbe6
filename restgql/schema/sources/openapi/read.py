"""The text of an OpenAPI document: JSON, or YAML where PyYAML is there."""

from typing import Any

from restgql.errors import ConfigError
from restgql.formats import json
from restgql.schema.sources.openapi import yaml
from restgql.schema.sources.openapi.lenient import JsonObject, as_text

MAX_BYTES = 64_000_000
_VERSIONS = {"swagger": ("2.",), "openapi": ("3.0", "3.1", "3.2")}


def read(document: bytes | str, *, where: str) -> dict[str, Any]:
    """An OpenAPI document. Raises ConfigError with `where` it is and what is wrong with it."""
    value = load(document, where=where)
    check(value, where=where)
    found: dict[str, Any] = value
    return found


def load(document: bytes | str, *, where: str) -> Any:
    """The value of a JSON or YAML text, a whole document or one that it refers to. Raises ConfigError."""
    body = document.encode() if isinstance(document, str) else document
    if len(body) > MAX_BYTES:
        raise ConfigError(f"{where} has {len(body)} bytes; an OpenAPI document may have {MAX_BYTES}.")
    try:
        return json.value(body)
    except json.NotJson as exc:
        if body.lstrip(json.BOM + json.WHITESPACE).startswith((b"{", b"[")) and not where.endswith((".yaml", ".yml")):
            raise ConfigError(f"{where} is no JSON: {exc}") from exc
    return yaml.value(body, where=where)


def merges_siblings(document: JsonObject) -> bool:
    """Return True for a dialect in which the keywords beside a `$ref` count (OpenAPI 3.1, "Schema Object")."""
    return not as_text(document.get("openapi")).startswith("3.0") and "swagger" not in document


def check(document: Any, *, where: str) -> None:
    """Raises ConfigError for a value that is no OpenAPI document of a version that is known."""
    if not isinstance(document, dict):
        raise ConfigError(f"{where} is no OpenAPI document: it is no object.")
    key = next((key for key in _VERSIONS if key in document), None)
    if key is None:
        raise ConfigError(f"{where} is no OpenAPI document: it has neither `openapi` nor `swagger` with a version.")
    version = as_text(document[key]) or str(document[key])
    if not version.startswith(_VERSIONS[key]):
        raise ConfigError(f"{where} has {key} {version[:20]!r}; 2.0, 3.0, 3.1 and 3.2 are read.")
    if not isinstance(document.get("paths", {}), dict):
        raise ConfigError(f"{where} is no OpenAPI document: its `paths` is no object.")
