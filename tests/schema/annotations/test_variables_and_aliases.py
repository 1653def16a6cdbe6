"""Type variables with defaults, and aliases: of `type` statements, and of typing_extensions."""

import sys
from typing import Any

import pytest

from tests.schema.annotations.views import fields, sdl, views

DEFAULTS = """
    from dataclasses import dataclass
    from typing import Generic
    from typing_extensions import TypeVar

    T = TypeVar("T", default=int)
    L = TypeVar("L", default=list[T])

    @dataclass
    class Page(Generic[T, L]):
        first: T
        every: L

    @dataclass
    class Pages(Page): ...

    def page() -> Page: ...
    def pages() -> Pages: ...
    def texts() -> Page[str]: ...
"""


def test_type_variables_have_their_defaults(module: Any) -> None:
    text = sdl(*views(module(DEFAULTS), "page", "pages", "texts"))
    assert "type Page {\n  first: Long\n  every: [Long]\n}" in text
    assert "type Pages {\n  first: Long\n  every: [Long]\n}" in text
    assert "type PageStrListT {\n  first: String\n  every: [String]\n}" in text


GENERIC_STATEMENTS = """
    from typing import TypedDict
    class Page[T = int](TypedDict):
        item: T
    class Books(Page[str]):
        number: int
    class Numbers(Page): ...

    def books() -> Books: ...
    def numbers() -> Numbers: ...
"""
GENERIC_CLASSES = """
    from typing import Generic, TypedDict
    from typing_extensions import TypeVar
    T = TypeVar("T", default=int)
    class Page(TypedDict, Generic[T]):
        item: T
    class Books(Page[str]):
        number: int
    class Numbers(Page[int]): ...

    def books() -> Books: ...
    def numbers() -> Numbers: ...
"""


@pytest.mark.parametrize(
    "text", [GENERIC_CLASSES, GENERIC_STATEMENTS] if sys.version_info >= (3, 13) else [GENERIC_CLASSES]
)
def test_a_typed_dict_below_a_generic_one(module: Any, text: str) -> None:
    text = sdl(*views(module(text), "books", "numbers"))
    assert "type Books {\n  item: String\n  number: Long\n}" in text
    assert "type Numbers {\n  item: Long\n}" in text


STATUS = """
    from typing import Literal, TypedDict, TypeVar
    from flask import Response
    from typing_extensions import TypeAliasType

    class Book(TypedDict):
        id: int
    class Error(TypedDict):
        error: str
    class Film(TypedDict):
        minutes: int

    T = TypeVar("T")
    Result = TypeAliasType("Result", T | tuple[Error, Literal[404]], type_params=(T,))
    Pair = TypeAliasType("Pair", tuple[Book, int])
    Sent = TypeAliasType("Sent", "Response | Pair")
    Media = TypeAliasType("Media", Book | Film)
    Endless = TypeAliasType("Endless", "Endless | tuple[Book, int]")

    def book() -> Result[Book]: ...
    def books() -> Result[list[Book]] | None: ...
    def pair() -> Pair: ...
    def sent() -> Sent: ...
    def media() -> Result[Media]: ...
    def endless() -> Endless: ...
"""


def test_an_alias_may_contain_a_status(module: Any) -> None:
    names = ("book", "books", "pair", "sent", "media", "endless")
    lines = fields(sdl(*views(module(STATUS), *names))).splitlines()
    assert [line.partition(" @")[0] for line in lines] == [
        "  book: Book", "  books: [Book]", "  endless: JSON", "  media: Media", "  pair: Book", "  sent: Book",
    ]  # fmt: skip


STATEMENTS = """
    from typing import TYPE_CHECKING, TypedDict
    if TYPE_CHECKING:
        from datetime import date
        type Day = date
        class Page[T](TypedDict):
            days: list[Day]
            items: list[T]

    type Days = list[Day]
    type Result[T] = Page[T] | tuple[str, int]

    def days() -> Days: ...
    def page() -> Result[int]: ...
"""
ALIASES = """
    from typing import TYPE_CHECKING, Generic, TypedDict, TypeVar
    from typing_extensions import TypeAliasType
    T = TypeVar("T")
    if TYPE_CHECKING:
        from datetime import date
        Day = TypeAliasType("Day", date)
        class Page(TypedDict, Generic[T]):
            days: list[Day]
            items: list[T]

    Days = TypeAliasType("Days", "list[Day]")
    Result = TypeAliasType("Result", "Page[T] | tuple[str, int]", type_params=(T,))

    def days() -> Days: ...
    def page() -> Result[int]: ...
"""


@pytest.mark.parametrize("text", [ALIASES, STATEMENTS] if sys.version_info >= (3, 12) else [ALIASES])
def test_aliases_with_names_for_type_checkers(module: Any, text: str) -> None:
    text = sdl(*views(module(text), "days", "page"))
    assert "  days: [Date] @get" in text
    assert "  page: PageInt @get" in text
    assert "type PageInt {\n  days: [Date]\n  items: [Long]\n}" in text
