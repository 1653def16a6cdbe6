"""A Flask that the fast path was not written for: sub-requests take the full path, and the log has it once."""

import subprocess
import sys

UNKNOWN = """
import importlib.metadata, logging
version = importlib.metadata.version
importlib.metadata.version = lambda name: "3.2.0.dev0" if name == "flask" else version(name)
from flask import Flask
from restgql import Gateway
logging.basicConfig(format="%(levelname)s %(message)s", level="INFO")
logging.getLogger("restgql").propagate = True
app = Flask("app")
gateway = Gateway(app, routes=["*"])
app.add_url_rule("/", view_func=lambda: "here")
for _ in range(3):
    assert app.test_client().post("/graphql", json={"query": '{ get(path: "/") }'}).json == {"data": {"get": "here"}}
"""


def test_an_unknown_flask_takes_the_full_path_and_is_logged_once() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", UNKNOWN], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "full path" in line]
    assert len(lines) == 1
    assert lines[0].startswith("INFO Sub-requests take the full path")
    assert "flask 3.2.0.dev0" in lines[0]
