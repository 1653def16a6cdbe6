"""The remote upstreams of a gateway: their base URLs, their secrets, and the documents that type them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from restgql import api_documents
from restgql.api_documents import ApiDocument
from restgql.config import Config
from restgql.errors import ConfigError
from restgql.formats import headers, remote_upstream
from restgql.formats.remote_upstream import RemoteUpstream
from restgql.schema.sources.openapi.operation_paths import Allowed, UpstreamPaths, mounts_of
from restgql.upstream import secrets
from restgql.upstream.document_client import DocumentClient
from restgql.upstream.prefix_router import UpstreamAccess
from restgql.upstream.secrets import Secrets
from restgql.upstream_settings import UpstreamSettings, all_settings


class RemoteApi(msgspec.Struct, frozen=True, kw_only=True):
    """One upstream at `prefix`.

    Only the first of `mounts` receives the secrets; the others are servers of its documents with another origin.
    """

    prefix: str
    settings: UpstreamSettings
    mounts: tuple[RemoteUpstream, ...]
    documents: tuple[ApiDocument, ...]
    secrets: Secrets
    leaving: frozenset[str]

    @property
    def label(self) -> str:
        """The name of the upstream in messages."""
        return f"the upstream {self.prefix!r}"

    def operation_paths(
        self, document: ApiDocument, others: tuple[RemoteUpstream, ...], taken: Allowed
    ) -> UpstreamPaths:
        """Return the paths of a document's operations. None is at or below one of `others`."""
        return UpstreamPaths(
            document.value,
            self.mounts,
            tuple(other for other in others if other not in self.mounts),
            base=document.url,
            url="" if self.settings.url is None else self.mounts[0].url("", None),
            taken=taken,
        )


def named_by(document: ApiDocument, apis: Sequence[RemoteApi], taken: Allowed) -> list[tuple[RemoteApi, UpstreamPaths]]:
    """Return the upstreams that the absolute servers of a document name, with the paths of its operations."""
    mounts = tuple(mount for api in apis for mount in api.mounts)
    named = []
    for api in apis:
        others = tuple(mount for mount in mounts if mount not in api.mounts)
        paths = UpstreamPaths(document.value, api.mounts, others, base="", url="", taken=taken)
        if paths.is_below:
            named.append((api, paths))
    return named


def read(config: Config, root: Path, environ: Mapping[str, str] = os.environ) -> tuple[RemoteApi, ...]:
    """Return the upstreams of a configuration; documents by URL are fetched. Raises ConfigError."""
    settings = all_settings(config.upstreams)
    return tuple(
        _read(prefix, each, root, environ, config.upstream_headers if each.headers is None else each.headers)
        for prefix, each in settings.items()
    )


def accesses(config: Config, apis: tuple[RemoteApi, ...]) -> tuple[UpstreamAccess, ...]:
    """Return the access to each mount: the header fields, secrets and time limits of its requests."""
    mounts = []
    for api in apis:
        for number, mount in enumerate(api.mounts):
            mounts.append(
                UpstreamAccess(
                    remote=mount,
                    leaving=headers.LEAVING | (api.leaving if number == 0 else frozenset()),
                    secrets=api.secrets if number == 0 else Secrets(),
                    seconds=api.settings.timeout or config.subrequest_timeout,
                    timeout=api.settings.timeout,
                )
            )
    return tuple(mounts)


def _read(
    prefix: str, settings: UpstreamSettings, root: Path, environ: Mapping[str, str], upstream_headers: list[str]
) -> RemoteApi:
    mount, authorization = (None, None) if settings.url is None else remote_upstream.parse(prefix, settings.url)
    where = f"upstreams[{prefix!r}]"
    sent = secrets.read(settings.secrets, authorization, environ, where)
    try:
        documents = tuple(
            api_documents.read(source, root, DocumentClient("" if mount is None else mount.origin, sent))
            for source in settings.documents
        )
    except ConfigError as exc:
        raise ConfigError(f"{where}: {exc}") from exc
    mounts = (mount,) if mount else mounts_of(prefix, [(each.value, each.url) for each in documents])
    if mount is None and (settings.secrets or upstream_headers):
        _check_trusted(where, mounts[0], documents)
    return RemoteApi(
        prefix=prefix,
        settings=settings,
        mounts=mounts,
        documents=documents,
        secrets=sent,
        leaving=frozenset(name.lower() for name in upstream_headers),
    )


def _check_trusted(where: str, mount: RemoteUpstream, documents: tuple[ApiDocument, ...]) -> None:
    """Raise ConfigError if a document of one origin would direct credentials to another origin."""
    for document in documents:
        if document.url and remote_upstream.origin_of(urlsplit(document.url)) != mount.origin:
            raise ConfigError(
                f"{where}: its document, {document.name}, names the server {mount.origin}. Credentials and headers of "
                "the caller go to another origin than the document's only if url names it."
            )
