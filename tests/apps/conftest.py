from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from tests.apps.workshop import MODES, Workshop


@pytest.fixture(scope="session")
def workshop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Start the jobs of all tests that were collected, and remove the environments at the end."""
    folder: Path = tmp_path_factory.mktemp("apps")
    workshop = Workshop(folder)
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec")]
    for item in items:
        if item.path.parent == Path(__file__).parent and "workshop" in item.fixturenames:
            name = item.callspec.params["name"]
            if item.originalname == "test_a_sub_request_is_the_direct_request":
                workshop.compare(name)
            else:
                for mode in MODES:
                    workshop.suite(name, mode)
    yield workshop
    workshop.close()
    rmtree(folder)
