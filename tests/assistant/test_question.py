"""Follow-ups become questions that stand alone, by rules; others are left as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.antecedents import Exchange
from assistant.question import standalone
from assistant.words import content_words

MEETING = Exchange(
    "Whom did Umerov meet in Paris?",
    "Ukraine's Defence Minister Rustem Umerov met his French counterpart, Sébastien Lecornu, in Paris.",
)
CUP = Exchange("Who won the World Cup in 2022?", "Argentina won the World Cup on 18 December 2022.")
NATO = Exchange("When did Sweden join NATO?", "Sweden became the 32nd member of NATO on 7 March 2024.")
GOLD = Exchange("How many gold medals did the United States win in Tokyo?", "The United States won 39 gold medals.")
DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(
    ("before", "question", "alone"),
    [
        (MEETING, "When was that?", "When did Umerov meet Sébastien Lecornu in Paris?"),
        (MEETING, "Who is he?", "Who is Sébastien Lecornu?"),
        (MEETING, "What did they talk about?", "What did Umerov and Sébastien Lecornu talk about?"),
        (MEETING, "And what about drones?", "What about drones (whom Umerov met in Paris)?"),
        (MEETING, "Tell me more.", "Tell me more about Umerov, Paris."),
        (CUP, "When was that?", "When was that (Argentina won the World Cup in 2022)?"),
        (CUP, "And in 2018?", "Who won the World Cup in 2018?"),
        (CUP, "And the Women's World Cup in 2023?", "Who won the Women's World Cup in 2023?"),
        (NATO, "And Finland?", "When did Finland join NATO?"),
        (NATO, "Why?", "Why did Sweden join NATO?"),
        (GOLD, "In Paris too?", "How many gold medals did the United States win in Paris?"),
        (GOLD, "And China?", "How many gold medals did China win in Tokyo?"),
    ],
)
def test_a_follow_up_stands_alone(before: Exchange, question: str, alone: str) -> None:
    made = standalone(question, [before])
    assert made.text == alone
    assert made.leans
    assert made.continues
    assert standalone(question, []).text == question


ELECTION = Exchange(
    "Who won the US presidential election?",
    "Donald Trump won the presidential election in the United States against Vice-President Kamala Harris.",
)
FALL = Exchange(
    "Why did Odysseus fall over?", "The company's chief executive, Steve Altemus, said that it tipped over."
)
DRONES = Exchange("Which drones does Ukraine use?", "Ukraine uses the Bayraktar TB2 and many small drones.")
PARK = Exchange("Which companies own Dogger Bank?", "They are SSE Renewables of Scotland and Equinor of Norway.")
APPLE = Exchange(
    "What did Apple announce?", "Apple announced the iPhone 16 on 9 September 2024. Tim Cook presented it in Cupertino."
)
ATTACK = Exchange("What is the latest on the Kharkiv attack?", "12 people were injured, Oleh Syniehubov said.")
AID = Exchange("How much did the EU give Ukraine?", "About 98 billion euros, Ursula von der Leyen said.")
SUMMIT = Exchange("Did Trump meet Putin in Alaska?", "Trump met Putin in Anchorage.")
TWITTER = Exchange("Why does Musk own Twitter?", "Elon Musk bought Twitter in 2022.")
STUDY = Exchange("Who won the economics prize in 2023?", "Claudia Goldin of Harvard University won the prize.")


@pytest.mark.parametrize(
    ("before", "question", "alone"),
    [
        (ELECTION, "How old is he?", "How old is Donald Trump?"),
        (ELECTION, "When did she concede?", "When did Kamala Harris concede?"),
        (FALL, "What did he show to reporters?", "What did Steve Altemus show to reporters?"),
        (FALL, "Is it true?", "Is it true (Odysseus fell over)?"),
        (STUDY, "Where does she work?", "Where does Claudia Goldin work?"),
        (DRONES, "Who makes them?", "Who makes them (drones Ukraine uses)?"),
        (PARK, "Where is it?", "Where is Dogger Bank?"),
        (TWITTER, "Is it profitable?", "Is Twitter profitable?"),
        (APPLE, "Who is he?", "Who is Tim Cook?"),
        (APPLE, "What did he say?", "What did he say (what Apple announced)?"),
        (AID, "Where was she born?", "Where was Ursula von der Leyen born?"),
        (SUMMIT, "Was Zelensky there?", "Was Zelensky in Alaska?"),
        (MEETING, "How long did it last?", "How long did it last (Umerov met Sébastien Lecornu in Paris)?"),
        (MEETING, "Where do they live?", "Where do Umerov and Sébastien Lecornu live?"),
        (MEETING, "Why did he go there?", "Why did he go to Paris (Umerov met Sébastien Lecornu in Paris)?"),
        (MEETING, "Who's that?", "Who's that (Umerov met Sébastien Lecornu in Paris)?"),
    ],
)
def test_a_pronoun_becomes_what_it_can_stand_for(before: Exchange, question: str, alone: str) -> None:
    assert standalone(question, [before]).text == alone


@pytest.mark.parametrize(
    ("before", "question", "alone"),
    [
        (MEETING, "Who else?", "Whom else did Umerov meet in Paris?"),
        (MEETING, "How come?", "Why did Umerov meet Sébastien Lecornu in Paris?"),
        (MEETING, "not Paris, London", "Whom did Umerov meet in London?"),
        (GOLD, "What about 2016?", "How many gold medals did the United States win in Tokyo in 2016?"),
        (GOLD, "What about silver?", "What about silver (gold medals the United States won in Tokyo)?"),
        (GOLD, "Why?", "Why (gold medals the United States won in Tokyo)?"),
        (NATO, "And in June?", "When did Sweden join NATO in June 2024?"),
        (ATTACK, "And in Kyiv?", "What is the latest on the attack in Kyiv?"),
        (CUP, "And the Copa América?", "Who won the Copa América in 2022?"),
        (NATO, "And what did Stoltenberg say?", "What did Stoltenberg say (Sweden joined NATO)?"),
        (NATO, "Has everyone voted yet?", "Has everyone voted yet (Sweden joined NATO)?"),
    ],
)
def test_a_fragment_goes_on_with_the_last_question(before: Exchange, question: str, alone: str) -> None:
    assert standalone(question, [before]).text == alone


PARIS = Exchange("Кого Умєров зустрів у Парижі?", MEETING.answer)
ALLIANCE = Exchange(
    "Коли Швеція вступила до НАТО?", "Швеція вступила 7 березня, сказав прем’єр-міністр Ульф Крістерссон."
)
MISSILES = Exchange("Які ракети Макрон обіцяв Україні?", "In 2023 Emmanuel Macron promised SCALP missiles.")
MADE = Exchange("Скільки дронів Україна виготовила у 2024 році?", "Понад мільйон, сказав міністр Рустем Умєров.")


@pytest.mark.parametrize(
    ("before", "question", "alone"),
    [
        (PARIS, "А що з дронами?", "А що з дронами (Умєров зустрів у Парижі)?"),
        (PARIS, "Коли це було?", "Коли Умєров зустрів у Парижі Sébastien Lecornu?"),
        (PARIS, "Хто він?", "Хто він (Sébastien Lecornu)?"),
        (PARIS, "А у Франції?", "Кого Умєров зустрів у Франції?"),
        (PARIS, "не у Парижі, а у Відні", "Кого Умєров зустрів у Відні?"),
        (PARIS, "Хто ще там був?", "Хто ще у Парижі був (Умєров зустрів у Парижі)?"),
        (PARIS, "Розкажи більше", "Розкажи докладніше (Умєров зустрів у Парижі)."),
        (MEETING, "Чому?", "Чому (whom Umerov met in Paris)?"),
        (ALLIANCE, "Чому?", "Чому Швеція вступила до НАТО?"),
        (ALLIANCE, "А Фінляндія?", "Коли Фінляндія вступила до НАТО?"),
        (ALLIANCE, "А що щодо ЄС?", "А що щодо ЄС (Швеція вступила до НАТО)?"),
        (MISSILES, "Коли він це сказав?", "Коли Emmanuel Macron це сказав?"),
        (ALLIANCE, "Що він сказав?", "Що Ульф Крістерссон сказав?"),
        (ALLIANCE, "Коли вона подала заявку?", "Коли Швеція подала заявку?"),
        (ALLIANCE, "Хто був проти?", "Хто був проти (Швеція вступила до НАТО)?"),
        (MADE, "А Росія?", "Скільки дронів Росія виготовила у 2024 році?"),
        (MADE, "А у 2023?", "Скільки дронів Україна виготовила у 2023 році?"),
        (MADE, "Скільки йому років?", "Скільки йому (Рустем Умєров) років?"),
    ],
)
def test_a_ukrainian_follow_up_stands_alone(before: Exchange, question: str, alone: str) -> None:
    made = standalone(question, [before])
    assert made.text == alone
    assert made.leans
    assert made.continues


@pytest.mark.parametrize(
    "question",
    ["Чому впала гривня?", "Що таке мпокс?", "Що сталося в Харкові?", "А тепер про інше: хто виграв Євробачення?"],
)
def test_a_ukrainian_question_of_its_own_is_left_as_it_is(question: str) -> None:
    made = standalone(question, [PARIS])
    assert (made.text, made.leans, made.continues) == (question, False, False)


def test_a_ukrainian_question_about_the_same_name_continues_in_any_case() -> None:
    made = standalone("Чи правда, що президент прийняв відставку Умєрова?", [PARIS])
    assert (made.leans, made.continues) == (False, True)


def test_a_pronoun_that_may_mean_two_people_is_not_guessed() -> None:
    made = standalone("Which officials accompanied him?", [MEETING])
    assert made.text == "Which officials accompanied him (Umerov met Sébastien Lecornu in Paris)?"


def test_a_name_of_the_question_itself_is_what_its_pronoun_stands_for() -> None:
    for question in (
        "Why did CrowdStrike apologise for its update?",
        "What did Macron say when he came to Notre-Dame?",
    ):
        assert standalone(question, [MEETING]).text == question


def test_the_second_one_is_the_second_name_of_the_answer() -> None:
    prize = Exchange("Who won the medicine prize?", "Katalin Karikó and Drew Weissman receive the prize.")
    assert standalone("And the second one?", [prize]).text == "Tell me more about Drew Weissman."
    assert standalone("The latter?", [prize]).text == "Tell me more about Drew Weissman."


def test_a_question_about_the_same_names_continues_without_being_rewritten() -> None:
    question = "How many years did Sweden wait for Turkey's consent?"
    made = standalone(question, [NATO])
    assert made.text == question
    assert (made.leans, made.continues) == (False, True)


@pytest.mark.parametrize(
    "question",
    [
        "How many drones will France build in 2025?",
        "Which European countries voted for the law this week?",
        "How does a heat pump work?",
        "Something else: who won the election in Brazil?",
        "Which drugs that lower blood pressure are sold?",
        "Who is Rosaline and how is she related to the Capulets?",
        "The bank announced a new loan this week in Lagos. How much does it cost?",
        "Which company said it will seek approval for its new vaccine this autumn?",
        "When the river took a right turn, what did it create?",
        "Why are there just 28 days in February?",
    ],
)
def test_a_question_of_its_own_is_left_as_it_is(question: str) -> None:
    made = standalone(question, [CUP])
    assert made.text == question
    assert not made.leans
    assert not made.continues


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "follow_ups.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row["question"]))
def test_the_table_of_follow_ups(row: dict[str, Any]) -> None:
    said: list[Exchange] = []
    for asked, answered in zip(row["history"][::2], row["history"][1::2], strict=True):
        if asked["content"] != "Thanks!":
            said.append(Exchange(standalone(asked["content"], said).text, answered["content"]))
    made = standalone(row["question"], said)
    assert made.leans == bool(row["articles"])
    assert all(held.lower() in made.text.lower() for held in row["holds"])
    conversation = [row["question"], *(turn["content"] for turn in row["history"])]
    known = set(content_words(" ".join(conversation))) | set(content_words("tell whether"))
    invented = set(content_words(made.text)) - known
    assert not invented


_PIECES = st.lists(
    st.sampled_from(
        "and the Umerov Умєров did what which how many it he they that in 2023 of 's ( ) ? . a Who does its а що у він"
        " там їх ще не not i mean X, - ’ / else there then".split()
    ),
    min_size=1,
    max_size=40,
).map(" ".join)


@given(_PIECES, _PIECES, _PIECES)
@settings(max_examples=150, deadline=None)
def test_any_words_are_taken_in_any_order(question: str, before: str, answer: str) -> None:
    made = standalone(question, [Exchange(before, answer)])
    assert made.text
    assert made.continues or not made.leans
    assert made.leans == (made.text != question)
