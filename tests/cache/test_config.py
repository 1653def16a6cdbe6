"""RESTGQL_CACHE as it is written: what is wrong is said when the app starts."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from restgql import ConfigError, Gateway
from tests.cache.site import create, source


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cache": "mem"}, "'mem': it is 'memory', 'sqlite:PATH' or 'redis://HOST:PORT/DB'"),
        ({"cache": ""}, "it is 'memory'"),
        ({"cache": "memory:"}, "it is 'memory'"),
        ({"cache": "sqlite:"}, "'sqlite:PATH'"),
        ({"cache": "sqlite:///"}, "'sqlite:PATH'"),
        ({"cache": "redis:6379"}, "'redis://HOST:PORT/DB'"),
        ({"cache": "http://localhost"}, "it is 'memory'"),
        ({"cache": 1}, "it takes a string or None, such as 'memory', not a whole number"),
        ({"cache": "redis://a:b@host:port/0"}, "not the URL of a Redis"),
        ({"cache": "sqlite:/dev/null/cache.db"}, "the folder /dev/null cannot be made"),
        ({"cache": "sqlite:/tmp"}, "/tmp is a folder"),
        ({"cache_entries": 0}, "cache_entries = 0"),
        ({"cache_bytes": -1}, "cache_bytes = -1"),
        ({"cache_identity": "X-Key"}, "it takes a list, such as ['X-Key'], not a string"),
    ],
    ids=str,
)
def test_a_wrong_value_is_said_at_start(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Gateway(Flask(__name__), **settings)
    assert said in str(refused.value)
    assert "a:b@" not in str(refused.value)


@pytest.mark.parametrize(("module", "cache"), [("hishel", "memory"), ("redis", "redis://localhost")])
def test_an_extra_that_is_missing_is_named(module: str, cache: str) -> None:
    gone = f"import sys, flask; sys.modules[{module!r}] = None"
    code = f"{gone}; import restgql; restgql.Gateway(flask.Flask('a'), cache={cache!r})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"needs {module}: pip install 'restgql[cache" in ran.stderr


def test_a_relative_path_is_in_the_instance_folder(tmp_path: Path) -> None:
    app = Flask(__name__, instance_path=str(tmp_path / "instance"))
    app.add_url_rule("/a", "a", lambda: ("a", {"Cache-Control": "max-age=60"}))
    gateway = Gateway(app, cache="sqlite:cache/restgql.db", routes=["*"])
    assert gateway.get("/a") == "a"
    assert (tmp_path / "instance/cache/restgql.db").is_file()
    gateway.cache.close()


def test_the_environment_gives_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RESTGQL_CACHE", "memory")
    app = Flask(__name__)
    app.config.from_prefixed_env()
    assert Gateway(app, routes=["*"]).cache


def test_another_secret_has_other_responses(tmp_path: Path) -> None:
    """Digests of credentials are keyed by it."""
    place = f"sqlite:{tmp_path}/cache.db"
    one, other = create(place), create(place)
    other.secret_key = "another"
    assert [source(app, "/own/1") for app in (one, other, one)] == ["dispatched", "dispatched", "cached"]
    stored = (tmp_path / "cache.db").read_bytes() + (tmp_path / "cache.db-wal").read_bytes()
    assert source(one, "/own/2", {"Authorization": "Bearer very-secret"}) == "dispatched"
    stored += (tmp_path / "cache.db-wal").read_bytes()
    assert b"very-secret" not in stored
    for app in (one, other):
        app.extensions["restgql"]["restgql"].cache.close()
