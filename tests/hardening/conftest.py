from collections.abc import Iterator

import pytest

from tests.hardening.measure import Process


@pytest.fixture(scope="session")
def process() -> Iterator[Process]:
    """A process that forks for each call, and has the apps under attack."""
    child = Process()
    yield child
    child.close()
