"""Turns parameter styles (OpenAPI 3, "Style Values") into URI templates (RFC 6570), or into JMESPath for `query`."""

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
_AS_ONE_VALUE = "its style writes an object as one value, which is not supported for this object"
_OPERATORS = {"label": ".", "matrix": ";"}


class ValueForm(Enum):
    SCALAR = auto()
    LIST = auto()
    OBJECT = auto()


class QueryPlacement(msgspec.Struct, frozen=True):
    """The way a query parameter is written; one of three is set.

    `template` is a variable of `{?…}`, `entry` an entry of the `query` expression, `spread` an object whose keys become
    entries.
    """

    template: str = ""
    entry: str = ""
    spread: str = ""


def value_form(shapes: ShapeResolver, schema: Any) -> ValueForm:
    """Return the form of the values of a schema. Raises DocumentProblem."""
    shape = shapes.shape(shapes.resolve(schema).schema)
    if isinstance(shape, schema_shape.ListShape):
        return ValueForm.LIST
    free = (
        isinstance(shape, schema_shape.JsonShape) and as_mapping(shapes.resolve(schema).schema).get("type") == "object"
    )
    return (
        ValueForm.OBJECT
        if free
        or isinstance(
            shape,
            schema_shape.ObjectShape | schema_shape.UnionShape | schema_shape.InterfaceShape | schema_shape.MapShape,
        )
        else ValueForm.SCALAR
    )


def path_template(shapes: ShapeResolver, parameter: ApiParameter, text: str, argument: str) -> str:
    """Return the template for a path variable. Raises DocumentProblem if no template can write its values."""
    kind = value_form(shapes, parameter.schema)
    operator = _OPERATORS.get(parameter.style, "")
    if parameter.source.get("allowReserved") is True:  # it takes slashes (OpenAPI 3.2; RFC 6570 section 3.2.3)
        operator = "+"
    if kind is ValueForm.OBJECT and not parameter.explode and not _is_flat(shapes, parameter.schema):
        raise DocumentProblem(_AS_ONE_VALUE)
    if operator == ";" and text != argument:
        if kind is not ValueForm.SCALAR and parameter.explode:
            raise DocumentProblem("its name is not a GraphQL name, and the path repeats it")
        operator, prefix = "", f";{text}="
    else:
        prefix = ""
    is_many = kind is not ValueForm.SCALAR and (parameter.explode or (kind is ValueForm.LIST and not operator))
    return f"{prefix}{{{operator}{argument}{'*' if is_many else ''}}}"


def header_template(shapes: ShapeResolver, parameter: ApiParameter, argument: str) -> str:
    """Return the template for a header field. Raises DocumentProblem if no template can write its values."""
    kind = value_form(shapes, parameter.schema)
    if kind is ValueForm.SCALAR:
        return f"{{{argument}}}"
    is_separated = parameter.style in ("simple", "form") and (kind is ValueForm.LIST or parameter.explode)
    if parameter.encoded or not is_separated or not _is_flat(shapes, parameter.schema):
        raise DocumentProblem("a header can only be a scalar, a list of scalars, or an exploded object of scalars")
    return f"{{{argument}*}}"


def query_placement(shapes: ShapeResolver, parameter: ApiParameter, argument: str) -> QueryPlacement:
    """Return how a query parameter is written. Raises DocumentProblem for a style that cannot be written."""
    if parameter.encoded:
        # `&&` passes null on, so that it is omitted; false and empty values are passed on unchanged, too
        return _entry(parameter.name, f"{argument} && to_string({argument})")
    kind = value_form(shapes, parameter.schema)
    if parameter.style == "deepObject":
        is_list = kind is ValueForm.LIST and not holds_objects(shapes, parameter.schema)
        return _entry(f"{parameter.name}[]" if is_list else parameter.name, argument)
    match kind:
        case ValueForm.SCALAR:
            if argument != parameter.name:
                return _entry(parameter.name, argument)
            # a JSON value may be a list or an object; its members become pairs of the query
            is_json = isinstance(shapes.shape(shapes.resolve(parameter.schema).schema), schema_shape.JsonShape)
            return QueryPlacement(f"{argument}*" if is_json and parameter.explode else argument)
        case ValueForm.LIST:
            return _list(shapes, parameter, argument)
        case ValueForm.OBJECT:
            if not parameter.explode:
                if parameter.style == "form" and argument == parameter.name and _is_flat(shapes, parameter.schema):
                    return QueryPlacement(argument)
                raise DocumentProblem(_AS_ONE_VALUE)
            return (
                QueryPlacement(f"{argument}*")
                if _is_flat(shapes, parameter.schema)
                else QueryPlacement(spread=argument)
            )
    assert_never(kind)


def holds_objects(shapes: ShapeResolver, schema: Any) -> bool:
    """Return True if the items of a list may be objects or lists. Raises DocumentProblem."""
    shape = shapes.shape(shapes.resolve(schema).schema)
    if not isinstance(shape, schema_shape.ListShape):
        return False
    return not isinstance(
        shapes.shape(shapes.resolve(shape.item).schema),
        schema_shape.ScalarShape | schema_shape.EnumShape | schema_shape.JsonShape,
    )


def _is_flat(shapes: ShapeResolver, schema: Any) -> bool:
    """Return True if all values of an object or list are scalars. Raises DocumentProblem."""
    shape = shapes.shape(shapes.resolve(schema).schema)
    if isinstance(shape, schema_shape.ListShape):
        return value_form(shapes, shape.item) is ValueForm.SCALAR
    whole = schema_shape.whole_object(shape)
    return whole is not None and all(value_form(shapes, part) is ValueForm.SCALAR for part in whole.properties.values())


def _list(shapes: ShapeResolver, parameter: ApiParameter, argument: str) -> QueryPlacement:
    own = argument == parameter.name
    if parameter.explode:
        plain = own and not holds_objects(shapes, parameter.schema)
        return QueryPlacement(f"{argument}*") if plain else _entry(parameter.name, argument)
    if parameter.style == "form" and own:
        return QueryPlacement(argument)
    return _entry(parameter.name, joined(argument, parameter.style))


def joined(expression: str, style: str) -> str:
    """Return JMESPath that joins a list into one text."""
    return f"{expression} && join('{DELIMITERS.get(style, ',')}', {expression}[*].to_string(@))"


def _entry(name: str, expression: str) -> QueryPlacement:
    return QueryPlacement(entry=f"{json.dumps(name, ensure_ascii=False)}: {expression}")
