"""The suites of apps: alone, with a gateway on each app, and with each GET through that gateway."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.apps.workshop import Workshop

SUITES = sorted(path.stem for path in (Path(__file__).parent / "suites").glob("*.py"))
QUICK = [name for name in SUITES if name not in {"flask_admin", "ihatemoney"}]
"""The suites that also run with direct requests only. Where GETs go through it, the app has the gateway, too."""


@pytest.mark.parametrize("name", QUICK)
def test_a_suite_passes_with_a_gateway_on_its_apps(workshop: Workshop, name: str) -> None:
    alone, added = (workshop.suite(name, mode) for mode in ("alone", "added"))
    assert broken(alone, added) == set()


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_passes_where_each_get_goes_through_the_gateway(workshop: Workshop, name: str) -> None:
    alone, through = (workshop.suite(name, mode) for mode in ("alone", "through"))
    suite = import_module(f"tests.apps.suites.{name}")
    assert broken(alone, through) == set(suite.LEFT_OUT)
    assert len(passed(alone)) >= suite.PASSED
    assert through["sent"]["through"] >= suite.SENT


def passed(report: dict[str, Any]) -> set[str]:
    return {short(test) for test, outcome in report["outcomes"].items() if outcome == "passed"}


def short(test: str) -> str:
    """Return the id of a test with the last two parts of its path: the rest differs from run to run."""
    path, _, names = test.partition("::")
    return f"{'/'.join(path.split('/')[-2:])}::{names}"


def broken(alone: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Return the tests that pass alone, and not in the other run."""
    return passed(alone) - passed(other)
