"""The back end with a graphene schema behind a view; resolvers use the test client, and ask for each user once."""

from typing import Any

from flask import request
from graphene import Boolean, Field, Int, List, ObjectType, Schema, String

from benchmarks.backend import create_app
from benchmarks.peers.apps.test_client import get, get_once

app = create_app()


class User(ObjectType):
    id = Int()
    name = String()
    username = String()
    email = String()
    posts = List(lambda: Post)

    def resolve_posts(self: Any, info: Any) -> Any:
        return get_once(app, info.context, f"/posts?userId={self['id']}")


class Post(ObjectType):
    id = Int()
    userId = Int()
    title = String()
    slug = String()
    body = String()
    views = Int()
    likes = Int()
    createdAt = String()
    published = Boolean()
    tags = List(String)
    user = Field(User)

    def resolve_user(self: Any, info: Any) -> Any:
        return get_once(app, info.context, f"/users/{self['userId']}")


class Slow(ObjectType):
    n = Int()


class Query(ObjectType):
    post = Field(Post, id=Int(required=True))
    posts = List(Post)
    items = List(Post, count=Int(required=True))
    slow = Field(Slow, ms=Int(required=True), n=Int(required=True))

    def resolve_post(self: Any, info: Any, id: int) -> Any:
        return get(app, f"/posts/{id}")

    def resolve_posts(self: Any, info: Any) -> Any:
        return get(app, "/posts")

    def resolve_items(self: Any, info: Any, count: int) -> Any:
        return get(app, f"/items/{count}")

    def resolve_slow(self: Any, info: Any, ms: int, n: int) -> Any:
        return get(app, f"/slow/{ms}/{n}")


schema = Schema(query=Query, auto_camelcase=False)


@app.post("/graphql")
def graphql() -> Any:
    result = schema.execute(request.get_json()["query"], context_value={})
    return {"data": result.data, **({"errors": list(map(str, result.errors))} if result.errors else {})}
