"""The strip of sources, and the article beside the answer with the quoted words marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.types import Answer, Disagreement, Side, Statement, Step
from tests.ui.fake_desk import DART, UNDATED, answer_about_dart, cite
from tests.ui.views.test_answer import EN, UK, Outline
from ui.views import sources
from ui.views.sources import Place
from vectorstore.types import Article, Correction, Passage, TimeScope

OTHER = replace(DART, id="other", title="Another paper on DART", source="Evening Post", published=date(2022, 10, 12))


def citing(*citations: tuple[int, str]) -> Answer:
    return replace(answer_about_dart(), citations=tuple(cite(number, DART, quote) for number, quote in citations))


# -- the strip


def test_cards_stand_in_order_of_first_citation_one_for_each_article() -> None:
    answer = replace(
        answer_about_dart(),
        citations=(cite(1, UNDATED, "A kinetic"), cite(2, DART, "NASA"), cite(3, UNDATED, "Nobody")),
    )
    cards = Outline(sources.strip(answer, {}, words=EN)).classes("card")
    assert [card["data-number"] for card in cards] == ["1 3", "2"]


def test_copies_are_counted_and_named() -> None:
    copies = {DART.id: (OTHER, replace(OTHER, id="third", source=None), DART)}
    (also,) = Outline(sources.strip(citing((1, "NASA")), copies, words=EN)).classes("also")
    assert also["title"] == "Evening Post, source not known"
    assert "also in 2 others" in sources.strip(citing((1, "NASA")), copies, words=EN)
    assert "також у 2 інших" in sources.strip(citing((1, "NASA")), copies, words=UK)


def timeline(*articles: Article) -> str:
    cited = [replace(article, id=str(number)) for number, article in enumerate(articles)]
    answer = replace(answer_about_dart(), citations=tuple(cite(1, article, article.text) for article in cited))
    return sources.strip(answer, {}, words=EN)


def test_a_timeline_stands_where_sources_are_of_different_days() -> None:
    first, middle, last = (replace(DART, published=date(2024, 1, day)) for day in (1, 6, 21))
    outline = Outline(timeline(last, first, middle, UNDATED))
    dots = [attributes["style"] for tag, attributes in outline.tags if tag == "i"]
    assert dots == ["--at:0.00%", "--at:25.00%", "--at:100.00%"]
    (line,) = outline.classes("line")
    assert line["aria-label"] == "Sources by date, 1 January 2024 to 21 January 2024"
    assert not Outline(timeline(first, first, UNDATED)).classes("timeline")


def test_a_disagreement_shows_both_sides_with_their_articles() -> None:
    sides = (
        Side("32 minutes", cite(1, DART, "by 32 minutes")),
        Side("33 minutes", cite(2, OTHER, "NASA said"), is_forecast=True),
    )
    outline = Outline(sources.disagreements([Disagreement("the orbit", "correction", sides)], words=EN))
    assert [opens["data-article"] for opens in outline.classes("byline")] == ["dart", "other"]
    words = "".join(outline.text)
    assert words.rindex("32 minutes") < words.rindex("33 minutes") < words.index("expected")  # after the heading
    assert "Corrected: not 32 minutes (" in words
    update = Outline(sources.disagreements([Disagreement("the orbit", "update", sides)], words=EN))
    assert "The figures differ: 32 minutes (" in (said := "".join(update.text))
    assert "rose" not in said, "of two outlets"
    assert "[1]" not in said
    assert sources.disagreements([], words=EN) == ""


# -- what was looked up

ALL = TimeScope(sources=("Evening Post", "UNN"))
STEPS = (
    Step("search", "DART orbit", ALL, (DART, OTHER)),
    Step("search", "DART cost", replace(ALL, since=date(2022, 9, 1), sources=("UNN",)), (), "Nothing was found there."),
    Step("read", "who steers it", ALL, (DART,)),
    Step("note", "", ALL, (), "The time for looking up is over."),
)


def test_a_trail_says_what_was_looked_for_where_and_what_was_found() -> None:
    outline = Outline(sources.trail(STEPS, ALL, words=EN))
    words = "".join(outline.text)
    assert words.startswith("Looked up: 3 steps, 2 articles")
    assert "Searched for “DART orbit”" in words
    assert "Read an article for “who steers it”" in words
    assert words.index("Nothing was found there.") < words.index("The time for looking up is over.")
    opened = [attributes["data-article"] for tag, attributes in outline.tags if tag == "button"]
    assert opened == ["dart", "other", "dart"]


def test_a_trail_names_where_a_step_looked_only_if_that_is_less_than_the_question_s_scope() -> None:
    outline = Outline(sources.trail(STEPS, ALL, words=EN))
    assert len(outline.classes("within")) == 2
    words = "".join(outline.text)
    assert "since 1 Sep 2022" in words
    assert "only UNN" in words
    assert "Evening Post" not in words


def test_a_trail_so_far_is_not_folded_and_an_ordinary_answer_has_none() -> None:
    growing = sources.trail_so_far(STEPS[:1], ALL, words=UK)
    assert "<details" not in growing
    assert "Пошук: «DART orbit»" in growing
    assert sources.trail_so_far((), ALL, words=EN) == sources.trail((), ALL, words=EN) == ""


# -- in the pane


def test_the_pane_names_the_printed_page() -> None:
    (cited,) = citing((1, "NASA")).citations
    answer = replace(citing((1, "NASA")), citations=(replace(cited, article=replace(DART, pages=(0, 10_000))),))
    assert "<span>page 1</span>" in sources.source(answer, 5, 1, replace(DART, pages=(0, 10_000)), words=EN)
    assert "<span>page" not in sources.source(citing((1, "NASA")), 5, 1, DART, words=EN)


def test_the_quotation_is_marked_in_the_whole_article_and_others_of_the_answer_too() -> None:
    answer = citing((1, "by 32 minutes"), (2, "11 hours and 23 minutes"))
    outline = Outline(sources.source(answer, 5, 1, DART, words=EN))
    marks = [attributes for tag, attributes in outline.tags if tag == "mark"]
    assert outline.marked == ["by 32 minutes", "11 hours and 23 minutes"]
    assert [mark.get("class") for mark in marks] == ["now", None]
    assert [mark["data-number"] for mark in marks] == ["1", "2"]
    assert DART.text in "".join(outline.text)
    assert "Other words that this answer quotes are marked more lightly." in outline.text


def test_quotations_of_another_article_are_not_marked() -> None:
    answer = replace(answer_about_dart(), citations=(cite(1, DART, "NASA"), cite(2, UNDATED, "A kinetic")))
    assert Outline(sources.source(answer, 5, 1, DART, words=EN)).marked == ["NASA"]


def test_one_walks_through_the_sources_in_order_of_citation() -> None:
    answer = citing((2, "NASA"), (1, "by 32 minutes"), (2, "Dimorphos"))
    first, last = (Outline(sources.source(answer, 5, number, DART, words=EN)).classes("step") for number in (2, 1))
    assert ["disabled" in step for step in first] == [True, False]
    assert (first[1]["data-source"], first[1]["data-turn"]) == ("1", "5")
    assert (last[0]["data-source"], "disabled" in last[1]) == ("2", True)


def test_a_number_that_is_not_cited_opens_nothing() -> None:
    with pytest.raises(KeyError):
        sources.source(citing((1, "NASA")), 5, 9, DART, words=EN)


def test_an_article_that_is_gone_leaves_the_passage_that_was_quoted() -> None:
    start = DART.text.index("Dimorphos used")
    passage = Passage(7, DART.id, start, len(DART.text), DART.text[start:])
    quote = "11 hours and 23 minutes"
    at = DART.text.index(quote)
    answer = replace(
        answer_about_dart(),
        citations=(replace(cite(1, DART, quote), passage=passage, start=at, end=at + len(quote)),),
    )
    for article in (None, replace(DART, text="Another text by now.")):
        outline = Outline(sources.source(answer, 5, 1, article, words=EN))
        assert outline.marked == [quote]
        assert "The article is no longer in the library. This is the passage that was quoted." in outline.text
        assert passage.text in "".join(outline.text)


def test_words_that_are_not_where_they_should_be_are_shown_on_their_own() -> None:
    answer = replace(answer_about_dart(), citations=(replace(cite(1, DART, "by 32 minutes"), start=5, end=18),))
    outline = Outline(sources.source(answer, 5, 1, DART, words=EN))
    assert outline.marked == ["by 32 minutes"]


def test_an_article_that_has_changed_since_says_so() -> None:
    answer = citing((1, "NASA"))
    assert "The article has changed since" in sources.source(answer, 5, 1, DART, words=EN, newest=2)
    assert "The article has changed since" not in sources.source(answer, 5, 1, DART, words=EN, newest=1)


def test_a_corrected_article_says_so_with_the_words_of_its_notice() -> None:
    notice = "Correction: It was <b>33</b> minutes."
    article = replace(DART, corrections=(Correction(notice, 0, len(notice), date(2022, 10, 13)),))
    for words, said in ((EN, "corrected 13 October 2022"), (UK, "виправлено 13 жовтня 2022")):
        shown = "".join(Outline(sources.source(citing((1, "NASA")), 5, 1, article, words=words)).text)
        assert said in shown
        assert f"“{notice}”" in shown


def test_a_number_that_was_corrected_says_so_beside_the_article_too() -> None:
    answer = replace(
        citing((1, "NASA"), (2, "by 32 minutes")), statements=(Statement("So.", (2,), "verified", "", (2,)),)
    )
    assert "The number was corrected to [2]" in sources.source(answer, 5, 2, DART, words=EN)
    assert "corrected" not in sources.source(answer, 5, 1, DART, words=EN)


def test_who_else_carries_the_story_is_named_and_opens() -> None:
    outline = Outline(sources.source(citing((1, "NASA")), 5, 1, DART, words=EN, copies=(DART, OTHER)))
    assert [a["data-article"] for tag, a in outline.tags if "data-article" in a] == ["other"]
    assert "Evening Post" in "".join(outline.text)
    assert not Outline(sources.article(DART, words=EN, copies=(DART,))).classes("carried")


def test_an_author_that_the_source_names_already_is_not_said_twice() -> None:
    words = Outline(sources.article(replace(DART, authors=("Space desk", "A. Writer")), words=EN)).text
    assert "by A. Writer" in words


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), max_size=6)


@given(st.text(alphabet="ab \n<&", max_size=40), spans)
def test_marking_loses_and_repeats_no_words_and_marks_what_was_asked(
    text: str, wanted: list[tuple[int, int, bool]]
) -> None:
    places = [
        Place(min(start, end), max(start, end), number, now)
        for number, (start, end, now) in enumerate(wanted)
        if min(start, end) < max(start, end) <= len(text)
    ]
    runs = [run for paragraph in sources.marked(text, places) for run in paragraph]
    assert "".join(run.text for run in runs) == "".join(line.rstrip() for line in text.split("\n"))
    covered = {at for place in places for at in range(place.start, place.end)}
    at, expected = 0, ""
    for line in text.split("\n"):
        expected += "".join(c for n, c in enumerate(line.rstrip(), at) if n in covered)
        at += len(line) + 1
    assert "".join(run.text for run in runs if run.places) == expected
