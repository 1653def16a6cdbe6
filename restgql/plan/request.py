"""From a step to its sub-requests: templates filled, from arguments and from the parent's JSON."""

from typing import Any
from urllib.parse import urlsplit

from restgql.errors import BadPath, BadSelect
from restgql.formats import select, target, template
from restgql.formats.target import Site
from restgql.model import Step, SubRequest
from restgql.plan.scope import Scope, walk


def request_of(step: Step, scope: Scope | None, site: Site) -> SubRequest:
    """The sub-request of a step with a template or a path. Raises what refuses it."""
    if step.template is None:
        return SubRequest(target=target.parse(step.path), follow=step.follow)

    def lookup(name: str) -> Any:
        if step.is_declared(name):
            return walk(step.params, name)
        return None if scope is None else scope.find(name)

    first = step.template.names[0].text if step.template.names else ""
    giver = None if step.is_declared(first) else scope
    to = target.parse(template.expand(step.template, lookup, link=lambda value: _followed(value, giver, site)))
    cookie = None if scope is None else scope.cookie(to.path)
    return SubRequest(target=to, headers=step.headers, follow=step.follow, cookie=cookie)


def elements(step: Step, scope: Scope) -> list[Scope]:
    """The elements of the array that a step goes over, `limit` at most. Raises BadSelect where it is no array."""
    array = scope.value if step.over == "@" else select.search(step.over, scope.value)
    if not isinstance(array, list):
        raise BadSelect(f"over selects {_kind(array)}, and it takes an array.")
    return [
        Scope(element, scope.url, scope.cookie, None if isinstance(element, dict) else scope.value)
        for element in array[: step.limit]
    ]


def _followed(link: str, scope: Scope | None, site: Site) -> str:
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


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case _:
            return "an object"
