"""The app of each extension answers through the gateway as it does directly, wherever the gateway is put on."""

import logging
import threading
from contextlib import ExitStack
from typing import Any

import flask
import pytest
from flask import Blueprint, Flask, Request, Response

from tests.equality import rule
from tests.equality.client import Headers
from tests.extensions.extension_table import EXTENSIONS, Extension
from tests.extensions.setting import SETTINGS, Client, Setting

CASES = [
    pytest.param(extension, identity, id=f"{extension.package} {identity}")
    for extension in EXTENSIONS
    for identity in extension.identities
]


def new(extension: Extension, setting: Setting, identity: str) -> tuple[Client, Headers]:
    """Return a client of a new app, and the header fields of an identity that has just logged in."""
    client = Client(extension.make(setting), extension.url, extension.volatile)
    return client, extension.identities[identity](Client(client.app, extension.url))


@pytest.mark.parametrize("options", SETTINGS)
@pytest.mark.parametrize(("extension", "identity"), CASES)
def test_get_fetch_and_aggregate_answer_as_the_app(
    make_setting: Any, options: dict[str, Any], extension: Extension, identity: str
) -> None:
    setting = make_setting(**options)
    client, headers = new(extension, setting, identity)
    direct = {path: rule.followed(client, path, rule.carried(headers)) for path in extension.paths}
    client, headers = new(extension, setting, identity)
    for path, hops in direct.items():
        rule.assert_equal(hops[0].answer, client.fetch(path, headers))
    client, headers = new(extension, setting, identity)
    for path, hops in direct.items():
        rule.assert_part_equal(hops, client.aggregate([path], headers)[path])
    client, headers = new(extension, setting, identity)
    for path, hops in direct.items():
        answer = hops[0].answer
        assert client.get_values([path], headers) == [rule.value_of(answer) if answer.status < 300 else None]


@pytest.mark.parametrize("options", SETTINGS)
@pytest.mark.parametrize(("extension", "identity"), [case for case in CASES if case.values[0].sends])
def test_a_mutation_answers_as_the_app(
    make_setting: Any, options: dict[str, Any], extension: Extension, identity: str
) -> None:
    setting = make_setting(**options)
    client, headers = new(extension, setting, identity)
    direct = [client.send(path, body, headers) for path, body in extension.sends]
    client, headers = new(extension, setting, identity)
    for (path, body), answer in zip(extension.sends, direct, strict=True):
        rule.assert_equal(answer, client.mutate(path, body, headers))


def shared_state() -> Any:
    """Return the objects outside of an app that an extension may change."""
    classes = [dict(vars(cls)) for cls in (Flask, Request, Response, Blueprint, threading.Thread, logging.Logger)]
    loggers = [list(logging.getLogger(name).handlers) for name in (None, "werkzeug", "flask.app")]
    return classes, loggers, vars(flask)["Flask"]


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda extension: extension.package)
def test_nothing_of_an_extension_is_left_for_the_next_test(extension: Extension) -> None:
    before, threads = shared_state(), set(threading.enumerate())
    with ExitStack() as cleanup:
        client = Client(extension.make(Setting(order="last", cleanup=cleanup)), extension.url)
        assert client.get(extension.paths[0]).status < 500
    assert shared_state() == before
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
        assert not thread.is_alive(), thread
