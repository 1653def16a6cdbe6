"""The routes of a blog, and their types by each source: hand-written SDL, OpenAPI, annotations and samples."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flask import Flask, request

from restgql import Gateway
from restgql.cli import cli
from tests.conftest import Serve
from tests.scenarios.request_log import Log

Json = dict[str, Any]

POST = {"post_id": "7", "created_at": "2020", "post_state": "in_progress"}


@dataclass
class Post:
    post_id: str
    created_at: str
    post_state: Literal["in_progress", "done"]


def api(log: Log, *, prefix: str = "") -> Flask:
    """Return an app with a list, an item, a route that takes a body, and one whose answer has no type."""
    app = Flask("api", static_folder=None)
    log.listen(app, prefix)

    @app.get("/blog_posts")
    def blog_posts() -> list[Post]:
        assert request.args.get("page_size", 20, type=int) + len(request.args.get("post_state", ""))
        return [POST]  # type: ignore[list-item]

    @app.get("/blog_posts/<post_id>")
    def blog_post(post_id: str) -> Post:
        return POST | {"post_id": post_id}  # type: ignore[return-value]

    @app.post("/blog_posts")
    def add_blog_post() -> Any:
        return POST | request.get_json(), 201

    @app.get("/broken_thing")
    def broken_thing() -> "Nowhere":  # type: ignore[name-defined] # noqa: F821
        return [1, "a"]

    return app


# The sources, each with the types of these routes.

SDL = """
enum PostState { in_progress, done }
input PostInput { created_at: String, post_state: PostState }
type Post { post_id: String, created_at: String, post_state: PostState }
type Query {
  blog_posts(page_size: Int, post_state: PostState): [Post] @get(path: "/blog_posts{?page_size,post_state}")
  blog_post(post_id: String!): Post @get(path: "/blog_posts/{post_id}")
}
type Mutation { add_blog_post(input: PostInput): Post @post(path: "/blog_posts", body: "input") }
"""
CAMEL_SDL = """
enum PostState { inProgress @value(is: "in_progress"), done }
input PostInput { createdAt: String, postState: PostState }
type Post { postId: String, createdAt: String, postState: PostState }
type Query {
  blogPosts(pageSize: Int, postState: PostState): [Post]
    @get(path: "/blog_posts", query: "{page_size: pageSize, post_state: postState}")
  blogPost(postId: String!): Post @get(path: "/blog_posts/{postId}")
}
type Mutation { addBlogPost(input: PostInput): Post @post(path: "/blog_posts", body: "input") }
"""


def answers(schema: Json) -> Json:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


def parameter(name: str, place: str, schema: Json) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


REF = {"$ref": "#/components/schemas/Post"}
STATE = {"$ref": "#/components/schemas/PostState"}
PARAMETERS = [parameter("page_size", "query", {"type": "integer"}), parameter("post_state", "query", STATE)]
DOCUMENT: Json = {
    "openapi": "3.0.3",
    "info": {"title": "Blog", "version": "1"},
    "paths": {
        "/blog_posts": {
            "get": {
                "operationId": "blog_posts",
                "parameters": PARAMETERS,
                **answers({"type": "array", "items": REF}),
            },
            "post": {
                "operationId": "add_blog_post",
                "requestBody": {"content": {"application/json": {"schema": REF}}},
                **answers(REF),
            },
        },
        "/blog_posts/{post_id}": {
            "get": {
                "operationId": "blog_post",
                "parameters": [parameter("post_id", "path", {"type": "string"})],
                **answers(REF),
            }
        },
    },
    "components": {
        "schemas": {
            "PostState": {"type": "string", "enum": ["in_progress", "done"]},
            "Post": {
                "type": "object",
                "properties": {"post_id": {"type": "string"}, "created_at": {"type": "string"}, "post_state": STATE},
            },
        }
    },
}
LOST = {"operationId": "broken_thing", **answers({"$ref": "#/components/schemas/Nowhere"})}
BROKEN_DOCUMENT = DOCUMENT | {"paths": DOCUMENT["paths"] | {"/broken_thing": {"get": LOST}}}


class World:
    """An app with a gateway, and the requests that arrived at it or at an upstream."""

    def __init__(self, folder: Path, serve: Serve) -> None:
        self._folder = folder
        self._serve = serve
        self.log = Log()
        self.without_gateway()

    def mount(self, **keys: Any) -> None:
        Gateway(self.app, routes=["*"], profile="open", **keys)

    def write(self, name: str, text: str) -> str:
        (self._folder / name).write_text(text)
        return name

    def upstream(self) -> str:
        """Serve the API as an upstream, and return its URL."""
        return self._serve(api(self.log, prefix="/shop"))

    def without_routes(self) -> None:
        """Take an app without routes of its own."""
        self.app = Flask("gateway", root_path=str(self._folder), static_folder=None)
        self.log.listen(self.app)

    def without_gateway(self) -> None:
        """Take another app of the same routes."""
        self.app = api(self.log)
        self.app.root_path = str(self._folder)

    def ask(self, query: str, query_string: str = "") -> Any:
        """Return the answer to an operation, and forget earlier requests."""
        self.log.lines.clear()
        client, headers = self.app.test_client(), {"Accept": "application/json"}
        return json.loads(client.post(f"/graphql{query_string}", json={"query": query}, headers=headers).data)


def infer(*paths: str, **keys: Any) -> str:
    """Return the SDL that the command infers from the answers of the API."""
    sampled = api(Log())
    Gateway(sampled, routes=["*"], profile="open", **keys)
    result = sampled.test_cli_runner().invoke(cli, ["infer", *paths])
    assert result.exit_code == 0, result.output
    return result.stdout


def sdl(world: World, **keys: Any) -> None:
    text = CAMEL_SDL if keys.get("camel_case") else SDL
    world.mount(schema=world.write("types.graphql", text), **keys)


def openapi(world: World, **keys: Any) -> None:
    world.mount(**{"openapi": DOCUMENT} | keys)


def annotations(world: World, **keys: Any) -> None:
    world.mount(annotations=True, **keys)


def samples(world: World, **keys: Any) -> None:
    text = infer("/blog_posts", "/blog_posts/7", camel_case=keys.get("camel_case", False))
    world.mount(schema=world.write("types.graphql", text), **keys)


SOURCES = {"sdl": sdl, "openapi": openapi, "annotations": annotations, "samples": samples}
