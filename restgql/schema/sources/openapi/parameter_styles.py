"""The styles of parameters (OpenAPI 3, "Style Values") as templates of RFC 6570, or as JMESPath for `query`."""

import json
from enum import Enum, auto
from typing import Any, assert_never

import msgspec

from restgql.schema.sources.openapi import schema_shape
from restgql.schema.sources.openapi.api_operation import ApiParameter
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import as_mapping
from restgql.schema.sources.openapi.shape_resolver import ShapeResolver

DELIMITERS = {"form": ",", "spaceDelimited": " ", "tabDelimited": "\t", "pipeDelimited": "|"}
_OPERATORS = {"label": ".", "matrix": ";"}


class ValueForm(Enum):
    SCALAR = auto()
    LIST = auto()
    OBJECT = auto()


class QueryPlacement(msgspec.Struct, frozen=True):
    """The place of a query parameter: a variable of `{?…}`, an entry of the expression `query`, or an object whose keys
    are entries of it."""

    template: str = ""
    entry: str = ""
    spread: str = ""


def value_form(shapes: ShapeResolver, schema: Any) -> ValueForm:
    """Return the form of the values of a schema. Raises Problem."""
    found = shapes.shape(shapes.resolve(schema).schema)
    if isinstance(found, schema_shape.ListShape):
        return ValueForm.LIST
    free = (
        isinstance(found, schema_shape.JsonShape) and as_mapping(shapes.resolve(schema).schema).get("type") == "object"
    )
    return (
        ValueForm.OBJECT
        if free
        or isinstance(
            found,
            schema_shape.ObjectShape | schema_shape.UnionShape | schema_shape.InterfaceShape | schema_shape.MapShape,
        )
        else ValueForm.SCALAR
    )


def path_template(shapes: ShapeResolver, parameter: ApiParameter, text: str, called: str) -> str:
    """Return the template for a variable of the path. Raises Problem for a value that no template can write."""
    kind = value_form(shapes, parameter.schema)
    operator = _OPERATORS.get(parameter.style, "")
    if parameter.source.get("allowReserved") is True:  # it takes slashes (OpenAPI 3.2; RFC 6570 section 3.2.3)
        operator = "+"
    if kind is ValueForm.OBJECT and not parameter.explode:
        raise DocumentProblem("an object is written as one value")
    if operator == ";" and text != called:
        if kind is not ValueForm.SCALAR and parameter.explode:
            raise DocumentProblem("its name is no GraphQL name, and the path repeats it")
        operator, prefix = "", f";{text}="
    else:
        prefix = ""
    is_many = kind is ValueForm.OBJECT or (kind is ValueForm.LIST and (parameter.explode or not operator))
    return f"{prefix}{{{operator}{called}{'*' if is_many else ''}}}"


def query_placement(shapes: ShapeResolver, parameter: ApiParameter, called: str) -> QueryPlacement:
    """Return the place of a query parameter. Raises Problem for a style that neither can write."""
    if parameter.encoded:
        # false and what is empty would be written as null is, so they go as they are
        return _entry(parameter.name, f"{called} && to_string({called})")
    kind = value_form(shapes, parameter.schema)
    if parameter.style == "deepObject":
        is_list = kind is ValueForm.LIST and not holds_objects(shapes, parameter.schema)
        return _entry(f"{parameter.name}[]" if is_list else parameter.name, called)
    match kind:
        case ValueForm.SCALAR:
            if called != parameter.name:
                return _entry(parameter.name, called)
            # JSON may be a list or an object, whose members are pairs of the query
            is_json = isinstance(shapes.shape(shapes.resolve(parameter.schema).schema), schema_shape.JsonShape)
            return QueryPlacement(f"{called}*" if is_json and parameter.explode else called)
        case ValueForm.LIST:
            return _list(shapes, parameter, called)
        case ValueForm.OBJECT:
            if not parameter.explode:
                raise DocumentProblem("an object is written as one value")
            return QueryPlacement(f"{called}*") if _is_flat(shapes, parameter.schema) else QueryPlacement(spread=called)
    assert_never(kind)


def holds_objects(shapes: ShapeResolver, schema: Any) -> bool:
    """Return True if the items of a list may be objects or lists. Raises Problem."""
    found = shapes.shape(shapes.resolve(schema).schema)
    if not isinstance(found, schema_shape.ListShape):
        return False
    return not isinstance(
        shapes.shape(shapes.resolve(found.item).schema),
        schema_shape.ScalarShape | schema_shape.EnumShape | schema_shape.JsonShape,
    )


def _is_flat(shapes: ShapeResolver, schema: Any) -> bool:
    """Return True if the values in an object are scalars."""
    found = shapes.shape(shapes.resolve(schema).schema)
    if not isinstance(found, schema_shape.ObjectShape):
        return False
    return all(value_form(shapes, part) is ValueForm.SCALAR for part in found.properties.values())


def _list(shapes: ShapeResolver, parameter: ApiParameter, called: str) -> QueryPlacement:
    own = called == parameter.name
    if parameter.explode:
        plain = own and not holds_objects(shapes, parameter.schema)
        return QueryPlacement(f"{called}*") if plain else _entry(parameter.name, called)
    if parameter.style == "form" and own:
        return QueryPlacement(called)
    return _entry(parameter.name, joined(called, parameter.style))


def joined(expression: str, style: str) -> str:
    """Return JMESPath for a list as one text."""
    return f"{expression} && join('{DELIMITERS.get(style, ',')}', {expression}[*].to_string(@))"


def _entry(name: str, expression: str) -> QueryPlacement:
    return QueryPlacement(entry=f"{json.dumps(name, ensure_ascii=False)}: {expression}")
