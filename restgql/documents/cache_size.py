"""The size of the caches of documents and plans: they hold every document that the limits allow."""

from restgql.bounded_cache import WeightedCache
from restgql.config import Config

TOKEN_WEIGHT = 700
"""The approximate bytes of one token of a document in its syntax tree."""
FIELD_WEIGHT = 1_500
"""The approximate bytes of a selected field in a plan."""
MIN_CACHE = 10_000_000
MAX_CACHE = 100_000_000


def cache_size(config: Config) -> int:
    """Return the bytes of a `WeightedCache` that holds the plan of the largest document that `config` allows."""
    tokens = min(config.max_tokens, config.max_document)
    largest = 8 * config.max_document + TOKEN_WEIGHT * tokens + FIELD_WEIGHT * config.max_fields
    return min(MAX_CACHE, max(MIN_CACHE, WeightedCache.SHARE * largest))
