"""Wrong documents: the message names the cause and the cure, in production the key of what is off."""

import pytest

from tests.mistakes.shop import ask, everywhere

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
