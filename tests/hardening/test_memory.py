"""M2: no cache grows with the length of its keys. M3: all that an operation needed is let go when it has ended."""

import pytest

from tests.hardening import afterlife, traffic
from tests.hardening.measure import Killed, Process

FLAT_MEGABYTES = 20.0
KEPT_MEGABYTES = 50.0
UPLOAD_PEAK_MEGABYTES = 100.0


@pytest.mark.parametrize("place", traffic.TRAFFIC)
def test_m2_long_values_leave_memory_flat(process: Process, place: str) -> None:
    kept = process.call(traffic.kept, place, FLAT_MEGABYTES, cpu_seconds=60)
    assert not isinstance(kept, Killed), kept
    assert kept <= FLAT_MEGABYTES


def test_m2_all_that_outlives_a_request_is_bounded_in_bytes(process: Process) -> None:
    held = process.call(afterlife.holdings, 5, cpu_seconds=180)
    assert not isinstance(held, Killed), held
    largest = sorted(((round(size, 1), name) for name, size in held.items()), reverse=True)[:8]
    assert any(name.startswith("the gateway") for name in held)
    assert sum(held.values()) < FLAT_MEGABYTES, largest


@pytest.mark.parametrize("work", afterlife.WORK)
def test_m3_all_is_let_go_when_work_has_ended(process: Process, work: str) -> None:
    kept = process.call(afterlife.kept_of, work, cpu_seconds=60)
    assert not isinstance(kept, Killed), kept
    assert kept.answers
    assert kept.ballast == 0, kept
    assert kept.values == 0, kept
    assert kept.megabytes <= KEPT_MEGABYTES, kept
    if "upload" in work:
        assert kept.peak <= UPLOAD_PEAK_MEGABYTES, kept
