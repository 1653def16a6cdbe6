"""Wrong bodies, addresses and methods of requests to the endpoints."""

import pytest

from tests.mistakes.shop import ask, everywhere, messages_of, shop

JSON = "application/json"
PATHS_EXAMPLE = 'Send an array of paths, ["/users", "/users/1"]'
DOCUMENT_EXAMPLE = 'Send {"query": "{ … }"}'
# By the row: the endpoint, the body, its media type, the words that name the cause, and those that name the cure.
BODIES = {
    "4 a form": (
        "/graphql",
        "query=x",
        "application/x-www-form-urlencoded",
        "not 'application/x-www-",
        DOCUMENT_EXAMPLE,
    ),
    "4b multipart": (
        "/graphql",
        "--a--",
        "multipart/form-data; boundary=a",
        "is an upload",
        "send JSON with Content-Type",
    ),
    "4 application/graphql": (
        "/graphql",
        "{ routes }",
        "application/graphql",
        "not 'application/graphql'",
        DOCUMENT_EXAMPLE,
    ),
    "5 no Content-Type": ("/graphql", "{}", None, "the request has none", "Content-Type must be application/json"),
    "5 text": ("/graphql", "{}", "text/plain", "not 'text/plain'", "Content-Type must be application/json"),
    "5b an empty body": ("/graphql", "", JSON, "The request body is empty", DOCUMENT_EXAMPLE),
    "5b a trailing comma": ("/graphql", '{"query": "{a}",}', JSON, "not valid JSON: trailing comma", DOCUMENT_EXAMPLE),
    "5b cut off": ("/graphql", '{"query": "{a}"', JSON, "it ends too early", DOCUMENT_EXAMPLE),
    "5b single quotes": ("/graphql", "{'query': '{a}'}", JSON, "not valid JSON", "double quotes"),
    "5b quotes of cmd.exe": ("/graphql", "'{query:", JSON, "begins with a single quote", "curl -d @FILE"),
    "5b backslashes of a shell": ("/graphql", r"{\"query\": \"{a}\"}", JSON, "has backslashes", "curl -d @FILE"),
    "5b a line break": ("/graphql", '{"query": "{\n a }"}', JSON, "not valid JSON", r"is written \n"),
    "16 quotes of cmd.exe": ("/aggregate", "'[/users]'", JSON, "begins with a single quote", "curl -d @FILE"),
    "5b a bare document": ("/graphql", '{ get(path: "/a") }', JSON, "not valid JSON", 'send {"query": "{ … }"}'),
    "5b a bare query": ("/graphql", "query { a }", JSON, "not valid JSON", 'send {"query": "{ … }"}'),
    "5b a string": ("/graphql", '"{ a }"', JSON, "expected an object, got a string", DOCUMENT_EXAMPLE),
    "5b null": ("/graphql", "null", JSON, "expected an object, got null", DOCUMENT_EXAMPLE),
    "5b variables as text": (
        "/graphql",
        '{"query": "{a}", "variables": "{}"}',
        JSON,
        "does not fit at variables: expected an object or null, got a string",
        DOCUMENT_EXAMPLE,
    ),
    "5b no query": ("/graphql", '{"mutation": "{a}"}', JSON, "The parameter query is missing", 'send {"query"'),
    "5b a batch": ("/graphql", '[{"query": "{a}"}]', JSON, "batches of operations are off", "RESTGQL_MAX_BATCH"),
    "5b an array of paths": ("/graphql", '["/users"]', JSON, "is an array", "goes to the aggregate endpoint"),
    "16 paths within a key": (
        "/aggregate",
        '{"paths": ["/users"]}',
        JSON,
        "does not fit at paths: expected a string, got an array",
        PATHS_EXAMPLE,
    ),
    "16 an object of a path": (
        "/aggregate",
        '[{"path": "/users"}]',
        JSON,
        "at [0]: expected a string, got an",
        PATHS_EXAMPLE,
    ),
    "16 a string": ("/aggregate", '"/users"', JSON, "expected an object or an array, got a string", PATHS_EXAMPLE),
    "16 an empty body": ("/aggregate", "", JSON, "The request body is empty", PATHS_EXAMPLE),
    "16 a trailing comma": ("/aggregate", '["/users",]', JSON, "trailing comma in array", PATHS_EXAMPLE),
    "16 no Content-Type": ("/aggregate", '["/users"]', None, "the request has none", "must be application/json"),
    "16 a document": ("/aggregate", '{"query": "{ a }"}', JSON, "goes to the GraphQL endpoint", PATHS_EXAMPLE),
}


@pytest.mark.parametrize("debug", [True, False], ids=["debug", "production"])
@pytest.mark.parametrize("row", BODIES)
def test_a_wrong_body_gets_the_cause_and_an_example(row: str, debug: bool) -> None:
    endpoint, body, media_type, cause, cure = BODIES[row]
    answer = shop(debug=debug).test_client().post(endpoint, data=body, content_type=media_type)
    assert answer.status_code in (400, 415)
    assert cause in messages_of(answer)
    assert cure in messages_of(answer)


# By the row: the address, the words that name the cause, and those that name the cure.
ADDRESSES = {
    "17 paths for path": ("/aggregate?paths=/users", "'paths' is not a parameter", "Send ?path=/users&path="),
    "17 brackets": ("/aggregate?path[]=/users", "'path[]' is not a parameter", "Send ?path=/users&path="),
    "17 another name": ("/aggregate?url=/users", "'url' is not a parameter", "Send ?path=/users&path="),
    "17 envelop": ("/aggregate?path=/users&envelop=true", "'envelop' is not a parameter", "envelope are the others"),
    "17 envelope=yes": ("/aggregate?path=/users&envelope=yes", "not 'yes'", "envelope is true or false"),
    "10 GET without a query": (
        "/graphql",
        "The parameter query is missing",
        'send ?query={ … } in the URL, or {"query": "{ … }"} in the body of a POST.',
    ),
}


@pytest.mark.parametrize("row", ADDRESSES)
def test_a_wrong_address_gets_the_cause_and_the_cure(row: str) -> None:
    address, cause, cure = ADDRESSES[row]
    answer = shop().test_client().get(address)
    assert answer.status_code == 400
    assert cause in messages_of(answer)
    assert cure in messages_of(answer)


def test_a_parameter_that_is_like_no_other_is_ignored() -> None:
    assert shop().test_client().get("/aggregate?path=/hello&_=1700000000").json == {"/hello": "hi"}


def test_in_production_graphiql_and_get_name_their_keys() -> None:
    client = shop(debug=False).test_client()
    assert "RESTGQL_GRAPHIQL = True" in messages_of(client.get("/graphql", headers={"Accept": "text/html"}))
    assert "set RESTGQL_GET to any" in messages_of(client.get("/graphql?query={__typename}"))


def test_operations_only_names_its_key() -> None:
    assert "RESTGQL_OPERATIONS_ONLY is on" in ask("{ __typename }", operations_only=True)


@everywhere
@pytest.mark.parametrize("endpoint", ["/graphql", "/aggregate"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_18_another_method_names_those_of_the_endpoint(endpoint: str, method: str, debug: bool) -> None:
    answer = shop(debug=debug).test_client().open(endpoint, method=method, json={})
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    assert f"{endpoint} takes GET, HEAD, OPTIONS, POST, QUERY, and not {method}" in messages_of(answer)
    assert "Send the request by POST" in messages_of(answer)


@everywhere
def test_18_a_slash_at_the_end_of_an_endpoint_leads_to_it(debug: bool) -> None:
    client = shop(debug=debug).test_client()
    answer = client.post("/graphql/?a=1%202", json={"query": "{ __typename }"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/graphql?a=1%202")
    assert "has no slash at its end: /graphql" in messages_of(answer)
    followed = client.post("/graphql/", json={"query": "{ __typename }"}, follow_redirects=True)
    assert followed.json["data"] == {"__typename": "Query"}
    assert client.get("/aggregate/?path=/hello", follow_redirects=True).json == {"/hello": "hi"}


@pytest.mark.parametrize(
    ("environ", "location"),
    [
        ({"QUERY_STRING": "a=é".encode().decode("latin-1")}, "/graphql?a=%C3%A9"),
        ({"QUERY_STRING": "a=\xe9"}, "/graphql?a=%E9"),
        ({"SCRIPT_NAME": "/mount"}, "/mount/graphql"),
        ({"SCRIPT_NAME": "//evil.example"}, "/evil.example/graphql"),
    ],
)
def test_18_the_redirect_keeps_the_query_and_leads_to_no_other_host(environ: dict[str, str], location: str) -> None:
    answer = shop().test_client().post("/graphql/", json={}, environ_overrides=environ)
    assert (answer.status_code, answer.headers["Location"]) == (308, location)


@pytest.mark.parametrize("path", ["/nope/", "/users/", "//graphql/", "/graphql//x/", "/"])
def test_18_any_other_path_that_is_not_there_is_the_apps_own(path: str) -> None:
    answer = shop().test_client().get(path)
    assert answer.status_code in (404, 308)
    assert answer.content_type.startswith("text/html")
