"""The layout of GraphiQL in a window and on a phone, in light and in dark."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, ViewportSize, expect

from app import DEFAULT_QUERY, create_app
from tests.browser.graphiql_page import answer, explorer, opened, query, write

WINDOW, PHONE = (1280, 800), (375, 812)
Size = tuple[int, int]


@pytest.fixture(scope="module")
def address(serve: Callable[[Any], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(create_app(tmp_path_factory.mktemp("demo") / "demo.sqlite3"))


@pytest.fixture(params=[WINDOW, PHONE], ids=["window", "phone"])
def size(request: pytest.FixtureRequest) -> Size:
    size: Size = request.param
    return size


@pytest.fixture
def page(browser: Browser, address: str, size: Size) -> Iterator[Page]:
    with opened(browser, f"{address}/graphql", viewport=viewport(size)) as page:
        yield page


def viewport(size: Size) -> ViewportSize:
    return {"width": size[0], "height": size[1]}


def box(part: Locator) -> FloatRect:
    rectangle = part.bounding_box()
    assert rectangle is not None
    return rectangle


def is_within(inner: FloatRect, outer: FloatRect) -> bool:
    return (
        inner["x"] >= outer["x"]
        and inner["y"] >= outer["y"]
        and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
        and inner["y"] + inner["height"] <= outer["y"] + outer["height"]
    )


def contrast(page: Page, text: str, background: str) -> float:
    """Return the contrast ratio (WCAG 2.2) of the colour of one element on the background of another."""
    colours = [
        page.locator(selector).first.evaluate(f"(element) => getComputedStyle(element).{name}")
        for selector, name in ((text, "color"), (background, "backgroundColor"))
    ]
    (*front, alpha), (*back, _) = [[*map(float, re.findall(r"[\d.]+", colour)), 1.0][:4] for colour in colours]
    mixed = [alpha * a + (1 - alpha) * b for a, b in zip(front, back, strict=True)]
    light, dark = sorted(map(luminance, (mixed, back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(channels: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (n / 255 for n in channels)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_query_and_response_are_both_seen(page: Page, size: Size) -> None:
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"city": "Lisbon"')
    screen = FloatRect(x=0, y=0, width=size[0], height=size[1])
    editors, response = box(page.locator(".graphiql-editors")), box(page.locator(".graphiql-response"))
    for part in (editors, response):
        assert is_within(part, screen)
        assert part["width"] >= 340
        assert part["height"] >= 250
    if size == WINDOW:
        assert editors["x"] + editors["width"] <= response["x"]
    else:
        assert editors["y"] + editors["height"] <= response["y"]
    for button in page.locator(".graphiql-toolbar button, .graphiql-sidebar button").all():
        assert is_within(box(button), screen)
    for button in page.locator(".graphiql-toolbar button").all():
        assert is_within(box(button), box(page.locator(".graphiql-query-editor")))
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_long_lines_are_wrapped_in_both_editors(browser: Browser, address: str, size: Size) -> None:
    text = "word " * 60
    document = f'# {text}\n{{ get(path: "/v1/sentence/{{s}}.json", params: {{s: "{text}"}}) }}'
    with opened(browser, f"{address}/graphql?query={quote(document)}", viewport=viewport(size)) as page:
        page.keyboard.press("Control+Enter")
        expect(answer(page)).to_contain_text("sentiment")
        for editor in (".graphiql-query-editor", ".graphiql-response"):
            frame = box(page.locator(f"{editor} .overflow-guard").first)
            for line in page.locator(f"{editor} .view-line > span").all():
                assert box(line)["x"] + box(line)["width"] <= frame["x"] + frame["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_placeholder_and_buttons_are_legible(browser: Browser, address: str, theme: Literal["light", "dark"]) -> None:
    with opened(browser, f"{address}/graphql", color_scheme=theme) as page:
        placeholder = page.locator(".graphiql-response .editorPlaceholder")
        expect(placeholder).to_have_text("Run the query to see the response here.")
        assert contrast(page, ".graphiql-response .editorPlaceholder", ".graphiql-container") >= 4
        assert contrast(page, ".graphiql-toolbar-icon", ".graphiql-editors") >= 2
        assert contrast(page, ".graphiql-editor-tools button", ".graphiql-editors") >= 4


def test_a_panel_opens_and_closes_by_its_button(page: Page, size: Size) -> None:
    show = page.get_by_role("button", name="Show GraphiQL Explorer")
    show.click()
    expect(explorer(page).get_by_text("aggregate")).to_be_visible()
    assert box(page.locator(".graphiql-plugin"))["width"] >= (300 if size == WINDOW else size[0])
    page.get_by_role("button", name="Hide GraphiQL Explorer").click()
    expect(explorer(page)).to_have_count(0)
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"city": "Lisbon"')


def test_the_settings_fit(page: Page) -> None:
    page.get_by_role("button", name="Open settings dialog").click()
    dialog = page.get_by_role("dialog")
    for button in dialog.get_by_role("button").all():
        assert is_within(box(button), box(dialog))


@pytest.mark.parametrize("size", [WINDOW], ids=["window"], indirect=True)
def test_the_demo_query_is_not_wrapped_in_a_window(page: Page) -> None:
    query(page).click()
    for line in DEFAULT_QUERY.splitlines():
        if len(line) > 50:
            write(page, "")
            page.keyboard.insert_text(line.ljust(60, "."))
            expect(page.locator(".graphiql-query-editor .view-line")).to_have_count(1)


def test_the_first_page_of_the_demo_leads_to_graphiql(browser: Browser, address: str, size: Size) -> None:
    context = browser.new_context(viewport=viewport(size))
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.get_by_role("link", name="Add a post").click()
    expect(query(page)).to_contain_text("mutation AddPost")
    expect(page.get_by_role("region", name="Variables")).to_contain_text('"title": "Tea"')
    context.close()
