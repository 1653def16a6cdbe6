"""Flask-DebugToolbar: it is in the pages of the app, which GraphiQL's is, too, and in no JSON."""

from typing import Any

import pytest

from tests.extensions.apps import observability
from tests.extensions.setting import SETTINGS, Client

settings = pytest.mark.parametrize("options", SETTINGS)
TOOLBAR = b"flDebug"


@settings
def test_it_leaves_json_as_it_is(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(observability.by_debugtoolbar(make_setting(**options)))
    direct, outer = client.get("/users/1"), client.post("/aggregate", ["/users/1"])
    assert outer.body == b'{"/users/1":' + direct.body.strip() + b"}"
    assert client.mutate("/users", {"name": "Ann"}).json == {"added": {"name": "Ann"}}
    assert TOOLBAR not in client.query("{ __typename }").body


@settings
def test_it_is_in_a_page_that_is_a_part(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(observability.by_debugtoolbar(make_setting(**options)))
    assert TOOLBAR in client.get("/page").body
    assert TOOLBAR in (client.fetch("/page").body or b"")


@settings
def test_it_is_in_the_page_of_graphiql_where_its_hooks_run(make_setting: Any, options: dict[str, Any]) -> None:
    client = Client(observability.by_debugtoolbar(make_setting(**options)))
    page = client.get("/graphql", [("Accept", "text/html")])
    assert page.status == 200
    assert (TOOLBAR in page.body) == (options.get("hooks") is not False)
