"""What the page shows, as HTML: questions, answers, sources, the list of articles, reports.

Pure functions of text and data. Everything that comes from an article, a model, a file name or a reader passes
through ``escape`` and lands in element text or in a quoted attribute; the only links are addresses of cited articles,
http and https alone. Nothing in here reads Markdown: an answer is paragraphs, list items and ``[n]`` markers.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from urllib.parse import urlsplit

from assistant.scope import listed
from assistant.types import Answer, Citation, Statement
from ui import texts
from vectorstore.types import AddReport, Article, Outcome, Progress, TimeScope

_MARKER = re.compile(r"\[(\d{1,4})\]")
_MARKERS_OR_SPACE = re.compile(r"\[\d{1,4}\]|\s+")
_TRAILING_MARKERS = re.compile(r"(?:\s*\[\d{1,4}\])+")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_LIST_ITEM = re.compile(r"[-*•]\s+|\d{1,2}[.)]\s+")
# C0 and C1 controls but tab and newline: a browser shows nothing for them or closes the page's text at them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def escape(text: str) -> str:
    """Text as HTML that shows exactly this text, in an element or a quoted attribute.

    Lone surrogates, which cannot be sent at all, become ``?``; control characters are dropped.
    """
    sendable = text.encode("utf-8", "replace").decode("utf-8")
    return html.escape(_CONTROLS.sub("", sendable), quote=True)


def day(value: date | None) -> str:
    """``2 September 2024``, or that no date is known."""
    return f"{value.day} {texts.MONTHS[value.month - 1]} {value.year}" if value else texts.NO_DATE


def link(url: str | None) -> str | None:
    """The address if it may be a link: absolute, http or https, with a host and without a name or a key in it."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not port_is_sound:
        return None
    return url if url.isprintable() and " " not in url and "\\" not in url else None


# --- one turn of the conversation --------------------------------------------------------------------------------


def pending_turn(number: int, question: str, text: str = "") -> str:
    """A question and as much of its answer as has come. Markers do not lead anywhere yet."""
    body = _blocks(text, lambda start, end: _inert_chips(text[start:end]))
    waiting = "" if text else f'<p class="waiting">{escape(texts.READING)}</p>'
    state = f'<p class="unseen" role="status">{escape(texts.READING)}</p>'
    return _turn(number, question, "writing", f'<div class="answer" aria-busy="true">{waiting}{body}</div>{state}')


def failed_turn(number: int, question: str, message: str) -> str:
    """A question that got an error instead of an answer. The message is shown as it is."""
    return _turn(number, question, "failed", f'<div class="notice problem" role="alert">{escape(message)}</div>')


def finished_turn(number: int, question: str, answer: Answer) -> str:
    """A question and its checked answer: text with chips, doubts, how it was made, sources."""
    sources = _sources(number, answer.citations)
    if answer.abstained:
        body = (
            f'<div class="answer abstained"><p>{escape(answer.reason or texts.ABSTAINED)}</p></div>'
            f"{_meta(answer)}{_nearest(answer)}"
        )
        announcement = answer.reason or texts.ABSTAINED
    else:
        ranges, unplaced = _doubted(answer.text, answer.statements)
        known = {citation.number: citation for citation in answer.citations}

        def inline(start: int, end: int) -> str:
            return _statements_and_chips(answer.text, start, end, ranges, known, number)

        body = (
            f'<div class="answer">{_blocks(answer.text, inline)}</div>'
            f"{_interruption(answer)}{_doubts(answer.statements, unplaced)}{_meta(answer)}{sources}"
        )
        announcement = texts.ANSWER_READY.format(sources=texts.counted(len(known), "source"))
    announced = f'<p class="unseen" role="status">{escape(announcement)}</p>'
    return _turn(number, question, answer.state, body + announced)


def _turn(number: int, question: str, state: str, body: str) -> str:
    return (
        f'<section class="turn {state}" id="turn-{number}" aria-labelledby="question-{number}">'
        f'<h2 class="question" id="question-{number}" dir="auto">{escape(question)}</h2>{body}</section>'
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
        out.append(escape(text[at : marker.start()]))
        out.append(f'<span class="chip">{marker.group(1)}</span>')
        at = marker.end()
    return "".join(out) + escape(text[at:])


def _chips(text: str, known: dict[int, Citation], turn: int) -> str:
    """Text with the markers of known citations as buttons that open their source; others stay text."""
    out: list[str] = []
    at = 0
    for marker in _MARKER.finditer(text):
        citation = known.get(int(marker.group(1)))
        if citation is None:
            continue
        article = citation.article
        title = texts.CHIP.format(
            number=citation.number,
            title=article.title or texts.UNTITLED,
            source=article.source or texts.NO_SOURCE,
            date=day(article.published),
        )
        out.append(escape(text[at : marker.start()].rstrip(" ")))
        out.append(
            f'<button type="button" class="chip" data-opens="source-{turn}-{citation.number}"'
            f' aria-label="{escape(title)}" title="{escape(title)}">{citation.number}</button>'
        )
        at = marker.end()
    return "".join(out) + escape(text[at:])


# --- statements that their sources do not carry ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Doubt:
    start: int
    end: int
    statement: Statement


def _doubted(text: str, statements: Sequence[Statement]) -> tuple[list[_Doubt], list[Statement]]:
    """Where in the text the statements that are not verified stand, and those that could not be found in it.

    Statements carry no markers and may have other white space than the text, so both are compared without either.
    """
    places: list[int] = []
    at = 0
    for gap in _MARKERS_OR_SPACE.finditer(text):
        places.extend(range(at, gap.start()))
        at = gap.end()
    places.extend(range(at, len(text)))
    dense = "".join(text[place] for place in places)

    doubts: list[_Doubt] = []
    lost: list[Statement] = []
    cursor = 0
    for statement in statements:
        sought = _MARKERS_OR_SPACE.sub("", statement.text)
        found = dense.find(sought, cursor) if sought else -1
        if found >= 0:
            cursor = found + len(sought)
        if statement.support == "verified":
            continue
        if found < 0:
            lost.append(statement)
        else:
            doubts.append(_Doubt(places[found], places[cursor - 1] + 1, statement))
    return doubts, lost


def _statements_and_chips(
    text: str, start: int, end: int, doubts: Sequence[_Doubt], known: dict[int, Citation], turn: int
) -> str:
    """One range of the text, the doubted statements in it set apart, each with its label after its markers."""
    out: list[str] = []
    at = start
    for doubt in doubts:
        if doubt.end <= at or doubt.start >= end:
            continue
        first, last = max(doubt.start, at), min(doubt.end, end)
        markers = _TRAILING_MARKERS.match(text, last, end)
        after = markers.end() if markers else last
        out.append(_chips(text[at:first], known, turn))
        label = f' <span class="verdict">{escape(_verdict(doubt.statement))}</span>' if last == doubt.end else ""
        out.append(
            f'<span class="doubted {escape(doubt.statement.support)}" title="{escape(doubt.statement.reason)}">'
            f"{_chips(text[first:last], known, turn)}</span>{_chips(text[last:after], known, turn)}{label}"
        )
        at = after
    out.append(_chips(text[at:end], known, turn))
    return "".join(out)


def _verdict(statement: Statement) -> str:
    return texts.UNSUPPORTED if statement.support == "unsupported" else texts.PARTLY


def _doubts(statements: Sequence[Statement], unplaced: Sequence[Statement]) -> str:
    """The reasons, where they can be read without a pointer; whole sentences where the text could not be marked."""
    doubted = [statement for statement in statements if statement.support != "verified"]
    if not doubted:
        return ""
    items = []
    for statement in doubted:
        words = statement.text if statement in unplaced else _opening(statement.text)
        reason = f": {statement.reason}" if statement.reason else ""
        items.append(
            f'<li><span class="words" dir="auto">{escape(words)}</span> '
            f'<span class="why">{escape(_verdict(statement) + reason)}</span></li>'
        )
    return f'<aside class="doubts"><h3>{escape(texts.DOUBTS)}</h3><ul>{"".join(items)}</ul></aside>'


def _opening(text: str, words: int = 9) -> str:
    """The first words of a sentence, enough to find it again."""
    parts = text.split()
    return text.strip() if len(parts) <= words + 3 else " ".join(parts[:words]) + " …"


# --- under the answer --------------------------------------------------------------------------------------------


def _interruption(answer: Answer) -> str:
    if answer.state == "cut":
        return f'<div class="notice problem">{escape(answer.reason or texts.CUT)}</div>'
    if answer.state == "stopped":
        return f'<div class="notice">{escape(texts.STOPPED_ANSWER)}</div>'
    return ""


def writer(model: str) -> str:
    """Who wrote it, in the words of the page."""
    return texts.WRITER_EXTRACTIVE if model == "extractive" else texts.WRITER_MODEL.format(model=model)


def writes(model: str) -> str:
    """Who is going to write, for the line under the question box."""
    return texts.WRITES_EXTRACTIVE if model == "extractive" else texts.WRITES_MODEL.format(model=model)


def scope(value: TimeScope) -> str:
    """Which days and outlets the answer may rest on, and how the question was read."""
    first, last = value.first, value.last
    if first and last:
        said = texts.SCOPE_BETWEEN.format(since=day(first), until=day(last))
    elif first:
        said = texts.SCOPE_SINCE.format(since=day(first))
    elif last:
        said = texts.SCOPE_UNTIL.format(until=day(last))
    else:
        said = texts.SCOPE_ALL
    if value.near:
        said += ", " + texts.SCOPE_NEAR.format(day=day(value.near))
    elif value.prefers_recent:
        said += ", " + texts.SCOPE_RECENT
    for form, names in (
        (texts.SCOPE_SOURCES, value.sources),
        (texts.SCOPE_WITHOUT_SOURCES, value.without_sources),
        (texts.SCOPE_PREFER_SOURCES, value.prefer_sources),
    ):
        if names:
            said += ", " + form.format(sources=listed(names))
    if words := (*value.words, *value.source_words):
        said += ", " + texts.SCOPE_WORDS.format(words="”, “".join(words))
    if value.left_out_undated:
        said += " · " + texts.LEFT_OUT_UNDATED.format(count=value.left_out_undated)
    if value.note:
        said += f" · {value.note}"
    return said


def _meta(answer: Answer) -> str:
    facts = (
        writer(answer.model),
        scope(answer.scope),
        texts.SECONDS.format(seconds=answer.seconds_search + answer.seconds_write),
    )
    return f'<p class="meta">{escape(" · ".join(facts))}</p>'


# --- sources -----------------------------------------------------------------------------------------------------


def _byline(article: Article) -> str:
    named = [article.source] if article.source else []
    named += [author for author in article.authors if author not in (article.source or "")]
    parts = [f"<bdi>{escape(name)}</bdi>" for name in named]
    known = "" if article.published else ' class="unknown"'
    parts.append(f"<span{known}>{escape(day(article.published))}</span>")
    return " · ".join(parts)


def _title(article: Article) -> str:
    return f'<bdi class="title">{escape(article.title or texts.UNTITLED)}</bdi>'


def _original(article: Article) -> str:
    url = link(article.url)
    if url is None:
        return ""
    host = escape(urlsplit(url).hostname or "")
    return (
        f'<p class="original"><a href="{escape(url)}" target="_blank" rel="noopener noreferrer nofollow">'
        f"{escape(texts.OPEN_ORIGINAL)}<span> ({host})</span></a></p>"
    )


def _sources(turn: int, citations: Sequence[Citation]) -> str:
    """The list of sources, one entry for each number, closed until its chip or its line is pressed."""
    by_number: dict[int, list[Citation]] = defaultdict(list)
    for citation in citations:
        by_number[citation.number].append(citation)
    if not by_number:
        return ""
    items = "".join(_source(turn, number, group) for number, group in sorted(by_number.items()))
    return (
        f'<section class="sources" aria-label="{escape(texts.SOURCES)}">'
        f"<h3>{escape(texts.SOURCES)}</h3><ol>{items}</ol></section>"
    )


def _source(turn: int, number: int, group: Sequence[Citation]) -> str:
    article = group[0].article
    by_passage: dict[tuple[int, int], list[Citation]] = defaultdict(list)
    for citation in group:
        by_passage[citation.passage.start, citation.passage.end].append(citation)
    passages = "".join(_passage(cited) for _, cited in sorted(by_passage.items()))
    return (
        f'<li><details class="source" id="source-{turn}-{number}">'
        f'<summary><span class="number">{number}</span>'
        f'<span class="about">{_title(article)}<span class="byline">{_byline(article)}</span></span></summary>'
        f'<div class="reading">{passages}{_original(article)}</div></details></li>'
    )


def _passage(citations: Sequence[Citation]) -> str:
    """A passage with the quoted words marked. Words that are not where they should be are shown on their own."""
    passage = citations[0].passage
    out: list[str] = []
    at = 0
    astray = ""
    for citation in sorted(citations, key=lambda one: (one.start, one.end)):
        start, end = citation.start - passage.start, citation.end - passage.start
        if not 0 <= start < end <= len(passage.text) or passage.text[start:end] != citation.quote:
            astray += f'<blockquote dir="auto"><mark>{escape(citation.quote)}</mark></blockquote>'
            continue
        start = max(start, at)
        if start < end:
            out.append(escape(passage.text[at:start]))
            out.append(f"<mark>{escape(passage.text[start:end])}</mark>")
            at = end
    out.append(escape(passage.text[at:]))
    return f'<blockquote dir="auto">{"".join(out)}</blockquote>{astray}'


def _nearest(answer: Answer) -> str:
    """The closest articles of an answer that abstained, each once, with the passage that came closest."""
    entries: dict[str, str] = {}
    for match in answer.nearest:
        if match.article.id not in entries:
            entries[match.article.id] = (
                f'<li><details class="source"><summary><span class="about">{_title(match.article)}'
                f'<span class="byline">{_byline(match.article)}</span></span></summary>'
                f'<div class="reading"><blockquote dir="auto">{escape(match.text)}</blockquote>'
                f"{_original(match.article)}</div></details></li>"
            )
    if not entries:
        return ""
    return (
        f'<section class="sources" aria-label="{escape(texts.NEAREST)}">'
        f"<h3>{escape(texts.NEAREST)}</h3><ol>{''.join(entries.values())}</ol></section>"
    )


# --- the library -------------------------------------------------------------------------------------------------


def holdings(articles: Sequence[Article]) -> str:
    """How many articles there are and which days they span."""
    count = texts.counted(len(articles), "article")
    days = sorted(article.published for article in articles if article.published)
    if not days:
        return texts.HOLDINGS.format(articles=count)
    if days[0] == days[-1]:
        return texts.HOLDINGS_ONE_DAY.format(articles=count, first=day(days[0]))
    return texts.HOLDINGS_DATED.format(articles=count, first=day(days[0]), last=day(days[-1]))


def welcome(articles: Sequence[Article]) -> str:
    """What stands where the conversation will be."""
    if not articles:
        heading, line = texts.WELCOME_EMPTY, texts.WELCOME_EMPTY_HINT
    else:
        heading, line = texts.WELCOME, holdings(articles)
    return f'<div class="welcome"><h1>{escape(heading)}</h1><p>{escape(line)}</p></div>'


def header() -> str:
    """The page's head: its name."""
    return f'<header class="masthead"><span class="name">{escape(texts.NAME)}</span></header>'


def article_list(articles: Sequence[Article], total: int) -> str:
    """A table of articles. ``total`` says how many there are where not all are listed."""
    rows = "".join(
        f'<tr><td class="title-cell"><bdi>{escape(article.title or texts.UNTITLED)}</bdi></td>'
        f'<td data-name="{escape(texts.COLUMN_SOURCE)}"><bdi>{escape(article.source or texts.NO_SOURCE)}</bdi></td>'
        f'<td data-name="{escape(texts.COLUMN_DATE)}">{_date_cell(article.published)}</td>'
        f'<td data-name="{escape(texts.COLUMN_ADDED)}">{_date_cell(article.added)}</td></tr>'
        for article in articles
    )
    columns = (texts.COLUMN_TITLE, texts.COLUMN_SOURCE, texts.COLUMN_DATE, texts.COLUMN_ADDED)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    note = ""
    if len(articles) < total:
        note = texts.SHOWN_OF.format(shown=f"{len(articles):,}", total=f"{total:,}") if articles else texts.NONE_FOUND
    table = f'<table class="articles"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>' if rows else ""
    return (f'<p class="note">{escape(note)}</p>' if note else "") + table


def _date_cell(value: date | None) -> str:
    if value is None:
        return f'<span class="unknown">{escape(texts.NO_DATE)}</span>'
    short = f"{value.day} {texts.MONTHS[value.month - 1][:3]} {value.year}"
    return f'<time datetime="{value.isoformat()}">{short}</time>'


def notice(message: str, *, problem: bool = False) -> str:
    """One plain sentence, set apart."""
    kind = "notice problem" if problem else "notice"
    return f'<div class="{kind}" role="{"alert" if problem else "status"}">{escape(message)}</div>'


def progress(value: Progress | None) -> str:
    """How far adding is."""
    if value is None:
        return f'<div class="notice" role="status">{escape(texts.ADDING)}</div>'
    bar = f'<progress max="{value.total}" value="{value.done}"></progress>' if value.total else "<progress></progress>"
    said = (
        texts.ADDING_PROGRESS.format(task=value.task, done=f"{value.done:,}", total=f"{value.total:,}")
        if value.total
        else value.task
    )
    return f'<div class="notice adding"><span>{escape(said)}</span>{bar}</div>'


def add_report(report: AddReport) -> str:
    """What happened to every file, refusals first and with their reason."""
    if not report.outcomes:
        return notice(texts.ADDED_NOTHING)
    ordered = sorted(report.outcomes, key=lambda outcome: outcome.kind != "refused")
    rows = "".join(_outcome(outcome) for outcome in ordered)
    counts = ", ".join(
        f"{report.count(kind):,} {said}"  # type: ignore[arg-type]
        for kind, said in texts.OUTCOMES.items()
        if report.count(kind)  # type: ignore[arg-type]
    )
    took = texts.REPORT.format(passages=texts.counted(report.passages, "passage"), seconds=report.seconds)
    return (
        f'<section class="report" role="status"><p><strong>{escape(counts)}</strong> · {escape(took)}</p>'
        f"<ul>{rows}</ul></section>"
    )


def _outcome(outcome: Outcome) -> str:
    name = file_name(outcome.source)
    title = f'<bdi class="title">{escape(outcome.title)}</bdi>' if outcome.title else ""
    reason = f'<span class="why">{escape(outcome.reason)}</span>' if outcome.reason else ""
    return (
        f'<li class="{escape(outcome.kind)}"><span class="kind">{escape(texts.OUTCOMES[outcome.kind])}</span>'
        f"<span><bdi>{escape(name)}</bdi>{title}{reason}</span></li>"
    )


def file_name(source: str) -> str:
    """The file's own name: a reader has no use for the folder in which the upload was kept."""
    return PurePath(source).name or source


def latest_first(articles: Iterable[Article]) -> list[Article]:
    """By day of publication, the latest first, undated ones last; by title within a day."""
    return sorted(articles, key=lambda a: (-(a.published or date.min).toordinal(), a.title.casefold()))
