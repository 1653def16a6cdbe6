"""Stored operations are compiled when the app starts: the first request parses, validates and plans nothing."""

from pathlib import Path

import pytest

from restgql import graphql_core
from restgql.documents import documents
from restgql.plan import passes
from tests.operations.folder import Folder

FILES = {
    "_shared.graphql": "fragment Named on Item { name }",
    "item.graphql": "query ($id: ID!) { item(id: $id) { ...Named } }",
    "maybe.graphql": "query ($id: ID!, $with: Boolean!) { item(id: $id) { id name @include(if: $with) } }",
}


def test_the_first_request_finds_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path, FILES)
    monkeypatch.delattr(graphql_core, "parse")
    monkeypatch.delattr(documents, "validate")
    monkeypatch.delattr(passes, "PASSES")
    assert folder.get("item?id=1").json == {"data": {"item": {"name": "item 1"}}}


def test_the_plan_of_a_conditional_operation_waits_for_its_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path, FILES)
    monkeypatch.delattr(graphql_core, "parse")
    assert folder.get("maybe?id=1&with=true").json == {"data": {"item": {"id": "1", "name": "item 1"}}}
    assert folder.get("maybe?id=1&with=false").json == {"data": {"item": {"id": "1"}}}
