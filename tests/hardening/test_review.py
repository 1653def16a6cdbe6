"""Inputs at the edges of the rules of execution, each of which once lost data, an error, a bound or a whole answer."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import graphene
import pytest
from flask import Flask, jsonify, request

from restgql import Gateway, Get
from tests.hardening.client import ACCEPTS, EVENTS, MULTIPART, WHOLE, ask, codes, payloads, post, strict_json
from tests.respond.gated import Gated, making
from tests.respond.payloads import Merged, Payload
from tests.turnstile import becomes

LONG = 300_000
"""The bytes of a value that makes a payload long enough to be sent."""
DEEP = 495
"""The arrays within each other that a JSON reader takes and `copy.deepcopy` does not."""


class App:
    """An app with a gateway; `hits` are the requests that its routes had, by method and path."""

    def __init__(self, folder: Path | None = None, schema: str = "", **settings: Any) -> None:
        self.hits: Counter[str] = Counter()
        self.flask = app = Flask("review")
        app.before_request(self._count)
        app.add_url_rule("/text/<int:size>", "text", lambda size: jsonify("a" * size))
        app.add_url_rule("/texts/<int:count>", "texts", lambda count: jsonify(["a" * 10] * count))
        app.add_url_rule("/items/<int:count>", "items", lambda count: jsonify([{"id": n} for n in range(count)]))
        app.add_url_rule("/item/<id>", "item", lambda id: {"id": id, "name": f"item {id}", "secret": 1})
        app.add_url_rule("/write", "write", lambda: {"written": True}, methods=["POST"])
        app.add_url_rule("/deep", "deep", self._deep)
        if schema and folder is not None:
            (folder / "types.graphql").write_text(schema)
            settings["schema"] = str(folder)
        self.gateway = Gateway(app, **{"routes": ["*"], "verbs": ["GET", "POST"], "profile": "open", **settings})

    def _count(self) -> None:
        self.hits[f"{request.method} {request.path}"] += 1

    def _deep(self) -> Any:
        text = f'{{"name": "deep", "below": {"[" * DEEP}{"]" * DEEP}}}'
        return text, 200, {"Content-Type": "application/json"}


def taken(body: bytes) -> list[Payload]:
    """The payloads of a body, each of which keeps to the rules of their order."""
    found: list[Payload] = [strict_json(payload) for payload in payloads(body)]
    merged = Merged()
    for payload in found:
        merged.take(payload)
    assert merged.ended
    return found


# Payloads that are cut.


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
@pytest.mark.parametrize(("first", "second"), [(LONG, 1), (1, LONG), (LONG, LONG)])
def test_a_fragment_whose_fields_are_shared_with_another_comes_however_long_they_are(
    accept: str, first: int, second: int
) -> None:
    shared = f'shared: get(path: "/text/{second}")'
    query = (
        f'{{ ... @defer(label: "a") {{ a: get(path: "/text/{first}") {shared} }}'
        f' ... @defer(label: "b") {{ {shared} b: get(path: "/text/2") }} }}'
    )
    answer = ask(App().flask, query, accept=accept)
    assert {key: len(value) for key, value in answer.merged["data"].items()} == {"a": first, "shared": second, "b": 2}


def test_long_fragments_and_lists_come_in_payloads_of_bounded_size(tmp_path: Path) -> None:
    schema = """type Query { texts: [String] @get(path: "/texts/60000") items: [Item] @get(path: "/items/20") }
    type Item { id: Int text: JSON @get(path: "/text/100000?{id}") more: JSON @get(path: "/text/100001?{id}") }"""
    app = App(tmp_path, schema, max_subrequests=100, max_typed_subrequests=100)
    query = "{ texts @stream items { ... @defer { text } ... @defer { text more } } }"
    found = taken(ask(app.flask, query, accept=EVENTS).body)
    assert max(len(json.dumps(payload)) for payload in found) < 1_500_000
    assert len(found) > 10


# Limits.


@pytest.mark.parametrize("accept", ACCEPTS)
def test_an_answer_that_has_no_room_for_its_root_keys_still_has_the_data_of_a_write(accept: str) -> None:
    app = App(max_output=30)
    answer = ask(app.flask, f'mutation {{ {"a" * 50}: post(path: "/write", body: 1) {{ status }} }}', accept=accept)
    assert (answer.status, answer.merged) == (200, {"data": {"a" * 50: {"status": 200}}})


def test_a_batch_whose_first_answer_takes_all_of_the_output_has_the_data_of_the_writes_after_it() -> None:
    app = App(max_output=2_000, max_batch=2)
    write = f'mutation {{ {"a" * 50}: post(path: "/write", body: 1) {{ status }} }}'
    first, second = post(app.flask, "/graphql", [{"query": '{ a: get(path: "/text/1960") }'}, {"query": write}]).json
    assert len(first["data"]["a"]) == 1_960
    assert second == {"data": {"a" * 50: {"status": 200}}}
    assert app.hits["POST /write"] == 1


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
def test_a_deferred_fragment_of_typed_fields_over_the_output_completes_with_an_error(
    tmp_path: Path, accept: str
) -> None:
    schema = 'type Query { one: Item @get(path: "/item/{id}") } type Item { id: String name: String }'
    app = App(tmp_path, schema.replace("one", "one(id: String)"), max_output=2_000)
    answer = ask(app.flask, f'{{ one(id: "{"a" * 1_500}") {{ ... @defer {{ id name }} }} }}', accept=accept)
    first, second = taken(answer.body)
    assert first["data"] == {"one": {}}
    (completed,) = second["completed"]
    assert [(error["path"], error["extensions"]["code"]) for error in completed["errors"]] == [
        (["one"], "LIMIT_EXCEEDED")
    ]


@pytest.mark.parametrize("accept", [WHOLE, EVENTS])
def test_items_over_the_output_have_as_many_errors_streamed_as_at_once(tmp_path: Path, accept: str) -> None:
    app = App(tmp_path, 'type Query { texts: [String] @get(path: "/texts/20000") }', max_output=10_000)
    answer = ask(app.flask, "{ texts @stream }", accept=accept)
    assert len(answer.merged["data"]["texts"]) == 20_000
    assert 0 < len(answer.merged["errors"]) <= 100
    assert len(answer.body) < 200_000


def test_parts_over_the_output_share_the_errors_of_one_answer_and_each_has_one(tmp_path: Path) -> None:
    schema = 'type Query { items: [Item] @get(path: "/items/500") } type Item { id: Int self: JSON @select(from: "@") }'
    fields = " ".join(f"a{n}: self" for n in range(20))
    app = App(tmp_path, schema, max_output=30_000, max_values=1_000_000)
    answer = ask(app.flask, f"{{ items {{ ... @defer {{ {fields} }} }} }}", accept=EVENTS)
    parts = [part for payload in taken(answer.body) for part in payload.get("incremental", ())]
    lacking = [part for part in parts if None in part["data"].values()]
    assert len(lacking) > 100
    assert all(part["errors"] for part in lacking)
    assert len(answer.merged["errors"]) <= 100 + len(lacking)


def test_each_that_is_over_the_nodes_sends_nothing_that_nobody_would_see() -> None:
    app = App(max_nodes=60)
    answer = ask(app.flask, '{ fetch(path: "/items/40") { each { get(path: "/item/{id}") } } }').json
    assert codes(answer) == {"fetch.each": "LIMIT_EXCEEDED"}
    assert set(app.hits) == {"POST /graphql", "GET /items/40"}


def test_deferred_fragments_share_the_introspection_of_one_operation() -> None:
    types = "types { name kind description fields { name args { name type { name kind } } type { name kind } } }"
    app = App(max_tokens=20_000, max_aliases=1_000, max_fields=10_000, max_depth=50)
    schemas = [f"a{number}: __schema {{ {types} }}" for number in range(12)]
    at_once = ask(app.flask, f"{{ {' '.join(schemas)} }}").merged
    assert [error["extensions"]["limit"] for error in at_once["errors"]] == ["introspection"]
    deferred = " ".join(f"... @defer {{ {schema} }}" for schema in schemas)
    answer = ask(app.flask, f"{{ {deferred} }}", accept=EVENTS)
    assert {error["extensions"]["limit"] for error in answer.merged["errors"]} == {"introspection"}
    types_of = len(json.dumps(ask(app.flask, f"{{ {schemas[0]} }}").merged["data"]))
    assert len(answer.body) < 4 * types_of


# Conditions.


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("directive", ["skip", "include"])
def test_a_condition_that_is_null_where_it_may_not_be_is_refused(directive: str, accept: str) -> None:
    query = f'query ($if: Boolean = true) {{ __typename a: get(path: "/item/1") @{directive}(if: $if) }}'
    app = App()
    refused = ask(app.flask, query, {"if": None}, accept=accept)
    assert refused.status == (200 if accept == EVENTS else 400)
    assert [error["extensions"]["code"] for error in refused.errors] == ["BAD_REQUEST"]
    for variables in ({}, {"if": False}):
        answer = ask(app.flask, query, variables, accept=accept)
        assert (answer.status, b"errors" in answer.body) == (200, False)
    assert app.hits["GET /item/1"] == 1


# Resolvers of the user's own, and what is planned beside them.


class Item(graphene.ObjectType):
    name = graphene.String()
    again = graphene.String()

    @staticmethod
    def resolve_again(source: Any, info: Any) -> str:
        return f"{source['name']} again"


@pytest.mark.parametrize("accept", ACCEPTS)
def test_fields_that_share_a_request_each_have_a_resolver_below_however_deep_its_json_is(accept: str) -> None:
    class Query(graphene.ObjectType):
        item = Get(Item, path="/deep")

    app = App(query=Query)
    answer = ask(app.flask, "{ a: item { again } b: item { again } }", accept=accept)
    again = {"again": "deep again"}
    assert answer.merged == {"data": {"a": again, "b": again}}
    assert app.hits["GET /deep"] == 1


def test_a_value_that_python_cannot_write_as_json_leaves_the_writes_before_it_in_the_answer() -> None:
    app = App()
    query = """mutation ($body: JSON) {
      a: post(path: "/write", body: 1) { status } b: post(path: "/write", body: $body) { status }
    }"""
    answer = app.gateway.execute(query, {"body": {"\ud800": 1}})
    assert answer["data"] == {"a": {"status": 200}, "b": None}
    assert codes(answer) == {"b": "INTERNAL"}
    assert app.hits["POST /write"] == 1


@pytest.mark.parametrize("accept", ACCEPTS)
def test_a_planned_mutation_named_get_has_what_is_selected_of_it(accept: str) -> None:
    class Mutation(graphene.ObjectType):
        get = Get(Item, path="/item/7")

    app = App(mutation=Mutation)
    assert ask(app.flask, "mutation { get { name } }", accept=accept).merged == {"data": {"get": {"name": "item 7"}}}


class Thing(graphene.Interface):
    name = graphene.String()

    @classmethod
    def resolve_type(cls, instance: Any, info: Any) -> Any:
        assert request.path == "/graphql", "it is asked in the caller's context"
        return Lost if instance["name"] == "item 3" else Named


class Named(graphene.ObjectType):
    class Meta:
        interfaces = (Thing,)

    id = graphene.String()
    again = graphene.String()
    same = Get(Thing, path="/item/{id}")

    @staticmethod
    def resolve_again(source: Any, info: Any) -> str:
        return f"{source['name']} again"


class Lost(graphene.ObjectType):
    """No type of the interface."""

    name = graphene.String()


class Box(graphene.ObjectType):
    things = graphene.List(Thing)


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("multithread", [True, False])
def test_a_planned_field_of_an_interface_of_ones_own_has_the_nodes_of_each_type(accept: str, multithread: bool) -> None:
    class Query(graphene.ObjectType):
        thing = Get(Thing, path="/item/{id}", id=graphene.String())
        box = Get(Box, path="/box")
        named = graphene.Field(Named)
        lost = graphene.Field(Lost)

    app = App(query=Query)
    things = [{"id": str(n), "name": f"item {n}"} for n in range(1, 4)]
    app.flask.add_url_rule("/box", "box", lambda: {"things": [*things, None]})
    query = """{ thing(id: "7") { ...all } box { things { ...all } } }
    fragment all on Thing { __typename name ... on Named { again same { name ... on Named { again } } } }"""
    answer = ask(app.flask, query, accept=accept, multithread=multithread).merged

    def named(number: int) -> Any:
        inner = {"name": f"item {number}", "again": f"item {number} again"}
        return {"__typename": "Named", **inner, "same": inner}

    assert answer["data"] == {"thing": named(7), "box": {"things": [named(1), named(2), None, None]}}
    assert codes(answer) == {"box.things.2": "UPSTREAM_INVALID"}
    assert app.hits["GET /item/7"] == 1


@pytest.mark.parametrize("accept", [MULTIPART, EVENTS])
def test_a_function_that_tells_a_type_in_a_later_part_has_the_context_of_its_caller(accept: str) -> None:
    class Query(graphene.ObjectType):
        thing = Get(Thing, path="/item/7")
        named = graphene.Field(Named)

    answer = ask(App(query=Query).flask, "{ ... @defer { thing { __typename name } } }", accept=accept)
    assert answer.merged == {"data": {"thing": {"__typename": "Named", "name": "item 7"}}}


class Broken(graphene.ObjectType):
    first = graphene.String()
    second = graphene.Int(required=True)

    @staticmethod
    def resolve_first(source: Any, info: Any) -> str:
        raise ValueError

    @staticmethod
    def resolve_second(source: Any, info: Any) -> None:
        return None


@pytest.mark.parametrize("accept", ACCEPTS)
def test_errors_before_a_null_that_goes_up_to_the_root_are_in_the_answer_as_by_graphene_alone(accept: str) -> None:
    class Query(graphene.ObjectType):
        broken = graphene.Field(Broken, required=True)

        @staticmethod
        def resolve_broken(source: Any, info: Any) -> Broken:
            return Broken()

    query = "{ broken { first second } }"
    answer = ask(App(query=Query).flask, query, accept=accept).merged
    alone = graphene.Schema(query=Query).execute(query)
    assert answer["data"] is alone.data is None
    assert [error["path"] for error in answer["errors"]] == [error.path for error in alone.errors or ()]


@pytest.mark.parametrize("multithread", [True, False])
def test_a_deferred_resolver_runs_after_all_that_the_first_payload_has(multithread: bool) -> None:
    gated_by: list[str] = []

    class Query(graphene.ObjectType):
        late = graphene.String()
        early = graphene.String()

        @staticmethod
        def resolve_late(source: Any, info: Any) -> str:
            gated_by.append("late")
            return "late"

        @staticmethod
        def resolve_early(source: Any, info: Any) -> str:
            gated_by.append("early")
            return "early"

    app = App(query=Query)

    @app.flask.route("/slow")
    def slow() -> Any:
        becomes(lambda: "late" in gated_by, 0.2)
        gated_by.append("slow")
        return jsonify("slow")

    query = '{ ... @defer { late } early get(path: "/slow") }'
    answer = ask(app.flask, query, accept=EVENTS, multithread=multithread)
    assert answer.merged == {"data": {"late": "late", "early": "early", "get": "slow"}}
    assert gated_by[-1] == "late"
    assert [sorted(payload.get("data", ())) for payload in taken(answer.body)] == [["early", "get"], []]


def test_a_resolver_of_an_operation_that_a_batch_refuses_is_not_called() -> None:
    called: list[str] = []

    class Query(graphene.ObjectType):
        own = graphene.String()

        @staticmethod
        def resolve_own(source: Any, info: Any) -> str:
            called.append("own")
            return "own"

    app = App(query=Query, max_batch=3, max_subrequests=2)
    over = '{ own a: get(path: "/item/1") b: get(path: "/item/2") c: get(path: "/item/3") }'
    queries = ['{ get(path: "/item/1") }', over, '{ get(path: "/item/2") }']
    first, second, third = post(app.flask, "/graphql", [{"query": query} for query in queries]).json
    assert [error["extensions"]["code"] for error in second["errors"]] == ["LIMIT_EXCEEDED"]
    assert (first["data"]["get"]["id"], "data" in second, third["data"]["get"]["id"]) == ("1", False, "2")
    assert called == []


def test_a_deferred_resolver_is_not_called_before_the_first_payload_is_taken() -> None:
    order: list[str] = []

    class Query(graphene.ObjectType):
        late = graphene.String()

        @staticmethod
        def resolve_late(source: Any, info: Any) -> str:
            order.append("late")
            return "late"

    app = App(query=Query)

    @app.flask.after_request
    def responded(response: Any) -> Any:
        if request.path == "/graphql":
            order.append("responded")
        return response

    for _ in range(300):
        ask(app.flask, '{ ... @defer { late } get(path: "/text/1") }', accept=EVENTS)
    assert order == ["responded", "late"] * 300


class Handle:
    """A value that cannot be copied."""

    def __deepcopy__(self, memo: object) -> "Handle":
        raise TypeError("there is one of it")


class HandleScalar(graphene.Scalar):
    serialize = str

    @staticmethod
    def parse_value(value: Any) -> Handle:
        return Handle()

    @staticmethod
    def parse_literal(node: Any, variables: Any = None) -> Handle:
        return Handle()


class Handles(graphene.InputObjectType):
    one = HandleScalar()
    many = graphene.List(HandleScalar)


def test_an_argument_may_hold_what_a_scalar_type_has_made_of_it_though_it_cannot_be_copied() -> None:
    class Query(graphene.ObjectType):
        types = graphene.List(graphene.String, handles=Handles(), one=HandleScalar())

        @staticmethod
        def resolve_types(source: Any, info: Any, handles: Any, one: Any) -> list[str]:
            return [type(value).__name__ for value in (one, handles.one, handles["one"], *handles.many)]

    query = "query ($one: HandleScalar) { types(one: $one, handles: {one: $one, many: [1, $one]}) }"
    answer = ask(App(query=Query).flask, query, {"one": 1})
    assert answer.json == {"data": {"types": ["Handle"] * 5}}


def test_the_errors_of_many_resolvers_are_counted_together() -> None:
    class Query(graphene.ObjectType):
        wrong = graphene.List(graphene.Int)

        @staticmethod
        def resolve_wrong(source: Any, info: Any) -> list[str]:
            return ["no number"] * 1_000

    fields = " ".join(f"a{number}: wrong" for number in range(20))
    answer = ask(App(query=Query, max_values=40_000).flask, f"{{ {fields} }}").json
    assert len(answer["errors"]) <= 40_000 // 20 + 20 * 100


# A pool without a thread.


@pytest.mark.parametrize("accept", ["application/x-ndjson", EVENTS])
def test_a_map_of_which_something_was_sent_ends_whole_where_no_thread_is_left_for_the_rest(accept: str) -> None:
    with making(Gated) as make:
        gated = make(threads=8, deadline=3)
        with gated.busy("a", "b", "c", "d"), gated.busy("e", "f", "g"):
            answer = gated.client.post("/aggregate", json=["//evil", "/gate/h"], headers={"Accept": accept})
            lines = [line.removeprefix(b"data: ") for line in answer.data.split(b"\n")]
    parts = {key: part for line in lines if line[:1] == b"{" for key, part in strict_json(line).items()}
    assert {key: part["status"] for key, part in parts.items()} == {"//evil": 400, "/gate/h": 504}
    assert gated.hits["h"] == 0
