"""A draft's sentences, each with the words of the library that carry it or say otherwise.

"France pays for 2,000 drones." is searched for, and judged against what is found as the sentences of answers are.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from markdown_it import MarkdownIt

from assistant.checking import model_check, quotations, support
from assistant.checking.citations import CitedText
from assistant.checking.facts import Known, facts
from assistant.errors import ModelError
from assistant.language.words import content_words
from assistant.models.cancelling import Stop
from assistant.reader import Evidence, reader
from assistant.types import Citation, JudgedBy, Support
from assistant.writer import Writer
from vectorstore.messages import Message, MessageText
from vectorstore.text.splitter import sentences
from vectorstore.types import Match

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

Finding = Literal["carried", "contradicted", "not_told", "not_checkable"]

FOUND = 10
"""Passages that are held against a sentence."""

LEANS = 0.5
"""Probability from which a sentence ("He left.") is searched for together with the one before it."""

ASKS = 0.6
"""Probability from which a sentence that nothing carries is taken for a request or a courtesy, which states nothing."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One sentence of a draft, and what the library says to it."""

    text: str
    finding: Finding
    reason: MessageText = ""
    citations: tuple[Citation, ...] = ()
    """The words that carry it, or that say otherwise."""
    by: JudgedBy = "reader"

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "finding": self.finding,
            "reason": self.reason,
            "citations": [citation.to_dict() for citation in self.citations],
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A draft's sentences in their order."""

    sentences: tuple[Checked, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing in it is contradicted or not told."""
        return all(each.finding in ("carried", "not_checkable") for each in self.sentences)

    def to_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, "sentences": [each.to_dict() for each in self.sentences]}


def stated(markdown: str) -> Iterator[str]:
    """The sentences of a Markdown text: not its headings, heads of tables, code, and items that are only links."""
    inside: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type in ("heading_open", "thead_open"):
            inside.append(token.type)
        elif token.type in ("heading_close", "thead_close"):
            inside.pop()
        elif token.type == "inline" and not inside:
            text, outside = _shown(token.children or [])
            if any(map(str.isalnum, outside)):
                found = (" ".join(text[start:end].split()) for start, end in sentences(text))
                yield from (each for each in found if any(map(str.isalnum, each)))


def _shown(tokens: list[Token]) -> tuple[str, str]:
    """The text that a reader sees, and the part of it that is no link."""
    text = outside = ""
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        said = " " if token.type in ("softbreak", "hardbreak") else token.content
        if token.type in ("text", "text_special", "code_inline", "softbreak", "hardbreak"):
            text += said
            outside += "" if depth else said
    return text, outside


def verify(markdown: str, search: Callable[[str], list[Match]], writer: Writer) -> Report:
    """Looks every sentence of ``markdown`` up with ``search``; the model of ``writer`` judges where it is set to."""
    checked: list[Checked] = []
    before = ""
    for text in stated(markdown):
        if text.endswith("?"):
            checked.append(Checked(text, "not_checkable", Message("a question"), by="exact"))
        else:
            leans = before and reader().leans(text) >= LEANS
            found = search(f"{before} {text}" if leans else text)[:FOUND]
            first = sum(len(each.citations) for each in checked) + 1
            checked.append(_checked(text, found, writer, first))
        before = text
    return Report(tuple(checked))


def _checked(text: str, found: list[Match], writer: Writer, first: int) -> Checked:
    carrying = support.repair(text, (), found)
    match = carrying or max(found, key=lambda each: support.share_covered(text, [each.text]), default=None)
    if match is None:
        return Checked(text, "not_told", Message("no article lies near it"), by="exact")
    verdict = support.check(text, [match])
    judged, reason = verdict.support, verdict.reason
    by: JudgedBy = "exact" if verdict.carried is None else "reader"
    if by == "reader" and writer.judges and (said := _by_model(text, match, writer)):
        (judged, reason), by = said, "model"
    if judged == "verified":
        return Checked(text, "carried", "", _cited(_carrying(text, match), match, first), by)
    if judged == "unchecked":
        return Checked(text, "not_checkable", reason, (), by)
    kind, chance = reader().request(text)
    if kind in ("instruct", "talk") and chance >= ASKS:
        return Checked(text, "not_checkable", Message("it states nothing"))
    evidence = Evidence(verdict.words, match.article.title, match.article.published)
    beside = reader().carries([(text, evidence)])[0]
    is_otherwise = by == "exact" and _has_another_value(text, verdict.words, match)
    if is_otherwise or beside.contradicted > beside.not_told:
        return Checked(text, "contradicted", reason, _cited(support.locate(text, match.text), match, first), by)
    return Checked(text, "not_told", reason, (), by)


def _has_another_value(text: str, words: tuple[str, ...], match: Match) -> bool:
    """Whether ``match`` would carry ``text`` with another figure or day in it, one of the source's own."""
    own, theirs = facts(text), facts(" ".join(words))
    figures = [(one.start, one.end, other.text) for one, other in product(own.figures, theirs.figures)]
    days = [(one.start, one.end, other.text) for one, other in product(own.days, theirs.days)]
    changed = (text[:start] + other + text[end:] for start, end, other in figures + days if text[start:end] != other)
    return any(support.check(each, [match]).support == "verified" for each in changed)


def _by_model(text: str, match: Match, writer: Writer) -> tuple[Support, str] | None:
    """The model's verdict and its reason; ``None`` where it gave none, and the reader's stays."""
    check = model_check.ModelCheck(CitedText.of(f"{text} [1]", [match]), [match], judges=True)
    if not check.judged or writer.respond is None:
        return None
    try:
        read = check.read(writer.respond(check.request(), model_check.SECONDS, Stop())[0])
    except ModelError:
        return None
    return (read[0][0].support, read[0][0].reason) if read and read[0] else None


def _carrying(text: str, match: Match) -> list[tuple[int, int]]:
    """The words of ``match`` that carry ``text``: its quotations, or whole sentences, those next to each other as one.

    Sentences are located by the words that they share with ``text``. One with a figure of it may be missing there, and
    another may say nothing of it: that is left out where the rest has all of its figures and days and carries it as
    surely.
    """
    located = support.locate(text, match.text)
    if quotations.quotations(text):
        return located
    spans, wanted = support.sentences_of(match.text), frozenset(content_words(text))
    shared = [len(span.words & wanted) for span in spans]
    known, stated = [Known([match.text[span.start : span.end]]) for span in spans], facts(text)
    written = [figure for figure in stated.figures if not figure.spelled]  # "two attempts" counts what is told
    told = [{at for at, each in enumerate(known) if each.has_figure(figure)} for figure in written]
    kept = {at for at, span in enumerate(spans) if any(start <= span.start < end for start, end in located)}
    kept |= {max(places, key=shared.__getitem__) for places in told if places and kept.isdisjoint(places)}
    told += [{at for at, each in enumerate(known) if each.has_day(day)} for day in stated.days]
    sure = _sureness(text, match, kept)
    for at in sorted(kept, key=shared.__getitem__):
        rest = kept - {at}
        tells_all = all(rest & places for places in told if kept & places)
        if rest and tells_all and 0 < (surer := _sureness(text, match, rest)) >= sure:
            kept, sure = rest, surer
    firsts, lasts = ([at for at in sorted(kept) if at + beside not in kept] for beside in (-1, 1))
    return [(spans[first].start, spans[last].end) for first, last in zip(firsts, lasts, strict=True)]


def _sureness(text: str, match: Match, places: Set[int]) -> float:
    """The probability that these sentences of ``match`` carry ``text``; 0 where they are found not to."""
    spans = support.sentences_of(match.text)
    shown = " ".join(match.text[spans[at].start : spans[at].end] for at in sorted(places))
    verdict = support.check(text, [replace(match, passage=replace(match.passage, text=shown))])
    return verdict.carried or 0.0 if verdict.support == "verified" else 0.0


def _cited(spans: list[tuple[int, int]], match: Match, first: int) -> tuple[Citation, ...]:
    start = match.passage.start
    return tuple(
        Citation(number, match.text[begin:end], start + begin, start + end, match.article, match.passage)
        for number, (begin, end) in enumerate(spans, first)
    )
