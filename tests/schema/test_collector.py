"""The garbage collector rests while a schema is made, and goes on as before, whatever comes of it."""

import gc

import pytest
from graphql import parse

from restgql import SchemaError
from restgql.schema import core
from restgql.schema.compile import compile
from restgql.schema.garbage_collection import pause_collection
from restgql.schema.type_source import TypeSource


def test_it_rests_and_goes_on() -> None:
    with pause_collection():
        assert not gc.isenabled()
        with pause_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(SchemaError):
        compile(core.build(), [TypeSource(document=parse("type Query { a: Lost }"))])
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off() -> None:
    gc.disable()
    try:
        with pause_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
