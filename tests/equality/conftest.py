from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from flask import Flask

from restgql import Gateway
from tests.equality.app import Record, create_app
from tests.equality.client import Client


@dataclass
class Served:
    """An app with its gateway, on a socket."""

    app: Flask
    client: Client

    @property
    def record(self) -> Record:
        record: Record = self.app.extensions["record"]
        return record

    def events_of(self, act: Callable[[], object]) -> Counter[tuple[str, str]]:
        """How often what happened while `act` ran."""
        self.record.take()
        act()
        return Counter(self.record.take())

    @cached_property
    def outer_events(self) -> Counter[tuple[str, str]]:
        """What a request to the gateway itself makes happen."""
        return self.events_of(lambda: self.client.query("{ __typename }"))


def plain() -> Flask:
    """Nothing between the gateway and the app's routing."""
    return create_app(converters=False)


def quiet() -> Flask:
    """The same, with nobody who listens to its signals."""
    return create_app(converters=False, signals=False)


def behind() -> Flask:
    """A middleware before such an app: what was asked for once takes the cheap way behind it."""
    app = create_app(converters=False)
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner(environ, start_response)  # type: ignore[method-assign]
    return app


def wrapped() -> Flask:
    """A middleware, and converters of the app's own, so that a sub-request takes the long way."""
    app = create_app()
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner(environ, start_response)  # type: ignore[method-assign]
    return app


@pytest.fixture(scope="module", params=[plain, wrapped], ids=lambda make: make.__name__)
def served(request: pytest.FixtureRequest, serve: Callable[[Any], str]) -> Served:
    """The app with a gateway, both ways that a sub-request can take."""
    return served_by(request.param(), serve)


def served_by(app: Flask, serve: Callable[[Any], str]) -> Served:
    Gateway(app, routes=["*"], max_subrequests=500)
    return Served(app, Client(serve(app)))
