"""openapi-to-graphql: a schema from an OpenAPI document, whose links are the joins."""

import json
import shutil
from pathlib import Path

from benchmarks import installing
from benchmarks.installing import FOLDER
from benchmarks.peer import Command, Peer, Site
from benchmarks.peers.openapi import document

SERVER = Path(__file__).parent / "apps" / "openapi_to_graphql.js"
PACKAGES = ("openapi-to-graphql@3.0.7", "graphql@16", "graphql-http@1")


def install() -> str:
    folder = installing.npm("openapi-to-graphql", *PACKAGES)
    return f"openapi-to-graphql {installing.npm_version(folder, 'openapi-to-graphql')}"


def command(site: Site) -> Command:
    script = shutil.copy(SERVER, FOLDER / "openapi-to-graphql")
    openapi = site.folder / "openapi.json"
    openapi.write_text(json.dumps(document(site.backend)))
    environ = {"PORT": str(site.port), "OPENAPI": str(openapi), "NODE_ENV": "production"}
    return Command(["node", str(script)], environ)


PEER = Peer(name="openapi-to-graphql", forms=("graphql",), install=install, command=command)
