"""The stored operations of one folder: read once, or again whenever a file of it has changed."""

import logging
from pathlib import Path

from graphql import GraphQLSchema

from restgql.documents.documents import Documents
from restgql.operations import files
from restgql.operations.check import load
from restgql.operations.stored import Operations
from restgql.schema.documents import SchemaError

logger = logging.getLogger("restgql")

State = tuple[tuple[str, int, int], ...]


class OperationStore:
    """The operations of a folder, which are held to a schema. Of two threads that read it at once one is in vain."""

    def __init__(self, folder: Path, schema: GraphQLSchema, documents: Documents) -> None:
        self._folder = folder
        self._schema = schema
        self._documents = documents
        self._state = _state(folder)
        self._operations = load(folder, schema, documents)

    def check(self) -> None:
        """Raises SchemaError for all that is wrong with any of them."""
        if self._operations.errors:
            raise SchemaError(self._operations.errors)

    def say(self) -> None:
        """Log all that is wrong with any of them."""
        for line in self._operations.errors:
            logger.error("%s", line)

    def operations(self, *, watch: bool) -> Operations:
        """The operations as they were read; as the files are now, if they are to be watched."""
        if watch and (state := _state(self._folder)) != self._state:
            self._operations, self._state = load(self._folder, self._schema, self._documents), state
            self.say()
        return self._operations


def _state(folder: Path) -> State:
    """What changes when a file does, comes or goes."""
    found = []
    for path in files.paths(folder):
        try:
            stat = path.stat()
        except OSError:  # it has gone meanwhile, or leads nowhere
            found.append((path.name, 0, 0))
        else:
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(found)
