"""Files from clients of every kind: Apollo's upload link, urql, gql, and the curl commands of the specification."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from gql import Client, FileVar, GraphQLRequest
from gql.transport.requests import RequestsHTTPTransport

from restgql import Gateway

SDL = """
type Query { photos: JSON @get(path: "/photos") }
input PhotoInput { title: String, photo: Upload!, more: [Upload!] }
type Mutation {
  addPhoto(input: PhotoInput!): JSON @post(path: "/photos", body: "input", encoding: MULTIPART)
  singleUpload(file: Upload!): Uploaded @post(path: "/photos", encoding: MULTIPART)
  multipleUpload(files: [Upload!]!): Uploaded @post(path: "/photos", encoding: MULTIPART)
}
type Uploaded { id: ID }
"""


@pytest.fixture
def url(tmp_path: Path, serve: Callable[[Any], str]) -> str:
    """Where the endpoint of an app is that says what it was sent."""
    app = Flask(__name__)

    @app.route("/photos", methods=["GET", "POST", "PUT"])
    def photos() -> Any:
        files = [
            [name, file.filename, file.content_type, file.read().decode()]
            for name, file in request.files.items(multi=True)
        ]
        return jsonify(id=len(files), form=request.form, files=files)

    (tmp_path / "schema.graphql").write_text(SDL)
    Gateway(app, schema=str(tmp_path / "schema.graphql"), verbs=["GET", "POST", "PUT"], routes=["*"], profile="open")
    return f"{serve(app)}/graphql"


SEA, SKY = ['Größe "1".jpg', "image/jpeg", "sea"], ["sky.png", "image/png", "sky"]
ANSWERS = [
    {"post": {"status": 200, "json": {"id": 1, "form": {"title": "Größe"}, "files": [["photo", *SEA]]}}},
    {
        "post": {"json": {"id": 2, "form": {}, "files": [["a", *SKY], ["b", *SEA]]}},
        "put": {"json": {"id": 1, "form": {}, "files": [["again", *SEA]]}},
    },
    {
        "addPhoto": {
            "id": 3,
            "form": {"title": "Sea"},
            "files": [["photo", *SEA], ["more", *SKY], ["more", *SKY]],
        }
    },
]


@pytest.mark.parametrize("client", ["apollo", "urql"])
def test_a_client_in_javascript(node_clients: Path, url: str, client: str) -> None:
    command = ["node", "upload.mjs", url, client]
    done = subprocess.run(command, cwd=node_clients, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line) for line in done.stdout.splitlines()] == ANSWERS


def test_gql_in_python(url: str, tmp_path: Path) -> None:
    transport = RequestsHTTPTransport(url, headers={"GraphQL-Preflight": "1"}, timeout=10)
    file = tmp_path / "sky.png"
    file.write_bytes(b"sky")
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        document = "mutation ($input: PhotoInput!) { addPhoto(input: $input) }"
        more = [FileVar(str(file), content_type="image/png")]
        given = {"title": "Sky", "photo": FileVar(str(file), content_type="image/png"), "more": more}
        request = GraphQLRequest(document, variable_values={"input": given})
        found = session.execute(request, upload_files=True)
    assert found["addPhoto"]["files"] == [["photo", *SKY], ["more", *SKY]]


# As the specification has them (version 2, "cURL request"), with the header that it leaves to the server.


def curl(url: str, folder: Path, *parts: str) -> Any:
    (folder / "a.txt").write_text("Alpha file content.\n")
    (folder / "b.txt").write_text("Bravo file content.\n")
    (folder / "c.txt").write_text("Charlie file content.\n")
    command = ["curl", "-sS", url, "-H", "GraphQL-Preflight: 1", *(word for part in parts for word in ("-F", part))]
    return json.loads(subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout)


def test_curl_with_a_single_file(url: str, tmp_path: Path) -> None:
    found = curl(
        url,
        tmp_path,
        'operations={ "query": "mutation ($file: Upload!) { singleUpload(file: $file) { id } }", '
        '"variables": { "file": null } }',
        'map={ "0": ["variables.file"] }',
        "0=@a.txt",
    )
    assert found == {"data": {"singleUpload": {"id": "1"}}}


def test_curl_with_a_list_of_files(url: str, tmp_path: Path) -> None:
    found = curl(
        url,
        tmp_path,
        'operations={ "query": "mutation($files: [Upload!]!) { multipleUpload(files: $files) { id } }", '
        '"variables": { "files": [null, null] } }',
        'map={ "0": ["variables.files.0"], "1": ["variables.files.1"] }',
        "0=@b.txt",
        "1=@c.txt",
    )
    assert found == {"data": {"multipleUpload": {"id": "2"}}}


def test_curl_with_a_batch_is_refused(url: str, tmp_path: Path) -> None:
    found = curl(
        url,
        tmp_path,
        'operations=[{ "query": "mutation ($file: Upload!) { singleUpload(file: $file) { id } }", '
        '"variables": { "file": null } }, { "query": "mutation($files: [Upload!]!) '
        '{ multipleUpload(files: $files) { id } }", "variables": { "files": [null, null] } }]',
        'map={ "0": ["0.variables.file"], "1": ["1.variables.files.0"], "2": ["1.variables.files.1"] }',
        "0=@a.txt",
        "1=@b.txt",
        "2=@c.txt",
    )
    assert found["errors"][0]["message"].startswith("operations is an array")
