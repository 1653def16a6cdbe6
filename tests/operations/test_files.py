"""What is wrong with the files of a folder is said when the app starts, all at once, at its place."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from restgql import ConfigError, Gateway, SchemaError
from restgql.cli import cli
from restgql.operations.stored import sha256
from tests.operations.folder import Folder

GOOD = "{ __typename }"
DEEP = '{ fetch(path: "/") ' + '{ fetch(path: "/") ' * 12 + "{ ok }" + "}" * 13

CUT_OFF = "Syntax Error: Expected Name, found <EOF>. A closing '}' or ')' is missing."


def wrong(tmp_path: Path, files: dict[str, str]) -> list[str]:
    """The lines of the error, without the folder."""
    with pytest.raises(SchemaError) as caught:
        Folder(tmp_path, files)
    return [line.removeprefix(f"{tmp_path}/operations/") for line in caught.value.errors]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.graphql", "query {", f"a.graphql:1:8: {CUT_OFF}"),
        ("a.gql", "query {", f"a.gql:1:8: {CUT_OFF}"),
        ("a.graphql", "", "a.graphql:1:1: Syntax Error: Unexpected <EOF>."),
        ("a.graphql", "# only a comment\n", "a.graphql:2:1: Syntax Error: Unexpected <EOF>."),
        ("health.graphql", GOOD, "health.graphql:1:1: health is a path of the gateway's own; give the file"),
        ("static.graphql", GOOD, "static.graphql:1:1: static is a path of the gateway's own; give the file"),
        ("openapi.json.graphql", GOOD, "openapi.json.graphql:1:1: the file's name is the operation's"),
        ("a b.graphql", GOOD, "a b.graphql:1:1: the file's name is the operation's in the URL: letters"),
        ("-a.graphql", GOOD, "-a.graphql:1:1: the file's name is the operation's in the URL: letters"),
        ("é.graphql", GOOD, "é.graphql:1:1: the file's name is the operation's in the URL: letters"),
        ("a.graphql", "query A { __typename }\n\n  query B { __typename }", "a.graphql:3:3: a file must contain a"),
        ("a.graphql", "type A { b: Int }", "a.graphql:1:1: contains no operation"),
        ("a.graphql", f"{GOOD} type A {{ b: Int }}", "a.graphql:1:16: The 'A' definition is not executable."),
        ("a.graphql", "subscription { a }", "a.graphql:1:1: a subscription cannot be stored."),
        ("a.graphql", "{\n  gett(path: \"/\")\n}", "a.graphql:2:3: Cannot query field 'gett' on type 'Query'."),
        ("a.graphql", "query ($a: Nope) { get(path: $a) }", "a.graphql:1:12: Unknown type 'Nope'."),
        ("a.graphql", "query ($a: Int) { get(path: $a) }", "a.graphql:1:8: Variable '$a' of type 'Int' used in"),
        ("a.graphql", "{ ...Nowhere }", "a.graphql:1:6: Unknown fragment 'Nowhere'."),
        ("a.graphql", DEEP, "a.graphql:1:1: Fields nest too deep: more than 12."),
        ("a.graphql", "{" + " __typename" * 1_001 + "}", "a.graphql:1:1: The document selects too many fields"),
        ("a.graphql", "{" + "#" * 70_000 + "\n__typename }", "a.graphql:1:1: The document is over 65536 bytes."),
        ("a.graphql", '{ get(path: "/a/{") }', "a.graphql:1:13: A brace of the path closes no template expression"),
        ("a.graphql", '{ get(path: "//a") }', "a.graphql:1:13: '//a' names another host"),
        ("a.graphql", '{ get(path: "/a", select: "a[") }', "a.graphql:1:27: 'a[': Invalid jmespath expression"),
        ("a.graphql", '{ fetch(path: "/a") { each(over: "(") { json } } }', "a.graphql:1:34: '(': "),
        ("a.graphql", f"# about\n#  result:  a[\n{GOOD}", "a.graphql:2:13: 'a[': Invalid jmespath expression"),
        ("a.graphql", f"#result: {'a' * 1_025}\n{GOOD}", "a.graphql:1:10: The expression is over 1024 characters."),
        ("a.graphql", f"# result: a\n# Result: b\n{GOOD}", "a.graphql:2:11: # result: occurs twice."),
        ("a.graphql", f"{GOOD} # result: a", "a.graphql:1:26: # result: must be before the first definition."),
        ("a.graphql", f"# results: a\n{GOOD}", "a.graphql:1:1: # results: is not known; did you mean # result:?"),
    ],
    ids=lambda value: value[:40].replace("\n", " "),
)  # fmt: skip
def test_an_error_has_its_file_line_and_column(tmp_path: Path, name: str, text: str, line: str) -> None:
    found = wrong(tmp_path, {"fine.graphql": GOOD, name: text})
    assert len(found) == 1, found
    assert found[0].startswith(line)


def test_all_errors_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    files = {
        "a.graphql": "{ one two }",
        "b.graphql": "query {",
        "c.gql": GOOD,
        "c.graphql": "{ three }",
        "_shared.graphql": "fragment S on RestResponse { nope } fragment T on Query { never } query { __typename }",
        "d.graphql": '{ fetch(path: "/") { ...S ok } }',
        "e.graphql": '{ fetch(path: "/") { ...S status } }',
        "f g.graphql": "{ four }",
    }
    assert [line.partition(": ")[0] + line[-11:] for line in wrong(tmp_path, files)] == [
        "_shared.graphql:1:30tResponse'.",
        "_shared.graphql:1:59pe 'Query'.",
        "_shared.graphql:1:67 fragments.",
        "a.graphql:1:3pe 'Query'.",
        "a.graphql:1:7pe 'Query'.",
        "b.graphql:1:8is missing.",
        "c.graphql:1:1 same name.",
        "c.graphql:1:3pe 'Query'.",
        "f g.graphql:1:1'_' or '-'.",
        "f g.graphql:1:3pe 'Query'.",
    ]


def test_a_mutation_needs_one_in_the_schema(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"a\.graphql:1:1: the schema has no mutation\."):
        Folder(tmp_path, {"a.graphql": "mutation { a }"}, schema=None)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no such folder."),
        (lambda path: path.mkdir(), "there is no .graphql file here."),
        (lambda path: path.write_text("{ a }"), "this is a file, and operations takes a folder"),
    ],
)
def test_a_folder_without_files_is_an_error(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path / "operations")
    with pytest.raises(SchemaError, match=f"operations:1:1: {re.escape(message)}"):
        Gateway(Flask("a", root_path=str(tmp_path)), operations="operations")


def test_operations_need_an_endpoint_to_be_below(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="graphql_path"):
        Gateway(Flask("a", root_path=str(tmp_path)), operations="operations", graphql_path=None)


def test_what_editors_leave_and_folders_within_are_no_operations(tmp_path: Path) -> None:
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "more").mkdir()
    (tmp_path / "operations" / "folder.graphql").mkdir()
    (tmp_path / "operations" / "more" / "a.graphql").write_text("query {")
    (tmp_path / "operations" / ".#a.graphql").symlink_to("nowhere")
    (tmp_path / "operations" / "a.graphql~").write_text("query {")
    (tmp_path / "operations" / "a.graphql").write_text("\ufeff" + GOOD)
    app = Flask("a", root_path=str(tmp_path))
    Gateway(app, operations="operations")
    assert app.test_client().get("/graphql/a").json == {"data": {"__typename": "Query"}}
    assert list(app.extensions["restgql"]["restgql"].operations.by_name) == ["a"]


def test_fragments_for_all_are_in_files_with_an_underscore(tmp_path: Path) -> None:
    files = {
        "_shared.graphql": "fragment Whole on Item { id ...Named }",
        "_more.graphql": "fragment Named on Item { name } fragment Unused on Item { kind }",
        "one.graphql": "query ($id: ID!) { item(id: $id) { ...Whole } }",
        "two.graphql": "query ($id: ID!) { item(id: $id) { ...Own } } fragment Own on Item { ...Named }",
    }
    folder = Folder(tmp_path, files)
    assert folder.get("one?id=1").json == {"data": {"item": {"id": "1", "name": "item 1"}}}
    assert folder.get("two?id=1").json == {"data": {"item": {"name": "item 1"}}}
    assert folder.get("_shared").status_code == 404


def test_a_fragment_that_is_for_all_has_its_name_alone(tmp_path: Path) -> None:
    files = {
        "_shared.graphql": "fragment F on Item { id }",
        "_twice.graphql": "fragment F on Item { id }",
        "a.graphql": "{ item(id: 1) { ...F } } fragment F on Item { id }",
    }
    assert wrong(tmp_path, files) == [
        f"_twice.graphql:1:1: the fragment F is also in {tmp_path}/operations/_shared.graphql.",
        "a.graphql:1:26: the fragment F is one of those for all.",
    ]


def test_an_operation_is_known_by_its_text_as_it_is_and_as_clients_print_it(tmp_path: Path) -> None:
    text = "# about\nquery A { item(id: 1) { ...F } }\n"
    files = {"_f.graphql": "# fragments\nfragment F on Item { id }", "a.graphql": text}
    operations = Folder(tmp_path, files).app.extensions["restgql"]["restgql"].operations
    printed = "query A {\n  item(id: 1) {\n    ...F\n  }\n}\n\nfragment F on Item {\n  id\n}"
    stored = operations.by_name["a"]
    assert stored.text == f"{text}\n\nfragment F on Item {{ id }}"
    for known in (text, printed, stored.text):
        assert operations.texts[sha256(known)] == stored.text
    assert sha256(text.strip()) not in operations.texts


def test_where_the_schema_is_read_late_so_are_the_operations(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "restgql")
    folder = Folder(tmp_path, {"bad.graphql": "{ nope }", "good.graphql": GOOD}, annotations=True)
    assert caplog.messages == []
    assert folder.get("good").json == {"data": {"__typename": "Query"}}
    said = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert said == [f"{folder.path}/bad.graphql:1:3: Cannot query field 'nope' on type 'Query'."]
    answer = folder.get("bad")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert answer.json["detail"] == "The stored operation bad cannot be used; the log has the reason."
    assert answer.json["code"] == "CONFIG"


def test_a_schema_that_cannot_be_read_late_is_told_to_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Folder(tmp_path, {"good.graphql": GOOD}, openapi="/secret/openapi.json")
    (Path(folder.path) / "typed.graphql").write_text("{ typed }")
    answers = [folder.client.get(f"/graphql/{path}") for path in ("good", "typed", "openapi.json", "nothing")]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 404]
    assert [answer.json.get("code") for answer in answers[1:3]] == ["SCHEMA_UNAVAILABLE"] * 2
    assert not any("secret" in answer.text for answer in answers)
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["The schema could not be built: openapi = '/secret/openapi.json': the app answers 404 NOT FOUND."]
    assert folder.client.get("/graphql/health").status_code == 200
    assert folder.client.get("/graphql/health?ready").status_code == 503


def test_the_commands_list_operations_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    files = {
        "bad.graphql": "{ nope }",
        "good.graphql": "# Good.\nquery ($id: ID!, $a: Int = 1) { item(id: $id) { id } echo(a: $a) }",
    }
    folder = Folder(tmp_path, files | {"do.graphql": 'mutation { add(name: "a") { id } }'}, annotations=True)
    listed = folder.app.test_cli_runner().invoke(cli, ["operations"])
    assert listed.exit_code == 1
    assert listed.stdout.splitlines() == [
        "name  methods         variables        description",
        "do    POST",
        "good  GET,POST,QUERY  id: ID!, a: Int  Good.",
    ]
    line = f"{folder.path}/bad.graphql:1:3: Cannot query field 'nope' on type 'Query'."
    assert line in listed.stderr.splitlines()
    for more in ([], ["--json"]):
        checked = folder.app.test_cli_runner().invoke(cli, ["check", *more])
        assert checked.exit_code == 1
        assert line in checked.stderr.splitlines()


def test_what_is_wrong_is_told_in_the_order_in_which_one_reads(tmp_path: Path) -> None:
    many = "query {\n" + "".join(f"  a{number}: nope\n" for number in range(12)) + "}\n"
    with pytest.raises(SchemaError) as caught:
        Folder(tmp_path, {"b.graphql": many, "a.graphql": "# result: [\n{ other }"})
    told = [line.rpartition("/")[2].split(":")[:2] for line in str(caught.value).splitlines()]
    assert told == [["a.graphql", "1"], ["a.graphql", "2"], *(["b.graphql", str(line)] for line in range(2, 14))]
