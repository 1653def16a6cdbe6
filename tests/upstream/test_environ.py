"""What a sub-request's environ is made from, and what is kept of it."""

from flask import Flask

from restgql import Gateway
from tests.memory import kept


def test_what_clients_name_their_fields_is_not_kept() -> None:
    app = Flask(__name__)
    app.add_url_rule("/a", "a", lambda: {"a": 1})
    Gateway(app, routes=["*"])
    client = app.test_client()

    def ask(request: int) -> None:
        fields = {f"X-{request}-{number}-{'a' * 8_000}": "1" for number in range(90)}
        assert client.post("/aggregate", json=["/a"], headers=fields).json == {"/a": {"a": 1}}

    assert kept(ask) < 3_000_000  # of 7 MB
