"""Annotations as the types they stand for: strings are evaluated, and type variables replaced by what they are here."""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from restgql.schema.sources.annotations import type_checking

Bound = Mapping[Any, Any]


class UnknownType(msgspec.Struct, frozen=True):
    """Stands for an annotation that has no value, and says why."""

    reason: str


class _MissingType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class Missing(metaclass=_MissingType):
    """Stands for a name without a value within an annotation, so that the rest of the annotation has one."""

    reason = ""

    def __class_getitem__(cls, item: Any) -> Any:
        return cls


def returned(function: Callable[..., Any]) -> Any:
    """Return the type that a function returns, Unknown if it cannot be evaluated. Raises KeyError without one."""
    try:
        annotations = function.__annotations__
    except AttributeError as exc:
        raise KeyError("return") from exc
    except NameError as exc:  # from 3.14 on they are evaluated here
        return _unknown(exc)
    return _evaluated(annotations["return"], _globals(function), {})


def of_parameters(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a function's parameters by name, without those that have no annotation."""
    try:
        annotations = dict(function.__annotations__)
    except (AttributeError, NameError):
        return {}
    annotations.pop("return", None)
    return {name: _evaluated(annotation, _globals(function), {}) for name, annotation in annotations.items()}


def of_class(cls: type, arguments: tuple[Any, ...] = ()) -> dict[str, Any]:
    """The annotations of a class and its bases, with `arguments` for its own type variables."""
    bound = _bound(cls, dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=False)))
    # a TypedDict has its bases' annotations, but not them for bases
    anywhere = {variable: value for own in bound.values() for variable, value in own.items()}
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ == "builtins":
            continue
        scope = vars(sys.modules[base.__module__]) if base.__module__ in sys.modules else {}
        local = {parameter.__name__: parameter for parameter in getattr(base, "__type_params__", ())}
        for name, annotation in _own(base).items():
            hint = _evaluated(annotation, scope, {base.__name__: base, **local})
            found[name] = filled(hint, {**anywhere, **bound.get(base, {})})
    return found


def filled(hint: Any, bound: Bound) -> Any:
    """The hint with what is bound for its type variables; those that are not bound are Any."""
    if isinstance(hint, TypeVar):
        return bound.get(hint, Any)
    variables = getattr(hint, "__parameters__", ()) if get_args(hint) else ()
    if not variables:
        return hint
    try:
        return hint[tuple(bound.get(variable, Any) for variable in variables)]
    except TypeError:  # a ParamSpec or TypeVarTuple
        return get_origin(hint)


def _globals(function: Callable[..., Any]) -> dict[str, Any]:
    return getattr(inspect.unwrap(function), "__globals__", {})


def _bound(cls: type, own: Bound) -> dict[type, Bound]:
    """What the type variables of a class and of each of its generic bases are."""
    found: dict[type, Bound] = {cls: own}
    for alias in vars(cls).get("__orig_bases__", ()):
        base = get_origin(alias)
        if isinstance(base, type):
            arguments = (filled(argument, own) for argument in get_args(alias))
            found |= _bound(base, dict(zip(getattr(base, "__parameters__", ()), arguments, strict=False)))
    for base in cls.__bases__:
        if base not in found:
            found |= {known: value for known, value in _bound(base, {}).items() if known not in found}
    return found


def _own(cls: type) -> dict[str, Any]:
    try:
        return inspect.get_annotations(cls)
    except Exception:  # from 3.14 on they are evaluated here
        return {}


class _Scope(dict[str, Any]):
    """The local names of an annotation; a name that its module does not have is looked up below TYPE_CHECKING."""

    def __init__(self, local: dict[str, Any], scope: dict[str, Any]) -> None:
        super().__init__(local)
        self._scope = scope

    def __missing__(self, name: str) -> Any:
        if name in self._scope or hasattr(sys.modules["builtins"], name):
            raise KeyError(name)  # it is evaluated as a global name
        try:
            return type_checking.resolve(name, self._scope)
        except Exception as exc:  # a module that is imported runs
            return _MissingType(name, (Missing,), {"reason": _unknown(exc).reason})


def _evaluated(annotation: Any, scope: dict[str, Any], local: dict[str, Any]) -> Any:
    # of a class, since ClassVar and Final stand in nothing else
    holder = type("Holder", (), {"__annotations__": {"it": annotation}})
    try:
        return get_type_hints(holder, globalns=scope, localns=_Scope(local, scope), include_extras=True)["it"]
    except Exception as exc:  # a string holds any expression
        return _unknown(exc)


def _unknown(exc: BaseException) -> UnknownType:
    return UnknownType(f"its annotation cannot be evaluated ({type(exc).__name__}: {exc})")
