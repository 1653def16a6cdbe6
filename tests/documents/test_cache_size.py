"""A document that the limits allow is parsed, validated and planned once, however large they are."""

import pytest
from graphql import build_schema

from restgql.bounded_cache import WeightedCache
from restgql.config import Config
from restgql.documents.cache_size import MAX_CACHE, cache_size
from restgql.documents.documents import Documents
from restgql.documents.rules import RULES
from restgql.model import GraphQLRequest
from restgql.plan.passes import Planner
from restgql.plan.plan import PlanContext
from restgql.schema import core

SCHEMA = build_schema("type Query { post(id: Int!): Post } type Post { id: Int title: String }")


def query(fields: int) -> str:
    return "query { " + " ".join(f"p{id}: post(id: {id}) {{ id title }}" for id in range(fields)) + " }"


@pytest.mark.parametrize("fields", [10, 180, 2_000])
def test_every_document_within_the_limits_is_kept(fields: int) -> None:
    config = Config(max_tokens=12 * fields + 3, max_fields=3 * fields, max_aliases=fields, max_document=100_000)
    documents = Documents(SCHEMA, config, RULES, suggestions=False)
    request = GraphQLRequest(query=query(fields))
    assert documents.operation(request).document.node is documents.operation(request).document.node


def test_a_plan_of_500_fields_is_made_once() -> None:
    config = Config(max_tokens=10_000, max_fields=5_000, max_aliases=500)
    schema = core.build()
    planner = Planner(Documents(schema, config, RULES, suggestions=False), PlanContext.of(schema, config))
    text = "query { " + " ".join(f'p{id}: get(path: "/posts/{id}")' for id in range(500)) + " }"
    plans = [planner.plan(planner.operation(GraphQLRequest(query=text))) for _ in range(2)]
    assert plans[0] is plans[1]
    assert len(plans[0].nodes) == 500


@pytest.mark.parametrize("tokens", [0, 2_000, 20_000, 10**9])
def test_the_caches_have_an_end(tokens: int) -> None:
    size = cache_size(Config(max_tokens=tokens, max_fields=tokens, max_document=10**9))
    assert size <= MAX_CACHE
    cache = WeightedCache[str](10, size)
    cache.put("heavy", "value", size // WeightedCache.SHARE + 1)
    assert cache.get("heavy") is None
