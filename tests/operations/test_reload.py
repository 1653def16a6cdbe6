"""In debug the files are read again when one changes; otherwise once."""

import os
from pathlib import Path

import pytest

from tests.operations.folder import Folder

FILES = {
    "_shared.graphql": "fragment Named on Item { name }",
    "item.graphql": "query ($id: ID!) { item(id: $id) { ...Named } }",
    "other.graphql": "{ __typename }",
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, FILES, debug=True)


def test_a_changed_file_is_read_again(folder: Folder) -> None:
    assert folder.get("item?id=1").json["data"]["item"] == {"name": "item 1"}
    folder.write("item.graphql", "# result: item.id\nquery ($id: ID!) { item(id: $id) { id } }")
    assert folder.get("item?id=1").json == "1"
    folder.write("item.graphql", FILES["item.graphql"])
    folder.write("_shared.graphql", "fragment Named on Item { kind }")
    assert folder.get("item?id=1").json["data"]["item"] == {"kind": "BIG"}


def test_a_change_of_the_same_size_is_seen_by_its_time(folder: Folder) -> None:
    assert folder.get("other").json["data"] == {"__typename": "Query"}
    folder.write("other.graphql", "{ t:typename }".replace("t:", "_"))
    os.utime(folder.path / "other.graphql", ns=(1, 1))
    assert folder.get("other").status_code == 500


def test_files_come_and_go(folder: Folder) -> None:
    folder.write("new.gql", "{ a: __typename }")
    assert folder.get("new").json == {"data": {"a": "Query"}}
    assert "/new" in folder.get("openapi.json").json["paths"]
    (folder.path / "new.gql").unlink()
    assert folder.get("new").status_code == 404
    assert "/new" not in folder.get("openapi.json").json["paths"]
    for path in folder.path.iterdir():
        path.unlink()
    assert folder.get("other").status_code == 404
    folder.write("other.graphql", "{ __typename }")
    assert folder.get("other").status_code == 200


def test_a_file_with_an_error_says_so_and_others_go_on(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write("item.graphql", "query ($id: ID!) {\n  item(id: $id) { nope }\n}")
    answer = folder.get("item?id=1")
    line = f"{folder.path}/item.graphql:2:19: Cannot query field 'nope' on type 'Item'. Did you mean 'name'?"
    assert (answer.status_code, answer.mimetype, answer.json["detail"]) == (500, "application/problem+json", line)
    assert caplog.messages == [line]
    assert folder.get("other").status_code == 200
    assert list(folder.get("openapi.json").json["paths"]) == ["/other"]
    folder.write("item.graphql", FILES["item.graphql"])
    assert folder.get("item?id=1").status_code == 200


def test_outside_debug_files_are_read_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path, FILES)
    folder.write("item.graphql", "query {")
    folder.write("new.graphql", "{ __typename }")
    assert folder.get("item?id=1").json["data"]["item"] == {"name": "item 1"}
    assert folder.get("new").status_code == 404


def test_the_openapi_document_is_that_of_the_files_and_of_where_it_is_asked_for(folder: Folder) -> None:
    first = folder.get("openapi.json").json
    assert first["servers"] == [{"url": "/graphql"}]
    below = folder.client.get("/graphql/openapi.json", environ_overrides={"SCRIPT_NAME": "/below"})
    assert below.json == {**first, "servers": [{"url": "/below/graphql"}]}
    folder.write("new.graphql", "{ __typename }")
    assert folder.get("openapi.json").json["paths"].keys() == {*first["paths"], "/new"}
