"""nginx with a list of paths in Lua: `ngx.location.capture_multi` over the back end."""

import shutil
from pathlib import Path

from benchmarks import installing
from benchmarks.installing import FOLDER, LIBRARIES, Unavailable
from benchmarks.peer import Command, Peer, Site

ROOT = FOLDER / "nginx" / "root"
CONFIGURATION = Path(__file__).parent / "apps" / "nginx.conf"


def install() -> str:
    root = installing.debian("nginx", "nginx-light", "libnginx-mod-http-lua", "lua-cjson")
    versions = [f"{name} {installing.debian_version(name, root)}" for name in ("nginx", "libnginx-mod-http-lua")]
    return ", ".join(versions)


def command(site: Site) -> Command:
    text = CONFIGURATION.read_text()
    names = {
        "@PORT@": str(site.port),
        "@BACKEND@": str(site.backend),
        "@FOLDER@": str(site.folder),
        "@NDK@": _file("usr/lib/nginx/modules/ndk_http_module.so"),
        "@LUA@": _file("usr/lib/nginx/modules/ngx_http_lua_module.so"),
        "@SCRIPTS@": f"{ROOT}/usr/share/lua/5.1/?.lua",
        "@BINARIES@": f"{ROOT}/usr/lib/{LIBRARIES}/lua/5.1/?.so",
    }
    for name, value in names.items():
        text = text.replace(name, value)
    configuration = site.folder / "nginx.conf"
    configuration.write_text(text)
    nginx = shutil.which("nginx", path=f"{ROOT}/usr/sbin:/usr/sbin:/usr/bin")
    if nginx is None:
        raise Unavailable("nginx was not unpacked")
    words = [nginx, "-p", str(site.folder), "-e", str(site.folder / "nginx.err"), "-c", str(configuration)]
    return Command(words, installing.library_path(ROOT))


def _file(path: str) -> str:
    """Return a file that was unpacked, or else the system's."""
    return str(ROOT / path if (ROOT / path).exists() else Path("/", path))


PEER = Peer(name="nginx + Lua", forms=("aggregate",), install=install, command=command)
