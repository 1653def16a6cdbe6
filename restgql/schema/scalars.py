"""Scalars that SDL documents may use without defining them. Results pass JSON unchanged; arguments are validated."""

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import graphene
from graphql import FloatValueNode, GraphQLError, GraphQLScalarType, IntValueNode, StringValueNode, ValueNode

from restgql import graphql_core
from restgql.formats.file import File

RFC_3339 = "https://www.rfc-editor.org/rfc/rfc3339"
MULTIPART_SPEC = "https://github.com/jaydenseric/graphql-multipart-request-spec"
MAX_DIGITS = 1_000
"""The most digits of an integer that is written as a string."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(result: Any) -> Any:
    if not isinstance(result, str):
        raise GraphQLError(f"{result!r:.80} is not a string.")
    return result


def _decimal(result: Any) -> Any:
    """Return a number, or a string that contains one: many writers use floats for JSON numbers."""
    try:
        if _is_number(result) or (isinstance(result, str) and Decimal(result).is_finite()):
            return result
    except InvalidOperation:
        pass
    raise GraphQLError(f"{result!r:.80} is not a decimal number.")


def _text_if_longer(literal: str) -> float | str:
    """Return the number of a literal, or its text if a float does not have all its digits."""
    number = float(literal)
    return number if math.isfinite(number) and Decimal(repr(number)) == Decimal(literal) else literal


def _long(result: Any) -> int:
    """Return an integer of any size. Accept one that is written with a fraction of zero, or as a string."""
    number = int(result) if isinstance(result, float) and result.is_integer() else result
    if isinstance(number, str) and number.removeprefix("-").isdecimal() and len(number) <= MAX_DIGITS:
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise GraphQLError(f"{result!r:.80} is not an integer.")
    return number


def _parsed_by(parse: Callable[[str], object], what: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        try:
            parse(_text(value))
        except ValueError as exc:
            raise GraphQLError(f"{value!r:.80} is not a valid {what}.") from exc
        return value

    return check


def _file(value: Any) -> File:
    if not isinstance(value, File):
        raise GraphQLError("Upload takes a file, sent as multipart/form-data with a map to this variable.")
    return value


def _no_result(result: Any) -> Any:
    raise GraphQLError("Upload is for arguments.")


# name: (specified by, result, argument, description)
_TABLE: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any], str]] = {
    "DateTime": (RFC_3339, _text, _parsed_by(datetime.fromisoformat, "date and time"), "A date and time (RFC 3339)."),
    "Date": (RFC_3339, _text, _parsed_by(date.fromisoformat, "date"), "A date (RFC 3339, full-date)."),
    "UUID": ("https://www.rfc-editor.org/rfc/rfc9562", _text, _parsed_by(UUID, "UUID"), "A UUID (RFC 9562)."),
    "URL": ("https://url.spec.whatwg.org/", _text, _text, "A URL."),
    "Decimal": ("https://www.rfc-editor.org/rfc/rfc8259", _decimal, _decimal, "A decimal number, or its text."),
    "Upload": (MULTIPART_SPEC, _no_result, _file, "A file, sent as multipart/form-data."),
    "Long": ("https://www.rfc-editor.org/rfc/rfc8259", _long, _long, "An integer of 64 bits or more."),
}
NAMES = frozenset(_TABLE)


def attach_behavior(scalar: GraphQLScalarType) -> None:
    """Attach the behavior of the scalar of this name, and its description unless it has one."""
    url, serialize, parse, description = _TABLE[scalar.name]

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        try:
            match node:
                case StringValueNode():
                    return parse(node.value)
                case IntValueNode():
                    return parse(int(node.value))
                case FloatValueNode():
                    return parse(_text_if_longer(node.value) if scalar.name == "Decimal" else float(node.value))
        except GraphQLError as exc:
            raise GraphQLError(f"{scalar.name}: {exc.message}", node) from exc  # the location of the literal
        raise GraphQLError(f"{scalar.name} does not accept this value.", node)

    scalar.specified_by_url = scalar.specified_by_url or url
    scalar.description = scalar.description or description
    graphql_core.set_scalar_functions(scalar, serialize=serialize, parse_value=parse, parse_literal=parse_literal)


class Upload(graphene.Scalar):  # type: ignore[misc]
    """A file, sent as multipart/form-data."""

    serialize = staticmethod(_no_result)
    parse_value = staticmethod(_file)

    @staticmethod
    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        return _file(None)
