"""mercurius with graphql-jit: a GraphQL server written by hand on Fastify, with a loader for the authors."""

import shutil
from pathlib import Path

from benchmarks import installing
from benchmarks.installing import FOLDER
from benchmarks.peer import Command, Peer, Site

SERVER = Path(__file__).parent / "apps" / "mercurius.js"
PACKAGES = ("fastify@5", "mercurius@16", "graphql-jit@0.8", "undici@7", "graphql@16", "mqemitter@7")


def install() -> str:
    folder = installing.npm("mercurius", *PACKAGES)
    names = ("mercurius", "graphql-jit", "fastify", "undici")
    return ", ".join(f"{name} {installing.npm_version(folder, name)}" for name in names)


def command(site: Site) -> Command:
    script = shutil.copy(SERVER, FOLDER / "mercurius")
    environ = {"PORT": str(site.port), "BACKEND": str(site.backend), "NODE_ENV": "production"}
    return Command(["node", str(script)], environ)


PEER = Peer(name="mercurius + JIT", forms=("graphql",), install=install, command=command)
