"""The app that is measured: hooks, JSON of a usual size, a slow route, and a sentiment API over a few words."""

import time
from typing import Any

from flask import Flask, abort, g, request

from restgql import Gateway

POSTS = {
    id: {
        "id": id,
        "userId": id % 10 + 1,
        "title": f"Post {id}: what the quick brown fox said",
        "body": "The lazy dog did not answer at once. " * 8,
        "tags": ["fox", "dog"],
    }
    for id in range(1, 101)
}
WORDS = {"superb": 5, "happy": 3, "good": 3, "sad": -2}
SENTENCE = "what a superb and happy day it was for them"


def create_app(**options: Any) -> Flask:
    app = Flask(__name__)

    @app.before_request
    def before() -> None:
        g.user = request.headers.get("Authorization", "anonymous")

    @app.after_request
    def after(response: Any) -> Any:
        response.headers["X-User"] = g.user
        return response

    @app.get("/posts/<int:id>")
    def post(id: int) -> Any:
        return POSTS.get(id) or abort(404)

    @app.get("/slow/<int:ms>/<int:n>")
    def slow(ms: int, n: int) -> Any:
        time.sleep(ms / 1000)
        return {"n": n, "next": [f"/slow/{ms}/{100 + n * 10 + i}" for i in range(10)]}

    @app.get("/v1/word/<word>.json")
    def word(word: str) -> Any:
        return {"word": word, "sentiment": WORDS.get(word, 0)}

    @app.get("/v1/sentence/<sentence>.json")
    def sentence(sentence: str) -> Any:
        return {"sentence": sentence, "sentiment": sum(WORDS.get(word, 0) for word in sentence.split())}

    for number in range(20):  # a real app has more routes than are called
        app.add_url_rule(f"/other{number}/<int:id>/x", f"other{number}", lambda id: {"id": id})
    Gateway(app, routes=["*"], **options)
    return app


app = create_app()
