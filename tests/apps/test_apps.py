"""Apps from PyPI: each GET route, asked directly and through the gateway. README.md says how to add an app."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.apps.workshop import Workshop

APPS = sorted(path.stem for path in (Path(__file__).parent / "catalog").glob("*.py"))


@pytest.mark.parametrize("name", APPS)
def test_a_sub_request_is_the_direct_request(workshop: Workshop, name: str) -> None:
    report = workshop.compare(name)
    description = import_module(f"tests.apps.catalog.{name}")
    differences = [
        f"{row['path']}, {row['identity']}, multithread={row['multithread']}: {row['fact']}\n"
        f"  direct:  {row['direct']!r:.500}\n  gateway: {row['gateway']!r:.500}"
        for row in report["differences"]
    ]
    assert not differences, "\n".join(differences)
    # so that the comparison is one of pages and data, not of refusals
    assert report["answered"] >= description.ANSWERED, report
