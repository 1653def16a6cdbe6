"""The typed schema and the stored operations of the app under attack."""

TYPES = 20


def _member(number: int) -> str:
    return f"""
type N{number} implements Node @value(is: "N{number}") {{
  id: ID!
  name: String
  next: [Node!] @get(path: "/nodes")
  same: Node @select(from: "@")
  both: [Node!] @select(from: "[@, @]")
  own{number}: String @select(from: "name")
}}"""


SDL = (
    """
type Query {
  posts(first: Int): [Post!] @get(path: "/posts{?first}")
  post(id: ID!): Post @get(path: "/posts/{id}")
  user(id: ID!): User @get(path: "/users/{id}")
  users: [User!] @get(path: "/users")
  table: [Row!] @get(path: "/table")
  nodes: [Node!] @get(path: "/nodes")
  things: [Thing] @get(path: "/nodes")
  box: Box @get(path: "/ok")
  text: Text @get(path: "/text")
  asked(text: String, list: [String], any: JSON): JSON @get(path: "/ok", query: "{q: text, l: list, a: any}")
  joined(list: [String]): JSON
    @get(path: "/ok", query: "{q: join('', list), r: join('', reverse(list)), s: to_string(list)}")
  exploded(list: [String], any: JSON): JSON @get(path: "/ok{?list*,any*}")
  numbered(list: [Float], of: [Numbers]): JSON @get(path: "/ok", query: "{n: list[0], o: of[0].list[0]}")
  headed(text: String): JSON @get(path: "/ok", headers: [{name: "Prefer", value: "{text}{text}{text}{text}"}])
}
input Numbers { list: [Float] }
type Mutation {
  write(text: String, list: [String], any: JSON): JSON
    @post(path: "/form", body: "{a: [text, text, text, text], b: [list, list, list, list], c: [any, any, any, any]}")
  doubled(any: JSON): JSON @post(path: "/form", body: "{a: [[any,any],[any,any]], b: to_string([any,any,any,any])}")
  upload(file: Upload!): JSON @post(path: "/form", encoding: MULTIPART)
}
type User {
  id: ID!
  name: String
  city: String
  posts: [Post!] @get(path: "/posts")
  own: [Post!] @get(path: "/users/{id}/posts")
  self: User @select(from: "@")
  pair: [User!] @select(from: "[@, @]")
}
type Post {
  id: ID!
  title: String
  author: User @get(path: "/users/{userId}")
  batched: User @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"]})
  selected: [User!]
    @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"], select: "[@,@,@][][]"})
  related: [Post!] @get(path: "/posts")
  self: Post @select(from: "@")
  copies: [Post!] @select(from: "[@,@,@,@,@,@,@,@,@,@]")
  grid: [[Post!]!] @select(from: "[[@,@,@,@],[@,@,@,@],[@,@,@,@],[@,@,@,@]]")
  digits: [String] @select(from: "split(to_string(@), '')")
  words: [[String]] @select(from: "split(to_string(@), ',')[].[@, @]")
}
type Row { id: ID! name: String kind: String a: Int b: Int c: [Int] d: String e: JSON h: Boolean i: String
  self: Row @select(from: "@"), copies: [Row!] @select(from: "[@,@,@,@,@,@,@,@,@,@]") }
type Box {
  ok: Boolean
  box: Box @select(from: "@")
  boxes: [Box!] @select(from: "[@,@,@,@,@,@,@,@,@,@]")
  cube: [[[Box]]] @select(from: "[[[@,@,@],[@,@,@],[@,@,@]],[[@,@,@],[@,@,@],[@,@,@]]]")
  fetched: Box @get(path: "/ok")
  long: [String] @select(from: "split(`\\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\"`, '')")
}
type Text {
  text: String
  again: String @select(from: "text")
  letters: [String] @select(from: "split(text, '')")
  pieces: [String] @select(from: "split(words, ' ')")
  self: Text @select(from: "@")
  copies: [Text!] @select(from: "[@,@,@,@,@,@,@,@,@,@]")
}
interface Node @discriminator(from: "sort_by([kind], &@)[0]") {
  id: ID!
  name: String
  next: [Node!]
  same: Node
  both: [Node!]
}
"""
    + "".join(map(_member, range(TYPES)))
    + f"""
union Thing @discriminator(from: "kind") = {" | ".join(f"N{number}" for number in range(TYPES))}
"""
)


def wide(types: int) -> str:
    """Return a schema of so many types, each with ten fields, two of which are joins."""
    plain = " ".join(f"field{number}: [Int!]" for number in range(6))
    roots = " ".join(f't{number}(id: ID!): T{number} @get(path: "/posts/{{id}}")' for number in range(types))
    text = [f"type Query {{ {roots} }}"]
    for number in range(types):
        after, far = (number + 1) % types, (number * 7 + 3) % types
        text.append(
            f'"The type number {number}."\ntype T{number} {{ id: ID! title: String {plain} '
            f'next: T{after} @get(path: "/posts/{{id}}") all(first: Int = 20): [T{far}!] @get(path: "/posts") }}'
        )
    return "\n".join(text)


OPERATIONS = {
    "plain": 'query ($text: String) { get(path: "/ok{?text}", params: {text: $text}) }',
    "text": """# result: [text, text, text, text]
query { text: get(path: "/text", select: "text") }""",
    "over": """query ($over: String!, $select: String) {
  fetch(path: "/table") { each(over: $over) { each(over: $over) { each(over: $over) { json(select: $select) } } } }
}""",
    "doubling": """# result: [t,t,t,t,t,t,t,t]|[@,@,@,@,@,@]|[@,@,@,@,@,@]|[@,@,@,@,@,@]|[][][][][][].to_string(@)
query ($t: JSON) { t: get(path: "/table") u: get(path: "/ok{?t*}", params: {t: $t}) }""",
    "posts": """query { posts { title author { name } } }""",
    "typed": """query ($list: [String], $any: JSON) { joined(list: $list) exploded(list: $list, any: $any) }""",
}
