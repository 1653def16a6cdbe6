"""The schema of what `# result:` selects, where that can be told of the schema of the data."""

from typing import Any

import jmespath

from restgql.operations.schemas import Schema, nullable


def result_schema(expression: str, data: Schema) -> Schema:
    """The schema of an expression that is a path of names, else one that takes any JSON value."""
    tree: Any = jmespath.compile(expression).parsed
    found = _selected(tree, data)
    return {} if found is None else found


def _selected(node: dict[str, Any], schema: Schema) -> Schema | None:
    match node["type"]:
        case "identity" | "current":
            return schema
        case "field":
            # An object that is null has null under any name.
            below = schema.get("properties", {}).get(node["value"])
            return below if below is None or schema.get("type") == "object" else nullable(below)
        case "subexpression":
            for child in node["children"]:
                found = _selected(child, schema)
                if found is None:
                    return None
                schema = found
            return schema
    return None
