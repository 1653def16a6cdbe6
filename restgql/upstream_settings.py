"""The settings of one remote upstream: an entry of RESTGQL_UPSTREAMS."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from restgql.errors import ConfigError
from restgql.formats.headers import is_token, may_leave
from restgql.formats.remote_upstream import check_prefix, parse

_NAME = re.compile(r"(?:(?!__)[A-Za-z_][0-9A-Za-z_]*)?\Z")
OPENAPI_FORMS = "it is a file, a URL, a dict, a callable, or a list of these"


class Credential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A secret of the operator, in the environment variable `env`.

    It is sent as a header field, after `scheme` and a space if there is one, or as a query parameter.
    """

    env: str
    header: str | None = None
    query: str | None = None
    scheme: str = ""

    def __post_init__(self) -> None:
        if (self.header is None) is (self.query is None):
            raise ValueError("a credential is sent as header or as query, one of them")
        if self.header is not None and not may_leave(self.header):
            raise ValueError(f"a credential cannot be sent in the header field {self.header!r}")
        if self.query == "" or self.env == "":
            raise ValueError("a credential's names are not empty")
        if self.scheme and (self.query is not None or not is_token(self.scheme)):
            raise ValueError("scheme is a word before the value of a header field, such as Bearer")


class UpstreamSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` is the base URL; without it, the servers of the OpenAPI document are used. `prefix` begins the names of
    the document's types and root fields. `headers` and `timeout` override the gateway's."""

    url: str | None = None
    openapi: Any = None
    prefix: str = ""
    headers: list[str] | None = None
    credentials: Credential | list[Credential] = []
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None

    def __post_init__(self) -> None:
        if self.url is None and self.openapi is None:
            raise ValueError("it needs url, or openapi with a document that names its servers")
        if self.openapi is not None and not _is_source(self.openapi):
            raise ValueError(f"openapi: {OPENAPI_FORMS}")
        check_name_prefix(self.prefix)
        for name in self.headers or ():
            if not may_leave(name):
                raise ValueError(f"the header {name} can never leave for an upstream")

    @property
    def documents(self) -> tuple[Any, ...]:
        """The sources of its OpenAPI documents."""
        return tuple(documents_of(self.openapi))

    @property
    def secrets(self) -> tuple[Credential, ...]:
        """Its credentials."""
        return (self.credentials,) if isinstance(self.credentials, Credential) else tuple(self.credentials)


def check_name_prefix(prefix: str) -> None:
    """Raise ValueError if a text cannot begin the names of a document's types and root fields."""
    if not _NAME.match(prefix):
        raise ValueError(f"prefix: {prefix!r} cannot begin a GraphQL name")


def documents_of(openapi: Any) -> Iterator[Any]:
    """Yield the sources of OpenAPI documents in a key `openapi`: none, one or a list."""
    if isinstance(openapi, list | tuple):
        yield from openapi
    elif openapi is not None:
        yield openapi


def is_document_source(value: Any) -> bool:
    """Return True if a value can be the source of one OpenAPI document."""
    return isinstance(value, str | Mapping) or callable(value)


def settings_of(prefix: str, entry: Any) -> UpstreamSettings:
    """Return the settings of an upstream: its base URL, or a mapping. Raises ValueError without any secret."""
    check_prefix(prefix)
    try:
        settings = msgspec.convert(entry, str | UpstreamSettings)
    except msgspec.ValidationError as exc:
        message, _, place = str(exc).partition(" - at ")
        raise ValueError(f"{prefix!r}: {message}{_accepted(message, place)}") from None
    if isinstance(settings, str):
        settings = UpstreamSettings(url=settings)
    if settings.url is not None:
        parse(prefix, settings.url)
    return settings


def all_settings(upstreams: Mapping[str, Any]) -> dict[str, UpstreamSettings]:
    """Return the settings of all upstreams by prefix. Raises ConfigError."""
    try:
        return {prefix: settings_of(prefix, entry) for prefix, entry in upstreams.items()}
    except ValueError as exc:
        raise ConfigError(f"upstreams: {exc}.") from exc


def _is_source(openapi: Any) -> bool:
    sources = list(documents_of(openapi))
    return bool(sources) and all(map(is_document_source, sources))


def _accepted(message: str, place: str) -> str:
    """Return the keys that an object accepts, if one of its keys is unknown or missing."""
    if "field" not in message:
        return ""
    of = Credential if "credentials" in place else UpstreamSettings
    return f"; it takes {', '.join(of.__struct_fields__)}"
