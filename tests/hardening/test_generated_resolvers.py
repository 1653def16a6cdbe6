"""U1: generated operations call resolvers as graphene alone does."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import graphene
import pytest
from flask import Flask, jsonify, request
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from restgql import JSON, Gateway
from tests.hardening.callers import headers_of, paths, visited, who
from tests.hardening.client import (
    EVENTS,
    GRAPHQL,
    MULTIPART,
    ONLY_MULTIPART,
    WHOLE,
    post,
)
from tests.hardening.own_types import ALONE, ALOUD, SECRET, Calls, Operation, OwnTypes

LIMITS: dict[str, Any] = {
    "max_tokens": 50_000,
    "max_aliases": 5_000,
    "max_directives": 1_000,
    "max_fields": 10_000,
    "max_subrequests": 5_000,
    "max_typed_subrequests": 5_000,
    "max_batch": 5,
    "deadline": 60,
}


class Pair:
    """An app that answers by its gateway and, at /alone, by graphene alone."""

    def __init__(self, folder: Path, types: OwnTypes, operation: Operation) -> None:
        self.calls = types.calls
        self.operation = operation
        self.app = app = Flask("pair", root_path=str(folder))
        visited(app)
        app.add_url_rule("/who", "who", who)
        app.add_url_rule("/written", "written", lambda: jsonify(self.calls.written))
        app.add_url_rule("/note/<name>", "note", self._note, methods=["POST"])
        app.json.sort_keys = False  # type: ignore[attr-defined]
        app.add_url_rule("/python", "python", self._python, methods=["POST"])
        app.add_url_rule(ALONE, "alone", self._alone, methods=["POST"])
        (folder / "operations").mkdir()
        (folder / "operations/whole.graphql").write_text(operation.whole)
        (folder / "operations/parts.graphql").write_text(operation.text)
        self.gateway = Gateway(
            app,
            query=types.query,
            mutation=types.mutation,
            operations="operations",
            verbs=["GET", "POST"],
            routes=["*"],
            **LIMITS,
        )
        self.schema = self._schema(types)

    def read(self) -> Any:
        """The value of GET /who for a resolver."""
        return who() if request.path == ALONE else self.gateway.get("/who")

    def _note(self, name: str) -> dict[str, str]:
        self.calls.made.append((f"w{name}",))
        self.calls.written.append(f"post {name}")
        return {"name": name}

    def _python(self) -> Any:
        body = request.get_json()
        return jsonify(self.gateway.execute(body["query"], body["variables"]))

    def _alone(self) -> Any:
        body = request.get_json()
        result = self.schema.execute(body["query"], variables=body["variables"])
        errors = [{"path": error.path, "message": error.message} for error in result.errors or ()]
        return json.dumps({"data": result.data, "errors": errors}), 200, {"Content-Type": "application/json"}

    def _schema(self, types: OwnTypes) -> graphene.Schema:
        pair = self

        class Written(graphene.ObjectType):
            status = graphene.Int()
            get = graphene.Field(JSON, path=graphene.String())

            @staticmethod
            def resolve_get(source: Any, info: Any, path: str) -> Any:
                return [*pair.calls.written]

        class RestQuery(graphene.ObjectType):
            get = graphene.Field(JSON, path=graphene.String(), select=graphene.String())

            @staticmethod
            def resolve_get(source: Any, info: Any, path: str, select: str | None = None) -> Any:
                return who()[select] if select else who()

        class RestMutation(graphene.ObjectType):
            post = graphene.Field(Written, path=graphene.String())

            @staticmethod
            def resolve_post(source: Any, info: Any, path: str) -> Any:
                pair._note(path.rsplit("/", 1)[1])
                return {"status": 200}

        query = type("Query", (types.query, RestQuery), {})
        mutation = type("Mutation", (types.mutation, RestMutation), {})
        return graphene.Schema(query=query, mutation=mutation)

    def alone(self, caller: str, variables: Any) -> "Alone":
        """The answer of graphene alone, with the calls that it made."""
        before = len(self.calls.made)
        body = {"query": self.operation.whole, "variables": variables}
        answer = post(self.app, ALONE, body, headers=headers_of(self.app, caller))
        assert answer.status == 200, answer.body
        return Alone(answer.json, self.calls.made[before:])

    def ways(self, variables: Any) -> Iterator[tuple[str, str, Any, str]]:
        """The ways to ask for one response: a name, a path, a body and an Accept header."""
        whole = {"query": self.operation.whole, "variables": variables}
        parts = {"query": self.operation.text, "variables": variables}
        for accept in (WHOLE, GRAPHQL, EVENTS):
            yield "whole", "/graphql", whole, accept
        yield "whole", "/python", whole, WHOLE
        yield "whole", "/graphql/whole", variables, WHOLE
        for accept in (WHOLE, GRAPHQL):
            yield "whole", "/graphql", parts, accept
        for accept in (MULTIPART, ONLY_MULTIPART, EVENTS):
            yield "parts", "/graphql", parts, accept
        yield "parts", "/graphql/parts", variables, EVENTS


class Alone:
    """The answer of graphene alone, and the paths of the calls that it made, in order."""

    def __init__(self, response: Any, made: list[tuple[str | int, ...]]) -> None:
        self.data = response["data"]
        self.errors = response["errors"]
        self.made = made
        self.is_cut = any(self._is_cut(error["path"]) for error in self.errors)

    def _is_cut(self, path: list[str | int]) -> bool:
        """True if the error of a field that may not be null made null of an object or list above it."""
        value = self.data
        for key in path:
            if value is None:
                return True
            value = value[key]
        return False

    @property
    def roots(self) -> list[str | int]:
        """The root field of each call: those of one root field stand together in a mutation."""
        return [path[0] for path in self.made]


def compare(alone: Alone, response: Any, made: list[Any], *, in_parts: bool, is_mutation: bool) -> None:
    """Assert that a response and the calls behind it are as graphene alone has them."""
    assert max(Counter(made).values(), default=1) == 1, "a resolver runs once for each position"
    errors = response.get("errors", [])
    assert SECRET not in json.dumps(response)
    if in_parts and alone.is_cut:  # a deferred fragment stops a null, so that there is more data than in the whole
        return
    if in_parts:
        assert response["data"] == alone.data
    else:
        assert json.dumps(response["data"]) == json.dumps(alone.data), "keys are in the document's order, too"
    if alone.is_cut:  # nothing says which of the fields beside the error are still called
        assert errors
        return
    assert paths(errors) == paths(alone.errors)
    assert len(errors) == len(alone.errors)
    told = {tuple(error["path"]): error for error in errors}
    for error in alone.errors:
        mine = told[tuple(error["path"])]
        if SECRET in error["message"] or "403" in error["message"]:
            assert (mine["message"], mine["extensions"]["code"]) == ("Internal error.", "INTERNAL")
        if error["message"] == ALOUD:
            assert mine["message"] == ALOUD
    assert Counter(made) == Counter(alone.made)
    if is_mutation and not in_parts:
        assert [path[0] for path in made] == alone.roots
    if is_mutation:
        assert [path for path in made if len(path) == 1] == [path for path in alone.made if len(path) == 1]


def features(pair: Pair, alone: Alone) -> Iterator[str]:
    """What there is to an operation and its answer: the test is worth as much as it has seen."""
    yield from (
        each
        for each in ("@defer", "@stream", "... on", "$v", "filters", "below", "json:")
        if each in pair.operation.text
    )
    yield from (each for each in ("g Ada", "user Ada", "session Ada", "context Ada") if each in json.dumps(alone.data))
    yield "errors" if alone.errors else "no errors"
    yield "cut" if alone.is_cut else "not cut"
    yield from {"aloud" for error in alone.errors if error["message"] == ALOUD}
    yield from {"secret" for error in alone.errors if SECRET in error["message"]}
    yield from {"nested call" for path in alone.made if len(path) > 1}
    yield from {"call in a list" for path in alone.made if any(isinstance(key, int) for key in path)}


FEATURES = {"@defer", "@stream", "... on", "$v", "filters", "below", "json:", "g Ada", "user Ada", "session Ada",
            "context Ada", "errors", "no errors", "cut", "not cut", "aloud", "secret", "nested call",
            "call in a list"}  # fmt: skip


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_u1_generated_resolvers_are_called_as_by_graphene_alone(root: str) -> None:
    seen: Counter[str] = Counter()

    # the seeds come from these lines: others may show some features too seldom
    @settings(derandomize=True, deadline=None, max_examples=40, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**32 - 1))
    def run(seed: int) -> None:
        with TemporaryDirectory() as folder:
            one_case(seed, root, Path(folder), seen)

    run()
    assert {feature: count for feature, count in seen.items() if count < 3} == {}
    assert seen.keys() == FEATURES


def one_case(seed: int, root: str, folder: Path, seen: Counter[str]) -> None:
    """Ask for one operation in every way, as two callers in turn, and compare with graphene alone."""
    random, calls = Random(seed), Calls()
    pairs: list[Pair] = []
    types = OwnTypes(random, calls, lambda: pairs[0].read())
    operation = types.operation(root)
    pair = Pair(folder, types, operation)
    pairs.append(pair)
    is_mutation = root == "Mutation"
    sent = [("Ada", operation.variables()), ("Bob", operation.variables())]
    expected = []
    for caller, variables in sent:
        calls.clear()
        expected.append(pair.alone(caller, variables))
    seen.update(features(pair, expected[0]))
    for index in range(len([*pair.ways(None)])):
        for (caller, variables), alone in zip(sent, expected, strict=True):
            kind, path, body, accept = [*pair.ways(variables)][index]
            calls.clear()
            options: Any = {"accept": accept, "headers": headers_of(pair.app, caller), "multithread": index % 2 == 0}
            response = post(pair.app, path, body, **options).merged
            try:
                compare(alone, response, calls.made, in_parts=kind == "parts", is_mutation=is_mutation)
            except AssertionError as exc:
                exc.add_note(f"{caller} at {path} with {accept}:\n{operation.text}\n{variables}")
                raise
    compare_batch(pair, sent[0][0], [variables for _, variables in sent], is_mutation=is_mutation)


def compare_batch(pair: Pair, caller: str, variables: list[Any], *, is_mutation: bool) -> None:
    """Compare an array of one operation with several variables, sent by one caller."""
    pair.calls.clear()
    several = [pair.alone(caller, each) for each in variables]
    pair.calls.clear()
    body = [{"query": pair.operation.whole, "variables": each} for each in variables]
    answer = post(pair.app, "/graphql", body, headers=headers_of(pair.app, caller))
    assert answer.status == 200
    made = pair.calls.made
    if any(alone.is_cut for alone in several):
        assert [each["data"] for each in answer.json] == [alone.data for alone in several]
        return
    assert len(made) == sum(len(alone.made) for alone in several)
    for response, alone in zip(answer.json, several, strict=True):
        count = len(alone.made)
        own = made[:count] if is_mutation else alone.made
        compare(alone, response, own, in_parts=False, is_mutation=is_mutation)
        made = made[count:]
