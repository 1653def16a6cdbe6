"""The marks of tests by file or folder: which of them are slow, need the machine alone, or need another program."""

import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent

# A test has the marks of every row whose path is its file or a folder above it. pyproject.toml explains each mark.
MARKS: dict[str, tuple[str, ...]] = {
    "tests/aggregate/test_streaming.py": ("slow",),
    "tests/apps/test_apps.py": ("apps", "network", "slow"),
    "tests/apps/test_suites.py": ("apps", "network", "slow"),
    "tests/browser": ("browser", "slow"),
    "tests/browser/test_build.py": ("node", "network"),
    "tests/cache/test_gateway.py": ("slow",),
    "tests/cache/test_stores.py": ("slow",),
    "tests/clients": ("node", "network", "slow"),
    "tests/equality/test_generated.py": ("slow",),
    "tests/equality/test_generated_apps.py": ("slow",),
    "tests/equality/test_refused.py": ("slow",),
    "tests/equality/test_routes.py": ("slow",),
    "tests/equality/test_sessions.py": ("slow",),
    "tests/equality/test_stacks.py": ("slow",),
    "tests/execution/test_deadlines.py": ("slow",),
    "tests/execution/test_latency.py": ("slow",),
    "tests/execution/test_lost_threads.py": ("slow",),
    "tests/execution/test_own_thread.py": ("alone",),
    "tests/execution/test_thread_pool.py": ("slow",),
    "tests/extensions": ("slow",),
    "tests/formats/test_select.py": ("slow",),
    "tests/hardening": ("slow",),
    "tests/http/hostile": ("slow",),
    "tests/http/incremental": ("slow",),
    "tests/http/test_audits.py": ("node", "network", "slow"),
    "tests/http/test_cache_control.py": ("slow",),
    "tests/http/test_uploads.py": ("slow",),
    "tests/operations/test_openapi.py": ("slow",),
    "tests/respond/test_delivery.py": ("slow",),
    "tests/respond/test_graphql_js.py": ("node", "network", "slow"),
    "tests/schema/openapi/test_directory.py": ("node", "network", "slow"),
    "tests/schema/openapi/test_size.py": ("slow",),
    "tests/schema/test_differential.py": ("slow",),
    "tests/schema/test_pairs.py": ("slow",),
    "tests/servers": ("slow",),
    "tests/servers/test_oldest.py": ("floors", "network"),
    "tests/servers/test_overload.py": ("alone",),
    "tests/servers/test_soak.py": ("alone",),
    "tests/test_benchmarks.py": ("slow",),
    "tests/test_cli_output.py": ("slow",),
    "tests/test_demo.py": ("slow",),
    "tests/test_docs_examples.py": ("slow",),
    "tests/test_floors.py": ("floors", "network", "slow"),
    "tests/test_imports.py": ("slow",),
    "tests/test_instructions.py": ("slow",),
    "tests/test_serve.py": ("slow",),
    "tests/test_site.py": ("slow",),
    "tests/test_tutorial.py": ("slow",),
    "tests/upstream/test_http_client.py": ("slow",),
    "tests/upstream/test_typed.py": ("slow",),
}

# With several processes these start first, so that none of them is the last to end.
LONGEST = (
    "tests/test_floors.py",
    "tests/servers/test_oldest.py",
    "tests/apps",
    "tests/hardening/test_memory.py",
    "tests/hardening/test_cost.py",
    "tests/hardening/test_fuzz.py",
    "tests/browser",
)


def marks_of(path: str) -> set[str]:
    """Return the marks of a file, given as its path within the project."""
    return {mark for row, marks in MARKS.items() if is_within(path, row) for mark in marks}


PHASES: dict[str, Callable[[set[str]], bool]] = {
    "fast": lambda marks: not marks & {"slow", "alone"},
    "together": lambda marks: "alone" not in marks,
    "alone": lambda marks: "alone" in marks,
}
"""The parts that a run of the tests may have, each by the marks of its files."""


def is_within(path: str, row: str) -> bool:
    return path == row or path.startswith(f"{row}/")


def rank(path: str) -> int:
    """Return the place of a file in LONGEST, or the place after all of them."""
    return next((place for place, row in enumerate(LONGEST) if is_within(path, row)), len(LONGEST))


def path_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def group(node_id: str) -> str:
    """Return the group of a test, given as pytest's node id: one process runs all tests of a group, in their order.

    A group is a file, so that its module fixtures are made once. Two groups are smaller: the tests of one app share
    its environment, and each test that makes an environment of its own is a group.
    """
    path, _, test = node_id.partition("::")
    if "floors" in marks_of(path):
        return node_id
    parameter = re.search(r"\[(\w+)\]$", test)
    return f"tests/apps/{parameter[1]}" if parameter and "apps" in marks_of(path) else path
