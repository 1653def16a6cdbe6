"""Arguments of the type Upload in typed fields: where they may stand, and what the route gets."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from werkzeug.datastructures import FileStorage

from restgql import Gateway
from restgql.schema.type_source import SchemaError

PREFLIGHT = {"GraphQL-Preflight": "1"}


def app_of(**settings: Any) -> Flask:
    app = Flask(__name__)

    @app.route("/photos", methods=["GET", "POST", "PUT"])
    @app.route("/photos/<id>", methods=["GET", "POST", "PUT"])
    def photos(id: str = "") -> Any:
        files = [
            [name, file.filename, file.content_type, file.read().decode()]
            for name, file in request.files.items(multi=True)
        ]
        form = [list(pair) for pair in request.form.items(multi=True)]
        raw = "" if files or form else request.get_data().decode()
        return jsonify(id=id, type=request.mimetype, form=form, files=files, raw=raw)

    Gateway(app, routes=["*"], **settings)
    return app


def typed(folder: Path, sdl: str) -> Flask:
    (folder / "schema.graphql").write_text(sdl)
    return app_of(schema=str(folder / "schema.graphql"))


def sent(app: Flask, query: str, variables: Any, **paths: str) -> Any:
    """The answer to an operation whose variables have a file each at these paths."""
    data: dict[str, Any] = {
        "operations": json.dumps({"query": query, "variables": variables}),
        "map": json.dumps({name: [path] for name, path in paths.items()}),
    }
    data |= {name: FileStorage(io.BytesIO(name.encode()), f"{name}.txt", content_type="text/x-a") for name in paths}
    return app.test_client().post("/graphql", data=data, content_type="multipart/form-data", headers=PREFLIGHT).json


SDL = """
type Query { photo(id: ID!): JSON @get(path: "/photos/{id}") }
input PhotoInput { title: String, photo: Upload!, more: [Upload!] }
type Mutation {
  one(id: ID!, title: String, photo: Upload!): JSON @post(path: "/photos/{id}", encoding: MULTIPART)
  many(photos: [Upload!]!): JSON @post(path: "/photos", encoding: MULTIPART)
  within(input: PhotoInput!): JSON @put(path: "/photos", body: "input", encoding: MULTIPART)
  made(photo: Upload, title: String): JSON @post(path: "/photos", body: "{a: title, b: photo}", encoding: MULTIPART)
  whole(id: ID!, file: Upload!): JSON @put(path: "/photos/{id}", body: "file")
}
"""


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return typed(tmp_path, SDL)


def file(name: str, part: str) -> list[str]:
    return [part, f"{name}.txt", "text/x-a", name]


MULTIPART = {"id": "", "type": "multipart/form-data", "form": [], "files": [], "raw": ""}


def test_an_argument_is_a_part_of_its_name(app: Flask) -> None:
    query = 'mutation ($p: Upload!) { one(id: 7, title: "Sea", photo: $p) }'
    expected = MULTIPART | {"id": "7", "form": [["title", "Sea"]], "files": [file("a", "photo")]}
    assert sent(app, query, {"p": None}, a="variables.p") == {"data": {"one": expected}}


def test_a_list_is_a_part_that_is_repeated(app: Flask) -> None:
    query = "mutation ($p: [Upload!]!) { many(photos: $p) }"
    expected = MULTIPART | {"files": [file("b", "photos"), file("a", "photos")]}
    found = sent(app, query, {"p": [None, None]}, a="variables.p.1", b="variables.p.0")
    assert found == {"data": {"many": expected}}


def test_a_file_within_an_input_object_is_a_part_of_its_propertys_name(app: Flask) -> None:
    query = "mutation ($i: PhotoInput!) { within(input: $i) }"
    variables = {"i": {"title": "Sea", "photo": None, "more": [None]}}
    expected = MULTIPART | {"form": [["title", "Sea"]], "files": [file("a", "photo"), file("b", "more")]}
    found = sent(app, query, variables, a="variables.i.photo", b="variables.i.more.0")
    assert found == {"data": {"within": expected}}


def test_body_names_the_parts(app: Flask) -> None:
    query = 'mutation ($p: Upload) { made(title: "Sea", photo: $p) }'
    expected = MULTIPART | {"form": [["a", "Sea"]], "files": [file("a", "b")]}
    assert sent(app, query, {"p": None}, a="variables.p") == {"data": {"made": expected}}
    left_out = sent(app, query, {"p": None})["data"]["made"]
    assert (left_out["form"], left_out["files"]) == ([["a", "Sea"]], [])


def test_a_file_that_body_names_alone_is_the_whole_body(app: Flask) -> None:
    query = "mutation ($p: Upload!) { whole(id: 7, file: $p) }"
    expected = {"id": "7", "type": "text/x-a", "form": [], "files": [], "raw": "a"}
    assert sent(app, query, {"p": None}, a="variables.p") == {"data": {"whole": expected}}


def test_a_null_where_a_file_must_be_is_a_validation_error(app: Flask) -> None:
    query = "mutation ($i: PhotoInput!) { within(input: $i) }"
    (error,) = sent(app, query, {"i": {"photo": None}})["errors"]
    assert "'i.photo'; Expected non-nullable type 'Upload!' not to be None" in error["message"]


WRONG = {
    'find(file: Upload): JSON @get(path: "/photos")': "@get: file is or holds an Upload, and a GET request has no body",
    'find(file: [PhotoInput!]): JSON @get(path: "/photos")': "@get: file is or holds an Upload, and a GET request",
    'add(file: Upload): JSON @post(path: "/photos")': "takes encoding: MULTIPART, not JSON.",
    'add(file: Deep): JSON @put(path: "/photos", encoding: FORM)': "@put: file is or holds an Upload, and takes encodi",
    'add(file: [Upload!]!): JSON @put(path: "/photos", body: "file")': "and takes encoding: MULTIPART, not JSON.",
    'add(file: Deep): JSON @put(path: "/photos", body: "file")': "and takes encoding: MULTIPART, not JSON.",
    'add(file: Upload): JSON @put(path: "/photos", body: "{a: file}")': "and takes encoding: MULTIPART, not JSON.",
    'add(id: Upload): JSON @put(path: "/photos/{id}", encoding: MULTIPART)': "which is only allowed in the body.",
    'add(id: Upload): JSON @put(path: "/photos", query: "{a: id}", encoding: MULTIPART)': "is only allowed in the",
    'add(id: Upload): JSON @put(path: "/", headers: [{name: "Prefer", value: "{id}"}])': "is only allowed in the",
    'add(id: ID): Upload @put(path: "/photos")': "is an Upload, which is for arguments.",
    'add(id: ID): [Upload] @put(path: "/photos")': "is an Upload, which is for arguments.",
}


@pytest.mark.parametrize("field", WRONG)
def test_an_upload_that_has_no_place_is_an_error_at_the_start(tmp_path: Path, field: str) -> None:
    root = "Query" if "@get" in field else "Mutation"
    sdl = f"""
input PhotoInput {{ photo: Upload }}
input Deep {{ deep: Deep, input: PhotoInput, other: Int }}
type {root} {{
  {field}
}}
"""
    with pytest.raises(SchemaError) as caught:
        typed(tmp_path, sdl)
    (error,) = caught.value.errors
    assert error.startswith(f"{tmp_path}/schema.graphql:5: {root}.{field.partition('(')[0]} ")
    assert WRONG[field] in error


def openapi(version: str, body: Any) -> dict[str, Any]:
    post = {"operationId": "addPhoto", "responses": {"200": {"description": "", **body.pop("ok", {})}}, **body}
    key = "swagger" if version == "2.0" else "openapi"
    return {key: version, "info": {"title": "", "version": ""}, "paths": {"/photos": {"post": post}}}


def content(media_type: str, schema: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def form(photo: Any) -> Any:
    properties = {"title": {"type": "string"}, "photo": photo, "more": {"type": "array", "items": photo}}
    return content("multipart/form-data", {"type": "object", "properties": properties, "required": ["photo"]})


def test_a_text_with_a_media_type_is_a_text() -> None:
    for schema in (
        {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"},
        {"type": "string", "contentMediaType": "application/json"},
        {"type": "string", "contentMediaType": "text/html; charset=utf-8"},
    ):
        app = app_of(openapi=openapi("3.1.0", form(schema)))
        found = sent(app, 'mutation { addPhoto(input: {title: "Sea", photo: "x"}) }', {})
        assert found["data"]["addPhoto"]["form"] == [["title", "Sea"], ["photo", "x"]]


FORMS: dict[str, Any] = {
    "3.0": ("3.0.3", form({"type": "string", "format": "binary"})),
    "3.1": ("3.1.0", form({"type": "string", "contentMediaType": "image/png"})),
    "3.1 without a type": ("3.1.0", form({"contentMediaType": "application/octet-stream"})),
    "3.1 as 3.0": ("3.1.0", form({"type": "string", "format": "binary"})),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_files_of_an_openapi_document(name: str) -> None:
    version, body = FORMS[name]
    app = app_of(openapi=openapi(version, dict(body)))
    query = "mutation ($i: AddPhotoForm!) { addPhoto(input: $i) }"
    variables = {"i": {"title": "Sea", "photo": None, "more": [None]}}
    found = sent(app, query, variables, a="variables.i.photo", b="variables.i.more.0")
    expected = MULTIPART | {"form": [["title", "Sea"]], "files": [file("a", "photo"), file("b", "more")]}
    assert found == {"data": {"addPhoto": expected}}


def test_a_form_with_a_file_of_swagger_2() -> None:
    parameters = [
        {"name": "title", "in": "formData", "type": "string"},
        {"name": "photo", "in": "formData", "type": "file", "required": True},
    ]
    app = app_of(openapi=openapi("2.0", {"consumes": ["multipart/form-data"], "parameters": parameters}))
    query = 'mutation ($p: Upload!) { addPhoto(input: {title: "Sea", photo: $p}) }'
    expected = MULTIPART | {"form": [["title", "Sea"]], "files": [file("a", "photo")]}
    assert sent(app, query, {"p": None}, a="variables.p") == {"data": {"addPhoto": expected}}


BINARY: dict[str, Any] = {
    "2.0": (
        "2.0",
        {
            "consumes": ["application/octet-stream"],
            "parameters": [
                {"name": "f", "in": "body", "required": True, "schema": {"type": "string", "format": "binary"}}
            ],
        },
    ),
    "3.0": ("3.0.3", content("application/octet-stream", {"type": "string", "format": "binary"})),
    "3.0 image": ("3.0.3", content("image/*", {"type": "string", "format": "binary"})),
    "3.1": ("3.1.0", {"requestBody": {"content": {"application/octet-stream": {}}, "required": True}}),
    "3.1 image": ("3.1.0", content("image/png", {"type": "string", "contentMediaType": "image/png"})),
}


@pytest.mark.parametrize("name", BINARY)
def test_a_binary_body_of_an_openapi_document_is_one_file(name: str) -> None:
    version, body = BINARY[name]
    app = app_of(openapi=openapi(version, dict(body)))
    found = sent(app, "mutation ($p: Upload!) { addPhoto(input: $p) }", {"p": None}, a="variables.p")
    expected = {"id": "", "type": "text/x-a", "form": [], "files": [], "raw": "a"}
    assert found == {"data": {"addPhoto": expected}}
