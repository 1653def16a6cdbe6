from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from tests.apps.workshop import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keep the environments and reports of the apps that this process tests, and remove them at the end."""
    folder: Path = tmp_path_factory.mktemp("apps")
    yield Workshop(folder)
    rmtree(folder)
