"""The arguments of a directive on a field, and the errors in them."""

import re
from typing import Any

from graphql import DirectiveNode, GraphQLDirective, GraphQLError, GraphQLInputObjectType, is_required_input_field

from restgql import graphql_core

_INVALID = re.compile(r"Argument '(\w+)' has invalid value")
_EXAMPLES = {
    "batch": 'batch: {path: "/users{?id*}", by: ["userId"], key: ["id"]}',
    "body": 'body: "{name: name}"',
    "headers": 'headers: [{name: "Accept", value: "text/csv"}]',
    "nullOn": "nullOn: [404]",
    "query": 'query: "{page_size: pageSize}"',
    "timeout": "timeout: 2.5",
}
"""The arguments that are more than one word, as SDL writes them."""

DirectiveArguments = dict[str, Any]


class DirectiveError(Exception):
    """A directive on a field is invalid; the message needs the field's location."""


def directive_arguments(directive: GraphQLDirective, node: DirectiveNode) -> DirectiveArguments:
    """Return the arguments of a directive. Raises DirectiveError."""
    try:
        return graphql_core.argument_values(directive, node, {})
    except GraphQLError as exc:
        raise DirectiveError(f"@{directive.name}: {exc.message}{_hint(directive, node, exc.message)}") from exc


def _hint(directive: GraphQLDirective, node: DirectiveNode, message: str) -> str:
    """Return what an argument takes, for a value of another type."""
    match = _INVALID.match(message)
    if match is None:
        return ""
    name = match[1]
    of_type = directive.args[name].type
    value: Any = next(argument.value for argument in node.arguments if argument.name.value == name)
    if isinstance(of_type, GraphQLInputObjectType) and value.kind == "object_value":
        present = {field.name.value for field in value.fields}
        lacking = [
            key for key, field in of_type.fields.items() if is_required_input_field(field) and key not in present
        ]
        if lacking:
            return f" It lacks {', '.join(lacking)}: write {_EXAMPLES[name]}."
    example = f": write {_EXAMPLES[name]}" if name in _EXAMPLES else ""
    return f" It takes the type {of_type}{example}."
