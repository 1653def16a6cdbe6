"""The shape of a document: its text without the literals, so that the same query with another id is recognized.

A document that differs from a valid one only in its literals is valid, too, if each value fits the type of its place.
It is then neither parsed nor validated: its literals become variables of the earlier document.
"""

import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import msgspec
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    IntValueNode,
    NameNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_abstract_type,
    visit,
)

from restgql.bindings import Discriminator, UserResolver
from restgql.documents.lines import Lines

# The literals and comments of GraphQL (section Lexical Tokens). To search for an end that is not there takes quadratic
# time: so a string may lack its end, which no valid document does, and a text with block strings has no shape.
_LITERAL = re.compile(
    r"""(
        \#[^\n\r]* |
        "(?:[^"\\\n\r]|\\.)*"? |
        (?<![\w.])-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])
    )""",
    re.VERBOSE | re.ASCII,
)
_PLAIN_TEXT = re.compile(r'"(?:[^"\\\x00-\x08\x0b-\x1f\ud800-\udfff]*)"\Z')
_INT = range(-(2**31), 2**31)
MAX_DIGITS = 40
"""The most digits of an integer literal that is lifted; a document with a longer one is parsed."""
MAX_LITERALS = 500
"""The most literals; a document with more is always parsed."""


def is_literal(name: str) -> bool:
    """Return True for the name of a variable that replaces a literal."""
    return " " in name


class Unfit(Exception):
    """A literal does not fit the type of its place."""


def _text(literal: str) -> str:
    if literal[0] != '"':
        raise Unfit
    return literal[1:-1]


def _int(literal: str) -> int:
    if literal[0] == '"' or not literal.lstrip("-").isdigit() or (number := int(literal[:12])) not in _INT:
        raise Unfit
    return number


def _long(literal: str) -> int:
    if literal[0] == '"' or not literal.lstrip("-").isdigit() or len(literal) > MAX_DIGITS:
        raise Unfit
    return int(literal)


def _float(literal: str) -> float:
    if literal[0] == '"' or not isfinite(number := float(literal)):
        raise Unfit
    return number


def _id(literal: str) -> str:
    if literal[0] == '"':
        return literal[1:-1]
    if not literal.lstrip("-").isdigit():
        raise Unfit
    return literal


def _json(literal: str) -> Any:
    if literal[0] == '"':
        return literal[1:-1]
    return int(literal) if literal.lstrip("-").isdigit() else _float(literal)


_READ: dict[str, Callable[[str], Any]] = {
    "String": _text, "Int": _int, "Long": _long, "Float": _float, "ID": _id, "JSON": _json,
}  # fmt: skip
_BY_TYPE: dict[object, str] = {GraphQLString: "String", GraphQLInt: "Int", GraphQLFloat: "Float", GraphQLID: "ID"}


class DocumentShape(msgspec.Struct, frozen=True, eq=False):
    """A document's text without its literals, which are in `literals`, each once; equal `key`s are equal shapes.

    `between` are the parts of the text around the literals, `places` the number of the literal at each place.
    """

    key: tuple[tuple[str, ...], tuple[str, ...]]
    literals: tuple[str, ...]
    between: tuple[str, ...]
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "DocumentShape | None":
        """Return the shape of a text, or None if it has no literal, too many, or a block string."""
        if '"""' in text:
            return None
        parts = _LITERAL.split(text)
        if not 3 <= len(parts) <= 2 * MAX_LITERALS:
            return None
        numbers: dict[str, int] = {}
        kinds: list[str] = []
        places: list[int] = []
        for token in parts[1::2]:
            number = numbers.setdefault(token, len(numbers))
            places.append(number)
            if token[0] == '"' and _PLAIN_TEXT.match(token):
                kinds.append(f"s{number}")
            elif token[0] in '"#':
                kinds.append(token)
            else:
                kinds.append(f"{'i' if token.lstrip('-').isdigit() else 'f'}{number}")
        between = tuple(parts[0::2])
        return cls((between, tuple(kinds)), tuple(numbers), between, tuple(places))

    def starts(self) -> Iterator[tuple[int, int]]:
        """Yield the start of each literal in the text, and its number."""
        at = 0
        for part, number in zip(self.between, self.places, strict=False):
            at += len(part)
            yield at, number
            at += len(self.literals[number])

    @property
    def text(self) -> str:
        """The text of the document."""
        tokens = [self.literals[number] for number in self.places]
        return "".join(part + token for part, token in zip(self.between, [*tokens, ""], strict=True))


class Lifted(msgspec.Struct, frozen=True, eq=False):
    """A document of a shape, with variables in place of the literals in `node`: each name with the number and type of
    its literal. Literals whose number is in `fixed` are where no variable may be, and must equal those of `shape`, the
    document's own.
    """

    node: DocumentNode
    shape: DocumentShape
    variables: tuple[tuple[str, int, str], ...]
    fixed: tuple[int, ...]

    @classmethod
    def of(cls, schema: GraphQLSchema, document: DocumentNode, shape: DocumentShape) -> "Lifted | None":
        """Lift the literals out of a valid document. Return None if code of the user's own may read them."""
        info = TypeInfo(schema)
        liftable = (kind[0] in "sif" for kind in shape.key[1])
        starts = {start: number for (start, number), is_one in zip(shape.starts(), liftable, strict=True) if is_one}
        lifter = _Lifter(info, starts)
        lifted = visit(document, TypeInfoVisitor(info, lifter))
        if lifter.is_seen_by_user or not lifter.variables:
            return None
        fixed = {number for start, number in shape.starts() if start not in lifter.lifted}
        return cls(lifted, shape, tuple(sorted(lifter.variables)), tuple(sorted(fixed)))

    def values(self, shape: DocumentShape) -> dict[str, Any] | None:
        """Return the values of the variables in another document of the shape, or None if one does not fit."""
        literals, own = shape.literals, self.shape.literals
        try:
            if any(literals[number] != own[number] for number in self.fixed):
                return None
            return {name: _READ[kind](literals[number]) for name, number, kind in self.variables}
        except (Unfit, ValueError):
            return None


class Relocation:
    """Maps the place of an error in a lifted document to the place in the document that was sent.

    Many errors may have the same place: each is mapped once.
    """

    __slots__ = ("_lifted", "_lines", "_places", "_sent")

    def __init__(self, lifted: DocumentShape, sent: DocumentShape) -> None:
        self._lifted = lifted
        self._sent = sent
        self._lines: tuple[Lines, Lines] | None = None
        self._places: dict[tuple[int, int], tuple[int, int]] = {}

    def __call__(self, line: int, column: int) -> tuple[int, int]:
        """Return the line and column of the same place in the document that was sent."""
        place = self._places.get((line, column))
        if place is None:
            if self._lines is None:
                self._lines = Lines(self._lifted.text), Lines(self._sent.text)
            lifted, sent = self._lines
            place = self._places[line, column] = sent.location(self._moved(lifted.offset(line, column)))
        return place

    def _moved(self, offset: int) -> int:
        """Return the offset in the document that was sent of an offset in the lifted one."""
        moved = offset
        for (before, number), (after, other) in zip(self._lifted.starts(), self._sent.starts(), strict=True):
            end = before + len(self._lifted.literals[number])
            if offset >= end:
                moved = offset - end + after + len(self._sent.literals[other])
            elif offset >= before:
                moved = offset - before + after
        return moved


class _Lifter(Visitor):
    """Replaces literals by variables, with names that no document can contain."""

    def __init__(self, info: TypeInfo, numbers: dict[int, int]) -> None:
        super().__init__()
        self._info = info
        self._numbers = numbers
        self._fixed_depth = 0
        self.variables: set[tuple[str, int, str]] = set()
        self.lifted: set[int] = set()
        """The starts of the lifted literals. The same literal may also be where it cannot be lifted."""
        self.is_seen_by_user = False

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        field = self._info.get_field_def()
        of_type = get_named_type(field.type) if field is not None else None
        asks_user = is_abstract_type(of_type) and not isinstance(getattr(of_type, "resolve_type", None), Discriminator)
        if asks_user or isinstance(getattr(field, "resolve", None), UserResolver):
            self.is_seen_by_user = True

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self._fixed_depth += 1

    def leave_directive(self, node: DirectiveNode, *_: Any) -> None:
        self._fixed_depth -= 1

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self._fixed_depth += 1

    def leave_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self._fixed_depth -= 1

    def enter_string_value(self, node: StringValueNode, *_: Any) -> ValueNode | None:
        return self._lift(node)

    def enter_int_value(self, node: IntValueNode, *_: Any) -> ValueNode | None:
        return self._lift(node)

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> ValueNode | None:
        return self._lift(node)

    def _lift(self, node: StringValueNode | IntValueNode | FloatValueNode) -> ValueNode | None:
        kind = None if self._fixed_depth else self._kind()
        if kind is None or node.loc is None or node.loc.start not in self._numbers:
            return None
        number = self._numbers[node.loc.start]
        name = f"{number} {kind}"
        self.lifted.add(node.loc.start)
        self.variables.add((name, number, kind))
        return VariableNode(name=NameNode(value=name), loc=node.loc)

    def _kind(self) -> str | None:
        of_type = self._info.get_input_type()
        if isinstance(of_type, GraphQLNonNull):
            of_type = of_type.of_type
        if of_type is None:  # within a literal of a scalar
            argument = self._info.get_argument()
            named = get_named_type(argument.type) if argument is not None else None
            return "JSON" if getattr(named, "name", "") == "JSON" else None
        return "Long" if getattr(of_type, "name", "") == "Long" else _BY_TYPE.get(of_type)
