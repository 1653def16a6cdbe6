"""How a parameter's value is written (OpenAPI 3, "Style Values"), in the terms of RFC 6570 or of JMESPath."""

import json
from enum import Enum, auto
from typing import assert_never

import msgspec

from restgql.schema.sdl import names
from restgql.schema.sources.openapi.operation import Parameter
from restgql.schema.sources.openapi.parts import mapping, sequence
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.shape import Anything, Items, Object, Union
from restgql.schema.sources.openapi.shapes import Shapes

_DELIMITERS = {"form": ",", "spaceDelimited": " ", "tabDelimited": "\t", "pipeDelimited": "|"}


class Form(Enum):
    SCALAR = auto()
    LIST = auto()
    OBJECT = auto()


class Placed(msgspec.Struct, frozen=True):
    """Where a query parameter goes: a variable of `{?…}`, or entries of the expression `query`."""

    template: str = ""
    entries: tuple[str, ...] = ()


def form(shapes: Shapes, parameter: Parameter) -> Form:
    """What a parameter's value is. Raises Problem."""
    shape = shapes.shape(shapes.locate(parameter.schema).schema)
    if isinstance(shape, Items):
        return Form.LIST
    free = isinstance(shape, Anything) and mapping(parameter.schema).get("type") == "object"
    return Form.OBJECT if free or isinstance(shape, Object | Union) else Form.SCALAR


def in_query(shapes: Shapes, parameter: Parameter, called: str) -> Placed:
    """Raises Problem for a way of writing that neither has."""
    if parameter.encoded:
        # false and what is empty would be written as null is, so they go as they are
        return _entry(parameter.name, f"{called} && to_string({called})")
    kind = form(shapes, parameter)
    if parameter.style == "deepObject":
        return _deep(shapes, parameter, called)
    match kind:
        case Form.SCALAR:
            return Placed(called) if called == parameter.name else _entry(parameter.name, called)
        case Form.LIST:
            return _list(parameter, called)
        case Form.OBJECT:
            if parameter.explode:
                return Placed(f"{called}*")  # its keys are the names
            raise Problem("an object is written as one value")
    assert_never(kind)


def _list(parameter: Parameter, called: str) -> Placed:
    own = called == parameter.name
    if parameter.explode:
        return Placed(f"{called}*") if own else _entry(parameter.name, called)
    if parameter.style == "form" and own:
        return Placed(called)
    delimiter = _DELIMITERS.get(parameter.style, ",")
    return _entry(parameter.name, f"{called} && join('{delimiter}', {called}[*].to_string(@))")


def _deep(shapes: Shapes, parameter: Parameter, called: str) -> Placed:
    """`filter[name]=…`, and for lists `ids[]=…`, which documents say so too."""
    schema = shapes.locate(parameter.schema).schema
    shape = shapes.shape(schema)
    if isinstance(shape, Items):
        return _entry(f"{parameter.name}[]", called)
    members = [
        schema,
        *(shapes.locate(member).schema for key in ("anyOf", "oneOf") for member in sequence(schema.get(key))),
    ]
    keys = {key for member in members for key in mapping(member.get("properties")) if names.is_name(key)}
    if isinstance(shape, Object):
        keys |= {key for key in shape.properties if names.is_name(key)}
    if not keys:
        raise Problem("the keys of the object are not known")
    entries = [f"{json.dumps(f'{parameter.name}[{key}]')}: {called}.{key}" for key in sorted(keys)]
    return Placed(entries=tuple(entries))


def _entry(name: str, expression: str) -> Placed:
    return Placed(entries=(f"{json.dumps(name, ensure_ascii=False)}: {expression}",))
