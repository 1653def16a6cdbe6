"""Annotations that are evaluated late, cannot be evaluated, or have names that only type checkers know."""

import sys
from typing import Any

from flask import Flask
from graphql import print_ast

from restgql import Gateway
from tests.schema.annotations.views import checked, fields, sdl, views

NAMES = """
    from typing import TYPE_CHECKING, TypedDict
    if TYPE_CHECKING:
        from datetime import date
        from enum import Enum

        class Kind(Enum):
            BOOK = "book"

        class Item(TypedDict):
            day: date
            kind: Kind

        class Left(TypedDict):
            right: Right | None
            rights: list[Right]

        class Right(TypedDict):
            left: Left

    class Order(TypedDict):
        item: "Item"
        items: "list[Item]"

    def order() -> Order: ...
    def items() -> "list[Item]": ...
    def left() -> "Left": ...
"""


def test_a_class_for_type_checkers_uses_other_names_and_is_one_type(module: Any) -> None:
    text = sdl(*views(module(NAMES), "order", "items", "left"))
    assert "type Order {\n  item: Item\n  items: [Item]\n}" in text
    assert "type Item {\n  day: Date\n  kind: Kind\n}" in text
    assert "type Left {\n  right: Right\n  rights: [Right]\n}" in text
    assert "type Right {\n  left: Left\n}" in text
    assert "  items: [Item] @get" in fields(text)


BRANCHES = """
    import sys
    from typing import TYPE_CHECKING, TypedDict
    if TYPE_CHECKING:
        if sys.version_info >= (99, 0):
            from typing import ReadOnlyValue as Value
        else:
            from decimal import Decimal as Value
        try:
            from datetime import date
        except ImportError:
            date = str

    class Book(TypedDict):
        price: "Value"
        day: "date"

    def book() -> Book: ...
"""


def test_names_for_type_checkers_in_branches(module: Any) -> None:
    text = sdl(*views(module(BRANCHES), "book"))
    assert "type Book {\n  price: Decimal\n  day: Date\n}" in text


RAISES = """
    class Names: pass
    def boom(): raise RuntimeError("boom")

    def fine(number: 1 / 0, name: Names.lost, *rest: boom(), key: "int" | None = None) -> list[int]: ...
    def divided(number: int = 1) -> 1 / 0: ...
    def lost() -> Names.lost: ...
    def united() -> "int" | None: ...
    def raising() -> boom(): ...
"""


def test_an_annotation_that_raises_spoils_only_itself(module: Any) -> None:
    names = ("divided", "fine", "lost", "raising", "united")
    generated = checked(*views(module(RAISES), *names))
    reasons = {note.path: note.reason for note in generated.operations}
    cannot = "its annotation cannot be evaluated"
    assert reasons == {
        "/divided": f"{cannot} (ZeroDivisionError: division by zero)",
        "/fine": "",
        "/lost": f"{cannot} (AttributeError: type object 'Names' has no attribute 'lost')",
        "/raising": f"{cannot} (RuntimeError: boom)",
        "/united": f"{cannot} (TypeError: unsupported operand type(s) for |: 'str' and 'NoneType')",
    }


CLOSURE = """
    from dataclasses import dataclass

    def create_app():
        class Mixin:
            lost: "int" | None

        @dataclass
        class Local(Mixin):
            number: int

        def used(lost: "int" | None = None) -> Local: return Local(1)
        def listed() -> list[Local]: return [Local(1), later]
        if False:
            later = 1
        return used, listed

    used, listed = create_app()
"""


def test_a_class_of_the_function_around_the_view(module: Any) -> None:
    text = sdl(*views(module(CLOSURE), "used", "listed"))
    assert "  used: Local @get" in text
    assert "  listed: [Local] @get" in text
    assert "}\n\ntype Local {\n  number: Long\n}" in text, "the description is the name"


SCOPES = """
    from typing import TYPE_CHECKING, TypedDict
    if TYPE_CHECKING:
        class Hidden(TypedDict):
            secret: str

    class Shelf:
        class Item(TypedDict):
            number: int

        def item(self, lost: "int" | None = None) -> Item: ...

    def create_app():
        class Local(TypedDict):
            number: int
            hidden: Hidden
        class Pair(TypedDict):
            either: Local | Hidden
        def pair() -> Pair: ...
        return pair

    item, pair = Shelf.item, create_app()
"""


def test_names_of_the_scopes_around_an_annotation(module: Any) -> None:
    loaded = module(SCOPES)
    is_text = hasattr(loaded, "annotations")  # the import binds this name
    generated = checked(*views(loaded, "item", "pair"))
    lost = "its annotation cannot be evaluated (NameError: name '%s' is not defined)"
    reasons = [lost % "Item", lost % "Pair"] if is_text else ["", ""]
    assert [note.reason for note in generated.operations] == reasons
    assert ("union PairEither" in print_ast(generated.document)) != is_text


QUERY = """
    import dataclasses
    from restgql.schema.sources.annotations import query_parameters

    class Query: pass

    @dataclasses.dataclass
    class Search:
        text: str
        limit: int = 10

    def search(
        query: Search, lost: 1 / 0, size: int = Query, *, page: int = Query, of: "int" | None = 3
    ) -> list[int]: ...
"""


def test_query_parameters_beside_an_annotation_that_raises(module: Any) -> None:
    (line,) = fields(sdl(*views(module(QUERY), "search"))).splitlines()
    assert line.startswith("  search(text: String!, limit: Long, size: Long!, page: Long!): [Long] @get")


def test_a_raising_annotation_without_source_stops_no_app() -> None:
    names: dict[str, Any] = {}
    late = sys.version_info >= (3, 14)
    annotation = "1 / 0" if late else "'1 / 0'"
    exec(f"def lost() -> {annotation}: return [1]\ndef fine() -> list[int]: return [1]", names)
    app = Flask(__name__)
    for name in ("lost", "fine"):
        app.add_url_rule(f"/{name}", name, names[name])
    result = Gateway(app, annotations=True).execute("{lost fine}")
    assert result == {"data": {"lost": [1], "fine": [1]}}
