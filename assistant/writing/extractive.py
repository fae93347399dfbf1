"""The writer that needs no model: it quotes the sentences that answer, to the letter.

The reader says of every sentence of the best passages how surely it answers. The surest comes first and whole; at most
two more follow where they add something. Where none is sure enough, nothing is quoted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from textwrap import shorten
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.checking import quotations
from assistant.checking.facts import Known, facts
from assistant.checking.figures import same_figure
from assistant.checking.quotations import DOUBLE
from assistant.language.words import is_dangling, numbers
from assistant.models.prompt import NO_ANSWER
from assistant.question.ukrainian import share_held
from assistant.reader import Evidence, reader
from assistant.types import Turn
from vectorstore.messages import Message
from vectorstore.text.boilerplate import is_boilerplate
from vectorstore.text.names import written_as_in
from vectorstore.text.splitter import sentences
from vectorstore.types import Article, Correction, Match

Similarity = Callable[[str, Sequence[str]], NDArray[np.float32]]
"""Cosines between a text and others, shape (len(texts),): ``Library.similarity``."""

PASSAGES: Final = 6
"""Best matches whose sentences the reader sees; what more of them costs and brings is in ``reader-figures``."""

ANSWERS: Final = 0.5
"""Probability from which a sentence answers. The reader is calibrated so that this is the point chosen for silence."""

MORE: Final = 2
"""Sentences that may follow the first."""

BESIDE: Final = 0.7
"""Share of the first one's probability that a further sentence must have. Of 0.5 to 0.8 on the windows kept out: up to
0.7 there are fewer of them and no answer loses what it holds; from 0.75 on, one in a hundred does."""

SAME: Final = 0.8
"""Cosine from which two sentences tell the same thing; with the same figures they are copies of one another."""

LACKING: Final = 2.5
"""Log odds that a sentence loses whose article does not mention a name or year of the question: that is so of 2.5 % of
the articles that answer written questions, and of those about another story about twelve times as often."""

LONGEST_ARTICLE: Final = 20_000
"""Characters of an article that are looked through for names."""

LONGEST_TITLE: Final = 32
"""Characters of a title that stands in for an unknown source."""

MOST_BEFORE: Final = 4
"""Sentences within which the speaker of a quotation is looked for, its own among them."""

FEWEST_WORDS: Final = 4
"""Fewer make a caption, a heading or an exclamation."""

_DATELINE = re.compile(
    r"(?:[A-Z][\w .,’'-]{1,40})?\((?:(?:Reuters|AP|AFP|UPI|CNN)\)\s*[-–—:]*|[A-Z]{2,}[\w .]{0,20}\)\s*[-–—:]+)\s+"
    r"|[A-Z]{3,}[A-Z ,]*\s[-–—]+\s+|[-–—]+\s+"
)
_IDEOGRAPHIC = "。！"
_ENDING = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_QUESTION = re.compile(r"[?？][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a passage that are quoted, ``match.text[start:end]``: a sentence, or several that stand together."""

    number: int
    """Of the passage among the matches, from 1."""
    match: Match
    start: int
    end: int
    answers: float = 0.0
    """Probability that it answers the question."""
    also: tuple[int, ...] = ()
    """Numbers of passages of other articles that say the same."""
    is_overtaken: bool = False
    """Whether a later article has a newer figure for the same thing."""

    @property
    def notice(self) -> Correction | None:
        """The notice of a correction that the words stand in."""
        return self.article.correction_at(self.match.start + self.start)

    @property
    def text(self) -> str:
        """The words on one line; nothing but white space differs from the article."""
        return " ".join(self.match.text[self.start : self.end].split())

    @property
    def article(self) -> Article:
        return self.match.article


class ExtractiveWriter:
    """Answers with quotations. ``similarity`` gives the cosines between a text and others."""

    name: Final = "extractive"

    def __init__(self, similarity: Similarity) -> None:
        self._similarity = similarity

    def write(self, question: str, matches: Sequence[Match], history: Sequence[Turn] = ()) -> Iterator[str]:
        """Yields Markdown, one statement at a time, with markers that number ``matches`` from 1.

        A statement is a quotation on a line of its own; the first of an article names its source and day. ``history``
        is not used: the question stands alone by now. Yields ``NO_ANSWER`` where no sentence answers.
        """
        chosen = self.select(question, matches)
        if not chosen:
            yield NO_ANSWER
        yield from written(chosen)

    def select(self, question: str, matches: Sequence[Match]) -> list[Quoted]:
        """What to quote, in the order in which it reads well; nothing where no sentence answers surely enough."""
        ranked = ranked_sentences(question, matches)
        if not ranked or ranked[0].answers < ANSWERS:
            return []
        sure = [each for each in ranked if each.answers >= ANSWERS]
        chosen: list[Quoted] = []
        for each in sure:
            if each.answers < BESIDE * ranked[0].answers:
                break
            if (same := self._told_by(each, chosen)) is not None:
                if chosen[same].article.id != each.article.id:
                    chosen[same] = replace(chosen[same], also=(*chosen[same].also, each.number))
            elif len(chosen) <= MORE:
                chosen.append(each)
        return _in_order([part for each in self._latest_first(chosen, sure) for part in _with_antecedent(each)])

    def _told_by(self, each: Quoted, chosen: Sequence[Quoted]) -> int | None:
        """The place of the one among ``chosen`` that says the same with the same figures."""
        if not chosen:
            return None
        cosines = self._similarity(each.text, [one.text for one in chosen])
        place = int(np.argmax(cosines))
        same = float(cosines[place]) >= SAME and numbers(each.text) == numbers(chosen[place].text)
        return place if same else None

    def _latest_first(self, chosen: Sequence[Quoted], sure: Sequence[Quoted]) -> list[Quoted]:
        """Puts a later article's newer figure for the same thing before the older one, and marks that as overtaken.

        It may be one of ``sure`` that was too far behind to be chosen, if it tells the same thing beyond doubt.
        """
        first, overtaken = chosen[0], []
        texts = {each.text for each in chosen}
        for each in (*chosen[1:], *(one for one in sure if one.text not in texts)):
            is_later = known_on(each.article) > known_on(first.article)
            newer = corrects(each, first) or (is_later and not corrects(first, each))
            other = numbers(each.text) and numbers(each.text) != numbers(first.text)
            cosine = self._similarity(first.text, [each.text])[0] if newer and other else 0.0
            if cosine >= (SAME - 0.15 if each.text in texts else SAME):
                if is_later and cosine >= SAME and facts(first.text).figures and facts(each.text).figures:
                    overtaken.append(first)
                first = each
        rest = [replace(each, is_overtaken=each in overtaken) for each in chosen if each is not first]
        return [first, *rest][: MORE + 1]


def ranked_sentences(question: str, matches: Sequence[Match]) -> list[Quoted]:
    """The sentences of the best ``matches`` that can be quoted, those that answer most surely first.

    What the question quotes is looked for as a string first: the sentence that holds those words answers. A notice of
    correction is quoted whole, and only where nothing else in its article answers: it also says what was wrong.
    """
    read = list(enumerate(matches[:PASSAGES], start=1))
    asked_words = [question[a:b] for a, b in quotations.quotations(question) if len(question[a:b].split()) > 2]
    held = [(n, m) for n, m in enumerate(matches, start=1) if any(quotations.find(w, m.text) for w in asked_words)]
    read += [each for each in held if each not in read]
    # The reader knows no spellings: Gorbatyuk is asked for by the name that the passages have.
    question = written_as_in(question, [f"{match.article.title}\n{match.text}" for _, match in read])
    named, years = names_and_years(question)
    spans = [sentences(match.text) for _, match in read]
    evidence = [
        Evidence(tuple(" ".join(m.text[a:b].split()) for a, b in own), m.article.title, m.article.published)
        for (_, m), own in zip(read, spans, strict=True)
    ]
    found = []
    similarities = [match.similarity for _, match in read]
    answers = reader().answers(question, evidence, similarities)
    for (number, match), own, chances in zip(read, spans, answers, strict=True):
        lacking = 1.0 if has_all(match.article, named, years) else math.exp(LACKING)
        chances = chances / (chances + (1 - chances) * lacking)
        title = match.article.title
        for (start, end), chance in zip(own, chances, strict=True):
            dateline = _DATELINE.match(match.text, start, end)
            each = Quoted(number, match, dateline.end() if dateline else start, end, float(chance))
            each = _whole_notice(each) if each.notice else _with_its_answer(each, own)
            holds = any(quotations.find(words, each.text) for words in asked_words)
            if holds:
                each = _with_speaker(each, own)
            each = replace(each, answers=each.answers * min(1.0, 2 * share_held(question, f"{each.text} {title}")))
            if (each.notice or is_whole(each.text)) and (holds or not held):
                found.append(replace(each, answers=1.0) if holds else each)
    told = {each.article.id for each in found if each.answers >= ANSWERS and not each.notice}
    found = [each for each in found if not each.notice or each.article.id not in told]
    return sorted(found, key=lambda each: -each.answers)


def _whole_notice(each: Quoted) -> Quoted:
    """The notice that ``each`` stands in; where the passage holds a part of it alone, it answers nothing."""
    assert each.notice
    start, end = each.notice.start - each.match.start, each.notice.end - each.match.start
    if start < 0 or end > len(each.match.text):
        return replace(each, answers=0.0)
    return replace(each, start=start, end=end)


def _with_its_answer(each: Quoted, spans: Sequence[tuple[int, int]]) -> Quoted:
    """A question, as in an interview, answers nothing by itself: it is quoted with what follows it, or not at all."""
    if not _QUESTION.search(each.text):
        return each
    end = each.end
    for start, stop in [span for span in spans if span[0] >= each.end][:MORE]:
        if _QUESTION.search(each.match.text[start:stop].rstrip()):
            break
        end = stop
    return replace(each, end=end) if end > each.end else replace(each, answers=0.0)


def names_and_years(question: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an article that answers must know of: the names and the years of ``question``."""
    stated = facts(question)
    years = dict.fromkeys(str(day.year) for day in stated.days if day.year)
    return tuple(name.text for name in stated.names if name.sure), tuple(years)


def has_all(article: Article, named: Sequence[str], years: Sequence[str]) -> bool:
    """Whether ``article`` mentions all the names, in any form or spelling, and is of these years or mentions them.

    "When did Norway leave NATO?" is not answered by an article on Sweden, however near it comes.
    """
    days = [day for day in (article.published, article.updated) if day]
    text = "\n".join([article.title, article.source or "", *article.authors, article.text[:LONGEST_ARTICLE]])
    if any(year not in text and all(str(day.year) != year for day in days) for year in years):
        return False
    folded = text.casefold()
    missing = [name for name in named if name.casefold() not in folded]
    if not missing:
        return True
    known = Known([text], days)
    return known.has_abbreviation(missing) or all(known.has_name(name) or known.has_spelling(name) for name in missing)


def written(chosen: Sequence[Quoted]) -> Iterator[str]:
    """The quotations as Markdown, one at a time; source and day stand once for those of one article in a row."""
    article = None
    for quoted in chosen:
        if article is not None:
            yield "\n" if quoted.article.id == article else "\n\n"
        said = attribution(quoted.article)
        said = overtaken(said) if quoted.is_overtaken else said
        opening = "" if quoted.article.id == article else f"{said}: "
        markers = "".join(f" [{number}]" for number in dict.fromkeys((quoted.number, *quoted.also)))
        yield f"{opening}{in_quotation_marks(quoted.text)}{markers}"
        article = quoted.article.id


def attribution(article: Article) -> str:
    """Who says so, and when: "Starter Library, Space desk, 23 August 2023", with the day of a later update."""
    title = "".join(character for character in article.title if character not in DOUBLE)
    source = article.source or shorten(title, LONGEST_TITLE, placeholder="…")
    told = Message("{source}, undated", source=source)
    if article.published:
        told = Message("{source}, {day}", source=source, day=article.published)
    return Message("{source}, updated {day}", source=told, day=article.updated_since) if article.updated_since else told


def overtaken(said: str) -> Message:
    """An ``attribution`` of a figure that a later article has a newer one for."""
    return Message("Earlier figure, {source}", source=said)


def in_quotation_marks(text: str) -> str:
    """``text`` between marks that those inside it do not close."""
    return f"‘{text}’" if any(mark in text for mark in DOUBLE) else f"“{text}”"


def is_whole(text: str) -> bool:
    """Whether ``text`` is a sentence that can stand in an answer: no caption, credit, heading or leftover of a page."""
    words = text.split()
    if not _ENDING.search(text) or is_boilerplate(text):
        return False
    if text[-1] in _IDEOGRAPHIC:  # neither spaces nor capitals to go by
        return True
    return len(words) >= FEWEST_WORDS and sum(word[0].isupper() for word in words) <= len(words) * 3 / 4


def known_on(article: Article) -> date:
    """The last day of which the article can know; the first of all days where it is undated."""
    return max(each or date.min for each in (article.published, article.updated, article.corrected))


def corrects(one: Quoted, other: Quoted) -> bool:
    """Whether ``one`` is of an article that was corrected from what ``other`` says."""
    return is_corrected(one.article, one.text, other.article, other.text)


def is_corrected(article: Article, own: str, other: Article, wrong: str) -> bool:
    """Whether ``article``, which says ``own``, was corrected from the figure in ``wrong``, the words of ``other``.

    A notice names the figure that was wrong, or else the right one, which then holds against what is not later.
    """
    said = [figure for each in article.corrections for figure in facts(each.text).figures]
    right, figures = facts(own).figures, facts(wrong).figures
    others = [each for each in figures if not any(same_figure(each, known) for known in right)]
    named = others if known_on(other) > known_on(article) else [*others, *right]
    return bool(others) and any(same_figure(each, known) for each in named for known in said)


def _with_antecedent(each: Quoted) -> list[Quoted]:
    """``each``, behind the sentence before it where it begins with "he", "it" or "this" and would be a riddle alone."""
    before = [span for span in sentences(each.match.text) if span[1] <= each.start] if is_dangling(each.text) else []
    if not before:
        return [each]
    earlier = replace(each, start=before[-1][0], end=before[-1][1], also=())
    return [earlier, each] if is_whole(earlier.text) else [each]


def _with_speaker(each: Quoted, spans: Sequence[tuple[int, int]]) -> Quoted:
    """``each``, a quotation that was asked for, from the last sentence on that names somebody outside quotation marks.

    "Who said “None of them added up”?" is answered by the sentences before it: "Chief executive Dana Whitlock …" What a
    mark closes begins where one opens it.
    """
    text = each.match.text
    for start, _ in reversed([span for span in spans if span[1] <= each.end][-MOST_BEFORE:]):
        words = text[start : each.end]
        if sum(map(words.count, DOUBLE)) % 2:
            continue
        for a, b in reversed(quotations.quotations(words)):
            words = words[:a] + words[b:]
        if any(name.sure for name in facts(words).names) and not is_dangling(words.lstrip(f" ,{DOUBLE}")):
            return replace(each, start=min(start, each.start))
    return each


def _in_order(chosen: Sequence[Quoted]) -> list[Quoted]:
    """Articles in the order of their first sentence; the sentences of an article joined where they touch."""
    made: list[Quoted] = []
    for article in dict.fromkeys(each.article.id for each in chosen):
        for each in (one for one in chosen if one.article.id == article):
            last = made[-1] if made and made[-1].article.id == article else None
            if last is not None and last.number == each.number and _touch(last, each):
                made[-1] = replace(last, start=min(last.start, each.start), end=max(last.end, each.end))
            else:
                made.append(each)
    return made


def _touch(one: Quoted, other: Quoted) -> bool:
    """Whether two quotations of a passage overlap or follow one another, and can stand between one pair of marks."""
    text = one.match.text
    between = text[one.end : other.start] if one.end <= other.start else text[other.end : one.start]
    overlap = one.start < other.end and other.start < one.end
    return (overlap or not between.strip()) and not any(mark in one.text + other.text for mark in DOUBLE)
