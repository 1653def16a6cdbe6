"""The descriptions of the root types, of which several sources have fields."""

from graphql import GraphQLSchema


def describe_roots(schema: GraphQLSchema) -> None:
    """Describe the root types that have no description of their own."""
    for of_type, description in (
        (schema.query_type, "Requests that only read. Those of one query are sent at the same time."),
        (schema.mutation_type, "Requests that change data. Those of one mutation are sent one after the other."),
    ):
        if of_type is not None and of_type.description is None:
            of_type.description = description
