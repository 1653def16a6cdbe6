"""Warnings about the OpenAPI documents of the app."""

from collections.abc import Collection, Iterator

from restgql.api_documents import ApiDocument
from restgql.schema.sources.openapi import GeneratedSdl


def warnings(document: ApiDocument, generated: GeneratedSdl, upstreams: Collection[str]) -> Iterator[str]:
    """Yield a warning if a document produces no field, and one if `auto` leaves out documents of the app."""
    if generated.skipped and not generated.operations:
        yield _without_fields(document, generated, upstreams)
    if document.others:
        yield (
            f"openapi = 'auto' reads {document.name} only. The app has other OpenAPI documents: "
            f"{', '.join(document.others)}. To read them, set a list of documents: openapi = […]."
        )


def _without_fields(document: ApiDocument, generated: GeneratedSdl, upstreams: Collection[str]) -> str:
    """Return the warning, with the key that the document may belong to."""
    first = generated.skipped[0]
    text = (
        f"openapi= generates no field from {document.name}: none of its {len(generated.skipped)} operations is an "
        f"exposed route ({first.method} {first.path}: {first.reason})."
    )
    prefix = next(iter(upstreams), None)
    if prefix is None:
        return text
    return (
        f"{text} The document of an upstream is a key of its own, upstreams={{{prefix!r}: {{'url': …, 'openapi': …}}}}."
    )
