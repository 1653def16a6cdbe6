"""The response to a sub-request, as GraphQL's RestResponse and as Python's `gateway.fetch` give it."""

from functools import cached_property
from typing import Any

import msgspec

from restgql import json_value as value
from restgql.errors import BadSelect
from restgql.formats import json, media, problem, select
from restgql.model import SubResponse


class Header(msgspec.Struct, frozen=True):
    """A header field of a response."""

    name: str
    value: str


class Response:
    """A response, or the failure to get one: then `error` is its code and `status` 504, 502 or 500."""

    def __init__(self, reply: SubResponse, max_size: int) -> None:
        self._reply = reply
        self._max_size = max_size
        # Each is made twice at worst, if two threads ask at once.
        self._known: value.Content | None = None
        self._fields: dict[str, str] | None = None

    @property
    def _content(self) -> value.Content:
        if self._known is None:
            self._known = value.content(self._reply, self.fields, self._max_size)
        return self._known

    @property
    def url(self) -> str:
        """The path that answered in the end."""
        return self._reply.url

    @property
    def status(self) -> int:
        return self._content.status

    @property
    def ok(self) -> bool:
        return 200 <= self.status <= 299

    @property
    def redirected(self) -> bool:
        return self._reply.redirected

    @property
    def headers(self) -> list[Header]:
        """The header fields, never Set-Cookie."""
        return [Header(name, text) for name, text in self._reply.headers if name.lower() != "set-cookie"]

    def header_map(self) -> dict[str, str]:
        """The header fields by name, those of one name joined with commas; never Set-Cookie."""
        found: dict[str, str] = {}
        for header in self.headers:
            found[header.name] = f"{found[header.name]}, {header.value}" if header.name in found else header.value
        return found

    @property
    def set_cookies(self) -> tuple[str, ...]:
        """The Set-Cookie values of this response and the redirects before it."""
        return self._reply.cookies

    def header(self, name: str) -> str | None:
        """A header's values, joined with commas; None if absent, and for Set-Cookie."""
        return self.fields.get(name.lower())

    @property
    def fields(self) -> dict[str, str]:
        """The header fields by their names in lower case, those of one name joined with commas; never Set-Cookie."""
        if self._fields is None:
            found: dict[str, str] = {}
            for name, text in self._reply.headers:
                lower = name.lower()
                found[lower] = f"{found[lower]}, {text}" if lower in found else text
            found.pop("set-cookie", None)
            self._fields = found
        return self._fields

    @property
    def may_be_kept(self) -> bool:
        """Whether caches may keep what it is part of, as far as they may keep itself: no error, and no cookie's."""
        content = self._content
        return not self._reply.cookies and content.failure is None and content.status < 400

    @property
    def content_type(self) -> str | None:
        return self.header("content-type")

    @property
    def etag(self) -> str | None:
        return self.header("etag")

    @property
    def size(self) -> int:
        """Of the body in bytes, its content coding undone."""
        return len(self._content.body)

    @property
    def text(self) -> str | None:
        """The body as text, None where it cannot be decoded by its charset."""
        return media.decode_text(self._content.body, self._content.content_type)

    @property
    def data_url(self) -> str | None:
        """The body as a data: URL (RFC 2397), None where there is no response."""
        return None if self._content.failure else value.data_url(self._content)

    @property
    def error(self) -> str | None:
        """The code of why no response could be had."""
        return self._content.failure.code if self._content.failure else None

    def value(self, expression: str | None = None) -> Any:
        """The JSON value: its text as it is, or what a JMESPath expression selects. Raises BadSelect."""
        if expression is None:
            return msgspec.Raw(value.json_text(self._content))
        return select.search(expression, self._parsed)

    def parsed(self) -> Any:
        """The decoded JSON value of a response that is data: raises its error where it is none."""
        if value.is_error(self._content):
            raise value.error_of(self._reply, self._content)
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:
        try:
            return json.value(value.json_text(self._content))
        except json.NotJson as exc:  # a number that JSON allows and no reader can hold
            raise BadSelect("The body has a number that is out of range.") from exc

    def part_text(self) -> bytes:
        """The JSON text as part of a map: the page of a redirect that was not followed is no data there."""
        content = self._content
        if content.status in value.REDIRECTS and content.json is None:
            return problem.of_status(content.status)
        return value.json_text(content)

    def json(self, select: str | None = None) -> Any:
        """The JSON value, decoded, or what a JMESPath expression selects of it. Raises BadSelect."""
        found = self.value(select)
        return json.value(bytes(found)) if isinstance(found, msgspec.Raw) else found

    def data(self, expression: str | None = None) -> Any:
        """Like `value`, of a response that is data: raises its error where it is none."""
        content = self._content
        if value.is_error(content):
            raise value.error_of(self._reply, content)
        return msgspec.Raw(value.json_text(content)) if expression is None else self.value(expression)
