"""`flask restgql …`, and the same as `python -m restgql --app …`, which serves without an app, too."""

import re
import sys
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, FlaskGroup
from werkzeug.serving import make_server

from restgql.cli import context, types
from restgql.cli.operations import operations
from restgql.errors import ConfigError, RestgqlError
from restgql.extension import Gateway
from restgql.formats import json
from restgql.model import GraphQLRequest
from restgql.operations.stored import StoredOperation
from restgql.plan import explain
from restgql.state import EXTENSION, GatewayState

cli = AppGroup("restgql", help="The GraphQL gateway of this app.")
cli.add_command(types.schema)
cli.add_command(types.check)
cli.add_command(types.infer)
cli.add_command(operations)

_variables = click.option("--variables", default="{}", help="A JSON object.")
_operation = click.option("--operation", help="The operation that is meant, where the document has several.")


@cli.command()
@context.option
@click.option("--prefix", default="", help="Only paths that begin so.")
def routes(name: str, prefix: str) -> None:
    """The routes that can be asked for."""
    found = [route for route in context.mounted(name).routes if route.path.startswith(prefix)]
    rows = [(r.path, ",".join(r.methods), r.endpoint, r.description or "") for r in found]
    context.table(("path", "methods", "endpoint", "description"), rows)


@cli.command()
@context.option
@click.argument("document")
@_variables
@_operation
@click.option("--header", "-H", "header_lines", multiple=True, help="'Name: value', as the client would send it.")
def query(name: str, document: str, variables: str, operation: str | None, header_lines: tuple[str, ...]) -> None:
    """Run an operation. DOCUMENT is its text, @FILE, - for standard input, or the name of a stored one. Exits with 1
    where there are errors."""
    stored = _stored(context.mounted(name), document)
    params = _params(document, variables, operation)
    gateway, headers = Gateway(name=name), dict(map(context.header, header_lines))
    try:
        if stored is not None:
            result = gateway.run(stored.name, params.variables, headers=headers)
        else:
            result = gateway.execute(params.query, params.variables, operation_name=operation, headers=headers)
    except RestgqlError as exc:
        raise click.ClickException(f"{exc.code}: {exc.message}") from exc
    click.echo(json.pretty(result))
    if (stored is None or stored.result is None) and result.get("errors"):
        sys.exit(1)


@cli.command(name="explain")
@context.option
@click.argument("document")
@_variables
@_operation
@click.option("--mermaid", is_flag=True, help="A mermaid flowchart instead of a tree.")
def explain_plan(name: str, document: str, variables: str, operation: str | None, mermaid: bool) -> None:
    """The sub-requests of an operation, of which none is made. DOCUMENT is as for query."""
    mounted = context.mounted(name)
    stored = _stored(mounted, document)
    params = _params(document if stored is None else stored.text, variables, operation)
    try:
        pipeline = mounted.trusted_pipeline
        parsed = pipeline.read(params, stored=stored is not None)
        plan, plan_context = pipeline.plan(parsed), pipeline.context(stored=stored is not None)
    except RestgqlError as exc:
        raise click.ClickException(f"{exc.code}: {exc.message}") from exc
    click.echo((explain.mermaid if mermaid else explain.tree)(plan, parsed, plan_context))


@cli.group()
def cache() -> None:
    """The responses that RESTGQL_CACHE keeps."""


@cache.command()
@context.option
def clear(name: str) -> None:
    """Drop them all. Every process that shares them is concerned; those in the memory of a server are out of reach."""
    mounted = context.mounted(name)
    if mounted.cache is None or mounted.config.cache == "memory":
        raise click.ClickException("RESTGQL_CACHE names no store beyond this process: there is nothing to clear.")
    try:
        mounted.cache.clear()
    except Exception as exc:
        raise click.ClickException(f"The cache could not be cleared: {exc}") from exc


@click.command()
@click.option("--upstream", "pairs", multiple=True, metavar="PREFIX=URL", help="What is below PREFIX is asked of URL.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=5000, show_default=True, help="The port to listen at; 0 is any that is free.")
@click.option("--debug", is_flag=True, help="With GraphiQL, and the checks that Flask has in debug.")
def serve(pairs: tuple[str, ...], host: str, port: int, debug: bool) -> None:
    """Serve a gateway over other servers; no app is needed. FLASK_RESTGQL_* in the environment configures it."""
    app = Flask("restgql", static_folder=None)
    app.config.from_prefixed_env()
    app.debug = debug or app.debug
    given: dict[str, Any] = {"upstreams": dict(map(_pair, pairs))} if pairs else {}
    try:
        Gateway(app, routes=[], **given)
    except ConfigError as exc:
        raise click.UsageError(str(exc)) from exc
    mounted: GatewayState = app.extensions[EXTENSION][EXTENSION]
    if mounted.remotes is None:
        raise click.UsageError("There is nothing to ask: give an --upstream.")
    server = make_server(host, port, app, threaded=True)
    address = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    config, page = mounted.config, "GraphiQL" if mounted.profile.graphiql else "The gateway"
    click.echo(f"{page} is at {address}{config.url_prefix or ''}{config.graphql_path or config.aggregate_path or ''}")
    server.serve_forever()


class _Group(FlaskGroup):
    """Flask's options (`--app`, `--debug`, `--env-file`) over the commands of `cli`, and `serve`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*cli.list_commands(ctx), "serve"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return serve if cmd_name == "serve" else cli.get_command(ctx, cmd_name)


def main() -> None:
    """`python -m restgql --app APP COMMAND`."""
    _Group(name="restgql", help=cli.help, add_default_commands=False).main(prog_name="python -m restgql")


def _pair(text: str) -> tuple[str, str]:
    prefix, equals, url = text.partition("=")
    if not equals:
        raise click.BadParameter("is no PREFIX=URL", param_hint="--upstream")
    return prefix, url


def _stored(mounted: GatewayState, document: str) -> StoredOperation | None:
    """The stored operation that is meant, as no document is a single word. Raises ClickException."""
    if not re.fullmatch(r"[\w-]*\w", document):
        return None
    try:
        return mounted.operations.named(document, debug=True, suggestions=True)
    except RestgqlError as exc:
        raise click.ClickException(f"{document}: {exc.message}") from exc


def _params(document: str, variables: str, operation: str | None) -> GraphQLRequest:
    text = context.read(document.removeprefix("@")) if document == "-" or document.startswith("@") else document
    try:
        given = json.value(variables.encode(), dict)
    except json.NotJson as exc:
        raise click.BadParameter(f"is no JSON object: {exc}", param_hint="--variables") from exc
    return GraphQLRequest(query=text, operation_name=operation, variables=given)
