"""Reads annotations and `type` statements as text from source code, where their evaluation raises an error."""

import ast
import inspect
import linecache
import textwrap
from typing import Any


def of(annotated: Any) -> dict[str, str]:
    """Return the annotations of a function or class as text, by name. Return none if its source is unavailable."""
    try:
        (statement,) = ast.parse(textwrap.dedent(inspect.getsource(annotated))).body
    except (OSError, TypeError, SyntaxError, ValueError):  # the source was deleted or has changed
        return {}
    expressions = _of_class(statement) if isinstance(statement, ast.ClassDef) else _of_function(statement)
    return {name: _text(expression) for name, expression in expressions.items() if expression is not None}


def of_alias(alias: Any, file: str | None) -> str | None:
    """Return the value of a `type` statement (Python 3.12 and later) as text, or None if its source is unavailable."""
    try:
        tree = ast.parse("".join(linecache.getlines(file or "")))
    except (SyntaxError, ValueError):
        return None
    statements: list[Any] = [node for node in ast.walk(tree) if type(node).__name__ == "TypeAlias"]
    return next((_text(node.value) for node in statements if node.name.id == alias.__name__), None)


def _of_class(statement: ast.ClassDef) -> dict[str, ast.expr | None]:
    members = [member for member in statement.body if isinstance(member, ast.AnnAssign)]
    return {member.target.id: member.annotation for member in members if isinstance(member.target, ast.Name)}


def _of_function(statement: ast.stmt) -> dict[str, ast.expr | None]:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return {}
    arguments = statement.args
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    parameters = {argument.arg: argument.annotation for argument in every if argument is not None}
    return {**parameters, "return": statement.returns}


def _text(expression: ast.expr) -> str:
    is_text = isinstance(expression, ast.Constant) and isinstance(expression.value, str)
    return expression.value if is_text else ast.unparse(expression)  # type: ignore[attr-defined]
