"""SDL documents as they were found, and what is wrong with them: file, line, and what was meant."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, Node, Source, parse

from restgql.errors import ConfigError


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """A document of type definitions. One that was `written` by hand is validated, and its fields open their routes."""

    document: DocumentNode
    written: bool = True


class SchemaError(ConfigError):
    """All that is wrong with the SDL of a gateway, a line an error."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(dict.fromkeys(errors))
        super().__init__("\n".join(self.errors))


def read(folder: Path) -> list[Definitions]:
    """The `.graphql` files of a folder, or the one file. Raises SchemaError."""
    paths = sorted(folder.glob("*.graphql")) if folder.is_dir() else [folder] if folder.is_file() else []
    if not paths:
        raise SchemaError([f"{folder}: there is no .graphql file here."])
    found, errors = [], []
    for path in paths:
        try:
            found.append(Definitions(document=parse(Source(path.read_text(encoding="utf-8"), str(path)))))
        except GraphQLSyntaxError as exc:
            errors.append(located(exc))
        except (OSError, UnicodeDecodeError, RecursionError) as exc:
            errors.append(f"{path}: {exc}")
    if errors:
        raise SchemaError(errors)
    return found


def located(error: GraphQLError) -> str:
    """An error with the file and line of its first node."""
    source, locations = error.source, error.locations
    if source is None or not locations:
        return error.message
    return f"{source.name}:{locations[0].line}: {error.message}"


def at(node: Node, message: str) -> str:
    """A message with the file and line of a node, where it was read from one."""
    return located(GraphQLError(message, node))
