"""A scenario as it is written down (README.md has the format), and the script of routes that it stands for."""

import json
import re
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from restgql import UpstreamTimeout
from restgql.model import SubRequest
from restgql.upstream.scripted import ScriptedAnswer

HERE = Path(__file__).parent
PATIENCE = 10.0
OWN = "RESTGQL_"

HEAD = re.compile(r"# (?P<title>[A-Z`].*[^.\n])\n\n(?P<prose>(?:.+\n)+)\n(?=```)")
BLOCK = re.compile(r"```(\w+(?: /\S*)?)\n(.*?)^```\n(?:\n|\Z)", re.MULTILINE | re.DOTALL)
KINDS = re.compile(r"routes (config )?graphql plan requests (again )?json")
TYPED_KINDS = re.compile(
    r"(?=.*\b(schema|openapi|views)\b)(schema )?(openapi (/\S* )?)*(views )?(routes )?(upstream /\S* )*"
    r"(config )?(check )?graphql (plan )?requests json"
)
COUNT = re.compile(r"([01]) requests?|(\d+) requests, in (this|any) order")
ROUTE = re.compile(
    r"(?P<method>GET|POST|PUT|PATCH|DELETE) (?P<target>\S+)(?: \[(?P<name>[\w-]+): (?P<value>[^\]]+)\])? → "
    r"(?:(?P<failure>timeout|crash)|(?P<status>\d{3})(?: (?P<json>\S.*?))?)(?: after payload (?P<payload>\d+))?"
)
FAILURES = {"timeout": UpstreamTimeout("The route did not answer in time."), "crash": RuntimeError("a crash")}
JSON = ("Content-Type", "application/json")

WITH_TYPES = re.compile(r"^```(schema|openapi|views)", re.MULTILINE)
_ALL = sorted(HERE.glob("*/*.md"))
TYPED = [path for path in _ALL if WITH_TYPES.search(path.read_text())]
"""The documents with types, which an app serves; the others need none."""
DOCUMENTS = [path for path in _ALL if path not in TYPED]

Route = tuple[re.Match[str], Any]


class Requests(NamedTuple):
    lines: list[str]
    in_order: bool


class Scenario(NamedTuple):
    title: str
    blocks: dict[str, str]
    requests: Requests
    again: Requests | None


def read(text: str) -> Scenario:
    """Raises AssertionError where the document is malformed."""
    head = HEAD.match(text)
    assert head, "a title, an empty line, a paragraph, an empty line, and blocks"
    assert len(re.findall(r"\.\s", head["prose"])) in (1, 2), "one or two sentences"
    found = BLOCK.findall(text[head.end() :])
    assert not BLOCK.sub("", text[head.end() :]), "nothing but blocks"
    kinds = [kind for kind, _ in found]
    assert KINDS.fullmatch(" ".join(kinds)) or TYPED_KINDS.fullmatch(" ".join(kinds)), kinds
    assert len(set(kinds)) == len(kinds), kinds
    blocks = dict(found)
    again = _requests(blocks["again"]) if "again" in blocks else None
    return Scenario(head["title"], blocks, _requests(blocks["requests"]), again)


def variables_of(query: str) -> dict[str, Any]:
    line = re.search(r"^# variables: (.*)", query, re.MULTILINE)
    variables: dict[str, Any] = json.loads(line[1]) if line else {}
    return variables


def headers_of(query: str) -> dict[str, str]:
    line = re.search(r"^# headers: (.*)", query, re.MULTILINE)
    headers: dict[str, str] = json.loads(line[1]) if line else {}
    return headers


def query_string_of(query: str) -> str:
    line = re.search(r"^# query string: (.*)", query, re.MULTILINE)
    return line[1] if line else ""


def config_of(scenario: Scenario) -> dict[str, Any]:
    """Return the keys of a block of configuration as arguments of the gateway."""
    config = {key.removeprefix(OWN).lower(): value for key, value in _lines(scenario) if key.startswith(OWN)}
    if "schema" in config:
        config["schema"] = str(HERE / config["schema"])
    return config


def environment_of(scenario: Scenario) -> dict[str, str]:
    """Return the other lines of a block of configuration: variables of the environment."""
    return {key: value for key, value in _lines(scenario) if not key.startswith(OWN)}


def _lines(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    for line in scenario.blocks.get("config", "").splitlines():
        key, value = line.split(" = ", 1)
        yield key, json.loads(value)


def _requests(text: str) -> Requests:
    first, *requests = text.splitlines()
    count = COUNT.fullmatch(first)
    assert count, first
    assert len(requests) == int(count[1] or count[2]), f"{first}: {requests}"
    return Requests(requests, count[3] != "any")


class Client:
    """Who takes the payloads; answers wait for how many these are. `_changed` guards the count."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def take(self, payloads: Iterable[Any]) -> Iterator[Any]:
        for payload in payloads:
            with self._changed:
                self._count += 1
                self._changed.notify_all()
            yield payload

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._count >= count, PATIENCE), f"payload {count} never came"


def script(text: str, client: Client) -> dict[str, ScriptedAnswer]:
    """The answers of a block of routes, by their target. Raises AssertionError or ValueError where it is malformed."""
    routes: dict[str, list[Route]] = {}
    for route, answer in answers(text):
        assert route["method"] == "GET", route[0]
        routes.setdefault(route["target"], []).append((route, answer))
    return {target: partial(_choose, each, client) for target, each in routes.items()}


def answers(text: str) -> Iterator[Route]:
    """Yield the answers of a block of routes. Raises AssertionError or ValueError where it is malformed."""
    for part in filter(None, re.split(r"\n(?!  )", text.rstrip("\n"))):
        line, *below = part.split("\n")
        route = ROUTE.fullmatch(line)
        assert route, line
        yield route, FAILURES[route["failure"]] if route["failure"] else _response(route, [each[2:] for each in below])


def carried(request: SubRequest) -> list[tuple[str, str]]:
    """The header fields that an operation sets."""
    return [*request.headers, *([] if request.cookie is None else [("cookie", request.cookie)])]


def _response(route: re.Match[str], below: list[str]) -> tuple[int, Any, Any]:
    headers = [tuple(line.split(": ", 1)) for line in below if not line.startswith(("|", "="))]
    text = "\n".join(line[2:] for line in below if line.startswith("|"))
    octets = b"".join(bytes.fromhex(line[1:]) for line in below if line.startswith("="))
    if route["json"] is None:
        return int(route["status"]), octets or text or None, headers
    json.loads(route["json"])
    is_typed = any(name == "Content-Type" for name, _ in headers)
    return int(route["status"]), route["json"].encode(), headers if is_typed else [JSON, *headers]


def _choose(routes: list[Route], client: Client, request: SubRequest) -> Any:
    sent = dict(carried(request))
    fits = (each for each in routes if each[0]["name"] is None or sent.get(each[0]["name"].lower()) == each[0]["value"])
    route, answer = next(fits)
    if route["payload"]:
        client.wait_for(int(route["payload"]))
    return answer
