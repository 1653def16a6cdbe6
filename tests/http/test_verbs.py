"""Untyped mutations: the verbs that RESTGQL_VERBS lists, one after the other, as direct requests would be."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, redirect, request, session
from flask_wtf.csrf import CSRFProtect, generate_csrf
from graphql import build_client_schema, get_introspection_query, print_schema

from restgql import ConfigError, Gateway

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def app_of(**settings: Any) -> Flask:
    app = Flask(__name__)
    app.secret_key = "secret"
    said: list[str] = []

    @app.route("/echo", methods=VERBS)
    def echo() -> Any:
        said.append(request.method)
        given = request.get_json(silent=True) if request.is_json else request.form.to_dict(flat=False)
        return jsonify(
            method=request.method, type=request.mimetype, given=given, said=len(said), who=session.get("who")
        )

    @app.post("/login")
    def login() -> Any:
        session["who"] = request.get_json()["who"]
        return {}

    app.add_url_rule("/away/<int:status>", "away", lambda status: redirect("/echo", status), methods=["POST"])
    app.add_url_rule("/token", "token", lambda: {"token": generate_csrf()})
    Gateway(app, routes=["*"], **{"verbs": VERBS, "profile": "open", **settings})
    return app


def run(app: Flask, document: str, **headers: str) -> Any:
    return app.test_client().post("/graphql", json={"query": document}, headers=headers).json


def test_only_verbs_that_are_listed_are_in_the_schema() -> None:
    assert run(app_of(verbs=["GET"]), 'mutation { post(path: "/echo") { ok } }')["errors"][0]["message"]
    fields = "{ __schema { mutationType { fields { name } } } }"
    found = run(app_of(verbs=["PATCH", "DELETE"]), fields)["data"]["__schema"]["mutationType"]["fields"]
    assert [field["name"] for field in found] == ["patch", "delete"]
    with pytest.raises(ConfigError, match="verbs"):
        app_of(verbs=["TRACE"])


def test_the_schema_can_be_asked_for_beside_types_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text('type Query { echo: JSON @get(path: "/echo") }')
    app = app_of(schema=str(tmp_path))
    schema = app.extensions["restgql"]["restgql"].compiled_schema.clients
    assert "encoding: RestEncoding = JSON" in print_schema(schema)
    found = run(app, get_introspection_query(specified_by_url=True))
    assert print_schema(build_client_schema(found["data"])) == print_schema(schema)


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_a_body_is_written_as_its_encoding_says(verb: str) -> None:
    answer = run(
        app_of(),
        f"""mutation {{
            none: {verb}(path: "/echo") {{ json }}
            json: {verb}(path: "/{{where}}", params: {{where: "echo"}}, body: {{a: [1, null]}}) {{ status json }}
            form: {verb}(path: "/echo", body: {{a: [1, 2], b: "x y", c: null}}, encoding: FORM) {{ json }}
            parts: {verb}(path: "/echo", body: {{a: true}}, encoding: MULTIPART) {{ json }}
        }}""",
    )["data"]
    method = verb.upper()
    assert answer["none"]["json"] == {"method": method, "type": "", "given": {}, "said": 1, "who": None}
    assert answer["json"]["json"] == {
        "method": method, "type": "application/json", "given": {"a": [1, None]}, "said": 2, "who": None,
    }  # fmt: skip
    assert answer["form"]["json"]["given"] == {"a": ["1", "2"], "b": ["x y"]}
    assert answer["parts"]["json"]["type"] == "multipart/form-data"
    assert answer["parts"]["json"]["given"] == {"a": ["true"]}


def test_they_run_one_after_the_other_and_never_twice_as_one() -> None:
    answer = run(app_of(), "mutation { " + " ".join(f'm{n}: post(path: "/echo") {{ json }}' for n in range(5)) + " }")
    assert [part["json"]["said"] for part in answer["data"].values()] == [1, 2, 3, 4, 5]


def test_what_comes_after_a_login_is_asked_as_who_logged_in() -> None:
    answer = run(
        app_of(),
        """mutation {
            before: put(path: "/echo") { json }
            post(path: "/login", body: {who: "ann"}) { below: get(path: "/echo") }
            after: put(path: "/echo") { json }
        }""",
    )["data"]
    callers = (answer["before"]["json"]["who"], answer["post"]["below"]["who"], answer["after"]["json"]["who"])
    assert callers == (None, "ann", "ann")


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirect_is_followed_as_fetch_does(status: int, method: str) -> None:
    answer = run(app_of(), f'mutation {{ post(path: "/away/{status}", body: {{a: 1}}) {{ redirected json }} }}')
    found = answer["data"]["post"]
    assert (found["redirected"], found["json"]["method"]) == (True, method)
    assert found["json"]["given"] == ({"a": 1} if method == "POST" else {})


def test_a_mutation_is_never_run_by_a_safe_method() -> None:
    app = app_of()
    document = 'mutation { post(path: "/echo") { json } }'
    assert app.test_client().get("/graphql", query_string={"query": document}).status_code == 405
    assert app.test_client().open("/graphql", method="QUERY", json={"query": document}).status_code == 405
    assert app.test_client().get("/echo").json["said"] == 1


def test_the_apps_own_csrf_protection_holds() -> None:
    app = app_of()
    protect = CSRFProtect(app)
    protect.exempt(app.blueprints["restgql"])
    client = app.test_client()
    document = {"query": 'mutation { post(path: "/echo", body: {}) { status } }'}
    assert client.post("/graphql", json=document).json["data"]["post"]["status"] == 400
    token = client.get("/token").json["token"]
    answer = client.post("/graphql", json=document, headers={"X-CSRFToken": token})
    assert answer.json["data"]["post"]["status"] == 200
