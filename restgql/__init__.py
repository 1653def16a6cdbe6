"""A GraphQL gateway over the REST routes a Flask app already has.

The public names are imported on first use: `flask --help` loads this package in every app's environment.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        SchemaUnavailable,
        Unavailable,
        UpstreamError,
        UpstreamInvalid,
        UpstreamStatus,
        UpstreamTimeout,
    )
    from restgql.extension import Gateway
    from restgql.schema.graphene_types import Get
    from restgql.schema.json_scalar import JSON
    from restgql.schema.scalars import Upload
    from restgql.schema.type_source import SchemaError
    from restgql.sub_response import SubResponse as Response
    from restgql.testing import Scripted
    from restgql.upstream.marks import expose, hide

__version__ = "0.2.0"

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
    "SchemaUnavailable",
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

_ELSEWHERE = {
    "JSON": "schema.json_scalar:JSON",
    "Gateway": "extension:Gateway",
    "Get": "schema.graphene_types:Get",
    "Response": "sub_response:SubResponse",
    "SchemaError": "schema.type_source:SchemaError",
    "Scripted": "testing:Scripted",
    "Upload": "schema.scalars:Upload",
    "expose": "upstream.marks:expose",
    "hide": "upstream.marks:hide",
}
"""The public names that are not in `restgql.errors`."""

if not TYPE_CHECKING:  # hidden from type checkers, which would accept any name of the package

    def __getattr__(name):
        """Import a public name."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, _, own_name = _ELSEWHERE.get(name, f"errors:{name}").partition(":")
        value = getattr(import_module(f"restgql.{module}"), own_name)
        return globals().setdefault(name, value)

    def __dir__():
        return sorted({*globals(), *__all__})
