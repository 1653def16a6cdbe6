"""The files of a folder of operations: one operation each, and those of `_…`, whose fragments are for all."""

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
    parse,
    visit,
)

SUFFIXES = (".gql", ".graphql")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
TAKEN = frozenset({"health", "static"})
"""Below the endpoint, with `openapi.json`, whose dot no name has."""

Fragments = dict[str, FragmentDefinitionNode]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that could be read. One that `is_shared` holds fragments for the others."""

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
    """What is wrong, by the name of the operation that it is wrong with."""

    def add(self, path: Path, message: str, line: int = 1, column: int = 1) -> None:
        self._add(path.stem, path, line, column, message)

    def add_located(self, path: Path, error: GraphQLError) -> None:
        """An error at the file and place of its first node; it is wrong with the operation of `path`."""
        at = error.locations[0] if error.locations else None
        where = error.source.name if error.source and at else path
        self._add(path.stem, where, *((at.line, at.column) if at else (1, 1)), error.message)

    def _add(self, name: str, where: object, line: int, column: int, message: str) -> None:
        first = message.partition("\n")[0].rstrip(": ")  # JMESPath's message draws the expression below itself
        self.setdefault(name, []).append(f"{where}:{line}:{column}: {first}")


def paths(folder: Path) -> list[Path]:
    """The files of a folder that hold operations or fragments; none of those that editors hide."""
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))
    return sorted(path for path in found if not path.is_dir())


def read(found: Iterable[Path], errors: Errors) -> list[File]:
    """The files that can be read, and whose names can be those of operations."""
    files: list[File] = []
    names: dict[str, Path] = {}
    for path in found:
        if (other := names.setdefault(path.stem, path)) is not path:
            errors.add(path, f"{other.name} has the same name.")
        if not path.stem.startswith("_") and (wrong := _name(path.stem)):
            errors.add(path, wrong)
        try:
            text = path.read_text(encoding="utf-8-sig")
            files.append(File(path=path, text=text, document=parse(Source(text, str(path)))))
        except GraphQLSyntaxError as exc:
            errors.add_located(path, exc)
        except (OSError, UnicodeDecodeError) as exc:
            errors.add(path, f"cannot be read: {exc}")
        except RecursionError:
            errors.add(path, "nests too deep.")
    return files


def _name(stem: str) -> str:
    """What is wrong with a name, empty where nothing is."""
    if stem in TAKEN:
        return f"{stem} is a path of the gateway's own; give the file another name."
    if not NAME.match(stem):
        return "the file's name is the operation's in the URL: letters, digits, '_' and '-', the first no '_' or '-'."
    return ""


def shared(files: Iterable[File], errors: Errors) -> Fragments:
    """The fragments that stand for all operations, by name."""
    fragments: Fragments = {}
    for file in files:
        for definition in file.document.definitions:
            if not isinstance(definition, FragmentDefinitionNode):
                errors.add_located(file.path, GraphQLError("a file of '_…' holds fragments only.", definition))
            elif fragments.setdefault(definition.name.value, definition) is not definition:
                first = fragments[definition.name.value]
                where = first.loc.source.name if first.loc else ""
                message = f"the fragment {definition.name.value} stands in {where}, too."
                errors.add_located(file.path, GraphQLError(message, definition))
    return fragments


def used(document: DocumentNode, fragments: Fragments) -> list[FragmentDefinitionNode]:
    """The shared fragments that a document spreads, and that these spread."""
    found: Fragments = {}
    own = {node.name.value for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    open_nodes: list[Node] = [document]
    while open_nodes:
        for name in _spread(open_nodes.pop()):
            if name in fragments and name not in found and name not in own:
                found[name] = fragments[name]
                open_nodes.append(fragments[name])
    return list(found.values())


def source_of(node: FragmentDefinitionNode) -> str:
    """A definition as its file has it."""
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
