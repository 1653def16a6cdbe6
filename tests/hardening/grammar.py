"""A grammar of requests to the app under attack: mostly valid, and made to cost much more than they are long."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.hardening.attacks.write import nest, quote
from tests.hardening.cost_app import GRAPHQL_JSON, JSON, MIXED, NDJSON, SSE, Request
from tests.hardening.cost_schema import OPERATIONS
from tests.hardening.vocabulary import AMPLIFIERS, DECLARED, FIELDS, FUNCTIONS, KEYS, LEAVES, PATHS, ROOTS, WRITES


class Grammar:
    """Makes requests at random: the same ones of the same seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.fragments: list[str] = []
        self.large = self.random.random() < 0.08
        self.variant = self.random.choice(["open"] * 5 + ["hardened", "writing", "writing"])

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, *makers: Callable[[], str]) -> str:
        return self.random.choice(makers)()

    def count(self, most: int) -> int:
        """Return a number, small more often than large."""
        return int(most ** self.random.random())

    # Requests

    def request(self) -> Request:
        make = self.random.choice([self.graphql] * 8 + [self.paths, self.stored])
        sent = make()._replace(variant=self.variant, threads=self.chance(0.3))
        return sent if sent.size <= (1_000_000 if self.large else 65_536) else self._shorter(sent)

    def _shorter(self, sent: Request) -> Request:
        return sent._replace(body=sent.body[: 1_000_000 if self.large else 65_000], path=sent.path[:60_000])

    def graphql(self) -> Request:
        body = self.operation()
        accept = self.random.choice([GRAPHQL_JSON] * 4 + [JSON, SSE, MIXED])
        way = self.random.choice(["POST"] * 6 + ["GET", "QUERY", "APQ", "batch"])
        if way == "GET":
            text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()}
            return Request(path=f"/graphql?{urlencode(text)}", method="GET", accept=accept, content_type="")
        if way == "APQ":
            digest = hashlib.sha256(body["query"].encode()).hexdigest()
            body["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
        batch = way == "batch" and (self.variant == "writing" or self.chance(0.1))
        whole = [body] * self.random.randint(1, 10) if batch else body
        method = "QUERY" if way == "QUERY" else "POST"
        return Request(_bytes(whole), method=method, accept=accept)

    def paths(self) -> Request:
        accept = self.random.choice([JSON, JSON, NDJSON, SSE])
        query = self.random.choice(["", "", "?envelope=true", "?stream=true", "?stream=true&envelope=true"])
        paths: Any = self.list_of_paths()
        if self.chance(0.4):
            paths = {self.string() + str(number): path for number, path in enumerate(paths)}
        return Request(_bytes(paths), f"/aggregate{query}", accept=accept)

    def stored(self) -> Request:
        name = self.random.choice(list(OPERATIONS))
        values = self.variables() | {
            "text": self.string(),
            "over": self.expression(),
            "t": self.value(),
            "any": self.value(),
        }
        kept = {key: value for key, value in values.items() if key in ("text", "over", "t") or self.chance(0.3)}
        known = {"plain": "text", "over": "over", "doubling": "t", "typed": "any"}.get(name, "none")
        return Request(_bytes({known: kept.get(known, values["any"])} if known != "none" else {}), f"/graphql/{name}")

    # Documents

    def operation(self) -> dict[str, Any]:
        if self.variant == "writing" and self.chance(0.5):
            fields = [self.write() for _ in range(self.count(20))]
            query = f"mutation (VARIABLES) {{ {' '.join(fields)} }}"
        else:
            fields = [self.root() for _ in range(self.count(6))]
            query = f"query (VARIABLES) {{ {' '.join(fields)} }}"
        query = " ".join([query, *self.fragments])
        declared = [name for name in DECLARED if name in query]
        query = query.replace(
            "(VARIABLES) ", f"({', '.join(DECLARED[name] for name in declared)}) " if declared else ""
        )
        return {"query": query, "variables": self.variables()}

    def root(self) -> str:
        return self.repeated(self.pick(self.typed, self.typed, self.leaf, self.fetch, self.fetch, self.get))

    def write(self) -> str:
        body = self.random.choice(["$j", "[$j, $j, $j]", "{a: $j, b: {c: $l}}"])
        encoding = self.random.choice(["", "", ", encoding: FORM", ", encoding: MULTIPART"])
        below = self.random.choice(["status", "json", self.item(3)])
        post = f'post(path: "/form", body: {body}{encoding}) {{ {below} }}'
        return self.repeated(self.random.choice([post, post, *WRITES]))

    def repeated(self, field: str) -> str:
        """Return a field, sometimes under many aliases, in @defer, or under a long name."""
        field = field.removeprefix("many: ").removeprefix("all: ")
        if self.chance(0.25):
            return " ".join(f"a{self.random.randrange(10**6)}: {field}" for _ in range(self.count(60)))
        if self.chance(0.1):
            return f"{'n' * self.count(8_000)}{self.random.randrange(10**6)}: {field}"
        if self.chance(0.1):
            return f"... @defer {{ a{self.random.randrange(10**6)}: {field} }}"
        return f"a{self.random.randrange(10**6)}: {field}"

    def leaf(self) -> str:
        return self.random.choice(LEAVES)

    def typed(self) -> str:
        field, of_type = self.random.choice(list(ROOTS.items()))
        return f"{field} {{ {self.selection(of_type, self.random.randint(1, 10))} }}"

    def selection(self, of_type: str, depth: int) -> str:
        if of_type == "Node" and self.chance(0.3):
            return f"__typename ... on N3 {{ {self.selection('N3', depth)} }}"
        fields = FIELDS[of_type]
        nested = [(name, below) for name, below in fields.items() if below]
        plain = [name for name, below in fields.items() if below is None]
        if depth <= 0 or not nested:
            return self.repeated(self.random.choice(plain)) if self.chance(0.3) else self.random.choice(plain)
        if self.chance(0.12):
            number = len(self.fragments)
            self.fragments.append("")
            self.fragments[number] = f"fragment F{number} on {of_type} {{ {self.selection(of_type, depth - 1)} }}"
            return f"...F{number} " * self.random.randint(1, 3)
        chosen = self.random.sample(nested, 1 if self.chance(0.8) else min(2, len(nested)))
        text = [f"{name} {{ {self.selection(below, depth - 1)} }}" for name, below in chosen]
        return " ".join(self.repeated(field) if self.chance(0.15) else field for field in text)

    def get(self) -> str:
        return f"get(path: {self.path()}{self.more()})"

    def more(self) -> str:
        text = ""
        if self.chance(0.6):
            text += f", params: {self.random.choice(['{v: $j, w: $s, l: $l}', '$j', '{v: [$j, $j], w: {x: $l}}'])}"
        if self.chance(0.5):
            text += f", select: {self.random.choice(['$e', quote(self.expression())])}"
        return text + (", headers: $h" if self.chance(0.1) else "")

    def path(self) -> str:
        return self.random.choice(["$t", quote(self.template()), quote(self.random.choice(PATHS))])

    def fetch(self) -> str:
        path = quote(self.random.choice(PATHS)) if self.chance(0.8) else self.path()
        return f"fetch(path: {path}) {{ {self.item(self.random.randint(1, 8))} }}"

    def item(self, depth: int) -> str:
        """Return a selection of RestResponse or RestItem."""
        over = self.random.choice(["$e", quote(self.expression()), quote(self.list_expression())])
        stream = " @stream" if self.chance(0.1) else ""
        leaf = self.random.choice(["json", f"json(select: {quote(self.expression())})", "json(select: $e)"])
        if depth <= 0:
            return self.repeated(leaf)
        return self.repeated(
            self.random.choice(
                [
                    f"each(over: {over}){stream} {{ {self.item(depth - 1)} }}",
                    f"each(over: {quote(self.list_expression())}) {{ {self.item(depth - 1)} }}",
                    nest(min(depth, 4), f"each(over: {quote(self.list_expression())})", leaf),
                    f"getEach(path: {self.path()}, over: {over})",
                    f'getEach(path: "/table", over: {quote(self.list_expression())}, select: $e)',
                    f"get(path: {self.path()}{self.more()})",
                    f"fetch(path: {quote(self.random.choice(PATHS))}) {{ {self.item(depth - 2)} }}",
                    leaf,
                    leaf,
                ]
            )
        )

    # Expressions and templates

    def list_expression(self) -> str:
        return self.pick(
            lambda: "`[%s]`" % ",".join(["0"] * self.count(450)),
            lambda: f"split('{'b' * self.count(900)}', '')",
            lambda: "[@,@,@,@,@,@,@,@]" + "|[@,@,@,@][]" * self.count(8),
            lambda: "@",
            lambda: "split(words, ' ')",
            lambda: "[0:20]",
        )

    def expression(self, depth: int = 3) -> str:
        text = self.term(depth)
        for _ in range(self.random.randint(0, 4)):
            step = self.random.choice(AMPLIFIERS) if self.chance(0.7) else self.term(depth - 1)
            text += f" | {step}" * self.count(12)
        return text[:1_020] if self.chance(0.1) else _cut(text)

    def term(self, depth: int) -> str:
        if depth <= 0:
            return self.random.choice(
                ["@", "@", *KEYS, "'a'", "`1`", "`[1,2,3]`", "`null`", '`{"a": [1]}`', "[0]", "[]"]
            )
        return self.pick(
            lambda: self.list_expression(),
            lambda: f"'{'x' * self.count(500)}'",
            lambda: self.call(depth),
            lambda: self.call(depth),
            lambda: f"[{', '.join(self.term(depth - 1) for _ in range(self.random.randint(1, 4)))}]",
            lambda: f"{{{', '.join(f'k{n}: {self.term(depth - 1)}' for n in range(self.random.randint(1, 4)))}}}",
            lambda: f"{self.random.choice(KEYS)}[].{self.random.choice(KEYS)}",
            lambda: f"[*].{self.random.choice(KEYS)}",
            lambda: f"[?{self.term(depth - 1)} == {self.term(depth - 1)}]",
            lambda: f"({self.term(depth - 1)} || {self.term(depth - 1)}) && !{self.random.choice(KEYS)}",
            lambda: f"[{self.random.randint(-9, 9)}:{self.random.randint(-9, 99)}:{self.random.choice([1, -1, 2])}]",
            lambda: "*",
        )

    def call(self, depth: int) -> str:
        name, kinds = self.random.choice(list(FUNCTIONS.items()))
        arguments = [("&" if kind == "&" else "") + self.term(depth - 1) for kind in kinds]
        return f"{name}({', '.join(arguments)})"

    def template(self) -> str:
        text = self.random.choice(["/ok", "/echo/{w}", "/users/{id}", "/posts/{item}", "{+next}", "/ok?a=1"])
        for _ in range(self.random.randint(0, 3)):
            names = ["v", "w", "l", "v*", "l*", "w:9", "id", "name", "e*", "c*", "text", "words", "item", "a.b.c"]
            chosen = [self.random.choice(names) for _ in range(self.count(300))]
            text += f"{{{self.random.choice('?&+')}{','.join(chosen)}}}"
        return text + ("{" if self.chance(0.03) else "")

    # Variables

    def variables(self) -> dict[str, Any]:
        size = 90_000 if self.large else 5_000
        values: dict[str, Any] = {
            "s": self.string(size),
            "l": [self.string(20) for _ in range(self.count(size // 8))],
            "j": self.value(size),
            "p": self.list_of_paths(),
            "e": self.expression(),
            "t": self.template(),
            "h": [{"name": self.random.choice(["Prefer", "Accept", "X-None"]), "value": self.string(50)}],
        }
        if self.chance(0.1):
            values[self.random.choice("sljpeth")] = self.value(200)
        return values

    def string(self, most: int = 400) -> str:
        return self.random.choice(["a", "é", " ", '"', "a b ", "\x01", "/", "😀", "0"]) * self.count(most)

    def value(self, size: int = 2_000) -> Any:
        count = self.count(size)
        makers: list[Callable[[], Any]] = [
            lambda: self.random.choice([None, True, 1.5, 10 ** self.count(200)]),
            lambda: self.string(size),
            lambda: list(range(count)),
            lambda: ["x" * 10] * (count // 2),
            lambda: {f"k{number}": number for number in range(count // 3)},
            lambda: {"k" * self.count(size): [1, {"a": None}]},
            lambda: json.loads(_deep(self.count(200))),
            lambda: [[number, [number]] for number in range(count // 4)],
        ]
        return self.random.choice(makers)()

    def list_of_paths(self) -> list[str]:
        count = self.count(9_000 if self.large else 2_000)
        form = self.random.choice(
            ["/table", "/text", "/ok?{}", "/table?{}", "/text?{}", "/{}", "/none/{}", "//{}", "/echo/{}"]
        )
        return [form.format(number % max(1, self.count(100))) for number in range(count)]


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _deep(depth: int) -> str:
    return "[" * depth + "1" + "]" * depth


def _cut(text: str) -> str:
    """Return the longest run of steps of a pipe that fits into an expression."""
    while len(text) > 1_020 and " | " in text:
        text = text.rpartition(" | ")[0]
    return text if len(text) <= 1_020 else "@"
