"""Documents that are large, deep, or made of anything."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restgql.schema.sources.openapi import generate
from tests.schema.openapi.documents import answer, answering, built, document, generate_valid, of, only, ref, sending

DEEP = 20_000


def test_a_long_chain_of_types() -> None:
    schemas = {f"T{number}": of(next=ref(f"T{number + 1}")) for number in range(DEEP)} | {f"T{DEEP}": of(end="string")}
    generated = generate(answering(ref("T0"), schemas))
    assert only(generated).kind == "typed"
    assert f"T{DEEP}" in built(generated).type_map


def test_a_long_chain_of_input_types() -> None:
    schemas: dict[str, Any] = {f"T{n}": {**of(next=ref(f"T{n + 1}")), "required": ["next"]} for n in range(DEEP)}
    generated = generate(sending(ref("T0"), {**schemas, f"T{DEEP}": of(end="string")}))
    assert f"T{DEEP}Input" in built(generated).type_map


def test_schemas_within_schemas() -> None:
    schema: Any = of(end="string")
    for _ in range(DEEP):
        schema = {"type": "object", "properties": {"next": schema}}
    generated = generate(answering(schema))
    assert len(generated.document.definitions) == DEEP + 2
    assert len(built(generated).type_map) > DEEP


@pytest.mark.parametrize("key", ["allOf", "oneOf", "anyOf"])
def test_long_chains_of_composition(key: str) -> None:
    schemas: dict[str, Any] = {f"T{n}": {key: [ref(f"T{n + 1}"), of(**{f"p{n}": "string"})]} for n in range(DEEP)}
    paths = {
        "/chain": {"get": {"responses": answer(ref("T0"))}},
        "/other": {"get": {"responses": answer(of(a="string"))}},
    }
    generated = generate_valid(document(paths, {**schemas, f"T{DEEP}": of(end="string")}))
    assert [note.kind for note in generated.operations] == ["json", "typed"]
    assert generated.operations[0].reason


@pytest.mark.parametrize("key", ["allOf", "oneOf"])
def test_long_chains_of_wrapping(key: str) -> None:
    schemas: dict[str, Any] = {f"T{n}": {key: [ref(f"T{n + 1}")]} for n in range(DEEP)} | {f"T{DEEP}": of(end="string")}
    assert only(generate_valid(answering(ref("T0"), schemas))).kind == "typed"


def test_recursive_objects_that_nothing_tells_apart() -> None:
    names, chosen = [f"T{n}" for n in range(12)], random.Random(1)
    schemas = {name: of(**{f"p{n}": ref(chosen.choice(names)) for n in range(4)}) for name in names}
    generated = generate_valid(answering({"oneOf": [ref(name) for name in names[:5]]}, schemas))
    assert only(generated).kind == "partly"
    assert "more than 500 properties have several schemas" in only(generated).reason
    assert len(generated.document.definitions) < 600


def test_long_chains_of_references() -> None:
    schemas = {f"T{number}": ref(f"T{number + 1}") for number in range(DEEP)} | {f"T{DEEP}": of(end="string")}
    assert only(generate_valid(answering(ref("T0"), schemas))).kind == "typed"


WORDS = st.sampled_from(
    ["type", "properties", "items", "allOf", "oneOf", "anyOf", "$ref", "enum", "const", "required", "format", "default",
     "discriminator", "propertyName", "mapping", "name", "in", "schema", "content", "application/json", "parameters",
     "responses", "200", "default", "requestBody", "get", "post", "operationId", "links", "nullable", "style", "a", "b"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), WORDS,
    st.sampled_from(["object", "array", "string", "query", "path", "header", "deepObject", "#/components/schemas/A",
                     "#/components/schemas/B", "#/paths/~1a", "#", "", "file", "x.json"]),
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
OPERATION = st.fixed_dictionaries(
    {}, optional={"parameters": ANYTHING, "responses": ANYTHING, "requestBody": ANYTHING, "operationId": ANYTHING}
)


@settings(max_examples=300)
@given(schema=ANYTHING, other=ANYTHING, parameter=ANYTHING, operation=OPERATION, items=ANYTHING)
def test_whatever_a_document_holds_its_neighbours_are_typed(
    schema: Any, other: Any, parameter: Any, operation: Any, items: Any
) -> None:
    paths = {
        "/a/{b}": {
            "get": {"parameters": [parameter], "responses": answer(ref("A"))},
            "put": {
                "requestBody": {"content": {"application/json": {"schema": ref("A")}}},
                "responses": answer(schema),
            },
        },
        "/b": {"get": operation, "post": operation, "parameters": items},
        "/c": items,
        "/good": {"get": {"operationId": "good", "responses": answer(of(a="string"))}},
    }
    generated = generate_valid(document(paths, {"A": schema, "B": other}))
    assert generated.names["GET /good"] == "good" or operation.get("operationId") == "good"
    assert next(note for note in generated.operations if note.path == "/good").kind == "typed"
    assert {"GET /a/{b}", "PUT /a/{b}", "GET /b", "POST /b"} <= generated.names.keys()
