"""Eve: a REST API made from a schema, with converters and an error handler of its own, over MongoDB in memory."""

from pathlib import Path
from typing import Any
from unittest import mock

KEY = "65a000000000000000000001"
ARGUMENTS = {"_id": KEY, "lookup": KEY, "name": "Ann"}
PATHS = [
    "/people?max_results=1&page=2",
    '/people?where={"name":"Bea"}',
    "/people?sort=-name",
    '/people?projection={"name":1}',
    '/books?embedded={"author":1}',
    "/people?max_results=x",
    "/people/65a000000000000000000009",
    "/people?where=nothing",
]
ANSWERED = 9


def create(folder: Path) -> Any:
    import mongomock
    from bson import ObjectId
    from eve import Eve

    name = {"type": "string", "required": True}
    author = {"type": "objectid", "data_relation": {"resource": "people", "field": "_id", "embeddable": True}}
    settings = {
        "DOMAIN": {
            "people": {"schema": {"name": name}, "additional_lookup": {"url": 'regex("[A-Z][a-z]+")', "field": "name"}},
            "books": {"schema": {"title": name, "author": author}, "cache_control": "max-age=60"},
        },
        "MONGO_DBNAME": "library",
        "X_DOMAINS": "*",
    }
    with mock.patch("eve.io.mongo.flask_pymongo.MongoClient", mongomock.MongoClient):
        app = Eve(settings=settings)
        with app.app_context():
            app.data.driver.db["people"].insert_many(
                [{"_id": ObjectId(KEY), "name": "Ann"}, {"_id": ObjectId(KEY[:-1] + "2"), "name": "Bea"}]
            )
            app.data.driver.db["books"].insert_one({"_id": ObjectId(KEY), "title": "Maps", "author": ObjectId(KEY)})
    return app
