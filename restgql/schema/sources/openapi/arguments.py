"""Parameters as arguments of a field, and where each goes: the path's template, `query` or `headers`."""

import re
from collections.abc import Iterable

from graphql import InputValueDefinitionNode, NonNullTypeNode, ValueNode

from restgql.formats import headers
from restgql.formats.select import MAX_EXPRESSION
from restgql.schema.sdl import names
from restgql.schema.sdl.scalar_names import JSON
from restgql.schema.sources.openapi import defaults, styles
from restgql.schema.sources.openapi.inputs import Inputs
from restgql.schema.sources.openapi.operation import FORM, Parameter, plain_variable, variables
from restgql.schema.sources.openapi.parts import description
from restgql.schema.sources.openapi.problem import Problem
from restgql.schema.sources.openapi.registry import Registry, Typed
from restgql.schema.sources.openapi.scalars import simple

_PIECE = re.compile(r"\{([^{}]*)\}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 section 5.6.2
# OpenAPI ignores parameters of these names (3.0, section 4.7.12.1)
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
_TAKEN = frozenset({"this"})
"""`this` is the parent in the expressions of a directive."""
BODY = "input"


class Arguments:
    """What one operation is asked with; its path's template, with the base path, is `path`."""

    def __init__(self, path: str, given: Iterable[Parameter], hint: str, registry: Registry, inputs: Inputs) -> None:
        self.nodes: list[InputValueDefinitionNode] = []
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
        """The variables of the path by the names of their parameters."""
        self._path = path
        self._given = {(parameter.name, parameter.place): parameter for parameter in given}
        needed = variables(path)
        for name in needed:  # what stands in the path goes there, wherever it is said to be
            if (name, "path") not in self._given and (name, "query") in self._given:
                self._given[name, "path"] = self._given.pop((name, "query"))
        keys = [(name, "path") for name in needed]
        keys += [key for key in self._given if key[1] in ("query", "querystring", "header")]
        self._names = names.Names(_TAKEN)
        wanted = {key: (key[0], names.member(key[0], "argument")) for key in keys}
        self._called = registry.naming.distinct(wanted, self._names)

    def gather(self) -> None:
        """Makes an argument of each parameter that can be sent; of the others it is noted why."""
        for name, place in self._given:
            if place == "cookie":
                self.remarks.append(f"the cookie {name} is the caller's own")
        for (name, place), called in self._called.items():
            parameter = self._given.get((name, place))
            try:
                if place == "path":
                    self._in_path(name, called, parameter)
                elif parameter is not None and place == "query":
                    self._in_query(parameter, called)
                elif parameter is not None and place == "querystring":
                    self._as_query(parameter, called)
                elif parameter is not None:
                    self._in_header(parameter, called)
            except Problem as exc:
                self.notes.append(f"the {place} parameter {name} is left out, {exc.message}")

    def add_body(self, typed: Typed, text: str, *, required: bool) -> str:
        """The name of an argument for the request's body."""
        node = NonNullTypeNode(type=typed.node) if required else typed.node
        called = self._names.take(BODY)
        self.body = called
        self.types.add(typed.name)
        self.nodes.append(self._registry.nodes.input_value(called, node, text))
        return called

    @property
    def named(self) -> dict[str, str]:
        """The names of arguments in the path and the query, by those of their parameters."""
        by_place = sorted(self._called.items(), key=lambda item: item[0][1] == "path")  # a path's name wins
        return {name: called for (name, place), called in by_place if place != "header"}

    @property
    def path(self) -> str:
        """The template: what the document has between braces is the argument's name, and other braces are text."""
        pieces = _PIECE.split(self._path.partition("#")[0])  # no server is sent a fragment
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

    def _in_path(self, name: str, called: str, parameter: Parameter | None) -> None:
        nodes = self._registry.nodes
        if parameter is None:
            self._templates[name] = f"{{{called}}}"
            self.nodes.append(nodes.input_value(called, NonNullTypeNode(type=nodes.type("String")), ""))
            self._registry.typed("String")
            return
        try:
            template = styles.in_path(self._registry.shapes, parameter, name, called)
            self._add(parameter, called, required=True)
            self._templates[name] = template
        except Problem as exc:
            self.notes.append(f"the path parameter {name} is a String, {exc.message}")
            self._in_path(name, called, None)

    def _in_query(self, parameter: Parameter, called: str) -> None:
        placed = styles.in_query(self._registry.shapes, parameter, called)
        entries = [*self._query, *([placed.entry] if placed.entry else [])]
        spread = [*self._spread, *([placed.spread] if placed.spread else [])]
        if not placed.template and len(_expression(entries, spread)) > MAX_EXPRESSION:
            raise Problem("the expression for the query would be too long")
        self._add(parameter, called, required=parameter.required)
        if placed.template:
            self._expanded.append(placed.template)
        self._query, self._spread = entries, spread

    def _as_query(self, parameter: Parameter, called: str) -> None:
        """Add the argument of a parameter that is the whole query (OpenAPI 3.2, `in: querystring`)."""
        if parameter.media_type != FORM:
            raise Problem(f"a query that is {parameter.media_type or 'no form'} cannot be written")
        self._add(parameter, called, required=parameter.required)
        self._spread = [*self._spread, called]

    def _in_header(self, parameter: Parameter, called: str) -> None:
        """Never required: a sub-request carries the caller's own headers."""
        lower = parameter.name.lower()
        if lower in _NOT_PARAMETERS or headers.never_set(parameter.name):
            self.remarks.append(f"the header {parameter.name} is the caller's own, or the gateway's")
            return
        if not _TOKEN.match(parameter.name):
            raise Problem("it is no header name")
        if styles.form(self._registry.shapes, parameter.schema) is not styles.Form.SCALAR:
            raise Problem("a header holds a scalar")
        self._add(parameter, called, required=False)
        self.headers.append((parameter.name, f"{{{called}}}"))

    def _add(self, parameter: Parameter, called: str, *, required: bool) -> None:
        plain = simple(parameter.schema)
        hint = "" if plain else f"{self._hint}{names.pascal(parameter.name)}"
        typed = self._inputs.type(parameter.schema, hint, parameter.name)
        default = self._only_value(parameter, typed) if required else None
        node = NonNullTypeNode(type=typed.node) if required and default is None else typed.node
        if typed.problem:
            self.notes.append(f"the {parameter.place} parameter {parameter.name} is {JSON}, {typed.problem}")
        self.types.add(typed.name)
        deprecated = parameter.source.get("deprecated") is True
        located = self._registry.shapes.locate(parameter.schema).schema
        enum = self._registry.enums.get(typed.name, {})
        text = defaults.shown(description(parameter.source, parameter.schema), parameter.schema, located, names=enum)
        self.nodes.append(self._registry.nodes.input_value(called, node, text, default, deprecated))

    def _only_value(self, parameter: Parameter, typed: Typed) -> ValueNode | None:
        """Return the literal of a required parameter that takes one value alone, so that no client has to give it."""
        schema = self._registry.shapes.locate(parameter.schema).schema
        return defaults.only_value(schema, typed, self._registry)


def _expression(entries: list[str], spread: list[str]) -> str:
    """Return the JMESPath of a query from its entries, and the arguments whose keys are entries of it."""
    objects = [f"{{{', '.join(entries)}}}"] if entries else []
    objects += [f"{name} || `{{}}`" for name in spread]
    return objects[0] if len(objects) == 1 else f"merge({', '.join(objects)})" if objects else ""
