"""Names the root fields of a document's operations."""

from collections.abc import Callable, Mapping

from restgql.errors import ConfigError
from restgql.schema.sdl import names
from restgql.schema.sdl.name_rules import NameRules
from restgql.schema.sdl.route_fields import Endpoint, endpoint_names
from restgql.schema.sources.openapi.api_operation import ApiOperation
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import as_text
from restgql.schema.sources.openapi.operation_paths import OperationPaths

EndpointOf = Callable[[str, str], Endpoint | None]
"""Takes a method and a path of the app, and returns its endpoint."""


def root_type(operation: ApiOperation) -> str:
    """Return the root type that has an operation's field."""
    return "Query" if operation.method == "get" else "Mutation"


def root_names(
    operations: list[ApiOperation],
    locked: Mapping[str, str],
    operation_paths: OperationPaths,
    rules: NameRules,
    endpoint_of: EndpointOf | None,
) -> dict[str, str]:
    """Return the field name of each operation, by the operation's key.

    It is, in this order: the name in the lockfile, the operationId, the name of the endpoint that answers, or a name
    derived from the path. Raises ConfigError if a locked name cannot be used.
    """
    scopes = {root: names.NameScope(taken) for root, taken in rules.reserved.fields.items()}
    by_key: dict[str, str] = {}
    for operation in operations:
        if (name := locked.get(key := operation_paths.lock_key(operation))) is not None:
            if not names.is_name(name) or name in scopes[root_type(operation)]:
                raise ConfigError(f"The lockfile has {name!r} for {key}, which is not a valid name or already in use.")
            by_key[operation.key] = scopes[root_type(operation)].take(name)

    def take(operation: ApiOperation, name: str, *, is_chosen: bool = False) -> None:
        root = root_type(operation)
        avoid = frozenset() if is_chosen else rules.reserved.own_fields.get(root, frozenset())
        by_key[operation.key] = scopes[root].take(rules.prefix.of_field(name), avoid)

    unnamed = []
    for operation in operations:
        if operation.key in by_key:
            continue
        if identifier := as_text(operation.body.get("operationId")).strip():
            take(operation, rules.naming.root_field_name(identifier), is_chosen=True)
        else:
            unnamed.append(operation)
    for operation, name in _by_endpoint(unnamed, operation_paths, endpoint_of) if endpoint_of is not None else ():
        take(operation, rules.naming.member_name(name, "route"))
    for operation in unnamed:
        if operation.key not in by_key:
            take(operation, rules.naming.root_field_name(_described(operation)))
    return by_key


def _by_endpoint(
    operations: list[ApiOperation], operation_paths: OperationPaths, endpoint_of: EndpointOf
) -> list[tuple[ApiOperation, str]]:
    """Return the operations that an endpoint answers, with a name.

    It is the endpoint's name (`pet`), or `put_pet` for a mutation if the endpoint answers several methods.
    """
    queries: list[tuple[ApiOperation, Endpoint]] = []
    mutations: list[tuple[ApiOperation, Endpoint]] = []
    for operation in operations:
        try:
            operation_path = operation_paths.find(operation)
        except DocumentProblem:  # it has no field
            continue
        endpoint = endpoint_of(operation.method.upper(), operation_path.path) if operation_path.is_of_app else None
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


def _described(operation: ApiOperation) -> str:
    """Return `get users by id` for GET /users/{id}."""
    words = [operation.method]
    for piece in operation.path.replace("}", "/").split("/"):
        words.append(piece.replace("{", " by "))
    return " ".join(words)
