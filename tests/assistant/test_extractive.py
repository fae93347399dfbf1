"""The writer that quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.citations import CitedText
from assistant.extractive import CANDIDATES, MOST_SENTENCES, ExtractiveWriter, attribution, is_dangling, is_whole
from assistant.words import content_words
from tests.assistant.making import match, matches
from vectorstore.splitter import sentences
from vectorstore.types import Match


def shared_words(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """Cosine of word sets: what texts share, without a model."""
    asked = set(content_words(question))
    held = [set(content_words(text)) for text in texts]
    return np.array([len(asked & each) / max(1, len(asked) * len(each)) ** 0.5 for each in held], dtype=np.float32)


def answer(question: str, found: Sequence[Match]) -> str:
    return "".join(ExtractiveWriter(shared_words).write(question, found))


LANDING = (
    "India landed a spacecraft on the Moon on 23 August 2023. The lander Vikram touched down near the south pole. "
    "It was India's second attempt. The first lander crashed in September 2019. The rover weighs 26 kilograms."
)


def test_the_sentence_that_answers_is_quoted_with_source_day_and_marker() -> None:
    text = answer("When did India land a spacecraft on the Moon?", matches([LANDING]))
    assert text == (
        "Starter Library, Europe desk, 2 September 2024: “India landed a spacecraft on the Moon on 23 August 2023.” [1]"
    )


def test_the_marker_names_the_passage_among_those_given() -> None:
    text = answer(
        "How much does the rover weigh?", matches(["Nothing of interest happened in the city today.", LANDING])
    )
    assert "“The rover weighs 26 kilograms.” [2]" in text


def test_an_unknown_source_gives_way_to_the_title_and_an_unknown_day_is_said() -> None:
    article = match(LANDING, source=None, published=None).article
    assert attribution(article) == "A meeting in Paris, undated"


def test_a_long_title_is_cut_and_brings_no_quotation_marks_of_its_own() -> None:
    article = match(
        LANDING, title='The "final" word on the many meetings of the ministers in Paris', source=None
    ).article
    assert attribution(article) == "The final word on the many…, 2 September 2024"
    article = replace(article, source="UNN", updated=date(2024, 9, 5))
    assert attribution(article) == "UNN, 2 September 2024, updated 5 September 2024"


def test_a_sentence_with_the_figure_goes_before_one_that_repeats_the_question() -> None:
    repeats = "The weight of the asteroid sample was an open question for months."
    tells = "NASA put the asteroid sample at 121.6 grams in the end."
    assert tells in answer("How much does the asteroid sample weigh?", matches([f"{repeats} {tells}"]))


def test_a_question_in_the_text_is_no_answer() -> None:
    text = "Who won the final in Berlin? The final in Berlin was decided late by Spain."
    assert "Who won" not in answer("Who won the final in Berlin?", matches([text]))


@pytest.mark.parametrize(
    "fragment",
    [
        "Photos: The bridge in Baltimore after its collapse in March.",
        "Read more about the bridge in Baltimore and its collapse.",
        "The Bridge Collapse In Baltimore And What Came After It.",
        "The collapse of the bridge in Baltimore",
        "Bridge collapse Baltimore Hide Caption the bridge collapsed.",
        "Bridge collapsed.",
    ],
)
def test_captions_headings_and_leftovers_of_pages_are_never_quoted(fragment: str) -> None:
    assert not is_whole(fragment)
    told = "A ship had rammed one of the piers at night."
    text = answer("Why did the bridge in Baltimore collapse?", matches([f"{fragment}\n\n{told}"]))
    assert told in text
    assert fragment not in text


@pytest.mark.parametrize(
    "text",
    [
        "More than 50 people were killed in the collapse.",
        "Related work was done by two other groups.",
        "Watch makers in Geneva sold less in May.",
        "他们昨天在巴黎会面。",
        "Міністри зустрілися в Парижі.",
    ],
)
def test_ordinary_sentences_are_whole(text: str) -> None:
    assert is_whole(text)


def test_nothing_is_written_when_nothing_can_be_quoted() -> None:
    assert answer("Who met in Paris?", []) == ""
    assert answer("Who met in Paris?", matches(["PARIS MEETING PHOTOS"])) == ""


def test_a_sentence_that_begins_with_he_brings_the_one_before_it_in_the_same_quotation() -> None:
    text = "Both ministers spoke to reporters. He promised twelve new drones to the brigade. Rain fell."
    assert "“Both ministers spoke to reporters. He promised twelve new drones to the brigade.” [1]" in answer(
        "How many new drones were promised to the brigade?", matches([text])
    )


def test_a_riddle_without_its_predecessor_is_passed_over() -> None:
    found = matches(
        ["He promised twelve new drones to the brigade.", "Umerov promised twelve new drones to the brigade."]
    )
    assert answer("How many new drones were promised to the brigade?", found).endswith(
        "“Umerov promised twelve new drones to the brigade.” [2]"
    )


@pytest.mark.parametrize(
    ("text", "dangling"),
    [
        ("He said so.", True),
        ("“They will come,” was all.", True),
        ("This was the second attempt.", True),
        ("The latter is older.", True),
        ("This week the council met.", False),
        ("It is likely that the council will meet.", False),
        ("Hermann met the council.", False),
        ("Both Spain and Germany have won.", False),
    ],
)
def test_words_that_stand_for_something_earlier_are_noticed(text: str, dangling: bool) -> None:
    assert is_dangling(text) is dangling


def test_an_account_keeps_the_order_of_the_article_and_joins_neighbours() -> None:
    text = answer("india moon lander south pole crash", matches([LANDING]))
    quoted = re.findall("“(.+?)”", text)
    assert [LANDING.find(each) for each in quoted] == sorted(LANDING.find(each) for each in quoted)
    assert "23 August 2023. The lander Vikram touched down near the south pole." in text


def test_what_happened_is_told_by_day() -> None:
    later = match("The channel of Baltimore was open again after the bridge collapsed.", 1, published=date(2024, 6, 10))
    first = match("The bridge in Baltimore collapsed when a ship struck it.", 2, published=date(2024, 3, 26))
    text = answer("What happened to the bridge in Baltimore?", [later, first])
    assert 0 <= text.find("26 March 2024") < text.find("10 June 2024")


def test_an_account_is_of_the_article_that_tells_the_most_of_it() -> None:
    passing = match("The harbour of Bergen is old. Whales were seen off Iceland in the summer.", 1)
    devoted = match(
        "Bergen has a harbour. The harbour of Bergen has nine quays. The harbour of Bergen is deep and free of ice. "
        "The old harbour of Bergen burned twice.",
        2,
    )
    assert "nine quays" in answer("harbour of bergen", [passing, devoted])
    assert "is old" not in answer("harbour of bergen", [passing, devoted])


def test_a_question_written_out_gets_a_shorter_answer_than_key_words() -> None:
    text = " ".join(
        f"The harbour of Bergen was rebuilt because {why}." for why in ("of a fire", "ships grew", "of war")
    )
    text += " The harbour of Bergen is deep. Its quays are long."
    written, typed = (
        answer(asked, [match(text)])
        for asked in ("Why was the harbour of Bergen rebuilt?", "harbour of bergen rebuilt")
    )
    assert "a fire" in written
    assert len(written) < len(typed)


def test_of_two_events_of_one_subject_the_one_asked_for_is_told() -> None:
    text = "Aurora of India left for the Moon on 14 July 2023. The probe landed on 23 August 2023 as planned."
    told = answer("When did the probe Aurora of India land on the Moon?", [match(text, published=None)])
    assert "23 August" in told
    assert "14 July" not in told


def test_a_name_in_another_spelling_selects_its_sentence() -> None:
    text = "Oleksandr Syrskyi took command of the army. Valerii Zaluzhnyi took over the embassy in London."
    told = answer("What did Zaluzhny take over?", [match(text)])
    assert "embassy in London" in told
    assert "Syrskyi" not in told


def test_only_the_sentences_with_the_most_of_the_question_are_compared_with_it() -> None:
    compared: list[str] = []

    def remembering(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        compared.extend(texts if "?" in question else ())
        return shared_words(question, texts)

    text = " ".join(f"Ship number {number} left for the north at noon." for number in range(30))
    found = [match(text), match("The harbour of Bergen burned in 1702 and was built anew.", 2)]
    told = "".join(ExtractiveWriter(remembering).write("When did the harbour of Bergen burn?", found))
    assert "1702" in told
    assert len(compared) == CANDIDATES


def test_no_more_sentences_are_quoted_than_can_be_read_at_a_glance() -> None:
    owners = (
        "Nowak ships furniture abroad",
        "Lind repairs old trawlers",
        "Costa stores wet grain",
        "Byrne tows empty barges",
    )
    cargo = ("heavy timber beams", "frozen herring boxes", "cement sacks", "spare turbine blades")
    text = " ".join(f"{who}. It unloads {what} with a crane." for who, what in zip(owners, cargo, strict=True))
    quoted = re.findall("“(.+?)”", answer("crane unloads", matches([text])))
    assert 4 <= sum(len(sentences(each)) for each in quoted) <= MOST_SENTENCES


def test_the_same_told_twice_is_quoted_once() -> None:
    once = "Spain beat England in the final of the World Cup in Sydney on Sunday."
    again = "Spain beat England in the final of the World Cup in Sydney on Sunday evening."
    other = "The final in Sydney drew a crowd of 75,784."
    text = answer("What happened in the final in Sydney?", [match(once, 1), match(again, 2), match(other, 3)])
    assert text.count("Spain beat England") == 1
    assert "75,784" in text


def test_a_sentence_with_quotation_marks_stands_between_single_ones() -> None:
    text = answer("What did the council call the plan?", matches(['The council called the plan "a risk" in May.']))
    assert text.endswith('‘The council called the plan "a risk" in May.’ [1]')


def test_several_articles_that_say_the_same_are_cited_together() -> None:
    once = "Spain beat England in the final of the World Cup in Sydney on Sunday."
    again = "Spain beat England in the final of the World Cup in Sydney on Sunday evening."
    text = answer("Who beat England in the final in Sydney?", [match(once, 1), match(again, 2)])
    assert re.search(r"” \[1\] \[2\]|” \[2\] \[1\]", text)
    assert text.count("“") == 1


def test_articles_that_give_different_figures_are_never_cited_together() -> None:
    once = "Spain sold 40,000 tickets for the final of the World Cup in Sydney on Sunday."
    again = "Spain sold 60,000 tickets for the final of the World Cup in Sydney on Sunday."
    text = answer("How many tickets did Spain sell for the final in Sydney?", [match(once, 1), match(again, 2)])
    assert "[1] [2]" not in text
    assert "[2] [1]" not in text


def test_the_later_count_goes_first() -> None:
    early = match("Oktay counted 2,316 dead in Türkiye.", 1, published=date(2023, 2, 6))
    late = match("Yerlikaya counted 53,537 dead in Türkiye.", 2, published=date(2024, 2, 6))
    for question in ("How many dead were counted in Türkiye?", "how many dead were counted in türkiye"):
        text = answer(question, [early, late])
        assert 0 <= text.find("53,537") < (text.find("2,316") if "2,316" in text else len(text))


def test_what_was_known_after_a_correction_goes_before_it() -> None:
    title = "Correction: how many left the harbour"
    fixed = match("Correction: 48 boats left the harbour of Bergen.", 1, title=title, published=date(2024, 1, 26))
    later = match("By evening 71 boats left the harbour of Bergen.", 2, published=date(2024, 1, 27))
    earlier = match("By evening 84 boats left the harbour of Bergen.", 2, published=date(2024, 1, 25))
    question = "How many boats left the harbour of Bergen?"
    assert "71 boats" in answer(question, [fixed, later]).partition("48 boats")[0]
    assert "84 boats" not in answer(question, [fixed, earlier]).partition("48 boats")[0]


def test_what_a_correction_calls_wrong_is_not_quoted() -> None:
    wrong = match("Ingenuity first flew on 19 May 2021 over the crater.", 1, published=date(2024, 1, 25))
    right = match(
        "Correction: Ingenuity first flew on 19 April 2021 over the crater. "
        'The sentence was: "Ingenuity first flew on 19 May 2021 over the crater."',
        2,
        title="Correction: the first flight of Ingenuity",
        published=date(2024, 1, 26),
    )
    text = answer("When did Ingenuity first fly?", [wrong, right])
    assert "19 April 2021" in text
    assert "19 May 2021" not in text


def test_he_gets_his_name_in_brackets_and_the_words_quoted_stay_verbatim() -> None:
    passage = "Rustem Umerov came to Paris. He promised twelve new drones to the brigade."
    found = matches([passage])
    question = "How many new drones were promised to the brigade?"
    assert "“[Rustem Umerov] promised twelve new drones to the brigade.” [1]" in answer(question, found)
    [quoted] = ExtractiveWriter(shared_words).select(question, found)
    assert quoted.text == "He promised twelve new drones to the brigade."


def test_a_long_sentence_is_cut_behind_the_answer_and_says_so() -> None:
    text = (
        "The council of Paris promised twelve new drones to the brigade on the eastern border of the country, which "
        "had been asking for help with great patience since the early spring of the year."
    )
    assert "on the eastern border of the country…” [1]" in answer("How many drones did Paris promise?", matches([text]))


def test_a_comparison_quotes_a_sentence_for_each_side() -> None:
    text = (
        "Dimorphos is about 160 metres across. Its dust was seen for weeks by telescopes on Earth. "
        "Didymos measures about 780 metres."
    )
    told = answer("Which is larger, Dimorphos or Didymos?", matches([text]))
    assert "160 metres" in told
    assert "780 metres" in told


def test_a_sentence_of_another_year_than_the_one_asked_for_comes_behind() -> None:
    later = match("Han Kang won the prize in literature.", 1, published=date(2024, 10, 14))
    asked = match("Jon Fosse won the prize in literature.", 2, published=date(2023, 10, 9))
    text = answer("Who won the prize in literature in 2023?", [later, asked])
    assert "Jon Fosse" in text
    assert "Han Kang" not in text.split("Jon Fosse")[0]


def test_a_plan_does_not_tell_what_happened() -> None:
    plan = match("The capsule will splash down in the Pacific near Hawaii.", 1, published=date(2022, 11, 16))
    report = match("The capsule did splash down in the Pacific near Mexico.", 2, published=date(2022, 12, 11))
    for order in ([plan, report], [report, plan]):
        assert "Mexico" in answer("Where did the capsule splash down?", order).partition("Hawaii")[0]


def test_two_articles_that_tell_different_things_are_both_quoted_when_it_is_close() -> None:
    one = match("Oktay counted 2,316 dead in Türkiye.", 1)
    two = match("AFAD counted 44,218 dead in Türkiye.", 2, published=date(2023, 2, 25))
    text = answer("How many dead were counted in Türkiye?", [one, two])
    assert "2,316" in text
    assert "44,218" in text
    assert "\n\nStarter Library, Europe desk, 25 February 2023: " in text


def test_a_dateline_is_left_out() -> None:
    found = matches(["New York (CNN Business) — Shoppers bought fewer drones in May."])
    assert "“Shoppers bought fewer drones in May.” [1]" in answer("What did shoppers buy fewer of in May?", found)


def test_lines_that_were_wrapped_by_hand_become_one() -> None:
    found = matches(["The ministers of both countries met in the\ncastle for two hours of talks."])
    assert "“The ministers of both countries met in the castle for two hours of talks.” [1]" in answer(
        "Where did the ministers meet?", found
    )


@pytest.mark.parametrize(
    "text",
    [
        LANDING,
        "“We have drones,” Umerov told the council in Paris. The council agreed to send 45 more drones.",
        "The treaty was signed in Paris by 45 states.[2] The council of Paris [1] kept the drones.",
        "Rustem Umerov came to Paris. He promised 45 drones to the council of Paris, which had been waiting for them, "
        "as everybody knew, for a long time and with great patience since the spring of the year 2019 began.",
        'The council\'s members\' "drone plan" for Paris was dropped in 2019. It cost 5" of every page.',
        "The *council* of <b>Paris</b> sent `drones` to [the front](http://example.org) in 2019.",
    ],
)
@pytest.mark.parametrize("question", ["How many drones did the council of Paris send?", "council paris drones moon"])
def test_what_is_written_is_verified_by_the_check_of_answers(question: str, text: str) -> None:
    found = matches([text, LANDING])
    cited = CitedText(found)
    for piece in ExtractiveWriter(shared_words).write(question, found):
        cited.feed(piece)
    cited.finish()
    statements = cited.statements()
    assert statements
    assert [(each.support, each.reason) for each in statements] == [("verified", "")] * len(statements)
    assert all(each.citations for each in statements)
    assert all(each.article.text[each.start : each.end] == each.quote for each in cited.citations)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=4), st.text())
def test_whatever_the_text_every_quotation_is_in_its_passage(texts: list[str], question: str) -> None:
    found = [match(f"{text} and so the council met.", number) for number, text in enumerate(texts, 1)]
    for quoted in ExtractiveWriter(shared_words).select(question, found):
        assert quoted.match is found[quoted.number - 1]
        assert quoted.text in " ".join(quoted.match.text.split())
