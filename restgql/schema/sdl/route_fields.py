"""Fields over routes and over the keys of JSON objects, whatever it was that told of their types."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from graphql import FieldDefinitionNode, NonNullTypeNode, TypeNode

from restgql.errors import BadPath
from restgql.formats import template
from restgql.formats.template import Template
from restgql.schema.sdl import names
from restgql.schema.sdl.builder import SdlBuilder
from restgql.schema.sdl.naming_convention import NamingConvention
from restgql.schema.sdl.reserved import ReservedNames
from restgql.schema.sdl.scalar_names import CONVERTERS

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


class RouteFields:
    """Makes the fields of one document."""

    def __init__(self, builder: SdlBuilder, naming: NamingConvention, reserved: ReservedNames) -> None:
        self._builder = builder
        self._naming = naming
        self._reserved = reserved

    def roots(self, endpoints: Sequence[Endpoint]) -> list[str]:
        """The name of the field of each: the endpoint's, or `users_by_id` for its rules after the first.

        They do not depend on the order of the endpoints.
        """
        scope = names.NameScope(self._reserved.fields["Query"])
        own = self._reserved.own_fields.get("Query", frozenset())
        by_index = {
            index: scope.take(self._naming.member_name(text, "route"), frozenset() if is_first else own)
            for index, text, is_first in endpoint_names(endpoints)
        }
        return [by_index[index] for index in range(len(endpoints))]

    def root(self, endpoint: Endpoint, called: str, kind: TypeNode, description: str = "") -> FieldDefinitionNode:
        """A field of Query. Raises BadPath for what is no template."""
        builder = self._builder
        variables = {name.text: name for name in endpoint.template().names}
        arguments = self._naming.member_names(variables, "argument")
        made = []
        for text, variable in variables.items():
            scalar = builder.type(CONVERTERS.get(endpoint.parameters.get(text, ""), "String"))
            node = scalar if variable.optional else NonNullTypeNode(type=scalar)
            made.append(builder.input_value(arguments[text], node, ""))
        get = builder.directive("get", {"path": _renamed(endpoint.path, arguments)})
        return builder.field(called, kind, description, (get,), tuple(made))

    def members(self, keys: Mapping[str, tuple[TypeNode, str]]) -> list[FieldDefinitionNode]:
        """The fields of an object type, from the type and description of each key of the JSON object."""
        builder, naming = self._builder, self._naming
        return [
            builder.field(name, keys[text][0], keys[text][1], naming.select_directive(name, text, builder))
            for text, name in naming.member_names(keys, "field").items()
        ]


def endpoint_names(endpoints: Sequence[Endpoint]) -> Iterator[tuple[int, str, bool]]:
    """Yield the index and the name of each route: its endpoint's name, or `users_by_id` for the rules after the first.

    The first rules come first, which is True in the third place. Neither depends on the order of the routes.
    """
    order = sorted(range(len(endpoints)), key=lambda index: _rank(endpoints[index]))
    first: dict[str, int] = {}
    for index in order:
        first.setdefault(endpoints[index].name, index)
    yield from ((index, name, True) for name, index in first.items())
    for index in order:
        if first[endpoints[index].name] != index:
            yield index, _told_apart(endpoints[index]), False


def _rank(endpoint: Endpoint) -> tuple[str, int, str]:
    return endpoint.name, endpoint.path.count("{"), endpoint.path


def _told_apart(endpoint: Endpoint) -> str:
    variables = [word for piece in _EXPRESSION.findall(endpoint.path) for word in _WORD.findall(piece)]
    return "_by_".join([endpoint.name, "_".join(variables)]) if variables else f"{endpoint.name}{endpoint.path}"


def _renamed(path: str, arguments: Mapping[str, str]) -> str:
    """The template with the arguments' names for its variables."""
    return _EXPRESSION.sub(lambda piece: _WORD.sub(lambda word: arguments.get(word[0], word[0]), piece[0]), path)
