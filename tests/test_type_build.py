"""The types of a gateway are built once; a failure is kept, and costs nothing but the types that failed."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import graphene
import pytest
from flask import Flask, abort

import restgql
from restgql import Gateway
from restgql.errors import ConfigError
from restgql.type_build import NOT_BUILT, RETRY_SECONDS, TypeBuild

PERSON = {"type": "object", "properties": {"name": {"type": "string"}}}
ANSWER = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": PERSON}}}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "paths": {"/person": {"get": {"operationId": "person", **ANSWER}}},
}


class Site:
    """An app whose document is readable while it `is_open`; `asked` counts the requests for it."""

    def __init__(self, **settings: Any) -> None:
        self.asked = 0
        self.is_open = False
        self.app = Flask(__name__)
        self.app.add_url_rule("/person", "person", lambda: {"name": "Ada"})
        self.app.add_url_rule("/openapi.json", "document", self._document)
        Gateway(self.app, **{"openapi": "/openapi.json", "profile": "open", "sequential": False, **settings})
        self.client = self.app.test_client()

    def _document(self) -> Any:
        self.asked += 1
        return DOCUMENT if self.is_open else abort(401)

    def ask(self, query: str) -> Any:
        return self.client.post("/graphql", json={"query": query})


def test_a_document_behind_a_login_costs_the_untyped_half_nothing(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    for _ in range(2):
        assert site.ask('{ get(path: "/person") }').json == {"data": {"get": {"name": "Ada"}}}
        assert site.client.post("/aggregate", json=["/person"]).json == {"/person": {"name": "Ada"}}
        for query in ("{ person { name } }", "{ __schema { queryType { name } } }", '{ __type(name: "A") { name } }'):
            answer = site.ask(query)
            assert (answer.status_code, answer.mimetype) == (503, "application/json")
            assert answer.headers["Retry-After"]
            assert answer.json == {
                "errors": [{"message": NOT_BUILT, "extensions": {"code": "SCHEMA_UNAVAILABLE"}}],
            }
    assert site.asked == 1
    errors = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["The schema could not be built: openapi = '/openapi.json': the app answers 401 UNAUTHORIZED."]
    ready = site.client.get("/graphql/health?ready")
    assert (ready.status_code, ready.json["output"]) == (503, NOT_BUILT)
    assert site.client.get("/graphql/health").json == {"status": "pass"}


@pytest.mark.parametrize(
    "openapi", ["auto", "/missing.json", lambda: 1 / 0, lambda: {"openapi": "9"}, lambda: "missing.json"]
)
def test_no_failure_of_a_document_is_a_500(openapi: Any) -> None:
    site = Site(openapi=openapi)
    assert site.ask('{ get(path: "/person") }').status_code == 200
    assert site.ask("{ person { name } }").status_code == 503


def test_in_debug_the_reason_is_in_the_answer() -> None:
    site = Site()
    site.app.debug = True
    assert "the app answers 401" in site.ask("{ person { name } }").json["errors"][0]["message"]


def test_a_probe_of_readiness_reads_the_document_again(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    assert site.ask("{ person { name } }").status_code == 503
    site.is_open = True
    assert site.ask("{ person { name } }").status_code == 503, "an attempt is not due yet"
    assert site.client.get("/graphql/health?ready").json == {"status": "pass"}
    assert site.ask("{ person { name } }").json == {"data": {"person": {"name": "Ada"}}}
    assert site.ask("{ __schema { queryType { name } } }").status_code == 200
    assert "The schema is complete: what failed before has succeeded." in caplog.messages


def test_a_request_that_needs_the_types_reads_the_document_again_once_that_is_due() -> None:
    now, site = [0.0], Site()
    state = site.app.extensions["restgql"]["restgql"]
    build = TypeBuild(state.sources, state.routes, clock=lambda: now[0])
    assert build.failure == NOT_BUILT
    site.is_open = True
    build.missing(debug=False)
    assert (build.failure, site.asked) == (NOT_BUILT, 1)
    now[0] = RETRY_SECONDS
    assert "Send the operation again" in build.missing(debug=False).message
    assert (build.failure, site.asked) == (None, 2)


def test_concurrent_first_requests_build_once() -> None:
    site = Site()
    site.is_open = True
    begin = threading.Barrier(4)
    answers: list[Any] = []

    def ask() -> None:
        begin.wait()
        answers.append(site.app.test_client().post("/graphql", json={"query": "{ person { name } }"}).json)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"data": {"person": {"name": "Ada"}}}] * 4
    assert site.asked == 1


def test_a_document_whose_view_asks_the_gateway_gets_the_untyped_half() -> None:
    app = Flask(__name__)
    app.add_url_rule("/person", "person", lambda: {"name": "Ada"})
    seen = []

    def document() -> Any:
        seen.append(gateway.execute('{ get(path: "/person") }'))
        return DOCUMENT

    app.add_url_rule("/openapi.json", "document", document)
    gateway = Gateway(app, openapi="/openapi.json")
    assert gateway.execute("{ person { name } }") == {"data": {"person": {"name": "Ada"}}}
    assert seen == [{"data": {"get": {"name": "Ada"}}}]


BROKEN: dict[str, Callable[[Path], dict[str, Any]]] = {
    "type Query { a: Nope": lambda folder: {"schema": "broken.graphql"},
    "[]": lambda folder: {"openapi_names": "names.json"},
    '{"GET /person": "no name"}': lambda folder: {"openapi_names": "names.json", "openapi": DOCUMENT},
    "": lambda folder: {"openapi": "missing.json"},
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_does_not_depend_on_routes_is_checked_at_the_start(tmp_path: Path, text: str) -> None:
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/person", "person", lambda: {"name": "Ada"})
    for name in ("broken.graphql", "names.json"):
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError):
        Gateway(app, **{"openapi": lambda: DOCUMENT, **BROKEN[text](tmp_path)})
    assert app.extensions.get("restgql", {}) == {}


def test_routes_that_are_added_and_hidden_after_the_gateway_count() -> None:
    app = Flask(__name__)
    app.add_url_rule("/person", "person", lambda: {"name": "Ada"})
    paths = {**DOCUMENT["paths"], "/late": {"get": {"operationId": "late", **ANSWER}}}  # type: ignore[dict-item]
    gateway = Gateway(app, openapi={**DOCUMENT, "paths": paths})
    app.add_url_rule("/late", "late", lambda: {"name": "Eve"})
    app.view_functions["person"] = restgql.hide(app.view_functions["person"])
    assert gateway.execute("{ late { name } }") == {"data": {"late": {"name": "Eve"}}}
    assert "errors" in gateway.execute("{ person { name } }")
    assert gateway.execute('{ get(path: "/person") }')["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"


def test_a_clash_costs_the_later_source_alone() -> None:
    class Query(graphene.ObjectType):
        own = graphene.Field(type("Animal", (graphene.ObjectType,), {"name": graphene.String()}))

    app = Flask(__name__)
    app.add_url_rule("/person", "person", lambda: {"name": "Ada"})
    app.add_url_rule("/animal", "animal", lambda: {"name": "Rex"})
    app.view_functions["animal"].__annotations__["return"] = TypedDict("Animal", {"name": str})
    gateway = Gateway(app, query=Query, openapi=DOCUMENT, annotations=True)
    assert gateway.execute("{ person { name } own { name } }") == {"data": {"person": {"name": "Ada"}, "own": None}}
    assert gateway.execute("{ animal { name } }")["errors"][0]["extensions"]["code"] == "SCHEMA_UNAVAILABLE"


def test_one_document_that_fails_costs_the_others_nothing() -> None:
    site = Site(openapi=[DOCUMENT, "/openapi.json"])
    assert site.ask("{ person { name } }").json == {"data": {"person": {"name": "Ada"}}}
    assert site.ask("{ other }").status_code == 503
