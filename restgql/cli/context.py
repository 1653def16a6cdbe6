"""The shared parts of the commands: the option --gateway, reading files, printing tables."""

from collections.abc import Iterable
from typing import cast

import click
from flask import current_app

from restgql.state import EXTENSION, GatewayState

option = click.option("--gateway", "name", default=EXTENSION, show_default=True, help="The name of the gateway.")


def gateway_state(name: str) -> GatewayState:
    """Return the state of the app's gateway of a name. Raises ClickException."""
    states: dict[str, GatewayState] = current_app.extensions.get(EXTENSION, {})
    if name not in states:
        names = ", ".join(states) or "none: it needs Gateway(app)"
        raise click.ClickException(f"The app has no gateway named {name!r}; it has {names}.")
    return states[name]


def read(path: str) -> str:
    """Read a file, or standard input for `-`."""
    stream = click.File(encoding="utf-8").convert(path, None, click.get_current_context())
    return cast(str, stream.read())


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows in columns."""
    lines = [head, *rows]
    widths = [max(len(row[column]) for row in lines) for column in range(len(head))]
    for row in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def header(line: str) -> tuple[str, str]:
    """Parse a header field, `Name: value`."""
    name, colon, value = line.partition(":")
    if not colon:
        raise click.BadParameter(f"{line!r} has no colon", param_hint="--header")
    return name.strip(), value.strip()
