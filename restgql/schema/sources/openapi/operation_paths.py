"""Finds the gateway's path for each operation of a document: a route of the app, or a path below an upstream."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from restgql.errors import BadPath, ConfigError
from restgql.formats import target
from restgql.formats.remote_upstream import RemoteUpstream, common, is_below, origin_of, parse
from restgql.schema.sources.openapi import servers
from restgql.schema.sources.openapi.api_operation import ApiOperation, operations
from restgql.schema.sources.openapi.document_problem import DocumentProblem, Excluded
from restgql.schema.sources.openapi.lenient import JsonObject, as_mapping
from restgql.schema.sources.openapi.references import References

Allowed = Callable[[str, str], bool]
Explain = Callable[[str, Sequence[str]], DocumentProblem]
"""Takes a method and the paths that an operation could have, and returns the reason why none of them is allowed."""

_VARIABLE = re.compile(r"\{[^{}]*\}")


class OperationPath(NamedTuple):
    """The gateway's path for an operation, with the document's variables. `is_of_app` if the app answers, not an
    upstream."""

    path: str
    is_of_app: bool


class OperationPaths(Protocol):
    """A rule that finds the gateway's path for an operation, and the operation's key in a lockfile."""

    def find(self, operation: ApiOperation) -> OperationPath:
        """Return the path of an operation. Raises DocumentProblem if it has none."""

    def lock_key(self, operation: ApiOperation) -> str:
        """Return the operation's key in a lockfile."""


class AppPaths:
    """Routes of the app: below `prefix` or, without a prefix, below a server's path or at the root.

    `allowed(method, path)` returns False if no field may request the path; `explain` returns the reason. A document's
    path may differ from the app's by a trailing slash, unless the document has both.
    """

    def __init__(
        self, document: JsonObject, allowed: Allowed, prefix: str | None, explain: Explain | None = None
    ) -> None:
        self._bases = _bases(servers.of_document(document)) if prefix is None else (prefix.rstrip("/"),)
        self._allowed = allowed
        self._explain = explain or _no_route
        self._is_fixed = prefix is not None
        self._paths = as_mapping(document.get("paths"))

    def find(self, operation: ApiOperation) -> OperationPath:
        own_servers = () if self._is_fixed else servers.of_operation(operation)
        bases, method = _bases(own_servers) if own_servers else self._bases, operation.method.upper()
        paths = [base + path for path in self._spellings(operation) for base in bases]
        for path in paths:
            if self._allowed(method, path):
                return OperationPath(path, is_of_app=True)
        raise self._explain(method, paths)

    def _spellings(self, operation: ApiOperation) -> Iterator[str]:
        path = _rooted(operation.path.partition("#")[0])  # a fragment is never sent to a server
        yield path
        plain, mark, query = path.partition("?")
        other = plain.removesuffix("/") if plain.endswith("/") else f"{plain}/"
        if other and operation.method not in as_mapping(self._paths.get(other)):
            yield f"{other}{mark}{query}"

    def lock_key(self, operation: ApiOperation) -> str:
        return operation.key


class UpstreamPaths:
    """Paths below the mounts of one upstream. A document cannot name a path outside of them.

    `base` is the document's own URL, if known. `url` is the operator's base URL. If no server of the document is below
    it, it replaces the servers: only their host if it has no path, else host and base path. `others` are the gateway's
    other upstreams. `taken(method, path)` returns True for paths that already have a field.
    """

    def __init__(
        self,
        document: JsonObject,
        mounts: tuple[RemoteUpstream, ...],
        others: tuple[RemoteUpstream, ...],
        *,
        base: str,
        url: str,
        taken: Allowed,
    ) -> None:
        self._roots = tuple(dict.fromkeys(root for root in (url, base) if root)) or ("",)
        self._mounts = mounts
        self._others = tuple(other for other in others if is_below(other.prefix, mounts[0].prefix))
        self._taken = taken
        self._servers = tuple(server for root in self._roots for server in servers.of_document(document, root))
        below = next((path for server in self._servers if (path := self._below(server)) is not None), None)
        self._replaces_servers = below is None
        self._base = below if below is not None else self._replaced(self._servers[0]) or mounts[0].prefix

    @property
    def is_below(self) -> bool:
        """True if a server of the document is at or below one of the mounts."""
        return not self._replaces_servers

    def find(self, operation: ApiOperation) -> OperationPath:
        path = self._base_of(operation) + _rooted(operation.path)
        try:
            target.parse(_VARIABLE.sub("x", path.partition("#")[0]), quoted=False)
        except BadPath as exc:
            raise DocumentProblem(f"its path cannot be requested: {exc.message}") from exc
        for other in self._others:
            if _may_lead_below(path, other.prefix):
                raise DocumentProblem(f"its path may lead into another upstream, {other.prefix}")
        if self._taken(operation.method.upper(), path):
            raise Excluded("a field in schema= requests it")
        return OperationPath(path, is_of_app=False)

    def lock_key(self, operation: ApiOperation) -> str:
        try:
            return f"{operation.method.upper()} {self._base_of(operation)}{_rooted(operation.path)}"
        except DocumentProblem:  # it has no field
            return operation.key

    def _base_of(self, operation: ApiOperation) -> str:
        """Return the gateway's path to which an operation's own path is appended. Raises DocumentProblem."""
        own_servers = tuple(server for root in self._roots for server in servers.of_operation(operation, root))
        if not own_servers:
            return self._base
        for server in own_servers:
            gateway_path = self._below(server)
            if gateway_path is None and self._replaces_servers:
                gateway_path = self._replaced(server)
            if gateway_path is not None:
                return gateway_path
        mounts = " and ".join(mount.origin + mount.path for mount in self._mounts)
        raise DocumentProblem(f"its own server, {_shown(own_servers[0])}, is not below {mounts}")

    def _below(self, server: str) -> str | None:
        """Return the gateway's path for a server at or below a mount, None for any other server."""
        if not servers.is_absolute(server):
            return None
        url = urlsplit(server)._replace(query="", fragment="")
        url = url._replace(path=url.path.rstrip("/"))
        for mount in self._mounts:
            # documents list http and https for one host; requests use the scheme of the mount
            scheme = mount.origin.partition(":")[0] if url.port is None else url.scheme
            gateway_path = mount.path_of(url._replace(scheme=scheme))
            if gateway_path is not None:
                return gateway_path.rstrip("/")
        return None

    def _replaced(self, server: str) -> str | None:
        """Return the gateway's path for a server that the operator's URL replaces, None for another host."""
        mount = self._mounts[0]
        for declared in self._servers:
            if not mount.path and _host(server) == _host(declared):
                return mount.prefix + servers.path_of(server)
            if server == declared or server.startswith(declared.rstrip("/") + "/"):
                return mount.prefix + servers.path_of(server.removeprefix(declared.rstrip("/")))
        return None


class AppOrUpstreamPaths:
    """Routes of the app. Operations without a route use an upstream that the document's servers name."""

    def __init__(self, of_app: AppPaths, of_upstreams: Sequence[UpstreamPaths]) -> None:
        self._of_app = of_app
        self._of_upstreams = of_upstreams

    def find(self, operation: ApiOperation) -> OperationPath:
        try:
            return self._of_app.find(operation)
        except Excluded:
            raise
        except DocumentProblem:
            for paths in self._of_upstreams:
                with suppress(DocumentProblem):
                    return paths.find(operation)
            raise

    def lock_key(self, operation: ApiOperation) -> str:
        return operation.key


def mounts_of(prefix: str, documents: list[tuple[JsonObject, str]]) -> tuple[RemoteUpstream, ...]:
    """Return the mounts for the servers of `documents`, pairs of a document and its URL.

    The first document's first server is mounted at `prefix`, servers of other hosts at `prefix/~host`. Raises
    ConfigError if a document names no server with a host.
    """
    by_host: dict[str, list[RemoteUpstream]] = {}
    for document, base in documents:
        usable = [url for url in servers.of_document(document, base) if servers.is_absolute(url)]
        if not usable:
            raise ConfigError(
                f"upstreams[{prefix!r}]: its document names no server with a host. Set url (or --upstream)."
            )
        own_servers = [
            servers.of_operation(server, base) for server in operations(document, References(document, None))[0]
        ]
        for urls in ([usable[0]], *own_servers):
            for url in urls[:1] if servers.is_absolute(next(iter(urls), "")) else ():
                try:
                    remote, _ = parse(prefix, re.split(r"[?#]", url)[0])
                except ValueError as exc:
                    if url is usable[0]:
                        raise ConfigError(f"upstreams[{prefix!r}]: {exc}. Set url to another server.") from exc
                    continue
                by_host.setdefault(remote.host, []).append(remote)
    top = prefix.rstrip("/")
    return tuple(
        common(remotes, top if number == 0 else f"{top}/~{remotes[0].host}")
        for number, remotes in enumerate(by_host.values())
    )


def _no_route(method: str, paths: Sequence[str]) -> DocumentProblem:
    return DocumentProblem("no exposed route has its path")


def _bases(urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*map(servers.path_of, urls), ""]))


def _host(url: str) -> str:
    try:
        return (origin_of(urlsplit(url)) or "").partition("://")[2]
    except ValueError:
        return ""


def _rooted(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _may_lead_below(path: str, prefix: str) -> bool:
    """Return True if a template leads to a prefix or below it for some values of its variables."""
    segments = path.partition("?")[0].split("/")
    tops = prefix.split("/")
    pairs = zip(segments, tops, strict=False)
    return len(segments) >= len(tops) and all("{" in segment or unquote(segment) == top for segment, top in pairs)


def _shown(url: str) -> str:
    """Return a server's URL without credentials and query."""
    return re.sub(r"//[^/?#]*@", "//", re.split(r"[?#]", url)[0])[:200]
