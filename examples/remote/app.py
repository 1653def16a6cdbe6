"""Somebody else's API beside this app's own routes: pets.json describes it, and PETS_URL is its address."""

import os

from flask import Flask

from restgql import Gateway

app = Flask(__name__)


@app.get("/owners")
def owners():
    return [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bruno"}]


Gateway(
    app,
    schema="schema",
    upstreams={"/shop": {"url": os.environ.get("PETS_URL", "http://127.0.0.1:5001"), "openapi": "pets.json"}},
)
