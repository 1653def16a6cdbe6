"""The arguments of the core schema's fields, each with its description."""

from typing import Any

import graphene

from restgql.schema.json_scalar import JSON

PATH = "The path of a route, or a URI template (RFC 6570) such as /users/{id}."
PARAMS = "An object with values for the names in braces: {id: 1} makes /users/{id} the path /users/1."
BODY_SELECT = "A JMESPath expression: the part of the JSON value to return."
VALUES_SELECT = "A JMESPath expression over the array of the values."
OVER = "A JMESPath expression that selects an array of the JSON value. @ is the whole value."
LIMIT = "The maximum number of elements. Only the first ones are used."


class RestHeaderInput(graphene.InputObjectType):  # type: ignore[misc]
    """A header field of a request to a route."""

    name = graphene.String(required=True, description="The name, in any case.")
    value = graphene.String(required=True, description="The value, such as application/json.")


def path() -> graphene.String:
    return graphene.String(required=True, description=PATH)


def params() -> Any:
    return JSON(description=PARAMS)


def headers() -> graphene.Argument:
    return graphene.Argument(
        graphene.List(graphene.NonNull(RestHeaderInput)),
        description="Header fields of the request. They override those of the client.",
    )


def follow_redirects() -> graphene.Boolean:
    return graphene.Boolean(
        default_value=True,
        description="Follow redirects to other routes of the app. If false, a redirect is the response.",
    )


def over() -> graphene.String:
    return graphene.String(default_value="@", description=OVER)


def limit() -> graphene.Int:
    return graphene.Int(description=LIMIT)


def select(description: str = BODY_SELECT) -> graphene.String:
    return graphene.String(description=description)
