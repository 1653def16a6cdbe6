"""M1, by a grammar: requests made at random cost what their size allows, and are answered in strict JSON.

RESTGQL_FUZZ_REQUESTS sets how many, RESTGQL_FUZZ_SEED which requests: the same every time, unless it is set.
"""

import os

from tests.hardening.attempt import Attempt, attempt, attempted, faults
from tests.hardening.cost_app import Request
from tests.hardening.grammar import Grammar
from tests.hardening.measure import Killed, Process

REQUESTS = int(os.environ.get("RESTGQL_FUZZ_REQUESTS", "200"))
SEED = os.environ.get("RESTGQL_FUZZ_SEED", "1")
IN_ONE_PROCESS = 20
MOST_FAILURES = 5
SHOWN = 3_000


def made(number: int) -> Request:
    return Grammar(f"{SEED}:{number}").request()


def of_one_process(seed: str, first: int) -> list[Attempt]:
    """Return the attempts of some requests, made one after the other in one process."""
    return [attempt(Grammar(f"{seed}:{number}").request()) for number in range(first, first + IN_ONE_PROCESS)]


def test_m1_random_requests_cost_what_their_size_allows(process: Process) -> None:
    failures: list[str] = []
    answered = 0
    for first in range(0, REQUESTS, IN_ONE_PROCESS):
        if len(failures) >= MOST_FAILURES:
            break
        attempts = process.call(of_one_process, SEED, first, cpu_seconds=15)
        for offset in range(IN_ONE_PROCESS):
            request = made(first + offset)
            if not isinstance(attempts, Killed):
                answered += attempts[offset].status == 200
                if not faults(request, attempts[offset]):
                    continue
            if wrong := faults(request, attempted(process, request)):
                failures.append(f"seed {SEED}:{first + offset}: {wrong}\n{shown(request)}")
                if len(failures) >= MOST_FAILURES:
                    break
    assert not failures, "\n\n".join(failures)
    assert answered > REQUESTS / 4  # most of what the grammar makes is valid


def shown(request: Request) -> str:
    text = request.body.decode(errors="replace")
    return f"{request.method} {request.path[:SHOWN]} {request._replace(body=b'', path='')}\n{text[:SHOWN]}"


def test_m1_the_same_seed_makes_the_same_requests() -> None:
    assert [made(number) for number in range(20)] == [made(number) for number in range(20)]
