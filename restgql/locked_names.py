"""The file of RESTGQL_OPENAPI_NAMES, which keeps the names of fields from OpenAPI operations."""

from pathlib import Path

from restgql.config import Config
from restgql.errors import ConfigError
from restgql.formats import json

WRITER = "flask restgql schema --write-names"


def read(config: Config, root: Path) -> dict[str, str]:
    """Return the names of the file, or none if there is no file yet. Raises ConfigError."""
    path = _path(config, root)
    if path is None or not path.is_file():
        return {}
    try:
        names: dict[str, str] = json.value(path.read_bytes(), dict[str, str])
    except (json.NotJson, OSError) as exc:
        raise ConfigError(
            f"openapi_names = {config.openapi_names!r}: it is not a JSON object of names: {exc}. "
            f"Without the file, `{WRITER} FILE` writes a new one."
        ) from exc
    return names


def warnings(config: Config, root: Path) -> list[str]:
    """Return the warning about a file that does not exist: its names would be ignored silently."""
    path = _path(config, root)
    if path is None or path.is_file():
        return []
    text = f"RESTGQL_OPENAPI_NAMES names {path}, and there is no such file, so names can change when routes are added."
    return [f"{text} `{WRITER} {path}` writes it."]


def _path(config: Config, root: Path) -> Path | None:
    return root / config.openapi_names if config.openapi_names else None
