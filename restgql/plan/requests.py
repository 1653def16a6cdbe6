"""The sub-request of a node: its template filled from the arguments and from the parent's JSON."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from restgql.bindings import RequestBinding
from restgql.debug_log import listed, suggestion
from restgql.errors import BadPath, BadSelect
from restgql.formats import brackets, headers, json, select, target, template
from restgql.formats.body import RequestBody, Written
from restgql.formats.charge import UNMETERED, Charge
from restgql.formats.target import Site
from restgql.formats.template import Template
from restgql.meter import Meter
from restgql.model import SubRequest
from restgql.plan.nodes import NodeArguments, PlanNode
from restgql.plan.template_scope import TemplateScope, walk

_NO_BODY: Written = b"", ""
_BODY_BYTES = 20
"""A byte of a template costs as much as this many bytes of a body."""
_PARENT = re.compile(r"\bthis\b")


def request_of(
    node: PlanNode, arguments: NodeArguments, scope: TemplateScope | None, site: Site | None, meter: Meter | None
) -> SubRequest:
    """Return the sub-request of a node below `scope`, or of a root node.

    Raises BadPath, BadSelect, MissingParameter, and LimitExceeded from the meter.
    """
    if isinstance(node.binding, RequestBinding):
        return _typed_request(node.binding, arguments, scope, site, meter)
    path = arguments.template
    assert path is not None
    to = target.parse(_expand(arguments, path, scope, site, meter), quoted=not path.names)
    body, content_type = _NO_BODY if arguments.body is None else arguments.body.written(body_charge(meter))
    return SubRequest(
        target=to,
        method=node.method,
        headers=arguments.headers,
        follow=arguments.follow,
        cookie=None if scope is None else scope.cookie(to.path),
        body=body,
        content_type=content_type,
    )


def forward_query(binding: RequestBinding, request: SubRequest, query: str, site: Site) -> SubRequest:
    """Return a request with the client's query parameters that its field forwards; never to an upstream."""
    if site.remote(request.target.path) is not None:
        return request
    own = {name for name, _ in parse_qsl(request.target.query or "", keep_blank_values=True)}
    pairs = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name in binding.forward and name not in own
    ]
    if not pairs:
        return request
    added = urlencode(pairs, quote_via=quote)
    joined = f"{request.target.query}&{added}" if request.target.query else added
    return msgspec.structs.replace(request, target=target.Target(request.target.path, joined))


def needs_parent(node: PlanNode, arguments: NodeArguments) -> bool:
    """Return True if the sub-request of a node depends on its parent or on the site."""
    path = arguments.template
    if path is None or path.text.startswith("{+") or arguments.needs:
        return True
    if not isinstance(node.binding, RequestBinding):
        return False
    names = (name.text for _, value in node.binding.headers for name in value.names)
    return takes_whole_parent(node.binding) or not all(map(arguments.is_declared, names))


def takes_whole_parent(binding: RequestBinding) -> bool:
    """Return True if the `query` of a request may read any part of the parent's JSON."""
    return bool(_PARENT.search(binding.query or ""))


def _typed_request(
    binding: RequestBinding,
    arguments: NodeArguments,
    scope: TemplateScope | None,
    site: Site | None,
    meter: Meter | None,
) -> SubRequest:
    path = _expand(arguments, binding.template, scope, site, meter)
    if binding.query is not None:
        values = {**arguments.params, "this": scope.value if scope else None}
        path = _with_query(path, select.search(binding.query, values, elements_of(meter)), expansion_of(meter))
    to = target.parse(path, quoted=False)
    body, content_type = _body(binding, arguments, meter)
    lookup, charge = _lookup(arguments, scope), expansion_of(meter)
    filled = ((name, template.fill(value, lookup, charge=charge)) for name, value in binding.headers)
    return SubRequest(
        target=to,
        method=binding.method,
        headers=tuple(headers.well_formed((name, value) for name, value in filled if value is not None)),
        cookie=None if scope is None else scope.cookie(to.path),
        body=body,
        content_type=content_type,
        opens=binding.template.shape if binding.opens_route else "",
        typed=True,
        timeout=binding.timeout,
    )


def elements_of(meter: Meter | None) -> Charge:
    """Return the function that charges the elements that an expression walks."""
    return UNMETERED if meter is None else meter.charge_elements


def expansion_of(meter: Meter | None) -> Charge:
    """Return the function that charges the bytes that a template expands to."""
    return UNMETERED if meter is None else meter.charge_expansion


def body_charge(meter: Meter | None) -> Charge:
    """Return the function that charges the bytes of request bodies, which are cheaper than those of templates."""
    if meter is None:
        return UNMETERED
    return lambda size: meter.charge_expansion(size // _BODY_BYTES)


def _lookup(arguments: NodeArguments, scope: TemplateScope | None) -> Callable[[str], Any]:
    """Return the lookup of a template's names: in `params` for declared ones, else in the parent."""

    def find(name: str) -> Any:
        if arguments.is_declared(name):
            return walk(arguments.params, name)
        return None if scope is None else scope.find(name)

    def find_float(name: str) -> Any:
        value = find(name)
        return f"{value}.0" if name in arguments.float_names and value.__class__ is int else value

    return find_float if arguments.float_names else find


def _expand(
    arguments: NodeArguments, path: Template, scope: TemplateScope | None, site: Site | None, meter: Meter | None
) -> str:
    if not path.names:
        return path.text
    parent = None if arguments.is_declared(path.names[0].text) else scope
    return template.expand(
        path,
        _lookup(arguments, scope),
        link=lambda value: _follow_link(value, parent, site),
        charge=expansion_of(meter),
    )


def _with_query(path: str, entries: Any, charge: Charge) -> str:
    """Return the path with entries in its query: a list is a repeated entry, an object has its keys in brackets.

    Null adds nothing. Raises BadSelect, BadRequest, BadPath before they are too large, and LimitExceeded.
    """
    if entries is None:  # for example an omitted optional input
        return path
    if not isinstance(entries, dict):
        raise BadSelect(f"query produces {json.type_name(entries)}, but must produce an object.")
    pairs: list[tuple[str, str]] = []
    size = len(path)
    for name, value in entries.items():
        for key, item in brackets.fields(name, value):
            pairs.append((key, text := json.to_text(item)))
            size += len(key) + len(text) + 2
            if size > target.MAX_TARGET + 1:
                raise BadPath(f"The path is over {target.MAX_TARGET} bytes.")
    charge(size)
    if not pairs:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode(pairs, quote_via=quote)}"


def _body(binding: RequestBinding, arguments: NodeArguments, meter: Meter | None) -> Written:
    params = arguments.params
    if binding.body is not None:
        value = select.search(binding.body, params, elements_of(meter))
    else:
        value = {key: params[name] for name, key in binding.body_arguments.items() if name in params}
    if value is None or binding.method == "GET" or (not binding.body_arguments and binding.body is None):
        return _NO_BODY  # for example an omitted optional input
    body = RequestBody(value=value, encoding=binding.encoding, media_type=binding.media_type)
    return body.written(body_charge(meter))


def _follow_link(link: str, scope: TemplateScope | None, site: Site | None) -> str:
    """Return the gateway's path for a link from the API or, without a scope, from the client.

    Raises BadPath for a link that leads elsewhere.
    """
    if scope is None and link.startswith("/") and not link.startswith("//"):
        return link
    assert site is not None
    base = target.parse(scope.url) if scope is not None else target.Target("/")
    path = target.resolve(site, base, link)
    if path is not None:
        return path
    try:
        scheme = urlsplit(link).scheme
    except ValueError as exc:
        raise BadPath(f"{link[:80]!r} is not a URL.") from exc
    if link.startswith("//") or scheme:
        raise BadPath(f"{link[:80]!r} leads to another host.")
    return link


def _hint_of_over(over: str, scope: TemplateScope) -> str:
    """Return the cure for an `over` that selects no array; the keys of an object only if the scope `suggests`."""
    keys = (
        [key for key, value in scope.value.items() if isinstance(value, list)] if isinstance(scope.value, dict) else []
    )
    if over == "@":
        key = keys[0] if keys and scope.suggests else "items"
        return f' It is the whole JSON of the parent: use get, or name an array in it, over: "{key}".'
    if not keys or not scope.suggests:
        return ""
    return suggestion(over, keys) or f" The arrays of the parent are {listed(keys)}."


def elements(arguments: NodeArguments, scope: TemplateScope, meter: Meter) -> list[TemplateScope]:
    """Return the elements of the array that a node iterates over, `limit` at most.

    Raises BadSelect if it is not an array.
    """
    array = scope.value if arguments.over == "@" else select.search(arguments.over, scope.value, meter.charge_elements)
    if not isinstance(array, list):
        raise BadSelect(
            f"over selects {json.type_name(array)}, but must select an array.{_hint_of_over(arguments.over, scope)}"
        )
    array = array[: arguments.limit]
    meter.charge_nodes(len(array))
    return [
        msgspec.structs.replace(scope, value=element, enclosing=None if isinstance(element, dict) else scope.value)
        for element in array
    ]
