"""Fields over routes and over the keys of JSON objects, whatever it was that told of their types."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from graphql import FieldDefinitionNode, NonNullTypeNode, TypeNode

from restgql.errors import BadPath
from restgql.formats import template
from restgql.formats.template import Template
from restgql.schema import core, directives, scalars
from restgql.schema.sdl import names
from restgql.schema.sdl.camel import camel, snake
from restgql.schema.sdl.nodes import Nodes, key

CONVERTERS = {"int": "Int", "float": "Float", "uuid": "UUID"}
"""The scalars that the arguments of converters are; of any other it is String."""

_RESERVED = frozenset({"Mutation", "Query", "Subscription", "RestFileInput", "Upload"})
_EXPRESSION = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[\w.]+")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A route that a field is made of.

    `path` is its URI template (`/users/{id}`), `name` its endpoint, `parameters` the converters of the template's
    variables (`{"id": "int"}`).
    """

    path: str
    name: str
    methods: tuple[str, ...] = ("GET",)
    parameters: Mapping[str, str] = {}

    def template(self) -> Template:
        """Raises BadPath for a path that is no template."""
        if not self.path.startswith("/"):
            raise BadPath("The path begins with no slash.")
        return template.compile(self.path)


def taken_types() -> frozenset[str]:
    """The type names that no source may give: those of the core, of the directives, and of scalars."""
    return frozenset(directives.extended(core.build()).type_map) | scalars.NAMES | _RESERVED


class Fields:
    """Makes the fields of one document, whose names are camelCase where it is compiled with `camel_case`."""

    def __init__(self, nodes: Nodes, *, camel_case: bool = False) -> None:
        self._nodes = nodes
        self._camel_case = camel_case

    def roots(self, endpoints: Sequence[Endpoint]) -> list[str]:
        """The name of the field of each: the endpoint's, or `users_by_id` for its rules after the first.

        They do not depend on the order of the endpoints.
        """
        query = core.build().query_type
        scope = names.Names(frozenset(query.fields if query else ()) | {"node"})
        called: dict[int, str] = {}
        first: dict[str, int] = {}
        order = sorted(range(len(endpoints)), key=lambda at: _rank(endpoints[at]))
        for at in order:
            first.setdefault(endpoints[at].name, at)
        for at in first.values():
            called[at] = scope.take(self._name(endpoints[at].name, "route"))
        for at in order:
            if at not in called:
                called[at] = scope.take(self._name(_told_apart(endpoints[at]), "route"))
        return [called[at] for at in range(len(endpoints))]

    def root(self, endpoint: Endpoint, called: str, kind: TypeNode, description: str = "") -> FieldDefinitionNode:
        """A field of Query. Raises BadPath for what is no template."""
        nodes = self._nodes
        variables = {name.text: name for name in endpoint.template().names}
        arguments = self._named(variables, "argument")
        made = []
        for text, variable in variables.items():
            scalar = nodes.type(CONVERTERS.get(endpoint.parameters.get(text, ""), "String"))
            node = scalar if variable.optional else NonNullTypeNode(type=scalar)
            made.append(nodes.input_value(arguments[text], node, ""))
        get = nodes.directive("get", {"path": _renamed(endpoint.path, arguments)})
        return nodes.field(called, kind, description, (get,), tuple(made))

    def members(self, keys: Mapping[str, tuple[TypeNode, str]]) -> list[FieldDefinitionNode]:
        """The fields of an object type, from the type and description of each key of the JSON object."""
        called = self._named(keys, "field")
        return [self._member(called[text], text, kind, said) for text, (kind, said) in keys.items()]

    def _member(self, called: str, text: str, kind: TypeNode, description: str) -> FieldDefinitionNode:
        read = snake(called) if self._camel_case else called
        elsewhere = () if read == text else (self._nodes.directive("select", {"from": key(text)}),)
        return self._nodes.field(called, kind, description, elsewhere)

    def _named(self, texts: Iterable[str], fallback: str) -> dict[str, str]:
        found = names.members(texts, fallback)
        if not self._camel_case:
            return found
        scope = names.Names()
        return {text: scope.take(camel(name)) for text, name in found.items()}

    def _name(self, text: str, fallback: str) -> str:
        name = names.member(text, fallback)
        return camel(name) if self._camel_case else name


def _rank(endpoint: Endpoint) -> tuple[str, int, str]:
    return endpoint.name, endpoint.path.count("{"), endpoint.path


def _told_apart(endpoint: Endpoint) -> str:
    variables = [word for piece in _EXPRESSION.findall(endpoint.path) for word in _WORD.findall(piece)]
    return "_by_".join([endpoint.name, "_".join(variables)]) if variables else f"{endpoint.name}{endpoint.path}"


def _renamed(path: str, arguments: Mapping[str, str]) -> str:
    """The template with the arguments' names for its variables."""
    return _EXPRESSION.sub(lambda piece: _WORD.sub(lambda word: arguments.get(word[0], word[0]), piece[0]), path)
