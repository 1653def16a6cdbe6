"""References to anchors (JSON Schema 2020-12): `$anchor`, and `$dynamicRef` for trees and generic schemas."""

from typing import Any

import pytest

from tests.schema.openapi.documents import answer, answering, definition, document, generate_valid, of, only, ref
from tests.schema.openapi.served import Served

USER = of(name="string")
ITEMS = {"type": "array", "items": {"$dynamicRef": "#item"}}
PAGE = {
    **of(total="integer", items=ITEMS, following=ref("Page")),
    "$defs": {"item": {"$dynamicAnchor": "item"}},
}


def page_of(name: str, **more: Any) -> dict[str, Any]:
    return {"$defs": {"own": {"$dynamicAnchor": "item", **ref(name)}}, **ref("Page"), **more}


SCHEMAS = {
    "User": USER,
    "Team": of(title="string", lead=ref("User")),
    "Page": PAGE,
    "UserPage": page_of("User"),
    "TeamPage": page_of("Team"),
}


def of_3_1(schema: Any, schemas: Any) -> dict[str, Any]:
    return {**answering(schema, schemas), "openapi": "3.1.0"}


def test_an_anchor() -> None:
    schemas = {"Node": {**of(id="integer", next={"$ref": "#node"}), "$anchor": "node"}}
    generated = generate_valid(of_3_1(ref("Node"), schemas))
    assert definition(generated, "Node") == "type Node {\n  id: Long\n  next: Node\n}"


def test_an_anchor_of_another_document() -> None:
    files = {"user.json": {"x": {**USER, "$anchor": "user"}}}
    generated = generate_valid(of_3_1(of(user={"$ref": "user.json#user"}), {}), load=files.__getitem__)
    assert "user: User" in definition(generated, "ThingsResponse")


def test_a_tree() -> None:
    tree = {**of(id="integer", below={"type": "array", "items": {"$dynamicRef": "#node"}}), "$dynamicAnchor": "node"}
    strict = {"$dynamicAnchor": "node", **ref("Tree"), "unevaluatedProperties": False}
    generated = generate_valid(of_3_1(of(a=ref("Tree"), b=ref("Strict")), {"Tree": tree, "Strict": strict}))
    assert definition(generated, "Tree") == "type Tree {\n  id: Long\n  below: [Tree]\n}"
    assert definition(generated, "Strict") == "type Strict {\n  id: Long\n  below: [Strict]\n}"


def test_a_generic_schema_is_a_type_for_each_binding() -> None:
    generated = generate_valid(of_3_1(of(users=ref("UserPage"), teams=ref("TeamPage"), any=ref("Page")), SCHEMAS))
    assert definition(generated, "UserPage") == (
        "type UserPage {\n  total: Long\n  items: [User]\n  following: UserPage\n}"
    )
    assert definition(generated, "TeamPage") == (
        "type TeamPage {\n  total: Long\n  items: [Team]\n  following: TeamPage\n}"
    )
    assert definition(generated, "Page") == "type Page {\n  total: Long\n  items: [JSON]\n  following: Page\n}"
    assert definition(generated, "Team") == "type Team {\n  title: String\n  lead: User\n}"
    assert only(generated).reason == ""


@pytest.mark.parametrize("composed", [True, False])
def test_a_binding_in_a_response(composed: bool) -> None:
    schema = page_of("User")
    if composed:
        schema = {"$defs": schema["$defs"], "allOf": [ref("Page"), of(page="integer")]}
    served = Served(of_3_1(schema, SCHEMAS), {"/things": {"total": 1, "page": 2, "items": [{"name": "Ada"}]}})
    query = f"{{ things {{ total items {{ name }} {'page' if composed else ''} }} }}"
    expected = {"total": 1, "items": [{"name": "Ada"}], **({"page": 2} if composed else {})}
    assert served.data(query) == {"things": expected}


def test_a_generic_body_of_a_request() -> None:
    body = {"content": {"application/json": {"schema": ref("UserPage")}}}
    operation = {"operationId": "add", "requestBody": body, "responses": answer({"type": "string"})}
    source = {**document({"/things": {"post": operation}}, SCHEMAS), "openapi": "3.1.0"}
    assert "items: [UserInput]" in definition(generate_valid(source), "UserPageInput")


def test_a_dynamic_reference_without_a_target_is_json_with_its_reason() -> None:
    generated = generate_valid(of_3_1(of(a="string", b={"$dynamicRef": "#none"}), {}))
    assert definition(generated, "ThingsResponse") == "type ThingsResponse {\n  a: String\n  b: JSON\n}"
    assert only(generated).reason == "ThingsResponse.b is JSON, the reference #none has no target"


def test_a_dynamic_reference_of_another_document_is_json_with_its_reason() -> None:
    files = {"tree.json": {**of(id="integer", next={"$dynamicRef": "#tree"}), "$dynamicAnchor": "tree"}}
    generated = generate_valid(of_3_1(of(tree={"$ref": "tree.json"}), {}), load=files.__getitem__)
    assert definition(generated, "Tree") == "type Tree {\n  id: Long\n  next: JSON\n}"
    assert only(generated).reason == "Tree.next is JSON, $dynamicRef is not supported in another document"


def test_a_generic_schema_that_binds_itself_without_end() -> None:
    nested = {"$defs": {"own": {"$dynamicAnchor": "item", **ref("Nested")}}, **ref("Page")}
    generated = generate_valid(of_3_1(ref("Nested"), {"Page": PAGE, "Nested": nested}))
    assert "items: [Nested]" in definition(generated, "Nested")


def test_a_document_that_contains_itself() -> None:
    schema = of(a="string", b={"$dynamicRef": "#x"})
    schema["properties"]["own"] = schema
    generated = generate_valid(of_3_1(schema, {}))
    assert "own: ThingsResponse" in definition(generated, "ThingsResponse")
