"""The comments before the first definition of a stored operation: `# result:`, and its description."""

from collections.abc import Iterator
from difflib import SequenceMatcher

import msgspec
from graphql import DocumentNode, Token, TokenKind

RESULT = "result"
DESCRIPTION = "description"
_ALIKE = 0.8


class FileHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The header of a file.

    `at` is the line and column of the expression `result`; each of `errors` is a line, a column and a message.
    """

    description: str = ""
    result: str | None = None
    at: tuple[int, int] = (1, 1)
    errors: tuple[tuple[int, int, str], ...] = ()


def read(document: DocumentNode) -> FileHeader:
    """Read the header of a document that was parsed with its locations."""
    description: list[str] = []
    results: list[tuple[str, tuple[int, int]]] = []
    errors: list[tuple[int, int, str]] = []
    is_header = True
    for token in _tokens(document):
        if token.kind is TokenKind.COMMENT:
            word, colon, rest = (token.value or "").partition(":")
            key = word.strip().lower() if colon else ""
            place = (token.line, token.column + 1 + len(word) + 1 + len(rest) - len(rest.lstrip()))
            if key == RESULT and not is_header:
                errors.append((*place, "# result: must be before the first definition."))
            elif key == RESULT:
                results.append((rest.strip(), place))
            elif is_header and " " not in key and SequenceMatcher(None, key, RESULT).ratio() > _ALIKE:
                errors.append((token.line, token.column, f"# {word.strip()}: is not known; did you mean # result:?"))
            elif is_header and key == DESCRIPTION:
                description.append(rest.strip())
            elif is_header:
                description.append((token.value or "").removeprefix(" ").rstrip())
        else:
            is_header = False
    errors += [(*place, "# result: occurs twice.") for _, place in results[1:]]
    text, at = results[0] if results else (None, (1, 1))
    return FileHeader(description="\n".join(description).strip(), result=text, at=at, errors=tuple(errors))


def _tokens(document: DocumentNode) -> Iterator[Token]:
    """Yield all tokens, including comments, which the parser skips."""
    token = document.loc.start_token.next if document.loc else None
    while token is not None:
        yield token
        token = token.next
