"""Sentences and passages are spans of the text, and together they are all of it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vectorstore.text.splitter import LONGEST_SENTENCE, PASSAGE_CHARACTERS, passages, sentences

# Text as it comes: prose-like pieces beside anything that Unicode has.
_PIECES = st.sampled_from(
    """Mr. U.S. e.g. No. 7. a.m. J. Smith the The said. "Stop!" he cried. 3.5 million … ... 1. • - — 。 ？ ! ?! ) ] ” ’
    Kyiv, Monday: www.example.org it's""".split()
)
_GAPS = st.sampled_from([" ", " ", " ", "\n", "\n\n", "  ", "\t", "\u00a0", "\n \n", "", "\r\n", "\u2028"])
_PROSE = st.lists(st.tuples(_PIECES, _GAPS), max_size=400).map(lambda pairs: "".join(a + b for a, b in pairs))
_LONG = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=40), st.integers(20, 200))
_OF_ALL_LENGTHS = st.lists(st.integers(1, 1_500), max_size=12).map(lambda sizes: " ".join("W" * n + "." for n in sizes))
_TEXTS = st.one_of(_PROSE, st.text(max_size=2_000), _LONG, _OF_ALL_LENGTHS)


def _bare(text: str) -> str:
    return "".join(text.split())


def _cover(text: str, spans: list[tuple[int, int]]) -> None:
    """Spans are in order, apart, trimmed, and hold every character but white space exactly once."""
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        last = end
    assert not text[last:].strip()
    assert "".join(_bare(text[start:end]) for start, end in spans) == _bare(text)


@given(_TEXTS)
@example("")
@example(" \n\n ")
@example("x" * 5_000)
@example("One. " * 3_000)
def test_any_text_splits_without_losing_or_repeating(text: str) -> None:
    parts = sentences(text)
    _cover(text, parts)
    assert all(end - start <= LONGEST_SENTENCE for start, end in parts)


@given(_TEXTS, st.sampled_from([PASSAGE_CHARACTERS, LONGEST_SENTENCE + 400]))
@example("x" * 5_000, PASSAGE_CHARACTERS)
@example("One. " * 3_000, PASSAGE_CHARACTERS)
def test_any_passage_is_a_run_of_whole_sentences_within_the_size(text: str, size: int) -> None:
    made = passages(text, size=size)
    _cover(text, made)
    starts, ends = zip(*sentences(text), strict=True) if made else ((), ())
    for start, end in made:
        assert start in starts
        assert end in ends
        assert end - start <= size


def test_passages_of_one_article_come_out_about_equally_long() -> None:
    text = " ".join(f"Sentence number {number} says that the bridge is open again." for number in range(60))
    lengths = [end - start for start, end in passages(text)]
    assert len(lengths) == -(-len(text) // PASSAGE_CHARACTERS)
    assert max(lengths) - min(lengths) < 150


def test_a_sentence_longer_than_a_passage_is_cut_at_a_space() -> None:
    text = " ".join(f"word{number}" for number in range(400)) + "."
    spans = sentences(text)
    assert len(spans) > 1
    assert " ".join(text[start:end] for start, end in spans) == text


@pytest.mark.parametrize("text", ["x", ". ", "\n", "a\n", "J. ", ".", "a.”", "(", " "])
def test_the_time_grows_with_the_length_only(text: str) -> None:
    long = text * 100_000
    _cover(long, passages(long))


ENDS = [
    # A bar marks each boundary that a reader would see.
    "Mr. Smith met Dr. Jones.| They spoke.",
    "The U.S. Army left.| It was May.",
    "He lives in the U.S.| The rest stayed.",
    "He moved to the U.K.| She did not.",
    "It costs 3.5 million.| It sold for $4.",
    "See No. 10 for more.| Then stop.",
    "He said no.| The vote went on.",
    "He said no.| Everyone left.",
    "She studies art.| Visitors came at noon.",
    "J. R. R. Tolkien wrote it.| Many read it.",
    "J. Smith came.| K. Jones left.",
    "It opened at 9 a.m. on Monday.| Nobody came.",
    "It opened at 9 a.m. Monday.| Nobody came.",
    "It opened at 9 a.m.| Nobody came.",
    "It ended at 3 p.m. EST.| Nobody stayed.",
    "Acme Inc. said so.| The shares fell.",
    "He works for Acme Inc.| The shares fell.",
    "“Stop!” he cried.| Then he ran.",
    '"It is over," she said.| "We are done."| He left.',
    "He asked: “Why?”| Nobody knew.",
    "They left (it rained.)| Then it stopped.",
    "Wait … what?| Nothing.",
    "He paused... then went on.| It was late.",
    "He paused...| Then he went on.",
    "Really?!| Yes!| Good.",
    "Visit www.example.org today.| Or write.",
    "On Jan. 5 it rained.| On Feb. 6 it snowed.",
    "Apples, pears, etc. are fruit.| Leeks are not.",
    "We sell apples, pears, etc.| They are fruit.",
    "Gen. Petrov spoke.| Lt. Col. Ivanov listened.",
    "It rose by 2.| The rest fell.",
    "彼は来た。|彼女は去った。",
    "Вона приїхала.| Він поїхав.",
    "Ph.D. students protested.| The dean resigned.",
    "Use tools, e.g. Hammers.| They help.",
    "The Washington, D.C. Court ruled.| It was final.",
    "A heading without a stop\n\n|A paragraph.",
    "Short heading\n|The text begins.",
    "The minister said on Monday that the bridge over the\nriver would open.| It did.",
    "- first point\n|- second point\n|- third point",
    "Under Art. IV it may.| Others may not.",
]


def test_sentences_end_where_a_reader_sees_them_end() -> None:
    for text in ENDS:
        plain = text.replace("|", "")
        assert [plain[start:end] for start, end in sentences(plain)] == [part.strip() for part in text.split("|")]
