"""The payloads of an answer in parts, put together as graphql-js's clients do it, and held to the rules of the RFC."""

import json
from collections import Counter
from copy import deepcopy
from typing import Any, NamedTuple

Payload = dict[str, Any]
Keys = tuple[str | int, ...]


class Merged:
    """The answer so far. `take` asserts what every sequence of payloads must keep to."""

    def __init__(self) -> None:
        self.data: Any = None
        self.errors: list[Payload] = []
        self.pending: dict[str, Payload] = {}
        self.payloads: list[Payload] = []
        self.ended = False
        self._told: set[str] = set()

    def take(self, payload: Payload) -> "Merged":
        assert not self.ended, "nothing comes after the last payload"
        assert payload.keys() <= {"data", "errors", "extensions", "pending", "incremental", "completed", "hasNext"}
        assert ("data" in payload) is (not self.payloads), "data is in the first payload alone"
        self.payloads.append(payload)
        payload = deepcopy(payload)  # its lists and objects grow here
        if "data" in payload:
            self.data = payload["data"]
            self.errors += payload.get("errors", [])
            self.ended = "hasNext" not in payload
            assert not self.ended or payload.keys() <= {"data", "errors", "extensions"}, "it is a whole answer"
        else:
            assert "errors" not in payload, "a later error is of what it came with"
        for each in payload.get("pending", []):
            assert each.keys() <= {"id", "path", "label"}
            assert each["id"] not in self._told, "an id is never told twice"
            self._told.add(each["id"])
            self.pending[each["id"]] = each
        for each in payload.get("incremental", []):
            self._merge(each)
        for each in payload.get("completed", []):
            assert each.keys() <= {"id", "errors"}
            assert each["id"] in self.pending, "only what is pending is completed, and only once"
            self.errors += each.get("errors", [])
            del self.pending[each["id"]]
        for each in self.pending.values():
            self.at(each["path"])
        if not self.ended:
            self.ended = not payload["hasNext"]
            assert self.ended is (not self.pending), "hasNext is whether anything is pending"
        return self

    def _merge(self, entry: Payload) -> None:
        assert entry["id"] in self.pending, "only what is pending gets anything"
        self.errors += entry.get("errors", [])
        path = self.pending[entry["id"]]["path"]
        if "items" in entry:
            assert entry.keys() <= {"id", "items", "errors"}
            assert entry["items"]
            self.at(path).extend(entry["items"])
            return
        assert entry.keys() <= {"id", "data", "errors", "subPath"}
        assert entry.get("subPath") != [], "it is there where it says anything"
        target = self.at([*path, *entry.get("subPath", ())])
        assert target.keys().isdisjoint(entry["data"]), "no field is delivered twice"
        target.update(entry["data"])

    def at(self, path: Any) -> Any:
        """The value at a path, which has to be there."""
        found = self.data
        for key in path:
            found = found[key]
        assert isinstance(found, dict | list)
        return found

    @property
    def failures(self) -> set[tuple[Keys, Any]]:
        return failures(self.errors)


def failures(errors: list[Payload]) -> set[tuple[Keys, Any]]:
    """The path and code of each error."""
    return {(tuple(error["path"]), error.get("extensions", {}).get("code")) for error in errors}


class Told(NamedTuple):
    """What payloads tell of, in whatever order they do: each value as JSON, with its place."""

    data: Any
    errors: Counter[str]
    incremental: Counter[str]
    failed: Counter[str]


def story(payloads: list[Payload]) -> Told:
    """What payloads tell of. Streamed items count one by one, wherever they were put together."""
    pending: dict[str, Payload] = {}
    told = Told(payloads[0]["data"], Counter(), Counter(), Counter())
    for payload in payloads:
        for each in payload.get("pending", ()):
            pending[each["id"]] = each
        for each in payload.get("incremental", ()):
            place = [*pending[each["id"]]["path"], *each.get("subPath", ())]
            for value in each["items"] if "items" in each else [each["data"]]:
                told.incremental[_text(place, "items" in each, value)] += 1
        for each in payload.get("completed", ()):
            if "errors" in each:
                told.failed[_text(pending[each["id"]]["path"], pending[each["id"]].get("label"))] += 1
        for each in (payload, *payload.get("incremental", ()), *payload.get("completed", ())):
            told.errors.update(_text(error["path"], error["message"]) for error in each.get("errors", ()))
    return told


def _text(*values: Any) -> str:
    return json.dumps(values, sort_keys=True)
