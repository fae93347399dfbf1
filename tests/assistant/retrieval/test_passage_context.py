"""The sentences that come along with a passage."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.checking.citations import CitedText
from assistant.retrieval.passage_context import MOST_CHARACTERS, MOST_SENTENCES, widened
from assistant.settings import Settings
from assistant.writer import Writer
from vectorstore.library import Library
from vectorstore.text.splitter import passages, sentences
from vectorstore.types import Article, Match, Passage

WHO = "Defence Minister Rustem Umerov came to Paris on Monday."
WHERE = "The talks were held at the ministry."


def matches_of(text: str, *spans: tuple[int, int], key: str = "a") -> list[Match]:
    article = Article(key, "A meeting", text, source="Desk")
    return [
        Match(rank, 1 / rank, 0.5, Passage(rank, key, start, end, text[start:end]), article)
        for rank, (start, end) in enumerate(spans, start=1)
    ]


def widened_from(before: str, passage: str, after: str = "") -> str:
    text = before + passage + after
    (match,) = widened(matches_of(text, (len(before), len(before) + len(passage))))
    assert match.article.text[match.start : match.end] == match.text
    return match.text


@pytest.mark.parametrize(
    "passage",
    [
        "He said so on Monday.",
        "and nothing was signed.",
        "” said the minister.",
    ],
)
def test_a_passage_that_leans_on_the_sentence_before_brings_it_along(passage: str) -> None:
    assert widened_from(f"{WHERE} {WHO} ", passage) == f"{WHO} {passage}"


@pytest.mark.parametrize(
    "passage",
    [
        "France gave six howitzers.",
        "It is expected that the talks will go on.",
        "This week the talks go on.",
        "In 2024 nothing was signed.",
    ],
)
def test_a_passage_that_stands_alone_stays_as_it_is(passage: str) -> None:
    assert widened_from(f"{WHERE} {WHO} ", passage, " France gave six howitzers.") == passage


def test_a_neighbour_that_leans_on_its_own_brings_that_along_too_and_no_third() -> None:
    chain = f"{WHO} He had a plan. He showed it. "
    assert widened_from(chain, "He was pleased.") == "He had a plan. He showed it. He was pleased."


def test_a_heading_is_passed_over_and_never_comes_alone() -> None:
    assert widened_from(f"{WHO}\n\nBackground\n\n", "He came by train.") == f"{WHO}\n\nBackground\n\nHe came by train."
    assert widened_from("Background\n\n", "He came by train.") == "He came by train."


def test_a_long_neighbour_stays_where_it_is() -> None:
    long = f"Umerov came {'very ' * 60}late. "
    assert widened_from(long, "He said so.") == "He said so."


def test_passages_that_grow_into_one_another_become_one_in_the_better_place() -> None:
    text = f"{WHERE} {WHO} He met Lecornu."
    cut = text.index("He met")
    other = matches_of("Another article.", (0, 16), key="b")[0]
    later, earlier = matches_of(text, (cut, len(text)), (0, cut - 1))
    (first, second) = widened([later, other, earlier])
    assert (first.text, first.rank, first.passage.id) == (text, later.rank, later.passage.id)
    assert second is other


WORDS = st.sampled_from(
    [
        "He",
        "But",
        "The move",
        "“We",
        "said,” he",
        "Umerov",
        "came",
        "the following:",
        "- item",
        "2.5",
        "Mr. X",
        "”",
        "ok",
    ]
)
SENTENCE = st.builds(
    lambda words, stop, gap: " ".join(words) + stop + gap,
    st.lists(WORDS, min_size=1, max_size=30),
    st.sampled_from([".", "?", ":", "", ".”", "…"]),
    st.sampled_from([" ", "\n", "\n\n", "  "]),
)


@given(st.lists(SENTENCE, min_size=1, max_size=25).map("".join), st.randoms(use_true_random=False))
def test_whatever_the_text_offsets_hold_nothing_comes_twice_and_nothing_is_lost(
    text: str, chance: random.Random
) -> None:
    spans = passages(text, size=120)
    chosen = chance.sample(spans, chance.randint(0, len(spans)))
    before = matches_of(text, *chosen)
    after = widened(before)
    assert [match.rank for match in after] == sorted(match.rank for match in after)
    for match in after:
        assert text[match.start : match.end] == match.text
        held = [one for one in before if match.start <= one.start and one.end <= match.end]
        assert held
        assert match.rank == held[0].rank
        assert min(one.start for one in held) - match.start <= MOST_CHARACTERS
        assert match.end - max(one.end for one in held) <= MOST_CHARACTERS
        more = text[match.start : min(one.start for one in held)]
        whole = [
            more[start:end] for start, end in sentences(more) if more[start:end].endswith((".", "?", ":", "”", "…"))
        ]
        assert len(whole) <= MOST_SENTENCES  # headings between them are passed over, and are none
    for one in before:
        assert sum(match.start < one.end and one.start < match.end for match in after) == 1
    placed = sorted((match.start, match.end) for match in after)
    assert all(end <= start for (_, end), (start, _) in pairwise(placed))


@settings(deadline=None)
@given(st.lists(SENTENCE, min_size=4, max_size=25).map("".join))
def test_citations_of_wider_passages_are_the_article_to_the_letter(text: str) -> None:
    wide = widened(matches_of(text, *passages(text, size=120)[1::2]))
    cited = CitedText(wide)
    for number, match in enumerate(wide, start=1):
        cited.feed(f"“{match.text[:80]}” [{number}]\n")
    cited.finish()
    for citation in cited.citations:
        assert text[citation.start : citation.end] == citation.quote
        assert citation.passage.start <= citation.start <= citation.end <= citation.passage.end


def test_a_writer_gets_the_wider_passages(tmp_path: Path) -> None:
    filler = " ".join(f"Hall {number} of the old ministry was open to visitors all day." for number in range(10))
    ending = " ".join(f"Howitzer {number} stays in the east for repair." for number in range(14))
    text = f"{filler} {WHO} He promised howitzers to the eastern brigade. {ending}"
    cut = passages(text)[1][0]
    assert text[cut:].startswith("He promised")
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "title": "A visit", "text": text}), encoding="utf-8")
    given: list[Match] = []

    def write(question: str, matches: Sequence[Match], *rest: object) -> Iterator[str]:
        given.extend(matches)
        return iter(())

    with Library.open(tmp_path / "library") as library:
        library.add(tmp_path / "a.jsonl")
        Assistant(library, Settings(passages=1), Writer("test", write)).ask(
            "Who promised howitzers to the eastern brigade?"
        )
    assert [match.text for match in given] == [text[cut - len(WHO) - 1 :]]
