"""Hive Gateway over a supergraph that GraphQL Mesh composes from an OpenAPI document."""

import json
import shutil
import subprocess
from pathlib import Path

from benchmarks import installing
from benchmarks.installing import FOLDER, Unavailable
from benchmarks.peer import Command, Peer, Site
from benchmarks.peers.openapi import document

CONFIGURATION = Path(__file__).parent / "apps" / "mesh.config.ts"
PACKAGES = (
    "@graphql-hive/gateway@2.15.1",
    "@graphql-mesh/compose-cli@1.8.2",
    "@omnigraph/openapi@0.112.4",
    "graphql@16",
)


def install() -> str:
    folder = installing.npm("hive", *PACKAGES)
    return f"Hive Gateway {installing.npm_version(folder, '@graphql-hive/gateway')}"


def command(site: Site) -> Command:
    folder = FOLDER / "hive"
    shutil.copy(CONFIGURATION, folder)
    (folder / "openapi.json").write_text(json.dumps(document(site.backend)))
    text = (folder / CONFIGURATION.name).read_text().replace("@BACKEND@", str(site.backend))
    (folder / CONFIGURATION.name).write_text(text)
    programs = folder / "node_modules" / ".bin"
    compose = ["node", str(programs / "mesh-compose"), "-o", "supergraph.graphql"]
    done = subprocess.run(compose, cwd=folder, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Unavailable(f"mesh-compose: {done.stderr.strip()[-300:]}")
    words = ["node", str(programs / "hive-gateway"), "supergraph", str(folder / "supergraph.graphql")]
    words += ["--port", str(site.port), "--host", "127.0.0.1", "--fork", "1"]
    return Command(words, {"NODE_ENV": "production", "LOG_LEVEL": "error", "DO_NOT_TRACK": "1"})


PEER = Peer(name="Hive Gateway", forms=("graphql",), install=install, command=command)
