"""The check of `params` in debug: values that the path has no place for, and that are therefore not sent."""

import re

from restgql.debug_log import DebugLog, listed, shortened
from restgql.plan.nodes import NodeArguments

_QUERY = re.compile(r"\{\?([^{}]+)\}")


def check_params(log: DebugLog, arguments: NodeArguments) -> None:
    """Log the names in `params` that the path does not use, with the path that sends them."""
    template = arguments.template
    if template is None or not arguments.params:
        return
    used = {part for name in template.names for part in (name.text, name.text.partition(".")[0])}
    unused = [name for name in arguments.params if name not in used]
    if not unused:
        return
    path = _with_query(template.text, ",".join(unused))
    log.warn(
        ("params", template.text, *unused),
        f"params: the path {shortened(template.text)!r} has no place for {listed(unused)}, so the request is made "
        f"without. For query parameters write path: {shortened(path)!r}.",
    )


def _with_query(path: str, names: str) -> str:
    if _QUERY.search(path):
        return _QUERY.sub(lambda match: f"{{?{match[1]},{names}}}", path, count=1)
    return f"{path}{{&{names}}}" if "?" in path else f"{path}{{?{names}}}"
