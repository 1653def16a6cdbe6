"""From a step to its sub-requests: templates filled, from arguments and from the parent's JSON."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from restgql.errors import BadPath, BadSelect
from restgql.execution.template_scope import TemplateScope, walk
from restgql.formats import headers, json, select, target, template
from restgql.formats.body import Body, Written
from restgql.formats.target import Site
from restgql.formats.template import Template
from restgql.model import PlanNode, SubRequest

NONE: Written = b"", ""
"""What is written where there is no body."""


def request_of(step: PlanNode, scope: TemplateScope | None, site: Site) -> SubRequest:
    """The sub-request of a step with a template or a path. Raises what refuses it."""
    if step.template is None:
        return SubRequest(target=target.parse(step.path), follow=step.follow)
    if step.template.names:
        to = target.parse(_expanded(step, step.template, scope, site), quoted=False)
    else:
        to = target.parse(step.template.text)
    cookie = None if scope is None else scope.cookie(to.path)
    body, content_type = NONE if step.body is None else step.body.written()
    return SubRequest(
        target=to,
        method=step.method,
        headers=step.headers,
        follow=step.follow,
        cookie=cookie,
        body=body,
        content_type=content_type,
    )


def call_of(step: PlanNode, scope: TemplateScope | None, site: Site) -> SubRequest:
    """The sub-request of a typed field. Raises what refuses it."""
    call = step.call
    assert call is not None
    path = _expanded(step, call.template, scope, site)
    if call.query is not None:
        found = select.search(call.query, {**step.params, "this": scope.value if scope else None})
        path = _with_query(path, found)
    to = target.parse(path, quoted=False)
    body, content_type = _body(step)
    filled = ((name, template.fill(value, _lookup(step, scope))) for name, value in call.headers)
    return SubRequest(
        target=to,
        method=call.method,
        headers=tuple(headers.well_formed((name, value) for name, value in filled if value is not None)),
        cookie=None if scope is None else scope.cookie(to.path),
        body=body,
        content_type=content_type,
        opened=call.opened,
        typed=True,
        timeout=call.timeout,
    )


def _lookup(step: PlanNode, scope: TemplateScope | None) -> Callable[[str], Any]:
    """What gives a template's names their values: `params` those that are declared, the parent all others."""

    def find(name: str) -> Any:
        if step.is_declared(name):
            return walk(step.params, name)
        return None if scope is None else scope.find(name)

    return find


def _expanded(step: PlanNode, path: Template, scope: TemplateScope | None, site: Site) -> str:
    """A template filled. Raises MissingParameter and BadPath."""
    first = path.names[0].text if path.names else ""
    giver = None if step.is_declared(first) else scope
    return template.expand(path, _lookup(step, scope), link=lambda value: _followed(value, giver, site))


def _with_query(path: str, entries: Any) -> str:
    if not isinstance(entries, dict):
        raise BadSelect(f"query makes {json.kind(entries)}, and it takes an object.")
    pairs = [
        (name, json.spelled(item))
        for name, value in entries.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    if not pairs:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode(pairs, quote_via=quote)}"


def _body(step: PlanNode) -> Written:
    call = step.call
    assert call is not None
    if call.body is not None:
        value = select.search(call.body, step.params)
    else:
        value = {key: step.params[name] for name, key in call.left.items() if name in step.params}
    if value is None or call.method == "GET" or (not call.left and call.body is None):
        return NONE  # an optional input that was left out, say
    return Body(value=value, encoding=call.encoding).written()


def elements(step: PlanNode, scope: TemplateScope) -> list[TemplateScope]:
    """The elements of the array that a step goes over, `limit` at most. Raises BadSelect where it is no array."""
    array = scope.value if step.over == "@" else select.search(step.over, scope.value)
    if not isinstance(array, list):
        raise BadSelect(f"over selects {json.kind(array)}, and it takes an array.")
    return [
        msgspec.structs.replace(scope, value=element, around=None if isinstance(element, dict) else scope.value)
        for element in array[: step.limit]
    ]


def _followed(link: str, scope: TemplateScope | None, site: Site) -> str:
    """The gateway's path for a link that the API gave, or, without a scope, the client. Raises BadPath for one that
    leads elsewhere.
    """
    if scope is None and link.startswith("/") and not link.startswith("//"):
        return link
    base = target.parse(scope.url) if scope is not None else target.Target("/")
    path = target.resolve(site, base, link)
    if path is not None:
        return path
    try:
        scheme = urlsplit(link).scheme
    except ValueError as exc:
        raise BadPath(f"{link[:80]!r} is no URL.") from exc
    if link.startswith("//") or scheme:
        raise BadPath(f"{link[:80]!r} leads to another host.")
    return link
