"""What is refused, whichever way it is spelt: B4, B10, P3, X1."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, redirect, request

import restgql
from restgql import Gateway
from tests.equality import rule
from tests.equality.app import create_app
from tests.equality.client import Answer, Client, Fetched
from tests.equality.conftest import Served
from tests.equality.stacks import rewriting_to

HIDDEN = ("secret", "folder", "merged", "post_only", "deep")

# How an app keeps its hidden views from the gateway: patterns, or marks on the views.
WAYS: dict[str, list[str] | None] = {
    "by-rule": ["*", "!/secret*", "!/folder/", "!/merged/secret", "!/post-only", "!/deep/*"],
    "by-endpoint": ["*", *(f"!{name}" for name in HIDDEN)],
    "by-leaving-out": ["open", "go", "links"],
    "by-mark": None,
}

# None of these may reach a hidden view. {here} is the app's origin.
SPELLINGS = (
    "/secret",
    "/secret?",
    "/secret?a=1",
    "/secret/",
    "/secret//",
    "/secret%2F",
    "/secret%5C",
    "/secret;a=1",
    "/secret%00",
    "/secret%20",
    "/secret%3F",
    "/secret.",
    "/SECRET",
    "/%73ecret",
    "/%73%65%63%72%65%74",
    "/%2573ecret",
    "/%2Fsecret",
    "//secret",
    "///secret",
    "/./secret",
    "/open/../secret",
    "/open/%2e%2e/secret",
    "/open%2F..%2Fsecret",
    "/open/..;/secret",
    "/open//secret",
    "/\\secret",
    "\\secret",
    "secret",
    " /secret",
    "{here}/secret",
    "/folder",
    "/folder/",
    "/folder//",
    "/%66older",
    "/merged/secret",
    "/merged//secret",
    "/merged%2Fsecret",
    "/merged/%73ecret",
    "/deep/a/b",
    "/deep/a%2Fb",
    "/deep//a",
    "/post-only",
    "/post-only?_method=POST",
    "/rewritten",
    "/go?to=/secret",
    "/go?to=/%2573ecret",
    "/go?to=/folder",
    "/go?to=secret",
    "/go?to=./secret",
    "/go?to=open/../secret",
    "/go?to=/merged//secret",
    "/go?to=/rewritten",
    "/go?to={here}/secret",
    "/go?to=//{host}/secret",
    "/go?to=/go%3Fto%3D/secret",
    "/static/app.py",
)

# Document, variables: other ways to make a path.
DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "get": ('{ found: get(path: "/secret") }', {}),
    "template": ('{ found: get(path: "/{a}", params: {a: "secret"}) }', {}),
    "template-parts": ('{ found: get(path: "/{a}{b}", params: {a: "sec", b: "ret"}) }', {}),
    "template-link": ('{ found: get(path: "{+a}", params: {a: "/secret"}) }', {}),
    "template-link-part": ('{ found: get(path: "/{+a}", params: {a: "secret"}) }', {}),
    "template-url": ('query ($a: JSON) { found: get(path: "{+a}", params: {a: $a}) }', {"a": "{here}/secret"}),
    "dependent": ('{ fetch(path: "/links") { found: get(path: "/{name}") } }', {}),
    "dependent-link": ('{ fetch(path: "/links") { found: get(path: "{+link}") } }', {}),
    "dependent-url": ('{ fetch(path: "/links") { found: get(path: "{+url}") } }', {}),
    "dependent-each": ('{ fetch(path: "/links") { found: getEach(over: "all", path: "/{item}") } }', {}),
    "dependent-items": ('{ fetch(path: "/links") { each(over: "all") { found: get(path: "/{item}") } } }', {}),
    "fragment": ('{ ...F } fragment F on Query { found: get(path: "/secret") }', {}),
}

GATEWAYS = (
    "/graphql",
    "/graphql?query=%7B__typename%7D",
    "/%67raphql",
    "/aggregate?path=/open",
    "/graphql/static/graphiql.js",
    "/go?to=/graphql",
    "/other/graphql",
    "/other/aggregate",
    "/rewritten-graphql",
)

BAD_PATHS = (
    "",
    "*",
    "open",
    "?a",
    " /open",
    "http://127.0.0.1/open",
    "HTTP:/open",
    "javascript:/open",
    "//open",
    "//127.0.0.1/open",
    "/\\open",
    "\\open",
    "/open\\a",
    "/open#a",
    "/open?a#b",
    "/open\n",
    "/open\r\nX-Injected: 1",
    "/open HTTP/1.1\r\nHost: evil\r\n\r\n",
    "/open?a=\r\nX-Injected: 1",
    "/open\t",
    "/open\x00",
    "/open\x1f",
    "/open\x7f",
    "/open\x85",
    "/.",
    "/..",
    "/./open",
    "/a/../open",
    "/a/%2e%2e/open",
    "/a/.%2E/open",
    "/a/%252e%252e/open",
    "/a/%25252e./open",
    "/deep/a%2F..%2Fb",
    "/deep/a%5C..%5Cb",
    "/return%2Fdict",
    "/string/a%5c",
    "/" + "a" * 4_096,
    "/" + "a" * 9_000,
    "/" + "é" * 2_048,
    "/{a",
    "/a}",
    "/{}",
    "/{;a}",
)

# A field's headers: name, value, code.
BAD_HEADERS = (
    ("Prefer", "a\r\nX-Injected: 1", "BAD_REQUEST"),
    ("Prefer", "a\nb", "BAD_REQUEST"),
    ("Prefer", "a\x00", "BAD_REQUEST"),
    ("Prefer", "世", "BAD_REQUEST"),
    ("Prefer", "a" * 9_000, "BAD_REQUEST"),
    ("Prefer\r\nX-Injected", "1", "BAD_REQUEST"),
    ("Prefer:", "1", "BAD_REQUEST"),
    ("", "1", "BAD_REQUEST"),
    ("Host", "evil.example", "NOT_ALLOWED"),
    ("Cookie", "session=1", "NOT_ALLOWED"),
    ("authorization", "Basic", "NOT_ALLOWED"),
    ("Forwarded", "for=1", "NOT_ALLOWED"),
    ("X-Forwarded-For", "192.0.2.1", "NOT_ALLOWED"),
    ("X_Forwarded_For", "192.0.2.1", "NOT_ALLOWED"),
    ("X-Real-IP", "192.0.2.1", "NOT_ALLOWED"),
    ("Via", "1.1 a", "NOT_ALLOWED"),
    ("Connection", "close", "NOT_ALLOWED"),
    ("Transfer-Encoding", "chunked", "NOT_ALLOWED"),
    ("Content-Length", "9", "NOT_ALLOWED"),
    ("Content-Type", "text/plain", "NOT_ALLOWED"),
    ("X-HTTP-Method-Override", "DELETE", "NOT_ALLOWED"),
    ("Restgql-Depth", "0", "NOT_ALLOWED"),
    ("restgql.depth", "0", "NOT_ALLOWED"),
)

INTERNAL_HEADERS = tuple(
    (spelling.format(name), value)
    for name in ("Depth", "Budget", "Deadline", "Entered", "Gate", "Matched", "Operation", "Field")
    for spelling in ("Restgql-{}", "restgql.{}", "Restgql_{}", "X-Restgql-{}")
    for value in ("0", "99")
)

NOT_JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=a",
    "text/plain",
    "application/xml",
    None,
)


class Guarded:
    """An app with hidden views, and how often one of them was called."""

    def __init__(self, serve: Callable[[Any], str], routes: list[str] | None) -> None:
        self.calls = 0
        self.is_default = routes is None
        app = self._app(mark=self.is_default)
        # Suggestions tell the developer that a route is excluded; without them, as in production, nothing may tell.
        Gateway(app, routes=routes, profile="open", suggestions=False)
        Gateway(app, routes=routes, profile="open", suggestions=False, name="other", url_prefix="/other")
        app.wsgi_app = rewriting_to(  # type: ignore[method-assign]
            {"/rewritten": "/secret", "/open": "/open", "/rewritten-graphql": "/graphql"}
        )(app.wsgi_app)
        self.client = Client(serve(app))

    def _app(self, *, mark: bool) -> Flask:
        app = Flask(__name__, static_folder=".")

        def hidden(**values: Any) -> str:
            self.calls += 1
            return "secret"

        view = restgql.hide(hidden) if mark else hidden
        app.add_url_rule("/secret", "secret", view)
        app.add_url_rule("/folder/", "folder", view)
        app.add_url_rule("/merged/secret", "merged", view)
        app.add_url_rule("/post-only", "post_only", view, methods=["POST"])
        app.add_url_rule("/deep/<path:rest>", "deep", view)
        # Rules that the middleware's paths match by themselves: only what is behind it tells that they are hidden.
        app.add_url_rule("/rewritten", "open", lambda: "open")
        app.add_url_rule("/rewritten-graphql", "open")
        app.add_url_rule("/open", "open")
        app.add_url_rule("/go", "go", lambda: redirect(request.args["to"]))
        here = {"name": "secret", "link": "/secret", "all": ["secret", "%73ecret", "SECRET"]}
        app.add_url_rule("/links", "links", lambda: here | {"url": request.host_url + "secret"})
        return app

    def fill(self, text: str) -> str:
        return text.replace("{here}", self.client.url).replace("{host}", self.client.url.partition("//")[2])


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS)
def guarded(request: pytest.FixtureRequest, serve: Callable[[Any], str]) -> Iterator[Guarded]:
    return Guarded(serve, request.param)


def refusal(error: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return error["message"], error["extensions"]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("follow", [True, False], ids=["follow", "stay"])
def test_b10_a_hidden_route_is_refused_by_every_spelling(guarded: Guarded, spelling: str, follow: bool) -> None:
    path, before = guarded.fill(spelling), guarded.calls
    through = guarded.client.fetch(path, follow=follow)
    part = guarded.client.aggregate([path])[path]
    assert guarded.calls == before
    if not follow and "/go" in path:
        assert through.status == 302
    elif guarded.is_default and through.error is None:  # it has no rule: the app's own answer
        assert through.status in (404, 405)
        assert part["status"] == through.status
    else:
        assert through.error is not None
        assert through.code in ("NOT_ALLOWED", "BAD_PATH")
        assert part["body"]["code"] == through.code
        if through.code == "NOT_ALLOWED" and not guarded.is_default:
            nowhere = guarded.client.fetch("/nowhere")
            assert nowhere.error is not None
            assert refusal(through.error) == refusal(nowhere.error)
            assert part == guarded.client.aggregate(["/nowhere"])["/nowhere"]


@pytest.mark.parametrize(("document", "variables"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_b10_a_hidden_route_is_refused_by_template_and_batch(
    guarded: Guarded, document: str, variables: dict[str, Any]
) -> None:
    before = guarded.calls
    filled = {name: guarded.fill(value) for name, value in variables.items()}
    answer = guarded.client.query(document, filled).json
    assert guarded.calls == before
    unknown = {"UPSTREAM_STATUS"} if guarded.is_default else set()  # a path without a rule gets the app's own answer
    assert {"NOT_ALLOWED"} <= {error["extensions"]["code"] for error in answer["errors"]} <= {"NOT_ALLOWED"} | unknown


def test_b10_a_hidden_route_is_not_listed(guarded: Guarded) -> None:
    listed = guarded.client.query("{ routes { path endpoint } }").json["data"]["routes"]
    assert {route["endpoint"] for route in listed}.isdisjoint(HIDDEN)


@pytest.mark.parametrize("path", GATEWAYS)
def test_b10_no_gateway_is_reached_through_a_gateway(guarded: Guarded, path: str) -> None:
    assert guarded.client.fetch(path, follow=True).code == "NESTED_REQUEST"
    assert guarded.client.aggregate([path])[path]["body"]["code"] == "NESTED_REQUEST"


@pytest.fixture(scope="module")
def asked(serve: Callable[[Any], str]) -> Served:
    app = create_app(converters=False)
    app.add_url_rule("/open", "open", lambda: "open")
    app.add_url_rule("/deep/<path:rest>", "deep", lambda rest: rest)
    Gateway(app, routes=["*"])
    return Served(app, Client(serve(app)))


@pytest.mark.parametrize("path", BAD_PATHS, ids=lambda path: ascii(path[:40]))
def test_p3_a_malformed_path_is_refused_in_its_place(asked: Served, path: str) -> None:
    document = 'query ($path: String!) { bad: get(path: $path) good: get(path: "/open") }'
    outer, answers = asked.outer_events, []
    events = asked.events_of(lambda: answers.append(asked.client.query(document, {"path": path}).json))
    answer = answers[0]
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["bad"], "BAD_PATH")]
    assert answer["data"] == {"bad": None, "good": "open"}
    alone = asked.events_of(lambda: asked.client.get("/open"))
    assert events == outer + alone


@pytest.mark.parametrize(
    "path", [path for path in BAD_PATHS if "{" not in path and "}" not in path], ids=lambda p: ascii(p[:40])
)
def test_p3_a_malformed_path_is_a_problem_at_its_key(asked: Served, path: str) -> None:
    parts = asked.client.aggregate([path, "/open"])
    assert (parts[path]["status"], parts[path]["body"]["code"]) == (400, "BAD_PATH")
    assert parts["/open"]["body"] == "open"


@pytest.mark.parametrize("path", ["/" + "a" * 4_095, "/echo/" + "é" * 2_045, "/echo?" + "?" * 4_090])
def test_p3_a_path_of_4_kib_is_none_too_long(asked: Served, path: str) -> None:
    assert asked.client.fetch(path).code in (None, "NOT_ALLOWED")


@pytest.mark.parametrize(("name", "value", "code"), BAD_HEADERS, ids=lambda text: ascii(text[:20]))
def test_p3_a_header_that_no_field_may_set_is_refused_in_its_place(
    asked: Served, name: str, value: str, code: str
) -> None:
    through: list[Fetched] = []
    events = asked.events_of(lambda: through.append(asked.client.fetch("/echo", own=[(name, value)])))
    assert through[0].code == code
    assert events == asked.outer_events


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("/echo/a b", "/echo/a%20b"),
        ("/echo/Grüße 世界", "/echo/Gr%C3%BC%C3%9Fe%20%E4%B8%96%E7%95%8C"),
        ("/echo/%C3%A9%20", "/echo/%C3%A9%20"),
        ('/echo/"<>^`|', "/echo/%22%3C%3E%5E%60|"),
        ("/echo?q='\"<> ü`^|", "/echo?q=%27%22%3C%3E%20%C3%BC`^|"),
        ("/echo?a=%zz&b=%", "/echo?a=%zz&b=%"),
        ("/echo?", "/echo?"),
    ],
)
def test_p3_a_path_is_encoded_as_fetch_does(asked: Served, path: str, encoded: str) -> None:
    through = asked.client.fetch(path)
    rule.assert_equal(asked.client.get(encoded, rule.carried([])), through)
    assert through.url == encoded


@pytest.mark.parametrize(("name", "value"), INTERNAL_HEADERS)
def test_b4_internal_looking_headers_have_no_effect(asked: Served, name: str, value: str) -> None:
    headers = [(name, value)]
    rule.assert_equal(asked.client.get("/echo", rule.carried(headers)), asked.client.fetch("/echo", headers))


@pytest.mark.parametrize("content_type", NOT_JSON)
@pytest.mark.parametrize("endpoint", ["/graphql", "/aggregate"])
def test_x1_a_body_that_a_form_can_send_is_415_before_any_dispatch(
    asked: Served, endpoint: str, content_type: str | None
) -> None:
    fields = [("Content-Type", content_type)] if content_type else []
    body = b'{"query": "{ get(path: \\"/open\\") }"}' if endpoint == "/graphql" else b'["/open"]'
    answers: list[Answer] = []
    events = asked.events_of(lambda: answers.append(asked.client.ask("POST", endpoint, fields, body)))
    assert answers[0].status == 415
    assert {path for _, path in events} == {f"{endpoint}?", ""}
