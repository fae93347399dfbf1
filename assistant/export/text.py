"""Answers and conversations as plain text and as Markdown; what every form of export shares.

Pure functions. What comes from a reader, an article or a model never becomes markup: every character that could mean
something is escaped, and the only links are http and https addresses of cited articles.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from assistant.export.shape import Block, Range, Shape, of_markdown, of_quotations
from assistant.history.types import Conversation, StoredTurn
from assistant.messages import Translator, translator
from assistant.question.scope import searched
from assistant.types import QUOTING, Answer, Statement, Step, Support
from vectorstore.messages import Message
from vectorstore.types import Article, TimeScope

_MARKER = re.compile(r"\[(\d{1,4})\]")
_ESCAPED_BRACKET = re.compile(r"\\([\[\]])")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# Controls but tab and newline, and those that turn the direction of what follows.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_MARKDOWN = re.compile(r"[\\`*_\[\]<>&|~${}@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
# What would make a line a heading or a list: the mark itself, or the dot after a number.
_LINE_START = re.compile(r"^(?:(?=[#+=:-])|\d{1,9}(?=[.)]))")
_AFTER_MARKER = re.compile(r"^(?=[(:])")  # "[1](…)" would be a link and "[1]: …" define one

Piece = tuple[str, str, int | None]
"""Text with its style, or the marker of a known citation: ``("strong", "So it was ", None), ("", "[1]", 1)``."""


ENGLISH = translator()

_VERDICTS: Mapping[Support, Message] = {
    "partly": Message("partly supported"),
    "unsupported": Message("not supported"),
    "unchecked": Message("not checked"),
}
_STATES: Mapping[str, Message] = {
    "asking": Message("This answer is still being written."),
    "cut": Message("This answer was cut off."),
    "stopped": Message("This answer was stopped by its reader."),
    "failed": Message("There was no answer. Ask again, or ask in other words."),
}
_WRITERS: Mapping[str, Message] = {
    "extractive": Message("Quotes only, no model"),
    "catalogue": Message("From the library’s own list"),
    "assistant": Message("No article was needed"),
}


# -- what every form says in words of its own


def titled(article: Article, words: Translator) -> str:
    return article.title or words.gettext("Untitled")


def byline(article: Article, words: Translator, page: int | None = None) -> str:
    """``UNN, 2 September 2024, page 3``, with the day of a later update."""
    day = words.day(article.published) if article.published else words.gettext("no date known")
    updated = words.gettext("updated {date}", date=article.updated_since) if article.updated_since else ""
    corrected = words.gettext("corrected") if article.corrections else ""
    if article.corrected:
        corrected = words.gettext("corrected {date}", date=article.corrected)
    gone = words.gettext("no longer online") if article.gone else ""
    on = words.gettext("page {page}", page=page) if page else ""
    source = article.source or words.gettext("source not known")
    return ", ".join(filter(None, [source, day, updated, corrected, gone, on]))


def notices(article: Article, words: Translator) -> str:
    """What the article itself says of its correction, word for word; empty where it says nothing of one."""
    said = " ".join(f"“{one_line(each.text)}”" for each in article.corrections)
    return words.gettext("Correction notice: {words}", words=said) if said else ""


def headline(article: Article, words: Translator, page: int | None = None) -> str:
    return one_line(f"{titled(article, words)} — {byline(article, words, page)}")


def state(turn: StoredTurn, words: Translator) -> str:
    """What a reader must know of an answer that is not whole; empty for one that is."""
    if turn.state == "complete":
        return ""
    said = _STATES[turn.state]
    return words.gettext(Message.joined(said, turn.problem if turn.problem and turn.problem != said else ""))


def doubt(statement: Statement, words: Translator) -> str:
    """Why a statement is doubted."""
    return words.gettext(Message.joined(_VERDICTS[statement.support], statement.reason, by=": "))


def made(answer: Answer, words: Translator) -> str:
    """Who wrote it, from what, in how long where that is known."""
    written = Message("Written by {model}; checked against its sources", model=answer.model)
    parts = [words.gettext(_WRITERS.get(answer.model, written)), _scope(answer.scope, words)]
    if seconds := answer.seconds_search + answer.seconds_write:
        parts.append(words.gettext("{seconds} s", seconds=words.number(seconds, 1)))
    return " · ".join(parts)


def step(done: Step, within: TimeScope, words: Translator) -> str:
    """One look-up of a deep question, with what it narrowed of the scope ``within``, and what it found."""
    said = words.gettext("Searched for “{asked}”", asked=done.asked) if done.kind == "search" else ""
    if done.kind == "read":
        said = words.gettext("Read an article for “{asked}”", asked=done.asked)
    places = ((done.scope.first, done.scope.last, done.scope.sources), (within.first, within.last, within.sources))
    narrowed = f"({_scope(done.scope, words)})" if places[0] != places[1] else ""
    found = "; ".join(titled(article, words) for article in done.found)
    told = ": ".join(filter(None, [" ".join(filter(None, [said, narrowed])), found]))
    return " – ".join(filter(None, [told, words.gettext(done.note)]))


def _scope(scope: TimeScope, words: Translator) -> str:
    undated = scope.left_out_undated
    left_out = Message.plural("{count} undated left out", "{count} undated left out", undated) if undated else ""
    return words.gettext(Message.joined(searched(scope), left_out, by=", "))


# -- what every form shares


def link(url: str | None) -> str | None:
    """The address if it may be a link: absolute, http or https, with a host and without a name or a key in it."""
    try:
        parts = urlsplit(url or "")
        is_web = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        return None
    return url if url and is_web and url.isprintable() and not set(url) & set(' \\"<>`') else None


def clean(text: str) -> str:
    """Text without invisible control characters, and as UTF-8 can hold it."""
    return _UNSEEN.sub("", _LINE_END.sub("\n", text.encode("utf-8", "replace").decode("utf-8")))


def one_line(text: str) -> str:
    """Clean text on one line."""
    return " ".join(clean(text).split())


@dataclass(frozen=True, slots=True)
class Shown:
    """A text to be handed out: its blocks, and what stands in a line of one."""

    shape: Shape
    numbers: Collection[int] = ()
    """The citations whose markers have a meaning."""

    def pieces(self, line: Range) -> Iterator[Piece]:
        """A line by its styles and markers; in code there are none."""
        for style, text in self.shape.runs(*line):
            at = 0
            for marker in _MARKER.finditer(text) if style != "code" else ():
                if int(marker[1]) in self.numbers:
                    yield style, text[at : marker.start()], None
                    yield "", marker[0], int(marker[1])
                    at = marker.end()
            yield style, text[at:], None


def said(answer: Answer, words: Translator) -> Shown:
    """What an answer says: its text, or why it has none."""
    text = words.gettext(answer.reason or answer.text if answer.abstained else answer.text)
    return shown(text, {citation.number for citation in answer.citations}, quoted=answer.model in QUOTING)


def shown(text: str, numbers: Collection[int] = (), *, quoted: bool = False) -> Shown:
    """``text`` in its shape: the Markdown of a chat model, or of what is ``quoted`` its paragraphs and lists alone."""
    if quoted:
        return Shown(of_quotations(_ESCAPED_BRACKET.sub(r"\1", clean(text)), {}), numbers)
    return Shown(of_markdown(clean(text)), numbers)


def doubted(answer: Answer) -> list[Statement]:
    """The statements that their sources do not carry."""
    return [statement for statement in answer.statements if statement.support != "verified"]


def nearest(answer: Answer) -> list[Article]:
    """The nearest articles of an answer that abstained, each once."""
    return list({match.article.id: match.article for match in answer.nearest}.values())


# -- plain text


def answer_text(answer: Answer, words: Translator = ENGLISH) -> str:
    """An answer with its sources, to be pasted where there is no Markdown."""
    lines = plain_lines(said(answer, words))
    if doubts := doubted(answer):
        check = words.gettext("Check before you rely on it")
        lines += [f"{check}: {one_line(each.text)} ({one_line(doubt(each, words))})" for each in doubts] + [""]
    if answer.citations:
        lines.append(words.gettext("Sources"))
    for citation in answer.citations:
        url = link(citation.article.url)
        lines += [
            f"[{citation.number}] {headline(citation.article, words, citation.page)}",
            f"    “{one_line(citation.quote)}”",
        ]
        lines += [f"    {each}" for each in (notices(citation.article, words), url) if each]
    if near := nearest(answer):
        lines += [words.gettext("Nearest articles"), *(f"- {headline(article, words)}" for article in near)]
    return "\n".join(lines).rstrip() + "\n"


def plain_lines(shown: Shown) -> list[str]:
    """A text as it is read where nothing has a style: an empty line behind each block."""
    return [line for block in shown.shape.blocks for line in (*_plain_block(block, shown), "")]


def _plain_block(block: Block, shown: Shown) -> Iterator[str]:
    if block.tag == "table":
        lines = [row for part in _blocks(block) for row in _blocks(part)]
        rows = [[" ".join(_plain_block(cell, shown)) for cell in _blocks(line)] for line in lines]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        yield from (" | ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return
    first = block.first
    for part in block.parts:
        if not isinstance(part, Block):
            line = "".join(text for _, text, _ in shown.pieces(part))
            yield from (f"    {each}" for each in line.split("\n")) if block.tag == "pre" else (line,)
        elif part.tag == "li":
            yield from _indented(f"{first}. " if block.tag == "ol" else "• ", _plain_block(part, shown))
            first += 1
        else:
            yield from _plain_block(part, shown)


def _blocks(block: Block) -> list[Block]:
    return [part for part in block.parts if isinstance(part, Block)]


def _indented(mark: str, lines: Iterable[str]) -> Iterator[str]:
    """An item of a list: its mark, and what stands under its first line moved to where that begins."""
    for place, line in enumerate(lines):
        yield (mark if place == 0 else " " * len(mark)) + line if line else ""


# -- Markdown


def conversation_markdown(conversation: Conversation, words: Translator = ENGLISH) -> str:
    """Questions as headings, each with its answer, doubts, sources and how it was made."""
    parts = [f"# {markdown(conversation.title or words.gettext('Untitled'))}"]
    for turn in conversation.turns:
        parts.append(f"## {markdown(turn.question)}")
        parts += _answer_parts(turn.answer, words) if turn.answer else markdown_blocks(shown(turn.text))
        if ended := state(turn, words):
            parts.append(f"*{markdown(ended)}*")
        if turn.answer:
            parts.append(f"*{markdown(made(turn.answer, words))}*")
    return "\n\n".join(filter(None, parts)) + "\n"


def answer_markdown(answer: Answer, words: Translator = ENGLISH) -> str:
    return "\n\n".join(_answer_parts(answer, words)) + "\n"


def answer_footnotes(answer: Answer, words: Translator = ENGLISH) -> str:
    """The cited articles as footnotes of Markdown: ``[^1]: [Title](<address>) — UNN, 2 May 2024``."""
    cited = {each.number: each for each in answer.citations}
    return "".join(f"[^{number}]: {_linked(each.article, words, each.page)}\n" for number, each in cited.items())


def markdown(text: str) -> str:
    """Text on one line as Markdown that shows exactly this text."""
    return _LINE_START.sub(r"\g<0>\\", _MARKDOWN.sub(r"\\\g<0>", one_line(text)))


def _answer_parts(answer: Answer, words: Translator) -> list[str]:
    doubts = [f"- {markdown(each.text)} — {markdown(doubt(each, words))}" for each in doubted(answer)]
    trail = [f"- {markdown(step(each, answer.scope, words))}" for each in answer.trail]
    sources = [
        f"{each.number}. {_linked(each.article, words, each.page)}\n   > {markdown(each.quote)}"
        for each in answer.citations
    ]
    near = [f"- {_linked(article, words)}" for article in nearest(answer)]
    lists = {
        words.gettext("Check before you rely on it"): doubts,
        words.gettext("What was looked up"): trail,
        words.gettext("Sources"): sources,
        words.gettext("Nearest articles"): near,
    }
    return [
        *markdown_blocks(said(answer, words)),
        *(f"**{markdown(title)}**\n\n" + "\n".join(items) for title, items in lists.items() if items),
    ]


def markdown_blocks(shown: Shown) -> list[str]:
    """A text in its shape, written anew: no character of it means anything but where the shape says so."""
    return ["\n".join(_markdown_block(block, shown)) for block in shown.shape.blocks]


def _markdown_block(block: Block, shown: Shown) -> Iterator[str]:
    lines = [part for part in block.parts if not isinstance(part, Block)]
    if block.tag == "pre":
        code = "\n".join(shown.shape.text[start:end] for start, end in lines)
        fence = "`" * max(3, 1 + _longest_run(code))
        yield from (fence, *code.split("\n"), fence)
        return
    if block.tag in ("h3", "th", "td"):
        yield "### " * (block.tag == "h3") + " ".join(_inline(shown.pieces(line)) for line in lines)
        return
    yield from "  \n".join(_inline(shown.pieces(line)) for line in lines).split("\n") if lines else ()
    first = block.first
    for part in _blocks(block):
        if part.tag == "li":
            yield from _indented(f"{first}. " if block.tag == "ol" else "- ", _markdown_block(part, shown))
            first += 1
        elif part.tag == "tr":
            cells = _blocks(part)
            yield f"| {' | '.join(' '.join(_markdown_block(cell, shown)) for cell in cells)} |"
            if block.tag == "thead":
                yield "|" + " --- |" * len(cells)
        else:
            yield from _markdown_block(part, shown)


def _inline(pieces: Iterable[Piece]) -> str:
    out = ""
    for style, text, number in pieces:
        if number is not None:
            out += text
        elif style == "code":
            ticks = "`" * (1 + _longest_run(text))
            out += f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"
        elif text:
            escaped = _AFTER_MARKER.sub(r"\\", _MARKDOWN.sub(r"\\\g<0>", text)) if out else markdown(text)
            escaped += " " * (not out and text[-1].isspace())
            out += {"strong": "**", "em": "*"}.get(style, "").join(("", escaped, ""))
    return out


def _longest_run(code: str) -> int:
    """Of backticks."""
    return max(map(len, re.findall("`+", code)), default=0)


def _linked(article: Article, words: Translator, page: int | None = None) -> str:
    title, url = markdown(titled(article, words)), link(article.url)
    said = filter(None, [byline(article, words, page), notices(article, words)])
    return " — ".join([f"[{title}](<{url}>)" if url else title, *map(markdown, said)])
