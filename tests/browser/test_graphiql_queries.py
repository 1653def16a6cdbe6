"""What GraphiQL does with a query: links, incremental responses, and the paths of routes."""

import json
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from restgql import Gateway
from tests.browser.graphiql_page import answer, blank, complete, opened, query, suggestions, variables, visit, write

TWO = """\
query First { a: get(path: "/first") }
query Second($id: Int!) { b: get(path: "/users/{id}", params: {id: $id}) }
"""
INCREMENTAL = '{ a: get(path: "/first") ... @defer { b: get(path: "/slow") } }'
CLIPBOARD = ["clipboard-read", "clipboard-write"]

Address = Callable[..., str]


class Shop:
    """An app whose route `/slow` answers once `is_open` is set, and which counts what `/count` is asked."""

    def __init__(self, **options: Any) -> None:
        self.app = Flask("shop", static_folder=None)
        self.is_open = Event()
        self.counted = 0
        self.app.add_url_rule("/first", "first", lambda: {"got": "first"})
        self.app.add_url_rule("/users/<int:id>", "user", lambda id: {"id": id})
        self.app.add_url_rule("/slow", "slow", self._slow)
        self.app.add_url_rule("/count", "count", self._count, methods=["POST"])
        Gateway(self.app, routes=["*"], verbs=["GET", "POST"], **options)

    def _slow(self) -> Any:
        assert self.is_open.wait(20)
        return {"got": "slow"}

    def _count(self) -> Any:
        self.counted += 1
        return {"counted": self.counted}


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop(profile="open", graphiql_query="{ __typename }")
    yield shop
    shop.is_open.set()


@pytest.fixture
def address(shop: Shop, serve: Callable[[Any], str]) -> Address:
    """The address of GraphiQL, with these parameters."""
    url = serve(shop.app) + "/graphql"
    return lambda **parameters: f"{url}?{urlencode(parameters, quote_via=quote)}" if parameters else url


@pytest.fixture
def page(browser: Browser, address: Address) -> Iterator[Page]:
    with blank(browser, address(), permissions=CLIPBOARD) as page:
        yield page


def test_a_link_fills_the_editors(page: Page, address: Address) -> None:
    visit(page, address(query=TWO, variables='{"id":12345678901234567890}', operationName="Second"))
    expect(query(page)).to_contain_text("query First")
    expect(variables(page)).to_have_text('{  "id": 12345678901234567890}')
    variables(page).click()
    write(page, "")
    page.keyboard.insert_text('{"id": 7}')
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"id": 7')
    expect(answer(page)).not_to_contain_text('"a"')


def test_x2_a_link_runs_nothing(page: Page, shop: Shop, address: Address) -> None:
    visit(page, address(query='mutation { post(path: "/count") { status } }'))
    expect(query(page)).to_contain_text("mutation")
    assert shop.counted == 0
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"status": 200')
    assert shop.counted == 1, "once by the key, and never by the link"


@pytest.mark.parametrize("parameters", [{"variables": "{"}, {"operationName": "Third"}, {"variables": "null"}])
def test_a_link_with_a_mistake_is_shown_as_it_is(page: Page, address: Address, parameters: dict[str, str]) -> None:
    visit(page, address(query="query First { __typename }", **parameters))
    expect(query(page)).to_contain_text("query First")
    if "variables" in parameters:
        expect(variables(page)).to_have_text(parameters["variables"])
    else:
        page.keyboard.press("Control+Enter")
        expect(answer(page)).to_contain_text('"__typename": "Query"')


def test_an_edit_leaves_the_link_and_a_reload_keeps_the_edit(page: Page, address: Address) -> None:
    link = address(query="{ a: __typename }", variables='{"id": 1}')
    for visited in (address(), link, link):
        visit(page, visited)
    expect(page.get_by_role("tab")).to_have_count(2)
    assert page.url == link
    write(page, "{ edited: __typename }")
    page.wait_for_url(address())
    page.wait_for_timeout(700)  # the tabs are stored half a second after the last key
    visit(page, page.url)
    expect(query(page)).to_have_text("{ edited: __typename }")


def test_a_link_without_variables_has_none_of_the_last_visit(page: Page, address: Address) -> None:
    visit(page, address(query="{ a: __typename }", variables='{"id": 1}'))
    visit(page, address(query="{ b: __typename }"))
    page.get_by_role("button", name="Variables").click()
    expect(variables(page)).to_have_text("")


def test_a_link_is_copied_and_opens_the_same_query(page: Page, browser: Browser, address: Address) -> None:
    visit(page, address(query=TWO, variables='{"id": 7}', operationName="Second"))
    page.get_by_role("button", name="Headers").click()
    page.get_by_role("region", name="Headers").locator(".view-lines:visible").click()
    page.keyboard.insert_text('{"Authorization": "secret"}')
    page.get_by_role("button", name="Copy link to this query").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link: str = page.evaluate("navigator.clipboard.readText()")
    assert page.url == link
    parameters = parse_qs(urlsplit(link).query)
    assert parameters.pop("variables") == ['{\n  "id": 7\n}'] or parameters == {}
    assert parameters == {"query": [TWO], "operationName": ["Second"]}
    with opened(browser, link) as other:
        other.keyboard.press("Control+Enter")
        expect(answer(other)).to_contain_text('"id": 7')


def test_without_a_clipboard_the_link_is_shown(browser: Browser, address: Address) -> None:
    with opened(browser, address(query="{ a: __typename }")) as page:
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        shown = []
        page.on("dialog", lambda dialog: (shown.append(dialog.default_value), dialog.dismiss()))
        page.get_by_role("button", name="Copy link to this query").click()
        assert shown == [page.url]


def test_an_incremental_response_is_shown_as_it_comes(page: Page, shop: Shop, address: Address) -> None:
    visit(page, address())
    write(page, INCREMENTAL)
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"got": "first"')
    expect(page.get_by_role("button", name="Stop query")).to_be_visible()
    assert "slow" not in answer(page).inner_text()
    shop.is_open.set()
    expect(answer(page)).to_contain_text('"got": "slow"')
    expect(page.get_by_role("button", name="Execute query")).to_be_visible()


def test_a_list_grows_with_stream(page: Page, address: Address) -> None:
    visit(page, address())
    write(page, "{ routes @stream(initialCount: 1) { path } }")
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"path": "/users/{id}"')


def test_stop_keeps_what_has_come(page: Page, shop: Shop, address: Address) -> None:
    visit(page, address())
    write(page, INCREMENTAL)
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"got": "first"')
    page.get_by_role("button", name="Stop query").click()
    expect(page.get_by_role("button", name="Execute query")).to_be_visible()
    shop.is_open.set()
    page.wait_for_timeout(1_000)  # longer than the part that is still to come would take
    assert json.loads(answer(page).inner_text().replace("\xa0", " ")) == {"data": {"a": {"got": "first"}}}


def test_an_answer_that_is_no_json_is_shown(page: Page, address: Address) -> None:
    visit(page, address())
    page.route("**/graphql", lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Log in</h1>"))
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text("<h1>Log in</h1>")


def test_paths_are_completed_from_the_routes(page: Page, address: Address) -> None:
    visit(page, address())
    write(page, '{ getEach: fetch(path: "/count") { each(over: "a(b)") { json } } get(path: "')
    complete(page, "/us", "/users/{id}")
    expect(query(page)).to_contain_text('get(path: "/users/{id}"')
    write(page, '{ get(path: "')
    page.keyboard.type("/")
    expect(suggestions(page).locator(".label-name")).to_have_text(["/first", "/slow", "/users/{id}"])
    page.keyboard.press("Escape")
    write(page, 'mutation { post(path: "')
    page.keyboard.type("/")
    expect(suggestions(page).locator(".label-name")).to_have_text(["/count"])


def test_a_whole_path_is_replaced(page: Page, address: Address) -> None:
    visit(page, address())
    write(page, '{ get(path: "/slow')
    page.keyboard.press("Escape")
    for _ in "low":
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    complete(page, "u", "/users/{id}")
    expect(query(page)).to_have_text('{ get(path: "/users/{id}")}')


def test_other_strings_have_no_paths(page: Page, address: Address) -> None:
    visit(page, address())
    for text in ('{ get(path: "/first", select: "', '# get(path: "', '{ routes(prefix: "'):
        write(page, text)
        page.keyboard.type("/u")
        page.wait_for_timeout(500)
        expect(suggestions(page)).to_have_count(0)


def test_without_the_field_routes_no_path_is_suggested(browser: Browser, serve: Callable[[Any], str]) -> None:
    """The schema lacks the field, so that GraphiQL does not ask for it."""
    hardened = Shop(profile="hardened", graphiql=True, introspection=True)
    with opened(browser, serve(hardened.app) + "/graphql") as page:
        write(page, '{ get(path: "')
        page.keyboard.type("/users", delay=50)
        page.wait_for_timeout(500)
        expect(suggestions(page)).to_have_count(0)
