"""An index of rules by their segments, which finds the rules that are nearly a path. All of its work is bounded."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice
from threading import Lock

import msgspec
from werkzeug.routing import Map, Rule

MAX_ADDED = 1_000
"""The rules that one search adds to the index: that of a large map is complete after several."""
MAX_STEPS = 1_000
"""The nodes that one search visits."""
MAX_SCANNED, MAX_COMPARED = 1_000, 100
"""The segments that one search looks at, and those that it compares by their letters."""
MAX_INSERTED = 2
LEAST_SIMILAR = 0.6
"""The similarity of two segments from which on a typing error is likely."""
INSERTED, WORD_AS_VALUE = 0.1, 0.2
"""The cost of a segment that the path lacks, and of a word in the place of a variable."""


class _SegmentNode:
    """The rules with the same first segments: those that end here, and the nodes of the next segment by its text."""

    __slots__ = ("literals", "rules", "variables")

    def __init__(self) -> None:
        self.literals: dict[str, _SegmentNode] = {}
        self.variables: dict[str, _SegmentNode] = {}
        self.rules: list[Rule] = []

    def below(self, segment: str) -> "_SegmentNode":
        nodes = self.variables if "<" in segment else self.literals
        return nodes.setdefault(segment, _SegmentNode())


class Near(msgspec.Struct, frozen=True):
    """A rule that is nearly a path. It `fits` if the path has all its segments, but for values of a variable."""

    cost: float
    fits: bool
    rule: Rule


class RouteIndex:
    """The index of one app's rules. Threads share it; `_lock` is held while rules are added."""

    def __init__(self) -> None:
        self._root = _SegmentNode()
        self._url_map: Map | None = None
        self._added = 0
        self._lock = Lock()

    def near(self, url_map: Map, segments: Sequence[str | None]) -> list[Near]:
        """Return the rules that are nearly a path, the nearest first. A segment that is None is a variable."""
        self._add(url_map)
        return sorted(_Search(segments).run(self._root), key=lambda near: near.cost)

    def _add(self, url_map: Map) -> None:
        with self._lock:
            if self._url_map is not url_map:
                self._root, self._url_map, self._added = _SegmentNode(), url_map, 0
            rules = list(url_map.iter_rules())[self._added : self._added + MAX_ADDED]
            self._added += len(rules)
            for rule in rules:
                node = self._root
                for segment in rule.rule.strip("/").split("/"):
                    node = node.below(segment)
                node.rules.append(rule)


class _Search:
    """One search: a path may have one segment with a typing error, or lack MAX_INSERTED segments."""

    def __init__(self, segments: Sequence[str | None]) -> None:
        self._segments = segments
        self._steps = MAX_STEPS
        self._scanned = MAX_SCANNED
        self._compared = MAX_COMPARED

    def run(self, root: _SegmentNode) -> Iterator[Near]:
        yield from self._walk(root, 0, 0.0, 0, is_exact=True, has_literal=False)

    def _walk(
        self, node: _SegmentNode, at: int, cost: float, inserted: int, *, is_exact: bool, has_literal: bool
    ) -> Iterator[Near]:
        """Yield the rules below a node. `has_literal` is True if a segment so far is one of the rules, or nearly."""
        self._steps -= 1
        if self._steps < 0:
            return
        if at == len(self._segments):
            if has_literal or not inserted:
                yield from (Near(cost, is_exact and not inserted, rule) for rule in node.rules)
            return
        segment = self._segments[at]
        if segment in node.literals:
            yield from self._walk(node.literals[segment], at + 1, cost, inserted, is_exact=is_exact, has_literal=True)
        value_cost = WORD_AS_VALUE if segment is not None and segment.isalpha() else 0.0
        for child in node.variables.values():
            yield from self._walk(
                child, at + 1, cost + value_cost, inserted, is_exact=is_exact, has_literal=has_literal
            )
        if is_exact and segment and not inserted:
            for child, likeness in self._similar(node, segment):
                yield from self._walk(child, at + 1, cost + 1 - likeness, inserted, is_exact=False, has_literal=True)
        if is_exact and inserted < MAX_INSERTED and segment is not None and len(node.literals) <= MAX_COMPARED:
            for child in (*node.literals.values(), *node.variables.values()):
                yield from self._walk(
                    child, at, cost + INSERTED, inserted + 1, is_exact=is_exact, has_literal=has_literal
                )

    def _similar(self, node: _SegmentNode, segment: str) -> Iterator[tuple[_SegmentNode, float]]:
        """Yield the nodes of similar segments, each with the similarity."""
        lower, size = segment.lower(), len(segment)
        matcher = SequenceMatcher(None, "", lower)
        literals = list(islice(node.literals.items(), self._scanned))
        self._scanned -= len(literals)
        for text, child in literals:
            if self._compared <= 0:
                return
            if text == segment or abs(len(text) - size) > size // 2 + 1 or text[:1] not in (segment[:1], segment[1:2]):
                continue
            self._compared -= 1
            matcher.set_seq1(text.lower())
            likeness = matcher.ratio()
            if likeness > LEAST_SIMILAR:
                yield child, likeness
