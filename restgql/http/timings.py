"""The timings of each sub-request: `extensions.restgql`, and Server-Timing (W3C)."""

from collections.abc import Sequence
from typing import Any

from restgql.model import Timing

MAX_PARTS = 20
"""The most sub-requests in a Server-Timing field: browsers show few, and proxies limit the header's size."""


def extension(timings: Sequence[Timing]) -> dict[str, Any]:
    """Return the `extensions` of a GraphQL response, times in milliseconds."""
    return {
        "restgql": {
            "requests": [
                {
                    "path": timing.path,
                    "start": _milliseconds(timing.start),
                    "duration": _milliseconds(timing.duration),
                    "waiting": _milliseconds(timing.waiting),
                    "status": timing.status,
                    "source": timing.source,
                    "thread": timing.thread,
                }
                for timing in timings
            ]
        }
    }


def server_timing(timings: Sequence[Timing]) -> str:
    """Return the field value: a metric for each sub-request."""
    return ", ".join(
        f'r{number};desc="{_quoted(f"{timing.status} {timing.path}, {timing.source}")}"'
        f";dur={_milliseconds(timing.duration)}"
        for number, timing in enumerate(timings[:MAX_PARTS])
    )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _quoted(text: str) -> str:
    return text[:100].replace("\\", "\\\\").replace('"', '\\"')
