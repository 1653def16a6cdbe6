"""The hints of errors in SDL files: what to write in their place."""

import re

from graphql import DirectiveNode, GraphQLError, GraphQLSchema
from graphql.pyutils import did_you_mean, suggestion_list

from restgql.debug_log import listed, suggestion
from restgql.schema import scalars
from restgql.schema.directives import OF_A_CALL
from restgql.schema.type_source import with_location

_ARGUMENT = re.compile(r"Unknown argument '\w+' on directive '@(\w+)'")
_TYPE = re.compile(r"Unknown type '(\w+)'")
_DEFINED = re.compile(r"Directive '@(\w+)' already exists")
_CORE_FIELD = re.compile(r"Field '(Query|Mutation)\.(\w+)' already exists")


def with_hint(error: GraphQLError, schema: GraphQLSchema) -> str:
    """Return an error of validation with its location and the probable cure."""
    return with_location(error) + ("" if "Did you mean" in error.message else _hint(error, schema))


def _hint(error: GraphQLError, schema: GraphQLSchema) -> str:
    node, message = error.nodes[0] if error.nodes else None, error.message
    directives = {directive.name: directive for directive in schema.directives}
    if isinstance(node, DirectiveNode) and node.name.value not in directives:
        near = did_you_mean([f"@{name}" for name in suggestion_list(node.name.value, list(directives))])
        return (
            near or " A route is @get(path: …) on a field or, on a field of Mutation, @post, @put, @patch or @delete."
        )
    if isinstance(node, DirectiveNode) and node.name.value in OF_A_CALL and "may not be used" in message:
        return f" Write it after a field: users: [User] @{node.name.value}(path: …)."
    if (match := _ARGUMENT.match(message)) is not None:
        return f" @{match[1]} takes {listed(directives[match[1]].args)}."
    if _DEFINED.match(message):
        return " Remove this definition: every gateway has its directives."
    if (match := _CORE_FIELD.match(message)) is not None:
        return f" Every gateway has this field: choose another name than {match[2]}."
    if (match := _TYPE.match(message)) is not None:
        near = suggestion(match[1], sorted(scalars.NAMES))
        return near or f" Define it: type {match[1]} {{ … }}, or scalar {match[1]}."
    return ""
