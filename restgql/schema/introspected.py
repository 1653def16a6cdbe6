"""The schema that introspection shows: without a field that the profile turns off."""

from copy import copy

from graphql import GraphQLObjectType, GraphQLSchema, build_schema, print_schema

_SHOWN = "restgql.introspected"
ROUTES = "routes"


def hide_routes_field(schema: GraphQLSchema) -> GraphQLSchema:
    """Return a copy of a schema whose introspection does not show the field `routes`.

    The field itself stays, so that its error names the key that turns it on.
    """
    hidden = copy(schema)
    hidden.extensions = {**schema.extensions, _SHOWN: _without_routes(schema)}
    return hidden


def introspected(schema: GraphQLSchema) -> GraphQLSchema:
    """Return the schema that introspection shows."""
    shown: GraphQLSchema = schema.extensions.get(_SHOWN, schema)
    return shown


def _without_routes(schema: GraphQLSchema) -> GraphQLSchema:
    shown = build_schema(print_schema(schema), assume_valid=True, no_location=True)
    query = shown.query_type
    assert query is not None
    if query.fields.keys() == {ROUTES}:  # a type has at least one field
        return shown
    of_type = query.fields.pop(ROUTES).type
    while not isinstance(of_type, GraphQLObjectType):
        of_type = of_type.of_type
    del shown.type_map[of_type.name]
    return shown
