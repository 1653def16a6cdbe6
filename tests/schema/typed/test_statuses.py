"""The status of a response: a value, null or an error of the field."""

import pytest

from tests.schema.typed.fields import STATUS, Make
from tests.schema.world import errors

STATUSES = """
type Query {
  a: Thing @get(path: "/a")
  list: [Thing!] @get(path: "/a")
  sure: Thing! @get(path: "/a")
  mine: Thing @get(path: "/a", nullOn: [403, 503])
  never: Thing @get(path: "/a", nullOn: [])
  top: Top @get(path: "/top")
}
type Top { id: ID below: Thing @get(path: "/a") sure: Thing! @get(path: "/a") list: [Mid!] }
type Mid { id: ID sure: Thing! @get(path: "/b/{id}") }
type Thing { id: ID }
"""


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_null_without_an_error_where_it_may_be(make: Make, status: int) -> None:
    world = make(STATUSES, {"/a": (status, {"why": "gone"}), "/top": {"id": 1}})
    assert world.data("{ a { id } list { id } top { id below { id } } }") == {
        "a": None,
        "list": None,
        "top": {"id": "1", "below": None},
    }
    found = world.ask("{ top { id sure { id } } a { id } }")
    assert found["data"] == {"top": None, "a": None}
    assert errors(found) == {("top", "sure"): STATUS}
    found = world.ask("{ sure { id } a { id } }")
    assert (found["data"], errors(found)) == (None, {("sure",): STATUS})


@pytest.mark.parametrize(
    ("field", "status", "code"),
    [
        ("mine", 403, None),
        ("mine", 503, None),
        ("mine", 404, STATUS),
        ("never", 404, STATUS),
        ("a", 400, STATUS),
        ("a", 401, STATUS),
        ("a", 500, STATUS),
        ("list", 418, STATUS),
        ("a", 200, None),
        ("a", 299, None),
    ],
)
def test_a_status_is_null_or_an_error_of_its_field(make: Make, field: str, status: int, code: str | None) -> None:
    world = make(STATUSES, {"/a": (status, {"id": 1}), "/top": {"id": 1}})
    found = world.ask(f"{{ {field} {{ id }} top {{ id }} }}")
    assert errors(found) == ({} if code is None else {(field,): code})
    assert found["data"]["top"] == {"id": "1"}
    if code is not None:
        assert found["errors"][0]["extensions"]["http"]["status"] == status
        assert found["errors"][0]["extensions"]["http"]["body"] == {"id": 1}


def test_an_error_of_a_join_is_at_its_exact_path_and_nulls_go_up(make: Make) -> None:
    world = make(STATUSES, {"/top": {"list": [{"id": 1}, {"id": 2}]}, "/b/1": {"id": 1}, "/b/2": (500, None)})
    found = world.ask("{ top { id list { id sure { id } } } }")
    assert found["data"] == {"top": {"id": None, "list": None}}
    assert errors(found) == {("top", "list", 1, "sure"): STATUS}
