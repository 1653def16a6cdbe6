"""OpenAPI 2.0, 3.0 and 3.1 documents as SDL with directives."""

from restgql.graph.openapi.generate import Generated, everything, generate
from restgql.graph.openapi.joins import Join
from restgql.graph.openapi.read import read

__all__ = ["Generated", "Join", "everything", "generate", "read"]
