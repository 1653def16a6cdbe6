"""Leaves of an answer: scalars and enums are serialized, and their bytes charged."""

from typing import Any

import msgspec
from graphql import GraphQLFloat, GraphQLID, GraphQLLeafType, GraphQLString, Undefined
from graphql.pyutils import inspect

from restgql.documents.selected_field import SelectedField
from restgql.formats import json
from restgql.meter import Tally
from restgql.respond.field_sources import ENCODED_BYTES, MISSING

NUMBER_SIZE = 8
"""The approximate bytes of a number in an answer."""
_SCALARS = frozenset({str, int, float, bool})
_TEXTS = (GraphQLString, GraphQLID)


def serialize_scalar(field: SelectedField, value: Any) -> Any:
    """Return a field that is a scalar under one key, without the context of an error; MISSING if it has one."""
    of_type = field.scalar_type
    if type(value) is str and of_type in _TEXTS:
        return value
    if value is None:
        return MISSING if field.is_required else None
    if type(value) not in _SCALARS or of_type is None:
        return MISSING
    try:
        return value if type(value) is int and of_type is GraphQLFloat else of_type.serialize(value)
    except Exception:  # the executor meets it again, and reports its location
        return MISSING


def serialize(tally: Tally, of_type: GraphQLLeafType, value: Any, *, is_charged: bool = False) -> Any:
    """Serialize a scalar or enum. JSON texts of the core schema's fields are already charged: `is_charged`."""
    if is_charged:
        pass
    elif isinstance(value, msgspec.Raw):
        tally.charge_output(memoryview(value).nbytes)
    elif isinstance(value, str):
        tally.charge_output(len(value))
    elif isinstance(value, list | dict):
        text = json.encode(value)
        tally.charge_values(len(text) // ENCODED_BYTES)
        tally.charge_output(len(text))
        if getattr(of_type, "name", "") == "JSON":
            return msgspec.Raw(text)
    else:
        tally.charge_output(NUMBER_SIZE)
    if type(value) is int and of_type is GraphQLFloat:
        return value  # a float represents no integer over 2**53 exactly
    serialized = of_type.serialize(value)
    if serialized is None or serialized is Undefined:
        raise TypeError(f"Expected `{inspect(of_type)}.serialize({inspect(value)})` to return a value.")
    return serialized


def size_of(data: Any) -> int:
    """Return the approximate bytes of completed data in the answer."""
    match data:
        case dict():
            return 2 + sum(len(key) + 4 + size_of(value) for key, value in data.items())
        case list():
            return 2 + sum(map(size_of, data))
        case msgspec.Raw():
            return memoryview(data).nbytes
        case str():
            return len(data) + 2
        case _:
            return NUMBER_SIZE
