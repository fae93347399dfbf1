"""Do the cited words carry the statement? Decided by rules, without a model, in a fraction of a millisecond.

A paraphrase may change words, not facts: every quotation must stand in the source to the letter, every figure, day and
name must be known there, and enough of the other words must return in one short run of its sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from assistant import quotation
from assistant.contrast import contrasts, person_fault
from assistant.facts import Facts, Known, facts
from assistant.types import Citation, Support
from assistant.words import content_words
from vectorstore.splitter import sentences

CARRIED = 0.55
"""Share of a statement's content words that must return in the source for ``verified``. On the development claims of
WiCE, supported against not supported, 0.45 to 0.6 give the same balanced accuracy within the noise of 43 negatives."""

BARELY = 0.25
"""Under this share the source speaks of something else."""

LONGEST_RUN = 3
"""Sentences that may carry one statement together. WiCE's annotators needed more for 1 supported claim in 10."""

ANOTHER_SENTENCE = 0.08
"""A further sentence must bring this share of the statement's words, otherwise the shorter quote is the better one. The
run found agrees with WiCE's supporting sentences with an F1 of 0.66 (0.67 at 0.05, 0.63 at 0.16, one sentence 0.60)."""

SAME_SENTENCE = 0.7
"""Share of a statement's words that one sentence must hold before a "not" in only one of the two is held against it.
From 0.7 on this costs no claim of WiCE that is supported; at 0.6 it costs one."""

WORDS_OF_A_QUOTE = 3
"""A shorter quotation ("security belt") is a term; what carries the statement is the sentence around it."""

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|\w+n[’']t"
    r"|den(?:y|ies|ied)|refus(?:e|es|ed)|fail(?:s|ed)?)\b",
    re.IGNORECASE,
)
_SAYING = frozenset(
    content_words(
        """say said says tell report reported reporting according add added note noted state stated explain explained
        mention describe article articles source sources passage passages text writes written headline"""
    )
)
"""Words with which a statement speaks of its source: they need not stand in it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    support: Support
    reason: str = ""
    """Why it is not ``verified``; a few words for the reader."""


class _Sentence(NamedTuple):
    start: int
    end: int
    words: frozenset[str]


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[_Sentence, ...]:
    return tuple(_Sentence(start, end, frozenset(content_words(text[start:end]))) for start, end in sentences(text))


def locate(statement: str, text: str) -> tuple[int, int]:
    """The words of ``text`` that carry ``statement``: ``text[start:end]``, never empty unless the text is.

    What the statement quotes, to the letter; otherwise the shortest run of whole sentences with the most of its words.
    """
    quoted = [statement[start:end] for start, end in quotation.quotations(statement)]
    found = [quotation.find(words, text) for words in quoted if len(words.split()) >= WORDS_OF_A_QUOTE]
    if spans := [span for span in found if span]:
        # Several quotations of one statement: the longest says most about where it comes from.
        return max(spans, key=lambda span: span[1] - span[0])
    parts = _sentences(text)
    if not parts:
        return 0, len(text)
    first, last, _ = _best_run(frozenset(content_words(statement)), parts)
    return parts[first].start, parts[last].end


def _best_run(words: frozenset[str], parts: Sequence[_Sentence]) -> tuple[int, int, float]:
    """First and last sentence of the run that carries the most of ``words``, and the share it carries."""
    best, best_share, best_value = (0, 0), 0.0, -1.0
    for first in range(len(parts)):
        held: frozenset[str] = frozenset()
        for last in range(first, min(first + LONGEST_RUN, len(parts))):
            held |= parts[last].words & words
            share = len(held) / len(words) if words else 0.0
            value = share - ANOTHER_SENTENCE * (last - first)
            if value > best_value:
                best, best_share, best_value = (first, last), share, value
    return *best, best_share


def check(statement: str, citations: Sequence[Citation]) -> Verdict:
    """Whether the passages of ``citations`` carry ``statement`` together; title, source and day of theirs are known."""
    if not citations:
        return Verdict("unsupported", "no source cited")
    articles = {citation.article.id: citation.article for citation in citations}.values()
    texts = dict.fromkeys(citation.passage.text for citation in citations)
    context = [text for article in articles for text in (article.title, article.source, *article.authors) if text]
    return assess(statement, list(texts), context, [article.published for article in articles if article.published])


def assess(
    statement: str, texts: Sequence[str], context: Sequence[str] = (), published: Sequence[date] = ()
) -> Verdict:
    """``check`` on plain texts: the cited ``texts``, and what is known of their articles besides."""
    quoted = [statement[start:end] for start, end in quotation.quotations(statement)]
    for words in quoted:
        if not any(quotation.find(words, text) for text in (*texts, *context)) and not _is_title(words):
            return Verdict("unsupported", _quotation_fault(words, texts))
    paraphrase = statement
    for start, end in quotation.quotations(statement):  # verbatim words need no further check
        if _is_title(statement[start:end]):
            continue
        paraphrase = paraphrase[:start] + " " * (end - start) + paraphrase[end:]
    return (
        _facts_fault(facts(paraphrase), Known([*texts, *context], published))
        or _words_fault(paraphrase, texts, context)
        or _contrast_fault(statement, texts, context)
        or Verdict("verified")
    )


def _facts_fault(stated: Facts, known: Known) -> Verdict | None:
    for day in stated.days:
        if not known.has_day(day):
            return Verdict("unsupported", f"date {day.text} not in the source")
    for figure in stated.figures:
        if not known.has_bound(figure):
            return Verdict("unsupported", f"figure {figure.text} is said to be at {figure.bound}, not so in the source")
        if not known.has_figure(figure):
            if known.has_other_unit(figure):
                return Verdict("unsupported", f"unit differs: {figure.text}")
            # A small count in words is often our own ("three ministers" of a list): doubt, no fault.
            counted = figure.spelled and max(figure.values) <= 10 and not figure.unit
            return Verdict("partly" if counted else "unsupported", f"figure {figure.text} not in the source")
    missing = [name for name in stated.names if not known.has_name(name.text)]
    if not missing or known.has_abbreviation([name.text for name in missing]):
        return None
    reason = f"name {' '.join(name.text for name in missing[:3])} not in the source"
    return Verdict("unsupported" if any(name.sure for name in missing) else "partly", reason)


def _words_fault(paraphrase: str, texts: Sequence[str], context: Sequence[str]) -> Verdict | None:
    words = frozenset(content_words(paraphrase)) - _SAYING
    known = frozenset(word for text in texts for sentence in _sentences(text) for word in sentence.words)
    known |= frozenset(word for text in context for word in content_words(text))
    absent = words - known
    share = 1 - len(absent) / len(words) if words else 1.0
    if share >= CARRIED:
        return None
    if share >= BARELY:
        return Verdict("partly", f"not in the source: {', '.join(_as_written(absent, paraphrase)[:3])}")
    return Verdict("unsupported", "the source speaks of something else")


def _contrast_fault(statement: str, texts: Sequence[str], context: Sequence[str]) -> Verdict | None:
    if reason := person_fault(statement, [*texts, *context]):
        return Verdict("unsupported", reason)
    words = frozenset(content_words(statement)) - _SAYING
    for reason in contrasts(statement, _carrying(words, texts)):
        return Verdict("partly", reason)
    return None


def _carrying(words: frozenset[str], texts: Sequence[str]) -> list[str]:
    """The sentences that hold the most of ``words`` together, the best first; at most ``LONGEST_RUN``."""
    parts = [(text, sentence) for text in texts for sentence in _sentences(text)]
    chosen: list[str] = []
    missing = words
    while parts and missing and len(chosen) < LONGEST_RUN:
        text, best = max(parts, key=lambda part: len(part[1].words & missing))
        if len(best.words & missing) < ANOTHER_SENTENCE * len(words):
            break
        chosen.append(text[best.start : best.end])
        missing -= best.words
    return chosen


def _is_title(quoted: str) -> bool:
    """Whether what stands between the marks is the name of a work or a case, which is compared as a name."""
    written = [word for word in re.findall(r"[^\W\d_]+", quoted) if len(word) > 3]
    return bool(written) and all(word[0].isupper() for word in written)


def _as_written(stems: frozenset[str], statement: str) -> list[str]:
    written = (
        word for word in re.findall(r"[^\W_]+(?:[’'][^\W_]+)?", statement) if not stems.isdisjoint(content_words(word))
    )
    return list(dict.fromkeys(written))


def _quotation_fault(quoted: str, texts: Sequence[str]) -> str:
    words = frozenset(content_words(quoted))
    nearest = max((_best_run(words, _sentences(text))[2] for text in texts if text.strip()), default=0.0)
    return "quotation altered" if words and nearest >= CARRIED else "quotation not in the source"
