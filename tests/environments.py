"""Environments of packages for tests, made by uv: it installs in a second, and keeps its downloads between runs."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

SECONDS = 1_200
"""More than an installation or a suite ever takes: it only ends a command that hangs."""


class Failed(Exception):
    """A command has failed; the message is its output."""


class Environment:
    """A virtual environment in a folder, with the Python that runs the tests and without pip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        uv("venv", "--quiet", "--python", sys.executable, str(folder))

    def install(self, *requirements: str) -> None:
        """Install packages, or pass other arguments of `uv pip install`. Raises Failed."""
        self._pip("install", "--quiet", *requirements)

    def installed(self) -> str:
        """Return the installed packages, one a line, in lower case."""
        return self._pip("freeze").lower()

    def conflicts(self) -> str:
        """Return the requirements that are not met, or an empty text."""
        command = (*UV, "pip", "check", "--python", str(self.python))
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        lines = (done.stdout + done.stderr).splitlines()
        return "\n".join(line for line in lines if line.startswith("The package "))

    def _pip(self, command: str, *arguments: str) -> str:
        return uv("pip", command, "--python", str(self.python), *arguments)


UV = (sys.executable, "-m", "uv")


def uv(*arguments: str) -> str:
    return call(*UV, *arguments)


def call(
    *command: str, folder: Path | None = None, variables: dict[str, str] | None = None, accepted: Iterable[int] = (0,)
) -> str:
    """Run a command and return its output. Raises Failed unless its exit status is accepted."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        text=True,
        errors="replace",
    )
    if done.returncode not in accepted:
        raise Failed(f"$ {' '.join(command)}\n{done.stdout[-20_000:]}")
    return done.stdout
