"""The coverage of a schema: routes with types, fields that cause N+1 requests, types that are unreachable."""

import re
from collections.abc import Iterable, Iterator

import msgspec
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    GraphQLWrappingType,
    get_named_type,
    is_list_type,
    is_specified_scalar_type,
)

from restgql.schema.compile import calls
from restgql.schema.sdl.report import OperationNote, SkippedOperation

_VARIABLE = re.compile(r"\{[^{}]*\}")
_QUERY = re.compile(r"\{[?&][^{}]*\}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_PAGES = re.compile(r"\b(?:page|offset|cursor|limit|per_page|page_size|pageSize)\b")


class RouteCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """A route with its field: `typed`, `partly` typed, `json`, or `untyped` without a field; and the reason.

    `skipped` is an operation of a document without a field; it `is_chosen` if the document or the configuration
    excludes it.
    """

    method: str
    path: str
    field: str = ""
    kind: str = "untyped"
    reason: str = ""
    is_chosen: bool = False


def row_of(operation: OperationNote) -> RouteCoverage:
    return RouteCoverage(
        method=operation.method,
        path=operation.path,
        field=operation.field,
        kind=operation.kind,
        reason=operation.reason,
    )


def row_of_skipped(operation: SkippedOperation, label: str = "") -> RouteCoverage:
    return RouteCoverage(
        method=operation.method,
        path=operation.path,
        kind="skipped",
        reason=f"{operation.reason}{label}",
        is_chosen=operation.is_chosen,
    )


class CoverageReport(msgspec.Struct, frozen=True, kw_only=True):
    """The coverage by route, a sentence for each error, and one for each warning."""

    rows: tuple[RouteCoverage, ...]
    joins: tuple[str, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def normalize_template(path: str) -> str:
    """Return a URI template without its names and its query: equal shapes are the same route."""
    return _VARIABLE.sub("{}", _QUERY.sub("", path).partition("?")[0])


def is_near(one: str, other: str) -> bool:
    """Return True if one shape ends with the other, so that only the base path differs."""
    return min(len(one), len(other)) > 1 and (one.endswith(other) or other.endswith(one))


def coverage_of(
    schema: GraphQLSchema,
    routes: Iterable[tuple[str, str]],
    reported: Iterable[RouteCoverage] = (),
    joins: Iterable[str] = (),
    *,
    everything: Iterable[tuple[str, str]],
    accepted: Iterable[str] = (),
) -> CoverageReport:
    """Return the coverage of a schema.

    `routes` are methods and URI templates, `everything` includes those that are closed to clients; `reported` rows have
    a kind and a reason; `accepted` are the names in RESTGQL_JOINS.
    """
    rows = _covered(schema, tuple(routes), tuple(reported))
    return CoverageReport(
        rows=tuple(sorted(rows, key=lambda row: (row.path, row.method))),
        joins=tuple(joins),
        errors=(
            *(
                f"{field}: there is no route for {method} {path}."
                for field, method, path in unrouted(schema, tuple(everything))
            ),
            *_unknown_joins(schema, accepted),
        ),
        warnings=(
            *_skipped(rows),
            *_multiplying(schema),
            *_required(schema),
            *_paginated(schema),
            *_unused(schema),
            *(
                f"{field}({argument}:) is not sent: write {sent_template(path, argument)!r}."
                for field, argument, path in unsent_arguments(schema)
            ),
        ),
    )


def _covered(
    schema: GraphQLSchema, routes: tuple[tuple[str, str], ...], reported: tuple[RouteCoverage, ...]
) -> list[RouteCoverage]:
    """Return a row for each field, each route without one, and each operation of a document without either."""
    paths = {(method, normalize_template(path)): path for method, path in routes}
    rows = [row for row in reported if row.field]
    places = {_place(row) for row in rows}
    for of_type, name, call in calls(schema):
        kind = "json" if call.passthrough else "typed"
        for path in (call.template.text, *([call.batch.template.text] if call.batch else [])):
            if (call.method, normalize_template(path)) not in places:
                rows.append(RouteCoverage(method=call.method, path=path, field=f"{of_type}.{name}", kind=kind))
                places.add((call.method, normalize_template(path)))
    skipped = [row for row in reported if not row.field and _place(row) not in places]
    rows += skipped
    places |= set(map(_place, skipped))
    rows += (
        RouteCoverage(method=method, path=path, reason=_undescribed(method, shape, skipped))
        for (method, shape), path in paths.items()
        if (method, shape) not in places
    )
    return [msgspec.structs.replace(row, path=paths.get(_place(row), row.path)) for row in rows]


def _undescribed(method: str, shape: str, skipped: Iterable[RouteCoverage]) -> str:
    near = (row.path for row in skipped if row.method == method and is_near(shape, normalize_template(row.path)))
    path = next(near, "")
    return f"a document has it as {path}, below another base path" if path else "no source describes it"


def _place(row: RouteCoverage) -> tuple[str, str]:
    return row.method, normalize_template(row.path)


def _skipped(rows: Iterable[RouteCoverage]) -> Iterator[str]:
    """Yield the operations of documents that have no field, except by choice."""
    for row in rows:
        if row.kind == "skipped" and not row.is_chosen:
            yield f"{row.method} {row.path} of the document has no field: {row.reason}.".lstrip()


def _unknown_joins(schema: GraphQLSchema, accepted: Iterable[str]) -> Iterator[str]:
    """Yield the names in RESTGQL_JOINS that no source proposes."""
    fields = {f"{owner}.{name}" for owner, name, _ in calls(schema)}
    for join in accepted:
        if join not in fields:
            yield f"RESTGQL_JOINS has {join}, and no source proposes this join."


def unrouted(schema: GraphQLSchema, everything: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str, str]]:
    """Yield the fields with a path that no route answers, each with its method and its path."""
    shapes = {(method, normalize_template(route)) for method, route in everything}
    for owner, name, call in calls(schema):
        for path in (call.template.text, *([call.batch.template.text] if call.batch else [])):
            if (call.method, normalize_template(path)) not in shapes and not any(
                call.method == method and _leads_to(path, route) for method, route in everything
            ):
                yield f"{owner}.{name}", call.method, path


def unsent_arguments(schema: GraphQLSchema) -> Iterator[tuple[str, str, str]]:
    """Yield the arguments of handwritten GET fields that are no part of the request: field, argument, path."""
    for owner, name, call in calls(schema):
        if call.method != "GET" or not call.opens_route:
            continue
        templates = [
            call.template,
            *(value for _, value in call.headers),
            *([call.batch.template] if call.batch else []),
        ]
        sent = {part.text.partition(".")[0] for template in templates for part in template.names}
        sent.update(_WORD.findall(call.query or ""))
        if "@" in (call.query or ""):
            continue
        for argument in sorted(call.arguments - sent):
            yield f"{owner}.{name}", argument, call.template.text


def sent_template(path: str, argument: str) -> str:
    """Return a path template with one more query parameter."""
    if path.endswith("}") and "{?" in path:
        return f"{path[:-1]},{argument}}}"
    return f"{path}{{{'&' if '?' in path else '?'}{argument}}}"


def other_method(method: str, path: str, everything: Iterable[tuple[str, str]]) -> str:
    """Return a hint if a route answers a path, but not by this method; empty if no route answers it."""
    same = sorted({other for other, route in everything if normalize_template(route) == normalize_template(path)})
    if not same:
        return ""
    root = "Query" if "GET" in same else "Mutation"
    directive = "get" if "GET" in same else same[0].lower()
    cure = f"use @{directive} on a field of {root}, in place of @{method.lower()}"
    return f" The route takes {' and '.join(same)}: {cure}."


def _leads_to(path: str, route: str) -> bool:
    """Return True if a template may match a route, segment by segment; a variable matches anything but `<int:id>`."""
    fixed, rest, _ = route.partition("{+")
    path_segments, route_segments = (normalize_template(each).rstrip("/").split("/") for each in (path, fixed))
    fits = len(path_segments) > len(route_segments) if rest else len(path_segments) == len(route_segments)
    same = all(
        a == b or "{" in a or ("{" in b and "<" not in a) for a, b in zip(path_segments, route_segments, strict=False)
    )
    return "{+" in path or (fits and same)


def _multiplying(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the fields that make a request for each item of a list."""
    listed: dict[str, str] = {}
    for owner, name, of_type in _output_fields(schema):
        if _has_list(of_type):
            listed.setdefault(get_named_type(of_type).name, f"{owner}.{name}")
    for owner, name, call in calls(schema):
        if owner in listed and call.batch is None:
            yield f"{owner}.{name} makes a request for each item of {listed[owner]}; batch: would make a single one."


def _required(schema: GraphQLSchema) -> Iterator[str]:
    for owner, name, _ in calls(schema):
        of_type = schema.type_map[owner]
        if isinstance(of_type, GraphQLObjectType) and isinstance(of_type.fields[name].type, GraphQLNonNull):
            yield f"{owner}.{name} is non-null and makes a request: if that fails, its whole parent is null."


def _paginated(schema: GraphQLSchema) -> Iterator[str]:
    for owner, name, call in calls(schema):
        if call.batch is not None and _PAGES.search(call.batch.template.text):
            yield f"{owner}.{name}: the batch route {call.batch.template.text} paginates; a page may lack items."


def _unused(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the types that no operation can reach."""
    reached: set[str] = set()
    waiting: list[GraphQLNamedType] = [t for t in (schema.query_type, schema.mutation_type) if t is not None]
    while waiting:
        of_type = waiting.pop()
        if of_type.name in reached:
            continue
        reached.add(of_type.name)
        if isinstance(of_type, GraphQLUnionType | GraphQLInterfaceType):
            waiting += schema.get_possible_types(of_type)
        if isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType):
            waiting += of_type.interfaces
            for field in of_type.fields.values():
                waiting += [get_named_type(field.type), *(get_named_type(a.type) for a in field.args.values())]
        elif isinstance(of_type, GraphQLInputObjectType):
            waiting += [get_named_type(field.type) for field in of_type.fields.values()]
    for name, of_type in sorted(schema.type_map.items()):
        if name not in reached and not name.startswith("__") and not is_specified_scalar_type(of_type):
            yield f"{name} is reached by no operation."


def _output_fields(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLOutputType]]:
    for of_type in schema.type_map.values():
        if isinstance(of_type, GraphQLObjectType) and not of_type.name.startswith(("__", "Rest")):
            for name, field in of_type.fields.items():
                yield of_type.name, name, field.type


def _has_list(of_type: GraphQLOutputType) -> bool:
    while isinstance(of_type, GraphQLWrappingType):
        if is_list_type(of_type):
            return True
        of_type = of_type.of_type
    return False
