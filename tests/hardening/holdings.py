"""The sizes of the caches and containers that outlive a request."""

import functools
import gc
import sys
import types
from collections.abc import Iterator
from typing import Any

import flask
import graphql
import msgspec

from tests.hardening.measure import MEGABYTE

_LRU = functools._lru_cache_wrapper
_CONTAINERS = (dict, list, set, frozenset, tuple)
# The code and the schema of an app are no cache; graphql's schema keeps its AST.
_NEVER = (type, types.ModuleType, types.CodeType, types.FrameType, flask.Flask, graphql.GraphQLSchema)


def caches() -> Iterator[tuple[str, Any]]:
    """Yield each functools.lru_cache of restgql, each container in its modules, and the state of each gateway."""
    for value in gc.get_objects():
        if isinstance(value, _LRU) and (value.__module__ or "").startswith("restgql"):
            yield f"{value.__module__}.{value.__qualname__}", value
        elif isinstance(value, flask.Flask):
            for name, state in value.extensions.get("restgql", {}).items():
                yield f"the gateway {name!r} of an app", state
    for module_name, module in list(sys.modules.items()):
        if module_name.split(".")[0] == "restgql":
            for name, value in list(vars(module).items()):
                if not isinstance(value, (*_NEVER, types.FunctionType, _LRU)) and not name.startswith("__"):
                    yield f"{module_name}.{name}", value


def sizes() -> dict[str, float]:
    """Return the megabytes that each of these holds, and that none before it does."""
    seen: set[int] = set()
    found: dict[str, float] = {}
    for name, value in sorted(caches(), key=lambda pair: pair[0]):
        found[name] = found.get(name, 0.0) + deep_size(value, seen) / MEGABYTE
    return found


def deep_size(root: Any, seen: set[int]) -> int:
    """Return the bytes of an object and of all that only data leads to: no class, module or app."""
    size, waiting = 0, [root]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, _NEVER):
            continue
        seen.add(id(value))
        size += sys.getsizeof(value, 0)
        waiting.extend(_parts(value))
    return size


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        yield from (cell.cell_contents for cell in getattr(value, "__closure__", None) or () if _is_full(cell))
        yield getattr(value, "__self__", None)
    elif isinstance(value, msgspec.Struct):  # it may be none that the collector tracks
        yield from (getattr(value, name, None) for name in value.__struct_fields__)
    elif isinstance(value, str | bytes | int | float):
        return
    else:
        yield from gc.get_referents(value)


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def large(size: int = 1_000_000) -> dict[int, int]:
    """Return the sizes of the large strings and bytes that the process has, by their id."""
    found: dict[int, int] = {}
    seen: set[int] = set()
    waiting = gc.get_objects()
    while waiting:
        value = waiting.pop()
        if isinstance(value, str | bytes | bytearray):
            if len(value) >= size:
                found[id(value)] = len(value)
        elif id(value) not in seen:
            seen.add(id(value))
            waiting.extend(part for part in gc.get_referents(value) if not gc.is_tracked(part))
    return found
