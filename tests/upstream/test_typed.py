"""Typed fields of somebody else's API: an upstream in a process of its own, beside the app's own types."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import graphene
import pytest
from flask import Flask, request
from graphql import print_schema

from restgql import ConfigError, Gateway
from restgql.cli import cli
from restgql.sources import CompiledSchema
from tests.upstream.shop import document, hits, serving

SECRET = "wolf/1965+moon"


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(autouse=True)
def fresh(shop: str) -> None:
    hits(shop)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    found = Flask("app", root_path=str(tmp_path))

    @found.get("/users/<int:id>")
    def user(id: int) -> Any:
        return {"id": id, "name": f"user {id}", "petIds": [id, id + 1]}

    @found.get("/users")
    def users() -> Any:
        return [user(1), user(2)]

    return found


def mount(app: Flask, upstreams: dict[str, Any], **options: Any) -> Gateway:
    return Gateway(app, upstreams=upstreams, **{"routes": ["*", "!static"], "profile": "open"} | options)


def typed(app: Flask) -> CompiledSchema:
    found: CompiledSchema = app.extensions["restgql"]["restgql"].compiled_schema
    return found


def build(app: Flask, upstreams: dict[str, Any], options: dict[str, Any]) -> None:
    """Mount a gateway, and build its types, which wait for the app's routes with `openapi=`."""
    mount(app, upstreams, **options)
    typed(app)


def write(app: Flask, sdl: str) -> None:
    folder = Path(app.root_path) / "schema"
    folder.mkdir()
    (folder / "types.graphql").write_text(sdl)


# Where the document is.


@pytest.mark.parametrize("form", ["file", "dict", "callable", "url", "redirect", "userinfo", "list"])
def test_a_document_types_an_upstream_wherever_it_is(app: Flask, shop: str, form: str) -> None:
    (Path(app.root_path) / "shop.json").write_text(json.dumps(document()))
    forms = {
        "file": "shop.json",
        "dict": document(),
        "callable": document,
        "url": f"{shop}/v1/openapi.json",
        "redirect": f"{shop}/moved.json",
        "userinfo": shop.replace("://", "://hilda:wolf-1965@") + "/guarded.json",
        "list": ["shop.json"],
    }
    gateway = mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": forms[form]}})
    hits(shop)
    query = '{ getPet(petId: 4) { id name } listPets { id } get(path: "/shop/pets/5", select: "name") }'
    assert gateway.execute(query) == {
        "data": {"getPet": {"id": 4, "name": "pet 4"}, "listPets": [{"id": 1}, {"id": 2}, {"id": 3}], "get": "pet 5"}
    }
    assert sorted(hits(shop)) == ["/v1/pets", "/v1/pets/4", "/v1/pets/5"]
    added = gateway.execute('mutation { addPet(input: {name: "Rex"}) { id name } }')
    assert added == {"data": {"addPet": {"id": 9, "name": "Rex"}}}


def test_the_types_are_there_when_the_app_starts_without_routes_of_its_own(app: Flask, shop: str) -> None:
    Gateway(app, upstreams={"/shop": {"url": f"{shop}/v1", "openapi": document()}}, routes=[], untyped=False)
    answer = app.test_client().post("/graphql", json={"query": "{ getPet(petId: 1) { name } }"})
    assert answer.json == {"data": {"getPet": {"name": "pet 1"}}}


# Base paths.


@pytest.mark.parametrize(
    ("servers", "base"),
    [
        (["/v1"], ""),
        (["{shop}/v1"], ""),
        (["https://elsewhere.example", "{shop}/v1"], ""),
        (["{shop}/v1/"], "/v1"),
        (["https://api.example.com/v1"], ""),  # a URL without a path stands in for another host alone
        (["https://{region}.example.com/v1"], ""),
        (["https://api.example.com/v7"], "/v1"),  # and one with a path for its base path, too
        (["https://api.example.com"], "/v1"),
        ([], "/v1"),
    ],
)
def test_the_operators_url_and_the_servers_make_the_base_path(
    app: Flask, shop: str, servers: list[str], base: str
) -> None:
    source = document([url.replace("{shop}", shop) for url in servers])
    gateway = mount(app, {"/shop": {"url": shop + base, "openapi": source}})
    assert gateway.execute("{ getPet(petId: 4) { name } }") == {"data": {"getPet": {"name": "pet 4"}}}
    assert hits(shop) == ["/v1/pets/4"]


@pytest.mark.parametrize("versions", [("/v1", "/v2"), ("https://api.example.com/v1", "https://api.example.com/v2")])
def test_a_path_may_have_servers_of_its_own(app: Flask, shop: str, versions: tuple[str, str]) -> None:
    source = document([versions[0]])
    source["paths"]["/stock"]["servers"] = [{"url": versions[1]}]
    gateway = mount(app, {"/shop": {"url": shop, "openapi": source}})
    assert gateway.execute("{ getPet(petId: 4) { name } stock { target } }") == {
        "data": {"getPet": {"name": "pet 4"}, "stock": {"target": "/v2/stock?"}}
    }
    source["paths"]["/stock"]["servers"] = [{"url": "https://elsewhere.example/v2"}]
    other = Flask("other")
    mount(other, {"/shop": {"url": shop, "openapi": source}})
    assert "stock" not in typed(other).schema.query_type.fields  # type: ignore[union-attr]


def test_swagger_has_a_base_path(app: Flask, shop: str) -> None:
    answer = {"200": {"description": "OK", "schema": {"type": "object", "properties": {"name": {"type": "string"}}}}}
    number = {"name": "petId", "in": "path", "required": True, "type": "integer"}
    item = {"get": {"operationId": "getPet", "parameters": [number], "responses": answer}}
    source = {"swagger": "2.0", "basePath": "/v1", "host": "api.example.com", "paths": {"/pets/{petId}": item}}
    gateway = mount(app, {"/shop": {"url": shop, "openapi": source}})
    assert gateway.execute("{ getPet(petId: 4) { name } }") == {"data": {"getPet": {"name": "pet 4"}}}


def test_without_a_url_the_servers_of_the_document_are_asked(app: Flask, shop: str) -> None:
    gateway = mount(app, {"/shop": {"openapi": f"{shop}/v1/openapi.json"}})
    hits(shop)
    assert gateway.execute("{ getPet(petId: 4) { name } stock { target } }") == {
        "data": {"getPet": {"name": "pet 4"}, "stock": {"target": "/v2/stock?"}}
    }
    assert sorted(hits(shop)) == ["/v1/pets/4", "/v2/stock"]


def test_a_server_of_another_origin_is_a_mount_of_its_own_without_secrets(
    app: Flask, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    with serving() as other:
        source = document([f"{shop}/v1"])
        source["paths"]["/stock"]["servers"] = [{"url": f"{other}/v2"}]
        credentials = {"header": "Authorization", "scheme": "Bearer", "env": "SHOP_TOKEN"}
        gateway = mount(app, {"/shop": {"openapi": source, "credentials": credentials}})
        answer = gateway.execute("{ echo { authorization } stock { authorization target } }")
        assert answer["data"]["echo"] == {"authorization": "Bearer REDACTED"}
        assert answer["data"]["stock"] == {"authorization": None, "target": "/v2/stock?"}
        assert hits(other) == ["/v2/stock"]
        paths = [route["path"] for route in gateway.execute("{ routes { path } }")["data"]["routes"]]
        assert f"/shop/~{other.removeprefix('http://')}/{{+path}}" in paths


def test_http_and_https_of_one_host_are_one_mount(app: Flask) -> None:
    source = document(["https://api.example.com/v1", "http://api.example.com/v1"])
    source["paths"]["/stock"]["servers"] = [{"url": "http://api.example.com/v2"}]
    mount(app, {"/shop": {"openapi": source}})
    remotes = app.extensions["restgql"]["restgql"].remotes.table
    assert [(each.prefix, each.origin) for each in remotes] == [("/shop", "https://api.example.com")]
    assert {row.path for row in typed(app).rows} >= {"/shop/v1/pets", "/shop/v2/stock"}


@pytest.mark.parametrize("url", ["https://a:b", "https://a:99999", "https://[", "//", "", "https://"])
def test_a_server_that_is_no_url_spoils_nothing(app: Flask, shop: str, url: str) -> None:
    source = document([url, f"{shop}/v1"])
    source["paths"]["/stock"]["servers"] = [{"url": url}]
    gateway = mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": source}})
    assert gateway.execute("{ getPet(petId: 1) { id } }") == {"data": {"getPet": {"id": 1}}}
    other = Flask("other")
    assert mount(other, {"/shop": {"openapi": source}}).execute("{ getPet(petId: 1) { id } }")["data"]["getPet"]


@pytest.mark.parametrize(
    ("path", "item", "says"),
    [
        ("/stock", {"servers": [{"url": "/v2"}]}, "its own server, {shop}/v2, is not below {shop}/v1"),
        ("/x", {"servers": [{"url": "https://u:p@e.example/?k=1"}]}, "https://e.example/, is not below"),
        ("/x", {"servers": [{"url": "{shop}/v1/../v2"}]}, "has a dot segment"),
        ("/x", {"servers": [{"url": "{shop}/v1/%2e%2e/v2"}]}, "has a dot segment"),
        ("/../v2/stock", {}, "has a dot segment"),
        ("/%2e%2e/v2/stock", {}, "has a dot segment"),
        ("/a/..%2f..%2fv2/stock", {}, "has a dot segment"),
        ("/%252e%252e/x", {}, "has a dot segment"),
        ("/a\\..\\b", {}, "has a backslash"),
        ("/inner/secret", {}, "may lead into another upstream, /shop/inner"),
        ("/{any}/secret", {}, "may lead into another upstream, /shop/inner"),
        ("/%69nner", {}, "may lead into another upstream, /shop/inner"),
    ],
)
def test_no_path_of_a_document_leads_out_of_its_upstream(
    app: Flask, shop: str, path: str, item: dict[str, Any], says: str
) -> None:
    operation = {"operationId": "odd", "responses": document()["paths"]["/stock"]["get"]["responses"]}
    item = {key: [{"url": each["url"].format(shop=shop)} for each in value] for key, value in item.items()}
    source = document(**{path: {**item, "get": operation}})
    inner = {"/shop/inner": f"{shop}/v2"}
    gateway = mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": source}, **inner})
    query = typed(app).schema.query_type
    assert query is not None
    assert "odd" not in query.fields
    assert "getPet" in query.fields
    rows = {row.path: row for row in typed(app).rows}
    assert says.format(shop=shop) in rows[path].reason
    assert gateway.execute("{ getPet(petId: 1) { id } }") == {"data": {"getPet": {"id": 1}}}


# Beside the app, and joined.


def test_upstreams_and_the_app_are_joined_by_schema(app: Flask, shop: str) -> None:
    write(
        app,
        """
        type Query { users: [User!] @get(path: "/users") }
        type User {
          id: ID!
          name: String
          pets: [Pet!] @get(path: "/shop/pets", query: "{ids: this.petIds}")
        }
        extend type Pet {
          owner: User @get(path: "/users/{ownerId}")
          twin: CrmPet @get(path: "/crm/pets/{id}", batch: {path: "/crm/pets{?ids*}", by: ["id"], key: ["id"]})
        }
        """,
    )
    upstream = {"url": f"{shop}/v1", "openapi": document()}
    gateway = mount(app, {"/shop": upstream, "/crm": {**upstream, "prefix": "crm"}}, schema="schema")
    assert gateway.execute("{ users { name pets { name } } }")["data"] == {
        "users": [
            {"name": "user 1", "pets": [{"name": "pet 1"}, {"name": "pet 2"}]},
            {"name": "user 2", "pets": [{"name": "pet 2"}, {"name": "pet 3"}]},
        ]
    }
    hits(shop)
    assert gateway.execute("{ listPets { owner { id } twin { name } } getPet(petId: 7) { name } }")["data"] == {
        "listPets": [
            {"owner": {"id": "1"}, "twin": {"name": "pet 1"}},
            {"owner": {"id": "2"}, "twin": {"name": "pet 2"}},
            {"owner": {"id": "0"}, "twin": {"name": "pet 3"}},
        ],
        "getPet": {"name": "pet 7"},
    }
    assert sorted(hits(shop)) == ["/v1/pets", "/v1/pets/7", "/v1/pets?ids=1&ids=2&ids=3"]


def test_the_app_may_be_batched_for_an_upstream(app: Flask, shop: str) -> None:
    @app.get("/owners")
    def owners() -> Any:
        return [{"id": int(id), "name": f"owner {id}"} for id in request.args.getlist("id")]

    write(
        app,
        """
        type Owner { id: Int, name: String }
        extend type Pet {
          owner: Owner @get(path: "/owners{?id}", batch: {path: "/owners{?id*}", by: ["ownerId"], key: ["id"]})
        }
        """,
    )
    gateway = mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": document()}}, schema="schema")
    answer = gateway.execute("{ listPets { owner { name } } }")["data"]
    assert answer == {"listPets": [{"owner": {"name": f"owner {id}"}} for id in (1, 2, 0)]}


def test_a_field_written_by_hand_is_the_only_one_of_its_operation(app: Flask, shop: str) -> None:
    write(app, 'type Query { pet(petId: ID!): Pet @get(path: "/shop/pets/{petId}") }')
    gateway = mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": document()}}, schema="schema")
    assert gateway.execute("{ pet(petId: 1) { name } listPets { id } }")["data"]["pet"] == {"name": "pet 1"}
    query = typed(app).schema.query_type
    assert query is not None
    assert "getPet" not in query.fields


def test_documents_of_one_upstream_share_the_types_that_are_alike(app: Flask, shop: str) -> None:
    one, two = document(), document()
    one["paths"] = {path: item for path, item in one["paths"].items() if path == "/pets"}
    two["paths"] = {path: item for path, item in two["paths"].items() if path == "/pets/{petId}"}
    gateway = mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": [one, two]}})
    answer = gateway.execute("{ listPets { id } getPet(petId: 7) { name } }")["data"]
    assert answer == {"listPets": [{"id": 1}, {"id": 2}, {"id": 3}], "getPet": {"name": "pet 7"}}
    two["components"]["schemas"]["Pet"]["properties"]["color"] = {"type": "string"}
    with pytest.raises(ConfigError, match="documents of one upstream share its names"):
        mount(Flask("other"), {"/shop": {"url": f"{shop}/v1", "openapi": [one, two]}})


# Names.


def test_a_prefix_keeps_two_apis_with_the_same_names(app: Flask, shop: str) -> None:
    upstream = {"url": f"{shop}/v1", "openapi": document()}
    upstreams = {
        "/shop": upstream,
        "/crm": {**upstream, "prefix": "crm"},
        "/erp": {**upstream, "prefix": "Erp_"},
    }
    gateway = mount(app, upstreams, openapi_names="names.json")
    fields = ("getPet(petId: 1)", "crmGetPet(petId: 2)", "Erp_getPet(petId: 3)")
    query = "".join(f"{field} {{ __typename id }}" for field in fields)
    assert gateway.execute(f"{{ {query} }}")["data"] == {
        "getPet": {"__typename": "Pet", "id": 1},
        "crmGetPet": {"__typename": "CrmPet", "id": 2},
        "Erp_getPet": {"__typename": "Erp_Pet", "id": 3},
    }
    assert "crmAddPet(input: CrmPetInput): CrmPet" in print_schema(typed(app).schema)
    assert typed(app).names["GET /crm/pets/{petId}"] == "crmGetPet"


def test_a_lockfile_has_the_names_of_an_upstream_by_its_paths(app: Flask, shop: str) -> None:
    (Path(app.root_path) / "names.json").write_text('{"GET /shop/pets/{petId}": "animal", "GET /pets": "no"}')
    gateway = mount(
        app, {"/shop": {"url": f"{shop}/v1", "openapi": document(), "prefix": "shop"}}, openapi_names="names.json"
    )
    assert gateway.execute("{ animal(petId: 1) { id } shopListPets { id } }")["data"]["animal"] == {"id": 1}


class Pet(graphene.ObjectType):
    name = graphene.String()


class Query(graphene.ObjectType):
    own = graphene.Field(Pet)
    echo = graphene.String()


@pytest.mark.parametrize(
    ("others", "options", "both"),
    [
        ({"/crm": {}}, {}, "the upstream '/shop' and the upstream '/crm' both define Query.listPets, Query.getPet"),
        ({}, {"schema": "schema"}, "schema= and the upstream '/shop' both define Pet:"),
        ({}, {"openapi": {**document(["/"]), "paths": {"/users": document()["paths"]["/pets"]}}}, "openapi= and the"),
        ({}, {"query": Query}, "query= and the upstream '/shop' both define Query.echo:"),
        ({}, {"query": Query}, "query= or mutation= and the upstream '/shop' both define Pet:"),
    ],
)
def test_a_clash_of_names_is_an_error_that_names_both_and_the_way_out(
    app: Flask, shop: str, others: dict[str, Any], options: dict[str, Any], both: str
) -> None:
    if "schema" in options:
        write(app, "type Pet { color: String }")
    upstream = {"url": f"{shop}/v1", "openapi": document()}
    upstreams = {"/shop": upstream, **dict.fromkeys(others, upstream)}
    with pytest.raises(ConfigError) as caught:
        build(app, upstreams, options)
    assert both in str(caught.value)
    assert "upstreams={'/" in str(caught.value)
    assert "'prefix': '" in str(caught.value)
    assert len(str(caught.value)) < 1_000


# What leaves.


@pytest.mark.parametrize(
    ("credentials", "echoed", "target"),
    [
        ({"header": "Authorization", "scheme": "Bearer"}, {"authorization": "Bearer REDACTED"}, "/v1/echo?"),
        ({"header": "X-Key"}, {"key": "REDACTED"}, "/v1/echo?"),
        ({"query": "api_key"}, {}, "/v1/echo?api_key=REDACTED"),
        ([{"query": "api_key"}, {"header": "X-Key"}], {"key": "REDACTED"}, "/v1/echo?api_key=REDACTED"),
    ],
)
def test_secrets_of_the_environment_are_sent_and_shown_nowhere(
    app: Flask,
    shop: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    credentials: Any,
    echoed: dict[str, str],
    target: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    several = credentials if isinstance(credentials, list) else [credentials]
    named = [{**each, "env": "SHOP_TOKEN"} for each in several]
    gateway = mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": document(), "credentials": named}})
    hits(shop)
    query = (
        '{ echo { target authorization key } fetch(path: "/shop/echo?api_key=mine") { url json(select: "target") } }'
    )
    answer = gateway.execute(query, headers={"Authorization": "Bearer mine", "X-Key": "mine"})
    nothing = {"authorization": None, "key": None}
    assert answer["data"]["echo"] == {**nothing, **echoed, "target": target}
    sent = "/v1/echo?api_key=wolf%2F1965%2Bmoon" if "REDACTED" in target else "/v1/echo"
    assert sorted(hits(shop))[-1] == (sent if "REDACTED" in target else "/v1/echo?api_key=mine")

    def run(*args: str) -> str:
        result = app.test_cli_runner().invoke(cli, list(args), catch_exceptions=False)
        return str(result.output)

    commands = [run("check"), run("schema", "--source"), run("explain", query), run("routes")]
    places = [answer, print_schema(typed(app).schema), *commands, caplog.text]
    pool = app.extensions["restgql"]["restgql"].remotes
    places += [repr(pool), repr(pool.access(pool.table[0]))]
    for place in places:
        assert SECRET not in str(place)
        assert "wolf%2F" not in str(place)
    # what the gateway fills is no argument
    echo = typed(app).schema.query_type.fields["echo"]  # type: ignore[union-attr]
    filled = {each.get("query") or each["header"].replace("-", "_") for each in several}
    assert set(echo.args) == {"api_key", "X_Key"} - filled


def test_a_secret_is_in_no_message_of_an_upstream_that_fails(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    credentials = {"query": "api_key", "env": "SHOP_TOKEN"}
    gateway = mount(app, {"/shop": {"url": "http://127.0.0.1:1", "openapi": document(), "credentials": credentials}})
    answer = gateway.execute("{ echo { target } }")
    assert answer["errors"][0]["extensions"]["code"] == "UPSTREAM_INVALID"
    assert "of the upstream 127.0.0.1:1" in caplog.text
    for text in (str(answer), caplog.text):
        assert SECRET not in text
        assert "wolf%2F" not in text


@pytest.mark.parametrize("spelled", [SECRET, SECRET.replace("/", "\\/"), "wolf%2F1965%2Bmoon"])
def test_a_secret_that_an_upstream_repeats_is_redacted(
    app: Flask, serve: Any, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    api = Flask("api")
    api.add_url_rule(
        "/a",
        "a",
        lambda: ('{"next": "/b?key=' + spelled + '"}', {"X-Key": spelled, "Content-Type": "application/json"}),
    )
    api.add_url_rule("/b", "b", lambda: request.args.to_dict(flat=False))
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    credentials = {"query": "key", "env": "SHOP_TOKEN"}
    gateway = mount(app, {"/shop": {"url": serve(api), "credentials": credentials}})
    query = '{ fetch(path: "/shop/a") { headers { name value } json get(path: "{+next}") } }'
    answer = gateway.execute(query)["data"]["fetch"]
    assert answer["json"] == {"next": "/b?key=REDACTED"}
    assert {"name": "X-Key", "value": "REDACTED"} in answer["headers"]
    assert answer["get"] == {"key": ["REDACTED"]}  # the link is asked with the secret


def test_each_upstream_has_its_own_headers(app: Flask, shop: str) -> None:
    upstream = {"url": f"{shop}/v1", "openapi": document()}
    gateway = mount(
        app,
        {
            "/a": {**upstream, "prefix": "a", "headers": ["X-Tenant"]},
            "/b": {**upstream, "prefix": "b"},
            "/c": {**upstream, "prefix": "c", "headers": []},
        },
        upstream_headers=["Authorization"],
    )
    query = "{ aEcho { authorization tenant } bEcho { authorization tenant } cEcho { authorization tenant } }"
    answer = gateway.execute(query, headers={"Authorization": "Bearer mine", "X-Tenant": "acme"})
    assert answer["data"] == {
        "aEcho": {"authorization": None, "tenant": "acme"},
        "bEcho": {"authorization": "Bearer mine", "tenant": None},
        "cEcho": {"authorization": None, "tenant": None},
    }


def test_each_upstream_has_its_own_timeout(app: Flask, shop: str) -> None:
    upstreams = {"/fast": {"url": shop, "timeout": 0.2}, "/slow": {"url": shop, "timeout": 10}}
    gateway = mount(app, upstreams, subrequest_timeout=0.5)
    query = '{ fast: fetch(path: "/fast/slow") { error } slow: fetch(path: "/slow/slow") { error } }'
    assert gateway.execute(query)["data"] == {"fast": {"error": "TIMEOUT"}, "slow": {"error": None}}


# What is wrong is said when the app starts.


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"uri": "http://a"}, "upstreams"),
        ({"url": "http://a", "uri": "b"}, "`uri`; it takes url, openapi, prefix, headers, credentials, timeout"),
        ({}, "it needs url, or openapi with a document that names its servers"),
        ({"url": "http://a", "timeout": 0}, "'/shop': Expected `float` > 0"),
        ({"url": "http://a", "prefix": "my-shop"}, "prefix: 'my-shop' cannot begin a GraphQL name"),
        ({"url": "http://a", "headers": ["Host"]}, "the header Host can never leave"),
        ({"url": "http://a", "openapi": 5}, "openapi: it is a file, a URL, a dict, a callable, or a list of these"),
        ({"url": "http://a", "credentials": {"header": "X", "value": SECRET}}, "`value`; it takes env, header, query"),
        ({"url": "http://a", "credentials": {"env": "A"}}, "is sent as header or as query, one of them"),
        ({"url": "http://a", "credentials": {"env": "A", "header": "Host"}}, "sent in the header field 'Host'"),
        ({"url": "http://a", "credentials": {"env": "NOT_SET_1", "header": "X"}}, "variable NOT_SET_1 of its"),
        ({"url": "http://a", "openapi": "no.json"}, "upstreams['/shop']: openapi = 'no.json': [Errno 2]"),
        ({"url": "http://a", "openapi": {"a": 1}}, "upstreams['/shop']: The dict of openapi is not an OpenAPI"),
        ({"openapi": document(["/v1"])}, "its document names no server with a host. Set url (or --upstream)."),
        ({"openapi": document(["ftp://a/b"])}, "its document names no server with a host"),
        ({"openapi": document(["https://{region}.a.example"])}, "its document names no server with a host"),
        ({"url": "http://a", "openapi": "{shop}/nothing.json?token=" + SECRET}, "{shop}/nothing.json answers 404"),
        ({"url": "http://a", "openapi": "{shop}/v1/echo"}, "{shop}/v1/echo is not an OpenAPI document"),
        ({"url": "http://a", "openapi": "{shop}/away.json?to=/away.json%3Fto%3D/moved.json"}, None),
        ({"url": "http://a", "openapi": "{shop}/away.json?to=ftp://a/b"}, "is not a URL of a document"),
        ({"url": "http://a", "openapi": "http://127.0.0.1:1/?" + SECRET}, "fetched: Connection refused"),
        ({"url": "http://a", "openapi": "http://hilda:wolf-1965@127.0.0.1:1/x"}, "http://127.0.0.1:1/x cannot be"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_upstream_is_said_at_start(
    app: Flask, shop: str, entry: dict[str, Any], says: str | None
) -> None:
    if isinstance(entry.get("openapi"), str):
        entry = {**entry, "openapi": entry["openapi"].format(shop=shop)}
    if says is None:
        mount(app, {"/shop": entry})
        return
    with pytest.raises(ConfigError) as caught:
        mount(app, {"/shop": entry})
    message = str(caught.value)
    assert says.format(shop=shop) in message
    assert SECRET not in message
    assert "wolf-1965" not in message


def test_credentials_of_a_url_never_go_to_another_origin(app: Flask, shop: str) -> None:
    with serving() as other:
        source = shop.replace("://", "://hilda:wolf-1965@") + f"/away.json?to={other}/guarded.json"
        with pytest.raises(ConfigError, match=f"{other}/guarded.json answers 401"):
            mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": source}})


def test_secrets_go_to_no_server_that_a_fetched_document_chooses(
    app: Flask, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    with serving() as other:
        moved = f"{other}/away.json?to={shop}/v1/openapi.json"
        entry = {"openapi": moved, "credentials": {"header": "X-Key", "env": "SHOP_TOKEN"}}
        mount(app, {"/shop": entry})  # relative servers are those of the origin that answered in the end


def test_check_lists_the_fields_of_an_upstream_and_what_has_none(app: Flask, shop: str) -> None:
    source = document(**{"/odd": {"get": {"x-internal": True, "responses": {}}}})
    mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": source}})
    result = app.test_cli_runner().invoke(cli, ["check"], catch_exceptions=False)
    rows = [line.split() for line in result.output.splitlines()]
    assert ["GET", "/shop/pets/{petId}", "getPet", "typed"] in rows
    assert "it is marked x-internal (the upstream '/shop')" in result.output
    assert "is not below" in result.output


def test_a_document_of_an_upstream_in_the_key_of_the_app_is_warned_of(
    app: Flask, shop: str, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = mount(app, {"/shop": shop}, openapi=document())
    assert gateway.execute('{ get(path: "/shop/v1/pets/1", select: "id") }') == {"data": {"get": 1}}
    (record,) = (each for each in caplog.records if "generates no field" in each.message)
    assert record.levelname == "WARNING"
    assert "upstreams={'/shop': {'url': …, 'openapi': …}}" in record.message


def test_camel_case_reads_an_upstream_too(app: Flask, shop: str) -> None:
    source = document()
    source["components"]["schemas"]["Pet"]["properties"]["owner_id"] = {"type": "integer"}
    mount(app, {"/shop": {"url": f"{shop}/v1", "openapi": source}}, camel_case=True)
    assert "ownerId" in print_schema(typed(app).schema)
