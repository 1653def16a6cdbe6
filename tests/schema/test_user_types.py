"""Types that users write with graphene, in one operation with the gateway's fields."""

from typing import Any

import graphene
import pytest
from flask import Flask

import restgql
from restgql import ConfigError, Gateway


class Author(graphene.ObjectType):
    name = graphene.String()
    full_name = graphene.String()
    shout = graphene.String()

    @staticmethod
    def resolve_shout(author: Any, info: Any) -> str:
        return author.value["name"].upper()


class Post(graphene.ObjectType):
    id = graphene.ID()
    user_id = graphene.Int()
    author = restgql.Get(Author, path="/users/{user_id}")


class Query(graphene.ObjectType):
    greeting = graphene.String(name=graphene.String(default_value="you"))
    post = restgql.Get(Post, path="/posts/{id}", id=graphene.ID(required=True))
    names = restgql.Get(
        graphene.List(graphene.String), path="/users{?sort_by}", sort_by=graphene.String(), select="[].name"
    )
    total = graphene.Int()
    plain = graphene.Field(Author)

    @staticmethod
    def resolve_greeting(root: Any, info: Any, name: str) -> str:
        assert root is None
        return f"Hello, {name}!"

    @staticmethod
    def resolve_total(root: Any, info: Any) -> int:
        return sum(GATEWAYS[-1].get(f"/number/{number}") for number in range(3))

    @staticmethod
    def resolve_plain(root: Any, info: Any) -> dict[str, str]:
        return {"name": "plain", "full_name": "Plain Jane"}


class Rename(graphene.Mutation):
    class Arguments:
        name = graphene.String()

    ok = graphene.Boolean()

    @staticmethod
    def mutate(root: Any, info: Any, name: str) -> "Rename":
        assert root is None
        return Rename(ok=name == "x")


class Mutation(graphene.ObjectType):
    rename = Rename.Field()


GATEWAYS: list[Gateway] = []


def gateway(hits: list[str], **settings: Any) -> Gateway:
    app = Flask(__name__)

    @app.before_request
    def hit() -> None:
        from flask import request

        hits.append(request.full_path.rstrip("?"))

    app.add_url_rule("/users/<int:id>", "user", lambda id: {"name": f"u{id}", "full_name": f"User {id}"})
    app.add_url_rule("/users", "users", lambda: [{"name": "a"}, {"name": "b"}])
    app.add_url_rule("/posts/<int:id>", "post", lambda id: {"id": id, "user_id": id + 1})
    app.add_url_rule("/number/<int:id>", "number", lambda id: str(id))
    app.add_url_rule("/count/<int:id>", "count", lambda id: [id])
    app.view_functions["number"] = lambda id: (str(id), 200, {"Content-Type": "application/json"})
    GATEWAYS.append(Gateway(app, query=Query, mutation=Mutation, routes=["*"], **settings))
    return GATEWAYS[-1]


def test_a_field_of_ones_own_is_planned_with_the_rest() -> None:
    hits: list[str] = []
    answer = gateway(hits).execute(
        """{ greeting post(id: 4) { id userId author { name fullName shout } } names(sortBy: "x") plain { fullName }
        get(path: "/users/6") }"""
    )
    assert answer == {
        "data": {
            "greeting": "Hello, you!",
            "post": {"id": "4", "userId": 5, "author": {"name": "u5", "fullName": "User 5", "shout": "U5"}},
            "names": ["a", "b"],
            "plain": {"fullName": "Plain Jane"},
            "get": {"full_name": "User 6", "name": "u6"},
        }
    }
    assert sorted(hits) == ["/posts/4", "/users/5", "/users/6", "/users?sort_by=x"]


def test_a_resolver_that_asks_by_itself_is_inside_the_budget() -> None:
    assert gateway([], max_subrequests=4).execute('{ total get(path: "/users/5") }')["data"]["total"] == 3
    answer = gateway([], max_subrequests=3).execute('{ total get(path: "/users/5") }')
    assert answer["data"]["total"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["LIMIT_EXCEEDED"]


def test_a_mutation_of_ones_own() -> None:
    assert gateway([]).execute('mutation { rename(name: "x") { ok } }') == {"data": {"rename": {"ok": True}}}


def test_a_name_that_the_gateway_has_is_an_error_at_the_start() -> None:
    class Clash(graphene.ObjectType):
        fetch = graphene.String()

    with pytest.raises(ConfigError, match=r"Clash\.fetch"):
        Gateway(Flask(__name__), query=Clash)


@pytest.mark.parametrize(
    "options",
    [{"path": "/x/{a"}, {"path": "/x", "select": "[[["}, {"path": "/x", "headers": {"Cookie": "a"}}],
    ids=["template", "select", "header"],
)
def test_a_field_that_cannot_be_says_so(options: Any) -> None:
    with pytest.raises(ConfigError, match=r"Get\(path="):
        restgql.Get(graphene.String, **options)
