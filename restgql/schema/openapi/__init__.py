"""OpenAPI 2.0, 3.0 and 3.1 documents as SDL with directives."""

from restgql.schema.openapi.generate import Generated, everything, generate
from restgql.schema.openapi.joins import Join
from restgql.schema.openapi.read import read

__all__ = ["Generated", "Join", "everything", "generate", "read"]
