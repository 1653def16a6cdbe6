"""A GET as the request to the gateway that fetches it, and the gateway's response as that of the GET."""

import gzip
import json
import zlib
from base64 import b64decode
from collections.abc import Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

from werkzeug.datastructures import Headers

DOCUMENT = """
query ($path: String!, $headers: [RestHeaderInput!]) {
  fetch(path: $path, headers: $headers, followRedirects: false) { status headers { name value } dataUrl }
}
"""
# The fields of a request that a sub-request does not take from the caller: they go along as its own.
OWN = (
    "Accept",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Unmodified-Since",
    "Prefer",
    "Range",
)
ENCODERS = {"gzip": gzip.compress, "deflate": zlib.compress}


def gateway_environ(environ: dict[str, Any]) -> dict[str, Any]:
    """Return the environ of a POST to the gateway that fetches what a GET asks for."""
    path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=~") or "/"
    query = environ["QUERY_STRING"].replace("{", "%7B").replace("}", "%7D")
    fields = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}") for name in OWN}
    fields["Accept"] = fields["Accept"] or "*/*"
    headers = [{"name": name, "value": value} for name, value in fields.items() if value is not None]
    variables = {"path": f"{path}?{query}" if query else path, "headers": headers}
    body = json.dumps({"query": DOCUMENT, "variables": variables}).encode()
    outer = {name: value for name, value in environ.items() if name not in ("CONTENT_TYPE", "HTTP_RANGE")}
    return outer | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/graphql",
        "QUERY_STRING": "",
        "RAW_URI": "/graphql",
        "REQUEST_URI": "/graphql",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_ACCEPT": "application/json",
        "wsgi.input": BytesIO(body),
    }


def response_of(body: bytes, status: str, headers: Headers) -> tuple[Iterable[bytes], str, Headers]:
    """Return the response of the GET: its status, header fields and body, and the cookies of the outer response."""
    answer = json.loads(body)
    assert "errors" not in answer, f"the gateway answered {status}: {answer['errors']}"
    part = answer["data"]["fetch"]
    fields = Headers([(field["name"], field["value"]) for field in part["headers"]])
    for value in headers.getlist("Set-Cookie"):
        fields.add("Set-Cookie", value)
    content = b64decode(part["dataUrl"].partition(";base64,")[2]) if part["dataUrl"] else b""
    encode = ENCODERS.get(fields.get("Content-Encoding", ""))
    if encode is not None:
        content = encode(content)
        fields["Content-Length"] = str(len(content))
    return [content], f"{part['status']} {phrase_of(part['status'])}", fields


def phrase_of(status: int) -> str:
    return next((known.phrase.upper() for known in HTTPStatus if known.value == status), "UNKNOWN")
