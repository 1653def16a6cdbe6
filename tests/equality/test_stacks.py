"""P4 and H2: the app behind all sorts of middleware, mounts, hosts and subclasses, asked directly and through it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.equality import rule
from tests.equality.client import Answer, Client, Fetched
from tests.equality.conftest import Served
from tests.equality.stacks import STACKS, Stack

PATHS = (
    "/echo?a=1",
    "/echo/a%20b/c",
    "/return/jsonify",
    "/return/template",
    "/slash",
    "/merged//a/b",
    "/paged/1",
    "/named",
    "/either",
    "/redirect/301",
    "/redirect/absolute",
    "/redirect/relative",
    "/redirect/other-host",
    "/redirect/html",
    "/session/write/ann",
    "/cookies/set",
    "/cookies/then",
    "/stream/context",
    "/stream/on-close",
    "/status/429",
    "/fail/crash",
    "/fail/rejected",
    "/guarded",
    "/item/1",
    "/item/1?_method=POST",
    "/bp/en/",
)
HEADERS = (("Cookie", "plain=0; gone=1"), ("User-Agent", "equality/1.0"), ("X-Forwarded-Port", "8080"))


@pytest.fixture(scope="module", params=STACKS, ids=lambda make: make.__name__)
def stacked(request: pytest.FixtureRequest, serve: Callable[[Any], str]) -> tuple[Stack, Served]:
    stack: Stack = request.param()
    client = Client(serve(stack.wsgi), stack.mount + stack.prefix)
    return stack, Served(stack.app, client)


@pytest.mark.parametrize("path", PATHS)
def test_p4_a_sub_request_is_the_direct_request(stacked: tuple[Stack, Served], path: str) -> None:
    stack, served = stacked
    headers, path = [*stack.headers, *HEADERS], stack.prefix + path
    direct: list[Answer] = []
    asked = served.events_of(lambda: direct.append(served.client.get(stack.mount + path, rule.carried(headers))))
    through: list[Fetched] = []
    fetched = served.events_of(lambda: through.append(served.client.fetch(path, headers)))
    rule.assert_equal(direct[0], through[0])
    again = served.events_of(lambda: through.append(served.client.fetch(path, headers)))
    rule.assert_equal(direct[0], through[1])
    assert again == fetched
    outer = served.events_of(lambda: served.client.query("{ __typename }", headers=headers))
    assert fetched == outer + asked


def test_p4_redirects_are_followed_as_the_client_would(stacked: tuple[Stack, Served]) -> None:
    stack, served = stacked
    if not stack.followable:
        return
    headers, paths = [*stack.headers, *HEADERS], [stack.prefix + path for path in PATHS]
    parts = served.client.aggregate(paths, headers)
    public = (stack.public or "{url}" + stack.mount).format(url=served.client.url)
    for path in paths:
        hops = rule.followed(served.client, path, rule.carried(headers), mount=stack.mount, public=public)
        rule.assert_part_equal(hops, parts[path])
