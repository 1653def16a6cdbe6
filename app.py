"""The demo: a small REST API over SQLite and the AFINN word list. `create_app` adds the gateway in one call."""

import hashlib
import json
import sqlite3
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, render_template_string, request, url_for
from flask.json.provider import DefaultJSONProvider
from graphql import build_client_schema, get_introspection_query, print_schema
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, HTTPException

from restgql import Gateway

DEFAULT_QUERY = """\
# Each field is a GET request to a route of this app.
# Independent requests run at the same time.
query Demo {
  # path is a URI template, and params fills it. select
  # (JMESPath) keeps a part of the JSON value.
  user: get(
    path: "/users/{id}"
    params: {id: 1}
    select: "{name: name, city: city}"
  )

  posts: get(
    path: "/posts{?userId,page_size}"
    params: {userId: 1, page_size: 3}
    select: "[].{title: title, tags: tags}"
  )

  # fetch returns the response. Paths below it may use
  # values from its JSON: here userId and id.
  post: fetch(path: "/posts/12") {
    status
    contentType
    json(select: "title")
    author: get(path: "/users/{userId}", select: "name")
    comments: get(
      path: "/posts/{id}/comments"
      select: "[].body"
    )
  }

  # A failed request does not affect the others.
  missing: fetch(path: "/users/99") {
    status
    contentType
    json
  }

  # One request for the sentence, one for each word.
  sentence: fetch(
    path: "/v1/sentence/{text}.json"
    params: {text: "what a superb and happy day"}
  ) {
    sentiment: json(select: "sentiment")
    best: getEach(
      over: "split(sentence, ' ')"
      path: "/v1/word/{item}.json"
      select: "max_by(@, &sentiment)"
    )
  }

  # Typed fields, from schema/demo/blog.graphql: three
  # requests to the same routes, for any number of posts.
  latest: posts(pageSize: 5) {
    total
    items {
      title
      author { name }
      comments { body }
    }
  }

  # The object that POST /aggregate returns.
  hello: aggregate(
    paths: ["/hello/world", "/hello/ramnes?question=Sup?"]
  )
}
"""
POST_QUERY = """\
query Post($id: ID!) {
  post(id: $id) {
    title
    author { name city }
    comments { name body }
  }
}
"""
MUTATION = """\
mutation AddPost($title: String!) {
  addPost(userId: 1, title: $title, tags: ["travel"]) {
    id
    title
    author { name }
  }
}
"""
DEFER_QUERY = """\
query Defer {
  user: get(path: "/users/2", select: "name")
  ... @defer {
    slow: get(path: "/slow/3000")
  }
}
"""
HOME = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>The demo of restgql</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 44rem; padding: 0 1rem }
  pre { background: light-dark(#f0f1f4, #23272e); overflow-x: auto; padding: 0.75rem 1rem }
  code { font: 0.875rem/1.5 ui-monospace, monospace }
</style>
<h1>The demo of restgql</h1>
<p>This Flask app has a small REST API: users, posts and comments. <code>Gateway(app, …)</code> adds GraphQL to it:
one request then returns the data of several routes.</p>
<h2>Queries to run in GraphiQL</h2>
<ul>
  {%- for title, query, variables in queries %}
  <li><a href="{{ url_for('restgql.graphql', query=query, variables=variables) }}">{{ title }}</a></li>
  {%- endfor %}
</ul>
<h2>A list of paths</h2>
<p><code>/aggregate</code> takes a list of paths and returns an object with the response of each:</p>
<pre><code>curl {{ url_for('restgql.aggregate', _external=True) }} \\
     -H 'Content-Type: application/json' \\
     -d '["/users/1", "/posts/12"]'</code></pre>
<h2>More</h2>
<ul>
  <li><a href="{{ url_for('.schema') }}">The schema</a> that GraphQL clients see</li>
  <li><a href="https://github.com/restgql/restgql/tree/main/docs">The documentation</a>, also in the folder
    <code>docs</code></li>
  <li>A route of the REST API: <a href="{{ url_for('.post', id=12) }}">{{ url_for('.post', id=12) }}</a></li>
</ul>
</html>
"""
QUERIES = (
    ("A tour of the gateway", DEFAULT_QUERY, None),
    ("A post with its author and its comments", POST_QUERY, '{"id": 12}'),
    ("Add a post", MUTATION, '{"title": "Tea"}'),
    ("A slow part that arrives later (@defer)", DEFER_QUERY, None),
)

api = Blueprint("api", __name__)


def create_app(database: str | Path | None = None) -> Flask:
    """Return the demo app over the SQLite file `database`. The default is a file in the instance folder.

    A missing file is created.
    """
    app = Flask(__name__)
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.sort_keys = False
    app.config["DATABASE"] = Path(database or Path(app.instance_path, "demo.sqlite3"))
    create_database(app.config["DATABASE"])
    app.register_blueprint(api)
    Gateway(
        app,
        schema="schema/demo",
        operations="schema/operations",
        profile="open",
        graphiql_query=DEFAULT_QUERY,
        timings="X-Timings",
    )
    return app


@api.get("/")
def home() -> str:
    """The first page: what this app is, with links to try it."""
    return render_template_string(HOME, queries=QUERIES)


@api.get("/schema.graphql")
def schema() -> Response:
    """The schema that GraphQL clients see, in SDL."""
    introspection = Gateway().execute(get_introspection_query(specified_by_url=True))["data"]
    return Response(print_schema(build_client_schema(introspection)), mimetype="text/plain")


@api.get("/hello/<name>")
def hello(name: str) -> Response:
    """Greet someone, and ask the `question` if there is one."""
    question = request.args.get("question")
    return Response(f"Hello, {name}! {question}" if question else f"Hello, {name}!", mimetype="text/plain")


@api.get("/v1/word/<word>.json")
def word_sentiment(word: str) -> Response:
    """The sentiment of a word, from -5 to 5; 0 for a word that the AFINN list does not have."""
    return jsonify(word=word, sentiment=sentiment(word))


@api.get("/v1/sentence/<sentence>.json")
def sentence_sentiment(sentence: str) -> Response:
    """The sentiment of a sentence: the sum over its words, each taken by itself."""
    return jsonify(sentence=sentence, sentiment=sum(map(sentiment, sentence.split())))


@api.get("/users")
def users() -> Response:
    """All users, or those of the given ids (`?id=1&id=2`)."""
    return jsonify([user_json(row) for row in rows("users", "id", integers("id"))])


@api.get("/users/<int:id>")
def user(id: int) -> Response:
    """One user."""
    return jsonify(user_json(one("users", id)))


@api.get("/users/<int:id>/avatar.png")
def avatar(id: int) -> Response:
    """A user's avatar, an image."""
    return Response(identicon(one("users", id)["username"]), mimetype="image/png")


@api.get("/posts")
def posts() -> Response:
    """A page of all posts, or of a user's (`?userId=1`); X-Pagination has the total, Link the next page."""
    of_users, page, size = integers("userId"), positive("page", 1, 1_000_000), positive("page_size", 20, 100)
    total = count("posts", "userId", of_users)
    selected = rows("posts", "userId", of_users, limit=size, offset=(page - 1) * size)
    response = jsonify([post_json(row) for row in selected])
    response.headers["X-Pagination"] = json.dumps({"total": total, "page": page, "page_size": size})
    if page * size < total:
        following = url_for(".posts", userId=of_users, page=page + 1, page_size=size)
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


@api.post("/posts")
def add_post() -> Response:
    """Add a post: its `userId` and `title`, and perhaps its `body` and `tags`."""
    match {"body": "", "tags": [], **json_object()}:
        case {"userId": int(user_id), "title": str(title), "body": str(text), "tags": [*tags]} if type(user_id) is int:
            pass
        case _:
            abort(400, "A post has an integer userId and a title, and perhaps a body and a list of tags.")
    if not title.strip() or not all(isinstance(tag, str) for tag in tags):
        abort(400, "The title and the tags of a post are texts.")
    if not rows("users", "id", [user_id]):
        abort(400, f"There is no user {user_id}.")
    with connection() as database:
        row = (None, user_id, title, text, json.dumps(tags, ensure_ascii=False), timestamp(datetime.now(UTC)))
        id = insert(database, "posts", row)
    response = jsonify(post_json(one("posts", id)))
    response.status_code = 201
    response.headers["Location"] = url_for(".post", id=id)
    return response


@api.get("/posts/<int:id>")
def post(id: int) -> Response:
    """One post."""
    return jsonify(post_json(one("posts", id)))


@api.get("/posts/<int:id>/comments")
def post_comments(id: int) -> Response:
    """The comments on one post."""
    return jsonify([dict(row) for row in rows("comments", "postId", [one("posts", id)["id"]])])


@api.get("/comments")
def comments() -> Response:
    """All comments, or those on the given posts (`?postId=1&postId=2`)."""
    return jsonify([dict(row) for row in rows("comments", "postId", integers("postId"))])


@api.get("/me")
def me() -> Response:
    """The user of the bearer token `demo`."""
    credentials = request.authorization
    if credentials is None or credentials.type != "bearer" or credentials.token != "demo":
        abort(401, www_authenticate=WWWAuthenticate("bearer", {"realm": "restgql demo"}))
    return jsonify(user_json(one("users", 1)))


@api.get("/slow/<int:ms>")
def slow(ms: int) -> Response:
    """Respond after so many milliseconds, at most 5000."""
    ms = min(ms, 5000)
    time.sleep(ms / 1000)
    return jsonify(ms=ms)


@api.app_errorhandler(HTTPException)
def error_json(error: HTTPException) -> Response:
    """Return an HTTP error as JSON, with its headers (Allow, WWW-Authenticate)."""
    response = jsonify(status=error.code, error=error.name, message=error.description)
    response.status_code = error.code or 500
    response.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response


@api.errorhandler(UnicodeEncodeError)
def not_unicode(error: UnicodeEncodeError) -> Response:
    """Return 400 for text with half of a surrogate pair: JSON can spell it, and SQLite cannot store it."""
    return error_json(BadRequest("The text is not valid Unicode."))


@api.teardown_app_request
def close_connection(error: BaseException | None) -> None:
    """Close the connection of the request."""
    if (database := g.pop("database", None)) is not None:
        database.close()


def json_object() -> dict[str, Any]:
    """Return the body of the request, a JSON object."""
    body = request.get_json()
    return body if isinstance(body, dict) else abort(400, "The body must be a JSON object.")


def integers(name: str) -> list[int]:
    """Return all values of the query parameter `name`."""
    try:
        return [int(value) for value in request.args.getlist(name)]
    except ValueError:
        abort(400, f"{name} must be an integer.")


def positive(name: str, default: int, maximum: int) -> int:
    """Return the query parameter `name`, from 1 to `maximum`."""
    value = (integers(name) or [default])[-1]
    if value < 1:
        abort(400, f"{name} must be at least 1.")
    return min(value, maximum)


def user_json(row: sqlite3.Row) -> dict[str, Any]:
    return {**row, "avatar": url_for("api.avatar", id=row["id"])}


def post_json(row: sqlite3.Row) -> dict[str, Any]:
    return {**row, "tags": json.loads(row["tags"])}


def identicon(name: str) -> bytes:
    """Return a PNG of 80 by 80 pixels: a symmetric pattern of 5 by 5 cells, drawn from the hash of `name`."""
    digest = hashlib.sha256(name.encode()).digest()
    lines = [[digest[3 * y + min(x, 4 - x)] % 2 for x in range(5)] for y in range(5)]
    pixels = b"".join((b"\0" + b"".join(bytes([cell]) * 16 for cell in line)) * 16 for line in lines)
    palette = b"\xf2\xf2\xf2" + digest[-3:]
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 80, 80, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(pixels)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def sentiment(word: str) -> int:
    """Return the AFINN score of a word, ignoring case and the punctuation around it."""
    return afinn().get(word.lower().strip(".,;:!?\"'()"), 0)


@cache
def afinn() -> dict[str, int]:
    """Load the English AFINN list: a score for each word."""
    package = find_spec("afinn")
    if package is None or package.origin is None:
        raise RuntimeError("The demo needs its word list: pip install afinn==0.1")
    # Read the file without importing the package: its code of 2016 makes newer Pythons warn.
    lines = Path(package.origin).with_name("data").joinpath("AFINN-en-165.txt").read_text("utf-8").splitlines()
    return {word: int(score) for word, score in (line.split("\t") for line in lines)}


def connection() -> sqlite3.Connection:
    """Return the connection of the request, and open it at the first call."""
    if "database" not in g:
        g.database = sqlite3.connect(current_app.config["DATABASE"])
        g.database.row_factory = sqlite3.Row
    database: sqlite3.Connection = g.database
    return database


def rows(table: str, column: str, ids: list[int], *, limit: int = -1, offset: int = 0) -> list[sqlite3.Row]:
    """Return the rows whose `column` is one of `ids`, or all rows if `ids` is empty."""
    sql = f"SELECT * FROM {table} {where(column, ids)} ORDER BY id LIMIT ? OFFSET ?"
    return connection().execute(sql, (json.dumps(ids), limit, offset)).fetchall()


def count(table: str, column: str, ids: list[int]) -> int:
    """Return the number of rows that `rows` returns without a limit."""
    sql = f"SELECT count(*) FROM {table} {where(column, ids)}"
    total: int = connection().execute(sql, (json.dumps(ids),)).fetchone()[0]
    return total


def where(column: str, ids: list[int]) -> str:
    """Return a condition with one parameter, the ids as a JSON array. It permits any number of ids of any size."""
    return f"WHERE {column} IN (SELECT value FROM json_each(?))" if ids else "WHERE ? = '[]'"


def one(table: str, id: int) -> sqlite3.Row:
    """Return the row with an id, or abort with 404."""
    matches = rows(table, "id", [id])
    return matches[0] if matches else abort(404, f"{table}/{id} does not exist.")


def insert(database: sqlite3.Connection, table: str, row: tuple[object, ...]) -> int:
    """Add a row and return its id."""
    cursor = database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


TABLES = (
    "users (id INTEGER PRIMARY KEY, name TEXT, username TEXT, email TEXT, city TEXT)",
    "posts (id INTEGER PRIMARY KEY, userId INTEGER, title TEXT, body TEXT, tags TEXT, created_at TEXT)",
    "comments (id INTEGER PRIMARY KEY, postId INTEGER, name TEXT, email TEXT, body TEXT, created_at TEXT)",
)


def create_database(path: Path) -> None:
    """Create and fill the tables in one transaction, so that processes that start together do it only once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            for table in TABLES:
                database.execute(f"CREATE TABLE {table}")
            for table, row in sample():
                insert(database, table, row)
        database.execute("COMMIT")


NAMES = (
    ("Ada Moreau", "Lisbon"),
    ("Bruno Castelli", "Turin"),
    ("Chiara Lund", "Bergen"),
    ("Dario Novak", "Ljubljana"),
    ("Elsa Bergström", "Uppsala"),
    ("Farid Haddad", "Tunis"),
    ("Greta Olsen", "Aarhus"),
    ("Hugo Marchand", "Lyon"),
    ("Irene Duarte", "Porto"),
    ("Jonas Weber", "Bremen"),
)
TITLES = (
    "In praise of {}",
    "Notes on {}",
    "What {} taught me",
    "The quiet joy of {}",
    "Five questions about {}",
    "A beginner's guide to {}",
    "Where to start with {}",
    "A year of {}",
    "The trouble with {}",
    "Coming back to {}",
)
SUBJECTS = (
    ("night trains", "travel", "slow"),
    ("sourdough", "food", "craft"),
    ("small gardens", "outdoors", "slow"),
    ("old maps", "travel", "paper"),
    ("paper notebooks", "paper", "craft"),
    ("mountain huts", "outdoors", "travel"),
    ("radio plays", "sound", "stories"),
    ("city cycling", "outdoors", "city"),
    ("short stories", "paper", "stories"),
    ("street markets", "food", "city"),
)
SENTENCES = (
    "I came to {} late, and by accident.",
    "A friend who is patient and generous showed me how.",
    "Nobody needs {}, and that is the charm of it.",
    "The first attempt was a disaster, the second merely bad.",
    "It helps to begin small and to keep what works.",
    "There is more to {} than one can say on a page.",
    "Some of it was lonely, most of it was fun.",
)
REMARKS = (
    "What a superb piece, thank you!",
    "I had the same experience, and it was worth the trouble.",
    "Sorry, but I disagree with nearly all of this.",
    "This made my day. Happy to read more.",
    "A little long, but honest and useful.",
    "My grandmother would have loved it.",
    "The middle part confused me.",
    "Wonderful. I have sent it to a friend.",
    "I tried it and failed, then tried again.",
    "Outstanding, as ever.",
    "Is there a second part?",
)


def sample() -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield table and row of 10 users, with 10 posts each, with 5 comments each."""
    people = [(name, name.split()[0].lower(), f"{name.split()[0].lower()}@example.com", city) for name, city in NAMES]
    for n, person in enumerate(people):
        yield "users", (n + 1, *person)
    for n in range(100):
        author, nth = divmod(n, 10)
        # a hundred pairs, so a hundred titles
        subject, *tags = SUBJECTS[(2 * nth + author) % 10]
        title = TITLES[(nth + author) % 10].format(subject)
        body = " ".join(SENTENCES[i].format(subject) for i in sorted((n + 3 * i) % 7 for i in range(3)))
        written = datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(hours=31 * n)
        yield "posts", (n + 1, author + 1, title, body, json.dumps(tags), timestamp(written))
        for i in range(5):
            # five of the nine others
            name, _, email, _ = people[(author + 1 + (2 * n + i) % 9) % 10]
            commented = timestamp(written + timedelta(hours=7 * (i + 1)))
            yield "comments", (5 * n + i + 1, n + 1, name, email, REMARKS[(5 * n + i) % 11], commented)


app = create_app()
