"""Flask-Aggregator, which the test extra installs: a POST of paths, one after the other through the test client."""

from importlib.metadata import version

from benchmarks.peer import Command, Peer, Site, gunicorn


def install() -> str:
    return f"Flask-Aggregator {version('flask-aggregator')}"


def command(site: Site) -> Command:
    return Command(gunicorn("benchmarks.peers.apps.flask_aggregator_app:app", site.port))


PEER = Peer(name="Flask-Aggregator", forms=("aggregate",), install=install, command=command)
