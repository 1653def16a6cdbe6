"""Every source of types with every feature that changes names, routes or what is beside them: a table of pairs.

Each row has operations, the data that arrives, and the requests as the app or the upstream saw them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import graphene
import pytest

import restgql
from restgql import ConfigError
from tests.conftest import Serve
from tests.schema.blog import (
    BROKEN_DOCUMENT,
    CAMEL_SDL,
    DOCUMENT,
    POST,
    SDL,
    SOURCES,
    Json,
    World,
    annotations,
    infer,
    sdl,
)

# What each source can be asked for, and the request that leaves.


class Ask(NamedTuple):
    """An operation, its data, or the code of its error, and the requests that it makes."""

    query: str
    expected: Json | str
    requests: tuple[str, ...] = ()


ITEM = Ask(
    '{ blog_post(post_id: "a b") { post_id created_at post_state } }',
    {"blog_post": {"post_id": "a b", "created_at": "2020", "post_state": "in_progress"}},
    ("GET /blog_posts/a%20b",),
)
LIST = Ask(
    "{ blog_posts(page_size: 2, post_state: in_progress) { post_id post_state } }",
    {"blog_posts": [{"post_id": "7", "post_state": "in_progress"}]},
    ("GET /blog_posts?page_size=2&post_state=in_progress",),
)
LIST_BY_TEXT = LIST._replace(query=LIST.query.replace("in_progress", '"in_progress"'))
LIST_OF_ALL = LIST._replace(query="{ blog_posts { post_id post_state } }", requests=("GET /blog_posts",))
ADD = Ask(
    'mutation { add_blog_post(input: {created_at: "2021", post_state: done}) { post_id created_at post_state } }',
    {"add_blog_post": {"post_id": "7", "created_at": "2021", "post_state": "done"}},
    ('POST /blog_posts {"created_at":"2021","post_state":"done"}',),
)
PLAIN: dict[str, tuple[Ask, ...]] = {
    "sdl": (ITEM, LIST, ADD),
    "openapi": (ITEM, LIST, ADD),
    "annotations": (ITEM, LIST_BY_TEXT),  # an annotation says nothing of a body, nor of the values of an argument
    "samples": (ITEM, LIST_OF_ALL),  # a sample says nothing of a body, nor of arguments in the query
}

CAMEL_ITEM = Ask(
    '{ blogPost(postId: "a b") { postId createdAt postState } }',
    {"blogPost": {"postId": "a b", "createdAt": "2020", "postState": "inProgress"}},
    ITEM.requests,
)
CAMEL_LIST = Ask(
    "{ blogPosts(pageSize: 2, postState: inProgress) { postId postState } }",
    {"blogPosts": [{"postId": "7", "postState": "inProgress"}]},
    LIST.requests,
)
CAMEL_ADD = Ask(
    'mutation { addBlogPost(input: {createdAt: "2021", postState: done}) { postId createdAt postState } }',
    {"addBlogPost": {"postId": "7", "createdAt": "2021", "postState": "done"}},
    ADD.requests,
)
CAMEL: dict[str, tuple[Ask, ...]] = {
    "sdl": (CAMEL_ITEM, CAMEL_LIST, CAMEL_ADD),
    "openapi": (CAMEL_ITEM, CAMEL_LIST, CAMEL_ADD),
    "annotations": (CAMEL_ITEM, CAMEL_LIST._replace(query=CAMEL_LIST.query.replace("inProgress", '"in_progress"'))),
    "samples": (  # the values of an enum are texts
        CAMEL_ITEM._replace(expected={"blogPost": {"postId": "a b", "createdAt": "2020", "postState": "in_progress"}}),
        Ask("{ blogPosts { postState } }", {"blogPosts": [{"postState": "in_progress"}]}, ("GET /blog_posts",)),
    ),
}


def of_upstream(asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
    return tuple(ask._replace(requests=tuple(f"/shop: {line}" for line in ask.requests)) for ask in asks)


# The features: what they add to the keys of a gateway, and what they let one ask for or not.


class Author(graphene.ObjectType):
    name = graphene.String()


class Query(graphene.ObjectType):
    the_author = graphene.Field(Author)
    author_of = restgql.Get(
        Author, path="/blog_posts/{post_id}", select="{name: post_id}", post_id=graphene.ID(required=True)
    )

    def resolve_the_author(root: Any, info: Any) -> Any:
        return {"name": "Ada"}


OWN = Ask("{ theAuthor { name } }", {"theAuthor": {"name": "Ada"}})
OWN_ROUTE = Ask('{ authorOf(postId: "7") { name } }', {"authorOf": {"name": "7"}}, ("GET /blog_posts/7",))
UNTYPED = Ask('{ get(path: "/blog_posts/7") }', {"get": POST}, ("GET /blog_posts/7",))
NO_UNTYPED = UNTYPED._replace(expected="BAD_REQUEST", requests=())
NO_VERB = Ask('mutation { post(path: "/blog_posts", body: {}) { status } }', "BAD_REQUEST")
VERB = Ask(
    'mutation { post(path: "/blog_posts", body: {created_at: "2022"}) { status json(select: "created_at") } }',
    {"post": {"status": 201, "json": "2022"}},
    ('POST /blog_posts {"created_at":"2022"}',),
)
BROKEN = Ask("{ broken_thing }", {"broken_thing": [1, "a"]}, ("GET /broken_thing",))
UNAVAILABLE = Ask("{ of_the_document_that_failed }", "SCHEMA_UNAVAILABLE")
FAR_ITEM = Ask(
    ITEM.query.replace("blog_post(", "shop_blog_post("),
    {"shop_blog_post": {"post_id": "a b", "created_at": "2020", "post_state": "in_progress"}},
    ITEM.requests,
)
FAR_ADD = Ask(
    ADD.query.replace("add_blog_post", "shop_add_blog_post"),
    {"shop_add_blog_post": {"post_id": "7", "created_at": "2021", "post_state": "done"}},
    ADD.requests,
)
UNTYPED_UPSTREAM = UNTYPED._replace(query='{ get(path: "/shop/blog_posts/7") }')
LOCKED_LIST = LIST._replace(
    query=LIST.query.replace("blog_posts", "articles"),
    expected={"articles": [{"post_id": "7", "post_state": "in_progress"}]},
)
LOCKED_ADD = ADD._replace(
    query=ADD.query.replace("add_blog_post", "write"),
    expected={"write": {"post_id": "7", "created_at": "2021", "post_state": "done"}},
)
NAMES = {"GET /blog_posts": "articles", "POST /blog_posts": "write"}


def locked(world: World, source: str) -> None:
    SOURCES[source](world, openapi_names=world.write("names.json", json.dumps(NAMES)))


def typed_upstream(world: World, source: str, **keys: Any) -> None:
    entry: Json = {"url": world.upstream()}
    if source == "annotations":
        annotations(world, upstreams={"/shop": entry}, **keys)
        return
    world.without_routes()
    if source == "openapi":
        world.mount(upstreams={"/shop": entry | {"openapi": DOCUMENT}}, **keys)
        return
    is_camel = keys.get("camel_case", False)
    written = CAMEL_SDL if is_camel else SDL
    text = written if source == "sdl" else infer("/blog_posts", "/blog_posts/7", camel_case=is_camel)
    schema = world.write("types.graphql", text.replace('path: "/', 'path: "/shop/'))
    world.mount(schema=schema, upstreams={"/shop": entry}, **keys)


def beside_upstream(world: World, source: str) -> None:
    entry = {"url": world.upstream(), "openapi": DOCUMENT, "prefix": "shop_"}
    SOURCES[source](world, upstreams={"/shop": entry})


def beside_failing(world: World, source: str) -> None:
    """Mount a source beside a document that cannot be read when the types are built."""

    def unreadable() -> Json:
        raise OSError("no such document")

    SOURCES[source](world, openapi=[DOCUMENT, unreadable] if source == "openapi" else unreadable)


def beside_broken(world: World, source: str) -> None:
    match source:
        case "sdl":
            lost = 'extend type Query { broken_thing: Nowhere @get(path: "/broken_thing") }'
            with pytest.raises(ConfigError, match=r"types\.graphql:.*Nowhere"):
                world.mount(schema=world.write("types.graphql", SDL + lost))
            world.without_gateway()
            sdl(world)
        case "openapi":
            world.mount(openapi=BROKEN_DOCUMENT)
        case "annotations":
            annotations(world)
        case "samples":
            text = infer("/blog_posts", "/blog_posts/7", "/broken_thing")
            world.mount(schema=world.write("types.graphql", text))


Mount = Callable[[World, str], None]


def keys(**keys: Any) -> Mount:
    return lambda world, source: SOURCES[source](world, **keys)


class Feature(NamedTuple):
    mount: Mount
    asks: dict[str, tuple[Ask, ...]]


def each(*more: Ask) -> dict[str, tuple[Ask, ...]]:
    """Return what each source can be asked for as always, and more."""
    return {source: (*asks, *more) for source, asks in PLAIN.items()}


ALL: Json = {"camel_case": True, "query": Query, "untyped": False, "verbs": ["GET", "POST"]}

PAIRS: dict[str, Feature] = {
    "nothing": Feature(keys(), each(UNTYPED, NO_VERB)),
    "camel_case": Feature(keys(camel_case=True), CAMEL),
    "query=": Feature(keys(query=Query), each(OWN, OWN_ROUTE)),
    "untyped off": Feature(keys(untyped=False), each(NO_UNTYPED, NO_VERB)),
    "verbs": Feature(keys(verbs=["GET", "POST"]), each(UNTYPED, VERB)),
    # The names of other sources are in the app's own files.
    "lockfile": Feature(locked, each() | {"openapi": (ITEM, LOCKED_LIST, LOCKED_ADD)}),
    # An annotation is of a view of this process: an upstream has none, and stays untyped beside it.
    "upstream": Feature(
        typed_upstream,
        {source: of_upstream(asks) for source, asks in PLAIN.items()}
        | {"annotations": (*PLAIN["annotations"], *of_upstream((UNTYPED_UPSTREAM,)))},
    ),
    "beside a typed upstream": Feature(beside_upstream, each(*of_upstream((FAR_ITEM, FAR_ADD)))),
    "beside a source that fails": Feature(beside_failing, each(UNTYPED, UNAVAILABLE)),
    # Hand-written SDL is checked at start: the app does not start half-typed.
    "broken neighbour": Feature(beside_broken, each(BROKEN) | {"sdl": PLAIN["sdl"]}),
    "all of them": Feature(keys(**ALL), {source: (*CAMEL[source], OWN, OWN_ROUTE, NO_UNTYPED) for source in CAMEL}),
    "all of them at an upstream": Feature(
        lambda world, source: typed_upstream(world, source, **ALL),
        {
            source: (*(asks if source == "annotations" else of_upstream(asks)), OWN, NO_UNTYPED)
            for source, asks in CAMEL.items()
        },
    ),
}


def test_a_document_whose_server_is_an_upstream(tmp_path: Path, serve: Serve) -> None:
    world = World(tmp_path, serve)
    url = world.upstream()
    world.without_routes()
    world.mount(openapi=DOCUMENT | {"servers": [{"url": url}]}, upstreams={"/shop": url})
    check(world, of_upstream(PLAIN["openapi"]))


@pytest.mark.parametrize("is_remote", [False, True])
def test_an_api_key_in_the_query_is_for_the_app_alone(is_remote: bool, tmp_path: Path, serve: Serve) -> None:
    world = World(tmp_path, serve)
    url, key = world.upstream(), {"type": "apiKey", "in": "query", "name": "api_key"}
    if is_remote:
        world.without_routes()
    secured = {"components": DOCUMENT["components"] | {"securitySchemes": {"key": key}}, "security": [{"key": []}]}
    servers = {"servers": [{"url": url if is_remote else "/"}]}
    world.mount(openapi=DOCUMENT | secured | servers, upstreams={"/shop": url})
    for ask in PLAIN["openapi"]:
        assert world.ask(ask.query, "?api_key=k") == {"data": ask.expected}
        (line,) = world.log.lines
        assert line.startswith("/shop: ") is is_remote
        assert ("api_key=k" in line) is not is_remote


@pytest.mark.parametrize("source", SOURCES)
def test_untyped_off_closes_the_list_of_paths(source: str, tmp_path: Path, serve: Serve) -> None:
    world = World(tmp_path, serve)
    SOURCES[source](world, untyped=False)
    assert world.app.test_client().post("/aggregate", json=["/blog_posts/7"]).status_code == 404


@pytest.mark.parametrize("feature", PAIRS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_source_with_a_feature(source: str, feature: str, tmp_path: Path, serve: Serve) -> None:
    world = World(tmp_path, serve)
    PAIRS[feature].mount(world, source)
    check(world, PAIRS[feature].asks[source])


def check(world: World, asks: tuple[Ask, ...]) -> None:
    assert asks
    for _ in range(2):  # the plan is cached
        for ask in asks:
            answer = world.ask(ask.query)
            if isinstance(ask.expected, str):
                assert [error["extensions"]["code"] for error in answer["errors"]] == [ask.expected]
            else:
                assert answer == {"data": ask.expected}
            assert tuple(world.log.lines) == ask.requests
