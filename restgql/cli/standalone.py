"""`python -m restgql --app …`: the commands of `flask restgql`, and `serve`, which needs no app."""

import os
from collections.abc import Iterator
from ipaddress import ip_address

import click
import msgspec
from flask import Flask
from flask.cli import FlaskGroup
from werkzeug.serving import make_server

from restgql.cli import cli, context, version_option
from restgql.cli.first_query import first_query
from restgql.cli.upstreams import entries
from restgql.errors import ConfigError
from restgql.extension import Gateway
from restgql.options import Options
from restgql.state import EXTENSION, GatewayState

_PROGRAM = "python -m restgql"


@click.command(
    epilog=context.example(
        f"{_PROGRAM} serve --openapi openapi.json",
        f"{_PROGRAM} serve --openapi shop=shop.json --upstream shop=https://shop.example/v1",
    )
)
@click.option(
    "--openapi",
    "documents",
    multiple=True,
    metavar="[NAME=]FILE_OR_URL",
    help="Add the API of an OpenAPI document. Requests go to the document's servers, unless --upstream names another. "
    "/shop=FILE puts its paths below /shop; shop=FILE also begins the names of its types and fields with it.",
)
@click.option(
    "--upstream",
    "pairs",
    multiple=True,
    metavar="[PREFIX=]URL",
    help="Send requests below PREFIX to URL; without PREFIX, all requests.",
)
@click.option(
    "--credentials",
    multiple=True,
    metavar="[PREFIX=]JSON",
    help='Send a secret of the environment: {"header": "Authorization", "scheme": "Bearer", "env": "TOKEN"}, or '
    '{"query": "api_key", "env": "KEY"}.',
)
@click.option("--schema", metavar="PATH", help="Add the fields and joins of SDL files: a file, or a folder of them.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen at this address.")
@click.option("--port", default=5000, show_default=True, help="Listen at this port; 0 chooses a free one.")
@click.option("--debug", is_flag=True, help="Turn on GraphiQL, and Flask's checks of debug mode.")
def serve(
    documents: tuple[str, ...],
    pairs: tuple[str, ...],
    credentials: tuple[str, ...],
    schema: str | None,
    host: str,
    port: int,
    debug: bool,
) -> None:
    """Serve a gateway over other servers, without an app. FLASK_RESTGQL_* in the environment configures it. With
    --openapi, GraphiQL is on at a loopback address."""
    app = Flask("restgql", static_folder=None, root_path=os.getcwd())
    app.config.from_prefixed_env()
    app.debug = debug or app.debug
    arguments: Options = {"routes": []}
    if documents or pairs or credentials:
        arguments["upstreams"] = entries(documents, pairs, credentials)
    if schema is not None:
        arguments["schema"] = schema
    if documents and _is_loopback(host) and "RESTGQL_PROFILE" not in app.config:
        arguments["profile"] = "open"
    try:
        Gateway(app, **arguments)
    except ConfigError as exc:
        raise click.UsageError(str(exc)) from exc
    state: GatewayState = app.extensions[EXTENSION][EXTENSION]
    if state.remotes is None:
        raise click.UsageError(
            "There is no upstream: give --upstream, or --openapi with a document that names its servers."
        )
    if (
        documents
        and "RESTGQL_GRAPHIQL_QUERY" not in app.config
        and (query := first_query(state.compiled_schema.clients))
    ):
        state.config = msgspec.structs.replace(state.config, graphiql_query=query)
    server = make_server(host, port, app, threaded=True)
    address = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    config, page = state.config, "GraphiQL" if state.profile.graphiql else "The gateway"
    click.echo(f"{page} is at {address}{config.url_prefix or ''}{config.graphql_path or config.aggregate_path or ''}")
    for line in _summary(state):
        click.echo(line)
    server.serve_forever()


def _summary(state: GatewayState) -> Iterator[str]:
    """Yield a line for each upstream, with its server, and one for each operation that has no field."""
    typed = state.compiled_schema
    for remote in state.remotes.table if state.remotes else ():
        yield f"{remote.prefix or '/'} is {remote.origin}{remote.path}"
    for row in typed.rows:
        if row.kind == "skipped":
            yield f"No field for {row.method} {row.path}: {row.reason}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _Group(FlaskGroup):
    """Flask's options (`--app`, `--debug`, `--env-file`) over the commands of `cli`, and `serve`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*cli.list_commands(ctx), "serve"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return serve if cmd_name == "serve" else cli.get_command(ctx, cmd_name)


def main() -> None:
    """Run `python -m restgql --app APP COMMAND`."""
    group = _Group(
        name="restgql",
        help=cli.help,
        params=[version_option],
        add_default_commands=False,
        add_version_option=False,
        epilog=context.example(f"{_PROGRAM} --app app routes", f"{_PROGRAM} serve --openapi openapi.json"),
    )
    group.main(prog_name=_PROGRAM)
