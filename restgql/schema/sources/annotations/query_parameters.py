"""The query parameters of a view, as Parameter Objects of OpenAPI."""

import enum
import inspect
from collections.abc import Callable, Collection, Iterator
from typing import Annotated, Any, get_args, get_origin

import msgspec

from restgql import view_functions
from restgql.schema.sources.annotations import hints, request_args
from restgql.schema.sources.annotations.components import describe, error_text, type_text
from restgql.schema.sources.annotations.request_args import Read
from restgql.schema.sources.annotations.schema_writer import JsonSchema, SchemaWriter

ParameterObject = dict[str, Any]

QUERY = "query"
"""The view parameter that receives the whole query in flask-pydantic, flask-openapi3 and spectree."""
_MARKER = "Query"
"""The class that marks a query parameter in flask-typed-routes, flask-ninja and flask-parameter-validation."""
_IMPLICIT = frozenset({"flask_typed_routes", "flask_parameters"})
"""Packages whose decorators read all view parameters from the query, except those of the route."""
_PLACES = frozenset({"body", "cookie", "cookies", "form", "header", "headers", "json", "path", "raw"})
"""View parameters that receive other parts of the request."""


class QueryParameters(msgspec.Struct, frozen=True):
    """The query parameters of a view. `problems` name the classes that give no parameters, each with what to do."""

    parameters: list[ParameterObject]
    problems: list[str]


def of_query(function: Callable[..., Any], variables: Collection[str], schemas: SchemaWriter) -> QueryParameters:
    """Return the query parameters of a view. If two sources have a name, the first counts.

    The sources: a parameter `query` whose class has fields; a parameter marked with `Query`; a decorator's `query=`;
    `request.args` in the view's code. `variables` are those of the route.
    """
    by_name: dict[str, ParameterObject] = {}
    problems: dict[str, None] = {}
    for query_parameter in (
        *_annotated(function, variables, schemas),
        *_decorated(function, schemas),
        *_read(function, schemas),
    ):
        if isinstance(query_parameter, str):
            problems[query_parameter] = None
        else:
            by_name.setdefault(query_parameter["name"], query_parameter)
    return QueryParameters(list(by_name.values()), list(problems))


def parameter(name: str, schema: JsonSchema, *, required: bool = False) -> ParameterObject:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _annotated(
    function: Callable[..., Any], variables: Collection[str], schemas: SchemaWriter
) -> Iterator[ParameterObject | str]:
    defaults = hints.defaults(function)
    is_implicit = any(_package(wrapper) in _IMPLICIT for wrapper in view_functions.layers(function))
    for name, hint in hints.of_parameters(function).items():
        default = defaults.get(name, inspect.Parameter.empty)
        markers = [*getattr(hint, "__metadata__", ()), default]
        marker = next(filter(_is_marker, markers), None)
        inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        if name in variables or name in _PLACES:
            continue
        if marker is not None or (is_implicit and inner is hint and name != QUERY):
            fields = [] if hints.is_unknown(inner) else list(_fields(inner, schemas))
            yield from (field for field in fields if marker is not None or isinstance(field, str))
            if not fields:
                yield _marked(name, inner, marker, default, schemas)
        elif name == QUERY and hints.is_unknown(cls := hints.without_none(inner)):
            yield _not_evaluated(function, cls)
        elif name == QUERY:
            yield from _fields(cls, schemas)


def _not_evaluated(function: Callable[..., Any], unknown: Any) -> str:
    function = view_functions.own_function(function)
    module = f"in the module {function.__module__}"
    cure = f"define or import {unknown.name} {module}, outside of functions" if unknown.name else f"correct it {module}"
    return f"the parameter {QUERY} of {function.__name__}() gives no arguments, {unknown.reason}: {cure}"


def _decorated(function: Callable[..., Any], schemas: SchemaWriter) -> Iterator[ParameterObject | str]:
    """Yield the fields of the class that a decorator receives as `query`: `@validate(query=Search)`."""
    for wrapper in view_functions.layers(function):
        code, cells = getattr(wrapper, "__code__", None), getattr(wrapper, "__closure__", None) or ()
        for name, cell in zip(getattr(code, "co_freevars", ()), cells, strict=False):
            if name == QUERY and isinstance(cls := _content(cell), type):
                yield from _fields(cls, schemas)


def _read(function: Callable[..., Any], schemas: SchemaWriter) -> Iterator[ParameterObject | str]:
    for read in request_args.reads(function):
        if isinstance(read, Read):
            yield parameter(read.name, read.schema)
        else:
            yield from _fields(read, schemas)


def _fields(hint: Any, schemas: SchemaWriter) -> Iterator[ParameterObject | str]:
    """Yield a parameter for each field of a class, or the reason why it has none. Yield nothing for another type."""
    try:
        schema = schemas.fields(hint) or {}
    except Exception as exc:  # a class can raise anything on inspection; a failure costs these parameters only
        yield f"the class {type_text(hint)} gives no arguments ({error_text(exc)}): correct the class"
        return
    for name, field in schema.get("properties", {}).items():
        yield parameter(name, field, required=name in schema.get("required", ()))


def _marked(name: str, hint: Any, marker: Any, default: Any, schemas: SchemaWriter) -> ParameterObject:
    schema = schemas.write(hint, "validation")
    values = [] if default is inspect.Parameter.empty or default is marker else [default]
    values += [getattr(marker, "default", ...)]
    required = all(map(_is_no_default, values)) and type(None) not in get_args(hint)
    text = getattr(marker, "description", None) or getattr(marker, "comment", None)
    return parameter(getattr(marker, "alias", None) or name, describe(schema, text), required=required)


def _is_marker(value: Any) -> bool:
    """Return True if a value marks a query parameter: `Query()`, the class `Query`, or an enum member QUERY."""
    if isinstance(value, enum.Enum):
        return value.name.upper() == _MARKER.upper()
    return (value if isinstance(value, type) else type(value)).__name__ == _MARKER


def _is_no_default(default: Any) -> bool:
    return default is ... or default is None or type(default).__name__ in ("PydanticUndefinedType", "UndefinedType")


def _package(function: Any) -> str:
    return str(getattr(function, "__globals__", {}).get("__name__", "")).partition(".")[0]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # an empty cell
        return None
