"""The cache of sub-responses, a dispatcher around a dispatcher (RFC 9111), and the registry of documents in its Redis.

Its modules are imported only if they are configured.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from restgql.config import Config
from restgql.documents.registry import MemoryRegistry, Registry
from restgql.errors import ConfigError

if TYPE_CHECKING:
    from restgql.cache.cache import Cache


def create_cache(config: Config, folder: Path) -> "Cache | None":
    """Return the configured cache, or None without one. A relative path is in `folder`. Raises ConfigError."""
    place = config.cache
    if place is None:
        return None
    try:
        from restgql.cache.cache import Cache, open_store
    except ModuleNotFoundError as exc:
        raise ConfigError(f"RESTGQL_CACHE needs {exc.name}: pip install 'restgql[cache]'.") from exc
    store = open_store(place, folder, entries=config.cache_entries, size=config.cache_bytes)
    return Cache(
        store,
        max_body=min(config.max_reply, config.cache_bytes),
        seconds=config.subrequest_timeout,
        identity=config.cache_identity,
    )


def registry_of(config: Config) -> Registry:
    """Return the registry of clients' documents: of this process, or of all processes with one Redis as their cache."""
    near = MemoryRegistry(config.apq_entries, config.apq_bytes)
    if not (config.cache or "").startswith(("redis:", "rediss:")):
        return near
    from restgql.cache.redis_registry import RedisRegistry

    return RedisRegistry(config.cache or "", near, entries=config.apq_entries)
