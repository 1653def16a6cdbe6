"""The JSON keys of a class: a dataclass, TypedDict, msgspec Struct, attrs class or SQLAlchemy model."""

import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_args, get_origin, is_typeddict

import msgspec

from restgql.schema.sources.annotations import hints
from restgql.schema.sources.annotations.hints import UnknownType

_NOTHING = UnknownType("its annotation cannot be evaluated")
_MAPPED = frozenset({"Mapped", "WriteOnlyMapped", "DynamicMapped"})
_LAZY = _MAPPED - {"Mapped"}
"""SQLAlchemy relationships that are queries, not values."""


class Property(msgspec.Struct, frozen=True):
    """A key of a JSON object. `required`: the key is always written. `has_default`: a request may omit it.

    `tag` is the constant value of a Struct's tag field, None for any other key.
    """

    key: str
    hint: Any
    description: str = ""
    tag: Any = None
    required: bool = True
    has_default: bool = False


def properties(cls: type, arguments: tuple[Any, ...] = ()) -> list[Property] | None:
    """Return the properties of a class with its type arguments, or None if annotations do not determine its JSON."""
    for is_one, read in _KINDS:
        if is_one(cls):
            return list(read(cls, arguments))
    return None


def described(cls: type) -> str:
    """Return the first paragraph of a class's docstring, unless the docstring was generated from its fields."""
    text = vars(cls).get("__doc__") or ""
    is_signature = text.startswith(f"{cls.__name__}(") and text.endswith(")")
    # the name alone if the signature has an annotation that raises an error
    is_generated = (dataclasses.is_dataclass(cls) or _is_attrs(cls)) and (is_signature or text == cls.__name__)
    return "" if is_generated else paragraph(text)


def paragraph(text: Any) -> str:
    """Return the first paragraph of a docstring in one line, without the YAML after `---` (flasgger and others)."""
    if not isinstance(text, str):
        return ""
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].partition("---\n")[0].split())


def tag(cls: Any) -> tuple[str, Any]:
    """Return the key and value of a Struct's tag, with an empty key for any other class."""
    config = getattr(cls, "__struct_config__", None)
    return (config.tag_field, config.tag) if config is not None and config.tag is not None else ("", None)


def mapped(hint: Any) -> Any:
    """Return `X` of SQLAlchemy's `Mapped[X]`, or None for any other type."""
    origin = get_origin(hint)
    is_mapped = getattr(origin, "__name__", "") in _MAPPED
    return get_args(hint)[0] if is_mapped and origin.__module__.startswith("sqlalchemy.") else None


def _is_typed_dict(cls: type) -> bool:
    """Return True for a TypedDict of typing or typing_extensions."""
    return is_typeddict(cls) or (issubclass(cls, dict) and hasattr(cls, "__total__"))


def _is_struct(cls: type) -> bool:
    return issubclass(cls, msgspec.Struct) and not cls.__struct_config__.array_like


def _is_attrs(cls: type) -> bool:
    return hasattr(cls, "__attrs_attrs__")


def _is_sqlalchemy(cls: type) -> bool:
    """Return True for a model of SQLAlchemy's declarative mapping."""
    orm = sys.modules.get("sqlalchemy.orm")
    return orm is not None and hasattr(cls, "__mapper__") and isinstance(cls.__mapper__, orm.Mapper)


def _typed_dict(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
    for key, hint in hints.of_class(cls, arguments).items():
        yield Property(key, hint, _description(hint), required=key in required, has_default=key not in required)


def _dataclass(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    evaluated = hints.of_class(cls, arguments)
    for field in dataclasses.fields(cls):
        hint = evaluated.get(field.name, _NOTHING)
        missing = dataclasses.MISSING
        has_default = field.default is not missing or field.default_factory is not missing
        yield Property(field.name, hint, _description(hint), has_default=has_default)


def _struct(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    config = cls.__struct_config__
    key, value = tag(cls)
    if key:
        yield Property(key, type(value), tag=value)
    evaluated = hints.of_class(cls, arguments)
    required: list[Any] = [msgspec.NODEFAULT] * (len(cls.__struct_fields__) - len(cls.__struct_defaults__))
    defaults = [*required, *cls.__struct_defaults__]
    for name, key, default in zip(cls.__struct_fields__, cls.__struct_encode_fields__, defaults, strict=True):
        hint = evaluated.get(name, _NOTHING)
        has_default = default is not msgspec.NODEFAULT
        may_lack = has_default and (config.omit_defaults or default is msgspec.UNSET)
        yield Property(key, hint, _description(hint), required=not may_lack, has_default=has_default)


def _attrs(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    evaluated = hints.of_class(cls, arguments)
    attrs = sys.modules["attr"]
    for attribute in cls.__attrs_attrs__:
        hint = evaluated.get(attribute.name, attribute.type or _NOTHING)
        yield Property(attribute.name, hint, _description(hint), has_default=attribute.default is not attrs.NOTHING)


def _sqlalchemy(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    for key, hint in hints.of_class(cls, arguments).items():
        lazy = getattr(get_origin(hint), "__name__", "") in _LAZY
        if (value := mapped(hint)) is not None and not lazy:
            yield Property(key, value, _description(value), required=False)


def _description(hint: Any) -> str:
    """Return the description in `Annotated`: that of `msgspec.Meta`, pydantic's `Field` or `Doc`."""
    while get_args(hint) and get_origin(hint) is not Annotated and len(get_args(hint)) == 1:
        (hint,) = get_args(hint)  # Required[…], Final[…], Mapped[…]
    for metadata in getattr(hint, "__metadata__", ()):
        text = getattr(metadata, "description", None) or getattr(metadata, "documentation", None)
        if isinstance(text, str):
            return text
    return ""


_KINDS: tuple[tuple[Callable[[type], bool], Callable[[type, tuple[Any, ...]], Iterator[Property]]], ...] = (
    (_is_typed_dict, _typed_dict),
    (_is_struct, _struct),
    (dataclasses.is_dataclass, _dataclass),
    (_is_attrs, _attrs),
    (_is_sqlalchemy, _sqlalchemy),
)
