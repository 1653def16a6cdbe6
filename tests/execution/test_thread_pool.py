"""The threads of the pool: counted rightly whatever the work does, bounded, and there again after a fork."""

import gc
import os
import sys
import threading
import weakref
from typing import Any

import pytest

from restgql.execution.route_threads import Admission, Ticket
from restgql.execution.thread_pool import ThreadPool, shared
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


def lost(pool: ThreadPool, count: int) -> Holding:
    """Work in so many threads that were given up."""
    work = Holding()
    for number in range(count):
        assert pool.start(work)
        assert becomes(lambda number=number: len(work.tickets) > number)  # type: ignore[misc]
        pool.give_up(work.tickets[-1])
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


def test_nobody_who_comes_later_takes_the_thread_of_one_that_waits(pool: ThreadPool) -> None:
    work, order = filled(pool), []
    threads = []
    for number in range(3):
        wait = threading.Thread(target=pool.start, args=(lambda _, number=number: order.append(number), PATIENCE))
        wait.start()
        assert becomes(lambda number=number: pool.waiting == number + 1)  # type: ignore[misc]
        threads.append(wait)
    for ticket in work.tickets[:3]:
        pool.give_up(ticket)
        assert not pool.start(lambda _: order.append(99)), "the room is that of the first who waits"
    for wait in threads:
        wait.join()
    assert becomes(lambda: sorted(order) == [0, 1, 2])
    assert becomes(lambda: pool.busy == SIZE - 3)
    assert ran(pool)
    work.released.set()
    assert becomes(lambda: not pool.busy and not pool.stuck)


def test_a_route_that_is_closed_keeps_no_thread_from_those_who_wait(pool: ThreadPool) -> None:
    hung, work = Holding(), Holding()
    assert pool.start(hung, route="hung")
    assert becomes(lambda: hung.tickets)
    pool.give_up(hung.tickets[0])
    assert [pool.start(work) for _ in range(SIZE)] == [True] * SIZE
    answers: list[bool] = []
    first = threading.Thread(target=lambda: answers.append(pool.start(work, PATIENCE, route="hung")))
    first.start()
    assert becomes(lambda: pool.waiting == 1)
    second = threading.Thread(target=lambda: answers.append(ran(pool)))
    second.start()
    assert becomes(lambda: pool.waiting == 2)
    pool.give_up(work.tickets[0])
    first.join()
    second.join()
    assert sorted(answers) == [False, True]
    hung.released.set()
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
    work = lost(pool, 2 * SIZE)
    assert (pool.busy, pool.stuck) == (0, 2 * SIZE)
    assert not pool.start(work)
    assert not pool.start(work, wait=PATIENCE), "and at once"
    work.released.set()
    assert becomes(lambda: not pool.stuck)
    assert ran(pool)


def test_those_who_wait_are_refused_when_the_last_is_stuck(pool: ThreadPool) -> None:
    work = lost(pool, 2 * SIZE - 1)
    more = Holding()
    assert pool.start(more)
    assert becomes(lambda: more.tickets)
    refused: list[bool] = []
    threads = [threading.Thread(target=lambda: refused.append(pool.start(more, wait=6 * PATIENCE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    pool.give_up(more.tickets[0])
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


# Routes -------------------------------------------------------------------------------------------------------------


class Asking(Holding):
    """Work that asks a route until it is released, if the route has a thread for it."""

    def __init__(self, pool: ThreadPool, route: str) -> None:
        super().__init__()
        self.pool, self.route = pool, route
        self.admissions: list[Admission] = []
        self.turns, self.needed, self.most = 0, 1, 1

    def __call__(self, ticket: Ticket) -> None:
        admission = self.pool.enter(ticket, self.route, self._turn, max_waiting=self.most)
        self.admissions.append(admission)
        if admission is Admission.ENTERED:
            super().__call__(ticket)

    def _turn(self, route: object) -> bool:
        assert route == self.route
        self.turns += 1
        return self.turns <= self.needed


def asked(pool: ThreadPool, work: Asking) -> Admission:
    """Whether one more may ask the route."""
    before = len(work.admissions)
    assert pool.start(work, wait=PATIENCE)
    assert becomes(lambda: len(work.admissions) > before)
    return work.admissions[-1]


def test_a_route_leaves_an_eighth_of_the_threads_to_others() -> None:
    pool = ThreadPool(16)
    one, other, third = Asking(pool, "/one"), Asking(pool, "/one"), Asking(pool, "/one")
    assert {asked(pool, one) for _ in range(14)} == {Admission.ENTERED}
    assert asked(pool, other) is Admission.WAITING
    assert asked(pool, other) is Admission.WAITING, "and it waits once"
    assert pool.waiting == 1
    assert asked(pool, third) is Admission.FULL
    two = Asking(pool, "/two")
    assert [asked(pool, two) for _ in range(2)] == [Admission.ENTERED] * 2
    one.released.set()
    two.released.set()
    assert becomes(lambda: other.turns == 1)
    assert becomes(lambda: not pool.busy)
    assert not pool.waiting


def test_one_that_needs_no_thread_any_longer_passes_its_turn_on() -> None:
    pool = ThreadPool(16)
    one, first, second = Asking(pool, "/one"), Asking(pool, "/one"), Asking(pool, "/one")
    first.needed = 0
    assert {asked(pool, one) for _ in range(14)} == {Admission.ENTERED}
    first.most = second.most = 2
    assert {asked(pool, first), asked(pool, second)} == {Admission.WAITING}
    one.released.set()
    assert becomes(lambda: (first.turns, second.turns) == (1, 1))
    assert becomes(lambda: not pool.busy)
    assert not pool.waiting


def test_the_more_threads_are_lost_the_fewer_one_route_may_have() -> None:
    pool = ThreadPool(16)
    work = lost(pool, 16)
    one, two = Asking(pool, "/one"), Asking(pool, "/two")
    assert [asked(pool, one) for _ in range(7)] == [Admission.ENTERED] * 6 + [Admission.WAITING]
    assert [asked(pool, two) for _ in range(7)] == [Admission.ENTERED] * 6 + [Admission.FULL]
    for each in (work, one, two):
        each.released.set()
    assert becomes(lambda: not pool.busy and not pool.stuck)


def test_a_route_with_an_eighth_of_the_pool_lost_to_it_is_closed_until_one_thread_returns() -> None:
    pool = ThreadPool(16)
    works = [Asking(pool, "/one") for _ in range(2)]
    for work in works:
        assert asked(pool, work) is Admission.ENTERED
        assert becomes(lambda work=work: work.tickets)  # type: ignore[misc]
        pool.give_up(work.tickets[0])
    one = Asking(pool, "/one")
    assert asked(pool, one) is Admission.CLOSED
    assert not pool.start(one, route="/one")
    assert asked(pool, Asking(pool, "/two")) is Admission.ENTERED
    works[0].released.set()
    assert becomes(lambda: pool.stuck == 1)
    assert asked(pool, one) is Admission.ENTERED
    works[1].released.set()
    one.released.set()


def test_no_route_is_remembered_that_has_no_thread() -> None:
    pool = ThreadPool(16)
    for number in range(100):
        work = Asking(pool, f"/{number}")
        work.released.set()
        assert asked(pool, work) is Admission.ENTERED
        assert becomes(lambda: not pool.busy)
    assert not pool._routes._by_route


# What a thread keeps ------------------------------------------------------------------------------------------------


class Kept:
    """Something that work refers to."""

    def __call__(self, ticket: Ticket) -> None:
        """Do nothing."""


def test_m3_a_thread_keeps_nothing_of_its_work(pool: ThreadPool) -> None:
    """Neither of the work that it was made for, nor of the last."""
    for _ in range(3):
        work = Kept()
        kept = weakref.ref(work)
        assert pool.start(work)
        del work
        assert becomes(lambda: not pool.busy)
        gc.collect()
        assert becomes(lambda kept=kept: kept() is None)  # type: ignore[misc]
