"""`flask restgql …`, and the same as `python -m restgql --app …`."""

import sys
from collections.abc import Iterable
from typing import cast

import click
from flask import current_app
from flask.cli import AppGroup, FlaskGroup
from graphql import print_schema

from restgql.endpoints import EXTENSION, Mounted
from restgql.extension import Gateway
from restgql.formats import json

cli = AppGroup("restgql", help="The GraphQL gateway of this app.")

_gateway = click.option("--gateway", "name", default=EXTENSION, show_default=True, help="Which gateway, by its name.")


@cli.command()
@_gateway
@click.option("--prefix", default="", help="Only paths that begin so.")
def routes(name: str, prefix: str) -> None:
    """The routes that can be asked for."""
    found = [route for route in _mounted(name).routes if route.path.startswith(prefix)]
    rows = [(r.path, ",".join(r.methods), r.endpoint, r.description or "") for r in found]
    _table(("path", "methods", "endpoint", "description"), rows)


@cli.command()
@_gateway
def schema(name: str) -> None:
    """The schema that clients see, in SDL."""
    click.echo(print_schema(_mounted(name).schema))


@cli.command()
@_gateway
@click.argument("document")
@click.option("--variables", default="{}", help="A JSON object.")
@click.option("--operation", help="The operation to run, where the document has several.")
@click.option("--header", "-H", "header_lines", multiple=True, help="'Name: value', as the client would send it.")
def query(name: str, document: str, variables: str, operation: str | None, header_lines: tuple[str, ...]) -> None:
    """Run an operation; DOCUMENT is its text, @FILE, or - for standard input. Exits with 1 where there are errors."""
    _mounted(name)
    text = _read(document.removeprefix("@")) if document == "-" or document.startswith("@") else document
    try:
        given = json.value(variables.encode(), dict)
    except json.NotJson as exc:
        raise click.BadParameter(f"is no JSON object: {exc}", param_hint="--variables") from exc
    result = Gateway(name=name).execute(text, given, operation_name=operation, headers=dict(map(_header, header_lines)))
    click.echo(json.pretty(result))
    if result.get("errors"):
        sys.exit(1)


class _Group(FlaskGroup):
    """Flask's options (`--app`, `--debug`, `--env-file`) over the commands of `cli` alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return cli.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return cli.get_command(ctx, cmd_name)


def main() -> None:
    """`python -m restgql --app APP COMMAND`."""
    _Group(name="restgql", help=cli.help, add_default_commands=False).main(prog_name="python -m restgql")


def _mounted(name: str) -> Mounted:
    gateways: dict[str, Mounted] = current_app.extensions.get(EXTENSION, {})
    if name not in gateways:
        there = ", ".join(gateways) or "none: it needs Gateway(app)"
        raise click.ClickException(f"The app has no gateway named {name!r}; it has {there}.")
    return gateways[name]


def _read(path: str) -> str:
    stream = click.File(encoding="utf-8").convert(path, None, click.get_current_context())
    return cast(str, stream.read())


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise click.BadParameter(f"{line!r} has no colon", param_hint="--header")
    return name.strip(), value.strip()


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
