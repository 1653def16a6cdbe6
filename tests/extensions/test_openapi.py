"""`openapi="auto"` finds the document of each extension that makes one, and its typed fields answer."""

from collections.abc import Callable

import pytest
from flask import Flask
from graphql import is_required_argument

from restgql import Gateway
from tests.extensions.apps import api_frameworks
from tests.extensions.setting import Make, Setting

MAKERS = {
    "smorest": api_frameworks.by_smorest,
    "apiflask": api_frameworks.by_apiflask,
    "openapi3": api_frameworks.by_openapi3,
    "restx": api_frameworks.by_restx,
    "flasgger": api_frameworks.by_flasgger,
    "spectree": api_frameworks.by_spectree,
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_auto_finds_the_document(make: Make) -> None:
    app = make(Setting(order="none"))
    gateway = Gateway(app, routes=["*"], openapi="auto")
    query = app.extensions["restgql"]["restgql"].compiled_schema.clients.query_type
    (field,) = set(query.fields) - {"get", "fetch", "aggregate", "routes"}
    (argument,) = [name for name, of in query.fields[field].args.items() if is_required_argument(of)]
    answer = gateway.execute(f"{{ pet: {field}({argument}: 4) {{ id name }} }}")
    assert answer == {"data": {"pet": {"id": 4, "name": "Rex"}}}


def by_restx() -> Flask:
    from flask_restx import Api, Resource

    app = Flask("app")
    api = Api(app, default_swagger_filename="pets/specification")
    api.add_resource(type("Pets", (Resource,), {"get": lambda self: []}), "/pets")
    return app


def by_flasgger() -> Flask:
    from flasgger import Swagger

    app = Flask("app")

    @app.get("/pets")
    def pets() -> list[str]:
        """Pets
        ---
        responses: {200: {description: all pets}}
        """
        return []

    Swagger(app, {**Swagger.DEFAULT_CONFIG, "specs": [{"endpoint": "pets", "route": "/specification"}]})
    return app


@pytest.mark.parametrize("make", [by_restx, by_flasgger])
def test_auto_finds_a_document_at_any_path(make: Callable[[], Flask]) -> None:
    app = make()
    Gateway(app, openapi="auto")
    compiled = app.extensions["restgql"]["restgql"].compiled_schema
    assert compiled.failure is None
    assert [(row.method, row.path) for row in compiled.rows] == [("GET", "/pets")]


def test_auto_names_the_apis_of_flask_smorest_that_it_leaves_out(caplog: pytest.LogCaptureFixture) -> None:
    from flask_smorest import Api, Blueprint

    app = Flask("app")
    for version in ("1", "2"):
        app.config.update({f"V{version}_API_TITLE": "Pets", f"V{version}_API_VERSION": version})
        app.config[f"V{version}_OPENAPI_VERSION"] = "3.0.3"
        pets = Blueprint(f"pets{version}", __name__)
        pets.route(f"/{version}/pets")(pets.response(200)(list))
        Api(app, config_prefix=f"V{version}_").register_blueprint(pets)
    Gateway(app, openapi="auto").execute("{ __typename }")
    [warning] = [record.message for record in caplog.records if "'auto'" in record.message]
    assert warning == (
        "openapi = 'auto' reads flask-smorest's API 'V1_' only. The app has other OpenAPI documents: flask-smorest's "
        "API 'V2_'. To read them, set a list of documents: openapi = […]."
    )
