"""What the fields of the core schema are read from."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLError, GraphQLResolveInfo

from restgql.bindings import RequestBinding
from restgql.errors import RestgqlError
from restgql.execution.result import NotSettled, Result, Results
from restgql.formats import select
from restgql.formats.json import encode
from restgql.respond.aggregate import Map
from restgql.respond.typed import MISSING, Object
from restgql.respond.weight import Weight
from restgql.sub_response import Response


class Shape:
    """What shaping one answer needs, and the errors that it finds below a scalar."""

    def __init__(self, routes: Callable[[str | None], list[Any]], weight: Weight) -> None:
        self.routes = routes
        self.weight = weight
        self.errors: list[GraphQLError] = []


class Source:
    """What the fields of a response, an item or the root are read from: nothing here asks for anything more."""

    def __init__(self, shape: Shape, steps: Results, *, response: Response | None = None, value: Any = None) -> None:
        self.response = response
        self._shape = shape
        self._steps = steps
        self._value = value

    def answer(self, info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Any:
        """The value of a field that made sub-requests. Raises the error that it has instead, and NotSettled."""
        assert isinstance(info.path.key, str)
        outcome = self._steps[info.path.key]
        if (waited_for := outcome.unsettled()) is not None:
            raise NotSettled(waited_for)
        if outcome.refused is not None:
            raise outcome.refused
        match info.field_name:
            case "aggregate":
                return msgspec.Raw(Map(outcome.parts or {}, self._shape.weight, envelope=False).text())
            case "getEach":
                return self._weighed(self._each_value(info, outcome, arguments.get("select")))
            case "each":
                return [Source(self._shape, item.steps, value=item.value) for item in outcome.items or ()]
        assert outcome.response is not None
        if info.field_name != "get":  # fetch, and the verbs
            return Source(self._shape, outcome.steps, response=outcome.response)
        return self._weighed(outcome.response.data(arguments.get("select")))

    def got(self, key: str) -> Any:
        """The JSON text of a `get` that was answered; MISSING of any other. Raises the error that it has instead."""
        outcome = self._steps[key]
        if not outcome.settled or outcome.response is None:
            return MISSING
        return self._weighed(outcome.response.data())

    def called(self, call: RequestBinding, info: GraphQLResolveInfo) -> Any:
        """The value of a typed field of the root. Raises the error that it has instead, and NotSettled."""
        return Object(None, self._steps, None, self._shape.weight).called(call, info)

    def json(self, expression: str | None) -> Any:
        """The JSON value of a response or an item, or what a JMESPath expression selects of it. Raises BadSelect."""
        if self.response is not None:
            return self._weighed(self.response.value(expression))
        return self._weighed(self._value if expression is None else select.search(expression, self._value))

    def text(self, name: str) -> str | None:
        """The body of the response, in one of its forms as a string."""
        found: str | None = getattr(self.response, name)
        self._shape.weight.add(len(found or ""))
        return found

    def routes(self, prefix: str | None) -> list[Any]:
        """The routes that can be asked for."""
        return self._shape.routes(prefix)

    def _weighed(self, value: Any) -> msgspec.Raw:
        """The JSON text of a value, its size counted."""
        text = value if isinstance(value, msgspec.Raw) else msgspec.Raw(encode(value))
        self._shape.weight.add(memoryview(text).nbytes)
        return text

    def _each_value(self, info: GraphQLResolveInfo, outcome: Result, expression: str | None) -> Any:
        """The array of the values; one that failed is null, and an error at its index."""
        values = []
        for index, item in enumerate(outcome.items or ()):
            try:
                if item.refused is not None:
                    raise item.refused
                assert item.response is not None
                values.append(item.response.parsed() if expression else item.response.data())
            except RestgqlError as exc:
                values.append(None)
                path = [*info.path.as_list(), index]
                self._shape.errors.append(
                    GraphQLError(
                        exc.message, info.field_nodes, path=path, original_error=exc, extensions=exc.extensions
                    )
                )
        return values if expression is None else select.search(expression, values)
