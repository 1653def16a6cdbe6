"""Rules that an app gets after the first request, and what an operation costs with many of them."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Map, Rule, RuleFactory

from restgql import Gateway
from restgql.upstream.rules_version import rules_version


class Failing(RuleFactory):
    """Yields a rule, and fails."""

    def get_rules(self, map: Map) -> Any:
        yield Rule("/later", endpoint="later")
        raise ValueError("no more rules")


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/<name>", "named", lambda name: {"named": name})
    app.view_functions["later"] = lambda: {"later": True}
    Gateway(app, routes=["*"])
    return app


def answer(app: Flask) -> Any:
    response = app.test_client().post("/graphql", json={"query": '{ get(path: "/later") }'})
    return response.get_json()["data"]["get"]


def test_a_rule_that_is_added_later_is_matched(app: Flask) -> None:
    assert [answer(app), answer(app)] == [{"named": "later"}] * 2
    app.url_map.add(Rule("/later", endpoint="later"))
    assert answer(app) == {"later": True}


def test_a_rule_is_matched_whose_factory_has_failed_after_it(app: Flask) -> None:
    assert answer(app) == {"named": "later"}
    with pytest.raises(ValueError, match="no more rules"):
        app.url_map.add(Failing())
    assert answer(app) == {"later": True}


def test_another_map_has_another_version(app: Flask) -> None:
    version = rules_version(app)
    assert rules_version(app) is version
    app.url_map = Map([Rule("/graphql", endpoint="graphql")])
    assert rules_version(app) is not version


def test_a_function_that_another_library_puts_around_add_is_called(app: Flask) -> None:
    add, added = app.url_map.add, []
    vars(app.url_map)["add"] = lambda rule: (added.append(rule), add(rule))
    assert answer(app) == {"named": "later"}
    app.url_map.add(Rule("/later", endpoint="later"))
    assert len(added) == 1
    assert answer(app) == {"later": True}


def test_no_operation_looks_at_every_rule(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        app.url_map.add(Rule(f"/rules/{number}", endpoint="later"))
    assert answer(app) == {"named": "later"}
    monkeypatch.delattr(Map, "iter_rules")
    assert answer(app) == {"named": "later"}
