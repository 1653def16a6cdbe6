"""One attempt on the app under attack: its cost, and the things that are wrong with its answer."""

import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.hardening.cost_app import NDJSON, SSE, Answer, Request, graphql, send
from tests.hardening.measure import Cost, Killed, Process, cost

SMALL_BODY, LARGE_BODY = 65_536, 1_000_000
NOISE_SECONDS = 0.05
"""The CPU that a measurement of the same work may differ by; the better of two attempts counts."""

CODES = {
    "BAD_REQUEST",
    "BAD_PATH",
    "BAD_SELECT",
    "CANCELLED",
    "LIMIT_EXCEEDED",
    "MISSING_PARAMETER",
    "NESTED_REQUEST",
    "NOT_ALLOWED",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    "TIMEOUT",
    "UPSTREAM_INVALID",
    "UPSTREAM_STATUS",
}
"""The codes of the errors that a client, a limit or a route is to blame for."""

LONGEST_ANSWER = 30_000_000


class Attempt(NamedTuple):
    cost: Cost
    status: int
    size: int
    codes: frozenset[str]
    limits: frozenset[str]
    faults: tuple[str, ...]
    beginning: str

    def __str__(self) -> str:
        codes = ", ".join(sorted(self.codes | self.limits)) or "no error"
        return f"{self.cost}; status {self.status}, {self.size} bytes, {codes}: {self.beginning}"


def allowed(request: Request) -> tuple[float, float]:
    """Return the seconds of CPU and the megabytes that a request of its size may cost."""
    assert request.size <= LARGE_BODY + SMALL_BODY
    return (0.25, 50.0) if request.size <= SMALL_BODY else (1.0, 100.0)


def attempted(process: Process, request: Request) -> Attempt | Killed:
    """Return the better of two attempts, or the first if it is within the limits."""
    first: Attempt | Killed = process.call(attempt, request)
    if not too_dear(request, first):
        return first
    if isinstance(first, Killed) or first.cost.cpu > 2 * allowed(request)[0]:
        return first
    again: Attempt | Killed = process.call(attempt, request)
    return first if isinstance(again, Killed) or again.cost.cpu > first.cost.cpu else again


def too_dear(request: Request, made: Attempt | Killed) -> bool:
    seconds, megabytes = allowed(request)
    return isinstance(made, Killed) or made.cost.cpu > seconds + NOISE_SECONDS or made.cost.megabytes > megabytes


def faults(request: Request, made: Attempt | Killed) -> list[str]:
    """Return the bounds that an attempt is over, and the things that are wrong with its answer."""
    seconds, megabytes = allowed(request)
    if isinstance(made, Killed):
        return [f"ended by {made.reason}"]
    wrong = list(made.faults)
    if made.cost.cpu > seconds + NOISE_SECONDS:
        wrong.append(f"over {seconds} s of CPU")
    if made.cost.megabytes > megabytes:
        wrong.append(f"over {megabytes} MB")
    return [*wrong, str(made)] if wrong else []


_warm: set[tuple[str, bool]] = set()


def attempt(request: Request) -> Attempt:
    """Send a request, after others have warmed the app up if none has before."""
    if (request.variant, request.threads) not in _warm:
        warm_up(request.variant, request.threads)
    spent, answer = cost(lambda: send(request))
    sys.setrecursionlimit(50_000)
    codes: set[str] = set()
    limits: set[str] = set()
    wrong = []
    if answer.status >= 500 and not _of_a_result(request, answer):
        wrong.append(f"status {answer.status}")
    if len(answer.body) > LONGEST_ANSWER:
        wrong.append(f"an answer of {len(answer.body)} bytes")
    else:
        try:
            for value in values(answer):
                for error in errors(value):
                    extensions = error.get("extensions", error)
                    codes.add(str(extensions.get("code", "no code")))
                    if "limit" in extensions:
                        limits.add(extensions["limit"])
        except (ValueError, UnicodeDecodeError, RecursionError) as exc:
            wrong.append(f"an answer that is not strict JSON: {str(exc)[:200]}")
    if unknown := codes - CODES:
        wrong.append(f"errors with {', '.join(sorted(unknown))}")
    beginning = answer.body[:200].decode(errors="replace")
    return Attempt(spent, answer.status, len(answer.body), frozenset(codes), frozenset(limits), tuple(wrong), beginning)


def _of_a_result(request: Request, answer: Answer) -> bool:
    """Return True for the problem of a stored operation's result: of a route, an expression or a limit."""
    return request.path.startswith("/graphql/") and answer.status in (502, 504) and "problem" in answer.content_type


def warm_up(variant: str, threads: bool) -> None:
    """Send ordinary requests, so that an app has made all that it makes once."""
    _warm.add((variant, threads))
    typed = "{ t0(id: 1) { id all { title } } }" if variant == "wide" else "{ posts { title author { name } } }"
    ordinary = [
        graphql('{ __typename get(path: "/ok", select: "ok") fetch(path: "/list") { status json each { json } } }'),
        graphql('query ($p: JSON) { get(path: "/ok{?p*}", params: {p: $p}) }', {"p": [1, 2]}),
        graphql(typed),
        graphql(typed, accept=SSE),
        graphql('{ __type(name: "Query") { name fields { name type { name } } } }'),
        graphql('{ fetch(path: "/list") { getEach(path: "/posts/{id}", select: "[].title") } }'),
        Request(b'["/ok", "/list"]', "/aggregate"),
        Request(b'["/ok", "/list"]', "/aggregate", accept=NDJSON),
        Request(path="/graphql/plain?text=a", method="GET", content_type=""),
    ]
    for request in ordinary:
        for _ in range(2):
            send(request._replace(variant=variant, threads=threads))


def values(answer: Answer) -> Iterator[Any]:
    """Yield the JSON values of an answer: one, or one of each part. Raises ValueError."""
    text = answer.body.decode()
    if answer.content_type.startswith(SSE):
        parts = [line.removeprefix("data:") for line in text.splitlines() if line.startswith("data:")]
    elif answer.content_type.startswith("multipart/mixed"):
        parts = [part.partition("\r\n\r\n")[2].rstrip("-") for part in text.split("\r\n---")]
    elif answer.content_type.startswith(NDJSON):
        parts = text.splitlines()
    elif "json" in answer.content_type:
        parts = [text]
    else:
        parts = []
    for part in parts:
        if part.strip():
            yield strict(part)


def strict(text: str) -> Any:
    """Return the value of strict JSON in UTF-8. Raises ValueError."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    value = json.loads(text, parse_constant=refuse)
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate would not go
    return value


def errors(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the errors of a GraphQL answer, of each of a batch, of a payload, or problem details."""
    if isinstance(value, list):
        for item in value:
            yield from errors(item)
    elif isinstance(value, dict):
        if "code" in value and "status" in value:
            yield value
        for error in value.get("errors") or ():
            if isinstance(error, dict) and "parameter" not in error:  # a stored operation's parameter has a reason
                yield error
        for key in ("incremental", "completed"):
            yield from errors(value.get(key))
