"""RESTGQL_VERIFY: each safe sub-request is made by the fast path and by the full path, and compared.

For tests, because views and hooks run more than once.
"""

import contextvars
import io
from typing import Any

from restgql.model import SAFE_METHODS
from restgql.upstream.fast_path.match_cache import MATCH_CACHE, MATCHED
from restgql.upstream.wsgi import Exchange, Exchanged

_CHANGES = frozenset({"date", "expires", "last-modified", "etag"})
"""The header fields that may differ between two direct requests."""


class ResponsesDiffer(AssertionError):
    """The fast path returned another response than the full path."""


def verifying(fast: Exchange, full: Exchange) -> Exchange:
    """Return an exchange that takes both paths.

    It raises ResponsesDiffer if their responses differ, unless two responses by the full path differ as well.
    """

    def exchange(environ: dict[str, Any], limit: int) -> Exchanged:
        if environ["REQUEST_METHOD"] not in SAFE_METHODS or not (MATCHED in environ or MATCH_CACHE in environ):
            return fast(environ, limit)
        body = environ["wsgi.input"].read()

        def run(path: Exchange, omitted: frozenset[str]) -> Exchanged:
            own = {key: value for key, value in environ.items() if key not in omitted}
            own["wsgi.input"] = io.BytesIO(body)
            return contextvars.copy_context().run(path, own, limit)

        exchanged = run(fast, frozenset())
        expected = run(full, frozenset({MATCHED, MATCH_CACHE}))
        if _compared(exchanged) != _compared(expected):
            repeated = run(full, frozenset({MATCHED, MATCH_CACHE}))
            if _compared(repeated) == _compared(expected):
                raise ResponsesDiffer(
                    f"{environ['PATH_INFO']}: {_compared(exchanged)} by the fast path, {_compared(expected)}"
                )
        return exchanged

    return exchange


def _compared(exchanged: Exchanged) -> tuple[object, ...]:
    status, (fields, cookies, _), body = exchanged
    kept = sorted(field for field in fields if field[0].lower() not in _CHANGES)
    return status, kept, sorted(cookie.partition("=")[0] for cookie in cookies), body
