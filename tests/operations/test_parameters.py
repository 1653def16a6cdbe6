"""Variables as query parameters and as a body: each is held to its type, and all that is wrong is said at once."""

import json
from typing import Any

import pytest

from tests.operations.folder import Folder

NAMES = {"a": "Int", "b": "Float", "c": "Boolean", "d": "String", "e": "ID", "f": "Kind", "g": "[Int!]",
         "h": "[String]", "i": "Filter", "j": "JSON", "k": "DateTime", "l": "Decimal", "m": "Long",
         "n": "[Filter!]", "o": "[[Int]]", "p": "Date", "q": "UUID"}  # fmt: skip
ECHO = (
    f"query ({', '.join(f'${name}: {of}' for name, of in NAMES.items())}) "
    f"{{ echo({', '.join(f'{name}: ${name}' for name in NAMES)}) }}"
)
FILES = {
    "echo.graphql": ECHO,
    "needs.graphql": "query ($id: ID!, $kind: Kind! = BIG, $ids: [ID!]!) "
    "{ item(id: $id) { id } items(kind: $kind, ids: $ids) { id } }",
    "nothing.graphql": "{ __typename }",
    "proto.graphql": "query ($__proto__: String, $constructor: Int) { echo(d: $__proto__, a: $constructor) }",
    "add.graphql": "mutation ($name: String!) { add(name: $name) { id name } }",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("parameters"), FILES, suggestions=True)


def sent(folder: Folder, query: str) -> Any:
    """What a query string comes to at the route."""
    answer = folder.get(f"echo?{query}")
    assert answer.status_code == 200, answer.json
    return answer.json["data"]["echo"]


def refused(folder: Folder, name: str, query: Any = None, **options: Any) -> dict[str, str]:
    """The reasons by parameter of a 400, with nothing asked."""
    folder.hits.clear()
    answer = folder.client.open(f"/graphql/{name}", query_string=query, **options)
    assert (answer.status_code, answer.mimetype, folder.hits) == (400, "application/problem+json", []), answer.data
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["code"] == "BAD_REQUEST"
    return {error["parameter"]: error["reason"] for error in answer.json["errors"]}


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("", {}),
        ("a=7", {"a": 7}),
        ("a=-0", {"a": 0}),
        ("a=1e3", {"a": 1000}),
        ("a=null", {"a": None}),
        ("b=7", {"b": 7.0}),
        ("b=-1.5e-3", {"b": -0.0015}),
        ("c=true&c", None),
        ("c=true", {"c": True}),
        ("c=False", {"c": False}),
        ("c=1", {"c": True}),
        ("c=0", {"c": False}),
        ("c=null", {"c": None}),
        ("d=null", {"d": "null"}),
        ("d=", {"d": ""}),
        ("d=a%20b+c%26%C3%A9%E2%80%A8", {"d": "a b c&é\u2028"}),
        ("d=%FF%ED%A0%80", {"d": "%FF%ED%A0%80"}),
        ("d=%00", {"d": "\x00"}),
        ("e=007", {"e": "007"}),
        ("f=BIG", {"f": "BIG"}),
        ("f=null", {"f": None}),
        ("g=1", {"g": [1]}),
        ("g=1&g=2&g=1", {"g": [1, 2, 1]}),
        ("h=&h=null&h=%5B%5D", {"h": ["", "null", "[]"]}),
        ('i={"name":"x"}', {"i": {"name": "x", "least": 3}}),
        ('i={"name":"x","least":null,"below":{"name":""}}',
         {"i": {"name": "x", "least": None, "below": {"name": "", "least": 3}}}),
        ("j=[1,{\"__proto__\":null}]", {"j": [1, {"__proto__": None}]}),
        ('j="text"', {"j": "text"}),
        ("j=null", {"j": None}),
        ("k=2026-01-02T03:04:05Z", {"k": "2026-01-02T03:04:05Z"}),
        ("l=1.10", {"l": "1.10"}),
        ("m=9007199254740993", {"m": 9007199254740993}),
        ("n=[]", {"n": []}),
        ('n={"name":"a"}', {"n": [{"name": "a", "least": 3}]}),
        ('n=[{"name":"a"},{"name":"b","least":1}]', {"n": [{"name": "a", "least": 3}, {"name": "b", "least": 1}]}),
        ("o=[[1,2],[],null]", {"o": [[1, 2], [], None]}),
        ("p=2026-01-02&q=d9428888-122b-11e1-b85c-61cd3cbb3210",
         {"p": "2026-01-02", "q": "d9428888-122b-11e1-b85c-61cd3cbb3210"}),
    ],
)  # fmt: skip
def test_a_text_is_read_by_its_type(folder: Folder, query: str, value: Any) -> None:
    if value is None:
        assert refused(folder, "echo", query) == {"c": "is given 2 times, but takes one value."}
    else:
        assert sent(folder, query) == value
        assert folder.post("echo", value).json["data"]["echo"] == value


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("a=", "'' is not a number."),
        ("a=x", "'x' is not a number."),
        ("a=1.5", "Int cannot represent non-integer value: 1.5"),
        ("a=007", "'007' is not a number."),
        ("a=1_0", "'1_0' is not a number."),
        ("a=%2B1", "'+1' is not a number."),
        ("a=%D9%A3", "'٣' is not a number."),
        ("a=2147483648", "Int cannot represent non 32-bit signed integer value: 2147483648"),
        ("a=1&a=2&a=3", "is given 3 times, but takes one value."),
        ("b=NaN", "'NaN' is not a number."),
        ("b=Infinity", "'Infinity' is not a number."),
        ("b=1e999", "'1e999' is not a number."),
        ("b=true", "'true' is not a number."),
        ("c=yes", "'yes' is neither true nor false."),
        ("c=", "'' is neither true nor false."),
        ("f=big", "Value 'big' does not exist in 'Kind' enum. Did you mean the enum value 'BIG'?"),
        ("f=", "Value '' does not exist in 'Kind' enum."),
        ("g=1&g=x", "'x' is not a number."),
        ("g=1&g=null", "[1]: Expected non-nullable type 'Int!' not to be None."),
        ("i=x", "takes JSON, with strings in quotes: JSON is malformed: invalid character (byte 0)."),
        ("i={}", "Field 'name' of required type 'String!' was not provided."),
        ('i={"name":"x","__proto__":1}', "Field '__proto__' is not defined by type 'Filter'."),
        ('i={"name":"x","below":{"name":1}}', "below.name: String cannot represent a non string value: 1"),
        ("j=text", "takes JSON, with strings in quotes: JSON is malformed: invalid character"),
        ("j=NaN", "takes JSON, with strings in quotes: JSON is malformed: invalid character (byte 0)."),
        ('j="%5Cud800"', "takes JSON, with strings in quotes: "),
        ("o=[]&o=[]", "is given 2 times, but takes one value."),
        ("k=yesterday", "'yesterday' is not a valid date and time."),
        ("l=x", "'x' is not a decimal number."),
        ("m=1.5", "1.5"),
        ("p=2026-13-01", "'2026-13-01' is not a valid date."),
        ("q=x", "'x' is not a valid UUID."),
    ],
)
def test_a_text_that_is_none_of_its_type(folder: Folder, query: str, reason: str) -> None:
    assert refused(folder, "echo", query)[query[0]].startswith(reason)


def test_all_that_is_wrong_is_said_at_once(folder: Folder) -> None:
    assert refused(folder, "needs", "idd=1&kind=SMAL&x=1") == {
        "idd": "is not a variable of the operation; did you mean id? Its variables are: id, kind, ids.",
        "x": "is not a variable of the operation. Its variables are: id, kind, ids.",
        "id": "is required.",
        "kind": "Value 'SMAL' does not exist in 'Kind' enum. Did you mean the enum value 'SMALL'?",
        "ids": "is required.",
    }
    assert refused(folder, "needs", "id=1&ids=1&kind=null")["kind"].startswith("Expected non-nullable type 'Kind!'")
    assert refused(folder, "nothing", "query=%7B__typename%7D") == {
        "query": "is not a variable of the operation. It has none."
    }
    answer = folder.get("needs?x=1")
    assert answer.json["detail"].startswith("x: is not a variable")
    assert answer.json["detail"].endswith("There are 3 errors in all.")


def test_a_body_is_held_to_the_same(folder: Folder) -> None:
    assert folder.post("needs", {"id": 1, "ids": ["a"]}).json["data"]["items"] == [{"id": "a"}]
    assert refused(folder, "needs", method="POST", json={"id": None, "ids": [None], "x": 1}) == {
        "x": "is not a variable of the operation. Its variables are: id, kind, ids.",
        "id": "Expected non-nullable type 'ID!' not to be None.",
        "ids": "[0]: Expected non-nullable type 'ID!' not to be None.",
    }
    assert refused(folder, "needs", "id=1", method="POST", json={"id": "1", "ids": []}) == {
        "id": "must be in the body, a JSON object."
    }


@pytest.mark.parametrize("text", [b"[]", b"1", b"null", b'"a"', b"{", b"\xff", b'{"a": 1e999}', b"[" * 100_000])
def test_a_body_that_is_no_json_object(folder: Folder, text: bytes) -> None:
    for method in ("POST", "QUERY"):
        answer = folder.client.open("/graphql/echo", method=method, data=text, content_type="application/json")
        assert (answer.status_code, answer.mimetype, answer.json["code"]) == (
            400,
            "application/problem+json",
            "BAD_REQUEST",
        )


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a",
                                          "text/plain", "", "application/json; charset=utf-16"])  # fmt: skip
@pytest.mark.parametrize("text", [b"", b'{"name": "x"}', b"name=x"])
@pytest.mark.parametrize("name", ["add", "echo"])
def test_x1_a_form_or_a_script_without_preflight_cannot_post(
    folder: Folder, name: str, content_type: str, text: bytes
) -> None:
    folder.hits.clear()
    headers = {"Content-Type": content_type} if content_type else {}
    answer = folder.client.post(f"/graphql/{name}", data=text, headers=headers)
    assert (answer.status_code, answer.mimetype, folder.hits) == (415, "application/problem+json", [])
    names_cure = "Send the variables of the operation" in answer.json["detail"]
    assert names_cure is ("charset" not in content_type and "multipart" not in content_type)


def test_an_empty_body_that_says_it_is_json_is_an_empty_object(folder: Folder) -> None:
    for text in (b"", b" \n"):
        answer = folder.client.post("/graphql/echo", data=text, content_type="application/json")
        assert answer.json == {"data": {"echo": {}}}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ([(f"p{number}", "x") for number in range(10_000)], 20),
        ([("a", "1")] * 10_000, 1),
        ({"x" * 100_000: "1"}, 1),
        ({"a": "9" * 100_000}, 1),
        ({"b": "9" * 100_000 + "e9"}, 1),
        ({"f": "B" * 100_000}, 1),
        ({"j": "[" * 100_000}, 1),
        ({"k": "x" * 100_000}, 1),
        ({"__proto__": "1", "constructor": "1", "toString": "1"}, 3),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_parameters_are_refused_briefly(folder: Folder, query: Any, shown: int) -> None:
    folder.hits.clear()
    answer = folder.get("echo", query)
    assert (answer.status_code, len(answer.json["errors"]), folder.hits) == (400, shown, [])
    assert len(answer.data) < 10_000


def test_an_input_object_that_nests_too_deep_is_refused(folder: Folder) -> None:
    answer = folder.get("echo", {"i": '{"name":"","below":' * 900 + "null" + "}" * 900})
    assert (answer.status_code, answer.json["code"]) == (400, "BAD_REQUEST")


def test_names_of_prototypes_are_names(folder: Folder) -> None:
    answer = folder.get("proto?__proto__=x&constructor=1")
    assert answer.json == {"data": {"echo": {"d": "x", "a": 1}}}


def test_bytes_in_a_query_string_that_are_no_utf_8_are_refused(folder: Folder) -> None:
    for path in ("/graphql/echo", "/graphql", "/aggregate"):
        answer = folder.client.get(path, environ_overrides={"QUERY_STRING": "d=\xff"})
        assert answer.status_code == 400, path


def test_json_of_any_depth_within_what_python_reads_comes_through(folder: Folder) -> None:
    deep = json.loads("[" * 100 + "]" * 100)
    assert sent(folder, f"j={json.dumps(deep)}") == {"j": deep}
