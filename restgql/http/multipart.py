"""An upload: operations, a map and files, by the GraphQL multipart request specification, version 2
(github.com/jaydenseric/graphql-multipart-request-spec)."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, MultipartDecoder, NeedData
from werkzeug.sansio.multipart import File as FilePart

from restgql.errors import BadRequest, LimitExceeded
from restgql.formats import json, media
from restgql.formats.file import File
from restgql.model import HttpRequest

MEDIA_TYPE = "multipart/form-data"
PREFLIGHT = ("Apollo-Require-Preflight", "GraphQL-Preflight", "X-Apollo-Operation-Name")
"""Another origin can submit a form without a preflight, but not with these header fields: they prevent CSRF."""

_CHUNK = 65_536
_MAX_BOUNDARY = 100
"""RFC 2046 section 5.1.1 allows 70; Werkzeug's test client sometimes sends 71. `re` caches patterns of a boundary."""
_TEXTS = ("operations", "map")
_INDEX = re.compile(r"(0|[1-9][0-9]{0,6})\Z")


class BodyPart(msgspec.Struct, frozen=True):
    """A part of the body. A part with a file name, even an empty one, is a file (RFC 7578 section 4.2)."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


class MultipartUpload(msgspec.Struct, frozen=True):
    """The operations as sent, and the files by their target paths in the map."""

    operations: bytes
    files: dict[str, File]


def is_upload(request: HttpRequest) -> bool:
    """Return True if a request to the GraphQL endpoint has files. QUERY never has: caches use its body as a key."""
    return request.method == "POST" and media.essence(request.content_type) == MEDIA_TYPE


def read(request: HttpRequest, *, max_text: int, max_files: int) -> MultipartUpload:
    """Read an upload.

    Raises BadRequest, with status 415 without a header field that forces a preflight, and LimitExceeded.
    """
    if not request.preflighted:
        raise BadRequest(
            f"A body of {MEDIA_TYPE} is an upload, which needs the header {PREFLIGHT[0]} or {PREFLIGHT[1]}, with any "
            "value. Without files, send JSON with Content-Type: application/json.",
            status=415,
        )
    parts: dict[str, BodyPart] = {}
    for part in _parts(request, max_files):
        if part.name in parts:
            raise BadRequest(f"The part {part.name[:80]!r} occurs twice.")
        parts[part.name] = part
    operations, paths = (_text(name, parts, max_text) for name in _TEXTS)
    if operations.lstrip(json.WHITESPACE).startswith(b"["):
        raise BadRequest("operations is an array, and one request runs one operation: send an object.")
    return MultipartUpload(operations, _mapped(paths, parts))


def place(upload: MultipartUpload, variables: dict[str, Any]) -> frozenset[str]:
    """Put the files in the variables, and return the names of the variables with files. Raises BadRequest for a path
    that does not lead to null."""
    names = set()
    for path, file in upload.files.items():
        head, *keys = path.split(".")
        if head != "variables" or not keys:
            raise BadRequest(f"map: the path {path[:80]!r} leads to no variable, as variables.file does.")
        container, key = _leaf(path, keys, variables)
        container[key] = file
        names.add(keys[0])
    return frozenset(names)


def _leaf(path: str, keys: list[str], variables: dict[str, Any]) -> tuple[Any, Any]:
    """Return the container of the null at the end of a path, and the key of that null. Raises BadRequest."""
    value: Any = variables
    for text in keys:
        container, key = value, _key(value, text)
        if key is None:
            raise BadRequest(
                f"map: the path {path[:80]!r} leads nowhere: in operations, null marks the place of a file."
            )
        value = container[key]
    if value is not None:
        raise BadRequest(f"map: the path {path[:80]!r} leads to {json.type_name(value)}; operations has null there.")
    return container, key


def _key(container: Any, text: str) -> str | int | None:
    """Return the key or index that a segment of a path names in a container, or None if the container lacks it."""
    if isinstance(container, dict):
        return text if text in container else None
    is_index = isinstance(container, list) and _INDEX.match(text)
    return int(text) if is_index and int(text) < len(container) else None


def _text(name: str, parts: dict[str, BodyPart], limit: int) -> bytes:
    part = parts.pop(name, None)
    if part is None:
        raise BadRequest(f"The part {name} is missing: an upload has operations, map, and the files that map names.")
    if len(part.content) > limit:
        message = f"The part {name} is over {limit} bytes."
        raise LimitExceeded(message, limit="RESTGQL_MAX_BODY", allowed=limit, status=413)
    return part.content


def _mapped(text: bytes, parts: dict[str, BodyPart]) -> dict[str, File]:
    """Return the files by their paths in `map`. Raises BadRequest."""
    try:
        named: dict[str, list[str]] = json.value(text, dict[str, list[str]])
    except json.NotJson as exc:
        raise BadRequest(
            f'map is not an object of arrays of paths, such as {{"0": ["variables.file"]}}: {exc}.'
        ) from exc
    files: dict[str, File] = {}
    for name, paths in named.items():
        part = parts.pop(name, None)
        if part is None:
            raise BadRequest(f"map names the file {name[:80]!r}, but there is no such part.")
        if part.filename is None:
            raise BadRequest(f"The part {name[:80]!r} is not a file: its Content-Disposition has no filename.")
        file = File(part.filename, part.content_type, part.content)
        for path in paths:
            if path in files:
                raise BadRequest(f"map has the path {path[:80]!r} twice.")
            files[path] = file
        if not paths:
            raise BadRequest(f"map names no path for the file {name[:80]!r}.")
    for name in parts:
        raise BadRequest(f"map does not name the part {name[:80]!r}: it would be lost.")
    return files


def _parts(request: HttpRequest, max_files: int) -> Iterator[BodyPart]:
    """Yield the parts of the body (RFC 7578). Raises BadRequest and LimitExceeded."""
    boundary = media.parameters(request.content_type).get("boundary", "")
    if not boundary:
        raise BadRequest(f"Content-Type: {MEDIA_TYPE} has no boundary.")
    if len(boundary) > _MAX_BOUNDARY:
        raise BadRequest(f"The boundary of {MEDIA_TYPE} is over {_MAX_BOUNDARY} characters.")
    decoder = MultipartDecoder(boundary.encode(errors="replace"), max_parts=max_files + len(_TEXTS))
    part: Field | FilePart | None = None
    content: list[bytes] = []
    try:
        for event in _events(decoder, request.body):
            if isinstance(event, Field | FilePart):
                part, content = event, []
            elif isinstance(event, Data) and part is not None:
                content.append(event.data)
                if not event.more_data:
                    yield _part(part, b"".join(content))
    except RequestEntityTooLarge:
        message = f"The upload has more than {max_files} files."
        raise LimitExceeded(message, limit="RESTGQL_MAX_FILES", allowed=max_files, status=413) from None
    except ValueError as exc:
        raise BadRequest(f"The body is not a complete {MEDIA_TYPE} of this boundary: {exc}.") from exc


def _events(decoder: MultipartDecoder, body: bytes) -> Iterator[Event]:
    """Yield the events of a decoder. It searches its whole buffer for each event, so it receives the body in chunks."""
    for start in range(0, len(body), _CHUNK):
        decoder.receive_data(body[start : start + _CHUNK])
        yield from _decoded(decoder)
    decoder.receive_data(None)
    yield from _decoded(decoder)


def _decoded(decoder: MultipartDecoder) -> Iterator[Event]:
    while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
        yield event


def _part(part: Field | FilePart, content: bytes) -> BodyPart:
    name: str | None = part.name
    if name is None:
        raise BadRequest("A part of the body has no name.")
    filename = part.filename if isinstance(part, FilePart) else None
    return BodyPart(name, filename, part.headers.get("Content-Type", ""), content)
