"""The fields that make sub-requests, as steps; a step's own steps are the fields selected on its response."""

from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectValueNode,
    get_named_type,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.execution.values import get_argument_values

from restgql.errors import BadRequest, RestgqlError
from restgql.formats import headers, template
from restgql.model import Field, Follow, Step
from restgql.plan.document import InvalidRequest, Operation

Arguments = dict[str, Any]
Fields = dict[str, list[FieldNode]]

_BY_NAME = {field.value: field for field in Field}


class Collector:
    """Collects the steps of operations on one schema. `added_headers` are the names RESTGQL_SUBREQUEST_HEADERS adds."""

    def __init__(self, schema: GraphQLSchema, added_headers: frozenset[str]) -> None:
        self._schema = schema
        self._added_headers = added_headers

    def steps(self, operation: Operation) -> tuple[Step, ...]:
        """The steps of an operation, in document order."""
        root = self._schema.get_root_type(operation.type)
        if root is None:
            raise InvalidRequest([GraphQLError(f"The schema has no {operation.type.value}.", operation.node)])
        fragments = {d.name.value: d for d in operation.document.definitions if isinstance(d, FragmentDefinitionNode)}
        fields = collect_fields(self._schema, fragments, operation.variables, root, operation.node.selection_set)
        return self._steps_of(root, fields, fragments, operation.variables)

    def step(
        self,
        field: Field,
        key: str,
        given: Arguments,
        *,
        literal: frozenset[str] = frozenset(),
        steps: tuple[Step, ...] = (),
    ) -> Step:
        """The step of a field with these arguments; `literal` are the names that its params spell out, even absent."""
        try:
            params = given.get("params")
            if params is not None and not isinstance(params, dict):
                raise BadRequest("params takes an object.")
            limit = given.get("limit")
            if limit is not None and limit < 0:
                raise BadRequest("limit takes 0 or more.")
            return Step(
                key=key,
                field=field,
                template=template.compile(given["path"]) if "path" in given else None,
                params=params or {},
                declared=literal | frozenset(params or ()),
                headers=headers.settable(
                    ((header["name"], header["value"]) for header in given.get("headers") or ()), self._added_headers
                ),
                follow=_follow(field, given),
                over=given.get("over") or "@",
                limit=limit,
                steps=steps or parts({path: path for path in given.get("paths") or ()}),
            )
        except RestgqlError as exc:
            return Step(key=key, field=field, refused=exc)

    def _steps_of(
        self,
        parent: GraphQLObjectType,
        fields: Fields,
        fragments: dict[str, FragmentDefinitionNode],
        variables: Arguments,
    ) -> tuple[Step, ...]:
        steps = []
        for key, nodes in fields.items():
            field = _BY_NAME.get(nodes[0].name.value)
            if field is None:
                continue
            definition = parent.fields[field.value]
            try:
                given = get_argument_values(definition, nodes[0], variables)
            except GraphQLError as exc:
                steps.append(Step(key=key, field=field, refused=BadRequest(exc.message)))
                continue
            below: tuple[Step, ...] = ()
            kind = get_named_type(definition.type)
            if isinstance(kind, GraphQLObjectType):
                sub_fields = collect_sub_fields(self._schema, fragments, variables, kind, nodes)
                below = self._steps_of(kind, sub_fields, fragments, variables)
            steps.append(self.step(field, key, given, literal=_literal_names(nodes[0]), steps=below))
        return tuple(steps)


def parts(paths: dict[str, str]) -> tuple[Step, ...]:
    """The steps of a map of paths, which are no templates."""
    return tuple(Step(key=key, field=Field.GET, path=path) for key, path in paths.items())


def _follow(field: Field, given: Arguments) -> Follow:
    if field is not Field.FETCH:
        return Follow.UNLESS_HTML
    return Follow.ALWAYS if given.get("follow_redirects") is not False else Follow.NEVER


def _literal_names(node: FieldNode) -> frozenset[str]:
    """The names that `params` spells out in the document: one whose variable is absent does not fall through."""
    return frozenset(
        field.name.value
        for argument in node.arguments
        if argument.name.value == "params" and isinstance(argument.value, ObjectValueNode)
        for field in argument.value.fields
    )
