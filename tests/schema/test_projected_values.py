"""Random JSON texts: a value that msgspec projects is the value that the executor completes, to the last digit.

Each operation is executed twice. The second time each selection has a field that selects from the whole of its object,
which leaves the object to the executor.
"""

import json
import re
from collections import Counter
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from restgql.formats import json as json_format
from tests.schema.test_differential import Gateway, Replies

OPERATIONS = 5
"""Of each schema."""
NAMES = [
    "class",
    "self",
    "None",
    "f0",
    "f1",
    "inner",
    "import",
    "_x",
    "x__",
    "def",
    "type",
    "id",
    "kind",
    "a",
    "b",
    "lambda",
    "name",
    "items",
    "tag",
    "rename",
    "gc",
]
KEYS = [
    "é",
    "a b",
    "a.b",
    "__class__",
    "__proto__",
    "$ref",
    "@id",
    "0",
    "漢字",
    "\U0001f600",
    "'",
    "~f0",
    "\u2028",
    "{x}",
]
ALIASES = ["__class__", "__struct_fields__", "f0", "None", "inner"]
OBJECTS = ("A", "B", "C")
MEMBERS = {"U": "AB", "N": "BC"}
SCALARS = ["Int", "Float", "String", "Boolean", "ID", "Long", "Decimal", "DateTime", "JSON", "State", "Plain", "Own"]
ENUMS = (
    'enum State { OPEN LATE @value(is: "too late") SEVEN @value(is: "7") } enum Plain { OPEN CLOSED true_ } scalar Own'
)
NUMBERS = [
    "1e2",
    "-0",
    "-0.0",
    "1.0",
    "2.50",
    "1e22",
    "0.1e1",
    "2147483648",
    "-2147483649",
    "1.5",
    "1e-7",
    "5e-324",
    "9007199254740993",
    "1.0e15",
    "7",
]
LARGE = "123456789012345678901234567890"
ODD = [
    *NUMBERS,
    LARGE,
    '"\\ud800"',
    '"\\/"',
    '""',
    "null",
    "true",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '{"kind":"A"}',
    '"5"',
    '"7"',
]
LEAVES = {
    "Int": ["0", "-3", "2147483647", "-2147483648"],
    "Float": ["0.5", "3", "-1e10", "1e22", "1e-7", "2.50", "-0", "-0.0", LARGE],
    "String": ['""', '"t\\u00e9\\n"', '"\u2028"', '"\x7f"', '"\\ud83d\\ude00"'],
    "Boolean": ["true", "false"],
    "ID": ['"a"', "5", "-7", LARGE, '""'],
    "Long": ["5", "9007199254740993", LARGE],
    "Decimal": ["1.50", '"1.50"', "1e-7", LARGE],
    "DateTime": ['"2026-01-02"'],
    "JSON": ODD,
    "State": ['"OPEN"', '"too late"', '"7"', "7"],
    "Plain": ['"OPEN"', '"true_"'],
    "Own": ["1.50", '"x"', '{"b":1,"a":[1e2]}'],
}
WHOLE = "whole"


class Field:
    """A field of a type: `place` has the keys that lead to its value, or the keys of which the first has it."""

    def __init__(self, name: str, of_type: str, place: tuple[str, ...], *, is_first: bool = False) -> None:
        self.name = name
        self.of_type = of_type
        self.kind = of_type.strip("[]!").rstrip("]!")
        self.place = place
        self.is_first = is_first

    @property
    def sdl(self) -> str:
        keys = [
            key if re.fullmatch(r"\w+", key, re.ASCII) and not key[0].isdigit() else f'"{key}"' for key in self.place
        ]
        expression = f"not_null({', '.join(keys)})" if self.is_first else ".".join(keys)
        directive = "" if self.place == (self.name,) else f"@select(from: {json.dumps(expression)})"
        return f"{self.name}: {self.of_type} {directive}"


class TextCase:
    """A schema, JSON texts of its types, and operations on it. An operation leaves a place for one more field."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.wrongness = self.random.choice([0, 0, 0.03, 0.2])
        self.tag = self.random.choice(["kind", "@type", "é k", "f0", "__class__"])
        self.tags = {name: self.random.choice([name, f"the {name} é"]) for name in OBJECTS}
        self._names = self.random.sample(NAMES, len(NAMES))
        self.types = {name: self._fields(wide=not self.random.randrange(60)) for name in OBJECTS}
        for name in MEMBERS["N"]:
            self.types[name] += [Field("shared", "ID", ("shared",)), Field("next", "[U]", ("next",))]
        self.types |= {"N": self.types["B"][-2:], "U": []}
        self.roots = [Field(f"q{n}", self._wrapped(self.random.choice("AABCNU")), ()) for n in range(4)]
        self.replies: Replies = {each.name: (200, self._text(each.of_type, 4).encode()) for each in self.roots}
        self.sdl = self._sdl()
        self.operations = [self._operation() for _ in range(OPERATIONS)]

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _wrapped(self, named: str) -> str:
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2, 3])):
            named = f"[{named}{'!' * self._chance(0.2)}]"
        return named + "!" * self._chance(0.2)

    def _fields(self, *, wide: bool) -> list[Field]:
        """Return fields whose names no other type has, so that all can be selected together."""
        names = [self._names.pop() for _ in range(5)] + [f"w{len(self._names)}_{n}" for n in range(150 * wide)]
        return [self._field(name, [*SCALARS, *SCALARS, *"ABCNU"]) for name in names]

    def _field(self, name: str, kinds: list[str]) -> Field:
        of_type = self._wrapped(self.random.choice(kinds))
        place = self.random.choice([(name,), (name,), (f"{self.random.choice(KEYS)}{name}",), ("deep", "f0", name)])
        if self._chance(0.1):
            return Field(name, of_type, (f"{name}1", f"{name} 2"), is_first=True)
        return Field(name, of_type, (self.tag,) if self._chance(0.02) else place)

    def _sdl(self) -> str:
        quoted = json.dumps(self.tag if self.tag.isidentifier() else f'"{self.tag}"')
        roots = " ".join(f'{each.name}: {each.of_type} @get(path: "/r/{each.name}")' for each in self.roots)
        whole = f'{WHOLE}: JSON @select(from: "@")'
        parts = [f"type Query {{ {roots} }}", ENUMS, f"union U @discriminator(from: {quoted}) = A | B"]
        parts.append(f"interface N @discriminator(from: {quoted}) {{ shared: ID next: [U] {WHOLE}: JSON }}")
        for name in OBJECTS:
            implements = "implements N" if name in MEMBERS["N"] else ""
            fields = "\n  ".join(field.sdl for field in self.types[name])
            parts.append(
                f"type {name} {implements} @value(is: {json.dumps(self.tags[name])}) {{\n  {fields}\n  {whole}\n}}"
            )
        return "\n".join(parts)

    # Texts

    def _text(self, of_type: str, depth: int) -> str:
        if self._chance(self.wrongness / 5):
            return self.random.choice(ODD)
        if of_type.endswith("!"):
            return self._text(of_type[:-1], depth)
        if self._chance(0.08) or (depth <= 0 and not of_type.startswith("[")):
            return "null"
        if of_type.startswith("["):
            return f"[{','.join(self._text(of_type[1:-1], depth) for _ in range(self.random.randint(0, 2)))}]"
        return self.random.choice(LEAVES[of_type]) if of_type in LEAVES else self._object(of_type, depth)

    def _object(self, kind: str, depth: int) -> str:
        name = self.random.choice(MEMBERS.get(kind, kind))
        values: dict[str, Any] = {self.tag: json.dumps(self.tags[name])}
        for field in self.types[name]:
            if self._chance(0.05) or field.place == (self.tag,):
                continue
            at, place = values, (self.random.choice(field.place),) if field.is_first else field.place
            for key in place[:-1]:
                at = at.setdefault(key, {})
            at[place[-1]] = self._text(field.of_type, depth - 1)
        return self._written(values)

    def _written(self, values: dict[str, Any]) -> str:
        entries = [(key, value if isinstance(value, str) else self._written(value)) for key, value in values.items()]
        if self._chance(self.wrongness):
            entries.append((self.random.choice(["extra", *values]), self.random.choice(ODD)))
        if self._chance(0.5):
            self.random.shuffle(entries)
        return (
            "{"
            + " , ".join(f"{json.dumps(key, ensure_ascii=self._chance(0.3))}:{value}" for key, value in entries)
            + "}"
        )

    # Operations

    def _operation(self) -> str:
        self._fragments: list[str] = []
        roots = " ".join(self._selected(each, 4) for each in self.random.sample(self.roots, 2))
        return f"{{ {roots} }} {' '.join(self._fragments)}"

    def _selected(self, field: Field, depth: int) -> str:
        alias = f"{self.random.choice(ALIASES)}_{field.name}: " if self._chance(0.03) else ""
        return alias + field.name + ("" if field.kind in SCALARS else self._selection(field.kind, depth - 1))

    def _selection(self, kind: str, depth: int) -> str:
        fitting = [each for each in self.types[kind] if each.kind in SCALARS or depth > 0]
        wanted = fitting if self._chance(0.1) else self.random.sample(fitting, min(3, len(fitting)))
        parts = ["__typename", *(self._selected(each, depth) for each in wanted)]
        for member in MEMBERS.get(kind, ""):
            parts.append(f"... on {member} {self._selection(member, depth - 1)}")
        if kind != "U":
            parts.append("%s")
        if kind in OBJECTS and self._chance(0.1):
            self._fragments.append(f"fragment F{len(self._fragments)} on {kind} {{ {' '.join(parts)} }}")
            return f"{{ ...F{len(self._fragments) - 1} }}"
        return f"{{ {' '.join(parts)} }}"


def _spelled(response: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Return the data of a response, each number as it is spelled and without WHOLE, and its errors."""
    data = json.loads(json_format.encode(response["data"]), parse_float=str, parse_int=str, object_pairs_hook=_kept)
    return data, [(error["path"], error["message"]) for error in response.get("errors", [])]


def _kept(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in pairs if key != WHOLE]


def test_a_projected_value_is_the_value_that_the_executor_completes() -> None:
    seen: Counter[str] = Counter()

    @settings(derandomize=True, max_examples=25, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**32 - 1))
    def compare(seed: int) -> None:
        case = TextCase(seed)
        gateway = Gateway(case)
        for text in case.operations:
            response = gateway.respond(text.replace("%s", ""))
            seen["projected"] += gateway.projected["projected"]
            seen["errors"] += "errors" in response
            complete = gateway.respond(text.replace("%s", WHOLE))
            assert gateway.projected["projected"] == 0
            assert _spelled(response) == _spelled(complete), f"{case.sdl}\n{case.replies}\n{text}"

    compare()
    assert seen["projected"] > 50
    assert seen["errors"] > 20
