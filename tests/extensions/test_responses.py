"""Extensions that count, cache, compress, secure and translate responses: their effects on parts and outer response."""

import gzip
from typing import Any

import pytest
from flask import Flask

from tests.extensions.apps import responses
from tests.extensions.extension_table import EXTENSIONS
from tests.extensions.setting import SETTINGS, Client, Setting

settings = pytest.mark.parametrize("options", SETTINGS)
HTTPS = "https://localhost"
SECURED = ("X-Frame-Options", "Strict-Transport-Security", "Content-Security-Policy")


@settings
def test_flask_limiter_counts_each_part_by_its_route_and_the_outer_request_by_the_gateways(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(responses.by_limiter(make_setting(**options)))
    assert client.aggregate(["/prices/1"])["/prices/1"]["headers"]["X-RateLimit-Remaining"] == "1"
    direct = client.get("/prices/2")
    assert direct.header("X-RateLimit-Remaining") == "0"
    parts = client.aggregate(["/prices/3", "/nowhere"])
    assert [part["status"] for part in parts.values()] == [429, 404]
    assert parts["/prices/3"]["headers"]["X-RateLimit-Remaining"] == "0"
    third = client.post("/aggregate", ["/nowhere"])
    assert third.status == (200 if options.get("hooks") is False else 429)
    other = client.aggregate(["/prices/1"], [("X-Api-Key", "another")])
    assert other["/prices/1"]["status"] == 200


@settings
def test_flask_caching_runs_a_view_once_for_parts_and_direct_requests(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(responses.by_caching(make_setting(**options)))
    direct = client.get("/pages/1?sort=asc")
    part = client.aggregate(["/pages/1?sort=asc"])["/pages/1?sort=asc"]
    assert (direct.json["view"], direct.header("hit_cache")) == (1, None)
    assert (part["body"]["view"], part["headers"]["hit_cache"]) == (1, "True")
    first, second, other = client.get_values(["/pages/1", "/pages/1?x=1", "/pages/2"])
    assert sorted([first["view"], second["view"], other["view"]]) == [2, 3, 4]
    assert client.get("/pages/2").json == other
    assert client.get_values(["/totals/1", "/totals/1?again"]) == [{"total": 1}] * 2
    assert client.get("/totals/1").json == {"total": 1}
    assert client.mutate("/pages/clear", {}).json == {"cleared": True}
    assert client.get("/pages/2").json["view"] == 5


@settings
def test_flask_compress_leaves_parts_alone_and_compresses_the_outer_response(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client, gzips = Client(responses.by_compress(make_setting(**options))), [("Accept-Encoding", "gzip")]
    direct = client.get("/rows", gzips)
    assert direct.header("Content-Encoding") == "gzip"
    plain, coded = client.post("/aggregate", ["/rows"]), client.post("/aggregate", ["/rows"], gzips)
    is_coded = options.get("hooks") is not False
    assert (plain.header("Content-Encoding"), coded.header("Content-Encoding")) == (None, "gzip" if is_coded else None)
    assert (gzip.decompress(coded.body) if is_coded else coded.body) == plain.body
    part = client.post("/aggregate?envelope=true", ["/rows"], gzips)
    body = gzip.decompress(part.body) if is_coded else part.body
    assert b"Content-Encoding" not in body
    assert gzip.decompress(direct.body).strip() in plain.body


@settings
@pytest.mark.parametrize(
    ("accept", "coding"), [("application/json", "gzip"), ("application/graphql-response+json", None)]
)
def test_flask_compress_knows_one_media_type_of_graphql(
    make_setting: Any, options: dict[str, Any], accept: str, coding: str | None
) -> None:
    fields, is_outer_coded = [("Accept-Encoding", "gzip"), ("Accept", accept)], options.get("hooks") is not False

    def coding_with(config: dict[str, Any]) -> str | None:
        client = Client(responses.by_compress(make_setting(**options, config=config)))
        answer = client.query('{ get(path: "/rows") }', headers=fields)
        assert (answer.header("Content-Type") or "").startswith(accept)
        return answer.header("Content-Encoding")

    assert coding_with({}) == (coding if is_outer_coded else None)
    both = {"COMPRESS_MIMETYPES": ["application/json", "application/graphql-response+json"]}
    assert coding_with(both) == ("gzip" if is_outer_coded else None)


@settings
def test_flask_compress_a_compressed_answer_has_an_etag_that_is_known_again(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client, gzips = Client(responses.by_compress(make_setting(**options))), [("Accept-Encoding", "gzip")]
    first = client.get("/aggregate?path=/rows", gzips)
    again = client.get("/aggregate?path=/rows", [*gzips, ("If-None-Match", first.header("ETag") or "")])
    assert (first.status, again.status, again.body) == (200, 304, b"")


@settings
def test_flask_talisman_redirects_a_post_over_http(
    make_setting: Any, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = responses.by_talisman(make_setting(**options))
    http, https = Client(app), Client(app, HTTPS)
    assert (http.get("/rows").status, https.get("/rows").status) == (302, 200)
    answer = http.post("/aggregate?envelope=true", ["/rows"])
    if options.get("hooks") is False:  # then the part is
        location = answer.json["/rows"]["headers"]["Location"]
        assert (answer.status, answer.json["/rows"]["status"], location) == (200, 302, f"{HTTPS}/rows")
    else:
        assert (answer.status, answer.header("Location")) == (302, f"{HTTPS}/aggregate?envelope=true")
        assert caplog.text.count("A hook of the app") == 1
    forwarded = [("X-Forwarded-Proto", "https")]  # Talisman believes it
    assert http.aggregate(["/rows"], forwarded)["/rows"]["body"] == {"rows": [1, 2]}
    assert http.mutate("/rows", {"id": 1}, forwarded).status == 201


@settings
def test_flask_talisman_its_headers_are_on_the_outer_response(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(responses.by_talisman(make_setting(**options)), HTTPS)
    direct, through = client.get("/rows"), client.fetch("/rows")
    inside = dict(through.header_list)
    for name in SECURED:
        assert direct.header(name)
        assert inside[name] == direct.header(name)
        assert through.outer.header(name) == (None if options.get("hooks") is False else direct.header(name))


@settings
def test_flask_babel_each_part_has_its_own_locale(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(responses.by_babel(make_setting(**options)))
    query = """{ caller: get(path: "/price")
                 german: get(path: "/price", headers: [{name: "Accept-Language", value: "de"}])
                 french: fetch(path: "/price", headers: [{name: "Accept-Language", value: "fr"}])
                         { header(name: "Content-Language") } }"""
    outer = client.query(query, headers=[("Accept-Language", "en")])
    assert outer.json["data"] == {
        "caller": {"price": "1,234.5"},
        "german": {"price": "1.234,5"},
        "french": {"header": "fr"},
    }
    assert "accept-language" in (outer.header("Vary") or "").lower()


@settings
def test_whitenoise_a_static_file_is_answered_in_a_part_until_routes_are_chosen(
    make_setting: Any, options: dict[str, Any]
) -> None:
    client = Client(responses.by_whitenoise(make_setting(**options)))
    direct, through = client.get("/assets/gateway.graphql"), client.fetch("/assets/gateway.graphql")
    assert b"type Query" in direct.body
    assert (through.body, through.etag) == (direct.body, direct.header("ETag"))
    for routes in (["*"], ["/rows"], ["*", "!/assets/*"]):
        setting: Setting = make_setting(**options, options={"routes": routes})
        closed = Client(responses.by_whitenoise(setting)).fetch("/assets/gateway.graphql")
        assert closed.code == "NOT_ALLOWED"


@pytest.mark.parametrize("order", ["first", "last"])
def test_an_extension_gives_the_gateway_no_header_that_a_part_has(make_setting: Any, order: str) -> None:
    """Without the app's hooks the outer response is the gateway's own, whatever the extension does to parts."""
    names = set()
    for extension in EXTENSIONS:
        app: Flask = extension.make(make_setting(order=order, hooks=False))
        outer = Client(app, extension.url).post("/aggregate", extension.paths[:1])
        names |= {name for name, _ in outer.headers}
    own = {"Content-Type", "Content-Length", "Cache-Control", "Vary", "X-Content-Type-Options", "Server-Timing"}
    assert names <= own | {"Set-Cookie"}
