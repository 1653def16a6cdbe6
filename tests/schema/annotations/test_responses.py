"""The types that views return: a body, with a status and headers or without, or any response."""

import http
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import flask.typing
import pytest
import werkzeug
from flask import Response, jsonify
from flask.typing import ResponseReturnValue, ResponseValue
from pydantic import BaseModel
from typing_extensions import TypeAliasType
from werkzeug.datastructures import Headers

from tests.schema.annotations.views import checked, query_view, returning, typed


class User(BaseModel):
    id: int


@dataclass
class Failure:
    message: str


class Page(Response):
    """A response of the app's own."""


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (User | Response, "User"),
        (Response | User | None, "User"),
        (User | werkzeug.Response | Page, "User"),
        (tuple[User, int], "User"),
        (tuple[User, int, dict[str, str]], "User"),
        (tuple[User, dict[str, str]], "User"),
        (tuple[User, Literal[200]] | tuple[Failure, Literal[404]], "User"),
        (list[User] | tuple[Response, int], "[User]"),
        (User | tuple[dict[str, str], int], "User"),
        (User | tuple[str, int], "User"),
        (User | tuple[Mapping[str, Any], int, dict[str, str]], "User"),
        (tuple[User, int] | tuple[dict, int], "User"),
        (tuple[list[User], int] | Response, "[User]"),
        (User | ResponseReturnValue, "User"),
        (list[User] | ResponseValue, "[User]"),
        ("User | ResponseReturnValue", "User"),
        ("User | flask.typing.ResponseReturnValue", "User"),
        (User | dict[str, str], "JSON"),
        (User | tuple[Failure, int], "ItResponse"),
        (list[User] | tuple[Failure, int], "[User]"),
        (Sequence[User] | None | tuple[Failure, int, dict[str, str]], "[User]"),
        (Annotated[list[User], "all"] | tuple[Failure, int], "[User]"),
        (TypeAliasType("Users", list[User]) | tuple[Failure, int], "[User]"),
        (list[User] | tuple[list[User], int] | tuple[Failure, int], "[User]"),
        (User | tuple[list[User], int], "JSON"),
        (tuple[User, http.HTTPStatus], "User"),
        (tuple[User, Headers], "User"),
        (tuple[User, int, Headers], "User"),
        (tuple[User, list[tuple[str, str]]], "User"),
        (tuple[User, int | None], "User"),
        (tuple[User, Annotated[int, "created"]], "User"),
        (tuple[User, Mapping[str, str]], "User"),
        (tuple[User, Failure], "[ItResponseItem]"),
        (tuple[User, User], "[User]"),
        (tuple[int, int], "[Long]"),
        (tuple[float, int], "[Float]"),
        (dict[str, str] | tuple[dict[str, int], int], "JSON"),
        (ResponseReturnValue, "JSON"),
        (ResponseValue, "JSON"),
        (Response, "JSON"),
        (tuple[Response, int], "JSON"),
        (tuple[Failure, Literal[404]], "JSON"),
    ],
)
def test_the_body_of_a_response(hint: Any, expected: str) -> None:
    assert typed(hint, User=User, ResponseReturnValue=ResponseReturnValue, flask=flask) == expected


@pytest.mark.parametrize(
    ("hint", "reason"),
    [
        (Response, "it returns a response that no type describes"),
        (ResponseReturnValue, "it returns a response that no type describes"),
        (tuple[Response, int] | Response, "it returns a response that no type describes"),
        (tuple[Failure, Literal[404]], "it returns errors only"),
        (Any, "its annotation does not describe it further"),
        (None, "its annotation does not describe it further"),
        (dict[str, int], "its annotation does not describe it further"),
        (str, "a text may have any content"),
        (tuple[str, int] | None, "a text may have any content"),
    ],
)
def test_the_reason_of_json(hint: Any, reason: str) -> None:
    (note,) = checked(returning(hint)).operations
    assert (note.kind, note.reason) == ("json", reason)


def test_a_model_or_an_error_in_the_data() -> None:
    def view(id: int) -> tuple[User, int] | tuple[dict[str, str], int]:
        if id == 1:
            return jsonify(id=1), 200  # type: ignore[return-value]
        return {"message": "no such user"}, 404

    assert query_view(view, "{ it(id: 1) { id } }", "/it/<int:id>") == {"id": 1}
    assert query_view(view, "{ it(id: 2) { id } }", "/it/<int:id>") is None
