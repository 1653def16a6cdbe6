"""SDL documents that are wrong: each error names its file and line, and what was meant; all are told at once."""

import re
from pathlib import Path

import pytest
from flask import Flask
from graphql import print_schema

from restgql import Gateway
from restgql.schema import core
from restgql.schema.type_source import SchemaError
from tests.schema.world import write

PATH = 'path: "/a"'


def refused(tmp_path: Path, documents: dict[str, str | bytes]) -> list[str]:
    """The errors, with the folder left out of them."""
    folder = write(tmp_path / "schema", documents)
    with pytest.raises(SchemaError) as caught:
        Gateway(Flask(__name__, root_path=str(tmp_path)), schema="schema")
    assert str(caught.value) == "\n".join(caught.value.errors)
    return [error.replace(f"{folder}/", "") for error in caught.value.errors]


# A document of several lines, the line of its error, and what the message says. `%` stands for `path: "/a"`.
WRONG: dict[str, tuple[str, int, list[str]]] = {
    "a syntax error": ("type Query {\n  a: \n}", 3, ["Syntax Error", "Expected Name"]),
    "an unclosed string": ('type Query {\n  a: Int @get(path: "/a)\n}', 2, ["Syntax Error", "Unterminated string"]),
    "an empty type": ("type Query {\n}", 2, ["Syntax Error"]),
    "an operation": ("type Query { a: Int @get(%) }\nquery { a }", 2, ["is not a type definition"]),
    "a fragment": ("type Query { a: Int @get(%) }\nfragment F on Query { a }", 2, ["is not a type definition"]),
    "an unknown directive": (
        "type Query {\n  a: Int @gett(%)\n}",
        2,
        ["Unknown directive '@gett'", "Did you mean '@get'"],
    ),
    "an unknown directive like select": (
        'type Query { a: A @get(%) }\ntype A {\n  x: Int @selct(from: "y") }',
        3,
        ["Unknown directive '@selct'", "Did you mean '@select'"],
    ),
    "an unknown argument": (
        'type Query {\n  a: Int @get(%, selct: "b")\n}',
        2,
        ["Unknown argument 'selct' on directive '@get'", "Did you mean 'select'"],
    ),
    "an argument that lacks": ("type Query {\n  a: Int @get\n}", 2, ["@get", "path", "'String!'", "required"]),
    "an argument of another type": ("type Query {\n  a: Int @get(path: 5)\n}", 2, ["Query.a", "@get", "'path'", "5"]),
    "a null path": ("type Query {\n  a: Int @get(path: null)\n}", 2, ["Query.a", "@get", "'path'", "String!"]),
    "nullOn of strings": ('type Query {\n  a: Int @get(%, nullOn: ["x"])\n}', 2, ["Query.a", "'nullOn'"]),
    "a batch with an unknown key": (
        'type Query { a: A @get(%) }\ntype A {\n  x: A @get(%, batch: {path: "/b", by: "a", ky: "a"}) }',
        3,
        ["A.x", "@get", "'batch'"],
    ),
    "an encoding that is none": (
        "type Query { a: Int @get(%) }\ntype Mutation {\n  b: Int @post(%, encoding: XML) }",
        3,
        ["Mutation.b", "@post", "'encoding'", "XML"],
    ),
    "a directive twice": ('type Query {\n  a: Int @get(%)\n    @get(path: "/b")\n}', 2, ["'@get'", "once"]),
    "a directive on a type": ("type Query\n  @get(%) { a: Int @get(%) }", 2, ["'@get' may not be used on object"]),
    "a directive on an argument": (
        'type Query { a(\n  b: Int @select(from: "c")): Int @get(%) }',
        2,
        ["'@select' may not be used on argument"],
    ),
    "a value on a field": ('type Query {\n  a: Int @get(%) @value(is: "x") }', 2, ["'@value' may not be used on"]),
    "a value of another type": (
        "type Query { a: E @get(%) }\nenum E {\n  A @value(is: 1) }",
        3,
        ["@value", "'is'", "1"],
    ),
    "a discriminator of another type": (
        "type Query { a: U @get(%) }\nunion U\n  @discriminator(from: [1]) = A\ntype A { x: Int }",
        3,
        ["@discriminator", "'from'"],
    ),
    "two fields of one name": (
        'type Query {\n  a: Int @get(%)\n  a: Int @get(path: "/b")\n}',
        2,
        ["'Query.a'", "only be defined once"],
    ),
    "two types of one name": (
        "type Query { a: A @get(%) }\ntype A { x: Int }\ntype A { y: Int }",
        2,
        ["one type named 'A'"],
    ),
    "two values of one name": (
        "type Query { a: E @get(%) }\nenum E {\n  A\n  A }",
        3,
        ["'E.A'", "only be defined once"],
    ),
    "a field of the core": ("type Query {\n  get: Int @get(%)\n}", 2, ["'Query.get' already exists"]),
    "a type of the core": (
        "type Query { a: RestRoute @get(%) }\ntype RestRoute { a: Int }",
        2,
        ["'RestRoute' already exists"],
    ),
    "a scalar of the core": ("type Query { a: JSON @get(%) }\nscalar JSON", 2, ["'JSON' already exists"]),
    "a directive of the core": (
        "type Query { a: Int @get(%) }\ndirective @defer on FIELD",
        2,
        ["'@defer' already exists"],
    ),
    "a path that no argument fills": (
        'type Query {\n  a(ids: ID): Int @get(path: "/a/{id}")\n}',
        2,
        ["Query.a", "no argument fills {id}", "ids"],
    ),
    "a path that has no arguments": (
        'type Query {\n  a: Int @get(path: "/a{?id}")\n}',
        2,
        ["Query.a", "no argument fills {id}", "no argument"],
    ),
    "a header that no argument fills": (
        'type Query {\n  a: Int @get(%, headers: [{name: "X-A", value: "{b}"}])\n}',
        2,
        ["Query.a", "no argument fills {b}"],
    ),
    "an operator that is none": (
        'type Query {\n  a(b: ID): Int @get(path: "/a{#b}")\n}',
        2,
        ["Query.a", "{#b}", "{?x,y}"],
    ),
    "a brace that closes nothing": (
        'type Query {\n  a(b: ID): Int @get(path: "/a{b")\n}',
        2,
        ["Query.a", "brace", "%7B"],
    ),
    "a media type of a form": (
        'type Mutation {\n  a: Int @post(path: "/a", encoding: FORM, mediaType: "application/a+json")\n}',
        2,
        ["Mutation.a", "mediaType is for encoding: JSON, not FORM"],
    ),
    "a media type that is a form": (
        'type Mutation {\n  a(b: JSON): Int @post(path: "/a", body: "b", mediaType: "multipart/form-data; a=b")\n}',
        2,
        ["Mutation.a", "a body of multipart/form-data is written by encoding: MULTIPART, without mediaType"],
    ),
    "a media type of text without a body": (
        'type Mutation {\n  a(text: String): Int @post(path: "/a", mediaType: "text/plain")\n}',
        2,
        ["Mutation.a", "'text/plain' needs body:, an expression that makes the text to send"],
    ),
    "a media type that is a range": (
        'type Mutation {\n  a(text: String): Int @post(path: "/a", body: "text", mediaType: "text/*")\n}',
        2,
        ["Mutation.a", "'text/*' is not a media type"],
    ),
    "a default that contains itself": (
        "type Query { a(b: B): Int @get(%) }\ninput B {\n  x: Int = 1\n  b: B = {x: 2}\n}",
        4,
        ["B.b has a default that contains itself."],
    ),
    "a path without a slash": ('type Query {\n  a: Int @get(path: "a")\n}', 2, ["Query.a", "'a'", "no slash"]),
    "a URL": ('type Query {\n  a: Int @get(path: "https://x.test/a")\n}', 2, ["Query.a", "no slash"]),
    "a select that is none": (
        'type Query {\n  a: Int @get(%, select: "a[")\n}',
        2,
        ["Query.a", "'a['", "is not valid JMESPath"],
    ),
    "a query that is none": (
        'type Query {\n  a: Int @get(%, query: "{a b}")\n}',
        2,
        ["Query.a", "is not valid JMESPath"],
    ),
    "a body that is none": (
        'type Query { a: Int @get(%) }\ntype Mutation {\n  b: Int @post(%, body: "{") }',
        3,
        ["Mutation.b", "is not valid JMESPath"],
    ),
    "a from that is none": (
        'type Query { a: A @get(%) }\ntype A {\n  x: Int @select(from: "a..b") }',
        3,
        ["A.x", "'a..b'", "is not valid JMESPath"],
    ),
    "a discriminator that is none": (
        'type Query { a: U @get(%) }\nunion U\n  @discriminator(from: "a..b") = A\ntype A { x: Int }',
        3,
        ["U", "'a..b'", "is not valid JMESPath"],
    ),
    "a batch's select that is none": (
        "type Query { a: A @get(%) }\n"
        'type A {\n  x: A @get(%, batch: {path: "/b{?id}", by: "i", key: "i", select: "["}) }',
        3,
        ["A.x", "'['", "is not valid JMESPath"],
    ),
    "a long expression": (f'type Query {{\n  a: Int @get(%, select: "{"a" * 1025}") }}', 2, ["Query.a", "1024"]),
    "get on a mutation": (
        "type Query { a: Int @get(%) }\ntype Mutation {\n  b: Int @get(%) }",
        3,
        ["Mutation.b", "@get", "@post, @put, @patch or @delete"],
    ),
    "post on a query": ("type Query {\n  a: Int @post(%) }", 2, ["Query.a", "@post", "a query", "@get"]),
    "delete on a type": (
        "type Query { a: A @get(%) }\ntype A {\n  x: Int @delete(%) }",
        3,
        ["A.x", "@delete", "a type", "@get"],
    ),
    "get and select": (
        'type Query { a: A @get(%) }\ntype A {\n  x: Int @get(%) @select(from: "y") }',
        3,
        ["A.x", "@get", "@select", "not several"],
    ),
    "get and post": ("type Query {\n  a: Int @get(%) @post(%) }", 2, ["Query.a", "not several"]),
    "select on a root field": ('type Query {\n  a: Int @select(from: "a") }', 2, ["Query.a", "@select", "no parent"]),
    "a select of nothing": (
        "type Query { a: A @get(%) }\ntype A {\n  x: Int @select }",
        3,
        ["A.x", "from:", "header:"],
    ),
    "a status and a header": (
        'type Query { a: A @get(%) }\ntype A {\n  x: Int @select(header: "A", status: true) }',
        3,
        ["A.x", "status: true excludes the other arguments"],
    ),
    "a root field without a route": ("type Query {\n  a: Int\n}", 2, ["Query.a", "without a route", "@get"]),
    "a mutation without a route": (
        "type Query { a: Int @get(%) }\ntype Mutation {\n  b: Int }",
        3,
        ["Mutation.b", "without a route", "@post"],
    ),
    "a header that can never be set": (
        'type Query {\n  a: Int @get(%, headers: [{name: "Cookie", value: "a"}])\n}',
        2,
        ["Query.a", "Cookie", "never be set"],
    ),
    "a header that is none": (
        'type Query {\n  a: Int @get(%, headers: [{name: "a b", value: "a"}])\n}',
        2,
        ["Query.a", "'a b'", "not a header name"],
    ),
    "a timeout of nothing": ("type Query {\n  a: Int @get(%, timeout: 0)\n}", 2, ["Query.a", "timeout", "more than 0"]),
    "a batch at the root": (
        'type Query {\n  a: Int @get(%, batch: {path: "/b{?id}", by: ["id"], key: ["id"]})\n}',
        2,
        ["Query.a", "batch", "no parents"],
    ),
    "a batch of keys that are no pairs": (
        "type Query { a: A @get(%) }\n"
        'type A {\n  x: A @get(%, batch: {path: "/b{?id}", by: ["a", "b"], key: ["id"]}) }',
        3,
        ["A.x", "by has 2 keys and key 1", "pairwise"],
    ),
    "a batch that carries no keys": (
        'type Query { a: A @get(%) }\ntype A {\n  x: A @get(%, batch: {path: "/b", by: ["a"], key: ["id"]}) }',
        3,
        ["A.x", "batch", "'/b'", "id"],
    ),
    "a batch that carries other keys": (
        "type Query { a: A @get(%) }\n"
        'type A {\n  x: A @get(%, batch: {path: "/b{?x,y}", by: ["a", "b"], key: ["x", "z"]}) }',
        3,
        ["A.x", "batch", "x, z"],
    ),
    "a batch with a header of one parent": (
        "type Query { a: A @get(%) }\ntype A {\n"
        '  x: A @get(%, headers: [{name: "A", value: "{b}"}], batch: {path: "/b{?id}", by: "i", key: "i"}) }',
        3,
        ["A.x", "batch", "header a", "{b}", "one parent"],
    ),
    "a batch of no size": (
        'type Query { a: A @get(%) }\ntype A {\n  x: A @get(%, batch: {path: "/b{?i}", by: "i", key: "i", size: 0}) }',
        3,
        ["A.x", "size takes 1 or more"],
    ),
    "a union without a discriminator": (
        "type Query { a: U @get(%) }\nunion U = A\ntype A { x: Int }",
        2,
        ["U", "@discriminator(from: …)"],
    ),
    "an interface without a discriminator": (
        "type Query { a: [I!] @get(%) }\ninterface I { x: Int }\ntype A implements I { x: Int }",
        2,
        ["I", "@discriminator(from: …)"],
    ),
    "a route on an interface's field": (
        'type Query { a: I @get(%) }\ninterface I @discriminator(from: "t") {\n  x: Int @get(%) }\n'
        "type A implements I { x: Int }",
        3,
        ["I.x", "@get", "the types that implement it"],
    ),
    "an unknown type": ("type Query {\n  a: Usr @get(%)\n}\ntype User { x: Int }", 2, ["Unknown type 'Usr'", "'User'"]),
    "an unknown type of an argument": (
        "type Query {\n  a(x: Flot): Int @get(%)\n}",
        2,
        ["Unknown type 'Flot'", "'Float'"],
    ),
    "an unknown member": (
        'type Query { a: U @get(%) }\nunion U @discriminator(from: "t") =\n  Usr\ntype User { x: Int }',
        3,
        ["Unknown type 'Usr'", "'User'"],
    ),
    "an extension of nothing": (
        "type Query { a: User @get(%) }\ntype User { x: Int }\nextend type Usr { y: Int }",
        3,
        ["'Usr'", "'User'"],
    ),
    "an extension of another kind": (
        "type Query { a: User @get(%) }\ntype User { x: Int }\nextend enum User { A }",
        2,
        ["Cannot extend non-enum type 'User'"],
    ),
    "an interface that is not implemented": (
        "type Query { a: I @get(%) }\n"
        'interface I @discriminator(from: "t") {\n  x: Int }\ntype A implements I { y: Int }',
        3,
        ["I.x expected but A does not provide it"],
    ),
    "an interface of another type": (
        "type Query { a: I @get(%) }\n"
        'interface I @discriminator(from: "t") {\n  x: Int }\ntype A implements I { x: ID }',
        3,
        ["I.x expects type Int but A.x is type ID"],
    ),
    "a union of no objects": (
        'type Query { a: U @get(%) }\nunion U @discriminator(from: "t") =\n  Int',
        3,
        ["U", "Int"],
    ),
    "an interface that is none": (
        "type Query { a: A @get(%) }\ntype A implements B { x: Int }\ntype B { x: Int }",
        2,
        ["A", "B"],
    ),
    "an argument of an object type": ("type Query {\n  a(b: A): Int @get(%) }\ntype A { x: Int }", 2, ["Query.a", "A"]),
    "a field of an input type": ("type Query {\n  a: I @get(%) }\ninput I { x: Int }", 2, ["Query.a", "I"]),
    "an input of an object type": (
        "type Query { a(i: I): Int @get(%) }\ninput I {\n  x: A }\ntype A { x: Int }",
        3,
        ["I.x", "A"],
    ),
    "an input that never ends": (
        "type Query { a(i: I): Int @get(%) }\ninput I {\n  i: I! }",
        3,
        ["I", "itself"],
    ),
    "a default that does not fit": ('type Query {\n  a(b: Int = "x"): Int @get(%) }', 2, ["Query.a", '"x"', "Int"]),
    "a default of no value": ("type Query {\n  a(b: E = C): Int @get(%) }\nenum E { A B }", 2, ["Query.a", "C", "E"]),
    "a reserved name": ("type Query {\n  __a: Int @get(%) }", 2, ["'__a'", "reserved"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_error_says_where_it_is_and_what_was_meant(tmp_path: Path, case: str) -> None:
    text, line, parts = WRONG[case]
    errors = refused(tmp_path, {"a.graphql": text.replace("%", PATH)})
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"a.graphql:{line}: "), errors[0]
    assert [part for part in parts if part not in errors[0]] == [], errors[0]


def test_defaults_that_contain_each_other(tmp_path: Path) -> None:
    sdl = "input B {\n  c: [C!] = [[{}]]\n  plain: C = {b: {}}\n}\ninput C {\n  b: B! = {}\n  d: D = {}\n}\n"
    sdl += f"input D {{ x: Int = 1 }}\ntype Query {{ a(b: B): Int @get({PATH}) }}"
    errors = refused(tmp_path, {"a.graphql": sdl})
    assert errors == [
        "a.graphql:2: B.c has a default that contains itself.",
        "a.graphql:3: B.plain has a default that contains itself.",
        "a.graphql:6: C.b has a default that contains itself.",
    ]


def test_all_errors_are_told_at_once_in_order(tmp_path: Path) -> None:
    fields = "\n".join(f'  f{n}: Int @get(path: "f{n}")' for n in range(100))
    errors = refused(tmp_path, {"a.graphql": f"type Query {{\n{fields}\n}}"})
    assert [re.match(r"a\.graphql:(\d+): Query\.f(\d+) ", error).groups() for error in errors] == [  # type: ignore[union-attr]
        (str(n + 2), str(n)) for n in range(100)
    ]


def test_all_invalid_definitions_are_told_at_once(tmp_path: Path) -> None:
    fields = "\n".join(f"  f{n}: T{n}x @got" for n in range(100))
    errors = refused(tmp_path, {"a.graphql": f"type Query {{\n{fields}\n}}"})
    assert len(errors) == 200
    assert all(error.startswith("a.graphql:") for error in errors)


def test_all_files_with_a_syntax_error_are_told_at_once(tmp_path: Path) -> None:
    documents: dict[str, str | bytes] = {
        "a.graphql": "type {",
        "b.graphql": b"# \xff\ntype A { x: Int }",
        "c.graphql": 'type Query {\n  a: Int @get(path: "/a")\n}',
        "d.graphql": "\n\n}",
        "e.graphql": "",
        "f.graphql": "type A { x: " + "[" * 5000 + "Int",
        "g.txt": "no SDL",
    }
    errors = refused(tmp_path, documents)
    assert [error.partition(":")[0] for error in errors] == [f"{name}.graphql" for name in "abdef"]
    assert errors[0].startswith("a.graphql:1: Syntax Error")
    assert "UTF-8" in errors[1] or "utf-8" in errors[1]
    assert errors[2].startswith("d.graphql:3: Syntax Error")


def test_errors_of_several_files_name_each(tmp_path: Path) -> None:
    documents: dict[str, str | bytes] = {
        "a.graphql": 'type Query {\n  a: Int\n  u: U @get(path: "/u")\n}',
        "b.graphql": 'extend type Query {\n\n  b: Int @get(path: "b")\n}\nunion U = A\ntype A { x: Int }',
    }
    errors = refused(tmp_path, documents)
    assert [error.partition(": ")[0] for error in sorted(errors)] == ["a.graphql:2", "b.graphql:3", "b.graphql:5"]


@pytest.mark.parametrize("documents", [None, {}, {"types.gql": "type Query { a: Int }", "sub": ""}])
def test_a_folder_without_documents(tmp_path: Path, documents: dict[str, str | bytes] | None) -> None:
    if documents is not None:
        write(tmp_path / "schema", documents)
    with pytest.raises(SchemaError, match=re.escape(f"schema = {str(tmp_path / 'schema')!r}: ")) as caught:
        Gateway(Flask(__name__, root_path=str(tmp_path)), schema="schema")
    assert ".graphql" in str(caught.value)


def test_a_refused_gateway_leaves_the_app_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "schema", {"a.graphql": "type Query { a: Int }"})
    app = Flask(__name__, root_path=str(tmp_path))
    with pytest.raises(SchemaError):
        Gateway(app, schema="schema")
    assert [rule.rule for rule in app.url_map.iter_rules() if "graphql" in rule.rule] == []


GOOD = {
    "a.graphql": """
        extend type Post { author: User @get(path: "/users/{userId}") }
        extend union Any = User
        extend interface Node @discriminator(from: "kind")
        extend enum State { DONE @value(is: "done") }
        extend input PostInput { n: Int = 1 }
        extend type Mutation { drop(id: ID!): JSON @delete(path: "/posts/{id}") }
        extend union Late @discriminator(from: "kind")
    """,
    "b.graphql": """
        type Query { post(state: State, input: PostInput): Post @get(path: "/post") any: Any @get(path: "/any") }
        type Post implements Node { id: ID! state: State }
        union Any @discriminator(from: "kind") = Post
        interface Node { id: ID! }
        enum State { OPEN }
        input PostInput { title: String }
        union Late = Post | User
        scalar URL
    """,
    "c.graphql": '\ufeff"A user" type User implements Node { id: ID! url: URL node: Node late: Late }',
    "d.graphql": """
        type Query { user: User @get(path: "/user") }
        type Mutation { add(input: PostInput): Post @post(path: "/posts") }
    """,
    "e.graphql": 'type Mutation { set(id: ID!): Post @put(path: "/posts/{id}") }',
}


def test_types_may_be_extended_across_files(tmp_path: Path) -> None:
    write(tmp_path / "schema", GOOD)
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/any", "any", lambda: {"kind": "User", "id": 1, "node": {"kind": "Post", "state": "done"}})
    app.add_url_rule("/post", "post", lambda: {"userId": 1, "state": "done"})
    app.add_url_rule("/users/1", "user", lambda: {"id": 1, "late": {"kind": "User"}})
    gateway = Gateway(app, schema="schema")
    found = gateway.execute("{ any { ... on User { node { ... on Post { state } } } } post { state author { id } } }")
    assert found == {"data": {"any": {"node": {"state": "DONE"}}, "post": {"state": "DONE", "author": {"id": "1"}}}}
    late = gateway.execute("{ post { author { late { __typename } } } }")
    assert late == {"data": {"post": {"author": {"late": {"__typename": "User"}}}}}
    names = gateway.execute("{ __schema { mutationType { fields { name } } } }")["data"]["__schema"]["mutationType"]
    assert {field["name"] for field in names["fields"]} == {"add", "set", "drop"}


def test_a_single_file_is_taken_too(tmp_path: Path) -> None:
    write(tmp_path / "schema", {"a.graphql": f"type Query {{ a: Int @get({PATH}) }}"})
    app = Flask(__name__, root_path=str(tmp_path))
    app.add_url_rule("/a", "a", lambda: "5")
    assert Gateway(app, schema="schema/a.graphql").execute("{ a }") == {"data": {"a": 5}}


def test_the_schema_that_clients_see_is_no_source_of_types(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(print_schema(core.build()))
    with pytest.raises(SchemaError, match=r"^\S+:\d+: this is the schema that clients see, .* --source`\.$") as info:
        Gateway(Flask("b"), schema=str(tmp_path))
    assert len(info.value.errors) == 1
