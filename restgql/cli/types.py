"""The commands about types: print the schema, compare it, report its coverage, infer it from responses."""

import difflib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import click
import msgspec
from flask.cli import with_appcontext
from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    print_ast,
    print_schema,
    validate,
)

from restgql import graphql_core
from restgql.cli import context
from restgql.cli.operations import print_broken
from restgql.documents import manifest
from restgql.documents.rules import RULES
from restgql.errors import ConfigError
from restgql.extension import Gateway
from restgql.formats import json
from restgql.schema.review import review
from restgql.schema.sources import samples
from restgql.schema.sources.samples import Sample
from restgql.sources import Typed, source_of


def _typed(name: str) -> Typed:
    try:
        return context.gateway_state(name).typed
    except ConfigError as exc:
        raise click.ClickException(str(exc)) from exc


@click.command()
@with_appcontext
@context.option
@click.option(
    "--source",
    is_flag=True,
    help="Print the SDL with directives that the types are made from, as a start for your own.",
)
@click.option(
    "--names", is_flag=True, help="Print the field names of the OpenAPI operations, for RESTGQL_OPENAPI_NAMES."
)
@click.option("--check", "committed", metavar="FILE", help="Fail if the schema differs from the one in FILE.")
@click.option("--breaking-since", "before", metavar="FILE", help="Fail if a client of the schema in FILE would break.")
@click.option("--clients", "manifest", metavar="FILE", help="Fail if an operation of a manifest is no longer valid.")
def schema(
    name: str, source: bool, names: bool, committed: str | None, before: str | None, manifest: str | None
) -> None:
    """Print the client schema as SDL."""
    typed = _typed(name)
    text = print_schema(typed.clients)
    checks: list[Iterable[str]] = []
    if committed is not None:
        committed_lines = context.read(committed).splitlines()
        checks.append(difflib.unified_diff(committed_lines, text.splitlines(), committed, "now", lineterm=""))
    if before is not None:
        changes = find_breaking_changes(build_schema(context.read(before)), typed.clients)
        checks.append(f"{change.type.name}: {change.description}" for change in changes)
    if manifest is not None:
        checks.append(_invalid(typed.clients, manifest))
    if checks:
        _fail(chain.from_iterable(checks))
    else:
        click.echo(print_ast(source_of(typed)) if source else json.pretty(typed.names) if names else text)


def _fail(lines: Iterable[str]) -> None:
    """Print the lines, and exit with 1 if there are any."""
    messages = list(lines)
    for line in messages:
        click.echo(line)
    if messages:
        sys.exit(1)


def _invalid(schema: GraphQLSchema, path: str) -> Iterator[str]:
    """Yield the errors of the operations of a manifest: a JSON object of ids and documents, or a folder."""
    if Path(path).is_dir():
        operations: Mapping[str, str] = {str(each): each.read_text() for each in sorted(Path(path).glob("*.graphql"))}
    else:
        try:
            operations = manifest.parse(context.read(path).encode())
        except json.NotJson as exc:
            raise click.ClickException(f"{path} is no JSON object of ids and documents: {exc}") from exc
    for identifier, document in operations.items():
        try:
            errors = validate(schema, graphql_core.parse(document), RULES)
        except GraphQLError as exc:
            errors = [exc]
        for error in errors:
            yield f"{identifier}: {error.message}"


@click.command()
@with_appcontext
@context.option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(name: str, as_json: bool) -> None:
    """Report type coverage and likely problems: untyped routes with the reason, possible joins, fields that no route
    answers, slow fields. Exits with 1 if a stored operation is invalid."""
    state = context.gateway_state(name)
    typed, routes = _typed(name), state.routes
    report = review(
        typed.schema,
        [(method, route.path) for route in routes.reachable() for method in route.methods],
        typed.rows,
        typed.joins,
        everything=routes.everything(),
    )
    if as_json:
        click.echo(json.pretty(msgspec.to_builtins(report)))
        print_broken(state)
        return
    context.table(
        ("method", "path", "field", "types", "why"),
        ((row.method, row.path, row.field, row.kind, row.reason) for row in report.rows),
    )
    counts = Counter(row.kind for row in report.rows)
    click.echo("\n" + ", ".join(f"{counts[kind]} {kind}" for kind in ("typed", "partly", "json", "untyped")))
    for title, lines in (("Joins that could be (RESTGQL_JOINS):", report.joins), ("To look at:", report.warnings)):
        if lines:
            click.echo(f"\n{title}")
            for line in lines:
                click.echo(f"  {line}")
    print_broken(state)


@click.command()
@with_appcontext
@context.option
@click.argument("paths", nargs=-1, required=True)
@click.option("--header", "-H", "lines", multiple=True, help="Send a header field, 'Name: value'.")
def infer(name: str, paths: tuple[str, ...], lines: tuple[str, ...]) -> None:
    """Infer types from the responses to PATHS (/users /users/1 /users/2 …), and print them as SDL. Requests each path
    once. Review the SDL, and put it into the folder of RESTGQL_SCHEMA."""
    state, gateway = context.gateway_state(name), Gateway(name=name)
    samples_by_path: dict[str, Sample] = {}
    sent = dict(map(context.header, lines))
    with click.progressbar(paths, label="Asking", file=sys.stderr) as bar:
        for path in bar:
            route = state.routes.at(path)
            if route is None:
                raise click.ClickException(f"{path}: no route that can be asked for matches the path.")
            query = "query ($path: String!) { fetch(path: $path) { status json } }"
            answer = gateway.execute(query, {"path": path}, headers=sent)["data"]["fetch"]
            if answer is None or answer["status"] >= 300:
                raise click.ClickException(f"{path} answers {answer and answer['status']}, which says nothing of it.")
            sample = samples_by_path.get(route.path)
            answers = (*(sample.answers if sample is not None else ()), answer["json"])
            samples_by_path[route.path] = Sample(
                path=route.path, name=route.endpoint, parameters=route.parameters, answers=answers
            )
    click.echo(print_ast(samples.infer(samples_by_path.values(), camel_case=state.config.camel_case)))
