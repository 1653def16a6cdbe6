"""Limits on a document's text before it is parsed: its bytes, its tokens, the nesting of its brackets."""

from graphql import Lexer, Source, TokenKind

from restgql.errors import LimitExceeded
from restgql.syntax_hints import hinted

MAX_BRACKETS = 200
"""The parser recurses for each level of brackets; selections have a lower limit of their own."""

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


def check_text(text: str, *, max_document: int, max_tokens: int) -> int:
    """Return the number of tokens. Raises LimitExceeded, and GraphQLSyntaxError for text that is not GraphQL."""
    if len(text) > max_document or len(text.encode("utf-8", "surrogatepass")) > max_document:
        raise LimitExceeded(
            f"The document is over {max_document} bytes.", limit="RESTGQL_MAX_DOCUMENT", allowed=max_document
        )
    with hinted():
        return _count(text, max_tokens)


def _count(text: str, max_tokens: int) -> int:
    lexer = Lexer(Source(text))
    tokens = depth = 0
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        tokens += 1
        if tokens > max_tokens:
            raise LimitExceeded(
                f"The document has over {max_tokens} tokens.", limit="RESTGQL_MAX_TOKENS", allowed=max_tokens
            )
        if token.kind in _OPENING:
            depth += 1
            if depth > MAX_BRACKETS:
                raise LimitExceeded(
                    f"The document's brackets nest over {MAX_BRACKETS} deep.",
                    limit="brackets",
                    allowed=MAX_BRACKETS,
                )
        elif token.kind in _CLOSING:
            depth -= 1
    return tokens
