"""What a mutation sends besides its body: the key of an idempotent request, and conditions (B9 and RFC 9110)."""

import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, redirect, request

from restgql import Gateway

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
KEY = {"Idempotency-Key": "k-1"}


class Shop:
    """An app with optimistic locking that notes each request: its method, path and key."""

    def __init__(self, folder: Path, sdl: str = "") -> None:
        self.app = app = Flask(__name__)
        self.asked: list[tuple[str, str, str | None]] = []
        self.item = {"id": 1, "name": "Tea", "version": 1}
        self.running = 0
        settings: dict[str, Any] = {}
        if sdl:
            (folder / "schema.graphql").write_text(sdl)
            settings["schema"] = str(folder)

        @app.before_request
        def note() -> None:
            if request.path != "/graphql":
                self.asked.append((request.method, request.path, request.headers.get("Idempotency-Key")))

        @app.get("/items/1")
        def read() -> Any:
            response = jsonify(self.item)
            response.set_etag(str(self.item["version"]))
            return response.make_conditional(request)

        @app.put("/items/1")
        def write() -> Any:
            if not request.if_match:
                return {"error": "say which version"}, 428
            if not request.if_match.contains(str(self.item["version"])):
                return {"error": "it has changed"}, 412
            self.item = {**self.item, **request.get_json(), "version": int(str(self.item["version"])) + 1}
            return read()

        @app.post("/orders")
        @app.delete("/orders")
        def order() -> Any:
            self.running += 1
            assert self.running == 1, "one at a time"
            time.sleep(0.02)
            self.running -= 1
            return ({"error": "no"}, 409) if request.args.get("fail") else {"ordered": True}

        @app.post("/away/<int:status>")
        def away(status: int) -> Any:
            return redirect("/orders" if status in (307, 308) else "/items/1", status)

        Gateway(app, routes=["*"], verbs=VERBS, profile="open", **settings)

    def run(self, document: str, variables: Any = None, **headers: str) -> Any:
        body = {"query": document, "variables": variables}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().post("/graphql", json=body, headers=named).json

    @property
    def keys(self) -> list[str | None]:
        return [key for _, _, key in self.asked]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


# Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): one key is one request's.


POST = 'post(path: "/orders") { ok }'
PASSED_ON: dict[str, tuple[str, list[str | None]]] = {
    "one mutation": (f"mutation {{ {POST} }}", ["k-1"]),
    "one and its name": (f"mutation {{ __typename {POST} }}", ["k-1"]),
    "one in a fragment": (f"mutation {{ ...F }} fragment F on Mutation {{ {POST} }}", ["k-1"]),
    "one that is left in": (f'mutation {{ {POST} b: post(path: "/orders") @skip(if: true) {{ ok }} }}', ["k-1"]),
    "one of several operations": (f"mutation M {{ {POST} }} query Q {{ routes {{ path }} }}", ["k-1"]),
    "one and what depends on it": ('mutation { post(path: "/orders") { get(path: "/items/1") } }', ["k-1", None]),
    "two": (f"mutation {{ {POST} b: {POST} }}", [None, None]),
    "two, one of them refused": (f'mutation {{ {POST} b: post(path: "/graphql") {{ ok }} }}', [None]),
    "a query": ('{ get(path: "/items/1") }', [None]),
    "its own key": (
        'mutation { post(path: "/orders", headers: [{name: "Idempotency-Key", value: "own"}]) { ok } }',
        ["own"],
    ),
    "own keys of two": (
        f'mutation {{ a: post(path: "/orders", headers: {{name: "idempotency-key", value: "own"}}) {{ ok }} {POST} }}',
        ["own", None],
    ),
}


@pytest.mark.parametrize("name", PASSED_ON)
def test_a_key_is_passed_on_where_the_operation_is_one_mutation(shop: Shop, name: str) -> None:
    document, keys = PASSED_ON[name]
    body = {"query": document, "operationName": "M" if "mutation M" in document else None}
    answer = shop.app.test_client().post("/graphql", json=body, headers=KEY)
    assert answer.status_code == 200
    assert shop.keys == keys
    shop.app.test_client().post("/graphql", json=body)
    assert shop.keys[len(keys) :] == [key if key == "own" else None for key in keys]  # no plan has kept it


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
@pytest.mark.parametrize("own", [True, False])
def test_a_key_goes_along_with_a_redirect_that_keeps_the_method(
    shop: Shop, status: int, method: str, own: bool
) -> None:
    headers = ', headers: [{name: "Idempotency-Key", value: "k-1"}, {name: "Prefer", value: "x"}]' if own else ""
    document = f'mutation {{ post(path: "/away/{status}"{headers}) {{ status }} }}'
    assert shop.run(document, **({} if own else KEY)) == {"data": {"post": {"status": 200}}}
    assert [(asked[0], asked[2]) for asked in shop.asked] == [
        ("POST", "k-1"),
        (method, "k-1" if method == "POST" else None),
    ]


def test_a_mutation_is_never_sent_again_by_itself(shop: Shop) -> None:
    found = shop.run('mutation { post(path: "/orders?fail=1") { status } }', **KEY)
    assert found == {"data": {"post": {"status": 409}}}
    assert shop.asked == [("POST", "/orders", "k-1")]


SDL = """
type Query { item: Item @get(path: "/items/1") }
type Item { name: String, version: Int, etag: String @select(header: "ETag") }
type Mutation {
  order(key: String): JSON @post(path: "/orders", headers: [{name: "Idempotency-Key", value: "{key}"}])
  rename(name: String!, etag: String!): Item
    @put(path: "/items/1", body: "{name: name}", headers: [{name: "If-Match", value: "{etag}"}])
}
"""


def test_a_typed_field_has_the_key_of_its_template_or_the_callers(tmp_path: Path) -> None:
    shop = Shop(tmp_path, SDL)
    for document in ('mutation { order(key: "own") }', "mutation { order }", "mutation { order a: order }"):
        assert "errors" not in shop.run(document, **KEY)
    assert shop.keys == ["own", "k-1", None, None]


# If-Match (RFC 9110 section 13.1.1): what a client has read is what it changes.


def test_a_write_holds_where_nothing_has_changed_and_is_412_where_something_has(shop: Shop) -> None:
    etag = shop.run('{ fetch(path: "/items/1") { etag } }')["data"]["fetch"]["etag"]
    assert etag == '"1"'
    document = """mutation ($etag: String!) {
        put(path: "/items/1", body: {name: "Mate"}, headers: [{name: "If-Match", value: $etag}]) { status etag json }
    }"""
    found = shop.run(document, {"etag": etag})["data"]["put"]
    assert found == {"status": 200, "etag": '"2"', "json": {"id": 1, "name": "Mate", "version": 2}}
    found = shop.run(document, {"etag": etag})["data"]["put"]
    assert found == {"status": 412, "etag": None, "json": {"error": "it has changed"}}
    assert shop.item["version"] == 2


def test_the_outer_requests_own_conditions_are_not_a_mutations(shop: Shop) -> None:
    document = 'mutation { put(path: "/items/1", body: {name: "Mate"}) { status } }'
    assert shop.run(document, If_Match='"1"') == {"data": {"put": {"status": 428}}}


def test_a_typed_field_sends_if_match_by_its_template(tmp_path: Path) -> None:
    shop = Shop(tmp_path, SDL)
    etag = shop.run("{ item { name etag } }")["data"]["item"]["etag"]
    document = 'mutation ($etag: String!) { rename(name: "Mate", etag: $etag) { name version etag } }'
    assert shop.run(document, {"etag": etag}) == {"data": {"rename": {"name": "Mate", "version": 2, "etag": '"2"'}}}
    found = shop.run(document, {"etag": etag})
    assert found["data"] == {"rename": None}
    (error,) = found["errors"]
    assert error["extensions"]["code"] == "UPSTREAM_STATUS"
    assert (error["extensions"]["http"]["status"], error["path"]) == (412, ["rename"])
    assert error["extensions"]["http"]["body"] == {"error": "it has changed"}


# B9: only mutations change anything, one after the other.


@pytest.mark.parametrize("method", ["GET", "QUERY", "HEAD"])
def test_b9_a_mutation_by_a_safe_method_is_refused(shop: Shop, method: str) -> None:
    query = {"query": f"mutation {{ {POST} }}"}
    sent: dict[str, Any] = {"json": query} if method == "QUERY" else {"query_string": query}
    answer = shop.app.test_client().open("/graphql", method=method, **sent)
    assert (answer.status_code, answer.headers["Allow"], shop.asked) == (405, "POST", [])
    assert method == "HEAD" or answer.json["errors"][0]["message"].startswith(f"{method} runs queries only")


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_b9_no_header_makes_a_safe_request_another(shop: Shop, name: str) -> None:
    document = '{ get(path: "/orders") fetch(path: "/orders?_method=POST") { status } aggregate(paths: ["/orders"]) }'
    client, headers = shop.app.test_client(), {name: "POST"}
    found = client.post("/graphql", json={"query": document}, headers=headers).json["data"]
    assert (found["get"], found["fetch"], found["aggregate"]["/orders"]["status"]) == (None, {"status": 405}, 405)
    assert client.post("/aggregate", json=["/orders"], headers=headers).json["/orders"]["status"] == 405
    query = {"query": f"mutation {{ {POST} }}"}
    assert client.get("/graphql", query_string=query, headers=headers).status_code == 405
    assert {method for method, path, _ in shop.asked if path == "/orders"} == {"GET"}


def test_b9_each_mutation_begins_when_the_one_before_it_has_ended_well_or_not(shop: Shop) -> None:
    document = """mutation {
        first: delete(path: "/orders?fail=1") { status }
        refused: post(path: "/nowhere") { status }
        second: post(path: "/orders") { status get(path: "/items/1", select: "name") }
        third: put(path: "/items/1", body: {}) { status }
    }"""
    found = shop.run(document)
    assert found["data"]["second"] == {"status": 200, "get": "Tea"}
    assert found["data"]["third"] == {"status": 428}
    assert found["data"]["first"]["status"] == 409
    assert [error["path"][0] for error in found["errors"]] == ["refused"]
    methods = [(method, path) for method, path, _ in shop.asked]
    assert methods == [("DELETE", "/orders"), ("POST", "/orders"), ("GET", "/items/1"), ("PUT", "/items/1")]
