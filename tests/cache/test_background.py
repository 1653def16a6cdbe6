"""Revalidation in the background: a route that never ends takes one thread, and keeps no other from its own."""

import threading

from restgql.cache.background import SIZE, Background
from restgql.sub_response import SubResponse
from tests.turnstile import PATIENCE, becomes

REPLY = SubResponse(url="/", status=200)


def waiting(released: threading.Event, begun: list[str], name: str) -> SubResponse:
    begun.append(name)
    released.wait(PATIENCE)
    return REPLY


def test_m4_a_route_that_never_ends_keeps_no_other_from_being_refreshed() -> None:
    background = Background(seconds=1)  # longer than eight threads take to begin
    released, begun = threading.Event(), list[str]()
    for number in range(SIZE):
        background.start(number, "/hang", lambda: waiting(released, begun, "hang"))
    assert becomes(lambda: len(begun) == SIZE)
    done = threading.Event()

    def fine() -> SubResponse:
        done.set()
        return REPLY

    def refreshed() -> bool:
        background.start("fine", "/fine", fine)
        return done.wait(0.01)

    assert becomes(refreshed)
    for number in range(SIZE, 3 * SIZE):
        background.start(number, "/hang", lambda: waiting(released, begun, "hang"))
    assert begun == ["hang"] * SIZE, "no more of it begins"
    assert background.running == SIZE
    assert background.within(PATIENCE, "/fine", lambda: REPLY) is REPLY
    released.set()
    assert becomes(lambda: not background.running)
    background.start("again", "/hang", lambda: waiting(released, begun, "again"))
    assert becomes(lambda: "again" in begun)


def test_without_a_thread_the_caller_does_it() -> None:
    background = Background(seconds=PATIENCE, size=1)
    released, begun = threading.Event(), list[str]()
    background.start("hang", "/hang", lambda: waiting(released, begun, "hang"))
    assert becomes(lambda: begun)
    threads = list[int]()

    def work() -> SubResponse:
        threads.append(threading.get_ident())
        return REPLY

    assert background.within(PATIENCE, "/fine", work) is REPLY
    assert threads == [threading.get_ident()]
    released.set()
