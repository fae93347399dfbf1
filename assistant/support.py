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
from itertools import chain
from typing import NamedTuple

from assistant import quotation
from assistant.company import misplaced
from assistant.contrast import contrasts, otherwise
from assistant.facts import Facts, Known, Name, facts, read, without_figures_and_days
from assistant.opposites import KEPT
from assistant.outgoing import plain
from assistant.persons import person_fault, separated
from assistant.types import Citation, Support
from assistant.words import content_words, stem
from vectorstore.splitter import sentences
from vectorstore.types import Match

CARRIED = 0.55
"""Share of a statement's content words that must return in the source for ``verified``. On the development claims of
WiCE, supported against not supported, 0.45 to 0.6 give the same balanced accuracy within the noise of 43 negatives."""

CORE = 3
"""So many of the words, or half of those of a short statement, must stand in one sentence: words scattered over a
passage say nothing together."""

BARELY = 0.25
"""Under this share the source speaks of something else."""

SENTENCES = 3
"""That may carry one statement together. WiCE's annotators needed more for 1 supported claim in 10."""

ANOTHER_SENTENCE = 0.12
"""A further sentence must bring this share of the statement's words, otherwise the shorter quote is the better one.
What is found agrees with WiCE's supporting sentences with an F1 of 0.71 (0.70 at 0.08, 0.69 at 0.16, best run of
neighbouring sentences 0.69, one sentence 0.60)."""

NEIGHBOUR = 0.05
"""Share by which a sentence next to a chosen one is preferred: they mostly belong together (without it, F1 0.70)."""

RESPELLED = 4
"""Names of a statement that are looked for in other spellings: 30 microseconds for each name of the source."""

TRIES = 3
"""Passages that are checked in the place of a wrong one: the right one has most of the words, or is none."""

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
def sentences_of(text: str) -> tuple[_Sentence, ...]:
    """The sentences of ``text``, each with its content words."""
    return tuple(_Sentence(start, end, frozenset(content_words(text[start:end]))) for start, end in sentences(text))


def locate(statement: str, text: str) -> list[tuple[int, int]]:
    """The words of ``text`` that carry ``statement``: spans in order, none empty, at least one unless the text is.

    What the statement quotes, to the letter; otherwise the few whole sentences that hold the most of its words, those
    next to each other as one span.
    """
    quoted = [statement[start:end] for start, end in quotation.quotations(statement)]
    found = [quotation.find(words, text) for words in quoted if len(words.split()) >= WORDS_OF_A_QUOTE]
    if spans := sorted({span for span in found if span}):
        return _apart(spans)
    parts = sentences_of(text)
    if not parts:
        return [(0, len(text))] if text else []
    chosen = sorted(_chosen(frozenset(content_words(statement)), parts))
    joined: list[tuple[int, int]] = []
    for at, index in enumerate(chosen):
        beside = at > 0 and chosen[at - 1] == index - 1
        start = joined.pop()[0] if beside else parts[index].start
        joined.append((start, parts[index].end))
    return joined


def _apart(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted spans without those that overlap an earlier one."""
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _chosen(words: frozenset[str], parts: Sequence[_Sentence]) -> list[int]:
    """The sentences that hold the most of ``words`` together, the best first: a greedy cover."""
    missing = words
    first = max(range(len(parts)), key=lambda index: len(parts[index].words & missing))
    chosen = [first]
    while len(chosen) < SENTENCES:
        missing -= parts[chosen[-1]].words
        gains = {
            index: len(part.words & missing) + NEIGHBOUR * len(words) * any(abs(index - other) == 1 for other in chosen)
            for index, part in enumerate(parts)
            if index not in chosen and not part.words.isdisjoint(missing)
        }
        best = max(gains, key=gains.__getitem__, default=None)
        if best is None or len(parts[best].words & missing) < ANOTHER_SENTENCE * len(words):
            break
        chosen.append(best)
    return chosen


def check(statement: str, citations: Sequence[Citation | Match]) -> Verdict:
    """Whether the passages of ``citations`` carry ``statement`` together; title, source and day of theirs are known."""
    if not citations:
        return Verdict("unsupported", "no source cited")
    articles = {citation.article.id: citation.article for citation in citations}.values()
    texts = dict.fromkeys(citation.passage.text for citation in citations)
    context = [text for article in articles for text in (article.title, article.source, *article.authors) if text]
    return assess(statement, list(texts), context, [article.published for article in articles if article.published])


def repair(statement: str, cited: Sequence[Match], passages: Sequence[Match]) -> Match | None:
    """The one of ``passages`` that carries ``statement`` where the ``cited`` ones do not; ``None`` if there is none.

    Whether they do is for ``check`` to say; only the ``TRIES`` passages with the most of its words are tried.
    """
    words = frozenset(content_words(statement)) - _SAYING
    if not words or (cited and check(statement, cited).support == "verified"):
        return None
    others = [match for match in passages if match not in cited]
    held = {
        index: max((len(sentence.words & words) for sentence in sentences_of(match.text)), default=0)
        for index, match in enumerate(others)
    }
    for index in sorted(held, key=held.__getitem__, reverse=True)[:TRIES]:
        if held[index] >= BARELY * len(words) and check(statement, [others[index]]).support == "verified":
            return others[index]
    return None


def assess(
    statement: str, texts: Sequence[str], context: Sequence[str] = (), published: Sequence[date] = ()
) -> Verdict:
    """``check`` on plain texts: the cited ``texts``, and what is known of their articles besides."""
    quoted = [statement[start:end] for start, end in quotation.quotations(statement)]
    for words in quoted:
        # An answer shows no markup: words quoted from a text with some are those that its reader sees.
        shown = chain(texts, context, map(plain, texts))
        if not any(quotation.find(words, text) for text in shown) and not _is_title(words):
            return Verdict("unsupported", _quotation_fault(words, texts))
    paraphrase = statement
    for start, end in quotation.quotations(statement):  # verbatim words need no further check
        if _is_title(statement[start:end]):
            continue
        paraphrase = paraphrase[:start] + " " * (end - start) + paraphrase[end:]
    return (
        _person_fault(statement, [*texts, *context])
        or _facts_fault(facts(paraphrase), Known([*texts, *context], published))
        or _contrast_fault(statement, texts, context)
        or _words_fault(statement, paraphrase, texts, context)
        or Verdict("verified")
    )


def _facts_fault(stated: Facts, known: Known) -> Verdict | None:
    for day in stated.days:
        if not known.has_day(day):
            return Verdict("unsupported", f"“{day.text}” is not in the source")
    for figure in stated.figures:
        if opposed := known.other_bound(figure):
            return Verdict("unsupported", otherwise(figure.said, opposed.said))
        if not known.has_figure(figure):
            if other := known.other_unit(figure):
                same = figure.written == other.written  # "5 metres", "5 times": the unit is not written with it
                reason = f"“{figure.written}” is of something else in the source"
                return Verdict("unsupported", reason if same else otherwise(figure.written, other.written))
            # A small count in words is often our own ("three ministers" of a list): doubt, no fault.
            counted = figure.spelled and max(figure.values) <= 10 and not figure.unit
            return Verdict("partly" if counted else "unsupported", f"“{figure.written}” is not in the source")
    for share in stated.shares:
        if not known.has_share(share):
            return Verdict("partly", f"“{share.text}” is not in the source")
    missing = [name for name in stated.names if not known.has_name(name.text)]
    missing = [name for name in missing[:RESPELLED] if not known.has_spelling(name.text)] + missing[RESPELLED:]
    if not missing or known.has_abbreviation([name.text for name in missing]):
        return None
    written = _joined(missing)[:3]
    reason = f"{_listed(written)} {'are' if len(written) > 1 else 'is'} not in the source"
    return Verdict("unsupported" if any(name.sure for name in missing) else "partly", reason)


def _words_fault(statement: str, paraphrase: str, texts: Sequence[str], context: Sequence[str]) -> Verdict | None:
    words = frozenset(content_words(paraphrase)) - _SAYING
    known = frozenset(word for text in texts for sentence in sentences_of(text) for word in sentence.words)
    known |= frozenset(word for text in context for word in content_words(text))
    # Figures and days are compared as what they mean: "kilometres" need not stand there where "metres" do.
    absent = (words - known) & frozenset(content_words(without_figures_and_days(paraphrase)))
    share = 1 - len(absent) / len(words) if words else 1.0
    if share >= CARRIED:
        spoken = frozenset(content_words(statement)) - _SAYING
        core = max((len(spoken & sentence.words) for text in texts for sentence in sentences_of(text)), default=0)
        enough = min(CORE, len(frozenset(content_words(without_figures_and_days(statement))) - _SAYING) / 2)
        return None if core >= enough else Verdict("partly", "no sentence of the source says this")
    if share >= BARELY:
        return Verdict("partly", f"the source says nothing of {_listed(_as_written(absent, paraphrase)[:3])}")
    return Verdict("unsupported", "the source speaks of something else")


def _person_fault(statement: str, texts: Sequence[str]) -> Verdict | None:
    reason = person_fault(statement, texts)
    return Verdict("unsupported", reason) if reason else None


def _contrast_fault(statement: str, texts: Sequence[str], context: Sequence[str]) -> Verdict | None:
    words = frozenset(content_words(statement)) - _SAYING
    carrying = _carrying(words, texts)
    others = [text[part.start : part.end] for text in texts for part in sentences_of(text)]
    # A title between quotation marks is compared as a name; other quotations have been found to the letter.
    quoted = [(start, end) for start, end in quotation.quotations(statement) if not _is_title(statement[start:end])]
    reasons = chain(
        contrasts(statement, carrying, quoted),
        misplaced(statement, carrying, others, _stems_of(texts), context, quoted),
        separated(statement, [*texts, *context]),
    )
    reason = next(reasons, None)
    return Verdict("partly", reason) if reason else None


def _stems_of(texts: Sequence[str]) -> frozenset[str]:
    """All words that carry meaning there, and those without one that have an opposite."""
    words = frozenset(word for text in texts for sentence in sentences_of(text) for word in sentence.words)
    return words | frozenset(stem(word) for text in texts for word in KEPT & read(text).words)


def _carrying(words: frozenset[str], texts: Sequence[str]) -> list[str]:
    """The sentences of the ``texts`` that hold the most of ``words`` together, the best first."""
    parts = [(text, sentence) for text in texts for sentence in sentences_of(text)]
    if not parts:
        return []
    chosen = _chosen(words, [sentence for _, sentence in parts])
    return [parts[index][0][parts[index][1].start : parts[index][1].end] for index in chosen]


def _is_title(quoted: str) -> bool:
    """Whether what stands between the marks is the name of a work or a case, which is compared as a name."""
    written = [word for word in re.findall(r"[^\W\d_]+", quoted) if len(word) > 3]
    return bool(written) and all(word[0].isupper() for word in written)


def _joined(names: Sequence[Name]) -> list[str]:
    """Names as written, those that follow upon one another as one."""
    joined: list[str] = []
    end = -2
    for name in names:
        if name.start == end + 1:
            joined[-1] += f" {name.text}"
        else:
            joined.append(name.text)
        end = name.end
    return joined


def _listed(words: Sequence[str]) -> str:
    *others, last = (f"“{word}”" for word in words)
    return f"{', '.join(others)} and {last}" if others else last


def _as_written(stems: frozenset[str], statement: str) -> list[str]:
    written = (
        word for word in re.findall(r"[^\W_]+(?:[’'][^\W_]+)?", statement) if not stems.isdisjoint(content_words(word))
    )
    return list(dict.fromkeys(written))


def _quotation_fault(quoted: str, texts: Sequence[str]) -> str:
    words = frozenset(content_words(quoted))
    near = max((len(sentence.words & words) for text in texts for sentence in sentences_of(text)), default=0)
    altered = bool(words) and near >= CARRIED * len(words)
    return "the quotation is altered" if altered else "the quotation is not in the source"
