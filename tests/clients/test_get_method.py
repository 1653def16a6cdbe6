"""Apollo Client and urql where they send queries by GET, the form that caches know."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Flask, request

from restgql import Gateway
from tests.clients.workshop import Workshop


def test_queries_go_by_get_and_mutations_by_post(workshop: Workshop, serve: Callable[[Any], str]) -> None:
    app, hits, said = Flask(__name__), Counter[str](), []

    @app.get("/news")
    def news() -> Any:
        return [request.args["title"]], 200, {"Cache-Control": "public, max-age=60"}

    app.add_url_rule("/letters", "letters", lambda: ({}, 201), methods=["POST"])

    @app.after_request
    def count(response: Any) -> Any:
        hits[f"{request.method} {request.path}"] += 1
        if request.method == "GET" and request.path == "/graphql":
            said.append(response.headers["Cache-Control"])
        return response

    Gateway(app, routes=["*"], verbs=["GET", "POST"], profile="open", timings=False)
    workshop.bring("get_method.mjs")
    shown = workshop.script("get_method.mjs", f"{serve(app)}/graphql")
    assert [(line.pop("client"), line.pop("error")) for line in shown] == [("apollo", None)] * 2 + [("urql", None)] * 2
    posted = {"__typename": "RestResponse", "status": 201}
    assert [line["data"] for line in shown] == [{"news": ["Ça, là"]}, {"post": posted}] * 2
    assert hits == {"GET /graphql": 2, "POST /graphql": 2, "GET /news": 2, "POST /letters": 2}
    assert said == ["public, max-age=60"] * 2
