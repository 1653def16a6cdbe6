"""The JSON Schema of the value that `# result:` selects, inferred from the schema of the data."""

from typing import Any

import jmespath

from restgql.operations.schemas import Schema, nullable


def result_schema(expression: str, data: Schema) -> Schema:
    """Return the schema of an expression that is a path of names; any other expression may have any JSON value."""
    tree: Any = jmespath.compile(expression).parsed
    schema = _selected(tree, data)
    return {} if schema is None else schema


def _selected(node: dict[str, Any], schema: Schema) -> Schema | None:
    match node["type"]:
        case "identity" | "current":
            return schema
        case "field":
            # Null has null under any name.
            below = schema.get("properties", {}).get(node["value"])
            return below if below is None or schema.get("type") == "object" else nullable(below)
        case "subexpression":
            for child in node["children"]:
                below = _selected(child, schema)
                if below is None:
                    return None
                schema = below
            return schema
    return None
