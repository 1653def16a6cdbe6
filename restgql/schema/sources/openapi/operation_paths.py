"""The paths of the gateway that the operations of a document have: routes of the app, or paths below an upstream."""

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
"""Takes a method and the paths that an operation may have, and returns the reason why none of them is allowed."""

_VARIABLE = re.compile(r"\{[^{}]*\}")


class OperationPath(NamedTuple):
    """Where an operation is asked for: the path of the gateway, with the document's variables, and whether the app
    answers it or another server."""

    path: str
    is_of_app: bool


class OperationPaths(Protocol):
    """Finds the place of an operation, and the key by which a lockfile knows it."""

    def place(self, operation: ApiOperation) -> OperationPath:
        """Return the place of an operation. Raises Problem where it has none."""

    def key(self, operation: ApiOperation) -> str:
        """Return the key in a lockfile."""


class AppPaths:
    """Routes of the app: below `prefix` or, without one, below a server's path or at the root. `allowed` takes a method
    and a path, and returns False if no field may ask for it; `explain` has the reason.

    A path that the app has only with a trailing slash, or only without, is that of the app, unless the document has it,
    too.
    """

    def __init__(
        self, document: JsonObject, allowed: Allowed, prefix: str | None, explain: Explain | None = None
    ) -> None:
        self._bases = _bases(servers.of_document(document)) if prefix is None else (prefix.rstrip("/"),)
        self._allowed = allowed
        self._explain = explain or _no_route
        self._is_fixed = prefix is not None
        self._paths = as_mapping(document.get("paths"))

    def place(self, operation: ApiOperation) -> OperationPath:
        own = () if self._is_fixed else servers.of_operation(operation)
        bases, method = _bases(own) if own else self._bases, operation.method.upper()
        paths = [base + path for path in self._spellings(operation) for base in bases]
        for path in paths:
            if self._allowed(method, path):
                return OperationPath(path, is_of_app=True)
        raise self._explain(method, paths)

    def _spellings(self, operation: ApiOperation) -> Iterator[str]:
        path = _rooted(operation.path.partition("#")[0])  # no server is sent a fragment
        yield path
        plain, mark, query = path.partition("?")
        other = plain.removesuffix("/") if plain.endswith("/") else f"{plain}/"
        if other and operation.method not in as_mapping(self._paths.get(other)):
            yield f"{other}{mark}{query}"

    def key(self, operation: ApiOperation) -> str:
        return operation.key


class UpstreamPaths:
    """Paths below the mounts of one upstream: no path of a document leads anywhere else.

    `base` is the document's own URL, if it has one. `url` is the operator's base URL. If no server of the document is
    below it, it stands in for them: without a path, for their host alone, else for host and base path. `others` are the
    gateway's other upstreams. `taken` is True for paths that have a field already.
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
        self._servers = tuple(each for root in self._roots for each in servers.of_document(document, root))
        below = next((place for each in self._servers if (place := self._below(each)) is not None), None)
        self._replaced = below is None
        self._base = below if below is not None else self._stand_in(self._servers[0]) or mounts[0].prefix

    @property
    def is_below(self) -> bool:
        """True if a server of the document is at or below one of the mounts."""
        return not self._replaced

    def place(self, operation: ApiOperation) -> OperationPath:
        path = self._base_of(operation) + _rooted(operation.path)
        try:
            target.parse(_VARIABLE.sub("x", path.partition("#")[0]), quoted=False)
        except BadPath as exc:
            raise DocumentProblem(f"its path cannot be asked for: {exc.message}") from exc
        for other in self._others:
            if _may_lead_below(path, other.prefix):
                raise DocumentProblem(f"its path may lead into another upstream, {other.prefix}")
        if self._taken(operation.method.upper(), path):
            raise Excluded("a field in schema= asks for it")
        return OperationPath(path, is_of_app=False)

    def key(self, operation: ApiOperation) -> str:
        try:
            return f"{operation.method.upper()} {self._base_of(operation)}{_rooted(operation.path)}"
        except DocumentProblem:  # it has no field
            return operation.key

    def _base_of(self, operation: ApiOperation) -> str:
        """Return the path of the gateway that an operation's own path is added to. Raises Problem."""
        own = tuple(each for root in self._roots for each in servers.of_operation(operation, root))
        if not own:
            return self._base
        for each in own:
            place = self._below(each)
            if place is None and self._replaced:
                place = self._stand_in(each)
            if place is not None:
                return place
        mounts = " and ".join(mount.origin + mount.path for mount in self._mounts)
        raise DocumentProblem(f"its own server, {_shown(own[0])}, is not below {mounts}")

    def _below(self, server: str) -> str | None:
        if not servers.is_absolute(server):
            return None
        url = urlsplit(server)._replace(query="", fragment="")
        url = url._replace(path=url.path.rstrip("/"))
        for mount in self._mounts:
            # documents have http and https of one host side by side; requests go by the scheme of the mount
            scheme = mount.origin.partition(":")[0] if url.port is None else url.scheme
            place = mount.path_of(url._replace(scheme=scheme))
            if place is not None:
                return place.rstrip("/")
        return None

    def _stand_in(self, server: str) -> str | None:
        """Return the place of a server for which the operator's URL stands in, None for a server of another host."""
        mount = self._mounts[0]
        for each in self._servers:
            if not mount.path and _host(server) == _host(each):
                return mount.prefix + servers.path_of(server)
            if server == each or server.startswith(each.rstrip("/") + "/"):
                return mount.prefix + servers.path_of(server.removeprefix(each.rstrip("/")))
        return None


class AppOrUpstreamPaths:
    """Routes of the app. An operation that has none is asked for at an upstream that the document's servers name."""

    def __init__(self, of_app: AppPaths, of_upstreams: Sequence[UpstreamPaths]) -> None:
        self._of_app = of_app
        self._of_upstreams = of_upstreams

    def place(self, operation: ApiOperation) -> OperationPath:
        try:
            return self._of_app.place(operation)
        except Excluded:
            raise
        except DocumentProblem:
            for places in self._of_upstreams:
                with suppress(DocumentProblem):
                    return places.place(operation)
            raise

    def key(self, operation: ApiOperation) -> str:
        return operation.key


def mounts_of(prefix: str, documents: list[tuple[JsonObject, str]]) -> tuple[RemoteUpstream, ...]:
    """Return the mounts for the servers of documents, each with its URL: the first document's first server at `prefix`,
    and those of other hosts below it, at `~` and their host.

    Raises ConfigError where a document names no server that can be asked.
    """
    by_host: dict[str, list[RemoteUpstream]] = {}
    for document, base in documents:
        usable = [url for url in servers.of_document(document, base) if servers.is_absolute(url)]
        if not usable:
            raise ConfigError(
                f"upstreams[{prefix!r}]: its document names no server with a host; url (or --upstream) names one."
            )
        own = [servers.of_operation(each, base) for each in operations(document, References(document, None))[0]]
        for urls in ([usable[0]], *own):
            for url in urls[:1] if servers.is_absolute(next(iter(urls), "")) else ():
                try:
                    remote, _ = parse(prefix, re.split(r"[?#]", url)[0])
                except ValueError as exc:
                    if url is usable[0]:
                        raise ConfigError(f"upstreams[{prefix!r}]: {exc}, and url names another.") from exc
                    continue
                by_host.setdefault(remote.host, []).append(remote)
    top = prefix.rstrip("/")
    return tuple(
        common(remotes, top if number == 0 else f"{top}/~{remotes[0].host}")
        for number, remotes in enumerate(by_host.values())
    )


def _no_route(method: str, paths: Sequence[str]) -> DocumentProblem:
    return DocumentProblem("no route that may be asked for has its path")


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
    """Return True if a template may lead to a prefix or below it, whatever the values of its variables."""
    segments = path.partition("?")[0].split("/")
    tops = prefix.split("/")
    pairs = zip(segments, tops, strict=False)
    return len(segments) >= len(tops) and all("{" in segment or unquote(segment) == top for segment, top in pairs)


def _shown(url: str) -> str:
    """Return a server's URL without credentials and query."""
    return re.sub(r"//[^/?#]*@", "//", re.split(r"[?#]", url)[0])[:200]
