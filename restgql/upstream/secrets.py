"""The operator's secrets for one upstream: sent with each request, and never shown."""

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus, unquote_plus

from restgql.errors import ConfigError
from restgql.formats.headers import is_value
from restgql.model import Headers
from restgql.upstream_settings import Credential

REDACTED = "REDACTED"
MIN_REDACTED = 6
"""The least characters of a secret that is removed from responses: a shorter one is part of other texts by chance."""


class Secrets:
    """Header fields and query parameters that are added to requests; `authorization` is that of the URL's userinfo."""

    def __init__(
        self, fields: Iterable[tuple[str, str]] = (), query: Iterable[tuple[str, str]] = (), values: Iterable[str] = ()
    ) -> None:
        self._fields = {name.lower(): value for name, value in fields}
        self._query = dict(query)
        spellings = {spelling for value in values for spelling in _spellings(value)}
        self._shown = sorted((each for each in spellings if len(each) >= MIN_REDACTED), key=len, reverse=True)

    def __repr__(self) -> str:
        return "<secrets>"

    @property
    def parameters(self) -> frozenset[tuple[str, str]]:
        """The names and places of the parameters that clients need not send."""
        return frozenset([*((name, "header") for name in self._fields), *((name, "query") for name in self._query)])

    @property
    def digest_parts(self) -> tuple[object, ...]:
        """Return the values that separate one account's stored responses from another's; only for a digest."""
        return (sorted(self._fields.items()), sorted(self._query.items()))

    def header_fields(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return header fields with the secret ones, which override those of a caller."""
        return {**fields, **self._fields}

    def query(self, query: str | None) -> str | None:
        """Return a query string with the secret parameters, which override those of a caller."""
        if not self._query:
            return query
        kept = [part for part in (query or "").split("&") if part and _name_of(part) not in self._query]
        added = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self._query.items()]
        return "&".join([*kept, *added])

    def without(self, fields: Headers, body: bytes) -> tuple[Headers, bytes]:
        """Return the header fields and the body of a response without the secrets that an upstream repeats, such as a
        link to the next page with the key in its query."""
        for secret in self._shown:
            raw = secret.encode()
            if raw in body:
                body = body.replace(raw, REDACTED.encode())
                fields = tuple(field for field in fields if field[0].lower() != "content-length")
            if any(secret in value for _, value in fields):
                fields = tuple((name, value.replace(secret, REDACTED)) for name, value in fields)
        return fields, body


def read(
    credentials: Iterable[Credential], authorization: str | None, environ: Mapping[str, str], where: str
) -> Secrets:
    """Return the secrets of an upstream from the environment. Raises ConfigError, which names the variable alone."""
    fields = [] if authorization is None else [("authorization", authorization)]
    query = []
    values = []
    for credential in credentials:
        value = environ.get(credential.env, "").strip()
        if not value or not is_value(value):
            problem = "is not set" if not value else "has a value that no header field can have"
            raise ConfigError(f"{where}: the environment variable {credential.env} of its credentials {problem}.")
        values.append(value)
        if credential.header is not None:
            fields.append((credential.header, f"{credential.scheme} {value}".lstrip()))
        elif credential.query is not None:
            query.append((credential.query, value))
    if authorization is not None:
        values += [authorization.partition(" ")[2], _password(authorization)]
    return Secrets(fields, query, values)


def _spellings(value: str) -> tuple[str, ...]:
    """Return a value as it is, in URLs and in JSON, where a slash may be escaped."""
    in_json = json.dumps(value)[1:-1]
    return value, quote(value, safe=""), quote(value), quote_plus(value), in_json, in_json.replace("/", "\\/")


def _password(authorization: str) -> str:
    """Return the password of basic credentials."""
    return b64decode(authorization.partition(" ")[2]).decode().partition(":")[2]


def _name_of(part: str) -> str:
    return unquote_plus(part.partition("=")[0])
