"""Random operations over a table of fields, with fragments, @defer and @stream in every place that they may stand."""

import re
from random import Random
from typing import NamedTuple

YES, NO = "$yes", "$no"
VARIABLES = {"yes": True, "no": False}


class Field(NamedTuple):
    """A field as it is written, its response key included; the type below it, and whether it is a list of these."""

    text: str
    below: str | None = None
    listed: bool = False


class Kind(NamedTuple):
    """A type: its fields, each with another response key, and the types that it may be where it is abstract."""

    fields: tuple[Field, ...]
    concrete: tuple[str, ...] = ()


class Writer:
    """Writes one operation. One field and its arguments have one response key, so that any two selections merge.

    Not `repeats` is where each fragment is spread once only.
    """

    def __init__(self, random: Random, kinds: dict[str, Kind], root: str, *, repeats: bool = True) -> None:
        self._random = random
        self._repeats = repeats
        self._kinds = kinds
        self._labels = 0
        self._names = list(kinds)
        self._used: set[str] = set()
        self._spreadable = set(kinds)
        self._body = self._selection(root, 3)
        self._fragments = []
        for name in self._names:  # a fragment spreads those after it, so that there is no circle
            self._spreadable.discard(name)
            if name in self._used:
                self._fragments.append(f"fragment Of{name} on {name} {self._selection(name, 1)}")

    def text(self) -> str:
        return _operation(" ".join([self._body, *self._fragments]))

    def _selection(self, name: str, depth: int) -> str:
        parts = [self._part(name, depth) for _ in range(self._random.randint(1, 4))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, name: str, depth: int) -> str:
        chance = self._random.random()
        if depth and chance < 0.3:
            concrete = self._kinds[name].concrete
            of = self._random.choice([name, *concrete])
            on = f" on {of}" if of != name or self._random.random() < 0.3 else ""
            return f"...{on}{self._defer()} {self._selection(of, depth - 1)}"
        if chance < 0.45 and name in self._spreadable:
            self._used.add(name)
            if not self._repeats:
                self._spreadable.discard(name)
            return f"...Of{name}{self._defer()}"
        fields = [each for each in self._kinds[name].fields if depth or each.below is None]
        field = self._random.choice(fields)
        stream = self._stream() if field.listed else ""
        below = "" if field.below is None else f" {self._selection(field.below, depth - 1)}"
        return f"{field.text}{stream}{below}"

    def _defer(self) -> str:
        return f" @defer{self._arguments()}" if self._random.random() < 0.75 else ""

    def _stream(self) -> str:
        counts = ["", "initialCount: 0", "initialCount: 1", "initialCount: 2", "initialCount: 9"]
        return f" @stream{self._arguments(self._random.choice(counts))}" if self._random.random() < 0.6 else ""

    def _arguments(self, *given: str) -> str:
        arguments = [each for each in given if each]
        if self._random.random() < 0.3:
            arguments.append(f"if: {self._random.choice([YES, NO, 'true', 'false'])}")
        if self._random.random() < 0.4:
            self._labels += 1
            arguments.append(f'label: "l{self._labels}"')
        return f"({', '.join(arguments)})" if arguments else ""


def without_directives(text: str) -> str:
    """The same operation, to be answered whole."""
    body = re.sub(r" @(defer|stream)(\([^)]*\))?", "", text)
    return _operation(body.partition(") ")[2] if body.startswith("query (") else body)


def _operation(body: str) -> str:
    """A body, and the variables that it uses."""
    used = [f"{name}: Boolean!" for name in (YES, NO) if name in body]
    return f"query ({', '.join(used)}) {body}" if used else body
