"""The text of a document: JSON, YAML, and neither."""

import sys
import textwrap

import pytest

from restgql.errors import ConfigError
from restgql.schema.sources.openapi import read, yaml
from restgql.schema.sources.openapi.read import load
from tests.schema.openapi.documents import field, generate_valid

YAML = textwrap.dedent(
    """\
    openapi: 3.0.3
    x-shared: &text {type: string}
    x-merged: &base
      type: object
    paths:
      /things:
        get:
          operationId: things
          parameters:
          - {name: country, in: query, schema: {type: string, enum: [no, on, 2020-01-01, "1"]}}
          responses:
            200:
              content:
                application/json:
                  schema:
                    <<: *base
                    properties: {a: *text, b: *text, n: {type: integer, maximum: 1099511627776}}
    """
)


def test_a_version_that_is_a_number() -> None:
    assert read("swagger: 2.0", where="api.yaml") == {"swagger": 2.0}


def test_json() -> None:
    assert read(b'\xef\xbb\xbf{"openapi": "3.0.0", "paths": {}}', where="api.json") == {"openapi": "3.0.0", "paths": {}}


def test_yaml_has_the_scalars_of_json() -> None:
    generated = generate_valid(read(YAML, where="api.yaml"))
    assert field(generated) == 'things(country: ThingsCountry): ThingsResponse @get(path: "/things{?country}")'
    scalars = load("a: [1, -2, 1.5, 1e3, true, null, ~, 0o7, 1_000, yes]\n2: x", where="x.yaml")
    assert scalars == {"a": [1, -2, 1.5, 1000.0, True, None, None, "0o7", "1_000", "yes"], "2": "x"}
    assert load("a:\nb: ''", where="x.yaml") == {"a": None, "b": ""}


def test_json_that_is_yaml_too() -> None:
    assert load("{a: 1}", where="x.yaml") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is not an object"),
        ("hello", "it is not an object"),
        ("[]", "it is not an object"),
        ("{}", "neither `openapi` nor `swagger`"),
        ('{"openapi": "2.0"}', "openapi '2.0'"),
        ('{"openapi": "3.0.0", "paths": []}', "its `paths` is not an object"),
        ('{"openapi": "3.0.0", ', "is not valid JSON"),
        ("<html></html>", "it is not an object"),
        ("a: b: c", "neither JSON nor YAML"),
        ("a: &x [*x]", "before or inside its anchor"),
        ("a: *x", "the alias"),
        ("a: !!python/object/apply:os.system [ls]", "neither JSON nor YAML"),
        ("? [a]\n: b", "neither JSON nor YAML"),
        ("\x00", "neither JSON nor YAML"),
        (b"\xff\xfe\xff", "neither JSON nor YAML"),
    ],
)
def test_what_is_no_openapi_is_said_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError, match="the/place") as caught:
        read(text, where="the/place")
    assert message in caught.value.message


def test_aliases_are_counted_as_what_they_stand_for() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    with pytest.raises(ConfigError, match="aliases expanded"):
        read(bomb, where="bomb.yaml")


def test_yaml_nested_too_deep() -> None:
    for text in ("[" * 100_000, "- " * 100_000, "a: " + "{b: " * 300 + "1" + "}" * 300):
        with pytest.raises(ConfigError):
            read(text, where="deep.yaml")


def test_json_nested_too_deep() -> None:
    with pytest.raises(ConfigError):
        read('{"a":' * 100_000, where="deep.json")


def test_texts_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    from restgql.schema.sources.openapi import read as module  # the function, whose module has the bound

    monkeypatch.setattr(sys.modules[module.__module__], "MAX_BYTES", 10)
    with pytest.raises(ConfigError, match="bytes"):
        read("openapi: 3.0.0", where="large.yaml")


def test_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ConfigError, match=r"needs PyYAML: pip install 'restgql\[yaml\]'"):
        read("openapi: 3.0.0", where="api.yaml")


def test_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml as library

    monkeypatch.delattr(library, "CSafeLoader", raising=False)
    assert load("a: [1, &x b, *x]", where="x.yaml") == {"a": [1, "b", "b"]}
    assert yaml.MAX_DEPTH
