"""Apollo Client 4 as a client of the gateway: what it shows of an answer in parts, step by step."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.respond.gated import Gated, making


class Apollo:
    """Runs a document in Apollo Client; `next` is what it shows next."""

    def __init__(self, clients: Path, url: str, document: str) -> None:
        self._process = subprocess.Popen(
            ["node", "apollo.mjs", url, document],
            cwd=clients,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.next() == {"dataState": "empty", "loading": True, "error": None}

    def next(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._process.communicate()[1]
        return json.loads(line)

    def end(self, data: Any) -> None:
        """What it ends with: the data that the cache then has."""
        assert self.next() == {"cached": data}
        out, err = self._process.communicate(timeout=30)
        assert (out, err, self._process.returncode) == ("", "", 0)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def gated() -> Iterator[Gated]:
    with making(Gated) as make:
        yield make()


@pytest.fixture
def apollo(gated: Gated, node_clients: Path, serve: Callable[[Any], str]) -> Iterator[Callable[[str], Apollo]]:
    url = f"{serve(gated.app)}/graphql"
    started: list[Apollo] = []

    def start(document: str) -> Apollo:
        started.append(Apollo(node_clients, url, document))
        return started[-1]

    yield start
    for each in started:
        each.kill()


def shown(data: Any, state: str = "complete", *, loading: bool = False, error: str | None = None) -> Any:
    return {"data": data, "dataState": state, "loading": loading, "error": error}


def test_what_is_deferred_is_shown_later(gated: Gated, apollo: Callable[[str], Apollo]) -> None:
    client = apollo('{ fast: get(path: "/ids") ... @defer { slow: get(path: "/gate/a") } }')
    data = {"__typename": "Query", "fast": [1, 2, 3]}
    assert client.next() == shown(data, "streaming", loading=True)  # the gate is closed
    gated.open("a")
    assert client.next() == shown(data | {"slow": "a"})
    client.end(data | {"slow": "a"})


def test_fragments_below_a_response_are_shown_one_by_one(gated: Gated, apollo: Callable[[str], Apollo]) -> None:
    fragments = " ".join(f'... @defer {{ {name}: get(path: "/gate/{name}") }}' for name in "ab")
    client = apollo(f'{{ fetch(path: "/ids") {{ status {fragments} }} }}')
    found = {"__typename": "RestResponse", "status": 200}
    assert client.next() == shown({"fetch": found}, "streaming", loading=True)
    gated.open("b")
    found["b"] = "b"
    assert client.next() == shown({"fetch": found}, "streaming", loading=True)
    gated.open("a")
    found["a"] = "a"
    assert client.next() == shown({"fetch": found})
    client.end({"fetch": found})


def test_the_items_of_a_list_are_shown_one_by_one(gated: Gated, apollo: Callable[[str], Apollo]) -> None:
    gated.open("1")
    client = apollo('{ fetch(path: "/ids") { each @stream(initialCount: 1) { get(path: "/gate/{item}") } } }')
    items = [{"__typename": "RestItem", "get": name} for name in "123"]
    for count in (1, 2, 3):
        data = {"fetch": {"__typename": "RestResponse", "each": items[:count]}}
        assert client.next() == shown(data, loading=count < 3)
        gated.open(str(count + 1))
    client.end(data)


def test_an_error_of_a_later_part_is_shown(apollo: Callable[[str], Apollo]) -> None:
    client = apollo('{ a: __typename ... @defer { b: get(path: "/teapot") } }')
    data = {"__typename": "Query", "a": "Query"}
    assert client.next() == shown(data, "streaming", loading=True)
    assert client.next() == shown(data | {"b": None}, error="The route answered 418 I'm a Teapot.")
    client.end(data | {"b": None})


def test_without_a_directive_it_is_shown_whole(apollo: Callable[[str], Apollo]) -> None:
    client = apollo('{ ids: get(path: "/ids") }')
    assert client.next() == shown({"ids": [1, 2, 3]})
    client.end({"ids": [1, 2, 3]})
