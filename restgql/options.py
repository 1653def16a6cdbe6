"""The keyword arguments of `Gateway`, for editors and type checkers: one for each field of `Config`, of the same type.

A test compares the two.
"""

from typing import Any, Literal, TypedDict

from restgql.config import Verb


class Options(TypedDict, total=False):
    """The option `x` overrides the key `RESTGQL_X` of `app.config`. Sizes are bytes, times are seconds."""

    graphql_path: str | None
    aggregate_path: str | None
    url_prefix: str | None

    profile: Literal["open", "hardened"] | None
    routes: list[str] | None
    untyped: bool
    verbs: list[Verb]
    accept: str
    subrequest_headers: list[str]
    upstreams: dict[str, Any]
    upstream_headers: list[str]

    schema: str | None
    openapi: Any
    openapi_names: str | None
    annotations: bool
    joins: list[str]
    camel_case: bool

    introspection: bool | None
    suggestions: bool | None
    routes_field: bool | None
    get: Literal["any", "persisted", "stored", "off"] | None

    operations: str | None
    persisted_documents: str | list[str] | None
    apq: bool
    apq_entries: int
    apq_bytes: int
    operations_only: Literal["log"] | bool

    graphiql: bool | None
    graphiql_query: str
    graphiql_title: str

    timings: bool | str | None

    cache: str | None
    cache_entries: int
    cache_bytes: int
    cache_identity: list[str]

    max_body: int
    max_batch: int
    max_upload: int
    max_files: int
    max_document: int
    max_tokens: int
    max_depth: int
    max_aliases: int
    max_directives: int
    max_fields: int
    max_subrequests: int
    max_typed_subrequests: int
    max_reply: int
    max_replies: int
    max_nodes: int
    max_values: int
    max_elements: int
    max_expansion: int
    max_output: int

    deadline: float
    subrequest_timeout: float
    in_flight: int
    threads: int
    max_waiting: int
    hooks: bool
    sequential: Literal["server"] | bool | None
    single_flight: bool
    verify: bool
