"""Rules of validation for arguments and their values, whose messages name the cure."""

from typing import Any

from graphql import (
    SKIP,
    ArgumentNode,
    ASTValidationRule,
    GraphQLError,
    KnownArgumentNamesRule,
    ObjectValueNode,
    ValueNode,
    ValuesOfCorrectTypeRule,
    get_named_type,
)
from graphql.pyutils import suggestion_list

from restgql.debug_log import listed

_IN_PLACE_OF_PATH = frozenset({"url", "uri", "route", "endpoint"})
_IN_PLACE_OF_BODY = frozenset({"body", "data", "input", "json"})
_IN_PLACE_OF_SELECT = frozenset({"select", "fields", "query", "jmespath", "filter"})
_IN_PLACE_OF_QUERY = frozenset({"query", "search", "filter", "where", "args"})


class _KnownArgumentNames(KnownArgumentNamesRule):
    def enter_argument(self, arg_node: ArgumentNode, *args: Any) -> Any:
        field, parent = self.context.get_field_def(), self.context.get_parent_type()
        hint = ""
        if self.context.get_argument() is None and field is not None and parent is not None:
            hint = _hint_of_argument(arg_node.name.value, list(field.args), arg_node.value)
        if not hint:
            return super().enter_argument(arg_node, *args)
        assert parent is not None
        message = f"Unknown argument '{arg_node.name.value}' on field '{parent.name}.{args[3][-1].name.value}'."
        self.context.report_error(GraphQLError(f"{message} {hint}", arg_node))
        return None


def _hint_of_argument(name: str, names: list[str], value: ValueNode) -> str:
    """Return the cure for an unknown argument of a field with these."""
    if not {"path", "params", "headers"}.issubset(names):
        if suggestion_list(name, names):
            return ""
        return f"It takes {listed(names)}." if names else "It takes no arguments."
    if name.lower() in _IN_PLACE_OF_PATH:
        return "Did you mean 'path'?"
    if name.lower() in _IN_PLACE_OF_BODY:
        is_get = "body" not in names
        return "A GET has no body: write mutation { post(path: …, body: …) }." if is_get else "Did you mean 'body'?"
    if name.lower() in _IN_PLACE_OF_QUERY and isinstance(value, ObjectValueNode):
        keys = [field.name.value for field in value.fields]
        pairs = ", ".join(f"{key}: …" for key in keys)
        return f'The path has the query string: write path: "…{{?{",".join(keys)}}}", params: {{{pairs}}}.'
    if name.lower() == "method":
        return "This field sends a GET. For another method, write mutation { post(path: …) }."
    if name.lower() in _IN_PLACE_OF_SELECT:
        return "Did you mean 'select'?" if "select" in names else "Write { json(select: …) } below the field."
    if name in ("param", "parameters", "args", "arguments", "variables", "query_params", "search"):
        return "Did you mean 'params'?"
    if suggestion_list(name, names):
        return ""
    return f"A value for {{{name}}} in the path is in params: write params: {{{name}: …}}."


class _ValuesOfCorrectType(ValuesOfCorrectTypeRule):
    """Header fields are a list of names and values, not an object of them."""

    def enter_object_value(self, node: ObjectValueNode, *args: Any) -> Any:
        of_type = get_named_type(self.context.get_input_type())
        names = [field.name.value for field in node.fields]
        is_header = of_type is not None and of_type.name == "RestHeaderInput"
        if not is_header or any(suggestion_list(name, ("name", "value")) for name in names):
            return super().enter_object_value(node, *args)
        example = names[0] if names else "Accept"
        message = f'A header field is an object of name and value: write [{{name: "{example}", value: "…"}}].'
        self.context.report_error(GraphQLError(message, node))
        return SKIP


ARGUMENT_HINTS: dict[type[ASTValidationRule], type[ASTValidationRule]] = {
    KnownArgumentNamesRule: _KnownArgumentNames,
    ValuesOfCorrectTypeRule: _ValuesOfCorrectType,
}
"""The rules with hints, by the rules of the specification that they replace."""
