"""Moto's server of S3: a request class, a converter and an URL map of its own."""

from pathlib import Path
from typing import Any

ARGUMENTS = {"bucket_name_path": "books", "key_name": "maps.txt", "key_or_bucket_name": "books"}
QUERIES = (
    "acl",
    "cors",
    "encryption",
    "lifecycle",
    "list-type=2",
    "location",
    "policy",
    "tagging",
    "versioning",
    "versions",
)
PATHS = [*(f"/books?{query}" for query in QUERIES), "/books/none", "/none", "/books/maps.txt?tagging", "/books/a/b.txt"]
ANSWERED = 10


def create(folder: Path) -> Any:
    from moto.moto_server.werkzeug_app import create_backend_app

    app = create_backend_app("s3")
    app.debug = False
    return app


def populate(client: Any) -> None:
    public = {"x-amz-acl": "public-read"}
    for path in ("/books", "/books/maps.txt", "/books/a/b.txt"):
        assert client.put(path, data=b"" if path == "/books" else b"Maps", headers=public).status_code == 200
