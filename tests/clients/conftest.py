"""The blog as client tools meet it: served, and its schema printed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.blog import Blog
from tests.clients.workshop import Workshop

ROOT = Path(__file__).parent.parent.parent
Serve = Callable[[Any], str]


@pytest.fixture
def blog() -> Blog:
    return Blog()


@pytest.fixture
def url(blog: Blog, serve: Serve) -> str:
    """Where the GraphQL endpoint of `blog` is."""
    return f"{serve(blog.app)}/graphql"


@pytest.fixture(scope="session")
def sdl() -> str:
    """The schema as the command line prints it."""
    command = [sys.executable, "-W", "error", "-m", "restgql", "--app", "tests.clients.blog", "schema"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, node_clients: Path, sdl: str) -> Workshop:
    """One a module, as what one of its tests generates the others use."""
    return Workshop(tmp_path_factory.mktemp("workshop"), node_clients, sdl)
