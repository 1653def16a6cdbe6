"""RESTGQL_MAX_SUBREQUESTS: each sub-request is counted once, wherever it is made."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import redirect

import restgql
from restgql import Gateway
from tests.execution.hanging import Hanging, codes
from tests.turnstile import PATIENCE


def limit_of(answer: Any) -> tuple[str, str, int]:
    """What the one error of a whole request says."""
    errors = answer.json.get("errors", [{"extensions": answer.json}])
    extensions = errors[0]["extensions"]
    return extensions["code"], extensions["limit"], extensions["allowed"]


OVER = ("LIMIT_EXCEEDED", "RESTGQL_MAX_SUBREQUESTS", 5)


@pytest.fixture
def budget(hanging: Hanging) -> Hanging:
    hanging.gateway(max_subrequests=5)
    return hanging


def gets(*ids: object) -> str:
    return " ".join(f'a{number}: get(path: "/fine/{id}")' for number, id in enumerate(ids))


def test_aliases_are_counted_before_anything_is_sent(budget: Hanging) -> None:
    assert limit_of(budget.query(f"{{ {gets(*range(6))} }}")) == OVER
    assert not budget.hits
    assert len(budget.query(f"{{ {gets(*range(5))} }}").json["data"]) == 5
    assert budget.hits.total() == 5


def test_what_is_one_request_is_counted_once(budget: Hanging) -> None:
    answer = budget.query(f'{{ {gets(*[1] * 9)} aggregate(paths: ["/fine/1", "/fine/2"]) }}').json
    assert "errors" not in answer
    assert budget.hits == {"1": 1, "2": 1}


def test_an_aggregate_is_counted(budget: Hanging) -> None:
    assert limit_of(budget.aggregate([f"/fine/{number}" for number in range(6)])) == OVER
    assert not budget.hits
    assert len(budget.aggregate([f"/fine/{number}" for number in range(5)]).json) == 5


def test_an_aggregate_in_a_query_is_counted_with_its_siblings(budget: Hanging) -> None:
    paths = ", ".join(f'"/fine/{number}"' for number in range(3, 6))
    answer = budget.query(f"{{ {gets(0, 1, 2)} aggregate(paths: [{paths}]) }}")
    assert limit_of(answer) == OVER
    assert not budget.hits.keys() & {"3", "4", "5"}, "as a whole, with nothing of it sent"


@pytest.mark.parametrize(
    "fan_out",
    [
        'getEach(path: "/fine/{item}")',
        'each { get(path: "/fine/{item}") }',
        'each { fetch(path: "/fine/{item}") { ok } }',
    ],
)
def test_a_fan_out_beyond_what_is_left_is_refused_as_a_whole(budget: Hanging, fan_out: str) -> None:
    answer = budget.query(f'{{ fetch(path: "/list/5") {{ json {fan_out} one: get(path: "/fine/one") }} }}')
    assert [error["extensions"]["code"] for error in answer.json["errors"]] == ["LIMIT_EXCEEDED"]
    assert answer.json["errors"][0]["path"][:2] == ["fetch", fan_out.partition("(")[0].split()[0]]
    assert answer.json["data"]["fetch"]["json"] == ["0", "1", "2", "3", "4"]
    assert budget.hits == {"one": 1}, "what fits is sent, and of the fan-out nothing"
    fits = budget.query(f'{{ fetch(path: "/list/4") {{ {fan_out} }} }}').json
    assert "errors" not in fits
    assert budget.hits.total() == 5


def test_redirects_are_counted(budget: Hanging) -> None:
    def hop(left: int) -> Any:
        budget.hits[f"hop {left}"] += 1
        return redirect(f"/hop/{left - 1}") if left else {"end": True}

    budget.app.add_url_rule("/hop/<int:left>", "hop", hop)
    assert budget.query('{ get(path: "/hop/4") }').json == {"data": {"get": {"end": True}}}
    budget.hits.clear()
    answer = budget.query(f'{{ {gets(0, 1)} hop: get(path: "/hop/4") }}')
    assert codes(answer) == {"hop": "LIMIT_EXCEEDED"}
    assert [answer.json["data"][key] for key in ("a0", "a1")] == [{"id": "0"}, {"id": "1"}]
    assert budget.hits == {"0": 1, "1": 1, "hop 4": 1, "hop 3": 1, "hop 2": 1}


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("how", ["get", "execute"])
def test_nested_requests_are_counted(hanging: Hanging, how: str, sequential: bool) -> None:
    gateway = hanging.gateway(max_subrequests=5, sequential=sequential)
    found: list[str] = []

    def nested() -> Any:
        for number in range(10):
            if how == "get":
                try:
                    found.append(gateway.get(f"/fine/{number}")["id"])
                except restgql.LimitExceeded as exc:
                    found.append(exc.code)
            else:
                answer = gateway.execute(f'{{ get(path: "/fine/{number}") }}')
                found.append(answer["errors"][0]["extensions"]["code"] if "errors" in answer else str(number))
        return {}

    hanging.app.add_url_rule("/nested", "nested", nested)
    assert hanging.aggregate(["/nested"]).status_code == 200
    assert found == ["0", "1", "2", "3", *["LIMIT_EXCEEDED"] * 6]
    assert hanging.hits.total() == 4


def test_nested_requests_leave_less_to_what_depends(budget: Hanging) -> None:
    gateway = Gateway(
        budget.app, name="inner", graphql_path=None, aggregate_path=None, routes=["*"], max_subrequests=99
    )

    def nested() -> Any:
        return [gateway.get(f"/fine/{number}")["id"] for number in range(3)]

    budget.app.add_url_rule("/nested", "nested", nested)
    answer = budget.query('{ fetch(path: "/nested") { json getEach(path: "/fine/x{item}") } }')
    assert answer.json["data"]["fetch"]["json"] == ["0", "1", "2"]
    assert codes(answer) == {"fetch.getEach": "LIMIT_EXCEEDED"}
    assert budget.hits == {"0": 1, "1": 1, "2": 1}


def test_a_dependent_that_several_parents_share_is_counted_once(hanging: Hanging) -> None:
    """Also where they reply at the same moment."""
    parents = 8
    barrier = threading.Barrier(parents, timeout=PATIENCE)
    meet: Callable[[str], Any] = lambda id: {"met": barrier.wait() >= 0, "shared": 1}  # noqa: E731
    hanging.app.add_url_rule("/parent/<id>", "parent", meet)
    hanging.gateway(max_subrequests=parents + 1)
    for turn in range(60):
        fields = " ".join(
            f'p{number}: fetch(path: "/parent/{number}") {{ get(path: "/fine/{turn}-{{shared}}") }}'
            for number in range(parents)
        )
        answer = hanging.query(f"{{ {fields} }}")
        assert codes(answer) == {}
        assert hanging.hits[f"{turn}-1"] == 1
