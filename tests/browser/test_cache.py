"""A browser's own cache over the forms that it knows: what a page asks for again, and what it never does."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, Page, expect

from restgql import Gateway

ENDPOINTS = ("/aggregate", "/graphql")
PAGE = """<!doctype html><title>Shop</title><pre></pre><script>
const asked = new URLSearchParams(location.search).get('asked');
const show = (found) => (document.querySelector('pre').textContent = JSON.stringify(found));
if (asked) fetch(asked).then((answer) => answer.json()).then(show);
</script>"""


class Shop:
    """An app whose route `/who` tells who asks; `sent` is what its gateway answered: the status, and who had asked."""

    def __init__(self) -> None:
        self.app = Flask("shop")
        self.sent: list[tuple[int, str | None]] = []
        self.asked_parts = 0
        self.app.add_url_rule("/", "page", lambda: PAGE)
        self.app.add_url_rule("/who", "who", self._who)
        self.app.after_request(self._note)
        Gateway(self.app, routes=["*"], profile="open", timings=False, graphiql=False)

    def _who(self) -> Any:
        self.asked_parts += 1
        stated = {name: value for name, value in request.args.items() if name == "Cache-Control"}
        return {"user": request.cookies.get("user")}, 200, stated

    def _note(self, response: Any) -> Any:
        if request.path in ENDPOINTS:
            self.sent.append((response.status_code, request.cookies.get("user")))
        return response


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def page(browser: Browser, shop: Shop, serve: Callable[[Any], str]) -> Iterator[Page]:
    """A page of the shop, for a visitor that nobody has seen."""
    context = browser.new_context(base_url=serve(shop.app))
    page = context.new_page()
    page.goto("/")
    log_in(page, "ann")
    yield page
    context.close()


def log_in(page: Page, user: str | None) -> None:
    page.evaluate(
        "([user, age]) => { document.cookie = `user=${user}; path=/; max-age=${age}` }", [user, 99 * bool(user)]
    )


def form(endpoint: str, cache_control: str | None) -> str:
    """The URL that asks for `/who`, which says this of its caching."""
    path = "/who" + (f"?Cache-Control={quote(cache_control)}" if cache_control else "")
    if endpoint == "/aggregate":
        return f"/aggregate?path={quote(path)}"
    return "/graphql?query=" + quote(f'{{ get(path: "{path}") }}')


def visit(page: Page, url: str) -> str | None:
    """Who the answer says has asked, as the page sees it."""
    script = """async (url) => {
        const answer = await fetch(url);
        if (answer.status !== 200) throw new Error(answer.status);
        const found = await answer.json();
        return Object.values(found.data ?? found)[0].user;
    }"""
    user: str | None = page.evaluate(script, url)
    return user


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", ["public", "private"])
def test_a_second_visit_sends_no_request(page: Page, shop: Shop, endpoint: str, kind: str) -> None:
    url = form(endpoint, f"{kind}, max-age=60")
    assert [visit(page, url) for _ in range(3)] == ["ann"] * 3
    page.reload()
    assert visit(page, url) == "ann"
    assert shop.sent == [(200, "ann")]
    assert shop.asked_parts == 1


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", ["public", "private"])
def test_a_visit_after_expiry_is_304_and_has_the_body(page: Page, shop: Shop, endpoint: str, kind: str) -> None:
    url = form(endpoint, f"{kind}, max-age=1")
    deadline = time.monotonic() + 10
    while len(shop.sent) < 2:
        assert time.monotonic() < deadline
        assert visit(page, url) == "ann"
        time.sleep(0.1)
    assert shop.sent == [(200, "ann"), (304, "ann")]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("stated", [None, "private", "no-cache"])
def test_what_states_no_freshness_is_asked_for_each_time_by_its_etag(
    page: Page, shop: Shop, endpoint: str, stated: str | None
) -> None:
    assert [visit(page, form(endpoint, stated)) for _ in range(3)] == ["ann"] * 3
    assert shop.sent == [(200, "ann"), (304, "ann"), (304, "ann")]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_what_is_not_to_be_stored_is_not(page: Page, shop: Shop, endpoint: str) -> None:
    assert [visit(page, form(endpoint, "no-store")) for _ in range(2)] == ["ann"] * 2
    assert shop.sent == [(200, "ann"), (200, "ann")]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("stated", ["private, max-age=60", "max-age=60", None])
def test_k5_another_user_of_the_browser_sees_nothing_of_the_one_before(
    page: Page, shop: Shop, endpoint: str, stated: str | None
) -> None:
    url, users = form(endpoint, stated), ("ann", "bob", None, "ann")
    for user in users:
        log_in(page, user)
        assert visit(page, url) == user
    assert shop.sent == [(200, user) for user in users]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_what_is_public_is_kept_whoever_asks(page: Page, shop: Shop, endpoint: str) -> None:
    url = form(endpoint, "public, max-age=60")
    for user in ("ann", "bob", None):
        log_in(page, user)
        assert visit(page, url) == "ann"
    assert shop.sent == [(200, "ann")]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_back_shows_what_was_there_but_nothing_of_a_user_who_logged_out(page: Page, shop: Shop, endpoint: str) -> None:
    asking = f"/?asked={quote(form(endpoint, 'private, max-age=60'), safe='')}"
    for user in ("ann", None):
        page.goto(asking)
        expect(page.locator("pre")).to_contain_text('"user":"ann"')
        page.goto("/")
        log_in(page, user)
        page.go_back()
        expect(page.locator("pre")).to_contain_text('"user":"ann"' if user else '"user":null')
        page.goto("/")
    assert shop.sent == [(200, "ann"), (200, None)]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_back_to_an_answer_itself_is_no_way_round_a_logout(page: Page, endpoint: str) -> None:
    page.goto(form(endpoint, "private, max-age=60"))
    expect(page.locator("body")).to_contain_text('"user":"ann"')
    page.goto("/")
    log_in(page, None)
    page.go_back()
    expect(page.locator("body")).to_contain_text('"user":null')
