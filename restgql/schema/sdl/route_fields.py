"""Root fields for routes, and fields for the keys of JSON objects. Annotations and samples share them."""

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
    """A route that gets a field.

    `path` is its URI template (`/users/{id}`), `name` its Flask endpoint. `parameters` are the URL converters of the
    template's variables (`{"id": "int"}`).
    """

    path: str
    name: str
    methods: tuple[str, ...] = ("GET",)
    parameters: Mapping[str, str] = {}

    def template(self) -> Template:
        """Parse the path. Raises BadPath if it is not a valid template."""
        if not self.path.startswith("/"):
            raise BadPath("The path must start with a slash.")
        return template.compile(self.path)


class RouteFields:
    """A factory for the fields of one document."""

    def __init__(self, builder: SdlBuilder, naming: NamingConvention, reserved: ReservedNames) -> None:
        self._builder = builder
        self._naming = naming
        self._reserved = reserved

    def root_names(self, endpoints: Sequence[Endpoint]) -> list[str]:
        """Return the field name of each route: the endpoint's name, or `users_by_id` for its rules after the first.

        The names do not depend on the order of the routes.
        """
        scope = names.NameScope(self._reserved.fields["Query"])
        own = self._reserved.own_fields.get("Query", frozenset())
        by_index = {
            index: scope.take(self._naming.member_name(text, "route"), frozenset() if is_first else own)
            for index, text, is_first in endpoint_names(endpoints)
        }
        return [by_index[index] for index in range(len(endpoints))]

    def root_field(self, endpoint: Endpoint, name: str, kind: TypeNode, description: str = "") -> FieldDefinitionNode:
        """Return a field of Query. Raises BadPath if the path is not a valid template."""
        builder = self._builder
        variables = {variable.text: variable for variable in endpoint.template().names}
        arguments = self._naming.member_names(variables, "argument")
        definitions = []
        for text, variable in variables.items():
            scalar = builder.type(CONVERTERS.get(endpoint.parameters.get(text, ""), "String"))
            node = scalar if variable.optional else NonNullTypeNode(type=scalar)
            definitions.append(builder.input_value(arguments[text], node, ""))
        get = builder.directive("get", {"path": _renamed(endpoint.path, arguments)})
        return builder.field(name, kind, description, (get,), tuple(definitions))

    def object_fields(self, keys: Mapping[str, tuple[TypeNode, str]]) -> list[FieldDefinitionNode]:
        """Return the fields of an object type, from the type and description of each key of the JSON object."""
        builder, naming = self._builder, self._naming
        return [
            builder.field(name, keys[text][0], keys[text][1], naming.select_directive(name, text, builder))
            for text, name in naming.member_names(keys, "field").items()
        ]


def endpoint_names(endpoints: Sequence[Endpoint]) -> Iterator[tuple[int, str, bool]]:
    """Yield `(index, name, is_first)` for each route.

    The name is that of the endpoint for its first rule, and `users_by_id` for the others. First rules are yielded
    first. Names and order do not depend on the order of the routes.
    """
    order = sorted(range(len(endpoints)), key=lambda index: _rank(endpoints[index]))
    first: dict[str, int] = {}
    for index in order:
        first.setdefault(endpoints[index].name, index)
    yield from ((index, name, True) for name, index in first.items())
    for index in order:
        if first[endpoints[index].name] != index:
            yield index, _name_with_variables(endpoints[index]), False


def _rank(endpoint: Endpoint) -> tuple[str, int, str]:
    return endpoint.name, endpoint.path.count("{"), endpoint.path


def _name_with_variables(endpoint: Endpoint) -> str:
    variables = [word for piece in _EXPRESSION.findall(endpoint.path) for word in _WORD.findall(piece)]
    return "_by_".join([endpoint.name, "_".join(variables)]) if variables else f"{endpoint.name}{endpoint.path}"


def _renamed(path: str, arguments: Mapping[str, str]) -> str:
    """Return the template with its variables renamed to the arguments."""
    return _EXPRESSION.sub(lambda piece: _WORD.sub(lambda word: arguments.get(word[0], word[0]), piece[0]), path)
