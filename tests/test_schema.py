"""The committed SDL is the contract that clients generate code from: it changes knowingly or not at all."""

from pathlib import Path
from typing import Any

from flask import Flask
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    print_schema,
    validate_schema,
)

from restgql import Gateway
from restgql.schema import directives

FOLDER = Path(__file__).parent.parent / "schema"
COMMITTED = FOLDER / "gateway.graphql"
DIRECTIVES = FOLDER / "directives.graphql"


def core_schema() -> str:
    app = Flask(__name__)
    Gateway(app)
    schema = app.extensions["restgql"]["restgql"].compiled_schema.clients
    assert validate_schema(schema) == []
    return print_schema(schema) + "\n"


def test_the_core_schema_is_the_committed_one() -> None:
    assert core_schema() == COMMITTED.read_text(), "if this is meant: .venv/bin/python -m tests.test_schema"


def test_the_directives_are_those_that_the_compiler_knows() -> None:
    assert DIRECTIVES.read_text() == directives.SDL, "if this is meant: .venv/bin/python -m tests.test_schema"


def test_everything_that_graphiql_shows_has_a_description() -> None:
    app = Flask(__name__)
    Gateway(app, verbs=["GET", "POST", "PUT", "PATCH", "DELETE"])
    assert undescribed(app.extensions["restgql"]["restgql"].compiled_schema.clients) == []


def test_root_types_of_sdl_files_have_descriptions(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text(
        'type Query { a: Int @get(path: "/a") } type Mutation { b: Int @post(path: "/b") }'
    )
    app = Flask(__name__)
    Gateway(app, schema=str(tmp_path))
    assert undescribed(app.extensions["restgql"]["restgql"].compiled_schema.clients) == ["Query.a", "Mutation.b"]


def test_every_directive_of_sdl_files_has_descriptions() -> None:
    schema = build_schema("type Query { a: Int }\n" + directives.SDL, assume_valid=True)
    assert [place for place in undescribed(schema) if place not in ("Query", "Query.a")] == []


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Return the root types, directives, fields, arguments, input fields and enum values of a schema that have no
    description."""
    places: list[tuple[str, Any]] = [(f"@{directive.name}", directive) for directive in schema.directives]
    places += [(root.name, root) for root in (schema.query_type, schema.mutation_type) if root is not None]
    for directive in schema.directives:
        places += [(f"@{directive.name}({name}:)", argument) for name, argument in directive.args.items()]
    for of_type in schema.type_map.values():
        if isinstance(of_type, GraphQLEnumType) and not of_type.name.startswith("__"):
            places += [(f"{of_type.name}.{name}", value) for name, value in of_type.values.items()]
        if isinstance(of_type, GraphQLObjectType | GraphQLInputObjectType) and not of_type.name.startswith("__"):
            for name, field in of_type.fields.items():
                places.append((f"{of_type.name}.{name}", field))
                arguments = getattr(field, "args", {}).items()
                places += [(f"{of_type.name}.{name}({argument}:)", value) for argument, value in arguments]
    return [place for place, element in places if not element.description]


if __name__ == "__main__":
    COMMITTED.write_text(core_schema())
    DIRECTIVES.write_text(directives.SDL)
