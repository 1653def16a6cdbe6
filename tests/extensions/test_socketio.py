"""Flask-SocketIO: a view in a part emits as ever, and the path of the sockets is no route."""

from typing import Any

import pytest
from flask_socketio import SocketIO

from restgql import Gateway
from tests.extensions.apps import responses
from tests.extensions.setting import SETTINGS, Client

settings = pytest.mark.parametrize("options", SETTINGS)
HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def new(setting: Any) -> tuple[Client, Any]:
    app = responses.by_socketio(setting)
    sockets: SocketIO = app.extensions["socketio"]
    return Client(app), sockets.test_client(app)


def received(listener: Any) -> list[tuple[str, Any]]:
    return sorted((event["name"], str(event["args"][0])) for event in listener.get_received())


@settings
def test_each_part_emits_once(make_setting: Any, options: dict[str, Any]) -> None:
    client, listener = new(make_setting(**options))
    client.get("/orders/1")
    client.send("/orders", {"item": "tea"})
    direct = received(listener)
    client.aggregate(["/orders/1"])
    assert client.mutate("/orders", {"item": "tea"}).json == {"id": 7}
    assert received(listener) == direct
    client.query('{ a: get(path: "/orders/1") b: get(path: "/orders/1") c: get(path: "/orders/2") }')
    assert received(listener) == [("read", "{'id': 1}"), ("read", "{'id': 2}")]


@settings
def test_an_event_handler_may_ask_the_gateway(make_setting: Any, options: dict[str, Any]) -> None:
    client, listener = new(make_setting(**options))
    client.app.extensions["socketio"].on_event("ask", lambda id: Gateway().get(f"/orders/{id}"))
    assert listener.emit("ask", 3, callback=True) == {"id": 3}


@settings
def test_the_path_of_the_sockets_is_no_route(make_setting: Any, options: dict[str, Any]) -> None:
    """Without RESTGQL_ROUTES the middleware answers a part as it does a direct request, with a new session."""
    client, _ = new(make_setting(**options, options={"profile": "open"}))
    routes = client.query("{ routes { path } }").json["data"]["routes"]
    assert [route["path"] for route in routes] == ["/orders", "/orders/{id}"]
    direct, through = client.get(HANDSHAKE), client.fetch(HANDSHAKE)
    assert (through.status, through.text[:8]) == (direct.status, direct.body[:8].decode()) == (200, '0{"sid":')
    for patterns in (["/orders/*"], ["*"]):
        client, _ = new(make_setting(**options, options={"routes": patterns}))
        assert client.fetch(HANDSHAKE).code == "NOT_ALLOWED"


@settings
def test_a_part_cannot_become_a_web_socket(make_setting: Any, options: dict[str, Any]) -> None:
    """A part has no `Upgrade`, which is of the connection to the client, and a request to the gateway may have none."""
    client, _ = new(make_setting(**options))
    path = HANDSHAKE.replace("polling", "websocket")
    direct, through = client.get(path), client.fetch(path)
    assert (through.status, through.text) == (400, direct.body.decode())
    assert through.text == '"Invalid websocket upgrade"'
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")]
    assert client.post("/aggregate", [path], upgrade).status == 400
