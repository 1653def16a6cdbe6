"""E5: bodies that are left to the server in front, and media types that an API takes alone."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, request, send_file

from restgql import ConfigError, Gateway

FETCH = '{ fetch(path: "%s") { status headers { name value } json text } get(path: "%s") }'


def files(tmp_path: Path, **config: Any) -> Flask:
    app = Flask("app")
    app.config.update(config)
    (tmp_path / "a.json").write_text('{"a": 1}')

    def named(field: str, value: str) -> Any:
        return lambda: ("", 200, {"Content-Type": "application/json", field: value})

    app.add_url_rule("/file", "file", lambda: send_file(tmp_path / "a.json"))
    app.add_url_rule("/missing", "missing", named("X-Sendfile", str(tmp_path / "none.json")))
    app.add_url_rule("/by-hand", "by_hand", named("X-Sendfile", str(tmp_path / "a.json")))
    app.add_url_rule("/light", "light", named("X-LIGHTTPD-send-file", str(tmp_path / "a.json")))
    app.add_url_rule("/accel", "accel", named("X-Accel-Redirect", "/internal/a.json"))
    app.add_url_rule("/empty", "empty", named("X-Sendfile", ""))
    Gateway(app, routes=["*"], max_reply=100)
    return app


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("path", ["/file", "/by-hand", "/light"])
def test_e5_a_file_that_is_left_to_the_server_is_read(tmp_path: Path, path: str, wrapped: bool) -> None:
    app = files(tmp_path, USE_X_SENDFILE=True)
    if wrapped:
        inner = app.wsgi_app
        app.wsgi_app = lambda environ, start: inner(environ, start)  # type: ignore[method-assign]
    answer = app.test_client().post("/graphql", json={"query": FETCH % (path, path)})
    assert answer.json is not None
    assert answer.json["data"]["get"] == answer.json["data"]["fetch"]["json"] == {"a": 1}
    assert str(tmp_path) not in answer.text
    assert app.test_client().post("/aggregate", json=[path]).json == {path: {"a": 1}}


@pytest.mark.parametrize("reads", [False, True])
@pytest.mark.parametrize("path", ["/missing", "/accel", "/empty", "/by-hand", "/large"])
def test_e5_what_cannot_be_read_is_an_error_at_its_place(tmp_path: Path, path: str, reads: bool) -> None:
    if path == "/by-hand" and reads:
        return  # it is read
    app = files(tmp_path, USE_X_SENDFILE=reads)
    (tmp_path / "large.json").write_text('"' + "x" * 200 + '"')
    app.add_url_rule("/large", "large", lambda: ("", 200, {"X-Sendfile": str(tmp_path / "large.json")}))
    client = app.test_client()
    part = client.post("/aggregate?envelope=true", json=[path])
    assert part.json is not None
    assert part.json[path]["status"] == 502
    answer = client.post("/graphql", json={"query": FETCH % (path, path)})
    for text in (part.text, answer.text):
        assert str(tmp_path) not in text
        assert "/internal/" not in text
    assert answer.json is not None
    assert answer.json["data"]["get"] is None
    assert answer.json["errors"][0]["extensions"]["code"] in ("UPSTREAM_INVALID", "LIMIT_EXCEEDED")


# Accept ---------------------------------------------------------------------------------------------------------------


def strict(**settings: Any) -> Flask:
    """An API that takes `application/vnd.api+json` or `*/*` alone."""
    app = Flask("app")

    def person() -> Any:
        if request.headers.get("Accept") not in ("application/vnd.api+json", "*/*", None):
            abort(406)
        return {"accept": request.headers.get("Accept")}, 200, {"Content-Type": "application/vnd.api+json"}

    app.add_url_rule("/person", "person", person)
    app.add_url_rule("/accept", "accept", lambda: {"accept": request.headers.get("Accept")})
    Gateway(app, routes=["*"], **settings)
    return app


@pytest.mark.parametrize("accept", ["*/*", "application/vnd.api+json"])
def test_e5_the_parts_of_an_aggregate_take_the_callers_accept(accept: str) -> None:
    client = strict().test_client()
    direct = client.get("/person", headers={"Accept": accept})
    for path in ("/person", "/person?2"):
        part = client.post("/aggregate?envelope=true", json=[path], headers={"Accept": accept}).json
        assert part is not None
        assert (part[path]["status"], part[path]["body"]) == (direct.status_code, direct.json)
        answer = client.get(f"/aggregate?path={path}", headers={"Accept": accept})
        assert answer.json == {path: direct.json}
        assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "accept",
    [None, "", "application/json", "application/json, text/plain, */*", "text/html,application/xhtml+xml,*/*;q=0.8"],
)
def test_e5_json_a_browser_and_a_stream_ask_for_json(accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    answer = strict().test_client().post("/aggregate", json=["/accept"], headers=headers).json
    assert answer == {"/accept": {"accept": "application/json, */*;q=0.5"}}


def test_e5_a_key_chooses_the_accept_of_all_sub_requests() -> None:
    client = strict(accept="application/vnd.api+json").test_client()
    query = {"query": '{ get(path: "/person", select: "accept") }'}
    assert client.post("/graphql", json=query).json == {"data": {"get": "application/vnd.api+json"}}
    answer = client.post("/aggregate", json=["/accept"], headers={"Accept": "text/csv"}).json
    assert answer == {"/accept": {"accept": "application/vnd.api+json"}}


@pytest.mark.parametrize("accept", ["", " ", "a\nb", "é\x00"])
def test_e5_an_accept_that_is_no_header_value_is_a_start_error(accept: str) -> None:
    with pytest.raises(ConfigError, match="accept"):
        Gateway(Flask("app"), accept=accept)
