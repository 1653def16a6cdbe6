"""Pets: APIFlask writes the OpenAPI document, and the gateway takes its types from it."""

from apiflask import APIFlask, Schema, abort
from apiflask.fields import Integer, String
from apiflask.validators import OneOf

from restgql import Gateway

app = APIFlask(__name__, title="Pets", version="1.0")
PETS = [{"id": 1, "name": "Mia", "kind": "CAT", "owner_id": 1}, {"id": 2, "name": "Bo", "kind": "DOG", "owner_id": 2}]


class PetIn(Schema):
    name = String(required=True)
    kind = String(required=True, validate=OneOf(["CAT", "DOG"]))
    owner_id = Integer()


class PetOut(PetIn):
    id = Integer(required=True)


class PetQuery(Schema):
    kind = String(validate=OneOf(["CAT", "DOG"]))
    owner_id = Integer()


@app.get("/pets")
@app.input(PetQuery, location="query")
@app.output(PetOut(many=True))
@app.doc(operation_id="pets")
def pets(query_data):
    return [pet for pet in PETS if all(pet.get(key) == value for key, value in query_data.items())]


@app.get("/pets/<int:id>")
@app.output(PetOut)
@app.doc(operation_id="pet")
def pet(id):
    return next((pet for pet in PETS if pet["id"] == id), None) or abort(404)


@app.post("/pets")
@app.input(PetIn)
@app.output(PetOut, status_code=201)
@app.doc(operation_id="addPet")
def add_pet(json_data):
    PETS.append({"id": len(PETS) + 1, **json_data})
    return PETS[-1]


Gateway(app, openapi="auto")
