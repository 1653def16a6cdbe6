"""Many threads at once, which Python switches between as often as it can (U3): the answers of one thread."""

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import graphene
import pytest
from flask import Flask, g, request

import restgql
from restgql import JSON, Gateway, Scripted
from tests.hardening.client import EVENTS, MULTIPART, WHOLE, ask, codes
from tests.respond.payloads import Merged, Payload
from tests.scenarios.document import DOCUMENTS, Client, config_of, read, script
from tests.scenarios.test_scenarios import line_of

THREADS = 8
ROUNDS = 6


@pytest.fixture(autouse=True)
def _often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """The result of each of the threads, which begin together. Raises what one of them raises."""
    together = threading.Barrier(THREADS)

    def run(number: int) -> Any:
        together.wait(10)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def put_together(payloads: list[Payload]) -> Any:
    """The data of payloads, and their errors: the payloads that bring them, and their order, depend on time."""
    if "data" not in payloads[0]:
        return payloads
    merged = Merged()
    for payload in payloads:
        merged.take(payload)
    assert merged.ended
    return merged.data, sorted(json.dumps(error, sort_keys=True) for error in merged.errors)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_u3_a_scenario_has_the_same_answer_on_many_threads(path: Path) -> None:
    scenario, client = read(path.read_text()), Client()
    expected, config = json.loads(scenario.blocks["json"]), config_of(scenario)
    scripted = Scripted(script(scenario.blocks["routes"], client), **config)
    query = scenario.blocks["graphql"]
    declared = re.match(r"# variables: (.*)", query)
    variables = json.loads(declared[1]) if declared else {}

    def run(number: int) -> Any:
        if isinstance(expected, list):
            return put_together([*client.take(scripted.payloads(query, variables))])
        return scripted.execute(query, variables)

    alone = put_together(expected) if isinstance(expected, list) else expected
    for answer in at_once(run):
        assert answer == alone
        assert isinstance(expected, list) or json.dumps(answer) == json.dumps(alone)
    if "cache" not in config and scenario.again is None:
        asked = Counter(map(line_of, scripted.requests))
        assert asked == {line: count * THREADS for line, count in Counter(scenario.requests.lines).items()}


class Box(graphene.InputObjectType):
    of = graphene.String()
    tags = graphene.List(graphene.String)


class Shared:
    """An app for many callers: its routes, its types and its resolvers say who asked for what."""

    def __init__(self, folder: Path) -> None:
        self.app = app = Flask("shared")
        self.calls: Counter[str] = Counter()
        self.written: list[str] = []

        @app.before_request
        def remember() -> None:
            g.caller = request.headers.get("X-Caller")

        @app.route("/who/<id>", methods=["GET", "POST"])
        def who(id: str) -> dict[str, Any]:
            if request.method == "POST":
                self.written.append(f"{g.caller} {id}")
            return {"id": id, "by": g.caller, "next": [f"{id}-{number}" for number in range(2)]}

        (folder / "types.graphql").write_text(
            'type Query { typed(id: ID!): Who @get(path: "/who/{id}") } '
            'type Who { id: ID, by: String, self: Who @get(path: "/who/{id}{by}") } '
            'type Mutation { write(id: ID!): Who @post(path: "/who/{id}") }'
        )
        query, mutation = self._types()
        self.gateway = Gateway(
            app,
            query=query,
            mutation=mutation,
            schema=str(folder),
            routes=["*"],
            verbs=["GET", "POST"],
            deadline=60,
            subrequest_timeout=60,
        )

    def _types(self) -> tuple[type, type]:
        shared = self

        def resolve(source: Any, info: Any, box: Any, extra: Any) -> Any:
            caller = g.caller
            shared.calls[f"{caller} {extra['id']} {info.path.as_list()}"] += 1
            sent = {"box": json.loads(json.dumps(box)), "extra": json.loads(json.dumps(extra))}
            box.setdefault("owner", caller)
            box["tags"].append(caller)
            extra["by"] = caller
            asked = shared.gateway.get(f"/who/{extra['id']}")["by"]
            return {"sent": sent, "asked": asked, "caller": request.headers["X-Caller"]}

        arguments = {"box": graphene.Argument(Box, required=True), "extra": graphene.Argument(JSON, required=True)}

        class Seen(graphene.ObjectType):
            sent = graphene.Field(JSON)
            asked = graphene.String()
            caller = graphene.String()
            below = graphene.Field(lambda: Seen, args=arguments, resolver=resolve)

        fields = {
            "seen": graphene.Field(Seen, args=arguments, resolver=resolve),
            "planned": restgql.Get(JSON, path="/who/{id}", id=graphene.String(required=True), select="by"),
        }
        query = type("Query", (graphene.ObjectType,), fields)
        mutation = type("Mutation", (graphene.ObjectType,), {"change": fields["seen"]})
        return query, mutation


SEEN = """(box: {of: $id, tags: ["a"]}, extra: {id: $id}) { sent asked caller
  %s { below(box: $box, extra: {id: $id, deep: [$id]}) { sent asked caller } } }"""
READ = f"""query ($id: String!, $key: ID!, $box: Box!) {{
  seen{SEEN} again: seen{SEEN}
  typed(id: $key) {{ id by self {{ by }} }}
  planned(id: $id)
  get(path: "/who/{{id}}", params: {{id: $id}})
  fetch(path: "/who/{{id}}", params: {{id: $id}}) {{
    %s {{ getEach(over: "next", path: "/who/{{item}}", select: "[].id") }}
  }}
}}"""
WRITE = f"""mutation ($id: String!, $key: ID!, $box: Box!) {{
  change{SEEN} write(id: $key) {{ id by self {{ by }} }}
  post(path: "/who/{{id}}", params: {{id: $id}}) {{ %s {{ get(path: "/who/{{id}}", select: "by") }} }}
}}"""


def seen_by(caller: str, id: str) -> dict[str, Any]:
    first = {"box": {"of": id, "tags": ["a"]}, "extra": {"id": id}}
    second = {"box": {"of": f"box {id}", "tags": ["b", id]}, "extra": {"id": id, "deep": [id]}}
    below = {"sent": second, "asked": caller, "caller": caller}
    return {"sent": first, "asked": caller, "caller": caller, "below": below}


def read_by(caller: str, id: str) -> dict[str, Any]:
    who = {"id": id, "by": caller, "self": {"by": caller}}
    names = [f"{id}-0", f"{id}-1"]
    seen = seen_by(caller, id)
    return {
        "seen": seen,
        "again": seen,
        "typed": who,
        "planned": caller,
        "get": {"id": id, "by": caller, "next": names},
        "fetch": {"getEach": names},
    }


def written_by(caller: str, id: str) -> dict[str, Any]:
    who = {"id": id, "by": caller, "self": {"by": caller}}
    return {"change": seen_by(caller, id), "write": who, "post": {"get": caller}}


@pytest.mark.parametrize("accept", [WHOLE, MULTIPART, EVENTS])
@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_u3_each_of_many_callers_gets_an_answer_of_its_own(tmp_path: Path, accept: str, kind: str) -> None:
    shared = Shared(tmp_path)
    document, expected = (READ, read_by) if kind == "query" else (WRITE, written_by)
    later = "..." if accept == WHOLE else "... @defer"
    document = document.replace("%s", later)

    def run(number: int) -> None:
        caller = f"caller{number}"
        for turn in range(ROUNDS):
            id = f"{number}x{turn}"
            variables = {"id": id, "key": id, "box": {"of": f"box {id}", "tags": ["b", id]}}
            answer = ask(shared.app, document, variables, accept=accept, headers={"X-Caller": caller})
            response = answer.merged
            assert codes(response) == {}
            assert response["data"] == expected(caller, id)

    at_once(run)
    assert set(shared.calls.values()) == {1}
    assert len(shared.calls) == THREADS * ROUNDS * (4 if kind == "query" else 2)
    mine = [f"caller{number} {number}x{turn}" for number in range(THREADS) for turn in range(ROUNDS)]
    assert Counter(shared.written) == (dict.fromkeys(mine, 2) if kind == "mutation" else {})
