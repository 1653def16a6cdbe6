"""The stored operations of one folder: loaded once, or again whenever a file has changed."""

from pathlib import Path

from graphql import GraphQLSchema

from restgql.documents.documents import Documents
from restgql.log import logger
from restgql.operations import files
from restgql.operations.check import load
from restgql.operations.stored import Operations
from restgql.schema.type_source import SchemaError

FileState = tuple[tuple[str, int, int], ...]


class OperationStore:
    """The operations of a folder, validated against a schema. Two threads may reload at once; the later result wins."""

    def __init__(self, folder: Path, schema: GraphQLSchema, documents: Documents) -> None:
        self._folder = folder
        self._schema = schema
        self._documents = documents
        self._file_state = _file_state(folder)
        self._operations = load(folder, schema, documents)

    def check(self) -> None:
        """Raise SchemaError with the errors of all operations, if there are any."""
        if self._operations.errors:
            raise SchemaError(self._operations.errors)

    def log_errors(self) -> None:
        """Log the errors of all operations."""
        for line in self._operations.errors:
            logger.error("%s", line)

    def operations(self, *, watch: bool) -> Operations:
        """Return the operations; with `watch`, reload them first if a file has changed."""
        if watch and (state := _file_state(self._folder)) != self._file_state:
            self._operations, self._file_state = load(self._folder, self._schema, self._documents), state
            self.log_errors()
        return self._operations


def _file_state(folder: Path) -> FileState:
    """Return the names, times and sizes of the files, which differ once a file is changed, added or removed."""
    entries = []
    for path in files.paths(folder):
        try:
            stat = path.stat()
        except OSError:  # the file was just removed, or is a broken link
            entries.append((path.name, 0, 0))
        else:
            entries.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(entries)
