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
from typing import Any, ForwardRef

import msgspec

Scope = dict[str, Any]

_INSTALLED = frozenset({"site-packages", "dist-packages"})


def resolve(name: str, scope: Scope, executing: frozenset[str] = frozenset()) -> Any:
    """Return the value of a name in a module's scope. Raises NameError for a name that the module does not define.

    A module of the app is imported. Any other module is used only if the app has already imported it. `executing` are
    the names whose statements need this one; of such a name, return a forward reference.
    """
    if name in executing:
        return ForwardRef(name)
    block = _block(scope.get("__file__"), scope.get("__name__"))
    error: Exception = NameError(f"name {name!r} is not defined")
    for statement in block.statements:
        if name in _bound(statement):
            try:
                if name not in block.values:
                    block.values.setdefault(name, _value(statement, name, scope, executing))
                return block.values[name]
            except Exception as exc:  # another branch of a condition may define the name
                error = exc
    raise error


def _value(statement: ast.stmt, name: str, scope: Scope, executing: frozenset[str]) -> Any:
    """Return the value that a statement gives a name."""
    match statement:
        case ast.ImportFrom():
            alias = statement.names[list(_bound(statement)).index(name)]
            return _imported(statement, alias.name, scope)
        case ast.Import():
            alias = statement.names[list(_bound(statement)).index(name)]
            return _module(alias.name if alias.asname else name, scope)
    return _executed(statement, name, scope, executing)


class _Block(msgspec.Struct, frozen=True):
    """The statements of a module below `if TYPE_CHECKING:`, and the values of names that were resolved.

    A class has one value, or it would become several types.
    """

    statements: tuple[ast.stmt, ...]
    values: dict[str, Any] = {}


@functools.cache
def _block(file: str | None, module: str | None) -> _Block:
    """Return the block of a module. One file can be two modules: `__main__` and the one that others import.

    All blocks are kept, at most one for each module of the app, so that a class never gets a second value.
    """
    return _Block(_statements(file))


def _statements(file: str | None) -> tuple[ast.stmt, ...]:
    try:
        tree = ast.parse("".join(linecache.getlines(file or "")))
    except (SyntaxError, ValueError):  # the source was deleted or has changed
        return ()
    return tuple(
        statement
        for node in tree.body
        if isinstance(node, ast.If) and _is_type_checking(node.test)
        for statement in _flattened(node.body)
    )


def _flattened(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements in all branches: `if sys.version_info >= (3, 12): … else: …`, `try: … except: …`."""
    for statement in statements:
        match statement:
            case ast.If():
                yield from _flattened([*statement.body, *statement.orelse])
            case ast.Try():
                handlers = [inner for handler in statement.handlers for inner in handler.body]
                yield from _flattened([*statement.body, *handlers, *statement.orelse])
            case _:
                yield statement


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that an import, a class, an assignment or a `type` statement binds."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or (
                alias.name if isinstance(statement, ast.ImportFrom) else alias.name.partition(".")[0]
            )
        return
    targets = [*getattr(statement, "targets", ()), getattr(statement, "target", None), getattr(statement, "name", None)]
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, str):
            yield target


def _executed(statement: ast.stmt, name: str, scope: Scope, executing: frozenset[str]) -> Any:
    """Return the value that a statement gives a name. Resolve the other names that it needs as they are missed."""
    code = compile(ast.Module([statement], []), str(scope.get("__file__")), "exec")
    names = dict(scope)
    while True:
        try:
            exec(code, names)
            return names[name]
        except NameError as exc:
            if exc.name is None or exc.name in names:
                raise
            names[exc.name] = resolve(exc.name, scope, executing | {name})


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
