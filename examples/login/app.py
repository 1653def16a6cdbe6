"""A session login: a hook guards the routes, in a query, too."""

import hmac

from flask import Flask, abort, request, session

from restgql import Gateway

app = Flask(__name__)
app.secret_key = "change me"
PASSWORDS = {"ann": "secret"}  # an app stores hashes, not passwords
NOTES = {"ann": ["buy tea", "call Bo"]}
OPEN = {"login", "news"}


@app.before_request
def require_login():
    # The gateway's own endpoints are open: GraphQL, GraphiQL and its files, the health check. Sub-requests are guarded.
    is_gateway = request.blueprint == gateway.blueprint.name
    if request.endpoint not in OPEN and not is_gateway and "user" not in session:
        abort(401)


@app.post("/login")
def login():
    body = request.get_json()
    password = PASSWORDS.get(str(body.get("name")), "")
    if not password or not hmac.compare_digest(password, str(body.get("password"))):
        abort(403)
    session["user"] = body["name"]
    return {"user": session["user"]}


@app.get("/me")
def me():
    return {"user": session["user"], "notes": NOTES[session["user"]]}


@app.get("/news")
def news():
    return ["Open to all"]


gateway = Gateway(app, verbs=["GET", "POST"])
