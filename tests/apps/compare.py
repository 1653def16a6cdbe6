"""Compare a response through the gateway with the direct responses before and after it."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.equality import rule
from tests.equality.client import Answer, Fetched

WORDS = re.compile(r"[\w.+/=%-]+")
NO_VALUE = "unreadable"


@dataclass(frozen=True)
class Difference:
    """One fact of a response that is not the same: `status`, `headers`, `body`, `json`, `text` or `cookies`."""

    fact: str
    direct: Any
    gateway: Any


@dataclass(frozen=True)
class Mask:
    """Words of a text that change from one direct request to the next: times, nonces, tokens.

    `volatile` are patterns whose matches may also differ in their number of words.
    """

    volatile: Sequence[re.Pattern[str]] = ()

    def equal(self, text: str, before: str, after: str) -> bool:
        """True if `text` differs from `before` only in words that differ between `before` and `after`."""
        words, first, second = (self._words(each) for each in (text, before, after))
        if len(first) != len(second) or len(words) != len(first):
            return False
        return all(
            word in (one, other) or (one != other and is_word(word))
            for word, one, other in zip(words, first, second, strict=True)
        )

    def _words(self, text: str) -> list[str]:
        for pattern in self.volatile:
            text = pattern.sub("volatile", text)
        return re.split(f"({WORDS.pattern})", text)


def is_word(text: str) -> bool:
    return bool(WORDS.fullmatch(text))


def fetch_differences(before: Answer, after: Answer, through: Fetched, mask: Mask) -> Iterator[Difference]:
    """Compare a `fetch` with the direct responses."""
    if through.found is None:
        yield Difference("refusal", before.status, through.error)
        return
    received = Answer(through.status, tuple(through.header_list), through.body or b"")
    direct, again = facts(before, decoded(before)), facts(after, decoded(after))
    for fact, seen in facts(received, received.body).items():
        first, second = direct[fact], again[fact]
        if not mask.equal(seen, first, second):
            yield Difference(fact, first, seen)
    yield from value_differences(received, through)


def facts(answer: Answer, body: bytes) -> dict[str, str]:
    """Return the status, header fields and body of a response, each as text."""
    headers = [f"{name}: {value}" for name, value in rule.fields(answer)]
    return {"status": str(answer.status), "headers": "\n".join(headers), "body": body.decode("latin-1")}


def decoded(answer: Answer) -> bytes:
    """Return the body of a direct response without its content coding."""
    try:
        return rule.decoded(answer)
    except rule.Unreadable:
        return answer.body


def value_differences(received: Answer, through: Fetched) -> Iterator[Difference]:
    """Compare the `json` and `text` of a `fetch` with what its own status, headers and body make of them."""
    readable = Answer(received.status, tuple(without_coding(received.headers)), received.body)
    try:
        value, text = rule.value_of(readable), rule.text_of(readable, received.body)
    except rule.Unreadable:
        if through.code != "UPSTREAM_INVALID":
            yield Difference("json", NO_VALUE, through.json)
        return
    if through.json != value:
        yield Difference("json", value, through.json)
    if through.text != text:
        yield Difference("text", text, through.text)


def without_coding(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() != "content-encoding"]


def cookie_differences(direct: Iterable[Answer], outer: Answer, baseline: Answer) -> Iterator[Difference]:
    """Compare the names of the cookies that the direct responses set with those of the outer response.

    `baseline` is an outer response without sub-requests: the hooks of the app may set cookies there, too.
    """
    expected = {name for answer in direct for name in cookie_names(answer)}
    seen = cookie_names(outer)
    if not expected <= seen or not seen - cookie_names(baseline) <= expected:
        yield Difference("cookies", sorted(expected), sorted(seen))


def cookie_names(answer: Answer) -> set[str]:
    return {value.partition("=")[0] for value in answer.all("Set-Cookie")}


def part_differences(
    before: list[rule.Hop], after: list[rule.Hop], part: dict[str, Any], mask: Mask
) -> Iterator[Difference]:
    """Compare a part of `/aggregate` with the last of the direct responses, one a redirect."""
    first, second = rule.part_of(before), rule.part_of(after)
    if first["body"] is rule.UNREADABLE and isinstance(part["body"], dict):
        part = part | {"body": rule.UNREADABLE if part["body"].get("code") == "UPSTREAM_INVALID" else part["body"]}
    # no server is between that would add its own
    part = part | {"headers": {name: value for name, value in part["headers"].items() if name.lower() != "server"}}
    for fact in ("status", "headers", "body"):
        if not mask.equal(*(json.dumps(each[fact], ensure_ascii=False) for each in (part, first, second))):
            yield Difference(f"aggregate {fact}", first[fact], part[fact])
