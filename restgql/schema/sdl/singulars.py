"""Singulars of English plurals: `status` for `statuses`, `movie` for `movies`."""

import re

_LAST_WORD = re.compile(r"(.*?)([A-Z]?[a-z]*|[A-Z]*)\Z", re.DOTALL)
_ACRONYMS = re.compile(r"[A-Z]{2,}s\Z")
_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse", "teeth": "tooth",
    "feet": "foot", "geese": "goose", "oxen": "ox", "criteria": "criterion", "phenomena": "phenomenon",
    "indices": "index", "vertices": "vertex", "matrices": "matrix", "appendices": "appendix", "alumni": "alumnus",
    "analyses": "analysis", "crises": "crisis", "diagnoses": "diagnosis", "hypotheses": "hypothesis",
    "theses": "thesis", "synopses": "synopsis", "parentheses": "parenthesis", "axes": "axis", "quizzes": "quiz",
    "leaves": "leaf", "lives": "life", "wives": "wife", "knives": "knife", "halves": "half", "shelves": "shelf",
    "wolves": "wolf", "thieves": "thief", "loaves": "loaf", "calves": "calf", "heroes": "hero", "echoes": "echo",
    "potatoes": "potato", "tomatoes": "tomato", "vetoes": "veto", "aliases": "alias", "canvases": "canvas",
    "atlases": "atlas", "biases": "bias", "gases": "gas", "lenses": "lens", "causes": "cause", "pauses": "pause",
    "caches": "cache", "niches": "niche", "headaches": "headache", "avalanches": "avalanche", "ids": "id",
    "uses": "use", "excuses": "excuse", "fuses": "fuse", "muses": "muse", "abuses": "abuse", "refuses": "refuse",
    "menus": "menu", "gurus": "guru", "skus": "sku", "cpus": "cpu", "gpus": "gpu", "apis": "api", "uris": "uri",
    "wikis": "wiki", "taxis": "taxi", "emojis": "emoji", "kpis": "kpi",
}  # fmt: skip
_INVARIANT = frozenset(
    ["data", "news", "series", "species", "media", "https", "alias", "atlas", "bias", "canvas", "chaos", "lens"]
)
_KEEP_E = frozenset(
    ["movies", "cookies", "calories", "selfies", "zombies", "rookies", "hoodies", "smoothies", "brownies", "pies",
     "ties", "lies", "dies"]
)  # fmt: skip
# Endings and their replacements; the first match counts. `houses` and `causes` have a vowel before `uses`.
_ENDINGS = tuple(
    (re.compile(ending + r"\Z"), instead)
    for ending, instead in (
        ("ies", "y"), ("(?<![aeo])uses", "us"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"),
        ("zzes", "zz"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""),
    )
)  # fmt: skip


def singular(plural: str) -> str:
    """Return a name with its last word in the singular, guessed from the ending. Letter case is unchanged."""
    if _ACRONYMS.search(plural):
        return plural[:-1]
    head, last = _LAST_WORD.match(plural).groups()  # type: ignore[union-attr]
    if last.isupper():
        return plural
    word = _of_word(last.lower())
    return f"{head}{word.capitalize() if last[:1].isupper() else word}"


def _of_word(plural: str) -> str:
    if plural in _INVARIANT:
        return plural
    if plural in _IRREGULAR:
        return _IRREGULAR[plural]
    if plural in _KEEP_E:
        return plural.removesuffix("s")
    if len(plural) > 3:
        for ending, instead in _ENDINGS:
            if ending.search(plural):
                return ending.sub(instead, plural)
    return plural
