"""A cache of results that keeps no large keys."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from restgql.bounded_cache import bounded_cache
from tests.memory import kept


def counted(entries: int = 2, characters: int = 10) -> tuple[Callable[..., Any], list[tuple[Any, ...]]]:
    """A cached function of any arguments, and the calls that ran it."""
    calls: list[tuple[Any, ...]] = []

    def function(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
        calls.append(args)
        return args

    return bounded_cache(entries=entries, characters=characters)(function), calls


def test_a_result_is_kept_until_others_were_used_since() -> None:
    function, calls = counted(entries=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert function(key) == (key,)
    assert calls == [("a",), ("b",), ("c",), ("b",)]


@pytest.mark.parametrize(
    ("args", "is_kept"),
    [
        (("a" * 10,), True),
        (("a" * 11,), False),
        ((b"a" * 10,), True),
        ((b"a" * 11,), False),
        (("a" * 5, "b" * 5), True),
        (("a" * 5, "b" * 6), False),
        ((("a", "b"),), True),
        ((("a" * 5, "b" * 5),), False),
        (((("a" * 11,),),), False),
        ((frozenset({("a" * 11, None)}),), False),
        ((("",) * 11,), False),
        ((1, None, True, dict), True),
    ],
)
def test_a_key_with_more_characters_is_computed_and_not_kept(args: tuple[Any, ...], is_kept: bool) -> None:
    function, calls = counted()
    assert function(*args) == function(*args) == args
    assert len(calls) == (1 if is_kept else 2)


def test_a_function_of_one_argument_is_bounded_alike() -> None:
    calls: list[Any] = []

    @bounded_cache(entries=2, characters=10)
    def length(value: Any) -> int:
        """Return the length."""
        calls.append(value)
        return len(value)

    for value in ("a" * 10, "a" * 11, ("a" * 11,), b"a" * 11):
        assert length(value) == length(value) == len(value)
    assert len(calls) == 1 + 2 * 3
    assert length.__doc__ == "Return the length."


def test_keyword_arguments_count() -> None:
    function, calls = counted()
    for _ in range(2):
        function("a", b="b", c=True)
        function("a", b="b" * 10)
    assert len(calls) == 3


def test_an_error_is_not_kept() -> None:
    @bounded_cache(entries=2, characters=10)
    def fail(text: str) -> str:
        raise ValueError(text)

    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            fail("x")


def test_threads_share_it() -> None:
    function, calls = counted(entries=8)

    def run() -> None:
        for number in range(2_000):
            assert function(str(number % 8)) == (str(number % 8),)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 8 <= len(calls) <= 32


def test_it_holds_no_more_than_its_entries_of_the_largest_keys() -> None:
    @bounded_cache(entries=100, characters=1_000)
    def same(text: str) -> str:
        return text

    def ask(number: int) -> None:
        for index in range(100):
            same(f"{number}-{index}-".ljust(1_000, "x"))
            same(f"{number}-{index}-".ljust(100_000, "x"))

    assert kept(ask) < 200_000
