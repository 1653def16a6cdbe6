"""Stored operations where little else is open: in each profile, as the only operations, and without untyped fields."""

import re
from pathlib import Path
from typing import Any

import pytest

from restgql.operations.stored import sha256
from tests.operations.folder import Folder

ITEM = "query Item($id: ID!) { item(id: $id) { name } }\n"
PART = '{ part: get(path: "/part") routes { path } __schema { queryType { name } } }'
FILES = {"item.graphql": ITEM, "part.graphql": PART}
NAMED = {"data": {"item": {"name": "item 7"}}}


def code(answer: Any) -> str:
    found = answer.json
    return str(found["code"] if "code" in found else found["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("profile", ["open", "hardened"])
def test_a_stored_operation_is_asked_for_by_get_in_any_profile_and_may_use_any_field(
    tmp_path: Path, profile: str
) -> None:
    folder = Folder(tmp_path, FILES, profile=profile)
    assert folder.get("item", {"id": "7"}).json == NAMED
    found = folder.get("part").json["data"]
    assert (found["part"], found["__schema"]) == ({"a": 1}, {"queryType": {"name": "Query"}})


@pytest.mark.parametrize(("get", "status"), [("any", 200), ("persisted", 200), ("stored", 200), ("off", 405)])
def test_get_can_be_turned_off_for_them_too(tmp_path: Path, get: str, status: int) -> None:
    folder = Folder(tmp_path, FILES, get=get)
    assert folder.get("item", {"id": "7"}).status_code == status
    assert folder.client.head("/graphql/item?id=7").status_code == status
    assert folder.post("item", {"id": "7"}).json == NAMED
    asked = folder.client.open("/graphql/item", method="QUERY", json={"id": "7"})
    assert asked.json == NAMED
    if status == 405:
        refused = folder.get("item", {"id": "7"})
        assert (refused.headers["Allow"], refused.headers["Cache-Control"]) == ("POST, QUERY", "no-store")


def test_they_can_be_the_only_operations(tmp_path: Path) -> None:
    folder = Folder(tmp_path, FILES, operations_only=True)
    assert folder.get("item", {"id": "7"}).json == NAMED
    query, client = {"variables": {"id": "7"}}, folder.client
    for text in (ITEM, "query Item($id:ID!){item(id:$id){name}}", "# ours\n" + ITEM):
        assert client.post("/graphql", json={"query": text, **query}).json == NAMED
    assert client.post("/graphql", json={"documentId": f"sha256:{sha256(ITEM)}", **query}).json == NAMED
    by_hash = f'/graphql?variables={{"id":"7"}}&documentId=sha256:{sha256(ITEM)}'
    assert client.get(by_hash).json == NAMED
    for refused in (
        client.post("/graphql", json={"query": '{ item(id: "7") { name } }'}),
        client.get("/graphql?query={__typename}"),
        client.post("/aggregate", json=["/part"]),
    ):
        assert (refused.status_code, code(refused)) == (403, "NOT_ALLOWED")


def test_a_file_that_changes_in_debug_changes_what_is_allowed(tmp_path: Path) -> None:
    folder = Folder(tmp_path, FILES, operations_only=True, debug=True)
    other = '{ item(id: "8") { name } }'
    assert code(folder.client.post("/graphql", json={"query": other})) == "NOT_ALLOWED"
    folder.write("other.graphql", other)
    assert folder.client.post("/graphql", json={"query": other}).json == {"data": {"item": {"name": "item 8"}}}


@pytest.mark.parametrize("only", [False, True])
def test_untyped_fields_are_left_to_them(tmp_path: Path, only: bool) -> None:
    folder = Folder(tmp_path, FILES, untyped=False, operations_only=only)
    for answer in (
        folder.get("part"),
        folder.client.post("/graphql", json={"query": f"  {PART}"}),
        folder.client.post("/graphql", json={"documentId": sha256(PART)}),
        folder.client.get(f"/graphql?documentId=sha256:{sha256(PART)}"),
    ):
        assert answer.json["data"]["part"] == {"a": 1}
    refused = code(folder.client.post("/graphql", json={"query": '{ get(path: "/part") }'}))
    assert refused == ("NOT_ALLOWED" if only else "BAD_REQUEST")
    assert folder.client.post("/aggregate", json=["/part"]).status_code == 404


MANY = "query ($id: ID, $kind: Kind, $filter: Filter) { echo(e: $id, f: $kind, i: $filter) }"


@pytest.mark.parametrize("profile", ["open", "hardened"])
def test_c3_what_is_said_of_parameters_suggests_names_in_the_open_profile_alone(tmp_path: Path, profile: str) -> None:
    folder = Folder(tmp_path, {"many.graphql": MANY}, profile=profile)
    filter = {"filter": {"nam": "a", "name": "b"}}
    for answer, name in (
        (folder.get("many?idd=1"), "id"),
        (folder.get("many?kind=BOG"), "BIG"),
        (folder.post("many", {"kind": "BOG"}), "BIG"),
        (folder.post("many", filter), "name"),
        (folder.get("manny"), "many"),
        (folder.client.post("/graphql", json={"query": MANY, "variables": filter}), "name"),
        (folder.client.post("/graphql", json={"documentId": sha256(MANY), "variables": {"kind": "BOG"}}), "BIG"),
    ):
        found = re.search(r"did you mean (?:the enum value )?'?(\w+)'?\?", answer.text, re.IGNORECASE)
        assert (found and found[1]) == (name if profile == "open" else None)
        assert ("Its variables" in answer.text) == (profile == "open" and name == "id")


def test_the_path_that_a_stored_operation_asks_for_is_not_told(tmp_path: Path) -> None:
    text = 'query ($id: ID!) { get(path: "/internal/{id}", params: {id: $id}) item(id: $id) { id } }'
    answer = Folder(tmp_path, {"item.graphql": text}).get("item?id=..").json
    assert [error["message"] for error in answer["errors"]] == ["The path has a dot segment."] * 2
