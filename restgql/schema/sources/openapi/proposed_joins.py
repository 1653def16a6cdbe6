"""Fields that could join one type to another: OpenAPI links, and keys that are named as what they lead to."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec
from graphql import (
    DefinitionNode,
    FieldDefinitionNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    parse_type,
    print_ast,
)

from restgql import graphql_core
from restgql.formats.template import REQUEST
from restgql.schema.sdl import names
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


class ProposedJoin(msgspec.Struct, frozen=True, kw_only=True):
    """A field that could be on `type`: it asks for `path`, a template over that type's JSON, which is `target`'s."""

    type: str
    field: str
    target: str
    path: str
    result: str
    source: Literal["link", "convention"]
    forward: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is accepted by."""
        return f"{self.type}.{self.field}"


def propose_joins(
    made: Iterable[GeneratedField],
    definitions: Mapping[str, DefinitionNode],
    references: References,
    naming: NamingConvention,
) -> list[ProposedJoin]:
    """At most one join of a name; links win."""
    typed = [one for one in made if one.result.name != JSON]
    asked = [one for one in typed if one.operation.method == "get"]
    found: dict[str, ProposedJoin] = {}
    for join in (*_links(typed, asked, definitions, references, naming), *_conventions(asked, definitions, naming)):
        found.setdefault(join.name, join)
    return list(found.values())


def joined(
    document: list[DefinitionNode], joins: Iterable[ProposedJoin], accepted: Collection[str], builder: SdlBuilder
) -> list[DefinitionNode]:
    """The definitions with the joins that were accepted."""
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
    made: Iterable[GeneratedField], definitions: Mapping[str, DefinitionNode], naming: NamingConvention
) -> Iterator[ProposedJoin]:
    """`userId` leads to the one GET of one user by one key."""
    targets: dict[str, list[GeneratedField]] = {}
    for one in made:
        if (key := _single(one)) and isinstance(definitions.get(one.result.name), ObjectTypeDefinitionNode):
            for called in {_plain(singular(key)), one.result.name.lower()}:
                targets.setdefault(called, []).append(one)
    for node in definitions.values():
        if not isinstance(node, ObjectTypeDefinitionNode):
            continue
        there = {field.name.value for field in node.fields}
        for field in node.fields:
            if not field.name.value.endswith(("id", "Id", "ID")):
                continue  # most are not, and the pattern takes longer to say so
            key = naming.key_expression_of(field)
            match = _KEY.match(key)
            plain = isinstance(field.type, NamedTypeNode) and field.type.name.value in _KEYS
            if match is None or not plain:
                continue
            called = naming.member_name(match[1], "link")
            options = targets.get(_plain(match[1]), [])
            if len(options) == 1 and called not in there:
                path = _OPTIONAL.sub("", options[0].path)
                yield _join(node, called, options[0], re.sub(r"\{\w+\}", f"{{{key}}}", path), "convention")


def _single(made: GeneratedField) -> str:
    """The last word of a path before its one key, `users` of `/users/{id}`; empty for a path of another form."""
    if len(variables(made.operation.path)) != 1 or not isinstance(made.result.node, NamedTypeNode):
        return ""
    needed = [node for node in made.node.arguments if isinstance(node.type, NonNullTypeNode)]
    match = re.search(r"/([^/{}]+)/\{[^{}]+\}/?\Z", made.operation.path)
    return match[1] if match and len(needed) == 1 else ""


def _plain(word: str) -> str:
    """Return a word in the form in which keys and paths are compared: `blog_post` and `blog-post` are one."""
    return re.sub(r"[^0-9a-z]", "", word.lower())


def _links(
    made: Iterable[GeneratedField],
    targets: Iterable[GeneratedField],
    definitions: Mapping[str, DefinitionNode],
    references: References,
    naming: NamingConvention,
) -> Iterator[ProposedJoin]:
    by_id = {as_text(one.operation.body.get("operationId")): one for one in targets}
    by_reference = {f"#/paths/{one.operation.path.replace('~', '~0').replace('/', '~1')}/get": one for one in targets}
    for one in made:
        node = definitions.get(one.result.name)
        if not isinstance(node, ObjectTypeDefinitionNode) or not isinstance(one.result.node, NamedTypeNode):
            continue
        there = {field.name.value for field in node.fields}
        for name, given in _linked(one.operation.body, references):
            target = by_id.get(as_text(given.get("operationId")) or "-") or by_reference.get(
                as_text(given.get("operationRef"))
            )
            path = target and _followed(one, target, as_mapping(given.get("parameters")))
            called = naming.member_name(name, "link")
            if target and path and called not in there:
                yield _join(node, called, target, path, "link")


def _linked(body: JsonObject, references: References) -> Iterator[tuple[str, JsonObject]]:
    for status, given in as_mapping(body.get("responses")).items():
        if not str(status).startswith("2"):
            continue
        try:
            links = as_mapping(as_mapping(references.follow(given)[0]).get("links"))
            for name, link in links.items():
                yield name, as_mapping(references.follow(link)[0])
        except DocumentProblem:
            continue


def _source(made: GeneratedField, expression: str) -> str:
    """Return the name in a template of what an expression takes of an operation (OpenAPI, "Runtime Expressions"): a key
    of its response, or an argument of its request; empty for what a template cannot take."""
    if match := _BODY.match(expression):
        path = match[2][1:].replace("/", ".")
        if match[1] == "response":
            return path
        return f"{REQUEST}{made.body}.{path}" if made.body else ""
    match = _PARAMETER.match(expression)
    called = made.arguments.get(match[1]) if match else None
    return f"{REQUEST}{called}" if called else ""


def _followed(made: GeneratedField, target: GeneratedField, parameters: Mapping[str, Any]) -> str:
    """Return the target's path with the link's parameters in it; empty where it takes others, or more than a template
    can take of the response and its request."""
    given = {}
    for name, expression in parameters.items():
        source = _source(made, as_text(expression))
        if not source:
            return ""
        given[name.rpartition(".")[2]] = source
    needed = variables(target.operation.path)
    optional = _OPTIONAL.search(target.path)
    asked = set(optional[0][2:-1].replace("*", "").split(",")) if optional else set()
    # an argument that is named otherwise than its parameter is no variable of the template
    asked |= {called for name, called in target.arguments.items() if called != name and names.is_name(name)}
    demanded = {node.name.value for node in target.node.arguments if isinstance(node.type, NonNullTypeNode)}
    keys = {target.arguments.get(name, name): key for name, key in given.items()}
    path_template = {target.arguments[name] for name in needed}
    if not keys or not path_template | demanded <= keys.keys() <= path_template | asked:
        return ""
    path = re.sub(r"\{(\w+)\}", lambda match: f"{{{keys.get(match[1], match[1])}}}", _OPTIONAL.sub("", target.path))
    query = "&".join(f"{name}={{{key}}}" for name, key in given.items() if name not in needed)
    return path + (("&" if "?" in path else "?") + query if query else "")


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
