"""`python -m restgql --app …`: the commands of `flask restgql`, and `serve`, which needs no app."""

from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup
from werkzeug.serving import make_server

from restgql.cli import cli
from restgql.errors import ConfigError
from restgql.extension import Gateway
from restgql.state import EXTENSION, GatewayState


@click.command()
@click.option("--upstream", "pairs", multiple=True, metavar="PREFIX=URL", help="Send requests below PREFIX to URL.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen at this address.")
@click.option("--port", default=5000, show_default=True, help="Listen at this port; 0 chooses a free one.")
@click.option("--debug", is_flag=True, help="Turn on GraphiQL, and Flask's checks of debug mode.")
def serve(pairs: tuple[str, ...], host: str, port: int, debug: bool) -> None:
    """Serve a gateway over other servers, without an app. FLASK_RESTGQL_* in the environment configures it."""
    app = Flask("restgql", static_folder=None)
    app.config.from_prefixed_env()
    app.debug = debug or app.debug
    arguments: dict[str, Any] = {"upstreams": dict(map(_pair, pairs))} if pairs else {}
    try:
        Gateway(app, routes=[], **arguments)
    except ConfigError as exc:
        raise click.UsageError(str(exc)) from exc
    state: GatewayState = app.extensions[EXTENSION][EXTENSION]
    if state.remotes is None:
        raise click.UsageError("There is nothing to ask: give an --upstream.")
    server = make_server(host, port, app, threaded=True)
    address = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    config, page = state.config, "GraphiQL" if state.profile.graphiql else "The gateway"
    click.echo(f"{page} is at {address}{config.url_prefix or ''}{config.graphql_path or config.aggregate_path or ''}")
    server.serve_forever()


class _Group(FlaskGroup):
    """Flask's options (`--app`, `--debug`, `--env-file`) over the commands of `cli`, and `serve`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*cli.list_commands(ctx), "serve"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return serve if cmd_name == "serve" else cli.get_command(ctx, cmd_name)


def main() -> None:
    """Run `python -m restgql --app APP COMMAND`."""
    _Group(name="restgql", help=cli.help, add_default_commands=False).main(prog_name="python -m restgql")


def _pair(text: str) -> tuple[str, str]:
    prefix, equals, url = text.partition("=")
    if not equals:
        raise click.BadParameter("is no PREFIX=URL", param_hint="--upstream")
    return prefix, url
