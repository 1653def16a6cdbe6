"""The names of the root fields of a document's operations."""

from collections.abc import Callable, Mapping

from restgql.errors import ConfigError
from restgql.schema.sdl import names
from restgql.schema.sdl.fields import Endpoint, endpoint_names
from restgql.schema.sdl.kit import Kit
from restgql.schema.sources.openapi.operation import Operation
from restgql.schema.sources.openapi.parts import text
from restgql.schema.sources.openapi.places import Places
from restgql.schema.sources.openapi.problem import Problem

EndpointOf = Callable[[str, str], Endpoint | None]
"""Takes a method and a path of the app, and returns its endpoint."""


def root_of(operation: Operation) -> str:
    """Return the type whose field an operation is."""
    return "Query" if operation.method == "get" else "Mutation"


def root_names(
    operations: list[Operation], locked: Mapping[str, str], places: Places, kit: Kit, endpoint_of: EndpointOf | None
) -> dict[str, str]:
    """Return the name of the field of each operation, by the operation's key.

    It is the lockfile's name, the operationId, the name of the endpoint that answers, or one made of the path, in this
    order. Raises ConfigError for a lockfile that cannot be kept.
    """
    scopes = {root: names.Names(taken) for root, taken in kit.reserved.fields.items()}
    by_key: dict[str, str] = {}
    for operation in operations:
        if (name := locked.get(key := places.key(operation))) is not None:
            if not names.is_name(name) or name in scopes[root_of(operation)]:
                raise ConfigError(f"The lockfile has {name!r} for {key}, which is no name or taken.")
            by_key[operation.key] = scopes[root_of(operation)].take(name)

    def take(operation: Operation, name: str, *, is_chosen: bool = False) -> None:
        root = root_of(operation)
        avoid = frozenset() if is_chosen else kit.reserved.own_fields.get(root, frozenset())
        by_key[operation.key] = scopes[root].take(kit.prefix.of_field(name), avoid)

    unnamed = []
    for operation in operations:
        if operation.key in by_key:
            continue
        if identifier := text(operation.body.get("operationId")).strip():
            take(operation, kit.naming.root(identifier), is_chosen=True)
        else:
            unnamed.append(operation)
    for operation, name in _by_endpoint(unnamed, places, endpoint_of) if endpoint_of is not None else ():
        take(operation, kit.naming.member(name, "route"))
    for operation in unnamed:
        if operation.key not in by_key:
            take(operation, kit.naming.root(_described(operation)))
    return by_key


def _by_endpoint(operations: list[Operation], places: Places, endpoint_of: EndpointOf) -> list[tuple[Operation, str]]:
    """Return the operations that an endpoint answers, with its name: `pet`, or `put_pet` for a mutation if the endpoint
    answers several methods."""
    queries: list[tuple[Operation, Endpoint]] = []
    mutations: list[tuple[Operation, Endpoint]] = []
    for operation in operations:
        try:
            place = places.place(operation)
        except Problem:  # it has no field
            continue
        endpoint = endpoint_of(operation.method.upper(), place.path) if place.is_of_app else None
        if endpoint is None:
            continue
        if operation.method == "get":
            queries.append((operation, endpoint))
        elif len(endpoint.methods) == 1:
            mutations.append((operation, endpoint))
        else:
            name = f"{operation.method}_{endpoint.name}"
            mutations.append((operation, Endpoint(path=endpoint.path, name=name)))
    return [
        (group[index][0], name)
        for group in (queries, mutations)
        for index, name, _ in endpoint_names([endpoint for _, endpoint in group])
    ]


def _described(operation: Operation) -> str:
    """Return `get users by id` for GET /users/{id}."""
    words = [operation.method]
    for piece in operation.path.replace("}", "/").split("/"):
        words.append(piece.replace("{", " by "))
    return " ".join(words)
