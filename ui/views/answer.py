"""What the page shows of a conversation: questions, answers, doubts, how an answer was made.

Functions from data to HTML, which the templates make of it (``ui.templates``). The only links are addresses of cited
articles, http and https alone. Nothing in here reads Markdown: an answer is paragraphs, list items and ``[n]`` markers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from markupsafe import Markup

from assistant.history.conversations import StoredTurn
from assistant.messages import Translator, translator
from assistant.types import Answer, Citation, Statement, Support
from ui.templates import render
from vectorstore.messages import Message
from vectorstore.types import Article, TimeScope

Copies = Mapping[str, tuple[Article, ...]]
"""Of articles by their ids: the others that carry the same story."""

_MARKER = re.compile(r"\[(\d{1,4})\]")
_MARKERS_OR_SPACE = re.compile(r"\[\d{1,4}\]|\s+")
_TRAILING_MARKERS = re.compile(r"(?:\s*\[\d{1,4}\])+")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_LIST_ITEM = re.compile(r"[-*•]\s+|\d{1,2}[.)]\s+")
_LEAST_COST = 0.0001
"""Dollars; below it, a figure would be noughts."""
_VERDICTS: Mapping[Support, str] = {
    "partly": Message("partly supported"),
    "unsupported": Message("not supported"),
    "unchecked": Message("not checked"),
}


# --- what the templates show -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chip:
    """A marker such as ``[2]`` as a small button. Without a label it leads nowhere."""

    number: str
    label: str = ""
    """What it cites, for those who cannot see that."""
    peek: str = ""
    """The id of what is shown when it is pointed at."""


Pieces = Sequence[str | Chip]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a statement is supported, in words; the reason is shown when it is pointed at or focused."""

    support: Support
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of an answer's text: plain, or a doubted statement with the markers and the verdict behind it."""

    pieces: Pieces
    doubted: Support | Literal[""] = ""
    markers: Pieces = ()
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph with its lines, or a list with its items."""

    is_list: bool
    lines: list[list[Segment]]


@dataclass(frozen=True, slots=True)
class Peek:
    """What a chip shows when it is pointed at: an article and the quoted words."""

    id: str
    article: Article
    quotes: Sequence[str]
    corrected: int | None
    """The number, where the writer had put another one in its place."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What stands in a turn beside its answer, rendered by ``scope_chips``, ``sources`` and ``conversation_list``."""

    scope: str = ""
    """The chips of what was searched, under the question."""
    trail: str = ""
    disagreements: str = ""
    sources: str = ""
    tools: str = ""
    changed: str = ""
    """What to tell of a scope that differs from the last question's."""


# --- one turn of the conversation --------------------------------------------------------------------------------


def pending_turn(
    turn: int,
    question: str,
    text: str = "",
    *,
    words: Translator,
    status: str = "",
    trail: str = "",
    checked: Sequence[Statement] = (),
) -> Markup:
    """A question and as much of its answer as has come. Markers do not lead anywhere yet.

    ``status`` says why nothing comes at the moment, ``trail`` is what was looked up so far, rendered; ``checked`` are
    the sentences with their first verdicts, while a model checks them once more.
    """
    return render(
        "pending_turn.html",
        words,
        turn=turn,
        conversation="",
        question=question,
        state="writing",
        has_text=bool(text),
        blocks=_plain_blocks(text),
        doubts=_doubts([statement for statement in checked if statement.support != "verified"], words),
        waiting=words.gettext(status) or ("" if text else words.gettext("Reading the articles…")),
        trail=trail,
    )


def finished_turn(stored: StoredTurn, conversation: str, *, words: Translator, extras: Extras = Extras()) -> Markup:
    """A stored question with its checked answer, or with what became of it."""
    answer, problem = stored.answer, stored.problem or ""
    if answer is None:
        return render(
            "unanswered_turn.html",
            words,
            turn=stored.id,
            conversation=conversation,
            question=stored.question,
            state=stored.state,
            blocks=_plain_blocks(stored.text),
            problem=words.gettext(problem),
            tools=extras.tools,
        )
    reason = answer.reason or ""
    cited: dict[int, list[Citation]] = defaultdict(list)
    for citation in answer.citations:
        cited[citation.number].append(citation)
    placed, unplaced = _placed(answer.text, answer.statements)
    repaired = {number for each in placed for number in each.statement.repaired} & cited.keys()
    chips = {number: _cited_chip(stored.id, group[0], words) for number, group in cited.items()}

    def pieces(start: int, end: int, repaired: Sequence[int] = ()) -> Pieces:
        def chip(shown: str) -> Chip | None:
            known = chips.get(int(shown))
            return replace(known, peek=f"{known.peek}-repaired") if known and int(shown) in repaired else known

        return _pieces(answer.text[start:end], chip)

    peeks = [_peek(chips[number].peek, group) for number, group in cited.items()]
    peeks += [_peek(f"{chips[number].peek}-repaired", cited[number], number) for number in sorted(repaired)]
    return render(
        "finished_turn.html",
        words,
        turn=stored.id,
        conversation=conversation,
        question=stored.question,
        state=answer.state,
        answer=answer,
        reason=words.gettext(reason),
        blocks=_blocks(answer.text, lambda start, end: _segments(answer.text, start, end, placed, pieces, words)),
        doubts=_doubts(unplaced, words),
        peeks=peeks,
        cited=len(cited),
        meta=meta_line(answer, words),
        extras=extras,
    )


def _plain_blocks(text: str) -> list[Block]:
    """Text whose markers do not lead anywhere."""
    return _blocks(text, lambda start, end: [Segment(_pieces(text[start:end], Chip))])


def _blocks(text: str, segments: Callable[[int, int], list[Segment]]) -> list[Block]:
    """Paragraphs and lists of a text; ``segments`` takes one range of it apart."""
    blocks: list[Block] = []
    for paragraph in _PARAGRAPH.finditer(text):
        lines = _lines(paragraph.group(), paragraph.start())
        items = [_LIST_ITEM.match(text, start, end) for start, end in lines]
        is_list = all(items)
        if not (is_list and blocks and blocks[-1].is_list):
            blocks.append(Block(is_list, []))
        for (start, end), item in zip(lines, items, strict=True):
            blocks[-1].lines.append(segments(item.end() if is_list and item else start, end))
    return blocks


def _lines(text: str, offset: int) -> list[tuple[int, int]]:
    """Where the lines of a paragraph that hold something begin and end."""
    found: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]*\S", text):
        start = line.start() + len(line.group()) - len(line.group().lstrip())
        found.append((offset + start, offset + line.end()))
    return found


def _pieces(text: str, chip: Callable[[str], Chip | None]) -> Pieces:
    """Text with its markers as chips; a marker for which ``chip`` has none stays text."""
    pieces: list[str | Chip] = []
    at = 0
    for marker in _MARKER.finditer(text):
        if made := chip(marker[1]):
            pieces += [text[at : marker.start()].rstrip(" "), made]
            at = marker.end()
    return [piece for piece in (*pieces, text[at:]) if piece]


def _cited_chip(turn: int, citation: Citation, words: Translator) -> Chip:
    article = citation.article
    label = words.gettext(
        "Source {number}: {title}, {source}, {date}",
        number=citation.number,
        title=article.title or words.gettext("Untitled"),
        source=article.source or words.gettext("source not known"),
        date=_day(article.published, words),
    )
    return Chip(str(citation.number), label, f"peek-{turn}-{citation.number}")


def _peek(id_: str, citations: Sequence[Citation], corrected: int | None = None) -> Peek:
    quotes = list(dict.fromkeys(citation.quote for citation in citations))
    return Peek(id_, citations[0].article, quotes, corrected)


# --- statements that their sources do not carry, or whose numbers were corrected ---------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    start: int
    end: int
    statement: Statement


def _placed(text: str, statements: Sequence[Statement]) -> tuple[list[_Placed], list[Statement]]:
    """Where in the text the statements stand that have something to tell, and the doubted ones that are not found.

    Statements carry no markers and may have other white space than the text, so both are compared without either.
    """
    places: list[int] = []
    at = 0
    for gap in _MARKERS_OR_SPACE.finditer(text):
        places.extend(range(at, gap.start()))
        at = gap.end()
    places.extend(range(at, len(text)))
    dense = "".join(text[place] for place in places)

    found_at: list[_Placed] = []
    lost: list[Statement] = []
    cursor = 0
    for statement in statements:
        sought = _MARKERS_OR_SPACE.sub("", statement.text)
        found = dense.find(sought, cursor) if sought else -1
        if found >= 0:
            cursor = found + len(sought)
        doubted = statement.support != "verified"
        if found >= 0 and (doubted or statement.repaired):
            found_at.append(_Placed(places[found], places[cursor - 1] + 1, statement))
        elif doubted:
            lost.append(statement)
    return found_at, lost


def _segments(
    text: str,
    start: int,
    end: int,
    placed: Sequence[_Placed],
    pieces: Callable[[int, int, Sequence[int]], Pieces],
    words: Translator,
) -> list[Segment]:
    """One range of the text, the doubted statements in it set apart, each with its verdict after its markers."""
    segments: list[Segment] = []
    at = start
    for each in placed:
        if each.end <= at or each.start >= end:
            continue
        first, last = max(each.start, at), min(each.end, end)
        markers = _TRAILING_MARKERS.match(text, last, end)
        after = markers.end() if markers else last
        support, repaired = each.statement.support, each.statement.repaired
        doubted = "" if support == "verified" else support
        verdict = _verdict(each.statement, words) if doubted and last == each.end else None
        segments.append(Segment(pieces(at, first, ())))
        segments.append(Segment(pieces(first, last, repaired), doubted, pieces(last, after, repaired), verdict))
        at = after
    return [*segments, Segment(pieces(at, end, ()))]


def _verdict(statement: Statement, words: Translator) -> Verdict:
    label = words.gettext(_VERDICTS[statement.support])
    return Verdict(statement.support, label, words.gettext(statement.reason))


def _doubts(statements: Sequence[Statement], words: Translator) -> list[tuple[str, Verdict]]:
    """Whole doubted sentences that could not be found in the text, and so are not marked in it."""
    return [(statement.text, _verdict(statement, words)) for statement in statements]


# --- under the answer --------------------------------------------------------------------------------------------


def writer(model: str, words: Translator) -> str:
    """Who wrote it, in the words of the page."""
    match model:
        case "extractive":
            return words.gettext("Extractive: quotes only, no model")
        case "catalogue":
            return words.gettext("Answered from the library’s own list")
        case "assistant":
            return words.gettext("No article was needed")
    return words.gettext("Written by {model}; checked against its sources", model=model)


def writes(model: str, words: Translator) -> str:
    """Who is going to write, for the line under the question box."""
    if model == "extractive":
        return words.gettext("Answers are quotes from your articles; no model writes them")
    return words.gettext("{model} writes the answers; each sentence is checked against its source", model=model)


def days_searched(scope: TimeScope, words: Translator) -> str:
    """Which days the answer may rest on, and how many articles without one that leaves out."""
    first, last = scope.first, scope.last
    if first and last:
        said = words.gettext("articles from {since} to {until}", since=words.day(first), until=words.day(last))
    elif first:
        said = words.gettext("articles since {since}", since=words.day(first))
    elif last:
        said = words.gettext("articles up to {until}", until=words.day(last))
    else:
        said = words.gettext("all dates")
    if undated := scope.left_out_undated:
        said += " · " + words.ngettext("{count} undated left out", "{count} undated left out", undated)
    return said


def meta_line(answer: Answer, words: Translator) -> str:
    """The line under an answer: writer, scope, articles, corrections, seconds, cost."""
    facts = [writer(answer.model, words), days_searched(answer.scope, words)]
    quoted = len({citation.article.id for citation in answer.citations})
    if quoted and answer.articles_read:
        facts.append(
            words.ngettext(
                "{count} article read, {quoted} quoted",
                "{count} articles read, {quoted} quoted",
                answer.articles_read,
                quoted=words.number(quoted),
            )
        )
    elif quoted:  # an answer that was stored before it was counted
        facts.append(words.ngettext("quotes from {count} article", "quotes from {count} articles", quoted))
    if answer.mended:
        facts.append(
            words.ngettext(
                "{count} sentence corrected after checking",
                "{count} sentences corrected after checking",
                answer.mended,
            )
        )
    if answer.dropped:
        facts.append(
            words.ngettext(
                "{count} sentence left out as not supported",
                "{count} sentences left out as not supported",
                answer.dropped,
            )
        )
    seconds = words.gettext("{seconds} s", seconds=words.number(answer.seconds_search + answer.seconds_write, 1))
    facts.append(seconds.replace(" ", "\N{NO-BREAK SPACE}"))
    cost = answer.usage.cost_usd
    if cost is not None and cost < _LEAST_COST:
        facts.append(words.gettext("under ${cost}", cost=words.number(_LEAST_COST, 4)))
    elif cost is not None:
        facts.append(words.gettext("${cost}", cost=words.number(cost, 4 if cost < 1 else 2)))
    return " · ".join(facts)


def _day(value: date | None, words: Translator) -> str:
    return words.day(value) if value else words.gettext("no date known")


def notice(message: str, *, problem: bool = False) -> Markup:
    """One plain sentence, set apart."""
    return render("notice.html", translator(), message=message, problem=problem)
