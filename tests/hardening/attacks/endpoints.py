"""Lists of paths, stored operations, and the other ways to send a document: GET, QUERY, batches, hashes, uploads."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

import hashlib
import json
from typing import Any
from urllib.parse import quote as percent
from urllib.parse import urlencode

from tests.hardening.attacks import expressions, typed, values
from tests.hardening.attacks.uploads import BOUNDARY, upload
from tests.hardening.attacks.write import many
from tests.hardening.cost_app import JSON, NDJSON, SSE, Request, graphql


def attacks() -> dict[str, Request]:
    return lists_of_paths() | stored() | other_ways() | writes()


def lists_of_paths() -> dict[str, Request]:
    paths = "query ($p: [String!]!) { %s }"
    short = [f"/{number:x}" for number in range(6_000)]
    return {
        "aggregate under 5 aliases, long": graphql(paths % many(5, "a#: aggregate(paths: $p)"), {"p": short}),
        "aggregate under 99 aliases, long": graphql(paths % many(99, "a#: aggregate(paths: $p)"), {"p": short}),
        "aggregate of one path, often": graphql(
            paths % many(99, "a#: aggregate(paths: $p)"), {"p": ["/table"] * 4_000}
        ),
        "aggregate of 50 tables": graphql(
            paths % many(99, "a#: aggregate(paths: $p)"), {"p": [f"/table?{number}" for number in range(50)]}
        ),
        "aggregate of 50 long texts": graphql(
            paths % many(99, "a#: aggregate(paths: $p)"), {"p": [f"/text?{number}" for number in range(50)]}
        ),
        "aggregate of paths that are none": graphql(
            paths % many(99, "a#: aggregate(paths: $p)"), {"p": ["http://a/"] * 4_000}
        ),
        "aggregate of long paths": graphql(
            paths % many(90, "a#: aggregate(paths: $p)"), {"p": ["/ok?" + "x" * 4_000 + str(n) for n in range(14)]}
        ),
        "aggregate of paths in the document": graphql(
            "{ %s }" % many(9, "a#: aggregate(paths: [%s])" % many(190, '"/ok?x#"', ","))
        ),
        "/aggregate of 6,000 paths": Request(json.dumps(short).encode(), "/aggregate"),
        "/aggregate of one path 10,000 times": Request(json.dumps(["/ok"] * 9_000).encode(), "/aggregate"),
        "/aggregate of 50 tables": Request(json.dumps([f"/table?{n}" for n in range(50)]).encode(), "/aggregate"),
        "/aggregate of 50 long texts, enveloped": Request(
            json.dumps([f"/text?{n}" for n in range(50)]).encode(), "/aggregate?envelope=true"
        ),
        "/aggregate of one table under 1,500 keys": Request(
            json.dumps({f"key {n}": "/table" for n in range(1_500)}).encode(), "/aggregate"
        ),
        "/aggregate of one text under 1,500 keys, enveloped": Request(
            json.dumps({f"key {n}": "/text" for n in range(1_500)}).encode(), "/aggregate?envelope=true"
        ),
        "/aggregate of huge keys": Request(
            json.dumps({"k" * 1_200 + str(n): "/ok" for n in range(50)}).encode(), "/aggregate?envelope=true"
        ),
        "/aggregate of keys that are escaped": Request(
            json.dumps({"\x01" * 200 + str(n): "/table" for n in range(50)}).encode(), "/aggregate"
        ),
        "/aggregate of texts that are escaped": Request(
            json.dumps([f"/echo/{percent(chr(1) * 1_000)}{n}" for n in range(15)]).encode(), "/aggregate?envelope=true"
        ),
        "/aggregate as lines": Request(
            json.dumps({str(n): "/text" for n in range(1_500)}).encode(), "/aggregate", accept=NDJSON
        ),
        "/aggregate as events": Request(
            json.dumps({str(n): "/table" for n in range(1_500)}).encode(), "/aggregate", accept=SSE
        ),
        "/aggregate as a stream": Request(
            json.dumps({str(n): "/table" for n in range(1_500)}).encode(), "/aggregate?stream=true"
        ),
        "/aggregate by GET": Request(
            path="/aggregate?" + "&".join(["path=/ok"] * 5_000), method="GET", accept=JSON, content_type=""
        ),
        "/aggregate by GET, of many": Request(
            path="/aggregate?" + "&".join(f"path=/text%3F{n}" for n in range(50)), method="GET", content_type=""
        ),
        "/aggregate of templates": Request(json.dumps(["/ok{?%s}" % ("v," * 2_000)] * 15).encode(), "/aggregate"),
        "/aggregate of wrong items": Request(json.dumps([1] * 20_000).encode(), "/aggregate"),
    }


def stored() -> dict[str, Request]:
    def called(name: str, variables: Any) -> Request:
        return Request(json.dumps(variables).encode(), f"/graphql/{name}")

    split = "split('%s', '')" % ("b" * 200)
    return {
        "a stored result of four long texts": Request(path="/graphql/text", method="GET", content_type=""),
        "a stored result that doubles": called("doubling", {}),
        "a stored result that doubles, with a list": called("doubling", {"t": list(range(9_000))}),
        "a stored each of each of each": called("over", {"over": split}),
        "a stored each with a dear select": called(
            "over", {"over": "[0:20]|[@,@][]", "select": expressions.CHARACTERS}
        ),
        "a stored list of strings": called("typed", {"list": ["abc"] * 8_000}),
        "a stored list by GET": Request(
            path="/graphql/typed?" + "&".join(["list=abc"] * 6_000), method="GET", content_type=""
        ),
        "a stored object": called("typed", {"any": {f"k{n}": [n] * 3 for n in range(2_300)}}),
        "stored parameters that are unknown": called("plain", {f"v{n}": n for n in range(4_000)}),
        "stored parameters that are unknown, by GET": Request(
            path="/graphql/plain?" + urlencode({f"v{n}": n for n in range(4_000)}), method="GET", content_type=""
        ),
        "a stored parameter that is long": called("plain", {"text": "é" * 9_000}),
    }


def other_ways() -> dict[str, Request]:
    bad = ["each of each of each over split", "select: map of a map", "100 aliases: multi-select of itself"]
    every = expressions.attacks() | typed.attacks() | values.attacks()
    chosen = [*bad, "typed cycle of two requests, depth 12", "typed copies, depth 12", "95 aliases of __schema, cyclic"]
    chosen += ["90 aliases of a table, typed", "100 aliases of one long list", "a resolver's cycle of depth 12"]
    chosen += ["select: multi-select of itself, as text", "select: doubling by join, kept", "interface below itself"]
    made: dict[str, Request] = {}
    for name in chosen:
        sent = every[name]
        body = json.loads(sent.body)
        fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()}
        digest = hashlib.sha256(body["query"].encode()).hexdigest()
        apq = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}
        made |= {
            f"by GET: {name}": Request(path=f"/graphql?{urlencode(fields)}", method="GET", content_type=""),
            f"by QUERY: {name}": sent._replace(method="QUERY"),
            f"in threads, hardened: {name}": sent._replace(variant="hardened", threads=True),
            f"as application/json: {name}": sent._replace(accept=JSON),
            f"as events: {name}": sent._replace(accept=SSE),
            f"by its hash: {name}": sent._replace(body=json.dumps(body | apq).encode()),
            f"ten in a batch: {name}": sent._replace(body=json.dumps([body] * 10).encode(), variant="writing"),
        }
    return {name: sent for name, sent in made.items() if sent.size <= 65_536}


def writes() -> dict[str, Request]:
    posts = "mutation ($b: JSON) { %s }" % many(
        49, 'm#: post(path: "/form", body: {a: [$b, $b, $b, $b], b: $b}) { status }'
    )
    form = "mutation ($b: JSON) { %s }" % many(49, 'm#: post(path: "/form", body: $b, encoding: FORM) { status }')
    typed_body = "mutation ($l: [String], $a: JSON) { %s }" % many(49, 'm#: write(list: $l, any: $a, text: "x")')
    doubled = "mutation ($a: JSON) { %s }" % many(49, "m#: doubled(any: $a)")
    files = 'mutation ($f: [Upload!]!) { post(path: "/form", files: [%s]) { json } }'
    many_files = 'mutation (%s) { post(path: "/form", files: [%s]) { json } }' % (
        many(99, "$f#: Upload!"),
        many(99, '{name: "f#", file: $f#}', ","),
    )
    return {
        "bodies of a long list, 49 times": graphql(posts, {"b": list(range(10_000))}, variant="writing"),
        "bodies of a long text, 49 times": graphql(posts, {"b": "\x01" * 9_000}, variant="writing"),
        "forms of a long list, 49 times": graphql(form, {"b": {"a": list(range(9_000))}}, variant="writing"),
        "typed bodies, 49 times": graphql(typed_body, {"l": ["a"] * 5_000, "a": list(range(5_000))}, variant="writing"),
        "typed bodies, doubled": graphql(doubled, {"a": list(range(10_000))}, variant="writing"),
        "mutations of cycles": graphql(
            "mutation { %s }"
            % many(
                9,
                'm#: post(path: "/form", body: 1) { each(over: "[@,@]") { %s } }'
                % 'each(over: \\"[@,@]\\") { json }'.replace("\\", ""),
            ),
            variant="writing",
        ),
        "one file in 99 places": upload(
            {"query": many_files, "variables": dict.fromkeys(f"f{n}" for n in range(99))},
            {"0": [f"variables.f{n}" for n in range(99)]},
            {"0": b"x" * 50_000},
        ),
        "a map of many places that are none": upload(
            {"query": files % "", "variables": {"f": [None]}},
            {"0": [f"variables.g.{n}" for n in range(3_000)]},
            {"0": b"x"},
        ),
        "a file in a list of many": upload(
            {"query": files % "", "variables": {"f": [None] * 3_000}},
            {"0": [f"variables.f.{n}" for n in range(2_000)]},
            {"0": b"x"},
        ),
        "an upload with a long boundary": bounded("b" * 30_000, 30_000),
        "an upload with a boundary of dashes": bounded("-" * 8_000, 50_000),
    }


def bounded(boundary: str, size: int) -> Request:
    """Return an upload whose parts have a boundary of the client's."""
    sent = upload({"query": "mutation ($f: Upload!) { upload(file: $f) }"}, {}, {"0": b"\r\n-" * (size // 3)})
    return sent._replace(
        body=sent.body.replace(BOUNDARY.encode(), boundary.encode())[:60_000],
        content_type=f"multipart/form-data; boundary={boundary}",
    )
