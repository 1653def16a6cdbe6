import json
import re
from datetime import date
from importlib.resources import files
from urllib.parse import urljoin

import pytest
from flask import Blueprint, Flask, redirect, request, url_for
from flask.views import MethodView

import restgql
from restgql import BadRequest, ConfigError, Gateway, NestedRequest, NotAllowed, RestgqlError, UpstreamStatus

IDENTITY = {"Authorization": "Bearer demo", "Cookie": "sid=7"}
WHO = '{ get(path: "/who") }'


def shop(name="shop") -> Flask:
    """An app with a route that tells who asks, with no gateway yet."""
    app = Flask(name)

    @app.get("/who")
    def who():
        told = {header: request.headers.get(header) for header in ("Authorization", "Cookie", "Accept-Language")}
        return {"app": app.name, "args": request.args} | told

    return app


def data(app, path="/graphql", query=WHO, **options):
    answer = app.test_client(use_cookies=False).post(path, json={"query": query}, **options).json
    assert "errors" not in answer, answer
    return answer["data"]


def codes(answer):
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


# Where it is


def factory(app):
    Gateway().init_app(app)


def below_a_blueprint(app, *prefixes):
    inner = Gateway(aggregate_path="/batch").blueprint
    for level, prefix in enumerate(prefixes):
        outer = Blueprint(f"level{level}", __name__)
        outer.register_blueprint(inner, url_prefix=prefix)
        inner = outer
    app.register_blueprint(inner, url_prefix="/api")


MOUNTS = {
    "Gateway(app)": (Gateway, "", "/graphql", "/aggregate"),
    "init_app": (factory, "", "/graphql", "/aggregate"),
    "paths": (lambda app: Gateway(app, graphql_path="/v1/ask", aggregate_path="/b"), "", "/v1/ask", "/b"),
    "url_prefix": (lambda app: Gateway(app, url_prefix="/api/v1"), "", "/api/v1/graphql", "/api/v1/aggregate"),
    "blueprint": (below_a_blueprint, "", "/api/graphql", "/api/batch"),
    "nested blueprints": (
        lambda app: below_a_blueprint(app, "/in", "/mid"),
        "level1.level0.",
        "/api/mid/in/graphql",
        "/api/mid/in/batch",
    ),
}


@pytest.mark.parametrize(("mount", "parent", "graphql", "aggregate"), MOUNTS.values(), ids=MOUNTS)
def test_the_endpoints_are_where_the_gateway_is_mounted(mount, parent, graphql, aggregate):
    app = shop()
    mount(app)
    with app.test_request_context():
        assert app.url_for(f"{parent}restgql.graphql") == graphql
        assert app.url_for(f"{parent}restgql.aggregate") == aggregate
    assert data(app, graphql)["get"]["app"] == "shop"
    assert app.test_client().post(aggregate, json=["/who"]).json["/who"]["app"] == "shop"
    refused = data(app, graphql, f'{{ aggregate(paths: ["{graphql}", "{aggregate}"]) }}')["aggregate"]
    assert [part["code"] for part in refused.values()] == ["NESTED_REQUEST"] * 2


@pytest.mark.parametrize(
    ("arguments", "there"),
    [
        ({}, {"/graphql", "/aggregate"}),
        ({"graphql_path": None}, {"/aggregate"}),
        ({"aggregate_path": None}, {"/graphql"}),
        ({"graphql_path": None, "aggregate_path": None}, set()),
    ],
)
def test_an_endpoint_without_a_path_is_off(arguments, there):
    app = shop()
    gateway = Gateway(app, **arguments)
    client = app.test_client()
    assert {path for path in ("/graphql", "/aggregate") if client.post(path).status_code != 404} == there
    assert gateway.get("/who", {"a": 1})["app"] == "shop"


def test_one_gateway_is_on_several_apps_each_with_its_configuration():
    gateway, first, second = Gateway(), shop("first"), shop("second")
    second.config["RESTGQL_URL_PREFIX"] = "/api"
    for app in (first, second):
        gateway.init_app(app)
    assert data(first)["get"]["app"] == "first"
    assert data(second, "/api/graphql")["get"]["app"] == "second"
    for app in (first, second):
        with app.app_context():
            assert gateway.get("/who")["app"] == app.name


def test_several_gateways_of_one_app_have_their_own_paths_and_routes():
    app = shop()
    first, second = Gateway(app), Gateway(app, name="partners", url_prefix="/partners", routes=["!*"])
    assert list(app.extensions["restgql"]) == ["restgql", "partners"]
    assert (first.blueprint.name, second.blueprint.name) == ("restgql", "partners")
    assert app.view_functions.keys() >= {"restgql.graphql", "partners.graphql", "partners.aggregate"}
    assert data(app)["get"]["app"] == "shop"
    assert codes(app.test_client().post("/partners/graphql", json={"query": WHO}).json) == ["NOT_ALLOWED"]
    assert first.get("/who")["app"] == "shop"
    with pytest.raises(NotAllowed):
        second.get("/who")


@pytest.mark.parametrize("again", [Gateway, below_a_blueprint, lambda app: below_a_blueprint(app, "/in")])
def test_a_second_gateway_of_the_same_name_is_an_error(again):
    app = shop()
    Gateway(app)
    # Flask's own is a ValueError, where its blueprint is registered twice on one level.
    with pytest.raises((ConfigError, ValueError), match=r"'restgql'.*name="):
        again(app)


def test_a_second_gateway_on_the_same_path_is_an_error():
    app = shop()
    Gateway(app)
    with pytest.raises(ConfigError, match=r"^/graphql is another gateway's \(restgql.graphql\)"):
        Gateway(app, name="partners")


def test_the_package_has_its_types():
    assert files(restgql).joinpath("py.typed").is_file()


# Which routes


@pytest.fixture
def catalogue():
    """An app with rules, endpoints and marks to choose by."""
    app = Flask(__name__, static_folder=None)
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    for blueprint, rule in ((app, "/"), (app, "/users"), (app, "/users/<int:id>"), (admin, "/"), (admin, "/users")):
        endpoint = f"page{rule.count('/')}{'s' if 'users' in rule else ''}"
        blueprint.add_url_rule(rule, endpoint, lambda **_: {})
    app.register_blueprint(admin)
    return app


def opened(app, **arguments):
    Gateway(app, profile="open", **arguments)
    return [route["path"] for route in data(app, query="{ routes { path } }")["routes"]]


@pytest.mark.parametrize(
    ("patterns", "paths"),
    [
        (["*"], ["/", "/admin/", "/admin/users", "/users", "/users/{id}"]),
        ([], []),
        (["/users"], ["/users"]),
        (["/users/<int:id>"], ["/users/{id}"]),
        (["/users*"], ["/users", "/users/{id}"]),
        (["/user?"], ["/users"]),
        (["/*/users"], ["/admin/users"]),
        (["page1"], ["/"]),
        (["admin.*"], ["/admin/", "/admin/users"]),
        (["*s"], ["/admin/users", "/users", "/users/{id}"]),
        (["*", "!admin.*"], ["/", "/users", "/users/{id}"]),
        (["*", "!/admin/*", "/admin/users"], ["/", "/admin/users", "/users", "/users/{id}"]),
        (["!/admin/*", "*"], ["/", "/admin/", "/admin/users", "/users", "/users/{id}"]),
        (["!admin.*"], []),
        (["USERS", "/Users", "users"], []),
    ],
    ids=" ".join,
)
def test_the_last_pattern_that_matches_wins(catalogue, patterns, paths):
    assert opened(catalogue, routes=patterns) == paths
    for path in ("/", "/admin/", "/admin/users", "/users", "/users/5"):
        answer = catalogue.test_client().post("/aggregate", json=[path]).json[path]
        assert answer == ({} if path.replace("5", "{id}") in paths else answer | {"code": "NOT_ALLOWED"})


def test_all_but_static_is_open_by_default():
    app = shop()
    assert opened(app) == ["/who"]
    assert app.url_map.is_endpoint_expecting("static", "filename")


class Listed(MethodView):
    def get(self):
        return {}


@restgql.hide
class Hidden(Listed):
    pass


@restgql.expose
class Exposed(Listed):
    pass


@pytest.mark.parametrize(("patterns", "paths"), [(["*"], ["listed", "exposed"]), (["!*"], ["exposed"])])
@pytest.mark.parametrize("kind", ["functions", "classes"])
def test_a_mark_wins_over_the_patterns(kind, patterns, paths):
    app = Flask(__name__, static_folder=None)
    views = {"listed": Listed, "hidden": Hidden, "exposed": Exposed}
    if kind == "functions":
        views = {"listed": lambda: {}, "hidden": restgql.hide(lambda: {}), "exposed": restgql.expose(lambda: {})}
    for name, view in views.items():
        app.add_url_rule(f"/{name}", view_func=view if kind == "functions" else view.as_view(name), endpoint=name)
    assert sorted(opened(app, routes=patterns)) == sorted(f"/{name}" for name in paths)
    answer = app.test_client().post("/aggregate", json=[f"/{name}" for name in views]).json
    assert [path.strip("/") for path, value in answer.items() if value == {}] == paths


# GraphiQL


@pytest.mark.parametrize(
    ("debug", "configured", "shown"),
    [(True, None, True), (False, None, False), (False, True, True), (True, False, False)],
)
def test_x2_graphiql_is_for_debug_unless_configured(debug, configured, shown):
    app = shop()
    app.debug = debug
    Gateway(app, graphiql=configured)
    answer = app.test_client().get("/graphql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.mimetype == "text/html") == ((200, True) if shown else (400, False))


@pytest.mark.parametrize("script_name", ["", "/mounted"])
@pytest.mark.parametrize(("mount", "parent", "graphql", "aggregate"), MOUNTS.values(), ids=MOUNTS)
def test_graphiql_finds_its_assets_and_its_endpoint_below_any_prefix(mount, parent, graphql, aggregate, script_name):
    app = shop()
    app.debug = True
    mount(app)
    client, here = app.test_client(), script_name + graphql
    page = client.get(graphql, base_url=f"http://localhost{script_name}", headers={"Accept": "text/html"}).text
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)
    configured = json.loads(re.search(r'<script type="application/json"[^>]*>(.+)</script>', page)[1])
    assert len(assets) == 3
    for asset in assets:
        found = urljoin(here, asset).removeprefix(script_name)
        with client.get(found) as answer:
            assert answer.status_code == 200
    assert urljoin(here, configured["endpoint"]) == here


def test_x2_graphiql_is_escaped_and_under_a_strict_policy():
    hostile = "</script><script>alert(1)</script><!-- $title"
    app = shop()
    Gateway(app, graphiql=True, graphiql_query=hostile, graphiql_title=hostile)
    page = app.test_client().get("/graphql", headers={"Accept": "text/html"})
    asked = {"query": hostile, "variables": json.dumps({"a": hostile})}
    assert app.test_client().get("/graphql", query_string=asked, headers={"Accept": "text/html"}).text == page.text
    assert "alert" in page.text
    assert "<script>" not in page.text
    assert "<!--" not in page.text
    policy = dict(directive.split(" ", 1) for directive in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == "'self'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in page.headers["Vary"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/graphql", 200),
        ("GET", "/graphql/static/LICENSES.txt", 200),
        ("GET", "/aggregate", 200),
        ("POST", "/graphql", 415),
        ("POST", "/aggregate", 415),
    ],
)
def test_no_answer_may_be_sniffed(method, path, status):
    app = shop()
    Gateway(app, graphiql=True)
    with app.test_client().open(path, method=method, headers={"Accept": "text/html,*/*;q=0.5"}) as answer:
        assert (answer.status_code, answer.headers.get("X-Content-Type-Options")) == (status, "nosniff")


@pytest.mark.parametrize(
    ("graphiql", "name"), [(False, "LICENSES.txt"), (True, "index.html"), (True, "../__init__.py")]
)
def test_no_file_is_served_but_the_pages_own(graphiql, name):
    app = shop()
    Gateway(app, graphiql=graphiql)
    assert app.test_client().get(f"/graphql/static/{name}").status_code == 404


# In Python


@pytest.mark.parametrize("ask", [lambda g: g.get("/"), lambda g: g.fetch("/"), lambda g: g.execute("{__typename}")])
def test_a_call_before_init_app_says_what_is_missing(ask):
    with pytest.raises(ConfigError, match=r"init_app\(app\)"):
        ask(Gateway())
    with shop().app_context(), pytest.raises(ConfigError, match=r"init_app\(app\)"):
        ask(Gateway(shop()))


CALLS = {
    "get": lambda gateway, **options: gateway.get("/who", **options),
    "fetch": lambda gateway, **options: gateway.fetch("/who", **options).json(),
    "execute": lambda gateway, **options: gateway.execute(WHO, **options)["data"]["get"],
}


@pytest.mark.parametrize("ask", CALLS.values(), ids=CALLS)
def test_within_a_request_a_call_is_as_its_caller(ask):
    app = shop()
    gateway = Gateway(app)
    app.add_url_rule("/via", "via", lambda: ask(gateway))
    client = app.test_client(use_cookies=False)  # with a jar, it would drop the header Cookie
    who = client.get("/who", headers=IDENTITY).json
    assert who.items() >= IDENTITY.items()
    assert client.get("/via", headers=IDENTITY).json == who
    assert client.get("/via").json == client.get("/who").json
    assert data(app, query='{ get(path: "/via") }', headers=IDENTITY)["get"] == who


@pytest.mark.parametrize("in_context", [True, False], ids=["app context", "no context"])
@pytest.mark.parametrize("ask", CALLS.values(), ids=CALLS)
def test_outside_of_a_request_a_call_is_as_a_client_of_its_own(ask, in_context):
    app = shop()
    gateway = Gateway(app)
    nobody = {"app": "shop", "args": {}, "Authorization": None, "Cookie": None, "Accept-Language": None}

    def asked(**options):
        if not in_context:
            return ask(gateway, **options)
        with app.app_context():
            return ask(gateway, **options)

    assert asked() == nobody
    assert asked(headers={"Accept-Language": "fr"}) == nobody | {"Accept-Language": "fr"}
    if ask is CALLS["execute"]:
        assert asked(headers=IDENTITY) == nobody | IDENTITY
    else:
        with pytest.raises(NotAllowed, match="Authorization"):
            asked(headers=IDENTITY)


def test_headers_of_an_execution_within_a_request_are_over_the_callers():
    app = shop()
    gateway = Gateway(app)
    app.add_url_rule("/via", "via", lambda: gateway.execute(WHO, headers={"Authorization": "Bearer other"}))
    who = app.test_client(use_cookies=False).get("/via", headers=IDENTITY).json["data"]["get"]
    assert (who["Authorization"], who["Cookie"]) == ("Bearer other", "sid=7")


def test_get_is_the_value_or_an_error():
    gateway = Gateway(shop())
    assert gateway.get("/{name}{?a*}", {"name": "who", "a": [1, "é"]}, select="args.a") == "1"
    with pytest.raises(UpstreamStatus, match="404"):
        gateway.get("/nowhere")
    with pytest.raises(NestedRequest):
        gateway.get("/graphql")
    with pytest.raises(restgql.MissingParameter):
        gateway.get("/{name}")
    with pytest.raises(restgql.BadSelect):
        gateway.get("/who", select="[")


def test_a_status_of_400_or_more_is_an_error_of_get_and_a_response_of_fetch():
    app = shop()
    gateway = Gateway(app)
    app.add_url_rule("/gone", "gone", lambda: ({"sorry": True}, 410))
    app.add_url_rule("/moved", "moved", lambda: redirect("/who?a=1"))
    with pytest.raises(UpstreamStatus) as caught:
        gateway.get("/gone")
    assert caught.value.extensions["http"] == {"status": 410, "headers": {}, "body": {"sorry": True}}
    gone, moved, stayed = (
        gateway.fetch("/gone"),
        gateway.fetch("/moved"),
        gateway.fetch("/moved", follow_redirects=False),
    )
    assert (gone.status, gone.ok, gone.json("sorry")) == (410, False, True)
    assert (moved.url, moved.redirected, moved.json("args")) == ("/who?a=1", True, {"a": "1"})
    assert (stayed.status, stayed.redirected, stayed.header("location")) == (302, False, "/who?a=1")


def test_execute_gives_the_response_map():
    gateway = Gateway(shop())
    document = 'query A($a: Int) { get(path: "/who{?a}", params: {a: $a}, select: "args") } query B { __typename }'
    assert gateway.execute(document, {"a": 3}, operation_name="A") == {"data": {"get": {"a": "3"}}}
    assert gateway.execute(document, operation_name="B") == {"data": {"__typename": "Query"}}
    assert codes(gateway.execute(document)) == ["BAD_REQUEST"]
    assert codes(gateway.execute("{ get(")) == ["BAD_REQUEST"]


def test_a_number_that_python_cannot_represent_is_an_error_of_the_route():
    app = shop()
    gateway = Gateway(app)
    app.add_url_rule("/far", "far", lambda: app.response_class('{"far": 1.0e400}', mimetype="application/json"))
    assert codes(gateway.execute('{ get(path: "/far") }')) == ["UPSTREAM_INVALID"]
    for ask in (gateway.get, lambda path: gateway.fetch(path).json()):
        with pytest.raises(restgql.UpstreamInvalid, match="out of range"):
            ask("/far")


# Nesting


@pytest.fixture
def nesting():
    """An app whose view asks for itself through its gateway, `left` times."""
    app = shop()
    gateway = Gateway(app, max_subrequests=3)
    Gateway(app, name="other", url_prefix="/other")

    @app.get("/nest/<way>/<int:left>")
    def nest(way, left):
        path = f"/nest/{way}/{left - 1}"
        try:
            if left == 0:
                return {"inner": None}
            if way == "get":
                return {"inner": gateway.get(path)}
            answer = gateway.execute("query ($path: String!) { get(path: $path) }", {"path": path})
            return {"code": codes(answer)[0]} if "errors" in answer else {"inner": answer["data"]["get"]}
        except RestgqlError as exc:
            return {"code": exc.extensions["code"]}

    @app.get("/away")
    def away():
        return redirect("/graphql?query={__typename}")

    @app.get("/spend")
    def spend():
        return gateway.execute('{ a: get(path: "/who?1") b: get(path: "/who?2") c: get(path: "/who?3") }')

    return app


def levels(depth, end):
    for _ in range(depth):
        end = {"inner": end}
    return end


@pytest.mark.parametrize("way", ["get", "execute"])
@pytest.mark.parametrize(
    ("through_the_gateway", "left", "answer"),
    [
        (False, 1, levels(2, None)),
        (False, 3, levels(4, None)),
        (False, 4, levels(3, {"code": "LIMIT_EXCEEDED"})),
        (True, 2, levels(3, None)),
        (True, 3, levels(2, {"code": "LIMIT_EXCEEDED"})),
    ],
)
def test_a_view_that_calls_the_gateway_nests_as_deep_as_the_budget_allows(
    nesting, way, through_the_gateway, left, answer
):
    path = f"/nest/{way}/{left}"
    if through_the_gateway:
        assert data(nesting, query=f'{{ get(path: "{path}") }}')["get"] == answer
    else:
        assert nesting.test_client().get(path).json == answer


def test_what_the_view_of_a_websocket_asks_for_is_http():
    app = shop()
    gateway = Gateway(app, routes=["*"])
    app.add_url_rule("/link", "link", lambda: {"self": url_for("link", _external=True)})
    app.add_url_rule("/socket", "socket", lambda: [gateway.get("/who"), gateway.get("/link")], websocket=True)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    who, link = app.test_client().get("/socket", headers=upgrade).json
    assert (who["app"], link) == ("shop", {"self": "http://localhost/link"})


def test_what_nests_is_within_the_budget_of_the_whole(nesting):
    assert codes(nesting.test_client().get("/spend").json) == []
    assert codes(data(nesting, query='{ get(path: "/spend") }')["get"]) == ["LIMIT_EXCEEDED"]


@pytest.mark.parametrize(
    "path",
    [
        "/graphql",
        "/graphql?query=%7B__typename%7D",
        "/graphql/static/index.html",
        "/aggregate?path=/who",
        "/other/graphql",
        "/other/aggregate",
        "/away",
    ],
)
@pytest.mark.parametrize("gateway", ["", "/other"])
def test_no_gateway_is_asked_through_a_gateway(nesting, gateway, path):
    client = nesting.test_client()
    asked = {"query": "query ($path: String!) { get(path: $path) }", "variables": {"path": path}}
    answer = client.post(f"{gateway}/graphql", json=asked).json
    assert (answer["data"], codes(answer)) == ({"get": None}, ["NESTED_REQUEST"])
    part = client.post(f"{gateway}/aggregate", json=[path, "/who"]).json
    assert (part[path]["code"], part["/who"]["app"]) == ("NESTED_REQUEST", "shop")


def test_values_of_python_are_sent_as_json_has_them():
    app = shop()
    gateway, day = Gateway(app), date(2026, 1, 2)
    assert gateway.get("/who{?a}", {"a": day}, select="args.a") == "2026-01-02"
    document = 'query ($a: JSON) { get(path: "/who{?a}", params: {a: $a}, select: "args.a") }'
    assert gateway.execute(document, {"a": day}) == {"data": {"get": "2026-01-02"}}
    with pytest.raises(BadRequest, match="not JSON"):
        gateway.get("/who{?a}", {"a": object()})
    assert codes(gateway.execute(document, {"a": object()})) == ["BAD_REQUEST"]


@pytest.mark.parametrize("headers", [{"X-A": "a\r\nb"}, {"Cookie": "sid=€"}, {"a b": "1"}])
def test_headers_that_http_cannot_carry_are_refused(headers):
    app = shop()
    gateway = Gateway(app)
    assert codes(gateway.execute(WHO, headers=headers)) == ["BAD_REQUEST"]
    with pytest.raises(BadRequest):
        gateway.get("/who", headers=headers)


def test_outside_of_a_request_the_host_is_one_that_the_app_trusts():
    app = shop()
    app.config["TRUSTED_HOSTS"] = [".shop.example"]
    gateway = Gateway(app)
    assert gateway.get("/who")["app"] == "shop"
    assert gateway.execute(WHO, headers={"Host": "a.shop.example"})["data"]["get"]["app"] == "shop"
    refused = gateway.execute(WHO, headers={"Host": "evil.example"})
    assert codes(refused) == ["BAD_REQUEST"]
    assert "not trusted" in refused["errors"][0]["message"]


@pytest.mark.parametrize("name", MOUNTS)
def test_health_is_below_the_graphql_endpoint(name):
    mount, _, graphql, _ = MOUNTS[name]
    app = shop()
    mount(app)
    answer = app.test_client().get(f"{graphql}/health")
    assert (answer.status_code, answer.json, answer.headers["Cache-Control"]) == (200, {"status": "pass"}, "no-store")
    found = app.test_client().post(graphql, json={"query": f'{{ get(path: "{graphql}/health") }}'}).json
    assert codes(found) == ["NESTED_REQUEST"]
