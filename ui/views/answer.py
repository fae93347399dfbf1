"""What the page shows of a conversation: questions, answers, doubts, how an answer was made.

Functions from data to HTML, which the templates make of it (``ui.templates``). The only links are addresses of cited
articles, http and https alone. How an answer is divided into paragraphs, lists and quotations is said by ``shape``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from markupsafe import Markup

from assistant.disagreement import without_disagreements
from assistant.export import shape
from assistant.export.shape import Shape
from assistant.history.types import StoredTurn
from assistant.messages import Translator, translator
from assistant.types import QUOTING, Answer, Citation, Statement, Support
from assistant.writing.extractive import attribution, overtaken
from ui.templates import render
from vectorstore.messages import Message
from vectorstore.types import Article, TimeScope

Copies = Mapping[str, tuple[Article, ...]]
"""Of articles by their ids: the others that carry the same story."""

_MARKER = re.compile(r"\[(\d{1,4})\]")
_MARKERS_OR_MARKS = re.compile(r"\[\d{1,4}\]|[\s*_`#|\\]+")
"""What the text has between the words of a statement, or the statement between those of the text: chips, Markdown."""
_TRAILING_MARKERS = re.compile(r"(?:\s*\[\d{1,4}\])+")
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


@dataclass(frozen=True, slots=True)
class Styled:
    """Words in bold, in italics or as code: ``strong``, ``em``, ``code``."""

    style: str
    text: str


Pieces = Sequence[str | Chip | Styled]


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
class Peek:
    """What a chip shows when it is pointed at: an article and the quoted words."""

    id: str
    article: Article
    page: int | None
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
    is_new: bool = False
    """Whether it was just written, and what may be asked next is still to be looked for."""


# --- one turn of the conversation --------------------------------------------------------------------------------


def pending_turn(
    turn: int,
    question: str,
    text: str = "",
    *,
    words: Translator,
    conversation: str = "",
    status: str = "",
    trail: str = "",
    checked: Sequence[Statement] = (),
) -> Markup:
    """A question and as much of its answer as has come. Markers do not lead anywhere yet.

    ``status`` says why nothing comes at the moment, ``trail`` is what was looked up so far, rendered; ``checked`` are
    the sentences with their first verdicts, while a model checks them once more.
    """
    made, segments = _plain(text)
    return render(
        "pending_turn.html",
        words,
        turn=turn,
        conversation=conversation,
        question=question,
        state="writing",
        has_text=bool(text),
        shape=made,
        segments=segments,
        doubts=_doubts([statement for statement in checked if statement.support != "verified"], words),
        waiting=words.gettext(status) or ("" if text else words.gettext("Reading the articles…")),
        trail=trail,
    )


def finished_turn(stored: StoredTurn, conversation: str, *, words: Translator, extras: Extras = Extras()) -> Markup:
    """A stored question with its checked answer, or with what became of it."""
    answer, problem = stored.answer, stored.problem or ""
    if answer is None:
        made, segments = _plain(stored.text)
        return render(
            "unanswered_turn.html",
            words,
            turn=stored.id,
            conversation=conversation,
            question=stored.question,
            state=stored.state,
            shape=made,
            segments=segments,
            problem=words.gettext(problem),
            tools=extras.tools,
        )
    reason = answer.reason or ""
    cited: dict[int, list[Citation]] = defaultdict(list)
    for citation in answer.citations:
        cited[citation.number].append(citation)
    text = without_disagreements(answer)  # the cards have that
    if answer.model in QUOTING:
        articles = {attribution(each.article): each.article for each in answer.citations}
        openings = {f"{said}: ": article for said, article in articles.items()}
        earlier = {f"{overtaken(said)}: ": article for said, article in articles.items()}
        made = shape.of_quotations(text, openings, earlier)
    else:
        made = shape.of_markdown(text)
    placed, unplaced = _placed(made, answer.statements)
    repaired = {number for each in placed for number in each.statement.repaired} & cited.keys()
    chips = {number: _cited_chip(stored.id, group[0], words) for number, group in cited.items()}

    def pieces(start: int, end: int, repaired: Sequence[int] = ()) -> Pieces:
        def chip(shown: str) -> Chip | None:
            known = chips.get(int(shown))
            return replace(known, peek=f"{known.peek}-repaired") if known and int(shown) in repaired else known

        return _pieces(made, start, end, chip)

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
        shape=made,
        segments=lambda start, end: _segments(made.text, start, end, placed, pieces, words),
        doubts=_doubts(unplaced, words),
        peeks=peeks,
        cited=len(cited),
        meta=meta_line(answer, words),
        suggested=answer.suggested or (),
        extras=extras,
    )


def follow_ups(answer: Answer, words: Translator) -> Markup:
    """What may be asked after an answer, and what the whole took."""
    return render("follow_ups.html", words, suggested=answer.suggested or (), meta=meta_line(answer, words))


def _plain(text: str) -> tuple[Shape, Callable[[int, int], list[Segment]]]:
    """Text whose markers do not lead anywhere."""
    made = shape.of_markdown(text)
    return made, lambda start, end: [Segment(_pieces(made, start, end, Chip))]


def _pieces(made: Shape, start: int, end: int, chip: Callable[[str], Chip | None]) -> Pieces:
    """A range of the text with its markers as chips; a marker for which ``chip`` has none stays text."""
    pieces: list[str | Chip | Styled] = []
    for style, text in made.runs(start, end):
        at = 0
        for marker in _MARKER.finditer(text) if style != "code" else ():
            if shown := chip(marker[1]):
                pieces += [_styled(style, text[at : marker.start()].rstrip(" ")), shown]
                at = marker.end()
        pieces.append(_styled(style, text[at:]))
    return pieces


def _styled(style: str, text: str) -> str | Styled:
    return Styled(style, text) if style and text else text


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
    return Peek(id_, citations[0].article, citations[0].page, quotes, corrected)


# --- statements that their sources do not carry, or whose numbers were corrected ---------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    start: int
    end: int
    statement: Statement


def _placed(made: Shape, statements: Sequence[Statement]) -> tuple[list[_Placed], list[Statement]]:
    """Where in the text the statements stand that have something to tell, and the doubted ones that are not marked.

    Those are not found, or end in a heading, a table or code. Statements carry no markers and may have other white
    space and Markdown than the text, so both are compared without.
    """
    text = made.text
    places: list[int] = []
    at = 0
    for gap in _MARKERS_OR_MARKS.finditer(text):
        places.extend(range(at, gap.start()))
        at = gap.end()
    places.extend(range(at, len(text)))
    dense = "".join(text[place] for place in places)

    found_at: list[_Placed] = []
    lost: list[Statement] = []
    cursor = 0
    for statement in statements:
        sought = _MARKERS_OR_MARKS.sub("", statement.text)
        found = dense.find(sought, cursor) if sought else -1
        if found >= 0:
            cursor = found + len(sought)
        doubted = statement.support != "verified"
        markable = found >= 0 and not any(start < places[cursor - 1] + 1 <= end for start, end in made.unchecked)
        if (doubted and markable) or (found >= 0 and not doubted and statement.repaired):
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
    if first and first == last:
        said = words.gettext("articles of {day}", day=words.day(first))
    elif first and last:
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
