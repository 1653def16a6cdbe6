"""The hints of syntax errors in documents: the mistake that probably caused them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads

from graphql import GraphQLSyntaxError

_REQUEST = re.compile(r'\s*\{\s*"(?:query|variables|operationName)"\s*:')
_FIELD = re.compile(r"\w+\s*[({]")
_TYPOGRAPHIC = 'A string has straight double quotes: write "…".'
_CHARACTERS = {
    ";": "Spaces or lines separate fields: remove the semicolon.",
    "\\": "A quote of the document has no backslash before it. Within JSON it has one.",
    "\u2018": _TYPOGRAPHIC,
    "\u2019": _TYPOGRAPHIC,
    "\u201c": _TYPOGRAPHIC,
    "\u201d": _TYPOGRAPHIC,
    "\u201e": _TYPOGRAPHIC,
}
"""The cures for characters that other languages, keyboards and shells put into a document."""


@contextmanager
def hinted() -> Iterator[None]:
    """Add a hint to a GraphQLSyntaxError that the lexer or the parser raises."""
    try:
        yield
    except GraphQLSyntaxError as exc:
        raise _with_hint(exc) from None


def _with_hint(error: GraphQLSyntaxError) -> GraphQLSyntaxError:
    """Return a syntax error whose message names the probable mistake, if it is a common one."""
    assert error.source is not None, "the parser names the source and the position of each error"
    position = next(iter(error.positions or ()), 0)
    hint = _hint(error.message, error.source.body, position)
    if not hint:
        return error
    description = error.message.removeprefix("Syntax Error: ")
    return GraphQLSyntaxError(error.source, position, f"{description} {hint}")


def _hint(message: str, body: str, at: int) -> str:
    before = body[max(0, at - 64) : at].rstrip(" \t\r\n,")
    if message.endswith("found <EOF>."):
        return "A closing '}' or ')' is missing."
    if "single quote" in message and not body[:at].strip():
        return "cmd.exe passes single quotes on: put the document into a file, and write @FILE."
    if "Unexpected character" in message:
        return _hint_of_character(body, at, before)
    if "Invalid number" in message:
        return "A name consists of letters, digits and underscores, and begins with no digit."
    if "Expected Name, found String" in message:
        if before.endswith("("):
            return 'An argument has a name: write (path: "…").'
        if _REQUEST.match(body):
            return "This is JSON: send the text of its key query as the document."
        if _is_json(body):
            return "This is JSON, not GraphQL."
        return "GraphQL writes keys and names without quotes: {name: …}."
    if "Expected Name, found '}'" in message:
        return "Braces are never empty." if before.endswith("{") else "A closing ')' is missing before it."
    if "Unexpected Name" in message and _FIELD.match(body, at):
        return "A document has braces around its fields: write { get(…) }."
    if "Unexpected <EOF>" in message:
        return "The document is empty."
    return ""


def _is_json(body: str) -> bool:
    try:
        loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _hint_of_character(body: str, at: int, before: str) -> str:
    """Return the hint for a character that no token begins with."""
    character = body[at : at + 1]
    if body.rstrip().endswith((".graphql", ".gql")) and len(body.split()) == 1:
        return "This is the name of a file: the commands read a file by @FILE."
    if character == "/" and body.startswith("//", at):
        return "A comment begins with #."
    if character == "/" and not before:
        return 'To request a path, write { get(path: "/…") }.'
    if character == "/" and before.endswith(":"):
        return "A string has double quotes."
    return _CHARACTERS.get(character, "")
