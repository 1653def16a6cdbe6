"""OpenAPI documents that do not depend on the app's routes: a file, a URL, a dict or a callable."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec

from restgql.configured_path import missing
from restgql.errors import ConfigError
from restgql.schema.sources import openapi
from restgql.schema.sources.openapi.read import load
from restgql.schema.sources.openapi.references import LoadDocument
from restgql.upstream.document_client import DocumentClient, is_url, shown


class ApiDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenAPI document. `name` is its file or URL without credentials, `url` the base of its relative servers.
    `load` reads the documents that it refers to."""

    value: Mapping[str, Any]
    name: str = "a dict"
    url: str = ""
    load: LoadDocument | None = None


def read(source: Any, root: Path, client: DocumentClient | None = None) -> ApiDocument:
    """Return the document of a source; a file is relative to `root`. Raises ConfigError with the cause."""
    if isinstance(source, Mapping):
        openapi.check(source, where="The dict of openapi")
        return ApiDocument(value=dict(source))
    if callable(source):
        return read(source(), root, client)
    if not isinstance(source, str):
        raise ConfigError(f"An OpenAPI document is a file, a URL or a dict, and this is a {type(source).__name__}.")
    if is_url(source):
        return _fetch(source, client or DocumentClient())
    path = root / source
    try:
        value = openapi.read(path.read_bytes(), where=str(path))
    except OSError as exc:
        raise ConfigError(f"openapi = {source!r}: {exc}.{missing(path, root)}") from exc
    return ApiDocument(value=value, name=source, load=lambda name: load((path.parent / name).read_bytes(), where=name))


def _fetch(url: str, client: DocumentClient) -> ApiDocument:
    body, at = client.fetch(url)

    @cache  # types may be built again later, from what was fetched at start
    def refer(name: str) -> Any:
        return load(client.fetch(urljoin(at, name))[0], where=name)

    return ApiDocument(value=openapi.read(body, where=shown(url)), name=shown(url), url=at, load=refer)
