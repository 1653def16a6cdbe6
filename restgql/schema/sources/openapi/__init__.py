"""Generates SDL with directives from OpenAPI documents (2.0, 3.0, 3.1, 3.2)."""

from restgql.schema.sources.openapi.from_document import GeneratedSdl, generate
from restgql.schema.sources.openapi.proposed_joins import ProposedJoin
from restgql.schema.sources.openapi.read import check, read

__all__ = ["GeneratedSdl", "ProposedJoin", "check", "generate", "read"]
