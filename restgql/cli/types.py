"""The commands about types: print the schema, compare it, report its coverage, infer it from responses."""

import difflib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import click
import msgspec
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
from restgql.cli import context, output
from restgql.cli.operations import print_broken
from restgql.documents import manifest
from restgql.documents.rules import RULES
from restgql.extension import Gateway
from restgql.formats import json
from restgql.schema.coverage import CoverageReport, coverage_of
from restgql.schema.sdl.reserved import with_types
from restgql.schema.sources import samples
from restgql.schema.sources.samples import Sample
from restgql.sources import CompiledSchema, combined_sdl


def _typed(name: str) -> CompiledSchema:
    """Return the types of a gateway. Raises ClickException if some could not be built."""
    typed = context.gateway_state(name).compiled_schema
    if typed.failure is not None:
        raise click.ClickException(f"The schema could not be built: {typed.failure}")
    return typed


@click.command(
    epilog=context.example(
        "flask restgql schema --output schema.graphql", "flask restgql schema --check schema.graphql"
    )
)
@context.with_app
@context.option
@click.option(
    "--source",
    is_flag=True,
    help="Print the SDL with directives, from which the gateway builds the types. Copy it to start your own.",
)
@click.option("--names", is_flag=True, help="Print the field names of the OpenAPI operations as JSON.")
@click.option("--output", "-o", "target", metavar="FILE", help="Write to FILE instead of standard output.")
@click.option(
    "--write-names", "lockfile", metavar="FILE", help="Write the JSON of --names to FILE, for RESTGQL_OPENAPI_NAMES."
)
@click.option("--check", "committed", metavar="FILE", help="Fail if the schema differs from the one in FILE.")
@click.option(
    "--breaking-since", "before", metavar="FILE", help="Fail if a change since the schema in FILE breaks clients."
)
@click.option(
    "--clients",
    "manifest",
    metavar="FILE",
    help="Fail if an operation in FILE is invalid: a JSON object of ids and documents, or a folder of .graphql files.",
)
def schema(
    name: str,
    source: bool,
    names: bool,
    target: str | None,
    lockfile: str | None,
    committed: str | None,
    before: str | None,
    manifest: str | None,
) -> None:
    """Print the schema that clients see, as SDL, or compare it with a file. A failed comparison exits with 1."""
    if target is not None and any(file is not None for file in (committed, before, manifest)):
        raise click.UsageError("--output cannot be combined with an option that compares the schema.")
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
    if lockfile is not None:
        output.write(lockfile, json.pretty(typed.names))
    if checks:
        _fail(chain.from_iterable(checks))
    elif target is not None or lockfile is None:
        shown = print_ast(combined_sdl(typed)) if source else json.pretty(typed.names) if names else text
        output.write(target or "-", shown)


def _fail(lines: Iterable[str]) -> None:
    """Print the lines, and exit with 1 if there are any."""
    messages = list(lines)
    for line in messages:
        output.echo(line)
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
            raise click.ClickException(f"{path} is not a JSON object of ids and documents: {exc}") from exc
    for identifier, document in operations.items():
        try:
            errors = validate(schema, graphql_core.parse(document), RULES)
        except GraphQLError as exc:
            errors = [exc]
        for error in errors:
            yield f"{identifier}: {error.message}"


@click.command(epilog=context.example("flask restgql check --strict"))
@context.with_app
@context.option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is a warning, too.")
def check(name: str, as_json: bool, strict: bool) -> None:
    """Report the fields of all routes, with the reason for each route without types. Report possible joins, errors
    (such as a field that no route answers) and warnings (such as slow fields). Exits with 1 if there is an error."""
    state = context.gateway_state(name)
    typed, routes = state.compiled_schema, state.routes
    report = coverage_of(
        typed.schema,
        [(method, route.path) for route in routes.reachable() for method in route.methods],
        typed.rows,
        typed.joins,
        everything=routes.everything(),
        accepted=() if typed.failure else state.config.joins,
    )
    if typed.failure is not None:
        failure = f"The schema could not be built: {typed.failure}"
        report = msgspec.structs.replace(report, errors=(failure, *report.errors))
    if as_json:
        output.echo(json.pretty(msgspec.to_builtins(report)))
    else:
        _print(report)
    print_broken(state)
    if report.errors or (strict and report.warnings):
        sys.exit(1)


def _print(report: CoverageReport) -> None:
    context.table(
        ("method", "path", "field", "types", "why"),
        ((row.method, row.path, row.field, row.kind, row.reason) for row in report.rows),
    )
    counts = Counter(row.kind for row in report.rows)
    kinds = ("typed", "partly", "json", "untyped", *(["skipped"] if counts["skipped"] else []))
    output.echo("\n" + ", ".join(f"{counts[kind]} {kind}" for kind in kinds))
    lists = (
        ("Possible joins (RESTGQL_JOINS):", report.joins),
        ("Errors:", report.errors),
        ("Warnings:", report.warnings),
    )
    for title, lines in lists:
        if lines:
            output.echo(f"\n{title}")
            for line in lines:
                output.echo(f"  {line}")


@click.command(epilog=context.example("flask restgql infer /users /users/1 /users/2"))
@context.with_app
@context.option
@click.argument("paths", nargs=-1, required=True)
@click.option("--header", "-H", "lines", multiple=True, help="Send a header field, 'Name: value'. Repeatable.")
def infer(name: str, paths: tuple[str, ...], lines: tuple[str, ...]) -> None:
    """Infer types from the responses to PATHS (/users /users/1 /users/2 …), and print them as SDL. Requests each path
    once. Review the SDL, and put it into the folder of RESTGQL_SCHEMA."""
    state, gateway = context.gateway_state(name), Gateway(name=name)
    samples_by_path: dict[str, Sample] = {}
    sent = dict(map(context.header, lines))
    with click.progressbar(paths, label="Requesting", file=sys.stderr) as bar:
        for path in bar:
            route = state.routes.at(path)
            if route is None:
                raise click.ClickException(f"{path}: {_without_route(path, state.config.upstreams)}")
            query = "query ($path: String!) { fetch(path: $path) { status json } }"
            result = gateway.execute(query, {"path": path}, headers=sent)
            answer = result["data"]["fetch"]
            if answer is None:
                raise click.ClickException(f"{path}: {result['errors'][0]['message']}")
            if answer["status"] >= 300:
                cure = " Log in by -H 'Authorization: …' or -H 'Cookie: …'." if answer["status"] in (401, 403) else ""
                raise click.ClickException(f"{path} answers {answer['status']}, so no type can be inferred.{cure}")
            sample = samples_by_path.get(route.path)
            answers = (*(sample.answers if sample is not None else ()), answer["json"])
            samples_by_path[route.path] = Sample(
                path=route.path, name=route.endpoint, parameters=route.parameters, answers=answers
            )
    reserved = with_types(state.sources.reserved, state.compiled_schema.schema)
    document = samples.infer(samples_by_path.values(), camel_case=state.config.camel_case, reserved=reserved)
    output.echo(print_ast(document))


def _without_route(path: str, upstreams: Iterable[str]) -> str:
    """Return the reason why no rule of the app matches a path."""
    prefix = next((each for each in upstreams if path.startswith(f"{each.rstrip('/')}/")), None)
    if prefix is None:
        return "no exposed route matches the path."
    return (
        f"it leads to the upstream {prefix!r}, and only the app's own routes say which segments of a path vary. "
        "Write the types as SDL, or give the OpenAPI document of the upstream."
    )
