"""Classes of attrs, SQLAlchemy and msgspec, and names that only type checkers see."""

import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Optional

import attrs
import msgspec
import pytest
from flask import jsonify
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, WriteOnlyMapped, mapped_column, relationship

from tests.schema.annotations.views import checked, query_view, returning, sdl


@attrs.define
class Item:
    """An item of a shop."""

    id: int
    name: str | None = None
    parts: "list[Item]" = attrs.Factory(list)
    note: Annotated[str, msgspec.Meta(description="For the shop.")] = ""


@attrs.define
class Special(Item):
    """An item with a price."""

    price: float = 0.0


def test_attrs() -> None:
    text = sdl(returning(Special))
    assert '"An item with a price."\ntype Special {\n  id: Long\n  name: String\n  parts: [Item]\n' in text
    assert '  "For the shop."\n  note: String\n  price: Float\n}' in text

    def view() -> Special:
        return attrs.asdict(Special(1, parts=[Item(2)]))  # type: ignore[return-value]

    assert query_view(view, "{ it { id name price parts { id } } }") == {
        "id": 1,
        "name": None,
        "price": 0.0,
        "parts": [{"id": 2}],
    }


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    motto: Mapped[Optional[str]]  # noqa: UP045
    members: Mapped[list["Member"]] = relationship(back_populates="team")
    logs: WriteOnlyMapped["Member"] = relationship(overlaps="members,team")


class Member(Base):
    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped["Team"] = relationship(back_populates="members")


class Row(MappedAsDataclass, Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(default=None)


def test_mapped_classes_of_sqlalchemy() -> None:
    text = sdl(returning(Team))
    assert "type Team {\n  id: Long\n  motto: String\n  members: [Member]\n}" in text
    assert "type Member {\n  id: Long\n  team_id: Long\n  team: Team\n}" in text

    def view() -> Team:
        return {"id": 1, "motto": None, "members": [{"id": 2, "team_id": 1}]}  # type: ignore[return-value]

    assert query_view(view, "{ it { id motto members { id team_id } } }") == {
        "id": 1,
        "motto": None,
        "members": [{"id": 2, "team_id": 1}],
    }


def test_a_mapped_dataclass() -> None:
    def view() -> list[Row]:
        return jsonify([Row(id=1, label="a")])  # type: ignore[return-value]

    assert "type Row {\n  id: Long\n  label: String\n}" in sdl(returning(list[Row]))
    assert query_view(view, "{ it { id label } }") == [{"id": 1, "label": "a"}]


class Job(msgspec.Struct, rename="camel", omit_defaults=True):
    took_time: timedelta
    body: bytes = b""
    retries: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    left_out: int | msgspec.UnsetType = msgspec.UNSET


def test_a_struct_as_msgspec_writes_it() -> None:
    def view() -> Job:
        return msgspec.to_builtins(Job(timedelta(seconds=3), b"ab"))  # type: ignore[no-any-return]

    assert "type Job {\n  tookTime: String\n  body: String\n  retries: Int\n  leftOut: Long\n}" in sdl(returning(Job))
    assert query_view(view, "{ it { tookTime body retries leftOut } }") == {
        "tookTime": "PT3S",
        "body": "YWI=",
        "retries": None,
        "leftOut": None,
    }


def test_optional_libraries_are_not_imported() -> None:
    code = """if True:
        import sys
        from dataclasses import dataclass
        from restgql.schema.sources.annotations import AnnotatedView, generate
        @dataclass
        class User:
            id: int
        def user(query: User) -> list[User] | tuple[User, int]: ...
        (note,) = generate([AnnotatedView(path="/", name="user", function=user)]).operations
        assert note.kind == "json" or note.kind == "typed", note
        assert not {"pydantic", "attr", "attrs", "sqlalchemy"} & sys.modules.keys()
    """
    subprocess.run([sys.executable, "-c", code], check=True)


PACKAGE = {
    "shop/__init__.py": "",
    "shop/types.py": """
        from typing import TypedDict
        class Price(TypedDict):
            amount: int
    """,
    "shop/views.py": """
        from __future__ import annotations
        import typing as t
        from dataclasses import dataclass
        from flask import Flask, request
        from restgql import Gateway
        if t.TYPE_CHECKING:
            import attr
            import shop.types as shop_types
            from flask import Response
            from flask.typing import ResponseReturnValue
            from beside import Note
            from .types import Price
            from elsewhere import Hidden
            Prices = list[Price]
            class Total(t.TypedDict):
                sum: int
        @dataclass
        class Basket:
            prices: Prices
            total: Total
            first: t.Optional[shop_types.Price]
            note: Note
            hidden: Hidden
            lists: list[Hidden]
            odd: attr.Attribute
        app = Flask(__name__)
        @app.get("/basket")
        def basket() -> Basket | Response:
            price = {"amount": 1}
            return {"prices": [price], "total": {"sum": 1}, "first": price, "note": {"text": "n"}, "hidden": 7}
        @app.get("/total")
        def total(hidden: Hidden = None) -> Total | ResponseReturnValue:
            return {"sum": 3}
        gateway = Gateway(app, annotations=True)
    """,
    "beside.py": """
        from typing import TypedDict
        class Note(TypedDict):
            text: str
    """,
    "main.py": """
        from shop.views import app, gateway
        from graphql import print_ast
        from restgql.sources import combined_sdl
        query = "{ basket { prices { amount } total { sum } first { amount } note { text } hidden } total { sum } }"
        answer = gateway.execute(query)
        price = {"amount": 1}
        basket = {"prices": [price], "total": {"sum": 1}, "first": price, "note": {"text": "n"}, "hidden": 7}
        assert answer == {"data": {"basket": basket, "total": {"sum": 3}}}, answer
        typed = app.extensions["restgql"]["restgql"].compiled_schema
        rows = {row.field: row for row in typed.rows}
        assert rows["total"].kind == "typed", rows
        assert "hidden: JSON\\n  lists: [JSON]\\n  odd: JSON" in print_ast(combined_sdl(typed))
        assert "No module named 'elsewhere'" in rows["basket"].reason or "not imported" in rows["basket"].reason, rows
    """,
}


FUTURE = "from __future__ import annotations"
# Python 3.14 evaluates an annotation when it is read
STARTS = [FUTURE, ""] if sys.version_info >= (3, 14) else [FUTURE]


@pytest.mark.parametrize("start", STARTS)
def test_names_for_type_checkers(tmp_path: Path, start: str) -> None:
    for name, text in PACKAGE.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text).replace(FUTURE, start))
    subprocess.run([sys.executable, "main.py"], check=True, cwd=tmp_path)


def test_an_unknown_name_within_a_type_spoils_nothing_else() -> None:
    holder = attrs.make_class("Holder", {"fine": attrs.field(type=int), "lost": attrs.field(type="list[Nowhere]")})
    (note,) = checked(returning(holder)).operations
    assert "type Holder {\n  fine: Long\n  lost: [JSON]\n}" in sdl(returning(holder))
    assert "Holder.lost is JSON, its annotation cannot be evaluated (NameError: name 'Nowhere'" in note.reason
