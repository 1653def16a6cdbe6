"""Fields that several files of this folder use."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import Request

from tests.schema.world import World

Make = Callable[..., World]

INVALID, STATUS = "UPSTREAM_INVALID", "UPSTREAM_STATUS"


ARGUMENTS = """
type Query {
  user(id: ID!): User @get(path: "/users/{id}")
  posts(userId: ID, pageSize: Int = 20, tags: [String!]): [Post!]
    @get(path: "/posts{?userId,tags}", query: "{page_size: pageSize}")
  search(at: Where!, exact: Boolean = false): [Post!] @get(path: "/search{?exact}", query: "{near: at.city, r: at.r}")
  within(at: Where): JSON @get(path: "/within/{at.city}")
}
input Where { city: String! r: Float = 1.5 }
type User { id: ID! name: String }
type Post { id: ID! title: String }
"""


BATCHES = """
type Query {
  posts: [Post!] @get(path: "/posts")
  post: Post @get(path: "/posts/1")
  plain: [Plain!] @get(path: "/posts")
}
type Plain { id: ID! author: User @get(path: "/users/{userId}") }
type Post {
  id: ID!
  author: User @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"], size: %d})
  comments: [Comment!] @get(
    path: "/posts/{id}/comments", batch: {path: "/comments{?post}", by: ["id"], key: ["postId"], select: "items"})
  room: Room @get(
    path: "/rooms/{at.house}/{at.no}",
    batch: {path: "/rooms{?house,no}", by: ["at.house", "at.no"], key: ["house", "no"]})
  sure: User! @get(path: "/users/{userId}", batch: {path: "/users{?id*}", by: ["userId"], key: ["id"]})
}
type User { id: ID! name: String
  group: Group @get(path: "/groups/{groupId}", batch: {path: "/groups{?id}", by: ["groupId"], key: ["id"]}) }
type Group { id: ID! name: String }
type Comment { id: ID! body: String writer: User @get(path: "/users/{by}", batch: {path: "/users{?id*}", by: ["by"],
  key: ["id"]}) }
type Room { house: String no: Int name: String }
"""


def users(asked: Request) -> Any:
    """The users of a query, in another order than they were asked for; user 13 is not among them."""
    return [_user(number) for number in reversed(asked.args.getlist("id")) if number != "13"]


def _user(number: str) -> dict[str, Any]:
    return {"id": int(number), "name": f"user {number}", "groupId": int(number) % 2}


def groups(asked: Request) -> Any:
    return [{"id": number, "name": f"group {number}"} for number in asked.args["id"].split(",")]


def batched(
    make: Make, posts: list[dict[str, Any]], answers: Mapping[str, Any] = MappingProxyType({}), *, size: int = 50
) -> World:
    single = {f"/users/{n}": _user(str(n)) for n in range(20)}
    return make(BATCHES % size, {"/posts": posts, "/users": users, "/groups": groups, **single, **answers})


VALUES = """
type Query { a: Thing @get(path: "/a") texts: [String!] @get(path: "/texts") json: JSON @get(path: "/json")
  sureJson: JSON! @get(path: "/json") number: Int! @get(path: "/number") }
type Thing {
  id: ID
  int: Int
  float: Float
  bool: Boolean
  text: String
  sure: String!
  list: [Int]
  full: [Int!]
  grid: [[Int!]]
  one: Thing
  things: [Thing]
  all: [Thing!]
  when: DateTime
  long: Long
  decimal: Decimal
  any: JSON
  below: Thing @get(path: "/a")
}
"""


MUTATIONS = """
type Query { a: JSON @get(path: "/a") }
type Mutation {
  add(title: String, tags: [String!], draft: Boolean = true): Post @post(path: "/posts")
  addTo(id: ID!, dry: Boolean, input: Input): Post @post(path: "/posts/{id}", query: "{dry: dry}")
  whole(input: Input!): Post @post(path: "/posts", body: "input")
  form(title: String, tags: [String!], n: Int): Post @post(path: "/posts", encoding: FORM)
  multi(title: String, tags: [String!]): Post @post(path: "/posts", encoding: MULTIPART)
  set(id: ID!, title: String): Post @put(path: "/posts/{id}")
  change(id: ID!, title: String): Post @patch(path: "/posts/{id}", headers: [{name: "If-Match", value: "{title}"}])
  remove(id: ID!): JSON @delete(path: "/posts/{id}")
  login(user: String): Post @post(path: "/login")
  enter(user: String): Post @post(path: "/enter")
  out: Post @post(path: "/out")
}
input Input { title: String n: Int = 3 }
type Post { id: ID title: String author: JSON @get(path: "/users/{id}") seen: String method: String }
"""


def echo(asked: Request) -> Any:
    return {"id": 1, "seen": asked.get_data(as_text=True), "method": asked.method, "title": asked.cookies.get("u")}
