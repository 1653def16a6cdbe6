"""References: within a document, to other documents, and to where none may lead."""

from typing import Any

import pytest

from restgql.errors import ConfigError
from tests.schema.openapi.documents import answer, answering, definition, document, field, generate_valid, of, only, ref


def test_pointers_are_unescaped() -> None:
    source = answering({"$ref": "#/x-kept/a~1b~0c/0/%7Bd%7D"})
    source["x-kept"] = {"a/b~c": [{"{d}": {"type": "integer"}}]}
    assert field(generate_valid(source)) == 'things: Long @get(path: "/things")'


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("#/nowhere", "the reference #/nowhere has no target"),
        ("#anchor", "the reference #anchor has no target"),
        ("#twice", "the reference #twice names an anchor that 2 schemas have"),
        ("other.yaml#/X", "leads to another document"),
        ("http://example.com/x.json#/X", "leads to another server, and the gateway never sends a request there"),
        ("https://example.com/x.json", "leads to another server, and the gateway never sends a request there"),
        ("//example.com/x.json", "leads to another server, and the gateway never sends a request there"),
        ("file:///etc/passwd", "leads to another server, and the gateway never sends a request there"),
    ],
)
def test_a_property_that_cannot_be_found_is_json_alone(reference: str, reason: str) -> None:
    schemas = {"X": {**of(x="string"), "$anchor": "twice"}, "Y": {**of(y="string"), "$anchor": "twice"}}
    generated = generate_valid(answering(of(a="string", b={"$ref": reference}), schemas))
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  a: String\n  b: JSON\n}"
    assert only(generated).kind == "partly"
    assert reason in only(generated).reason


def test_a_response_that_cannot_be_found_is_json_alone() -> None:
    paths = {
        "/a": {"get": {"operationId": "a", "responses": {"200": {"$ref": "#/nowhere"}}}},
        "/b": {"get": {"operationId": "b", "responses": answer(of(x="string"))}},
    }
    generated = generate_valid(document(paths))
    assert [note.kind for note in generated.operations] == ["json", "typed"]
    assert generated.operations[0].reason == "the reference #/nowhere has no target"


def test_references_in_a_circle_are_json() -> None:
    schemas = {"A": ref("B"), "B": ref("A"), "C": ref("C")}
    generated = generate_valid(answering(of(a=ref("A"), c=ref("C"), d="string"), schemas))
    assert "a: JSON\n  c: JSON\n  d: String" in definition(generated, "ThingsResponse")
    assert "leads to itself" in only(generated).reason


def test_other_documents_are_loaded_once_and_refer_to_each_other() -> None:
    files = {
        "schemas/user.json": {"User": of(name="string", team={"$ref": "team.json"}, boss={"$ref": "#/User"})},
        "schemas/team.json": of(title="string", lead={"$ref": "./user.json#/User"}),
    }
    loaded = []

    def load(where: str) -> Any:
        loaded.append(where)
        return files[where]

    generated = generate_valid(answering({"$ref": "./schemas/user.json#/User"}), load=load)
    assert definition(generated, "User") == "type User {\n  name: String\n  team: Team\n  boss: User\n}"
    assert definition(generated, "Team") == "type Team {\n  title: String\n  lead: User\n}"
    assert sorted(loaded) == ["schemas/team.json", "schemas/user.json"]


def test_a_document_that_cannot_be_loaded_spoils_what_refers_to_it() -> None:
    def load(where: str) -> Any:
        raise ConfigError(f"{where} is not there")

    generated = generate_valid(answering(of(a={"$ref": "gone.json"}, b="string")), load=load)
    assert "gone.json is not there" in only(generated).reason
    assert "b: String" in definition(generated, "ThingsResponse")


def test_loaded_documents_never_lead_to_other_servers() -> None:
    loaded = {"X": of(a={"$ref": "https://example.com/x.json"}, b="string")}
    generated = generate_valid(answering({"$ref": "x.json#/X"}), load=lambda where: loaded)
    assert definition(generated, "X") == "type X {\n  a: JSON\n  b: String\n}"
