"""The bytes of the caches of documents and plans: a document that the limits allow is one that they keep."""

from restgql.bounded_cache import WeightedCache
from restgql.config import Config

TOKEN_WEIGHT = 700
"""The bytes that a token of a document takes in its syntax tree, about."""
FIELD_WEIGHT = 1_500
"""The bytes that a selected field takes in a plan, about."""
MIN_CACHE = 10_000_000
MAX_CACHE = 100_000_000


def cache_size(config: Config) -> int:
    """Return the bytes of a `WeightedCache` that keeps the plan of the largest document that `config` allows."""
    tokens = min(config.max_tokens, config.max_document)
    largest = 8 * config.max_document + TOKEN_WEIGHT * tokens + FIELD_WEIGHT * config.max_fields
    return min(MAX_CACHE, max(MIN_CACHE, WeightedCache.SHARE * largest))
