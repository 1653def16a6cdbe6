"""Q1: a read sees the writes before it."""

from pathlib import Path
from typing import Any

import graphene
import pytest

import restgql
from tests.hardening.client import EVENTS, MULTIPART
from tests.hardening.store import SETTINGS, Store, accepts, servers, settings

UNTYPED = """mutation {
  a: post(path: "/items", body: {name: "a"}) { get(path: "/items") }
  b: post(path: "/items", body: {name: "b"}) { get(path: "/items") }
  c: put(path: "/items", body: ["x", "y"]) { get(path: "/items") fetch(path: "/items") { json } }
  d: patch(path: "/items", body: ["z"]) { get(path: "/items") }
  e: delete(path: "/items") { get(path: "/items") again: get(path: "/items") }
  f: post(path: "/items", body: {name: "f"}) { fetch(path: "/items") { json } }
}"""
TYPED = """mutation {
  a: add(name: "a") { items }
  b: add(name: "b") { items }
  c: replace(names: ["x", "y"]) { items }
  d: clear { by items }
  e: add(name: "e") { items }
}"""


@settings
@servers
@accepts
def test_q1_an_untyped_read_sees_the_writes_before_it(name: str, multithread: bool, accept: str) -> None:
    store = Store(**SETTINGS[name])
    assert store.data(UNTYPED, accept=accept, multithread=multithread) == {
        "a": {"get": ["a"]},
        "b": {"get": ["a", "b"]},
        "c": {"get": ["x", "y"], "fetch": {"json": ["x", "y"]}},
        "d": {"get": ["z"]},
        "e": {"get": [], "again": []},
        "f": {"fetch": {"json": ["f"]}},
    }
    writes = [line for line in store.log if not line.startswith("GET")]
    assert writes == [f"{method} /items" for method in ("POST", "POST", "PUT", "PATCH", "DELETE", "POST")]
    assert store.log.count("GET /items") == 6


@settings
@servers
@accepts
def test_q1_a_typed_read_sees_the_writes_before_it(tmp_path: Path, name: str, multithread: bool, accept: str) -> None:
    store = Store(tmp_path, **SETTINGS[name])
    assert store.data(TYPED, accept=accept, multithread=multithread) == {
        "a": {"items": ["a"]},
        "b": {"items": ["a", "b"]},
        "c": {"items": ["x", "y"]},
        "d": {"by": "DELETE", "items": []},
        "e": {"items": ["e"]},
    }
    assert store.log.count("GET /items") == 5


@settings
@servers
def test_q1_a_read_after_a_write_to_another_path_is_a_new_read(name: str, multithread: bool) -> None:
    store = Store(**{**SETTINGS[name], "headers": None})
    query = """mutation {
      a: post(path: "/elsewhere", body: {name: "a"}) { get(path: "/items") }
      b: post(path: "/elsewhere", body: {name: "b"}) { get(path: "/items") }
    }"""
    assert store.data(query, multithread=multithread) == {"a": {"get": ["a"]}, "b": {"get": ["a", "b"]}}


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
@servers
def test_q1_a_deferred_read_sees_the_write_above_it(accept: str, multithread: bool) -> None:
    store = Store()
    query = """mutation {
      a: post(path: "/items", body: {name: "a"}) { status ... @defer { get(path: "/items") } }
      b: post(path: "/items", body: {name: "b"}) { status ... @defer { get(path: "/items") } }
    }"""
    data = store.data(query, accept=accept, multithread=multithread)
    assert data["a"]["get"][0] == "a"
    assert data["b"]["get"] == ["a", "b"]


@settings
@servers
def test_q1_a_batch_reads_what_its_mutations_wrote(tmp_path: Path, name: str, multithread: bool) -> None:
    store = Store(tmp_path, **SETTINGS[name])
    read, write = '{ get(path: "/items") items }', 'mutation { add(name: "a") { items } }'
    assert store.batch(read, write, read, read, write, read, multithread=multithread) == [
        {"get": [], "items": []},
        {"add": {"items": ["a"]}},
        {"get": ["a"], "items": ["a"]},
        {"get": ["a"], "items": ["a"]},
        {"add": {"items": ["a", "a"]}},
        {"get": ["a", "a"], "items": ["a", "a"]},
    ]


@servers
def test_q1_an_aggregate_within_a_batch_reads_what_was_written(multithread: bool) -> None:
    store = Store()
    read = '{ aggregate(paths: ["/items"]) fetch(path: "/items") { json } }'
    write = 'mutation { delete(path: "/items") { status } post(path: "/items", body: {name: "a"}) { status } }'
    first, _, last = store.batch(read, write, read, multithread=multithread)
    assert first == {"aggregate": {"/items": []}, "fetch": {"json": []}}
    assert last == {"aggregate": {"/items": ["a"]}, "fetch": {"json": ["a"]}}


def own_store(**settings: Any) -> Store:
    """A store with a mutation of the user's own, which writes by itself."""

    class Query(graphene.ObjectType):
        items = restgql.Get(graphene.List(graphene.String), path="/items")

    class Mutation(graphene.ObjectType):
        own = graphene.List(graphene.String, name=graphene.String(required=True))
        items = restgql.Get(graphene.List(graphene.String), path="/items")

        @staticmethod
        def resolve_own(root: Any, info: Any, name: str) -> list[str]:
            before = store.gateway.get("/items")
            store.items.append(name)
            after: list[str] = store.gateway.get("/items")
            assert after == [*before, name]
            return after

    store = Store(query=Query, mutation=Mutation, **settings)
    return store


@settings
@servers
@accepts
def test_q1_a_root_field_that_reads_sees_the_writes_before_it(name: str, multithread: bool, accept: str) -> None:
    store = own_store(**SETTINGS[name])
    query = """mutation {
      none: items
      a: post(path: "/items", body: {name: "a"}) { status }
      one: items
      b: post(path: "/items", body: {name: "b"}) { get(path: "/items") }
      two: items
      c: delete(path: "/items") { status }
      three: items
    }"""
    assert store.data(query, accept=accept, multithread=multithread) == {
        "none": [],
        "a": {"status": 200},
        "one": ["a"],
        "b": {"get": ["a", "b"]},
        "two": ["a", "b"],
        "c": {"status": 200},
        "three": [],
    }


@pytest.mark.parametrize("name", ["plain", "single-flight", "cache"])
@servers
@accepts
def test_q1_reads_beside_a_users_own_write_see_what_it_wrote(name: str, multithread: bool, accept: str) -> None:
    store = own_store(**SETTINGS[name])
    query = """mutation {
      none: items a: own(name: "a") one: items
      rest: post(path: "/items", body: {name: "b"}) { get(path: "/items") }
      c: own(name: "c") three: items
    }"""
    assert store.data(query, accept=accept, multithread=multithread) == {
        "none": [],
        "a": ["a"],
        "one": ["a"],
        "rest": {"get": ["a", "b"]},
        "c": ["a", "b", "c"],
        "three": ["a", "b", "c"],
    }
    assert store.items == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["plain", "single-flight", "cache"])
@servers
def test_q1_a_batch_reads_what_a_users_own_mutation_wrote(name: str, multithread: bool) -> None:
    store = own_store(**SETTINGS[name])
    read, write = '{ get(path: "/items") items }', 'mutation { own(name: "a") }'
    assert store.batch(read, write, read, multithread=multithread) == [
        {"get": [], "items": []},
        {"own": ["a"]},
        {"get": ["a"], "items": ["a"]},
    ]
