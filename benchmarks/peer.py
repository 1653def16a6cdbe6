"""A peer: a server that answers the workloads over the same back end, and how it is installed and started."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Form = Literal["aggregate", "graphql"]
"""`aggregate` is a POST of a list of paths; `graphql` is a POST of a query."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a peer is started: its port, the back end's port, and a folder for the files that it writes."""

    port: int
    backend: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Command:
    words: list[str]
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """`install` returns the versions as a text, and raises Unavailable."""

    name: str
    forms: tuple[Form, ...]
    install: Callable[[], str]
    command: Callable[[Site], Command]


def gunicorn(app: str, port: int) -> list[str]:
    """Return the command of the server that every WSGI app is measured on."""
    options = ["-k", "gthread", "-w", "2", "--threads", "32", "--keep-alive", "600", "--log-level", "error"]
    return [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}", app]
