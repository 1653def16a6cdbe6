from typing import Any

import pytest
from flask import Flask
from graphql import print_ast, validate_schema

from restgql import BadPath, Gateway
from restgql.schema import core
from restgql.schema.compile import calls, compile
from restgql.schema.sdl.singulars import singular
from restgql.schema.sources.samples import MAX_DEPTH, MAX_KEYS, Sample, infer
from restgql.schema.type_source import TypeSource

ADA = {"id": 1, "name": "Ada", "joined": "2024-02-29", "address": {"city": "London", "zip": None}}
BOB = {"id": 2, "name": None, "joined": "2023-01-01", "address": None, "tags": ["a"]}


def sdl(*samples: Sample, camel_case: bool = False) -> str:
    """Infer SDL, and assert that both the document and its text compile."""
    document = infer(samples, camel_case=camel_case)
    for handwritten in (False, True):
        source = TypeSource(document=document, handwritten=handwritten)
        schema = compile(core.build(), [source], camel_case=camel_case)
        assert validate_schema(schema) == []
        assert len(list(calls(schema))) == len(samples)
    assert document == infer(reversed(samples), camel_case=camel_case), "it depends on the order of the samples"
    return print_ast(document)


def sample(path: str, *answers: Any, name: str = "it", **options: Any) -> Sample:
    return Sample(path=path, name=name, answers=answers, **options)


def typed(*answers: Any) -> str:
    """The type of the field of a route that answered so."""
    line = next(line for line in sdl(sample("/things", *answers)).splitlines() if line.startswith("  it: "))
    return line.removeprefix("  it: ").partition(" @")[0]


def test_a_list_and_its_items() -> None:
    text = sdl(
        sample("/users", [ADA, BOB], [], name="api.users"),
        sample("/users/{id}", ADA, {**BOB, "admin": True}, name="api.user", parameters={"id": "int"}),
    )
    assert (
        text
        == """\
type Query {
  api_users: [User] @get(path: "/users")
  api_user(id: Long!): User @get(path: "/users/{id}")
}

type User {
  id: Long
  name: String
  joined: Date
  address: UserAddress
  tags: [String]
  admin: Boolean
}

type UserAddress {
  city: String
  zip: JSON
}"""
    )


MOMENT = "2024-02-29T12:00:00Z"
ID = "6f1c2a34-0000-4000-8000-0123456789ab"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], "JSON"),
        ([None], "JSON"),
        ([1, None], "Long"),
        ([1, 2.5], "Float"),
        ([2**31], "Long"),
        ([1, -(2**31) - 1], "Long"),
        ([2**40, 1.5], "Float"),
        ([2**70], "Long"),
        ([True], "Boolean"),
        ([True, 1], "JSON"),
        (["a"], "String"),
        ([1, "a"], "JSON"),
        ([MOMENT], "DateTime"),
        ([MOMENT, "2024-02-29T12:00:00.5+01:00", "2024-02-29 12:00"], "DateTime"),
        ([MOMENT, "soon"], "String"),
        ([MOMENT, "2024-02-29"], "String"),
        ([MOMENT, ""], "String"),
        (["2024-02-30"], "String"),
        (["2024-02-29"], "Date"),
        (["20240229"], "String"),
        ([ID, ID.upper()], "UUID"),
        ([ID, "a"], "String"),
        ([[]], "[JSON]"),
        ([[], [1]], "[Long]"),
        ([[None]], "[JSON]"),
        ([[1, "a"]], "[JSON]"),
        ([[[1.5]], []], "[[Float]]"),
        ([[], {}], "JSON"),
        ([[1], {"a": 1}], "JSON"),
        ([{}], "JSON"),
        ([{"a": 1}], "Things"),
        ([{"a": 1}, None], "Things"),
        ([[{"a": 1}]], "[Thing]"),
        ([[[{"a": 1}]]], "[[Thing]]"),
        ([{"a": 1}, "none"], "JSON"),
        ([{"1": {"a": 1}, "2": {"b": 1}}], "JSON"),
        ([{ID: 1}], "JSON"),
        ([{"6f1c2a3400004000": "a", "0123456789abcdef": None}], "JSON"),
        ([{"2024-02-29": 1, "2024-03-01": 2}], "JSON"),
        ([{"/hello/world": "Hello", "/hello/you": "Hello"}], "JSON"),
        ([{"1": 1, "2": "a"}], "Things"),
        ([{"in-reply-to": 1, "x-total": 2}], "Things"),
        ([{"10": 1, "name": 1}], "Things"),
        ([{f"k{n}": n for n in range(MAX_KEYS)}], "Things"),
        ([{f"k{n}": n for n in range(MAX_KEYS + 1)}], "JSON"),
        ([{f"k{n}": n} for n in range(MAX_KEYS + 1)], "JSON"),
        ([{"k" * 2_000: 1}], "JSON"),
    ],
)
def test_what_answers_have_in_common(answers: list[Any], expected: str) -> None:
    assert typed(*answers) == expected


def test_keys_that_are_no_names() -> None:
    text = sdl(sample("/post", {"in-reply-to": 1, "": 2, 'a"b': 3, "__x": 4, "@id": 5, "ok": 6, "größe": 7}))
    assert (
        text.partition("type Post ")[2]
        == """\
{
  in_reply_to: Long @select(from: "\\"in-reply-to\\"")
  field: Long @select(from: "\\"\\"")
  a_b: Long @select(from: "\\"a\\\\\\"b\\"")
  x: Long @select(from: "__x")
  id: Long @select(from: "\\"@id\\"")
  ok: Long
  groe: Long @select(from: "\\"größe\\"")
}"""
    )


def test_camel_case() -> None:
    text = sdl(sample("/{user_id}/posts", [{"created_at": 1, "updatedAt": 2}], name="all_posts"), camel_case=True)
    assert 'allPosts(userId: String!): [Post] @get(path: "/{userId}/posts")' in text
    assert 'type Post {\n  createdAt: Long\n  updatedAt: Long @select(from: "updatedAt")\n}' in text


def test_a_page_has_items_of_the_resource() -> None:
    text = sdl(
        sample("/users", {"items": [ADA], "total": 1}, name="users"),
        sample("/users/{id}", BOB, name="user"),
        sample("/teams", {"teams": [{"id": 1}]}, {"teams": []}, name="teams"),
    )
    assert "type Users {\n  items: [User]\n  total: Long\n}" in text
    assert "type Teams {\n  teams: [Team]\n}" in text
    assert "user(id: String!): User @get" in text
    assert text.count("type User ") == 1


def test_resources_of_one_name_that_do_not_fit() -> None:
    text = sdl(
        sample("/albums/{id}/items", [{"id": 1, "song": "a"}], name="songs"),
        sample("/carts/{id}/items", [{"id": "x", "song": "a"}], name="wares"),
        sample("/boxes/{id}/items", [{"weight": 1, "depth": 2}], name="things"),
    )
    assert 'songs(id: String!): [Item] @get(path: "/albums/{id}/items")' in text
    assert "[BoxItem]" in text
    assert "[CartItem]" in text


def test_a_route_that_answers_with_less_shares_the_type() -> None:
    text = sdl(
        sample("/users", [{"id": 1, "name": "Ada"}], name="users"),
        sample("/teams/{id}/users", [{"id": 1}], name="members"),
        sample("/users/{id}", ADA, name="user"),
    )
    assert text.count("[User]") == 2
    assert text.count("type User ") == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users/{id}", "User"),
        ("/api/v1/word/{word}.json", "Word"),
        ("/user-companies/{id}", "UserCompany"),
        ("/userProfiles/{id}", "UserProfile"),
        ("/users/{id}/avatar.json", "Avatar"),
        ("/users/{id}/", "User"),
        ("/users/{id}.json", "User"),
        ("/me", "Me"),
        ("/{slug}", "Thing"),
        ("/", "Things"),
        ("/queries/{id}", "Query2"),
        ("/dates/{id}", "Date2"),
        ("/2024/{id}", "_2024"),
        ("/things{?page}", "Things"),
    ],
)
def test_types_are_named_by_the_path(path: str, expected: str) -> None:
    assert f"type {expected} {{" in sdl(sample(path, {"x": 1}, name="things"))


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("users", "user"), ("companies", "company"), ("addresses", "address"), ("boxes", "box"), ("branches", "branch"),
        ("wishes", "wish"), ("houses", "house"), ("status", "status"), ("statuses", "status"), ("news", "news"),
        ("people", "person"), ("OrderPeople", "OrderPerson"), ("glass", "glass"), ("analysis", "analysis"),
        ("gas", "gas"), ("API", "API"), ("", ""), ("user_ids", "user_id"), ("größen", "größen"),
    ],
)  # fmt: skip
def test_singular(plural: str, expected: str) -> None:
    assert singular(plural) == expected


def test_deep_answers_end_in_json() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = {"next": deep}
    text = sdl(sample("/it", deep))
    assert text.count("type ") == MAX_DEPTH + 1
    assert "next: JSON" in text


def test_a_tree_is_types_in_types() -> None:
    text = sdl(sample("/nodes/{id}", {"id": 1, "nodes": [{"id": 2, "nodes": [{"id": 3, "nodes": []}]}]}))
    assert "type Node {\n  id: Long\n  nodes: [NodeNode]\n}" in text
    assert "type NodeNodeNode {\n  id: Long\n  nodes: [JSON]\n}" in text


def test_a_path_that_is_no_template() -> None:
    with pytest.raises(BadPath):
        infer([sample("/{x", 1)])


def test_nothing() -> None:
    assert infer([]).definitions == ()


def test_through_a_gateway(tmp_path) -> None:
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/users", "users", lambda: [ADA, BOB])
    app.add_url_rule("/users/<int:id>", "user", lambda id: {1: ADA, 2: BOB}[id])
    app.add_url_rule("/hello", "hello", lambda: "Hello!")
    samples = [
        Sample(path="/users", name="users", answers=[[ADA, BOB]]),
        Sample(path="/users/{id}", name="user", parameters={"id": "int"}, answers=[ADA]),
        Sample(path="/hello", name="hello", answers=["Hello!"]),
    ]
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "found.graphql").write_text(sdl(*samples))
    gateway = Gateway(app, schema="schema")
    result = gateway.execute("{ users { id tags } user(id: 1) { name joined address { city zip } } hello }")
    assert result == {
        "data": {
            "users": [{"id": 1, "tags": None}, {"id": 2, "tags": ["a"]}],
            "user": {"name": "Ada", "joined": "2024-02-29", "address": {"city": "London", "zip": None}},
            "hello": "Hello!",
        }
    }
