"""A small REST API whose gateway has the types of blog.graphql: users, and their posts, with comments page by page."""

from collections import Counter
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from restgql import Gateway

Json = dict[str, Any]


class Blog:
    """`app`, with its data; `hits` counts what its routes were asked for, by method and path."""

    def __init__(self, **settings: Any) -> None:
        self.hits: Counter[str] = Counter()
        self.app = Flask(__name__)
        self._users = [
            _user("ada", "Ada Moreau", "editor-in-chief", "https://ada.example/"),
            _user("bruno", "Bruno Castelli", "staff/author", None),
        ]
        self._posts = [
            _post(1, "ada", "Old maps", "live", ["paper", "travel"]),
            _post(2, "bruno", "Night trains", "live", ["travel"]),
            _post(3, "ada", "Sourdough", "in-progress", []),
        ]
        self._comments = [
            _comment(number, post, author, f"Remark {number}")
            for number, post, author in ((1, 1, "bruno"), (2, 1, "ada"), (3, 1, "bruno"), (4, 2, "ada"), (5, 1, "ada"))
        ]
        self.app.before_request(self._count)
        self.app.register_error_handler(HTTPException, _error)
        rule = self.app.add_url_rule
        rule("/nodes/<kind>:<key>", "node", self._node)
        rule("/users", "users", self._some_users)
        rule("/users/<login>", "user", lambda login: _one(self._users, login=login))
        rule("/posts", "posts", self._some_posts)
        rule("/posts", "add_post", self._add_post, methods=["POST"])
        rule("/posts/<int:number>", "post", lambda number: _one(self._posts, number=number))
        rule("/posts/<int:number>", "rename_post", self._rename_post, methods=["PATCH"])
        rule("/posts/<int:number>/comments", "comments", self._some_comments)
        rule("/posts/<int:number>/comments", "add_comment", self._add_comment, methods=["POST"])
        rule("/comments/<int:number>", "remove_comment", self._remove_comment, methods=["DELETE"])
        rule("/search", "search", self._search)
        Gateway(self.app, schema="blog.graphql", routes=[], profile="open", **settings)

    def _count(self) -> None:
        self.hits[f"{request.method} {request.path}"] += 1

    def _node(self, kind: str, key: str) -> Json:
        return _one(self._users + self._posts + self._comments, id=f"{kind}:{key}")

    def _some_users(self) -> Response:
        return jsonify([user for user in self._users if user["login"] in request.args.getlist("login")])

    def _some_posts(self) -> Response:
        wanted = {name: request.args[name] for name in ("author", "status") if name in request.args}
        return jsonify(_all(self._posts, **wanted)[: request.args.get("first", 20, int)])

    def _add_post(self) -> tuple[Json, int]:
        given = request.get_json()
        _one(self._users, login=given["author"])
        post = _post(len(self._posts) + 1, given["author"], given["title"], given["status"], given["tags"])
        self._posts.append(post)
        return post, 201

    def _rename_post(self, number: int) -> Json:
        post = _one(self._posts, number=number)
        post["title"] = request.get_json()["title"].strip() or abort(422, "A post has a title.")
        return post

    def _some_comments(self, number: int) -> Response:
        found = _all(self._comments, post=_one(self._posts, number=number)["number"])
        rest = [comment for comment in found if comment["number"] > request.args.get("after", 0, int)]
        page = rest[: request.args.get("first", 20, int)]
        response = jsonify(items=page, following=len(page) < len(rest), preceding=len(rest) < len(found))
        response.headers["X-Total"] = str(len(found))
        return response

    def _add_comment(self, number: int) -> tuple[Json, int]:
        given = request.get_json()
        author = _one(self._users, login=given["author"])["login"]
        latest = max(comment["number"] for comment in self._comments)
        comment = _comment(latest + 1, _one(self._posts, number=number)["number"], author, given["text"])
        self._comments.append(comment)
        return comment, 201

    def _remove_comment(self, number: int) -> Json:
        comment = _one(self._comments, number=number)
        self._comments.remove(comment)
        return {"removed": comment["id"]}

    def _search(self) -> Response:
        text = request.args["text"].lower()
        everything = self._users + self._posts + self._comments
        return jsonify([found for found in everything if text in str([*found.values()]).lower()])


def create_app() -> Flask:
    """What `python -m restgql --app tests.clients.blog` finds."""
    return Blog().app


def _user(login: str, name: str, role: str, homepage: str | None) -> Json:
    return {"kind": "user", "id": f"user:{login}", "login": login, "name": name, "role": role, "homepage": homepage}


def _post(number: int, author: str, title: str, status: str, tags: list[str]) -> Json:
    written = {"created_at": f"2026-01-{number:02}T08:00:00Z", "title": title, "status": status, "tags": tags}
    return {"kind": "post", "id": f"post:{number}", "number": number, "author": author, **written}


def _comment(number: int, post: int, author: str, text: str) -> Json:
    of = {"post": post, "author": author, "text": text}
    return {"kind": "comment", "id": f"comment:{number}", "number": number, **of}


def _all(among: list[Json], **wanted: Any) -> list[Json]:
    return [found for found in among if wanted.items() <= {k: v for k, v in found.items() if k in wanted}.items()]


def _one(among: list[Json], **wanted: Any) -> Json:
    found = _all(among, **wanted)
    return found[0] if found else abort(404)


def _error(error: HTTPException) -> tuple[Json, int]:
    return {"status": error.code, "error": error.name, "message": error.description}, error.code or 500
