"""Which keys the JSON object of a class has: of a dataclass, TypedDict, msgspec Struct or pydantic model."""

import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_args, get_origin, is_typeddict

import msgspec

from restgql.schema.sources.annotations import hints
from restgql.schema.sources.annotations.hints import Unknown

_NOTHING = Unknown("its annotation cannot be evaluated")


class Property(msgspec.Struct, frozen=True):
    """A key of a JSON object, what its value is, and what is said of it."""

    key: str
    hint: Any
    description: str = ""


def properties(cls: type, arguments: tuple[Any, ...] = ()) -> list[Property] | None:
    """The properties of a class, generic in `arguments`; None for one that says nothing of its JSON."""
    for is_one, read in _KINDS:
        if is_one(cls):
            return list(read(cls, arguments))
    return None


def root(cls: Any) -> Any:
    """The annotation that a pydantic RootModel wraps; None of any other class."""
    pydantic = _pydantic()
    if pydantic and issubclass(cls, pydantic.RootModel) and "root" in cls.model_fields:
        return _model_fields(cls)["root"].annotation
    return None


def is_url(cls: type) -> bool:
    """Whether it is a URL of pydantic's."""
    pydantic = _pydantic()
    return pydantic is not None and issubclass(cls, pydantic.AnyUrl)


def described(cls: type) -> str:
    """The first paragraph of a class's docstring, unless a dataclass made it of its fields."""
    text = vars(cls).get("__doc__") or ""
    made = dataclasses.is_dataclass(cls) and text.startswith(f"{cls.__name__}(") and text.endswith(")")
    return "" if made else paragraph(text)


def paragraph(text: Any) -> str:
    """The first paragraph of a docstring, in one line; what follows `---` is YAML to flasgger and others."""
    if not isinstance(text, str):
        return ""
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].partition("---\n")[0].split())


def _pydantic() -> Any:
    """Pydantic 2, where the app has imported it: no class is a model otherwise."""
    found = sys.modules.get("pydantic")
    return found if hasattr(found, "RootModel") else None


def _is_typed_dict(cls: type) -> bool:
    """Of typing, or of typing_extensions."""
    return is_typeddict(cls) or (issubclass(cls, dict) and hasattr(cls, "__total__"))


def _is_struct(cls: type) -> bool:
    return issubclass(cls, msgspec.Struct) and not cls.__struct_config__.array_like


def _is_model(cls: type) -> bool:
    pydantic = _pydantic()
    return bool(pydantic) and issubclass(cls, pydantic.BaseModel)


def _typed_dict(cls: type, arguments: tuple[Any, ...]) -> Iterator[Property]:
    for key, hint in hints.of_class(cls, arguments).items():
        yield Property(key, hint, _said(hint))


def _dataclass(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    found = hints.of_class(cls, arguments)
    for field in dataclasses.fields(cls):
        hint = found.get(field.name, _NOTHING)
        yield Property(field.name, hint, _said(hint))


def _struct(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    config = cls.__struct_config__
    if config.tag is not None:
        yield Property(config.tag_field, type(config.tag))
    found = hints.of_class(cls, arguments)
    for name, key in zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True):
        hint = found.get(name, _NOTHING)
        yield Property(key, hint, _said(hint))


def _model(cls: Any, arguments: tuple[Any, ...]) -> Iterator[Property]:
    """What `model_dump(by_alias=True)` has, as pydantic's own JSON Schema."""
    for name, field in _model_fields(cls).items():
        if field.exclude is not True:
            yield Property(field.serialization_alias or field.alias or name, field.annotation, field.description or "")
    for name, computed in cls.model_computed_fields.items():
        yield Property(computed.alias or name, computed.return_type, computed.description or "")


def _model_fields(cls: Any) -> dict[str, Any]:
    if not cls.__pydantic_complete__:
        cls.model_rebuild(raise_errors=False)
    found: dict[str, Any] = cls.model_fields
    return found


def _said(hint: Any) -> str:
    """What `Annotated` says of a field: `msgspec.Meta`, pydantic's `Field` or `Doc` in it."""
    while get_args(hint) and get_origin(hint) is not Annotated and len(get_args(hint)) == 1:
        (hint,) = get_args(hint)  # Required[…], Final[…]
    for metadata in getattr(hint, "__metadata__", ()):
        text = getattr(metadata, "description", None) or getattr(metadata, "documentation", None)
        if isinstance(text, str):
            return text
    return ""


_KINDS: tuple[tuple[Callable[[type], bool], Callable[[type, tuple[Any, ...]], Iterator[Property]]], ...] = (
    (_is_typed_dict, _typed_dict),
    (_is_struct, _struct),
    (_is_model, _model),
    (dataclasses.is_dataclass, _dataclass),
)
