"""GraphiQL in a browser: what a reader does with the page, from this origin alone."""

import json
import re
from collections.abc import Callable, Iterator
from threading import Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response, request, send_from_directory
from graphql import build_schema, graphql_sync
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from werkzeug.serving import make_server

from restgql import graphiql

CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
)
HOSTILE = "</script><script>alert(1)</script> <!-- & \u2028 $title"
DEFAULT = f'# {HOSTILE}\n{{\n  get(path: "/first")\n}}\n'


SCHEMA = build_schema("type Query { get(path: String!): String, header(name: String!): String, version: String }")
ROOT = {
    "get": lambda _info, path: f"got {path}",
    "header": lambda _info, name: request.headers.get(name),
    "version": "1.2.3",
}


@pytest.fixture(scope="module", params=["", "/api"], ids=["at the root", "below a prefix"])
def live(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a running app's GraphiQL page."""
    server = make_server("127.0.0.1", 0, app_with_graphiql(f"{request.param}/graphql"), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}{request.param}/graphql"
    server.shutdown()
    thread.join()
    server.server_close()


def app_with_graphiql(endpoint: str) -> Flask:
    app = Flask("app")

    @app.get(endpoint)
    def show() -> Response:
        html = graphiql.page(endpoint=endpoint, assets=f"{endpoint}/static", query=DEFAULT, title="Shop & Co")
        return Response(html, headers={"Content-Security-Policy": graphiql.CSP})

    @app.get(f"{endpoint}/static/<path:name>")
    def asset(name: str) -> Response:
        return send_from_directory(graphiql.STATIC, name)

    @app.post(endpoint)
    def execute() -> dict[str, object]:
        body = request.get_json()
        return dict(graphql_sync(SCHEMA, body["query"], ROOT, variable_values=body.get("variables")).formatted)

    return app


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=CHROMIUM.split())
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live: str) -> Iterator[Page]:
    """The opened page, with its schema; no other origin, refusal by the policy or error is accepted from it."""
    page = browser.new_page()
    faults: list[str] = []
    page.on("request", lambda sent: faults.append(sent.url) if is_foreign(sent.url, live) else None)
    page.on("websocket", lambda socket: faults.append(socket.url))
    page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    with page.expect_worker(lambda worker: "/graphql.worker" in worker.url):
        page.goto(live)
    expect(explorer(page).get_by_text("version")).to_be_visible()
    yield page
    page.close()
    assert faults == []


def is_foreign(url: str, live: str) -> bool:
    return urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url)[:2] != urlsplit(live)[:2]


def explorer(page: Page) -> Locator:
    return page.locator(".graphiql-explorer-root")


def query(page: Page) -> Locator:
    return page.locator(".graphiql-query-editor .view-lines")


def answer(page: Page) -> Locator:
    return page.locator(".graphiql-response .view-lines")


def write(page: Page, text: str) -> None:
    """Type in the query's place, not over it: an opening bracket would then enclose it."""
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.type(text)


def test_a_query_is_completed_and_run(page: Page) -> None:
    write(page, "{ ver")
    expect(page.locator(".suggest-widget .monaco-list-row").filter(has_text="version")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.type(" }")
    expect(query(page)).to_have_text("{ version }")
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"version": "1.2.3"')


def test_the_explorer_ticks_a_field(page: Page) -> None:
    explorer(page).get_by_text("version").click()
    expect(query(page)).to_contain_text("version")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"version": "1.2.3"')
    expect(answer(page)).to_contain_text('"get": "got /first"')


def test_headers_are_sent(page: Page) -> None:
    write(page, '{ header(name: "X-Shop") }')
    page.get_by_role("button", name="Headers").click()
    page.get_by_role("region", name="Headers").locator(".view-lines:visible").click()
    page.keyboard.insert_text('{"X-Shop": "north"}')
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"header": "north"')


def test_a_mistake_is_underlined(page: Page) -> None:
    write(page, "{ nowhere }")
    expect(page.locator(".squiggly-error")).to_be_visible()


def test_prettify_keeps_comments(page: Page) -> None:
    page.get_by_role("button", name="Variables").click()
    page.get_by_role("region", name="Variables").locator(".view-lines:visible").click()
    page.keyboard.insert_text('{"a":1 /* one */}')
    query(page).click()
    write(page, "#note\n{version}")
    page.get_by_role("button", name="Prettify").click()
    expect(query(page)).to_have_text("#note{  version}")
    expect(page.get_by_role("region", name="Variables")).to_contain_text('{  "a": 1 /* one */}')


def test_documentation_and_history_open(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text("got /first")
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
