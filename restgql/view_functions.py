"""The functions of a view: decorators, `functools.partial` objects and callable objects, and the view's own code."""

import functools
import inspect
from collections.abc import Collection, Iterator
from types import FunctionType, MethodType
from typing import Any


def layers(view: Any) -> Iterator[Any]:
    """Yield a view, the callable that it wraps or binds, and so on. The last one has the view's own code."""
    seen: set[int] = set()
    while view is not None and id(view) not in seen:
        seen.add(id(view))
        yield view
        view = _inner(view)


def own_function(view: Any) -> Any:
    """Return the function with the view's own code."""
    return list(layers(view))[-1]


def bound_parameters(view: Any) -> Collection[str]:
    """Return the names of the parameters that a view's `functools.partial` objects pass by themselves."""
    names: set[str] = set()
    every = list(layers(view))
    code = getattr(every[-1], "__code__", None)
    positional = code.co_varnames[: code.co_argcount] if code is not None else ()
    if any(map(_has_self, every)):
        positional = positional[1:]
    for layer in every:
        if isinstance(layer, functools.partial):
            names |= {*positional[: len(layer.args)], *layer.keywords}
    return names


def documentation(view: Any) -> str:
    """Return the docstring of a view, or an empty text. That of a callable object may be its class's."""
    every = list(layers(view))
    of_classes = [type(layer).__doc__ for layer in every if _call_method(layer) is not None]
    copied = {functools.partial.__doc__, *of_classes}  # by `functools.wraps`, from an object without a text of its own
    texts = [text for text in map(_own_documentation, every) if text not in copied]
    return next((text for text in [*texts, *of_classes] if isinstance(text, str) and text), "")


def _inner(view: Any) -> Any:
    wrapped = getattr(view, "__wrapped__", None)
    if wrapped is not None:
        return wrapped
    return view.func if isinstance(view, functools.partial) else _call_method(view)


def _call_method(view: Any) -> FunctionType | None:
    """Return the method that calls an object, None for a function or class."""
    if isinstance(view, type):
        return None
    call = inspect.getattr_static(type(view), "__call__", None)
    return call if isinstance(call, FunctionType) else None


def _has_self(layer: Any) -> bool:
    return isinstance(layer, MethodType) or _call_method(layer) is not None


def _own_documentation(layer: Any) -> Any:
    """Return the docstring of a function, or the one that was set on an object. An object inherits its class's."""
    if isinstance(layer, FunctionType | MethodType | type):
        return layer.__doc__
    return getattr(layer, "__dict__", {}).get("__doc__")
