"""M1: a long header field of the request costs little, however many sub-requests carry it."""

import pytest
from flask import Flask, Response, redirect, request
from flask.testing import FlaskClient
from werkzeug.wrappers import Response as BaseResponse

from restgql import Gateway
from tests.cpu import cost

CPU_SECONDS, LENGTH, FIELDS = 0.25, 60_000, 24
ITEMS = {
    "Accept-Language": "a-#;q=0.1, ",
    "Authorization": "#,",
    "Cache-Control": "max-age=#, ",
    "Connection": "x-#, ",
    "Cookie": "c#=1; ",
    "Forwarded": "for=#, ",
    "Pragma": "a#, ",
    "Prefer": "a=#, ",
    "Traceparent": "#",
    "X-A": "#, ",
    "X-Forwarded-For": "#, ",
    "X-Id": "#",
}
KINDS = {
    "gets": ("query", 'f#: get(path: "/ok?f=#")'),
    "gets that redirect and set cookies": ("query", 'f#: get(path: "/hop?f=#")'),
    "mutations that set cookies": ("mutation", 'f#: post(path: "/login?f=#") { status }'),
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = Flask(__name__)

    @app.get("/ok")
    def ok() -> Response:
        fields = {"Cache-Control": "public, max-age=60", "Vary": "X-A, Accept-Language, Cookie"}
        return Response('{"ok": true}', content_type="application/json", headers=fields)

    @app.get("/hop")
    def hop() -> BaseResponse:
        response = redirect(f"/ok?{request.query_string.decode()}")
        response.set_cookie(f"hop{request.args['f']}", "1")
        return response

    @app.post("/login")
    def login() -> Response:
        response = Response('{"ok": true}', content_type="application/json")
        response.set_cookie(f"login{request.args['f']}", "1")
        return response

    Gateway(app, profile="open", verbs=["GET", "POST"], cache="memory", single_flight=True, cache_identity=["X-Id"])
    return app.test_client(use_cookies=False)


def answered(client: FlaskClient, query: str, fields: dict[str, str]) -> None:
    """Send a query that is answered without errors."""
    response = client.post("/graphql", json={"query": query}, headers=fields)
    assert response.status_code == 200
    assert response.json is not None
    assert "errors" not in response.json, response.json["errors"][:2]
    assert len(response.json["data"]) == FIELDS


@pytest.mark.parametrize("name", ITEMS)
@pytest.mark.parametrize("kind", KINDS)
def test_m1_a_long_header_field_is_not_parsed_for_each_sub_request(client: FlaskClient, kind: str, name: str) -> None:
    operation, form = KINDS[kind]
    query = f"{operation} {{ {' '.join(form.replace('#', str(number)) for number in range(FIELDS))} }}"
    value = "".join(ITEMS[name].replace("#", str(number)) for number in range(LENGTH))[:LENGTH]
    assert cost(lambda: answered(client, query, {name: value}), times=2) < CPU_SECONDS
