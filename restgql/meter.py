"""The meter of an operation: the only place that counts its work, so that its cost is bounded."""

import threading
import time

import msgspec

from restgql.errors import LATE, LimitExceeded, UpstreamTimeout

SHAPING_SECONDS = 1.0
"""Seconds after the deadline in which the answer is shaped from the results so far."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one operation, including everything that it nests. Each field `x` is the key `RESTGQL_X`.

    `max_subrequests` counts untyped sub-requests, `max_typed_subrequests` all of them. `max_nodes` counts the fields
    that make requests, once for each parent, and the elements that they iterate over; `max_values` the fields and list
    items of the answer; `max_elements` the steps and elements that expressions walk; `max_expansion` the bytes that
    templates expand to; `max_output` the bytes of the answer.
    """

    max_subrequests: int
    max_typed_subrequests: int
    max_nodes: int
    max_values: int
    max_elements: int
    max_expansion: int
    max_output: int


class _Counts:
    """The counts that an operation shares with everything that it nests; `lock` guards all of them."""

    __slots__ = ("elements", "expansion", "lock", "nodes", "output", "projected", "requests", "untyped", "values")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.projected = 0
        self.requests = self.untyped = self.nodes = self.elements = self.expansion = self.output = self.values = 0


class Meter:
    """Counts the work of one operation, and ends it at `deadline`, a time of `time.monotonic()`.

    Every stage charges the meter before it does the work. A charge over its limit raises LimitExceeded, and so does
    every later charge of that kind; a charge after the deadline raises UpstreamTimeout.
    """

    __slots__ = ("_counts", "deadline", "limits")

    def __init__(self, limits: Limits, deadline: float, *, _counts: _Counts | None = None) -> None:
        self.limits = limits
        self.deadline = deadline
        self._counts = _counts or _Counts()

    def until(self, deadline: float) -> "Meter":
        """Return a meter with the same counts, which ends at `deadline` if that is earlier."""
        return Meter(self.limits, min(self.deadline, deadline), _counts=self._counts)

    @property
    def seconds_left(self) -> float:
        """The time until the deadline, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def check_deadline(self) -> None:
        """Raise UpstreamTimeout after the deadline."""
        if time.monotonic() >= self.deadline:
            raise UpstreamTimeout(LATE)

    def charge_requests(self, count: int, typed: int = 0) -> None:
        """Charge `count` sub-requests, of which typed fields make `typed`: all of them or, over a limit, none."""
        with self._counts.lock:
            self.check_requests(count, typed)
            self._counts.untyped += count - typed
            self._counts.requests += count

    def check_requests(self, count: int, typed: int = 0) -> None:
        """Raise LimitExceeded if this many more sub-requests would exceed a limit."""
        counts, limits = self._counts, self.limits
        untyped, in_all = count - typed, max(limits.max_subrequests, limits.max_typed_subrequests)
        if counts.untyped + untyped > limits.max_subrequests:
            raise _too_many_requests(untyped, "RESTGQL_MAX_SUBREQUESTS", limits.max_subrequests)
        if counts.requests + count > in_all:
            raise _too_many_requests(count, "RESTGQL_MAX_TYPED_SUBREQUESTS", in_all)

    def charge_nodes(self, count: int) -> None:
        """Charge fields that make requests, or elements that they iterate over, before their results are created."""
        self.check_deadline()
        with self._counts.lock:
            self._counts.nodes = total = self._counts.nodes + count
        if total > self.limits.max_nodes:
            raise _exceeded("ask for", "values of its fields", "max_nodes", self.limits.max_nodes)

    def has_nodes(self, count: int) -> bool:
        """Charge nodes as `charge_nodes` does and return True, or charge none and return False if they exceed the
        limit. Raises UpstreamTimeout.
        """
        self.check_deadline()
        with self._counts.lock:
            total = self._counts.nodes + count
            if total > self.limits.max_nodes:
                return False
            self._counts.nodes = total
        return True

    def charge_values(self, count: int) -> None:
        """Charge fields and list items of the answer before they are completed."""
        self.check_deadline()
        with self._counts.lock:
            self._counts.values = total = self._counts.values + count
        if total > self.limits.max_values:
            raise _exceeded("answer with", "fields and list items", "max_values", self.limits.max_values)

    def charge_elements(self, count: int) -> None:
        """Charge the steps and elements that an expression is about to walk."""
        self.check_deadline()
        with self._counts.lock:
            self._counts.elements = total = self._counts.elements + count
        if total > self.limits.max_elements:
            raise _exceeded("walk", "elements in its expressions", "max_elements", self.limits.max_elements)

    def charge_expansion(self, size: int) -> None:
        """Charge the bytes that a template is about to expand to."""
        self.check_deadline()
        with self._counts.lock:
            self._counts.expansion = total = self._counts.expansion + size
        if total > self.limits.max_expansion:
            raise _exceeded("expand its templates to", "bytes", "max_expansion", self.limits.max_expansion)

    @property
    def projected_room(self) -> int:
        """The bytes of projected values that are still allowed."""
        return self.limits.max_output - self._counts.projected

    def has_room(self, size: int) -> bool:
        """Count bytes of projected values before they are made.

        Return False if they exceed the limit of the answer, and ever after.
        """
        with self._counts.lock:
            self._counts.projected += size
            return self._counts.projected <= self.limits.max_output

    def for_shaping(self) -> "Meter":
        """Return a meter with the same counts, which ends SHAPING_SECONDS later: for the answer after the deadline."""
        return Meter(self.limits, self.deadline + SHAPING_SECONDS, _counts=self._counts)

    def tally(self, introspection: int = 0) -> "Tally":
        """Return a tally for one walk over a part of the answer, which may have this many fields of introspection."""
        counts, limits = self._counts, self.limits
        return Tally(self, limits.max_values - counts.values, limits.max_output - counts.output, introspection)

    def add(self, values: int, output: int) -> None:
        """Count the fields, list items and bytes of a part of the answer that is sent."""
        with self._counts.lock:
            self._counts.values += values
            self._counts.output += output


class Tally:
    """The fields, list items and bytes of one walk over a part of the answer.

    They are counted apart, because the walk is repeated if a result that it needs is not settled yet; `commit` adds
    them to the meter.
    """

    __slots__ = ("_introspection_left", "_meter", "_output", "_output_left", "_values", "_values_left")

    def __init__(self, meter: Meter, values_left: int, output_left: int, introspection_left: int) -> None:
        self._meter = meter
        self._values_left = values_left
        self._output_left = output_left
        self._introspection_left = introspection_left
        self._values = self._output = 0

    def charge_values(self, count: int) -> None:
        """Charge fields or list items. Raises LimitExceeded."""
        self._values += count
        if self._values > self._values_left:
            limits = self._meter.limits
            raise _exceeded("answer with", "fields and list items", "max_values", limits.max_values)

    def charge_introspection(self, count: int) -> None:
        """Charge fields of introspection; an operation may have one and a half times those of the whole schema."""
        self._introspection_left -= count
        if self._introspection_left < 0:
            message = "The operation requests more than the whole schema."
            raise LimitExceeded(message, limit="introspection", allowed=1)

    def charge_output(self, size: int) -> None:
        """Charge bytes, except over the limit, so that smaller charges may follow. Raises LimitExceeded."""
        if self._output + size > self._output_left:
            allowed = self._meter.limits.max_output
            message = f"The answer would be over {allowed} bytes."
            raise LimitExceeded(message, limit="RESTGQL_MAX_OUTPUT", allowed=allowed, status=502)
        self._output += size

    @property
    def introspection_left(self) -> int:
        """The fields of introspection that later walks may still have."""
        return max(0, self._introspection_left)

    @property
    def output(self) -> int:
        """The bytes that are not committed yet."""
        return self._output

    def commit(self) -> None:
        """Add the fields, list items and bytes to the meter."""
        self._meter.add(self._values, self._output)
        self._values_left -= self._values
        self._output_left -= self._output
        self._values = self._output = 0


def _too_many_requests(count: int, key: str, allowed: int) -> LimitExceeded:
    message = f"{count} more sub-requests would be over the {allowed} of an operation."
    return LimitExceeded(message, limit=key, allowed=allowed)


def _exceeded(verb: str, unit: str, limit: str, allowed: int) -> LimitExceeded:
    message = f"The operation would {verb} more than {allowed} {unit}."
    return LimitExceeded(message, limit=f"RESTGQL_{limit.upper()}", allowed=allowed)
