"""The payloads of this executor and those of graphql-js 17.0.0-alpha.9, of the same operations over the same values."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.respond import schema
from tests.respond.documents import VARIABLES, Writer
from tests.respond.payloads import Merged, Payload, story

MANY = 1_000
NONE_SLOW: frozenset[str] = frozenset()

Answers = list[list[Payload] | str | None]


class GraphQLJs:
    """Runs documents through graphql-js, all of them in one process."""

    def __init__(self, clients: Path) -> None:
        self._clients = clients

    def payloads(self, documents: list[str], *, plain: bool = False) -> Answers:
        """Of each document its payloads, or what graphql-js raised, or None where it never came to an end.

        Not `plain` is where the values of lists come one by one.
        """
        given = {"sdl": schema.SDL, "values": schema.VALUES, "raise": ["fails", "bang"], "variables": VARIABLES}
        run = subprocess.run(
            ["node", "payloads.mjs"],
            cwd=self._clients,
            input=json.dumps(given | {"documents": documents, "plain": plain}),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert run.returncode == 0, run.stderr
        answers: Answers = [json.loads(line) for line in run.stdout.splitlines()]
        assert len(answers) == len(documents)
        return answers


@pytest.fixture(scope="module")
def graphql_js(node_clients: Path) -> GraphQLJs:
    return GraphQLJs(node_clients)


def ours(text: str) -> list[Payload]:
    """The payloads as a client reads them, where nothing has to be waited for."""
    payloads: list[Payload] = json.loads(json.dumps(schema.in_parts(text, NONE_SLOW, Random(0)).payloads))
    return payloads


def without_locations(payloads: list[Payload]) -> list[Payload]:
    for payload in payloads:
        for each in (payload, *payload.get("incremental", ()), *payload.get("completed", ())):
            for error in each.get("errors", ()):
                error.pop("locations", None)
    return payloads


def written(*, bangs: bool) -> list[str]:
    """Operations in which each fragment is spread once: where it is spread at once and deferred, too, graphql-js 17.0
    no longer does what its alpha 9 did."""
    writers = (Writer(Random(n), schema.kinds(bangs=bangs), "Query", repeats=False) for n in range(MANY))
    return [text for text in (writer.text() for writer in writers) if "@" in text]


def compared(graphql_js: GraphQLJs, documents: list[str]) -> Iterator[tuple[str, list[Payload], list[Payload]]]:
    """Each document with the payloads of both, where those of graphql-js keep to the rules: its alpha 9 tells of a list
    that two fragments stream twice, and at times it does not end."""
    count = 0
    for text, answer in zip(documents, graphql_js.payloads(documents), strict=True):
        if isinstance(answer, list) and keeps_to_the_rules(answer):
            count += 1
            yield text, ours(text), answer
    assert count > 0.95 * len(documents)


def keeps_to_the_rules(payloads: list[Payload]) -> bool:
    try:
        merged(payloads)
    except (AssertionError, LookupError, TypeError):
        return False
    return True


def merged(payloads: list[Payload]) -> Merged:
    found = Merged()
    for payload in payloads:
        found.take(payload)
    return found


def test_of_random_operations_the_same_comes_at_once_and_later(graphql_js: GraphQLJs) -> None:
    later = 0
    for text, mine, theirs in compared(graphql_js, written(bangs=False)):
        assert merged(mine).data == merged(theirs).data, text
        assert merged(mine).failures == merged(theirs).failures, text
        # In which order what is ready is told is each executor's own.
        assert story(mine) == story(theirs), text
        later += len(story(mine).incremental)
    assert later > MANY


def test_where_a_null_goes_up_the_same_fragments_and_lists_fail(graphql_js: GraphQLJs) -> None:
    failed = 0
    for text, mine, theirs in compared(graphql_js, written(bangs=True)):
        # Which errors are told beside the one that made the null is each executor's own.
        assert (story(mine).data, story(mine).failed) == (story(theirs).data, story(theirs).failed), text
        failed += len(story(mine).failed)
    assert failed > MANY / 10


EXACT = [
    "{ a }",
    "{ a ... @defer { b } }",
    '{ ... @defer(label: "x") { a b } }',
    "{ ... @defer { a } ... @defer { b } }",
    "{ ... @defer { a b } ... @defer { b nothing } }",
    "{ a ... @defer { a } }",
    "{ ... @defer { a ... @defer { b } } }",
    "{ ... @defer { ... @defer { b } } }",
    "{ one { a ... @defer { b } } }",
    "{ one { a } ... @defer { one { b sure { a } } } }",
    "{ ... @defer { one { b } } ... @defer { one { b a } } }",
    "{ things { ... @defer { a } } }",
    "{ things { a } ... @defer { things { b } } }",
    "{ ... @defer { fails b } }",
    "{ ... @defer { bang b } a }",
    "{ one { ... @defer { bang } a } }",
    "{ ... @defer { one { bang } } a }",
    "{ ... @defer { bang a ... @defer { b } } }",
    "{ sure { bang } ... @defer { a } }",
    "{ one { bang ... @defer { a } } b }",
    '{ ...F @defer } fragment F on Query { a one { ...G @defer(label: "g") } } fragment G on Thing { b }',
    "query ($no: Boolean!) { ... @defer(if: $no) { a } ... @defer { b } }",
    "query ($yes: Boolean!) { ... @defer(if: $yes) { a } }",
    "{ node { ... on Thing @defer { a } ... on Other @defer { b } } }",
    "{ things @stream { a } }",
    "{ things @stream(initialCount: 1) { a } }",
    '{ things @stream(initialCount: 2, label: "s") { a } }',
    "{ things @stream(initialCount: 3) { a } }",
    "{ things @stream(initialCount: 9) { a } }",
    "query ($no: Boolean!) { things @stream(if: $no) { a } }",
    "{ full @stream(initialCount: 2) { fails a } }",
    "{ full @stream(initialCount: 2) { bang } }",
    "{ full @stream(initialCount: 2) { ... @defer { a } b } }",
    "{ holed @stream(initialCount: 1) { a } }",
    "{ holed @stream { a } }",
    "{ ... @defer { things @stream(initialCount: 1) { a } } }",
    "{ grid @stream(initialCount: 1) { a } }",
    "{ nodes @stream(initialCount: 1) { a ... on Other { b } } }",
]


@pytest.fixture(scope="module")
def exact(graphql_js: GraphQLJs) -> dict[str, Any]:
    return dict(zip(EXACT, graphql_js.payloads(EXACT, plain=True), strict=True))


@pytest.mark.parametrize("text", EXACT)
def test_the_payloads_are_the_same(exact: dict[str, Any], text: str) -> None:
    assert ours(text) == without_locations(exact[text])
