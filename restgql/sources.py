"""Where the types of a gateway come from: each source is SDL with directives, and the earlier ones win."""

from pathlib import Path

from flask import Flask
from graphql import GraphQLSchema

from restgql.config import Config
from restgql.graph import core, documents
from restgql.graph.compile import compile
from restgql.graph.documents import Definitions


def definitions(config: Config, app: Flask) -> list[Definitions]:
    """What the configuration names, in the order in which it wins. Raises SchemaError."""
    found: list[Definitions] = []
    if config.schema is not None:
        found += documents.read(Path(app.root_path) / config.schema)
    return found


def schema(config: Config, app: Flask) -> GraphQLSchema:
    """The schema of a gateway on an app. Raises SchemaError with all that is wrong."""
    found = definitions(config, app)
    return compile(core.build(), found, camel_case=config.camel_case) if found else core.build()
