"""References and links that other texts can take over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistant.export.citing import LONGEST_EXACT, answer_apa, answer_links
from assistant.types import Answer, Citation
from vectorstore.types import Article, Passage, TimeScope


def answer(*cited: tuple[Article, str]) -> Answer:
    citations = tuple(
        Citation(number, quote, 0, len(quote), article, Passage(1, article.id, 0, len(quote), quote))
        for number, (article, quote) in enumerate(cited, 1)
    )
    return Answer("Who?", "So [1].", (), citations, TimeScope(), "extractive")


ARTICLE = Article(
    "a", "The harbour - closed, again.", "", date(2024, 9, 2), source="UNN", url="https://unn.example/a#top"
)


def test_a_reference_has_what_is_known_and_each_article_once() -> None:
    named = replace(ARTICLE, id="b", title="Zero", authors=("Ann Lee", "Bo Ek"), source=None, url="javascript:alert(1)")
    assert answer_apa(answer((named, "x"), (ARTICLE, "y"), (ARTICLE, "z"))).splitlines() == [
        "Ann Lee & Bo Ek. (2024, September 2). Zero.",
        "The harbour - closed, again. (2024, September 2). UNN. https://unn.example/a#top",
    ]


@pytest.mark.parametrize(
    ("quote", "fragment"),
    [
        ("Тиша, so-called", "%D0%A2%D0%B8%D1%88%D0%B0%2C%20so%2Dcalled"),
        ("one two three four five six\nseven", "one%20two%20three%20four%20five,three%20four%20five%20six%20seven"),
        ("word " * LONGEST_EXACT + "end", "word%20word%20word%20word%20word,word%20word%20word%20word%20end"),
    ],
)
def test_a_link_leads_to_the_quoted_words(quote: str, fragment: str) -> None:
    assert answer_links(answer((ARTICLE, quote))) == f"[1] https://unn.example/a#top:~:text={fragment}\n"
