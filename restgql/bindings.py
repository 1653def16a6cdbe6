"""The binding of a typed field to REST: its request, or the place of its value in its parent's. Each is a resolver."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLResolveInfo

from restgql.formats import json, select
from restgql.formats.charge import UNMETERED, Charge
from restgql.formats.template import Template

TAKES_ANY = "restgql.takes_any"
"""Set in the extensions of an object type whose value may be an array or a scalar: a field selects from the whole."""


class BatchBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A list route that returns the values of many parents at once: items are matched by `key`, pairwise with the
    parent's `by`. `carries` are the template's variables for the keys, one for each of `key`."""

    template: Template
    by: tuple[str, ...]
    key: tuple[str, ...]
    carries: tuple[str, ...]
    select: str | None = None
    size: int = 50


class RequestBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A field that makes a request (`@get`, `@post`, …).

    `arguments` are the names that its template does not take from the parent, `null_on` the statuses that are null
    without an error. With `opens_route` it may ask for its own rule, whatever RESTGQL_ROUTES says. With `passthrough`
    the response's JSON text is the value, unparsed. If `body` is None, the request body is an object of
    `body_arguments`: argument to key. `is_list` is True if the field's type is a list. `forward` are query parameters
    of the client's own request that go along.
    """

    method: str
    template: Template
    arguments: frozenset[str] = frozenset()
    query: str | None = None
    body: str | None = None
    body_arguments: dict[str, str] = {}
    encoding: str = "JSON"
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
    """A field whose value is part of its parent's: the value at `keys`, or the one that `select` (JMESPath) selects, of
    the JSON value or of a header field of its response; or the response's status. `is_written` is True for a @select
    that the app's own SDL has.

    With `entries` it is the list of the object's entries, without those of these keys.
    `first_of` are the keys of which `select` selects the first value that is not null, if it selects nothing else.
    """

    keys: tuple[str, ...] | None = None
    first_of: tuple[str, ...] = ()
    select: str | None = None
    header: str | None = None
    status: bool = False
    entries: frozenset[str] | None = None
    is_written: bool = False

    def is_of_whole(self, is_written: bool) -> bool:
        """Return True if the field may be of a value that is no object; of a header field, if a user wrote it."""
        return not self.keys and not self.first_of and self.entries is None and (self.header is None or is_written)

    def __call__(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        return self.of_object(source)

    def of_object(self, source: Any) -> Any:
        """Return the value of the field of an object that a resolver of the user's own returned."""
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
    """A field that a function of the user's own resolves. A root field has no root value, as without a gateway."""

    resolve: Callable[..., Any]
    of_root: bool

    def __call__(self, source: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        return self.resolve(None if self.of_root else source, info, **arguments)


class Discriminator(msgspec.Struct, frozen=True, kw_only=True):
    """Resolves the type of a JSON value of an interface or union, by the value that `select` selects from it. An object
    of no value of `types` is of the type `otherwise`, if there is one."""

    select: SelectBinding
    types: dict[str, str]
    otherwise: str | None = None

    def __call__(self, source: Any, info: GraphQLResolveInfo, of_type: Any) -> str | None:
        return self.type_of(source.value)

    def type_of(self, value: Any, charge: Charge = UNMETERED) -> str | None:
        """Return the name of the type of a value, None if it is of none. Raises BadSelect."""
        selected = self.select.of(value, charge)
        name = self.types.get(json.spelled(selected))
        return self.otherwise if name is None and isinstance(value, dict) else name
