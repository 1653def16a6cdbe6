"""Expressions whose work, or whose value, is much larger than they are."""

# ruff: noqa: UP031 - in all other forms each brace of GraphQL would be doubled

from tests.hardening.attacks.write import flattened, literal, many, multiplied, nest, quote, text_of
from tests.hardening.cost_app import Request, graphql

CHARACTERS = text_of(4) + "|split(@, '')"  # 100,000 elements
LONG = "@|" + "[@,@,@,@][]|" * 3  # 64 times the elements of a list

EXPRESSIONS = {
    "reverse of a made list": text_of(5) + "|split(@,'')" + "|reverse(@)" * 40 + "|length(@)",
    "sort of a made list": CHARACTERS + "|sort(@)" * 60 + "|length(@)",
    "sort_by of a made list": CHARACTERS + "|sort_by(@, &@)" * 30 + "|length(@)",
    "sort_by of a function": CHARACTERS + "|sort_by(@, &length(reverse(join('', [@,@,@]))))|length(@)",
    "max_by of a made list": CHARACTERS + "|[max_by(@, &@), min_by(@, &@), max_by(@, &length(@))]",
    "map of a map": f"length(map(&length(map(&`1`, split('{'a' * 380}', ''))), split('{'a' * 380}', '')))",
    "map of a sort": f"length(map(&sort(split('{'ba' * 190}', '')), split('{'a' * 380}', '')))",
    "map of maps of maps": many(8, "map(&", "") + "length(@)" + f", split('{'a' * 60}', ''))" * 8,
    "filter within a filter": f"{literal(150)}[?length({literal(150)}[?@ == `0`]) > `0`]",
    "projection of a projection": f"split('{'a' * 200}', '')[].split('{'b' * 200}', '')[].split('{'c' * 200}', '')",
    "multi-select on a projection": f"split('{'a' * 100}', '')[].[@,@,@,@,@,@][].[@,@,@,@,@,@][].[@,@,@,@,@,@]",
    "contains in a long string": text_of(5) + "|" + many(20, "contains(@, 'aaaaaaaaab')", " && ! "),
    "contains in a long list": CHARACTERS + "|[" + many(40, "contains(@, 'b')", ",") + "]",
    "split by a letter, joined, split": text_of(5) + "|split(@,'a')|join('a',@)" * 20 + "|length(@)",
    "to_string of a made list": CHARACTERS + "|to_string(@)" * 6 + "|length(@)",
    "to_string that escapes": '`"\\""`' + "|to_string([@,@,@])" * 18 + "|length(@)",
    "to_string that sits in to_string": multiplied(5) + "|to_string(@)|to_string([@,@,@,@,@,@,@,@])|length(@)",
    "to_array, type and not_null": CHARACTERS + "|to_array(@)" * 40 + "|not_null(@,@,@)|type(@)",
    "merge of objects": f"{'|'.join(['{a: @, b: @, c: @, d: @}'] * 12)}|merge(@, @, @)|values(@)|length(@)",
    "keys and values": f"{'|'.join(['{a: @, b: @, c: @, d: @}'] * 10)}|*.*.*.*.*.*.*|length(@)",
    "wildcards over a made value": f"{'|'.join(['{a: @, b: @, c: @, d: @}'] * 9)}|[*.*.*.*.*.*.*.*.*][][][][][][][][]",
    "multi-select of itself": multiplied(40, 4),
    "multi-select of itself, wide": multiplied(9, 40),
    "multi-select of itself, flattened": flattened(30, 6),
    "multi-select of itself, compared": multiplied(12, 5) + "|[0] == [1]",
    "multi-select of itself, contained": multiplied(12, 5) + "|contains(@, [0])",
    "multi-select of itself, as text": multiplied(20, 8) + "|to_string(@)",
    "multi-select of objects": "|".join(["{aaaaaaaaaaaaaaaaaaaa: @, bbbbbbbbbbbbbbbbbbbbbbbbb: @}"] * 18),
    "doubling by join": text_of(7) + "|length(@)",
    "doubling by join, kept": text_of(6) + "|[@,@,@,@,@,@,@,@,@,@]|[length([0]), reverse([1]), [2] == [3]]",
    "reverse of long strings": text_of(5) + "|reverse(@)" * 60 + "|length(@)",
    "starts_with and ends_with": text_of(5) + "|[" + many(40, "ends_with(@, reverse(@))", ",") + "]",
    "to_number of a long string": "'1'" + "|join('', [@,@,@,@,@,@,@,@,@,@])" * 6 + "|to_number(@)",
    "arithmetic over a made list": CHARACTERS + "|map(&to_number('1'), @)|[sum(@),avg(@),max(@),min(@),sort(@)[0]]",
    "slices": CHARACTERS + "|[::-1]" * 60 + "|length(@)",
    "slices of a string": text_of(5) + "|[::-1]" * 40,
    "negated filters": CHARACTERS + "|[?@ != 'b']" * 25 + "|length(@)",
    "many brackets": "[" * 30 + "@" + "]" * 30 + "|" + "[]|" * 30 + "@",
    "ors of nothing": CHARACTERS + "|" + "[?b] || " * 20 + "length(@)",
    "a large number": "`1" + "0" * 900 + "`",
    "large literals, again": CHARACTERS + "|map(&`" + quote(["x" * 20] * 25) + "`, @)|length(@)",
}

OVER_TABLE = {
    "sort_by of functions over rows": "sort_by(@, &length(to_string(@)))" + "|sort_by(@, &length(to_string(@)))" * 6,
    "max_by over rows": "[max_by(@, &length(to_string(@))), min_by(@, &join('', [name, name, kind, i])).id]",
    "map of rows over rows": "map(&length(to_string(@)), @)|map(&@, @)" * 1 + "|[@,@,@,@][]|sort(@)" * 10 + "|sum(@)",
    "rows flattened": LONG + "sort_by(@, &id)|[*].[id,name,kind,a,b]|length(@)",
    "rows as text": LONG + "to_string(@)|length(@)",
    "rows as text, in objects": "[].{a: to_string(@), b: to_string(@), c: to_string(@), d: to_string(@)}",
    "rows within rows": "[].{a: @, b: [@,@,@,@,@], c: {d: @, e: @, f: @}}",
    "rows grouped by hand": '[*].kind|[@,@,@,@,@,@,@,@][]|[?contains(`["N1","N2","N3"]`, @)]|sort(@)|join(\',\', @)',
    "wildcards over rows": LONG + "[*].*[]|length(@)",
    "filters over rows": LONG + "[?contains(to_string(@), 'name 999')]",
    "long keys over rows": "[].{%s}" % many(20, "k" * 40 + "#: id", ","),
}


def selected(expression: str, path: str = "/ok") -> Request:
    return graphql(f"{{ get(path: {quote(path)}, select: {quote(expression)}) }}")


def repeated(expression: str, count: int, path: str = "/ok") -> Request:
    aliases = many(count, "j#: json(select: $e)")
    return graphql(f"query ($e: String!) {{ fetch(path: {quote(path)}) {{ {aliases} }} }}", {"e": expression})


def attacks() -> dict[str, Request]:
    made = {f"select: {name}": selected(expression) for name, expression in EXPRESSIONS.items()}
    made |= {f"select on a table: {name}": selected(text, "/table") for name, text in OVER_TABLE.items()}
    made |= {
        f"100 aliases: {name}": repeated(EXPRESSIONS[name], 99)
        for name in ("map of a map", "reverse of a made list", "multi-select of itself", "doubling by join")
    }
    made |= {
        "100 aliases: sort_by of functions over rows": repeated("sort_by(@, &to_string(@))[0].id", 99, "/table"),
        "100 aliases: sort over numbers": repeated("sort(@)|reverse(@)|sum(@)", 99, "/numbers"),
        "100 aliases of a whole table": repeated("@", 99, "/table"),
        "100 aliases of a table's rows": repeated("[].[id,name,kind,a,b,c]", 99, "/table"),
        "100 aliases of a long text": repeated("[text,words]", 99, "/text"),
        "100 aliases of a long text, split": repeated("split(words, ' ')|length(@)", 99, "/text"),
        "100 aliases of a long text, compared": repeated("contains(text, words)", 99, "/text"),
        "100 aliases of flattened nesting": repeated("[][][]|sort(@)|length(@)", 99, "/nested"),
        "100 aliases of get with select": graphql(
            "query ($e: String!) { %s }" % many(99, 'g#: get(path: "/table", select: $e)'), {"e": "[].[*]|length(@)"}
        ),
        "100 expressions that differ": graphql(
            '{ fetch(path: "/table") { %s } }' % many(99, 'j#: json(select: "sort_by(@, &b)[].{k#: to_string(@)}[-1]")')
        ),
        "expressions of 1 KiB that differ": graphql(
            '{ fetch(path: "/ok") { %s } }' % many(60, f'j#: json(select: "[{many(300, "ok", ",")}]|[#]")')
        ),
    }
    over = "split('%s', '')" % ("b" * 100)
    made |= {
        "each of each over split": each(over, 2, "json"),
        "each of each of each over split": each(over, 3, 'json(select: "@")'),
        "each ten deep over a pair": each("[@,@]", 10, "json"),
        "each ten deep over ten": each("[@,@,@,@,@,@,@,@,@,@]", 10, "json"),
        "each over a literal": each(literal(500), 1, many(90, "j#: json")),
        "each of each over a literal": each(literal(400), 2, "__typename"),
        "each four deep over a literal": each(literal(400), 4, "__typename"),
        "each with aliases at every level": aliased_each(),
        "each with an expression that is dear": each(
            literal(100), 1, f"json(select: {quote(EXPRESSIONS['map of a map'])})"
        ),
        "each over an over that is dear": each(
            EXPRESSIONS["reverse of a made list"].removesuffix("|length(@)"), 2, "json"
        ),
        "each with limit 1 over a dear list": each(CHARACTERS, 1, "json", ", limit: 1"),
        "each over split of a long text": graphql(
            '{ fetch(path: "/text") { each(over: "split(words, \' \')") { json } } }'
        ),
        "each of a table below each": graphql(
            '{ fetch(path: "/table") { each { json each(over: "[@,@,@,@,@,@,@,@,@,@]") { json(select: "name") } } } }'
        ),
        "each of a table as a whole": graphql('{ fetch(path: "/table") { each { %s } } }' % many(50, "j#: json")),
        "each of a nested list": graphql(
            '{ fetch(path: "/nested") { each { each(over: "@") { each(over: "@") { each(over: "@") { json } } } } } }'
        ),
        "each with typename a thousand times": each(over, 1, many(900, "__typename")),
        "each with names of 5,000 characters": each(over, 1, f"{'n' * 5_000}: __typename {'m' * 5_000}: json"),
        "getEach over a literal, one path": graphql(
            'query ($o: String!) { fetch(path: "/ok") { %s } }' % many(99, 'g#: getEach(path: "/ok", over: $o)'),
            {"o": literal(500)},
        ),
        "getEach below each below each": graphql(
            'query ($o: String!) { fetch(path: "/ok") { each(over: $o) { each(over: $o) { '
            'getEach(path: "/table", over: $o) } } } }',
            {"o": literal(300)},
        ),
        "getEach of a table, its values selected": graphql(
            'query ($o: String!, $s: String!) { fetch(path: "/ok") { getEach(path: "/table", over: $o, select: $s) } }',
            {"o": literal(500), "s": "[][]|sort_by(@, &id)|length(@)"},
        ),
        "getEach of one text, many times": graphql(
            'query ($o: String!) { fetch(path: "/ok") { getEach(path: "/text", over: $o) } }', {"o": literal(500)}
        ),
        "getEach whose paths differ": graphql(
            '{ fetch(path: "/table") { getEach(path: "/echo/{id}") each { getEach(over: "c", path: "/{item}") } } }'
        ),
        "fetch below each, one path": graphql(
            'query ($o: String!) { fetch(path: "/ok") { each(over: $o) { fetch(path: "/table") { '
            'each(over: $o) { fetch(path: "/table") { each(over: $o) { json } } } } } } }',
            {"o": literal(300)},
        ),
        "get of a table below each": graphql(
            'query ($o: String!) { fetch(path: "/ok") { each(over: $o) { get(path: "/table") } } }', {"o": literal(500)}
        ),
        "get with a select below each": graphql(
            'query ($o: String!) { fetch(path: "/ok") { each(over: $o) { get(path: "/table", select: "[].[id]") } } }',
            {"o": literal(500)},
        ),
        "json of a long text below each": graphql(
            'query ($o: String!) { fetch(path: "/text") { each(over: $o) { json } } }',
            {"o": "[@,@,@,@,@,@][].[@,@,@,@][]"},
        ),
        "a literal of 60 KB as over": graphql(
            '{ fetch(path: "/ok") { each(over: %s) { json } } }' % quote(literal(30_000))
        ),
    }
    return made


def each(over: str, depth: int, leaf: str, more: str = "") -> Request:
    document = nest(depth, f"each(over: $o{more})", leaf)
    return graphql(f'query ($o: String!) {{ fetch(path: "/ok") {{ {document} }} }}', {"o": over})


def aliased_each() -> Request:
    """Return a document of fragments, each of which stands for ten of the next one."""
    levels = [
        "fragment F%d on RestItem { %s }" % (level, many(2, "e#: each(over: $o) { ...F%d }" % (level + 1)))
        for level in range(5)
    ]
    text = " ".join([*levels, "fragment F5 on RestItem { json }"])
    query = 'query ($o: String!) { fetch(path: "/ok") { each(over: $o) { ...F0 } } }'
    return graphql(f"{query} {text}", {"o": "[@,@,@,@,@,@,@,@,@,@]"})
