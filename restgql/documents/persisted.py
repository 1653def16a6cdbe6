"""The documents that have an id: listed ones, which the owner of the gateway chose, and those that clients register."""

import hashlib
from collections.abc import Callable, Mapping

import msgspec
from graphql import GraphQLError, strip_ignored_characters

from restgql.bounded_cache import bounded_cache
from restgql.config import Config
from restgql.documents.registry import Registry
from restgql.documents.tokens import check_text
from restgql.errors import BadRequest, LimitExceeded, NotAllowed, PersistedQueryNotFound, PersistedQueryNotSupported
from restgql.log import logger
from restgql.model import GraphQLRequest
from restgql.profile import Profile

_PREFIX = "sha256:"
_MAX_WITHOUT_IGNORED = 128
_MAX_CACHED = 8_192
_MAX_LOGGED = 80
_NONE: Mapping[str, str] = {}


class PersistedDocuments:
    """The documents that clients may name by an id, and the rules for the documents that they may send.

    `manifest` has documents by id. `stored` returns the documents of the stored operations by their SHA-256: the same
    mapping as long as they do not change. Both kinds are called listed. Documents that clients register (automatic
    persisted queries, APQ) are in `registry`.
    """

    def __init__(
        self,
        config: Config,
        registry: Registry,
        manifest: Mapping[str, str],
        stored: Callable[[], Mapping[str, str]] = lambda: _NONE,
    ) -> None:
        self._only = config.operations_only
        self._registers = config.apq and self._only is not True
        self._max_document = config.max_document
        self._max_tokens = config.max_tokens
        self._registry = registry
        # A client may also name a document by its SHA-256, whatever its id.
        self._manifest = {digest_of(text): text for text in manifest.values()} | {
            identifier.removeprefix(_PREFIX): text for identifier, text in manifest.items()
        }
        self._stored = stored
        self._without_ignored = bounded_cache(entries=_MAX_WITHOUT_IGNORED, characters=_MAX_CACHED)(
            self._bounded_without_ignored
        )
        self._in_manifest = frozenset(map(_without_ignored, manifest.values()))
        self._in_stored: tuple[Mapping[str, str], Mapping[str, str]] = _NONE, _NONE
        """The stored operations, and their documents by their texts without ignored tokens."""

    def resolve(self, params: GraphQLRequest) -> GraphQLRequest:
        """Return the request with its document.

        Raises BadRequest, PersistedQueryNotFound and PersistedQueryNotSupported.
        """
        identifier = params.document_id
        if identifier is None:
            return params
        digest = _bare(identifier)
        document = self._listed(identifier) or self._registered(digest)
        if params.query:
            if document != params.query and digest_of(params.query) != digest:
                raise BadRequest("The id of the document is not the SHA-256 of its text: provided sha does not match.")
            return params
        if document is not None:
            return msgspec.structs.replace(params, query=document)
        # Clients recognize these two by their messages, too.
        if self._registers:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        raise PersistedQueryNotSupported("PersistedQueryNotSupported")

    def check_allowed(self, params: GraphQLRequest, method: str, profile: Profile) -> None:
        """Raise NotAllowed if the document of a request may not be run."""
        if self._only is not False and not self.is_listed(params.query):
            self.check_unlisted_allowed(
                f"operation={_loggable(params.operation_name)} document={digest_of(params.query)[:12]}"
            )
        if method in ("GET", "HEAD") and not (profile.get == "any" or self._is_get_allowed(params, profile)):
            raise NotAllowed(_GET_REFUSED[profile.get], status=405)

    def check_unlisted_allowed(self, description: str) -> None:
        """Raise NotAllowed if only listed documents may be run; log `description` if that is only logged."""
        if self._only is True:
            raise NotAllowed(
                "Only the stored operations and persisted documents of this gateway can be run, because "
                "RESTGQL_OPERATIONS_ONLY is on."
            )
        if self._only == "log":
            logger.warning("RESTGQL_OPERATIONS_ONLY would refuse %s", description)

    def register(self, params: GraphQLRequest) -> None:
        """Register the document of a valid request that has its id, if clients may register documents."""
        if params.document_id is not None and self._registers and not self._listed(params.document_id):
            self._registry.put(_bare(params.document_id), params.query)

    def is_listed(self, text: str) -> bool:
        """Return True if a document is listed, apart from tokens that GraphQL ignores."""
        if self.stored_text(text) is not None:
            return True
        return bool(self._in_manifest) and self._without_ignored(text) in self._in_manifest

    def stored_text(self, text: str) -> str | None:
        """Return the stored operation that equals a document, apart from tokens that GraphQL ignores, or None."""
        stored = self._stored()
        mapping, texts = self._in_stored
        if mapping is not stored:
            texts = {_without_ignored(each): each for each in stored.values()}
            self._in_stored = stored, texts
        return texts.get(self._without_ignored(text)) if texts else None

    def _bounded_without_ignored(self, text: str) -> str:
        try:
            check_text(text, max_document=self._max_document, max_tokens=self._max_tokens)
        except (LimitExceeded, GraphQLError):
            return ""
        return strip_ignored_characters(text)

    def _is_get_allowed(self, params: GraphQLRequest, profile: Profile) -> bool:
        """Return True if GET may run a document: a listed or registered one, or one that is sent with its SHA-256.

        urql registers documents by GET.
        """
        if profile.get != "persisted":
            return False
        if params.document_id is not None and self._registers:
            return True
        return self._registered(digest_of(params.query)) is not None or self.is_listed(params.query)

    def _listed(self, identifier: str) -> str | None:
        digest = _bare(identifier)
        return (
            self._manifest.get(identifier.removeprefix(_PREFIX))
            or self._manifest.get(digest)
            or self._stored().get(digest)
        )

    def _registered(self, digest: str) -> str | None:
        return self._registry.get(digest) if self._registers else None


_GET_REFUSED = {
    "persisted": "GET runs persisted documents only: send this one by POST, or set RESTGQL_GET to any.",
    "stored": "GET runs stored operations only: send the document by POST, or set RESTGQL_GET to any.",
    "off": "GET runs nothing here: send the document by POST, or set RESTGQL_GET to any.",
}


def digest_of(text: str) -> str:
    """Return the SHA-256 of a document in hexadecimal, its id in APQ."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _bare(identifier: str) -> str:
    """Return an id without the prefix that `documentId` of GraphQL over HTTP has, and APQ does not."""
    return identifier.removeprefix(_PREFIX).lower()


def _loggable(name: str | None) -> str:
    """Return an operation name, which a client chose, shortened and escaped for a line of the log."""
    if name is None:
        return "-"
    return name[:_MAX_LOGGED] if name.isidentifier() and name.isascii() else ascii(name[:_MAX_LOGGED])


def _without_ignored(text: str) -> str:
    try:
        return strip_ignored_characters(text)
    except GraphQLError:
        return text
