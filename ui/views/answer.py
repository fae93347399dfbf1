"""What the page shows of a conversation, as HTML: questions, answers, doubts, how an answer was made.

Pure functions of text and data. Everything that comes from an article, a model, a file name or a reader passes
through ``escape`` and lands in element text or in a quoted attribute; the only links are addresses of cited articles,
http and https alone. Nothing in here reads Markdown: an answer is paragraphs, list items and ``[n]`` markers.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from assistant.history.conversations import StoredTurn
from assistant.history.export_text import Words, link
from assistant.types import Answer, Citation, Statement
from ui.texts.messages import CONVERSATIONS, ENGLISH, Texts
from vectorstore.types import Article, TimeScope

Copies = Mapping[str, tuple[Article, ...]]
"""Of articles by their ids: the others that carry the same story."""

_MARKER = re.compile(r"\[(\d{1,4})\]")
_MARKERS_OR_SPACE = re.compile(r"\[\d{1,4}\]|\s+")
_TRAILING_MARKERS = re.compile(r"(?:\s*\[\d{1,4}\])+")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_LIST_ITEM = re.compile(r"[-*•]\s+|\d{1,2}[.)]\s+")
# C0 and C1 controls but tab and newline: a browser shows nothing for them or closes the page's text at them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LEAST_COST = 0.0001
"""Dollars; below it, a figure would be noughts."""


def escape(text: str) -> str:
    """Text as HTML that shows exactly this text, in an element or a quoted attribute.

    Lone surrogates, which cannot be sent at all, become ``?``; control characters are dropped.
    """
    sendable = text.encode("utf-8", "replace").decode("utf-8")
    return html.escape(_CONTROLS.sub("", sendable), quote=True)


# --- one turn of the conversation --------------------------------------------------------------------------------


def pending_turn(
    turn: int,
    question: str,
    text: str = "",
    *,
    say: Texts = ENGLISH,
    status: str = "",
    trail: str = "",
    checked: Sequence[Statement] = (),
) -> str:
    """A question and as much of its answer as has come. Markers do not lead anywhere yet.

    ``status`` says why nothing comes at the moment, ``trail`` is what was looked up so far, as HTML; ``checked`` are
    the sentences with their first verdicts, while a model checks them once more.
    """
    body = _blocks(text, lambda start, end: _inert_chips(text[start:end]))
    waited_for = say.said(status) or ("" if text else say.reading)
    waiting = f'<p class="waiting">{escape(waited_for)}</p>' if waited_for else ""
    doubted = _unplaced([statement for statement in checked if statement.support != "verified"], say)
    answer = f'<div class="answer" aria-busy="true">{body}{waiting}</div>{doubted}'
    shown = f"{answer}{trail}" if text else f"{trail}{answer}"  # the words themselves come first once there are any
    return _turn(turn, "", question, "writing", f"{shown}{_announced(waited_for or say.reading)}")


@dataclass(frozen=True, slots=True)
class Extras:
    """What stands in a turn beside its answer: made by ``steering``, ``sources`` and ``sidebar``."""

    scope: str = ""
    """The chips of what was searched, under the question."""
    trail: str = ""
    disagreements: str = ""
    sources: str = ""
    tools: str = ""
    changed: str = ""
    """What to tell of a scope that differs from the last question's."""


def finished_turn(
    stored: StoredTurn,
    conversation: str,
    *,
    say: Texts = ENGLISH,
    extras: Extras = Extras(),
) -> str:
    """A stored question with its checked answer, or with what became of it."""
    answer = stored.answer
    if answer is None:
        body = _blocks(stored.text, lambda start, end: _inert_chips(stored.text[start:end]))
        said = f'<div class="answer">{body}</div>' if stored.text.strip() else ""
        if stored.problem:
            said += f'<div class="notice problem" role="alert">{escape(say.said(stored.problem))}</div>'
        return _turn(stored.id, conversation, stored.question, stored.state, said + extras.tools)
    body = (
        f"{extras.scope}{_said(stored.id, answer, say)}{_interruption(answer, say)}{extras.disagreements}"
        f"{extras.sources}{extras.trail}{_foot(stored.id, conversation, answer, say, extras.tools)}"
        f"{_announced(_announcement(answer, say, extras.changed))}"
    )
    return _turn(stored.id, conversation, stored.question, answer.state, body)


def _turn(turn: int, conversation: str, question: str, state: str, body: str) -> str:
    return (
        f'<section class="turn {state}" id="turn-{turn}" data-turn="{turn}" data-conversation="{escape(conversation)}"'
        f' aria-labelledby="question-{turn}">'
        f'<h2 class="question" id="question-{turn}" dir="auto">{escape(question)}</h2>{body}</section>'
    )


def _announced(words: str) -> str:
    """What ``page.js`` tells a screen reader, once: a live region that is drawn anew would be read anew, or never."""
    return f'<p class="unseen" data-announced>{escape(words)}</p>'


def _announcement(answer: Answer, say: Texts, changed: str) -> str:
    if answer.abstained or not answer.text:
        said = say.said(answer.reason or say.abstained)
    else:
        numbers = {citation.number for citation in answer.citations}
        said = say.answer_ready.format(sources=say.counted(len(numbers), say.count_sources))
    return f"{said} {changed}".rstrip()


def _said(turn: int, answer: Answer, say: Texts) -> str:
    """The answer itself, with its doubts."""
    if answer.abstained:
        return (
            f'<div class="answer abstained"><p dir="auto">{escape(say.said(answer.reason or say.abstained))}</p></div>'
        )
    known: dict[int, list[Citation]] = defaultdict(list)
    for citation in answer.citations:
        known[citation.number].append(citation)
    placed, unplaced = _placed(answer.text, answer.statements)

    def inline(start: int, end: int) -> str:
        return _statements_and_chips(answer.text, start, end, placed, known, turn, say)

    peeks = "".join(_peek(turn, number, group, say) for number, group in known.items())
    repaired = {number for each in placed for number in each.statement.repaired}
    peeks += "".join(_peek(turn, number, known[number], say, repaired=True) for number in sorted(repaired & {*known}))
    return (
        f'<div class="answer">{_blocks(answer.text, inline)}</div>'
        f'{_unplaced(unplaced, say)}<div class="peeks">{peeks}</div>'
    )


def _blocks(text: str, inline: Callable[[int, int], str]) -> str:
    """Paragraphs and list items of a text; ``inline`` turns one range of it into HTML."""
    out: list[str] = []
    open_list = False
    for paragraph in _PARAGRAPH.finditer(text):
        lines = _lines(paragraph.group(), paragraph.start())
        if all(_LIST_ITEM.match(text, start, end) for start, end in lines):
            for start, end in lines:
                item = _LIST_ITEM.match(text, start, end)
                assert item is not None
                out.append("" if open_list else "<ul>")
                open_list = True
                out.append(f'<li dir="auto">{inline(item.end(), end)}</li>')
            continue
        out.append("</ul>" if open_list else "")
        open_list = False
        out.append(f'<p dir="auto">{"<br>".join(inline(start, end) for start, end in lines)}</p>')
    return "".join(out) + ("</ul>" if open_list else "")


def _lines(text: str, offset: int) -> list[tuple[int, int]]:
    """Where the lines of a paragraph that hold something begin and end."""
    found: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]*\S", text):
        start = line.start() + len(line.group()) - len(line.group().lstrip())
        found.append((offset + start, offset + line.end()))
    return found


def _inert_chips(text: str) -> str:
    """Text with its markers as chips that do not lead anywhere."""
    out: list[str] = []
    at = 0
    for marker in _MARKER.finditer(text):
        out.append(escape(text[at : marker.start()].rstrip(" ")))
        out.append(f'<span class="chip">{marker.group(1)}</span>')
        at = marker.end()
    return "".join(out) + escape(text[at:])


def _chips(
    text: str, known: Mapping[int, Sequence[Citation]], turn: int, say: Texts, repaired: Sequence[int] = ()
) -> str:
    """Text with the markers of known citations as buttons that open their source; others stay text."""
    out: list[str] = []
    at = 0
    for marker in _MARKER.finditer(text):
        number = int(marker.group(1))
        if number not in known:
            continue
        article = known[number][0].article
        title = say.chip.format(
            number=number,
            title=article.title or say.untitled,
            source=article.source or say.no_source,
            date=say.day(article.published),
        )
        out.append(escape(text[at : marker.start()].rstrip(" ")))
        out.append(
            f'<button type="button" class="chip" data-source="{number}" data-number="{number}"'
            f' aria-label="{escape(title)}" aria-describedby="{_peek_id(turn, number, number in repaired)}">'
            f"{number}</button>"
        )
        at = marker.end()
    return "".join(out) + escape(text[at:])


def _peek_id(turn: int, number: int, repaired: bool) -> str:
    return f"peek-{turn}-{number}{'-repaired' if repaired else ''}"


def _peek(turn: int, number: int, citations: Sequence[Citation], say: Texts, *, repaired: bool = False) -> str:
    """What a chip shows when it is pointed at: title, source, date and the quoted words.

    ``repaired``: and that the writer had put another number in its place.
    """
    article = citations[0].article
    quotes = "".join(f'<q dir="auto">{escape(quote)}</q>' for quote in dict.fromkeys(each.quote for each in citations))
    note = f'<p class="repaired">{escape(say.repaired.format(number=number))}</p>' if repaired else ""
    return (
        f'<div class="peek" id="{_peek_id(turn, number, repaired)}" popover="manual">'
        f'<strong>{title(article, say)}</strong><span class="byline">{byline(article, say)}</span>{quotes}{note}</div>'
    )


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


def _statements_and_chips(
    text: str,
    start: int,
    end: int,
    placed: Sequence[_Placed],
    known: Mapping[int, Sequence[Citation]],
    turn: int,
    say: Texts,
) -> str:
    """One range of the text, the doubted statements in it set apart, each with its verdict after its markers."""
    out: list[str] = []
    at = start
    for each in placed:
        if each.end <= at or each.start >= end:
            continue
        first, last = max(each.start, at), min(each.end, end)
        markers = _TRAILING_MARKERS.match(text, last, end)
        after = markers.end() if markers else last
        support, repaired = each.statement.support, each.statement.repaired
        said = _chips(text[first:last], known, turn, say, repaired)
        if support != "verified":
            said = f'<span class="doubted {escape(support)}">{said}</span>'
        out += [_chips(text[at:first], known, turn, say), said, _chips(text[last:after], known, turn, say, repaired)]
        if support != "verified" and last == each.end:
            out.append(f" {_verdict(each.statement, say)}")
        at = after
    out.append(_chips(text[at:end], known, turn, say))
    return "".join(out)


def _verdict(statement: Statement, say: Texts) -> str:
    """A label that says how well a statement is carried; the reason is shown when it is pointed at or focused."""
    label = escape(getattr(say, statement.support))
    if not statement.reason:
        return f'<span class="verdict">{label}</span>'
    return (
        f'<button type="button" class="verdict {escape(statement.support)}" data-reveals aria-expanded="false">{label}'
        f'<span class="why"><span class="unseen">: </span>{escape(say.said(statement.reason))}</span></button>'
    )


def _unplaced(statements: Sequence[Statement], say: Texts) -> str:
    """Whole doubted sentences that could not be found in the text, and so are not marked in it."""
    items = "".join(
        f'<li><span class="words" dir="auto">{escape(statement.text)}</span> {_verdict(statement, say)}</li>'
        for statement in statements
    )
    return f'<aside class="doubts"><h3>{escape(say.doubts)}</h3><ul>{items}</ul></aside>' if items else ""


# --- under the answer --------------------------------------------------------------------------------------------


def _interruption(answer: Answer, say: Texts) -> str:
    if answer.state == "cut":
        return f'<div class="notice problem">{escape(say.said(answer.reason or say.cut))}</div>'
    if answer.reason and not answer.abstained:  # a part of the question that the library does not hold
        return f'<div class="notice" dir="auto">{escape(say.said(answer.reason))}</div>'
    return ""


def writer(model: str, say: Texts) -> str:
    """Who wrote it, in the words of the page."""
    own = {
        "extractive": say.writer_extractive,
        "catalogue": say.writer_catalogue,
        "assistant": say.writer_assistant,
    }
    return own.get(model) or say.writer_model.format(model=model)


def writes(model: str, say: Texts) -> str:
    """Who is going to write, for the line under the question box."""
    return say.writes_extractive if model == "extractive" else say.writes_model.format(model=model)


def scope(value: TimeScope, say: Texts) -> str:
    """Which days the answer may rest on, and how many articles without one that leaves out."""
    first, last = value.first, value.last
    if first and last:
        said = say.articles_between.format(since=say.day(first), until=say.day(last))
    elif first:
        said = say.articles_since.format(since=say.day(first))
    elif last:
        said = say.articles_until.format(until=say.day(last))
    else:
        said = say.all_dates
    if value.left_out_undated:
        said += " · " + say.left_out.format(undated=say.counted(value.left_out_undated, say.count_undated))
    return said


def in_exports(say: Texts) -> Words:
    """What exported conversations and copied answers say, in the page's words."""
    states = CONVERSATIONS[say.language]

    def searched(value: TimeScope) -> str:
        only = say.only.format(names=say.listed(value.sources)) if value.sources else ""
        without = say.without.format(names=say.listed(value.without_sources)) if value.without_sources else ""
        return ", ".join(filter(None, [scope(value, say), only, without]))

    return Words(
        language=say.language,
        sources=say.sources,
        nearest=say.nearest,
        doubts=say.doubts,
        partly=say.partly,
        unsupported=say.unsupported,
        unchecked=say.unchecked,
        untitled=say.untitled,
        no_source=say.no_source,
        updated=say.updated,
        original=say.open_original,
        asking=states["asking"],
        cut=say.cut,
        stopped=states["stopped"],
        failed=states["failed"],
        quotes_only=say.writer_extractive,
        written_by=say.writer_model,
        from_catalogue=say.writer_catalogue,
        no_article=say.writer_assistant,
        looked_up=say.trail,
        searched_for=say.step_search,
        read_for=say.step_read,
        day=say.day,
        scope=searched,
        duration=lambda seconds: say.seconds.format(seconds=say.decimal(seconds, 1)),
    )


def made(answer: Answer, say: Texts) -> str:
    """The line under an answer: writer, scope, articles, corrections, seconds, cost."""
    facts = [writer(answer.model, say), scope(answer.scope, say)]
    quoted = len({citation.article.id for citation in answer.citations})
    if quoted and answer.articles_read:
        read = say.counted(answer.articles_read, say.count_articles)
        facts.append(say.read_and_quoted.format(read=read, quoted=say.number(quoted)))
    elif quoted:  # an answer that was stored before it was counted
        facts.append(say.quoted_from.format(articles=say.counted(quoted, say.count_articles)))
    for count, said in ((answer.mended, say.mended), (answer.dropped, say.dropped)):
        if count:
            facts.append(said.format(count=say.counted(count, say.count_sentences)))
    seconds = say.decimal(answer.seconds_search + answer.seconds_write, 1)
    facts.append(say.seconds.format(seconds=seconds).replace(" ", "\N{NO-BREAK SPACE}"))
    cost = answer.usage.cost_usd
    if cost is not None and cost < _LEAST_COST:
        facts.append(say.cost_under.format(cost=say.decimal(_LEAST_COST, 4)))
    elif cost is not None:
        facts.append(say.cost.format(cost=say.decimal(cost, 4 if cost < 1 else 2)))
    return " · ".join(facts)


def _foot(turn: int, conversation: str, answer: Answer, say: Texts, tools: str) -> str:
    place = f"/page/copy/{escape(conversation)}/{turn}"
    copies = "".join(
        f'<button type="button" class="quiet" data-copies="{place}.{ending}" data-done="{escape(say.copied)}"'
        f' data-failed="{escape(say.not_copied)}">{escape(label)}</button>'
        for ending, label in (("txt", say.copy), ("md", say.copy_markdown))
    )
    return (
        f'<p class="meta">{escape(made(answer, say))}</p>'
        f'<div class="foot"><span class="copying">{copies}</span>{tools}</div>'
    )


# --- articles ----------------------------------------------------------------------------------------------------


def title(article: Article, say: Texts) -> str:
    return f'<bdi class="title">{escape(article.title or say.untitled)}</bdi>'


def byline(article: Article, say: Texts) -> str:
    """Outlet, day of publication, and that of a later update."""
    source = f"<bdi>{escape(article.source)}</bdi>" if article.source else ""
    known = "" if article.published else ' class="unknown"'
    facts = [source, f"<span{known}>{escape(say.day(article.published))}</span>"]
    if article.updated_since:
        facts.append(escape(say.updated.format(date=say.day(article.updated_since))))
    return " · ".join(filter(None, facts))


def original(article: Article, say: Texts) -> str:
    """The link to where the article came from, if its address may be a link."""
    url = link(article.url)
    if url is None:
        return ""
    host = escape(urlsplit(url).hostname or "")
    return (
        f'<p class="original"><a href="{escape(url)}" target="_blank" rel="noopener noreferrer nofollow">'
        f"{escape(say.open_original)}<span> ({host})</span></a></p>"
    )


def notice(message: str, *, problem: bool = False) -> str:
    """One plain sentence, set apart."""
    kind = "notice problem" if problem else "notice"
    return f'<div class="{kind}" role="{"alert" if problem else "status"}">{escape(message)}</div>'
