"""The error for a key that the configuration does not have: it names the key that was probably meant."""

import difflib

_TASKS = {
    "allow": "routes",
    "batch": "max_batch",
    "batching": "max_batch",
    "blocklist": "routes",
    "cache_url": "cache",
    "complexity": "max_nodes",
    "concurrency": "in_flight",
    "debug": "profile",
    "deny": "routes",
    "depth_limit": "max_depth",
    "endpoint": "graphql_path",
    "env": "profile",
    "exclude": "routes",
    "headers": "subrequest_headers",
    "include": "routes",
    "max_complexity": "max_nodes",
    "methods": "verbs",
    "mode": "profile",
    "mutations": "verbs",
    "path": "graphql_path",
    "playground": "graphiql",
    "prefix": "url_prefix",
    "redis": "cache",
    "redis_url": "cache",
    "sdl": "schema",
    "spec": "openapi",
    "swagger": "openapi",
    "timeout": "subrequest_timeout",
    "types": "schema",
    "url": "graphql_path",
    "whitelist": "routes",
    "workers": "threads",
}
"""The keys by words that other libraries use for the same task."""
_ELSEWHERE = {
    "cache_ttl": "The Cache-Control of a route sets how long its response is stored.",
    "cors": "Flask-CORS on the app adds the header fields.",
    "enabled": "To turn an endpoint off, set RESTGQL_GRAPHQL_PATH or RESTGQL_AGGREGATE_PATH to None.",
    "log_level": 'Set it by logging.getLogger("restgql").setLevel(…).',
    "logging": 'Set it by logging.getLogger("restgql").setLevel(…).',
    "middleware": "Add middleware to app.wsgi_app.",
    "name": 'Pass it as an argument: Gateway(app, name="…").',
    "subscriptions": "A gateway runs queries and mutations.",
}
"""The cures for tasks that no key has."""


def unknown_key(key: str, prefix: str, fields: tuple[str, ...]) -> str:
    """Return the message for an unknown `key`, an argument or, with `prefix`, a key of `app.config`."""
    is_argument = not key.startswith(prefix) or key.removeprefix(prefix).lower() in fields
    bare = key.removeprefix(prefix).lower()
    message = f"{key} is no key of restgql"
    if bare in _ELSEWHERE:
        return f"{message}. {_ELSEWHERE[bare]}"
    near = difflib.get_close_matches(bare, fields, n=1)
    field = _TASKS.get(bare) or next(iter(near), None)
    if field is None:
        return f"{message}. The page Configuration of the documentation lists the keys."
    return f"{message}; did you mean {field if is_argument else prefix + field.upper()}?"
