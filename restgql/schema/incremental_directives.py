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

_IF = GraphQLArgument(
    GraphQLNonNull(GraphQLBoolean), default_value=True, description="If false, the directive has no effect."
)
_LABEL = GraphQLArgument(GraphQLString, description="A name for the part, unique in the document.")

DEFER = GraphQLDirective(
    "defer",
    [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
    {"if": _IF, "label": _LABEL},
    description="The fields of the fragment may arrive later, if the client accepts an answer in parts.",
)
STREAM = GraphQLDirective(
    "stream",
    [DirectiveLocation.FIELD],
    {
        "if": _IF,
        "label": _LABEL,
        "initialCount": GraphQLArgument(
            GraphQLNonNull(GraphQLInt), default_value=0, description="The number of items that are sent at once."
        ),
    },
    description="The items after the first initialCount may arrive later, if the client accepts an answer in parts.",
)
