"""Why a part of an OpenAPI document cannot be typed."""

from restgql.errors import ConfigError


class DocumentProblem(ConfigError):
    """A part of a document has no type in GraphQL; it becomes JSON, and this message is the reason given for it."""


class Excluded(DocumentProblem):
    """The document or the configuration wants no field for an operation."""
