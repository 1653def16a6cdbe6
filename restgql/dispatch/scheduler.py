"""Steps in, outcomes out: the only place that starts sub-requests."""

import logging
from collections.abc import Iterable

from restgql.dispatch import Dispatcher
from restgql.errors import ClientError, UpstreamInvalid
from restgql.model import Outcome, Outcomes, Reply, Step, SubRequest

SAFE_METHODS = frozenset({"GET", "HEAD", "QUERY"})


class Deduplicated:
    """A dispatcher that sends each safe sub-request of an operation once."""

    def __init__(self, dispatch: Dispatcher) -> None:
        self._dispatch = dispatch
        self._replies: dict[tuple[object, ...], Reply] = {}

    def __call__(self, request: SubRequest) -> Reply:
        if request.method not in SAFE_METHODS:
            return self._dispatch(request)
        reply = self._replies.get(request.identity)
        if reply is None:
            reply = self._replies[request.identity] = self._dispatch(request)
        return reply


def run(steps: Iterable[Step], dispatch: Dispatcher, logger: logging.Logger) -> Outcomes:
    """What came of each step, by key. A step that fails never harms another."""
    return {step.key: _outcome(step, dispatch, logger) for step in steps}


def _outcome(step: Step, dispatch: Dispatcher, logger: logging.Logger) -> Outcome:
    if step.parts is not None:
        return Outcome(parts=run(step.parts, dispatch, logger))
    if step.request is None:
        return Outcome(refused=step.refused)
    try:
        return Outcome(reply=dispatch(step.request))
    except ClientError as exc:
        return Outcome(refused=exc)
    except Exception:
        logger.exception("Exception on the way to %s", step.request.target)
        failure = UpstreamInvalid("The route could not be asked.", status=500)
        return Outcome(reply=Reply(url=str(step.request.target), status=failure.status, failure=failure))
