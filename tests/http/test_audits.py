"""GraphQL over HTTP: every audit of npm's graphql-http, over a real socket."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from restgql import Gateway


@pytest.fixture(scope="module")
def audits(node_clients: Path, serve: Callable[[Flask], str]) -> list[dict[str, str]]:
    app = Flask(__name__)
    Gateway(app, profile="open")
    run = subprocess.run(
        ["node", str(node_clients / "audit.mjs"), f"{serve(app)}/graphql"],
        cwd=node_clients,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_c1_all_61_audits_pass(audits: list[dict[str, str]]) -> None:
    failed = [f"{audit['id']} {audit['name']}: {audit['reason']}" for audit in audits if audit["status"] != "ok"]
    assert not failed
    assert len(audits) == 61
