"""Limits on the syntax of a document, counted with every fragment expanded."""

from collections import Counter
from collections.abc import Collection, Iterator

import msgspec
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from restgql.config import Config
from restgql.errors import LimitExceeded

MAX_DIRECTIVES_OF_NODE = 8
MAX_LEVELS = 100
"""The most levels of selection sets, fragments included: the walks over a document recurse for each level."""
MAX_OVERLAP = 10_000
"""The most pairs of fields or spreads with one response path: validation compares each pair, in some 5 to 7 µs."""

FieldPath = tuple[str, ...]


class DocumentLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a document; each field is a `RESTGQL_…` key."""

    max_depth: int
    max_aliases: int
    max_directives: int
    max_fields: int

    @classmethod
    def of(cls, config: Config) -> "DocumentLimits":
        """Return the limits of a configuration."""
        return cls(**{name: getattr(config, name) for name in cls.__struct_fields__})


class DocumentDirectives(msgspec.Struct, frozen=True):
    """The directives of a document: their `names`, and the variables in their argument `if`."""

    names: frozenset[str]
    conditions: tuple[str, ...]


def check_document(document: DocumentNode, limits: DocumentLimits) -> DocumentDirectives:
    """Return the directives of a document. Raises LimitExceeded if one of its operations selects too much."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    walk = _Walk(fragments, limits)
    for definition in (*operations, *fragments.values()):
        walk.directives(definition.directives or ())
        for variable in definition.variable_definitions or ():
            walk.directives(variable.directives)
    for operation in operations:
        walk.root(operation.selection_set)
    for name, fragment in fragments.items():
        if name not in walk.entered:  # no operation uses it, but validation reads it anyway
            walk.root(fragment.selection_set)
    return DocumentDirectives(frozenset(walk.names), tuple(sorted(walk.conditions)))


class _Walk:
    """One walk over everything that a document selects; it ends at the first limit."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode], limits: DocumentLimits) -> None:
        self._fragments = fragments
        self._limits = limits
        self._open: set[str] = set()
        self._aliases = self._directives = self._selections = self._overlap = 0
        self.names: set[str] = set()
        self.conditions: set[str] = set()
        self._paths: Counter[FieldPath] = Counter()
        self.entered: set[str] = set()

    def root(self, selection_set: SelectionSetNode) -> None:
        """Walk the selections of one definition; only fields of one definition overlap."""
        self._paths.clear()
        self.selections(selection_set, (), depth=0, level=0)
        self._overlap += sum(n * (n - 1) // 2 for n in self._paths.values())
        if self._overlap > MAX_OVERLAP:
            raise _exceeded("The same fields are selected too often", "overlap", MAX_OVERLAP)

    def selections(self, selection_set: SelectionSetNode | None, path: FieldPath, *, depth: int, level: int) -> None:
        if selection_set is None:
            return
        if level > MAX_LEVELS:
            raise _exceeded("Selections nest too deep", "levels", MAX_LEVELS)
        for selection in selection_set.selections:
            self._selections += 1
            if self._selections > self._limits.max_fields:
                raise _exceeded("The document selects too many fields", "MAX_FIELDS", self._limits.max_fields)
            self.directives(selection.directives)
            self._select(selection, path, depth=depth, level=level + 1)

    def _select(self, selection: SelectionNode, path: FieldPath, *, depth: int, level: int) -> None:
        match selection:
            case FieldNode():
                self._field(selection, path, depth=depth, level=level)
            case FragmentSpreadNode():
                self._paths[*path, "..."] += 1  # validation compares spreads pair by pair, too, even unknown ones
                for fragment in self._enter(selection.name.value):
                    self.selections(fragment.selection_set, path, depth=depth, level=level)
            case _:
                self.selections(getattr(selection, "selection_set", None), path, depth=depth, level=level)

    def _field(self, field: FieldNode, path: FieldPath, *, depth: int, level: int) -> None:
        if field.alias:
            self._aliases += 1
            if self._aliases > self._limits.max_aliases:
                raise _exceeded("The document has too many aliases", "MAX_ALIASES", self._limits.max_aliases)
        path = (*path, (field.alias or field.name).value)
        self._paths[path] += 1
        # Introspection is deep by nature and costs nothing upstream.
        depth = 0 if path[0] in ("__schema", "__type") else depth + 1
        if depth > self._limits.max_depth:
            raise _exceeded("Fields nest too deep", "MAX_DEPTH", self._limits.max_depth)
        self.selections(field.selection_set, path, depth=depth, level=level)

    def _enter(self, name: str) -> Iterator[FragmentDefinitionNode]:
        """Yield the fragment, unless the walk is within it already: validation reports the cycle."""
        if name in self._fragments and name not in self._open:
            self._open.add(name)
            self.entered.add(name)
            yield self._fragments[name]
            self._open.discard(name)

    def directives(self, nodes: Collection[DirectiveNode]) -> None:
        """Count the directives of one node."""
        self._directives += len(nodes)
        self.names.update(node.name.value for node in nodes)
        self.conditions.update(
            argument.value.name.value
            for node in nodes
            for argument in node.arguments
            if argument.name.value == "if" and isinstance(argument.value, VariableNode)
        )
        if len(nodes) > MAX_DIRECTIVES_OF_NODE:
            raise _exceeded("A node has too many directives", "directives of a node", MAX_DIRECTIVES_OF_NODE)
        if self._directives > self._limits.max_directives:
            raise _exceeded("The document has too many directives", "MAX_DIRECTIVES", self._limits.max_directives)


def _exceeded(message: str, limit: str, allowed: int) -> LimitExceeded:
    key = f"RESTGQL_{limit}" if limit.isupper() else limit
    return LimitExceeded(f"{message}: more than {allowed}.", limit=key, allowed=allowed)
