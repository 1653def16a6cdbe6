"""The command about stored operations: which there are, and what each takes."""

import sys

import click
from flask.cli import with_appcontext

from restgql.cli import context
from restgql.state import GatewayState


@click.command()
@with_appcontext
@context.option
def operations(name: str) -> None:
    """The stored operations, their methods and variables."""
    mounted = context.mounted(name)
    if mounted.config.operations is None:
        click.echo("There are none: RESTGQL_OPERATIONS names no folder.", err=True)
    rows = [
        (
            each.name,
            "GET,POST,QUERY" if each.is_query else "POST",
            ", ".join(f"{variable.name}: {variable.type}" for variable in each.variables.values()),
            each.description.partition("\n")[0],
        )
        for each in mounted.operations.by_name.values()
    ]
    context.table(("name", "methods", "variables", "description"), rows)
    say_broken(mounted)


def say_broken(mounted: GatewayState) -> None:
    """Print what is wrong with stored operations, and exit with 1 where there is anything."""
    for line in mounted.operations.errors:
        click.echo(line, err=True)
    if mounted.operations.errors:
        sys.exit(1)
