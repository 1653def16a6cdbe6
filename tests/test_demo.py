import json
import re
import sqlite3
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from graphql import build_schema

from app import DEFAULT_QUERY, MUTATION, QUERIES, create_app, create_database
from tests.test_schema import undescribed


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "demo.sqlite3"
    create_database(path)
    return path.read_bytes()


@pytest.fixture
def client(tmp_path, pristine) -> FlaskClient:
    path = tmp_path / "demo.sqlite3"
    path.write_bytes(pristine)
    return create_app(path).test_client()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/hello/world", "Hello, world!"),
        ("/hello/ramnes?question=Sup?", "Hello, ramnes! Sup?"),
        ("/hello/<b>", "Hello, <b>!"),
    ],
)
def test_hello(client, path, text):
    response = client.get(path)
    assert (response.status_code, response.text, response.mimetype) == (200, text, "text/plain")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/v1/word/superb.json", {"word": "superb", "sentiment": 5}),
        ("/v1/word/Superb!.json", {"word": "Superb!", "sentiment": 5}),
        ("/v1/word/na%C3%AFve.json", {"word": "naïve", "sentiment": -2}),
        ("/v1/word/can't.json", {"word": "can't", "sentiment": 0}),
        ("/v1/word/qwertz.json", {"word": "qwertz", "sentiment": 0}),
        ("/v1/sentence/what%20a%20superb%20day.json", {"sentence": "what a superb day", "sentiment": 5}),
        ("/v1/sentence/Happy,%20but%20%20alone.json", {"sentence": "Happy, but  alone", "sentiment": 1}),
        ("/v1/sentence/qwertz.json", {"sentence": "qwertz", "sentiment": 0}),
    ],
)
def test_sentiment(client, path, value):
    assert client.get(path).json == value


def test_a_sentence_is_the_sum_of_its_words(client):
    body = client.get("/posts/1").json["body"]
    words = [client.get(f"/v1/word/{word}.json").json["sentiment"] for word in body.split()]
    assert client.get(f"/v1/sentence/{body}.json").json["sentiment"] == sum(words)


def test_the_sample_has_10_users_100_posts_and_500_comments(client):
    posts = client.get("/posts?page_size=100").json
    comments = client.get("/comments").json
    assert [user["id"] for user in client.get("/users").json] == list(range(1, 11))
    assert [post["id"] for post in posts] == list(range(1, 101))
    assert len({post["title"] for post in posts}) == 100
    assert [comment["id"] for comment in comments] == list(range(1, 501))


def test_user(client):
    assert client.get("/users/5").json == {
        "id": 5,
        "name": "Elsa Bergström",
        "username": "elsa",
        "email": "elsa@example.com",
        "city": "Uppsala",
        "avatar": "/users/5/avatar.png",
    }


def test_post(client):
    post = client.get("/posts/12").json
    assert list(post) == ["id", "userId", "title", "body", "tags", "created_at"]
    assert (post["id"], post["userId"], post["created_at"]) == (12, 2, "2024-01-15T13:00:00Z")
    assert post["title"] == "What old maps taught me"
    assert post["tags"] == ["travel", "paper"]


def test_comments_of_a_post(client):
    comments = client.get("/posts/12/comments").json
    assert list(comments[0]) == ["id", "postId", "name", "email", "body", "created_at"]
    assert [comment["id"] for comment in comments] == [56, 57, 58, 59, 60]
    assert comments == client.get("/comments?postId=12").json


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/users?id=2&id=1&id=2", [1, 2]),
        ("/users?id=99", []),
        (f"/users?id={10**30}&id=3", [3]),
        ("/users?" + "id=1&" * 40_000, [1]),
        ("/comments?postId=1&postId=100", [1, 2, 3, 4, 5, 496, 497, 498, 499, 500]),
        ("/posts?userId=3&page_size=3", [21, 22, 23]),
        ("/posts?userId=1&userId=10&page=2&page_size=15", [96, 97, 98, 99, 100]),
    ],
)
def test_filters(client, path, ids):
    assert [row["id"] for row in client.get(path).json] == ids


def test_pages(client):
    path, seen = "/posts?userId=4&userId=7&page_size=8", []
    while path:
        response = client.get(path)
        assert json.loads(response.headers["X-Pagination"]) == {"total": 20, "page": len(seen) + 1, "page_size": 8}
        seen.append(len(response.json))
        link = response.headers.get("Link")
        path = link and link.removeprefix("<").removesuffix('>; rel="next"')
    assert seen == [8, 8, 4]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/users/11", 404),
        (f"/users/{10**30}", 404),
        ("/users/11/avatar.png", 404),
        ("/posts/0/comments", 404),
        ("/users?id=one", 400),
        ("/posts?page=0", 400),
        ("/posts?page_size=", 400),
        ("/me", 401),
    ],
)
def test_errors_are_json(client, path, status):
    response = client.get(path)
    assert (response.status_code, response.json["status"], response.mimetype) == (status, status, "application/json")


def test_errors_keep_their_headers(client):
    response = client.put("/users")
    assert (response.status_code, response.json["error"]) == (405, "Method Not Allowed")
    assert "GET" in response.headers["Allow"]


def test_a_page_far_away_is_empty(client):
    assert client.get(f"/posts?page={10**30}").json == []


def test_add_a_post(client):
    response = client.post("/posts", json={"userId": 3, "title": "Tea", "tags": ["food"]})
    assert (response.status_code, response.headers["Location"]) == (201, "/posts/101")
    assert client.get("/posts/101").json == response.json
    assert response.json["body"] == ""
    assert response.json["tags"] == ["food"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"userId": 3},
        {"title": "Tea"},
        {"userId": "3", "title": "Tea"},
        {"userId": True, "title": "Tea"},
        {"userId": 11, "title": "Tea"},
        {"userId": 10**30, "title": "Tea"},
        {"userId": 3, "title": " "},
        {"userId": 3, "title": "Tea", "body": None},
        {"userId": 3, "title": "Tea", "tags": "food"},
        {"userId": 3, "title": "Tea", "tags": [1]},
        {"userId": 3, "title": "\ud800"},
        {"userId": 3, "title": "Tea", "tags": ["\ud800"]},
    ],
)
def test_a_post_that_is_none(client, body):
    response = client.post("/posts", json=body)
    assert (response.status_code, response.json["error"]) == (400, "Bad Request")
    assert json.loads(client.get("/posts").headers["X-Pagination"])["total"] == 100


def test_a_post_must_be_json(client):
    assert client.post("/posts", data="title=Tea").status_code == 415


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic ZGVtbzpkZW1v", "demo"])
def test_me_is_guarded(client, header):
    response = client.get("/me", headers={"Authorization": header} if header else {})
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Bearer realm="restgql demo"')


def test_me(client):
    assert client.get("/me", headers={"Authorization": "Bearer demo"}).json == client.get("/users/1").json


def test_slow(client):
    assert client.get("/slow/1").json == {"ms": 1}


def test_avatar_is_a_png_of_80_by_80(client):
    response = client.get("/users/1/avatar.png")
    chunks, rest = {}, response.data[8:]
    while rest:
        size, kind = struct.unpack(">I4s", rest[:8])
        chunks[kind], checksum, rest = rest[8 : 8 + size], rest[8 + size : 12 + size], rest[12 + size :]
        assert checksum == struct.pack(">I", zlib.crc32(kind + chunks[kind]))
    assert (response.mimetype, response.data[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (80, 80)
    assert len(zlib.decompress(chunks[b"IDAT"])) == 80 * 81
    assert response.data == client.get("/users/1/avatar.png").data != client.get("/users/2/avatar.png").data


def test_every_view_says_what_it_is(client):
    views = client.application.view_functions
    assert [name for name in views if name.startswith("api.") and not views[name].__doc__] == []


def test_processes_that_start_at_once_make_one_database(tmp_path):
    path = tmp_path / "new" / "folder" / "demo.sqlite3"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create_database, [path] * 4))
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM comments").fetchone() == (500,)


def test_a_start_keeps_what_was_added(tmp_path, pristine):
    path = tmp_path / "demo.sqlite3"
    path.write_bytes(pristine)
    create_app(path).test_client().post("/posts", json={"userId": 3, "title": "Tea"})
    assert create_app(path).test_client().get("/posts/101").json["title"] == "Tea"


def test_the_query_that_graphiql_opens_on(client):
    answer = client.post("/graphql", json={"query": DEFAULT_QUERY}).json
    assert "errors" not in answer
    latest = answer["data"].pop("latest")
    assert latest["total"] == 100
    posts = client.get("/posts?page_size=5").json
    assert [item["title"] for item in latest["items"]] == [post["title"] for post in posts]
    for item, post in zip(latest["items"], posts, strict=True):
        assert item["author"]["name"] == client.get(f"/users/{post['userId']}").json["name"]
        assert item["comments"] == [{"body": c["body"]} for c in client.get(f"/posts/{post['id']}/comments").json]
    assert answer["data"] == {
        "user": {"name": "Ada Moreau", "city": "Lisbon"},
        "posts": [
            {"title": "In praise of night trains", "tags": ["travel", "slow"]},
            {"title": "Notes on small gardens", "tags": ["outdoors", "slow"]},
            {"title": "What paper notebooks taught me", "tags": ["paper", "craft"]},
        ],
        "post": {
            "status": 200,
            "contentType": "application/json",
            "json": "What old maps taught me",
            "author": "Bruno Castelli",
            "comments": [comment["body"] for comment in client.get("/posts/12/comments").json],
        },
        "missing": {
            "status": 404,
            "contentType": "application/json",
            "json": {"status": 404, "error": "Not Found", "message": "users/99 does not exist."},
        },
        "sentence": {"sentiment": 8, "best": {"word": "superb", "sentiment": 5}},
        "hello": {"/hello/world": "Hello, world!", "/hello/ramnes?question=Sup?": "Hello, ramnes! Sup?"},
    }


def test_the_query_that_graphiql_opens_on_fits_a_phone_and_half_a_window():
    assert max(map(len, DEFAULT_QUERY.splitlines())) <= 60


def test_a_mutation_adds_a_post(client):
    answer = client.post("/graphql", json={"query": MUTATION, "variables": {"title": "Tea"}}).json
    assert answer == {"data": {"addPost": {"id": "101", "title": "Tea", "author": {"name": "Ada Moreau"}}}}
    assert client.get("/posts/101").json["tags"] == ["travel"]


@pytest.mark.parametrize("base", ["http://localhost", "http://localhost/below"])
def test_the_page_leads_to_graphiql_the_schema_and_the_docs(client, base):
    html = client.get("/", base_url=base).text
    links = [urlsplit(unescape(link)) for link in re.findall(r'<a href="([^"]*)"', html)]
    prefix = urlsplit(base).path
    *queries, schema, docs, post = links
    assert [link.path for link in queries] == [f"{prefix}/graphql"] * len(QUERIES)
    assert (schema.path, post.path) == (f"{prefix}/schema.graphql", f"{prefix}/posts/12")
    assert docs.geturl() == "https://github.com/restgql/restgql/tree/main/docs"
    assert f"{base}/aggregate" in html
    for link, (_, query, variables) in zip(queries, QUERIES, strict=True):
        parameters = dict(parse_qsl(link.query))
        assert parameters == {"query": query} | ({"variables": variables} if variables else {})
        request = {"query": query, "variables": json.loads(variables or "{}")}
        assert "errors" not in client.post("/graphql", json=request).json


def test_the_page_lets_a_browser_open_graphiql_only(client):
    """A link runs nothing: GraphiQL opens, and the reader runs the query."""
    link = unescape(re.findall(r'<a href="([^"]*)"', client.get("/").text)[2])
    assert "mutation" in link
    page = client.get(link, headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    assert client.get("/posts/101").status_code == 404


def test_the_schema_is_served(client):
    schema = build_schema(client.get("/schema.graphql").text)
    assert "addPost" in schema.mutation_type.fields
    assert schema.type_map["JSON"].specified_by_url == "https://www.rfc-editor.org/rfc/rfc8259"
    assert [place for place in undescribed(schema) if place.endswith(":)")] == []
