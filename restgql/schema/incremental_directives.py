"""The directives @defer and @stream (RFC "Defer and Stream", section Type System)."""

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLString,
)

_IF = GraphQLArgument(GraphQLNonNull(GraphQLBoolean), default_value=True)

DEFER = GraphQLDirective(
    "defer",
    [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
    {"if": _IF, "label": GraphQLArgument(GraphQLString)},
    description="The fields of the fragment may arrive later, if the client accepts an answer in parts.",
)
STREAM = GraphQLDirective(
    "stream",
    [DirectiveLocation.FIELD],
    {
        "if": _IF,
        "label": GraphQLArgument(GraphQLString),
        "initialCount": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=0),
    },
    description="The items after the first initialCount may arrive later, if the client accepts an answer in parts.",
)
