from collections.abc import Iterator

import pytest

from tests.http.served import Served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.slow.set()
