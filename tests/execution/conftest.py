from collections.abc import Iterator

import pytest

from tests.execution.hanging import Hanging


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    found = Hanging()
    yield found
    found.released.set()
    assert found.turnstile.left()
