"""Uploads by the GraphQL multipart request specification."""

import json
from typing import Any

from tests.hardening.cost_app import Request

BOUNDARY = "a-boundary-of-parts"


def upload(operations: Any, places: Any, files: dict[str, bytes]) -> Request:
    """Return an upload by the GraphQL multipart request specification."""
    parts = [("operations", "", json.dumps(operations).encode()), ("map", "", json.dumps(places).encode())]
    parts += [(name, f'; filename="{name}.txt"', content) for name, content in files.items()]
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"
        for name, more, content in parts
    )
    return Request(
        body + f"--{BOUNDARY}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        headers=(("GraphQL-Preflight", "1"),),
        variant="writing",
    )
