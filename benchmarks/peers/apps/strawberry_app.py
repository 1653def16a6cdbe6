"""The back end with Strawberry's view; resolvers use the test client, and ask for each user once."""

from typing import Any

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.flask.views import GraphQLView
from strawberry.schema.config import StrawberryConfig

from benchmarks.backend import create_app
from benchmarks.peers.apps.test_client import get, get_once

app = create_app()


@strawberry.type
class User:
    id: int
    name: str
    username: str
    email: str
    active: bool

    @strawberry.field
    def posts(self, info: strawberry.Info) -> "list[Post]":
        return [Post(**post) for post in get_once(app, info.context, f"/posts?userId={self.id}")]


@strawberry.type
class Post:
    id: int
    userId: int
    title: str
    slug: str
    body: str
    views: int
    likes: int
    createdAt: str
    published: bool
    tags: list[str]

    @strawberry.field
    def user(self, info: strawberry.Info) -> User:
        return User(**get_once(app, info.context, f"/users/{self.userId}"))


@strawberry.type
class Slow:
    n: int


@strawberry.type
class Query:
    @strawberry.field
    def post(self, id: int) -> Post:
        return Post(**get(app, f"/posts/{id}"))

    @strawberry.field
    def posts(self) -> list[Post]:
        return [Post(**post) for post in get(app, "/posts")]

    @strawberry.field
    def items(self, count: int) -> list[Post]:
        return [Post(**post) for post in get(app, f"/items/{count}")]

    @strawberry.field
    def slow(self, ms: int, n: int) -> Slow:
        return Slow(n=get(app, f"/slow/{ms}/{n}")["n"])


class View(GraphQLView[dict[str, Any], None]):
    def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        return {}


schema = strawberry.Schema(
    Query,
    config=StrawberryConfig(auto_camel_case=False),
    extensions=[ParserCache(maxsize=100), ValidationCache(maxsize=100)],
)
app.add_url_rule("/graphql", view_func=View.as_view("graphql", schema=schema, graphql_ide=None))
