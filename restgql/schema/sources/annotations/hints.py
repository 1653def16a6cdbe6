"""Evaluates annotations to types: strings are evaluated, and type variables replaced by their arguments."""

import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from restgql import view_functions
from restgql.schema.sources.annotations import annotation_texts, type_checking

if sys.version_info >= (3, 14):
    import annotationlib

Bound = Mapping[Any, Any]


class UnknownType(msgspec.Struct, frozen=True):
    """A placeholder for an annotation that cannot be evaluated, with the reason and the name that is not defined."""

    reason: str
    name: str = ""


class _MissingType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class Missing(metaclass=_MissingType):
    """A placeholder for an undefined name in an annotation, so that the rest of the annotation can be evaluated."""

    reason = ""
    name = ""

    def __class_getitem__(cls, item: Any) -> Any:
        return cls


def returned(function: Callable[..., Any], view_class: type | None = None) -> Any:
    """Return the return type of a function, or UnknownType. Raises KeyError if it has no return annotation.

    `view_class` is the class of a method, with the arguments of type variables: `class Users(ListView[User])`.
    """
    for layer in filter(callable, reversed(list(view_functions.layers(function)))):
        try:
            annotations = _annotations_of(layer)
        except Exception as exc:
            return _unknown(exc)
        if "return" in annotations:
            hint = _evaluated(annotations["return"], _globals(function), _closure(function))
            return substitute(hint, _anywhere(_bound(view_class))) if view_class else hint
    raise KeyError("return")


def of_parameters(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a function's annotated parameters, by name, without those that a partial object passes."""
    bound = {"return", *view_functions.bound_parameters(function)}
    function = view_functions.own_function(function)
    try:
        annotations = _annotations_of(function)
    except Exception:
        return {}
    parameters = {name: annotation for name, annotation in annotations.items() if name not in bound}
    scope, local = _globals(function), _closure(function)
    return {name: _evaluated(annotation, scope, local) for name, annotation in parameters.items()}


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults of a function's parameters, by name. `inspect.signature` would evaluate annotations."""
    function = view_functions.own_function(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return {}
    positional, values = code.co_varnames[: code.co_argcount], getattr(function, "__defaults__", None) or ()
    with_default = zip(reversed(positional), reversed(values), strict=False)
    return {**dict(with_default), **(getattr(function, "__kwdefaults__", None) or {})}


def of_class(cls: type, arguments: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return the types of a class's annotations, with its bases'. `arguments` replace its own type variables."""
    bound = _bound(cls, arguments)
    anywhere = _anywhere(bound)  # a TypedDict has the annotations of its bases, but not the bases themselves
    variables = {variable.__name__: variable for variable in anywhere}
    types: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ == "builtins":
            continue
        scope = _module(base)
        own = {parameter.__name__: parameter for parameter in getattr(base, "__type_params__", ())}
        for name, annotation in _own(base).items():
            hint = _evaluated(annotation, scope, {**variables, base.__name__: base, **own})
            types[name] = substitute(hint, {**anywhere, **bound.get(base, {})})
    return types


def is_unknown(hint: Any) -> bool:
    """Return True for a placeholder. It has the attributes `reason` and `name`."""
    return isinstance(hint, UnknownType) or (isinstance(hint, type) and issubclass(hint, Missing))


def is_alias(hint: Any) -> bool:
    """Return True for the alias of a `type` statement, with or without arguments, or of typing_extensions."""
    return type(get_origin(hint) or hint).__name__ == "TypeAliasType"


def of_alias(hint: Any) -> Any:
    """Return the type of an alias with its arguments. Its value may be a string that refers to the alias itself.

    The value of a `type` statement is evaluated when it is read. It is read as text if a name is undefined.
    """
    alias, scope = get_origin(hint) or hint, _module(hint)
    local = _closure(getattr(alias, "evaluate_value", None))  # of Python 3.14
    local |= {parameter.__name__: parameter for parameter in alias.__type_params__}
    try:
        value = alias.__value__
    except NameError as exc:
        value = annotation_texts.of_alias(alias, scope.get("__file__"))
        if value is None:
            return _unknown(exc)
    bound = dict(zip(alias.__type_params__, get_args(hint), strict=False))
    return substitute(_evaluated(value, scope, local), bound)


def plain(hint: Any, aliases: tuple[Any, ...] = ()) -> Any:
    """Return the type of an alias and of `Annotated`, and any other hint as it is. `aliases` contain this hint."""
    if is_alias(hint) and hint not in aliases:
        return plain(of_alias(hint), (*aliases, hint))
    return plain(get_args(hint)[0], aliases) if get_origin(hint) is Annotated else hint


def without_none(hint: Any) -> Any:
    """Return `X` of `X | None`, also of an alias, and any other hint as it is."""
    hint = plain(hint)
    members = [member for member in get_args(hint) if member is not NoneType]
    return members[0] if get_origin(hint) in (Union, UnionType) and len(members) == 1 else hint


def substitute(hint: Any, bound: Bound) -> Any:
    """Replace the type variables of a hint by their arguments, and unbound ones by Any."""
    if isinstance(hint, TypeVar):
        return bound.get(hint, Any)
    variables = getattr(hint, "__parameters__", ()) if get_args(hint) else ()
    if not variables:
        return hint
    try:
        return hint[tuple(bound.get(variable, Any) for variable in variables)]
    except TypeError:  # a ParamSpec or TypeVarTuple
        return get_origin(hint)


def _arguments(cls: type, arguments: tuple[Any, ...]) -> Bound:
    """Return the arguments of a class's own type variables. Without one, it is the default (PEP 696), if there is one.

    A default may have variables that stand before its own.
    """
    bound: dict[Any, Any] = {}
    variables: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    for variable, argument in zip(variables, arguments, strict=False):
        bound[variable] = substitute(argument, bound)
    for variable in variables[len(arguments) :]:
        if getattr(variable, "has_default", bool)():  # of Python 3.13, and of typing_extensions
            bound[variable] = substitute(variable.__default__, bound)
    return bound


def _module(value: Any) -> dict[str, Any]:
    """Return the names of the module that defines a class or alias."""
    module = sys.modules.get(value.__module__ or "")
    return vars(module) if module is not None else {}


def _globals(function: Callable[..., Any]) -> dict[str, Any]:
    return getattr(view_functions.own_function(function), "__globals__", {})


def _closure(function: Callable[..., Any] | None) -> dict[str, Any]:
    """Return the names of the scopes around a function that it uses, or that its annotations use (Python 3.14)."""
    function = view_functions.own_function(function) if function is not None else None
    names: dict[str, Any] = {}
    for inner in (function, getattr(function, "__annotate__", None)):
        variables = getattr(getattr(inner, "__code__", None), "co_freevars", ())
        for name, cell in zip(variables, getattr(inner, "__closure__", None) or (), strict=False):
            with suppress(ValueError):  # an empty cell
                names[name] = cell.cell_contents
    return {**names.pop("__classdict__", {}), **names}  # the names of the class around it


def _bound(cls: type, arguments: tuple[Any, ...] = ()) -> dict[type, Bound]:
    """Return the arguments of the type variables of a class and of each of its bases."""
    own = _arguments(cls, arguments)
    bound: dict[type, Bound] = {cls: own}
    for alias in vars(cls).get("__orig_bases__", ()):
        base = get_origin(alias) or alias
        if isinstance(base, type):
            bound |= _bound(base, tuple(substitute(argument, own) for argument in get_args(alias)))
    for base in cls.__bases__:
        if base not in bound:
            bound |= {ancestor: value for ancestor, value in _bound(base).items() if ancestor not in bound}
    return bound


def _anywhere(bound: Mapping[type, Bound]) -> Bound:
    """Return the arguments of all type variables, whichever class has them."""
    return {variable: value for own in bound.values() for variable, value in own.items()}


def _own(cls: type) -> dict[str, Any]:
    try:
        return _annotations_of(cls)
    except Exception:
        return {}


def _annotations_of(annotated: Any) -> dict[str, Any]:
    """Return the annotations of a class or function, without those of its bases.

    Since Python 3.14 (PEP 649), annotations are evaluated when they are read, all at once. With the format FORWARDREF,
    the part of an annotation that has an undefined name becomes a forward reference. Other errors, such as that of
    `"User" | None`, are raised; then the annotations are read as text, so that only one of them is lost.
    """
    try:
        if sys.version_info >= (3, 14):
            return annotationlib.get_annotations(annotated, format=annotationlib.Format.FORWARDREF)
        return inspect.get_annotations(annotated)
    except Exception:
        if texts := annotation_texts.of(annotated):
            return dict(texts)
        raise


def _evaluated(annotation: Any, scope: dict[str, Any], local: dict[str, Any]) -> Any:
    """Return the type of an annotation. Names that its module lacks are looked up below `if TYPE_CHECKING:`."""
    # in a class, since ClassVar and Final are valid nowhere else
    holder = type("Holder", (), {"__annotations__": {"it": annotation}})
    names = dict(local)
    while True:
        try:
            return get_type_hints(holder, globalns=scope, localns=names, include_extras=True)["it"]
        except NameError as exc:
            if exc.name is None or exc.name in names:
                return _unknown(exc)
            names[exc.name] = _for_type_checkers(exc.name, scope)
        except Exception as exc:  # a string can be any expression
            return _unknown(exc)


def _for_type_checkers(name: str, scope: dict[str, Any]) -> Any:
    try:
        return type_checking.resolve(name, scope)
    except Exception as exc:  # an imported module can raise anything
        return _MissingType(name, (Missing,), {"reason": _unknown(exc).reason, "name": name})


def _unknown(exc: BaseException) -> UnknownType:
    name = getattr(exc, "name", None) if isinstance(exc, NameError) else None
    return UnknownType(f"its annotation cannot be evaluated ({type(exc).__name__}: {exc})", name or "")
