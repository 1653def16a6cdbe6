"""Rules of validation whose messages name the cure, for what a newcomer to the untyped fields writes."""

import re
from typing import Any

from graphql import (
    SKIP,
    ArgumentNode,
    ASTValidationRule,
    FieldNode,
    FieldsOnCorrectTypeRule,
    GraphQLError,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    NamedTypeNode,
    NoUnusedVariablesRule,
    ObjectValueNode,
    OperationDefinitionNode,
    ScalarLeafsRule,
    SelectionSetNode,
    StringValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    visit,
)
from graphql.pyutils import suggestion_list

VERBS = frozenset({"post", "put", "patch", "delete"})
_JSON_OF = {
    "RestResponse": "A response has its JSON in the field json",
    "RestItem": "An element has its JSON in the field json",
}
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}|\$(\w+)|(?<![\w{]):(\w+)|\{(\w+)\}|<(?:\w+:)?(\w+)>")
"""The placeholders of other languages and frameworks. A pattern of the client's own names would stay in the cache of
`re`."""
_IN_PLACE_OF_PATH = frozenset({"url", "uri", "route", "endpoint"})
_IN_PLACE_OF_BODY = frozenset({"body", "data", "input", "json"})
_IN_PLACE_OF_SELECT = frozenset({"select", "fields", "query", "jmespath", "filter"})


class _FieldsOnCorrectType(FieldsOnCorrectTypeRule):
    def report_error(self, error: GraphQLError) -> None:
        message, did_you_mean, names = error.message.partition(" Did you mean")
        verb = self._hint_of_verb(error)
        hint = verb or (f"{did_you_mean.strip()}{names}" if did_you_mean else self._hint(error))
        super().report_error(GraphQLError(f"{message} {hint}".strip(), error.nodes))

    def _hint_of_verb(self, error: GraphQLError) -> str:
        """Return the cure for a verb in a query, or for one that RESTGQL_VERBS does not add."""
        node, parent = error.nodes[0] if error.nodes else None, self.context.get_parent_type()
        if not isinstance(node, FieldNode) or node.name.value not in VERBS:
            return ""
        name, schema = node.name.value, self.context.schema
        if parent is schema.query_type:
            has_verb = schema.mutation_type is not None and name in schema.mutation_type.fields
            key = "" if has_verb else f', and add "{name.upper()}" to RESTGQL_VERBS'
            return f"It is a field of Mutation: write mutation {{ {name}(path: …) }}{key}."
        return f'Add "{name.upper()}" to RESTGQL_VERBS.' if parent is schema.mutation_type else ""

    def _hint(self, error: GraphQLError) -> str:
        node, parent = error.nodes[0] if error.nodes else None, self.context.get_parent_type()
        if not isinstance(node, FieldNode) or parent is None:
            return ""
        name, schema = node.name.value, self.context.schema
        if parent.name in _JSON_OF:
            return f'{_JSON_OF[parent.name]}: write json(select: "{name}").'
        if parent is schema.query_type:
            if "get" in parent.fields:
                return f'To request a route, write get(path: "/{name}"). Fields with types come from RESTGQL_SCHEMA.'
            if name in ("get", "fetch", "aggregate"):
                return "RESTGQL_UNTYPED = True adds it."
        return ""


class _ScalarLeafs(ScalarLeafsRule):
    def report_error(self, error: GraphQLError) -> None:
        super().report_error(_with(error, self._hint(error)))

    def _hint(self, error: GraphQLError) -> str:
        node, of_type = error.nodes[0] if error.nodes else None, self.context.get_type()
        if not isinstance(node, SelectionSetNode) or of_type is None or get_named_type(of_type).name != "JSON":
            return ""
        field = self.context.get_field_def()
        if field is None or "select" not in field.args:
            return "The whole value is in the answer."
        names = [each.name.value for each in node.selections if isinstance(each, FieldNode)]
        expression = names[0] if len(names) == 1 else f"{{{', '.join(f'{name}: {name}' for name in names)}}}"
        return f'The argument select picks from JSON: write select: "{expression}" in place of {{ {" ".join(names)} }}.'


class _NoUnusedVariables(NoUnusedVariablesRule):
    """A variable that is a part of a string is not used: GraphQL does not fill it in."""

    def report_error(self, error: GraphQLError) -> None:
        super().report_error(_with(error, self._hint(error)))

    def _hint(self, error: GraphQLError) -> str:
        node = error.nodes[0] if error.nodes else None
        operation = self._operation_of(node)
        if not isinstance(node, VariableDefinitionNode) or operation is None:
            return ""
        name = node.variable.name.value
        strings = _Strings()
        visit(operation, strings)
        path = next(filter(None, (_with_template(text, name) for text in strings.texts)), None)
        if path is None:
            return ""
        return f'A string is not filled with variables: write path: "{path}", params: {{{name}: ${name}}}.'

    def _operation_of(self, variable: Any) -> OperationDefinitionNode | None:
        """Return the operation that defines a variable."""
        definitions = self.context.document.definitions
        operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        return next(
            (each for each in operations if any(own is variable for own in each.variable_definitions or ())), None
        )


def _with_template(text: str, name: str) -> str | None:
    """Return a text with `{name}` in place of other placeholders of this name, or None if the text has none."""
    names: list[str] = []

    def replace(match: re.Match[str]) -> str:
        placeholder = match[match.lastindex or 0]
        names.append(placeholder)
        return f"{{{name}}}" if placeholder == name else match[0]

    path = _PLACEHOLDER.sub(replace, text)
    return path if name in names else None


class _Strings(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        self.texts.append(node.value)


class _KnownArgumentNames(KnownArgumentNamesRule):
    def enter_argument(self, arg_node: ArgumentNode, *args: Any) -> Any:
        field, parent = self.context.get_field_def(), self.context.get_parent_type()
        hint = ""
        if self.context.get_argument() is None and field is not None and parent is not None:
            hint = _hint_of_argument(arg_node.name.value, list(field.args))
        if not hint:
            return super().enter_argument(arg_node, *args)
        assert parent is not None
        message = f"Unknown argument '{arg_node.name.value}' on field '{parent.name}.{args[3][-1].name.value}'."
        self.context.report_error(GraphQLError(f"{message} {hint}", arg_node))
        return None


def _hint_of_argument(name: str, names: list[str]) -> str:
    """Return the cure for an unknown argument of a field with these, empty if that is not one of the untyped fields."""
    if not {"path", "params", "headers"}.issubset(names):
        return ""
    if name.lower() in _IN_PLACE_OF_PATH:
        return "Did you mean 'path'?"
    if name.lower() in _IN_PLACE_OF_BODY:
        is_get = "body" not in names
        return "A GET has no body: write mutation { post(path: …, body: …) }." if is_get else "Did you mean 'body'?"
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


class _KnownTypeNames(KnownTypeNamesRule):
    """The types of other languages have other names in GraphQL."""

    def enter_named_type(self, node: NamedTypeNode, *args: Any) -> None:
        name, schema = _TYPES.get(node.name.value.lower()), self.context.schema
        if name is None or schema is None or node.name.value in schema.type_map:
            super().enter_named_type(node, *args)
            return
        self.context.report_error(GraphQLError(f"Unknown type '{node.name.value}'. Did you mean '{name}'?", node))


_TYPES = {
    "integer": "Int",
    "long": "Int",
    "number": "Float",
    "double": "Float",
    "str": "String",
    "text": "String",
    "bool": "Boolean",
    "object": "JSON",
    "dict": "JSON",
    "any": "JSON",
    "file": "Upload",
}


def _with(error: GraphQLError, hint: str) -> GraphQLError:
    return GraphQLError(f"{error.message} {hint}", error.nodes) if hint else error


HINTED: dict[type[ASTValidationRule], type[ASTValidationRule]] = {
    FieldsOnCorrectTypeRule: _FieldsOnCorrectType,
    ScalarLeafsRule: _ScalarLeafs,
    NoUnusedVariablesRule: _NoUnusedVariables,
    KnownArgumentNamesRule: _KnownArgumentNames,
    ValuesOfCorrectTypeRule: _ValuesOfCorrectType,
    KnownTypeNamesRule: _KnownTypeNames,
}
"""The rules with hints, by the rules of the specification that they replace."""
