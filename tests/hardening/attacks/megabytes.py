"""Bodies of a megabyte."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

import json

from tests.hardening.attacks.uploads import upload
from tests.hardening.attacks.write import literal, many
from tests.hardening.cost_app import Request, graphql


def attacks() -> dict[str, Request]:
    whole = list(range(140_000))
    paths = [f"/{number:x}" for number in range(100_000)]
    each_of = "query ($v: JSON) { %s }"
    return {
        "1 MB: a list in 99 places": graphql(each_of % many(99, 'a#: get(path: "/ok", params: {v: $v})'), {"v": whole}),
        "1 MB: a list, exploded": graphql(each_of % 'get(path: "/ok{?v*}", params: {v: $v})', {"v": whole}),
        "1 MB: a list, exploded in 99 places": graphql(
            each_of % many(99, 'a#: get(path: "/ok{?v*}", params: {v: $v})'), {"v": whole}
        ),
        "1 MB: a list in JSON literals": graphql(
            each_of % many(99, 'a#: get(path: "/ok", params: {v: [$v, $v], w: {x: $v}})'), {"v": whole}
        ),
        "1 MB: a text in 99 places": graphql(
            each_of % many(99, 'a#: get(path: "/ok{?v}", params: {v: $v})'), {"v": "x" * 950_000}
        ),
        "1 MB: a text as a path": graphql(
            "query ($v: String!) { %s }" % many(99, "a#: get(path: $v)"), {"v": "/ok?" + "x" * 950_000}
        ),
        "1 MB: a path of braces": graphql("query ($v: String!) { get(path: $v) }", {"v": "/ok" + "{x}" * 300_000}),
        "1 MB: a path of names": graphql(
            "query ($v: String!) { get(path: $v, params: {x: 1}) }", {"v": "/ok{?x" + ",x" * 450_000 + "}"}
        ),
        "1 MB: a path of dots": graphql("query ($v: String!) { get(path: $v) }", {"v": "/ok" + "/.." * 300_000}),
        "1 MB: a path that is encoded": graphql(
            "query ($v: String!) { get(path: $v) }", {"v": "/ok" + "%2e" * 300_000}
        ),
        "1 MB: a select": graphql(
            'query ($v: String!) { get(path: "/ok", select: $v) }', {"v": "[" * 400_000 + "]" * 400_000}
        ),
        "1 MB: a literal as over": graphql(
            'query ($v: String!) { fetch(path: "/ok") { %s } }' % many(99, "a#: each(over: $v) { json }"),
            {"v": literal(450_000)},
        ),
        "1 MB: objects of parameters": graphql(
            each_of % many(99, 'a#: get(path: "/ok{?v*}", params: {v: $v})'), {"v": {f"k{n}": n for n in range(60_000)}}
        ),
        "1 MB: typed arguments": graphql(
            "query ($l: [String], $a: JSON) { %s }" % many(49, "a#: joined(list: $l) b#: exploded(list: $l, any: $a)"),
            {"l": ["a"] * 150_000, "a": whole[:50_000]},
        ),
        "1 MB: whole numbers": graphql(
            "query ($l: [Float], $n: [Numbers]) { %s }" % many(49, "a#: numbered(list: $l) b#: numbered(of: $n)"),
            {"l": [1.0] * 100_000, "n": [{"list": [1.0]}] * 20_000},
        ),
        "1 MB: aggregate under 5 aliases": graphql(
            "query ($p: [String!]!) { %s }" % many(5, "a#: aggregate(paths: $p)"), {"p": paths}
        ),
        "1 MB: aggregate under 99 aliases": graphql(
            "query ($p: [String!]!) { %s }" % many(99, "a#: aggregate(paths: $p)"), {"p": paths}
        ),
        "1 MB: aggregate of one path": graphql(
            "query ($p: [String!]!) { %s }" % many(99, "a#: aggregate(paths: $p)"), {"p": ["/ok"] * 150_000}
        ),
        "1 MB: /aggregate": Request(json.dumps(paths).encode(), "/aggregate"),
        "1 MB: /aggregate of one path": Request(json.dumps(["/ok"] * 140_000).encode(), "/aggregate"),
        "1 MB: /aggregate of keys": Request(
            json.dumps({f"k{n}": "/table" for n in range(45_000)}).encode(), "/aggregate?envelope=true"
        ),
        "1 MB: /aggregate of one long key": Request(json.dumps({"k" * 950_000: "/ok"}).encode(), "/aggregate"),
        "1 MB: headers": graphql(
            "query ($h: [RestHeaderInput!]) { %s }" % many(50, 'a#: get(path: "/ok", headers: $h)'),
            {"h": [{"name": "Prefer", "value": f"v{n}"} for n in range(28_000)]},
        ),
        "1 MB: a header": graphql(
            "query ($h: String!) { %s }" % many(50, 'a#: get(path: "/ok", headers: [{name: "Prefer", value: $h}])'),
            {"h": "x" * 950_000},
        ),
        "1 MB: deep JSON": Request(
            b'{"query": "{ __typename }", "variables": {"v": %s}}' % (b"[" * 480_000 + b"]" * 480_000)
        ),
        "1 MB: deep objects": Request(
            b'{"query": "{ __typename }", "v": %s1%s}' % (b'{"a":' * 160_000, b"}" * 160_000)
        ),
        "1 MB: wrong items": graphql("query ($l: [Int]) { asked(any: $l) }", {"l": ["x"] * 240_000}),
        "1 MB: wrong objects": graphql(
            'query ($h: [RestHeaderInput!]) { get(path: "/ok", headers: $h) }', {"h": [{"n": 1}] * 120_000}
        ),
        "1 MB: names of variables": graphql("{ __typename }", {f"v{n}": 1 for n in range(80_000)}),
        "1 MB: extensions": graphql("{ __typename }", extensions={f"v{n}": {} for n in range(70_000)}),
        "1 MB: a document": graphql("{ __typename %s }" % ("#" * 950_000)),
        "1 MB: spaces": Request(b" " * 900_000 + graphql("{ __typename }").body),
        "1 MB: numbers of digits": graphql("query ($v: JSON) { asked(any: $v) }", {"v": [10**1_000] * 900}),
        "1 MB: a batch": Request(
            json.dumps([json.loads(graphql("{ __typename }").body)] * 33_000).encode(), variant="writing"
        ),
        "1 MB: a batch of ten": Request(
            json.dumps(
                [
                    json.loads(
                        graphql(
                            each_of % many(99, 'a#: get(path: "/ok{?v*}", params: {v: $v})'), {"v": whole[:14_500]}
                        ).body
                    )
                ]
                * 10
            ).encode(),
            variant="writing",
        ),
        "1 MB: bodies": graphql(
            "mutation ($b: JSON) { %s }" % many(49, 'm#: post(path: "/form", body: [$b, $b, $b, $b]) { status }'),
            {"b": whole},
            variant="writing",
        ),
        "1 MB: forms": graphql(
            "mutation ($b: JSON) { %s }" % many(49, 'm#: post(path: "/form", body: $b, encoding: FORM) { status }'),
            {"b": {f"k{n}": n for n in range(60_000)}},
            variant="writing",
        ),
        "1 MB: typed bodies": graphql(
            "mutation ($a: JSON) { %s }" % many(49, "m#: doubled(any: $a)"), {"a": whole}, variant="writing"
        ),
        "1 MB: a stored list": Request(json.dumps({"list": ["a"] * 190_000}).encode(), "/graphql/typed"),
        "1 MB: a stored text": Request(json.dumps({"text": "x" * 950_000}).encode(), "/graphql/plain"),
        "1 MB: an upload's map": upload(
            {"query": "mutation ($f: Upload) { upload(file: $f) }", "variables": {"f": None}},
            {"0": [f"variables.f.{n}" for n in range(40_000)]},
            {"0": b"x"},
        ),
        "1 MB: the accepted media types": graphql("{ __typename }")._replace(
            accept=",".join(f"a/b{n};q=0.5" for n in range(60_000)), headers=(("X-Size", "x"),)
        ),
        "1 MB: expressions as JSON": graphql(
            "query ($v: JSON) { %s }" % many(90, "a#: asked(any: $v) @include(if: true)"),
            {"v": [{"a": [n]} for n in range(60_000)]},
        ),
    }
