"""The arguments of the core schema's fields, each with its description."""

from typing import Any

import graphene

from restgql.schema.json_scalar import JSON

PATH = "The path of a route, or a URI template (RFC 6570) such as /users/{id}."
PARAMS = "An object with the values of the template's variables."
BODY_SELECT = "A JMESPath expression: the part of the JSON value to return."
VALUES_SELECT = "A JMESPath expression over the array of the values."
OVER = "A JMESPath expression that selects an array of the JSON value. @ is the whole value."
LIMIT = "The number of elements to use, from the first; the others are left out."


class RestHeaderInput(graphene.InputObjectType):  # type: ignore[misc]
    """A header field of a sub-request."""

    name = graphene.String(required=True, description="The name, in any case.")
    value = graphene.String(required=True, description="The value.")


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
    return graphene.Boolean(default_value=True, description="Follow redirects to other routes of the app.")


def over() -> graphene.String:
    return graphene.String(default_value="@", description=OVER)


def limit() -> graphene.Int:
    return graphene.Int(description=LIMIT)


def select(description: str = BODY_SELECT) -> graphene.String:
    return graphene.String(description=description)
