"""What documents are validated by besides GraphQL's own rules: @defer and @stream (the RFC "Defer and Stream", section
Validation), and what a profile closes."""

from typing import Any

from graphql import (
    ASTValidationRule,
    DirectiveNode,
    FieldNode,
    GraphQLError,
    GraphQLNonNull,
    NoSchemaIntrospectionCustomRule,
    OperationType,
    ScalarLeafsRule,
    StringValueNode,
    ValidationContext,
    ValidationRule,
    is_list_type,
    specified_rules,
)

_NAMES = frozenset({"defer", "stream"})


class IncrementalDirectives(ValidationRule):
    """Labels are unique and spelled out, only lists are streamed, and a mutation's own fields never come later."""

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
                self.report_error(GraphQLError("@stream stands only on a field that is a list.", node))
        parent, schema = self.context.get_parent_type(), self.context.schema
        for operation in (OperationType.MUTATION, OperationType.SUBSCRIPTION):
            if parent is not None and parent is schema.get_root_type(operation):
                self.report_error(GraphQLError(f"@{name} cannot stand at the root of a {operation.value}.", node))

    def _check_label(self, node: DirectiveNode, value: Any) -> None:
        if not isinstance(value, StringValueNode):
            self.report_error(GraphQLError(f"The label of @{node.name.value} is spelled out, no variable.", node))
        elif value.value in self._labels:
            self.report_error(GraphQLError(f"The label {value.value!r} stands twice.", node))
        else:
            self._labels.add(value.value)


class NoRoutesField(ValidationRule):
    """The field `routes` is refused as if there were none."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value == "routes" and self.context.get_parent_type() is self.context.schema.query_type:
            self.report_error(GraphQLError("Cannot query field 'routes' on type 'Query'.", node))


class ScalarLeafs(ScalarLeafsRule):
    """GraphQL's rule, whose message suggests nothing; graphql-core leaves that one out of `hide_suggestions`."""

    def report_error(self, error: GraphQLError) -> None:
        message = error.message.partition(" Did you mean")[0]
        super().report_error(GraphQLError(message, error.nodes))


Rule = type[ASTValidationRule]


RULES: tuple[Rule, ...] = (*specified_rules, IncrementalDirectives)
NO_INTROSPECTION: Rule = NoSchemaIntrospectionCustomRule
NO_ROUTES_FIELD: Rule = NoRoutesField
WITHOUT_SUGGESTIONS: tuple[Rule, ...] = tuple(ScalarLeafs if rule is ScalarLeafsRule else rule for rule in RULES)
