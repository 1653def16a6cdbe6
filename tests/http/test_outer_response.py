"""The answer as an HTTP response: conditions, cookies, HEAD, and the app's own hooks and extensions around it."""

import time
from typing import Any

import pytest
from flask import Flask, request, session
from flask_compress import Compress
from werkzeug.test import Client

from restgql import Gateway

CACHE = "Cache-Control"
PUBLIC = {CACHE: "public, max-age=60"}
FORMS = ["/aggregate?path=/public", '/graphql?query={get(path:"/public")}']


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "not secret"
    app.add_url_rule("/public", "public", lambda: ({"text": "x" * 400}, 200, PUBLIC))
    app.add_url_rule("/plain", "plain", lambda: {})
    return app


@pytest.fixture
def client(app: Flask) -> Any:
    Gateway(app, routes=["*"], profile="open", timings=False)
    return app.test_client()


@pytest.mark.parametrize("form", FORMS)
def test_head_is_get_without_its_body(client: Any, form: str) -> None:
    whole, head = client.get(form), client.head(form)
    assert (head.status_code, head.data) == (200, b"")
    for response in (whole, head):
        response.headers.pop("Date", None)  # it may be another second
    assert {*head.headers} == {*whole.headers}
    assert client.head(form, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "fields",
    [
        {"Range": "bytes=0-3"},
        {"Range": "bytes=0-3", "If-Range": "*"},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ],
    ids=str,
)
def test_r3_a_range_or_a_date_is_not_applied(client: Any, form: str, fields: dict[str, str]) -> None:
    whole, asked = client.get(form), client.get(form, headers=fields)
    assert (asked.status_code, asked.data) == (200, whole.data)
    assert {"Accept-Ranges", "Content-Range", "Last-Modified"}.isdisjoint(asked.headers.keys())


@pytest.mark.parametrize("form", FORMS)
def test_r3_a_precondition_that_fails_is_this_requests_alone(client: Any, form: str) -> None:
    etag = client.get(form).headers["ETag"]
    assert client.get(form, headers={"If-Match": etag}).headers[CACHE] == PUBLIC[CACHE]
    failed = client.get(form, headers={"If-Match": '"other"'})
    assert (failed.status_code, failed.headers[CACHE]) == (412, "no-store")


def test_every_answer_forbids_sniffing_and_errors_are_not_stored(client: Any, app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 100
    etag = client.get(FORMS[0]).headers["ETag"]
    answers = {
        200: client.get(FORMS[1]),
        304: client.get(FORMS[0], headers={"If-None-Match": etag}),
        400: client.get("/aggregate?path=/public&envelope=x"),
        405: client.get("/graphql?query=mutation{x}"),
        406: client.get(FORMS[1], headers={"Accept": "image/png"}),
        413: client.post("/aggregate", json=["/public"] * 100),
        415: client.post("/aggregate", data="[]"),
    }
    for status, answer in answers.items():
        assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (status, "nosniff")
        assert (answer.headers[CACHE] == "no-store") is (status >= 400)
    assert answers[413].json["limit"] == "MAX_CONTENT_LENGTH"
    streamed = client.get(FORMS[0] + "&stream=true")
    assert (streamed.headers[CACHE], streamed.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_the_media_types_of_an_answer_have_etags_of_their_own(client: Any) -> None:
    names = ("application/json", "application/graphql-response+json")
    answers = [client.get(FORMS[1], headers={"Accept": name}) for name in names]
    assert answers[0].data == answers[1].data
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


@pytest.mark.parametrize("form", FORMS)
def test_an_extension_that_compresses_has_etags_of_its_own(app: Flask, form: str) -> None:
    app.config |= {"COMPRESS_MIN_SIZE": 1, "COMPRESS_ALGORITHM": ["gzip"]}
    Compress(app)
    Gateway(app, routes=["*"], profile="open", timings=False)
    client = app.test_client()
    plain = client.get(form)
    coded = client.get(form, headers={"Accept-Encoding": "gzip"})
    assert coded.headers["Content-Encoding"] == "gzip"
    assert "accept-encoding" in coded.headers["Vary"].lower()
    assert plain.headers["ETag"] != coded.headers["ETag"]
    for had, fields in ((plain, {}), (coded, {"Accept-Encoding": "gzip"})):
        again = client.get(form, headers={"If-None-Match": had.headers["ETag"], **fields})
        assert (again.status_code, again.headers[CACHE]) == (304, PUBLIC[CACHE])
    assert client.get(form, headers={"If-None-Match": coded.headers["ETag"]}).data == plain.data


@pytest.mark.parametrize("form", FORMS)
def test_a_hook_of_the_app_has_the_last_word(app: Flask, form: str) -> None:
    @app.after_request
    def set_fields(response: Any) -> Any:
        if request.endpoint.startswith("restgql."):
            response.cache_control.max_age = 5
            response.vary.add("X-Shop")
            response.headers["Content-Security-Policy"] = "default-src 'none'"
        return response

    Gateway(app, routes=["*"], profile="open", timings=False)
    answer = app.test_client().get(form)
    assert (answer.headers[CACHE], answer.headers["Vary"]) == ("public, max-age=5", "Accept, X-Shop")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.parametrize("form", FORMS)
def test_a_default_that_a_hook_sets_is_what_the_parts_say(app: Flask, form: str) -> None:
    @app.after_request
    def set_default(response: Any) -> Any:
        response.headers.setdefault(CACHE, "public, max-age=9")
        return response

    Gateway(app, routes=["*"], profile="open", timings=False)
    assert app.test_client().get(form.replace("public", "plain")).headers[CACHE] == "public, max-age=9"


@pytest.mark.parametrize("entrance", ["__call__", "wsgi_app"])
@pytest.mark.parametrize("headers", [{}, {"If-Match": '"another"'}])
def test_a_hook_that_says_one_thing_of_all_opens_no_store_to_no_cache(app: Flask, entrance: str, headers: Any) -> None:
    """A part is one user's, another has failed: of the whole there is no Vary that would keep users apart."""

    @app.after_request
    def set_for_all(response: Any) -> Any:
        response.headers[CACHE] = "public, max-age=60"
        return response

    app.add_url_rule("/me", "me", lambda: {"me": session.get("me")})
    Gateway(app, routes=["*"], profile="open", timings=False)
    client = Client(getattr(app, entrance))
    failed = "" if headers else "&path=/nowhere"
    answer = client.get(f"/aggregate?path=/me{failed}", headers=headers)
    assert (answer.status_code, answer.headers[CACHE]) == (412 if headers else 200, "no-store")


@pytest.mark.parametrize("entrance", ["__call__", "wsgi_app"])
@pytest.mark.parametrize("form", FORMS)
def test_an_answer_that_sets_a_cookie_of_its_own_is_not_stored(app: Flask, form: str, entrance: str) -> None:
    @app.before_request
    def begin() -> None:
        if request.endpoint.startswith("restgql."):
            session["begun"] = True

    Gateway(app, routes=["*"], profile="open", timings=False)
    answer = Client(getattr(app, entrance)).get(form)
    assert "Set-Cookie" in answer.headers
    assert answer.headers[CACHE] == "no-store"


def test_timings_that_a_header_asks_for_are_not_anothers(app: Flask) -> None:
    Gateway(app, routes=["*"], timings="X-Timings", profile="open")
    client = app.test_client()
    for form in FORMS:
        assert client.get(form).headers["Vary"] == "Accept, X-Timings"
    told = client.get(FORMS[0], headers={"X-Timings": "1"})
    assert ("Server-Timing" in told.headers, told.headers["Vary"]) == (True, "Accept, X-Timings")


@pytest.mark.parametrize(
    ("path", "set_cookie", "sent"),
    [
        ("/shop/cart/add", "a=1", "a=1; Path=/shop/cart"),
        ("/plain", "a=1", "a=1; Path=/"),
        ("/shop/cart/add", "a=1; PATH = /x ; secure", "a=1; PATH = /x ; secure"),
        ("/shop/cart/add", 'a=1; Path="/x"', 'a=1; Path="/x"; Path=/shop/cart'),
        ("/shop/cart/add", "a=1; Path=/; Path=", "a=1; Path=/; Path=; Path=/shop/cart"),
        ("/shop;domain=example/cart", "a=1", "a=1; Path=/shop%3Bdomain=example"),
        ("/shop/", "__Secure-a=1; Secure; Partitioned", "__Secure-a=1; Secure; Partitioned; Path=/shop"),
    ],
)
def test_h3_a_cookie_without_a_path_keeps_the_one_of_its_request(
    app: Flask, path: str, set_cookie: str, sent: str
) -> None:
    app.add_url_rule("/<path:rest>", "any", lambda rest: ({}, 200, {"Set-Cookie": set_cookie}))
    app.view_functions["plain"] = lambda: ({}, 200, {"Set-Cookie": set_cookie})
    Gateway(app, routes=["*"], profile="open", timings=False)
    assert app.test_client().post("/aggregate", json=[path]).headers.getlist("Set-Cookie") == [sent]


@pytest.mark.parametrize(("path", "sent"), [("/plain", "/mounted"), ("/shop/cart/add", "/mounted/shop/cart")])
def test_h3_the_path_of_such_a_cookie_has_the_prefix_of_the_app(app: Flask, path: str, sent: str) -> None:
    app.add_url_rule("/shop/cart/add", "add", lambda: ({}, 200, {"Set-Cookie": "a=1"}))
    app.view_functions["plain"] = app.view_functions["add"]
    Gateway(app, routes=["*"], profile="open", timings=False)
    answer = app.test_client().post("/aggregate", json=[path], environ_overrides={"SCRIPT_NAME": "/mounted"})
    assert answer.headers["Set-Cookie"] == f"a=1; Path={sent}"


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("a=1", "a=2", 1),
        ("a=1; Path=/", "a=; Max-Age=0; path=/", 1),
        ("a=1; Path=/", "a=2; Path=/x", 2),
        ("a=1; Path=/; Domain=.Shop.example", "a=2; DOMAIN=shop.example; Path=/", 1),
        ("a=1; Path=/; Domain=shop.example", "a=2; Path=/", 2),
        ("a=1; Path=/; Secure", "a=2; Path=/; Secure; Partitioned", 2),
        ("a=1; Path=/", "A=2; Path=/", 2),
        ("__Host-a=1; Path=/; Secure", "__Host-a=2; Path=/; Secure", 1),
    ],
)
def test_h3_of_two_that_are_one_cookie_the_last_in_the_document_is_sent(
    app: Flask, first: str, second: str, kept: int
) -> None:
    app.add_url_rule("/first", "first", lambda: time.sleep(0.01) or ({}, 200, {"Set-Cookie": first}))
    app.add_url_rule("/second", "second", lambda: ({}, 200, {"Set-Cookie": second}))
    Gateway(app, routes=["*"], profile="open", timings=False)
    answer = app.test_client().post("/aggregate", json=["/first", "/second"])
    names = [value.partition(";")[0] for value in (first, second)]
    assert [value.partition(";")[0] for value in answer.headers.getlist("Set-Cookie")] == names[-kept:]


@pytest.mark.parametrize("endpoint", ["/aggregate", "/graphql"])
def test_t4_of_parts_that_write_the_session_at_once_the_last_in_the_document_is_kept(app: Flask, endpoint: str) -> None:
    @app.get("/write/<int:number>/<float:seconds>")
    def write(number: int, seconds: float) -> Any:
        session[f"part {number}"] = number
        time.sleep(seconds)
        return dict(session)

    app.add_url_rule("/session", "session", lambda: dict(session))
    Gateway(app, routes=["*"], profile="open", timings=False)
    for turn in range(12):  # each part is the slowest in turn, and the fastest
        client = app.test_client()
        with client.session_transaction() as before:
            before["theme"] = "dark"
        paths = [f"/write/{number}/{(number + turn) % 4 * 0.01:.2f}" for number in range(4)]
        fields = " ".join(f'p{number}: get(path: "{path}")' for number, path in enumerate(paths))
        answer = client.post(endpoint, json=paths if endpoint == "/aggregate" else {"query": f"{{ {fields} }}"})
        values = (answer.json if endpoint == "/aggregate" else answer.json["data"]).values()
        assert list(values) == [{"theme": "dark", f"part {number}": number} for number in range(4)]
        assert len(answer.headers.getlist("Set-Cookie")) == 1
        assert client.get("/session").json == {"theme": "dark", "part 3": 3}
