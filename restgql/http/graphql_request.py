"""GraphQL over HTTP: the request parameters, and the media type of the answer."""

from typing import Any

import msgspec

from restgql.bounded_cache import bounded_cache
from restgql.config import Config
from restgql.errors import BadRequest, LimitExceeded, PersistedQueryNotSupported, RestgqlError
from restgql.formats import json_body, media
from restgql.formats.json import WHITESPACE, NotJson, value
from restgql.http import multipart
from restgql.model import WITH_BODY, GraphQLRequest, HttpRequest

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
HTML = "text/html"
INCREMENTAL_SPEC = "v0.2"
EVENT_STREAM = "text/event-stream"
_IN_PARTS = ("multipart/mixed", EVENT_STREAM)
_EXPLICIT_FIRST = (RESPONSE_JSON, JSON)
_EXAMPLE = '{"query": "{ … }"}'
_QUERY_STRING_EXAMPLE = f"?query={{ … }} in the URL, or {_EXAMPLE} in the body of a POST"


class _Parameters(msgspec.Struct, rename="camel"):
    query: str | None = None
    document_id: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class _PersistedQuery(msgspec.Struct):
    """Apollo's extension `persistedQuery`."""

    version: int
    hash: str = msgspec.field(name="sha256Hash")


def read(request: HttpRequest, config: Config) -> GraphQLRequest:
    """Read the request parameters from the query string, the JSON body or an upload. Raises BadRequest, LimitExceeded
    and PersistedQueryNotSupported."""
    uploads: frozenset[str] = frozenset()
    parameters: _Parameters
    if multipart.is_upload(request):
        upload = multipart.read(request, max_text=config.max_body, max_files=config.max_files)
        parameters = json_body.parsed(upload.operations, _Parameters, name="part operations", example=_EXAMPLE)
        uploads = multipart.place(upload, parameters.variables or {})
    elif request.method in WITH_BODY:
        try:
            parameters = json_body.read(request.content_type, request.body, _Parameters, example=_EXAMPLE)
        except BadRequest as exc:
            raise (_array_refused(config) if _is_array(request) and exc.status == 400 else exc) from exc
    else:
        return _params(_from_query(request), example=_QUERY_STRING_EXAMPLE)
    return _params(parameters, uploads)


def is_batch(request: HttpRequest, config: Config) -> bool:
    """Return True if a request contains several operations in an array, and that is allowed."""
    is_array = config.max_batch > 0 and _is_array(request)
    return is_array and request.method == "POST" and not multipart.is_upload(request)


def _is_array(request: HttpRequest) -> bool:
    return request.body.lstrip(WHITESPACE)[:1] == b"["


def _array_refused(config: Config) -> BadRequest:
    """Return the error of an array where one operation is expected."""
    if config.max_batch > 0:
        return BadRequest(f"The request body is an array, and batches are sent by POST. Send {_EXAMPLE}.")
    return BadRequest(
        f"The request body is an array, and batches of operations are off. RESTGQL_MAX_BATCH = 10 allows 10 in a "
        f"request; else send {_EXAMPLE}. An array of paths goes to the aggregate endpoint."
    )


def read_batch(request: HttpRequest, config: Config) -> list[GraphQLRequest | RestgqlError]:
    """Read the parameters of each operation of a batch, or the error of an item. Raises the errors of `read` for what
    is no array of 1 to `max_batch` items."""
    example = f"an array of operations, [{_EXAMPLE}]"
    batch: list[msgspec.Raw] = json_body.read(request.content_type, request.body, list[msgspec.Raw], example=example)
    if not batch:
        raise BadRequest(f"The array contains no operation. Send {example}.")
    if len(batch) > config.max_batch:
        limit = config.max_batch
        raise LimitExceeded(f"More than {limit} operations in an array.", limit="RESTGQL_MAX_BATCH", allowed=limit)
    return [_item(index, bytes(item)) for index, item in enumerate(batch)]


def _item(index: int, text: bytes) -> GraphQLRequest | RestgqlError:
    """Read an item of a batch. Its error is its own: a client joins operations of unrelated components."""
    try:
        return _params(json_body.parsed(text, _Parameters, name=f"item {index} of the array", example=_EXAMPLE))
    except RestgqlError as exc:
        return exc


def _params(
    parameters: _Parameters, uploads: frozenset[str] = frozenset(), *, example: str = _EXAMPLE
) -> GraphQLRequest:
    document_id = parameters.document_id or _persisted((parameters.extensions or {}).get("persistedQuery"))
    if not parameters.query and not document_id:
        raise BadRequest(f"The parameter query is missing. It is the GraphQL document: send {example}.")
    return GraphQLRequest(
        query=parameters.query or "",
        document_id=document_id,
        operation_name=parameters.operation_name or None,
        variables=parameters.variables or {},
        extensions=parameters.extensions or {},
        uploads=uploads,
    )


class Accepted(msgspec.Struct, frozen=True):
    """The media type of a whole answer, and of one in parts if the client accepts that, or accepts `only_parts`."""

    whole: str
    parts: str | None = None
    only_parts: bool = False

    @property
    def is_event_stream(self) -> bool:
        """True for a client that accepts nothing but server-sent events."""
        return self.only_parts and self.parts == EVENT_STREAM


@bounded_cache(entries=256, characters=256)
def accepted(accept: str) -> Accepted:
    """Choose the media type of the answer: JSON unless Accept names the newer type. Raises BadRequest (406)."""
    parts = _parts(accept)
    try:
        return Accepted(_whole(accept), parts)
    except BadRequest:
        if parts is None:
            raise
        return Accepted(RESPONSE_JSON, parts, only_parts=True)  # an error is a whole answer, with its own status


def wants_page(method: str, accept: str) -> bool:
    """Return True if a browser opens the endpoint."""
    qualities = media.qualities(accept)
    json = max(qualities.get(JSON, 0.0), qualities.get(RESPONSE_JSON, 0.0))
    return method in ("GET", "HEAD") and qualities.get(HTML, 0.0) > json


def _whole(accept: str) -> str:
    if not accept.strip():
        return JSON
    qualities = media.qualities(accept)
    wildcard = qualities.get("application/*", qualities.get("*/*", 0.0))  # the closest range wins, RFC 9110 12.5.1
    explicit = [(qualities[name], name) for name in _EXPLICIT_FIRST if qualities.get(name)]
    if explicit:
        return max(explicit, key=lambda pair: pair[0])[1]  # of equal types the first, which is the newer one
    for name in reversed(_EXPLICIT_FIRST):
        if wildcard and qualities.get(name) != 0.0:
            return name
    raise BadRequest(f"The answer is {JSON} or {RESPONSE_JSON}, and Accept takes neither.", status=406)


def _parts(accept: str) -> str | None:
    """Return the media type of an answer in parts that Accept ranks at least as high as JSON, or None.

    A media type that names another version of the payloads does not count.
    """
    candidates = []
    qualities = media.qualities(accept)
    least = max(qualities.get(whole, 0.0) for whole in _EXPLICIT_FIRST)
    for text, quality in media.ranges(accept):
        name, parameters = media.essence(text), media.parameters(text)
        # Apollo's name of the version with `pending` and `completed`; its other versions have other payloads
        is_supported = parameters.get("incrementalspec", INCREMENTAL_SPEC) == INCREMENTAL_SPEC
        is_supported = is_supported and parameters.keys().isdisjoint(("deferspec", "subscriptionspec"))
        if name in _IN_PARTS and is_supported and quality and quality >= least:
            candidates.append((quality, name))
    return max(candidates, key=lambda pair: pair[0])[1] if candidates else None


def _from_query(request: HttpRequest) -> _Parameters:
    texts = dict(request.query)
    return _Parameters(
        query=texts.get("query"),
        document_id=texts.get("documentId"),
        operation_name=texts.get("operationName"),
        variables=_object("variables", texts.get("variables")),
        extensions=_object("extensions", texts.get("extensions")),
    )


def _persisted(extension: Any) -> str | None:
    """Return the hash in the extension `persistedQuery`, or None without one. Raises the errors of `read`."""
    if extension is None:
        return None
    try:
        persisted = msgspec.convert(extension, _PersistedQuery)
    except msgspec.ValidationError as exc:
        raise BadRequest(f"The extension persistedQuery is malformed: {exc}.") from exc
    if persisted.version != 1:
        raise PersistedQueryNotSupported("PersistedQueryNotSupported: the version of persistedQuery is 1.")
    return persisted.hash


def _object(name: str, text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        members: dict[str, Any] | None = value(text.encode("utf-8", "surrogatepass"), dict[str, Any] | None)
    except NotJson as exc:
        raise BadRequest(f"The parameter {name} takes a JSON object: {exc}.") from exc
    return members
