"""From views and what they say they return to SDL with directives."""

from collections.abc import Callable, Iterable
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from graphql import DefinitionNode, DocumentNode

from restgql.errors import BadPath
from restgql.schema.sdl.fields import Endpoint, Fields
from restgql.schema.sdl.naming import Naming
from restgql.schema.sdl.nodes import Nodes
from restgql.schema.sdl.notes import Kind, OperationNote, Skipped
from restgql.schema.sdl.reserved import Reserved, reserve
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.annotations import classes, hints
from restgql.schema.sources.annotations.definitions import Document, Typed
from restgql.schema.sources.annotations.hints import Unknown
from restgql.schema.sources.annotations.types import Types


class View(Endpoint, frozen=True, kw_only=True):
    """A rule of the app and the function that answers it, whose annotation and docstring are read; it is never called.

    One for each rule that may be asked for and that no earlier source types: `methods` are the rule's, `parameters` the
    names of its converters (`default` for none), `function` is `app.view_functions[endpoint]`, or of a class-based view
    `view_class.get`.
    """

    function: Callable[..., Any]


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """The SDL of some views, and what became of each."""

    document: DocumentNode
    operations: tuple[OperationNote, ...]
    skipped: tuple[Skipped, ...]


def generate(views: Iterable[View], *, camel_case: bool = False, reserved: Reserved | None = None) -> Generated:
    """Return the SDL of views: a field of Query for each that answers GET and says what it returns.

    It is to be compiled with the same `camel_case`. Whatever an annotation is, it raises nothing.
    """
    nodes, naming, reserved = Nodes(), Naming(camel_case), reserved or reserve()
    fields, types = Fields(nodes, naming, reserved), Types(naming)
    found, skipped = [], []
    for view in sorted(views, key=lambda view: (view.path, view.name, view.methods)):
        reason = _left_out(view)
        if reason:
            method = "GET" if "GET" in view.methods else next(iter(view.methods), "")
            skipped.append(Skipped(method=method, path=view.path, reason=reason))
        else:
            found.append((view, _typed(view, types)))
    document = Document(types.definitions, nodes, fields, reserved)
    called = fields.roots([view for view, _ in found])
    roots = [
        fields.root(view, name, document.type(typed), classes.paragraph(view.function.__doc__))
        for (view, typed), name in zip(found, called, strict=True)
    ]
    definitions: list[DefinitionNode] = [nodes.object("Query", roots), *document] if roots else []
    return Generated(
        document=DocumentNode(definitions=tuple(definitions)),
        operations=tuple(
            _operation(view, name, typed, document) for (view, typed), name in zip(found, called, strict=True)
        ),
        skipped=tuple(skipped),
    )


def _left_out(view: View) -> str:
    """Why a view has no field, if it has none."""
    if "GET" not in view.methods:
        return "it answers no GET, and annotations do not say what a view takes"
    try:
        view.template()
        hints.returned(view.function)
    except BadPath as exc:
        return exc.message
    except KeyError:
        return "it has no return annotation"
    return ""


def _typed(view: View, types: Types) -> Typed:
    typed = types.typed(_body(hints.returned(view.function)), (f"{view.name} value",) * 3)
    types.finish()
    if typed.of == "String" and not typed.lists:
        return Typed(JSON, problem="a text may hold anything")
    return typed


def _body(hint: Any) -> Any:
    """What is the body of what a view returns: `(body, status)`, say, of which those of errors are left out."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    bodies = []
    for member in members:
        parts = get_args(member)
        if get_origin(member) is not tuple or len(parts) not in (2, 3) or Ellipsis in parts:
            bodies.append(member)
        elif not _is_error(parts[1]):
            bodies.append(parts[0])
    if not bodies:
        return Unknown("it returns errors alone")
    return bodies[0] if len(bodies) == 1 else Union[tuple(bodies)]  # noqa: UP007


def _is_error(status: Any) -> bool:
    values = get_args(status) if get_origin(status) is Literal else ()
    return bool(values) and all(isinstance(value, int) and value >= 400 for value in values)


def _operation(view: View, field: str, typed: Typed, document: Document) -> OperationNote:
    problems = [typed.problem] if typed.problem else [*document.problems(typed)]
    kind: Kind = "json" if typed.of == JSON else "partly" if problems else "typed"
    reason = "; ".join(problems) or ("its annotation says no more" if kind == "json" else "")
    return OperationNote(method="GET", path=view.path, field=field, kind=kind, reason=reason)
