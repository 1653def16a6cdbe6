"""The directives that bind the fields of an SDL document to REST routes; schema/directives.graphql is the same text."""

from functools import cache

from graphql import DocumentNode, GraphQLDirective, GraphQLSchema, build_schema, extend_schema

from restgql import graphql_core

SDL = '''\
"""The field is the response to GET path."""
directive @get(
  """A URI template (RFC 6570): its names are the field's arguments, or keys of the parent's JSON object."""
  path: String!

  """JMESPath over the arguments, and this, the parent: its entries that are not null are added to the query string."""
  query: String

  """JMESPath: selects the field's value from the response's JSON value."""
  select: String

  """Header fields of the request; each value is a template of values."""
  headers: [RestHeaderInput!]

  """A list route that returns the values of many parents at once."""
  batch: RestBatch

  """The statuses that are null without an error, if the field is nullable."""
  nullOn: [Int!] = [404, 410]

  """Seconds, instead of RESTGQL_SUBREQUEST_TIMEOUT."""
  timeout: Float

  """Query parameters of the client's own request to pass on, such as an API key."""
  forward: [String!]
) on FIELD_DEFINITION

"""The field is the response to POST path."""
directive @post(
  path: String!
  query: String

  """JMESPath over the arguments: the request's body. By default the arguments that are not used elsewhere."""
  body: String
  encoding: RestEncoding = JSON

  """The media type of a body of JSON, instead of application/json."""
  mediaType: String
  select: String
  headers: [RestHeaderInput!]
  timeout: Float
  forward: [String!]
) on FIELD_DEFINITION

"""The field is the response to PUT path."""
directive @put(
  path: String!
  query: String
  body: String
  encoding: RestEncoding = JSON
  mediaType: String
  select: String
  headers: [RestHeaderInput!]
  timeout: Float
  forward: [String!]
) on FIELD_DEFINITION

"""The field is the response to PATCH path."""
directive @patch(
  path: String!
  query: String
  body: String
  encoding: RestEncoding = JSON
  mediaType: String
  select: String
  headers: [RestHeaderInput!]
  timeout: Float
  forward: [String!]
) on FIELD_DEFINITION

"""The field is the response to DELETE path."""
directive @delete(
  path: String!
  query: String
  body: String
  encoding: RestEncoding = JSON
  mediaType: String
  select: String
  headers: [RestHeaderInput!]
  timeout: Float
  forward: [String!]
) on FIELD_DEFINITION

"""The place of the field in its parent's JSON value, if not the key of its own name."""
directive @select(
  """JMESPath over the parent's value, or over the header field's."""
  from: String

  """A header field of the response: Link (RFC 8288) is an object of its relations, JSON is itself, others are text."""
  header: String

  """The response's status."""
  status: Boolean

  """The entries of an object, each with key and value; without those that other fields of the type read."""
  entries: Boolean
) on FIELD_DEFINITION

"""The JSON spelling of an enum's value, of a type in its discriminator, or of an input field's name."""
directive @value(is: String!) repeatable on ENUM_VALUE | OBJECT | INPUT_FIELD_DEFINITION

"""JMESPath: selects the name of a value's type, or the @value of that type."""
directive @discriminator(
  from: String!

  """The type of an object with none of these values; without it, such an object is an error."""
  otherwise: String
) on INTERFACE | UNION

"""A list route that is requested once for many keys. Items are matched by key, in any order."""
input RestBatch {
  """A URI template; its variable carries the keys."""
  path: String!

  """Keys of the parent's JSON object."""
  by: [String!]!

  """The keys of an item that equal these, pairwise."""
  key: [String!]!

  """JMESPath: the array of items in the response."""
  select: String

  """The most keys of one request."""
  size: Int = 50
}

enum RestEncoding {
  JSON
  FORM
  MULTIPART
}

input RestHeaderInput {
  name: String!
  value: String!
}
'''
OF_A_CALL = ("get", "post", "put", "patch", "delete")


def extended(core: GraphQLSchema) -> GraphQLSchema:
    """Return the core schema with these directives, for validation: the schema that clients see has none of them."""
    document = graphql_core.parse(SDL)
    new = tuple(d for d in document.definitions if getattr(d, "name", None) and d.name.value not in core.type_map)  # type: ignore[attr-defined]
    return extend_schema(core, DocumentNode(definitions=new), assume_valid=True, assume_valid_sdl=True)


@cache
def definitions() -> dict[str, GraphQLDirective]:
    """Return the directives by name."""
    return {directive.name: directive for directive in build_schema(SDL, assume_valid=True).directives}
