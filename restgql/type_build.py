"""The types of a gateway, which are built once: at startup, or at the first request if they depend on routes."""

import threading
import time
from collections.abc import Callable

import msgspec

from restgql.errors import ConfigError, RestgqlError, SchemaUnavailable
from restgql.log import logger
from restgql.sources import CompiledSchema, Sources
from restgql.upstream.routes import Routes

RETRY_SECONDS = 30.0
"""Seconds between two attempts to read a document of the app that could not be read."""
WAIT_SECONDS = 25.0
"""Seconds that a request waits for another thread's build; after that it is answered without the types."""
NOT_BUILT = "The schema could not be built; the log of the app has the reason."


class TypeBuild:
    """The types of one gateway. Threads share it: `_lock` is held while the types are built.

    After a failure only the types of the failed source are missing. If a document of the app could not be read, each
    readiness probe retries, and so does a request that needs the types after RETRY_SECONDS.
    """

    def __init__(self, sources: Sources, routes: Routes, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._sources = sources
        self._routes = routes
        self._clock = clock
        self._lock = threading.RLock()
        self._compiled: CompiledSchema | None = None if sources.needs_routes else sources.base
        self._early: tuple[str, CompiledSchema] | None = None
        self._is_building = False
        self._retry_at = 0.0
        self._logged = ""
        if not sources.needs_routes:
            self._log_skipped(sources.base)

    def start(self, routes: Routes) -> None:
        """Build the types that are known at startup, from the routes so far. Raises SchemaError and ConfigError.

        They are used if no route is added before the first request.
        """
        if not self._sources.needs_routes:
            return
        compiled = self._sources.build(routes, at_start=True)
        if isinstance(compiled.failure, ConfigError):
            raise compiled.failure
        if compiled.failure is None and self._sources.is_known_at_start:
            self._early = routes.fingerprint(), compiled

    @property
    def compiled_schema(self) -> CompiledSchema:
        """The types. While another thread's build takes long, and within the build, those that need no routes."""
        return self._compiled or self._first()

    @property
    def failure(self) -> str | None:
        """The reason for clients why types are missing, or None if all sources have their types."""
        return None if self.compiled_schema.failure is None else NOT_BUILT

    def missing(self, *, debug: bool) -> RestgqlError:
        """Return the error of a request that needs a missing type, after another attempt if one is due."""
        if self._clock() >= self._retry_at:
            self.retry()
        failure = self.compiled_schema.failure
        if failure is None:
            return SchemaUnavailable("The schema was not complete; it is now. Send the operation again.")
        return SchemaUnavailable(f"{NOT_BUILT} {failure}" if debug else NOT_BUILT)

    def retry(self) -> None:
        """Build the types again if a document of the app could not be read, and no other thread builds them."""
        if self._compiled is None or self._compiled.failure is None or not self._sources.asks_app:
            return
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not self._is_building and (before := self._compiled.failure) is not None:
                compiled = self._built()
                if repr(compiled.failure) != repr(before):  # else everything built from the types stays valid
                    self._compiled = compiled
        finally:
            self._lock.release()

    def _first(self) -> CompiledSchema:
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            return self._unfinished("The schema is being built.")
        try:
            if self._is_building:
                return self._unfinished("The schema is being built, and a document of the app requires it.")
            if self._compiled is None:
                self._compiled = self._built()
            return self._compiled
        finally:
            self._lock.release()

    def _unfinished(self, reason: str) -> CompiledSchema:
        return msgspec.structs.replace(self._sources.base, failure=ConfigError(reason))

    def _built(self) -> CompiledSchema:
        """Return the types of all sources, and log failures. The caller holds the lock."""
        self._is_building = True
        try:
            if self._early is not None and self._early[0] == self._routes.fingerprint():
                compiled = self._early[1]
            else:
                compiled = self._sources.build(self._routes)
        finally:
            self._is_building = False
        self._early = None
        if compiled.failure is None:
            self._sources.release()
        self._retry_at = self._clock() + RETRY_SECONDS
        self._log(compiled)
        return compiled

    def _log(self, compiled: CompiledSchema) -> None:
        """Log a failure once, and again if its reason changes; log when it is over."""
        failure = compiled.failure
        if failure is None:
            if self._logged:
                logger.warning("The schema is complete: what failed before has succeeded.")
            self._logged = ""
            self._log_skipped(compiled)
        elif repr(failure) != self._logged:
            self._logged = repr(failure)
            cause = None if isinstance(failure, ConfigError) else failure
            logger.error("The schema could not be built: %s", failure, exc_info=cause)

    def _log_skipped(self, compiled: CompiledSchema) -> None:
        for warning in compiled.warnings:
            logger.warning("%s", warning)
        for row in compiled.rows:
            if row.kind == "skipped":
                logger.debug("No field for %s: %s", f"{row.method} {row.path}".strip(), row.reason)
