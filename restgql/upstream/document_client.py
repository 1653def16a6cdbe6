"""Fetches the OpenAPI documents that the operator names by URL, within limits of time, size and number."""

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from restgql.errors import ConfigError
from restgql.formats import coding, remote_upstream
from restgql.upstream.secrets import Secrets

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

MAX_SECONDS = 30.0
"""Total seconds for a document and the documents that it refers to."""
MAX_BYTES = 64_000_000
"""Total decoded bytes of these documents."""
MAX_DOCUMENTS = 200
MAX_REDIRECTS = 5
_ACCEPT = "application/vnd.oai.openapi+json, application/json, application/yaml;q=0.9, */*;q=0.5"
_CHUNK = 65_536
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+\Z", re.IGNORECASE)


class DocumentClient:
    """Fetches one document and those that it refers to.

    `secrets` are sent only to `origin`; the credentials of a URL only to the URL's own origin.
    """

    def __init__(
        self,
        origin: str = "",
        secrets: Secrets | None = None,
        *,
        seconds: float = MAX_SECONDS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._origin = origin
        self._secrets = secrets or Secrets()
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._max_bytes = self._bytes_left = max_bytes
        self._documents_left = MAX_DOCUMENTS
        self._authorization: dict[str, str] = {}

    def fetch(self, url: str) -> tuple[bytes, str]:
        """Return the text of the document at a URL, and the URL after redirects. Raises ConfigError."""
        self._documents_left -= 1
        if self._documents_left < 0:
            raise ConfigError(f"{shown(url)}: the document refers to more than {MAX_DOCUMENTS} others.")
        first = _split(url)
        if first.username is not None and (origin := remote_upstream.origin_of(first)):
            self._authorization[origin] = remote_upstream.basic(first.username, first.password or "")
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            split = _split(at)
            body, location = self._exchange(split, at)
            if location is None:
                return body, _bare(split)
            at = urljoin(_bare(split), location)
        raise ConfigError(f"{shown(url)} redirects more than {MAX_REDIRECTS} times.")

    def _exchange(self, split: SplitResult, url: str) -> tuple[bytes, str | None]:
        """Return the body of a document, or the location of a redirect."""
        from restgql.upstream.http_client import FAILURES, HttpClient  # importing requests costs more than Flask

        client = HttpClient(1, 1)
        query, fields = self._sent(split)
        target = split._replace(netloc=split.netloc.rpartition("@")[2], query=query, fragment="").geturl()
        try:
            response = client.send("GET", target, fields, self._until)
            try:
                if response.status in (301, 302, 303, 307, 308) and response.headers.get("location"):
                    return b"", response.headers["location"]
                if response.status != 200:
                    raise ConfigError(f"{shown(url)} answers {response.status}, not an OpenAPI document.")
                return self._read(response, url), None
            finally:
                response.close()
        except FAILURES as exc:
            late = time.monotonic() >= self._until
            reason = f"no answer within {self._seconds:g} seconds" if late else _reason(exc)
            raise ConfigError(f"{shown(url)} cannot be fetched: {reason}.") from None  # the chain has the query
        finally:
            client.close()

    def _sent(self, split: SplitResult) -> tuple[str, dict[str, str]]:
        """Return the query and the header fields for a URL: credentials are sent only to their own origin."""
        origin = remote_upstream.origin_of(split) or ""
        fields = {"accept": _ACCEPT, "accept-encoding": coding.ACCEPTED, "user-agent": "restgql"}
        query: str | None = split.query
        if origin == self._origin:
            fields, query = self._secrets.header_fields(fields), self._secrets.query(query)
        if origin in self._authorization:
            fields["authorization"] = self._authorization[origin]
        return query or "", fields

    def _read(self, response: "HTTPResponse", url: str) -> bytes:
        body = bytearray()
        too_large = ConfigError(f"{shown(url)}: the document is over {self._max_bytes} bytes.")
        while chunk := response.read(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > self._bytes_left:
                raise too_large
        text = bytes(body)
        if encoding := response.headers.get("content-encoding", ""):
            try:
                text = coding.decode(text, encoding, self._bytes_left)
            except coding.TooLarge:
                raise too_large from None
            except coding.Undecodable as exc:
                raise ConfigError(f"{shown(url)}: the document's {exc}.") from exc
        self._bytes_left -= len(text)
        return text


def is_url(text: str) -> bool:
    """Return True if a text looks like an HTTP URL."""
    return text.lower().startswith(("http://", "https://"))


def shown(url: str) -> str:
    """Return a URL for messages: without credentials, query and fragment."""
    return re.sub(r"//[^/?#]*@", "//", re.split(r"[?#]", url)[0])[:300]


def _split(url: str) -> SplitResult:
    try:
        split = urlsplit(url)
    except ValueError:
        split = urlsplit("")
    if not _URL.match(url) or remote_upstream.origin_of(split) is None:
        raise ConfigError(f"{shown(url)!r} is not a URL of a document: it must begin with http:// or https://.")
    return split


def _bare(split: SplitResult) -> str:
    """Return a URL without credentials and fragment."""
    return split._replace(netloc=split.netloc.rpartition("@")[2], fragment="").geturl()


def _reason(exc: BaseException) -> str:
    """Return the reason of a failure without the URL, whose query may be secret."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        inner = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__
    return "the connection failed, or the response is not valid HTTP"
