"""Validation rules besides GraphQL's own: for @defer and @stream (the RFC "Defer and Stream", section Validation), for
numbers that JSON does not have, and for a profile that disables fields."""

from math import isfinite
from typing import Any

from graphql import (
    ASTValidationRule,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    GraphQLError,
    GraphQLFloat,
    GraphQLNonNull,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    ScalarLeafsRule,
    StringValueNode,
    ValidationContext,
    ValidationRule,
    get_named_type,
    is_list_type,
)

from restgql import graphql_core
from restgql.documents.collect_fields import Selections
from restgql.documents.rule_hints import HINTED
from restgql.documents.selected_field import GroupKey

_NAMES = frozenset({"defer", "stream"})
_INTROSPECTION = frozenset({"__schema", "__type"})


class IncrementalDirectives(ValidationRule):
    """Labels are unique and literal, only lists are streamed, and a mutation's root fields are never deferred."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._labels: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        name = node.name.value
        if name not in _NAMES:
            return
        for argument in node.arguments:
            if argument.name.value == "label":
                self._check_label(node, argument.value)
        field = self.context.get_field_def()
        if name == "stream" and field is not None:
            of_type = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            if not is_list_type(of_type):
                self.report_error(GraphQLError("@stream is only allowed on a list field.", node))
        parent, schema = self.context.get_parent_type(), self.context.schema
        for operation in (OperationType.MUTATION, OperationType.SUBSCRIPTION):
            if parent is not None and parent is schema.get_root_type(operation):
                self.report_error(GraphQLError(f"@{name} is not allowed at the root of a {operation.value}.", node))

    def _check_label(self, node: DirectiveNode, value: Any) -> None:
        if not isinstance(value, StringValueNode):
            self.report_error(GraphQLError(f"The label of @{node.name.value} must be a string, not a variable.", node))
        elif value.value in self._labels:
            self.report_error(GraphQLError(f"The label {value.value!r} occurs twice.", node))
        else:
            self._labels.add(value.value)


class OverlappingStreams(ValidationRule):
    """A streamed list is selected only once: merged selections would hide which of them an item belongs to."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._has_streams = False

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self._has_streams = self._has_streams or node.name.value == "stream"

    def leave_document(self, node: DocumentNode, *_: Any) -> None:
        if self._has_streams:
            for definition in node.definitions:
                if isinstance(definition, OperationDefinitionNode):
                    self._check(Selections(self.context.schema, node, definition, conditions={}))

    def _check(self, selections: Selections) -> None:
        reported: set[GroupKey] = set()
        for field in selections.fields():
            nodes, key = field.group.nodes, field.group.key
            if len(nodes) > 1 and any(map(_is_streamed, nodes)) and key not in reported:
                reported.add(key)
                message = f"Fields {field.key[:80]!r} conflict because they have overlapping stream directives."
                hint = "Use different aliases on the fields to fetch both if this was intentional."
                self.report_error(GraphQLError(f"{message} {hint}", nodes))


def _is_streamed(node: FieldNode) -> bool:
    return any(directive.name.value == "stream" for directive in node.directives)


class FiniteNumbers(ValidationRule):
    """A literal of the type Float is a number that JSON can represent. graphql-core makes infinity of others."""

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> None:
        self._check(node)

    def enter_int_value(self, node: IntValueNode, *_: Any) -> None:
        self._check(node)

    def _check(self, node: FloatValueNode | IntValueNode) -> None:
        of_type = self.context.get_input_type()
        if of_type is not None and get_named_type(of_type) is GraphQLFloat and not isfinite(float(node.value)):
            self.report_error(GraphQLError("The number is out of range.", node))


class NoIntrospection(ValidationRule):
    """Introspection is refused, with its key and the other way to the schema."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value in _INTROSPECTION:
            message = (
                f"Introspection is off, so '{node.name.value}' cannot be queried. RESTGQL_INTROSPECTION = True turns "
                "it on. The command flask restgql schema prints the schema without it, for a code generator."
            )
            self.report_error(GraphQLError(message, node))


class NoRoutesField(ValidationRule):
    """Rejects the field `routes`, and names its key."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value == "routes" and self.context.get_parent_type() is self.context.schema.query_type:
            message = (
                "The field 'routes' is off. RESTGQL_ROUTES_FIELD = True turns it on. The command flask restgql routes "
                "lists the routes without it."
            )
            self.report_error(GraphQLError(message, node))


class ScalarLeafs(ScalarLeafsRule):
    """GraphQL's rule without suggestions in its message: `hide_suggestions` of graphql-core omits this rule."""

    def report_error(self, error: GraphQLError) -> None:
        message = error.message.partition(" Did you mean")[0]
        super().report_error(GraphQLError(message, error.nodes))


Rule = type[ASTValidationRule]


RULES: tuple[Rule, ...] = (*graphql_core.RULES, IncrementalDirectives, OverlappingStreams, FiniteNumbers)
NO_INTROSPECTION: Rule = NoIntrospection
NO_ROUTES_FIELD: Rule = NoRoutesField
WITHOUT_SUGGESTIONS: tuple[Rule, ...] = tuple(ScalarLeafs if rule is ScalarLeafsRule else rule for rule in RULES)
WITH_SUGGESTIONS: tuple[Rule, ...] = tuple(HINTED.get(rule, rule) for rule in RULES)
