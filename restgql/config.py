"""The configuration: one table of keys. An argument wins over `app.config`, which wins over the default."""

import ast
import os
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from restgql.debug_log import listed
from restgql.errors import ConfigError
from restgql.formats import json
from restgql.formats.headers import ACCEPT, is_token, is_value, may_leave, never_set
from restgql.meter import Limits
from restgql.unknown_keys import unknown_key
from restgql.upstream_settings import OPENAPI_FORMS, documents_of, is_document_source, settings_of

PREFIX = "RESTGQL_"

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
CACHES = re.compile(r"memory\Z|sqlite:(?!/*\Z|//).|rediss?://.")
UrlPath = Annotated[str, msgspec.Meta(pattern=r"^/[^?#]*[^/?#]$")]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each field `x` is the key `RESTGQL_X` and the argument `x` of `Gateway`. Sizes are bytes."""

    graphql_path: UrlPath | None = "/graphql"
    aggregate_path: UrlPath | None = "/aggregate"
    url_prefix: UrlPath | None = None

    profile: Literal["open", "hardened"] | None = None
    routes: list[str] | None = None
    untyped: bool = True
    verbs: list[Verb] = msgspec.field(default_factory=lambda: ["GET"])
    accept: str = ACCEPT
    subrequest_headers: list[str] = msgspec.field(default_factory=list)
    upstreams: dict[str, Any] = msgspec.field(default_factory=dict)
    upstream_headers: list[str] = msgspec.field(default_factory=list)

    schema: str | None = None
    openapi: Any = None
    openapi_names: str | None = None
    annotations: bool = False
    joins: list[str] = msgspec.field(default_factory=list)
    camel_case: bool = False

    introspection: bool | None = None
    suggestions: bool | None = None
    routes_field: bool | None = None
    get: Literal["any", "persisted", "stored", "off"] | None = None

    operations: str | None = None
    persisted_documents: str | list[str] | None = None
    apq: bool = True
    apq_entries: Count = 1_000
    apq_bytes: Count = 4_000_000
    operations_only: Literal["log"] | bool = False

    graphiql: bool | None = None
    graphiql_query: str = "query {\n  routes {\n    path\n    description\n  }\n}\n"
    graphiql_title: str = "GraphiQL"

    timings: bool | str | None = None

    cache: str | None = None
    cache_entries: Positive = 10_000
    cache_bytes: Positive = 100_000_000
    cache_identity: list[str] = msgspec.field(default_factory=list)

    max_body: Count = 1_000_000
    max_batch: Count = 0
    max_upload: Count = 16_000_000
    max_files: Count = 100
    max_document: Count = 65_536
    max_tokens: Count = 2_000
    max_depth: Count = 12
    max_aliases: Count = 100
    max_directives: Count = 50
    max_fields: Count = 1_000
    max_subrequests: Count = 50
    max_typed_subrequests: Count = 500
    max_reply: Count = 5_000_000
    max_replies: Count = 20_000_000
    max_nodes: Count = 10_000
    max_values: Count = 100_000
    max_elements: Count = 100_000
    max_expansion: Count = 1_000_000
    max_output: Count = 10_000_000

    deadline: Seconds = 25.0
    subrequest_timeout: Seconds = 20.0
    in_flight: Positive = 16
    threads: Positive = 32
    max_waiting: Count = 32
    hooks: bool = True
    sequential: Literal["server"] | bool | None = None
    single_flight: bool = False
    verify: bool = False

    def __post_init__(self) -> None:
        for name in self.subrequest_headers:
            if not is_token(name):
                raise ValueError(f"{name!r} is not the name of a header field, such as 'X-Tenant'")
            if never_set(name):
                raise ValueError(f"the header {name} can never be set by a field")
        for name in self.upstream_headers:
            if not may_leave(name):
                raise ValueError(f"the header {name} can never leave for an upstream")
        if not self.accept.strip() or not is_value(self.accept):
            raise ValueError("accept is the value of a header field, such as 'application/vnd.api+json'")
        for prefix, entry in self.upstreams.items():
            settings_of(prefix, entry)
        if self.cache is not None and not CACHES.match(self.cache):
            raise ValueError("it is 'memory', 'sqlite:PATH' or 'redis://HOST:PORT/DB', and None without a cache")
        if not all(map(is_document_source, documents_of(self.openapi))):
            raise ValueError(f"{OPENAPI_FORMS}; also a path of the app, such as '/openapi.json', or 'auto'")

    @property
    def unsafe_verbs(self) -> tuple[str, ...]:
        """The methods of the untyped fields of Mutation."""
        return tuple(verb for verb in self.verbs if verb != "GET")


def limits_of(config: Config, *, stored: bool = False) -> Limits:
    """Return the limits of one operation. A `stored` one may make as many untyped sub-requests as typed ones."""
    limits = Limits(**{name: getattr(config, name) for name in Limits.__struct_fields__})
    most = max(config.max_subrequests, config.max_typed_subrequests)
    return msgspec.structs.replace(limits, max_subrequests=most) if stored else limits


# Python literals that users write in environment variables, with the JSON that they mean.
_PYTHON_LITERALS = {"True": "true", "False": "false", "None": "null"}
_WITHOUT_QUOTES = "it is a string here; write {} without quotes"
_GIT_BASH = re.compile(r"[A-Za-z]:[/\\]")


def load(arguments: Mapping[str, Any], app_config: Mapping[str, Any]) -> Config:
    """Load the configuration of one gateway on one app.

    Raises ConfigError, which names the key, and for an unknown key the nearest one.
    """
    fields = Config.__struct_fields__
    values_by_field: dict[str, Any] = {}
    _check_nested(app_config)
    sources = (
        {key.removeprefix(PREFIX).lower(): key for key in app_config if key.startswith(PREFIX)},
        {key: key for key in arguments},
    )
    for spelling, values in zip(sources, (app_config, arguments), strict=True):
        for field, key in spelling.items():
            if field not in fields:
                raise ConfigError(unknown_key(key, PREFIX, fields))
            values_by_field[field] = _checked(field, key, values[key])
    return msgspec.convert(values_by_field, Config)


def _check_nested(app_config: Mapping[str, Any]) -> None:
    """Raise ConfigError for keys within a mapping, which `FLASK_RESTGQL__X` also makes of the environment."""
    nested = app_config.get(PREFIX.rstrip("_"))
    if isinstance(nested, Mapping):
        keys = [f"{PREFIX}{key}" for key in nested]
        raise ConfigError(
            f"RESTGQL is a mapping of {listed(nested)} in app.config. Write each as a key of its own: {listed(keys)}. "
            "In the environment, one underscore follows FLASK_RESTGQL."
        )


def _checked(field: str, key: str, value: Any) -> Any:
    """Validate a value by the type of its field. A set is not accepted as a list: the order of patterns matters.

    Raises ConfigError.
    """
    if isinstance(value, set | frozenset):
        raise ConfigError(f"{key} = {value!r}: a set has no order; a list has.")
    in_environment = f"FLASK_{key}" in os.environ
    if isinstance(value, str) and value in _PYTHON_LITERALS:
        literal = _PYTHON_LITERALS[value]
        cure = f"a value of the environment is JSON, so it is {literal} there" if in_environment else _WITHOUT_QUOTES
        raise ConfigError(f"{key} = {value!r}: {cure.format(value)}.")
    if field in _PATHS and (value == "" or (isinstance(value, list) and "" in value)):
        raise ConfigError(
            f"{key} = {value!r}: an empty path names no file. Leave {key} out, or set it to the path of a file."
        )
    try:
        msgspec.convert({field: value}, Config)
    except msgspec.ValidationError as exc:
        message = _plain(str(exc), field, value)
        choices = ", ".join(map(repr, _choices(get_type_hints(Config)[field])))
        if message.startswith("Invalid enum value"):
            message += f"; it takes {choices}"
        elif "'" in choices and "at [" not in message and not isinstance(_EXAMPLES.get(field), list):
            message = f"it takes {choices}"
        if in_environment:
            message += _in_environment(field, key, value, lists_choices="it takes '" in message)
        raise ConfigError(f"{key} = {redact(value)!r}: {message}.") from exc
    return value


_PATHS = frozenset({"schema", "openapi", "openapi_names", "operations", "persisted_documents"})
_MISFIT = re.compile(r"Expected `(?P<types>[^`]*)`(?P<bound> [<>]=? [0-9.]+)?(?:, got `(?P<actual>\w+)`)?")
_KINDS = {
    "array": "a list",
    "bool": "True or False",
    "float": "a number",
    "int": "a whole number",
    "null": "None",
    "object": "a mapping",
    "str": "a string",
}
_EXAMPLES: dict[str, Any] = {
    "aggregate_path": "/aggregate",
    "annotations": True,
    "cache": "memory",
    "cache_identity": ["Authorization"],
    "graphql_path": "/graphql",
    "joins": ["Post.author"],
    "routes": ["/api/*", "!/api/admin/*"],
    "subrequest_headers": ["X-Tenant"],
    "upstream_headers": ["X-Tenant"],
    "upstreams": {"/shop": "https://shop.example"},
    "url_prefix": "/v1",
    "verbs": ["GET", "POST"],
}


def _in_environment(field: str, key: str, value: Any, *, lists_choices: bool) -> str:
    """Return how a value of the environment is written, as the end of a message."""
    example = _example(field, value)
    if isinstance(value, str) and _GIT_BASH.match(value) and isinstance(example, str):
        return "; Git Bash rewrites a value that begins with a slash, unless MSYS_NO_PATHCONV=1 is set"
    if value == "":
        return "; remove the variable, or write null"
    if isinstance(value, str) and value[0] == value[-1] == "'":
        return f"; a value of the environment is JSON, which has no single quotes: FLASK_{key}={value[1:-1]}"
    if lists_choices:
        return ""
    if isinstance(example, list):
        return f"; a value of the environment is JSON, FLASK_{key}='{json.encode(example).decode()}'"
    booleans = ": true or false" if bool in get_args(get_type_hints(Config)[field]) else ""
    return f"; a value of the environment is JSON{booleans}"


def _example(field: str, value: Any) -> Any:
    """Return a valid value of a field for a message, made of a text where a list is expected; None if there is none."""
    example = _EXAMPLES.get(field)
    if not isinstance(example, list) or not isinstance(value, str):
        return example
    try:
        texts = ast.literal_eval(value) if value.startswith("[") else value.split(",")
        own = [text.strip() for text in texts]
        msgspec.convert({field: own}, Config)
    except (ValueError, SyntaxError, AttributeError, RecursionError, MemoryError):
        return example
    return own


def _plain(message: str, field: str, value: Any) -> str:
    """Return the message of msgspec for a value of the wrong type in plain words, with an example."""
    message, _, place = message.partition(" - at ")
    match = _MISFIT.match(message)
    if match is None:
        return message
    example = _example(field, value)
    if example is None and {match["types"]} <= {"int", "float"}:
        example = getattr(Config(), field)
    shown = "" if example is None else f", such as {example!r}"
    if "matching regex" in message:
        return f"it takes a path{shown}, which begins with a slash and ends without one"
    kinds = " or ".join(_KINDS.get(each, each) for each in match["types"].split(" | "))
    at = place.strip("`").removeprefix(f"$.{field}")
    actual = {"True or False": repr(value)}.get(kind := _KINDS.get(match["actual"], ""), kind)
    wrong = f", not {actual}" if actual and actual != "None" else ""
    where = f"at {at} " if at else ""
    return f"{where}it takes {kinds}{match['bound'] or ''}{'' if at else shown}{wrong}"


def _choices(of: Any) -> Iterator[Any]:
    """Yield the values that a type with Literals accepts."""
    if get_origin(of) is Literal:
        yield from get_args(of)
        return
    if of is bool:
        yield from (True, False)
    for part in get_args(of):
        yield from _choices(part)


def redact(value: Any) -> Any:
    """Return a value without credentials: those in its URLs, and everything that a mapping within it nests."""
    if isinstance(value, Mapping):
        return {key: "…" if isinstance(item, Mapping | list) else redact(item) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    shown = f"…{value[value.rindex('@') :]}" if "@" in value else value
    return f"{shown.partition('?')[0]}?…" if "?" in shown and "://" in value else shown
