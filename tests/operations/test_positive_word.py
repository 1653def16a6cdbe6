"""schema/operations/positive_word.graphql against 3scale's procedure, read plainly: the same answers, and requests.

The procedure: get the sentence; if its sentiment is above 0, get each of its words, and answer with the sentence's JSON
and `highest_positive_sentiment_word`, the first word object with the highest sentiment.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import create_app

SENTENCES = [
    "what a superb and happy day",
    "happy",
    "superb outstanding breathtaking",
    "happy glad happy glad happy",
    "glad happy",
    "Superb! 'happy', (fun).",
    "superb superb superb",
    "sad bad awful",
    "the plain table",
    "happy but alone and sad and bad",
    "  happy   day  ",
    "a\tsuperb\r\nday\nhappy",
    "naïve but superb",
    "superbe été superb 日本 🎉",
    "100% happy + 5 & more = fun; yes?",
    "happy #1 ? {x} ~",
    "<b>happy <i>happy",
    ". .. happy ...",
    "happy." * 100,
    " ".join(["happy"] * 300),
    " ".join(f"word{number}" for number in range(400)) + " happy",
]
words = st.sampled_from(
    ["happy", "glad", "superb", "Outstanding!", "sad", "bad", "plain", "déjà", "日", "%", "?", "a.b", "++"]
)
spaces = st.sampled_from([" ", "  ", "\t", "\n", "\r\n"])


class Demo:
    """The demo, with what it was asked for."""

    def __init__(self, database: Path) -> None:
        self.app: Flask = create_app(database)
        self.hits: list[str] = []
        self.app.before_request(self._count)
        self.client: FlaskClient = self.app.test_client()

    def _count(self) -> None:
        if request.path.startswith("/v1/"):
            self.hits.append(request.path)

    def procedure(self, sentence: str) -> Any:
        """The procedure, a request after the other."""
        answer = self.client.get(f"/v1/sentence/{quote(sentence, safe='')}.json").json
        if answer["sentiment"] > 0:
            objects = [self.client.get(f"/v1/word/{quote(word, safe='')}.json").json for word in sentence.split()]
            answer["highest_positive_sentiment_word"] = max(objects, key=lambda each: each["sentiment"])
        return answer

    def stored(self, sentence: str) -> Any:
        answer = self.client.get("/graphql/positive_word", query_string={"sentence": sentence})
        assert answer.status_code == 200, answer.data
        return answer.json


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("demo") / "demo.sqlite3")


def compare(demo: Demo, sentence: str) -> None:
    demo.hits.clear()
    expected, asked = demo.procedure(sentence), set(demo.hits)
    demo.hits.clear()
    found = demo.stored(sentence)
    assert list(found.items()) == list(expected.items())
    assert sorted(demo.hits) == sorted(asked), "each once, and none that the procedure does not make"


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda text: text[:20].strip())
def test_it_answers_what_the_procedure_answers(demo: Demo, sentence: str) -> None:
    compare(demo, sentence)


@settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(words, spaces), min_size=1, max_size=12))
def test_it_answers_so_for_any_words(demo: Demo, pairs: list[tuple[str, str]]) -> None:
    compare(demo, "".join(word + space for word, space in pairs))


def test_no_word_is_asked_for_where_the_sentiment_is_not_above_0(demo: Demo) -> None:
    for sentence in ("sad day", "the plain table"):
        demo.hits.clear()
        assert "highest_positive_sentiment_word" not in demo.stored(sentence)
        assert demo.hits == [f"/v1/sentence/{sentence}.json"]


@pytest.mark.parametrize(
    ("sentence", "status"), [("", 400), ("happy/day", 400), ("happy\\day", 400), ("x" * 5_000, 400)]
)
def test_a_sentence_that_has_no_path_is_a_problem(demo: Demo, sentence: str, status: int) -> None:
    answer = demo.client.get("/graphql/positive_word", query_string={"sentence": sentence})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_sentence_with_more_words_than_the_budget_is_a_problem(demo: Demo) -> None:
    sentence = " ".join(f"{number:x}" for number in range(510)) + " happy"
    demo.hits.clear()
    answer = demo.client.get("/graphql/positive_word", query_string={"sentence": sentence})
    assert (answer.status_code, answer.json["code"]) == (400, "LIMIT_EXCEEDED")
    assert [path for path in demo.hits if re.match("/v1/word", path)] == []


def test_the_documents_show_the_file_as_it_is() -> None:
    root = Path(__file__).parent.parent.parent
    shown = (root / "docs/operations.md").read_text()
    assert (root / "schema/operations/positive_word.graphql").read_text() in shown
