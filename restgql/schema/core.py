"""The core schema, in graphene: `get`, `fetch`, `aggregate` and `routes`.

No resolver here does I/O: `source` already has the answers, by the field's response key.
"""

from collections.abc import Collection
from typing import Any

import graphene
from graphql import GraphQLResolveInfo, GraphQLScalarType, GraphQLSchema, specified_directives

from restgql.schema import core_arguments as arguments
from restgql.schema import graphene_types
from restgql.schema.incremental_directives import DEFER, STREAM
from restgql.schema.json_scalar import JSON, SPECIFIED_BY
from restgql.schema.root_descriptions import describe_roots
from restgql.schema.scalars import MULTIPART_SPEC, Upload

VERBS = ("POST", "PUT", "PATCH", "DELETE")
ENCODINGS = {
    "JSON": "As JSON text.",
    "FORM": "As an HTML form (application/x-www-form-urlencoded).",
    "MULTIPART": "As a multipart form, which can contain files.",
}
FROM_RESPONSE = "{id} in the path is a key of this response's JSON object, unless params has it."
FROM_ITEM = "{id} in the path is a key of this element, {item} the element itself if it is no object."


def _answer(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    return source.answer(info, arguments)


def _json(source: Any, info: GraphQLResolveInfo, select: str | None = None) -> Any:
    return source.json(info, select)


def _text(source: Any, info: GraphQLResolveInfo) -> Any:
    return source.response.text


def _data_url(source: Any, info: GraphQLResolveInfo) -> Any:
    return source.response.data_url


def _of_response(name: str, default: Any, source: Any, info: GraphQLResolveInfo) -> Any:
    return getattr(source.response, name)


def _get(description: str) -> graphene.Field:
    return graphene.Field(
        JSON,
        path=arguments.path(),
        params=arguments.params(),
        select=arguments.select(),
        headers=arguments.headers(),
        resolver=_answer,
        description=description,
    )


def _fetch(description: str) -> graphene.Field:
    return graphene.Field(
        lambda: RestResponse,
        path=arguments.path(),
        params=arguments.params(),
        headers=arguments.headers(),
        follow_redirects=arguments.follow_redirects(),
        resolver=_answer,
        description=description,
    )


def _get_each() -> graphene.Field:
    return graphene.Field(
        JSON,
        path=arguments.path(),
        over=arguments.over(),
        params=arguments.params(),
        limit=arguments.limit(),
        select=arguments.select(arguments.VALUES_SELECT),
        headers=arguments.headers(),
        resolver=_answer,
        description="The JSON values of one GET request for each element of an array. {id} in the path is a key of the "
        "element, {item} the element itself if it is no object.",
    )


def _each() -> graphene.Field:
    return graphene.Field(
        graphene.List(lambda: RestItem),
        over=arguments.over(),
        limit=arguments.limit(),
        resolver=_answer,
        description="The elements of an array, to select fields of each.",
    )


class RestHeader(graphene.ObjectType):  # type: ignore[misc]
    """A header field of a response."""

    name = graphene.String(required=True, description="The name, as the route wrote it.")
    value = graphene.String(required=True, description="The value.")


class RestResponse(graphene.ObjectType):  # type: ignore[misc]
    """The response of a route, and requests that use values of its JSON."""

    class Meta:
        default_resolver = _of_response

    url = graphene.String(required=True, description="The path that answered, after redirects.")
    status = graphene.Int(required=True, description="The status code, such as 200.")
    ok = graphene.Boolean(required=True, description="True if the status is 200 to 299.")
    redirected = graphene.Boolean(required=True, description="True if a redirect was followed.")
    headers = graphene.List(graphene.NonNull(RestHeader), required=True, description="The headers, without Set-Cookie.")
    header = graphene.String(
        name=graphene.String(required=True, description="The name of the header, in any case."),
        description="The value of a header. Several values are joined with commas.",
    )
    content_type = graphene.String(description="The header Content-Type, such as application/json.")
    etag = graphene.String(description="The header ETag, to send back as If-Match or If-None-Match.")
    size = graphene.Int(required=True, description="The size of the decoded body, in bytes.")
    json = graphene.Field(
        JSON,
        select=arguments.select(),
        resolver=_json,
        description="The body as a JSON value, or the part that a JMESPath expression selects.",
    )
    text = graphene.String(resolver=_text, description="The body as text, or null if it cannot be decoded.")
    data_url = graphene.String(resolver=_data_url, description="The body as a data: URL (RFC 2397).")
    error = graphene.String(
        description="The error code, such as TIMEOUT, if there is no response. status is then 504, 502 or 500."
    )

    get = _get(f"The JSON value of GET path. {FROM_RESPONSE}")
    fetch = _fetch(f"The response to GET path, whatever its status. {FROM_RESPONSE}")
    get_each = _get_each()
    each = _each()

    @staticmethod
    def resolve_header(source: Any, info: GraphQLResolveInfo, name: str) -> str | None:
        value: str | None = source.response.header(name)
        return value


class RestItem(graphene.ObjectType):  # type: ignore[misc]
    """An element of an array, and requests that use its values."""

    json = graphene.Field(
        JSON,
        select=arguments.select(),
        resolver=_json,
        description="The element, or the part that a JMESPath expression selects.",
    )
    get = _get(f"The JSON value of GET path. {FROM_ITEM}")
    fetch = _fetch(f"The response to GET path, whatever its status. {FROM_ITEM}")
    get_each = _get_each()
    each = _each()


class RestEncoding(graphene.Enum):  # type: ignore[misc]
    """The encoding of a request body."""

    JSON = "JSON"
    FORM = "FORM"
    MULTIPART = "MULTIPART"

    @property
    def description(self) -> str | None:
        return ENCODINGS.get(getattr(self, "name", ""))


class RestFileInput(graphene.InputObjectType):  # type: ignore[misc]
    """A file of a multipart body."""

    name = graphene.String(required=True, description="The name of its form field.")
    file = Upload(required=True, description="The file: a variable of the type Upload.")


class RestRoute(graphene.ObjectType):  # type: ignore[misc]
    """A route that the gateway can request."""

    path = graphene.String(required=True, description="The path, to pass to get: /users/{id}.")
    endpoint = graphene.String(required=True, description="The Flask endpoint, or the host of an upstream.")
    methods = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="The methods that the gateway can request."
    )
    parameters = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="The names in braces in the path, to pass as params.",
    )
    description = graphene.String(description="The first line of the view's docstring.")
    typed = graphene.Boolean(required=True, description="True if a typed field requests this route.")


class UntypedQuery(graphene.ObjectType):  # type: ignore[misc]
    get = _get("The JSON value of the response to GET path. A status of 400 or more is null and an error.")
    fetch = _fetch("The response to GET path, whatever its status: an error status is no GraphQL error.")
    aggregate = graphene.Field(
        JSON,
        paths=graphene.List(
            graphene.NonNull(graphene.String),
            required=True,
            description="The paths to GET. They are not templates: a brace is a brace.",
        ),
        required=True,
        resolver=_answer,
        description="An object of each path and its JSON value, as POST /aggregate returns it.",
    )


class RoutesQuery(graphene.ObjectType):  # type: ignore[misc]
    routes = graphene.List(
        graphene.NonNull(RestRoute),
        prefix=graphene.String(description="List only the paths that begin with this text."),
        required=True,
        description="The routes that the gateway can request.",
    )

    @staticmethod
    def resolve_routes(source: Any, info: GraphQLResolveInfo, prefix: str | None = None) -> Any:
        return source.routes(info, prefix)


class Query(RoutesQuery, UntypedQuery):
    pass


class TypedQuery(RoutesQuery):
    class Meta:
        name = "Query"


def _verb(method: str) -> graphene.Field:
    return graphene.Field(
        RestResponse,
        path=arguments.path(),
        params=arguments.params(),
        body=JSON(description="The body of the request: any JSON value, or an object of form fields."),
        encoding=RestEncoding(default_value=RestEncoding.JSON, description="How to write the body."),
        files=graphene.Argument(
            graphene.List(graphene.NonNull(RestFileInput)),
            description="Files to send after the fields of the body. They make the encoding MULTIPART.",
        ),
        headers=arguments.headers(),
        follow_redirects=arguments.follow_redirects(),
        resolver=_answer,
        description=f"The response to {method} path, whatever its status.",
    )


def _mutation(mutation: type | None, verbs: Collection[str]) -> type | None:
    """Return the user's mutation fields with one field per verb. Raises SchemaError if both define the same name."""
    if not verbs:
        return None if mutation is None else type("Mutation", (mutation,), {})
    fields = {verb.lower(): _verb(verb) for verb in VERBS if verb in verbs}
    return graphene_types.combined(mutation, type("Mutation", (graphene.ObjectType,), fields), "Mutation")


def build(
    query: type | None = None, mutation: type | None = None, verbs: Collection[str] = (), *, untyped: bool = True
) -> GraphQLSchema:
    """Return the core schema, with these unsafe verbs and the user's graphene types. Raises SchemaError.

    Without `untyped` fields it has only `routes`, and no verbs. It always contains ID, Float and JSON, so that clients
    may declare such variables.
    """
    own, verbs = (Query, verbs) if untyped else (TypedQuery, ())
    directives = [*specified_directives, DEFER, STREAM]
    schema: GraphQLSchema = graphene.Schema(
        query=graphene_types.combined(query, own, "Query"),
        mutation=_mutation(mutation, verbs),
        types=[graphene.ID, graphene.Float, *(() if untyped else (JSON,))],
        directives=directives,
    ).graphql_schema
    for name, url in (("JSON", SPECIFIED_BY), ("Upload", MULTIPART_SPEC)):
        if isinstance(scalar := schema.type_map.get(name), GraphQLScalarType):
            scalar.specified_by_url = url  # graphene has no option for it
    describe_roots(schema)
    if query is not None or mutation is not None:
        graphene_types.bind(schema, own={*own._meta.fields, *(verb.lower() for verb in verbs)})
    return schema
