"""The command that lists the stored operations."""

import sys

import click

from restgql.cli import context
from restgql.state import GatewayState


@click.command(epilog=context.example("flask restgql operations"))
@context.with_app
@context.option
def operations(name: str) -> None:
    """List the stored operations with their methods and variables."""
    state = context.gateway_state(name)
    if state.config.operations is None:
        click.echo("There are none: RESTGQL_OPERATIONS names no folder.", err=True)
    rows = [
        (
            each.name,
            "GET,POST,QUERY" if each.is_query else "POST",
            ", ".join(f"{variable.name}: {variable.type}" for variable in each.variables.values()),
            each.description.partition("\n")[0],
        )
        for each in state.operations.by_name.values()
    ]
    context.table(("name", "methods", "variables", "description"), rows)
    print_broken(state)


def print_broken(state: GatewayState) -> None:
    """Print the errors of stored operations, and exit with 1 if there are any."""
    for line in state.operations.errors:
        click.echo(line, err=True)
    if state.operations.errors:
        sys.exit(1)
