"""The writer that needs no model: it picks the sentences that answer and quotes them to the letter.

Every sentence of the best passages is scored by what it says, by the passage around it, and by whether it holds
something of the kind asked for that the question did not. A question for one thing gets the sentence that tells it,
and another only where the choice was close; anything wider gets the account of the article that tells it best.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from textwrap import shorten
from typing import Final, NamedTuple

from assistant.evidence import Similarity, weighted_share, word_weights
from assistant.quotation import DOUBLE
from assistant.types import Turn
from assistant.words import (
    MONTHS,
    asks_for_course,
    asks_for_one_thing,
    content_words,
    question_kind,
    question_words,
    right_kind,
)
from vectorstore.splitter import sentences
from vectorstore.types import Article, Match

PASSAGES = 5
"""Best matches whose sentences are considered. For 117 of 118 SQuAD questions the answer is among them."""

CANDIDATES = 40
"""Sentences that are compared with the question at most: about 80 ms of embedding."""


class Features(NamedTuple):
    """What a sentence has for it as an answer; each about 0 to 1."""

    cosine: float
    """To the question."""
    passage: float
    """The passage's cosine to the question."""
    coverage: float
    """Share of the question's words that it holds, rare words counting more."""
    context: float
    """The same with the sentence before it and the title."""
    right_kind: float
    """Whether it holds something of the kind asked for that the question does not."""
    rank: float
    """One over the passage's rank."""
    new_words: float
    """How much it says beyond the question."""


# A log-linear model of "this sentence answers", by ``python -m tests.benchmarks.calibrate_extractive``. Fitted on three
# of SQuAD, CLAPNQ, RAMDocs and news questions and measured on the fourth, its first sentence answers 86, 71, 58 and
# 34 % of them; cosine and coverage alone 83, 69, 56 and 30 %.
WEIGHTS = Features(cosine=3.1, passage=2.1, coverage=2.8, context=2.0, right_kind=1.9, rank=1.6, new_words=0.7)

ENOUGH_NEW_WORDS = 10
"""Words beyond the question's own from which a sentence surely says something new."""

ONE_THING = (0.8, 0.6)
"""How close (in log odds) the second and the third sentence must come to the first to be quoted beside it, when one
thing is asked: on SQuAD 93 % of what is quoted holds the answer, in 34 words; of the first sentences 86 %."""

ACCOUNT = (3.5, 3.5, 3.5)
"""The same for a wider question. On CLAPNQ four sentences have an F1 of 0.61 with those that annotators chose, two
0.54, five 0.62."""

RIDDLE = 1.5
"""Taken from a sentence that begins with "he" or "this" and whose passage does not say who or what."""

MOST_SENTENCES = 5

SAME_WORDS = 0.6
"""Share of common words (of the shorter sentence's) from which two sentences may say the same; the vectors decide."""

SAME_MEANING = 0.8
"""Cosine from which they do."""

LONGEST_TITLE = 32
"""Characters of a title that stands in for an unknown source."""

FEWEST_WORDS = 4
"""Fewer make a caption, a heading or an exclamation."""

_DANGLING = re.compile(
    r"[\"“‘'(]?(?:he|she|they|it|his|her|hers|their|its|this|these|those|such|both|"
    r"the (?:former|latter|two|three|pair)|(?:the|his|her|their) (?:same|other|others))\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"(?:it (?:is|was|has been|will be|would be|took|takes|seems|appears|remains|became)\b"
    r".{0,60}\b(?:that|to|who|when)\b"
    r"|this (?:week|month|year|morning|time|summer|winter|spring|autumn|season)|both .{2,40} and )",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"(?:[A-Z][\w .,’'-]{1,40})?\((?:[A-Z]{2,}|Reuters)[\w .]{0,20}\)\s*[-–—:]*\s+|[A-Z]{3,}[A-Z ,]*\s[-–—]+\s+"
)
_LEFTOVER = re.compile(
    r"(?:related|see also|photos?|video|watch|more)\s*:|(?:read more|click here|sign up|subscribe|follow us)\b"
    r"|.*\b(?:hide caption|replay more|must watch|just watched|image source|getty images|all rights reserved)\b",
    re.IGNORECASE | re.DOTALL,
)
_IDEOGRAPHIC = "。！"
_ENDING = re.compile(r"[.!…。！][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a passage that are quoted, ``match.text[start:end]``: a sentence, or several that stand together."""

    number: int
    """Of the passage among the matches, from 1."""
    match: Match
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words on one line; nothing but white space differs from the article."""
        return " ".join(self.match.text[self.start : self.end].split())

    @property
    def article(self) -> Article:
        return self.match.article


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted, and what it needs to be understood."""

    quoted: Quoted
    needs: Quoted | None
    """The sentence before it, when it begins with "he", "it" or "this" and would be a riddle alone."""
    words: frozenset[str]
    features: Features
    score: float


class ExtractiveWriter:
    """Answers with quotations. ``similarity`` gives the cosines between a question and sentences."""

    name: Final = "extractive"

    def __init__(self, similarity: Similarity) -> None:
        self._similarity = similarity

    def write(self, question: str, matches: Sequence[Match], history: Sequence[Turn] = ()) -> Iterator[str]:
        """Yields Markdown, one statement at a time, with markers that number ``matches`` from 1.

        A statement is a quotation on a line of its own; the first of an article names its source and day. ``history``
        is not used: the question stands alone by now. Yields nothing when no sentence can be quoted.
        """
        article = None
        for quoted in self.select(question, matches):
            if article is not None:
                yield "\n" if quoted.article.id == article else "\n\n"
            opening = "" if quoted.article.id == article else f"{attribution(quoted.article)}: "
            yield f"{opening}{in_quotation_marks(quoted.text)} [{quoted.number}]"
            article = quoted.article.id

    def select(self, question: str, matches: Sequence[Match]) -> list[Quoted]:
        """What to quote, in the order in which it reads well."""
        ranked = sorted(candidates(question, matches, self._similarity), key=lambda each: -each.score)
        chosen: list[Candidate] = []
        quoted: dict[Quoted, None] = {}
        extent = _extent(question)
        for each in ranked:
            together = dict.fromkeys(part for part in (each.needs, each.quoted) if part and part not in quoted)
            fits = len(quoted) + len(together) <= MOST_SENTENCES or not chosen
            if together and fits and extent.admits(each, chosen) and not self._said(each, chosen):
                chosen.append(each)
                quoted |= together
        return _joined(_in_order(list(quoted), by_time=extent.by_time))

    def _said(self, each: Candidate, chosen: Sequence[Candidate]) -> bool:
        """Whether one of ``chosen`` says the same already."""
        alike = [one.quoted.text for one in chosen if _common_share(each.words, one.words) >= SAME_WORDS]
        return bool(alike) and float(self._similarity(each.quoted.text, alike).max()) >= SAME_MEANING


def candidates(question: str, matches: Sequence[Match], similarity: Similarity) -> list[Candidate]:
    """The sentences of the best ``matches`` that can be quoted, with their scores, as they stand in the passages."""
    found = [
        (quoted, before)
        for number, match in enumerate(matches[:PASSAGES], start=1)
        for quoted, before in quotable(number, match)
    ][:CANDIDATES]
    if not found:
        return []
    asked = question_words(question)
    known = frozenset(asked)
    kind = question_kind(question)
    held = [frozenset(content_words(quoted.text)) for quoted, _ in found]
    weights = word_weights(asked, held)
    cosines = similarity(question, [quoted.text for quoted, _ in found])
    made = []
    for (quoted, before), words, cosine in zip(found, held, cosines, strict=True):
        context = words | frozenset(content_words(f"{quoted.article.title}\n{before.text if before else ''}"))
        features = Features(
            cosine=float(cosine),
            passage=quoted.match.similarity,
            coverage=weighted_share(weights, words),
            context=weighted_share(weights, context),
            right_kind=right_kind(kind, quoted.text, asked),
            rank=1 / quoted.number,
            new_words=min(len(words - known), ENOUGH_NEW_WORDS) / ENOUGH_NEW_WORDS,
        )
        score = sum(weight * feature for weight, feature in zip(WEIGHTS, features, strict=True))
        dangling = is_dangling(quoted.text)
        if dangling and before is None:
            score -= RIDDLE
        made.append(Candidate(quoted, before if dangling else None, words, features, score))
    return made


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much is quoted."""

    within: tuple[float, ...]
    """How far behind the best sentence the second, the third … may be."""
    one_article: bool = True
    by_time: bool = False

    def admits(self, each: Candidate, chosen: Sequence[Candidate]) -> bool:
        if not chosen:
            return True
        best = chosen[0]
        if len(chosen) > len(self.within) or best.score - each.score > self.within[len(chosen) - 1]:
            return False
        return not self.one_article or each.quoted.article.id == best.quoted.article.id


def _extent(question: str) -> _Extent:
    if asks_for_course(question):
        return _Extent(ACCOUNT, one_article=False, by_time=True)
    if asks_for_one_thing(question):
        return _Extent(ONE_THING, one_article=False)
    return _Extent(ACCOUNT)


def attribution(article: Article) -> str:
    """Who says so, and when: "Starter Library, Space desk, 23 August 2023"."""
    day = article.published
    when = f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else "undated"
    title = "".join(character for character in article.title if character not in DOUBLE)
    return f"{article.source or shorten(title, LONGEST_TITLE, placeholder='…')}, {when}"


def in_quotation_marks(text: str) -> str:
    """``text`` between marks that those inside it do not close."""
    return f"‘{text}’" if any(mark in text for mark in DOUBLE) else f"“{text}”"


def quotable(number: int, match: Match) -> list[tuple[Quoted, Quoted | None]]:
    """The sentences of a passage that can be quoted, each with the quotable one before it."""
    made: list[tuple[Quoted, Quoted | None]] = []
    before: Quoted | None = None
    for start, end in sentences(match.text):
        dateline = _DATELINE.match(match.text, start, end)
        quoted = Quoted(number, match, dateline.end() if dateline else start, end)
        if is_whole(quoted.text):
            made.append((quoted, before))
            before = quoted
        else:
            before = None
    return made


def is_whole(text: str) -> bool:
    """Whether ``text`` is a sentence that can stand in an answer: no caption, credit, heading or leftover of a page."""
    written = text.split()
    if not _ENDING.search(text) or _LEFTOVER.match(text):
        return False
    if text[-1] in _IDEOGRAPHIC:  # neither spaces nor capitals to go by
        return True
    return len(written) >= FEWEST_WORDS and sum(word[0].isupper() for word in written) <= len(written) * 3 / 4


def is_dangling(text: str) -> bool:
    """Whether ``text`` begins with a word that stands for something said before: "He said …"."""
    return _DANGLING.match(text) is not None and not _EXPLETIVE.match(text)


def _in_order(chosen: list[Quoted], *, by_time: bool) -> list[Quoted]:
    """Articles in the order of their best sentence, or by day, the undated last; sentences as they stand in theirs."""
    if by_time:
        return sorted(chosen, key=lambda each: (each.article.published or date.max, each.article.id, _place(each)))
    first: dict[str, int] = {}
    for position, each in enumerate(chosen):
        first.setdefault(each.article.id, position)
    return sorted(chosen, key=lambda each: (first[each.article.id], _place(each)))


def _joined(chosen: Sequence[Quoted]) -> list[Quoted]:
    """Neighbouring sentences of a passage in one quotation, unless quotation marks in them would break it up."""
    made: list[Quoted] = []
    for each in chosen:
        last = made[-1] if made else None
        if (
            last is not None
            and last.number == each.number
            and not last.match.text[last.end : each.start].strip()
            and not any(mark in last.text + each.text for mark in DOUBLE)
        ):
            made[-1] = replace(last, end=each.end)
        else:
            made.append(each)
    return made


def _place(quoted: Quoted) -> int:
    return quoted.match.start + quoted.start


def _common_share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))
