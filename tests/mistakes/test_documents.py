"""Wrong documents: the message names the cause and the cure, in production the key of what is off."""

import pytest

from tests.mistakes.shop import ask, everywhere, shop

ID = "query($id: Int) "
# By the row: the document, the words that name the cause, and those that name the cure.
DOCUMENTS = {
    "6d a selection of get": ('{ get(path: "/users/1") { name } }', "'JSON' has no subfields", 'select: "name"'),
    "6d two fields": (
        '{ get(path: "/users/1") { id name } }',
        "'JSON' has no subfields",
        'select: "{id: id, name: name}"',
    ),
    "6d a selection of json": ('{ fetch(path: "/users/1") { json { name } } }', "no subfields", 'select: "name"'),
    "6e a key of fetch": (
        '{ fetch(path: "/users/1") { name } }',
        "Cannot query field 'name' on type 'RestResponse'",
        'json(select: "name")',
    ),
    "6e a key of each": (
        '{ fetch(path: "/users") { each { name } } }',
        "Cannot query field 'name' on type 'RestItem'",
        'json(select: "name")',
    ),
    "6e select of fetch": ('{ fetch(path: "/users/1", select: "id") { url } }', "'select'", "json(select: …)"),
    "7b a variable in the path": (
        ID + '{ get(path: "/users/$id") }',
        "Variable '$id' is never used",
        'path: "/users/{id}", params: {id: $id}',
    ),
    "7b in braces": (ID + '{ get(path: "/users/${id}") }', "is not filled", 'path: "/users/{id}", params: {id: $id}'),
    "7b params forgotten": (ID + '{ get(path: "/users/{id}") }', "is not filled", "params: {id: $id}"),
    "7b Express": (ID + '{ get(path: "/users/:id") }', "is not filled", 'path: "/users/{id}", params: {id: $id}'),
    "7 a value beside the path": (
        '{ get(path: "/users/{id}", id: 1) }',
        "Unknown argument 'id' on field 'Query.get'",
        "params: {id: …}",
    ),
    "7 url in place of path": ('{ get(url: "/users/1") }', "Unknown argument 'url'", "Did you mean 'path'?"),
    "7 a body of GET": ('{ get(path: "/users", body: {}) }', "A GET has no body", "mutation { post("),
    "3 another language's type": ("query ($a: Integer) { routes { path } }", "Unknown type 'Integer'", "mean 'Int'?"),
    "7 headers as an object": (
        '{ get(path: "/users", headers: {Accept: "text/csv"}) }',
        "A header field is an object of name and value",
        '[{name: "Accept", value: "…"}]',
    ),
    "2 a field without types": ("{ users { name } }", "Cannot query field 'users'", 'get(path: "/users")'),
    "2 a field with a typing error": ('{ gett(path: "/users") }', "Cannot query field 'gett'", "Did you mean 'get'?"),
    "1e post in a query": ('{ post(path: "/orders") }', "a field of Mutation", 'add "POST" to RESTGQL_VERBS'),
    "1e put in a query": ('{ put(path: "/orders") }', "a field of Mutation", 'add "PUT" to RESTGQL_VERBS'),
    "6e the body of fetch": ('{ fetch(path: "/users/1") { body } }', "field 'body' on type", "write json, or json("),
    "6f fetch without fields": (
        '{ fetch(path: "/users/1") }',
        "must have a selection",
        "Did you mean 'fetch(…) { status json }'?",
    ),
    "6f headers without fields": (
        '{ fetch(path: "/users/1") { headers } }',
        "must have a selection",
        "Did you mean 'headers { name value }'?",
    ),
    "6f a field of another type": ("{ routes { nope } }", "'nope' on type 'RestRoute'", "RestRoute has path, "),
    "6d a request below get": (
        '{ get(path: "/users/1") { get(path: "/users/{friend_id}") } }',
        "'JSON' has no subfields",
        "write fetch(path: …) { get(…) }",
    ),
    "7 query as an object": (
        '{ get(path: "/users", query: {page: 1, size: 2}) }',
        "Unknown argument 'query'",
        'write path: "…{?page,size}", params: {page: …, size: …}',
    ),
    "7 a method": ('{ fetch(path: "/users", method: "POST") { status } }', "'method'", "mutation { post(path: …) }"),
    "7 an argument of no field": ("{ __typename routes { path(a: 1) } }", "Unknown argument 'a'", "takes no arguments"),
    "7 another argument": ('{ routes(first: 1, zz: "") { path } }', "Unknown argument 'zz'", "It takes prefix."),
    "3 a nullable variable": (
        "query($p: String) { get(path: $p) }",
        "expecting type 'String!'",
        "Declare it as $p: String!.",
    ),
    "3 one field twice": ('{ get(path: "/users") get(path: "/hello") }', "conflict", "first: get(…) second: get(…)"),
    "3 two operations without names": ("{ __typename } { __typename }", "must be the only", "name the operations"),
    "3 @defer on a field": ('{ get(path: "/users") @defer }', "may not be used on field", "write ... @defer { … }"),
    "3 a directive of another server": (
        '{ get(path: "/users") @cacheControl(maxAge: 60) }',
        "Unknown directive '@cacheControl'",
        "A field may have @include, @skip",
    ),
    "1e no mutation": (
        'mutation { post(path: "/orders") { status } }',
        "The schema has no mutation",
        "RESTGQL_VERBS = [",
    ),
}


@pytest.mark.parametrize("row", DOCUMENTS)
def test_a_wrong_document_gets_the_cause_and_the_cure(row: str) -> None:
    document, cause, cure = DOCUMENTS[row]
    message = ask(document)
    assert cause in message
    assert cure in message


# By the row: the document, the words that name the cause, and those that name the cure, which need no schema.
SYNTAX = {
    "3 a missing brace": ('{ get(path: "/users") ', "found <EOF>", "A closing '}' or ')' is missing."),
    "3 a string without quotes": ("{ get(path: /users) }", "Unexpected character: '/'", "double quotes"),
    "3 an argument without a name": ('{ get("/users") }', "Expected Name", 'write (path: "…")'),
    "3 a comment of another language": (
        '// a\n{ get(path: "/users") }',
        "Unexpected character",
        "A comment begins with #.",
    ),
    "3 a semicolon": ('{ get(path: "/users"); }', "Unexpected character: ';'", "remove the semicolon"),
    "3 typographic quotes": ("{ get(path: “/users”) }", "Unexpected character: U+201C", "straight double quotes"),
    "3 quotes of a shell": (r"{ get(path: \"/users\") }", "Unexpected character", "has no backslash before it"),
    "3 an alias with a dash": (
        '{ my-user: get(path: "/users/1") }',
        "Invalid number",
        "letters, digits and underscores",
    ),
    "3 an alias in quotes": ('{ "a": get(path: "/users/1") }', "found String 'a'", "without quotes: {name: …}"),
    "3 keys in quotes": ('{ get(path: "/users{?a}", params: {"a": 1}) }', "found String 'a'", "without quotes"),
    "3 a missing parenthesis": ('{ get(path: "/users" }', "Expected Name, found '}'", "A closing ')' is missing"),
    "3 empty braces": ("{ }", "Expected Name, found '}'", "Braces are never empty."),
    "3 a path as the document": ("/users", "Unexpected character: '/'", 'write { get(path: "/…") }'),
    "3 no braces": ('get(path: "/users")', "Unexpected Name 'get'", "write { get(…) }"),
    "3 a file as the document": ("users.graphql", "Unexpected character", "the commands read a file by @FILE"),
    "3 no document": ("# nothing", "Unexpected <EOF>", "The document is empty."),
    "3 the whole body": ('{"query": "{ a }"}', "Expected Name", "send the text of its key query"),
}


@everywhere
@pytest.mark.parametrize("row", SYNTAX)
def test_a_syntax_error_gets_the_cause_and_the_cure(row: str, debug: bool) -> None:
    document, cause, cure = SYNTAX[row]
    message = ask(document, debug=debug)
    assert cause in message
    assert cure in message


def test_a_verb_that_is_not_added_names_its_key() -> None:
    message = ask('mutation { post(path: "/orders") { status } }', verbs=["PUT"])
    assert message == "Cannot query field 'post' on type 'Mutation'. Add \"POST\" to RESTGQL_VERBS."


@pytest.mark.parametrize("row", [row for row in DOCUMENTS if row != "1e no mutation"])
def test_in_production_a_wrong_document_gets_no_suggestion(row: str) -> None:
    document, _, cure = DOCUMENTS[row]
    message = ask(document, debug=False)
    assert message
    assert cure not in message
    assert "Did you mean" not in message


# By the row: the document, and the key that turns on what it uses.
CLOSED = {
    "10b introspection": ("{ __schema { types { name } } }", "RESTGQL_INTROSPECTION = True", "flask restgql schema"),
    "10b a type": ('{ __type(name: "Query") { name } }', "RESTGQL_INTROSPECTION = True", "flask restgql schema"),
    "10c routes": ("{ routes { path } }", "RESTGQL_ROUTES_FIELD = True", "flask restgql routes"),
}


@pytest.mark.parametrize("row", CLOSED)
def test_what_production_refuses_names_its_key(row: str) -> None:
    document, key, command = CLOSED[row]
    (message,) = ask(document, debug=False).splitlines()
    assert key in message
    assert command in message


# By the row: the document, its variables, the words that name the cause, and those that name the cure.
VALUES = {
    "7 params as text": ('{ get(path: "/users/{id}", params: "id=1") }', "not a string", "such as {id: 1}"),
    "7 params as a list": ('{ get(path: "/users/{id}", params: [1]) }', "not an array", "such as {id: 1}"),
    "7 JSON in the query": ("""{ get(path: "/users?f={\\"a\\":1}") }""", "not a template", "A literal brace is %7B"),
    "7 a credential": (
        '{ get(path: "/users", headers: [{name: "Authorization", value: "a"}]) }',
        "Authorization cannot be set by a field",
        "send it with the request to the gateway",
    ),
    "7 a header of two lines": (
        '{ get(path: "/users", headers: [{name: "Accept-Language", value: "fr\\nde"}]) }',
        "The value of the header Accept-Language has a control character",
        "such as a line break",
    ),
    "7 a header that is not Latin-1": (
        '{ get(path: "/users", headers: [{name: "Accept-Language", value: "fr 日"}]) }',
        "The value of the header Accept-Language has '日'",
        "Latin-1 characters only: percent-encode it",
    ),
    "7 a long header": (
        f'{{ get(path: "/users", headers: [{{name: "Accept-Language", value: "{"a" * 9_000}"}}]) }}',
        "The value of the header Accept-Language is over",
        "8192 bytes",
    ),
    "3 operationName is missing": ("query A { __typename } query B { __typename }", "several operations", "A, B"),
}


@everywhere
@pytest.mark.parametrize("row", VALUES)
def test_a_wrong_value_gets_the_cause_and_the_cure(row: str, debug: bool) -> None:
    document, cause, cure = VALUES[row]
    message = ask(document, debug=debug)
    assert cause in message
    assert cure in message


def test_3_another_operation_name_names_those_of_the_document() -> None:
    sent = {"query": "query A { __typename } query B { __typename }", "operationName": "C"}
    answer = shop(debug=False).test_client().post("/graphql", json=sent)
    assert answer.json["errors"][0]["message"] == "The document has no operation named 'C'. It has A, B."


def test_1e_a_mutation_of_types_that_are_not_there() -> None:
    message = ask('mutation { createUser(name: "x") { id } }', verbs=["GET", "POST"])
    assert 'write post(path: "/…", body: …)' in message
    assert "RESTGQL_SCHEMA" in message


# By the row: a field below `fetch`, the words that name the cause, and those that name the cure.
DEPENDENT = {
    "7d get below a list": (
        'fetch(path: "/users") { get(path: "/users/{id}") }',
        "no value for {id}. It is an array of 2",
        "use getEach(path: …), or each { get(path: …) }",
    ),
    "7d get below a text": ('fetch(path: "/hello") { get(path: "/users/{id}") }', "It is a string", "not an object"),
    "7d a key with a typing error": (
        'fetch(path: "/users/1") { get(path: "/users/{freind_id}") }',
        "no value for {freind_id}",
        "Did you mean 'friend_id'?",
    ),
    "7d the element by name": (
        'fetch(path: "/users") { getEach(path: "/users/{item.id}") }',
        "no value for {item.id}",
        "Did you mean 'id'?",
    ),
    "7d the parent by name": (
        'fetch(path: "/users/1") { get(path: "/users/{user.friend_id}") }',
        "no value for {user.friend_id}",
        "Did you mean 'friend_id'?",
    ),
    "7d another key": (
        'fetch(path: "/users/1") { get(path: "/users/{zzz}") }',
        "no value for {zzz}",
        "Its keys are friend_id, id, name.",
    ),
    "7d over with a typing error": (
        'fetch(path: "/page") { each(over: "item") { json } }',
        "over selects null",
        "Did you mean 'items'?",
    ),
    "7d the object around the array": (
        'fetch(path: "/page") { each { json } }',
        "over selects an object",
        'over: "items"',
    ),
    "7d getEach below an object": (
        'fetch(path: "/users/1") { getEach(path: "/users/{id}") }',
        "over selects an object, but must select an array",
        "use get, or name an array",
    ),
}


@pytest.mark.parametrize("row", DEPENDENT)
def test_a_wrong_dependent_field_gets_the_cause_and_the_cure(row: str) -> None:
    field, cause, cure = DEPENDENT[row]
    message = ask(f"{{ {field} }}")
    assert cause in message
    assert cure in message


def test_in_production_no_key_of_an_object_is_suggested() -> None:
    field, _, _ = DEPENDENT["7d a key with a typing error"]
    assert ask(f"{{ {field} }}", debug=False) == "The parent's JSON has no value for {freind_id}."
