"""OpenAPI 2.0, 3.0 and 3.1 documents as SDL with directives."""

from restgql.schema.sources.openapi.generate import Generated, everything, generate
from restgql.schema.sources.openapi.joins import Join
from restgql.schema.sources.openapi.read import check, read

__all__ = ["Generated", "Join", "check", "everything", "generate", "read"]
