import dataclasses
import enum
import functools
import subprocess
import sys
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, NewType, NotRequired, Required, TypedDict, TypeVar
from uuid import UUID

import msgspec
import pydantic
import pytest
from flask import Flask, Response, jsonify
from graphql import print_ast
from typing_extensions import TypeAliasType

from restgql import Gateway
from restgql.schema import core
from restgql.schema.sdl.reserved import reserve
from restgql.schema.sources.annotations import AnnotatedView, generate
from tests.schema.annotations.views import checked, member, returning, sdl, typed

T = TypeVar("T")
UserId = NewType("UserId", int)


class Status(enum.StrEnum):
    """A status with a word for each value."""

    NEW = "new"
    IN_REVIEW = "in-review"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Address:
    city: str
    lines: list[str]


@dataclass
class User:
    """Someone who writes.

    And reads.
    """

    id: UserId
    name: str | None
    address: Address
    friends: "list[User]"
    status: Status
    level: Level
    mood: Literal["happy", "so-so"] | None
    born: date
    seen: datetime
    key: UUID
    balance: Decimal
    score: float
    active: bool
    extra: dict[str, int]
    anything: Any
    grid: tuple[tuple[int, ...], ...]
    pair: tuple[int, float]
    said: Annotated[str, msgspec.Meta(description="What they said last.")] = ""
    kinds: ClassVar[int] = 3
    fixed: Final[int] = 3  # type: ignore[misc]


def test_a_dataclass() -> None:
    def user(id: int) -> User:
        """One user.

        Whoever it is.
        """
        raise NotImplementedError

    view = AnnotatedView(path="/users/{id}", name="user", parameters={"id": "int"}, function=user)
    assert (
        sdl(view)
        == """\
type Query {
  "One user."
  user(id: Long!): User @get(path: "/users/{id}")
}

"Someone who writes."
type User {
  id: Long
  name: String
  address: Address
  friends: [User]
  status: Status
  level: Level
  mood: UserMood
  born: Date
  seen: DateTime
  key: UUID
  balance: Decimal
  score: Float
  active: Boolean
  extra: JSON
  anything: JSON
  grid: [[Long]]
  pair: [Float]
  "What they said last."
  said: String
  fixed: Long
}

type Address {
  city: String
  lines: [String]
}

"A status with a word for each value."
enum Status {
  NEW @value(is: "new")
  IN_REVIEW @value(is: "in-review")
}

enum Level {
  LOW @value(is: "1")
  HIGH @value(is: "2")
}

enum UserMood {
  happy
  so_so @value(is: "so-so")
}"""
    )
    (note,) = checked(view).operations
    assert (note.method, note.path, note.field, note.kind, note.reason) == ("GET", "/users/{id}", "user", "typed", "")


class Base(TypedDict):
    id: int


class Partial(Base, total=False):
    name: Required[str]
    nick: "NotRequired[str]"
    next: "Partial"


ODD = TypedDict(
    "ODD", {"in-reply-to": str, "in_reply_to": int, "1st": int, "@id": str, "__x": int, "": str, 'a"b': int}
)


def test_a_typed_dict() -> None:
    text = sdl(returning(Partial))
    assert "type Partial {\n  id: Long\n  name: String\n  nick: String\n  next: Partial\n}" in text


def test_keys_that_are_no_names() -> None:
    assert (
        sdl(returning(ODD)).partition("type ODD ")[2]
        == """\
{
  in_reply_to2: String @select(from: "\\"in-reply-to\\"")
  in_reply_to: Long
  _1st: Long @select(from: "\\"1st\\"")
  id: String @select(from: "\\"@id\\"")
  x: Long @select(from: "__x")
  field: String @select(from: "\\"\\"")
  a_b: Long @select(from: "\\"a\\\\\\"b\\"")
}"""
    )


class Struct(msgspec.Struct, rename="camel"):
    """A struct."""

    created_at: datetime
    given: str = msgspec.field(name="given-name")
    left_out: int | msgspec.UnsetType = msgspec.UNSET


class Tagged(msgspec.Struct, tag="tagged", tag_field="kind"):
    x: int


class Row(msgspec.Struct, array_like=True):
    x: int


class Page(msgspec.Struct, Generic[T]):
    items: list[T]
    following: "Page[T] | None" = None


class Users(Page[User]):
    total: int = 0


def test_a_struct() -> None:
    text = sdl(returning(Struct))
    assert '"A struct."\ntype Struct {\n  createdAt: DateTime\n' in text
    assert '  given_name: String @select(from: "\\"given-name\\"")\n  leftOut: Long\n}' in text
    assert "type Tagged {\n  kind: String\n  x: Long\n}" in sdl(returning(Tagged))
    assert typed(Row) == "JSON"


class Model(pydantic.BaseModel):
    """A model."""

    full_name: str = pydantic.Field(alias="fullName", description="All of it.")
    out: int = pydantic.Field(serialization_alias="put", validation_alias="taken")
    secret: str = pydantic.Field(exclude=True)
    site: pydantic.HttpUrl
    count: pydantic.PositiveInt
    later: "Later | None" = None

    @pydantic.computed_field
    def initials(self) -> list[str]:
        """The first letters."""
        return []


class Later(pydantic.BaseModel):
    x: int


class Names(pydantic.RootModel[list[str]]):
    pass


class Bag(pydantic.BaseModel, Generic[T]):
    held: T


def test_a_pydantic_model() -> None:
    assert (
        sdl(returning(Model)).partition("}\n\n")[2]
        == """\
"A model."
type Model {
  "All of it."
  fullName: String @select(from: "not_null(fullName, full_name)")
  put: Long @select(from: "not_null(put, out)")
  site: URL
  count: Long
  later: Later
  "The first letters."
  initials: [String]
}

type Later {
  x: Long
}"""
    )
    assert typed(Names) == "[String]"
    assert "type BagLater {\n  held: Later\n}" in sdl(returning(Bag[Later]))


def test_pydantic_is_not_imported() -> None:
    code = """if True:
        import sys
        from dataclasses import dataclass
        from restgql.schema.sources.annotations import AnnotatedView, generate
        @dataclass
        class User:
            id: int
        def user() -> User: ...
        assert generate([AnnotatedView(path="/", name="user", function=user)]).operations[0].kind == "typed"
        assert "pydantic" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_generics() -> None:
    text = sdl(returning(Page[User]), returning(Page[list[int]], "other", "/other"), returning(Users, "all", "/all"))
    assert "type PageUser {\n  items: [User]\n  following: PageUser\n}" in text
    assert "type PageListInt {\n  items: [[Long]]\n  following: PageListInt\n}" in text
    assert "type Users {\n  items: [User]\n  following: PageUser\n  total: Long\n}" in text
    assert "type Page {\n  items: [JSON]\n" in sdl(returning(Page))


@dataclass
class Endless(Generic[T]):
    more: "Endless[list[T]] | None"


def test_a_generic_class_that_leads_to_ever_more() -> None:
    (note,) = checked(returning(Endless[int])).operations
    assert note.kind == "partly"
    assert "too many types" in note.reason


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (list[Address], "[Address]"),
        (Sequence[Address], "[Address]"),
        (tuple[Address, ...], "[Address]"),
        (Address | None, "Address"),
        (list[Address | None] | None, "[Address]"),
        (tuple[Address, int], "Address"),
        (tuple[Address, int, dict[str, str]], "Address"),
        (tuple[list[Address], Literal[201]], "[Address]"),
        (Address | tuple[dict[str, str], Literal[404]], "Address"),
        (Address | tuple[Address, int], "Address"),
        (tuple[dict[str, str], Literal[404, 410]], "JSON"),
        (Address | Struct, "ItResponse"),
        (dict[str, Address], "JSON"),
        (Mapping[str, Any], "JSON"),
        (dict, "JSON"),
        (list, "[JSON]"),
        (Any, "JSON"),
        (None, "JSON"),
        (str, "JSON"),
        (str | None, "JSON"),
        (bytes, "JSON"),
        (Response, "JSON"),
        (tuple[str, int], "JSON"),
        ("Nowhere", "JSON"),
        ("1 +", "JSON"),
        ("list[Address]", "[Address]"),
        (int, "Long"),
        (list[str], "[String]"),
        (Annotated[Address, "said"], "Address"),
        (NewType("Home", Address), "Address"),
        (TypeAliasType("Addresses", list[Address]), "[Address]"),
        (Awaitable[Address], "Address"),
        (Coroutine[Any, Any, Address], "Address"),
        (Status, "Status"),
    ],
)
def test_what_a_view_returns(hint: Any, expected: str) -> None:
    assert typed(hint, Address=Address) == expected


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (int | float, "Float"),
        (int | Decimal | None, "Decimal"),
        (int | str, "JSON"),
        (list[int] | list[float], "[Float]"),
        (list[int] | list[str], "[JSON]"),
        (list[int] | None, "[Long]"),
        (Literal[1, 2], "Int"),
        (Literal["a", 1], "JSON"),
        (Literal["a", "b", None], "HolderHeld"),
        (Literal["a", None], "String"),
        (Literal[Status.NEW], "Status"),
        (tuple[()], "[JSON]"),
        (TypeAliasType("Mood", Literal["a", "b"]), "Mood"),
        (TypeAliasType("Many", list[T], type_params=(T,))[int], "[Long]"),
        (set[UUID], "[UUID]"),
        (frozenset[date], "[Date]"),
        (str, "String"),
        (None, "JSON"),
        (T, "JSON"),
        (type, "JSON"),
        (enum.Enum("Odd", {"x": (1, 2)}), "JSON"),
        (enum.IntFlag("Flags", "a b"), "Long"),
    ],
)
def test_what_a_key_holds(hint: Any, expected: str) -> None:
    assert member(hint) == expected


def test_names_of_enum_values() -> None:
    kind = enum.Enum("Kind", {"true": "yes", "null": "no", "größe": "size", "__x": 1.5})
    text = sdl(returning(kind))
    assert 'true_ @value(is: "yes")' in text
    assert 'null_ @value(is: "no")' in text
    assert 'groe @value(is: "size")' in text
    assert 'x @value(is: "1.5")' in text


def test_a_view_of_no_annotation_has_no_field() -> None:
    def view(): ...

    generated = checked(
        AnnotatedView(path="/a", name="a", function=view),
        returning(User, "b", "/b", methods=("POST",)),
        returning(User, "c", "/c/{x"),
        returning(User, "d", "d"),
        AnnotatedView(path="/e", name="e", function=object()),  # type: ignore[arg-type]
    )
    assert [(one.method, one.path) for one in generated.skipped] == [
        ("GET", "/a"), ("POST", "/b"), ("GET", "/c/{x"), ("GET", "/e"), ("GET", "d"),
    ]  # fmt: skip
    assert "no return annotation" in generated.skipped[0].reason
    assert generated.document.definitions == ()


def test_an_annotation_of_an_argument_spoils_nothing() -> None:
    def view(id: "Nowhere") -> "Address": ...  # type: ignore[name-defined]  # noqa: F821

    assert "it: Address @get" in sdl(AnnotatedView(path="/", name="it", function=view))


def test_an_async_view() -> None:
    async def view() -> Address: ...

    assert "it: Address @get" in sdl(AnnotatedView(path="/", name="it", function=view))


def test_a_decorated_view() -> None:
    def view() -> "Address": ...

    @functools.wraps(view)
    def decorated(*args: Any, **kwargs: Any) -> Any: ...

    assert "it: Address @get" in sdl(AnnotatedView(path="/", name="it", function=decorated))


@dataclass
class Broken:
    fine: int
    lost: "Nowhere"  # type: ignore[name-defined]  # noqa: F821
    file: complex


def test_what_cannot_be_typed_is_json_alone() -> None:
    generated = checked(returning(Broken), returning(Address, "other", "/other"))
    assert "type Broken {\n  fine: Long\n  lost: JSON\n  file: JSON\n}" in print_ast(generated.document)
    broken, other = generated.operations
    assert (broken.kind, other.kind) == ("partly", "typed")
    assert "Broken.lost is JSON, its annotation cannot be evaluated (NameError" in broken.reason
    assert "Broken.file is JSON, the JSON of complex is unknown" in broken.reason


def test_a_class_that_raises_when_it_is_looked_at() -> None:
    class Odd(type):
        def __getattribute__(cls, name: str) -> Any:
            if name == "__mro__":
                raise RuntimeError("no")
            return super().__getattribute__(name)

    (note,) = checked(returning(Odd("Hidden", (), {}))).operations
    assert note.kind == "json"


def test_a_class_without_fields() -> None:
    (note,) = checked(returning(dataclasses.make_dataclass("Empty", []))).operations
    assert (note.kind, note.reason) == ("json", "Empty has no fields")


def in_module(name: str, class_name: str, **members: Any) -> type:
    cls = dataclasses.make_dataclass(class_name, members.items())
    cls.__module__ = name
    sys.modules.setdefault(name, ModuleType(name))
    return cls


def test_classes_of_one_name() -> None:
    shop, admin = in_module("app.shop", "User", a=int), in_module("app.admin", "User", b=int)
    other = in_module("lib.shop", "User", c=int)
    twins = [in_module("app.main", "Twin", a=int) for _ in range(2)]
    assert "type User {" in sdl(returning(shop))
    text = sdl(returning(shop), returning(admin, "other", "/other"))
    assert "type ShopUser {\n  a: Long\n}" in text
    assert "type AdminUser {\n  b: Long\n}" in text
    text = sdl(*(returning(of, f"of{n}", f"/{n}") for n, of in enumerate([shop, admin, other])))
    assert "type AppShopUser {" in text
    assert "type LibShopUser {" in text
    assert "type AdminUser {" in text
    text = sdl(*(returning(of, f"of{n}", f"/{n}") for n, of in enumerate(twins)))
    assert "type AppMainTwin {" in text
    assert "type AppMainTwin2 {" in text


def test_a_class_named_as_a_type_that_is_there() -> None:
    assert reserve().types >= set(core.build().type_map)
    for name in ("Query", "Mutation", "Date", "RestItem", "RestBatch", "JSON", "String"):
        assert f"type Main{name} {{" in sdl(returning(in_module("app.main", name, a=int)))


def test_names_of_fields() -> None:
    generated = checked(
        returning(Address, "api.users", "/users"),
        returning(Address, "api.user", "/users/{id}"),
        returning(Address, "api.user", "/people/{id}/of/{year}"),
        returning(Address, "api.user", "/me"),
        returning(Address, "api_users", "/users2"),
        returning(Address, "get", "/get"),
        returning(Address, "2nd", "/second"),
    )
    assert {one.path: one.field for one in generated.operations} == {
        "/users": "api_users",
        "/users/{id}": "api_user_by_id",
        "/people/{id}/of/{year}": "api_user_by_id_year",
        "/me": "api_user",
        "/users2": "api_users2",
        "/get": "get2",
        "/second": "_2nd",
    }


def test_arguments_by_converter() -> None:
    path = "/{a}/{b}/{c}/{d}/{+e}/{f}{?g}"
    parameters = {"a": "int", "b": "float", "c": "uuid", "d": "default", "e": "path", "f": "hash", "g": "int"}
    text = sdl(returning(Address, path=path, parameters=parameters))
    assert "it(a: Long!, b: Float!, c: UUID!, d: String!, e: String!, f: String!, g: Long): Address" in text
    assert f'@get(path: "{path}")' in text


def test_variables_that_are_no_names() -> None:
    assert 'it(x: String!): Address @get(path: "/a/{x}")' in sdl(returning(Address, path="/a/{__x}"))


def test_camel_case() -> None:
    kind = TypedDict("Kind", {"created_at": str, "updatedAt": str, "in-reply-to": str, "line_1": str})
    text = sdl(returning(kind, "user_list", "/{user_id}"), camel_case=True)
    assert 'userList(userId: String!): Kind @get(path: "/{userId}")' in text
    assert (
        text.partition("type Kind ")[2]
        == """\
{
  createdAt: String
  updatedAt: String @select(from: "updatedAt")
  inReplyTo: String @select(from: "\\"in-reply-to\\"")
  line_1: String
}"""
    )


@dataclass
class Post:
    """A post of someone."""

    id: int
    title: str
    state: Literal["draft", "so-so"]
    author: "Author"


class Author(TypedDict):
    name: str
    posts: list[Post]


def test_through_a_gateway(tmp_path) -> None:
    app = Flask(__name__, root_path=str(tmp_path))
    first = Post(id=3, title="A", state="so-so", author={"name": "B", "posts": []})

    @app.get("/posts/<int:id>")
    def post(id: int) -> Post:
        """One post."""
        return jsonify(first)  # type: ignore[return-value]

    @app.get("/posts")
    def posts() -> list[Post]:
        return jsonify([first])  # type: ignore[return-value]

    views = [
        AnnotatedView(path="/posts/{id}", name="post", parameters={"id": "int"}, function=app.view_functions["post"]),
        AnnotatedView(path="/posts", name="posts", function=app.view_functions["posts"]),
    ]
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "found.graphql").write_text(sdl(*views))
    gateway = Gateway(app, schema="schema")
    result = gateway.execute("{ post(id: 3) { id state author { name posts { id } } } posts { title } }")
    assert result == {
        "data": {
            "post": {"id": 3, "state": "so_so", "author": {"name": "B", "posts": []}},
            "posts": [{"title": "A"}],
        }
    }


def test_a_chain_of_many_classes() -> None:
    last: Any = int
    for n in range(3_000):
        last = dataclasses.make_dataclass(f"C{n}", [("next", last)])
    assert len(generate([returning(last)]).document.definitions) == 3_001
