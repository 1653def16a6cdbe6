"""A GraphQL gateway over the REST routes a Flask app already has."""

from restgql.errors import (
    BadPath,
    BadRequest,
    BadSelect,
    Cancelled,
    ClientError,
    ConfigError,
    GatewayError,
    LimitExceeded,
    MissingParameter,
    NestedRequest,
    NotAllowed,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
    RestgqlError,
    Unavailable,
    UpstreamError,
    UpstreamInvalid,
    UpstreamStatus,
    UpstreamTimeout,
)
from restgql.extension import Gateway
from restgql.schema.documents import SchemaError
from restgql.schema.json_scalar import JSON
from restgql.schema.scalars import Upload
from restgql.schema.user_types import Get
from restgql.sub_response import SubResponse as Response
from restgql.testing import Scripted
from restgql.upstream.marks import expose, hide

__version__ = "0.1.0"

__all__ = [
    "JSON",
    "BadPath",
    "BadRequest",
    "BadSelect",
    "Cancelled",
    "ClientError",
    "ConfigError",
    "Gateway",
    "GatewayError",
    "Get",
    "LimitExceeded",
    "MissingParameter",
    "NestedRequest",
    "NotAllowed",
    "PersistedQueryNotFound",
    "PersistedQueryNotSupported",
    "Response",
    "RestgqlError",
    "SchemaError",
    "Scripted",
    "Unavailable",
    "Upload",
    "UpstreamError",
    "UpstreamInvalid",
    "UpstreamStatus",
    "UpstreamTimeout",
    "expose",
    "hide",
]
