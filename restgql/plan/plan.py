"""A plan: what an operation asks for, before any of it is asked; and what its passes may know."""

from collections.abc import Callable

import msgspec
from graphql import GraphQLSchema

from restgql.model import Step
from restgql.plan.document import Operation
from restgql.selection import Selection


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one operation, in document order. Each pass gives it more; `incremental` is whether parts may come
    later."""

    operation: Operation
    incremental: bool = False
    selection: Selection | None = None
    steps: tuple[Step, ...] = ()


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass may know besides the plan. `added_headers` are the names RESTGQL_SUBREQUEST_HEADERS adds."""

    schema: GraphQLSchema
    added_headers: frozenset[str]
    max_upload: int
    max_subrequests: int
    max_typed_subrequests: int


Pass = Callable[[Plan, Setting], Plan]
