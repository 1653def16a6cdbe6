"""GraphiQL in a browser: its parts, and what a reader does with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, expect


@contextmanager
def opened(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Yield a new visitor's page at an address, with its schema."""
    with blank(browser, address, **options) as page:
        visit(page, address)
        yield page


@contextmanager
def blank(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Yield a new visitor's page that is to visit an address and others of its origin.

    A request to another origin, a refusal by the policy, or an error in the page fails the test.
    """
    context = browser.new_context(**options)
    page = context.new_page()
    faults: list[str] = []
    page.on("request", lambda sent: faults.append(sent.url) if is_foreign(sent.url, address) else None)
    page.on("websocket", lambda socket: faults.append(socket.url))
    page.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def visit(page: Page, address: str) -> None:
    """Open an address, and wait for the editor and the schema."""
    with (
        page.expect_worker(lambda worker: "/graphql.worker" in worker.url),
        page.expect_response(lambda response: "IntrospectionQuery" in (response.request.post_data or "")),
    ):
        page.goto(address)
    expect(page.locator(".graphiql-sidebar .graphiql-spin")).to_have_count(0)
    expect(query(page)).to_be_visible()


def is_foreign(url: str, address: str) -> bool:
    return urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url)[:2] != urlsplit(address)[:2]


def explorer(page: Page) -> Locator:
    return page.locator(".graphiql-explorer-root")


def query(page: Page) -> Locator:
    return page.locator(".graphiql-query-editor .view-lines")


def variables(page: Page) -> Locator:
    return page.get_by_role("region", name="Variables").locator(".view-lines:visible")


def answer(page: Page) -> Locator:
    return page.locator(".graphiql-response .view-lines")


def suggestions(page: Page) -> Locator:
    return page.locator(".suggest-widget.visible .monaco-list-row")


def write(page: Page, text: str) -> None:
    """Type in the query's place, not over it: an opening bracket would then enclose it."""
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.type(text)


def complete(page: Page, typed: str, meant: str) -> None:
    """Type the beginning of a name, and take what the editor suggests, once that is what Enter takes."""
    page.keyboard.type(typed)
    expect(suggestions(page).and_(page.locator(".focused")).filter(has_text=meant)).to_be_visible()
    page.keyboard.press("Enter")
