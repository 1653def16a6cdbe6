"""The names of one document: as the API has them, or in camelCase with RESTGQL_CAMEL_CASE, and the way back."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from graphql import ConstDirectiveNode, FieldDefinitionNode, StringValueNode

from restgql.schema.sdl import names
from restgql.schema.sdl.builder import SdlBuilder, key
from restgql.schema.sdl.names import NameScope

_HUMP = re.compile(r"(?<=[A-Za-z0-9])_+([A-Za-z])")
# `userID` is `user_id`, and `getHTTPStatus` is `get_http_status`
_WORD_END = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_Key = TypeVar("_Key", bound=Hashable)


def to_camel_case(name: str) -> str:
    """Return `created_at` as `createdAt`. `userID` and `IN_PROGRESS` have no word to mark, and stay."""
    return name if name.isupper() else _HUMP.sub(lambda match: match[1].upper(), name)


def to_snake_case(name: str) -> str:
    """Return `createdAt` as `created_at`, and `userID` as `user_id`."""
    return _WORD_END.sub("_", name).lower()


class NamingConvention(msgspec.Struct, frozen=True):
    """The rule by which names are made from texts of an API. A document is compiled with the same `camel_case`."""

    camel_case: bool = False

    def json_key(self, name: str) -> str:
        """Return the key in JSON that a field of this name reads without a directive."""
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

    def enum_value_names(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Return the names of enum values, by their texts in JSON. `wanted` has a word for each text."""
        return self.distinct_names(
            {text: (word, names.enum_value_name(word)) for text, word in wanted.items()}, NameScope()
        )

    def distinct_names(self, wanted: Mapping[_Key, tuple[str, str]], scope: NameScope) -> dict[_Key, str]:
        """Return a name for each key, from the API's text and the name made of it.

        A text that is a name already comes before one that is made into the same name.
        """
        taken: dict[_Key, str] = {}
        for each in sorted(wanted, key=lambda each: self._rank(*wanted[each])):
            _, name = wanted[each]
            cased = self._cased(name)
            taken[each] = scope.take(name if cased in scope else cased)
        return {each: taken[each] for each in wanted}

    def select_directive(self, name: str, text: str, builder: SdlBuilder) -> tuple[ConstDirectiveNode, ...]:
        """Return the directive by which a field reads the key `text`: none if its name leads there."""
        return () if self.json_key(name) == text else (builder.directive("select", {"from": key(text)}),)

    def value_directive(self, name: str, text: str, builder: SdlBuilder) -> tuple[ConstDirectiveNode, ...]:
        """Return the directive by which an input field is sent as `text`: none if its name leads there."""
        return () if self.json_key(name) == text else (builder.directive("value", {"is": text}),)

    def key_expression_of(self, field: FieldDefinitionNode) -> str:
        """Return the JMESPath expression by which a generated field reads its parent's JSON."""
        selected = next((each for each in field.directives if each.name.value == "select"), None)
        if selected is None:
            return self.json_key(field.name.value)
        expression: Any = selected.arguments[0].value
        return expression.value if isinstance(expression, StringValueNode) else ""

    def _cased(self, name: str) -> str:
        return to_camel_case(name) if self.camel_case else name

    def _rank(self, text: str, name: str) -> int:
        if name != text:
            return 2
        return 0 if self._cased(name) == text else 1
