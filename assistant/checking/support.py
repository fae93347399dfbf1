"""Do the cited words carry the statement?

What is exact is compared exactly: quotations to the letter, figures with their units, days, names. Everything else is
judged by the reader, over the sentences of the source that come nearest to the statement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from assistant.checking import quotations
from assistant.checking.facts import Facts, Known, facts, without_figures_and_days
from assistant.language.scripts import is_of_another_language
from assistant.language.words import content_words
from assistant.models.outgoing import plain
from assistant.question.scope import in_quotes, listed
from assistant.reader import CARRIED, Evidence, reader
from assistant.types import Citation, Support
from vectorstore.messages import Message
from vectorstore.text.splitter import sentences
from vectorstore.types import Match

BARELY = 0.25
"""Share of a statement's content words under which a source speaks of something else."""

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

LONGEST_SENTENCE = 600
"""Characters of a sentence that the reader is shown."""

_SAYING = frozenset(
    content_words(
        """say said says tell report reported reporting according add added note noted state stated article articles
        source sources passage passages text writes written headline undated updated"""
    )
)
"""Words with which a statement speaks of its source: they need not stand in it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    support: Support
    reason: str = ""
    """Why it is not ``verified``; a few words for the reader."""
    words: tuple[str, ...] = ()
    """The sentences of the sources that come nearest to the statement: those that carry it, if any do."""
    carried: float | None = None
    """The reader's probability, where it was asked."""


class _Sentence(NamedTuple):
    start: int
    end: int
    words: frozenset[str]


@lru_cache(maxsize=512)
def sentences_of(text: str) -> tuple[_Sentence, ...]:
    """The sentences of ``text``, each with its content words."""
    return tuple(_Sentence(start, end, frozenset(content_words(text[start:end]))) for start, end in sentences(text))


def locate(statement: str, text: str) -> list[tuple[int, int]]:
    """The words of ``text`` that carry ``statement``: spans in order, none empty, at least one in a text with words.

    What the statement quotes, to the letter; otherwise the few whole sentences that hold the most of its words, those
    next to each other as one span.
    """
    quoted = [statement[start:end] for start, end in quotations.quotations(statement)]
    found = [quotations.find(words, text) for words in quoted if len(words.split()) >= WORDS_OF_A_QUOTE]
    if spans := sorted({span for span in found if span}):
        return [span for at, span in enumerate(spans) if all(end <= span[0] for _, end in spans[:at])]
    parts = sentences_of(text)
    chosen = sorted(_chosen(frozenset(content_words(statement)), parts))
    firsts = [index for index in chosen if index - 1 not in chosen]
    lasts = [index for index in chosen if index + 1 not in chosen]
    return [(parts[first].start, parts[last].end) for first, last in zip(firsts, lasts, strict=True)]


def _chosen(words: frozenset[str], parts: Sequence[_Sentence]) -> list[int]:
    """The sentences that hold the most of ``words`` together, the best first: a greedy cover."""
    if not parts:
        return []
    missing = words
    chosen = [max(range(len(parts)), key=lambda index: len(parts[index].words & words))]
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


def verify(
    statement: str, sources: str | Sequence[str], *, title: str | None = None, published: date | str | None = None
) -> Verdict:
    """Whether ``sources``, texts of one article or of several, carry ``statement``.

    ``title`` and ``published`` (a day, or ``YYYY-MM-DD``) are what is known of the article besides: "on Monday" and
    "last year" are resolved by it. The verdict's ``support`` is ``verified``, ``unsupported`` (``reason`` says why), or
    ``unchecked`` for a statement in another language than its sources; ``words`` are the sentences that come nearest.
    Raises ``ValueError`` for a day that is none and for an empty statement.
    """
    if not statement.strip():
        raise ValueError("verify: the statement is empty.")
    texts = [sources] if isinstance(sources, str) else list(sources)
    if not any(text.strip() for text in texts):
        return Verdict("unsupported", Message("no source given"))
    day = date.fromisoformat(published) if isinstance(published, str) else published
    return assess(statement, texts, [title] if title else [], [day] if day else [])


def check(statement: str, citations: Sequence[Citation | Match]) -> Verdict:
    """Whether the passages of ``citations`` carry ``statement`` together; title, source and day of theirs are known.

    What only a notice of correction says may be what was wrong: that is ``partly``, unless the notice is quoted whole.
    """
    if not citations:
        return Verdict("unsupported", Message("no source cited"))
    articles = {citation.article.id: citation.article for citation in citations}.values()
    texts = dict.fromkeys(citation.passage.text for citation in citations)
    context = [text for article in articles for text in (article.title, article.source, *article.authors) if text]
    days = [day for article in articles for day in (article.published, article.updated) if day]
    verdict = assess(statement, list(texts), context, days)
    notices = [each.text for article in articles for each in article.corrections]
    if verdict.support != "verified" or any(quotations.find(each, statement) for each in notices):
        return verdict
    own = list(dict.fromkeys(map(_without_notices, citations)))
    if own == list(texts) or assess(statement, own, context, days).support == "verified":
        return verdict
    return replace(verdict, support="partly", reason=Message("only a notice of correction says so"))


def _without_notices(citation: Citation | Match) -> str:
    """The words of its passage, but for those of notices of correction."""
    text, first = citation.passage.text, citation.passage.start
    for each in reversed(citation.article.corrections):
        text = text[: max(0, each.start - first)] + text[max(0, each.end - first) :]
    return text


def repair(statement: str, cited: Sequence[Match], passages: Sequence[Match]) -> Match | None:
    """The one of ``passages`` that carries ``statement`` where the ``cited`` ones do not; ``None`` if there is none.

    Whether they do is for ``check`` to say; only the ``TRIES`` passages with the most of its words are tried.
    """
    words = frozenset(content_words(statement)) - _SAYING
    if not words or (cited and check(statement, cited).support in ("verified", "unchecked")):
        return None
    others = [(_most_held(words, [match.text]), match) for match in passages if match not in cited]
    for held, match in sorted(others, key=lambda other: -other[0])[:TRIES]:
        if held >= BARELY * len(words) and check(statement, [match]).support == "verified":
            return match
    return None


def _most_held(words: frozenset[str], texts: Sequence[str]) -> int:
    """How many of ``words`` one sentence of ``texts`` holds at most."""
    return max((len(sentence.words & words) for text in texts for sentence in sentences_of(text)), default=0)


def assess(
    statement: str, texts: Sequence[str], context: Sequence[str] = (), published: Sequence[date] = ()
) -> Verdict:
    """``check`` on plain texts: the cited ``texts``, and what is known of their articles besides, the title first."""
    quoted = quotations.quotations(statement)
    # An answer shows no markup: words quoted from a text with some are those that its reader sees.
    shown = (*texts, *context, *map(plain, texts)) if quoted else ()
    paraphrase = statement
    for start, end in quoted:
        words = statement[start:end]
        telling = [word for word in re.findall(r"[^\W\d_]+", words) if len(word) > 3]
        if telling and all(word[0].isupper() for word in telling):
            continue  # the name of a work or a case, which is compared as a name
        if not any(quotations.find(words, text) for text in shown):
            content = frozenset(content_words(words))
            altered = content and _most_held(content, texts) >= len(content) / 2
            if altered:
                return Verdict("unsupported", Message("the quotation is altered"))
            return Verdict("unsupported", Message("the quotation is not in the source"))
        # Verbatim words need no further check.
        paraphrase = paraphrase[:start] + " " * (end - start) + paraphrase[end:]
    evidence = nearest_sentences(statement, texts, context, published)
    stated = facts(paraphrase)
    # Nothing but who said it and when stands around its quotations.
    known_words = _SAYING.union(*map(content_words, context))
    only_quotes = (
        bool(quoted)
        and known_words.issuperset(content_words(without_figures_and_days(paraphrase)))
        and all(map(Known(context).has_figure, stated.figures))  # "Channel 4"
    )
    if not only_quotes and is_of_another_language(paraphrase, " ".join(texts)):
        foreign = Message("written in another language than its source")
        return Verdict("unchecked", foreign, evidence.sentences)
    if fault := _facts_fault(stated, Known([*texts, *context], published)):
        return Verdict("unsupported", fault, evidence.sentences)
    if only_quotes:
        return Verdict("verified", "", evidence.sentences)
    share = share_covered(paraphrase, [*texts, *context])
    judged = reader().carries([(" ".join(statement.split()), evidence)], [share])[0]
    if judged.carried >= CARRIED:
        return Verdict("verified", "", evidence.sentences, judged.carried)
    reason = Message("the source does not say this")
    if judged.contradicted > judged.not_told:
        reason = Message("the source says otherwise")
    return Verdict("unsupported", reason, evidence.sentences, judged.carried)


def share_covered(statement: str, texts: Sequence[str]) -> float:
    """The share of a statement's content words that ``texts`` hold; 1 where it has none."""
    words = frozenset(content_words(statement)) - _SAYING
    known = {word for text in texts for sentence in sentences_of(text) for word in sentence.words}
    return len(words & known) / len(words) if words else 1.0


def nearest_sentences(
    statement: str, texts: Sequence[str], context: Sequence[str], published: Sequence[date]
) -> Evidence:
    """The sentences of ``texts`` that hold the most of the statement's words, and those beside them."""
    parts = [(text, part) for text in texts for part in sentences_of(text)]
    words = frozenset(content_words(statement)) - _SAYING
    chosen = _chosen(words, [part for _, part in parts])
    shown = tuple(
        " ".join(text[part.start : part.end].split())[:LONGEST_SENTENCE]
        for place, (text, part) in enumerate(parts)
        if any(abs(place - index) <= 1 and text is parts[index][0] for index in chosen)
    )
    return Evidence(shown, context[0] if context else "", published[0] if published else None)


def _facts_fault(stated: Facts, known: Known) -> str | None:
    for day in stated.days:
        if not known.has_day(day):
            return Message("{words} is not in the source", words=in_quotes([day.text]))
    for figure in stated.figures:
        alike = known.same_number(figure)
        opposite = {"least": "most", "most": "least"}.get(figure.bound)
        if alike and opposite and all(other.bound == opposite for other in alike):
            return Message("“{words}” instead of “{other}”", words=figure.said, other=alike[0].said)
        # A small count in words is often our own ("three ministers" of a list): the reader judges it.
        if known.has_figure(figure) or (figure.spelled and max(figure.values) <= 10 and not figure.unit):
            continue
        if not alike:
            return Message("{words} is not in the source", words=in_quotes([figure.text]))
        if figure.text == alike[0].text:  # "5 metres", "5 times": the unit is not written with it
            return Message("“{words}” is of something else in the source", words=figure.text)
        return Message("“{words}” instead of “{other}”", words=figure.text, other=alike[0].text)
    missing = [name for name in stated.names if not known.has_name(name.text)]
    missing = [
        name
        for place, name in enumerate(missing)
        if name.sure and (place >= RESPELLED or not known.has_spelling(name.text))
    ]
    if not missing or known.has_abbreviation([name.text for name in missing]):
        return None
    written: list[str] = []  # names that follow upon one another as one
    for name, before in zip(missing, [None, *missing], strict=False):
        if before and name.start == before.end + 1:
            written[-1] += f" {name.text}"
        else:
            written.append(name.text)
    shown = listed([in_quotes([name]) for name in written[:3]])
    if len(written) > 1:
        return Message("{words} are not in the source", words=shown)
    return Message("{words} is not in the source", words=shown)
