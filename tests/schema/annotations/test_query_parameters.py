"""Query parameters of views as arguments, and the requests that these arguments make."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NotRequired, Optional, TypedDict

import flask
import flask_openapi3
import flask_pydantic
import msgspec
import pydantic
import pytest
import spectree
from flask import Flask, request
from flask.views import MethodView, View
from graphql import print_ast
from pydantic import BaseModel, ConfigDict, Field

from restgql import Gateway
from restgql.schema.sources.annotations import AnnotatedView
from tests.schema.annotations.views import checked, query_view


class Sort(enum.Enum):
    NEWEST = "newest"
    OLDEST = "oldest"


class Search(BaseModel):
    text: str
    page: int = 1
    page_size: int = Field(20, alias="pageSize", description="Items of a page.")
    tags: list[str] = []
    sort: Sort | None = None
    since: pydantic.AwareDatetime | None = None
    exact: bool = False


class Seen(BaseModel):
    query: str
    values: dict[str, Any] = {}


ARGUMENTS = (
    'text: "a b", page: 2, pageSize: 5, tags: ["x", "y"], sort: OLDEST, since: "2025-01-01T00:00:00+02:00", exact: true'
)
SENT = "text=a%20b&page=2&pageSize=5&tags=x&tags=y&sort=oldest&since=2025-01-01T00%3A00%3A00%2B02%3A00&exact=true"
VALUES = {
    "text": "a b",
    "page": 2,
    "page_size": 5,
    "tags": ["x", "y"],
    "sort": "oldest",
    "since": "2025-01-01T00:00:00+02:00",
    "exact": True,
}


def seen(**values: Any) -> Any:
    return {"query": request.query_string.decode(), "values": values}


def answer(gateway: Gateway, query: str) -> Any:
    result = gateway.execute(query)
    assert "errors" not in result, result
    return result["data"]["it"]


def arguments(view: Callable[..., Any], path: str = "/it", **parameters: str) -> dict[str, str]:
    """Return the arguments of a view's field, with their types."""
    (field,) = (
        checked(AnnotatedView(path=path, name="it", function=view, parameters=parameters))
        .document.definitions[0]
        .fields
    )  # type: ignore[attr-defined]
    return {argument.name.value: print_ast(argument.type) for argument in field.arguments}


SEARCH = {
    "text": "String!",
    "page": "Long",
    "pageSize": "Long",
    "tags": "[String]",
    "sort": "Sort",
    "since": "DateTime",
    "exact": "Boolean",
}


def test_a_model_named_query() -> None:
    @flask_pydantic.validate()
    def view(query: Search) -> Seen:
        return seen(**query.model_dump(mode="json"))  # type: ignore[no-any-return]

    assert arguments(view) == SEARCH
    assert query_view(view, f"{{ it({ARGUMENTS}) {{ query values }} }}") == {"query": SENT, "values": VALUES}


def test_a_model_named_query_of_flask_openapi3() -> None:
    app = flask_openapi3.OpenAPI("app")

    class Path(BaseModel):
        id: int

    @app.get("/it/<int:id>")
    def it(path: Path, query: Search) -> Seen:
        return seen(**query.model_dump(mode="json"))  # type: ignore[no-any-return]

    gateway = Gateway(app, annotations=True)
    assert answer(gateway, f"{{ it(id: 1, {ARGUMENTS}) {{ query values }} }}") == {"query": SENT, "values": VALUES}


def test_a_model_named_query_of_spectree() -> None:
    app, spec = Flask(__name__), spectree.SpecTree("flask")

    @app.get("/it")
    @spec.validate()
    def it(query: Search) -> Seen:
        return seen(**query.model_dump(mode="json"))  # type: ignore[no-any-return]

    spec.register(app)
    gateway = Gateway(app, annotations=True)
    assert answer(gateway, f"{{ it({ARGUMENTS}) {{ query values }} }}") == {"query": SENT, "values": VALUES}


def test_a_model_that_a_decorator_has() -> None:
    @flask_pydantic.validate(query=Search)
    def view() -> Seen:
        return seen(**request.query_params.model_dump(mode="json"))  # type: ignore[attr-defined, no-any-return]

    assert arguments(view) == SEARCH
    assert query_view(view, f"{{ it({ARGUMENTS}) {{ query values }} }}") == {"query": SENT, "values": VALUES}


class Page(TypedDict):
    number: int
    size: NotRequired[int]


class Range(msgspec.Struct, rename="camel"):
    from_day: str
    kinds: list[Literal["a", "b"]] = []


@dataclass
class Options:
    deep: bool
    note: str | None = None


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (Page, {"number": "Long!", "size": "Long"}),
        (Range, {"fromDay": "String!", "kinds": "[ItKindsItem]"}),
        (Options, {"deep": "Boolean!", "note": "String"}),
        (int, {}),
        (dict[str, str], {}),
        ("Nowhere", {}),
    ],
)
def test_another_class_named_query(cls: Any, expected: dict[str, str]) -> None:
    def view(query) -> Seen: ...

    view.__annotations__["query"] = cls
    assert arguments(view) == expected


class Query:
    """The marker of a query parameter, as several packages have it."""

    def __init__(self, default: Any = ..., *, alias: str = "", description: str = "") -> None:
        self.default, self.alias, self.description = default, alias, description


class Place(enum.Enum):
    QUERY = "query"
    HEADER = "header"


def test_marked_parameters() -> None:
    def view(
        id: int,
        text: Annotated[str, Query(description="To find.")],
        tags: Annotated[list[str], Query(alias="tag")],
        sort: Annotated[Sort, Query(description="The order.")] = Sort.NEWEST,
        exact: bool = Query(False),  # type: ignore[assignment]
        limit: Optional[int] = Query(None),  # type: ignore[assignment]  # noqa: UP045
        size: Annotated[int, Place.QUERY] = 1,
        agent: Annotated[str, Place.HEADER] = "",
        user: str = "",
        page: Annotated[Page | None, Query()] = None,
        more: Annotated[Range, Query()] = ...,  # type: ignore[assignment]
    ) -> Seen: ...

    assert arguments(view, "/it/{id}", id="int") == {
        "id": "Long!",
        "text": "String!",
        "tag": "[String]!",
        "sort": "Sort",
        "exact": "Boolean",
        "limit": "Long",
        "size": "Long",
        "page": "PageInput",
        "fromDay": "String!",
        "kinds": "[ItKindsItem]",
    }


def test_parameters_that_code_reads() -> None:
    def view() -> Seen:
        args = request.args
        seen_first = args["first"]
        values = {
            "first": seen_first,
            "page": args.get("page", 1, type=int),
            "ratio": request.args.get("ratio", type=float, default=0.5),
            "tags": request.args.getlist("tags"),
            "ids": flask.request.args.getlist("ids", int),
            "odd": request.values.get("filter[name]"),
            "flag": "flag" in request.args,
        }
        return seen(**values, computed=args.get(f"{seen_first}_x"))  # type: ignore[no-any-return]

    assert arguments(view) == {
        "first": "String",
        "page": "Long",
        "ratio": "Float",
        "tags": "[String]",
        "ids": "[Long]",
        "filter_name": "String",
        "flag": "String",
    }
    query = (
        """{ it(first: "a", page: 3, ratio: 1.5, tags: ["x"], ids: [1, 2], filter_name: "n", flag: "") { values } }"""
    )
    assert query_view(view, query)["values"] == {
        "first": "a", "page": 3, "ratio": 1.5, "tags": ["x"], "ids": [1, 2], "odd": "n", "flag": True, "computed": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "view",
    [
        lambda: Search(**request.args),
        lambda: Search.model_validate(request.args.to_dict()),
        lambda: msgspec.convert(request.args.to_dict(), Search),
    ],
)
def test_a_class_that_code_reads_the_query_into(view: Callable[..., Any]) -> None:
    view.__annotations__["return"] = Seen
    assert arguments(view) == SEARCH


def test_code_that_reads_nothing_of_the_query() -> None:
    class Other:
        args: ClassVar[dict[str, str]] = {}

    other = Other()

    def view() -> Seen:
        other.args.get("a")
        return seen(a=request.form.get("b"), c=dict(request.args))  # type: ignore[no-any-return]

    assert arguments(view) == {}


class ItByMethod(MethodView):
    def get(self, id: int) -> Seen:
        return seen(id=id, page=request.args.get("page", type=int))  # type: ignore[no-any-return]


class ItByDispatch(View):
    def dispatch_request(self, id: int) -> Seen:  # type: ignore[override]
        return seen(id=id, page=request.args.get("page", type=int))  # type: ignore[no-any-return]


@pytest.mark.parametrize("it", [ItByMethod, ItByDispatch])
def test_a_class_based_view(it: type[View]) -> None:
    app = Flask(__name__)
    app.add_url_rule("/it/<int:id>", view_func=it.as_view("it"))
    gateway = Gateway(app, annotations=True)
    assert answer(gateway, "{ it(id: 1, page: 2) { query values } }") == {
        "query": "page=2",
        "values": {"id": 1, "page": 2},
    }


class Snake(BaseModel):
    model_config = ConfigDict(extra="forbid")
    page_size: int = 20
    order_by: Sort = Sort.NEWEST


def test_query_parameters_in_camel_case() -> None:
    app = Flask(__name__)

    @app.get("/it")
    def it() -> Seen:
        return seen(**Snake(**request.args.to_dict()).model_dump(mode="json"))  # type: ignore[no-any-return]

    gateway = Gateway(app, annotations=True, camel_case=True)
    assert answer(gateway, "{ it(pageSize: 5, orderBy: OLDEST) { query values } }") == {
        "query": "page_size=5&order_by=oldest",
        "values": {"page_size": 5, "order_by": "oldest"},
    }
