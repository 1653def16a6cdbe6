"""The servers of a document and of its operations: absolute URLs or paths, with the defaults of their variables."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from restgql.schema.sources.openapi.api_operation import ApiOperation
from restgql.schema.sources.openapi.lenient import JsonObject, as_list, as_mapping, as_text

_ORIGIN = re.compile(r"\A[A-Za-z][\w+.-]*://[^/?#]*|\A//[^/?#]*")
_SCHEMES = ("https", "http")


def of_document(document: JsonObject, base: str = "") -> tuple[str, ...]:
    """Return the server URLs of a document, at least one. Relative ones are resolved against `base`, if known."""
    return _resolved(_swagger(document) if "swagger" in document else _listed(document), base)


def of_operation(operation: ApiOperation, base: str = "") -> tuple[str, ...]:
    """Return the server URLs of an operation or its path item; empty if neither has any."""
    for owner in (operation.body, operation.item):
        if as_list(owner.get("servers")):
            return _resolved(_listed(owner), base)
    return ()


def path_of(url: str) -> str:
    """Return the path of an absolute or relative server URL, with a slash at the start and none at the end.

    It is empty for the root, and for a path with a variable that has no default.
    """
    path = re.split(r"[?#]", _ORIGIN.sub("", url))[0].strip("/")
    return f"/{path}" if path and "{" not in path else ""


def _listed(owner: JsonObject) -> Iterator[str]:
    """Yield the `servers` of OpenAPI 3, with the defaults of their variables."""
    for server in map(as_mapping, as_list(owner.get("servers"))):
        url = as_text(server.get("url")).strip()
        for name, variable in as_mapping(server.get("variables")).items():
            url = url.replace(f"{{{name}}}", str(as_mapping(variable).get("default", f"{{{name}}}")))
        yield url


def _swagger(document: JsonObject) -> Iterator[str]:
    """Yield the servers of Swagger 2.0: one for each scheme, relative without a host."""
    host, path = as_text(document.get("host")).strip(), as_text(document.get("basePath")).strip().strip("/")
    if not host:
        yield f"/{path}"
        return
    named = [scheme for scheme in _SCHEMES if scheme in as_list(document.get("schemes"))]
    yield from (f"{scheme}://{host}/{path}" for scheme in named or _SCHEMES[:1])


def _resolved(urls: Iterator[str], base: str) -> tuple[str, ...]:
    listed = list(urls) or ["/"]  # without servers: one at the root (OpenAPI 3.1, section 4.8.1)
    return tuple(dict.fromkeys(_joined(base, url) for url in listed))


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url) if base else url
    except ValueError:  # `//[`
        return url


def is_absolute(url: str) -> bool:
    """Return True if a server URL names an HTTP host, and has no variable without a default."""
    try:
        split = urlsplit(url)
        names_host = bool(split.hostname) and split.port != 0
    except ValueError:  # `//[`, or an invalid port
        return False
    return names_host and split.scheme.lower() in _SCHEMES and "{" not in url
