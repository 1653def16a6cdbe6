"""Joins: proposed from links and from names of keys, in the SDL when they are accepted."""

from typing import Any

from restgql.schema.sources.openapi import Join
from tests.schema.openapi.documents import answer, definition, document, made, of, ref

ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
SCHEMAS = {
    "User": of(id="integer", name="string"),
    "Post": of(id="integer", userId="integer", editor_id="integer", parentId="integer"),
}


def blog(**links: Any) -> dict[str, Any]:
    post = answer(ref("Post"))
    post["200"]["links"] = links
    return document(
        {
            "/users": {"get": {"operationId": "users", "responses": answer({"type": "array", "items": ref("User")})}},
            "/users/{id}": {"get": {"operationId": "user", "parameters": [ID], "responses": answer(ref("User"))}},
            "/posts/{id}": {"get": {"operationId": "post", "parameters": [ID], "responses": post}},
        },
        SCHEMAS,
    )


def test_a_key_that_is_named_as_what_it_leads_to() -> None:
    generated = made(blog())
    assert generated.joins == (
        Join(
            type="Post",
            field="user",
            target="GET /users/{id}",
            path="/users/{userId}",
            result="User",
            source="convention",
        ),
    )
    assert "user: User" not in definition(generated, "Post")


def test_an_accepted_join_is_a_field() -> None:
    generated = made(blog(), accepted={"Post.user", "Post.gone"})
    assert 'user: User @get(path: "/users/{userId}")' in definition(generated, "Post")


def test_a_link_is_a_join() -> None:
    link = {"operationId": "user", "parameters": {"id": "$response.body#/editor_id"}}
    generated = made(blog(editor=link), accepted={"Post.editor"})
    assert [join.name for join in generated.joins] == ["Post.editor", "Post.user"]
    assert generated.joins[0].source == "link"
    assert 'editor: User @get(path: "/users/{editor_id}")' in definition(generated, "Post")


def test_links_by_reference_and_into_the_body() -> None:
    link = {"operationRef": "#/paths/~1users~1{id}/get", "parameters": {"path.id": "$response.body#/meta/owner"}}
    generated = made(blog(owner=link), accepted={"Post.owner"})
    assert 'owner: User @get(path: "/users/{meta.owner}")' in definition(generated, "Post")


def test_links_that_take_other_than_the_body_are_no_joins() -> None:
    both = {"id": "$response.body#/id", "other": "$response.body#/id"}
    for parameters in ({"id": "$request.path.id"}, {"id": "$response.header.X"}, {}, {"other": both["id"]}, both):
        generated = made(blog(editor={"operationId": "user", "parameters": parameters}))
        assert [join.name for join in generated.joins] == ["Post.user"]


def test_a_key_that_leads_to_several_is_no_join() -> None:
    given = blog()
    given["paths"]["/admins/user/{id}"] = {"get": {"parameters": [ID], "responses": answer(ref("User"))}}
    assert made(given).joins == ()


def test_a_field_that_is_there_already_is_kept() -> None:
    given = blog()
    given["components"]["schemas"] = {**SCHEMAS, "Post": of(userId="integer", user="string")}
    assert made(given).joins == ()


def test_a_link_to_a_list_by_a_query_parameter() -> None:
    given = blog(mine={"operationId": "search", "parameters": {"by": "$response.body#/userId"}})
    by = {"name": "by", "in": "query", "schema": {"type": "integer"}}
    given["paths"]["/search"] = {"get": {"operationId": "search", "parameters": [by], "responses": answer(ref("User"))}}
    generated = made(given, accepted={"Post.mine"})
    assert 'mine: User @get(path: "/search?by={userId}")' in definition(generated, "Post")
