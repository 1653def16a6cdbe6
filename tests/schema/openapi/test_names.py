"""Names: those of GraphQL, stable, each once."""

import pytest

from restgql.errors import ConfigError
from restgql.schema.sdl import names
from restgql.schema.sources.openapi import generate
from tests.schema.openapi.documents import answer, answering, definition, document, generate_valid, of, ref


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("created_at", "created_at"),
        ("page[size]", "page_size"),
        ("@type", "type"),
        ("x-rate-limit", "x_rate_limit"),
        ("2fa", "_2fa"),
        ("__typename", "typename"),
        ("Größe", "Groe"),
        ("名前", "field"),
        ("", "field"),
    ],
)
def test_members(text: str, name: str) -> None:
    assert names.member_name(text, "field") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("open", "open"),
        ("in-progress", "in_progress"),
        ("true", "true_"),
        ("null", "null_"),
        ("+1", "plus_1"),
        ("-1", "minus_1"),
        ("-created", "minus_created"),
        (">=", "ge"),
        ("", "EMPTY"),
        ("10", "_10"),
    ],
)
def test_enum_values(text: str, name: str) -> None:
    assert names.enum_value_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("listUsers", "listUsers"),
        ("repos/list-for-org", "reposListForOrg"),
        ("Users.GetAll", "usersGetAll"),
        ("get /users/ by id", "getUsersById"),
        ("URL-check", "URLCheck"),
        ("9 lives", "_9Lives"),
        ("--", "operation"),
    ],
)
def test_root_fields(text: str, name: str) -> None:
    assert names.root_field_name(text) == name


def test_types_are_named_as_their_schemas_and_long_names_are_cut_in_the_middle() -> None:
    assert names.type_name("simple-user") == "SimpleUser"
    assert names.type_name("user") == "User"
    assert names.type_name("@") == "Unnamed"
    assert len(names.type_name("a" * 500)) == names.MAX_NAME


def test_properties_that_are_no_names_are_selected_and_those_that_are_keep_theirs() -> None:
    schema = of(**{"@id": "string", "id": "string", "meta.size": "integer", "__typename": "string", 'a"b': "string"})
    assert definition(generate_valid(answering(ref("Thing"), {"Thing": schema})), "Thing").splitlines()[1:-1] == [
        '  id2: String @select(from: "\\"@id\\"")',
        "  id: String",
        '  meta_size: Long @select(from: "\\"meta.size\\"")',
        '  typename: String @select(from: "__typename")',
        '  a_b: String @select(from: "\\"a\\\\\\"b\\"")',
    ]


def test_types_that_the_core_has_leave_it_their_names() -> None:
    schemas = {"Query": of(a="string"), "Date": of(b="string"), "RestResponse": of(c="string")}
    generated = generate_valid(answering(of(q=ref("Query"), d=ref("Date"), r=ref("RestResponse")), schemas))
    assert "d: Date2" in definition(generated, "ThingsResponse")
    assert "q: Query2" in definition(generated, "ThingsResponse")
    assert "r: RestResponse2" in definition(generated, "ThingsResponse")


def test_root_fields_of_the_core_keep_their_names() -> None:
    paths = {
        "/a": {"get": {"operationId": "fetch"}, "post": {"operationId": "fetch"}},
        "/b": {"put": {"operationId": "put"}},
    }
    assert generate_valid(document(paths)).names == {"GET /a": "fetch2", "POST /a": "fetch", "PUT /b": "put2"}


def test_without_an_operation_id_the_path_gives_the_name() -> None:
    paths = {"/users": {"get": {}}, "/users/{id}": {"get": {}, "delete": {}}, "/users/{id}/posts.json": {"get": {}}}
    assert list(generate_valid(document(paths)).names.values()) == [
        "getUsers",
        "getUsersById",
        "deleteUsersById",
        "getUsersByIdPostsJson",
    ]


def test_one_operation_id_twice_is_two_fields() -> None:
    paths = {"/a": {"get": {"operationId": "all"}}, "/b": {"get": {"operationId": "all"}}}
    assert generate_valid(document(paths)).names == {"GET /a": "all", "GET /b": "all2"}


def test_a_lockfile_keeps_names_when_a_route_is_added_before() -> None:
    old = {"/b": {"get": {"operationId": "all"}}}
    locked = generate_valid(document(old)).names
    new = {"/a": {"get": {"operationId": "all"}}, **old}
    assert generate_valid(document(new), names=locked).names == {"GET /a": "all2", "GET /b": "all"}


@pytest.mark.parametrize("locked", [{"GET /a": "no name"}, {"GET /a": "fetch"}, {"GET /a": "x", "GET /b": "x"}])
def test_a_lockfile_that_cannot_be_kept_is_an_error(locked: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="lockfile"):
        generate(document({"/a": {"get": {}}, "/b": {"get": {}}}), names=locked)


def test_schemas_of_names_that_come_to_the_same_are_two_types() -> None:
    schemas = {"user-a": of(x="string"), "user a": of(y="string"), "UserA": of(z="string")}
    generated = generate_valid(answering(of(a=ref("user-a"), b=ref("user a"), c=ref("UserA")), schemas))
    assert [line.split()[-1] for line in definition(generated, "ThingsResponse").splitlines()[1:-1]] == [
        "UserA",
        "UserA2",
        "UserA3",
    ]


def test_descriptions_and_deprecation_are_carried_over() -> None:
    schema = {
        "type": "object",
        "description": "A thing.\r\nOf two lines.",
        "properties": {"old": {"type": "string", "deprecated": True, "description": 'Says "this".\x00'}},
    }
    operation = {"operationId": "things", "summary": "All things.", "deprecated": True, "responses": answer(schema)}
    generated = generate_valid(document({"/things": {"get": operation}}))
    assert definition(generated, "ThingsResponse") == (
        '"""\nA thing.\nOf two lines.\n"""\ntype ThingsResponse {\n  "Says \\"this\\"."\n  old: String @deprecated\n}'
    )
    assert '"All things."\n  things: ThingsResponse @get(path: "/things") @deprecated' in definition(generated, "Query")
