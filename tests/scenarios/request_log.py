"""The requests that reach a Flask app, as a scenario has them."""

from email import message_from_bytes, policy

from flask import Flask, request

USUAL = {"host", "user-agent", "connection", "content-length", "accept-encoding", "x-request-id", "graphql-preflight"}
"""Header fields that no scenario is about."""
USUAL_VALUES = {("accept", "application/json, */*;q=0.5"), ("content-type", "application/json")}


class Log:
    """The requests that reached the apps of a scenario, in order of arrival, as a document has them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def listen(self, app: Flask, prefix: str = "") -> None:
        @app.before_request
        def note() -> None:
            if prefix or request.endpoint not in {"restgql.graphql", "restgql.health"}:
                self.lines.append(f"{prefix}: {_line()}" if prefix else _line())


def _line() -> str:
    fields = sorted((name.lower(), value) for name, value in request.headers)
    is_multipart = request.mimetype == "multipart/form-data"
    shown = [
        f"[{name}: {value}]"
        for name, value in fields
        if name not in USUAL
        and (name, value) not in USUAL_VALUES
        and not (name == "content-type" and (is_multipart or not request.content_length))
    ]
    body = request.get_data()
    sent = _parts(body) if is_multipart else [body.decode()] if body else []
    return " ".join([request.method, request.environ["REQUEST_URI"], *shown, *sent])


def _parts(body: bytes) -> list[str]:
    """Return the parts of a multipart body: `{name: value}`, with the media type and the name of a file."""
    head = f"Content-Type: {request.content_type}\r\n\r\n".encode()
    parts = []
    for part in message_from_bytes(head + body, policy=policy.HTTP).iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        about = [part["content-type"] and part.get_content_type(), part.get_filename()]
        said = "".join(f" ({each})" for each in about if each)
        parts.append(f"{{{name}{said}: {part.get_payload(decode=True).decode()}}}")
    return parts
