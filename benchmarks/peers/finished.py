"""A Flask view that has the finished answers in memory: what no extension of Flask can be faster than."""

from importlib.metadata import version

from benchmarks.peer import Command, Peer, Site, gunicorn


def install() -> str:
    return f"flask {version('flask')}"


def command(site: Site) -> Command:
    return Command(gunicorn("benchmarks.peers.apps.finished_app:app", site.port))


PEER = Peer(name="Flask, finished answers", forms=("aggregate", "graphql"), install=install, command=command)
