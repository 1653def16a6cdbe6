"""The shared parts of the commands: the app, the option --gateway, reading files, printing tables."""

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any, ParamSpec, TypeVar, cast

import click
from flask import Flask, current_app
from flask.cli import ScriptInfo

from restgql.cli import output
from restgql.errors import ConfigError
from restgql.state import EXTENSION, GatewayState

option = click.option(
    "--gateway", "name", default=EXTENSION, show_default=True, help="The name of the gateway, if the app has several."
)


def example(*commands: str) -> str:
    """Return the end of a command's help: commands to type, each on a line of its own."""
    title = "Example:" if len(commands) == 1 else "Examples:"
    return "\n".join(["\b", title, *(f"  {command}" for command in commands)])


Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


def with_app(command: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Run a command in the context of the app. What the app prints, while it loads or later, goes to standard error."""

    @click.pass_context
    def run(context: click.Context, /, *arguments: Any, **options: Any) -> Any:
        with output.redirect_prints():
            if current_app:
                return context.invoke(command, *arguments, **options)
            app = _load_app(context.ensure_object(ScriptInfo))
            with app.app_context():
                return context.invoke(command, *arguments, **options)

    return update_wrapper(run, command)


def _load_app(info: ScriptInfo) -> Flask:
    try:
        return info.load_app()
    except ConfigError as exc:
        raise click.ClickException(f"The app does not start: {exc}") from exc


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
        output.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def header(line: str) -> tuple[str, str]:
    """Parse a header field, `Name: value`."""
    name, colon, value = line.partition(":")
    if not colon:
        raise click.BadParameter(f"{line!r} has no colon: write 'Name: value'", param_hint="--header")
    return name.strip(), value.strip()
