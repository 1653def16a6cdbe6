"""`python3 start.py bench`: each figure as a ratio within one interleaved run, beside the one to reach."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import inside, measure, mobile, stored

Medians = dict[str, float]

# What is compared, with what, and the ratio to reach: at most, or with a minus sign at least.
QUICK = (
    ("plan to replies", "ten one by one", 1.10),
    ("POST /aggregate", "ten one by one", 1.25),
    ("POST /graphql", "ten one by one", 1.25),
)
SLOW = (
    ("ten of 50 ms in a batch", "one of 50 ms", 1.06),
    ("one of 50 ms, then ten that need it", "one of 50 ms", 2.12),
)
MOBILE = (
    ("one query", "HTTP/2, all words at once", 0.55),
    ("HTTP/1.1 keep-alive, one by one", "one query", -5.0),
)
# 5 µs a hit, where a request takes 58
STORED = (("ten fresh hits in memory", "ten one by one", 0.086),)
GROUPS: dict[str, tuple[Callable[[], Medians], tuple[tuple[str, str, float], ...]]] = {
    "quick": (lambda: measure.medians(inside.quick(), rounds=15, seconds=0.1), QUICK),
    "slow": (lambda: measure.medians(inside.slow(), rounds=7, seconds=0.1), SLOW),
    "mobile": (mobile.medians, MOBILE),
    "stored": (stored.medians, STORED),
}


def main(names: list[str]) -> int:
    """Measure the named groups, or all; 1 if a figure is not reached."""
    missed = 0
    for name, (medians, rows) in GROUPS.items():
        if names and name not in names:
            continue
        found = medians()
        print(f"\n{name}")
        for case, seconds in found.items():
            print(f"  {case:<38} {seconds * 1e3:10.3f} ms")
        for case, base, wanted in rows:
            ratio = found[case] / found[base]
            reached = ratio <= wanted if wanted > 0 else ratio >= -wanted
            missed += not reached
            bound = f"at most {wanted}" if wanted > 0 else f"at least {-wanted}"
            print(f"  {case} : {base} = {ratio:.2f} ({bound}){'' if reached else '  MISSED'}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
