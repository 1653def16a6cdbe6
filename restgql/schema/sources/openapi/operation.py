"""The operations of a document, in its own order, with what each is asked with."""

import re
from typing import Any

import msgspec

from restgql.formats.media import essence
from restgql.schema.sdl.notes import Skipped
from restgql.schema.sources.openapi.parts import Schema, mapping, sequence, text
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.references import References

METHODS = ("get", "post", "put", "patch", "delete")
_WITHOUT_FIELD = ("head", "options", "trace")
NO_FIELD = "a field makes a GET, POST, PUT, PATCH or DELETE request"
_VARIABLE = re.compile(r"\{([^{}]*)\}")


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is as the document has it, less its base path; `item` is the path item, with what its methods share."""

    method: str
    path: str
    item: Schema
    body: Schema

    @property
    def key(self) -> str:
        """What a lockfile knows it by."""
        return f"{self.method.upper()} {self.path}"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of either dialect. `style` is OpenAPI 3's; `encoded`: its value is a text of `media_type`."""

    name: str
    place: str
    schema: Any
    style: str
    explode: bool
    required: bool
    encoded: bool
    source: Schema
    media_type: str = ""


FORM = "application/x-www-form-urlencoded"
# collectionFormat of Swagger 2.0: style, explode
COLLECTION = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
_STYLE = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def operations(document: Schema, references: References) -> tuple[list[Operation], list[Skipped]]:
    """Return the operations of a document that may have a field, and the others with the reason."""
    found: list[Operation] = []
    lost: list[Skipped] = []
    for path, given in mapping(document.get("paths")).items():
        if not isinstance(path, str) or path.startswith("x-"):
            continue
        try:
            item = mapping(references.follow(given)[0])
        except Problem as exc:
            lost.append(Skipped(method="", path=path, reason=exc.message))
            continue
        for method in METHODS:
            if isinstance(item.get(method), dict):
                found.append(Operation(method=method, path=path, item=item, body=item[method]))
            elif method in item:
                lost.append(Skipped(method=method.upper(), path=path, reason="it is no object"))
        others = ["query"] if "query" in item else []  # OpenAPI 3.2
        for method in (*others, *mapping(item.get("additionalOperations"))):
            lost.append(Skipped(method=str(method).upper(), path=path, reason=NO_FIELD))
        lost += (
            Skipped(method=method.upper(), path=path, reason=NO_FIELD, is_chosen=True)
            for method in _WITHOUT_FIELD
            if method in item
        )
    return found, lost


def parameters(operation: Operation, references: References) -> tuple[list[Parameter], list[str]]:
    """What an operation takes, its own before what its path item shares, and what could not be read of it."""
    found: dict[tuple[str, str], Parameter] = {}
    notes = []
    for given in (*sequence(operation.item.get("parameters")), *sequence(operation.body.get("parameters"))):
        try:
            source = references.follow(given)[0]
        except Problem as exc:
            notes.append(f"a parameter is left out, {exc.message}")
            continue
        name, place = text(mapping(source).get("name")), text(mapping(source).get("in"))
        if name and place:
            found[name, place] = _parameter(name, place, source)
    return list(found.values()), notes


def _parameter(name: str, place: str, source: Schema) -> Parameter:
    encoded, media_type = False, ""
    if "schema" in source:
        schema = source["schema"]
    elif content := mapping(source.get("content")):
        media_type = essence(text(next(iter(content))))
        schema = mapping(next(iter(content.values()))).get("schema")
        encoded = True
    else:
        schema = source  # Swagger 2.0 has the schema's keywords in the parameter
    style = text(source.get("style")) or _STYLE.get(place, "form")
    explode = source.get("explode", style in ("form", "deepObject"))
    if "type" in source and "schema" not in source:
        style, explode = COLLECTION.get(text(source.get("collectionFormat")), (_STYLE.get(place, "form"), False))
    return Parameter(
        name=name,
        place=place,
        schema=schema,
        style=style,
        explode=explode is True,
        required=source.get("required") is True,
        encoded=encoded,
        media_type=media_type,
        source=source,
    )


def variables(path: str) -> list[str]:
    """The names in a path's braces, as its parameters have them."""
    return list(dict.fromkeys(plain_variable(found) for found in _VARIABLE.findall(path)))


def plain_variable(found: str) -> str:
    """Operators of templates that OpenAPI does not have, and documents do: `{+path}`, `{path*}`."""
    return found.strip().lstrip("+#/.;?&").rstrip("*+")
