"""JSON Schemas that pydantic writes for its types. Pydantic is used only if the app has imported it."""

import enum
import functools
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from restgql.schema.sources.annotations.components import type_text
from restgql.schema.sources.openapi.extension_keywords import KEYS, VALUE
from restgql.schema.sources.openapi.schema_shape import is_nullable

Mode = Literal["serialization", "validation"]

_DEFS = "#/$defs/"
_CLASS = "x-python-class"
_CLOSED = frozenset({"$ref", "allOf", "anyOf", "oneOf", "properties", "enum", "const", VALUE})
"""Keywords of schemas that are not objects with arbitrary keys."""
_OF_CLASSES = ("model_schema", "dataclass_schema", "typed_dict_schema", "enum_schema")
_SCALARS = {"decimal_schema": "Decimal", "url_schema": "URL", "multi_host_url_schema": "URL", "uuid_schema": "UUID"}


class PydanticSchema(msgspec.Struct, frozen=True):
    """The schema of a type. `definitions` are the schemas that it refers to, and `classes` their Python classes.

    Both are by reference (`#/$defs/User`). `cls` is the class of the schema itself, None for a type without one.
    """

    schema: dict[str, Any]
    cls: type | None
    definitions: Mapping[str, dict[str, Any]]
    classes: Mapping[str, type]


def pydantic() -> Any:
    """Return the module pydantic 2 if the app has imported it, else None."""
    module = sys.modules.get("pydantic")
    return module if hasattr(module, "RootModel") else None


def is_pydantic(hint: Any) -> bool:
    """Return True for a class that only pydantic can describe, such as a model, a pydantic dataclass or EmailStr."""
    if pydantic() is None or not isinstance(hint, type):
        return False
    if hasattr(hint, "__pydantic_core_schema__") or issubclass(hint, pydantic().BaseModel):
        return True
    return hasattr(hint, "__get_pydantic_core_schema__") and hint.__module__.partition(".")[0] != "builtins"


def constrains(metadata: Any) -> bool:
    """Return True if a part of `Annotated` is for pydantic: Field(discriminator=…), a serializer or a bound."""
    package = type(metadata).__module__.partition(".")[0]
    return pydantic() is not None and package in ("pydantic", "annotated_types")


def write(hint: Any, mode: Mode) -> PydanticSchema:
    """Write the schema of a type. Raises any error of pydantic for a type without a schema."""
    if hasattr(hint, "model_rebuild"):
        hint.model_rebuild()  # its error names the annotation that cannot be evaluated
    classes: list[type] = []
    generator = functools.partial(_generator(), classes=classes)
    schema = pydantic().TypeAdapter(hint).json_schema(mode=mode, schema_generator=generator)
    definitions = {_DEFS + name: part for name, part in schema.pop("$defs", {}).items()}
    owners = {name: classes[part.pop(_CLASS)] for name, part in definitions.items() if _CLASS in part}
    cls = classes[schema.pop(_CLASS)] if _CLASS in schema else None
    for part, owner in [(definitions[name], owner) for name, owner in owners.items()] + [(schema, cls)]:
        if mode == "serialization" and owner is not None:
            _note_names(part, owner)
            _show_secrets(part)
    return PydanticSchema(schema, cls, definitions, owners)


def any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of a union. It is JSON if a member is an object with arbitrary keys, which has no mark."""
    members = [schema for schema in schemas if schema.get("type") != "null"]
    is_open = any(schema.get("type", "object") == "object" and not schema.keys() & _CLOSED for schema in members)
    if is_open and len(members) > 1:
        return {VALUE: {"problem": "it may be an object with arbitrary keys"}}
    return {"anyOf": schemas}


def references(schema: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the object and key of each reference in a schema."""
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            for key, value in part.items():
                if isinstance(value, str) and value.startswith(_DEFS) and key not in ("const", "default"):
                    yield part, key
                elif key not in ("default", "examples", "example"):
                    pending.append(value)
        elif isinstance(part, list):
            pending += part


def _note_names(schema: dict[str, Any], cls: Any) -> None:
    """Note both keys of a field with an alias: `model_dump()` writes the name, and with `by_alias=True` the alias.

    A key is required if every option writes it, apart from `exclude_unset` and `exclude_defaults`.
    """
    properties = schema.get("properties", {})
    fields = dict(
        cls.model_fields if issubclass(cls, pydantic().BaseModel) else getattr(cls, "__pydantic_fields__", {})
    )
    decorators = getattr(cls, "__pydantic_decorators__", None)
    fields |= {name: computed.info for name, computed in decorators.computed_fields.items()} if decorators else {}
    for name, field in fields.items():
        alias = getattr(field, "serialization_alias", None) or field.alias or name
        if alias != name and alias in properties and name not in properties:
            properties[alias] = {**properties[alias], KEYS: [alias, name]}
    if properties:
        schema["required"] = [key for key, part in properties.items() if KEYS not in part and not is_nullable(part)]


def _show_secrets(schema: dict[str, Any]) -> None:
    """Remove `writeOnly` from properties: the JSON of a secret has its mask."""
    for part in schema.get("properties", {}).values():
        part.pop("writeOnly", None)


@functools.cache
def _generator() -> Any:
    """Return a subclass of pydantic's generator. It notes the class of each schema, and makes unknown types JSON."""
    base = pydantic().json_schema.GenerateJsonSchema

    class Generator(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, classes: list[type], **options: Any) -> None:
            super().__init__(*args, **options)
            self._classes = classes

        def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Any:
            subject = type_text(schema["cls"]) if "cls" in schema else schema.get("type", error_info)
            return {VALUE: {"problem": f"the JSON of {subject} is unknown"}}

        def union_schema(self, schema: Any) -> Any:
            written = super().union_schema(schema)
            return any_of(written["anyOf"]) if "anyOf" in written else written

        def emit_warning(self, kind: Any, detail: str) -> None:
            """Write no warning. Pydantic warns of defaults that are not JSON, and defaults are not used here."""

    for method in _OF_CLASSES:
        setattr(Generator, method, _noting_class(method, base))
    for method, scalar in _SCALARS.items():
        setattr(Generator, method, _as_scalar(scalar))
    return Generator


def _noting_class(method: str, base: Any) -> Any:
    def write(self: Any, schema: Any) -> Any:
        if method == "enum_schema" and issubclass(schema["cls"], enum.Flag):
            return {"type": "integer"}  # any combination of its members
        written = getattr(base, method)(self, schema)
        if isinstance(schema.get("cls"), type) and "$ref" not in written:
            self._classes.append(schema["cls"])
            written[_CLASS] = len(self._classes) - 1
        return written

    return write


def _as_scalar(scalar: str) -> Any:
    def write(self: Any, schema: Any) -> Any:
        return {"type": "string", VALUE: {"scalar": scalar}}

    return write
