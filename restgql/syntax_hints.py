"""The hints of syntax errors in documents: the mistake that probably caused them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from graphql import GraphQLSyntaxError

_UNEXPECTED_SLASH = re.compile(r"Unexpected character: '/'")


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
    if _UNEXPECTED_SLASH.search(message) and before.endswith(":"):
        return "A string has double quotes."
    if "Expected Name, found String" in message:
        if before.endswith("("):
            return 'An argument has a name: write (path: "…").'
        if body.lstrip().startswith("{") and before.strip() == "{":
            return "This is JSON: send the text of its key query as the document."
    return ""
