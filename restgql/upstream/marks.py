"""The marks that hide a view from every gateway, or expose it."""

from collections.abc import Callable, Collection, Iterator
from types import CellType, FunctionType
from typing import Any, TypeVar

from restgql import view_functions

_MARK = "__restgql_exposed__"
MAX_DECORATORS = 50
"""The most functions that are searched below a view."""

View = TypeVar("View", bound=Callable[..., Any])


def hide(view: View) -> View:
    """Hide a view from every gateway, even if RESTGQL_ROUTES or a typed field includes it.

    Write `@hide` below `@app.get`.
    """
    setattr(view, _MARK, False)
    return view


def expose(view: View) -> View:
    """Expose a view to every gateway, even if RESTGQL_ROUTES excludes it.

    Write `@expose` below `@app.get`.
    """
    setattr(view, _MARK, True)
    return view


def mark_of(view: Any, views: Collection[Any]) -> bool | None:
    """Return False for a hidden view, True for an exposed one, None without a mark.

    A mark is also found below decorators and partial objects that do not copy it; one of the app's other `views` is no
    part of this view. A mark that hides a method of a `MethodView` hides the view.
    """
    mark = _own_mark(view)
    if mark is not None:
        return mark
    below = {_own_mark(inner) for inner in _wrapped(view) if inner not in views} - {None}
    return None if not below else below == {True}


def _own_mark(view: Any) -> bool | None:
    view_class = getattr(view, "view_class", None)
    for marked in (view, view_class):
        exposed = getattr(marked, _MARK, None)
        if exposed is not None:
            return bool(exposed)
    methods = (getattr(view_class, method.lower(), None) for method in getattr(view_class, "methods", None) or ())
    return False if any(getattr(method, _MARK, None) is False for method in methods) else None


def _wrapped(view: Any) -> Iterator[Any]:
    """Yield what decorators have wrapped: the layers of the view, and the functions in the closure of each function."""
    waiting = list(view_functions.layers(view))
    yield from waiting[1:]
    seen = set(map(id, waiting))
    while waiting and len(seen) < MAX_DECORATORS:
        closure = getattr(waiting.pop(), "__closure__", None) or ()
        for inner in (cell.cell_contents for cell in closure if _is_filled(cell)):
            if type(inner) is FunctionType and id(inner) not in seen:
                seen.add(id(inner))
                waiting.append(inner)
                yield inner


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
