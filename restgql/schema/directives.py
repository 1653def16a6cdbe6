"""The directives that bind the fields of an SDL document to REST routes; schema/directives.graphql is the same text."""

from functools import cache

from graphql import DocumentNode, GraphQLDirective, GraphQLSchema, build_schema, extend_schema

from restgql import graphql_core

_OF_REQUESTS = '''\
  """
  The path of a route, as a URI template (RFC 6570): /users/{id}. A name is an argument of the field, or else a key of
  the parent's JSON object.
  """
  path: String!

  """
  A JMESPath expression that makes an object of query parameters from the arguments, and from this, the parent's JSON:
  {page_size: pageSize}. Null entries are left out.
  """
  query: String

  """A JMESPath expression: the part of the response's JSON that is the value of the field."""
  select: String

  """Header fields of the request. A value is a template, as the path is: {language}."""
  headers: [RestHeaderInput!]

  """The maximum seconds of the request. Overrides RESTGQL_SUBREQUEST_TIMEOUT."""
  timeout: Float

  """
  The names of query parameters to copy from the client's request to the gateway, such as api_key. Upstreams do not get
  them.
  """
  forward: [String!]
'''

_GET = f'''\
"""The value of the field is the JSON of the response to GET path. Each parent makes a request of its own."""
directive @get(
{_OF_REQUESTS}
  """A route that returns a list for many parents, to make one request for all of them."""
  batch: RestBatch

  """The statuses for which the field is null without an error, if it is nullable."""
  nullOn: [Int!] = [404, 410]
) on FIELD_DEFINITION
'''


def _unsafe(method: str) -> str:
    return f'''\
"""The value of the field is the JSON of the response to {method} path. Write it on a field of Mutation."""
directive @{method.lower()}(
{_OF_REQUESTS}
  """
  A JMESPath expression that makes the request body from the arguments, such as input. By default, the body is an
  object of the arguments that path, query and headers do not use.
  """
  body: String

  """How to write the body."""
  encoding: RestEncoding = JSON

  """
  The media type of the body. A JSON body may have one such as application/merge-patch+json. With any other, such as
  text/plain or application/xml, body makes a string, which is sent as it is. The default is application/json.
  """
  mediaType: String
) on FIELD_DEFINITION
'''


_VALUES = '''\
"""Where the field finds its value. Without a directive, a field reads the key of its own name."""
directive @select(
  """A JMESPath expression over the parent's JSON: meta.summary. With header, over the value of the header."""
  from: String

  """
  The name of a header of the response that contains the parent. Link is an object of its relations, a header of JSON is
  its JSON value, any other is text.
  """
  header: String

  """If true, the value is the status of the response that contains the parent."""
  status: Boolean

  """
  If true, the value is a list of the parent's entries, each an object of key and value. Keys that other fields of the
  type read are left out.
  """
  entries: Boolean
) on FIELD_DEFINITION

"""The name that the API uses in JSON, where GraphQL has another name."""
directive @value(
  """
  On an enum value, its text in JSON. On a field of an input type, its key in JSON. On an object type, a value of the
  discriminator that means this type, instead of the type's name.
  """
  is: String!
) repeatable on ENUM_VALUE | OBJECT | INPUT_FIELD_DEFINITION

"""How to tell the type of an object, for an interface or a union."""
directive @discriminator(
  """A JMESPath expression over the object. It gives a @value of the type, or the name of a type without @value."""
  from: String!

  """The name of the type for any other value. Without it, such an object is null, with an error."""
  otherwise: String
) on INTERFACE | UNION

"""One request for the values of many parents. The items of its list may have any order."""
input RestBatch {
  """The path of a route that returns a list, as a URI template whose variable is a list of keys: /users{?id*}."""
  path: String!

  """The keys of the parent's JSON object that identify its items, usually one."""
  by: [String!]!

  """The same keys in an item of the list, in the same order."""
  key: [String!]!

  """A JMESPath expression: the list in the response's JSON, if the response is not the list itself."""
  select: String

  """The maximum number of keys in one request."""
  size: Int = 50
}

"""The encoding of a request body."""
enum RestEncoding {
  """As JSON text."""
  JSON

  """As an HTML form (application/x-www-form-urlencoded)."""
  FORM

  """As a multipart form, which can contain files."""
  MULTIPART
}

"""A header field of a request to a route."""
input RestHeaderInput {
  """The name, in any case."""
  name: String!

  """The value, such as application/json."""
  value: String!
}
'''

SDL = "\n".join([_GET, *map(_unsafe, ("POST", "PUT", "PATCH", "DELETE")), _VALUES])
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
