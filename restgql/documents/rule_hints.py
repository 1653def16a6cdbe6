"""Rules of validation whose messages name the cure, for what a newcomer to the untyped fields writes."""

import re
from itertools import islice
from typing import Any

from graphql import (
    ASTValidationRule,
    DirectiveLocation,
    FieldNode,
    FieldsOnCorrectTypeRule,
    GraphQLError,
    GraphQLObjectType,
    KnownDirectivesRule,
    KnownTypeNamesRule,
    LoneAnonymousOperationRule,
    NamedTypeNode,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    ScalarLeafsRule,
    SelectionSetNode,
    StringValueNode,
    VariableDefinitionNode,
    VariablesInAllowedPositionRule,
    Visitor,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    visit,
)

from restgql.debug_log import listed
from restgql.documents.argument_hints import ARGUMENT_HINTS
from restgql.graphql_core import OverlappingFields

_VARIABLE_TYPE = re.compile(r"'\$(\w+)' .*expecting type '([^']+)'")
VERBS = frozenset({"post", "put", "patch", "delete"})
_JSON_OF = {
    "RestResponse": "A response has its JSON in the field json",
    "RestItem": "An element has its JSON in the field json",
}
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}|\$(\w+)|(?<![\w{]):(\w+)|\{(\w+)\}|<(?:\w+:)?(\w+)>")
"""The placeholders of other languages and frameworks. A pattern of the client's own names would stay in the cache of
`re`."""
_WHOLE_BODY = frozenset({"body", "content", "data", "payload", "result", "value"})
_REQUESTING = frozenset({"get", "fetch", "getEach", "each"})
MAX_EXAMPLE = 3
"""The subfields that an example shows."""


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
            if name in _WHOLE_BODY:
                return f'{_JSON_OF[parent.name]}: write json, or json(select: "{name}") for its key {name}.'
            return f'{_JSON_OF[parent.name]}: write json(select: "{name}").'
        other = schema.mutation_type if parent is schema.query_type else schema.query_type
        if other is not None and parent in (schema.query_type, schema.mutation_type) and name in other.fields:
            return f"It is a field of {other.name}: write {other.name.lower()} {{ {name} … }}."
        if parent is schema.mutation_type:
            verb = next((verb for verb in sorted(VERBS) if verb in parent.fields), None)
            use = f'To send a request to a route, write {verb}(path: "/…", body: …). ' if verb is not None else ""
            return f"{use}Fields with types come from RESTGQL_SCHEMA."
        if parent is schema.query_type:
            if "get" in parent.fields:
                return f'To request a route, write get(path: "/{name}"). Fields with types come from RESTGQL_SCHEMA.'
            if name in ("get", "fetch", "aggregate"):
                return "RESTGQL_UNTYPED = True adds it."
            return ""
        return f"{parent.name} has {listed(parent.fields)}." if isinstance(parent, GraphQLObjectType) else ""


class _ScalarLeafs(ScalarLeafsRule):
    def report_error(self, error: GraphQLError) -> None:
        node = error.nodes[0] if error.nodes else None
        if isinstance(node, FieldNode):
            message = error.message.partition(" Did you mean")[0]
            error = GraphQLError(message, error.nodes)
        super().report_error(_with(error, self._example(node) if isinstance(node, FieldNode) else self._hint(error)))

    def _example(self, node: FieldNode) -> str:
        """Return the field with some of its subfields."""
        of_type = get_named_type(self.context.get_type())
        arguments = "(…)" if node.arguments else ""
        leaves = ["status", "json"] if of_type is not None and of_type.name == "RestResponse" else _leaves(of_type)
        return f"Did you mean '{node.name.value}{arguments} {{ {' '.join(leaves) or '…'} }}'?"

    def _hint(self, error: GraphQLError) -> str:
        node, of_type = error.nodes[0] if error.nodes else None, self.context.get_type()
        if not isinstance(node, SelectionSetNode) or of_type is None or get_named_type(of_type).name != "JSON":
            return ""
        field = self.context.get_field_def()
        if field is None or "select" not in field.args:
            return "The whole value is in the answer."
        names = [each.name.value for each in node.selections if isinstance(each, FieldNode)]
        if _REQUESTING.intersection(names):
            return f"Requests that depend on a response are below fetch: write fetch(path: …) {{ {names[0]}(…) }}."
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


def _leaves(of_type: Any) -> list[str]:
    """Return the first subfields of a type that have no subfields and need no argument."""
    fields = of_type.fields.items() if isinstance(of_type, GraphQLObjectType) else ()
    leaves = (
        name
        for name, field in fields
        if is_leaf_type(get_named_type(field.type)) and not any(map(is_required_argument, field.args.values()))
    )
    return list(islice(leaves, MAX_EXAMPLE))


class _VariablesInAllowedPosition(VariablesInAllowedPositionRule):
    def report_error(self, error: GraphQLError) -> None:
        match = _VARIABLE_TYPE.search(error.message)
        super().report_error(_with(error, f"Declare it as ${match[1]}: {match[2]}." if match else ""))


class _OverlappingFields(OverlappingFields):
    def report_error(self, error: GraphQLError) -> None:
        name = next((node.name.value for node in error.nodes or () if isinstance(node, FieldNode)), "")
        super().report_error(_with(error, f"An alias is a name before a colon: first: {name}(…) second: {name}(…)."))


class _LoneAnonymousOperation(LoneAnonymousOperationRule):
    def report_error(self, error: GraphQLError) -> None:
        hint = "Write all fields into one { … }, or name the operations: query First { … } query Second { … }."
        super().report_error(_with(error, hint))


class _KnownDirectives(KnownDirectivesRule):
    def report_error(self, error: GraphQLError) -> None:
        name = next((match[1] for match in [re.search(r"'@(\w+)' may not", error.message)] if match), "")
        hint = ""
        if name == "defer":
            hint = "It is a directive of fragments: write ... @defer { … } around the field."
        elif error.message.startswith("Unknown directive") and "Did you mean" not in error.message:
            directives = self.context.schema.directives if self.context.schema is not None else ()
            names = [f"@{each.name}" for each in directives if DirectiveLocation.FIELD in each.locations]
            hint = f"A field may have {listed(names)}."
        super().report_error(_with(error, hint))


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
    VariablesInAllowedPositionRule: _VariablesInAllowedPosition,
    OverlappingFields: _OverlappingFields,
    LoneAnonymousOperationRule: _LoneAnonymousOperation,
    KnownDirectivesRule: _KnownDirectives,
    KnownTypeNamesRule: _KnownTypeNames,
    **ARGUMENT_HINTS,
}
"""The rules with hints, by the rules of the specification that they replace."""
