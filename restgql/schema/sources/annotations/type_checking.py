"""Resolves names that a module defines only for type checkers, below `if TYPE_CHECKING:`."""

import ast
import functools
import importlib
import importlib.util
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

Scope = dict[str, Any]

_INSTALLED = frozenset({"site-packages", "dist-packages"})


def resolve(name: str, scope: Scope) -> Any:
    """Return the value of a name in a module's scope. Raises NameError for a name that the module does not define.

    A module of the app is imported. Any other module is used only if the app has already imported it.
    """
    for statement in _statements(scope.get("__file__")):
        match statement:
            case ast.ImportFrom():
                for alias in statement.names:
                    if (alias.asname or alias.name) == name:
                        return _imported(statement, alias.name, scope)
            case ast.Import():
                for alias in statement.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    if bound == name:
                        return _module(alias.name if alias.asname else bound, scope)
            case _ if name in _bound(statement):
                return _executed(statement, name, scope)
    raise NameError(f"name {name!r} is not defined")


@functools.lru_cache(maxsize=64)
def _statements(file: str | None) -> tuple[ast.stmt, ...]:
    try:
        tree = ast.parse("".join(linecache.getlines(file or "")))
    except (SyntaxError, ValueError):  # the source was deleted or has changed
        return ()
    return tuple(
        statement
        for node in tree.body
        if isinstance(node, ast.If) and _is_type_checking(node.test)
        for statement in node.body
    )


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a class, an assignment or a `type` statement binds."""
    targets = [*getattr(statement, "targets", ()), getattr(statement, "target", None), getattr(statement, "name", None)]
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, str):
            yield target


def _executed(statement: ast.stmt, name: str, scope: Scope) -> Any:
    names = _Names(scope)
    exec(compile(ast.Module([statement], []), str(scope.get("__file__")), "exec"), dict(scope), names)
    return names[name]


def _imported(statement: ast.ImportFrom, name: str, scope: Scope) -> Any:
    package = scope.get("__package__") or ""
    target = importlib.util.resolve_name("." * statement.level + (statement.module or ""), package)
    module = _module(target, scope)
    return getattr(module, name) if hasattr(module, name) else _module(f"{target}.{name}", scope)


def _module(name: str, scope: Scope) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    if _is_own(name, scope):
        return importlib.import_module(name)
    raise NameError(f"the module {name} is not imported")


def _is_own(name: str, scope: Scope) -> bool:
    """Return True if a module belongs to the app of a scope: same package, or in the folder of that package.

    A folder of installed packages belongs to no app.
    """
    top, package = name.partition(".")[0], str(scope.get("__package__") or "")
    if top == package.partition(".")[0]:
        return True
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.origin or not scope.get("__file__"):
        return False
    origin = Path(spec.origin)
    folder = origin.parents[1 if spec.submodule_search_locations else 0]
    depth = len(package.split(".")) if package else 0
    return folder == Path(scope["__file__"]).parents[depth] and folder.name not in _INSTALLED


class _Names(Scope):
    """The local scope of one executed statement. Other names are resolved in the module's scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def __missing__(self, name: str) -> Any:
        builtins = vars(sys.modules["builtins"])
        for names in (self._scope, builtins):
            if name in names:
                return names[name]
        return resolve(name, self._scope)
