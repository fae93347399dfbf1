"""What a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.families import content_families, question_families
from assistant.kinds import adds_kind, holds_kind, is_plan, wanted


@pytest.mark.parametrize(
    ("question", "kind", "extent"),
    [
        ("Who met Lecornu?", "who", "one"),
        ("When did the lander touch down?", "when", "one"),
        ("Where did it land?", "where", "one"),
        ("How many people died?", "number", "one"),
        ("What did the reactor cost?", "number", "one"),
        ("What was the price of the ticket?", "number", "one"),
        ("Did Sweden join NATO?", "yes_no", "one"),
        ("Why did the bridge collapse?", "why", "explanation"),
        ("What is a heat pump?", "definition", "explanation"),
        ("How does a heat pump work?", "how", "explanation"),
        ("What happened in Baltimore?", "open", "course"),
        ("Give me a timeline of the outage", "open", "course"),
        ("Which countries joined NATO in 2004?", "which", "list"),
        ("Which is larger, Dimorphos or Didymos?", "which", "comparison"),
        ("drones for ukraine", "open", "account"),
        ("who won the final", "who", "account"),
        ("when was the final", "when", "account"),
        ("how many drones were promised", "number", "account"),
        ("In what year was it built?", "when", "one"),
        ("Which country won?", "where", "one"),
        ("What percentage of the votes did it get?", "number", "one"),
        ("What satellite was used when the service was launched?", "which", "one"),
        ("The storm that struck when nobody watched is over. Where did it begin?", "where", "one"),
        ("", "open", "account"),
    ],
)
def test_kind_and_extent_are_read_from_the_words_that_ask(question: str, kind: str, extent: str) -> None:
    want = wanted(question)
    assert (want.kind, want.extent) == (kind, extent)


def test_the_two_names_of_a_comparison_are_known() -> None:
    assert wanted("Which is larger, Dimorphos or Didymos?").compared == ("Dimorphos", "Didymos")
    assert wanted("Is Finland larger than Sweden?").compared == ("Finland", "Sweden")
    assert wanted("Is Finland in NATO?").compared is None


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        ("How many people did the earthquake kill?", True),
        ("how many people did the earthquake kill", True),
        ("When will the reactor start?", True),
        ("Who is the prime minister?", True),
        ("Who won the prize in 2023?", False),
        ("When did the bridge collapse?", False),
        ("Why did it fail?", False),
    ],
)
def test_counts_plans_and_states_may_be_others_by_now(question: str, changes: bool) -> None:
    assert wanted(question).changes is changes


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [
        ("What did the plant cost?", "It came to 35 billion dollars.", "It took 7 years."),
        ("How far did it fly?", "It covered 17 kilometres.", "It made 72 flights."),
        ("How old was the winner?", "The winner, aged 35, wept.", "The winner scored 7 goals."),
        ("What percentage voted for Lula?", "He had 50.9 per cent of them.", "He had 60.3 million of them."),
        ("How many people died?", "It put the dead at 48.", "A wave of 1.2 metres was measured."),
        (
            "How many people died?",
            "Six men of the crew that was repairing the bridge died.",
            "Six men were repairing it.",
        ),
        ("How strong was the earthquake?", "It had a magnitude of 7.6.", "It killed 240 people."),
        ("How long did it last?", "It went on for three days.", "It was seen by 40 boats."),
        ("Who is the president of Finland?", "President Sauli Niinistö spoke.", "The President of Finland spoke."),
        ("Which company built it?", "It was made by GE Vernova.", "It was made by hand."),
        ("What caused the outage?", "A faulty update crashed them.", "The update came on Friday."),
        ("How many members are there?", "There are 32 members.", "It is the 32nd by age."),
        ("Where did it land?", "It came down in Utah.", "It came down at 3 p.m. on Monday."),
        ("Who scored?", "Olga Carmona scored.", "It was late."),
        ("Why did it fail?", "It failed because a cable broke.", "It failed on the third try."),
        ("What is a heat pump?", "A heat pump moves heat.", "A good heat pump costs more."),
    ],
)
def test_a_sentence_with_the_right_kind_of_thing_is_told_from_one_without(
    question: str, better: str, worse: str
) -> None:
    want, asked = wanted(question), question_families(question)
    assert holds_kind(want, better, asked) > holds_kind(want, worse, asked)


@pytest.mark.parametrize(
    ("question", "happened"),
    [
        ("Where did the capsule splash down?", True),
        ("How many drones did France promise?", True),
        ("Did Sweden join NATO?", True),
        ("Where will the capsule splash down?", False),
        ("When did the agency say it will launch?", False),
        ("How did it end?", False),
        ("drones", False),
    ],
)
def test_a_question_in_the_past_asks_for_what_happened(question: str, happened: bool) -> None:
    assert wanted(question).happened == happened


@pytest.mark.parametrize(
    ("sentence", "plan"),
    [
        ("The capsule will splash down in the Pacific.", True),
        ("Orion is to pass close to the Moon.", True),
        ("The launch is planned for 2024.", True),
        ("The count is to date the highest.", False),
        ("It splashed down as planned.", False),
        ("He was to become king in 1702.", False),
    ],
)
def test_a_plan_is_told_from_a_report(sentence: str, plan: bool) -> None:
    assert is_plan(sentence) == plan


def test_what_the_question_itself_says_is_no_answer() -> None:
    question = "When after 5 May did Umerov speak?"
    assert holds_kind(wanted(question), "Umerov spoke on 5 May.", question_families(question)) == 0


def test_a_part_without_name_figure_or_day_adds_no_answer() -> None:
    assert not adds_kind(wanted("Who met Lecornu?"), "which lasted for hours", ["meet", "lecornu"])
    assert adds_kind(wanted("Who met Lecornu?"), "who was with Umerov", ["meet", "lecornu"])
    assert not adds_kind(wanted("How many came?"), "which pleased the mayor", [])
    assert adds_kind(wanted("Did it work?"), "which pleased the mayor", [])


def test_verbs_and_their_nouns_peoples_and_their_countries_are_one_family() -> None:
    assert content_families("It first flew") == content_families("the first flight")
    assert content_families("German losses") == content_families("Germany lost")
    assert content_families("killed") == content_families("deaths")
    assert content_families("withdrew") == content_families("withdrawn") == content_families("a withdrawal")
    assert content_families("sank") == content_families("sinking")
    assert content_families("Germany") != content_families("France")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert 0 <= holds_kind(wanted(text), text, question_families(text)) <= 1
