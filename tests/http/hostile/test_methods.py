"""C4 and B9: methods, media types and verbs that are refused."""

import json

import pytest

from tests.http.hostile.target import (
    ENDPOINTS,
    GRAPHQL_JSON,
    JSON,
    Target,
    assert_refused,
    strict,
)


def test_c4_an_accept_that_takes_no_json_is_406(target: Target) -> None:
    assert_refused(target, lambda: target.query("{ __typename }", accept="image/png"), (406,))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PURGE"])
def test_c4_another_method_is_405_with_allow(target: Target, endpoint: str, method: str) -> None:
    before = target.dispatched
    answer = target.client.open(endpoint, method=method, json={"query": "{ __typename }"})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert target.dispatched == before


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"])
@pytest.mark.parametrize("says", [False, True], ids=["silent", "said"])
def test_c4_a_body_in_another_encoding_is_400_or_415(target: Target, endpoint: str, encoding: str, says: bool) -> None:
    text = '{"query": "{ get(path: \\"/item/é\\") }"}' if endpoint == "/graphql" else '["/item/é"]'
    content_type = f"{JSON}; charset={encoding}" if says else JSON
    body = text.replace("é", "+AOk-").encode("ascii") + b"\xe9" if encoding == "utf-7" else text.encode(encoding)
    assert_refused(target, lambda: target.client.post(endpoint, data=body, content_type=content_type), (400, 415))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_c4_no_content_type_is_415(target: Target, endpoint: str) -> None:
    assert_refused(target, lambda: target.client.post(endpoint, data=b'{"query": "{ __typename }"}'), (415,))


MUTATIONS = {
    "anonymous": 'mutation { post(path: "/write") { status } }',
    "typename": "mutation { __typename }",
    "named": 'query Q { __typename } mutation M { post(path: "/write") { status } }',
    "several": 'mutation M { a: post(path: "/write") { status } b: delete(path: "/write") { status } }',
    "subscription": "subscription M { __typename }",
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_b9_a_mutation_that_is_not_in_the_schema_is_refused(target: Target, name: str) -> None:
    body = json.dumps({"query": MUTATIONS[name], "operationName": "M" if "M {" in MUTATIONS[name] else None})
    assert_refused(target, lambda: target.send(body))
    assert target.written == 0


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
def test_b9_a_get_runs_no_mutation(target: Target, name: str, accept: str) -> None:
    query = {"query": MUTATIONS[name], "operationName": "M" if "M {" in MUTATIONS[name] else ""}
    before = target.dispatched
    answer = target.client.get("/graphql", query_string=query, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert strict(answer)["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert (target.dispatched, target.written) == (before, 0)


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-HTTP-Method-Override": "POST"}, {"X-HTTP-Method": "DELETE"}, {"X-Method-Override": "PUT"}],
    ids=lambda headers: next(iter(headers), "none"),
)
@pytest.mark.parametrize("path", ["/write", "/write?_method=POST", "/write?X-HTTP-Method-Override=DELETE"])
def test_b9_no_unsafe_verb_goes_through_get_or_aggregate(target: Target, path: str, headers: dict[str, str]) -> None:
    document = "query ($path: String!) { get(path: $path) fetch(path: $path) { status } aggregate(paths: [$path]) }"
    body = {"query": document, "variables": {"path": path}}
    found = strict(target.client.post("/graphql", json=body, headers=headers))
    assert found["data"]["get"] is None
    assert found["data"]["fetch"] == {"status": 405}
    assert found["data"]["aggregate"][path]["status"] == 405
    assert [error["extensions"]["http"]["status"] for error in found["errors"]] == [405]
    for answer in (
        target.client.post("/aggregate", json=[path], headers=headers),
        target.client.get("/aggregate", query_string={"path": path}, headers=headers),
    ):
        assert strict(answer)[path]["status"] == 405
    assert target.written == 0
