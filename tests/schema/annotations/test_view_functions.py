"""Views that are not plain functions: partial objects, callable objects, methods, and decorators of them."""

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Generic, Optional, TypeVar

import pytest
from flask import Flask, request
from flask.views import MethodView, View

import restgql
from restgql import Gateway, view_functions

T = TypeVar("T")


@dataclass
class Item:
    id: int
    name: str


@dataclass
class Filter:
    text: str = ""


def answer(kind: str, id: int) -> Any:
    return asdict(Item(id, f"{kind} {request.args.get('text')} {request.args.get('page')}"))


def item(kind: str, id: int, query: Optional[Filter] = None) -> Item:  # noqa: UP045
    """One item."""
    request.args.get("page", type=int)
    return answer(kind, id)  # type: ignore[no-any-return]


class Items:
    """Items of a shop."""

    limit: int = 3

    def __call__(self, id: int, query: Filter | None = None) -> "Item":
        """One item."""
        request.args.get("page", type=int)
        return answer("called", id)  # type: ignore[no-any-return]

    def method(self, id: int, query: Filter | None = None) -> "Item":
        """One item."""
        request.args.get("page", type=int)
        return answer("method", id)  # type: ignore[no-any-return]

    def of_kind(self, kind: str, id: int, query: Filter | None = None) -> "Item":
        """One item."""
        request.args.get("page", type=int)
        return answer(kind, id)  # type: ignore[no-any-return]

    @classmethod
    def of_class(cls, id: int, query: Filter | None = None) -> "Item":
        """One item."""
        request.args.get("page", type=int)
        return answer("class", id)  # type: ignore[no-any-return]


def decorated(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


class Decorator:
    """Calls a view."""

    def __init__(self, view: Callable[..., Any]) -> None:
        functools.update_wrapper(self, view)
        self.view = view

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.view(*args, **kwargs)


class Resource(MethodView):
    @decorated
    def get(self, id: int, query: Filter | None = None) -> Item:
        """One item."""
        request.args.get("page", type=int)
        return answer("resource", id)  # type: ignore[no-any-return]


class Single(View):
    decorators = [decorated]  # noqa: RUF012

    def dispatch_request(self, id: int, query: Filter | None = None) -> Item:  # type: ignore[override]
        """One item."""
        request.args.get("page", type=int)
        return answer("single", id)  # type: ignore[no-any-return]


class ResourceOf(MethodView, Generic[T]):
    def get(self, id: int, query: Filter | None = None) -> T:
        """One item."""
        request.args.get("page", type=int)
        return answer("generic", id)  # type: ignore[no-any-return]


class ItemResource(ResourceOf[Item]): ...


items = Items()
VIEWS: dict[str, Callable[..., Any]] = {
    "partial": functools.partial(item, "p"),
    "partial by name": functools.partial(item, kind="p"),
    "partial of a partial": functools.partial(functools.partial(item, "p")),
    "partial of a method": functools.partial(items.of_kind, "p"),
    "callable object": items,
    "bound method": items.method,
    "class method": items.of_class,
    "wrapped partial": decorated(functools.partial(item, "p")),
    "wrapped callable object": decorated(items),
    "partial of a wrapped function": functools.partial(decorated(item), "p"),
    "decorator class": Decorator(items.method),
    "decorator class of a partial": Decorator(functools.partial(item, "p")),
    "cached": functools.cache(items.method),
    "MethodView": Resource.as_view("it"),
    "View": Single.as_view("it"),
    "wrapped View": decorated(Single.as_view("it")),
    "generic MethodView": ItemResource.as_view("it"),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_annotations_of_a_view(view: Callable[..., Any]) -> None:
    app = Flask(__name__)
    app.add_url_rule("/it/<int:id>", "it", view)
    gateway = Gateway(app, annotations=True)
    result = gateway.execute('{ it(id: 1, text: "t", page: 2) { id name } }')
    assert "errors" not in result, result
    assert result["data"]["it"] == app.test_client().get("/it/1?text=t&page=2").json
    described = gateway.execute('{ __type(name: "Query") { fields { name description } } }')["data"]["__type"]["fields"]
    assert {"name": "it", "description": "One item."} in described


def test_a_parameter_that_a_partial_object_passes_is_no_argument() -> None:
    app = Flask(__name__)
    app.add_url_rule("/it/<int:id>", "it", functools.partial(item, "p", query=None))
    result = Gateway(app, annotations=True).execute('{ it(id: 1, text: "t") { id } }')
    assert "Unknown argument 'text'" in result["errors"][0]["message"]


def test_the_description_of_a_route() -> None:
    app = Flask(__name__)
    for number, name in enumerate(("partial", "callable object", "wrapped partial", "bound method")):
        app.add_url_rule(f"/it{number}", str(number), VIEWS[name])
    gateway = Gateway(app)
    routes = gateway.execute('{ routes(prefix: "/it") { description } }')["data"]["routes"]
    assert [route["description"] for route in routes] == ["One item."] * 4


def test_the_docstring_of_a_class_whose_call_has_none() -> None:
    class Quiet:
        """Quiet items."""

        def __call__(self) -> None: ...

    assert view_functions.documentation(Quiet()) == "Quiet items."
    assert view_functions.documentation(functools.partial(lambda: None)) == ""


def test_a_hidden_view_below_a_partial_object() -> None:
    @restgql.hide
    def secret(kind: str) -> Any: ...

    class Hidden:
        @restgql.hide
        def __call__(self) -> Any: ...

    app = Flask(__name__)
    app.add_url_rule("/a", "a", functools.partial(secret, "a"))
    app.add_url_rule("/b", "b", decorated(functools.partial(secret, "b")))
    app.add_url_rule("/c", "c", Hidden())
    result = Gateway(app).execute('{ a: get(path: "/a") b: get(path: "/b") c: get(path: "/c") }')
    assert {error["extensions"]["code"] for error in result["errors"]} == {"NOT_ALLOWED"}
    assert len(result["errors"]) == 3
