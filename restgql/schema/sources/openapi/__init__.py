"""OpenAPI 2.0, 3.0 and 3.1 documents as SDL with directives."""

from restgql.schema.sources.openapi.from_document import GeneratedSdl, everything, generate
from restgql.schema.sources.openapi.proposed_joins import ProposedJoin
from restgql.schema.sources.openapi.read import check, read

__all__ = ["GeneratedSdl", "ProposedJoin", "check", "everything", "generate", "read"]
