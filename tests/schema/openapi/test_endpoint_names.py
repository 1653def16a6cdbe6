"""The names of fields whose operation has no operationId: those of the app's endpoints."""

import random
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView

from restgql import Gateway
from tests.schema.openapi.documents import document

VERBS = ["GET", "POST", "PUT", "DELETE"]


class Pets(MethodView):
    def get(self) -> list[Any]:
        return []

    def post(self) -> dict[str, Any]:
        return {}


class Pet(MethodView):
    def get(self, pet_id: int) -> dict[str, Any]:
        return {"id": pet_id}

    put = delete = get


def pets_app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/pets/<int:pet_id>", "get_pet", lambda pet_id: {"id": pet_id})
    app.add_url_rule("/pets", "create_pet", dict, methods=["POST"])
    shop = Blueprint("shop", __name__, url_prefix="/shop")
    shop.add_url_rule("/pets", view_func=Pets.as_view("pets"))
    shop.add_url_rule("/pets/<int:pet_id>", view_func=Pet.as_view("pet"))
    app.register_blueprint(shop)
    for rule in ("/owners", "/owners/<int:id>", "/cities/<city>/owners"):
        app.add_url_rule(rule, "owners", dict)
    return app


def fields_of(app: Flask, paths: dict[str, Any], **settings: Any) -> dict[str, set[str]]:
    """Return the names of the typed fields of each root."""
    items = list(paths.items())
    random.Random(len(items)).shuffle(items)
    seen = []
    for order in (paths, dict(items), dict(reversed(items))):
        name = f"gateway{len(app.extensions.get('restgql', {}))}"
        Gateway(app, name=name, url_prefix=f"/{name}", openapi=document(order), verbs=VERBS, **settings)
        with app.app_context():
            schema = app.extensions["restgql"][name].compiled_schema.schema
        roots = {"Query": schema.query_type, "Mutation": schema.mutation_type}
        untyped = {"get", "fetch", "aggregate", "routes", "post", "put", "delete"}
        seen.append({root: set(of.fields) - untyped for root, of in roots.items()})
    assert seen[0] == seen[1] == seen[2], "the names depend on the order of the document"
    return seen[0]


@pytest.mark.parametrize(
    ("paths", "queries", "mutations"),
    [
        (
            {"/pets/{pet_id}": {"get": {}}, "/pets": {"post": {}}},
            {"get_pet"},
            {"create_pet"},
        ),
        (
            {"/shop/pets": {"get": {}, "post": {}}, "/shop/pets/{id}": {"get": {}, "put": {}, "delete": {}}},
            {"shop_pets", "shop_pet"},
            {"post_shop_pets", "put_shop_pet", "delete_shop_pet"},
        ),
        (
            {"/owners": {"get": {}}, "/owners/{id}": {"get": {}}, "/cities/{city}/owners": {"get": {}}},
            {"owners", "owners_by_id", "owners_by_city"},
            set(),
        ),
        (
            {"/owners": {"get": {"operationId": "get_pet"}}, "/pets/{pet_id}": {"get": {}}},
            {"get_pet", "get_pet2"},
            set(),
        ),
    ],
    ids=["a function", "class-based views", "an endpoint of several rules", "an operationId is first"],
)
def test_the_endpoint_names_the_field(paths: dict[str, Any], queries: set[str], mutations: set[str]) -> None:
    assert fields_of(pets_app(), paths) == {"Query": queries, "Mutation": mutations}


def test_in_camel_case() -> None:
    paths = {"/pets/{pet_id}": {"get": {}}, "/shop/pets/{id}": {"put": {}}}
    assert fields_of(pets_app(), paths, camel_case=True) == {"Query": {"getPet"}, "Mutation": {"putShopPet"}}


def test_a_route_that_is_added_renames_no_field() -> None:
    app, paths = pets_app(), {"/shop/pets/{id}": {"get": {}, "put": {}}, "/owners/{id}": {"get": {}}}
    before = fields_of(app, paths)
    assert fields_of(app, {"/shop/pets": {"get": {}, "post": {}}, **paths}) == {
        "Query": before["Query"] | {"shop_pets"},
        "Mutation": before["Mutation"] | {"post_shop_pets"},
    }
