"""What the fields of typed objects are read from: a JSON value, its response, and what was asked for below it."""

from typing import Any

import msgspec
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
    is_composite_type,
    is_leaf_type,
)

from restgql.bindings import TAKES_ANY, RequestBinding, SelectBinding
from restgql.errors import UpstreamInvalid
from restgql.execution.result import NotSettled, Result, Results
from restgql.formats import json, select
from restgql.respond.weight import Weight
from restgql.sub_response import Response

_NULL = msgspec.Raw(b"null")


def value_of(call: RequestBinding, response: Response) -> Any:
    """The JSON value of a field that made a request, as text where it is passed on. Raises what it is an error for."""
    if response.status in call.null_on:
        return None
    if call.whole and call.select is None:
        return response.data()
    value = response.parsed()
    return value if call.select is None else select.search(call.select, value)


def value_in(pick: SelectBinding, value: Any, response: Response | None) -> Any:
    """The value of a field that is part of its parent's. Raises BadSelect."""
    if pick.status:
        return response.status if response is not None else None
    if pick.header is not None:
        value = _of_header(pick.header, response)
    return pick.of(value)


def _of_header(name: str, response: Response | None) -> Any:
    """A header field: Link (RFC 8288) as an object of targets by relation, JSON as it is, all else as text."""
    text = response.header(name) if response is not None else None
    if text is None:
        return None
    if name.lower() == "link":
        from requests.utils import parse_header_links  # importing requests costs more than importing Flask

        links = parse_header_links(text)
        return {rel: link["url"] for link in reversed(links) for rel in link.get("rel", "").split()}
    try:
        return json.value(text.encode()) if text[:1] in ("{", "[") else text
    except json.NotJson:
        return text


MISSING = object()


class Object:
    """What an object type's fields are read from: its value, and the outcomes of the fields that made requests."""

    __slots__ = ("_outcomes", "_response", "_weight", "value")

    def __init__(self, value: Any, outcomes: Results, response: Response | None, weight: Weight) -> None:
        self.value = value
        self._outcomes = outcomes
        self._response = response
        self._weight = weight

    def scalar(self, pick: SelectBinding, key: str) -> Any:
        """The value of a field that is a key of this object, and of which nothing was asked; MISSING of any other."""
        keys = pick.keys
        if keys is None or len(keys) != 1 or pick.header is not None or pick.status or key in self._outcomes:
            return MISSING
        value = self.value.get(keys[0]) if type(self.value) is dict else MISSING
        if type(value) is str:
            self._weight.add(len(value))
        return value

    def called(self, call: RequestBinding, info: GraphQLResolveInfo) -> Any:
        """The value of a field that made a request. Raises the error that it has instead, and NotSettled."""
        outcome = self._outcomes[str(info.path.key)]
        if not outcome.settled:
            raise NotSettled(outcome)
        if outcome.refused is not None:
            raise outcome.refused
        return self._completed(outcome.value, outcome, outcome.response, info)

    def picked(self, pick: SelectBinding, info: GraphQLResolveInfo) -> Any:
        """The value of a field that is part of this one's. Raises BadSelect."""
        outcome = self._outcomes.get(str(info.path.key))
        if outcome is not None and outcome.refused is not None:
            raise outcome.refused
        value = outcome.value if outcome is not None else value_in(pick, self.value, self._response)
        return self._completed(value, outcome, self._response, info)

    def _completed(
        self, value: Any, outcome: Result | None, response: Response | None, info: GraphQLResolveInfo
    ) -> Any:
        if not is_leaf_type(get_named_type(info.return_type)):
            return self._objects(info.return_type, value, outcome, response)
        if isinstance(value, str | msgspec.Raw):
            self._weight.add(len(value if isinstance(value, str) else bytes(value)))
        elif isinstance(value, list | dict):
            self._weight.add(len(json.encode(value)))
        return _present(info.return_type, value)

    def _objects(
        self, of_type: GraphQLOutputType, value: Any, outcome: Result | None, response: Response | None
    ) -> Any:
        """Objects in place of values, in lists where the type has lists; an error in place of what is no object."""
        if value is None:
            return _present(of_type, value)
        if isinstance(of_type, GraphQLNonNull):
            of_type = of_type.of_type
        if isinstance(of_type, GraphQLList):
            if not isinstance(value, list):
                return UpstreamInvalid(f"The value is {json.kind(value)}, and {of_type} is a list.")
            below = outcome.items if outcome is not None else None
            return [
                self._objects(of_type.of_type, item, below[index] if below else None, response)
                for index, item in enumerate(value)
            ]
        assert is_composite_type(of_type)
        takes_any = not isinstance(of_type, GraphQLObjectType) or of_type.extensions.get(TAKES_ANY)
        if not isinstance(value, dict) and not takes_any:
            return UpstreamInvalid(f"The value is {json.kind(value)}, and {of_type} is an object.")
        return Object(value, outcome.steps if outcome is not None else {}, response, self._weight)


def _present(of_type: GraphQLOutputType, value: Any) -> Any:
    """A value of a leaf type, or of lists of it; an error in place of each null that may not be there."""
    if isinstance(of_type, GraphQLNonNull):
        if value is None or value == _NULL:
            return UpstreamInvalid(f"The value is null, and {of_type} is never null.")
        of_type = of_type.of_type
    if isinstance(of_type, GraphQLList) and isinstance(value, list):
        return [_present(of_type.of_type, item) for item in value]
    return value
