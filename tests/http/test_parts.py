"""The responses that an answer is made of, those of redirects, batches and refusals among them: all of them count."""

from typing import Any

import graphene
import pytest
from flask import Flask, g, request

from restgql import Gateway

CACHE = "Cache-Control"
PUBLIC = {CACHE: "public, max-age=60"}
BLOG = """
type Query { posts: [Post] @get(path: "/posts")  post: Post @get(path: "/missing") }
type Post {
  id: ID
  author: User @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"]})
}
type User { id: ID  name: String }
"""


class Query(graphene.ObjectType):
    me = graphene.String()

    @staticmethod
    def resolve_me(root: Any, info: Any) -> str:
        return str(g.user)


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/public", "public", lambda: ({"a": 1}, 200, PUBLIC))
    app.add_url_rule("/secret", "secret", lambda: {})
    return app


def hop(app: Flask, path: str, to: str, **fields: str) -> None:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    app.add_url_rule(path, path.strip("/"), lambda: ("", 302, {"Location": to, **named}))


def both(app: Flask, path: str) -> list[Any]:
    """The answers to one path at both endpoints."""
    client = app.test_client()
    return [
        client.get("/aggregate", query_string={"path": path}),
        client.get("/graphql", query_string={"query": f'{{ get(path: "{path}") }}'}),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (PUBLIC, "public, max-age=60"),
        ({CACHE: "public, max-age=5", "Vary": "X-A"}, "public, max-age=5"),
        ({CACHE: "private, max-age=90"}, "private, max-age=60"),
        ({}, "private, no-cache"),
        ({CACHE: "no-store"}, "no-store"),
        ({**PUBLIC, "Set-Cookie": "a=1"}, "no-store"),
    ],
)
def test_every_hop_of_a_redirect_counts(app: Flask, fields: dict[str, str], expected: str) -> None:
    hop(app, "/hop", "/next", **fields)
    hop(app, "/next", "/public", **PUBLIC)
    Gateway(app, routes=["*"], profile="open", timings=False)
    for answer in both(app, "/hop"):
        assert answer.headers[CACHE] == expected
        assert ("x-a" in answer.headers.get("Vary", "")) is ("Vary" in fields)


@pytest.mark.parametrize(
    ("origin", "location", "is_followed"),
    [
        ("http://localhost", "http://localhost:80/public", True),
        ("http://localhost", "http://localhost:/public", True),
        ("http://localhost:80", "HTTP://LOCALHOST/public", True),
        ("http://localhost:80", "http://localhost:80/public", True),
        ("http://localhost:8080", "http://localhost:8080/public", True),
        ("https://localhost", "https://localhost:443/public", True),
        ("http://[::1]", "http://[::1]:80/public", True),
        ("http://localhost", "http://localhost:443/public", False),
        ("http://localhost:8080", "http://localhost:80/public", False),
        ("https://localhost", "http://localhost:80/public", False),
        ("http://localhost", "http://user@localhost:80/public", False),
        ("http://localhost", "http://localhost.:80/public", False),
        ("http://localhost", "http://localhost:80@other.example/public", False),
    ],
)
def test_a_redirect_within_the_origin_of_the_app_is_followed(
    app: Flask, origin: str, location: str, is_followed: bool
) -> None:
    hop(app, "/moved", location)
    Gateway(app, profile="open")
    headers = {"Host": origin.partition("://")[2]}
    part = app.test_client().get("/aggregate?path=/moved", base_url=origin, headers=headers).json["/moved"]
    assert part == ({"a": 1} if is_followed else {"type": "about:blank", "title": "Found", "status": 302})


def test_a_redirect_that_is_refused_keeps_the_cookies_that_led_to_it(app: Flask) -> None:
    hop(app, "/login", "/secret", **PUBLIC, **{"Set-Cookie": "session=ann; Path=/"})
    Gateway(app, routes=["*", "!/secret"], profile="open", timings=False)
    for answer in both(app, "/login"):
        assert "NOT_ALLOWED" in answer.text
        assert (answer.headers[CACHE], answer.headers["Set-Cookie"]) == ("no-store", "session=ann; Path=/")


def blog(app: Flask, tmp_path: Any, status: int, found: list[int], **fields: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    users = [{"id": number, "name": f"u{number}"} for number in found]
    app.add_url_rule("/posts", "posts", lambda: ([{"id": 1, "userId": 1}, {"id": 2, "userId": 2}], 200, PUBLIC))
    app.add_url_rule("/users", "users", lambda: (users, status, {**PUBLIC, **named}))
    app.add_url_rule("/users/<int:number>", "user", lambda number: ({"id": number, "name": "single"}, 200, PUBLIC))
    app.add_url_rule("/missing", "missing", lambda: ({}, 404, PUBLIC))
    (tmp_path / "blog.graphql").write_text(BLOG)
    Gateway(app, routes=["*"], schema=str(tmp_path), profile="open", timings=False)
    return app.test_client()


@pytest.mark.parametrize("found", [[1, 2], [1], []], ids=["all", "one", "none"])
def test_the_reply_to_a_batch_counts(app: Flask, tmp_path: Any, found: list[int]) -> None:
    client = blog(app, tmp_path, 200, found, Cache_Control="private, max-age=5")
    answer = client.get("/graphql?query={posts{author{name}}}")
    names = [f"u{number}" if number in found else "single" for number in (1, 2)]
    assert [post["author"]["name"] for post in answer.json["data"]["posts"]] == names
    assert answer.headers[CACHE] == "private, max-age=5"


def test_the_cookies_of_a_batch_that_lacks_all_keys_are_kept(app: Flask, tmp_path: Any) -> None:
    answer = blog(app, tmp_path, 200, [], Set_Cookie="seen=1; Path=/").get("/graphql?query={posts{author{name}}}")
    assert (answer.headers[CACHE], answer.headers["Set-Cookie"]) == ("no-store", "seen=1; Path=/")


def test_what_null_on_makes_null_is_not_stored(app: Flask, tmp_path: Any) -> None:
    client = blog(app, tmp_path, 404, [])
    for query in ("{posts{author{name}}}", "{post{id}}"):
        answer = client.get("/graphql", query_string={"query": query})
        assert "errors" not in answer.json
        assert answer.headers[CACHE] == "no-store"


@pytest.mark.parametrize("query", ["{__typename}", "{routes{path}}", "{__schema{queryType{name}}}", "{me}"])
def test_an_answer_without_a_part_is_not_stored(app: Flask, query: str) -> None:
    app.before_request(lambda: setattr(g, "user", request.headers.get("X-User")))
    Gateway(app, routes=["*"], query=Query, profile="open", timings=False)
    answer = app.test_client().get("/graphql", query_string={"query": query})
    assert (answer.status_code, answer.headers[CACHE], "ETag" in answer.headers) == (200, "no-store", False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ get(path: "/public") }', "public, max-age=60"),
        ('{ get(path: "/public") __typename routes { path } }', "public, max-age=60"),
        ('{ get(path: "/public") secret: get(path: "/secret") @skip(if: true) }', "public, max-age=60"),
        ('{ get(path: "/public") me @include(if: false) }', "public, max-age=60"),
        ('{ get(path: "/public") me }', "private, no-cache"),
        ('{ get(path: "/public") other: get(path: "/nowhere") }', "no-store"),
        ('{ get(path: "/public") other: get(path: "no path") }', "no-store"),
        ('{ a: get(path: "/public") b: get(path: "/public") }', "public, max-age=60"),
    ],
)
def test_what_a_resolver_of_ones_own_gives_says_nothing_of_caching(app: Flask, query: str, expected: str) -> None:
    app.before_request(lambda: setattr(g, "user", request.headers.get("X-User")))
    Gateway(app, routes=["*"], query=Query, profile="open", timings=False)
    answer = app.test_client().get("/graphql", query_string={"query": query})
    assert answer.headers[CACHE] == expected


@pytest.mark.parametrize("fields", [{"Set-Cookie": "a=1; Path=/"}, {CACHE: "no-store"}, {CACHE: "private"}, {}])
@pytest.mark.parametrize("status", [200, 206, 304, 404, 500])
def test_k5_what_is_stored_of_a_part_is_never_more_than_the_part_allows(
    app: Flask, fields: dict[str, str], status: int
) -> None:
    app.add_url_rule("/part", "part", lambda: ({}, status, {"ETag": '"a"', **fields}))
    Gateway(app, routes=["*"], profile="open", timings=False)
    for answer in both(app, "/part"):
        stored = "private, no-cache" if status < 400 and fields in ({}, {CACHE: "private"}) else "no-store"
        assert (answer.headers[CACHE], "ETag" in answer.headers) == (stored, stored != "no-store")
        again = app.test_client().get(answer.request.url, headers={"If-None-Match": '"a"'})
        assert (again.status_code, again.data) == (answer.status_code, answer.data)
