"""Documents by URL: the limits of a fetch, and who gets credentials."""

import gzip
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, redirect, request

from restgql import ConfigError, Gateway
from restgql.upstream.document_client import DocumentClient
from restgql.upstream.secrets import Secrets

Serve = Callable[[Any], str]
seen: list[tuple[str, str | None, str | None]] = []


def site() -> Flask:
    app = Flask("site")
    refer = {"$ref": "parts/pet.json#/Pet"}
    pets = {"responses": {"200": {"description": "OK", "content": {"application/json": {"schema": refer}}}}}
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/pet": {"get": pets}}}

    @app.before_request
    def remember() -> None:
        seen.append((request.path, request.headers.get("Authorization"), request.args.get("key")))

    app.add_url_rule("/api/whole.json", "whole", lambda: whole)
    app.add_url_rule("/api/parts/pet.json", "part", lambda: {"Pet": {"$ref": "../names.json"}})
    names = {"type": "object", "properties": {"name": {"type": "string"}}}
    app.add_url_rule("/api/names.json", "names", lambda: names)
    app.add_url_rule("/loop", "loop", lambda: redirect("/loop"))
    app.add_url_rule("/to", "to", lambda: redirect(request.args["url"]))
    app.add_url_rule("/slow", "slow", lambda: time.sleep(1) or "")
    app.add_url_rule("/large", "large", lambda: "x" * 5_000)
    bomb = gzip.compress(b"x" * 5_000)
    app.add_url_rule("/bomb", "bomb", lambda: Response(bomb, headers={"Content-Encoding": "gzip"}))
    app.add_url_rule("/odd", "odd", lambda: Response(b"x", headers={"Content-Encoding": "odd"}))
    app.add_url_rule("/pet", "pet", lambda: {"name": "Rex"})
    return app


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(site())


@pytest.fixture(autouse=True)
def fresh() -> None:
    seen.clear()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/loop?key=secret", "{url}/loop redirects more than 5 times."),
        ("/slow?key=secret", "{url}/slow cannot be fetched: no answer within 0.3 seconds."),
        ("/large", "{url}/large: the document is over 2000 bytes."),
        ("/bomb", "{url}/bomb: the document is over 2000 bytes."),
        ("/odd", "{url}/odd: the document's content coding 'odd' is not known here."),
        ("/to?url=file:///etc/hostname", "'file:///etc/hostname' is not a URL of a document: it must begin with http"),
    ],
)
def test_a_fetch_has_limits_and_an_exact_error(url: str, path: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DocumentClient(seconds=0.3, max_bytes=2_000).fetch(url + path)
    assert says.format(url=url) in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None or "secret" not in str(caught.value.__cause__)


def test_credentials_go_to_their_own_origin_alone(serve: Serve, url: str) -> None:
    other = serve(site())
    secrets = Secrets([("authorization", "Bearer one")], [("key", "two")])
    DocumentClient(url, secrets).fetch(f"{url}/to?url={other}/to?url%3D{url}/api/names.json")
    assert seen == [
        ("/to", "Bearer one", "two"),
        ("/to", None, None),
        ("/api/names.json", "Bearer one", "two"),
    ]
    seen.clear()
    basic = "Basic " + b64encode(b"hilda:wolf").decode()
    _, at = DocumentClient().fetch(url.replace("://", "://hilda:wolf@") + f"/to?url={other}/api/names.json")
    assert seen == [("/to", basic, None), ("/api/names.json", None, None)]
    assert at == f"{other}/api/names.json"


def test_what_a_document_refers_to_is_fetched_once_and_with_it(url: str) -> None:
    app = Flask("app")
    gateway = Gateway(app, upstreams={"/site": {"openapi": f"{url}/api/whole.json"}}, annotations=True)
    fetched = ["/api/whole.json", "/api/parts/pet.json", "/api/names.json"]
    assert [path for path, _, _ in seen] == fetched
    assert gateway.execute("{ getPet { name } }") == {"data": {"getPet": {"name": "Rex"}}}
    assert [path for path, _, _ in seen] == [*fetched, "/pet"]
