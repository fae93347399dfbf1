"""Which spellings are one name, which words of a question are names, and what the index makes of both."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.indexes.keywords import Keywords
from vectorstore.storage.articles.passages import Entry
from vectorstore.text.likeness import Likeness, likeness
from vectorstore.text.names import NOTHING, asked_names, names_in, respelled, tells_names, written_as_in
from vectorstore.text.spelling import fold
from vectorstore.types import Passage

ONE_NAME = """
Horbatiuk Horbatyuk | Horbatiuk Gorbatyuk | Horbatiuk Горбатюк | Horbatiuk Горбатюка | Lecornu Lecorne
Zelensky Zelenskyy | Zelensky Selenskyj | Zelensky Зеленський | Zelenskyy Зеленського | Zelenskyi Зеленский
Zelensky Zelenksy | Kyiv Kiev | Kyiv Київ | Kyiv Києва | Kiev Києві | Odesa Odessa | Odesa Одесі | Kharkiv Харькова
Tchaikovsky Chaikovskii | Tchaikovsky Tschaikowsky | Tchaikovsky Čajkovskij | Tchaikovsky Чайковский
Müller Mueller | Müller Muller | Djokovic Đoković | Walesa Wałęsa | Jørgensen Joergensen | Škoda Skoda
Putin Poutine | Putin Путіним | Biden Байдена | Trump Трамп | Merz Мерц | Scholz Шольца | Navalny Навального
Gaddafi Qaddafi | Muhammad Mohammed | Khrushchev Chruschtschow | Khrushchev Khrouchtchev | Yeltsin Jelzin
Yermak Iermak | Yermak Єрмака | Sybiha Sibiga | Prigozhin Prigojine | Lukashenko Łukaszenka | Poroshenko Порошенком
Parvanov Първанов | Tarnovo Търново | Radev Радев | Mitsotakis Μητσοτάκης | Tsipras Τσίπρας | Netanyahu Нетаньягу
Volodymyr Vladimir | Moscow Москві | Warsaw Варшаві | Zuckerberg Zuckerburg | Schwarzenegger Schwarzeneger
Kennedy Kennedys | Petrenko Petrenkos
"""

TWO_NAMES = """
Iran Iraq | Austria Australia | Slovakia Slovenia | Niger Nigeria | Kansas Arkansas | Macron Marcon | Clinton Clifton
Putin Putina | Johnson Johnston | Lenin Lennon | Baker Booker | Miller Müller | Gates Hates | Hill Gill
Korea Crimea | Mali Malawi | Guinea Guyana | Gambia Zambia | Mark March | Roman Romania | Martin Martina
Martin Morton | Merkel Markle | Chad Child | Sudan Sweden | Dominica Dominican | Paris Peres | Montana Montenegro
Robert Roberta | Victor Victoria | Jordan Gordon | India Indiana | Peru Perry | Chile China | Rubio Rubin
Meloni Milano | lecture Lecornu | hurry Harry | carton Carson | clever Clover | sedan Sudan | brown Braun
"""


def _pairs(table: str) -> list[tuple[str, str]]:
    return [
        (first, second)
        for pair in table.replace("\n", "|").split("|")
        if pair.strip()
        for first, second in [pair.split()]
    ]


def test_spellings_of_one_name_are_one() -> None:
    assert [pair for pair in _pairs(ONE_NAME) if not (likeness(*pair) and likeness(*reversed(pair)))] == []


def test_two_names_are_two() -> None:
    assert [pair for pair in _pairs(TWO_NAMES) if likeness(*pair) or likeness(*reversed(pair))] == []


@pytest.mark.parametrize(
    ("first", "second", "degree"),
    [
        ("Horbatiuk", "Gorbatyuk", Likeness.WRITTEN),
        ("Biden", "Bidden", Likeness.SOUND),
        ("Harris", "Haris", Likeness.SOUND),
        ("Trump", "Трамп", Likeness.NEAR),
        ("Zelensky", "Zelenksy", Likeness.MISTYPED),
        ("Brian", "Bryan", Likeness.SOUND),
        ("Milei", "Miley", Likeness.SOUND),
    ],
)
def test_how_sure_it_is_depends_on_what_differs(first: str, second: str, degree: Likeness) -> None:
    assert likeness(first, second) is degree


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_can_be_compared_in_either_order(first: str, second: str) -> None:
    assert likeness(first, second) is likeness(second, first)
    assert not fold(first) or likeness(first, first) is Likeness.WRITTEN


def test_words_that_a_name_may_be() -> None:
    asked = asked_names("What did O’Brien and the Kennedys’ heir say about Zelensky’s visit?")
    assert [word.text for word in asked] == ["O’Brien", "Kennedys", "Zelensky"]
    assert [word.text for word in asked_names("who is lecorne")] == ["lecorne"]
    assert [word.text for word in asked_names("Що сталося в Бережанах?")] == ["Бережанах"]
    question = "Was Horbatyuk's ferry late?"
    assert [question[word.start : word.end] for word in asked_names(question)] == ["Horbatyuk"]


def test_names_in_a_text_and_in_titles() -> None:
    assert names_in("The mayor met ZELENSKY’S envoy Ковальчук. NATO agreed.") == {
        "The",
        "Zelensky",
        "Ковальчук",
        "NATO",
    }
    assert tells_names("Lecornu resigns after a month in office")
    assert not tells_names("Seven Ways To Cook A Pumpkin This Weekend")


def test_a_question_is_written_as_the_texts_write_its_names() -> None:
    texts = ["Oleh Horbatiuk opened a mill in Kyiv.", "It rained."]
    assert written_as_in("What did Gorbatyuk open in Kiev?", texts) == "What did Horbatiuk open in Kyiv?"
    assert written_as_in("What did Horbatiuk open in Iraq?", texts) == "What did Horbatiuk open in Iraq?"
    assert written_as_in("which major city?", ["Mayor Bowser came."]) == "which major city?"
    assert written_as_in("what rained?", []) == "what rained?"


# -- with an index

HELD = (
    "The envoy met Zelensky in Kyiv. Reporters asked Zelensky and Lecornu about Horbatiuk.",
    "A letter from Biden, Harris, Putin and Clinton reached Macron in Austria, Slovakia, Niger and Kansas.",
    "In Iran and Iraq the harvest was good. Mark Brown will lecture on brown bears in May.",
    "Some mark the day with a brown hat, others may carry one.",
    "In Lviv Юрій Ковальчинський відкрив музей. Many people know Ковальчинського.",
    "Anna Müller and Jan Dvořák play chess. Carson, Harry and Bannon watch.",
)  # fmt: skip


def _entry(number: int, text: str) -> Entry:
    return Entry(Passage(number, f"a{number}", 0, len(text), text), "", None, None, np.zeros(1, dtype=np.float32))


@pytest.fixture(scope="module")
def index() -> Iterator[Keywords]:
    made = Keywords(None)
    made.change([_entry(number, text) for number, text in enumerate(HELD)])
    yield made
    made.close()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What did Gorbatyuk say?", {"Horbatiuk"}),
        ("What did Selenskyj say in Kiev?", {"Zelensky", "Kyiv"}),
        ("what did zelenskyy say", {"Zelensky"}),
        ("ZELENSKYY SPEAKS", {"Zelensky"}),
        ("Що сказав Зеленський у Києві?", {"Zelensky", "Kyiv"}),
        ("Lecorne’s answer", {"Lecornu"}),
        ("Who is Mueller?", {"Müller"}),
        ("Who is Kovalchynskyi?", {"Ковальчинський", "Ковальчинського"}),
        (
            "Who is Kovalchynskyi? " + unicodedata.normalize("NFD", "Київ"),
            {"Ковальчинський", "Ковальчинського", "Kyiv"},
        ),
    ],
)
def test_the_library_s_own_spellings_are_looked_up(index: Keywords, question: str, words: set[str]) -> None:
    assert set(index.expand(question).words) == words


NO_OTHER_SPELLING = [
    "What did Zelensky say?", "What did Biden say?", "What did Bolden and Biden say?",
    "Who is Putina?", "Who is Clifton?", "Who is Marcon?", "What of Australia?", "What of Slovenia?",
    "What of Nigeria?", "What of Arkansas?", "What of Iran?", "What of Iraq?", "Did Mark come?",
    "Who is Mark Brown?",
    "mark my words", "the brown bear", "may I come in", "a lecture on bears", "Lecture notes", "Lectures",
    "which carton is brown", "we must hurry", "A banner was hung", "Brown bears", "May in the mountains",
    "Did Harris win?", "Is Kansas far?", "Is Niger large?", "harvest in iran", "Who knows Ковальчук?",
    "Was Macron in Austria?", "marker and lecturer", "letters reached the envoy", "good hats", "Chess with Jan",
]  # fmt: skip


def test_what_is_no_other_spelling_is_left_alone(index: Keywords) -> None:
    assert [question for question in NO_OTHER_SPELLING if index.expand(question) != NOTHING] == []


NEAR_PEOPLE = """Biden Bidden Putin Putina Clinton Clifton Harris Haris Iran Iraq Austria Australia Macron Marcon
Slovakia Slovenia Niger Nigeria Kansas Arkansas Brian Bryan Walls Valls Milei Miley Anderson Andersen Jang Yang
Gates Hates
Congo Kongo Michael Michal Francis Frances Craft Kraft""".split()


def test_near_names_that_the_library_holds_are_not_mixed() -> None:
    index = Keywords(None)
    index.change([_entry(number, f"A parcel for {held} arrived.") for number, held in enumerate(NEAR_PEOPLE)])
    for number, name in enumerate(NEAR_PEOPLE):
        assert index.expand(f"What came for {name}?") == NOTHING
        assert _hits(index, name) == [number]


def _hits(index: Keywords, question: str) -> list[int]:
    return [number for number, _ in index.search(question, 10)]


def test_a_question_with_another_spelling_finds_the_passage(index: Keywords) -> None:
    assert _hits(index, "Gorbatyuk") == [0]
    assert _hits(index, "Чому Горбатюка?") == [0]
    assert _hits(index, "Kovalchynskyi") == [4]
    assert index.search("Gorbatyuk", 10, expansion=NOTHING) == []
    assert [number for number, _ in index.search_articles("Gorbatyuk", 10)] == []  # no article was added whole


def test_the_exact_spelling_comes_before_a_rarer_one() -> None:
    index = Keywords(None)
    index.change([_entry(number, "Zelensky spoke to the envoys at noon.") for number in range(5)])
    index.change([_entry(9, "Zelenskyy spoke to the envoys at noon.")])
    found = index.search("Zelensky", 10)
    assert [number for number, _ in found][-1] == 9
    assert 0 < found[-1][1] < found[0][1]
    assert _hits(index, "Zelenskyy")[0] == 9
    assert len(_hits(index, "Zelenskyy")) == 6


def test_two_spellings_in_one_passage_count_once() -> None:
    index = Keywords(None)
    index.change(
        [_entry(1, "Zelenskyy and Zelensky spoke of rain."), _entry(2, "Zelenskyy and Lecornu spoke of rain.")]
    )
    first, second = index.search("Selenskyj", 10)
    assert first[1] == pytest.approx(second[1])


def test_a_common_word_is_no_name_even_where_a_name_is_written_alike() -> None:
    index = Keywords(None)
    index.change([_entry(number, "They roast a turkey and a small cake.") for number in range(3)])
    index.change([_entry(number, "The minister of Türkiye spoke.") for number in range(3, 5)])
    assert index.expand("how to roast a turkey") == NOTHING
    assert index.expand("Turkey for Thanksgiving") == NOTHING
    assert index.expand("Who spoke in Türkiye?") == NOTHING
    index.change([_entry(number, "The harbours of Turkey were full.") for number in range(5, 15)])
    assert index.expand("Who spoke in Turkey?").words == ("Türkiye",)


def test_names_that_came_later_are_found_and_gone_ones_do_no_harm() -> None:
    index = Keywords(None)
    index.change([_entry(1, "Rain fell on Oleh Horbatiuk.")])
    assert index.expand("Who is Ermolenko?") == NOTHING
    index.change([_entry(2, "Rain fell on Anna Yermolenko.")], forget=[1])
    assert index.expand("Who is Ermolenko?").words == ("Yermolenko",)
    assert _hits(index, "Gorbatyuk") == []


def test_a_question_is_respelled_only_where_the_library_lacks_its_spelling(index: Keywords) -> None:
    question = "Did Selenskyj’s envoy meet Lecorne in Kiev, or Zelensky himself?"
    assert (
        respelled(question, index.expand(question)) == "Did Zelensky’s envoy meet Lecornu in Kyiv, or Zelensky himself?"
    )
    both = Keywords(None)
    both.change([_entry(1, "It rains in Kyiv."), _entry(2, "It rains in Kiev.")])
    expansion = both.expand("Does it rain in Kiev?")
    assert expansion.words == ("Kyiv",)
    assert respelled("Does it rain in Kiev?", expansion) == "Does it rain in Kiev?"
    assert respelled("Does it rain?", NOTHING) == "Does it rain?"
