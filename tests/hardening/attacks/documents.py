"""Documents whose text alone is dear to read: strings without an end, errors on many lines, and long names."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

from tests.hardening.attacks.write import many
from tests.hardening.cost_app import Request, graphql


def attacks() -> dict[str, Request]:
    lines = "\n" * 320
    selects = '{ fetch(path: "/ok") { %s } }' % many(90, f'a#: json(select: "]"){lines}')
    return {
        "a string of quotes without its end": graphql('{ get(path: "%s' % ('\\"' * 16_000)),
        "quotes after backslashes": graphql("{ %s }" % ('\\"' * 16_000)),
        "strings without an end on many lines": graphql("{ get(path: %s" % ('"\\"\n' * 10_000)),
        "an unused variable with a long name": graphql("query ($%s: Int) { __typename }" % ("v" * 60_000)),
        "an unused variable like long strings": graphql(
            "query ($v: Int) { %s }" % many(30, 'a#: get(path: "/%s")' % ("$vv{vv}:vv<v:vv>" * 100))
        ),
        "90 errors in a document of 28,800 lines": graphql(selects.replace("\n", "\r")),
    }
