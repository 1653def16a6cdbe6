"""The naming convention of one document: the API's names, or camelCase (RESTGQL_CAMEL_CASE), and the way back."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from graphql import ConstDirectiveNode, FieldDefinitionNode, StringValueNode

from restgql.schema.sdl import names
from restgql.schema.sdl.builder import SdlBuilder, key_expression
from restgql.schema.sdl.names import NameScope

_HUMP = re.compile(r"(?<=[A-Za-z0-9])_+([A-Za-z])")
# `userID` is `user_id`, and `getHTTPStatus` is `get_http_status`
_WORD_END = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_Key = TypeVar("_Key", bound=Hashable)


def to_camel_case(name: str) -> str:
    """Return `created_at` as `createdAt`. `userID` and `IN_PROGRESS` are unchanged."""
    return name if name.isupper() else _HUMP.sub(lambda match: match[1].upper(), name)


def to_snake_case(name: str) -> str:
    """Return `createdAt` as `created_at`, and `userID` as `user_id`."""
    return _WORD_END.sub("_", name).lower()


class NamingConvention(msgspec.Struct, frozen=True):
    """The rule that makes GraphQL names from texts of an API. Compile a document with the same `camel_case`."""

    camel_case: bool = False

    def json_key(self, name: str) -> str:
        """Return the JSON key that a field of this name reads if it has no directive."""
        return to_snake_case(name) if self.camel_case else name

    def member_name(self, text: str, fallback: str) -> str:
        """Return the name of a field or argument."""
        return self._cased(names.member_name(text, fallback))

    def root_field_name(self, text: str) -> str:
        """Return the name of a root field, from the name of an operation."""
        return self._cased(names.root_field_name(text))

    def member_names(self, texts: Iterable[str], fallback: str) -> dict[str, str]:
        """Return the names of the members of one type, by their texts."""
        texts = list(texts)
        if not self.camel_case:
            return names.member_names(texts, fallback)
        return self.distinct_names({text: (text, names.member_name(text, fallback)) for text in texts}, NameScope())

    def enum_value_names(self, words: Mapping[str, str]) -> dict[str, str]:
        """Return the names of enum values, by their JSON texts. `words` has the word for each text."""
        return self.distinct_names(
            {text: (word, names.enum_value_name(word)) for text, word in words.items()}, NameScope()
        )

    def distinct_names(self, candidates: Mapping[_Key, tuple[str, str]], scope: NameScope) -> dict[_Key, str]:
        """Return a unique name for each key, from a pair of the API's text and the name made of it.

        A text that is already a valid name has priority over a text that becomes the same name.
        """
        names_by_key: dict[_Key, str] = {}
        for key in sorted(candidates, key=lambda key: self._rank(*candidates[key])):
            _, name = candidates[key]
            cased = self._cased(name)
            names_by_key[key] = scope.take(name if cased in scope else cased)
        return {key: names_by_key[key] for key in candidates}

    def select_directive(self, name: str, text: str, builder: SdlBuilder) -> tuple[ConstDirectiveNode, ...]:
        """Return the directive that makes a field read the key `text`; empty if its name implies that key."""
        return () if self.json_key(name) == text else (builder.directive("select", {"from": key_expression(text)}),)

    def value_directive(self, name: str, text: str, builder: SdlBuilder) -> tuple[ConstDirectiveNode, ...]:
        """Return the directive that sends an input field as the key `text`; empty if its name implies that key."""
        return () if self.json_key(name) == text else (builder.directive("value", {"is": text}),)

    def key_expression_of(self, field: FieldDefinitionNode) -> str:
        """Return the JMESPath expression that a generated field applies to its parent's JSON."""
        select = next((directive for directive in field.directives if directive.name.value == "select"), None)
        if select is None:
            return self.json_key(field.name.value)
        expression: Any = select.arguments[0].value
        return expression.value if isinstance(expression, StringValueNode) else ""

    def _cased(self, name: str) -> str:
        return to_camel_case(name) if self.camel_case else name

    def _rank(self, text: str, name: str) -> int:
        if name != text:
            return 2
        return 0 if self._cased(name) == text else 1
