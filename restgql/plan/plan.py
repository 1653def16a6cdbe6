"""A plan: the sub-requests of an operation, before any of them is made; and the context of its passes."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, OperationType

from restgql.config import Config, limits_of
from restgql.documents.cache_size import cache_size
from restgql.documents.collect_fields import Selections
from restgql.meter import Limits
from restgql.plan.nodes import PlanNode
from restgql.schema.introspection_size import introspection_size


class Plan(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The nodes of one operation in document order. Each pass returns a plan with more in it.

    A plan is immutable, and shared by all requests with the same document and the same `conditions` (the values of the
    variables of @skip, @include, @defer and @stream); it contains nothing else of a request. `has_resolvers` is True if
    a resolver of the user's own resolves a value, or the type of one.
    """

    document: DocumentNode
    node: OperationDefinitionNode
    hash: str
    conditions: dict[str, Any]
    incremental: bool = False
    stored: bool = False
    selections: Selections | None = None
    nodes: tuple[PlanNode, ...] = ()
    has_resolvers: bool = False

    @property
    def name(self) -> str:
        return self.node.name.value if self.node.name else ""

    @property
    def is_mutation(self) -> bool:
        return self.node.operation is OperationType.MUTATION


FloatVariables = Callable[[str, str], frozenset[int]]


def no_float_variables(method: str, shape: str) -> frozenset[int]:
    """Return no places: the converters of the routes are unknown."""
    return frozenset()


class PlanContext(msgspec.Struct, frozen=True, kw_only=True):
    """The context of one schema and configuration.

    `added_headers` are the names that RESTGQL_SUBREQUEST_HEADERS adds; `introspection` is the number of introspection
    fields that one operation may have; `cache_size` is the size of the cache of plans in bytes. `float_variables`
    returns, by method and shape of a path, the places of the variables for which a route takes only floats.
    """

    schema: GraphQLSchema
    added_headers: frozenset[str]
    max_upload: int
    limits: Limits
    introspection: int
    cache_size: int
    float_variables: FloatVariables = no_float_variables

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        config: Config,
        *,
        stored: bool = False,
        float_variables: FloatVariables = no_float_variables,
    ) -> "PlanContext":
        """Return the context for a configuration, for the `stored` operations or all others."""
        return cls(
            schema=schema,
            added_headers=frozenset(name.lower() for name in config.subrequest_headers),
            max_upload=config.max_upload,
            limits=limits_of(config, stored=stored),
            introspection=introspection_size(schema) * 3 // 2,
            cache_size=cache_size(config),
            float_variables=float_variables,
        )


Pass = Callable[[Plan, PlanContext], Plan]
