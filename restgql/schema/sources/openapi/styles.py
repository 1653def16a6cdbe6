"""The styles of parameters (OpenAPI 3, "Style Values") as templates of RFC 6570, or as JMESPath for `query`."""

import json
from enum import Enum, auto
from typing import Any, assert_never

import msgspec

from restgql.schema.sources.openapi import shape
from restgql.schema.sources.openapi.operation import Parameter
from restgql.schema.sources.openapi.parts import mapping
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.shapes import Shapes

DELIMITERS = {"form": ",", "spaceDelimited": " ", "tabDelimited": "\t", "pipeDelimited": "|"}
_OPERATORS = {"label": ".", "matrix": ";"}


class Form(Enum):
    SCALAR = auto()
    LIST = auto()
    OBJECT = auto()


class Placed(msgspec.Struct, frozen=True):
    """The place of a query parameter: a variable of `{?…}`, an entry of the expression `query`, or an object whose keys
    are entries of it."""

    template: str = ""
    entry: str = ""
    spread: str = ""


def form(shapes: Shapes, schema: Any) -> Form:
    """Return the form of the values of a schema. Raises Problem."""
    found = shapes.shape(shapes.locate(schema).schema)
    if isinstance(found, shape.Items):
        return Form.LIST
    free = isinstance(found, shape.Anything) and mapping(shapes.locate(schema).schema).get("type") == "object"
    return (
        Form.OBJECT
        if free or isinstance(found, shape.Object | shape.Union | shape.Interface | shape.Map)
        else Form.SCALAR
    )


def in_path(shapes: Shapes, parameter: Parameter, text: str, called: str) -> str:
    """Return the template for a variable of the path. Raises Problem for a value that no template can write."""
    kind = form(shapes, parameter.schema)
    operator = _OPERATORS.get(parameter.style, "")
    if parameter.source.get("allowReserved") is True:  # it takes slashes (OpenAPI 3.2; RFC 6570 section 3.2.3)
        operator = "+"
    if kind is Form.OBJECT and not parameter.explode:
        raise Problem("an object is written as one value")
    if operator == ";" and text != called:
        if kind is not Form.SCALAR and parameter.explode:
            raise Problem("its name is no GraphQL name, and the path repeats it")
        operator, prefix = "", f";{text}="
    else:
        prefix = ""
    is_many = kind is Form.OBJECT or (kind is Form.LIST and (parameter.explode or not operator))
    return f"{prefix}{{{operator}{called}{'*' if is_many else ''}}}"


def in_query(shapes: Shapes, parameter: Parameter, called: str) -> Placed:
    """Return the place of a query parameter. Raises Problem for a style that neither can write."""
    if parameter.encoded:
        # false and what is empty would be written as null is, so they go as they are
        return _entry(parameter.name, f"{called} && to_string({called})")
    kind = form(shapes, parameter.schema)
    if parameter.style == "deepObject":
        is_list = kind is Form.LIST and not holds_objects(shapes, parameter.schema)
        return _entry(f"{parameter.name}[]" if is_list else parameter.name, called)
    match kind:
        case Form.SCALAR:
            if called != parameter.name:
                return _entry(parameter.name, called)
            # JSON may be a list or an object, whose members are pairs of the query
            is_json = isinstance(shapes.shape(shapes.locate(parameter.schema).schema), shape.Anything)
            return Placed(f"{called}*" if is_json and parameter.explode else called)
        case Form.LIST:
            return _list(shapes, parameter, called)
        case Form.OBJECT:
            if not parameter.explode:
                raise Problem("an object is written as one value")
            return Placed(f"{called}*") if _is_flat(shapes, parameter.schema) else Placed(spread=called)
    assert_never(kind)


def holds_objects(shapes: Shapes, schema: Any) -> bool:
    """Return True if the items of a list may be objects or lists. Raises Problem."""
    found = shapes.shape(shapes.locate(schema).schema)
    if not isinstance(found, shape.Items):
        return False
    return not isinstance(shapes.shape(shapes.locate(found.item).schema), shape.Scalar | shape.Enum | shape.Anything)


def _is_flat(shapes: Shapes, schema: Any) -> bool:
    """Return True if the values in an object are scalars."""
    found = shapes.shape(shapes.locate(schema).schema)
    if not isinstance(found, shape.Object):
        return False
    return all(form(shapes, part) is Form.SCALAR for part in found.properties.values())


def _list(shapes: Shapes, parameter: Parameter, called: str) -> Placed:
    own = called == parameter.name
    if parameter.explode:
        plain = own and not holds_objects(shapes, parameter.schema)
        return Placed(f"{called}*") if plain else _entry(parameter.name, called)
    if parameter.style == "form" and own:
        return Placed(called)
    return _entry(parameter.name, joined(called, parameter.style))


def joined(expression: str, style: str) -> str:
    """Return JMESPath for a list as one text."""
    return f"{expression} && join('{DELIMITERS.get(style, ',')}', {expression}[*].to_string(@))"


def _entry(name: str, expression: str) -> Placed:
    return Placed(entry=f"{json.dumps(name, ensure_ascii=False)}: {expression}")
