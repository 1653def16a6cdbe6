"""Scripted: what its routes answer, what it counts, and what it says of a plan."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from restgql import (
    BadPath,
    BadRequest,
    Cancelled,
    ConfigError,
    LimitExceeded,
    NotAllowed,
    RestgqlError,
    Scripted,
    Unavailable,
    UpstreamInvalid,
    UpstreamTimeout,
)
from restgql.formats import target
from restgql.model import SubRequest
from restgql.upstream.scripted import ScriptedDispatcher

PATIENCE = 10.0
RESPONSE = '{ get(path: "/a") fetch(path: "/a") { status contentType text } }'
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
OCTETS = "application/octet-stream"
RAW = b"[1, 2e3]"


def failed(answer: dict[str, Any], key: str) -> tuple[str, str]:
    """The code and message of the error of a root field."""
    assert answer["data"][key] is None
    [error] = [error for error in answer["errors"] if error["path"] == [key]]
    return error["extensions"]["code"], error["message"]


# Answer, JSON value, status, Content-Type and text.
ANSWERS: dict[str, tuple[Any, Any, int, str | None, str | None]] = {
    "object": ({"a": [1]}, {"a": [1]}, 200, JSON, '{"a":[1]}'),
    "array": ([1, None], [1, None], 200, JSON, "[1,null]"),
    "empty object": ({}, {}, 200, JSON, "{}"),
    "true": (True, True, 200, JSON, "true"),
    "false": (False, False, 200, JSON, "false"),
    "integer": (0, 0, 200, JSON, "0"),
    "number": (1.5, 1.5, 200, JSON, "1.5"),
    "text": ("é", "é", 200, TEXT, "é"),
    "empty text": ("", None, 200, TEXT, ""),
    "bytes": (b"\x89PNG", "data:application/octet-stream;base64,iVBORw==", 200, OCTETS, None),
    "nothing": (None, None, 200, None, ""),
    "status": ((201, {"a": 1}), {"a": 1}, 201, JSON, '{"a":1}'),
    "status alone": ((204, None), None, 204, None, ""),
    "mapping of headers": ((200, RAW, {"content-type": JSON}), [1, 2e3], 200, JSON, "[1, 2e3]"),
    "pairs of headers": ((200, "[1]", [("Content-Type", JSON)]), [1], 200, JSON, "[1]"),
    "function": (lambda _: {"a": 1}, {"a": 1}, 200, JSON, '{"a":1}'),
    "function with a status": (lambda _: (202, "x", {}), "x", 202, TEXT, "x"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_a_response(name: str) -> None:
    answer, value, status, content_type, text = ANSWERS[name]
    scripted = Scripted({"/a": answer})
    assert scripted.execute(RESPONSE) == {
        "data": {"get": value, "fetch": {"status": status, "contentType": content_type, "text": text}}
    }
    assert scripted.hits == ["/a"]


@pytest.mark.parametrize("status", [400, 404, 503])
def test_a_status_of_400_or_more_is_an_error(status: int) -> None:
    answer = Scripted({"/a": (status, {"why": "x"})}).execute(RESPONSE)
    assert failed(answer, "get")[0] == "UPSTREAM_STATUS"
    assert answer["data"]["fetch"] == {"status": status, "contentType": JSON, "text": '{"why":"x"}'}


def test_headers_may_repeat() -> None:
    scripted = Scripted({"/a": (200, "x", [("X-A", "1"), ("X-A", "2"), ("Set-Cookie", "secret=1")])})
    answer = scripted.execute('{ fetch(path: "/a") { header(name: "x-a") headers { name value } } }')["data"]["fetch"]
    assert answer == {
        "header": "1, 2",
        "headers": [
            {"name": "Content-Type", "value": TEXT},
            {"name": "X-A", "value": "1"},
            {"name": "X-A", "value": "2"},
        ],
    }


def test_cookies_reach_what_depends_on_them() -> None:
    scripted = Scripted({"/login": (200, {"id": 1}, {"Set-Cookie": "s=1"}), "/me": lambda request: request.cookie})
    assert scripted.execute('{ fetch(path: "/login") { get(path: "/me") } }') == {"data": {"fetch": {"get": "s=1"}}}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_are_hits(status: int) -> None:
    scripted = Scripted({"/a": (status, None, {"Location": "/b"}), "/b": 1})
    assert scripted.execute('{ fetch(path: "/a") { url redirected json } }') == {
        "data": {"fetch": {"url": "/b", "redirected": True, "json": 1}}
    }
    assert scripted.hits == ["/a", "/b"]


# No response.

FAILURES: dict[str, tuple[Exception, int]] = {
    "timeout": (UpstreamTimeout("Too late."), 504),
    "invalid": (UpstreamInvalid("No sense."), 502),
    "unavailable": (Unavailable("Full."), 503),
    "cancelled": (Cancelled("Not now."), 424),
    "status of its own": (UpstreamInvalid("No sense.", status=500), 500),
}


@pytest.mark.parametrize("wrap", [lambda exc: exc, lambda exc: lambda _: exc], ids=["answer", "function"])
@pytest.mark.parametrize("name", FAILURES)
def test_an_error_of_ours_is_that_failure(name: str, wrap: Callable[[Any], Any]) -> None:
    error, status = FAILURES[name]
    assert isinstance(error, RestgqlError)
    scripted = Scripted({"/a": wrap(error)})
    answer = scripted.execute('{ get(path: "/a") fetch(path: "/a") { status error } }')
    assert failed(answer, "get") == (error.code, error.message)
    assert answer["data"]["fetch"] == {"status": status, "error": error.code}
    assert scripted.hits == ["/a"]


@pytest.mark.parametrize("error", [NotAllowed("No."), BadPath("Bad.")], ids=lambda error: error.code)
def test_a_refusal_is_an_error_of_each_field(error: RestgqlError) -> None:
    answer = Scripted({"/a": error}).execute('{ get(path: "/a") fetch(path: "/a") { status } }')
    assert failed(answer, "get") == failed(answer, "fetch") == (error.code, error.message)


def crash(_: Any) -> Any:
    raise ZeroDivisionError("secret")


@pytest.mark.parametrize(
    "answer",
    [ZeroDivisionError("secret"), lambda _: ZeroDivisionError("secret"), crash],
    ids=["a", "returned", "raised"],
)
def test_any_other_exception_is_a_crash(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "restgql"):
        found = Scripted({"/a": answer, "/b": 1}).execute('{ get(path: "/a") b: get(path: "/b") }')
    assert failed(found, "get") == ("UPSTREAM_INVALID", "The route crashed. The log of the app has the reason.")
    assert found["data"]["b"] == 1
    assert "ZeroDivisionError: secret" in caplog.text


# Which route answers.


def test_a_query_of_the_script_goes_before_any_query() -> None:
    scripted = Scripted({"/a": "any", "/a?x=1": "one", "/b?y=": "empty"})
    found = scripted.execute(
        '{ none: get(path: "/a") one: get(path: "/a?x=1") two: get(path: "/a?x=2") more: get(path: "/a?x=1&y=2")'
        ' empty: get(path: "/b?y=") lacks: get(path: "/b") }'
    )
    assert found["data"] == {
        "none": "any",
        "one": "one",
        "two": "any",
        "more": "any",
        "empty": "empty",
        "lacks": None,
    }
    assert failed(found, "lacks")[0] == "NOT_ALLOWED"


@pytest.mark.parametrize("asked", ["/b c/é", "/b%20c/%C3%A9", "/b%20c/%c3%a9", "/%62 c/é"])
def test_a_path_is_the_same_however_it_is_encoded(asked: str) -> None:
    scripted = Scripted({"/b c/é": 1})
    assert scripted.execute("query ($p: String!) { get(path: $p) }", {"p": asked}) == {"data": {"get": 1}}


def test_an_unknown_path_is_not_allowed_and_no_hit() -> None:
    scripted = Scripted({"/a": 1})
    found = scripted.execute('{ get(path: "/nowhere") a: get(path: "/a") }')
    assert failed(found, "get") == ("NOT_ALLOWED", "No route matches this path.")
    assert found["data"]["a"] == 1
    assert scripted.hits == ["/a"]


def test_an_encoded_slash_is_in_a_path_that_was_written_with_one() -> None:
    document = "query ($p: String!) { get(path: $p) }"
    assert Scripted({"/a%2Fb": 1}).execute(document, {"p": "/a%2Fb"}) == {"data": {"get": 1}}
    scripted = Scripted({"/a/b": 1})
    assert failed(scripted.execute(document, {"p": "/a%2Fb"}), "get")[0] == "BAD_PATH"
    assert scripted.hits == []


def test_routes_are_those_of_the_script() -> None:
    scripted = Scripted({"/b": 1, "/a?x=1": 2, "/a": 3})
    assert scripted.paths == ["/a", "/b"]
    assert scripted.execute("{ routes { path methods } }") == {
        "data": {"routes": [{"path": "/a", "methods": ["GET"]}, {"path": "/b", "methods": ["GET"]}]}
    }


# What is counted.


def test_hits_are_in_order_of_arrival_over_all_operations() -> None:
    scripted = Scripted({"/1": {"next": 2}, "/2": {"next": 3}, "/3": 3})
    document = '{ fetch(path: "/1") { fetch(path: "/{next}") { get(path: "/{next}") } } }'
    assert scripted.hits == []
    for count in (1, 2):
        scripted.execute(document)
        assert scripted.hits == ["/1", "/2", "/3"] * count


def test_the_same_request_is_one_hit() -> None:
    scripted = Scripted({"/a": 1})
    scripted.execute('{ a: get(path: "/a") b: get(path: "/a") c: fetch(path: "/a") { json } aggregate(paths: ["/a"]) }')
    assert scripted.hits == ["/a"]


def test_what_was_counted_is_the_callers_own() -> None:
    scripted = Scripted({"/a": 1})
    scripted.hits.append("/b")
    scripted.requests.clear()
    scripted.execute('{ get(path: "/a") }')
    assert (scripted.hits, len(scripted.requests)) == (["/a"], 1)


def test_requests_have_what_the_operation_sets() -> None:
    scripted = Scripted({"/a": lambda request: dict(request.headers)})
    document = '{ get(path: "/a?q=b c", headers: [{name: "Accept-Language", value: "pt"}]) }'
    assert scripted.execute(document) == {"data": {"get": {"accept-language": "pt"}}}
    [request] = scripted.requests
    assert (request.method, request.target.path, request.target.query) == ("GET", "/a", "q=b%20c")
    assert request.headers == (("accept-language", "pt"),)


def test_functions_may_wait_for_each_other() -> None:
    both = threading.Barrier(2)

    def meet(_: Any) -> bool:
        return both.wait(PATIENCE) in (0, 1)

    scripted = Scripted({"/a": meet, "/b": meet})
    assert scripted.execute('{ a: get(path: "/a") b: get(path: "/b") }') == {"data": {"a": True, "b": True}}
    assert sorted(scripted.hits) == ["/a", "/b"]


# Operations, payloads and plans.


def test_variables_are_given() -> None:
    document = 'query ($id: ID!) { get(path: "/users/{id}", params: {id: $id}) }'
    assert Scripted({"/users/7": "Ada"}).execute(document, {"id": 7}) == {"data": {"get": "Ada"}}


def test_a_refused_operation_is_an_answer_and_asks_for_nothing() -> None:
    scripted = Scripted({"/a": 1})
    for document in ("{", "{ nothing }", "{ get(path: 1) }"):
        found = scripted.execute(document)
        assert [error["extensions"]["code"] for error in found["errors"]] == ["BAD_REQUEST"]
        assert "data" not in found
        assert list(scripted.payloads(document)) == [found]
    assert scripted.hits == []


def test_payloads_come_as_they_are_ready() -> None:
    taken = threading.Event()
    scripted = Scripted({"/a": "data: a", "/b": lambda _: taken.wait(PATIENCE)})
    found = scripted.payloads('{ a: get(path: "/a") ... @defer(label: "l") { b: get(path: "/b") } }')
    assert next(found) == {
        "data": {"a": "data: a"},
        "pending": [{"id": "0", "path": [], "label": "l"}],
        "hasNext": True,
    }
    taken.set()
    assert list(found) == [
        {"incremental": [{"id": "0", "data": {"b": True}}], "completed": [{"id": "0"}], "hasNext": False}
    ]


def test_payloads_of_a_whole_answer_are_one() -> None:
    assert list(Scripted({"/a": 1}).payloads('{ get(path: "/a") }')) == [{"data": {"get": 1}}]


def test_payloads_may_be_left() -> None:
    scripted = Scripted({"/a": 1})
    found = scripted.payloads('{ x: __typename ... @defer { get(path: "/a") } }')
    assert next(found)["data"] == {"x": "Query"}
    found.close()  # type: ignore[attr-defined]
    assert scripted.execute('{ get(path: "/a") }') == {"data": {"get": 1}}


def test_execute_takes_it_whole() -> None:
    assert Scripted({"/a": 1}).execute('{ ... @defer { get(path: "/a") } }') == {"data": {"get": 1}}


DEFERRED = (
    'query Q($id: ID) { user: fetch(path: "/users/{id}", params: {id: $id}) { ... @defer { get(path: "/{x}") } } }'
)


def test_explain_asks_for_nothing() -> None:
    scripted = Scripted({"/users/7": {"x": "a"}, "/a": 1})
    assert scripted.explain(DEFERRED, {"id": 7}) == (
        "query Q: 1 request at first\n└─ user  GET /users/7\n   └─ get  GET /{x}  (needs x)"
    )
    assert scripted.explain(DEFERRED, {"id": 7}, in_parts=True).endswith("(needs x; may come later)")
    assert scripted.explain(DEFERRED) == (
        "query Q: 0 requests at first\n"
        "└─ user  refused: MISSING_PARAMETER: The path needs a value for {id}: it is missing or null.\n"
        "   └─ get  GET /{x}  (needs x)"
    )
    assert scripted.hits == []


def test_explain_shows_what_is_refused_alone() -> None:
    assert Scripted({"/b": 1}).explain('{ get(path: "/{id}") b: get(path: "/b") }') == (
        "query: 1 request at first\n"
        "├─ get  refused: MISSING_PARAMETER: The path needs a value for {id}: it is missing or null.\n"
        "└─ b  GET /b"
    )


@pytest.mark.parametrize("document", ["{", "{ nothing }", "query ($id: ID!) { get(path: $id) }"])
def test_explain_raises_what_refuses_an_operation(document: str) -> None:
    with pytest.raises(BadRequest):
        Scripted({}).explain(document)


def test_arguments_are_keys_of_the_configuration() -> None:
    scripted = Scripted({"/a": 1, "/b": 2}, max_subrequests=1)
    with pytest.raises(LimitExceeded) as caught:
        scripted.explain('{ a: get(path: "/a") b: get(path: "/b") }')
    assert caught.value.extensions["limit"] == "RESTGQL_MAX_SUBREQUESTS"


def test_verbs_add_mutations() -> None:
    scripted = Scripted({"/users": lambda request: (201, request.body)}, verbs=["GET", "POST"])
    answer = scripted.execute('mutation { post(path: "/users", body: {name: "Ada"}) { status text } }')
    assert answer == {"data": {"post": {"status": 201, "text": '{"name":"Ada"}'}}}
    assert [(request.method, str(request.target)) for request in scripted.requests] == [("POST", "/users")]


def test_no_verb_is_a_mutation_unless_it_is_listed() -> None:
    answer = Scripted({"/users": 1}).execute('mutation { post(path: "/users") { status } }')
    assert "data" not in answer


@pytest.mark.parametrize("arguments", [{"nothing": 1}, {"max_subrequests": "many"}])
def test_arguments_that_are_no_keys_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Scripted({}, **arguments)


@pytest.mark.parametrize("path", ["a", "http://localhost/a", "//a", "/a#b", "/../a"])
def test_a_route_is_a_path(path: str) -> None:
    with pytest.raises(BadPath):
        Scripted({path: 1})


# The dispatcher by itself.


def test_a_dispatcher_answers_a_request_with_a_reply() -> None:
    too_late = UpstreamTimeout("Late.")
    dispatcher = ScriptedDispatcher({"/a": (200, {"x": 1}, {"Set-Cookie": "s=1"}), "/late": too_late})
    request = SubRequest(target=target.parse("/a?q=1"))
    reply = dispatcher(request)
    assert (reply.url, reply.status, reply.body, reply.cookies) == ("/a?q=1", 200, b'{"x":1}', ("s=1",))
    assert reply.fields == (("Content-Type", "application/json"),)
    late = dispatcher(SubRequest(target=target.parse("/late")))
    assert (late.status, late.body, late.failure) == (504, b"", too_late)
    assert dispatcher.requests[0] is request
    assert dispatcher.hits == ["/a?q=1", "/late"]


@pytest.mark.parametrize(
    ("path", "error"),
    [("/nowhere", NotAllowed), ("/a%2Fb", BadPath), ("/refused", BadPath), ("/crash", ZeroDivisionError)],
)
def test_a_dispatcher_raises_what_is_no_reply(path: str, error: type[Exception]) -> None:
    dispatcher = ScriptedDispatcher({"/a/b": 1, "/refused": BadPath("Bad."), "/crash": crash})
    with pytest.raises(error):
        dispatcher(SubRequest(target=target.parse(path)))


def test_a_route_is_its_path() -> None:
    dispatcher = ScriptedDispatcher({"/a": 1})
    one, two, other = (SubRequest(target=target.parse(path)) for path in ("/a?x=1", "/a?x=2", "/b"))
    assert dispatcher.route(one) == dispatcher.route(two) != dispatcher.route(other)


@pytest.mark.parametrize(
    "option", [{"openapi": "api.json"}, {"upstreams": {"/shop": "http://localhost:1"}}, {"operations": "operations"}]
)
def test_a_key_whose_fields_need_an_app_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"^\w+: Scripted has no app, .*schema='types.graphql'"):
        Scripted({"/a": 1}, **option)
