"""Typed schemas with cycles, lists of lists, interfaces, and resolvers of the app's own."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

from tests.hardening.attacks.write import many, nest, quote
from tests.hardening.cost_app import JSON, MIXED, SSE, Request, graphql

TEN = "[@,@,@,@,@,@,@,@,@,@]"
ROW = "id name kind a b c d e h i"
LONG_NAME = "n" * 5_000


def cycle(*fields: str, depth: int, leaf: str = "id") -> Request:
    """Return a query whose selection sets repeat the fields until they are so deep."""
    names = [fields[level % len(fields)] for level in range(depth - 1)]
    return graphql("{ " + " { ".join([*names, leaf]) + " }" * depth)


def fragments(levels: int, branches: int, on: str, field: str, leaf: str = "id") -> str:
    """Return fragments, each of which selects the next one under so many aliases of a field."""
    text = []
    for level in range(levels):
        inner = f"...F{level + 1}" if level + 1 < levels else leaf
        text.append("fragment F%d on %s { %s }" % (level, on, many(branches, "a#: %s { %s }" % (field, inner))))
    return " ".join(text)


def spread(levels: int, branches: int) -> str:
    """Return fragments, each of which spreads the next one so many times."""
    text = [f"fragment F{level} on Post {{ {f'...F{level + 1} ' * branches} }}" for level in range(levels)]
    return " ".join([*text, f"fragment F{levels} on Post {{ id title author {{ name }} }}"])


def by_type(depth: int) -> str:
    """Return a selection of interface fields below themselves, for each of its types by itself."""
    inner = "__typename id"
    for level in range(depth):
        types = 20 if level == 0 else 3
        inner = many(types, "... on N# { a%d: next { %s } own: own# }" % (level, inner if level else "id name"))
    return inner


def attacks() -> dict[str, Request]:
    return joins() | copies() | interfaces() | long_lists() | parts() | introspection() | resolvers()


def joins() -> dict[str, Request]:
    return {
        "typed cycle of two requests, depth 8": cycle("posts", "author", depth=9, leaf="name"),
        "typed cycle of two requests, depth 12": cycle("posts", "author", depth=12),
        "typed cycle of a list below itself": cycle("posts", "related", "related", depth=12),
        "typed cycle of a batch": cycle("posts", "batched", depth=12),
        "typed cycle of a batch with select": cycle("posts", "selected", depth=12),
        "typed cycle of distinct requests": cycle("users", "own", "author", depth=12),
        "typed cycle with 10 fields at the end": cycle("posts", "author", depth=10, leaf=many(10, "f#: name")),
        "typed cycle of long keys": cycle("posts", "author", depth=5, leaf=f"{LONG_NAME}: name"),
        "typed cycle of long keys on its way": cycle("posts", f"{LONG_NAME}: author", depth=6, leaf="name"),
        "typed cycle of typename": cycle("posts", "author", depth=6, leaf="__typename"),
        "typed cycle of typename a hundred times": cycle("posts", "author", depth=5, leaf=many(90, "t#: __typename")),
        "typed cycle of a fetched box": cycle("box", "fetched", "boxes", depth=12, leaf="ok"),
        "typed cycle in fragments": graphql("{ posts { ...F0 } } " + fragments(5, 3, "Post", "related")),
        "typed cycle in fragments, of nothing": graphql("{ posts { ...F0 } } " + fragments(9, 2, "Post", "self")),
        "fragments that spread others": graphql("{ posts { ...F0 } } " + spread(9, 8)),
        "fragments that spread others, deep": graphql("{ posts { ...F0 } } " + spread(60, 3)),
        "99 aliases of a list with joins": graphql(
            "{ %s }" % many(49, "p#: posts { author { posts { author { name } } } }")
        ),
        "a field with 200 spreads": graphql(
            "{ posts { %s } } fragment A on Post { related { related { id } } }" % ("...A " * 200)
        ),
    }


def copies() -> dict[str, Request]:
    return {
        "typed copies, depth 12": cycle("posts", "copies", "copies", "copies", depth=12),
        "typed copies of one object, depth 12": cycle("box", "boxes", "boxes", "boxes", depth=12, leaf="ok"),
        "typed cubes": cycle("box", "cube", "cube", "cube", depth=11, leaf="ok"),
        "typed grids": cycle("posts", "grid", "grid", "grid", depth=11),
        "typed pairs": cycle("users", "pair", "pair", "pair", depth=12),
        "typed rows, copied": cycle("table", "copies", "copies", depth=4, leaf=ROW),
        "typed rows, themselves": cycle("table", "self", "self", "self", depth=12, leaf=ROW),
        "typed long texts, copied": cycle("text", "copies", "copies", "copies", depth=5, leaf="text again"),
        "typed long texts, in letters": graphql("{ text { %s } }" % many(50, "a#: letters")),
        "typed long texts, in pieces": graphql("{ text { %s } }" % many(50, "a#: pieces")),
        "typed long texts, again": graphql("{ text { %s } }" % many(95, "a#: text b#: again")),
        "typed digits of copies": cycle("posts", "copies", "copies", depth=5, leaf="digits words"),
        "typed long lists of a literal": cycle("box", "boxes", "boxes", "boxes", "boxes", depth=6, leaf="long"),
        "typed copies in fragments": graphql("{ posts { ...F0 } } " + fragments(6, 2, "Post", "copies")),
    }


def interfaces() -> dict[str, Request]:
    return {
        "interface below itself": cycle("nodes", "next", "next", "next", depth=12),
        "interface below itself, in itself": cycle("nodes", "both", "both", "both", depth=12),
        "interface below itself by type": graphql(f"{{ nodes {{ {by_type(3)} }} }}"),
        "interface in fragments of 20 types": graphql("{ nodes { ...A } } %s" % typed_fragments()),
        "interface in fragments of 20 types, deep": graphql(
            "{ nodes { next { next { next { next { next { next { ...A } } } } } } } } %s" % typed_fragments()
        ),
        "union of 20 types, below itself": graphql(
            "{ things { %s } }" % many(20, "... on N# { both { both { both { both { both { both { id } } } } } } }")
        ),
        "union of 20 types, 40 aliases": graphql("{ %s }" % many(90, "t#: things { ... on Node { next { id } } }")),
        "interface of same, deep": cycle("nodes", "same", "same", "same", depth=12, leaf="__typename id name"),
    }


def typed_fragments() -> str:
    inner = many(20, "... on N# { next { ...B } both { ...B } }")
    return f"fragment A on Node {{ {inner} }} fragment B on Node {{ {many(20, '... on N# { both { next { id } } }')} }}"


def long_lists() -> dict[str, Request]:
    made = {
        f"{count} aliases of a table, typed": graphql("{ %s }" % many(count, "t#: table { %s }" % ROW))
        for count in (5, 50, 90)
    }
    made |= {f"{n} aliases of a table": graphql("{ %s }" % many(n, 't#: get(path: "/table")')) for n in (5, 50, 99)}
    made |= {
        "aliases of a table's rows": graphql("{ table { %s } }" % many(99, "a#: id")),
        "900 fields of a table's rows": graphql("{ %s }" % many(90, "t#: table { id name a b c d e h i }")),
        "typename 1,500 times on a table": graphql("{ table { %s } }" % ("__typename " * 1_500)),
        "typename 10,000 times on a table": graphql("{ table { %s } }" % many(5_400, "__typename")),
        "names of 5,000 characters on a table": graphql(
            "{ table { %s } }" % many(10, f"{LONG_NAME}#: id"),
        ),
        "a name of 60,000 characters on a table": graphql("{ table { %s: id } }" % ("n" * 60_000)),
        "a name of 60,000 characters on a table, typename": graphql("{ table { %s: __typename } }" % ("n" * 60_000)),
        "a name of 60,000 characters on each": graphql(
            '{ fetch(path: "/table") { each { %s: json(select: "id") } } }' % ("n" * 60_000)
        ),
        "a name of 60,000 characters on errors": graphql(
            '{ %s: fetch(path: "/table") { each { a: get(path: "/none") } } }' % ("n" * 60_000)
        ),
        "an error at each of many places": graphql('{ fetch(path: "/table") { each { a: json(select: "sum(@)") } } }'),
        "an error with a long message at each place": graphql(
            '{ fetch(path: "/table") { each { a: json(select: "sum(to_string(`%s`))") } } }'
            % quote("é" * 150).replace('"', '\\"')
        ),
        "an error at each place of typed lists": graphql(
            "{ table { %s } }" % many(50, "a#: copies { d: name, a: kind }")
        ),
        "fields of responses, often": graphql(
            '{ fetch(path: "/table") { %s } }' % many(24, "a#: text b#: dataUrl c#: json d#: headers { name value }")
        ),
        "dataUrl of a long text, often": graphql('{ fetch(path: "/text") { %s } }' % many(99, "a#: dataUrl")),
        "text of a long text, often": graphql('{ fetch(path: "/text") { %s } }' % many(99, "a#: text")),
        "50 different long texts": graphql("{ %s }" % many(50, 'a#: get(path: "/text?#")')),
        "50 different tables, selected": graphql("{ %s }" % many(50, 'a#: get(path: "/table?#", select: "[].id")')),
        "25 different tables, typed below": graphql(
            "{ %s }" % many(25, 'a#: fetch(path: "/table?#") { each { json } }')
        ),
        "routes, often": graphql(
            "{ %s }" % many(95, "r#: routes { path endpoint methods parameters description typed }")
        ),
        "header names, often": graphql('{ fetch(path: "/ok") { %s } }' % many(95, 'h#: header(name: "Content-Type")')),
    }
    return made


def of_table(inner: str) -> str:
    """Return a query of the response with 1,000 rows."""
    return f'{{ fetch(path: "/table") {{ {inner} }} }}'


def parts() -> dict[str, Request]:
    """Return requests for answers in parts."""
    ten = f'each(over: "{TEN}")'
    documents = {
        "@stream over a table": of_table("each @stream { json }"),
        "@stream over split of a long text": (
            '{ fetch(path: "/text") { each(over: "split(text, \'\')") @stream { json } } }'
        ),
        "@stream below @stream": of_table(nest(3, f"{ten} @stream", "json")),
        "@stream of each row below @stream": of_table(f"each @stream {{ {nest(2, f'{ten} @stream', 'json')} }}"),
        "@stream of ten aliases of a table": of_table(many(30, "e#: each @stream { json }")),
        "@stream over nested each": of_table(
            f'each(over: "[@,@,@,@][]") @stream(initialCount: 5) {{ {ten} {{ json }} }}'
        ),
        "@defer below each of a table": of_table("each { ... @defer { json } }"),
        "@defer often below each of a table": of_table(
            "each { %s }" % many(40, '... @defer(label: "l#") { j#: json }')
        ),
        "@defer with long labels": of_table(
            "each { %s }" % many(10, '... @defer(label: "%s#") { j#: json }' % ("l" * 5_000))
        ),
        "@defer of long names": of_table("%s: each { ... @defer { json } }" % ("n" * 5_000)),
        "@defer in @defer": "{ posts { %s } }" % nest(8, "... @defer", "title author { name city }"),
        "@defer in a typed cycle": (
            "{ posts { author { posts { author { posts { ... @defer { author { name } } } } } } } }"
        ),
        "@defer on typed copies": "{ posts { copies { copies { copies { ... @defer { title } } } } } }",
        "@defer at the root, often": "{ %s }" % many(45, '... @defer { d#: get(path: "/table") }'),
        "@defer of fragments, deep": (
            "{ posts { ...A } } fragment A on Post { ... @defer { ...B } related { ... @defer { ...B } } } "
            "fragment B on Post { title related { ... @defer { id related { ... @defer { id } } } } }"
        ),
    }
    made = {f"{name} as events": graphql(text, accept=SSE) for name, text in documents.items()}
    made |= {f"{name} as parts": graphql(text, accept=MIXED) for name, text in list(documents.items())[:6]}
    made |= {
        f"{name} in threads": graphql(text, accept=SSE, threads=True) for name, text in list(documents.items())[2:7]
    }
    return made


def of_type(depth: int) -> str:
    """Return a selection of the types of a type's fields, so deep."""
    return f"name fields {{ type {{ ofType {{ ofType {{ {of_type(depth - 1)} }} }} }} }}" if depth else "name"


def introspection() -> dict[str, Request]:
    type_of = "type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }"
    arguments = f"args {{ name {type_of} }}"
    deep = f"types {{ name fields {{ name {arguments} {type_of} }} inputFields {{ name }} enumValues {{ name }} }}"
    circular = "name fields { type { fields { type { fields { name } } } } }"
    forms = {
        "95 aliases of __schema": "{ %s }" % many(40, "s#: __schema { %s }" % deep),
        "95 aliases of short __schema": "{ %s }" % many(95, "s#: __schema { types { name fields { name } } }"),
        "95 aliases of types within __schema": "{ __schema { %s } }" % many(95, "t#: types { name }"),
        "95 aliases of __type": "{ %s }" % many(95, 't#: __type(name: "Query") { fields { name args { name } } }'),
        "95 aliases of __type, long names": "{ %s }" % many(10, f't{LONG_NAME}#: __type(name: "Query") {{ name }}'),
        "__schema in fragments": "{ %s } fragment F on __Schema { %s }" % (many(90, "s#: __schema { ...F }"), deep),
        "__schema of possible types": "{ __schema { types { possibleTypes { possibleTypes { name } } } } }",
        "__schema with long names": "{ __schema { types { %s: name fields { %s: name } } } }" % (LONG_NAME, LONG_NAME),
        "__schema in a circle": "{ __schema { types { %s } } }" % circular,
        "__type in a circle": '{ __type(name: "Query") { %s } }' % nest(9, "fields { type", "name").replace("}", "} }"),
        "__type of a cyclic schema": '{ __type(name: "User") { %s } }' % of_type(3),
        "descriptions, often": "{ %s }" % many(95, "s#: __schema { types { description fields { description } } }"),
    }
    made = {f"{name}, wide": graphql(text, variant="wide") for name, text in forms.items()}
    made |= {f"{name}, cyclic": graphql(text) for name, text in forms.items()}
    made["95 aliases of __schema, hardened"] = graphql(forms["95 aliases of __schema"], variant="hardened")
    made["95 aliases of __schema, as application/json"] = graphql(
        forms["95 aliases of __schema"], variant="wide", accept=JSON
    )
    return made


def resolvers() -> dict[str, Request]:
    count = "children(count: 10)"
    return {
        "a resolver's cycle of depth 12": cycle("tree", count, count, count, count, depth=12, leaf="name"),
        "a resolver's long list": graphql("{ tree { children(count: 100000) { name } } }"),
        "a resolver's long list of letters": graphql("{ %s }" % many(95, "l#: letters(count: 100000)")),
        "a resolver's list, aliased": graphql("{ tree { %s } }" % many(90, "c#: children(count: 1000) { name }")),
        "a resolver's names, long": graphql("{ tree { children(count: 2000) { %s: name } } }" % LONG_NAME),
        "a resolver's fragments": graphql(
            "{ tree { ...F0 } } " + fragments(6, 2, "Leaf", "children(count: 5)", "name")
        ),
    }
