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
_LABEL = GraphQLArgument(
    GraphQLString, description="A name for the part, to recognize it. It is unique in the document."
)

DEFER = GraphQLDirective(
    "defer",
    [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
    {"if": _IF, "label": _LABEL},
    description="Allow the gateway to send the fields of the fragment later, if the client accepts multipart/mixed or "
    "text/event-stream.",
)
STREAM = GraphQLDirective(
    "stream",
    [DirectiveLocation.FIELD],
    {
        "if": _IF,
        "label": _LABEL,
        "initialCount": GraphQLArgument(
            GraphQLNonNull(GraphQLInt),
            default_value=0,
            description="The number of items to send with the field itself.",
        ),
    },
    description="Allow the gateway to send the items after the first initialCount later, if the client accepts "
    "multipart/mixed or text/event-stream.",
)
