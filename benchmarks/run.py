"""`python3 start.py bench`: each figure as a ratio within one interleaved run, beside the one to reach."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import inside, measure, mobile, stored
from benchmarks.measure import Round

# What is compared, with what, and the ratio to reach: at most, or with a minus sign at least. None: it is only shown.
# Over several cores it is as much that of waking an idle one, which takes a virtual machine 20 to 100 µs.
Rows = tuple[tuple[str, str, float | None], ...]
ONE_CORE: Rows = (
    ("plan to replies", "ten one by one", 1.10),
    ("POST /aggregate", "ten one by one", 1.25),
    ("POST /graphql", "ten one by one", 1.25),
)
ALL_CORES: Rows = (
    ("plan to replies", "ten one by one", 1.10),
    ("POST /aggregate", "ten one by one", None),
    ("POST /graphql", "ten one by one", None),
)
PROXIED: Rows = tuple((case, base, None) for case, base, _ in ONE_CORE)
SLOW: Rows = (
    ("ten of 50 ms in a batch", "one of 50 ms", 1.06),
    ("one of 50 ms, then ten that need it", "one of 50 ms", 2.12),
)
MOBILE: Rows = (
    ("one query", "HTTP/2, all words at once", 0.55),
    ("HTTP/1.1 keep-alive, one by one", "one query", -5.0),
)
# 5 µs a hit, where a request takes 58
STORED: Rows = (("ten fresh hits in memory", "ten one by one", 0.086),)


def quick() -> list[Round]:
    return measure.rounds(inside.quick(), count=60, seconds=0.025)


def proxied() -> list[Round]:
    return measure.rounds(inside.quick(proxied=True), count=60, seconds=0.025)


def slow() -> list[Round]:
    return measure.rounds(inside.slow(), count=7, seconds=0.1)


GROUPS: dict[str, tuple[Callable[[], list[Round]], Rows]] = {
    "quick": (lambda: measure.on_one_core(quick), ONE_CORE),
    "quick-all-cores": (quick, ALL_CORES),
    "quick-proxied": (lambda: measure.on_one_core(proxied), PROXIED),
    "slow": (slow, SLOW),
    "mobile": (mobile.rounds, MOBILE),
    "stored": (stored.rounds, STORED),
}


def main(names: list[str]) -> int:
    """Measure the named groups, or all; 1 if a figure is not reached."""
    missed = 0
    for name, (measured, rows) in GROUPS.items():
        if names and name not in names:
            continue
        found = measured()
        print(f"\n{name}")
        for case in found[0]:
            print(f"  {case:<38} {measure.median(found, case) * 1e3:10.3f} ms")
        for case, base, wanted in rows:
            ratio = measure.ratio(found, case, base)
            reached = wanted is None or (ratio <= wanted if wanted > 0 else ratio >= -wanted)
            missed += not reached
            bound = "" if wanted is None else f" (at most {wanted})" if wanted > 0 else f" (at least {-wanted})"
            print(f"  {case} : {base} = {ratio:.2f}{bound}{'' if reached else '  MISSED'}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
