"""A cache over one scripted route: who asks, how often the route was hit, and where each answer came from."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from restgql.cache.cache import Cache
from restgql.cache.memory import Memory
from restgql.cache.store import Store
from restgql.formats import target
from restgql.formats.target import Site
from restgql.model import SubRequest
from restgql.sub_response import SubResponse
from restgql.upstream import Upstream
from restgql.upstream.client_context import ClientContext
from restgql.upstream.environ import DEADLINE
from restgql.upstream.scripted import ScriptedDispatcher
from tests.metering import meter

PATH = "/it"
SECONDS = 2.0
Fields = Mapping[str, str]


class Asking:
    """Answers come from `answers`, one a hit, the last one again and again; each is as of ScriptedDispatcher."""

    def __init__(self, *answers: Any, store: Store | None = None, **options: Any) -> None:
        self._answers: Iterator[Any] = iter(answers)
        self._last: Any = None
        self.script = ScriptedDispatcher({PATH: self._next, "/other": self._next})
        self.store = store or Memory(entries=1_000, size=1_000_000)
        settings = {"max_body": 10_000, "seconds": SECONDS, **options}
        self.cache = Cache(self.store, **settings)

    def _next(self, request: SubRequest) -> Any:
        self._last = next(self._answers, self._last)
        return self._last(request) if callable(self._last) else self._last

    @property
    def hits(self) -> int:
        return len(self.script.hits)

    def ask(
        self,
        caller: Fields | None = None,
        path: str = PATH,
        *,
        environ: Mapping[str, Any] | None = None,
        again: Callable[[], Any] | None = None,
        nested: bool = False,
        salt: bytes = b"",
        **request: Any,
    ) -> SubResponse:
        """The reply to a sub-request in an operation of its own."""
        until = time.monotonic() + SECONDS
        fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (caller or {}).items()}
        upstream = Upstream(
            dispatch=self.script,
            client=ClientContext(Site(origins=frozenset({"http://localhost"})), "https://localhost", ""),
            meter=meter(until),
            nested=nested,
            environ={"wsgi.url_scheme": "http", "HTTP_HOST": "localhost", DEADLINE: until, **fields, **(environ or {})},
        )
        upstream = self.cache.around(upstream, salt, again)
        return upstream.dispatch(SubRequest(target=target.parse(path), **request))

    def sources(self, *callers: Fields) -> list[str]:
        """Where the answers to callers came from, one after the other."""
        return [self.ask(caller).source for caller in callers]


def ok(cache_control: str = "", status: int = 200, **fields: str) -> tuple[int, Any, dict[str, str]]:
    """An answer, its header fields as keyword arguments."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return status, {"status": status}, named | ({"Cache-Control": cache_control} if cache_control else {})


def nothing_new(cache_control: str = "", **fields: str) -> tuple[int, Any, dict[str, str]]:
    """304, as a route answers a conditional request."""
    status, _, named = ok(cache_control, 304, **fields)
    return status, None, named
