"""The names that generated types and root fields must not use."""

from collections.abc import Mapping
from functools import cache

import msgspec
from graphql import GraphQLSchema

from restgql.schema import core, directives, scalars

_TYPES = frozenset({"Mutation", "Query", "Subscription"})
_FIELDS = {"Query": frozenset({"node"})}


class ReservedNames(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the gateway (`types`, `fields`) and of the user's graphene types (`own_types`, `own_fields`).

    `fields` and `own_fields` are by root type. A generated name that equals a gateway name gets a number. A name that a
    source states and the user's types have is an error; a derived name avoids it.
    """

    types: frozenset[str]
    fields: Mapping[str, frozenset[str]]
    own_types: frozenset[str] = frozenset()
    own_fields: Mapping[str, frozenset[str]] = {}

    @property
    def own(self) -> dict[str, str]:
        """The names of the user's graphene types and root fields (`Query.user`), with the Gateway argument of each."""
        fields = {f"{root}.{name}": f"{root.lower()}=" for root, names in self.own_fields.items() for name in names}
        return dict.fromkeys(self.own_types, "query= or mutation=") | fields


def reserve(query: type | None = None, mutation: type | None = None) -> ReservedNames:
    """Return the names of the whole core schema, whatever RESTGQL_VERBS is, and of the user's graphene types."""
    if query is None and mutation is None:
        return _of_core()
    core_names, schema = _of_core(), core.build(query, mutation, core.VERBS)
    own_fields = {root: fields - core_names.fields[root] for root, fields in _fields(schema).items()}
    own_types = frozenset(schema.type_map) - core_names.types
    return ReservedNames(types=core_names.types, fields=core_names.fields, own_types=own_types, own_fields=own_fields)


def with_types(reserved: ReservedNames, schema: GraphQLSchema) -> ReservedNames:
    """Return reserved names that include all types of a schema, so that generated types avoid them."""
    types = frozenset(name for name in schema.type_map if not name.startswith("__"))
    return msgspec.structs.replace(reserved, own_types=reserved.own_types | types - reserved.types)


@cache
def _of_core() -> ReservedNames:
    schema = core.build(verbs=core.VERBS)
    fields = {root: names | _FIELDS.get(root, frozenset()) for root, names in _fields(schema).items()}
    return ReservedNames(types=frozenset(directives.extended(schema).type_map) | scalars.NAMES | _TYPES, fields=fields)


def _fields(schema: GraphQLSchema) -> dict[str, frozenset[str]]:
    roots = {"Query": schema.query_type, "Mutation": schema.mutation_type}
    return {name: frozenset(root.fields if root else ()) for name, root in roots.items()}
