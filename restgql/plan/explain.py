"""A plan for people: the tree of its sub-requests, and the same as a mermaid flowchart."""

from collections.abc import Iterator

from restgql.errors import RestgqlError
from restgql.formats import template
from restgql.formats.json import encode
from restgql.model import NodeKind, PlanNode
from restgql.plan.plan import Plan

_BRANCH, _LAST, _PIPE, _SPACE = "├─ ", "└─ ", "│  ", "   "


def tree(plan: Plan) -> str:
    """A line a step, what depends on it below it."""
    return "\n".join([_title(plan), *_lines(plan.steps, "")])


def mermaid(plan: Plan) -> str:
    """A mermaid flowchart (mermaid.js.org): a node a step, an arrow from what it waits for."""
    lines = ["flowchart TD", f'  plan(["{_escaped(_title(plan))}"])', *_nodes(plan.steps, "plan", "s")]
    return "\n".join(lines)


def _title(plan: Plan) -> str:
    operation = plan.operation
    count = sum(map(_first, plan.steps))
    name = f"{operation.type.value} {operation.name}".strip()
    return f"{name}: {count} request{'' if count == 1 else 's'} at first"


def _first(step: PlanNode) -> int:
    if step.field is NodeKind.AGGREGATE:
        return sum(map(_first, step.steps))
    return int(step.refused is None and step.twin is None and step.field is not NodeKind.PICK)


def _lines(steps: tuple[PlanNode, ...], indent: str) -> Iterator[str]:
    for step in steps:
        is_last = step is steps[-1]
        yield indent + (_LAST if is_last else _BRANCH) + _text(step)
        yield from _lines(_below(step), indent + (_SPACE if is_last else _PIPE))


def _below(step: PlanNode) -> tuple[PlanNode, ...]:
    """What depends on a step; what several types of its value have alike stands there once."""
    found: dict[str, PlanNode] = {}
    for each in step.below():
        found.setdefault(_text(each), each)
    return tuple(found.values())


def _nodes(steps: tuple[PlanNode, ...], parent: str, prefix: str) -> Iterator[str]:
    for number, step in enumerate(steps):
        node = f"{prefix}{number}"
        label = " and ".join(step.needs)
        yield f'  {parent} -->{f"|{_escaped(label)}|" if label else ""} {node}["{_escaped(_text(step))}"]'
        yield from _nodes(_below(step), node, f"{node}_")


def _text(step: PlanNode) -> str:
    if step.refused is not None:
        return f"{step.key}  refused: {step.refused.code}: {step.refused.message}"
    notes = []
    if step.field in (NodeKind.EACH, NodeKind.GET_EACH):
        limit = "" if step.limit is None else f", at most {step.limit}"
        notes.append(f"for each of {step.over}{limit}")
    if step.call is not None and step.call.batch is not None:
        notes.append(f"{step.call.batch.size} at once by {step.call.batch.template.text}")
    if step.needs:
        notes.append(f"needs {', '.join(step.needs)}")
    if step.twin is not None:
        notes.append(f"same as {step.twin}")
    if step.deferred:
        notes.append("may come later")
    path = _path(step)
    parts = ["" if step.key == step.path else step.key, path, f"({'; '.join(notes)})" if notes else ""]
    return "  ".join(filter(None, parts))


def _path(step: PlanNode) -> str:
    """The method and the path, filled in where the document alone can; a field that is no request by its name."""
    if step.field is NodeKind.PICK:
        return ""
    if step.field in (NodeKind.AGGREGATE, NodeKind.EACH):
        return "" if step.key == step.field.value else step.field.value
    method, path = (step.method, step.template) if step.call is None else (step.call.method, step.call.template)
    if path is None:
        return f"GET {step.path}"
    try:
        filled = path.text if step.needs else template.expand(path, step.params.get)
    except RestgqlError:
        filled = path.text
    headers = f" with {encode(dict(step.headers)).decode()}" if step.headers else ""
    return f"{method} {filled}{headers}"


def _escaped(text: str) -> str:
    return text.replace('"', "#quot;").replace("|", "#124;")
