"""Joins: proposed from links and from names of keys, in the SDL when they are accepted."""

from typing import Any
from urllib.parse import quote

import pytest

from restgql.schema.sources.openapi import ProposedJoin
from tests.schema.openapi.documents import INT, answer, definition, document, generate_valid, of, ref
from tests.schema.openapi.served import Served

ID = {"name": "id", "in": "path", "required": True, "schema": INT}
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
    generated = generate_valid(blog())
    assert generated.joins == (
        ProposedJoin(
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
    generated = generate_valid(blog(), accepted={"Post.user", "Post.gone"})
    assert 'user: User @get(path: "/users/{userId}")' in definition(generated, "Post")


def test_a_link_is_a_join() -> None:
    link = {"operationId": "user", "parameters": {"id": "$response.body#/editor_id"}}
    generated = generate_valid(blog(editor=link), accepted={"Post.editor"})
    assert [join.name for join in generated.joins] == ["Post.editor", "Post.user"]
    assert generated.joins[0].source == "link"
    assert 'editor: User @get(path: "/users/{editor_id}")' in definition(generated, "Post")


def test_links_by_reference_and_into_the_body() -> None:
    link = {"operationRef": "#/paths/~1users~1{id}/get", "parameters": {"path.id": "$response.body#/meta/owner"}}
    generated = generate_valid(blog(owner=link), accepted={"Post.owner"})
    assert 'owner: User @get(path: "/users/{meta.owner}")' in definition(generated, "Post")


def test_links_that_take_what_no_template_can_are_no_joins() -> None:
    both = {"id": "$response.body#/id", "other": "$response.body#/id"}
    others = ("$request.path.gone", "$request.body#/id", "$response.header.X", "$url", "$method", "a-{$url}", "5")
    for parameters in (*({"id": other} for other in others), {}, {"other": both["id"]}, both):
        generated = generate_valid(blog(editor={"operationId": "user", "parameters": parameters}))
        assert [join.name for join in generated.joins] == ["Post.user"]


BY = {"name": "by-name", "in": "query", "schema": {"type": "string"}}
BODY = {"requestBody": {"content": {"application/json": {"schema": of(key="integer", owner=of(id="integer"))}}}}


def linked(expression: str) -> Served:
    """A user, of whom the response does not have the key, and a link to what the user wrote."""
    user = answer(ref("User"))
    user["200"]["links"] = {"written": {"operationId": "written", "parameters": {"of": expression}}}
    of_user = {"name": "of", "in": "query", "schema": {"type": "string"}}
    source = document(
        {
            "/users/{id}": {
                "get": {"operationId": "user", "parameters": [ID, BY], "responses": user},
                "post": {"operationId": "setUser", "parameters": [ID], **BODY, "responses": user},
            },
            "/written": {"get": {"operationId": "written", "parameters": [of_user], "responses": answer(ref("Post"))}},
        },
        {"User": of(name="string"), "Post": of(title="string")},
    )
    return Served(source, {"/users/7": {"name": "a"}, "/written": {"title": "t"}}, joins=["User.written"])


@pytest.mark.parametrize(
    ("expression", "operation", "key"),
    [
        ("$request.path.id", "query($id: Int!) { user(id: $id) { name written { title } } }", "7"),
        ("$request.path.id", "{ user(id: 7) { written { title } } }", "7"),
        ("$request.query.by-name", '{ user(id: 7, by_name: "a b") { written { title } } }', "a%20b"),
        ("$request.path.id", "mutation { setUser(id: 7) { written { title } } }", "7"),
        ("$request.body#/key", "mutation { setUser(id: 7, input: {key: 3}) { written { title } } }", "3"),
        ("$request.body#/owner/id", "mutation { setUser(id: 7, input: {owner: {id: 4}}) { written { title } } }", "4"),
        ("$response.body#/name", "{ user(id: 7) { written { title } } }", "a"),
        ("{$response.body#/name}", "{ user(id: 7) { written { title } } }", "a"),
        ("x=$ {$response.body#/name}-{$request.path.id}", "{ user(id: 7) { written { title } } }", "x%3D%24%20a-7"),
    ],
)
def test_a_link_may_take_its_key_of_the_request(expression: str, operation: str, key: str) -> None:
    served = linked(expression)
    answered = served.ask(operation, variables={"id": 7})
    assert [each["written"] for each in answered["data"].values()] == [{"title": "t"}]
    assert served.requests[1:] == [f"GET /written?of={key}"]


def test_a_key_that_the_request_does_not_have_is_an_error_of_the_link() -> None:
    served = linked("$request.query.by-name")
    answered = served.ask("{ user(id: 7) { name written { title } } }")
    assert answered["data"] == {"user": {"name": "a", "written": None}}
    (error,) = answered["errors"]
    assert (
        error["message"]
        == "The field that returned the parent has no argument 'by_name' here, which {__request.by_name} needs."
    )
    assert error["extensions"] == {"code": "MISSING_PARAMETER", "parameter": "by_name"}


def test_a_key_that_leads_to_several_is_no_join() -> None:
    source = blog()
    source["paths"]["/admins/user/{id}"] = {"get": {"parameters": [ID], "responses": answer(ref("User"))}}
    assert generate_valid(source).joins == ()


def test_a_field_that_is_there_already_is_kept() -> None:
    source = blog()
    source["components"]["schemas"] = {**SCHEMAS, "Post": of(userId="integer", user="string")}
    assert generate_valid(source).joins == ()


def test_a_link_to_a_list_by_a_query_parameter() -> None:
    source = blog(mine={"operationId": "search", "parameters": {"by": "$response.body#/userId"}})
    by = {"name": "by", "in": "query", "schema": {"type": "integer"}}
    source["paths"]["/search"] = {
        "get": {"operationId": "search", "parameters": [by], "responses": answer(ref("User"))}
    }
    generated = generate_valid(source, accepted={"Post.mine"})
    assert 'mine: User @get(path: "/search?by={userId}")' in definition(generated, "Post")


@pytest.mark.parametrize("name", ["made-by", "filter[by]", "by.id", "query.by.id"])
def test_a_link_to_a_query_parameter_whose_name_is_not_a_graphql_name(name: str) -> None:
    source = blog(mine={"operationId": "search", "parameters": {name: "$response.body#/userId"}})
    parameter = name.removeprefix("query.")
    by = {"name": parameter, "in": "query", "required": True, "schema": {"type": "integer"}}
    source["paths"]["/search"] = {
        "get": {"operationId": "search", "parameters": [by], "responses": answer(ref("User"))}
    }
    generated = generate_valid(source, accepted={"Post.mine"})
    sent = quote(parameter, safe="")
    assert f'mine: User @get(path: "/search?{sent}={{userId}}")' in definition(generated, "Post")


@pytest.mark.parametrize("location", ["query", "path"])
def test_a_join_sends_the_only_value_of_a_required_parameter(location: str) -> None:
    source = blog(editor={"operationId": "user", "parameters": {"id": "$response.body#/editor_id"}})
    version = {"name": "v", "in": location, "required": True, "schema": {"enum": ["1 a"]}}
    get = source["paths"].pop("/users/{id}")["get"]
    path = "/{v}/users/{id}" if location == "path" else "/users/{id}"
    source["paths"][path] = {"get": {**get, "parameters": [ID, version]}}
    joins = {join.name: join.path for join in generate_valid(source).joins}
    if location == "path":
        assert joins == {"Post.editor": "/1%20a/users/{editor_id}"}
    else:
        assert joins == {"Post.editor": "/users/{editor_id}?v=1%20a", "Post.user": "/users/{userId}?v=1%20a"}


@pytest.mark.parametrize(
    ("constant", "text"), [(5, "5"), ("US$5", "US%245"), ("a b&c", "a%20b%26c"), (True, "true"), ("{x}", "%7Bx%7D")]
)
def test_a_link_may_take_constants(constant: Any, text: str) -> None:
    parameters = {"by": "$response.body#/userId", "limit": constant, "kind": constant}
    source = blog(mine={"operationId": "search", "parameters": parameters})
    by, limit = ({"name": name, "in": "query", "schema": {}} for name in ("by", "limit"))
    kind = {"name": "kind", "in": "path", "required": True, "schema": {}}
    get = {"operationId": "search", "parameters": [by, limit, kind], "responses": answer(ref("User"))}
    source["paths"]["/search/{kind}"] = {"get": get}
    generated = generate_valid(source, accepted={"Post.mine"})
    assert f'"/search/{text}?by={{userId}}&limit={text}"' in definition(generated, "Post")
