"""The options of `serve` as entries of RESTGQL_UPSTREAMS."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from restgql.formats import json

_NAMED = re.compile(r"(?P<name>/|/?[A-Za-z_~][\w.~-]*(?:/[\w.~-]+)*)=(?P<value>.*)", re.DOTALL)


def entries(documents: Iterable[str], upstreams: Iterable[str], credentials: Iterable[str]) -> dict[str, Any]:
    """Return the upstreams by prefix. Raises BadParameter."""
    by_prefix: dict[str, dict[str, Any]] = {}
    for text in documents:
        name, source = ("", text) if Path(text).is_file() else _split(text)
        entry = by_prefix.setdefault(_mount(name), {"openapi": []})
        entry["openapi"].append(source)
        if name and not name.startswith("/"):
            entry["prefix"] = re.sub(r"\W", "_", name)
    typed = [*by_prefix]
    for text in upstreams:
        prefix, url = _split(text)
        if not prefix and not url.lower().startswith(("http://", "https://")):
            raise click.BadParameter("is neither PREFIX=URL nor a URL", param_hint="--upstream")
        if prefix and _mount(prefix) in typed:
            prefix = _mount(prefix)
        prefix = prefix or (typed[0] if len(typed) == 1 else "/")
        entry = by_prefix.setdefault(prefix, {})
        if "url" in entry:
            raise click.BadParameter("names two URLs for one prefix", param_hint="--upstream")
        entry["url"] = url
    for text in credentials:
        prefix, value = _split(text)
        mount = _mount(prefix) if prefix else next(iter(by_prefix), "/")
        if mount not in by_prefix or (not prefix and len(by_prefix) > 1):
            raise click.BadParameter("names no upstream: it takes PREFIX=JSON", param_hint="--credentials")
        try:
            secret = json.value(value.encode(), dict)
        except json.NotJson as exc:
            raise click.BadParameter("is no JSON object", param_hint="--credentials") from exc
        by_prefix[mount].setdefault("credentials", []).append(secret)
    return {prefix: entry["url"] if entry.keys() == {"url"} else entry for prefix, entry in by_prefix.items()}


def _split(text: str) -> tuple[str, str]:
    """Return the name before an equals sign, or "" without one, and the rest."""
    match = _NAMED.fullmatch(text)
    return (match["name"], match["value"]) if match else ("", text)


def _mount(name: str) -> str:
    return f"/{name.removeprefix('/')}"
