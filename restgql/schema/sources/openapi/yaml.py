"""Parses YAML with the rules of OpenAPI (YAML 1.2, JSON schema). Limits are checked before any value is built."""

import importlib
import re
from typing import Any

from restgql.errors import ConfigError

MAX_NODES = 2_000_000
"""Nodes with every alias expanded: a few lines of aliases can expand to billions."""
MAX_DEPTH = 200
# YAML 1.2.2 section 10.3.2: `no`, `on` and `2020-01-01` are strings
_SCALARS = (
    ("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF"),
    ("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]+\Z"), "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"),
        "-+.0123456789",
    ),
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), "~nN\0"),
    ("tag:yaml.org,2002:merge", re.compile(r"<<\Z"), "<"),
)


def value(body: bytes, *, where: str) -> Any:
    """Parse a YAML text with PyYAML. Raises ConfigError."""
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as exc:
        raise ConfigError(f"{where} is not JSON, and YAML needs PyYAML: pip install 'restgql[yaml]'.") from exc
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _measure(yaml, yaml.parse(body, Loader=base), where)
        return yaml.load(body, Loader=_loader(yaml, base))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as exc:
        raise ConfigError(f"{where} is neither JSON nor YAML: {exc}") from exc


def _measure(yaml: Any, events: Any, where: str) -> None:
    """Count nodes with aliases expanded, from parser events. Raises ConfigError above a limit."""
    sizes: dict[str, int] = {}
    counts, anchors = [0], [""]
    for event in events:
        size = 0
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ConfigError(f"{where} uses the alias *{event.anchor} before or inside its anchor.")
            size = sizes[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            if event.anchor:
                sizes[event.anchor] = size
        elif isinstance(event, yaml.CollectionStartEvent):
            counts.append(1)
            anchors.append(event.anchor or "")
            sizes.pop(event.anchor, None)
        elif isinstance(event, yaml.CollectionEndEvent):
            size = counts.pop()
            if anchor := anchors.pop():
                sizes[anchor] = size
        counts[-1] += size
        if counts[-1] > MAX_NODES:
            raise ConfigError(f"{where} has more than {MAX_NODES} nodes with its aliases expanded.")
        if len(counts) > MAX_DEPTH:
            raise ConfigError(f"{where} is nested more than {MAX_DEPTH} deep.")


def _loader(yaml: Any, base: Any) -> Any:
    """Return a safe loader with the scalars of JSON. Keys are strings, as a status such as `200:` must be."""

    class Loader(base):  # type: ignore[misc]
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
            self.flatten_mapping(node)
            return {self._key(key): self.construct_object(item, deep=deep) for key, item in node.value}

        def _key(self, node: Any) -> str:
            if not isinstance(node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is not a scalar", node.start_mark)
            return str(node.value)

    for tag, pattern, first in _SCALARS:
        for character in first:
            Loader.yaml_implicit_resolvers.setdefault(character if character != "\0" else "", []).append((tag, pattern))
    return Loader
