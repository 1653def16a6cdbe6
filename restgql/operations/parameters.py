"""The variables of a stored operation, from the query string or a JSON body, each held to its GraphQL type."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLInputType, GraphQLList, GraphQLNonNull, GraphQLScalarType
from graphql.utilities import coerce_input_value

from restgql.errors import BadRequest
from restgql.formats import json_body
from restgql.formats.json import NotJson, value
from restgql.model import WITH_BODY, HttpRequest
from restgql.operations.stored import Variable

MAX_ERRORS = 20
MAX_SHOWN = 200

Variables = Mapping[str, Variable]
Wrong = dict[str, str]
"""What is wrong, by the parameter that it is wrong with."""


class _Unfit(ValueError):
    """The text of a parameter is none of its type's."""


def read(variables: Variables, inbound: HttpRequest, *, suggestions: bool = True) -> dict[str, Any]:
    """The variables of one request. Raises BadRequest, with all that is wrong, and what was meant where there may be
    `suggestions`; status 415 for another media type."""
    wrong: Wrong = {}
    if inbound.method in WITH_BODY:
        given = _object(inbound)
        wrong |= {name: "goes into the body, a JSON object." for name, _ in inbound.query}
    else:
        given = _of_query(variables, inbound.query, wrong)
    check(variables, given, wrong, suggestions=suggestions)
    return given


def check(variables: Variables, given: Mapping[str, Any], wrong: Wrong, *, suggestions: bool = True) -> None:
    """Raises BadRequest where the variables of an operation do not fit, or where something is `wrong` already."""
    for name in given:
        if name not in variables:  # what is not told needs no search for what it may be meant to be
            wrong[name] = _unknown(name, variables, suggestions=suggestions) if len(wrong) < MAX_ERRORS else ""
    for name, variable in variables.items():
        reason = _reason(given[name], variable.type, suggestions=suggestions) if name in given else _missing(variable)
        if reason:
            wrong.setdefault(name, reason)
    if wrong:
        raise _refusal(wrong)


def _object(inbound: HttpRequest) -> dict[str, Any]:
    """The JSON object of a body; none at all is an empty one, if its media type is JSON all the same.

    A form, or a script with no preflight, can send an empty POST across origins, but not with that media type.
    """
    found: dict[str, Any] = json_body.read(inbound.content_type, inbound.body.strip() or b"{}", dict[str, Any])
    return found


def _of_query(variables: Variables, query: Iterable[tuple[str, str]], wrong: Wrong) -> dict[str, Any]:
    texts: dict[str, list[str]] = {}
    for name, text in query:
        texts.setdefault(name, []).append(text)
    given: dict[str, Any] = {}
    for name, found in texts.items():
        try:
            given[name] = _parsed(variables[name].type, found) if name in variables else None
        except _Unfit as exc:
            wrong[name] = str(exc)
    return given


def _parsed(of_type: GraphQLInputType, texts: list[str]) -> Any:
    """The JSON value that the texts of one parameter stand for. Raises _Unfit."""
    if repeats(of_type):
        parse = _parser(_nullable(of_type).of_type)
        return [parse(text) for text in texts]
    if len(texts) > 1:
        raise _Unfit(f"is given {len(texts)} times, and takes one value.")
    return _parser(of_type)(texts[0])


def repeats(of_type: GraphQLInputType) -> bool:
    """Whether a parameter of this type is given once for each element: one of a list whose elements need no JSON."""
    bare = _nullable(of_type)
    return isinstance(bare, GraphQLList) and _parser(bare.of_type) is not _json


def _nullable(of_type: Any) -> Any:
    return of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type


def _text(text: str) -> str:
    return text


def _name(text: str) -> str | None:
    """The name of an enum's value, which can be none of JSON's words."""
    return None if text == "null" else text


def _number(text: str) -> int | float | None:
    try:
        found: int | float | None = value(text.encode("utf-8", "surrogatepass"), int | float | None)
    except NotJson:
        raise _Unfit(f"{_shown(text)} is no number.") from None
    return found


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
# By the type's name. All others are enums, or JSON text.
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
    """Whether a parameter of this type is one JSON text in a query string."""
    return _parser(of_type) is _json and not repeats(of_type)


def takes_null(of_type: GraphQLInputType) -> bool:
    """Whether the text `null` stands for null, not for itself or for one element of a list."""
    return not isinstance(of_type, GraphQLNonNull) and not repeats(of_type) and _parser(of_type) is not _text


def _parser(of_type: GraphQLInputType) -> Callable[[str], Any]:
    named = _nullable(of_type)
    if isinstance(named, GraphQLEnumType):
        return _name
    return _PARSERS.get(named.name, _json) if isinstance(named, GraphQLScalarType) else _json


def _reason(given: Any, of_type: GraphQLInputType, *, suggestions: bool) -> str:
    """Why a value does not fit a type, empty where it does."""
    reasons: list[str] = []

    def note(path: list[str | int], _: Any, error: GraphQLError) -> None:
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")
        reasons.append(f"{where}: {error.message}" if where else error.message)

    try:
        coerce_input_value(given, of_type, note, hide_suggestions=not suggestions)
    except RecursionError:
        reasons.append("nests too deep.")
    return reasons[0] if reasons else ""


def _missing(variable: Variable) -> str:
    return "is required." if variable.required else ""


def _unknown(name: str, variables: Variables, *, suggestions: bool) -> str:
    if not suggestions:
        return "is no variable of the operation."
    near = difflib.get_close_matches(name[:80], variables, n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    there = f"Its variables are: {', '.join(variables)}." if variables else "It has none."
    return f"is no variable of the operation{meant} {there}"


def _refusal(wrong: Wrong) -> BadRequest:
    errors = [{"parameter": _cut(name), "reason": _cut(reason)} for name, reason in list(wrong.items())[:MAX_ERRORS]]
    first = f"{errors[0]['parameter']}: {errors[0]['reason']}"
    return BadRequest(first if len(wrong) == 1 else f"{first} There are {len(wrong)} errors in all.", errors=errors)


def _cut(text: str) -> str:
    """A text that may be the client's own, short, and sure to be Unicode."""
    text = text.encode(errors="backslashreplace").decode()
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _shown(text: str) -> str:
    return repr(text[:80])
