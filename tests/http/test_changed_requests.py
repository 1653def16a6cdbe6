"""Requests to /graphql that a hook of the app changes before the gateway reads them."""

from collections.abc import Callable

import pytest
from flask import Flask, Request, request
from flask.testing import FlaskClient

from restgql import Gateway


def client_of(before: Callable[[], None]) -> FlaskClient:
    """Return a client of an app with a gateway and a before_request function."""
    app = Flask("changing")
    app.before_request(before)
    Gateway(app, profile="open")
    return app.test_client()


@pytest.mark.skipif(
    vars(Request)["max_content_length"].fset is None, reason="the installed Flask has no limit of a single request"
)
@pytest.mark.parametrize("opens", [True, False], ids=["read before", "unread"])
def test_a_limit_of_the_request_holds_although_the_body_was_read_before(opens: bool) -> None:
    def limit() -> None:
        if opens:
            request.get_data()
        request.max_content_length = 5

    client = client_of(limit)
    for _ in range(3):
        response = client.post("/graphql", json={"query": "{ __typename }"})
        assert response.status_code == 413
        assert response.json is not None
        assert response.json["errors"][0]["extensions"]["limit"] == "MAX_CONTENT_LENGTH"


def test_a_query_string_that_a_hook_sets_is_read() -> None:
    def set_query() -> None:
        request.query_string = b"query=%7B__typename%7D"

    client = client_of(set_query)
    for _ in range(3):
        assert client.get("/graphql").json == {"data": {"__typename": "Query"}}
