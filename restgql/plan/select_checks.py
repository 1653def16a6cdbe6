"""The check of `select` before the request whose response it reads, once for each node of an operation."""

from restgql.documents.selected_field import Variables
from restgql.errors import BadSelect
from restgql.formats import select
from restgql.formats.charge import UNMETERED, Charge
from restgql.plan.nodes import PlanNode


class SelectChecks:
    """The checks of one operation. `charge` is called for each expression that must be compiled."""

    __slots__ = ("_charge", "_errors", "_variables")

    def __init__(self, variables: Variables, charge: Charge = UNMETERED) -> None:
        self._variables = variables
        self._charge = charge
        self._errors: dict[int, BadSelect | None] = {}

    def check(self, node: PlanNode) -> None:
        """Raise BadSelect if a `select` of the node is invalid whatever the value, and LimitExceeded."""
        if not node.selects:
            return
        if id(node) not in self._errors:
            self._errors[id(node)] = self._error(node)
        if (error := self._errors[id(node)]) is not None:
            raise error.with_traceback(None)

    def _error(self, node: PlanNode) -> BadSelect | None:
        try:
            for field in node.selects:
                if (expression := field.read_arguments(self._variables).get("select")) is not None:
                    select.check(expression, self._charge)
        except BadSelect as exc:
            return exc if node.is_safe else BadSelect(f"The {node.method} was not sent. {exc.message}")
        return None
