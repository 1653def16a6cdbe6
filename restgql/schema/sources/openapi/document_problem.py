"""The reason why a part of an OpenAPI document cannot be typed."""

from restgql.errors import ConfigError


class DocumentProblem(ConfigError):
    """A part of a document has no GraphQL type. It becomes JSON, or has no field, for the reason in the message."""


class Excluded(DocumentProblem):
    """The document or the configuration excludes an operation."""
