"""Query models that are optional, that cannot be evaluated, or that raise an error."""

import logging
from typing import Any

import pytest
from flask import Flask
from flask.cli import ScriptInfo
from graphql import print_ast

from restgql import Gateway
from restgql.cli import cli
from tests.schema.annotations.views import checked, fields, sdl, views

OPTIONAL = """
    from typing import Annotated, Optional, Union
    from typing_extensions import TypeAliasType
    from pydantic import BaseModel, Field

    class Filter(BaseModel):
        text: str
        page: int = 1

    Filters = TypeAliasType("Filters", Filter | None)

    def a(query: Filter) -> list[int]: ...
    def b(query: Filter | None) -> list[int]: ...
    def c(query: Optional[Filter] = None) -> list[int]: ...
    def d(query: "Union[None, Filter]" = None) -> list[int]: ...
    def e(query: Annotated[Filter | None, "all"]) -> list[int]: ...
    def f(query: Filters) -> list[int]: ...
"""


def test_an_optional_query_model_has_the_arguments_of_the_model(module: Any) -> None:
    text = fields(sdl(*views(module(OPTIONAL), *"abcdef")))
    for name in "abcdef":
        arguments = text.partition(f"  {name}(")[2].partition(")")[0]
        assert arguments.split("\n") == ["", "    text: String!", '    "Default: 1"', "    page: Long", "  "]


LOST = """
    from typing import TYPE_CHECKING, Optional
    from pydantic import BaseModel
    if TYPE_CHECKING:
        from nowhere_of_a_test import Search

    class Names: pass

    class Broken(BaseModel):
        kind: "Kind"

    def lost(query: Lost) -> list[int]: ...
    def optional(query: Optional[Lost]) -> list[int]: ...
    def searched(query: "Search | None") -> list[int]: ...
    def raising(query: Names.lost) -> list[int]: ...
    def broken(query: Broken) -> list[int]: ...
    def fine(query: dict[str, str]) -> list[int]: ...
    def both(query: Lost) -> Names.lost: ...
"""
CANNOT = "gives no arguments, its annotation cannot be evaluated"
MODULE = "in the module shop_of_a_test"
NAME_LOST = f"{CANNOT} (NameError: name 'Lost' is not defined): define or import Lost {MODULE}, outside of functions"


def test_a_query_model_that_gives_no_arguments_has_a_reason(module: Any) -> None:
    names = ("lost", "optional", "searched", "raising", "broken", "fine", "both")
    notes = {note.field: note for note in checked(*views(module(LOST), *names)).operations}
    assert notes["lost"].reason == f"the parameter query of lost() {NAME_LOST}"
    assert notes["optional"].reason == f"the parameter query of optional() {NAME_LOST}"
    assert f"define or import Search {MODULE}" in notes["searched"].reason
    attribute = "AttributeError: type object 'Names' has no attribute 'lost'"
    assert notes["raising"].reason == f"the parameter query of raising() {CANNOT} ({attribute}): correct it {MODULE}"
    assert notes["broken"].reason == (
        "the class Broken gives no arguments (PydanticUndefinedAnnotation: name 'Kind' is not defined): "
        "correct the class"
    )
    assert {notes[name].kind for name in ("lost", "optional", "searched", "raising", "broken")} == {"partly"}
    assert (notes["fine"].kind, notes["fine"].reason) == ("typed", "")
    assert notes["both"].kind == "json"
    assert notes["both"].reason == (
        f"its annotation cannot be evaluated ({attribute}); the parameter query of both() {NAME_LOST}"
    )


def test_the_log_and_check_name_a_query_model_that_gives_no_arguments(
    module: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask(__name__)
    app.add_url_rule("/lost/<int:id>", "lost", module(LOST).lost)
    Gateway(app, annotations=True)
    with caplog.at_level(logging.WARNING, "restgql"):
        table = app.test_cli_runner().invoke(cli, ["check"], obj=ScriptInfo(create_app=lambda: app)).output
    assert f"the parameter query of lost() {NAME_LOST}" in table
    assert f"GET /lost/{{id}}: the parameter query of lost() {NAME_LOST}." in caplog.messages


def test_a_raising_class_beside_other_parameters(module: Any) -> None:
    loaded = module(
        """
        from flask import request
        from pydantic import BaseModel

        class Query: pass

        class Broken(BaseModel):
            kind: "Kind"

        def marked(some: Broken = Query(), page: int = Query()) -> list[int]: ...
        def read() -> list[int]:
            request.args.get("page", type=int)
            return Broken(**request.args)
        """
    )
    generated = checked(*views(loaded, "marked", "read"))
    assert "marked(page: Long!)" in print_ast(generated.document)
    assert "read(page: Long)" in print_ast(generated.document)
    assert {note.reason.partition(" (")[0] for note in generated.operations} == {"the class Broken gives no arguments"}
