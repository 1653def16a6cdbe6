"""An OpenAPI document of the back end, for the peers that make their schema from one."""

from typing import Any

_INTEGER, _STRING, _BOOLEAN = {"type": "integer"}, {"type": "string"}, {"type": "boolean"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS = {
    "Post": _object(
        id=_INTEGER,
        userId=_INTEGER,
        title=_STRING,
        slug=_STRING,
        body=_STRING,
        views=_INTEGER,
        likes=_INTEGER,
        createdAt=_STRING,
        published=_BOOLEAN,
        tags=_list(_STRING),
    ),
    "User": _object(id=_INTEGER, name=_STRING, username=_STRING, email=_STRING, active=_BOOLEAN),
    "Slow": _object(n=_INTEGER),
}
LINKS = {
    "Post": {"user": {"operationId": "user", "parameters": {"id": "$response.body#/userId"}}},
    "User": {"posts": {"operationId": "posts", "parameters": {"userId": "$response.body#/id"}}},
}


def _operation(
    name: str, schema: Any, *, path: tuple[str, ...] = (), query: tuple[str, ...] = (), links: str = ""
) -> Any:
    parameters = [{"name": each, "in": "path", "required": True, "schema": _INTEGER} for each in path]
    parameters += [{"name": each, "in": "query", "required": False, "schema": _INTEGER} for each in query]
    response = {"description": "OK", "content": {"application/json": {"schema": schema}}}
    if links:
        response["links"] = LINKS[links]
    return {"get": {"operationId": name, "parameters": parameters, "responses": {"200": response}}}


def document(backend: int) -> dict[str, Any]:
    """Return the document, with the back end on that port as its server."""
    posts = _list(_schema("Post"))
    return {
        "openapi": "3.0.0",
        "info": {"title": "blog", "version": "1"},
        "servers": [{"url": f"http://127.0.0.1:{backend}"}],
        "paths": {
            "/posts": _operation("posts", posts, query=("userId",), links="Post"),
            "/posts/{id}": _operation("post", _schema("Post"), path=("id",), links="Post"),
            "/users/{id}": _operation("user", _schema("User"), path=("id",), links="User"),
            "/items/{count}": _operation("items", posts, path=("count",)),
            "/slow/{ms}/{n}": _operation("slow", _schema("Slow"), path=("ms", "n")),
        },
        "components": {"schemas": SCHEMAS},
    }
