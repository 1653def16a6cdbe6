"""The files of a folder of operations: one operation each, and fragments shared by all in files named `_…`."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    Source,
    Visitor,
    visit,
)

from restgql import graphql_core
from restgql.configured_path import is_folder
from restgql.errors import first_line

SUFFIXES = (".gql", ".graphql")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
RESERVED = frozenset({"health", "static"})
"""The gateway's own paths below the endpoint, besides `openapi.json`: names of operations have no dot."""

Fragments = dict[str, FragmentDefinitionNode]


class OperationFile(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed file. If it `is_shared`, it contains fragments for the others."""

    path: Path
    text: str
    document: DocumentNode

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def is_shared(self) -> bool:
        return self.name.startswith("_")


class Errors(dict[str, list[str]]):
    """The error messages of files, by the name of the operation."""

    def add(self, path: Path, message: str, line: int = 1, column: int = 1) -> None:
        self._add(path.stem, path, line, column, message)

    def add_located(self, path: Path, error: GraphQLError) -> None:
        """Add an error of the operation of `path`, with the file and location of the error's first node."""
        at = error.locations[0] if error.locations else None
        where = error.source.name if error.source and at else path
        self._add(path.stem, where, *((at.line, at.column) if at else (1, 1)), error.message)

    def _add(self, name: str, where: object, line: int, column: int, message: str) -> None:
        self.setdefault(name, []).append(f"{where}:{line}:{column}: {first_line(message)}")


def paths(folder: Path) -> list[Path]:
    """Return the files of a folder that contain operations or fragments, without hidden files of editors."""
    if not is_folder(folder):
        return []
    candidates = (path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))
    return sorted(path for path in candidates if not path.is_dir())


def read(file_paths: Iterable[Path], errors: Errors) -> list[OperationFile]:
    """Parse files. Adds an error for each that cannot be read, and for each name that no operation may have."""
    files: list[OperationFile] = []
    names: dict[str, Path] = {}
    for path in file_paths:
        if (other := names.setdefault(path.stem, path)) is not path:
            errors.add(path, f"{other.name} has the same name.")
        if not path.stem.startswith("_") and (problem := _name_problem(path.stem)):
            errors.add(path, problem)
        try:
            text = path.read_text(encoding="utf-8-sig")
            files.append(OperationFile(path=path, text=text, document=graphql_core.parse(Source(text, str(path)))))
        except GraphQLSyntaxError as exc:
            errors.add_located(path, exc)
        except (OSError, UnicodeDecodeError) as exc:
            errors.add(path, f"cannot be read: {exc}")
        except RecursionError:
            errors.add(path, "nests too deep.")
    return files


def _name_problem(stem: str) -> str:
    """Return the reason why an operation may not have a name, or "" if it may."""
    if stem in RESERVED:
        return f"{stem} is a path of the gateway's own; give the file another name."
    if not NAME.match(stem):
        return "the file's name is the operation's in the URL: letters, digits, '_' and '-', the first no '_' or '-'."
    return ""


def shared(files: Iterable[OperationFile], errors: Errors) -> Fragments:
    """Return the fragments that all operations share, by name."""
    fragments: Fragments = {}
    for file in files:
        for definition in file.document.definitions:
            if not isinstance(definition, FragmentDefinitionNode):
                errors.add_located(file.path, GraphQLError("a file of '_…' must contain only fragments.", definition))
            elif fragments.setdefault(definition.name.value, definition) is not definition:
                first = fragments[definition.name.value]
                where = first.loc.source.name if first.loc else ""
                message = f"the fragment {definition.name.value} is also in {where}."
                errors.add_located(file.path, GraphQLError(message, definition))
    return fragments


def used(document: DocumentNode, fragments: Fragments) -> list[FragmentDefinitionNode]:
    """Return the shared fragments that a document spreads, directly or through others."""
    spread: Fragments = {}
    own = {node.name.value for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    open_nodes: list[Node] = [document]
    while open_nodes:
        for name in _spread(open_nodes.pop()):
            if name in fragments and name not in spread and name not in own:
                spread[name] = fragments[name]
                open_nodes.append(fragments[name])
    return list(spread.values())


def source_of(node: FragmentDefinitionNode) -> str:
    """Return the text of a definition in its file."""
    assert node.loc is not None, "files are parsed with locations"
    return node.loc.source.body[node.loc.start : node.loc.end]


def _spread(node: Node) -> Iterator[str]:
    spreads = _Spreads()
    visit(node, spreads)
    yield from spreads.names


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.append(node.name.value)
