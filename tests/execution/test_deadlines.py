"""Deadlines: late sub-requests are timeouts, and nested ones have no more time than is left."""

import time
from typing import Any

import pytest
from flask import request

import restgql
from restgql import Gateway
from tests.execution.hanging import Hanging, codes
from tests.turnstile import PATIENCE, becomes


def test_a_late_sub_request_is_a_timeout_at_its_path_and_the_rest_is_answered(hanging: Hanging) -> None:
    hanging.gateway(subrequest_timeout=0.2)
    answer = hanging.query("""{
        a: get(path: "/fine/1") late: get(path: "/hang/1") b: get(path: "/fine/2")
        parent: fetch(path: "/hang/2") { status error json get(path: "/fine/{id}") }
        list: fetch(path: "/list/2") { getEach(path: "/hang/{item}") fine: getEach(path: "/fine/{item}") }
        aggregate(paths: ["/fine/1", "/hang/1"])
    }""")
    assert answer.status_code == 200
    data = answer.json["data"]
    assert (data["a"], data["late"], data["b"]) == ({"id": "1"}, None, {"id": "2"})
    assert (data["parent"]["status"], data["parent"]["error"], data["parent"]["get"]) == (504, "TIMEOUT", None)
    assert data["list"] == {"getEach": [None, None], "fine": [{"id": "0"}, {"id": "1"}]}
    assert data["aggregate"]["/fine/1"] == {"id": "1"}
    assert (data["aggregate"]["/hang/1"]["status"], data["aggregate"]["/hang/1"]["code"]) == (504, "TIMEOUT")
    assert codes(answer) == {
        "late": "TIMEOUT", "parent.get": "CANCELLED", "list.getEach.0": "TIMEOUT", "list.getEach.1": "TIMEOUT"
    }  # fmt: skip
    assert hanging.turnstile.inside == 3


def test_at_the_end_of_the_whole_what_is_there_is_answered_and_nothing_more_begins(hanging: Hanging) -> None:
    hanging.gateway(deadline=0.3, in_flight=2)
    began = time.monotonic()
    fields = " ".join(f'h{number}: get(path: "/hang/{number}")' for number in range(8))
    answer = hanging.query(f'{{ fine: fetch(path: "/fine/1") {{ json get(path: "/hang/{{id}}") }} {fields} }}')
    assert time.monotonic() - began < PATIENCE, "the deadline of the whole is 0.3 s"
    assert answer.status_code == 200
    assert answer.json["data"]["fine"] == {"json": {"id": "1"}, "get": None}
    assert set(codes(answer).values()) == {"TIMEOUT"}
    assert len(codes(answer)) == 9
    hanging.released.set()
    assert hanging.turnstile.left()
    time.sleep(0.1)  # for what should not begin
    assert len(hanging.turnstile.passed) == 2


def test_at_the_end_of_the_whole_an_aggregate_has_what_is_there(hanging: Hanging) -> None:
    hanging.gateway(deadline=0.3)
    answer = hanging.aggregate(["/fine/1", "/hang/1", "/fine/2"])
    assert answer.status_code == 200
    assert list(answer.json) == ["/fine/1", "/hang/1", "/fine/2"]
    assert [part.get("code") for part in answer.json.values()] == [None, "TIMEOUT", None]


def test_python_calls_keep_the_deadline(hanging: Hanging) -> None:
    gateway = hanging.gateway(deadline=0.2)
    with pytest.raises(restgql.UpstreamTimeout):
        gateway.get("/hang/1")
    assert gateway.fetch("/hang/2").error == "TIMEOUT"
    assert gateway.execute('{ get(path: "/hang/3") }')["errors"][0]["extensions"]["code"] == "TIMEOUT"


@pytest.mark.parametrize("where", ["in all", "a sub-request"])
def test_sequential_begins_nothing_after_the_deadline(hanging: Hanging, where: str) -> None:
    """It cannot end what hangs in the caller's own thread; but what comes next does not begin too late."""
    hanging.app.add_url_rule("/slow", "slow", lambda: {"slow": time.sleep(0.4)})
    hanging.gateway(sequential=True, **{"in all": {"deadline": 0.2}, "a sub-request": {"deadline": 30}}[where])
    answer = hanging.aggregate(["/fine/0", "/slow", "/fine/1", "/fine/2"]).json
    if where == "in all":
        assert [part.get("code") for part in answer.values()][2:] == ["TIMEOUT", "TIMEOUT"]
        assert hanging.hits == {"0": 1}
    else:
        assert [part.get("code") for part in answer.values()] == [None] * 4


class Deadlines(Hanging):
    """`/left/<id>` says how many seconds its environ leaves it, `/nested/<id>` how many it leaves `/left/<id>`, too."""

    def __init__(self) -> None:
        super().__init__()
        self.app.add_url_rule("/left/<id>", "left", lambda id: {"id": id, "left": self.left()})
        self.app.add_url_rule("/nested/<id>", "nested", self._nested)
        self.asker: Gateway | None = None

    def _nested(self, id: str) -> Any:
        before = self.left()
        assert self.asker is not None
        return {"left": before, "inner": self.asker.get(f"/left/{id}")["left"], "after": self.left()}

    @staticmethod
    def left() -> float:
        return float(request.environ["restgql.deadline"] - time.monotonic())


@pytest.fixture
def deadlines() -> Deadlines:
    return Deadlines()


def test_what_is_left_is_passed_inward(deadlines: Deadlines) -> None:
    deadlines.gateway(deadline=8, subrequest_timeout=20)
    data = deadlines.query("""{
        a: fetch(path: "/left/1") { json(select: "left") get(path: "/left/{id}?2", select: "left") }
        aggregate(paths: ["/left/3"])
    }""").json["data"]
    first, second, third = data["a"]["json"], data["a"]["get"], data["aggregate"]["/left/3"]["left"]
    assert 8 > first > second > 0
    assert 8 > third > 0


def test_f6_a_sub_request_has_no_more_than_its_own_time(deadlines: Deadlines) -> None:
    """At 2 s it is given up: a view, or what it asks for, that goes by the environ must not plan for 30 s."""
    deadlines.gateway(deadline=30, subrequest_timeout=2)
    assert 2 >= deadlines.aggregate(["/left/1"]).json["/left/1"]["left"] > 0


def test_f6_nested_requests_have_no_more_than_what_is_left(deadlines: Deadlines) -> None:
    deadlines.asker = deadlines.gateway(deadline=8, subrequest_timeout=20)
    for answer in (deadlines.aggregate(["/nested/1"]).json["/nested/1"], deadlines.asker.get("/nested/2")):
        assert 8 > answer["left"] > answer["inner"] > answer["after"] > 0


def test_a_client_has_no_say_in_what_is_left(deadlines: Deadlines) -> None:
    deadlines.gateway(deadline=8, subrequest_timeout=20)
    spellings = ("restgql.deadline", "Restgql-Deadline", "X-Restgql-Deadline", "HTTP_RESTGQL_DEADLINE", "Grpc-Timeout")
    headers = dict.fromkeys(spellings, "1e12")
    answer = deadlines.client.post("/aggregate", json=["/left/1"], headers=headers)
    assert 8 > answer.json["/left/1"]["left"] > 0


def test_f6_nested_work_begins_nothing_when_nothing_is_left(hanging: Hanging) -> None:
    found: list[Any] = []

    def late() -> Any:
        hanging.released.wait(PATIENCE)
        for id in ("1", "2"):
            try:
                found.append(asker.get(f"/fine/{id}"))
            except restgql.RestgqlError as exc:
                found.append(exc.code)
        return {}

    hanging.app.add_url_rule("/late", "late", late)
    asker = hanging.gateway(deadline=0.2)
    assert hanging.aggregate(["/late"]).json["/late"]["code"] == "TIMEOUT"
    hanging.released.set()
    assert becomes(lambda: len(found) == 2)
    assert found == ["TIMEOUT", "TIMEOUT"]
    assert not hanging.hits
