"""Makes unions of the same classes one named schema, wherever annotations have them."""

from collections import deque
from collections.abc import Iterable, Iterator

from restgql.schema.sdl import names
from restgql.schema.sdl.reserved import ReservedNames
from restgql.schema.sources.annotations.components import PREFIX
from restgql.schema.sources.annotations.schema_writer import JsonSchema
from restgql.schema.sources.openapi.lenient import as_list, as_mapping
from restgql.schema.sources.openapi.schema_shape import is_null

Members = frozenset[str]

_GROUPS = ("anyOf", "oneOf")
_OF_UNION = (*_GROUPS, "discriminator")


def share_unions(schemas: dict[str, JsonSchema], responses: Iterable[JsonSchema], reserved: ReservedNames) -> None:
    """Replace unions of the same classes by references to one named schema, which is added to `schemas`.

    The name is that of an alias or RootModel, the shortest of several, or else the names of the classes. A union
    without a name that is used once is not changed.
    """
    unions = _Unions(schemas)
    by_members: dict[Members, list[JsonSchema]] = {}
    for place in unions.places(responses):
        by_members.setdefault(unions.members(place), []).append(place)
    named: dict[Members, str] = {}
    members_by_name = {name: unions.members(schema) for name, schema in schemas.items()}
    for name in sorted(schemas, key=lambda name: (len(name), name)):
        members = members_by_name[name]
        if members and named.setdefault(members, name) != name:
            schemas[name] = {"$ref": f"{PREFIX}{named[members]}"}
    scope = names.NameScope(reserved.types | {names.type_name(name) for name in schemas})
    for members, places in by_members.items():
        if members not in named and len(places) > 1:
            named[members] = scope.take(names.type_name(" Or ".join(sorted(members))))
            best = next((place for place in places if "discriminator" in place), places[0])
            schemas[named[members]] = {key: best[key] for key in _OF_UNION if key in best}
        if members in named:
            for place in places:
                _refer(place, named[members])


class _Unions:
    """The unions of classes in the named schemas of a document."""

    def __init__(self, schemas: dict[str, JsonSchema]) -> None:
        self._schemas = schemas

    def members(self, schema: JsonSchema) -> Members:
        """Return the names of a union's classes, none for a union with another member and any other schema."""
        leaves = set(self._leaves(schema, frozenset()))
        return frozenset() if "" in leaves or len(leaves) < 2 else frozenset(leaves)

    def places(self, responses: Iterable[JsonSchema]) -> Iterator[JsonSchema]:
        """Yield each union without a name that a response can have, in the order of the responses."""
        waiting, seen = deque[JsonSchema](responses), set[int]()
        while waiting:
            schema = waiting.popleft()
            if id(schema) in seen:
                continue
            seen.add(id(schema))
            named = self._schemas.get(_target(schema))
            members = self.members(schema if named is None else named)
            if members:  # a union within this one is a part of it
                waiting += ({"$ref": f"{PREFIX}{member}"} for member in sorted(members))
                if named is None:
                    yield schema
            else:
                waiting += _children(schema) if named is None else [named]

    def _leaves(self, schema: JsonSchema, seen: frozenset[str]) -> Iterator[str]:
        """Yield the name of each class of a union, empty for a member that is not a class."""
        name = _target(schema)
        members = [member for group in _GROUPS for member in as_list(schema.get(group))]
        if "properties" in self._schemas.get(name, {}):
            yield name
        elif name and name not in seen:
            yield from self._leaves(self._schemas.get(name, {}), seen | {name})
        elif not members and not is_null(schema):
            yield ""
        for member in members:
            yield from self._leaves(member, seen)


def _children(schema: JsonSchema) -> list[JsonSchema]:
    """Return the schemas of a schema's properties, items, values and alternatives."""
    children = [*as_mapping(schema.get("properties")).values(), schema.get("items"), schema.get("additionalProperties")]
    for key in (*_GROUPS, "allOf", "prefixItems"):
        children += as_list(schema.get(key))
    return [child for child in children if isinstance(child, dict)]


def _refer(schema: JsonSchema, name: str) -> None:
    for key in _OF_UNION:
        schema.pop(key, None)
    schema["$ref"] = f"{PREFIX}{name}"


def _target(schema: JsonSchema) -> str:
    """Return the name of the schema that a reference refers to, empty without a reference."""
    return str(schema.get("$ref", "")).removeprefix(PREFIX)
