"""Request bodies by their encoding: a JSON value in, the bytes and their media type out."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from restgql.errors import BadRequest
from restgql.formats import json

Body = tuple[bytes, str]


def _json(value: Any) -> Body:
    return json.encode(value), "application/json"


def _form(value: Any) -> Body:
    return urlencode(list(_pairs(value))).encode(), "application/x-www-form-urlencoded"


def _multipart(value: Any) -> Body:
    from urllib3.filepost import encode_multipart_formdata  # which comes with requests, and most never need

    return encode_multipart_formdata(list(_pairs(value)))


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    """The fields of a form: an array is a field that is repeated, null none."""
    if not isinstance(value, dict):
        raise BadRequest("A form takes an object.")
    for name, item in value.items():
        for one in item if isinstance(item, list) else [item]:
            if isinstance(one, dict | list):
                raise BadRequest(f"A form holds scalars, and {name} is none.")
            if one is not None:
                yield name, json.spelled(one)


BODIES: dict[str, Callable[[Any], Body]] = {"JSON": _json, "FORM": _form, "MULTIPART": _multipart}
