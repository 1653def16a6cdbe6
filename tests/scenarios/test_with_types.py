"""The documents of this folder with types, in an app, and with their upstreams on loopback."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from graphql import DirectiveNode, Visitor, build_schema, is_specified_directive, parse, visit

from restgql import RestgqlError
from restgql.cli import cli
from restgql.model import GraphQLRequest
from restgql.plan import explain
from tests.conftest import Serve
from tests.scenarios.document import HERE, TYPED, environment_of, headers_of, query_string_of, read, variables_of
from tests.scenarios.request_log import Log
from tests.scenarios.served import VIEWS, body_of, served

DIRECTIVES = build_schema((HERE.parent.parent / "schema/directives.graphql").read_text())


@pytest.mark.parametrize("path", TYPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_scenario_with_types_is_as_it_says(
    path: Path, tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scenario, log = read(path.read_text()), Log()
    blocks, query, secrets = scenario.blocks, scenario.blocks["graphql"], environment_of(scenario)
    for name, secret in secrets.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.setitem(sys.modules, VIEWS, None)
    app = served(scenario, tmp_path, log, serve, sys.modules)
    client, variables = app.test_client(use_cookies=False), variables_of(query)
    caplog.set_level(logging.DEBUG)
    if "plan" in blocks:
        assert plan_of(app, query, variables) == blocks["plan"].rstrip("\n")
    if "check" in blocks:
        assert report_of(app) == blocks["check"].splitlines()
    for _ in range(2):  # the plan is cached
        log.lines.clear()
        sent = body_of(query, variables)
        sent["headers"] = {"Accept": "application/json", **headers_of(query), **sent.get("headers", {})}
        answer = client.post(f"/graphql?{query_string_of(query)}", **sent).get_data(as_text=True)
        assert json.dumps(json.loads(answer), indent=2) == json.dumps(json.loads(blocks["json"]), indent=2)
        assert ordered(log.lines, scenario.requests.in_order) == ordered(*scenario.requests)
        logged = [str(vars(record)) for record in caplog.records if record.name != "werkzeug"]  # the upstream's own
        assert not [secret for secret in secrets.values() if secret in "".join([answer, *logged])]


def ordered(lines: list[str], in_order: bool) -> list[str]:
    return lines if in_order else sorted(lines)


def plan_of(app: Flask, query: str, variables: dict[str, Any]) -> str:
    pipeline = app.extensions["restgql"]["restgql"].trusted_pipeline
    try:
        operation = pipeline.read(GraphQLRequest(query=query, variables=variables))
        tree: str = explain.tree(pipeline.plan(operation), operation, pipeline.context())
    except RestgqlError as exc:
        return f"refused: {exc.code}: {exc.message}"
    return tree


def report_of(app: Flask) -> list[str]:
    """Return the operations of which `flask restgql check` has a reason to say."""
    report = json.loads(app.test_cli_runner().invoke(cli, ["check", "--json"]).stdout)
    rows = [row for row in report["rows"] if row["reason"] and row["path"] not in ("/graphql", "/aggregate")]
    return [f"{row['method']} {row['path']} is {row['kind']}: {row['reason']}" for row in rows]


def test_every_directive_and_each_of_its_arguments_is_in_a_scenario() -> None:
    """The arguments of @post, @put, @patch and @delete are the same: each is used on one of them."""
    used: set[str] = set()
    for path in TYPED:
        schema = read(path.read_text()).blocks.get("schema", "")
        used |= directives_in(schema) if schema else set()
    own = {each.name: each for each in DIRECTIVES.directives if not is_specified_directive(each)}
    offered = {f"@{name}({argument})" for name, each in own.items() for argument in each.args}
    verbs = {f"@{name}" for name in ("post", "put", "patch", "delete")}
    assert {f"{verb}(path)" for verb in verbs} <= used
    assert not {shared(name, verbs) for name in offered} - {shared(name, verbs) for name in used}


def shared(argument: str, verbs: set[str]) -> str:
    """Return the name of an argument without the verb of its directive."""
    directive, _, name = argument.partition("(")
    return f"verb({name}" if directive in verbs else argument


def directives_in(schema: str) -> set[str]:
    used = Used()
    visit(parse(schema), used)
    return used.names


class Used(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.names |= {f"@{node.name.value}({argument.name.value})" for argument in node.arguments}
