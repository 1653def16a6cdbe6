"""Q2: a value that JSON cannot write is an error at its place."""

from decimal import Decimal
from typing import Any

import graphene
import pytest
from flask import Flask, request, session
from graphene.types.generic import GenericScalar
from graphql import GraphQLError

from restgql import JSON, Gateway
from tests.hardening.client import EVENTS, GRAPHQL, MULTIPART, WHOLE, ask, codes, post
from tests.hardening.store import VERBS, accepts

UNWRITABLE: dict[str, Any] = {
    "object": object(),
    "nan": float("nan"),
    "infinite": [1.0, float("-inf")],
    "below": {"deep": [{"when": object()}]},
    "surrogate": "\ud800",
    "surrogate-key": {"\udc00": 1},
    "set": {object()},
    "key": {(1, 2): 3},
    "exception": {"error": ValueError("secret")},
    "function": len,
}
SPELLED: dict[str, tuple[Any, list[Any]]] = {
    "decimal": (Decimal("1.50"), ["1.50", 1.5]),
    "bytes": (b"ab", ["ab", "YWI="]),
    "number-key": ({1: 2}, [{"1": 2}]),
    "none-key": ({None: 2}, [{"null": 2}, {"None": 2}]),
    "tuple": ((1, 2), [[1, 2]]),
}
"""Values that JSON has no words for, with what they may be written as where they are no errors."""


class Values:
    """An app whose resolvers give such a value."""

    def __init__(self, value: Any) -> None:
        def give(root: Any, info: Any, /, **arguments: Any) -> Any:
            return value

        def lone(root: Any, info: Any, /) -> str:
            return "a\ud800b"

        class Holder(graphene.ObjectType):
            any = graphene.Field(GenericScalar, resolver=give)
            must = graphene.Field(GenericScalar, resolver=give, required=True)
            ok = graphene.Field(graphene.Int, resolver=lambda root, info: 3)

        class Query(graphene.ObjectType):
            any = graphene.Field(GenericScalar, resolver=give)
            js = graphene.Field(JSON, resolver=give)
            many = graphene.Field(graphene.List(GenericScalar), resolver=lambda root, info: [1, value, 3])
            text = graphene.Field(graphene.String, resolver=lone)
            number = graphene.Field(graphene.Float, resolver=lambda root, info: float("nan"))
            numbers = graphene.Field(graphene.List(graphene.Float), resolver=lambda root, info: [1.5, float("inf")])
            big = graphene.Field(graphene.BigInt, resolver=lambda root, info: 2**70)
            holder = graphene.Field(Holder, resolver=lambda root, info: {})
            ok = graphene.Field(graphene.Int, resolver=lambda root, info: 1)

        class Mutation(graphene.ObjectType):
            any = graphene.Field(GenericScalar, resolver=give)
            js = graphene.Field(JSON, resolver=give)

        self.app = Flask(__name__)
        self.writes: list[str] = []
        self.app.add_url_rule("/items", "items", lambda: {"a": 1})
        self.app.add_url_rule("/items", "add", self._write, methods=["POST"])
        self.gateway = Gateway(self.app, query=Query, mutation=Mutation, verbs=VERBS, max_batch=5)

    def _write(self) -> Any:
        self.writes.append(request.method)
        return {"id": len(self.writes)}

    def execute(self, query: str, way: str) -> Any:
        """The response map, by a way of asking."""
        match way:
            case "execute":
                return self.gateway.execute(query)
            case "batch":
                answer = post(self.app, "/graphql", [{"query": "{ ok }"}, {"query": query}, {"query": "{ ok }"}])
                assert answer.status == 200
                first, response, last = answer.json
                assert first == last == {"data": {"ok": 1}}
                return response
        return ask(self.app, query, accept=way).merged


WAYS = pytest.mark.parametrize("way", [WHOLE, GRAPHQL, MULTIPART, EVENTS, "batch", "execute"])


@WAYS
@pytest.mark.parametrize("name", UNWRITABLE)
def test_q2_a_value_that_json_cannot_write_is_an_error_at_its_place(name: str, way: str) -> None:
    values = Values(UNWRITABLE[name])
    query = '{ ok any js get(path: "/items") holder { ok any } one: holder { must ok } many big }'
    response = values.execute(query, way)
    data, errors = response["data"], codes(response)
    assert (data["ok"], data["get"], data["holder"]) == (1, {"a": 1}, {"ok": 3, "any": None})
    assert (data["any"], data["js"], data["one"]) == (None, None, None)
    assert data["many"] in (None, [1, None, 3])
    assert str(data["big"]) == str(2**70)
    many = "many" if data["many"] is None else "many.1"
    assert errors.keys() == {"any", "js", "holder.any", "one.must", many}
    assert "secret" not in str(response)


@WAYS
@pytest.mark.parametrize("name", SPELLED)
def test_q2_a_value_that_json_has_no_words_for_is_spelled_or_is_an_error(name: str, way: str) -> None:
    value, spellings = SPELLED[name]
    response = Values(value).execute("{ ok any js holder { ok any } }", way)
    data, errors = response["data"], codes(response)
    assert (data["ok"], data["holder"]["ok"]) == (1, 3)
    for path, found in {"any": data["any"], "js": data["js"], "holder.any": data["holder"]["any"]}.items():
        assert (found in spellings and path not in errors) or (found is None and path in errors)


@WAYS
def test_q2_a_text_or_number_that_json_cannot_write_is_an_error_at_its_place(way: str) -> None:
    response = Values(1).execute("{ ok text number numbers big other: any }", way)
    data = response["data"]
    numbers = "numbers" if data["numbers"] is None else "numbers.1"
    assert data["numbers"] in (None, [1.5, None])
    assert {key: data[key] for key in ("ok", "text", "number", "other")} == {
        "ok": 1,
        "text": None,
        "number": None,
        "other": 1,
    }
    assert int(data["big"]) == 2**70
    assert codes(response).keys() == {"text", "number", numbers}


@accepts
@pytest.mark.parametrize("error", [GraphQLError("a\ud800b"), GraphQLError("a", extensions={"when": object()})])
def test_q2_an_error_that_json_cannot_write_is_an_error_at_its_place(error: GraphQLError, accept: str) -> None:
    response = ask(Values(error).app, "{ ok any ... @defer { holder { ok any } } }", accept=accept).merged
    assert response["data"] == {"ok": 1, "any": None, "holder": {"ok": 3, "any": None}}
    assert codes(response).keys() == {"any", "holder.any"}


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
@pytest.mark.parametrize("name", UNWRITABLE)
def test_q2_such_a_value_in_a_deferred_fragment_is_an_error_at_its_place(name: str, accept: str) -> None:
    values = Values(UNWRITABLE[name])
    query = '{ s: get(path: "/items") ok ... @defer { any holder { ok any } } many @stream(initialCount: 1) }'
    response = ask(values.app, query, accept=accept).merged
    data, errors = response["data"], codes(response)
    assert (data["s"], data["ok"], data["any"], data["holder"]) == ({"a": 1}, 1, None, {"ok": 3, "any": None})
    assert data["many"] == [1, None, 3]
    assert errors.keys() == {"any", "holder.any", "many.1"}


@accepts
@pytest.mark.parametrize("name", UNWRITABLE)
def test_q2_such_a_value_after_a_write_leaves_the_writes_in_the_answer(name: str, accept: str) -> None:
    values = Values(UNWRITABLE[name])
    query = 'mutation { a: post(path: "/items") { json } any b: post(path: "/items") { json } js }'
    response = ask(values.app, query, accept=accept).merged
    assert response["data"] == {"a": {"json": {"id": 1}}, "any": None, "b": {"json": {"id": 2}}, "js": None}
    assert codes(response).keys() == {"any", "js"}
    assert values.writes == ["POST", "POST"]


def test_q1_a_resolver_that_asks_sends_the_cookies_of_the_mutations_before_it() -> None:
    app = Flask(__name__)
    app.secret_key = "secret"

    @app.post("/login")
    def login() -> Any:
        session["user"] = request.get_json()["name"]
        return {}

    @app.post("/logout")
    def logout() -> Any:
        session.clear()
        return {}

    @app.get("/me")
    def me() -> Any:
        return {"name": session.get("user", "nobody")}

    class Mutation(graphene.ObjectType):
        me = graphene.List(graphene.String)

        @staticmethod
        def resolve_me(root: Any, info: Any) -> list[str]:
            nested = gateway.execute('{ get(path: "/me", select: "name") aggregate(paths: ["/me"]) }')["data"]
            return [gateway.get("/me")["name"], nested["get"], nested["aggregate"]["/me"]["name"]]

    gateway = Gateway(app, routes=["*"], verbs=["GET", "POST"], mutation=Mutation)
    query = """mutation {
      before: me
      in: post(path: "/login", body: {name: "ada"}) { get(path: "/me", select: "name") }
      within: me
      out: post(path: "/logout") { status }
      after: me
    }"""
    answer = app.test_client().post("/graphql", json={"query": query}).get_json()
    assert answer["data"] == {
        "before": ["nobody"] * 3,
        "in": {"get": "ada"},
        "within": ["ada"] * 3,
        "out": {"status": 200},
        "after": ["nobody"] * 3,
    }
