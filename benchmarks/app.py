"""The back end behind the gateway: `app` as it is by default, `own_thread` with `RESTGQL_HOOKS = False`."""

from pathlib import Path
from typing import Any

from flask import Flask

from benchmarks import backend
from restgql import Gateway

# W6 makes 500 sub-requests in one operation, and reads 10,000 items; in W4 160 requests wait at the same time
LIMITS = {
    "threads": 64,
    "max_subrequests": 500,
    "max_aliases": 500,
    "max_fields": 5_000,
    "max_tokens": 20_000,
    "max_reply": 10_000_000,
}
SCHEMA = str(Path(__file__).parent / "blog.graphql")


def create_app(**options: Any) -> Flask:
    app = backend.create_app()
    Gateway(app, routes=["*"], **options)
    return app


def create_peer(**options: Any) -> Flask:
    """Return the app as it is measured beside the peers: with typed fields, and the limits that W6 needs."""
    return create_app(schema=SCHEMA, **LIMITS, **options)


app = create_peer()
own_thread = create_peer(hooks=False)
