"""Every kind of route, asked directly and through the gateway."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from tests.equality import rule
from tests.equality.app import REDIRECTS, RESPONSES, STATUSES
from tests.equality.client import Answer, Fetched
from tests.equality.conftest import Served, behind, plain, quiet, served_by, wrapped


def _many_slashes() -> str:
    """Return a path with as many slashes in a row as this Werkzeug merges: versions before 3.1.9 merge two."""
    try:
        Map([Rule("/a/b", endpoint="b")]).bind("").match("/a///b")
    except RequestRedirect:
        return "/merged//a///b?q=1"
    except NotFound:
        return "/merged//a/b?q=1"
    raise AssertionError("the rule has one slash")


MERGED = _many_slashes()

PATHS = (
    *(f"/response/{name}" for name in RESPONSES),
    *(f"/status/{status}" for status in STATUSES),
    *(f"/redirect/{name}" for name in REDIRECTS),
    "/echo",
    "/echo?",
    "/echo/",
    "/echo?a=1&a=2&b=&c&=d&%61=%20+%2B%C3%A9%FF",
    "/echo/a%20b/%C3%A9/%25?q",
    "/echo/a;b=c,d:e@f!$&'()*",
    "/echo/a%2Fb%5Cc",
    "/echo/a//b",
    "/chain/1",
    "/chain/5",
    "/no-location",
    "/stream/generator",
    "/stream/context",
    "/stream/json",
    "/stream/on-close",
    "/file",
    "/file/memory",
    "/return/dict",
    "/return/list",
    "/return/str",
    "/return/bytes",
    "/return/jsonify",
    "/return/body-status",
    "/return/body-headers",
    "/return/body-status-headers",
    "/return/response",
    "/return/made",
    "/return/werkzeug-response",
    "/return/exception",
    "/return/wsgi",
    "/return/iterator",
    "/return/template",
    "/copied/1",
    "/rerouted",
    "/rewritten",
    "/replaced",
    "/after-this",
    "/guarded",
    "/guarded/raised",
    "/async",
    "/async/failing",
    "/item/1",
    "/session/read",
    "/session/write/ann",
    "/session/permanent/ann",
    "/session/clear",
    "/flash",
    "/cookies/set",
    "/cookies/then",
    "/cookies",
    "/isolated",
    "/int/7",
    "/int/007",
    "/int/signed/-7",
    "/int/fixed/007",
    "/float/1.50",
    "/uuid/6F9619FF-8B86-D011-B42D-00C04FC964FF",
    "/path/a/b/c",
    "/path/a/b/end",
    "/path/a%2Fb",
    "/any/a",
    "/any/c%20d",
    "/string/ab",
    "/string/%C3%A9%C3%A9",
    "/mixed/a-b-7.json",
    "/slash/",
    "/slash",
    "/slash?q=1",
    "/no-slash",
    "/either",
    "/either/",
    "/merged/a/b",
    MERGED,
    "/paged/",
    "/paged",
    "/paged/1",
    "/paged/2",
    "/named",
    "/alias",
    "/moved",
    "/post-only",
    "/fail/crash",
    "/fail/abort",
    "/fail/abort-response",
    "/fail/http-exception",
    "/fail/rejected",
    "/fail/none",
    "/bp/en/",
    "/bp/en",
    "/bp/en/?no",
    "/bp/en/reject",
    "/bp/en/nested/leaf",
)

# The app routes these and the gateway refuses them, as it does all that no route matches.
UNMATCHED = (
    "/nowhere",
    "/int/x",
    "/int/-7",
    "/int/fixed/07",
    "/float/1",
    "/uuid/7",
    "/any/d",
    "/string/abc",
    "/no-slash/",
    "/SLASH/",
    "/response",
    "/response/json/",
)

CHAINS = ("/chain/1", "/chain/5", "/cookies/then", "/slash", "/slash?q=1", "/paged/1", "/moved", MERGED)
ENDLESS = ("/loop", "/chain/6")

ANONYMOUS = ("/guarded", "/guarded/raised", "/session/read", "/session/clear", "/cookies", "/echo", "/isolated")

IDENTITIES: dict[str, list[tuple[str, str]]] = {
    "anonymous": [],
    "known": [
        ("Cookie", "plain=0; gone=1; odd"),
        ("X-Pass", "yes"),
        ("Authorization", "Bearer abc"),
        ("User-Agent", "equality/1.0"),
        ("X-Forwarded-For", "192.0.2.1"),
    ],
}


@pytest.fixture(scope="module", params=[plain, quiet, behind, wrapped], ids=lambda make: make.__name__)
def served(request: pytest.FixtureRequest, serve: Callable[[Any], str]) -> Served:
    """Here with nobody listening to signals, too: then the plain way does not send them."""
    return served_by(request.param(), serve)


BOTH = [
    *(pytest.param(path, "known", id=path) for path in PATHS),
    *(pytest.param(path, "anonymous", id=f"{path}-anonymous") for path in ANONYMOUS),
]


@pytest.mark.parametrize(("path", "identity"), BOTH)
def test_a_sub_request_is_the_direct_request(served: Served, path: str, identity: str) -> None:
    headers = IDENTITIES[identity]
    outer = served.outer_events
    direct: list[Answer] = []
    asked = served.events_of(lambda: direct.append(served.client.get(path, rule.carried(headers))))
    through: list[Fetched] = []
    fetched = served.events_of(lambda: through.append(served.client.fetch(path, headers)))
    rule.assert_equal(direct[0], through[0])
    assert (through[0].url, through[0].redirected) == (path, False)
    assert fetched == outer + asked


@pytest.mark.parametrize("path", [*(f"/redirect/{name}" for name in REDIRECTS), *CHAINS])
def test_a_redirect_is_followed_as_the_client_would(served: Served, path: str) -> None:
    headers = IDENTITIES["known"]
    hops = rule.followed(served.client, path, rule.carried(headers))
    through = served.client.fetch(path, headers, follow=True)
    if through.code == "NOT_ALLOWED":
        assert hops[-1].path in UNMATCHED
        return
    rule.assert_equal(hops[-1].answer, through, hops=hops)
    assert (through.url, through.redirected) == (hops[-1].path, len(hops) > 1)


@pytest.mark.parametrize("path", ENDLESS)
def test_a_redirect_is_followed_five_times_at_most(served: Served, path: str) -> None:
    through = served.client.fetch(path, follow=True)
    assert (through.status, through.failure) == (502, "LIMIT_EXCEEDED")


def test_an_aggregate_has_each_response_as_the_client_would_get_it(served: Served) -> None:
    headers = IDENTITIES["known"]
    parts = served.client.aggregate([*PATHS, *UNMATCHED], headers)
    assert list(parts) == [*PATHS, *UNMATCHED]
    for path in PATHS:
        rule.assert_part_equal(rule.followed(served.client, path, rule.carried(headers)), parts[path])
    assert {parts[path]["body"]["code"] for path in UNMATCHED} == {"NOT_ALLOWED"}


@pytest.mark.parametrize("path", UNMATCHED)
def test_a_path_that_no_rule_matches_is_not_asked_for(served: Served, path: str) -> None:
    outer = served.outer_events
    through: list[Fetched] = []
    assert served.events_of(lambda: through.append(served.client.fetch(path))) == outer
    assert through[0].code == "NOT_ALLOWED"
