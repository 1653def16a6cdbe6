"""The gateway itself, on the back end: by default, and with `RESTGQL_HOOKS = False`."""

from importlib.metadata import version

from benchmarks.peer import Command, Peer, Site, gunicorn


def install() -> str:
    names = ("restgql", "flask", "werkzeug", "graphql-core", "msgspec", "gunicorn")
    return ", ".join(f"{name} {version(name)}" for name in names)


def default(site: Site) -> Command:
    return Command(gunicorn("benchmarks.app:app", site.port))


def own_thread(site: Site) -> Command:
    return Command(gunicorn("benchmarks.app:own_thread", site.port))


DEFAULT = Peer(name="restgql", forms=("aggregate", "graphql"), install=install, command=default)
OWN_THREAD = Peer(name="restgql own thread", forms=("aggregate", "graphql"), install=install, command=own_thread)
