"""Errors in literal templates and expressions of a document: they would fail with any variables."""

from collections.abc import Callable, Iterator
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)

from restgql.bindings import RequestBinding
from restgql.errors import RestgqlError
from restgql.formats import select, target, template

_CORE = frozenset({"Query", "RestResponse", "RestItem", "Mutation"})
_FIELDS = frozenset({"get", "fetch", "getEach", "each", "json", "post", "put", "patch", "delete"})


def check_literals(document: DocumentNode, schema: GraphQLSchema) -> Iterator[GraphQLError]:
    """Yield an error for each literal `path`, `select` and `over` of the core schema that is malformed."""
    info = TypeInfo(schema)
    visitor = _Literals(info)
    visit(document, TypeInfoVisitor(info, visitor))
    yield from visitor.errors


class _Literals(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.errors: list[GraphQLError] = []

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        check = _CHECKS.get(node.name.value)
        if check is None or not isinstance(node.value, StringValueNode) or not self._is_core():
            return
        try:
            check(node.value.value)
        except RestgqlError as exc:
            self.errors.append(GraphQLError(exc.message, node.value))

    def _is_core(self) -> bool:
        """Return True if the argument is one of a field of the core schema, not of a typed field of the same name."""
        parent, field = self._info.get_parent_type(), self._info.get_field_def()
        if not isinstance(parent, GraphQLObjectType) or field is None or parent.name not in _CORE:
            return False
        return not isinstance(field.resolve, RequestBinding) and any(
            parent.fields.get(name) is field for name in _FIELDS
        )


def _path(text: str) -> None:
    if not template.compile(text).names:
        target.parse(text)


def _over(text: str) -> None:
    select.check(text or "@")


_CHECKS: dict[str, Callable[[str], None]] = {"path": _path, "select": select.check, "over": _over}
