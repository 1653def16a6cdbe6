"""The variables of a stored operation, from the query string or a JSON body, each validated by its GraphQL type."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLInputType, GraphQLList, GraphQLNonNull, GraphQLScalarType

from restgql import graphql_core
from restgql.errors import BadRequest
from restgql.formats import json_body
from restgql.formats.json import NotJson, value
from restgql.model import WITH_BODY, HttpRequest
from restgql.operations.stored import Variable

MAX_ERRORS = 20
MAX_SHOWN = 200
_EXAMPLE = 'the variables of the operation as an object, such as {"id": 1}'

VariablesByName = Mapping[str, Variable]
Reasons = dict[str, str]
"""The reason why a parameter is rejected, by its name."""


class _Unfit(ValueError):
    """The text of a parameter does not fit its type."""


def read(
    variables: VariablesByName, request: HttpRequest, *, suggestions: bool = True, others: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Read the variables of one request; `others` are query parameters that need not be variables.

    Raises BadRequest with the reason for each parameter, and with the nearest name if `suggestions`; its status is 415
    for another media type.
    """
    reasons: Reasons = {}
    query = [each for each in request.query if each[0] in variables or each[0] not in others]
    if request.method in WITH_BODY:
        values = _object(request)
        reasons |= {name: "must be in the body, a JSON object." for name, _ in query}
    else:
        values = _of_query(variables, query, reasons)
    check(variables, values, reasons, suggestions=suggestions)
    return values


def check(variables: VariablesByName, values: Mapping[str, Any], reasons: Reasons, *, suggestions: bool = True) -> None:
    """Raise BadRequest if a variable does not fit its type, or if there are `reasons` already."""
    for name in values:
        if name not in variables:  # beyond MAX_ERRORS no reason is shown, so no suggestion is searched
            reasons[name] = _unknown(name, variables, suggestions=suggestions) if len(reasons) < MAX_ERRORS else ""
    for name, variable in variables.items():
        reason = _reason(values[name], variable.type, suggestions=suggestions) if name in values else _missing(variable)
        if reason:
            reasons.setdefault(name, reason)
    if reasons:
        raise _refusal(reasons)


def _object(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a body. An empty body is an empty object, but only if its media type is JSON.

    A form or script of another origin can send an empty POST without a preflight, but not with that media type.
    """
    body = request.body.strip() or b"{}"
    members: dict[str, Any] = json_body.read(request.content_type, body, dict[str, Any], example=_EXAMPLE)
    return members


def _of_query(variables: VariablesByName, query: Iterable[tuple[str, str]], reasons: Reasons) -> dict[str, Any]:
    texts: dict[str, list[str]] = {}
    for name, text in query:
        texts.setdefault(name, []).append(text)
    values: dict[str, Any] = {}
    for name, parameter_texts in texts.items():
        try:
            values[name] = _parsed(variables[name].type, parameter_texts) if name in variables else None
        except _Unfit as exc:
            reasons[name] = str(exc)
    return values


def _parsed(of_type: GraphQLInputType, texts: list[str]) -> Any:
    """Return the JSON value of the texts of one parameter. Raises _Unfit."""
    if repeats(of_type):
        parse = _parser(_nullable(of_type).of_type)
        return [parse(text) for text in texts]
    if len(texts) > 1:
        raise _Unfit(f"is given {len(texts)} times, but takes one value.")
    return _parser(of_type)(texts[0])


def repeats(of_type: GraphQLInputType) -> bool:
    """Return True if a parameter of this type is repeated for each element: a list whose elements need no JSON."""
    bare = _nullable(of_type)
    return isinstance(bare, GraphQLList) and _parser(bare.of_type) is not _json


def _nullable(of_type: Any) -> Any:
    return of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type


def _text(text: str) -> str:
    return text


def _name(text: str) -> str | None:
    """Return the name of an enum's value; `null` can never be one."""
    return None if text == "null" else text


def _number(text: str) -> int | float | None:
    try:
        number: int | float | None = value(text.encode("utf-8", "surrogatepass"), int | float | None)
    except NotJson:
        raise _Unfit(f"{_shown(text)} is not a number.") from None
    return number


def _boolean(text: str) -> bool | None:
    if text.lower() not in _BOOLEANS:
        raise _Unfit(f"{_shown(text)} is neither true nor false.")
    return _BOOLEANS[text.lower()]


def _json(text: str) -> Any:
    try:
        return value(text.encode("utf-8", "surrogatepass"))
    except NotJson as exc:
        raise _Unfit(f"takes JSON, with strings in quotes: {exc}.") from None


_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "null": None}
# By the type's name. All other types are enums, or take JSON text.
_PARSERS: dict[str, Callable[[str], Any]] = {
    "Boolean": _boolean,
    "Float": _number,
    "Int": _number,
    "Long": _number,
    "Date": _text,
    "DateTime": _text,
    "Decimal": _text,
    "ID": _text,
    "String": _text,
    "URL": _text,
    "UUID": _text,
}


def takes_json(of_type: GraphQLInputType) -> bool:
    """Return True if a parameter of this type is one JSON text in a query string."""
    return _parser(of_type) is _json and not repeats(of_type)


def takes_null(of_type: GraphQLInputType) -> bool:
    """Return True if the text `null` means null, instead of itself or one element of a list."""
    return not isinstance(of_type, GraphQLNonNull) and not repeats(of_type) and _parser(of_type) is not _text


def _parser(of_type: GraphQLInputType) -> Callable[[str], Any]:
    named = _nullable(of_type)
    if isinstance(named, GraphQLEnumType):
        return _name
    return _PARSERS.get(named.name, _json) if isinstance(named, GraphQLScalarType) else _json


def _reason(value: Any, of_type: GraphQLInputType, *, suggestions: bool) -> str:
    """Return the reason why a value does not fit a type, or "" if it fits."""
    messages: list[str] = []

    def note(path: Sequence[str | int], error: GraphQLError) -> None:
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
        messages.append(f"{where}: {error.message}" if where else error.message)

    try:
        graphql_core.check_input(value, of_type, note, hide_suggestions=not suggestions)
    except RecursionError:
        messages.append("nests too deep.")
    return messages[0] if messages else ""


def _missing(variable: Variable) -> str:
    return "is required." if variable.required else ""


def _unknown(name: str, variables: VariablesByName, *, suggestions: bool) -> str:
    if not suggestions:
        return "is not a variable of the operation."
    near = difflib.get_close_matches(name[:80], variables, n=1)
    suggestion = f"; did you mean {near[0]}?" if near else "."
    names = f"Its variables are: {', '.join(variables)}." if variables else "It has none."
    return f"is not a variable of the operation{suggestion} {names}"


def _refusal(reasons: Reasons) -> BadRequest:
    errors = [{"parameter": _cut(name), "reason": _cut(reason)} for name, reason in list(reasons.items())[:MAX_ERRORS]]
    first = f"{errors[0]['parameter']}: {errors[0]['reason']}"
    return BadRequest(first if len(reasons) == 1 else f"{first} There are {len(reasons)} errors in all.", errors=errors)


def _cut(text: str) -> str:
    """Shorten a text that a client may have chosen, and escape its lone surrogates."""
    text = text.encode(errors="backslashreplace").decode()
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _shown(text: str) -> str:
    return repr(text[:80])
