"""graphene behind a view of the app itself, which restgql's own dependencies install."""

from importlib.metadata import version

from benchmarks.peer import Command, Peer, Site, gunicorn


def install() -> str:
    return f"graphene {version('graphene')}"


def command(site: Site) -> Command:
    return Command(gunicorn("benchmarks.peers.apps.graphene_app:app", site.port))


PEER = Peer(name="graphene view", forms=("graphql",), install=install, command=command)
