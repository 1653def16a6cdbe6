"""A large frame has room for the frames below it: no call in it maps memory."""

import resource

import pytest

from restgql.large_frame import in_large_frame

CALLS = 2_000


def leaf(value: int) -> int:
    return value


def faults_of_calls() -> int:
    """Return the pages that some calls of a small function take, one after the other."""
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for number in range(CALLS):
        leaf(number)
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before


def at_depth(depth: int) -> int:
    return at_depth(depth - 1) if depth else faults_of_calls()


def most_faults() -> int:
    return max(map(at_depth, range(200)))


def test_no_call_maps_memory_however_deep_it_is() -> None:
    most_faults()  # what is taken once
    assert in_large_frame(most_faults)() < CALLS / 10


def test_the_function_is_the_same_otherwise() -> None:
    @in_large_frame
    def divide(dividend: float, *, by: float = 2) -> float:
        """Divide."""
        return dividend / by

    assert (divide(3), divide(3, by=1.5), divide.__name__, divide.__doc__) == (1.5, 2, "divide", "Divide.")
    with pytest.raises(ZeroDivisionError):
        divide(1, by=0)


def test_frames_may_be_large_within_each_other() -> None:
    @in_large_frame
    def nested(depth: int) -> int:
        return 1 + nested(depth - 1) if depth else 0

    assert nested(50) == 50
