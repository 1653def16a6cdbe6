"""Work that takes much memory, and the memory that stays taken after it has ended."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

import gc
import json
import os
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from tests.hardening.attacks.uploads import upload
from tests.hardening.attacks.write import many
from tests.hardening.cost_app import MIXED, NDJSON, SSE, Ballast, Request, app, at_once, graphql, send, start
from tests.hardening.holdings import large, sizes
from tests.hardening.measure import cost, resident
from tests.hardening.traffic import all_of_it

LET_GO_SECONDS = 5
FEW = [graphql('{ get(path: "/ok") }', threads=threads) for threads in (False, True)]


class Kept(NamedTuple):
    """What stays after some work: megabytes, large values and ballast; and the peak while it ran."""

    megabytes: float
    values: int
    ballast: int
    peak: float
    answers: tuple[tuple[int, str], ...]


def kept_of(name: str) -> Kept:
    """Return what stays of the work of a name."""
    work = WORK[name]
    for _ in range(3):
        for request in FEW:
            send(request)
            send(request._replace(variant="impatient"))
            send(request._replace(variant="writing"))
            send(Request(b'["/ok"]', "/aggregate", threads=request.threads, accept=NDJSON))
    gc.collect()
    known, before = large(), resident()
    spent, answers = cost(work)
    until = time.monotonic() + LET_GO_SECONDS
    values = 1
    while (values or Ballast.alive()) and time.monotonic() < until:
        for request in FEW * 10:
            send(request)
            send(request._replace(variant="impatient"))
        time.sleep(0.2)
        gc.collect()
        values = sum(size for value, size in large().items() if value not in known)
    return Kept(resident() - before, values, Ballast.alive(), spent.megabytes, tuple(answers))


def summary(answers: list[Any]) -> list[tuple[int, str]]:
    return [(answer.status, answer.body[:120].decode(errors="replace")) for answer in answers]


def operations_at_once(threads: bool) -> list[tuple[int, str]]:
    """Run 16 operations at once, of four replies of 4.5 MB each."""
    query = "{ %s }" % many(4, 'a#: fetch(path: "/big?#") { status }')
    return summary(at_once([graphql(query, threads=threads)] * 16))


def aggregates_at_once(threads: bool) -> list[tuple[int, str]]:
    sent = Request(json.dumps([f"/big?{n}" for n in range(4)]).encode(), "/aggregate", threads=threads)
    return [(status, body[:20]) for status, body in summary(at_once([sent] * 16))]


def one_upload_in_50_places(threads: bool) -> list[tuple[int, str]]:
    return one_upload(many(50, 'm#: post(path: "/form", files: [{name: "f", file: $f#}]) { status }'), threads)


def one_upload_in_a_list(threads: bool) -> list[tuple[int, str]]:
    """Send one file 50 times in one field, which is over RESTGQL_MAX_UPLOAD."""
    files = many(50, '{name: "f#", file: $f#}', ",")
    return one_upload(f'post(path: "/form", files: [{files}]) {{ status }}', threads)


def one_upload(fields: str, threads: bool) -> list[tuple[int, str]]:
    """Send one file of 5 MB as each of 50 variables."""
    names = [f"f{number}" for number in range(50)]
    query = f"mutation ({many(50, '$f#: Upload!')}) {{ {fields} }}"
    places = {"0": [f"variables.{name}" for name in names]}
    sent = upload({"query": query, "variables": dict.fromkeys(names)}, places, {"0": os.urandom(5_000_000)})
    return summary([send(sent._replace(threads=threads))])


def large_bodies(threads: bool) -> list[tuple[int, str]]:
    query = "mutation ($b: JSON) { %s }" % many(4, 'm#: post(path: "/form", body: $b) { status json }')
    requests = [
        graphql(query, {"b": chr(97 + number) * 900_000}, variant="writing", threads=threads) for number in range(16)
    ]
    return summary(at_once(requests))


def large_variables(threads: bool) -> list[tuple[int, str]]:
    query = "query ($b: JSON) { %s }" % many(9, 'm#: get(path: "/ok?#", params: {b: $b})')
    return summary(at_once([graphql(query, {"b": "v" * 900_000 + str(n)}, threads=threads) for n in range(16)]))


def abandoned(sent: Request) -> tuple[int, str]:
    """Take the first part of a stream, and close it."""
    began, parts = start(sent)
    first = b"".join(islice(iter(parts), 1))
    parts.close()  # type: ignore[attr-defined]
    return int(began[0].split()[0]), first[:120].decode(errors="replace")


def abandoned_streams(threads: bool) -> list[tuple[int, str]]:
    document = '{ ok: get(path: "/ok") ... @defer { %s } }' % many(4, 'a#: get(path: "/big?#")')
    streamed = '{ ok: fetch(path: "/big") { each(over: "[@,@,@,@]") @stream { json } } }'
    answers = []
    for number in range(8):
        answers.append(abandoned(graphql(document, accept=SSE if number % 2 else MIXED, threads=threads)))
        answers.append(abandoned(graphql(streamed, accept=MIXED if number % 2 else SSE, threads=threads)))
    return answers


def abandoned_lines(threads: bool) -> list[tuple[int, str]]:
    paths = json.dumps(["/ok", *(f"/big?{number}" for number in range(4))]).encode()
    ways = [("/aggregate", NDJSON), ("/aggregate", SSE), ("/aggregate?stream=true", "application/json")]
    return [abandoned(Request(paths, path, accept=accept, threads=threads)) for path, accept in ways for _ in range(4)]


def streams_not_begun(threads: bool) -> list[tuple[int, str]]:
    """Close the parts of answers, none of which was taken."""
    answers = []
    for number in range(8):
        sent = Request(json.dumps([f"/big?{number}{n}" for n in range(4)]).encode(), "/aggregate", accept=NDJSON)
        began, parts = start(sent._replace(threads=threads))
        parts.close()  # type: ignore[attr-defined]
        answers.append((int(began[0].split()[0]), ""))
    return answers


def routes_that_raise(threads: bool) -> list[tuple[int, str]]:
    query = "{ %s }" % many(8, 'a#: get(path: "/raises?#") n#: fetch(path: "/raises?not_found=#") { status }')
    sent = graphql(query, threads=threads)
    return summary([send(sent) for _ in range(3)])


def resolvers_that_raise(threads: bool) -> list[tuple[int, str]]:
    return summary([send(graphql("{ failing }", threads=threads)) for _ in range(8)])


def late_routes(threads: bool) -> list[tuple[int, str]]:
    """Wait for routes that answer after their time, and then until they have."""
    query = "{ %s }" % many(8, 'a#: get(path: "/late?seconds=0.8&n=#")')
    answers = summary([send(graphql(query, variant="impatient", threads=threads)) for _ in range(2)])
    time.sleep(1)
    return answers


def errors_of_large_values(threads: bool) -> list[tuple[int, str]]:
    query = "{ %s }" % many(4, 'a#: get(path: "/big?#", select: "sum(x)") b#: get(path: "/big?#", select: "x|abs(@)")')
    return summary([send(graphql(query, threads=threads)) for _ in range(4)])


def calls_in_python(threads: bool) -> list[tuple[int, str]]:
    gateway = app("open").extensions["cost"]
    answers = []
    for number in range(6):
        answer = gateway.execute('query ($n: JSON) { get(path: "/big{?n}", params: {n: $n}) }', {"n": number})
        answers.append((200, str(answer)[:20]))
    return answers


_KINDS: dict[str, Callable[[bool], list[tuple[int, str]]]] = {
    "16 operations of 18 MB at once": operations_at_once,
    "16 aggregates of 18 MB at once": aggregates_at_once,
    "one upload of 5 MB in 50 places": one_upload_in_50_places,
    "one upload of 5 MB, 50 times in one field": one_upload_in_a_list,
    "bodies of mutations": large_bodies,
    "variables": large_variables,
    "streams that the client leaves": abandoned_streams,
    "lines that the client leaves": abandoned_lines,
    "streams of which no part was taken": streams_not_begun,
    "routes that raise": routes_that_raise,
    "resolvers that raise": resolvers_that_raise,
    "routes that answer too late": late_routes,
    "expressions that fail on large values": errors_of_large_values,
    "calls in Python": calls_in_python,
}
WORK: dict[str, Callable[[], list[tuple[int, str]]]] = {
    f"{name}, {'in threads' if threads else 'in one thread'}": partial(work, threads)
    for name, work in _KINDS.items()
    for threads in (False, True)
}


def holdings(times: int) -> dict[str, float]:
    """Return the megabytes that each cache and container has grown by after so much of all traffic of long values.

    Before it, they hold the schemas and the state of five apps.
    """
    gc.unfreeze()  # else the collector does not tell of what was made before the fork
    before = sizes()
    all_of_it(times)
    gc.collect()
    return {name: size - before.get(name, 0.0) for name, size in sizes().items()}
