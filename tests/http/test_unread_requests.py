"""Requests to /graphql that are refused before they are read: errors that GraphQL clients can show."""

from typing import Any

import pytest
from flask import Flask

from restgql import Gateway

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
ACCEPT = {
    "nothing": ("", JSON),
    "fetch": ("*/*", JSON),
    "Apollo Client 3": ("multipart/mixed;deferSpec=20220824,application/json", JSON),
    "Apollo Client 4": ("application/graphql-response+json,application/json;q=0.9", GRAPHQL_JSON),
    "urql": (
        "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
        "multipart/mixed",
        GRAPHQL_JSON,
    ),
    "graphql-sse": ("text/event-stream", GRAPHQL_JSON),
    "an image": ("image/png", JSON),
    "a long list": ("a/b," * 3_000, JSON),
}
REFUSED: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "too large": (413, "LIMIT_EXCEEDED", "The body is over 100 bytes.", {"data": b" " * 101}),
    "unknown coding": (
        415,
        "BAD_REQUEST",
        "The body's content coding 'klingon' is not known here",
        {"data": b"{}", "headers": {"Content-Encoding": "klingon"}},
    ),
    "long header": (
        431,
        "LIMIT_EXCEEDED",
        "The header field Content-Encoding is over",
        {"data": b"{}", "headers": {"Content-Encoding": "a" * 9_000}},
    ),
}


@pytest.mark.parametrize("client", ACCEPT)
@pytest.mark.parametrize("case", REFUSED)
def test_a_request_that_is_not_read_is_refused_with_errors(client: str, case: str) -> None:
    accept, media_type = ACCEPT[client]
    status, code, message, request = REFUSED[case]
    if client == "a long list":  # the first header field that is too long is named
        status, code, message = 431, "LIMIT_EXCEEDED", "The header field Accept is over"
    answer = (
        app()
        .test_client()
        .post(
            "/graphql",
            content_type=JSON,
            data=request["data"],
            headers={"Accept": accept, **request.get("headers", {})},
        )
    )
    assert (answer.status_code, answer.content_type) == (status, f"{media_type}; charset=utf-8")
    assert answer.json is not None
    assert list(answer.json) == ["errors"]
    [error] = answer.json["errors"]
    assert error["extensions"]["code"] == code
    assert error["message"].startswith(message)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_broken_body_is_an_event_for_a_client_that_accepts_nothing_else() -> None:
    headers = {"Accept": "text/event-stream", "Content-Encoding": "gzip"}
    answer = app().test_client().post("/graphql", content_type=JSON, data=b"{}", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.data.startswith(b'event: next\ndata: {"errors":[{"message":"The body does not match its')
    assert answer.data.endswith(b"\n\nevent: complete\ndata:\n\n")


@pytest.mark.parametrize("case", REFUSED)
def test_the_other_endpoints_answer_with_problem_details(case: str) -> None:
    status, code, message, request = REFUSED[case]
    answer = app().test_client().post("/aggregate", content_type=JSON, **request)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json is not None
    assert answer.json["code"] == code
    assert answer.json["detail"].startswith(message)


def app() -> Flask:
    flask_app = Flask(__name__)
    Gateway(flask_app, max_body=100)
    return flask_app
