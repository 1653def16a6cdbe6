"""Strawberry behind a view of the app itself, with its caches of parsed and validated documents."""

from benchmarks import installing
from benchmarks.installing import FOLDER
from benchmarks.peer import Command, Peer, Site, gunicorn

PACKAGE = "strawberry-graphql==0.341.2"


def install() -> str:
    folder = installing.pypi("strawberry", PACKAGE)
    return f"strawberry-graphql {installing.pypi_version(folder, 'strawberry-graphql')}"


def command(site: Site) -> Command:
    environ = {"PYTHONPATH": str(FOLDER / "strawberry")}
    return Command(gunicorn("benchmarks.peers.apps.strawberry_app:app", site.port), environ)


PEER = Peer(name="Strawberry view", forms=("graphql",), install=install, command=command)
