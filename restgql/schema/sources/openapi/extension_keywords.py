"""Words that JSON Schema has no keyword for, as annotations need them."""

from restgql.schema.sdl.builder import key_expression
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping

VALUE = "x-restgql"
"""Beside a schema: `scalar`, the GraphQL scalar; `names`, the words for an enum's values; `problem`, why it is JSON."""
KEYS = "x-restgql-keys"
"""Beside a property: the keys that may hold its value, of which the first that is there and not null is read."""


def value(schema: JsonObject) -> JsonObject:
    return as_mapping(schema.get(VALUE))


def first_of_keys(schema: JsonObject) -> str:
    """Return the JMESPath for a property that several keys may hold; empty for a property of one key."""
    keys = [key_expression(name) for name in as_list(schema.get(KEYS)) if isinstance(name, str)]
    return f"not_null({', '.join(keys)})" if keys else ""
