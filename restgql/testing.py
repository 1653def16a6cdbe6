"""A gateway over scripted routes, to test queries without an app."""

import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Unpack

from graphql import GraphQLSchema

from restgql import cache as caching
from restgql import config as configuration
from restgql.config import Config, limits_of
from restgql.debug_log import DebugLog
from restgql.documents.selected_field import Variables
from restgql.errors import ConfigError
from restgql.formats import json
from restgql.formats.target import Site
from restgql.http import graphql
from restgql.meter import Meter
from restgql.model import GraphQLRequest, HttpRequest, HttpResponse
from restgql.options import Options
from restgql.pipeline import Pipeline
from restgql.plan import explain
from restgql.profile import profile_of
from restgql.schema import core, type_source
from restgql.schema.compile import compile
from restgql.upstream import Upstream
from restgql.upstream.client_context import ClientContext
from restgql.upstream.environ import DEADLINE
from restgql.upstream.routes import Route
from restgql.upstream.scripted import ScriptedAnswer, ScriptedDispatcher
from restgql.upstream.threads import Threads

ORIGIN = "http://localhost"

_OF_AN_APP = ("openapi", "upstreams", "operations")
"""The keys that would add fields or operations, and that Scripted has nothing to take from."""
_NO_APP = (
    "Scripted has no app, and so only the types of SDL. Print those of your app with "
    "`flask restgql schema --source --output types.graphql`, and write Scripted(routes, schema='types.graphql')."
)


class Scripted(ScriptedDispatcher):
    """Scripted routes behind a gateway of their own, which counts its `hits`.

    `routes` has the response of each path. Keyword arguments are `RESTGQL_*` keys in lower case; `schema` is relative
    to the current folder. Raises ConfigError, also for a key whose fields need an app, such as `openapi`.
    """

    def __init__(self, routes: Mapping[str, ScriptedAnswer], /, **arguments: Unpack[Options]) -> None:
        super().__init__(routes)
        self._config = configuration.load(arguments, {})
        for key in _OF_AN_APP:
            if getattr(self._config, key):
                raise ConfigError(f"{key}: {_NO_APP}")
        schema = _schema(self._config.unsafe_verbs) if self._config.schema is None else _typed(self._config)
        profile = profile_of(self._config, debug=True)
        self.cache = caching.create_cache(self._config, Path())
        self._debug_log = DebugLog()
        self._pipeline = Pipeline(schema, self._config, [_route(p) for p in self.paths], profile=profile)

    def execute(self, query: str, variables: Variables | None = None) -> dict[str, Any]:
        """Run a GraphQL operation, and return its response map: `data`, and `errors` if there are any."""
        return _decoded(self._answer(query, variables, accept="application/json").body)

    def payloads(self, query: str, variables: Variables | None = None) -> Iterator[dict[str, Any]]:
        """Yield the payloads of an operation with @defer or @stream, each as soon as it is ready."""
        answer = self._answer(query, variables, accept="text/event-stream, application/json;q=0.9")
        if isinstance(answer.body, bytes | list):  # a refusal, or an operation without the directives
            yield _decoded(answer.body)
            return
        try:
            for event in answer.body:
                if data := event.partition(b"data: ")[2]:
                    yield _decoded(data)
        finally:
            answer.body.close()  # type: ignore[attr-defined]

    def explain(self, query: str, variables: Variables | None = None, *, in_parts: bool = False) -> str:
        """Return the tree of an operation's sub-requests without making them; with `in_parts`, those of `payloads`.

        Raises the error that rejects the operation.
        """
        params = GraphQLRequest(query=query, variables=dict(variables or {}))
        operation = self._pipeline.read(params)
        plan = self._pipeline.plan(operation, incremental=in_parts)
        return explain.tree(plan, operation, self._pipeline.context())

    def _answer(self, query: str, variables: Variables | None, *, accept: str) -> HttpResponse:
        body = json.encode({"query": query, "variables": variables})
        request = HttpRequest(method="POST", content_type="application/json", accept=accept, body=body)
        return graphql.answer(self._pipeline, request, self._connect)

    def _connect(self, *, stored: bool = False) -> Upstream:
        deadline = time.monotonic() + self._config.deadline
        upstream = Upstream(
            dispatch=self,
            client=ClientContext(Site(origins=frozenset({ORIGIN})), ORIGIN.replace("http", "https"), ""),
            meter=Meter(limits_of(self._config, stored=stored), deadline),
            nested=False,
            threads=Threads.SERVER if self._config.sequential else Threads.MANY,
            environ={DEADLINE: deadline, "HTTP_X_REQUEST_ID": "scripted"},
            debug_log=self._debug_log,
        )
        return upstream if self.cache is None else self.cache.around(upstream, b"", lambda: self)


def _route(path: str) -> Route:
    return Route(path=path, endpoint=path, methods=("GET",), parameters=(), description=None)


@cache
def _schema(verbs: tuple[str, ...]) -> GraphQLSchema:
    return core.build(verbs=verbs)


def _typed(config: Config) -> GraphQLSchema:
    assert config.schema is not None
    base = core.build(verbs=config.unsafe_verbs)
    return compile(
        base, type_source.read_folder(Path(config.schema), "the current folder"), camel_case=config.camel_case
    )


def _decoded(text: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.value(b"".join(text) if isinstance(text, list) else text)
    return decoded
