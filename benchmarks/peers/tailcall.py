"""Tailcall, a gateway in Rust. Its binary needs glibc 2.39; an older system gets Debian 13's, unpacked beside it."""

import platform
from pathlib import Path

from benchmarks import installing
from benchmarks.installing import FOLDER, Unavailable
from benchmarks.peer import Command, Peer, Site

PACKAGE = "@tailcallhq/core-linux-x64-gnu"
GLIBC = FOLDER / "glibc" / "root"
SCHEMA = Path(__file__).parent / "apps" / "tailcall.graphql"


def install() -> str:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Unavailable("its package is for Linux on x86_64")
    folder = installing.npm("tailcall", f"{PACKAGE}@1.6.14")
    if _is_old():
        installing.debian("glibc", "libc6", "libgcc-s1", suite="trixie")
    return f"tailcall {installing.npm_version(folder, PACKAGE)}"


def command(site: Site) -> Command:
    text = SCHEMA.read_text().replace("@PORT@", str(site.port)).replace("@BACKEND@", str(site.backend))
    schema = site.folder / "tailcall.graphql"
    schema.write_text(text)
    words = [str(FOLDER / "tailcall" / "node_modules" / PACKAGE / "bin" / "tailcall"), "start", str(schema)]
    if _is_old():
        libraries = [GLIBC / part / "x86_64-linux-gnu" for part in ("usr/lib", "lib")]
        loader = libraries[0] / "ld-linux-x86-64.so.2"
        words = [str(loader), "--library-path", ":".join(map(str, libraries)), *words]
    return Command(words, {"TAILCALL_TRACKER": "false", "DO_NOT_TRACK": "1", "LOG_LEVEL": "error"})


def _is_old() -> bool:
    name, version = platform.libc_ver()
    return name == "glibc" and tuple(map(int, version.split("."))) < (2, 39)


PEER = Peer(name="Tailcall", forms=("graphql",), install=install, command=command)
