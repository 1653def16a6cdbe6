"""gql, a Python client: it fetches the schema by introspection, holds operations against it, and parses results."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from gql import Client, GraphQLRequest, gql
from gql.client import SyncClientSession
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from gql.utilities import update_schema_scalar
from graphql import GraphQLError, GraphQLScalarType, print_schema

from tests.clients.blog import Blog


@pytest.fixture
def session(url: str) -> Iterator[SyncClientSession]:
    client = Client(
        transport=RequestsHTTPTransport(url, timeout=10),
        fetch_schema_from_transport=True,
        introspection_args={"specified_by_url": True, "directive_is_repeatable": True, "schema_description": True},
        parse_results=True,
        serialize_variables=True,
    )
    with client as session:
        yield session


def schema_of(session: SyncClientSession) -> Any:
    assert session.client.schema is not None
    return session.client.schema


def test_the_schema_it_fetches_is_the_printed_one(session: SyncClientSession, sdl: str) -> None:
    assert print_schema(schema_of(session)) == sdl.removesuffix("\n")


def test_a_query(session: SyncClientSession) -> None:
    found = session.execute(gql('{ user(login: "ada") { id role posts { title status comments { total } } } }'))
    posts = [
        {"title": "Old maps", "status": "LIVE", "comments": {"total": 4}},
        {"title": "Sourdough", "status": "DRAFT", "comments": {"total": 0}},
    ]
    assert found == {"user": {"id": "user:ada", "role": "EDITOR", "posts": posts}}


def test_scalars_are_parsed(session: SyncClientSession) -> None:
    moment = GraphQLScalarType("DateTime", parse_value=datetime.fromisoformat)
    update_schema_scalar(schema_of(session), "DateTime", moment)
    found = session.execute(gql('{ node(id: "post:2") { ... on Post { createdAt } } }'))
    assert found == {"node": {"createdAt": datetime.fromisoformat("2026-01-02T08:00:00Z")}}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ posts { titel } }", "Cannot query field 'titel' on type 'Post'. Did you mean 'title'?"),
        ("{ posts(status: LOST) { id } }", "Value 'LOST' does not exist in 'Status' enum."),
        ('{ search(text: "a") { title } }', "Cannot query field 'title' on type 'Found'."),
        (
            "mutation { addPost(post: {}) { id } }",
            "Field 'PostInput.title' of required type 'String!' was not provided.",
        ),
    ],
)
def test_an_operation_that_is_wrong_is_never_sent(
    document: str, message: str, session: SyncClientSession, blog: Blog
) -> None:
    before = blog.hits.total()
    with pytest.raises(GraphQLError) as raised:
        session.execute(gql(document))
    assert raised.value.message.startswith(message)
    assert blog.hits.total() == before


def test_a_mutation(session: SyncClientSession) -> None:
    request = GraphQLRequest(
        "mutation ($post: PostInput!) { addPost(post: $post) { number status tags author { name } } }",
        variable_values={"post": {"title": "Paper", "author": "bruno"}},
    )
    added = {"number": 4, "status": "DRAFT", "tags": [], "author": {"name": "Bruno Castelli"}}
    assert session.execute(request) == {"addPost": added}


def test_a_query_from_python(session: SyncClientSession) -> None:
    ds = DSLSchema(schema_of(session))
    document = dsl_gql(DSLQuery(ds.Query.post(number=1).select(ds.Post.title, ds.Post.author.select(ds.User.name))))
    assert session.execute(document) == {"post": {"title": "Old maps", "author": {"name": "Ada Moreau"}}}


def test_an_error_of_a_route(session: SyncClientSession) -> None:
    with pytest.raises(TransportQueryError) as raised:
        session.execute(gql('mutation { renamePost(number: 1, title: " ") { id } }'))
    assert raised.value.data == {"renamePost": None}
    assert raised.value.errors is not None
    assert [(error["path"], error["extensions"]["code"]) for error in raised.value.errors] == [
        (["renamePost"], "UPSTREAM_STATUS")
    ]
