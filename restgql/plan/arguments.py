"""The arguments of a node: coerced by GraphQL, then checked and compiled for the sub-requests that it makes."""

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, ObjectValueNode, VariableNode

from restgql.bindings import RequestBinding
from restgql.documents.selected_field import Variables
from restgql.errors import BadRequest, LimitExceeded
from restgql.formats import headers, json, template
from restgql.formats.body import RequestBody
from restgql.formats.file import files_in
from restgql.model import Follow
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.plan.plan import PlanContext
from restgql.plan.whole_numbers import WholeNumbers

_AT_ONCE = 1_024
"""The paths of a list that are processed before their number is checked."""


def arguments_of(
    node: PlanNode,
    variables: Variables,
    context: PlanContext,
    *,
    has_uploads: bool = False,
    whole_numbers: WholeNumbers | None = None,
) -> NodeArguments:
    """Return the arguments of a node in one request. Raises BadRequest, BadPath and LimitExceeded.

    `whole_numbers` are those of the request, whose nodes may take the same variables.
    """
    if node.arguments is not None:
        return node.arguments
    assert node.field is not None
    values = node.field.read_arguments(variables)
    if isinstance(node.binding, RequestBinding):
        binding = node.binding
        arguments = NodeArguments(
            template=binding.template,
            params=(whole_numbers or WholeNumbers()).of(values, node.field.definition.args),
            literal_names=binding.arguments,
            float_names=_float_names(binding, context),
        )
    else:
        if node.kind is NodeKind.AGGREGATE:
            return NodeArguments(parts=_parts(values["paths"], context.limits.max_subrequests))
        if "encoding" in values and not _is_written("encoding", node.field.node, variables):
            values = {**values, "encoding": None}  # files then make it MULTIPART
        arguments = compile_arguments(
            node.kind, values, context.added_headers, literal_names=_literal_names(node.field.node)
        )
    if has_uploads:
        _check_files(arguments, context.max_upload)
    return arguments


def _float_names(binding: RequestBinding, context: PlanContext) -> frozenset[str]:
    """Return the names in a template for which the route takes a float, not an integer."""
    if not binding.template.names:
        return frozenset()
    floats = context.float_variables(binding.method, binding.template.shape)
    if not floats:
        return frozenset()
    in_path = [name for name in binding.template.names if not name.optional]
    return frozenset(name.text for index, name in enumerate(in_path) if index in floats)


def compile_arguments(
    kind: NodeKind,
    values: Mapping[str, Any],
    added_headers: frozenset[str],
    *,
    literal_names: frozenset[str] = frozenset(),
) -> NodeArguments:
    """Return the arguments of a field of the core schema.

    `literal_names` are the names in its literal params, even if their variables are absent. Raises BadRequest and
    BadPath.
    """
    params = values.get("params")
    if params is not None and not isinstance(params, dict):
        raise BadRequest(f"params takes an object, such as {{id: 1}}, not {json.type_name(params)}.")
    limit = values.get("limit")
    if limit is not None and limit < 0:
        raise BadRequest("limit takes 0 or more.")
    follow = Follow.UNLESS_HTML
    if kind is NodeKind.FETCH:
        follow = Follow.ALWAYS if values.get("follow_redirects") is not False else Follow.NEVER
    return NodeArguments(
        template=template.compile(values["path"]) if "path" in values else None,
        params=params or {},
        literal_names=literal_names,
        headers=headers.settable(
            ((header["name"], header["value"]) for header in values.get("headers") or ()), added_headers
        ),
        follow=follow,
        over=values.get("over") or "@",
        limit=limit,
        body=_body(values),
    )


def _parts(paths: list[str], allowed: int) -> tuple[tuple[str, str], ...]:
    """Return the keys and paths of an aggregate, each once. Raises LimitExceeded as soon as there are too many."""
    parts: dict[str, None] = {}
    for start in range(0, len(paths), _AT_ONCE):
        parts |= dict.fromkeys(paths[start : start + _AT_ONCE])
        if len(parts) > allowed:
            raise LimitExceeded(f"More than {allowed} paths.", limit="RESTGQL_MAX_SUBREQUESTS", allowed=allowed)
    return tuple((path, path) for path in parts)


def _body(values: Mapping[str, Any]) -> RequestBody | None:
    files = tuple((each["name"], each["file"]) for each in values.get("files") or ())
    if "body" not in values and not files:
        return None
    chosen = values.get("encoding")
    encoding = chosen.value if chosen else "MULTIPART" if files else "JSON"
    return RequestBody(value=values.get("body"), encoding=encoding, files=files)


def _check_files(arguments: NodeArguments, allowed: int) -> None:
    """Raise LimitExceeded if the files of a field exceed the size of an upload, counting repeated ones again."""
    body = [] if arguments.body is None else [arguments.body.value, *(file for _, file in arguments.body.files)]
    if sum(len(file.content) for file in files_in([arguments.params, *body])) > allowed:
        raise LimitExceeded(f"Its files are over {allowed} bytes.", limit="RESTGQL_MAX_UPLOAD", allowed=allowed)


def _is_written(name: str, node: FieldNode, variables: Variables) -> bool:
    """Return True if an argument has a value that is not its default."""
    values = (argument.value for argument in node.arguments if argument.name.value == name)
    return any(not isinstance(value, VariableNode) or value.name.value in variables for value in values)


def _literal_names(node: FieldNode) -> frozenset[str]:
    return frozenset(
        field.name.value
        for argument in node.arguments
        if argument.name.value == "params" and isinstance(argument.value, ObjectValueNode)
        for field in argument.value.fields
    )
