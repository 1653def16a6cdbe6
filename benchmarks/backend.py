"""The REST API that every peer is measured on: hooks, JSON of a usual size, a slow route and a sentiment API."""

import time
from typing import Any

from flask import Flask, abort, g, request

WORDS = {"superb": 5, "happy": 3, "good": 3, "sad": -2}
SENTENCE = "what a superb and happy day it was for them"
SQUARES = 13_000
"""The squares that a core of the measured machine adds in a millisecond."""
TEXT = (
    "Maps from before the railway show how far a day was: two valleys for a cart, one for a walker with a load. "
    "The inns stand where the day ended, and where none stands, the road was better than it looks today. "
    "Those who drew them had walked."
)


def _post(id: int) -> dict[str, Any]:
    return {
        "id": id,
        "userId": id % 10 + 1,
        "title": f"Post {id}: how far a day was",
        "slug": f"post-{id}-how-far-a-day-was",
        "body": TEXT,
        "views": id * 37,
        "likes": id * 3,
        "createdAt": f"2026-01-{id % 28 + 1:02}T10:00:00Z",
        "published": id % 4 != 0,
        "tags": ["maps", "travel"],
    }


POSTS = {id: _post(id) for id in range(1, 501)}
LISTED = [POSTS[id] for id in range(1, 101)]
USERS = {
    id: {"id": id, "name": f"User {id}", "username": f"user{id}", "email": f"user{id}@example.org", "active": id != 3}
    for id in range(1, 11)
}
POSTS_OF = {id: [post for post in LISTED if post["userId"] == id] for id in USERS}
ITEMS = [{**POSTS[n % 500 + 1], "id": n} for n in range(10_000)]


def create_app() -> Flask:
    """Return the API as a Flask app, with one before hook and one after hook."""
    app = Flask(__name__)

    @app.before_request
    def before() -> None:
        g.user = request.headers.get("Authorization", "anonymous")

    @app.after_request
    def after(response: Any) -> Any:
        response.headers["X-User"] = g.user
        return response

    _add_posts(app)
    _add_words(app)

    @app.get("/slow/<int:ms>/<int:n>")
    def slow(ms: int, n: int) -> Any:
        time.sleep(ms / 1000)
        return {"n": n, "next": [f"/slow/{ms}/{100 + n * 10 + i}" for i in range(10)]}

    @app.get("/busy/<int:ms>/<int:n>")
    def busy(ms: int, n: int) -> Any:
        sum(i * i for i in range(ms * SQUARES))
        return {"n": n}

    for number in range(20):  # a real app has more routes than are called
        app.add_url_rule(f"/other{number}/<int:id>/x", f"other{number}", lambda id: {"id": id})
    return app


def _add_posts(app: Flask) -> None:
    @app.get("/posts/<int:id>")
    def one_post(id: int) -> Any:  # Flask-Aggregator's endpoint is named `post`
        return POSTS.get(id) or abort(404)

    @app.get("/posts")
    def posts() -> Any:
        user = request.args.get("userId", type=int)
        return LISTED if user is None else POSTS_OF.get(user, [])

    @app.get("/users/<int:id>")
    def user(id: int) -> Any:
        return USERS.get(id) or abort(404)

    @app.get("/items/<int:count>")
    def items(count: int) -> Any:
        return ITEMS[:count]


def _add_words(app: Flask) -> None:
    @app.get("/v1/word/<word>.json")
    def word(word: str) -> Any:
        return {"word": word, "sentiment": WORDS.get(word, 0)}

    @app.get("/v1/sentence/<sentence>.json")
    def sentence(sentence: str) -> Any:
        return {"sentence": sentence, "sentiment": sum(WORDS.get(word, 0) for word in sentence.split())}


app = create_app()
