"""Turns parameters into arguments of a field, and places each in the path's template, `query` or `headers`."""

import re
from collections.abc import Iterable

from graphql import InputValueDefinitionNode, NonNullTypeNode, ValueNode

from restgql.formats import headers
from restgql.formats.select import MAX_EXPRESSION
from restgql.schema.sdl import names
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.openapi import argument_defaults, parameter_styles
from restgql.schema.sources.openapi.api_operation import FORM, ApiParameter, plain_variable, variables
from restgql.schema.sources.openapi.document_problem import DocumentProblem
from restgql.schema.sources.openapi.input_types import InputTypes
from restgql.schema.sources.openapi.lenient import first_description
from restgql.schema.sources.openapi.schema_scalars import simple_scalar
from restgql.schema.sources.openapi.type_registry import TypeRef, TypeRegistry

_PIECE = re.compile(r"\{([^{}]*)\}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 section 5.6.2
# OpenAPI ignores parameters of these names (3.0, section 4.7.12.1)
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
_TAKEN = frozenset({"this"})
"""`this` is the parent object in the expressions of a directive."""
BODY = "input"


class OperationArguments:
    """The arguments of one operation's field. `path` is the template of its path, with the base path.

    `notes` say which parameters have no type or no argument. `remarks` say which ones the client or gateway sends.
    """

    def __init__(
        self, path: str, parameters: Iterable[ApiParameter], hint: str, registry: TypeRegistry, inputs: InputTypes
    ) -> None:
        self.definitions: list[InputValueDefinitionNode] = []
        self.headers: list[tuple[str, str]] = []
        self.forward: list[str] = []
        self.body = ""
        self.notes: list[str] = []
        self.remarks: list[str] = []
        self.types: set[str] = set()
        self._hint = hint
        self._registry = registry
        self._inputs = inputs
        self._query: list[str] = []
        self._spread: list[str] = []
        self._expanded: list[str] = []
        self._templates: dict[str, str] = {}
        """The template expressions of the path's variables, by the names of their parameters."""
        self._path = path
        self._parameters = {(parameter.name, parameter.location): parameter for parameter in parameters}
        needed = variables(path)
        for name in needed:  # a variable in the path is a path parameter, even if the document declares `in: query`
            if (name, "path") not in self._parameters and (name, "query") in self._parameters:
                self._parameters[name, "path"] = self._parameters.pop((name, "query"))
        keys = [(name, "path") for name in needed]
        keys += [key for key in self._parameters if key[1] in ("query", "querystring", "header")]
        self._names = names.NameScope(_TAKEN)
        candidates = {key: (key[0], names.member_name(key[0], "argument")) for key in keys}
        self._argument_names = registry.naming.distinct_names(candidates, self._names)

    def gather(self) -> None:
        """Add an argument for each parameter that can be sent, and a note for each other one."""
        for name, location in self._parameters:
            if location == "cookie":
                self.remarks.append(f"the cookie {name} is sent by the client itself")
        for (name, location), argument in self._argument_names.items():
            parameter = self._parameters.get((name, location))
            try:
                if location == "path":
                    self._in_path(name, argument, parameter)
                elif parameter is not None and location == "query":
                    self._in_query(parameter, argument)
                elif parameter is not None and location == "querystring":
                    self._as_query(parameter, argument)
                elif parameter is not None:
                    self._in_header(parameter, argument)
            except DocumentProblem as exc:
                self.notes.append(f"the {location} parameter {name} is left out, {exc.message}")

    def add_body(self, type_ref: TypeRef, text: str, *, required: bool) -> str:
        """Add an argument for the request's body, and return its name."""
        node = NonNullTypeNode(type=type_ref.node) if required else type_ref.node
        argument = self._names.take(BODY)
        self.body = argument
        self.types.add(type_ref.name)
        self.definitions.append(self._registry.builder.input_value(argument, node, text))
        return argument

    @property
    def named(self) -> dict[str, str]:
        """The names of path and query arguments, by the names of their parameters. Of two, the path's counts."""
        path_last = sorted(self._argument_names.items(), key=lambda item: item[0][1] == "path")
        return {name: argument for (name, location), argument in path_last if location != "header"}

    @property
    def path(self) -> str:
        """The URI template, with the argument's name in place of each variable. Other braces are escaped."""
        pieces = _PIECE.split(self._path.partition("#")[0])  # a fragment is never sent to a server
        for index, piece in enumerate(pieces):
            if index % 2:
                pieces[index] = self._templates[plain_variable(piece)]
            else:
                pieces[index] = piece.replace("{", "%7B").replace("}", "%7D")
        path = "".join(pieces)
        if not self._expanded:
            return path
        return f"{path}{{{'&' if '?' in path else '?'}{','.join(self._expanded)}}}"

    @property
    def query(self) -> str:
        return _expression(self._query, self._spread)

    def _in_path(self, name: str, argument: str, parameter: ApiParameter | None) -> None:
        builder = self._registry.builder
        if parameter is None:
            self._templates[name] = f"{{{argument}}}"
            self.definitions.append(builder.input_value(argument, NonNullTypeNode(type=builder.type("String")), ""))
            self._registry.type_ref("String")
            return
        try:
            template = parameter_styles.path_template(self._registry.shapes, parameter, name, argument)
            self._add(parameter, argument, required=True)
            self._templates[name] = template
        except DocumentProblem as exc:
            self.notes.append(f"the path parameter {name} is a String, {exc.message}")
            self._in_path(name, argument, None)

    def _in_query(self, parameter: ApiParameter, argument: str) -> None:
        placed = parameter_styles.query_placement(self._registry.shapes, parameter, argument)
        entries = [*self._query, *([placed.entry] if placed.entry else [])]
        spread = [*self._spread, *([placed.spread] if placed.spread else [])]
        if not placed.template and len(_expression(entries, spread)) > MAX_EXPRESSION:
            raise DocumentProblem("the expression for the query would be too long")
        self._add(parameter, argument, required=parameter.required)
        if placed.template:
            self._expanded.append(placed.template)
        self._query, self._spread = entries, spread

    def _as_query(self, parameter: ApiParameter, argument: str) -> None:
        """Add the argument of a parameter that is the whole query (OpenAPI 3.2, `in: querystring`)."""
        if parameter.media_type != FORM:
            raise DocumentProblem(f"a query of type {parameter.media_type or 'unknown'} cannot be written")
        self._add(parameter, argument, required=parameter.required)
        self._spread = [*self._spread, argument]

    def _in_header(self, parameter: ApiParameter, argument: str) -> None:
        """Add an argument for a header. It is never required, as a sub-request carries the client's headers."""
        lower = parameter.name.lower()
        if lower in _NOT_PARAMETERS or headers.never_set(parameter.name):
            self.remarks.append(f"the header {parameter.name} is set by the client or the gateway")
            return
        if not _TOKEN.match(parameter.name):
            raise DocumentProblem("its name is not a valid header name")
        template = parameter_styles.header_template(self._registry.shapes, parameter, argument)
        self._add(parameter, argument, required=False)
        self.headers.append((parameter.name, template))

    def _add(self, parameter: ApiParameter, argument: str, *, required: bool) -> None:
        is_simple = simple_scalar(parameter.schema) is not None
        hint = "" if is_simple else f"{self._hint}{names.type_name(parameter.name)}"
        type_ref = self._inputs.type(parameter.schema, hint, parameter.name)
        default = self._only_value(parameter, type_ref) if required else None
        node = NonNullTypeNode(type=type_ref.node) if required and default is None else type_ref.node
        if type_ref.problem:
            self.notes.append(f"the {parameter.location} parameter {parameter.name} is {JSON}, {type_ref.problem}")
        self.types.add(type_ref.name)
        deprecated = parameter.source.get("deprecated") is True
        resolved = self._registry.shapes.resolve(parameter.schema).schema
        enum = self._registry.enums.get(type_ref.name, {})
        text = argument_defaults.with_default(
            first_description(parameter.source, parameter.schema), parameter.schema, resolved, names=enum
        )
        self.definitions.append(self._registry.builder.input_value(argument, node, text, default, deprecated))

    def _only_value(self, parameter: ApiParameter, type_ref: TypeRef) -> ValueNode | None:
        """Return the literal of a required parameter that has only one valid value, so that clients may omit it."""
        schema = self._registry.shapes.resolve(parameter.schema).schema
        return argument_defaults.only_value(schema, type_ref, self._registry)


def _expression(entries: list[str], spread: list[str]) -> str:
    """Return the JMESPath of a query: an object of `entries`, merged with the arguments in `spread`."""
    objects = [f"{{{', '.join(entries)}}}"] if entries else []
    objects += [f"{name} || `{{}}`" for name in spread]
    return objects[0] if len(objects) == 1 else f"merge({', '.join(objects)})" if objects else ""
