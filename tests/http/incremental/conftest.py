from collections.abc import Iterator

import pytest

from tests.http.incremental.gates import Asked, Make
from tests.respond.gated import making


@pytest.fixture
def make() -> Iterator[Make]:
    with making(Asked) as make:
        yield make


@pytest.fixture
def gated(make: Make) -> Asked:
    return make()
