"""The group `flask restgql`.

Every `flask` command of an environment with restgql loads this module, so it imports nothing that Flask does not.
"""

import click


class _Commands(click.Group):
    """The commands of `restgql.cli.commands`, imported when a command runs or the group's help lists them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return _commands().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _commands().get_command(ctx, cmd_name)


def _commands() -> click.Group:
    from restgql.cli.commands import commands

    return commands


cli = _Commands("restgql", help="The GraphQL gateway of this app.")
