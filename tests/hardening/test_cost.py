"""M1: work that multiplies is refused, or cut, whatever multiplies it."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

import json
from typing import Any

import pytest
from graphql import get_introspection_query

from tests.hardening import cost_app
from tests.hardening.attacks import documents, endpoints, expressions, megabytes, typed, values
from tests.hardening.attacks.write import many
from tests.hardening.attempt import Attempt, attempted, faults
from tests.hardening.cost_app import SSE, Request, graphql, send
from tests.hardening.measure import Process

ATTACKS: dict[str, Request] = {
    name: request
    for module in (documents, expressions, typed, values, endpoints, megabytes)
    for name, request in module.attacks().items()
}


@pytest.mark.parametrize("name", ATTACKS)
def test_m1_work_that_multiplies_is_cut(process: Process, name: str) -> None:
    request = ATTACKS[name]
    assert not faults(request, attempted(process, request))


INTROSPECTION = graphql(get_introspection_query(), variant="wide")
TABLE = graphql("{ table { id name kind a b c d e h i } }")
SELECTED = graphql('{ get(path: "/table", select: "[].{a: id, b: name}") }')
ORDINARY_FIELDS = 10
ORDINARY_DOCUMENT = "query Ordinary {\n%s\n}\n" % many(
    ORDINARY_FIELDS,
    """
  u#: user(id: #) { ...Person own { id title author { ...Person } } }
  p#: post(id: #) { id title author { ...Person } batched { ...Person } related { id title } }
  g#: get(path: "/posts/{number}", params: {number: #}, select: "title")
  f#: fetch(path: "/list?page=#") { status contentType each(limit: 3) { json(select: "id") } }""",
) + "fragment Person on User { id name city }\n# %s\n" % ("A comment of an ordinary length. " * 200)
HONEST = {"introspection": INTROSPECTION, "a table": TABLE, "a select over a table": SELECTED}


def answered(request: Request) -> dict[str, Any]:
    answer = send(request)
    assert answer.status == 200
    value = json.loads(answer.body)
    assert "errors" not in value, value["errors"][:3]
    return value["data"]  # type: ignore[no-any-return]


def test_m1_the_introspection_query_works_on_300_types() -> None:
    types = answered(INTROSPECTION)["__schema"]["types"]
    assert {f"T{number}" for number in range(300)} <= {item["name"] for item in types}
    assert all(len(item["fields"]) == 10 for item in types if item["name"] in ("T0", "T299"))


def test_m1_a_table_of_1000_rows_is_answered_whole() -> None:
    rows = answered(TABLE)["table"]
    assert [len(row) for row in rows] == [10] * 1_000
    assert [row["c"] for row in rows] == [row["c"] for row in cost_app.TABLE]


def test_m1_a_table_of_1000_rows_is_answered_whole_in_parts() -> None:
    answer = send(graphql('{ fetch(path: "/table") { each @stream { json } } }', accept=SSE))
    assert answer.body.count(b'{"json":{') == 1_000
    assert b'"errors"' not in answer.body


def test_m1_a_select_over_1000_rows_works() -> None:
    assert answered(SELECTED)["get"] == [{"a": row["id"], "b": row["name"]} for row in cost_app.TABLE]


def test_m1_an_ordinary_document_of_10_kilobytes_is_answered_whole() -> None:
    assert 10_000 < len(ORDINARY_DOCUMENT) < 11_000
    data = answered(graphql(ORDINARY_DOCUMENT))
    assert len(data) == 4 * ORDINARY_FIELDS
    assert all(data[f"u{number}"]["own"][0]["title"] == "Post 0" for number in range(ORDINARY_FIELDS))
    assert all(
        data[f"f{number}"]["each"] == [{"json": 0}, {"json": 1}, {"json": 2}] for number in range(ORDINARY_FIELDS)
    )


@pytest.mark.parametrize("name", HONEST)
def test_m1_an_honest_request_costs_what_its_size_allows(process: Process, name: str) -> None:
    made = attempted(process, HONEST[name])
    assert not faults(HONEST[name], made)
    assert isinstance(made, Attempt)
    assert not made.codes
