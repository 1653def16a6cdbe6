"""Generates SDL with directives from views: their annotations become an OpenAPI document, and that becomes SDL."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from graphql import DocumentNode, ScalarTypeDefinitionNode

from restgql import view_functions
from restgql.errors import BadPath
from restgql.schema import scalars
from restgql.schema.sdl.builder import SdlBuilder
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.report import Kind, OperationNote, SkippedOperation
from restgql.schema.sdl.reserved import ReservedNames, reserve
from restgql.schema.sdl.route_fields import Endpoint, RouteFields
from restgql.schema.sdl.scalar_names import BINARY, CONVERTERS
from restgql.schema.sources import openapi
from restgql.schema.sources.annotations import classes, hints, query_parameters, response_body
from restgql.schema.sources.annotations.components import name_components
from restgql.schema.sources.annotations.schema_writer import JsonSchema, SchemaWriter, problem
from restgql.schema.sources.annotations.shared_unions import share_unions
from restgql.schema.sources.openapi.extension_keywords import VALUE
from restgql.schema.sources.openapi.from_document import NOT_DESCRIBED as DOCUMENT_NOT_DESCRIBED
from restgql.schema.sources.openapi.from_document import GeneratedSdl
from restgql.schema.sources.openapi.schema_scalars import simple_scalar
from restgql.schema.sources.openapi.schema_shape import is_null

NOT_DESCRIBED = "its annotation does not describe it further"

_OPTIONAL = re.compile(r"\{[?&]([^{}]*)\}")
_VARIABLE = re.compile(r"\{(\+?)([^{}]*)\}")


class AnnotatedView(Endpoint, frozen=True, kw_only=True):
    """A URL rule of the app and its view function. The function's annotations and docstring are read; it is not called.

    There is one for each exposed rule that no earlier source types. `methods` are the rule's methods, `parameters` the
    names of its converters (`default` without one). `function` is `app.view_functions[endpoint]`, or `view_class.get`
    or `view_class.dispatch_request` of a class-based view.
    """

    function: Callable[..., Any]
    view_class: type | None = None


def generate(
    views: Iterable[AnnotatedView], *, camel_case: bool = False, reserved: ReservedNames | None = None
) -> GeneratedSdl:
    """Generate the SDL of views: a field of Query for each view that answers GET and has a return annotation.

    Compile the result with the same `camel_case`. An annotation never raises an error: it costs its own view only.
    """
    reserved = reserved or reserve()
    by_path: dict[str, AnnotatedView] = {}
    skipped = []
    for view in sorted(views, key=lambda view: (view.path, view.name, view.methods)):
        reason = _reason_without_field(view, by_path)
        if reason:
            method = "GET" if "GET" in view.methods else next(iter(view.methods), "")
            skipped.append(SkippedOperation(method=method, path=view.path, reason=reason))
        else:
            by_path[_path(view)] = view
    root_names = RouteFields(SdlBuilder(), NamingConvention(camel_case), reserved).root_names(list(by_path.values()))
    fields = {f"GET {path}": name for path, name in zip(by_path, root_names, strict=True)}
    problems: dict[str, list[str]] = {}
    document = _document(by_path, reserved, problems)
    generated = openapi.generate(document, names=fields, prefix="", camel_case=camel_case, reserved=reserved)
    operations = (_note(note, by_path[note.path], problems.get(note.path, [])) for note in generated.operations)
    return GeneratedSdl(
        document=_without_scalars(generated.document),
        operations=tuple(operations),
        skipped=(*skipped, *generated.skipped),
        warnings=tuple(f"GET {by_path[path].path}: {problem}." for path in problems for problem in problems[path]),
    )


def _reason_without_field(view: AnnotatedView, by_path: Mapping[str, AnnotatedView]) -> str:
    """Return the reason why a view has no field, or an empty text if it has one."""
    if "GET" not in view.methods:
        return "it does not answer GET, and annotations do not describe request bodies"
    try:
        view.template()
        hints.returned(view.function, view.view_class)
    except BadPath as exc:
        return exc.message
    except KeyError:
        return "it has no return annotation"
    other = by_path.get(_path(view))
    return f"the view {other.name} has the same path" if other else ""


def _document(
    by_path: Mapping[str, AnnotatedView], reserved: ReservedNames, problems: dict[str, list[str]]
) -> dict[str, Any]:
    """Return an OpenAPI document of views. Add the problems of their query parameters to `problems`, by path."""
    schemas = SchemaWriter()
    paths = {path: {"get": _operation(view, schemas, problems.setdefault(path, []))} for path, view in by_path.items()}
    named = name_components(schemas.components, reserved)
    share_unions(named, map(_response_schema, paths.values()), reserved)
    return {
        "openapi": "3.1.0",
        "info": {"title": "annotations", "version": ""},
        "paths": paths,
        "components": {"schemas": named},
    }


def _operation(view: AnnotatedView, schemas: SchemaWriter, problems: list[str]) -> dict[str, Any]:
    variables = {name.text for name in view.template().names}
    query = query_parameters.of_query(view.function, variables, schemas)
    problems += query.problems
    return {
        "description": classes.paragraph(view_functions.documentation(view.function)),
        "parameters": [*_of_path(view), *query.parameters],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": _body(view, schemas)}}}},
    }


def _response_schema(path_item: dict[str, Any]) -> JsonSchema:
    schema: JsonSchema = path_item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


def _body(view: AnnotatedView, schemas: SchemaWriter) -> JsonSchema:
    schema = schemas.write(response_body.body(hints.returned(view.function, view.view_class)))
    members = [member for member in schema.get("anyOf", [schema]) if not is_null(member)]
    if members and all(simple_scalar(member) in ("String", BINARY) for member in members):
        return problem("a text may have any content")
    return schema


def _path(view: AnnotatedView) -> str:
    """Return a view's path in OpenAPI's syntax: without template operators and without its query."""
    return _VARIABLE.sub(r"{\2}", _OPTIONAL.sub("", view.path))


def _of_path(view: AnnotatedView) -> list[query_parameters.ParameterObject]:
    of_path = []
    for reserved, name in _VARIABLE.findall(_OPTIONAL.sub("", view.path)):
        allowed = {"allowReserved": True} if reserved else {}
        of_path.append({"name": name, "in": "path", "required": True, "schema": _converted(view, name), **allowed})
    for names in _OPTIONAL.findall(view.path):
        of_path += [query_parameters.parameter(name, _converted(view, name)) for name in names.split(",")]
    return of_path


def _converted(view: AnnotatedView, name: str) -> JsonSchema:
    """Return the schema of a path variable from its URL converter."""
    return {VALUE: {"scalar": CONVERTERS.get(view.parameters.get(name, ""), "String")}}


def _without_scalars(document: DocumentNode) -> DocumentNode:
    """Return a document without definitions of the gateway's own scalars."""
    return DocumentNode(
        definitions=tuple(
            node
            for node in document.definitions
            if not isinstance(node, ScalarTypeDefinitionNode) or node.name.value not in scalars.NAMES
        )
    )


def _note(note: OperationNote, view: AnnotatedView, problems: list[str]) -> OperationNote:
    reasons = [note.reason.replace(DOCUMENT_NOT_DESCRIBED, NOT_DESCRIBED)] if note.reason else []
    kind: Kind = "partly" if problems and note.kind == "typed" else note.kind
    return msgspec.structs.replace(note, path=view.path, kind=kind, reason="; ".join([*reasons, *problems]))
