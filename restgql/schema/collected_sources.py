"""The type sources of one gateway while they are read, in their order."""

from collections.abc import Callable, Sequence
from typing import Any

from restgql.schema.coverage import RouteCoverage, row_of, row_of_skipped
from restgql.schema.missing_types import Everything
from restgql.schema.sdl.clashes import without_repeated
from restgql.schema.sources import openapi
from restgql.schema.type_source import TypeSource


class CollectedSources:
    """The sources of one gateway, in their order, and the first failure."""

    def __init__(self, definitions: Sequence[TypeSource]) -> None:
        self.definitions = list(definitions)
        self.rows: list[RouteCoverage] = []
        self.joins: list[str] = []
        self.names: dict[str, str] = {}
        self.warnings: list[str] = []
        self.failure: Exception | None = None
        self.everything: list[Everything] = []

    def add(
        self,
        generated: openapi.GeneratedSdl,
        *,
        source: str,
        upstream: str = "",
        everything: Callable[[], openapi.GeneratedSdl],
    ) -> None:
        """Add the types that were generated from an OpenAPI document. `everything` generates all of them."""
        earlier = [each.document for each in self.definitions if each.source == source]
        document = without_repeated(generated.document, earlier)
        self.definitions.append(TypeSource(document=document, handwritten=False, source=source, upstream=upstream))
        self.rows += map(row_of, generated.operations)
        self.rows += (row_of_skipped(each, f" ({source})" if upstream else "") for each in generated.skipped)
        self.joins += (f"{join.name}: {join.result} @get(path: {join.path!r})" for join in generated.joins)
        self.names |= generated.names
        self.add_everything(source, upstream, everything)

    def add_everything(self, source: str, upstream: str, generate: Callable[[], openapi.GeneratedSdl]) -> None:
        """Add a source of types that SDL files may refer to. They need no routes."""
        self.everything.append(Everything(source, upstream, lambda: generate().document))

    @property
    def _lists(self) -> tuple[list[Any], ...]:
        return self.definitions, self.rows, self.joins, self.everything

    @property
    def size(self) -> tuple[int, ...]:
        return tuple(map(len, self._lists))

    def cut(self, size: tuple[int, ...]) -> None:
        """Remove everything that was added after a size."""
        for values, length in zip(self._lists, size, strict=True):
            del values[length:]
