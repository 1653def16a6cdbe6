"""A plan for people: the tree of its sub-requests, and the same as a mermaid flowchart."""

from collections.abc import Iterator
from math import inf
from typing import Any

import msgspec

from restgql.bindings import RequestBinding
from restgql.documents.documents import Operation
from restgql.errors import RestgqlError, first_line
from restgql.formats import target, template
from restgql.formats.json import encode
from restgql.formats.template import Template, missing_parameter
from restgql.meter import Meter
from restgql.model import Headers
from restgql.plan.arguments import arguments_of
from restgql.plan.nodes import NodeArguments, NodeKind, PlanNode
from restgql.plan.plan import Plan, PlanContext
from restgql.plan.requests import needs_parent
from restgql.plan.select_checks import SelectChecks
from restgql.plan.template_scope import walk

_BRANCH, _LAST, _PIPE, _SPACE = "├─ ", "└─ ", "│  ", "   "
_ALONE = frozenset({NodeKind.EACH, NodeKind.SELECT, NodeKind.RESOLVER, NodeKind.AGGREGATE})
_WITHOUT_PATH = frozenset({NodeKind.EACH, NodeKind.AGGREGATE})


class Line(msgspec.Struct, frozen=True):
    """One node of the output: `needs` are the names that it takes from its parent, `twin` is the response path of an
    earlier node with the same request.
    """

    text: str
    requests: int
    needs: tuple[str, ...] = ()
    below: "tuple[Line, ...]" = ()
    is_typed: bool = False


def tree(plan: Plan, operation: Operation, context: PlanContext) -> str:
    """Return one line per node, with its dependent nodes below it."""
    lines = _root_lines(plan, operation, context)
    return "\n".join([_title(plan, lines), *_drawn(lines, "")])


def mermaid(plan: Plan, operation: Operation, context: PlanContext) -> str:
    """Return a mermaid flowchart (mermaid.js.org), with an arrow from each node to its dependent nodes."""
    lines = _root_lines(plan, operation, context)
    return "\n".join(["flowchart TD", f'  plan(["{_escaped(_title(plan, lines))}"])', *_arrows(lines, "plan", "s")])


def _root_lines(plan: Plan, operation: Operation, context: PlanContext) -> tuple[Line, ...]:
    """Return the lines of the root nodes.

    Raises LimitExceeded if they make more sub-requests than an operation may make.
    """
    lines = _Explainer(operation, context).lines(plan.nodes, "", is_root=True)
    typed = sum(line.requests for line in lines if line.is_typed)
    Meter(context.limits, inf).check_requests(sum(line.requests for line in lines), typed)
    return lines


def _title(plan: Plan, lines: tuple[Line, ...]) -> str:
    count = sum(line.requests for line in lines)
    name = f"{plan.node.operation.value} {plan.name}".strip()
    return f"{name}: {count} request{'' if count == 1 else 's'} at first"


def _drawn(lines: tuple[Line, ...], indent: str) -> Iterator[str]:
    for line in lines:
        is_last = line is lines[-1]
        yield indent + (_LAST if is_last else _BRANCH) + line.text
        yield from _drawn(line.below, indent + (_SPACE if is_last else _PIPE))


def _arrows(lines: tuple[Line, ...], parent: str, prefix: str) -> Iterator[str]:
    for number, line in enumerate(lines):
        name, label = f"{prefix}{number}", " and ".join(line.needs)
        yield f'  {parent} -->{f"|{_escaped(label)}|" if label else ""} {name}["{_escaped(line.text)}"]'
        yield from _arrows(line.below, name, f"{name}_")


class _Explainer:
    """Makes the lines of one operation."""

    def __init__(self, operation: Operation, context: PlanContext) -> None:
        self._operation = operation
        self._context = context
        self._select_checks = SelectChecks(operation.variables)
        self._lines_by_nodes: dict[tuple[int, str], tuple[Line, ...]] = {}

    def lines(
        self,
        nodes: tuple[PlanNode, ...],
        above: str,
        *,
        is_root: bool = False,
        seen: dict[tuple[object, ...], str] | None = None,
    ) -> tuple[Line, ...]:
        """Return the lines of nodes with one parent. Nodes that several types share appear once."""
        key = id(nodes), above
        if key not in self._lines_by_nodes or seen is not None:
            lines: dict[str, Line] = {}
            paths: dict[tuple[object, ...], str] = {} if seen is None else seen
            for node in nodes:
                line = self._line(node, f"{above}.{node.key}".lstrip("."), paths, is_root=is_root)
                lines.setdefault(line.text, line)
            self._lines_by_nodes[key] = tuple(lines.values())
        return self._lines_by_nodes[key]

    def _line(self, node: PlanNode, path: str, seen: dict[tuple[object, ...], str], *, is_root: bool) -> Line:
        if node.kind in (NodeKind.SELECT, NodeKind.RESOLVER):
            resolver = "  (a resolver of the app)" if node.kind is NodeKind.RESOLVER else ""
            return Line(f"{node.key}{resolver}", 0, below=self._below(node, path))
        try:
            arguments = arguments_of(node, self._operation.variables, self._context)
            _check(node, arguments, is_root=is_root)
            self._select_checks.check(node)
        except RestgqlError as exc:
            return Line(f"{node.key}  refused: {exc.code}: {first_line(exc.message)}", 0, below=self._below(node, path))
        if node.kind is NodeKind.AGGREGATE:
            return self._aggregate_line(node, arguments, seen, path)
        is_alone = node.kind in _ALONE or not node.is_safe
        twin = path if is_alone else seen.setdefault(_identity(node, arguments), path)
        needs = () if is_root else arguments.needs
        text = _text(node, arguments, needs, None if twin == path else twin)
        is_typed = node.kind is NodeKind.REQUEST
        return Line(text, int(twin == path), needs, self._below(node, path), is_typed)

    def _aggregate_line(
        self, node: PlanNode, arguments: NodeArguments, seen: dict[tuple[object, ...], str], path: str
    ) -> Line:
        parts, requests = [], 0
        for key, text in arguments.parts:
            try:
                target.parse(text)
            except RestgqlError as exc:
                parts.append(Line(f"{key}  refused: {exc.code}: {first_line(exc.message)}", 0))
                continue
            at = f"{path}.{key}"
            twin = seen.setdefault(_identity_of_target(str(target.parse(text))), at)
            same = "" if twin == at else f"  (same as {twin})"
            requests += twin == at
            parts.append(Line(f"{'' if key == text else key + '  '}GET {text}{same}", int(twin == at)))
        return Line(_text(node, arguments, (), None), requests, below=tuple(parts))

    def _below(self, node: PlanNode, path: str) -> tuple[Line, ...]:
        lines: dict[str, Line] = {}
        for nodes in (node.children, *node.cases.values()):
            for line in self.lines(nodes, path):
                lines.setdefault(line.text, line)
        return tuple(lines.values())


def _check(node: PlanNode, arguments: NodeArguments, *, is_root: bool) -> None:
    """Raise the error of a node whose sub-request cannot be made, if the document alone decides it."""
    path = arguments.template
    missing = next((name for name in path.names if not name.optional), None) if path is not None else None
    if is_root and missing is not None and not arguments.is_declared(missing.text):
        raise missing_parameter(missing)
    if path is not None and node.kind in (NodeKind.GET, NodeKind.FETCH) and not needs_parent(node, arguments):
        _filled(path, arguments)


def _identity(node: PlanNode, arguments: NodeArguments) -> tuple[object, ...]:
    """Return a key that nodes with the same request have in common, if the document alone decides it."""
    if isinstance(node.binding, RequestBinding):
        return (node.binding.method, node.binding.template.text, encode(arguments.params), id(node.binding))
    path = arguments.template
    assert path is not None
    if node.kind is not NodeKind.GET_EACH and not needs_parent(node, arguments):
        return _identity_of_target(_filled(path, arguments), arguments.headers)
    over = (arguments.over, arguments.limit) if node.kind is NodeKind.GET_EACH else ()
    return (path.text, encode(arguments.params) if path.names else b"", arguments.headers, over)


def _identity_of_target(text: str, headers: Headers = ()) -> tuple[object, ...]:
    return (text, b"", headers, ())


def _filled(path: Template, arguments: NodeArguments) -> str:
    """Return the path of a template that is filled without a parent. Raises BadPath and MissingParameter."""
    expanded = template.expand(path, lambda name: walk(arguments.params, name))
    return str(target.parse(expanded, quoted=not path.names))


def _text(node: PlanNode, arguments: NodeArguments, needs: tuple[str, ...], twin: str | None) -> str:
    notes = []
    if node.kind in (NodeKind.EACH, NodeKind.GET_EACH):
        limit = "" if arguments.limit is None else f", at most {arguments.limit}"
        notes.append(f"for each of {arguments.over}{limit}")
    if isinstance(node.binding, RequestBinding) and node.binding.batch is not None:
        notes.append(f"{node.binding.batch.size} at once by {node.binding.batch.template.text}")
    if needs:
        notes.append(f"needs {', '.join(needs)}")
    if twin is not None:
        notes.append(f"same as {twin}")
    if node.deferred:
        notes.append("may come later")
    parts = [node.key, _path(node, arguments, needs), f"({'; '.join(notes)})" if notes else ""]
    return "  ".join(filter(None, parts))


def _path(node: PlanNode, arguments: NodeArguments, needs: tuple[str, ...]) -> str:
    """Return the method and the path, filled as far as the document alone decides it."""
    if node.kind in _WITHOUT_PATH:
        return "" if node.key == node.kind.value else node.kind.value
    path = arguments.template
    assert path is not None
    params: dict[str, Any] = arguments.params
    try:
        filled = path.text if needs else template.expand(path, params.get)
    except RestgqlError:
        filled = path.text
    headers = f" with {encode(dict(arguments.headers)).decode()}" if arguments.headers else ""
    return f"{node.method} {filled}{headers}"


def _escaped(text: str) -> str:
    return text.replace('"', "#quot;").replace("|", "#124;")
