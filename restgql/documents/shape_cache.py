"""The shapes of valid documents: a document of a known shape is neither parsed nor validated."""

import msgspec
from graphql import GraphQLSchema

from restgql.bounded_cache import WeightedCache
from restgql.config import Config
from restgql.documents.cache_size import cache_size
from restgql.documents.document import Document, hash_of
from restgql.documents.shape import DocumentShape, Lifted, Relocation

CACHED_SHAPES = 512
_INCREMENTAL = frozenset({"defer", "stream"})


class ShapeCache:
    """The recent shapes of valid documents.

    A shape is compiled when a second document has it: most documents never change their literals.
    """

    def __init__(self, schema: GraphQLSchema, config: Config) -> None:
        self._schema = schema
        self._max_document = config.max_document
        weight = cache_size(config)
        self._seen: WeightedCache[bool] = WeightedCache(CACHED_SHAPES, weight // 10)
        self._compiled: WeightedCache[tuple[Lifted | None, Document]] = WeightedCache(CACHED_SHAPES, weight)

    def document(self, text: str) -> Document | None:
        """Return a document of a known shape, or None."""
        shape = self._shape_of(text)
        compiled = None if shape is None else self._compiled.get(shape.key)
        if shape is None or compiled is None:
            return None
        lifted, document = compiled
        literals = None if lifted is None else lifted.values(shape)
        if lifted is None or literals is None:
            return None
        relocation = Relocation(lifted.shape, shape)
        return msgspec.structs.replace(document, hash=hash_of(text), literals=literals, relocation=relocation)

    def learn(self, text: str, document: Document) -> None:
        """Record the shape of a valid document; compile it if another document had it before."""
        shape = self._shape_of(text)
        if shape is None or not _INCREMENTAL.isdisjoint(document.directives.names):
            return
        if self._seen.get(shape.key) is None:
            self._seen.put(shape.key, True, 2 * len(text))
        elif self._compiled.get(shape.key) is None:
            lifted = Lifted.of(self._schema, document.node, shape)
            if lifted is not None:
                document = msgspec.structs.replace(document, node=lifted.node, plan_key=("shape", document.hash))
            self._compiled.put(shape.key, (lifted, document), document.weight + 2 * len(text))

    def _shape_of(self, text: str) -> DocumentShape | None:
        is_short = len(text) <= self._max_document and len(text.encode("utf-8", "surrogatepass")) <= self._max_document
        return DocumentShape.of(text) if is_short else None
