"""GraphiQL in a browser: what a reader does with the page, from this origin alone."""

import json
import re
from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from restgql import Gateway, graphiql
from tests.browser.graphiql_page import answer, complete, explorer, opened, query, write

HOSTILE = "</script><script>alert(1)</script> <!-- & \u2028 $title"
DEFAULT = f'# {HOSTILE}\n{{\n  get(path: "/first")\n}}\n'


@pytest.fixture(scope="module")
def live() -> Iterator[str]:
    """The address of the GraphiQL page of a running app, below a prefix; other files open it at the root."""
    server = make_server("127.0.0.1", 0, shop("/api"), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/api/graphql"
    server.shutdown()
    thread.join()
    server.server_close()


def shop(url_prefix: str | None) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/first", "first", lambda: {"got": "first"})
    app.add_url_rule("/shop", "shop", lambda: {"shop": request.headers.get("X-Shop")})
    Gateway(
        app, url_prefix=url_prefix, routes=["*"], profile="open", graphiql_query=DEFAULT, graphiql_title="Shop & Co"
    )
    return app


@pytest.fixture
def page(browser: Browser, live: str) -> Iterator[Page]:
    with opened(browser, live) as page:
        yield page


def test_a_query_is_completed_and_run(page: Page) -> None:
    write(page, "{ ")
    complete(page, "rou", "routes")
    page.keyboard.type(" { ")
    complete(page, "pat", "path")
    page.keyboard.type(" } }")
    expect(query(page)).to_have_text("{ routes { path } }")
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"path": "/first"')


def test_the_explorer_is_closed_at_first_and_ticks_a_field(page: Page) -> None:
    expect(explorer(page)).to_have_count(0)
    page.get_by_role("button", name="Show GraphiQL Explorer").click()
    explorer(page).get_by_text("routes").click()
    explorer(page).get_by_text("endpoint").click()
    expect(query(page)).to_contain_text("endpoint")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"endpoint": "first"')
    expect(answer(page)).to_contain_text('"got": "first"')


def test_headers_reach_the_apps_own_routes(page: Page) -> None:
    write(page, '{ get(path: "/shop") }')
    page.get_by_role("button", name="Headers").click()
    page.get_by_role("region", name="Headers").locator(".view-lines:visible").click()
    page.keyboard.insert_text('{"X-Shop": "north"}')
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"shop": "north"')


def test_a_mistake_is_underlined(page: Page) -> None:
    write(page, "{ nowhere }")
    expect(page.locator(".squiggly-error")).to_be_visible()


def test_prettify_keeps_comments(page: Page) -> None:
    page.get_by_role("button", name="Variables").click()
    page.get_by_role("region", name="Variables").locator(".view-lines:visible").click()
    page.keyboard.insert_text('{"a":1 /* one */}')
    query(page).click()
    write(page, "#note\n{__typename}")
    page.get_by_role("button", name="Prettify").click()
    expect(query(page)).to_have_text("#note{  __typename}")
    expect(page.get_by_role("region", name="Variables")).to_contain_text('{  "a": 1 /* one */}')


def test_documentation_and_history_open(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"got": "first"')
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.get_by_role("link", name="Query")).to_be_visible()
    page.get_by_role("button", name="Show History").click()
    expect(page.locator(".graphiql-history-item")).to_have_count(1)


def test_the_default_query_and_the_title_are_shown_as_they_are(page: Page) -> None:
    expect(page).to_have_title("Shop & Co")
    expect(page.locator(".graphiql-logo")).to_have_text("Shop & Co")
    expect(query(page)).to_contain_text("</script><script>alert(1)</script> <!-- &")


@pytest.mark.parametrize("hostile", [HOSTILE, '"><img src=x>', "$config", "\u2029"])
def test_no_value_leaves_its_place_in_the_page(hostile: str) -> None:
    html = graphiql.page(endpoint=hostile, assets=f"/static/{hostile}", query=hostile, title=hostile)
    plain = graphiql.page(endpoint="", assets="", query="", title="")
    assert re.findall(r"<[!/]?\w+", html) == re.findall(r"<[!/]?\w+", plain)
    config = html.split('id="restgql">')[1].split("</script>")[0]
    assert json.loads(config) == {"endpoint": hostile, "defaultQuery": hostile, "title": hostile}
