"""The settings of the app's OpenAPI documents: the entries of RESTGQL_OPENAPI."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from restgql.upstream_settings import OPENAPI_FORMS, check_name_prefix, documents_of, is_document_source

_PREFIX = "prefix"
_FORMS = f"{OPENAPI_FORMS}; also a path of the app, such as '/openapi.json', or 'auto'"


class AppDocumentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`openapi` is the source of one document. `prefix` begins the names of its types and root fields."""

    openapi: Any
    prefix: str = ""

    def __post_init__(self) -> None:
        if not is_document_source(self.openapi):
            raise ValueError(_FORMS)
        check_name_prefix(self.prefix)


def app_documents_of(openapi: Any) -> Iterator[AppDocumentSettings]:
    """Yield the documents of RESTGQL_OPENAPI: none, one or a list. Raises ValueError.

    A mapping with the key `prefix` has settings. Any other mapping is a document: OpenAPI has no such key.
    """
    for entry in documents_of(openapi):
        if isinstance(entry, Mapping) and _PREFIX in entry:
            yield _settings(entry)
        else:
            yield AppDocumentSettings(openapi=entry)


def _settings(entry: Mapping[str, Any]) -> AppDocumentSettings:
    try:
        return msgspec.convert(entry, AppDocumentSettings)
    except msgspec.ValidationError as exc:
        message = str(exc).partition(" - at ")[0]
        raise ValueError(f"{message}; a document with a prefix is {{'openapi': …, 'prefix': 'v2'}}") from None
