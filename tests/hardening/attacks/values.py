"""Templates with many names, and variables with large values in many places."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

import json
from typing import Any

from tests.hardening.attacks.write import many, quote
from tests.hardening.cost_app import Request, graphql


def attacks() -> dict[str, Request]:
    return templates() | variables()


def filled(template: str, params: Any, more: str = "", path: str = "/ok") -> Request:
    return graphql(f"query ($p: JSON) {{ get(path: {quote(path + template)}, params: $p{more}) }}", {"p": params})


def templates() -> dict[str, Request]:
    names = [f"v{number}" for number in range(2_000)]
    lists = "query ($v: JSON) { %s }"
    return {
        "a template of one name 2,000 times": filled("{?%s}" % ",".join(["v"] * 2_000), {"v": [1] * 2_000}),
        "a template of one name 2,000 times, exploded": filled("{?%s}" % ",".join(["v*"] * 2_000), {"v": [1] * 2_000}),
        "a template of an object 2,000 times": filled(
            "{?%s}" % ",".join(["v*"] * 2_000), {"v": {f"k{number}": number for number in range(2_000)}}
        ),
        "a template of 2,000 names": filled("{?%s}" % ",".join(names), dict.fromkeys(names, "x" * 10)),
        "a template of 2,000 names with lists": filled(
            "{?%s}" % ",".join(names[:1_000]), dict.fromkeys(names[:1_000], ["x"] * 8)
        ),
        "a template of 2,000 expressions": filled(many(2_000, "{v}", ""), {"v": "x" * 10_000}, path="/echo/"),
        "a template of 2,000 links": filled(many(2_000, "{+v}", ""), {"v": "/" * 10_000}, path="/echo/"),
        "a template of 4,000 prefixes": filled(many(4_000, "{v:3}", ""), {"v": "é" * 20_000}, path="/echo/"),
        "a template of bytes that are encoded": filled(many(500, "{?v}", ""), {"v": "é%" * 15_000}),
        "a template with a long value": filled("{?v,v,v,v,v,v}", {"v": "x" * 60_000}),
        "a template with a long list": filled("{?v*,v*,v*,v*,v*,v*,v*,v*}", {"v": list(range(10_000))}),
        "a template with lists of lists": filled("{?v*}", {"v": [[1]] * 15_000}),
        "a template with long names": filled("{?%s}" % ",".join("n" * 500 + str(n) for n in range(100)), {"v": 1}),
        "a template of dots": filled("{?%s}" % ".".join(["a"] * 20_000), {"a": 1}),
        "a template of dots in names": filled("{?%s}" % ",".join([".".join(["a"] * 100)] * 250), {"a": {"a": {}}}),
        "a template of many braces": filled("{" * 20_000, {}),
        "a template of unclosed expressions": filled("{v" * 20_000, {}),
        "100 aliases of a template of many names": graphql(
            "query ($p: JSON) { %s }" % many(50, 'a#: get(path: "/ok{?%s}", params: $p)' % ",".join(["v"] * 15)),
            {"p": {"v": list(range(5_000))}},
        ),
        "100 aliases of one long list": graphql(
            lists % many(99, 'a#: get(path: "/ok{?v*}", params: {v: $v})'), {"v": list(range(8_000))}
        ),
        "100 aliases of a long text": graphql(
            lists % many(99, 'a#: get(path: "/ok{?v}", params: {v: $v})'), {"v": "é" * 8_000}
        ),
        "a template below each, of a long parameter": graphql(
            'query ($v: JSON) { fetch(path: "/table") { each { get(path: "/ok{?v*,v*,v*}", params: {v: $v}) } } }',
            {"v": list(range(2_000))},
        ),
        "a template below each, of a parent's values": graphql(
            'query ($t: String!) { fetch(path: "/table") { each { get(path: $t) } } }',
            {"t": "/ok{?%s}" % ",".join(["id", "name", "kind", "i", "e*", "c*"] * 100)},
        ),
        "a template below fetch, of a long text": graphql(
            '{ fetch(path: "/text") { %s } }' % many(50, 'a#: get(path: "/ok{?%s}")' % ",".join(["text", "words"] * 10))
        ),
        "a link that is long": graphql('{ fetch(path: "/links") { %s } }' % many(99, 'a#: get(path: "{+next}")')),
        "getEach of a template with a long text": graphql(
            'query ($t: String!, $v: JSON) { fetch(path: "/table") { getEach(path: $t, params: {v: $v}) } }',
            {"t": "/ok{?%s}" % ",".join(["v*", "id"] * 200), "v": list(range(200))},
        ),
        "headers of a long template": graphql(
            "query ($v: String) { %s }" % many(50, "a#: headed(text: $v)"), {"v": "x" * 50_000}
        ),
        "headers, many": graphql(
            "query ($h: [RestHeaderInput!]) { %s }" % many(50, 'a#: get(path: "/ok", headers: $h)'),
            {"h": [{"name": "Prefer", "value": f"v{number}"} for number in range(1_300)]},
        ),
        "a header name that is long": graphql(
            "query ($h: [RestHeaderInput!]) { %s }" % many(99, 'a#: get(path: "/ok", headers: $h)'),
            {"h": [{"name": "x" * 60_000, "value": "a"}]},
        ),
        "typed query expressions over a long list": graphql(
            "query ($l: [String]) { %s }" % many(50, "a#: joined(list: $l)"), {"l": ["abc"] * 8_000}
        ),
        "typed query of a long text": graphql(
            "query ($t: String) { %s }" % many(50, "a#: asked(text: $t)"), {"t": "x" * 50_000}
        ),
        "typed explode of a long list": graphql(
            "query ($l: [String], $a: JSON) { %s }" % many(50, "a#: exploded(list: $l, any: $a)"),
            {"l": ["abc"] * 4_000, "a": {f"k{number}": number for number in range(2_000)}},
        ),
    }


def variables() -> dict[str, Request]:
    return {
        "a list of 20,000 in 100 places": graphql(
            "query ($l: [Int]) { %s }" % many(99, 'a#: get(path: "/ok", params: {l: $l})'), {"l": [1] * 20_000}
        ),
        "a list of 10,000 as typed arguments": graphql(
            "query ($l: [String]) { %s }" % many(99, "a#: asked(list: $l)"), {"l": ["a"] * 10_000}
        ),
        "a list in JSON literals": graphql(
            "query ($l: JSON) { %s }" % many(40, 'a#: get(path: "/ok", params: {a: $l, b: [$l, $l, $l], c: {d: $l}})'),
            {"l": [1] * 20_000},
        ),
        "variables that are not used": graphql("{ __typename }", {f"v{number}": 1 for number in range(5_000)}),
        "variables of defaults": graphql("query (%s) { __typename }" % many(300, "$v#: [Int] = [1, 2, 3]"), None),
        "wrong items, many": graphql("query ($l: [Int]) { asked(any: $l) }", {"l": ["x"] * 15_000}),
        "wrong items, nested": graphql("query ($l: [[[Int]]]) { asked(any: $l) }", {"l": [[["x"] * 50] * 10] * 20}),
        "an enum, an input and a list that do not fit": graphql(
            'query ($h: [RestHeaderInput!]) { get(path: "/ok", headers: $h) }', {"h": [{"name": "x"}] * 4_000}
        ),
        "deep JSON": graphql("query ($v: JSON) { asked(any: $v) }", json.loads('{"v": %s}' % ("[" * 900 + "]" * 900))),
        "deep JSON in a template": filled("{?v*}", json.loads('{"v": %s}' % ("[" * 900 + "]" * 900))),
        "deep JSON of a select": filled("", {}, ', select: "%s"' % ("[0]" * 300)),
        "a literal list in the document": graphql(
            "{ %s }" % many(9, 'a#: get(path: "/ok{?l*}", params: {l: [%s]})' % ",".join(["1"] * 100))
        ),
        "a long string in the document": graphql('{ get(path: "/ok{?l}", params: {l: "%s"}) }' % ("é" * 10_000)),
        "a block string in the document": graphql(
            '{ get(path: "/ok{?l}", params: {l: """%s"""}) }' % ("\n  " * 10_000)
        ),
        "numbers of many digits": graphql("query ($v: JSON) { asked(any: $v) }", {"v": [10**300] * 150}),
    }
