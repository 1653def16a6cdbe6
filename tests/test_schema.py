"""The committed SDL is the contract that clients generate code from: it changes knowingly or not at all."""

from pathlib import Path

from flask import Flask
from graphql import print_schema, validate_schema

from restgql import Gateway
from restgql.schema import directives

COMMITTED = Path(__file__).parent.parent / "schema" / "gateway.graphql"


def test_the_core_schema_is_the_committed_one() -> None:
    app = Flask(__name__)
    Gateway(app)
    schema = app.extensions["restgql"]["restgql"].compiled_schema.clients
    assert validate_schema(schema) == []
    assert print_schema(schema) + "\n" == COMMITTED.read_text(), (
        "the schema has changed; if that is meant: python -m restgql --app app schema > schema/gateway.graphql"
    )


def test_the_directives_are_those_that_the_compiler_knows() -> None:
    committed = Path(__file__).parent.parent / "schema" / "directives.graphql"
    assert committed.read_text() == directives.SDL
