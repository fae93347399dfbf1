"""The writer that quotes. What the reader says of each sentence is played here; a few are really read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.checking.citations import CitedText
from assistant.language.words import content_words, is_dangling
from assistant.models.prompt import NO_ANSWER
from assistant.reader import Evidence, Reader
from assistant.writing.extractive import (
    PASSAGES,
    ExtractiveWriter,
    attribution,
    has_all,
    is_whole,
    names_and_years,
)
from tests.assistant.making import MEETING, corrected, match, matches
from vectorstore.types import Match

LANDING = (
    "India landed a spacecraft on the Moon on 23 August 2023. The lander Vikram touched down near the south pole. "
    "It was India's second attempt. The first lander crashed in September 2019. The rover weighs 26 kilograms."
)
QUESTION = "What is known of it?"

Play = Callable[[Mapping[str, float]], list[str]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Has the reader give each sentence the probability of the words in it, and the others none.

    The questions that it is asked are in the list that comes back.
    """
    asked: list[str] = []

    def set_to(chances: Mapping[str, float]) -> list[str]:
        def answers(
            self: Reader, question: str, passages: Sequence[Evidence], similarities: Sequence[float] | None = None
        ) -> list[NDArray[np.float64]]:
            asked.append(question)
            return [
                np.array([max((c for words, c in chances.items() if words in s), default=0.0) for s in each.sentences])
                for each in passages
            ]

        monkeypatch.setattr(Reader, "answers", answers)
        return asked

    return set_to


def shared_words(text: str, others: Sequence[str]) -> NDArray[np.float32]:
    """Cosine of word sets: what texts share, without a model."""
    words = set(content_words(text))
    held = [set(content_words(other)) for other in others]
    return np.array([len(words & each) / max(1, len(words) * len(each)) ** 0.5 for each in held], dtype=np.float32)


def answer(found: Sequence[Match], question: str = QUESTION) -> str:
    return "".join(ExtractiveWriter(shared_words).write(question, found))


def test_the_surest_sentence_comes_first_and_whole_with_source_day_and_marker(play: Play) -> None:
    play({"rover": 0.9})
    assert answer(matches(["Nothing of interest happened in the city.", LANDING])) == (
        "Starter Library, Europe desk, 2 September 2024: “The rover weighs 26 kilograms.” [2]"
    )


def test_source_and_day_stand_once_for_the_sentences_of_an_article(play: Play) -> None:
    play({"rover": 0.9, "south pole": 0.8, "drew a crowd": 0.75})
    text = answer(matches([LANDING, "The landing drew a crowd in Delhi."]))
    first, second = text.split("\n\n")
    assert first.count("Starter Library") == 1
    assert len(re.findall("“.+?”", first)) == 2
    assert second == "Starter Library, Europe desk, 2 September 2024: “The landing drew a crowd in Delhi.” [2]"


def test_at_most_two_more_follow_and_only_such_as_answer_nearly_as_surely(play: Play) -> None:
    play({"India landed": 0.95, "rover": 0.9, "first lander": 0.85, "south pole": 0.8})
    assert "south pole" not in answer(matches([LANDING]))
    play({"India landed": 0.95, "rover": 0.52})
    assert "rover" not in answer(matches([LANDING]))


def test_where_no_sentence_is_sure_enough_there_is_no_answer(play: Play) -> None:
    play({"rover": 0.45})
    assert answer(matches([LANDING])) == NO_ANSWER
    assert answer([]) == NO_ANSWER


def test_words_that_the_question_quotes_are_found_as_a_string_wherever_they_stand(play: Play) -> None:
    play({"weather": 0.99})
    said = "“We will not go back before they talk to us,” said Ada Voss, who heads the union."
    others = [f"The weather of day {number} was fair all over the coast." for number in range(PASSAGES)]
    found = matches([*others, said])
    text = answer(found, "Who said “will not go back before they talk to us”?")
    assert text.endswith(f"‘{said}’ [{PASSAGES + 1}]")
    assert "weather" not in text


def test_a_quotation_is_given_from_its_first_mark_and_from_the_name_of_its_speaker(play: Play) -> None:
    play({"weather": 0.99})
    said = "“We could have waited. We chose not to,” she told reporters in Bodø."
    named = f"The ships cost a lot, according to the head of the line, Marit Egge. {said}"
    assert answer(matches([named]), "Who said “we chose not to”?").endswith(f"‘{named}’ [1]")


def test_words_in_marks_that_stand_nowhere_leave_the_question_to_the_reader(play: Play) -> None:
    play({"rover": 0.9})
    assert "rover" in answer(matches([LANDING]), "What weighs 26 kilograms, “as everybody in the town knew”?")


def test_articles_that_say_the_same_are_cited_together(play: Play) -> None:
    play({"Spain": 0.9})
    once = "Spain beat England in the final of the World Cup in Sydney on Sunday."
    again = "Spain beat England in the final of the World Cup in Sydney on Sunday evening."
    text = answer([match(once, 1), match(again, 2)])
    assert re.search(r"” \[1\] \[2\]|” \[2\] \[1\]", text)
    assert text.count("“") == 1


def test_articles_that_give_different_figures_are_never_cited_together(play: Play) -> None:
    play({"Spain": 0.9})
    once = "Spain sold 40,000 tickets for the final of the World Cup in Sydney on Sunday."
    again = "Spain sold 60,000 tickets for the final of the World Cup in Sydney on Sunday."
    text = answer([match(once, 1), match(again, 2)])
    assert "40,000" in text
    assert "60,000" in text
    assert not re.search(r"\[\d\] \[\d\]", text)


def test_a_notice_is_quoted_whole_and_only_where_its_article_does_not_answer(play: Play) -> None:
    notice = "Correction: An earlier version of this article said that 45 people died. It was 54."
    found = corrected(match(f"The fire killed 54 people on Monday.\n\n{notice}"))
    play({"45 people died": 0.9, "killed 54 people": 0.6})
    assert answer([found]).endswith(": “The fire killed 54 people on Monday.” [1]")
    play({"It was 54": 0.9})
    assert answer([found]).endswith(f": “{notice}” [1]")
    cut = found.passage.end - len(" It was 54.")
    play({"45 people died": 0.9})
    text = found.article.text[found.start : cut]
    assert answer([replace(found, passage=replace(found.passage, end=cut, text=text))]) == NO_ANSWER


def test_the_newer_figure_goes_first_though_the_older_one_answers_more_surely(play: Play) -> None:
    play({"2,316": 0.95, "53,537": 0.8})
    early = match("The ministry counted 2,316 dead in Türkiye.", 1, published=date(2023, 2, 6))
    late = match("The ministry counted 53,537 dead in Türkiye.", 2, published=date(2024, 2, 6))
    text = answer([early, late])
    assert 0 <= text.find("53,537") < text.find("Earlier figure") < text.find("2,316")


def test_a_newer_figure_that_others_answer_more_surely_than_still_goes_first(play: Play) -> None:
    play({"2,316": 0.95, "bridges": 0.9, "airport": 0.85, "53,537": 0.7})
    others = ["Thousands of bridges fell down.", "Nobody left the airport of Hatay."]
    early = match(" ".join(["The ministry counted 2,316 dead in Türkiye.", *others]), 1, published=date(2023, 2, 6))
    late = match("The ministry counted 53,537 dead in Türkiye.", 2, published=date(2024, 2, 6))
    text = answer([early, late])
    assert 0 <= text.find("53,537") < text.find("Earlier figure") < text.find("2,316")


def test_a_sentence_that_begins_with_he_brings_the_one_before_it_in_the_same_quotation(play: Play) -> None:
    play({"promised": 0.9})
    text = "Rain fell. Both ministers spoke to reporters. He promised twelve new drones to the brigade. Rain fell."
    assert answer(matches([text])).endswith(
        "“Both ministers spoke to reporters. He promised twelve new drones to the brigade.” [1]"
    )


@pytest.mark.parametrize(
    ("text", "dangling"),
    [
        ("He said so.", True),
        ("“They will come,” was all.", True),
        ("The latter is older.", True),
        ("This week the council met.", False),
        ("It is likely that the council will meet.", False),
        ("Hermann met the council.", False),
    ],
)
def test_words_that_stand_for_something_earlier_are_noticed(text: str, dangling: bool) -> None:
    assert is_dangling(text) is dangling


@pytest.mark.parametrize(
    "leftover",
    [
        "Photos: The bridge in Baltimore after its collapse in March.",
        "Read more about the bridge in Baltimore and its collapse.",
        "Sign up for our newsletter about the bridge in Baltimore.",
        "Updated at 9 a.m. with the name of the bridge in Baltimore.",
        "Editor’s note: this story about the bridge was changed.",
        "The bridge in Baltimore, seen from the air. Getty Images.",
        "The Bridge Collapse In Baltimore And What Came After It.",
        "The collapse of the bridge in Baltimore",
        "Bridge collapsed.",
    ],
)
def test_captions_headings_and_leftovers_of_pages_are_never_quoted(play: Play, leftover: str) -> None:
    play({"ridge": 1.0, "Getty": 1.0, "rammed": 0.9})
    told = "A ship had rammed one of the piers at night."
    assert answer(matches([f"{leftover}\n\n{told}"])).endswith(f"“{told}” [1]")


@pytest.mark.parametrize(
    "text",
    ["Related work was done by two other groups.", "Watch makers in Geneva sold less in May.", "他们昨天在巴黎会面。"],
)
def test_ordinary_sentences_are_whole(text: str) -> None:
    assert is_whole(text)


def test_a_dateline_is_left_out_and_wrapped_lines_become_one(play: Play) -> None:
    play({"Shoppers": 0.9, "castle": 0.9})
    assert "“Shoppers bought fewer drones in May.” [1]" in answer(
        matches(["New York (CNN) — Shoppers bought fewer drones in May."])
    )
    assert "“The ministers met in the castle for two hours.” [1]" in answer(
        matches(["The ministers met in the\ncastle for two hours."])
    )


def test_a_sentence_with_quotation_marks_stands_between_single_ones(play: Play) -> None:
    play({"council": 0.9})
    assert answer(matches(['The council called the plan "a risk" in May.'])).endswith(
        '‘The council called the plan "a risk" in May.’ [1]'
    )


def test_the_reader_is_asked_with_the_spelling_of_the_passages(play: Play) -> None:
    asked = play({"embassy": 0.9})
    answer(matches(["Valerii Zaluzhnyi took over the embassy in London."]), "What did Zaluzhny take over?")
    assert asked == ["What did Zaluzhnyi take over?"]


def test_an_unknown_source_gives_way_to_the_title_without_marks_and_an_unknown_day_is_said() -> None:
    article = match(LANDING, title='The "final" word on the many meetings of the ministers', source=None).article
    assert attribution(article) == "The final word on the many…, 2 September 2024"
    assert attribution(replace(article, source="UNN", published=None)) == "UNN, undated"
    assert attribution(replace(article, source="UNN", updated=date(2024, 9, 5))) == (
        "UNN, 2 September 2024, updated 5 September 2024"
    )


@pytest.mark.parametrize(
    "text",
    [
        LANDING,
        "“We have drones,” Umerov told the council in Paris. The council agreed to send 45 more drones.",
        "The treaty was signed in Paris by 45 states.[2] The council of Paris [1] kept the drones.",
        'The council\'s members\' "drone plan" for Paris was dropped in 2019. It cost 5" of every page.',
        "The *council* of <b>Paris</b> sent `drones` to [the front](http://example.org) in 2019.",
    ],
)
def test_what_is_written_is_verified_by_the_check_of_answers(play: Play, text: str) -> None:
    play({" ": 0.9})
    found = matches([text])
    cited = CitedText(found)
    for piece in ExtractiveWriter(shared_words).write(QUESTION, found):
        cited.feed(piece)
    cited.finish()
    statements = cited.statements()
    assert statements
    assert {(each.support, each.reason) for each in statements} == {("verified", "")}
    assert all(each.article.text[each.start : each.end] == each.quote for each in cited.citations)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=4), st.text())
def test_whatever_the_text_every_quotation_is_in_its_passage(texts: list[str], question: str) -> None:
    found = [match(f"{text} and so the council met.", number) for number, text in enumerate(texts, 1)]
    for quoted in ExtractiveWriter(shared_words).select(question, found):
        assert quoted.match is found[quoted.number - 1]
        assert quoted.text in " ".join(quoted.match.text.split())


# -- read by the reader itself


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When did India land a spacecraft on the Moon?", "“India landed a spacecraft on the Moon on 23 August 2023"),
        ("How much does the rover weigh?", "“The rover weighs 26 kilograms.”"),
        ("Where did Vikram touch down?", "The lander Vikram touched down near the south pole."),
    ],
)
def test_plain_questions_get_the_sentence_that_answers_first(question: str, words: str) -> None:
    first = answer(matches([LANDING]), question).split(" [1]")[0]
    assert words in first


def test_a_question_of_something_else_gets_none() -> None:
    assert answer(matches([LANDING]), "Who won the chess olympiad of 1930 in Hamburg?") == NO_ANSWER


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("Whom did Umerov meet?", True),
        ("What did the Ukrainian minister say in September 2024?", True),
        ("What did Stoltenberg say?", False),
        ("Whom did Umerov meet in 2019?", False),
    ],
)
def test_an_article_must_know_the_names_and_years_of_a_question(question: str, known: bool) -> None:
    article = match(MEETING).article
    assert has_all(article, *names_and_years(question)) is known
