"""The JMESPath for a form body whose `encoding` differs from the gateway's default.

By default the gateway repeats the key of a list, and writes the keys of an object in brackets.
"""

import json
from typing import Any

from restgql.formats.media import essence, is_json
from restgql.formats.select import MAX_EXPRESSION
from restgql.schema.sdl.builder import key_expression
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_mapping, as_text
from restgql.schema.sources.openapi.parameter_styles import ValueForm, holds_objects, joined, value_form
from restgql.schema.sources.openapi.schema_shape import whole_object
from restgql.schema.sources.openapi.shape_resolver import ShapeResolver

_NULL = "`null`"


def expression(argument: str, schema: Any, encodings: JsonObject, shapes: ShapeResolver) -> tuple[str, list[str]]:
    """Return the JMESPath for a form, and notes of the properties that it cannot write as the document demands."""
    shape = whole_object(shapes.shape(shapes.resolve(schema).schema))
    entries: list[str] = []
    spreads: list[str] = []
    notes: list[str] = []
    for name, part in shape.properties.items() if shape else ():
        try:
            added, spread = _property(
                f"{argument}.{key_expression(name)}", name, part, as_mapping(encodings.get(name)), shapes
            )
            longer = _merged(argument, [*entries, *added], [*spreads, *spread])
            if len(longer) > MAX_EXPRESSION:
                raise DocumentProblem("the expression for the body would be too long")
            entries += added
            spreads += spread
        except DocumentProblem as exc:
            notes.append(f"{name} is not written as the document demands, {exc.message}")
    return _merged(argument, entries, spreads), notes


def parts_of_json(schema: Any, encodings: JsonObject, shapes: ShapeResolver) -> list[str]:
    """Return notes of the objects in a multipart body that the document writes with deepObject.

    Raises DocumentProblem.
    """
    shape = whole_object(shapes.shape(shapes.resolve(schema).schema))
    return [
        f"{name} is sent as a JSON part, not with deepObject"
        for name, part in (shape.properties.items() if shape else ())
        if as_mapping(encodings.get(name)).get("style") == "deepObject" and value_form(shapes, part) is ValueForm.OBJECT
    ]


def _merged(argument: str, entries: list[str], spreads: list[str]) -> str:
    if not entries:
        return argument
    others = "".join(f", {spread} || `{{}}`" for spread in spreads)
    return f"{argument} && merge({argument}, {{{', '.join(entries)}}}{others})"


def _property(
    value: str, name: str, schema: Any, encoding: JsonObject, shapes: ShapeResolver
) -> tuple[list[str], list[str]]:
    """Return the entries that replace a property, and the objects whose keys become entries.

    Raises DocumentProblem.
    """
    own = json.dumps(name, ensure_ascii=False)
    style = as_text(encoding.get("style"))
    is_styled = bool(style) or "explode" in encoding
    explode = encoding.get("explode", style in ("", "form", "deepObject")) is True
    as_json = [f"{own}: [{value}][?@ != {_NULL}].to_string(@) | [0]"]
    match value_form(shapes, schema):
        case ValueForm.OBJECT if style == "deepObject":
            return [], []
        case ValueForm.OBJECT if is_styled and explode:
            return [f"{own}: {_NULL}"], [value]
        case ValueForm.OBJECT if is_styled:
            raise DocumentProblem("its style writes an object as one value, which is not supported")
        case ValueForm.OBJECT:  # the default content type of an object is JSON
            return as_json, []
        case ValueForm.LIST if style == "deepObject":
            if holds_objects(shapes, schema):
                return [], []
            marked = json.dumps(f"{name}[]", ensure_ascii=False)
            return [f"{own}: {_NULL}", f"{marked}: {value}"], []
        case ValueForm.LIST if is_styled and not explode:
            return [f"{own}: {joined(value, style)}"], []
        case ValueForm.LIST if is_json(essence(as_text(encoding.get("contentType")))):
            return as_json, []
        case ValueForm.LIST if holds_objects(shapes, schema) and not is_styled:
            return [f"{own}: {value}[*].to_string(@)"], []
    return [], []
