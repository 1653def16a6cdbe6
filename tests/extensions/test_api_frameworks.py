"""Extensions that declare an API: their errors and documents are the app's, and the gateway's are its own."""

from typing import Any

import pytest
from flask import Flask

from tests.equality.client import Answer
from tests.extensions.apps import api_frameworks
from tests.extensions.extension_table import API_FRAMEWORKS, Extension
from tests.extensions.setting import SETTINGS, Client, Setting

settings = pytest.mark.parametrize("options", SETTINGS)
frameworks = pytest.mark.parametrize("extension", API_FRAMEWORKS, ids=lambda extension: extension.package)

OWN_ERRORS = (
    ("POST", "/graphql", "application/json", b"{"),
    ("POST", "/graphql", "text/plain", b"{}"),
    ("POST", "/graphql", "application/json", b'{"query": "{ nothing }"}'),
    ("POST", "/aggregate", "application/json", b'{"a": 1}'),
    ("PUT", "/graphql", "application/json", b"{}"),
    ("GET", "/graphql", "", None),
)


def alone(setting: Setting) -> Flask:
    app = Flask("app")
    with setting.gateway(app):
        pass
    return app


@frameworks
@settings
def test_the_gateways_own_errors_are_those_that_it_has_without_the_extension(
    make_setting: Any, options: dict[str, Any], extension: Extension
) -> None:
    beside, single = Client(extension.make(make_setting(**options))), Client(alone(make_setting(**options)))
    for method, path, content_type, body in OWN_ERRORS:
        fields = [("Content-Type", content_type)] if content_type else []
        answers = [client.ask(method, path, fields, body) for client in (beside, single)]
        assert readable(answers[0]) == readable(answers[1])


def readable(answer: Answer) -> tuple[int, Any, Any]:
    """Return status, Content-Type and body, and the status alone of a 405, whose body is the app's."""
    return (405, None, None) if answer.status == 405 else (answer.status, answer.header("Content-Type"), answer.body)


@frameworks
def test_the_gateway_is_not_in_the_document_of_the_extension(make_setting: Any, extension: Extension) -> None:
    """SpecTree lists each rule of the app in its mode "normal", and the routes that it validates in "strict"."""
    client = Client(extension.make(make_setting(order="first")))
    for path in extension.paths:
        if path.endswith(".json"):
            paths = client.fetch(path).json["paths"]
            assert "/pets/{number}" in paths
            assert ("/graphql" in paths) == (extension.package == "spectree")
    strict = Client(api_frameworks.by_spectree(make_setting(order="first"), mode="strict"))
    assert list(strict.get("/apidoc/openapi.json").json["paths"]) == ["/pets/{number}"]


@settings
def test_flask_smorest_a_mutation_has_its_precondition_in_a_header_of_its_field(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(api_frameworks.by_smorest(make_setting(**options)))
    etag, name, put = client.fetch("/pets/4").etag, {"name": "Fido"}, {"method": "PUT"}
    assert client.mutate("/pets/4", name, **put).status == client.send("/pets/4", name, **put).status == 428
    outer = [("If-Match", etag)]  # on the request to the gateway it is a condition on its own response
    assert client.mutate("/pets/4", name, outer, **put).status == 428
    assert client.mutate("/pets/4", name, own=[("If-Match", '"another"')], **put).status == 412
    assert client.mutate("/pets/4", name, own=[("If-Match", etag)], **put).status == 200
    assert client.get_values(["/pets/4"]) == [{"id": 4, "name": "Fido"}]
    assert client.fetch("/pets/4", own=[("If-None-Match", etag)]).status == 200
    assert client.fetch("/pets/5", own=[("If-None-Match", client.fetch("/pets/5").etag)]).status == 304


@pytest.mark.parametrize(
    ("package", "status"),
    [
        ("flask-restful", 400),
        ("flask-restx", 400),
        ("flask-smorest", 422),
        ("apiflask", 422),
        ("flask-openapi3", 422),
        ("flasgger", 400),
        ("spectree", 422),
    ],
)
@settings
def test_what_a_framework_finds_wrong_in_a_body_is_in_the_answer_of_the_mutation(
    make_setting: Any, options: dict[str, Any], package: str, status: int
) -> None:
    (extension,) = [extension for extension in API_FRAMEWORKS if extension.package == package]
    client = Client(extension.make(make_setting(**options)))
    through = client.mutate("/pets/4", {"age": 3})
    assert (through.status, through.error) == (status, None)
    assert "name" in through.text
