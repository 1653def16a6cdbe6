"""Pass: the fields that make sub-requests, as steps; a step's own steps are the fields selected on its response."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    GraphQLWrappingType,
    ObjectValueNode,
    OperationType,
    VariableNode,
    get_named_type,
)

from restgql.bindings import RequestBinding, SelectBinding
from restgql.documents.collect_fields import FieldGroup, Key, Selection, SelectionSet
from restgql.documents.documents import InvalidRequest
from restgql.errors import BadRequest, RestgqlError
from restgql.formats import headers, template
from restgql.formats.body import Body
from restgql.model import Follow, NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext

Arguments = dict[str, Any]

Below = dict[str, Any]

_BY_NAME = {field.value: field for field in NodeKind}
_VERBS = frozenset({"post", "put", "patch", "delete"})
_CORE = frozenset({"Query", "RestResponse", "RestItem"})


def collect(plan: Plan, setting: PlanContext) -> Plan:
    """The plan with the steps of its operation. Raises InvalidRequest where the schema has no such operation."""
    operation = plan.operation
    root = setting.schema.get_root_type(operation.type)
    if root is None:
        hint = " RESTGQL_VERBS opens post, put, patch and delete." if operation.type is OperationType.MUTATION else ""
        raise InvalidRequest([GraphQLError(f"The schema has no {operation.type.value}.{hint}", operation.node)])
    selection = Selection(
        setting.schema, operation.document, operation.node, operation.variables, incremental=plan.incremental
    )
    steps = _Collector(selection, setting).steps_of(root, selection.root(root))
    return msgspec.structs.replace(plan, selection=selection, steps=steps)


def step_of(
    field: NodeKind,
    key: str,
    given: Arguments,
    added_headers: frozenset[str],
    *,
    literal: frozenset[str] = frozenset(),
    deferred: bool = False,
    steps: tuple[PlanNode, ...] = (),
    method: str = "GET",
) -> PlanNode:
    """The step of a field with these arguments; `literal` are the names that its params spell out, even absent."""
    try:
        params = given.get("params")
        if params is not None and not isinstance(params, dict):
            raise BadRequest("params takes an object.")
        limit = given.get("limit")
        if limit is not None and limit < 0:
            raise BadRequest("limit takes 0 or more.")
        return PlanNode(
            key=key,
            field=field,
            method=method,
            body=_body(given),
            template=template.compile(given["path"]) if "path" in given else None,
            params=params or {},
            declared=literal | frozenset(params or ()),
            headers=headers.settable(
                ((header["name"], header["value"]) for header in given.get("headers") or ()), added_headers
            ),
            follow=_follow(field, given),
            over=given.get("over") or "@",
            limit=limit,
            deferred=deferred,
            steps=steps or parts({path: path for path in given.get("paths") or ()}),
        )
    except RestgqlError as exc:
        return PlanNode(key=key, field=field, refused=exc)


def parts(paths: dict[str, str]) -> tuple[PlanNode, ...]:
    """The steps of a map of paths, which are no templates."""
    return tuple(PlanNode(key=key, field=NodeKind.GET, path=path) for key, path in paths.items())


class _Collector:
    """The steps of one operation's fields. An interface's field may be selected below itself, so what is alike below
    several types is made once: there are as many ways through the types as types to the power of the depth."""

    def __init__(self, selection: Selection, setting: PlanContext) -> None:
        self._selection = selection
        self._setting = setting
        self._steps: dict[tuple[str, int], tuple[PlanNode, ...]] = {}
        self._belows: dict[tuple[str, Key], Below] = {}

    def steps_of(self, parent: GraphQLObjectType, selected: SelectionSet) -> tuple[PlanNode, ...]:
        """The steps of what is selected of a type."""
        known = self._steps.get((parent.name, id(selected)))
        if known is None:
            known = self._steps[parent.name, id(selected)] = tuple(self._made(parent, selected))
        return known

    def _made(self, parent: GraphQLObjectType, selected: SelectionSet) -> Iterator[PlanNode]:
        for key, group in selected.groups.items():
            definition = parent.fields.get(group.name)
            if definition is None:
                continue
            binding = definition.resolve
            field, method = _BY_NAME.get(group.name) if parent.name in _CORE else None, "GET"
            if parent.name == "Mutation" and group.name in _VERBS:
                field, method = NodeKind.FETCH, group.name.upper()
            if isinstance(binding, RequestBinding):
                field = NodeKind.CALL
            elif isinstance(binding, SelectBinding):
                field = NodeKind.PICK
            if field is None:
                continue
            below = self._below(definition, group)
            if field is NodeKind.PICK:
                if below:
                    lists = _lists(definition.type)
                    yield PlanNode(key=key, field=field, pick=cast(SelectBinding, binding), lists=lists, **below)
                continue
            try:
                given = group.arguments(definition, self._selection.variables)
            except GraphQLError as exc:
                yield PlanNode(key=key, field=field, refused=BadRequest(exc.message))
                continue
            deferred = bool(group.defers)
            if isinstance(binding, RequestBinding):
                lists = _lists(definition.type)
                yield PlanNode(
                    key=key, field=field, call=binding, params=given, deferred=deferred, lists=lists, **below
                )
                continue
            literal, under = _literal_names(group.nodes[0]), below.get("steps", ())
            if "encoding" in given and not _is_said("encoding", group.nodes[0], self._selection.variables):
                given = {**given, "encoding": None}  # its default would not tell what is meant
            added = self._setting.added_headers
            yield step_of(field, key, given, added, literal=literal, deferred=deferred, steps=under, method=method)

    def _below(self, definition: GraphQLField, group: FieldGroup) -> Below:
        """The steps below a field: of its type, or of each type that its value may be of."""
        kind = get_named_type(definition.type)
        if isinstance(kind, GraphQLObjectType):
            steps = self.steps_of(kind, self._selection.below(group, kind))
            return {"steps": steps} if steps else {}
        if not isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return {}
        known = self._belows.get((kind.name, group.key))
        if known is None:
            possible = self._setting.schema.get_possible_types(kind)
            cases = {each.name: self.steps_of(each, self._selection.below(group, each)) for each in possible}
            known = {"cases": cases, "discriminator": kind.resolve_type} if any(cases.values()) else {}
            self._belows[kind.name, group.key] = known
        return known


def _lists(of_type: GraphQLOutputType) -> int:
    """How many lists are around a type."""
    depth = 0
    while isinstance(of_type, GraphQLWrappingType):
        depth += isinstance(of_type, GraphQLList)
        of_type = of_type.of_type
    return depth


def _follow(field: NodeKind, given: Arguments) -> Follow:
    if field is not NodeKind.FETCH:
        return Follow.UNLESS_HTML
    return Follow.ALWAYS if given.get("follow_redirects") is not False else Follow.NEVER


def _body(given: Arguments) -> Body | None:
    """What a verb writes: files make it MULTIPART where no encoding is said."""
    files = tuple((each["name"], each["file"]) for each in given.get("files") or ())
    if "body" not in given and not files:
        return None
    said = given.get("encoding")
    encoding = said.value if said else "MULTIPART" if files else "JSON"
    return Body(value=given.get("body"), encoding=encoding, files=files)


def _is_said(name: str, node: FieldNode, variables: dict[str, Any]) -> bool:
    """Whether an argument has a value that is not its default."""
    values = (argument.value for argument in node.arguments if argument.name.value == name)
    return any(not isinstance(value, VariableNode) or value.name.value in variables for value in values)


def _literal_names(node: FieldNode) -> frozenset[str]:
    """The names that `params` spells out in the document: one whose variable is absent does not fall through."""
    return frozenset(
        field.name.value
        for argument in node.arguments
        if argument.name.value == "params" and isinstance(argument.value, ObjectValueNode)
        for field in argument.value.fields
    )
