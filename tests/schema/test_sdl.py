"""Tools of all sources: names in camelCase and back, singulars, scalars, reserved names."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

import graphene
import pytest
from flask import Flask, request

from restgql import Gateway
from restgql.errors import ConfigError
from restgql.schema.sdl.naming_convention import NamingConvention, to_camel_case, to_snake_case
from restgql.schema.sdl.reserved import reserve
from restgql.schema.sdl.scalar_names import of_value, wider
from restgql.schema.sdl.singulars import singular


@pytest.mark.parametrize(
    ("name", "in_camel", "in_snake"),
    [
        ("created_at", "createdAt", "created_at"),
        ("createdAt", "createdAt", "created_at"),
        ("userID", "userID", "user_id"),
        ("user_ID", "userID", "user_id"),
        ("getHTTPStatus", "getHTTPStatus", "get_http_status"),
        ("IN_PROGRESS", "IN_PROGRESS", "in_progress"),
        ("_links", "_links", "_links"),
        ("line_1", "line_1", "line_1"),
        ("address2Line", "address2Line", "address2_line"),
        ("a__b", "aB", "a__b"),
    ],
)
def test_camel_and_snake(name: str, in_camel: str, in_snake: str) -> None:
    assert to_camel_case(name) == in_camel
    assert to_snake_case(name) == in_snake


def test_a_text_that_is_a_name_already_keeps_it() -> None:
    naming = NamingConvention(camel_case=True)
    assert naming.member_names(["a-b", "a_b", "aB"], "field") == {"a-b": "a_b2", "a_b": "a_b", "aB": "aB"}
    assert naming.enum_value_names({"in-progress": "in-progress", "inProgress": "inProgress", "DONE": "DONE"}) == {
        "in-progress": "in_progress",
        "inProgress": "inProgress",
        "DONE": "DONE",
    }
    assert NamingConvention().member_names(["a-b", "a_b"], "field") == {"a-b": "a_b2", "a_b": "a_b"}


PLURALS = [
    ("users", "user"), ("statuses", "status"), ("matches", "match"), ("branches", "branch"), ("addresses", "address"),
    ("boxes", "box"), ("buses", "bus"), ("movies", "movie"), ("categories", "category"), ("people", "person"),
    ("children", "child"), ("news", "news"), ("series", "series"), ("analyses", "analysis"), ("houses", "house"),
    ("caches", "cache"), ("taxes", "tax"), ("leaves", "leaf"), ("viruses", "virus"), ("databases", "database"),
    ("releases", "release"), ("responses", "response"), ("licenses", "license"), ("keys", "key"), ("SKUs", "SKU"),
    ("APIs", "API"), ("causes", "cause"), ("menus", "menu"), ("shoes", "shoe"), ("archives", "archive"),
    ("schemas", "schema"), ("userStatuses", "userStatus"), ("OrderPeople", "OrderPerson"), ("HTTPUsers", "HTTPUser"),
    ("status", "status"), ("address", "address"),
]  # fmt: skip


@pytest.mark.parametrize(("plural", "expected"), PLURALS)
def test_singulars(plural: str, expected: str) -> None:
    assert singular(plural) == expected


def test_one_table_of_scalars() -> None:
    assert wider({"Int", "Float"}) == "Float"
    assert wider({"Int", "Decimal"}) == "Decimal"
    assert wider({"DateTime", "URL"}) == "String"
    assert wider({"Int", "String"}) is None
    assert [of_value(value) for value in (True, 1, 2**40, 2**70, 1.5, "", [])] == [
        "Boolean", "Int", "Long", "Long", "Float", "String", "JSON",
    ]  # fmt: skip


class User(graphene.ObjectType):
    nick = graphene.String()


class Query(graphene.ObjectType):
    me = graphene.Field(User)

    def resolve_me(root: Any, info: Any) -> Any:
        return {"nick": "mine"}


def test_reserved_names_are_those_of_the_schema_with_the_users_own_types_in_it() -> None:
    reserved = reserve(Query)
    assert reserved.own_types == {"User"}
    assert reserved.own_fields["Query"] == {"me"}
    assert {"RestResponse", "JSON", "RestBatch", "Upload", "Long", "Mutation"} <= reserved.types
    assert {"get", "fetch", "aggregate", "routes", "node"} == reserved.fields["Query"]
    assert {"post", "put", "patch", "delete"} == reserved.fields["Mutation"]


Json = dict[str, Any]


def answers(schema: Json) -> Json:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


def document(paths: Json, **schemas: Json) -> Json:
    components = {"components": {"schemas": schemas}} if schemas else {}
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths, **components}


PERSON = {"type": "object", "properties": {"name": {"type": "string"}}}
REF = {"$ref": "#/components/schemas/User"}


@pytest.mark.parametrize(
    ("operation", "schemas", "expected"),
    [
        (
            {"operationId": "user", **answers(REF)},
            {"User": PERSON},
            "query= or mutation= and openapi= both define User",
        ),
        ({"operationId": "me", **answers(PERSON)}, {}, "query= and openapi= both define Query.me"),
    ],
)
def test_a_given_name_of_the_users_own_is_an_error_at_start(operation: Json, schemas: Json, expected: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/user", "user", lambda: {"name": "Ada"})
    with pytest.raises(ConfigError, match=expected):
        Gateway(app, query=Query, openapi=document({"/user": {"get": operation}}, **schemas))


def test_an_annotated_class_of_the_users_own_name_is_a_failure_of_the_typed_half() -> None:
    app = Flask(__name__)
    app.add_url_rule("/user", "user", lambda: {"name": "Ada"})
    app.view_functions["user"].__annotations__["return"] = TypedDict("User", {"name": str})
    gateway = Gateway(app, query=Query, annotations=True)
    assert gateway.execute("{ me { nick } }") == {"data": {"me": {"nick": "mine"}}}
    assert gateway.execute("{ user { name } }")["errors"][0]["extensions"]["code"] == "SCHEMA_UNAVAILABLE"
    health = app.test_client().get("/graphql/health?ready")
    assert (health.status_code, health.json["status"]) == (503, "fail")


def test_a_derived_name_avoids_the_users_own() -> None:
    class MeResponse(graphene.ObjectType):
        nick = graphene.String()

    class Own(graphene.ObjectType):
        me = graphene.Field(MeResponse)
        user = graphene.String()

        def resolve_me(root: Any, info: Any) -> Any:
            return {"nick": "mine"}

    app = Flask(__name__)
    app.add_url_rule("/me", "its_me", lambda: {"name": "Ada"})
    app.add_url_rule("/users/<id>", "user", lambda id: {"name": id})
    paths = {"/me": {"get": {"operationId": "Me", **answers(PERSON)}}, "/users/{id}": {"get": answers(PERSON)}}
    gateway = Gateway(app, query=Own, openapi=document(paths))
    assert gateway.execute('{ me { nick } Me { __typename name } user2(id: "7") { name } }') == {
        "data": {
            "me": {"nick": "mine"},
            "Me": {"__typename": "MeResponse2", "name": "Ada"},
            "user2": {"name": "7"},
        }
    }


def test_camel_case_is_for_fields_arguments_and_values_of_a_document() -> None:
    state = {"type": "string", "enum": ["in_progress", "DONE", "so-so"]}
    properties = {
        "created_at": {"type": "string"},
        "userID": {"type": "string"},
        "HTTPStatus": {"type": "integer", "maximum": 599, "minimum": 100},
        "first-name": {"type": "string"},
        "state": state,
    }
    thing = {"type": "object", "properties": properties}
    parameters = [
        {"name": "page_size", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 9}},
        {"name": "thing_state", "in": "query", "schema": state},
        {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}},
    ]
    body = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
    ref = answers({"$ref": "#/components/schemas/Thing"})
    paths = {
        "/things/{thing_id}": {
            "get": {"operationId": "get_thing", "parameters": parameters, **ref},
            "put": {"operationId": "put_thing", "parameters": parameters[2:], **body, **ref},
        }
    }
    sent: list[Any] = []
    value = {
        "created_at": "2020",
        "userID": "u",
        "HTTPStatus": 200,
        "first-name": "Ada",
        "state": "in_progress",
    }

    def thing_of(thing_id: str) -> Json:
        sent.append((request.method, request.full_path, request.get_json() if request.data else None))
        return value

    app = Flask(__name__)
    app.add_url_rule("/things/<thing_id>", "thing", thing_of, methods=["GET", "PUT"])
    gateway = Gateway(app, openapi=document(paths, Thing=thing), camel_case=True)
    fields = "createdAt userID HTTPStatus firstName state"
    answer = {"createdAt": "2020", "userID": "u", "HTTPStatus": 200, "firstName": "Ada", "state": "inProgress"}
    assert gateway.execute(f'{{ getThing(thingId: "1", pageSize: 2, thingState: inProgress) {{ {fields} }} }}') == {
        "data": {"getThing": answer}
    }
    arguments = 'createdAt: "2020", userID: "u", HTTPStatus: 200, firstName: "Ada", state: inProgress'
    assert gateway.execute(f'mutation {{ putThing(thingId: "1", input: {{{arguments}}}) {{ {fields} }} }}') == {
        "data": {"putThing": answer}
    }
    assert sent == [("GET", "/things/1?page_size=2&thing_state=in_progress", None), ("PUT", "/things/1?", value)]


def test_a_join_of_a_document_in_camel_case_reads_the_key_of_the_api() -> None:
    user, post = (
        {"type": "object", "properties": {"id": {"type": "string"}, name: {"type": "string"}}}
        for name in ("name", "blog_user_id")
    )
    ident = [{"name": "user_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    paths = {
        "/blog-users/{user_id}": {
            "get": {"operationId": "u", "parameters": ident, **answers({"$ref": "#/components/schemas/BlogUser"})}
        },
        "/post": {"get": {"operationId": "p", **answers({"$ref": "#/components/schemas/Post"})}},
    }
    app = Flask(__name__)
    app.add_url_rule("/blog-users/<user_id>", "u", lambda user_id: {"id": user_id, "name": "Ada"})
    app.add_url_rule("/post", "p", lambda: {"id": "1", "blog_user_id": "7"})
    paths_of = document(paths, BlogUser=user, Post=post)
    gateway = Gateway(app, openapi=paths_of, camel_case=True, joins=["Post.blogUser"])
    assert gateway.execute("{ p { blogUserId blogUser { id name } } }") == {
        "data": {"p": {"blogUserId": "7", "blogUser": {"id": "7", "name": "Ada"}}}
    }


class When(graphene.InputObjectType):
    at = graphene.DateTime()
    days = graphene.List(graphene.Date)


class Clock(graphene.ObjectType):
    now = graphene.DateTime(at=graphene.DateTime(), when=When())
    day = graphene.Date()
    id = graphene.UUID()
    price = graphene.Decimal()

    def resolve_now(root: Any, info: Any, at: Any = None, when: Any = None) -> Any:
        return (at or when.at).replace(year=1999) if not when or not when.days else datetime(when.days[0].year, 1, 1)

    def resolve_day(root: Any, info: Any) -> Any:
        return date(2020, 1, 2)

    def resolve_id(root: Any, info: Any) -> Any:
        return UUID(int=1)

    def resolve_price(root: Any, info: Any) -> Any:
        return Decimal("1.5")


@pytest.mark.parametrize("has_document", [False, True])
def test_graphene_scalars_are_as_without_a_document(has_document: bool) -> None:
    formats = {"at": "date-time", "on": "date", "id": "uuid"}
    properties = {name: {"type": "string", "format": form} for name, form in formats.items()}
    parameter = {"name": "at", "in": "query", "schema": properties["at"]}
    operation = {"operationId": "event", "parameters": [parameter], **answers({"properties": properties})}
    value = {"at": "2020-01-01T00:00:00Z", "on": "2020-01-02", "id": str(UUID(int=2))}
    app = Flask(__name__)
    app.add_url_rule("/event", "event", lambda: {**value, "at": request.args.get("at")})
    openapi = document({"/event": {"get": operation}}) if has_document else None
    gateway = Gateway(app, query=Clock, openapi=openapi)
    query = """{
        now(at: "2020-05-06T07:08:09")
        other: now(when: {at: "2020-05-06T07:08:09"})
        days: now(when: {days: ["2001-02-03"]})
        day id price
    }"""
    assert gateway.execute(query) == {
        "data": {
            "now": "1999-05-06T07:08:09",
            "other": "1999-05-06T07:08:09",
            "days": "2001-01-01T00:00:00",
            "day": "2020-01-02",
            "id": str(UUID(int=1)),
            "price": "1.5",
        }
    }
    if has_document:
        assert gateway.execute('{ event(at: "2020-01-01T00:00:00Z") { at on id } }') == {"data": {"event": value}}


def test_a_link_to_a_query_parameter_in_camel_case() -> None:
    parameter = {"name": "user_id", "in": "query", "schema": {"type": "string"}}
    link = {"operationId": "posts_of", "parameters": {"user_id": "$response.body#/id"}}
    user = answers({"$ref": "#/components/schemas/User"})
    user["responses"]["200"]["links"] = {"their_posts": link}
    posts = answers({"type": "array", "items": {"$ref": "#/components/schemas/Post"}})
    schemas = {
        "User": {"type": "object", "properties": {"id": {"type": "string"}}},
        "Post": {"type": "object", "properties": {"post_title": {"type": "string"}}},
    }
    paths = {
        "/user": {"get": {"operationId": "user", **user}},
        "/posts": {"get": {"operationId": "posts_of", "parameters": [parameter], **posts}},
    }
    app = Flask(__name__)
    app.add_url_rule("/user", "user", lambda: {"id": "7"})
    app.add_url_rule("/posts", "posts", lambda: [{"post_title": f"of {request.args['user_id']}"}])
    gateway = Gateway(app, openapi=document(paths, **schemas), camel_case=True, joins=["User.theirPosts"])
    assert gateway.execute("{ user { theirPosts { postTitle } } }") == {
        "data": {"user": {"theirPosts": [{"postTitle": "of 7"}]}}
    }
