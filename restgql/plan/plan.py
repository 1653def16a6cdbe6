"""A plan: what an operation asks for, before any of it is asked; and what its passes may know."""

from collections.abc import Callable

import msgspec
from graphql import GraphQLSchema

from restgql.config import Config
from restgql.documents.collect_fields import Selection
from restgql.documents.documents import Operation
from restgql.model import PlanNode


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one operation, in document order. Each pass gives it more; `incremental` is whether parts may come
    later."""

    operation: Operation
    incremental: bool = False
    selection: Selection | None = None
    steps: tuple[PlanNode, ...] = ()


class PlanContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass may know besides the plan. `added_headers` are the names RESTGQL_SUBREQUEST_HEADERS adds."""

    schema: GraphQLSchema
    added_headers: frozenset[str]
    max_upload: int
    max_subrequests: int
    max_typed_subrequests: int

    @classmethod
    def of(cls, schema: GraphQLSchema, config: Config, *, stored: bool = False) -> "PlanContext":
        """That of a configuration; `stored` operations have the budget of typed fields, whatever these are."""
        return cls(
            schema=schema,
            added_headers=frozenset(name.lower() for name in config.subrequest_headers),
            max_upload=config.max_upload,
            max_subrequests=max(config.max_subrequests, config.max_typed_subrequests if stored else 0),
            max_typed_subrequests=config.max_typed_subrequests,
        )


Pass = Callable[[Plan, PlanContext], Plan]
