"""Views with annotations, and the SDL that is generated from them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypedDict

from flask import Flask
from graphql import print_ast, validate_schema

from restgql import Gateway
from restgql.schema import core
from restgql.schema.compile import calls, compile
from restgql.schema.sources.annotations import AnnotatedView, generate
from restgql.schema.sources.openapi import GeneratedSdl
from restgql.schema.type_source import TypeSource


def sdl(*views: AnnotatedView, camel_case: bool = False) -> str:
    return print_ast(checked(*views, camel_case=camel_case).document)


def checked(*views: AnnotatedView, camel_case: bool = False) -> GeneratedSdl:
    """Generate SDL, and assert that both the document and its text compile."""
    generated = generate(views, camel_case=camel_case)
    found = [TypeSource(document=generated.document, handwritten=handwritten) for handwritten in (False, True)]
    for one in found:
        schema = compile(core.build(), [one], camel_case=camel_case)
        assert validate_schema(schema) == []
        assert len(list(calls(schema))) == len(generated.operations)
    assert generated == generate(reversed(views), camel_case=camel_case), "it depends on the order of the views"
    return generated


def returning(hint: Any, name: str = "it", path: str = "/it", **options: Any) -> AnnotatedView:
    def view() -> None: ...

    view.__annotations__["return"] = hint
    return AnnotatedView(path=path, name=name, function=view, **options)


def typed(hint: Any, **names: Any) -> str:
    """The type of the field whose view returns that, in a module with these names."""
    exec("def view(): ...", names)
    names["view"].__annotations__["return"] = hint
    view = AnnotatedView(path="/it", name="it", function=names["view"])
    line = next(line for line in sdl(view).splitlines() if line.startswith("  it: "))
    return line.removeprefix("  it: ").partition(" @")[0]


def member(hint: Any) -> str:
    """The type of the field of a key that holds that."""
    text = sdl(returning(TypedDict("Holder", {"held": hint})))
    return next(line for line in text.splitlines() if line.startswith("  held: ")).removeprefix("  held: ")


def query_view(view: Callable[..., Any], query: str, path: str = "/it") -> Any:
    """Return the data that a query on an app with one view, `it`, has. The answer has no errors."""
    app = Flask(__name__)
    app.add_url_rule(path, "it", view)
    answer = Gateway(app, annotations=True).execute(query)
    assert "errors" not in answer, answer
    return answer["data"]["it"]


def views(loaded: ModuleType, *names: str) -> list[AnnotatedView]:
    """Return the functions of a module as views."""
    return [AnnotatedView(path=f"/{name}", name=name, function=getattr(loaded, name)) for name in names]


def fields(text: str) -> str:
    """Return the fields of Query."""
    return text.partition("type Query {\n")[2].partition("\n}")[0]
