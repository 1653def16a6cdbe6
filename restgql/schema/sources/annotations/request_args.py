"""Finds the query parameters that a view's code reads from `flask.request.args`."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from restgql import view_functions

_PARTS = frozenset({"args", "values"})
"""Attributes of `flask.request`. For a GET request both contain its query."""
_COPIES = frozenset({"to_dict", "copy"})
_VALIDATORS = frozenset({"model_validate", "parse_obj"})
"""Methods of a pydantic model that validate an object."""
_TYPES: dict[str, dict[str, Any]] = {"int": {"type": "integer"}, "float": {"type": "number"}}


class Read(msgspec.Struct, frozen=True):
    """A query parameter that the code reads by name."""

    name: str
    schema: dict[str, Any]


def reads(function: Callable[..., Any]) -> Iterator[Read | type]:
    """Yield each read of the query in the order of the code: a parameter, or a class that validates the whole query.

    Yield nothing for a function whose source is unavailable.
    """
    function = view_functions.own_function(function)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return
    yield from _ViewSource(tree, getattr(function, "__globals__", {})).reads()


class _ViewSource:
    """The code of one view function. `scope` are its global names."""

    def __init__(self, tree: ast.AST, scope: dict[str, Any]) -> None:
        self._scope = scope
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
        self._nodes = sorted(nodes, key=lambda node: (node.lineno, node.col_offset))
        self._aliases: set[str] = set()
        for node in self._nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and self._is_args(node.value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                self._aliases |= {target.id for target in targets if isinstance(target, ast.Name)}

    def reads(self) -> Iterator[Read | type]:
        for node in self._nodes:
            match node:
                case ast.Subscript(value=args, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
                    if self._is_args(args):
                        yield Read(name, {"type": "string"})
                case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[args]):
                    if self._is_args(args):
                        yield Read(name, {"type": "string"})
                case ast.Call(func=ast.Attribute(value=args, attr="get" | "getlist" as method)) if self._is_args(args):
                    yield from _read_by_call(node, method)
                case ast.Call() if (cls := self._class(node)) is not None:
                    yield cls

    def _class(self, node: ast.Call) -> type | None:
        """Return `Q` of `Q(**request.args)`, `Q.model_validate(request.args)` and `convert(request.args, Q)`."""
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not any(map(self._is_args, values)):
            return None
        match node.func:
            case ast.Name(id="convert") | ast.Attribute(attr="convert"):
                candidates: list[ast.expr] = values
            case ast.Attribute(value=ast.Name() as owner, attr=attr) if attr in _VALIDATORS:
                candidates = [owner]
            case function:
                candidates = [function]
        named = [self._scope.get(candidate.id) for candidate in candidates if isinstance(candidate, ast.Name)]
        return next((value for value in named if isinstance(value, type)), None)

    def _is_args(self, node: ast.expr | None) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self._aliases
            case ast.Call(func=ast.Attribute(value=args, attr=attr)) if attr in _COPIES:
                return self._is_args(args)
            case ast.Attribute(value=request, attr=attr) if attr in _PARTS:
                return self._is_request(request)
        return False

    def _is_request(self, node: ast.expr) -> bool:
        flask = sys.modules.get("flask")
        match node:
            case ast.Name(id=name):
                return flask is not None and self._scope.get(name) is flask.request
            case ast.Attribute(value=ast.Name(id=name), attr="request"):
                return flask is not None and self._scope.get(name) is flask
        return False


def _read_by_call(node: ast.Call, method: str) -> Iterator[Read]:
    """Yield the parameter that a call `get(key, default, type)` or `getlist(key, type)` reads."""
    positional = ["key", "default", "type"] if method == "get" else ["key", "type"]
    arguments = dict(zip(positional, node.args, strict=False))
    arguments |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    name, kind, default = arguments.get("key"), arguments.get("type"), arguments.get("default")
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return
    schema = dict(_TYPES.get(kind.id if isinstance(kind, ast.Name) else "", {"type": "string"}))
    if isinstance(default, ast.Constant) and _fits(default.value, schema):
        schema["default"] = default.value
    yield Read(name.value, schema if method == "get" else {"type": "array", "items": schema})


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    kinds: dict[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float), "string": (str,)}
    return isinstance(value, kinds[schema["type"]]) and not isinstance(value, bool)
