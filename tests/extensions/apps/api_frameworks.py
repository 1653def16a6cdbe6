"""The smallest app for each extension that declares an API: a pet, read by GET and renamed by POST."""

from typing import Any

from flask import Flask, request

from tests.extensions.setting import Setting


def by_restful(setting: Setting) -> Flask:
    from flask_restful import Api, Resource, abort, fields, marshal_with, reqparse

    app = Flask("app")
    parser = reqparse.RequestParser()
    parser.add_argument("name", required=True, location="json")

    class Pet(Resource):  # type: ignore[misc]
        @marshal_with({"id": fields.Integer, "name": fields.String})  # type: ignore[untyped-decorator]
        def get(self, number: int) -> Any:
            return {"id": number, "name": "Rex", "secret": 1} if number < 9 else abort(404, message="no such pet")

        def post(self, number: int) -> Any:
            return {"id": number, "name": parser.parse_args()["name"]}, 201, {"X-Renamed": "1"}

    with setting.gateway(app):
        Api(app).add_resource(Pet, "/pets/<int:number>")
    return app


def by_restx(setting: Setting) -> Flask:
    from flask_restx import Api, Resource, fields

    app = Flask("app")
    with setting.gateway(app):
        api = Api(app)
        pet = api.model("Pet", {"id": fields.Integer, "name": fields.String(required=True)})

        @api.route("/pets/<int:number>")
        class Pet(Resource):  # type: ignore[misc]
            @api.marshal_with(pet)  # type: ignore[untyped-decorator]
            def get(self, number: int) -> Any:
                return {"id": number, "name": "Rex"} if number < 9 else api.abort(404, "no such pet")

            @api.expect(pet, validate=True)  # type: ignore[untyped-decorator]
            def post(self, number: int) -> Any:
                return {"id": number, "name": request.get_json()["name"]}, 201

    return app


def by_smorest(setting: Setting) -> Flask:
    import marshmallow
    from flask_smorest import Api, abort
    from flask_smorest import Blueprint as ApiBlueprint

    class Pet(marshmallow.Schema):
        id = marshmallow.fields.Int(dump_only=True)
        name = marshmallow.fields.Str(required=True)

    app = Flask("app")
    app.config.update(API_TITLE="Pets", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    names: dict[int, str] = {}
    with setting.gateway(app):
        api, pets = Api(app), ApiBlueprint("pets", __name__)

        @pets.route("/pets/<int:number>")
        @pets.etag  # type: ignore[untyped-decorator]
        @pets.response(200, Pet)  # type: ignore[untyped-decorator]
        def get_pet(number: int) -> Any:
            return {"id": number, "name": names.get(number, "Rex")} if number < 9 else abort(404, message="no such pet")

        @pets.route("/pets/<int:number>", methods=["POST"])
        @pets.arguments(Pet)  # type: ignore[untyped-decorator]
        @pets.response(201, Pet)  # type: ignore[untyped-decorator]
        def add(body: Any, number: int) -> Any:
            return {"id": number, "name": body["name"]}

        @pets.route("/pets/<int:number>", methods=["PUT"])
        @pets.etag  # type: ignore[untyped-decorator]
        @pets.arguments(Pet)  # type: ignore[untyped-decorator]
        @pets.response(200, Pet)  # type: ignore[untyped-decorator]
        def rename(body: Any, number: int) -> Any:
            pets.check_etag({"id": number, "name": names.get(number, "Rex")}, Pet)
            names[number] = body["name"]
            return {"id": number, "name": body["name"]}

        api.register_blueprint(pets)
    return app


def by_apiflask(setting: Setting) -> Flask:
    from apiflask import APIFlask, Schema, abort
    from apiflask.fields import Integer, String

    class Pet(Schema):
        id = Integer(dump_only=True)
        name = String(required=True)

    app: Flask = APIFlask(__name__)
    with setting.gateway(app):

        @app.get("/pets/<int:number>")
        @app.output(Pet)  # type: ignore[attr-defined,untyped-decorator]
        def get_pet(number: int) -> Any:
            return {"id": number, "name": "Rex"} if number < 9 else abort(404, "no such pet")

        @app.post("/pets/<int:number>")
        @app.input(Pet)  # type: ignore[attr-defined,untyped-decorator]
        @app.output(Pet, status_code=201)  # type: ignore[attr-defined,untyped-decorator]
        def rename(number: int, json_data: Any) -> Any:
            return {"id": number, "name": json_data["name"]}

    return app


def by_openapi3(setting: Setting) -> Flask:
    from flask_openapi3 import OpenAPI
    from pydantic import BaseModel

    class Path(BaseModel):
        number: int

    class Name(BaseModel):
        name: str

    class Pet(Name):
        id: int

    app: Flask = OpenAPI(__name__)
    with setting.gateway(app):

        @app.get("/pets/<int:number>", responses={200: Pet})
        def get_pet(path: Path) -> Any:
            return {"id": path.number, "name": "Rex"} if path.number < 9 else ({"message": "no such pet"}, 404)

        @app.post("/pets/<int:number>", responses={201: Pet})
        def rename(path: Path, body: Name) -> Any:
            return {"id": path.number, "name": body.name}, 201

    return app


def by_flasgger(setting: Setting) -> Flask:
    from flasgger import Swagger, swag_from

    pet = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
        "required": ["name"],
    }
    app = Flask(__name__)
    with setting.gateway(app):

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
            return {"id": number, "name": "Rex"} if number < 9 else ({"message": "no such pet"}, 404)

        @app.post("/pets/<int:number>")
        @swag_from(  # type: ignore[untyped-decorator]
            {
                "parameters": [
                    {"name": "number", "in": "path", "type": "integer", "required": True},
                    {"name": "body", "in": "body", "schema": {"id": "Pet", **pet}},
                ],
                "responses": {"201": {"description": "The pet.", "schema": pet}},
            },
            validation=True,
        )
        def rename(number: int) -> Any:
            return {"id": number, "name": request.get_json()["name"]}, 201

        Swagger(app)
    return app


def by_spectree(setting: Setting, mode: str = "normal") -> Flask:
    from pydantic import BaseModel
    from spectree import Response, SpecTree

    class Name(BaseModel):
        name: str

    class Pet(Name):
        id: int

    app, spec = Flask(__name__), SpecTree("flask", mode=mode)
    with setting.gateway(app):

        @app.get("/pets/<int:number>")
        @spec.validate(resp=Response(HTTP_200=Pet), skip_validation=True)
        def get_pet(number: int) -> Any:
            return {"id": number, "name": "Rex"} if number < 9 else ({"message": "no such pet"}, 404)

        @app.post("/pets/<int:number>")
        @spec.validate(json=Name, resp=Response(HTTP_201=Pet))
        def rename(number: int, json: Name) -> Any:
            return {"id": number, "name": json.name}, 201

        spec.register(app)
    return app
