"""One interface to graphql-core 3.2 and 3.3: each function here has the same result with both.

graphql-core 3.3 freezes the nodes of a document, has None for an absent part of a document, takes variables together
with their sources, and keeps a default as it was written.
"""

import asyncio
import importlib
import importlib.metadata
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, TypeVar, cast

import graphql
from graphql import (
    ArgumentNode,
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLSkipDirective,
    NameNode,
    Node,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionNode,
    Source,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    specified_rules,
)
from graphql.language.parser import Parser

from restgql.log import logger
from restgql.syntax_hints import hinted

_VERSION = graphql.version_info[:2]
_IS_3_2 = _VERSION < (3, 3)
_TESTED = ((3, 2), (3, 3))
_PIN = re.compile(r"graphql-core\b[^;]*?<\s*([0-9.]+)")
_CONFLICTS = ("are different fields", "differing arguments", "conflicting types")
_RULES_OF_3_3 = ("DeferStream", "KnownOperationTypes", "StreamDirective")

# The functions that differ have no common type.
_values: Any = importlib.import_module("graphql.execution.values")
_execute: Any = importlib.import_module("graphql.execution.execute")
_utilities: Any = importlib.import_module("graphql.utilities")

_AnyNode = TypeVar("_AnyNode", bound=Node)
OnInputError = Callable[[Sequence[str | int], GraphQLError], None]


class OverlappingFields(OverlappingFieldsCanBeMergedRule):
    """The rule of the specification. graphql-core 3.3 reports overlapping streams, too."""

    def report_error(self, error: GraphQLError) -> None:
        is_of_streams = "overlapping stream directives" in error.message
        if not is_of_streams or any(conflict in error.message for conflict in _CONFLICTS):
            super().report_error(error)


def _rule(rule: type[ASTValidationRule]) -> type[ASTValidationRule]:
    return OverlappingFields if rule is OverlappingFieldsCanBeMergedRule else rule


RULES: tuple[type[ASTValidationRule], ...] = tuple(
    _rule(rule) for rule in specified_rules if not rule.__name__.startswith(_RULES_OF_3_3)
)
"""The rules that graphql-core 3.2 has. 3.3 adds some for @defer and @stream, and for operations without a root type."""


class _GraphQLParser(Parser):
    """The parser of graphql-core 3.3, with an empty tuple for an absent part of a document, as in 3.2."""

    def optional_many(self, *args: Any) -> Any:
        return super().optional_many(*args) or ()

    def parse_operation_definition(self) -> OperationDefinitionNode:
        node = super().parse_operation_definition()
        is_short = node.variable_definitions is None
        return changed(node, variable_definitions=(), directives=()) if is_short else node

    def parse_directives(self, is_const: bool) -> Any:
        return super().parse_directives(is_const) or ()

    def parse_implements_interfaces(self) -> Any:
        return super().parse_implements_interfaces() or ()

    def parse_union_member_types(self) -> Any:
        return super().parse_union_member_types() or ()


def parse(source: str | Source) -> DocumentNode:
    """Parse a document. Raises GraphQLSyntaxError."""
    with hinted():
        if _IS_3_2:
            return graphql.parse(source)
        options: dict[str, Any] = {"allow_empty_selection_sets": False}
        return _GraphQLParser(source, **options).parse_document()


def changed(node: _AnyNode, **values: Any) -> _AnyNode:
    """Return a copy of a node with other values of these attributes."""
    other = copy(node)
    for name, value in values.items():
        object.__setattr__(other, name, value)
    return other


def field_definition(schema: GraphQLSchema, of_type: GraphQLObjectType, node: FieldNode) -> GraphQLField | None:
    """Return the definition of a field, including introspection fields, or None if the type has none."""
    if _IS_3_2:
        return cast(GraphQLField | None, _execute.get_field_def(schema, of_type, node))
    return cast(GraphQLField | None, cast(Any, schema).get_field(of_type, node.name.value))


def variable_values(
    schema: GraphQLSchema,
    definitions: Collection[VariableDefinitionNode],
    inputs: dict[str, Any],
    *,
    max_errors: int,
    hide_suggestions: bool,
) -> dict[str, Any] | list[GraphQLError]:
    """Return the coerced variables, or the errors in them."""
    values = _values.get_variable_values(
        schema, definitions, inputs, max_errors=max_errors, hide_suggestions=hide_suggestions
    )
    return cast(dict[str, Any], values) if _IS_3_2 or isinstance(values, list) else dict(values.coerced)


def argument_values(
    definition: GraphQLField | GraphQLDirective, node: Any, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the coerced arguments of a field or a directive. Raises GraphQLError."""
    if _IS_3_2:
        node = _with_written_defaults(definition, node, variables)
    return cast(dict[str, Any], _values.get_argument_values(definition, node, *_scope(variables)))


def _with_written_defaults(definition: GraphQLField | GraphQLDirective, node: Any, variables: Mapping[str, Any]) -> Any:
    """Return a node that has the literals of defaults with objects as arguments, where it has no value.

    graphql-core 3.2 keeps such a default with the names of its SDL and the values of its enums, which fit no coercion.
    """
    defaults = {name: each for name, each in definition.args.items() if _contains_object(each.default_value)}
    if not defaults:  # nearly always
        return node
    written = {argument.name.value: argument for argument in node.arguments or ()}
    for name, argument in defaults.items():
        value = written[name].value if name in written else None
        is_absent = value is None or (isinstance(value, VariableNode) and value.name.value not in variables)
        if is_absent and argument.ast_node is not None and argument.ast_node.default_value is not None:
            written[name] = ArgumentNode(name=NameNode(value=name), value=argument.ast_node.default_value)
    return changed(node, arguments=tuple(written.values()))


def _contains_object(default: Any) -> bool:
    """Return True for an input object, or a list of them; other lists and objects are defaults of scalars."""
    return default.__class__ is dict or (default.__class__ is list and any(map(_contains_object, default)))


def coerce_defaults(of_type: GraphQLInputObjectType) -> None:
    """Make an input type coerce the defaults of its fields that contain objects, as `_with_written_defaults` does."""
    fields = {
        field.out_name or name: field
        for name, field in of_type.fields.items()
        if _contains_object(field.default_value) and field.ast_node and field.ast_node.default_value
    }
    if not (_IS_3_2 and fields):
        return
    make = of_type.out_type

    def made(values: dict[str, Any]) -> Any:
        defaults = {key: field for key, field in fields.items() if values.get(key) is field.default_value}
        return make({**values, **{key: _default(field) for key, field in defaults.items()}})

    of_type.out_type = made  # type: ignore[assignment, method-assign]


def _default(field: GraphQLInputField) -> Any:
    assert field.ast_node is not None
    return _utilities.value_from_ast(field.ast_node.default_value, field.type)


def directive_values(
    definition: GraphQLDirective, node: SelectionNode, variables: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the coerced arguments of a directive, or None if the node does not have it. Raises GraphQLError."""
    return cast(dict[str, Any] | None, _values.get_directive_values(definition, node, *_scope(variables)))


def is_included(node: SelectionNode, variables: Mapping[str, Any]) -> bool:
    """Return False if @skip or @include excludes a selection. Raises GraphQLError."""
    if not node.directives:
        return True
    skip = directive_values(GraphQLSkipDirective, node, variables)
    if skip is not None and skip["if"]:
        return False
    include = directive_values(GraphQLIncludeDirective, node, variables)
    return include is None or bool(include["if"])


def check_input(value: Any, of_type: GraphQLInputType, on_error: OnInputError, *, hide_suggestions: bool) -> None:
    """Call `on_error` with the path and the error of each part of a value that does not fit a type."""
    if _IS_3_2:
        _utilities.coerce_input_value(
            value, of_type, lambda path, _, error: on_error(path, error), hide_suggestions=hide_suggestions
        )
    else:
        _utilities.validate_input_value(
            value, of_type, lambda error, path: on_error(path, error), hide_suggestions=hide_suggestions
        )


def has_default(of: GraphQLArgument | GraphQLInputField) -> bool:
    """Return True if an argument or input field has a default.

    graphql-core 3.2 discards a default of another type; 3.3 keeps it, and `validate_schema` reports it.
    """
    return of.default_value is not Undefined or getattr(of, "default", None) is not None


def set_scalar_functions(
    scalar: GraphQLScalarType,
    *,
    serialize: Callable[[Any], Any],
    parse_value: Callable[[Any], Any],
    parse_literal: Callable[..., Any],
) -> None:
    """Set a scalar's functions for results, for variables and for literals."""
    set_output_coercion(scalar, serialize)
    changes = {"parse_value": parse_value, "parse_literal": parse_literal}
    if not _IS_3_2:
        changes["coerce_input_value"] = parse_value
    for name, function in changes.items():
        setattr(scalar, name, function)


def output_coercion(of_type: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any], Any]:
    """Return the function that serializes a value of a scalar or enum."""
    return cast(Callable[[Any], Any], of_type.serialize if _IS_3_2 else cast(Any, of_type).coerce_output_value)


def set_output_coercion(of_type: GraphQLScalarType | GraphQLEnumType, function: Callable[[Any], Any]) -> None:
    """Set the function that serializes a value of a scalar or enum."""
    for name in ("serialize",) if _IS_3_2 else ("serialize", "coerce_output_value"):
        setattr(of_type, name, function)


def resolve_info(schema: GraphQLSchema, variables: Mapping[str, Any], **others: Any) -> GraphQLResolveInfo:
    """Return the information that a resolver of the user's own receives besides its source and its arguments."""
    values: dict[str, Any] = {**others, "schema": schema, "variable_values": dict(variables)}
    if not _IS_3_2:
        sources = {
            name: _values.VariableValueSource(signature, variables.get(name, Undefined))
            for name, signature in _signatures(schema, others["operation"])
        }
        values["variable_values"] = _values.VariableValues(sources, dict(variables))
        helpers = cast(Any, graphql).GraphQLResolveInfoHelpers(gather=_gather, track=lambda values: None)
        values |= {"abort_signal": None, "async_helpers": helpers}
    return GraphQLResolveInfo(**values)


def _signatures(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Iterator[tuple[str, Any]]:
    for definition in operation.variable_definitions or ():
        yield definition.variable.name.value, _values.get_variable_signature(schema, definition)


async def _gather(values: Iterable[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*values)


def _scope(variables: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return variables in the form that graphql-core's functions take.

    Only scalars with `coerce_input_literal` use the sources of variables; scalars of graphene and SDL have none.
    """
    if _IS_3_2:
        return (dict(variables),)
    return _values.VariableValues(sources={}, coerced=dict(variables)), None, True


_logged: list[bool] = []


def log_version() -> None:
    """Log once that graphql-core is a version that graphene does not allow, or that restgql is not tested with."""
    if _IS_3_2 or _logged:
        return
    _logged.append(True)
    version, graphene = graphql.version, importlib.metadata.version("graphene")
    pins = [match[1] for line in importlib.metadata.requires("graphene") or () if (match := _PIN.match(line))]
    if _VERSION not in _TESTED:
        reason = "restgql is tested with 3.2 and 3.3. If something fails, install graphql-core<3.4."
    elif any(tuple(map(int, pin.split(".")[:2])) <= _VERSION for pin in pins):
        reason = f"graphene {graphene} asks for <{pins[0]}. restgql works with both; no feature is switched off."
    else:
        return
    logger.warning("graphql-core %s is installed: %s", version, reason)
