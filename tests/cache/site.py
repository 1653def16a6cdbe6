"""An app for processes of their own: `python -m tests.cache.site CACHE path…` prints where each answer came from."""

import sys
from typing import Any

from flask import Flask

from restgql import Gateway

HEAD = {"Cache-Control": "max-age=60"}


def create(cache: str, **settings: Any) -> Flask:
    app = Flask("site")
    app.secret_key = "a secret"

    @app.get("/shared/<n>")
    def shared(n: str) -> Any:
        return {"n": n}, 200, {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language"}

    @app.route("/own/<n>", methods=["GET", "PUT"])
    def own(n: str) -> Any:
        return {"n": n}, 200, HEAD

    @app.get("/size/<int:n>")
    def size(n: int) -> Any:
        return "x" * n, 200, HEAD

    Gateway(app, **{"cache": cache, "routes": ["*"], "timings": True, "verbs": ["GET", "PUT"], **settings})
    return app


def source(app: Flask, path: str, headers: dict[str, str] | None = None) -> str:
    method, _, path = path.rpartition(" ")
    client = app.test_client()
    if method:
        return client.open(path, method=method).status
    query = f'{{ fetch(path: "{path}") {{ status }} }}'
    answer = client.post("/graphql", json={"query": query}, headers=headers).json
    return str(answer["extensions"]["restgql"]["requests"][0]["source"]) if answer["data"]["fetch"] else "failed"


if __name__ == "__main__":
    site = create(sys.argv[1])
    print(*(source(site, path) for path in sys.argv[2:]))
