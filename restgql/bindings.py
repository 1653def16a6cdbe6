"""Bindings of typed fields to REST: a field makes a request, or reads from its parent's value. Each is a resolver."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLResolveInfo

from restgql.formats import json, select
from restgql.formats.body import JSON_TYPE
from restgql.formats.charge import UNMETERED, Charge
from restgql.formats.template import Template

TAKES_ANY = "restgql.takes_any"
"""Extension key of an object type whose value may be an array or a scalar: its fields read from the whole value."""


class BatchBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A list route that returns the values of many parents at once: items are matched by `key`, pairwise with the
    parent's `by`. The template's variables `carries` take the keys, one variable for each of `key`.
    """

    template: Template
    by: tuple[str, ...]
    key: tuple[str, ...]
    carries: tuple[str, ...]
    select: str | None = None
    size: int = 50


class RequestBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A field that makes a request (`@get`, `@post`, …).

    `arguments`: the names that the template does not take from the parent. `null_on`: the statuses that give null
    without an error. `opens_route`: the field may request its own rule even if RESTGQL_ROUTES excludes it.
    `passthrough`: the value is the response's JSON text, unparsed. If `body` is None, the request body is an object of
    `body_arguments` (argument: key). `is_list`: the field's type is a list. `forward`: the query parameters of the
    client's own request to pass on. `media_type` is that of a body of JSON or of text.
    """

    method: str
    template: Template
    arguments: frozenset[str] = frozenset()
    query: str | None = None
    body: str | None = None
    body_arguments: dict[str, str] = {}
    encoding: str = "JSON"
    media_type: str = JSON_TYPE
    select: str | None = None
    headers: tuple[tuple[str, Template], ...] = ()
    batch: BatchBinding | None = None
    null_on: frozenset[int] = frozenset()
    timeout: float | None = None
    is_list: bool = False
    opens_route: bool = False
    passthrough: bool = False
    forward: tuple[str, ...] = ()

    def __call__(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        """Raise: the executor reads the value of such a field from the result of its plan node."""
        raise TypeError(f"{info.parent_type.name}.{info.field_name} is read from a result.")


class SelectBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A field whose value is part of its parent's: the JSON value at `keys`, or the one that `select` (JMESPath)
    selects from the JSON value or from the response's header field `header`; or the response's status.

    `is_handwritten` is True for a @select in the app's own SDL. With `entries` the value is the list of the object's
    entries, without those of these keys. `first_of` is set if `select` does nothing but take the first of some keys
    whose value is not null: it lists these keys.
    """

    keys: tuple[str, ...] | None = None
    first_of: tuple[str, ...] = ()
    select: str | None = None
    header: str | None = None
    status: bool = False
    entries: frozenset[str] | None = None
    is_handwritten: bool = False

    def is_of_whole(self, is_handwritten: bool) -> bool:
        """Return True if the field may read a value that is not an object; a header field only if a user wrote it."""
        return not self.keys and not self.first_of and self.entries is None and (self.header is None or is_handwritten)

    def __call__(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        return self.of_object(source)

    def of_object(self, source: Any) -> Any:
        """Return the field's value in an object that a resolver of the user's own returned."""
        (name,) = self.keys or ("",)
        return source.get(name) if isinstance(source, dict) else getattr(source, name, None)

    def of(self, value: Any, charge: Charge = UNMETERED) -> Any:
        """Return the part of a JSON value. Raises BadSelect."""
        if self.first_of:
            values = map(value.get, self.first_of) if isinstance(value, dict) else ()
            value = next((part for part in values if part is not None), None)
        elif self.keys is None:
            value = select.search(self.select or "@", value, charge)
        for key in self.keys or ():
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        if self.entries is not None and isinstance(value, dict):
            charge(len(value))
            return [{"key": key, "value": item} for key, item in value.items() if key not in self.entries]
        return value


class UserResolver(msgspec.Struct, frozen=True):
    """A field with a resolver function of the user's own. A root field has no root value, as without a gateway."""

    resolve: Callable[..., Any]
    of_root: bool

    def __call__(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        return self.resolve(None if self.of_root else source, info, **arguments)


class Discriminator(msgspec.Struct, frozen=True, kw_only=True):
    """Resolves the type of a JSON value of an interface or union by the value that `select` selects from it.

    An object whose value is not in `types` is of the type `otherwise`, if that is set.
    """

    select: SelectBinding
    types: dict[str, str]
    otherwise: str | None = None

    def __call__(self, source: Any, info: GraphQLResolveInfo, of_type: Any) -> str | None:
        return self.type_of(source.value)

    def type_of(self, value: Any, charge: Charge = UNMETERED) -> str | None:
        """Return the name of a value's type, or None if it matches no type. Raises BadSelect."""
        selected = self.select.of(value, charge)
        name = self.types.get(json.to_text(selected))
        return self.otherwise if name is None and isinstance(value, dict) else name
