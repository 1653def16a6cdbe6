"""The fields that make sub-requests, as steps: templates filled, headers and paths checked."""

from collections.abc import Callable, Iterable
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, GraphQLError, GraphQLObjectType, GraphQLSchema
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values

from restgql.errors import BadRequest, RestgqlError
from restgql.formats import headers, target, template
from restgql.model import Follow, Step, SubRequest
from restgql.plan.document import Operation

Arguments = dict[str, Any]


class Collector:
    """Collects the steps of operations on one schema. `added_headers` are the names RESTGQL_SUBREQUEST_HEADERS adds."""

    def __init__(self, schema: GraphQLSchema, added_headers: frozenset[str]) -> None:
        self._schema = schema
        self._added_headers = added_headers
        self._fields: dict[str, Callable[[str, Arguments], Step]] = {
            "get": lambda key, given: self.request(key, given, Follow.UNLESS_HTML),
            "fetch": lambda key, given: self.request(
                key, given, Follow.ALWAYS if given["follow_redirects"] else Follow.NEVER
            ),
            "aggregate": lambda key, given: paths(key, {path: path for path in given["paths"]}),
        }

    def steps(self, operation: Operation) -> tuple[Step, ...]:
        """The steps of an operation, in document order."""
        root = self._schema.get_root_type(operation.type)
        if root is None:
            return ()
        fragments = {d.name.value: d for d in operation.document.definitions if isinstance(d, FragmentDefinitionNode)}
        fields = collect_fields(self._schema, fragments, operation.variables, root, operation.node.selection_set)
        steps = (self._step(root, key, nodes[0], operation.variables) for key, nodes in fields.items())
        return tuple(step for step in steps if step is not None)

    def request(self, key: str, given: Arguments, follow: Follow) -> Step:
        """The step of one path template with its params and headers."""
        params = given.get("params")
        try:
            if params is not None and not isinstance(params, dict):
                raise BadRequest("params takes an object.")
            path = template.expand(template.compile(given["path"]), (params or {}).get)
            pairs = headers.settable(((h["name"], h["value"]) for h in given.get("headers") or ()), self._added_headers)
            return Step(key=key, request=SubRequest(target=target.parse(path), headers=pairs, follow=follow))
        except RestgqlError as exc:
            return Step(key=key, refused=exc)

    def _step(self, root: GraphQLObjectType, key: str, node: FieldNode, variables: dict[str, Any]) -> Step | None:
        make = self._fields.get(node.name.value)
        if make is None:
            return None
        try:
            return make(key, get_argument_values(root.fields[node.name.value], node, variables))
        except GraphQLError as exc:
            return Step(key=key, refused=BadRequest(exc.message))


def paths(key: str, by_key: dict[str, str]) -> Step:
    """The step of a map of paths, which are no templates."""
    return Step(key=key, parts=tuple(_path(part, path) for part, path in by_key.items()))


def identities(steps: Iterable[Step]) -> set[tuple[object, ...]]:
    """The distinct sub-requests that steps are known to make."""
    found: set[tuple[object, ...]] = set()
    for step in steps:
        if step.request is not None:
            found.add(step.request.identity)
        found |= identities(step.parts or ())
    return found


def _path(key: str, path: str) -> Step:
    try:
        return Step(key=key, request=SubRequest(target=target.parse(path)))
    except RestgqlError as exc:
        return Step(key=key, refused=exc)
