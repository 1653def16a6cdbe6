"""Clients that name their documents by an id: Apollo's automatic persisted queries, and manifests of build tools."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from restgql import Gateway
from tests.clients.blog import Blog
from tests.clients.workshop import Workshop

Serve = Callable[[Any], str]
DOCUMENT = '{ a: get(path: "/a") }'
PERSISTED = """
export default {
  schema: 'schema.graphql',
  documents: 'reader.ts',
  generates: { './persisted/': { preset: 'client', presetConfig: { persistedDocuments: true } } },
};
"""


def shop(asked: list[str], **settings: Any) -> Flask:
    """An app that is not in debug; `asked` gets a word for each request to its gateway."""
    app = Flask(__name__)
    app.add_url_rule("/a", "a", lambda: {"a": 1})

    @app.before_request
    def note() -> None:
        if request.path == "/graphql":
            body = request.get_json() if request.method == "POST" else request.args
            asked.append(f"{request.method} {'text' if body.get('query') else 'id'}")

    Gateway(app, routes=["*"], **settings)
    return app


def apollo(clients: Path, url: str, *documents: str) -> list[Any]:
    return run(clients, "apollo_persisted.mjs", f"{url}/graphql", *documents)


def urql(clients: Path, url: str, *documents: str, **options: dict[str, bool]) -> list[Any]:
    return run(clients, "urql_persisted.mjs", f"{url}/graphql", json.dumps(options), *documents)


def run(clients: Path, *script: str) -> list[Any]:
    command = ["node", *script]
    done = subprocess.run(command, cwd=clients, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_apollo_registers_a_document_once_and_then_asks_by_get(node_clients: Path, serve: Serve) -> None:
    asked: list[str] = []
    found = apollo(node_clients, serve(shop(asked)), DOCUMENT, DOCUMENT)
    assert found == [{"data": {"a": {"a": 1}}, "error": None}] * 2
    assert asked == ["GET id", "POST text", "GET id"]


def test_apollo_sends_the_text_where_registration_is_closed(node_clients: Path, serve: Serve) -> None:
    asked: list[str] = []
    found = apollo(node_clients, serve(shop(asked, apq=False)), DOCUMENT, DOCUMENT)
    assert found == [{"data": {"a": {"a": 1}}, "error": None}] * 2
    assert asked == ["GET id", "POST text", "POST text"]


@pytest.mark.parametrize("profile", ["open", "hardened"])
def test_urql_registers_a_document_by_get(node_clients: Path, serve: Serve, profile: str) -> None:
    asked: list[str] = []
    found = urql(node_clients, serve(shop(asked, profile=profile)), DOCUMENT, DOCUMENT)
    assert found == [{"data": {"a": {"a": 1}}, "error": None}] * 2
    assert asked == ["GET id", "GET text", "GET id"]


def test_urql_sends_the_text_by_post_where_registration_is_closed(node_clients: Path, serve: Serve) -> None:
    asked: list[str] = []
    url = serve(shop(asked, apq=False))
    by_post = {"client": {"preferGetMethod": False}, "exchange": {"preferGetForPersistedQueries": False}}
    found = urql(node_clients, url, DOCUMENT, DOCUMENT, **by_post)
    assert found == [{"data": {"a": {"a": 1}}, "error": None}] * 2
    assert asked == ["POST id", "POST text", "POST text"]


def manifest_of(workshop: Workshop, tool: str) -> dict[str, str]:
    """What a build writes down of the documents of reader.ts or thread.js."""
    if tool == "graphql-codegen":
        workshop.bring("reader.ts")
        (workshop.folder / "persisted.config.mjs").write_text(PERSISTED)
        ran = workshop.run("graphql-codegen", "--config", "persisted.config.mjs")
        written = workshop.folder / "persisted" / "persisted-documents.json"
    else:
        workshop.bring("thread.js")
        (workshop.folder / "compiled").mkdir()
        config = {"src": ".", "schema": "schema.graphql", "language": "javascript", "artifactDirectory": "compiled"}
        config |= {"persistConfig": {"file": "persisted.json"}}
        (workshop.folder / "persist.config.json").write_text(json.dumps(config))
        (workshop.folder / "persisted.json").write_text("{}")
        ran = workshop.run("relay-compiler", "--output", "quiet-with-errors", "persist.config.json")
        written = workshop.folder / "persisted.json"
    assert ran.code == 0, ran.out
    found: dict[str, str] = json.loads(written.read_text())
    return found


@pytest.mark.parametrize("tool", ["graphql-codegen", "relay-compiler"])
def test_a_gateway_runs_the_documents_of_a_build_and_no_others(workshop: Workshop, tool: str, tmp_path: Path) -> None:
    manifest = manifest_of(workshop, tool)
    assert manifest
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    client = Blog(persisted_documents=str(tmp_path / "manifest.json"), operations_only=True).app.test_client()
    for identifier, text in manifest.items():
        for body in ({"documentId": identifier}, {"query": text}):
            answer = client.post("/graphql", json={**body, "variables": {}}).json
            codes = [error["extensions"]["code"] for error in (answer or {}).get("errors", [])]
            assert not {"NOT_ALLOWED", "PERSISTED_QUERY_NOT_FOUND"} & set(codes), answer
    refused = client.post("/graphql", json={"query": "{ __typename }"}).json
    assert refused is not None
    assert refused["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
