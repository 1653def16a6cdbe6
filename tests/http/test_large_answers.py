"""Large answers leave in pieces, which HTTP clients and hooks of the app see as one body."""

import json
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from restgql import Gateway

JSON = "application/json"
TEXT = "é" * 100_000
PATHS = [f"/text?{number}" for number in range(5)]
AGGREGATE = 'query ($p: [String!]!) { a: aggregate(paths: $p) b: aggregate(paths: $p) one: get(path: "/one") }'


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/text", "text", lambda: Response(json.dumps(TEXT) + "\n", content_type=JSON))
    app.add_url_rule("/one", "one", lambda: {"one": 1})
    Gateway(app, cache="memory")

    @app.get("/cached")
    def cached() -> Response:
        return Response(json.dumps(TEXT), content_type=JSON, headers={"Cache-Control": "public, max-age=9"})

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def asked(client: FlaskClient, query: str, variables: Any = None) -> TestResponse:
    return client.post("/graphql", json={"query": query, "variables": variables})


def test_a_large_map_has_its_length_and_all_of_its_parts(client: FlaskClient) -> None:
    response = client.post("/aggregate", json=PATHS)
    assert response.content_length == len(response.data) > 1_000_000
    assert response.json == dict.fromkeys(PATHS, TEXT)


def test_a_large_envelope_has_each_body_at_its_place(client: FlaskClient) -> None:
    response = client.post("/aggregate?envelope=true", json=PATHS)
    assert response.json is not None
    assert list(response.json) == PATHS
    assert all(part["status"] == 200 and part["body"] == TEXT for part in response.json.values())


def test_large_maps_of_an_operation_stand_between_its_other_fields(client: FlaskClient) -> None:
    response = asked(client, AGGREGATE, {"p": PATHS})
    assert response.content_length == len(response.data) > 2_000_000
    values = dict.fromkeys(PATHS, TEXT)
    assert response.json == {"data": {"a": values, "b": values, "one": {"one": 1}}}


def test_a_large_answer_has_an_entity_tag_that_holds_until_it_changes(client: FlaskClient) -> None:
    path = "/aggregate?" + "&".join(f"path=/cached%3F{number}" for number in range(5))
    first = client.get(path)
    assert first.content_length == len(first.data) > 1_000_000
    tag = first.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"{path}&path=/one", headers={"If-None-Match": tag}).status_code == 200


def test_a_hook_of_the_app_may_read_and_replace_a_large_answer(app: Flask) -> None:
    seen: list[int] = []

    @app.after_request
    def shorten(response: Response) -> Response:
        if request.path == "/aggregate":
            seen.append(len(response.get_data()))
            response.set_data(b"[]")
        return response

    response = app.test_client().post("/aggregate", json=PATHS)
    assert max(seen) > 1_000_000
    assert (response.data, response.content_length) == (b"[]", 2)
