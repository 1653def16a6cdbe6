"""The documents that have an id: listed ones, which the owner of the gateway chose, and those that clients register."""

import hashlib
import logging
from collections.abc import Callable, Mapping

import msgspec
from graphql import GraphQLError, strip_ignored_characters

from restgql.bounded_cache import bounded_cache
from restgql.config import Config
from restgql.documents.registry import Registry
from restgql.documents.tokens import check_text
from restgql.errors import BadRequest, LimitExceeded, NotAllowed, PersistedQueryNotFound, PersistedQueryNotSupported
from restgql.model import GraphQLRequest
from restgql.profile import Profile

logger = logging.getLogger("restgql")

_PREFIX = "sha256:"
_NORMAL_FORMS = 128
_MAX_KEPT = 8_192
_MAX_SHOWN = 80
_NONE: Mapping[str, str] = {}


class PersistedDocuments:
    """What clients may name by an id, and what they may send.

    `manifest` has documents by id, `stored` gives those of the stored operations by their SHA-256, the same mapping as
    long as they are the same: these are listed. What a client may register besides (automatic persisted queries, APQ)
    is in `registry`.
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
        # Whatever its id, a client may know a document by its SHA-256, too.
        self._manifest = {digest_of(text): text for text in manifest.values()} | {
            identifier.removeprefix(_PREFIX): text for identifier, text in manifest.items()
        }
        self._stored = stored
        self._normal = bounded_cache(entries=_NORMAL_FORMS, characters=_MAX_KEPT)(self._bounded)
        self._in_manifest = frozenset(map(_normal, manifest.values()))
        self._in_stored: tuple[Mapping[str, str], Mapping[str, str]] = _NONE, _NONE
        """The stored operations, and their texts by their normal forms."""

    def resolve(self, params: GraphQLRequest) -> GraphQLRequest:
        """The request with its document. Raises BadRequest, PersistedQueryNotFound and PersistedQueryNotSupported."""
        identifier = params.document_id
        if identifier is None:
            return params
        digest = _bare(identifier)
        known = self._listed(identifier) or self._registered(digest)
        if params.query:
            if known != params.query and digest_of(params.query) != digest:
                raise BadRequest("The id of the document is not the SHA-256 of its text: provided sha does not match.")
            return params
        if known is not None:
            return msgspec.structs.replace(params, query=known)
        # Clients know these two by their messages, too.
        if self._registers:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        raise PersistedQueryNotSupported("PersistedQueryNotSupported")

    def admit(self, params: GraphQLRequest, method: str, profile: Profile) -> None:
        """See whether such a document may be run. Raises NotAllowed."""
        if self._only is not False and not self.is_listed(params.query):
            self.admit_unlisted(f"operation={_shown(params.operation_name)} document={digest_of(params.query)[:12]}")
        if method in ("GET", "HEAD") and not (profile.get == "any" or self._may_get(params, profile)):
            raise NotAllowed(_GET_REFUSED[profile.get], status=405)

    def admit_unlisted(self, what: str) -> None:
        """See whether what is not listed may be run at all; where it is only logged, as `what`. Raises NotAllowed."""
        if self._only is True:
            raise NotAllowed("Only the stored operations and persisted documents of this gateway can be run.")
        if self._only == "log":
            logger.warning("RESTGQL_OPERATIONS_ONLY would refuse %s", what)

    def register(self, params: GraphQLRequest) -> None:
        """Keep the document of a valid request that gives its id, if clients may register any."""
        if params.document_id is not None and self._registers and not self._listed(params.document_id):
            self._registry.put(_bare(params.document_id), params.query)

    def is_listed(self, text: str) -> bool:
        """Whether a document is one that the owner of the gateway chose, but for what GraphQL ignores in it."""
        if self.stored_text(text) is not None:
            return True
        return bool(self._in_manifest) and self._normal_of(text) in self._in_manifest

    def stored_text(self, text: str) -> str | None:
        """The stored operation that a document is, but for what GraphQL ignores in it; None where it is none."""
        stored = self._stored()
        known, by_normal = self._in_stored
        if known is not stored:
            by_normal = {_normal(each): each for each in stored.values()}
            self._in_stored = stored, by_normal
        return by_normal.get(self._normal_of(text)) if by_normal else None

    def _normal_of(self, text: str) -> str:
        """The normal form of a client's document; empty where no document may be like that."""
        return self._normal(text)

    def _bounded(self, text: str) -> str:
        try:
            check_text(text, max_document=self._max_document, max_tokens=self._max_tokens)
        except (LimitExceeded, GraphQLError):
            return ""
        return strip_ignored_characters(text)

    def _may_get(self, params: GraphQLRequest, profile: Profile) -> bool:
        """Whether GET may run a document: one that is known, or that the request gives with its SHA-256, as urql
        registers those that it asks for by GET."""
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
    "persisted": "GET runs persisted documents only: send this one by POST. RESTGQL_GET says what GET runs.",
    "stored": "GET runs stored operations only: send the document by POST. RESTGQL_GET says what GET runs.",
    "off": "GET runs nothing here: send the document by POST. RESTGQL_GET says what GET runs.",
}


def digest_of(text: str) -> str:
    """The SHA-256 of a document in hexadecimal, its id in APQ."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _bare(identifier: str) -> str:
    """An id as the registry has it: GraphQL over HTTP prefixes it in `documentId`, and APQ does not."""
    return identifier.removeprefix(_PREFIX).lower()


def _shown(name: str | None) -> str:
    """The name of an operation that nobody has looked for yet, as it can stand in a line of the log."""
    if name is None:
        return "-"
    return name[:_MAX_SHOWN] if name.isidentifier() and name.isascii() else ascii(name[:_MAX_SHOWN])


def _normal(text: str) -> str:
    try:
        return strip_ignored_characters(text)
    except GraphQLError:
        return text
