"""Request every GET route of one app directly and through the gateway, and write the differences as JSON.

Runs in the app's own environment: `python -m tests.apps.run NAME FOLDER`.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from restgql import Gateway
from tests.apps.compare import Difference, Mask, cookie_differences, fetch_differences, part_differences
from tests.apps.in_process import InProcessClient
from tests.apps.url_paths import paths_of
from tests.equality import rule
from tests.equality.client import Answer, Headers

TRIES = 3
PART = 20
NO_FIELDS = "{ __typename }"


def main(name: str, folder: Path) -> None:
    description = import_module(f"tests.apps.catalog.{name}")
    app = description.create(folder)
    Gateway(app, routes=["*"], max_subrequests=500, profile="hardened", **getattr(description, "OPTIONS", {}))
    if hasattr(description, "populate"):
        description.populate(app.test_client())
    left_out = getattr(description, "LEFT_OUT", {})
    paths = paths_of(app.url_map, description.ARGUMENTS, getattr(description, "PATHS", ()))
    unknown = set(left_out) - set(paths)
    assert not unknown, f"LEFT_OUT names paths that the app does not have: {unknown}"
    comparison = Comparison(app, description, [path for path in paths if path not in left_out])
    differences = list(comparison.differences())
    report = {"paths": len(comparison.paths), "answered": len(comparison.answered), "differences": differences}
    (folder / "report.json").write_text(json.dumps(report, indent=1, default=repr))


class Comparison:
    """The comparison of one app: each identity, each promise of threads, each path, the first and second time."""

    def __init__(self, app: Any, description: Any, paths: list[str]) -> None:
        self.app = app
        self.description = description
        self.paths = paths
        self.answered: set[str] = set()
        self.mask = Mask([re.compile(pattern) for pattern in getattr(description, "VOLATILE", ())])

    def differences(self) -> Iterator[dict[str, Any]]:
        for identity, headers in self.identities():
            for multithread in (False, True):
                client = InProcessClient(self.app, headers=headers, multithread=multithread)
                pass_ = Pass(self, client)
                for path, difference in pass_.differences():
                    yield {"path": path, "identity": identity, "multithread": multithread, **asdict(difference)}

    def identities(self) -> Iterator[tuple[str, Headers]]:
        """Yield the callers: `anonymous`, and `user` where the description has HEADERS or a login."""
        yield "anonymous", []
        headers = list(getattr(self.description, "HEADERS", {}).items())
        if hasattr(self.description, "login"):
            client = self.app.test_client()
            self.description.login(client)
            headers.append(("Cookie", client.get("/").request.headers["Cookie"]))
        if headers:
            yield "user", headers


class Pass:
    """All paths of an app for one caller."""

    def __init__(self, comparison: Comparison, client: InProcessClient) -> None:
        self.comparison = comparison
        self.client = client
        self.mask = comparison.mask
        self.baseline = client.query(NO_FIELDS)
        self.last: dict[str, Answer] = {}
        """The last direct response of the path that is compared."""

    def differences(self) -> Iterator[tuple[str, Difference]]:
        for path in self.comparison.paths:
            for time in ("first", "second"):
                for difference in self.again(self.fetched, path):
                    yield f"{path} ({time} time)", difference
            del self.last[path]
        for start in range(0, len(self.comparison.paths), PART):
            yield from self.aggregated(self.comparison.paths[start : start + PART])

    def again(self, compared: Any, path: str) -> list[Difference]:
        """Compare up to TRIES times: what two direct requests happen to share may differ in the next."""
        for _ in range(TRIES):
            differences = list(compared(path))
            if not differences:
                break
        return differences

    def direct(self, path: str) -> Answer:
        return self.client.get(path, rule.carried([]))

    def fetched(self, path: str) -> Iterator[Difference]:
        before = self.last.get(path) or self.direct(path)
        through = self.client.fetch(path)
        after = self.last[path] = self.direct(path)
        if 200 <= before.status < 300:
            self.comparison.answered.add(path)
        yield from fetch_differences(before, after, through, self.mask)
        yield from cookie_differences([before], through.outer, self.baseline)

    def aggregated(self, paths: list[str]) -> Iterator[tuple[str, Difference]]:
        """Compare the parts of one `/aggregate`, and those that differ once more alone."""
        before = [self.hops(path) for path in paths]
        parts = self.client.aggregate(paths, PARTS_ACCEPT)
        after = [self.hops(path) for path in paths]
        for path, first, second in zip(paths, before, after, strict=True):
            if list(part_differences(first, second, parts[path], self.mask)):
                for difference in self.again(self.aggregated_alone, path):
                    yield path, difference

    def aggregated_alone(self, path: str) -> Iterator[Difference]:
        before = self.hops(path)
        part = self.client.aggregate([path], PARTS_ACCEPT)[path]
        yield from part_differences(before, self.hops(path), part, self.mask)

    def hops(self, path: str) -> list[rule.Hop]:
        return rule.followed(self.client, path, rule.carried([]))


PARTS_ACCEPT: Headers = ()

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
