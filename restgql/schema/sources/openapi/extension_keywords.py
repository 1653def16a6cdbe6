"""Extension keywords of JSON Schema, which the source `annotations` writes and the source `openapi` reads."""

from restgql.schema.sdl.builder import key_expression
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping

VALUE = "x-restgql"
"""In a schema: `scalar`, the GraphQL scalar; `names`, the names of an enum's values; `problem`, why it is JSON."""
KEYS = "x-restgql-keys"
"""In a property: the keys that may hold its value. The first key that is present and not null is read."""


def value(schema: JsonObject) -> JsonObject:
    return as_mapping(schema.get(VALUE))


def first_of_keys(schema: JsonObject) -> str:
    """Return the JMESPath for a property that has several keys; empty for a property with one key."""
    keys = [key_expression(name) for name in as_list(schema.get(KEYS)) if isinstance(name, str)]
    return f"not_null({', '.join(keys)})" if keys else ""
