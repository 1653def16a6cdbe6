"""@select: values, header fields and the status of a response."""

import pytest

from tests.schema.typed.fields import Make
from tests.schema.world import errors

SELECTS = """
type Query { page: Page @get(path: "/page") rows: [Row!] @get(path: "/page", select: "rows") }
type Page {
  rows: [Row!] @select(from: "rows")
  all: JSON @select(from: "@")
  total: Int @select(header: "X-Total")
  count: Int @select(header: "X-Pagination", from: "total")
  next: String @select(header: "Link", from: "next")
  text: String @select(header: "X-Text")
  absent: String @select(header: "X-Absent")
  cookie: String @select(header: "Set-Cookie")
  status: Int @select(status: true)
  names: [String] @select(from: "rows[].name")
  deep: String @select(from: "a.b.c")
  odd: String @select(from: "\\"odd key\\"")
  wrong: String @select(from: "join(',', rows)")
}
type Row { name: String status: Int @select(status: true) total: Int @select(header: "X-Total") }
"""
PAGE = {"rows": [{"name": "a"}, {"name": "b"}], "a": {"b": {"c": "d"}}, "odd key": "odd"}
PAGE_HEADERS = {
    "X-Total": "12",
    "X-Pagination": '{"total": 13}',
    "Link": '</page?p=2>; rel="next", </page?p=9>; rel="last"',
    "X-Text": "plain, text",
    "Set-Cookie": "a=1",
}


def test_select_reads_values_header_fields_and_the_status(make: Make) -> None:
    world = make(SELECTS, {"/page": (201, PAGE, PAGE_HEADERS)})
    text = "{ page { rows { name status } all total count next text absent cookie status names deep odd } }"
    assert world.data(text)["page"] == {
        "rows": [{"name": "a", "status": 201}, {"name": "b", "status": 201}],
        "all": PAGE,
        "total": 12,
        "count": 13,
        "next": "/page?p=2",
        "text": "plain, text",
        "absent": None,
        "cookie": None,
        "status": 201,
        "names": ["a", "b"],
        "deep": "d",
        "odd": "odd",
    }
    assert world.hits == ["/page"]


def test_select_of_a_request_and_the_header_fields_below_it(make: Make) -> None:
    world = make(SELECTS, {"/page": (200, PAGE, PAGE_HEADERS)})
    assert world.data("{ rows { name total } }")["rows"] == [{"name": "a", "total": 12}, {"name": "b", "total": 12}]


def test_a_select_that_fails_on_a_value_is_an_error_there(make: Make) -> None:
    world = make(SELECTS, {"/page": PAGE})
    found = world.ask("{ page { deep wrong } }")
    assert found["data"]["page"] == {"deep": "d", "wrong": None}
    assert errors(found) == {("page", "wrong"): "BAD_SELECT"}


@pytest.mark.parametrize("header", ["", "<", "</a>", '</a>; rel="prev"', "{", '{"total": ', "[1]"])
def test_odd_header_fields_are_null(make: Make, header: str) -> None:
    world = make(SELECTS, {"/page": (200, {}, {"Link": header, "X-Pagination": header})})
    assert world.data("{ page { next count } }") == {"page": {"next": None, "count": None}}


def test_the_status_and_header_fields_of_a_batch_are_those_of_its_response(make: Make) -> None:
    world = make(
        """
        type Query { posts: [Post!] @get(path: "/posts") }
        type Post { author: User @get(path: "/users/{by}", batch: {path: "/users{?id}", by: ["by"], key: ["id"]}) }
        type User { id: ID! status: Int @select(status: true) tag: String @select(header: "X-Tag") self: Self }
        type Self { tag: String @select(header: "X-Tag") }
        """,
        {
            "/posts": (200, [{"by": 1}, {"by": 2}, {"by": 1}], {"X-Tag": "posts"}),
            "/users": (203, [{"id": 1, "self": {}}, {"id": 2, "self": {}}], {"X-Tag": "users"}),
        },
    )
    expected = {"status": 203, "tag": "users", "self": {"tag": "users"}}
    found = world.data("{ posts { author { status tag self { tag } } } }")
    assert found == {"posts": [{"author": expected}] * 3}
