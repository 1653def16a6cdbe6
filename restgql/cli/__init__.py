"""The group `flask restgql`.

Every `flask` command of an environment with restgql loads this module, so it imports nothing that Flask does not.
"""

import difflib
import sys
from importlib.metadata import PackageNotFoundError, version

import click


class _Commands(click.Group):
    """The commands of `restgql.cli.commands`, imported when a command runs or the group's help lists them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return _commands().list_commands(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = " It needs no app: python -m restgql serve." if args[0] == "serve" else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint or _did_you_mean(near)}", ctx) from exc

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _commands().get_command(ctx, cmd_name)


def _did_you_mean(names: list[str]) -> str:
    return f" Did you mean {names[0]!r}?" if names else " Run it without a command for the list."


def _commands() -> click.Group:
    """Return the commands. Raises ClickException if a package that they need cannot be imported."""
    try:
        from restgql.cli.commands import commands
    except Exception as exc:  # whatever a package of an unsuitable version raises: the message names the versions
        raise click.ClickException(import_problem(exc)) from exc
    return commands


def import_problem(exc: Exception) -> str:
    """Return the message for restgql, or a package that it needs, if it cannot be imported."""
    versions = ", ".join(f"{name} {_version(name)}" for name in ("graphene", "graphql-core", "flask"))
    reason = f"{type(exc).__name__}: {exc}"
    return f"restgql cannot be imported: {reason}\nInstalled: {versions}. `pip check` lists versions that do not fit."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(missing)"


def _print_version(context: click.Context, option: click.Parameter, value: bool) -> None:
    """Print the versions that a bug report needs."""
    if not value or context.resilient_parsing:
        return
    click.echo(f"restgql {_version('restgql')}\nPython {sys.version.split()[0]}")
    for name in ("Flask", "graphene", "graphql-core"):
        click.echo(f"{name} {_version(name)}")
    context.exit()


version_option = click.Option(
    ["--version"],
    help="Show the versions of restgql and of the packages that it uses.",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
)

cli = _Commands("restgql", help="The GraphQL gateway of this app.", params=[version_option])
