"""Responses to sub-requests, kept: a dispatcher around a dispatcher (RFC 9111); and what else processes share by its
Redis. Nothing of it is imported until it is configured."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from restgql.config import Config
from restgql.documents.registry import MemoryRegistry, Registry
from restgql.errors import ConfigError

if TYPE_CHECKING:
    from restgql.cache.cache import Cache


def made(config: Config, folder: Path, logger: logging.Logger) -> "Cache | None":
    """The cache that is configured, None where none is. A relative path is in `folder`. Raises ConfigError."""
    place = config.cache
    if place is None:
        return None
    try:
        from restgql.cache.cache import Cache, opened
    except ModuleNotFoundError as exc:
        raise ConfigError(f"RESTGQL_CACHE needs {exc.name}: pip install 'restgql[cache]'.") from exc
    store = opened(place, folder, entries=config.cache_entries, size=config.cache_bytes, logger=logger)
    return Cache(
        store,
        max_body=min(config.max_reply, config.cache_bytes),
        seconds=config.subrequest_timeout,
        logger=logger,
        identity=config.cache_identity,
    )


def registry_of(config: Config, logger: logging.Logger) -> Registry:
    """The documents that clients register: of this process, or of all that have one Redis as their cache."""
    near = MemoryRegistry(config.apq_entries, config.apq_bytes)
    if not (config.cache or "").startswith(("redis:", "rediss:")):
        return near
    from restgql.cache.redis_registry import RedisRegistry

    return RedisRegistry(config.cache or "", near, entries=config.apq_entries, logger=logger)
