"""Several operations in an array: each its own response, all of one budget, identical requests once."""

import json
from typing import Any

import pytest
from flask import Flask, make_response, request
from werkzeug.test import TestResponse

from restgql import Gateway

A = '{ a: get(path: "/item/1") }'
B = '{ b: get(path: "/item/2") }'
WRITE = 'mutation { post(path: "/item/9") { status } }'


class Shop:
    """`hits` are the requests that the routes had, by method and path."""

    def __init__(self, **settings: Any) -> None:
        self.hits: list[str] = []
        self.app = Flask(__name__)
        self.app.add_url_rule("/item/<id>", "item", self._item, methods=["GET", "POST"])
        Gateway(self.app, **{"routes": ["*"], "verbs": ["GET", "POST"], "max_batch": 5, **settings})
        self.client = self.app.test_client()

    def _item(self, id: str) -> Any:
        self.hits.append(f"{request.method} {id}")
        response = make_response({"id": id, "posts": self.hits.count("POST 9")})
        response.set_cookie(f"seen{id}", "1")
        return response

    def post(self, *operations: Any, **headers: str) -> TestResponse:
        return self.client.post("/graphql", json=list(operations), headers=headers)


def codes(response: Any) -> list[str]:
    return [error["extensions"]["code"] for error in response.get("errors", [])]


def test_each_operation_has_its_response_in_order() -> None:
    shop = Shop()
    variables = {"query": "query Q($p: String!) { c: get(path: $p) }", "variables": {"p": "/item/1"}}
    answer = shop.post({"query": A}, {"query": B, "operationName": None}, variables)
    one, two = ({"id": id, "posts": 0} for id in "12")
    assert answer.json == [{"data": {"a": one}}, {"data": {"b": two}}, {"data": {"c": one}}]
    assert sorted(shop.hits) == ["GET 1", "GET 2"]  # what two of them ask for is asked for once
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers.getlist("Set-Cookie")) == 2


def test_an_operation_that_is_refused_is_an_error_in_its_place() -> None:
    shop = Shop()
    refused = ({"query": "{ nothing }"}, {"query": "{"}, {"query": '{ get(path: "//evil") }'}, {"query": B})
    found = shop.post({"query": A}, *refused).json
    assert found is not None
    assert [codes(each) for each in found] == [[], ["BAD_REQUEST"], ["BAD_REQUEST"], ["BAD_PATH"], []]
    assert ["data" in each for each in found] == [True, False, False, True, True]
    assert sorted(shop.hits) == ["GET 1", "GET 2"]
    assert [codes(each) for each in shop.post({"query": "{"}).json or ()] == [["BAD_REQUEST"]]


def test_b9_a_mutation_runs_after_what_stands_before_it() -> None:
    shop = Shop()
    found = shop.post({"query": A}, {"query": WRITE}, {"query": WRITE}, {"query": B}).json
    assert shop.hits == ["GET 1", "POST 9", "POST 9", "GET 2"]
    assert found is not None
    assert found[3] == {"data": {"b": {"id": "2", "posts": 2}}}


def test_one_budget_holds_for_all() -> None:
    shop = Shop(max_subrequests=2)
    found = shop.post({"query": A}, {"query": B}, {"query": '{ c: get(path: "/item/3") }'}).json
    assert [codes(each) for each in found or ()] == [[], [], ["LIMIT_EXCEEDED"]]
    assert len(shop.hits) == 2


@pytest.mark.parametrize("count", [6, 1_000])
def test_d9_a_batch_is_capped(count: int) -> None:
    shop = Shop()
    answer = shop.post(*[{"query": A}] * count)
    assert answer.status_code == 400
    (error,) = (answer.json or {})["errors"]
    limit = {"code": "LIMIT_EXCEEDED", "limit": "RESTGQL_MAX_BATCH", "allowed": 5}
    assert error["extensions"] == limit
    assert not shop.hits


@pytest.mark.parametrize("body", ["[]", "[", "[1", '[{"query": "{ a }"},]', "[] []", '["\\ud800"]'])
def test_what_is_no_batch_is_refused_whole(body: str) -> None:
    shop = Shop()
    answer = shop.client.post("/graphql", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert codes(answer.json) == ["BAD_REQUEST"]
    form = shop.client.post("/graphql", data=json.dumps([{"query": A}]), content_type="text/plain")
    assert form.status_code == 415
    assert not shop.hits


ITEMS = {
    "1": "The item 1 of the array does not fit: expected an object, got a number.",
    "null": "The item 1 of the array does not fit: expected an object, got null.",
    "[]": "The item 1 of the array does not fit: expected an object, got an array.",
    '"{ a }"': "The item 1 of the array does not fit: expected an object, got a string.",
    '{"query": 1}': "The item 1 of the array does not fit at query: expected a string or null, got a number.",
    '{"query": "{ a }", "variables": []}': "The item 1 of the array does not fit at variables: expected an object",
    "{}": "The parameter query is missing.",
    '{"query": ""}': "The parameter query is missing.",
    '{"query": "{ a }", "extensions": {"persistedQuery": 1}}': "The extension persistedQuery is malformed",
}


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_that_is_no_operation_is_an_error_in_its_place(item: str) -> None:
    shop = Shop()
    body = f"[{json.dumps({'query': A})}, {item}, {json.dumps({'query': B})}]"
    answer = shop.client.post("/graphql", data=body, content_type="application/json")
    assert answer.status_code == 200
    first, refused, last = answer.json or []
    assert [first["data"]["a"]["id"], last["data"]["b"]["id"]] == ["1", "2"]
    assert codes(refused) == ["BAD_REQUEST"]
    assert refused["errors"][0]["message"].startswith(ITEMS[item])
    assert "data" not in refused
    assert sorted(shop.hits) == ["GET 1", "GET 2"]


def test_off_by_default() -> None:
    shop = Shop(max_batch=0)
    assert shop.post({"query": A}).status_code == 400
    assert not shop.hits


def test_what_each_weighs_counts_together() -> None:
    shop = Shop(max_replies=40, max_output=80)
    found = shop.post(*[{"query": A}] * 4).json
    assert [codes(each) for each in found or ()] == [[], [], ["LIMIT_EXCEEDED"], ["LIMIT_EXCEEDED"]]


def test_a_profile_and_a_safelist_hold_for_each() -> None:
    shop = Shop(operations_only=True)
    found = shop.post({"query": A}, {"documentId": "sha256:0"}).json
    assert [codes(each) for each in found or ()] == [["NOT_ALLOWED"], ["PERSISTED_QUERY_NOT_SUPPORTED"]]
