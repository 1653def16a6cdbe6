import pytest

from tests.http.hostile.target import Target


@pytest.fixture(scope="module")
def target() -> Target:
    return Target()
