"""The operations of a document, in its own order, with what each is asked with."""

import re
from typing import Any

import msgspec

from restgql.formats.media import essence
from restgql.schema.sdl.report import SkippedOperation
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text
from restgql.schema.sources.openapi.references import References

METHODS = ("get", "post", "put", "patch", "delete")
_WITHOUT_FIELD = ("head", "options", "trace")
NO_FIELD = "a field makes a GET, POST, PUT, PATCH or DELETE request"
_VARIABLE = re.compile(r"\{([^{}]*)\}")


class ApiOperation(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is as the document has it, less its base path; `item` is the path item, with what its methods share."""

    method: str
    path: str
    item: JsonObject
    body: JsonObject

    @property
    def key(self) -> str:
        """What a lockfile knows it by."""
        return f"{self.method.upper()} {self.path}"


class ApiParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of either dialect. `style` is OpenAPI 3's; `encoded`: its value is a text of `media_type`."""

    name: str
    place: str
    schema: Any
    style: str
    explode: bool
    required: bool
    encoded: bool
    source: JsonObject
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


def operations(document: JsonObject, references: References) -> tuple[list[ApiOperation], list[SkippedOperation]]:
    """Return the operations of a document that may have a field, and the others with the reason."""
    found: list[ApiOperation] = []
    lost: list[SkippedOperation] = []
    for path, given in as_mapping(document.get("paths")).items():
        if not isinstance(path, str) or path.startswith("x-"):
            continue
        try:
            item = as_mapping(references.follow(given)[0])
        except DocumentProblem as exc:
            lost.append(SkippedOperation(method="", path=path, reason=exc.message))
            continue
        for method in METHODS:
            if isinstance(item.get(method), dict):
                found.append(ApiOperation(method=method, path=path, item=item, body=item[method]))
            elif method in item:
                lost.append(SkippedOperation(method=method.upper(), path=path, reason="it is no object"))
        others = ["query"] if "query" in item else []  # OpenAPI 3.2
        for method in (*others, *as_mapping(item.get("additionalOperations"))):
            lost.append(SkippedOperation(method=str(method).upper(), path=path, reason=NO_FIELD))
        lost += (
            SkippedOperation(method=method.upper(), path=path, reason=NO_FIELD, is_chosen=True)
            for method in _WITHOUT_FIELD
            if method in item
        )
    return found, lost


def parameters(operation: ApiOperation, references: References) -> tuple[list[ApiParameter], list[str]]:
    """What an operation takes, its own before what its path item shares, and what could not be read of it."""
    found: dict[tuple[str, str], ApiParameter] = {}
    notes = []
    for given in (*as_list(operation.item.get("parameters")), *as_list(operation.body.get("parameters"))):
        try:
            source = references.follow(given)[0]
        except DocumentProblem as exc:
            notes.append(f"a parameter is left out, {exc.message}")
            continue
        name, place = as_text(as_mapping(source).get("name")), as_text(as_mapping(source).get("in"))
        if name and place:
            found[name, place] = _parameter(name, place, source)
    return list(found.values()), notes


def _parameter(name: str, place: str, source: JsonObject) -> ApiParameter:
    encoded, media_type = False, ""
    if "schema" in source:
        schema = source["schema"]
    elif content := as_mapping(source.get("content")):
        media_type = essence(as_text(next(iter(content))))
        schema = as_mapping(next(iter(content.values()))).get("schema")
        encoded = True
    else:
        schema = source  # Swagger 2.0 has the schema's keywords in the parameter
    style = as_text(source.get("style")) or _STYLE.get(place, "form")
    explode = source.get("explode", style in ("form", "deepObject"))
    if "type" in source and "schema" not in source:
        style, explode = COLLECTION.get(as_text(source.get("collectionFormat")), (_STYLE.get(place, "form"), False))
    return ApiParameter(
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
