"""The payloads of random operations: put together, they are the answer of the same operation without its directives."""

from random import Random

from graphql import execute_sync, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restgql.graphql_core import RULES, parse
from tests.respond import schema
from tests.respond.documents import VARIABLES, Writer, without_directives

MANY = settings(max_examples=250, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
RANDOMS = st.randoms(use_true_random=False)
SLOW = st.frozensets(st.sampled_from(["a", "b", "fails", "one", "things", "nodes", "node", "any", "bang", "holed"]))


def written(random: Random, *, bangs: bool) -> str:
    text = Writer(random, schema.kinds(bangs=bangs), "Query").text()
    assert validate(schema.SCHEMA, parse(text), RULES) == []
    return text


@MANY
@given(RANDOMS)
def test_a_whole_answer_is_that_of_graphql_core(random: Random) -> None:
    text = written(random, bangs=True)
    expected = execute_sync(schema.SCHEMA, parse(without_directives(text)), variable_values=VARIABLES)
    found = schema.whole(text)
    assert found.data == expected.data
    # graphql-core sorts them by their place in the document
    errors = [(error.path, error.message) for error in expected.errors or ()]
    assert sorted((error["path"], error["message"]) for error in found.errors) == sorted(errors)


@MANY
@given(RANDOMS, SLOW)
def test_the_payloads_make_the_whole_answer(random: Random, slow: frozenset[str]) -> None:
    text = written(random, bangs=False)
    found, expected = schema.in_parts(text, slow, random), schema.whole(without_directives(text))
    assert found.data == expected.data
    assert found.failures == expected.failures


@MANY
@given(RANDOMS, SLOW)
def test_where_a_null_goes_up_the_payloads_keep_to_the_rules_and_something_is_said(
    random: Random, slow: frozenset[str]
) -> None:
    text = written(random, bangs=True)
    found, expected = schema.in_parts(text, slow, random), schema.whole(without_directives(text))
    assert bool(found.errors) is bool(expected.errors)
    if not expected.errors:
        assert found.data == expected.data
