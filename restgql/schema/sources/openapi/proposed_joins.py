"""Proposes fields that join one type to another: for OpenAPI links, and for keys named after a type (`userId`)."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from graphql import (
    DefinitionNode,
    FieldDefinitionNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    parse_type,
    print_ast,
)

from restgql import graphql_core
from restgql.formats import json
from restgql.formats.template import REQUEST
from restgql.schema.sdl.builder import SdlBuilder
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sdl.singulars import singular
from restgql.schema.sources.openapi.api_operation import variables
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.lenient import JsonObject, as_mapping, as_text
from restgql.schema.sources.openapi.operation_fields import GeneratedField
from restgql.schema.sources.openapi.references import References

_KEY = re.compile(r"(.*[^_])(?:_id|Id|ID)\Z")
_KEYS = frozenset({"Int", "Long", "String", "UUID", "ID"})
_OPTIONAL = re.compile(r"\{[?&][^{}]*\}\Z")
_BODY = re.compile(r"\$(response|request)\.body#((?:/[A-Za-z_][0-9A-Za-z_]*)+)\Z")
_PARAMETER = re.compile(r"\$request\.(?:path|query)\.(.+)\Z")
_EMBEDDED = re.compile(r"\{(\$[^{}]*)\}")
_LOCATION = re.compile(r"(?:path|query|header|cookie)\.")


class ProposedJoin(msgspec.Struct, frozen=True, kw_only=True):
    """A field that could be added to `type`. It requests `path`, a template over that type's JSON.

    `target` is the key of the operation that answers (`GET /users/{id}`), `result` its type as SDL.
    """

    type: str
    field: str
    target: str
    path: str
    result: str
    source: Literal["link", "convention"]
    forward: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name by which a configuration accepts the join: `Post.author`."""
        return f"{self.type}.{self.field}"


def propose_joins(
    generated_fields: Iterable[GeneratedField],
    definitions: Mapping[str, DefinitionNode],
    references: References,
    naming: NamingConvention,
) -> list[ProposedJoin]:
    """Return at most one join for each name. OpenAPI links take precedence over naming conventions."""
    typed = [field for field in generated_fields if field.result.name != JSON]
    queries = [field for field in typed if field.operation.method == "get"]
    joins: dict[str, ProposedJoin] = {}
    for join in (*_links(typed, queries, definitions, references, naming), *_conventions(queries, definitions, naming)):
        joins.setdefault(join.name, join)
    return list(joins.values())


def with_joins(
    document: list[DefinitionNode], joins: Iterable[ProposedJoin], accepted: Collection[str], builder: SdlBuilder
) -> list[DefinitionNode]:
    """Add the accepted joins to the definitions."""
    added: dict[str, list[FieldDefinitionNode]] = {}
    for join in joins:
        if join.name in accepted:
            forward = {"forward": list(join.forward)} if join.forward else {}
            get = builder.directive("get", {"path": join.path, **forward})
            field = builder.field(join.field, parse_type(join.result, no_location=True), "", (get,))
            added.setdefault(join.type, []).append(field)
    return [
        graphql_core.changed(node, fields=(*node.fields, *added[node.name.value]))
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value in added
        else node
        for node in document
    ]


def _conventions(
    queries: Iterable[GeneratedField], definitions: Mapping[str, DefinitionNode], naming: NamingConvention
) -> Iterator[ProposedJoin]:
    """Yield a join for each key such as `userId`, if exactly one GET returns one user by one key."""
    targets: dict[str, list[GeneratedField]] = {}
    for query in queries:
        collection = _collection_name(query)
        if collection and isinstance(definitions.get(query.result.name), ObjectTypeDefinitionNode):
            for target_name in {_normalized(singular(collection)), query.result.name.lower()}:
                targets.setdefault(target_name, []).append(query)
    for node in definitions.values():
        if not isinstance(node, ObjectTypeDefinitionNode):
            continue
        existing = {field.name.value for field in node.fields}
        for field in node.fields:
            if not field.name.value.endswith(("id", "Id", "ID")):
                continue  # the common case, and faster than the regular expression
            key = naming.key_expression_of(field)
            match = _KEY.match(key)
            is_scalar = isinstance(field.type, NamedTypeNode) and field.type.name.value in _KEYS
            if match is None or not is_scalar:
                continue
            join_name = naming.member_name(match[1], "link")
            options = targets.get(_normalized(match[1]), [])
            if len(options) == 1 and join_name not in existing:
                path = _path_with(options[0], dict.fromkeys(variables(options[0].operation.path), f"{{{key}}}"))
                yield _join(node, join_name, options[0], path, "convention")


def _collection_name(query: GeneratedField) -> str:
    """Return `users` for the path `/users/{id}`, and an empty text for a path of another form."""
    if len(variables(query.operation.path)) != 1 or not isinstance(query.result.node, NamedTypeNode):
        return ""
    required = {node.name.value for node in query.node.arguments if isinstance(node.type, NonNullTypeNode)}
    match = re.search(r"/([^/{}]+)/\{[^{}]+\}/?\Z", query.operation.path)
    return match[1] if match and required == {*_path_arguments(query)} else ""


def _path_arguments(target: GeneratedField) -> list[str]:
    return [target.arguments[name] for name in variables(target.operation.path)]


def _path_with(target: GeneratedField, by_parameter: Mapping[str, str]) -> str:
    """Return the target's path with a piece of a template in place of each parameter, and its required constants."""
    defaults = {node.name.value: node.default_value for node in target.node.arguments}
    constants = {
        name: quote(default.value, safe="")
        for name, argument in target.arguments.items()
        if isinstance(default := defaults.get(argument), StringValueNode)
    }
    pieces = {**constants, **by_parameter}
    in_path = variables(target.operation.path)
    by_argument = {target.arguments[name]: pieces[name] for name in in_path if name in pieces}
    path = _OPTIONAL.sub("", target.path)
    path = re.sub(r"\{(\w+)\}", lambda match: by_argument.get(match[1], match[0]), path)
    query = "&".join(f"{quote(name, safe='')}={piece}" for name, piece in pieces.items() if name not in in_path)
    return path + (("&" if "?" in path else "?") + query if query else "")


def _normalized(word: str) -> str:
    """Return the form of a word for comparison of keys and paths: `blog_post` and `blog-post` are equal."""
    return re.sub(r"[^0-9a-z]", "", word.lower())


def _links(
    generated_fields: Iterable[GeneratedField],
    targets: Iterable[GeneratedField],
    definitions: Mapping[str, DefinitionNode],
    references: References,
    naming: NamingConvention,
) -> Iterator[ProposedJoin]:
    by_id = {as_text(field.operation.body.get("operationId")): field for field in targets}
    by_reference = {
        f"#/paths/{field.operation.path.replace('~', '~0').replace('/', '~1')}/get": field for field in targets
    }
    for field in generated_fields:
        node = definitions.get(field.result.name)
        if not isinstance(node, ObjectTypeDefinitionNode) or not isinstance(field.result.node, NamedTypeNode):
            continue
        existing = {field.name.value for field in node.fields}
        for name, link in _links_of(field.operation.body, references):
            target = by_id.get(as_text(link.get("operationId")) or "-") or by_reference.get(
                as_text(link.get("operationRef"))
            )
            path = target and _target_path(field, target, as_mapping(link.get("parameters")))
            join_name = naming.member_name(name, "link")
            if target and path and join_name not in existing:
                yield _join(node, join_name, target, path, "link")


def _links_of(body: JsonObject, references: References) -> Iterator[tuple[str, JsonObject]]:
    """Yield the name and Link Object of each link of a successful response."""
    for status, response in as_mapping(body.get("responses")).items():
        if not str(status).startswith("2"):
            continue
        try:
            links = as_mapping(as_mapping(references.follow(response)[0]).get("links"))
            for name, link in links.items():
                yield name, as_mapping(references.follow(link)[0])
        except DocumentProblem:
            continue


def _template_variable(source: GeneratedField, expression: str) -> str:
    """Return the template variable for a runtime expression of a link (OpenAPI, "Runtime Expressions").

    It is a key of the source's response or an argument of its request; empty for an expression that no template has.
    """
    if match := _BODY.match(expression):
        path = match[2][1:].replace("/", ".")
        if match[1] == "response":
            return path
        return f"{REQUEST}{source.body}.{path}" if source.body else ""
    match = _PARAMETER.match(expression)
    argument = source.arguments.get(match[1]) if match else None
    return f"{REQUEST}{argument}" if argument else ""


def _template_piece(source: GeneratedField, expression: Any) -> str:
    """Return the part of a template for a parameter of a link: variables in braces, and encoded constants.

    It is empty for an expression that no template has.
    """
    if not isinstance(expression, str | int | float):
        return ""
    text = json.to_text(expression)
    pieces = ["", text, ""] if text.startswith("$") else _EMBEDDED.split(text)  # `$…`, or `user-{$…}`
    for index, piece in enumerate(pieces):
        if index % 2 and not (variable := _template_variable(source, piece)):
            return ""
        pieces[index] = f"{{{variable}}}" if index % 2 else quote(piece, safe="")
    return "".join(pieces)


def _target_path(source: GeneratedField, target: GeneratedField, parameters: Mapping[str, Any]) -> str:
    """Return the target's path with the link's parameters filled in.

    It is empty if the target's parameters do not match the link's, if a template cannot express one of them, or if all
    are constants.
    """
    by_parameter = {}
    for name, expression in parameters.items():
        piece = _template_piece(source, expression)
        if not piece:
            return ""
        location = _LOCATION.match(name)  # `path.id` is the parameter `id`
        by_parameter[name[location.end() :] if location else name] = piece
    if not any("{" in piece for piece in by_parameter.values()):
        return ""  # it does not depend on the parent
    query_match = _OPTIONAL.search(target.path)
    optional = set(query_match[0][2:-1].replace("*", "").split(",")) if query_match else set()
    # an argument whose name differs from its parameter's is not a variable of the template
    optional |= {argument for name, argument in target.arguments.items() if argument != name}
    required = {node.name.value for node in target.node.arguments if isinstance(node.type, NonNullTypeNode)}
    by_argument = {target.arguments.get(name, name): piece for name, piece in by_parameter.items()}
    if not by_argument or not required <= by_argument.keys() <= {*_path_arguments(target)} | optional:
        return ""
    return _path_with(target, by_parameter)


def _join(
    node: ObjectTypeDefinitionNode, field: str, target: GeneratedField, path: str, source: Literal["link", "convention"]
) -> ProposedJoin:
    return ProposedJoin(
        type=node.name.value,
        field=field,
        target=target.operation.key,
        path=path,
        result=print_ast(target.result.node),
        source=source,
        forward=target.forward,
    )
