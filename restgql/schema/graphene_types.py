"""Types that users write with graphene, beside those of the gateway; and the field that binds them to a route."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import graphene
from graphql import GraphQLObjectType, GraphQLSchema

from restgql.bindings import RequestBinding, SelectBinding, UserResolver
from restgql.errors import RestgqlError
from restgql.formats import headers as header_fields
from restgql.formats import select as jmespath
from restgql.formats import template
from restgql.schema.json_scalar import JSON
from restgql.schema.type_source import SchemaError


class Get(graphene.Field):  # type: ignore[misc]
    """A graphene field whose value is the JSON of the response to GET `path`, as with the SDL directive `@get`.

    `path` is a URI template. Its names are arguments of the field, as they are named in Python, or keys of the parent's
    JSON object. `query` and `select` are JMESPath expressions, the values of `headers` templates, `null_on` statuses,
    and `timeout` seconds. Other keyword arguments are those of `graphene.Field`. Raises SchemaError.
    """

    def __init__(
        self,
        type_: Any,
        *,
        path: str,
        query: str | None = None,
        select: str | None = None,
        headers: Mapping[str, str] | None = None,
        null_on: Collection[int] = (404, 410),
        timeout: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(type_, **options)
        try:
            for expression in (query, select):
                if expression is not None:
                    jmespath.check(expression)
            for name in headers or {}:
                if header_fields.never_set(name):
                    raise SchemaError([f"Get(path={path!r}): the header {name} can never be set by a field."])
            filled = tuple((name.lower(), template.compile(value)) for name, value in (headers or {}).items())
            path_template = template.compile_typed(path)
        except RestgqlError as exc:
            raise SchemaError([f"Get(path={path!r}): {exc.message}"]) from exc
        required = isinstance(self._type, graphene.NonNull)
        inner = self._type.of_type if required else self._type
        self._call = RequestBinding(
            method="GET",
            template=path_template,
            arguments=frozenset(self.args),
            query=query,
            select=select,
            headers=filled,
            null_on=frozenset() if required else frozenset(null_on),
            timeout=timeout,
            is_list=isinstance(inner, graphene.List),
            opens_route=True,
            passthrough=inner is JSON,
        )

    def wrap_resolve(self, parent_resolver: Any) -> RequestBinding:
        return self._call


def combined(own: type | None, core: type, name: str) -> type:
    """Return the root type with a user's and the core's fields. Raises SchemaError if both define the same name."""
    if own is None:
        return core
    clash = sorted(set(own._meta.fields) & set(core._meta.fields))  # type: ignore[attr-defined]
    if clash:
        raise SchemaError([f"{own.__name__}.{field}: the gateway has a field of this name." for field in clash])
    return type(name, (own, core), {})


_CORE_TYPES = frozenset({"RestResponse", "RestItem", "RestHeader", "RestRoute"})


def bind(schema: GraphQLSchema, *, own: Collection[str]) -> None:
    """Make a user's types read JSON from routes; their root fields, which are not the gateway's `own`, receive no root
    value, as without a gateway.
    """
    for of_type in schema.type_map.values():
        if not isinstance(of_type, GraphQLObjectType) or of_type.name in _CORE_TYPES or of_type.name.startswith("__"):
            continue
        is_root = of_type in (schema.query_type, schema.mutation_type)
        for name, field in of_type.fields.items():
            resolve = field.resolve
            if isinstance(resolve, RequestBinding) or (is_root and name in own):
                continue
            if not is_root and isinstance(resolve, partial):  # graphene's default, by the field's name in Python
                field.resolve = SelectBinding(keys=(resolve.args[0],))
            elif resolve is not None and not isinstance(resolve, SelectBinding):
                field.resolve = UserResolver(resolve, is_root)
