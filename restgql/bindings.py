"""What ties a typed field to REST: how it is asked for, or where its value is in its parent's. Each is its resolver."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLResolveInfo

from restgql.formats import json, select
from restgql.formats.template import Template

TAKES_ANY = "restgql.takes_any"
"""Set in the extensions of an object type whose value may be an array or a scalar: a field selects from the whole."""


class BatchBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A list route that has the values of many parents at once: items are matched by `key`, pairwise with the
    parent's `by`. `carries` are the template's variables that the keys go into, one of each of `key`."""

    template: Template
    by: tuple[str, ...]
    key: tuple[str, ...]
    carries: tuple[str, ...]
    select: str | None = None
    size: int = 50


class RequestBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A field that makes a request (`@get`, `@post`, …). `arguments` are the names that its template may not take from
    the parent; `null_on` the statuses that are null without an error. What is `opened` may be asked for whatever
    RESTGQL_ROUTES says; `whole` is a field whose value is passed on as it is. Without a `body`, the arguments `left`
    are it, each under its key.
    """

    method: str
    template: Template
    arguments: frozenset[str] = frozenset()
    query: str | None = None
    body: str | None = None
    left: dict[str, str] = {}
    encoding: str = "JSON"
    select: str | None = None
    headers: tuple[tuple[str, Template], ...] = ()
    batch: BatchBinding | None = None
    null_on: frozenset[int] = frozenset()
    timeout: float | None = None
    many: bool = False
    opened: bool = False
    whole: bool = False

    def __call__(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        return source.called(self, info)


class SelectBinding(msgspec.Struct, frozen=True, kw_only=True):
    """A field whose value is part of its parent's: what `keys` lead to, or what `select` (JMESPath) finds, in the JSON
    value or in a header field of its response, or the response's status."""

    keys: tuple[str, ...] | None = None
    select: str | None = None
    header: str | None = None
    status: bool = False

    def __call__(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        picked = getattr(source, "picked", None)
        if picked is not None:
            return picked(self, info)
        (name,) = self.keys or ("",)  # an object of a user's own resolver
        return source.get(name) if isinstance(source, dict) else getattr(source, name, None)

    def of(self, value: Any) -> Any:
        """What it is in a JSON value. Raises BadSelect."""
        if self.keys is None:
            return select.search(self.select or "@", value)
        for key in self.keys:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value


class UserResolver(msgspec.Struct, frozen=True):
    """A field that a user's own function resolves, from whatever it likes. A root field has no root value, as without
    a gateway."""

    resolve: Callable[..., Any]
    of_root: bool

    def __call__(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        return self.resolve(None if self.of_root else source, info, **arguments)


class Discriminator(msgspec.Struct, frozen=True, kw_only=True):
    """Which type of an interface or union a JSON value is: by the value that `pick` finds in it."""

    pick: SelectBinding
    types: dict[str, str]

    def __call__(self, source: Any, info: GraphQLResolveInfo, of_type: Any) -> str | None:
        return self.type_of(source.value)

    def type_of(self, value: Any) -> str | None:
        """The name of the type; None where the value is of none."""
        found = self.pick.of(value)
        return self.types.get(json.spelled(found))
