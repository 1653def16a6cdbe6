"""The commands of `flask restgql`."""

import re
import sys

import click

from restgql.cli import context, output, types
from restgql.cli.operations import operations
from restgql.errors import RestgqlError
from restgql.extension import Gateway
from restgql.formats import json
from restgql.model import GraphQLRequest
from restgql.operations.stored import StoredOperation
from restgql.plan import explain
from restgql.state import GatewayState

commands = click.Group()
commands.add_command(types.schema)
commands.add_command(types.check)
commands.add_command(types.infer)
commands.add_command(operations)

_variables = click.option("--variables", default="{}", help="The variables, a JSON object.")
_operation = click.option("--operation", help="The operation name, if the document has more than one.")


@commands.command(epilog=context.example("flask restgql routes --prefix /api"))
@context.with_app
@context.option
@click.option("--prefix", default="", help="Only list paths that start with TEXT.")
def routes(name: str, prefix: str) -> None:
    """List the exposed routes."""
    exposed = [route for route in context.gateway_state(name).routes if route.path.startswith(prefix)]
    rows = [(r.path, ",".join(r.methods), r.endpoint, r.description or "") for r in exposed]
    context.table(("path", "methods", "endpoint", "description"), rows)


@commands.command(
    epilog=context.example(
        "flask restgql query '{ get(path: \"/users/1\") }'",
        "flask restgql query @post.graphql --variables '{\"id\": 12}'",
    )
)
@context.with_app
@context.option
@click.argument("document")
@_variables
@_operation
@click.option("--header", "-H", "header_lines", multiple=True, help="Send a header field, 'Name: value'.")
def query(name: str, document: str, variables: str, operation: str | None, header_lines: tuple[str, ...]) -> None:
    """Run an operation, and print its response. DOCUMENT is the text of the operation, @FILE, - for standard input, or
    the name of a stored operation. Exits with 1 if there are errors."""
    stored = _stored(context.gateway_state(name), document)
    params = _params(document, variables, operation)
    gateway, headers = Gateway(name=name), dict(map(context.header, header_lines))
    try:
        if stored is not None:
            result = gateway.run(stored.name, params.variables, headers=headers)
        else:
            result = gateway.execute(params.query, params.variables, operation_name=operation, headers=headers)
    except RestgqlError as exc:
        raise click.ClickException(f"{exc.code}: {exc.message}") from exc
    output.echo(json.pretty(result))
    if (stored is None or stored.result is None) and result.get("errors"):
        sys.exit(1)


@commands.command(
    name="explain",
    epilog=context.example("flask restgql explain @post.graphql", "flask restgql explain positive_word --mermaid"),
)
@context.with_app
@context.option
@click.argument("document")
@_variables
@_operation
@click.option("--mermaid", is_flag=True, help="Print a mermaid flowchart instead of a tree.")
def explain_plan(name: str, document: str, variables: str, operation: str | None, mermaid: bool) -> None:
    """Show the sub-requests of an operation without making them. DOCUMENT is the text of the operation, @FILE, - for
    standard input, or the name of a stored operation."""
    state = context.gateway_state(name)
    stored = _stored(state, document)
    params = _params(document if stored is None else stored.text, variables, operation)
    try:
        pipeline = state.trusted_pipeline
        parsed = pipeline.read(params, stored=stored is not None)
        plan, plan_context = pipeline.plan(parsed), pipeline.context(stored=stored is not None)
    except RestgqlError as exc:
        raise click.ClickException(f"{exc.code}: {exc.message}") from exc
    output.echo((explain.mermaid if mermaid else explain.tree)(plan, parsed, plan_context))


@commands.group(epilog=context.example("flask restgql cache clear"))
def cache() -> None:
    """Manage the responses that RESTGQL_CACHE stores."""


@cache.command(epilog=context.example("flask restgql cache clear"))
@context.with_app
@context.option
def clear(name: str) -> None:
    """Delete all stored responses, for all processes that share the store; not those in a server's memory."""
    state = context.gateway_state(name)
    if state.cache is None or state.config.cache == "memory":
        raise click.ClickException("RESTGQL_CACHE names no store beyond this process: there is nothing to clear.")
    try:
        state.cache.clear()
    except Exception as exc:
        raise click.ClickException(f"The cache could not be cleared: {exc}") from exc


def _stored(state: GatewayState, document: str) -> StoredOperation | None:
    """Return the stored operation of a name, or None for the text of a document, which is never a single word.

    Raises ClickException.
    """
    if not re.fullmatch(r"[\w-]*\w", document):
        return None
    try:
        return state.operation(document, debug=True, suggestions=True)
    except RestgqlError as exc:
        raise click.ClickException(f"{document}: {exc.message}") from exc


def _params(document: str, variables: str, operation: str | None) -> GraphQLRequest:
    text = context.read(document.removeprefix("@")) if document == "-" or document.startswith("@") else document
    try:
        values = json.value(variables.encode(), dict)
    except json.NotJson as exc:
        message = f"is not a JSON object: {exc}. Names and texts have double quotes: '{{\"id\": 1}}'"
        raise click.BadParameter(message, param_hint="--variables") from exc
    return GraphQLRequest(query=text, operation_name=operation, variables=values)
