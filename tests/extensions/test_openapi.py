"""`openapi="auto"` finds the document of each extension that makes one, and its typed fields answer."""

from typing import Any

import pytest
from flask import Flask
from graphql import is_required_argument

from restgql import Gateway


def smorest() -> Flask:
    import marshmallow
    from flask_smorest import Api
    from flask_smorest import Blueprint as ApiBlueprint

    class Pet(marshmallow.Schema):
        id = marshmallow.fields.Int()
        name = marshmallow.fields.Str()

    app = Flask(__name__)
    app.config.update(API_TITLE="Pets", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    api, pets = Api(app), ApiBlueprint("pets", __name__)

    @pets.route("/pets/<int:number>")
    @pets.response(200, Pet)
    def get_pet(number: int) -> Any:
        return {"id": number, "name": "Rex"}

    api.register_blueprint(pets)
    return app


def apiflask() -> Flask:
    from apiflask import APIFlask, Schema
    from apiflask.fields import Integer, String

    class Pet(Schema):
        id = Integer()
        name = String()

    app: Flask = APIFlask(__name__)

    @app.get("/pets/<int:number>")
    @app.output(Pet)
    def get_pet(number: int) -> Any:
        return {"id": number, "name": "Rex"}

    return app


def openapi3() -> Flask:
    from flask_openapi3 import OpenAPI
    from pydantic import BaseModel

    class Path(BaseModel):
        number: int

    class Pet(BaseModel):
        id: int
        name: str

    app: Flask = OpenAPI(__name__)

    @app.get("/pets/<int:number>", responses={200: Pet})
    def get_pet(path: Path) -> Any:
        return {"id": path.number, "name": "Rex"}

    return app


def restx() -> Flask:
    from flask_restx import Api, Resource, fields

    app = Flask(__name__)
    api = Api(app)
    pet = api.model("Pet", {"id": fields.Integer, "name": fields.String})

    @api.route("/pets/<int:number>")
    class Pet(Resource):
        @api.marshal_with(pet)
        def get(self, number: int) -> Any:
            return {"id": number, "name": "Rex"}

    return app


def flasgger() -> Flask:
    from flasgger import Swagger

    app = Flask(__name__)

    @app.get("/pets/<int:number>")
    def get_pet(number: int) -> Any:
        """One pet.
        ---
        parameters:
          - {name: number, in: path, type: integer, required: true}
        responses:
          200:
            description: A pet.
            schema: {type: object, properties: {id: {type: integer}, name: {type: string}}}
        """
        return {"id": number, "name": "Rex"}

    Swagger(app)
    return app


def spectree() -> Flask:
    from pydantic import BaseModel
    from spectree import Response, SpecTree

    class Pet(BaseModel):
        id: int
        name: str

    app, spec = Flask(__name__), SpecTree("flask")

    @app.get("/pets/<int:number>")
    @spec.validate(resp=Response(HTTP_200=Pet))
    def get_pet(number: int) -> Any:
        return {"id": number, "name": "Rex"}

    spec.register(app)
    return app


@pytest.mark.filterwarnings("ignore")  # these extensions' own
@pytest.mark.parametrize("make", [smorest, apiflask, openapi3, restx, flasgger, spectree])
def test_auto_finds_the_document(make: Any) -> None:
    app = make()
    gateway = Gateway(app, routes=["*"], openapi="auto")
    query = app.extensions["restgql"]["restgql"].typed.clients.query_type
    (field,) = set(query.fields) - {"get", "fetch", "aggregate", "routes"}
    (argument,) = [name for name, of in query.fields[field].args.items() if is_required_argument(of)]
    answer = gateway.execute(f"{{ pet: {field}({argument}: 4) {{ id name }} }}")
    assert answer == {"data": {"pet": {"id": 4, "name": "Rex"}}}
