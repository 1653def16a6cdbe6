"""The warnings for developers: each once, with the thing to change. Those of values are logged in debug alone."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from restgql import Gateway, Scripted
from restgql.debug_log import MAX_NAMES, DebugLog, listed, suggestion
from restgql.model import GraphQLRequest

SDL = """
type Query {
  posts: [Post] @get(path: "/posts")
  post: Post @get(path: "/posts/1")
  first: Post @get(path: "/page", select: "%s")
  things: [Thing] @get(path: "/things")
}
type Post {
  id: Int
  summary: String @select(from: "%s")
  author: User @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["%s"], key: ["%s"]})
}
type User { id: Int, name: String, city: String @select(from: "%s") }
interface Thing @discriminator(from: "kind") { id: Int }
type Car implements Thing { id: Int, wheels: Int @select(from: "w.count") }
type Boat implements Thing { id: Int, sails: Int @select(from: "s.count") }
"""
FITTING = ("items[0]", "meta.summary", "userId", "id", "address.city")
POSTS: list[dict[str, Any]] = [{"id": n, "userId": n % 2, "meta": {"summary": "s", "tags": ["x"]}} for n in range(3)]
USERS = [{"id": n, "name": "n", "address": {"city": "c"}} for n in range(2)]
QUERY = "{ posts { id summary author { name city } } }"

Run = Callable[..., list[str]]


@pytest.fixture
def run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Run:
    """Return the warnings of queries to an app of these types and values."""

    def warnings(
        fitting: tuple[str, ...] = FITTING,
        *queries: str,
        debug: bool = True,
        posts: Any = POSTS,
        users: Any = USERS,
        page: Any = None,
        things: Any = (),
        **arguments: Any,
    ) -> list[str]:
        (tmp_path / "types.graphql").write_text(SDL % fitting)
        app = Flask(__name__, root_path=str(tmp_path))
        app.debug = debug
        app.get("/posts")(lambda: list(posts))
        app.get("/posts/1", endpoint="post")(lambda: posts[0])
        app.get("/users", endpoint="users")(lambda: list(users))
        app.get("/users/<int:id>", endpoint="user")(lambda id: {"id": id, "name": "n", "address": {"city": "c"}})
        app.get("/page", endpoint="page")(lambda: page or {"items": posts})
        app.get("/things", endpoint="things")(lambda: list(things))
        Gateway(app, schema="types.graphql", sequential=True, **arguments)
        caplog.clear()
        for query in queries or (QUERY, QUERY):
            response = app.test_client().post("/graphql", json={"query": query})
            assert "errors" not in response.json, response.json
        return [
            record.getMessage()
            for record in caplog.records
            if record.levelno == logging.WARNING and "profile" not in record.getMessage()
            if not record.getMessage().startswith(("RESTGQL_ROUTES is not set", "The server promises"))
        ]

    return warnings


def change(place: int, value: str) -> tuple[str, ...]:
    return (*FITTING[:place], value, *FITTING[place + 1 :])


def test_types_that_fit_their_data_are_not_warned_of(run: Run) -> None:
    assert run(FITTING, QUERY, "{ first { id summary } }", "{ post { summary } }") == []


UNFIT = {
    "a key": (change(1, "sumary"), QUERY, "Post.summary", ["all 3 objects of /posts", "'sumary'", "id, meta, userId"]),
    "a nested key": (change(1, "meta.sumary"), QUERY, "Post.summary", ["at 'meta'", "Did you mean 'summary'?"]),
    "through a value": (change(1, "id.x"), QUERY, "Post.summary", ["'id' is not an object; it is 0"]),
    "an expression": (change(1, "metta.tags[0]"), QUERY, "Post.summary", ["'metta'", "Did you mean 'meta'?"]),
    "the rest of one": (change(1, "meta.tags[0].x"), QUERY, "Post.summary", ["the rest of the expression"]),
    "an item of a batch": (
        change(4, "adress.city"),
        QUERY,
        "User.city",
        ["/users?id=0&id=1", "'address'"],
    ),
    "one object": (change(1, "sumary"), "{ post { summary } }", "Post.summary", ["the object of /posts/1"]),
    "of a whole response": (
        change(0, "item[0]"),
        "{ first { id } }",
        "Query.first",
        ["'item[0]'", "'items'?"],
    ),
    "a batch's key": (change(3, "idd"), QUERY, "Post.author", ["'idd'", "they have: address, id, name", "mean 'id'?"]),
    "a batch's by": (change(2, "meta.summary"), QUERY, "Post.author", ["batch.by (meta.summary)", "is: s", "is: 0, 1"]),
}


@pytest.mark.parametrize("case", UNFIT)
def test_types_that_do_not_fit_their_data_are_warned_of_once(run: Run, case: str) -> None:
    fitting, query, field, parts = UNFIT[case]
    (warning,) = run(fitting, query, query)
    assert warning.startswith(f"{field}: ")
    assert [part for part in parts if part not in warning] == [], warning


@pytest.mark.parametrize("query", ["{ posts { id } }", "{ post { id } }"])
def test_objects_without_a_key_of_their_type_are_warned_of_once(run: Run, query: str) -> None:
    posts = [{"postId": 1, "Id": 2}, {"postId": 2}]
    (warning,) = run(FITTING, query, query, posts=posts)
    assert warning.startswith("Post: none of its fields has a key of ")
    assert "Id, postId; the type reads: id, meta, userId. Did you mean 'Id'?" in warning
    assert run(FITTING, query, debug=False, posts=posts) == []


@pytest.mark.parametrize("posts", [[], [{}], [{"userId": 1}], [{"x": 1}, {"id": 1}]])
def test_objects_that_are_empty_or_have_one_key_of_their_type_are_not(run: Run, posts: Any) -> None:
    assert run(FITTING, "{ posts { id } }", posts=posts) == []


@pytest.mark.parametrize("case", UNFIT)
def test_outside_debug_nothing_is_checked(run: Run, case: str) -> None:
    fitting, query, _, _ = UNFIT[case]
    assert run(fitting, query, debug=False) == []


@pytest.mark.parametrize(("expression", "is_projected"), [("sumary", True), ("sumary[0]", False)])
def test_the_projection_is_warned_of_as_the_executor(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, expression: str, is_projected: bool
) -> None:
    (tmp_path / "types.graphql").write_text(SDL % change(1, expression))
    app = Flask(__name__, root_path=str(tmp_path))
    app.debug = True
    app.get("/posts")(lambda: POSTS)
    Gateway(app, schema="types.graphql")
    request = GraphQLRequest(query="{ posts { id summary } }")
    assert app.test_client().post("/graphql", json={"query": request.query}).status_code == 200
    pipeline = app.extensions["restgql"]["restgql"].pipeline
    (node,) = pipeline.plan(pipeline.read(request)).nodes
    assert (node.projection is not None) is is_projected
    assert sum(record.getMessage().startswith("Post.summary: ") for record in caplog.records) == 1


FINE: dict[str, dict[str, Any]] = {
    "no rows": {"posts": []},
    "rows that are null": {"posts": [None, None]},
    "a key that is null": {"posts": [{"id": n, "userId": 0, "meta": None} for n in range(3)]},
    "a nested key that is null": {"posts": [{"id": 1, "userId": 0, "meta": {"summary": None}}]},
    "an object without keys": {"posts": [{"id": 1, "userId": 0, "meta": {}}]},
    "a key that one row has": {"posts": [{"id": 1, "userId": 0}, POSTS[0]]},
    "no items": {"users": []},
    "one item of those asked for": {"users": USERS[:1]},
    "items that nobody asked for": {"users": [{"id": 7, "name": "n", "address": {"city": "c"}}, *USERS]},
    "keys as text": {"users": [{**user, "id": str(user["id"])} for user in USERS]},
}


@pytest.mark.parametrize("case", FINE)
def test_what_the_data_may_lack_is_not_warned_of(run: Run, case: str) -> None:
    assert run(FITTING, **FINE[case]) == []


def test_rows_without_keys_are_not_warned_of(run: Run) -> None:
    assert run(FITTING, "{ posts { id summary } }", posts=[{}, {}]) == []


def test_each_type_of_an_interface_has_its_own_rows(run: Run) -> None:
    things = [{"kind": "Car", "id": 1, "w": {"count": 4}}, {"kind": "Boat", "id": 2, "s": {"sum": 1}}]
    (warning,) = run(FITTING, "{ things { id ... on Car { wheels } ... on Boat { sails } } }", things=things)
    assert warning.startswith("Boat.sails: ")
    assert "they have: sum" in warning


@pytest.fixture
def double(tmp_path: Path) -> Scripted:
    """Return a test double with the same type by two routes, of which one has the key of its @select."""
    types = 'type Query { a: T @get(path: "/a") b: T @get(path: "/b") } type T { x: Int @select(from: "xx") }'
    (tmp_path / "types.graphql").write_text(types)
    return Scripted({"/a": {"xx": 1}, "/b": {"x": 1}}, schema=str(tmp_path / "types.graphql"))


def test_a_test_double_warns_too(double: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    double.execute("{ b { x } }")
    double.execute("{ b { x } }")
    assert [record.getMessage().partition(":")[0] for record in caplog.records if record.levelname == "WARNING"] == [
        "T.x"
    ]


def test_a_field_that_had_a_value_is_not_warned_of_later(double: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    double.execute("{ a { x } }")
    double.execute("{ b { x } }")
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


PATTERNS = {
    "/user": ["matches no rule", "opens nothing", "Did you mean '/users'?"],
    "/users/<id>": ["matches no rule", "Did you mean '/users/<int:id>'?"],
    "users/*": ["matches no endpoint", "did you mean '/users/*'?"],
    "userz": ["matches no endpoint", "Did you mean 'user"],
    "!/admin/*": ["matches no rule", "closes nothing", "/users/<int:id>"],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_matches_nothing(run: Run, pattern: str) -> None:
    (warning,) = run(routes=["*", "!static", pattern])
    assert warning.startswith(f"RESTGQL_ROUTES: {pattern!r} ")
    assert [part for part in PATTERNS[pattern] if part not in warning] == [], warning


@pytest.mark.parametrize("pattern", ["*", "!static", "/users/*", "user*", "!/users/<int:id>", "!/*/<int:id>"])
def test_a_pattern_that_matches_something(run: Run, pattern: str) -> None:
    assert run(FITTING, "{ __typename }", "{ routes { path } }", routes=["*", pattern]) == []


def test_an_exclusion_may_be_of_what_a_middleware_answers(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask(__name__)
    app.debug = True
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    app.get("/a")(lambda: {})
    Gateway(app, routes=["*", "!/admin/*"])
    app.test_client().post("/graphql", json={"query": '{ get(path: "/a") }'})
    assert [record for record in caplog.records if "matches no" in record.getMessage()] == []


def test_a_join_that_no_document_offers(run: Run) -> None:
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}
    (warning,) = run(openapi=document, joins=["Post.writer"])
    assert warning.startswith("RESTGQL_JOINS: 'Post.writer' is no join")


def late(debug: bool, caplog: pytest.LogCaptureFixture, **values: Any) -> list[str]:
    """Return the warnings for keys that are set after the gateway was made."""
    app = Flask(__name__)
    app.debug = debug
    app.get("/a")(lambda: {})
    app.config["RESTGQL_ROUTES"] = ["/a"]
    Gateway(app, max_depth=9)
    app.config.update(values)
    for _ in range(2):
        app.test_client().post("/graphql", json={"query": '{ get(path: "/a") }'})
    return [record.getMessage() for record in caplog.records if record.getMessage().startswith("RESTGQL_")]


def test_a_key_that_is_set_too_late(caplog: pytest.LogCaptureFixture) -> None:
    (warning,) = late(True, caplog, RESTGQL_MAX_DEPTH=3)
    assert warning.startswith("RESTGQL_MAX_DEPTH = 3 was set after the gateway was made")
    assert "before Gateway(app)" in warning


def test_a_late_key_that_no_key_is(caplog: pytest.LogCaptureFixture) -> None:
    assert late(True, caplog, RESTGQL_MAX_DEPHT=3) == [
        "RESTGQL_MAX_DEPHT is no key of restgql; did you mean RESTGQL_MAX_DEPTH?"
    ]


def test_a_late_key_tells_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    (warning,) = late(True, caplog, RESTGQL_CACHE="redis://user:secret@host/0")
    assert "secret" not in warning


def test_a_late_key_that_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert late(True, caplog, RESTGQL_MAX_DEPTH=9, RESTGQL_ROUTES=["/a"], OTHER=1) == []


def test_a_late_key_outside_debug(caplog: pytest.LogCaptureFixture) -> None:
    (warning,) = late(False, caplog, RESTGQL_MAX_DEPTH=3)
    assert warning.startswith("RESTGQL_MAX_DEPTH = 3 was set after the gateway was made")


def test_a_list_that_is_changed_in_place(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask(__name__)
    app.debug = True
    app.config["RESTGQL_ROUTES"] = ["*"]
    Gateway(app)
    app.config["RESTGQL_ROUTES"].append("!x")
    app.test_client().post("/graphql", json={"query": '{ get(path: "/a") }'})
    assert any("was set after" in record.getMessage() for record in caplog.records)


def test_a_warning_is_logged_once_by_its_key(caplog: pytest.LogCaptureFixture) -> None:
    log = DebugLog()
    log.warn("a", "first")
    log.warn("a", "second")
    log.dismiss("b")
    log.warn("b", "third")
    assert [record.getMessage() for record in caplog.records] == ["first"]


def test_names_are_listed_in_part_and_suggested_whatever_their_case() -> None:
    assert listed(range(MAX_NAMES)) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert listed(range(20)).endswith("7, … (20 in all)")
    assert suggestion("createdAt", ["created_at", "id"]) == " Did you mean 'created_at'?"
    assert suggestion("zzz", ["created_at", "id"]) == ""
