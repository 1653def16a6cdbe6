"""Where @defer and @stream may stand, in operations of every type: the documents that the RFC's validation refuses."""

import pytest
from graphql import build_schema, validate

from restgql.documents.rules import RULES
from restgql.graphql_core import parse

SCHEMA = build_schema("""
    directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @stream(if: Boolean! = true, label: String, initialCount: Int! = 0) on FIELD
    type Query { a: String list: [Thing] grid: [[Thing!]!]! one: Thing node: Node }
    interface Node { list: [Thing!] }
    type Other implements Node { list: [Thing!] }
    type Mutation { add: Thing list: [Thing] }
    type Subscription { added: Thing list: [Thing] }
    type Thing implements Node { a: String list: [Thing!] }
""")

FINE = [
    "{ ... @defer { a } ...F @defer } fragment F on Query { a }",
    '{ ... @defer(label: "x") { a } list @stream(label: "y") { a } }',
    "{ list @stream { list @stream(initialCount: 1) { a } } grid @stream { a } }",
    "query ($if: Boolean!, $n: Int!) { ... @defer(if: $if) { a } list @stream(if: $if, initialCount: $n) { a } }",
    "mutation { add { ... @defer { a } list @stream { a } } }",
    "{ list @stream { a } other: list @stream { a } list2: list { list @stream { a } } one { list { a } list { a } } }",
    "{ node { ... on Thing { list @stream { a } } ... on Other { list { a } } } }",
]

# The document, and what of the message says why.
REFUSED = {
    '{ ... @defer(label: "x") { a } ... @defer(label: "x") { a } }': "occurs twice",
    '{ ... @defer(label: "x") { a } list @stream(label: "x") { a } }': "occurs twice",
    '{ ...F @defer(label: "x") } fragment F on Query { ... @defer(label: "x") { a } }': "occurs twice",
    "query ($l: String) { ... @defer(label: $l) { a } }": "must be a string, not a variable",
    "query ($l: String) { list @stream(label: $l) { a } }": "must be a string, not a variable",
    "{ list @stream { a } list @stream { a } }": "'list' conflict because they have overlapping stream directives",
    "{ list @stream { a } list { a } }": "overlapping stream",
    "{ one { list @stream { a } } one { list { a } } }": "overlapping stream",
    "{ list { list { a } } ...F } fragment F on Query { list { ...G } } fragment G on Thing { list @stream { a } }": (
        "overlapping stream"
    ),
    "{ node { ... on Thing { list @stream { a } } ... on Node { list { a } } } }": "overlapping stream",
    "{ a @stream }": "a list",
    "{ one @stream { a } }": "a list",
    "mutation { ... @defer { add { a } } }": "root of a mutation",
    "mutation { ...F @defer } fragment F on Mutation { add { a } }": "root of a mutation",
    "mutation { ...F } fragment F on Mutation { ... @defer { add { a } } }": "root of a mutation",
    "mutation { list @stream { a } }": "root of a mutation",
    "subscription { ... @defer { added { a } } }": "root of a subscription",
    "subscription { list @stream { a } }": "root of a subscription",
}


@pytest.mark.parametrize("text", FINE)
def test_a_directive_in_its_place_is_fine(text: str) -> None:
    assert validate(SCHEMA, parse(text), RULES) == []


@pytest.mark.parametrize("text", REFUSED)
def test_a_directive_out_of_its_place_is_refused(text: str) -> None:
    errors = validate(SCHEMA, parse(text), RULES)
    assert [REFUSED[text] in error.message for error in errors] == [True], errors
    assert errors[0].locations
