"""The schema that introspection shows: without a field that the profile turns off."""

from copy import copy
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

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
    query = schema.query_type
    assert query is not None
    fields = {name: field for name, field in query.fields.items() if name != ROUTES}
    if not fields:  # a type has at least one field
        return schema
    # the same types, whose scalars can write their defaults: a schema that is built of text has others
    shown = copy(schema)
    arguments: dict[str, Any] = {**query.to_kwargs(), "fields": fields}
    shown.query_type = GraphQLObjectType(**arguments)
    shown.type_map = {**schema.type_map, query.name: shown.query_type}
    del shown.type_map[get_named_type(query.fields[ROUTES].type).name]
    return shown
