"""The documentation as a site: mkdocs builds it strictly and without a network, and the reference is complete."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import restgql
from restgql.cli import cli

ROOT = Path(__file__).parent.parent
# A package that would use the network gets a refused connection.
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
LOADED = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?([^\"\s>]+)|<link\b([^>]*)>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, **NO_NETWORK, "NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def page(site: Path, name: str) -> str:
    return (site / f"{name}.html").read_text("utf-8")


def text(site: Path, name: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page(site, name)))


def test_a_page_loads_nothing_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for path in pages:
        for source, link in LOADED.findall(path.read_text("utf-8")):
            target = source or ("" if "canonical" in link else link)
            assert "//" not in target, (path.name, target)
        # the theme would ask GitHub for stars
        assert 'data-md-component="source"' not in path.read_text("utf-8"), path.name


def test_the_search_needs_no_server(site: Path) -> None:
    index = (site / "search/search_index.js").read_text("utf-8")
    locations = {entry["location"] for entry in json.loads(index.removeprefix("var __index = "))["docs"]}
    assert {"queries.html#select", "configuration.html#profiles", "changelog.html"} <= locations
    assert "iframe-worker.js" in page(site, "index")


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for sub in command.list_commands(context):
                found = command.get_command(context, sub)
                assert found is not None
                yield from commands(found, f"{name} {sub}")


def test_the_reference_has_every_command_and_option(site: Path) -> None:
    shown = text(site, "reference/cli")
    listed = list(commands(cli, "flask restgql"))
    assert len(listed) > 8
    for name, command in listed:
        assert name in shown
        for parameter in command.params:
            shown_as = (
                parameter.opts[0]
                if isinstance(parameter, click.Option)
                else parameter.make_metavar(click.Context(command))
            )
            assert shown_as in shown, (name, shown_as)
    assert "--credentials" in shown
    assert "UNSET" not in shown  # a default that click has and no reader knows


def test_the_reference_has_every_public_name(site: Path) -> None:
    anchors = set(re.findall(r'id="(restgql[\w.]*)"', page(site, "reference/python")))
    for name in restgql.__all__:
        assert {f"restgql.{name}", f"restgql.errors.{name}"} & anchors, name


def test_the_reference_has_the_schema(site: Path) -> None:
    shown = text(site, "reference/schema")
    for name in ("gateway", "directives"):
        for line in (ROOT / f"schema/{name}.graphql").read_text("utf-8").splitlines():
            assert line in shown


def test_the_changelog_is_that_of_the_repository(site: Path) -> None:
    shown = text(site, "changelog")
    headings = re.findall(r"^#+ (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert len(headings) > 5
    for heading in headings:
        assert heading in shown
