"""The commands about types: the schema in its forms, what changed in it, and what there is to say of it."""

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
    parse,
    print_ast,
    print_schema,
    validate,
)

from restgql.cli import context
from restgql.cli.operations import say_broken
from restgql.documents import manifest
from restgql.documents.rules import RULES
from restgql.errors import ConfigError
from restgql.extension import Gateway
from restgql.formats import json
from restgql.schema import samples
from restgql.schema.review import review
from restgql.schema.samples import Sample
from restgql.sources import Typed, source_of


def _typed(name: str) -> Typed:
    try:
        return context.mounted(name).typed
    except ConfigError as exc:
        raise click.ClickException(str(exc)) from exc


@click.command()
@with_appcontext
@context.option
@click.option("--source", is_flag=True, help="What the types were made from: SDL with directives, to start from.")
@click.option("--names", is_flag=True, help="The fields of the OpenAPI operations, for RESTGQL_OPENAPI_NAMES.")
@click.option("--check", "committed", metavar="FILE", help="Fail where the schema is not the one in FILE.")
@click.option(
    "--breaking-since", "before", metavar="FILE", help="Fail where a client of the schema in FILE would break."
)
@click.option("--clients", "manifest", metavar="FILE", help="Fail where an operation of a manifest is no longer valid.")
def schema(
    name: str, source: bool, names: bool, committed: str | None, before: str | None, manifest: str | None
) -> None:
    """The schema that clients see, in SDL."""
    found = _typed(name)
    text = print_schema(found.clients)
    checks: list[Iterable[str]] = []
    if committed is not None:
        then = context.read(committed).splitlines()
        checks.append(difflib.unified_diff(then, text.splitlines(), committed, "now", lineterm=""))
    if before is not None:
        changes = find_breaking_changes(build_schema(context.read(before)), found.clients)
        checks.append(f"{change.type.name}: {change.description}" for change in changes)
    if manifest is not None:
        checks.append(_invalid(found.clients, manifest))
    if checks:
        _fail(chain.from_iterable(checks))
    else:
        click.echo(print_ast(source_of(found)) if source else json.pretty(found.names) if names else text)


def _fail(lines: Iterable[str]) -> None:
    """Print what is wrong, and exit with 1 where there is anything."""
    said = list(lines)
    for line in said:
        click.echo(line)
    if said:
        sys.exit(1)


def _invalid(schema: GraphQLSchema, path: str) -> Iterator[str]:
    """What is wrong with the operations of a manifest: a JSON object of ids and documents, or a folder of them."""
    if Path(path).is_dir():
        operations: Mapping[str, str] = {str(each): each.read_text() for each in sorted(Path(path).glob("*.graphql"))}
    else:
        try:
            operations = manifest.parse(context.read(path).encode())
        except json.NotJson as exc:
            raise click.ClickException(f"{path} is no JSON object of ids and documents: {exc}") from exc
    for identifier, document in operations.items():
        try:
            errors = validate(schema, parse(document), RULES)
        except GraphQLError as exc:
            errors = [exc]
        for error in errors:
            yield f"{identifier}: {error.message}"


@click.command()
@with_appcontext
@context.option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def check(name: str, as_json: bool) -> None:
    """Which routes have types, and what to look at. Why a route has none; joins that could be; fields that no route
    answers; what may be slow. Exits with 1 where a stored operation cannot be used."""
    mounted = context.mounted(name)
    found, routes = _typed(name), mounted.routes
    said = review(
        found.schema,
        [(method, route.path) for route in routes.reachable() for method in route.methods],
        found.rows,
        found.joins,
        everything=routes.everything(),
    )
    if as_json:
        click.echo(json.pretty(msgspec.to_builtins(said)))
        say_broken(mounted)
        return
    context.table(
        ("method", "path", "field", "types", "why"),
        ((row.method, row.path, row.field, row.kind, row.reason) for row in said.rows),
    )
    counts = Counter(row.kind for row in said.rows)
    click.echo("\n" + ", ".join(f"{counts[kind]} {kind}" for kind in ("typed", "partly", "json", "untyped")))
    for title, lines in (("Joins that could be (RESTGQL_JOINS):", said.joins), ("To look at:", said.warnings)):
        if lines:
            click.echo(f"\n{title}")
            for line in lines:
                click.echo(f"  {line}")
    say_broken(mounted)


@click.command()
@with_appcontext
@context.option
@click.argument("paths", nargs=-1, required=True)
@click.option("--header", "-H", "lines", multiple=True, help="'Name: value', as the client would send it.")
def infer(name: str, paths: tuple[str, ...], lines: tuple[str, ...]) -> None:
    """Write SDL of what PATHS answer. They are asked once each (/users /users/1 /users/2 …), and the SDL is to be
    reviewed and put into a folder."""
    mounted, gateway = context.mounted(name), Gateway(name=name)
    found: dict[str, Sample] = {}
    sent = dict(map(context.header, lines))
    with click.progressbar(paths, label="Asking", file=sys.stderr) as bar:
        for path in bar:
            route = mounted.routes.at(path)
            if route is None:
                raise click.ClickException(f"{path}: no route that can be asked for matches the path.")
            query = "query ($path: String!) { fetch(path: $path) { status json } }"
            answer = gateway.execute(query, {"path": path}, headers=sent)["data"]["fetch"]
            if answer is None or answer["status"] >= 300:
                raise click.ClickException(f"{path} answers {answer and answer['status']}, which says nothing of it.")
            sample = found.get(route.path)
            answers = (*(sample.answers if sample is not None else ()), answer["json"])
            found[route.path] = Sample(
                path=route.path, name=route.endpoint, parameters=route.parameters, answers=answers
            )
    click.echo(print_ast(samples.infer(found.values(), camel_case=mounted.config.camel_case)))
