"""From views and their annotations to SDL with directives, by way of an OpenAPI document."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from graphql import DocumentNode, ScalarTypeDefinitionNode

from restgql.errors import BadPath
from restgql.schema import scalars
from restgql.schema.sdl.builder import SdlBuilder
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.report import OperationNote, SkippedOperation
from restgql.schema.sdl.reserved import ReservedNames, reserve
from restgql.schema.sdl.route_fields import Endpoint, RouteFields
from restgql.schema.sdl.scalar_names import BINARY, CONVERTERS
from restgql.schema.sources import openapi
from restgql.schema.sources.annotations import classes, hints, query_parameters, response_body
from restgql.schema.sources.annotations.components import named
from restgql.schema.sources.annotations.schema_writer import JsonSchema, SchemaWriter, problem
from restgql.schema.sources.openapi.extension_keywords import VALUE
from restgql.schema.sources.openapi.from_document import NO_MORE, GeneratedSdl
from restgql.schema.sources.openapi.schema_scalars import simple_scalar
from restgql.schema.sources.openapi.schema_shape import is_null

SAYS_NO_MORE = "its annotation says no more"

_OPTIONAL = re.compile(r"\{[?&]([^{}]*)\}")
_VARIABLE = re.compile(r"\{(\+?)([^{}]*)\}")


class AnnotatedView(Endpoint, frozen=True, kw_only=True):
    """A rule of the app and the function that answers it, whose annotations and docstring are read; it is never called.

    One for each rule that may be asked for and that no earlier source types: `methods` are the rule's, `parameters` the
    names of its converters (`default` for none), `function` is `app.view_functions[endpoint]`, or of a class-based view
    `view_class.get`.
    """

    function: Callable[..., Any]


def generate(
    views: Iterable[AnnotatedView], *, camel_case: bool = False, reserved: ReservedNames | None = None
) -> GeneratedSdl:
    """Return the SDL of views: a field of Query for each view that answers GET and has a return annotation.

    It is to be compiled with the same `camel_case`. Whatever an annotation is, it raises nothing.
    """
    reserved = reserved or reserve()
    written: dict[str, AnnotatedView] = {}
    skipped = []
    for view in sorted(views, key=lambda view: (view.path, view.name, view.methods)):
        reason = _left_out(view, written)
        if reason:
            method = "GET" if "GET" in view.methods else next(iter(view.methods), "")
            skipped.append(SkippedOperation(method=method, path=view.path, reason=reason))
        else:
            written[_path(view)] = view
    called = RouteFields(SdlBuilder(), NamingConvention(camel_case), reserved).root_names(list(written.values()))
    fields = {f"GET {path}": name for path, name in zip(written, called, strict=True)}
    document = _document(written, reserved)
    generated = openapi.generate(document, names=fields, prefix="", camel_case=camel_case, reserved=reserved)
    operations = (_note(note, written[note.path]) for note in generated.operations)
    return GeneratedSdl(
        document=_without_scalars(generated.document),
        operations=tuple(operations),
        skipped=(*skipped, *generated.skipped),
    )


def _left_out(view: AnnotatedView, written: Mapping[str, AnnotatedView]) -> str:
    """Return why a view has no field; empty for a view that has one."""
    if "GET" not in view.methods:
        return "it answers no GET, and annotations do not say what a view takes"
    try:
        view.template()
        hints.returned(view.function)
    except BadPath as exc:
        return exc.message
    except KeyError:
        return "it has no return annotation"
    other = written.get(_path(view))
    return f"the view {other.name} has its path" if other else ""


def _document(written: Mapping[str, AnnotatedView], reserved: ReservedNames) -> dict[str, Any]:
    schemas = SchemaWriter()
    paths = {path: {"get": _operation(view, schemas)} for path, view in written.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "annotations", "version": ""},
        "paths": paths,
        "components": {"schemas": named(schemas.components, reserved)},
    }


def _operation(view: AnnotatedView, schemas: SchemaWriter) -> dict[str, Any]:
    variables = {name.text for name in view.template().names}
    return {
        "description": classes.paragraph(view.function.__doc__),
        "parameters": [*_of_path(view), *query_parameters.of_query(view.function, variables, schemas)],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": _body(view, schemas)}}}},
    }


def _body(view: AnnotatedView, schemas: SchemaWriter) -> JsonSchema:
    schema = schemas.write(response_body.body(hints.returned(view.function)))
    members = [member for member in schema.get("anyOf", [schema]) if not is_null(member)]
    if members and all(simple_scalar(member) in ("String", BINARY) for member in members):
        return problem("a text may hold anything")
    return schema


def _path(view: AnnotatedView) -> str:
    """Return a view's path as OpenAPI writes it: without operators, and without its query."""
    return _VARIABLE.sub(r"{\2}", _OPTIONAL.sub("", view.path))


def _of_path(view: AnnotatedView) -> list[query_parameters.ParameterObject]:
    found = []
    for reserved, name in _VARIABLE.findall(_OPTIONAL.sub("", view.path)):
        allowed = {"allowReserved": True} if reserved else {}
        found.append({"name": name, "in": "path", "required": True, "schema": _converted(view, name), **allowed})
    for names in _OPTIONAL.findall(view.path):
        found += [query_parameters.parameter(name, _converted(view, name)) for name in names.split(",")]
    return found


def _converted(view: AnnotatedView, name: str) -> JsonSchema:
    """Return the schema of a variable, by its converter."""
    return {VALUE: {"scalar": CONVERTERS.get(view.parameters.get(name, ""), "String")}}


def _without_scalars(document: DocumentNode) -> DocumentNode:
    """Leave out the scalars that need no definition."""
    return DocumentNode(
        definitions=tuple(
            node
            for node in document.definitions
            if not isinstance(node, ScalarTypeDefinitionNode) or node.name.value not in scalars.NAMES
        )
    )


def _note(note: OperationNote, view: AnnotatedView) -> OperationNote:
    return msgspec.structs.replace(note, path=view.path, reason=note.reason.replace(NO_MORE, SAYS_NO_MORE))
