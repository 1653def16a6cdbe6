"""`openapi="auto"` finds the document of each extension that makes one, and its typed fields answer."""

import pytest
from graphql import is_required_argument

from restgql import Gateway
from tests.extensions.apps import api_frameworks
from tests.extensions.setting import Make, Setting

MAKERS = {
    "smorest": api_frameworks.by_smorest,
    "apiflask": api_frameworks.by_apiflask,
    "openapi3": api_frameworks.by_openapi3,
    "restx": api_frameworks.by_restx,
    "flasgger": api_frameworks.by_flasgger,
    "spectree": api_frameworks.by_spectree,
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_auto_finds_the_document(make: Make) -> None:
    app = make(Setting(order="none"))
    gateway = Gateway(app, routes=["*"], openapi="auto")
    query = app.extensions["restgql"]["restgql"].compiled_schema.clients.query_type
    (field,) = set(query.fields) - {"get", "fetch", "aggregate", "routes"}
    (argument,) = [name for name, of in query.fields[field].args.items() if is_required_argument(of)]
    answer = gateway.execute(f"{{ pet: {field}({argument}: 4) {{ id name }} }}")
    assert answer == {"data": {"pet": {"id": 4, "name": "Rex"}}}
