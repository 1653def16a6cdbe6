"""Manifests: the documents of a client by id, as its build wrote them."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from restgql.errors import ConfigError
from restgql.formats.json import NotJson, value


class _Operation(msgspec.Struct):
    id: str
    body: str


class _Apollo(msgspec.Struct, tag_field="format", tag="apollo-persisted-query-manifest"):
    version: Literal[1]
    operations: list[_Operation]


def parse(text: bytes) -> dict[str, str]:
    """Parse a manifest into documents by id: the JSON object of graphql-codegen and relay-compiler, or Apollo's form.

    Raises NotJson.
    """
    members: Any = value(text, dict[str, Any])
    if "format" not in members:
        return value(text, dict[str, str])  # type: ignore[no-any-return]
    return {operation.id: operation.body for operation in value(text, _Apollo).operations}


def read(root: str, paths: str | list[str] | None) -> dict[str, str]:
    """Read the documents of all manifests, whose paths are relative to `root`. Raises ConfigError."""
    documents: dict[str, str] = {}
    for path in [paths] if isinstance(paths, str) else paths or ():
        for identifier, document in _read(Path(root, path)).items():
            if documents.setdefault(identifier, document) != document:
                raise ConfigError(f"RESTGQL_PERSISTED_DOCUMENTS: {path} has another document {identifier!r}.")
    return documents


def _read(path: Path) -> dict[str, str]:
    try:
        return parse(path.read_bytes())
    except OSError as exc:
        raise ConfigError(f"RESTGQL_PERSISTED_DOCUMENTS: {path}: {exc.strerror or exc}.") from exc
    except NotJson as exc:
        raise ConfigError(
            f"RESTGQL_PERSISTED_DOCUMENTS: {path} is not a manifest, a JSON object of ids and documents as "
            f"graphql-codegen and relay-compiler write it, or Apollo's form: {exc}."
        ) from exc
