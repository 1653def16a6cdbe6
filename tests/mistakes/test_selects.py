"""Wrong expressions of `select`."""

import pytest

from tests.mistakes.shop import ask, shop

# By the row: the expression, the words that name the cause, and those that name the cure.
SELECTS = {
    "6b as GraphQL": ("{ id name }", "Expecting: colon", "an object as {name: name}"),
    "6b a comma": ("id, name", "Unexpected token: ,", "{a: a, b: b}, or [a, b]"),
    "6b two names": ("id name", "Unexpected token: name", "{a: a, b: b}, or [a, b]"),
    "6b JSONPath": ("$.name", "Unknown token $", "begin with a key"),
    "6b jq": (".name", "invalid token", "without a dot"),
    "6b a dash": ("user-name", "Unknown token '-'", '"user-name"'),
    "6b one equals sign": ("[?name = 'Ada']", "Unknown token '='", "compares with =="),
    "6b a function": ("lenght(@)", "Unknown function: lenght()", "Did you mean length()?"),
    "6b nothing": ("", "cannot be empty", "Leave select out"),
}


@pytest.mark.parametrize("row", SELECTS)
def test_a_wrong_select_gets_the_cause_and_the_cure(row: str) -> None:
    expression, cause, cure = SELECTS[row]
    message = ask('query($e: String) { get(path: "/users", select: $e) }', {"e": expression}, debug=False)
    assert cause in message
    assert cure in message


# By the row: a field of `fetch`, and the words that a warning in debug has.
NOTHING_SELECTED = {
    "6c a typing error": (
        'fetch(path: "/users/1") { json(select: "nmae") }',
        "they have: friend_id, id, name",
        "'name'?",
    ),
    "6c a key of an array": ('get(path: "/users", select: "name")', "it is an array of 2", "Did you mean '[].name'?"),
    "6c a key of the elements": (
        'get(path: "/users", select: "[].nmae")',
        "none of the objects",
        "Did you mean 'name'?",
    ),
    "6c a key of a text": ('get(path: "/hello", select: "name")', "it is a string", "no keys"),
    "6c double quotes": ("""get(path: "/users", select: "[?name == \\"Ada\\"]")""", "is a key", "single quotes, 'Ada'"),
}


@pytest.mark.parametrize("row", NOTHING_SELECTED)
def test_a_select_that_finds_nothing_is_logged_in_debug(row: str, caplog: pytest.LogCaptureFixture) -> None:
    field, cause, cure = NOTHING_SELECTED[row]
    assert ask(f"{{ {field} }}") == ""
    assert cause in caplog.text
    assert cure in caplog.text
    caplog.clear()
    assert ask(f"{{ {field} }}", debug=False) == ""
    assert "finds nothing" not in caplog.text


@pytest.mark.parametrize("select", ["id", "friends", "[].x", "name || id", "length(@)", "@"])
def test_a_select_that_may_find_nothing_is_not_logged(select: str, caplog: pytest.LogCaptureFixture) -> None:
    app = shop()
    app.get("/empty", endpoint="empty")(lambda: {"id": None, "friends": []})
    document = f'{{ a: get(path: "/empty", select: "{select}") b: get(path: "/users/1", select: "{select}") }}'
    app.test_client().post("/graphql", json={"query": document})
    assert "/empty" not in caplog.text
