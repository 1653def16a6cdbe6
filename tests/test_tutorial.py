"""docs/tutorial.md, from its first line to its last: its files are written, its commands are run in its order."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ports import free_port

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
LAST_LINE = "\nGateway(app"
COMMAND = re.compile(r"^\$ (?P<command>(?:'[^']*'|[^'\n])*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
SHOWN = "127.0.0.1:8000"


@dataclass
class Folder:
    """The reader's folder, and the server that the reader has started."""

    path: Path
    address: str
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def write(self, title: str, text: str) -> None:
        """Write a file. A later block of app.py takes the place of the last line, which puts the gateway on the app."""
        path = self.path / title
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            before, found, _ = path.read_text("utf-8").partition(LAST_LINE)
            assert found, title
            text = f"{before}\n{text}"
        path.write_text(text, "utf-8")

    def run(self, command: str) -> str:
        command = command.replace(SHOWN, self.address).replace("curl ", "curl -sS ")
        options = {"cwd": self.path, "env": self._environment()}
        if command.startswith("gunicorn "):
            self._start(command)
            return ""
        done = subprocess.run(["bash", "-ec", command], capture_output=True, text=True, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self) -> None:
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
            server.wait()

    def _environment(self) -> dict[str, str]:
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return {**os.environ, "PATH": search, "PYTHONDONTWRITEBYTECODE": "1"}

    def _start(self, command: str) -> None:
        with (self.path / "server.log").open("wb") as log:
            server = subprocess.Popen(
                command.split(), cwd=self.path, env=self._environment(), stdout=log, stderr=subprocess.STDOUT
            )
        self.servers.append(server)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://{self.address}/graphql/health"):
                    return
            except OSError:
                assert server.poll() is None, (self.path / "server.log").read_text("utf-8")
                time.sleep(0.1)
        raise AssertionError("the server does not answer")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    reader = Folder(tmp_path, f"127.0.0.1:{free_port()}")
    yield reader
    reader.stop()


def test_the_tutorial_works_as_it_is_written(folder: Folder) -> None:
    commands = 0
    for block in BLOCK.finditer(PAGE.read_text("utf-8")):
        if block["title"]:
            folder.write(block["title"], block["text"])
        elif block["language"] == "console":
            for match in COMMAND.finditer(block["text"]):
                output = folder.run(match["command"])
                assert trimmed(output) == trimmed(match["output"]), match["command"]
                commands += 1
    assert commands == PAGE.read_text("utf-8").count("\n$ ")
    assert commands > 8


def trimmed(text: str) -> list[str]:
    """Return the lines without trailing spaces, which a page does not show, and with an age of a few seconds undone."""
    return [re.sub("max-age=5[0-9]$", "max-age=60", line.rstrip()) for line in text.strip().splitlines()]
