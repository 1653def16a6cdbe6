"""The rule that a path leads to, after the redirects of routing itself."""

from urllib.parse import unquote

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from restgql.upstream.fast_path.match_cache import Matched

MAX_REDIRECTS = 5


def walk(adapter: MapAdapter, path: str, method: str) -> tuple[Matched | None, Rule | None]:
    """Return the match of a path, or None after a redirect of routing itself, and the rule to check."""
    at: tuple[MapAdapter, str] | None = (adapter, path)
    for hop in range(MAX_REDIRECTS):
        if at is None:
            break
        try:
            rule, arguments = at[0].match(at[1], method, return_rule=True)
            return ((rule, dict(arguments)) if hop == 0 else None), rule
        except RequestRedirect as exc:
            at = _follow(at[0], exc.new_url)
        except MethodNotAllowed as exc:  # the path exists: an exposed one answers 405
            method = next(iter(exc.valid_methods or ()), "GET")
        except HTTPException:
            break
    return None, None


def _follow(adapter: MapAdapter, url: str) -> tuple[MapAdapter, str] | None:
    """Return the adapter and the path that a redirect of routing itself leads to, or None if it leaves the app."""
    host, name = url.partition("://")[2].partition("/")[0], adapter.server_name
    if adapter.map.host_matching:
        name, subdomain = host, None
    elif host.endswith(f".{name}"):
        subdomain = host.removesuffix(f".{name}")
    else:
        subdomain = ""
    other = adapter.map.bind(name, adapter.script_name, subdomain, adapter.url_scheme)
    for candidate in (adapter, other):
        root = candidate.make_redirect_url("", "")
        if url.startswith(root):
            return candidate, "/" + unquote(url.removeprefix(root).partition("?")[0])
    return None
