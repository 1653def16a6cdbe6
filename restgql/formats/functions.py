"""The functions of JMESPath, with `split` of JEP-014. Each charges its steps and copies before it makes them."""

from collections.abc import Callable, Sequence
from json import JSONEncoder
from typing import Any

from jmespath import functions
from jmespath.exceptions import JMESPathTypeError

from restgql.errors import BadSelect
from restgql.formats import json
from restgql.formats.charge import Work, weigh

MAX_SIZE = 5_000_000
"""The most characters of a value that an expression produces; a shared part counts once for each occurrence."""
REFERENCE_TAKERS = frozenset({"map", "max_by", "min_by", "sort_by"})
SCALAR = frozenset(
    {"abs", "avg", "ceil", "contains", "ends_with", "floor", "length", "starts_with", "sum", "to_number", "type"}
)
"""The functions whose result contains nothing of their arguments."""
STEPS = {"to_number": 3, "to_string": 3}
"""The steps of a call without those for its elements, if there are more than CALL."""
CALL = 2

_write = JSONEncoder(separators=(",", ":"), default=str).encode


class _Expression:
    """A reference `&x`. The library's functions call `visit`, and recognize the type by the name of this class."""

    __slots__ = ("_run", "_steps", "_work", "expression")

    def __init__(self, run: Callable[[Any, Work], Any], steps: int, work: Work) -> None:
        self.expression = None
        self._run, self._steps, self._work = run, steps, work

    def visit(self, node: None, value: Any) -> Any:
        """Return the value that the expression selects from an element.

        A text is charged, too, because it may be compared.
        """
        self._work.spend(self._steps)
        result = self._run(value, self._work)
        if result.__class__ is str and len(result) > 64:
            self._work.spend(len(result) >> 6)
        return result


Reference = _Expression


class _Functions(functions.Functions):
    @functions.signature({"types": ["string"]}, {"types": ["string"]})
    def _func_split(self, subject: str, search: str) -> list[str]:
        """Split a text by `search` (JEP-014); an empty search splits into characters."""
        return subject.split(search) if search else list(subject)

    @functions.signature({"types": []})
    def _func_to_number(self, argument: Any) -> Any:
        """Return a number, or null for a string that is not a JSON number, such as `NaN` and `1_0`."""
        if not isinstance(argument, str):
            return argument if isinstance(argument, int | float) and not isinstance(argument, bool) else None
        try:
            return json.value(argument.encode("utf-8", "surrogatepass"), int | float)
        except json.NotJson:
            return None

    @functions.signature({"types": ["object"], "variadic": True})
    def _func_merge(self, *arguments: Any) -> dict[str, Any]:
        """Merge objects. The library checks only the first argument, and would accept pairs with any keys as others."""
        merged: dict[str, Any] = {}
        for argument in arguments:
            if not isinstance(argument, dict):
                raise JMESPathTypeError("merge", argument, json.type_name(argument), ["object"])
            merged.update(argument)
        return merged

    @functions.signature({"types": []})
    def _func_to_string(self, argument: Any) -> str:
        """Return a value as text. The library's own function makes an encoder for every call."""
        return argument if isinstance(argument, str) else _write(argument)


names_of_functions: tuple[str, ...] = tuple(sorted(_Functions.FUNCTION_TABLE))


class _Spec:
    """A function with its signature, prepared for a quick check of a call's arguments.

    `types` are the names of the Python types that each parameter accepts, empty for any, None for a variadic function;
    `walks` is True if the library checks the type of every element.
    """

    __slots__ = ("charge", "function", "types", "walks")

    def __init__(self, name: str, function: Any, signature: Sequence[Any]) -> None:
        self.charge = _CHARGES.get(name)
        self.function = function
        self.types = None if signature[-1].get("variadic") else [_names(each["types"]) for each in signature]
        self.walks = any("-" in name for each in signature for name in each["types"])

    def fits(self, arguments: list[Any]) -> bool:
        """Return True if the library would accept the arguments, their elements aside."""
        if self.types is None:
            return True
        if len(arguments) != len(self.types):
            return False
        for names, argument in zip(self.types, arguments, strict=True):
            if names and type(argument).__name__ not in names:
                return False
        return True


def _names(types: Sequence[str]) -> frozenset[str]:
    return frozenset(name for kind in types for name in functions.REVERSE_TYPES_MAP[kind.partition("-")[0]])


def call(name: str, arguments: list[Any], work: Work) -> Any:
    """Return the result of a function. Raises JMESPathError, BadSelect, and the errors of the library's functions."""
    spec = _SPECS.get(name)
    if spec is None or not spec.fits(arguments):
        return _LIBRARY.call_function(name, arguments)  # this raises
    if spec.charge is not None:
        spec.charge(work, *arguments)
    if spec.walks or spec.types is None:
        return _LIBRARY.call_function(name, arguments)
    return spec.function(_LIBRARY, *arguments)


def _make(work: Work, characters: int) -> None:
    """Charge a text before it is produced. Raises BadSelect for one that is too large."""
    if characters > MAX_SIZE:
        raise too_large()
    work.spend(characters >> 5)


def too_large() -> BadSelect:
    return BadSelect(f"The expression makes more than {MAX_SIZE} characters or elements.")


def _each(work: Work, values: Any) -> None:
    work.spend(len(values))


def _compared(work: Work, values: list[Any]) -> None:
    work.spend(len(values))
    work.spend(sum([len(value) >> 6 for value in values if value.__class__ is str]))


def _sorted(work: Work, values: list[Any]) -> None:
    _sorted_by(work, values)
    _compared(work, values)


def _sorted_by(work: Work, values: list[Any], _: Any = None) -> None:
    """Charge the n log n comparisons of a sort; `visit` charges its keys."""
    work.spend(len(values) * (len(values).bit_length() >> 3))


def _contains(work: Work, subject: Any, search: Any) -> None:
    if isinstance(subject, list):
        work.spend(len(subject) * (1 + (weigh(search, work) >> 6)))
    elif isinstance(search, str):
        _search(work, subject, search)


def _search(work: Work, text: str, part: str) -> None:
    """Charge a search in a text: its time is the product of short texts, and the sum of long ones."""
    work.spend(len(text) * min(len(part), 2_500) >> 10)


def _split(work: Work, subject: str, search: str) -> None:
    _search(work, subject, search)
    _search(work, subject, search)
    work.spend(subject.count(search))
    _make(work, len(subject))


def _joined(work: Work, separator: str, values: list[Any]) -> None:
    work.spend(len(values))
    texts = sum([len(value) for value in values if value.__class__ is str])
    _make(work, len(separator) * len(values) + texts)


def _reversed(work: Work, value: Any) -> None:
    if isinstance(value, str):
        _make(work, len(value))
    else:
        work.spend(len(value))


def _ends(work: Work, text: str, part: str) -> None:
    work.spend(min(len(text), len(part)) >> 6)


def _written(work: Work, value: Any) -> None:
    """Charge JSON text: a character may become twelve, and a number takes longer than a string."""
    if not isinstance(value, str):
        size = weigh(value, work)
        work.spend(size >> 3)
        _make(work, size)


def _read(work: Work, value: Any) -> None:
    if isinstance(value, str):
        work.spend(len(value) >> 5)


def _merged(work: Work, *values: Any) -> None:
    work.spend(sum([len(value) for value in values if isinstance(value, dict)]))


_CHARGES: dict[str, Callable[..., None]] = {
    "avg": _each,
    "contains": _contains,
    "ends_with": _ends,
    "join": _joined,
    "keys": _each,
    "max": _compared,
    "merge": _merged,
    "min": _compared,
    "reverse": _reversed,
    "sort": _sorted,
    "sort_by": _sorted_by,
    "split": _split,
    "starts_with": _ends,
    "sum": _each,
    "to_number": _read,
    "to_string": _written,
    "values": _each,
}
_LIBRARY = _Functions()
_SPECS = {name: _Spec(name, each["function"], each["signature"]) for name, each in _Functions.FUNCTION_TABLE.items()}
