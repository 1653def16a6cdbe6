"""The threads of the pool: counted rightly whatever the work does, bounded, and there again after a fork."""

import os
import sys
import threading
from typing import Any

import pytest

from restgql.execution.thread_pool import ThreadPool, Ticket, shared
from tests.turnstile import PATIENCE, becomes

SIZE = 9


class Holding:
    """Work that is at it until it is released."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []
        self.released = threading.Event()

    def __call__(self, ticket: Ticket) -> None:
        self.tickets.append(ticket)
        self.released.wait(PATIENCE)


@pytest.fixture
def pool() -> ThreadPool:
    return ThreadPool(SIZE)


def filled(pool: ThreadPool) -> Holding:
    work = Holding()
    assert [pool.start(work) for _ in range(SIZE)] == [True] * SIZE
    assert becomes(lambda: len(work.tickets) == SIZE)
    return work


def ran(pool: ThreadPool) -> bool:
    """Whether the pool still does what it is given."""
    done = threading.Event()
    return pool.start(lambda _: done.set(), wait=PATIENCE) and done.wait(PATIENCE)


def test_a_full_pool_refuses_at_once_or_after_the_wait(pool: ThreadPool) -> None:
    work = filled(pool)
    assert not pool.start(work)
    assert not pool.start(work, wait=0.05)
    assert (pool.busy, pool.stuck) == (SIZE, 0)
    work.released.set()
    assert pool.start(work, wait=PATIENCE)
    assert becomes(lambda: not pool.busy)


def test_one_that_waits_gets_the_thread_of_one_that_is_given_up(pool: ThreadPool) -> None:
    work, waiting = filled(pool), threading.Event()

    def wait() -> None:
        if ran(pool):
            waiting.set()

    thread = threading.Thread(target=wait)
    thread.start()
    pool.give_up(work.tickets[0])
    assert waiting.wait(PATIENCE)
    thread.join()
    work.released.set()
    assert becomes(lambda: not pool.busy and not pool.stuck)


def test_given_up_twice_counts_once(pool: ThreadPool) -> None:
    work = filled(pool)
    for _ in range(2):
        pool.give_up(work.tickets[0])
        assert (pool.busy, pool.stuck) == (SIZE - 1, 1)
    work.released.set()
    assert becomes(lambda: (pool.busy, pool.stuck) == (0, 0))


def test_given_up_when_it_has_just_ended_counts_as_ended(pool: ThreadPool) -> None:
    """The deadline finds a job late, and before it can give up the thread, the thread has gone on."""
    for _ in range(2 * SIZE):
        work = Holding()
        work.released.set()
        assert pool.start(work)
        assert becomes(lambda: not pool.busy)
        pool.give_up(work.tickets[0])
        assert (pool.busy, pool.stuck) == (0, 0)
    assert ran(pool)


def test_no_work_begins_with_as_many_stuck_as_there_may_be(pool: ThreadPool) -> None:
    work = filled(pool)
    for ticket in work.tickets:
        pool.give_up(ticket)
    assert (pool.busy, pool.stuck) == (0, SIZE)
    assert not pool.start(work)
    assert not pool.start(work, wait=PATIENCE), "and at once"
    work.released.set()
    assert becomes(lambda: not pool.stuck)
    assert ran(pool)


def test_those_who_wait_are_refused_when_the_last_is_stuck(pool: ThreadPool) -> None:
    work = filled(pool)
    for ticket in work.tickets[1:]:
        pool.give_up(ticket)
    more = Holding()
    assert [pool.start(more) for _ in range(SIZE - 1)] == [True] * (SIZE - 1)
    refused: list[bool] = []
    threads = [threading.Thread(target=lambda: refused.append(pool.start(more, wait=6 * PATIENCE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    pool.give_up(work.tickets[0])
    for thread in threads:
        thread.join(PATIENCE)
    assert refused == [False] * 4
    work.released.set()
    more.released.set()
    assert becomes(lambda: not pool.busy and not pool.stuck)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_ends_its_thread_leaves_none_that_is_counted_on(pool: ThreadPool) -> None:
    threads: list[threading.Thread] = []

    def work(_: Ticket) -> None:
        threads.append(threading.current_thread())
        raise SystemExit

    for _ in range(SIZE + 1):
        assert pool.start(work, wait=PATIENCE)
    assert becomes(lambda: len(threads) == SIZE + 1)
    for thread in threads:
        thread.join(PATIENCE)
    assert pool.busy == 0
    assert ran(pool)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may have room for such a stack")
def test_a_system_without_threads_refuses_and_recovers(pool: ThreadPool) -> None:
    before = threading.stack_size(1 << 47)  # more than there are addresses
    try:
        for _ in range(SIZE + 1):
            assert not pool.start(lambda _: None)
    finally:
        threading.stack_size(before)
    assert (pool.busy, pool.stuck) == (0, 0)
    assert ran(pool)


def test_threads_are_used_again(pool: ThreadPool) -> None:
    idents: set[int] = set()
    for _ in range(50):
        assert pool.start(lambda _: idents.add(threading.get_ident()), wait=PATIENCE)
        assert becomes(lambda: not pool.busy)
    assert len(idents) <= SIZE


def test_a_size_has_one_pool(pool: ThreadPool) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for size in range(10_000, 10_100):
            barrier, found = threading.Barrier(4), list[ThreadPool]()

            def ask(size: int = size, barrier: Any = barrier, found: Any = found) -> None:
                barrier.wait(PATIENCE)
                found.append(shared(size))

            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert {id(one) for one in found} == {id(shared(size))}
            assert len(found) == 4
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_has_a_pool_of_its_own() -> None:
    pool = shared(SIZE)
    work = filled(pool)
    pool.give_up(work.tickets[0])
    child = os.fork()
    if not child:  # and here nothing else may happen: pytest is the parent's
        own = shared(pool.size)
        os._exit(0 if (own.busy, own.stuck) == (0, 0) and ran(own) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert shared(pool.size) is pool
    assert (pool.busy, pool.stuck) == (pool.size - 1, 1)
    work.released.set()
    assert becomes(lambda: not pool.busy and not pool.stuck)


def test_the_thread_that_worked_last_works_next(pool: ThreadPool) -> None:
    """So that the others come to their end, and what it works with is at hand."""
    work = filled(pool)
    work.released.set()
    assert becomes(lambda: not pool.busy)
    names = set()
    for _ in range(SIZE):
        done = threading.Event()

        def note(ticket: Ticket, done: threading.Event = done) -> None:
            names.add(threading.current_thread().name)
            done.set()

        assert pool.start(note)
        assert done.wait(PATIENCE)
        assert becomes(lambda: not pool.busy)
    assert len(names) == 1
