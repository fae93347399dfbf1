"""Answers and conversations as plain text and as Markdown; the words that every form of export shares.

Pure functions. What comes from a reader, an article or a model never becomes markup: every character that could mean
something is escaped, and the only links are http and https addresses of cited articles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from assistant.history.conversations import Conversation, StoredTurn
from assistant.language.words import day_in_words
from assistant.question.scope import searched
from assistant.types import Answer, Statement, Step
from vectorstore.types import Article, TimeScope

_MARKER = re.compile(r"\[(\d{1,4})\]")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_LIST_ITEM = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
_ESCAPED_BRACKET = re.compile(r"\\([\[\]])")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# Controls but tab and newline, and those that turn the direction of what follows.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_MARKDOWN = re.compile(r"[\\`*_\[\]<>&|~${}@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
# What would make a line a heading or a list: the mark itself, or the dot after a number.
_LINE_START = re.compile(r"^(?:(?=[#+=:-])|\d{1,9}(?=[.)]))")
_AFTER_MARKER = re.compile(r"^(?=[(:])")  # "[1](…)" would be a link and "[1]: …" define one

Line = list[tuple[str, int | None]]
"""Text, and the markers of known citations: ``("So it was ", None), ("[1]", 1)``."""
Block = tuple[bool, list[Line]]
"""A paragraph of an answer: whether it is a list, and its lines or items."""


def _english_scope(scope: TimeScope) -> str:
    said = searched(scope)
    return f"{said}, {scope.left_out_undated} undated left out" if scope.left_out_undated else said


@dataclass(frozen=True, slots=True)
class Words:
    """What an export says in its own words; a translation is another of these."""

    language: str = "en"
    sources: str = "Sources"
    nearest: str = "Nearest articles"
    doubts: str = "Check before you rely on it"
    partly: str = "partly supported"
    unsupported: str = "not supported"
    unchecked: str = "not checked"
    untitled: str = "Untitled"
    no_source: str = "source not known"
    updated: str = "updated {date}"
    original: str = "Open the original"
    asking: str = "This answer is still being written."
    cut: str = "This answer was cut off."
    stopped: str = "This answer was stopped by its reader."
    failed: str = "There was no answer."
    quotes_only: str = "Quotes only, no model"
    written_by: str = "Written by {model}; checked against its sources"
    from_catalogue: str = "From the library’s own list"
    no_article: str = "No article was needed"
    looked_up: str = "What was looked up"
    searched_for: str = "Searched for “{asked}”"
    read_for: str = "Read an article for “{asked}”"
    day: Callable[[date | None], str] = lambda value: day_in_words(value) if value else "no date known"
    scope: Callable[[TimeScope], str] = _english_scope
    duration: Callable[[float], str] = "{:.1f} s".format

    def byline(self, article: Article) -> str:
        facts = [article.source or self.no_source, self.day(article.published)]
        if article.updated_since:
            facts.append(self.updated.format(date=self.day(article.updated_since)))
        return ", ".join(facts)

    def headline(self, article: Article) -> str:
        return one_line(f"{article.title or self.untitled} — {self.byline(article)}")

    def state(self, turn: StoredTurn) -> str:
        """What a reader must know of an answer that is not whole; empty for one that is."""
        if turn.state == "complete":
            return ""
        said: str = getattr(self, turn.state)
        return f"{said} {turn.problem}" if turn.problem and turn.problem != said else said

    def doubt(self, statement: Statement) -> str:
        """Why a statement is doubted."""
        verdict = getattr(self, statement.support)
        return f"{verdict}: {statement.reason}" if statement.reason else verdict

    def made(self, answer: Answer) -> str:
        """Who wrote it, from what, in how long where that is known."""
        own = {"extractive": self.quotes_only, "catalogue": self.from_catalogue, "assistant": self.no_article}
        writer = own.get(answer.model) or self.written_by.format(model=answer.model)
        seconds = answer.seconds_search + answer.seconds_write
        return " · ".join([writer, self.scope(answer.scope), *([self.duration(seconds)] if seconds else [])])

    def step(self, step: Step, within: TimeScope) -> str:
        """One look-up of a deep question, with what it narrowed of the scope ``within``, and what it found."""
        said = {"search": self.searched_for, "read": self.read_for}.get(step.kind, "").format(asked=step.asked)
        places = ((step.scope.first, step.scope.last, step.scope.sources), (within.first, within.last, within.sources))
        narrowed = f"({self.scope(step.scope)})" if places[0] != places[1] else ""
        found = "; ".join(article.title or self.untitled for article in step.found)
        told = ": ".join(filter(None, [" ".join(filter(None, [said, narrowed])), found]))
        return " – ".join(filter(None, [told, step.note]))


ENGLISH = Words()


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


def said(answer: Answer) -> Iterator[Block]:
    """What an answer says: its text, or why it has none."""
    text = answer.reason or answer.text if answer.abstained else answer.text
    return blocks(text, {citation.number for citation in answer.citations})


def blocks(text: str, numbers: Collection[int] = ()) -> Iterator[Block]:
    """The paragraphs of ``text``. Only list marks and the markers of the citations ``numbers`` have a meaning."""
    for paragraph in _PARAGRAPH.findall(_ESCAPED_BRACKET.sub(r"\1", clean(text))):
        lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
        is_list = all(map(_LIST_ITEM.match, lines))
        yield is_list, [list(_pieces(_LIST_ITEM.sub("", line) if is_list else line, numbers)) for line in lines]


def _pieces(line: str, numbers: Collection[int]) -> Iterator[tuple[str, int | None]]:
    at = 0
    for marker in _MARKER.finditer(line):
        if int(marker[1]) in numbers:
            yield line[at : marker.start()], None
            yield marker[0], int(marker[1])
            at = marker.end()
    yield line[at:], None


def doubted(answer: Answer) -> list[Statement]:
    """The statements that their sources do not carry."""
    return [statement for statement in answer.statements if statement.support != "verified"]


def nearest(answer: Answer) -> list[Article]:
    """The nearest articles of an answer that abstained, each once."""
    return list({match.article.id: match.article for match in answer.nearest}.values())


# -- plain text


def answer_text(answer: Answer, words: Words = ENGLISH) -> str:
    """An answer with its sources, to be pasted where there is no Markdown."""
    lines = []
    for is_list, items in said(answer):
        lines += ["• " * is_list + "".join(text for text, _ in item) for item in items] + [""]
    if doubts := doubted(answer):
        lines += [f"{words.doubts}: {one_line(each.text)} ({one_line(words.doubt(each))})" for each in doubts] + [""]
    if answer.citations:
        lines.append(words.sources)
    for citation in answer.citations:
        url = link(citation.article.url)
        lines += [f"[{citation.number}] {words.headline(citation.article)}", f"    “{one_line(citation.quote)}”"]
        lines += [f"    {url}"] if url else []
    if near := nearest(answer):
        lines += [words.nearest, *(f"- {words.headline(article)}" for article in near)]
    return "\n".join(lines).rstrip() + "\n"


# -- Markdown


def conversation_markdown(conversation: Conversation, words: Words = ENGLISH) -> str:
    """Questions as headings, each with its answer, doubts, sources and how it was made."""
    parts = [f"# {markdown(conversation.title or words.untitled)}"]
    for turn in conversation.turns:
        parts.append(f"## {markdown(turn.question)}")
        parts += _answer_parts(turn.answer, words) if turn.answer else map(_block, blocks(turn.text))
        if state := words.state(turn):
            parts.append(f"*{markdown(state)}*")
        if turn.answer:
            parts.append(f"*{markdown(words.made(turn.answer))}*")
    return "\n\n".join(filter(None, parts)) + "\n"


def answer_markdown(answer: Answer, words: Words = ENGLISH) -> str:
    """An answer with its sources, as Markdown."""
    return "\n\n".join(_answer_parts(answer, words)) + "\n"


def markdown(text: str) -> str:
    """Text on one line as Markdown that shows exactly this text."""
    return _LINE_START.sub(r"\g<0>\\", _MARKDOWN.sub(r"\\\g<0>", one_line(text)))


def _answer_parts(answer: Answer, words: Words) -> list[str]:
    doubts = [f"- {markdown(each.text)} — {markdown(words.doubt(each))}" for each in doubted(answer)]
    trail = [f"- {markdown(words.step(step, answer.scope))}" for step in answer.trail]
    sources = [
        f"{each.number}. {_linked(each.article, words)}\n   > {markdown(each.quote)}" for each in answer.citations
    ]
    near = [f"- {_linked(article, words)}" for article in nearest(answer)]
    lists = ((words.doubts, doubts), (words.looked_up, trail), (words.sources, sources), (words.nearest, near))
    return [
        *map(_block, said(answer)),
        *(f"**{markdown(title)}**\n\n" + "\n".join(items) for title, items in lists if items),
    ]


def _block(block: Block) -> str:
    is_list, lines = block
    return "\n".join(f"- {_inline(line)}" for line in lines) if is_list else "  \n".join(map(_inline, lines))


def _inline(line: Line) -> str:
    (first, _), *rest = line  # a line begins with text, which may be empty
    out = markdown(first) + " " * first[-1:].isspace()
    for text, number in rest:
        out += text if number is not None else _AFTER_MARKER.sub(r"\\", _MARKDOWN.sub(r"\\\g<0>", text))
    return out


def _linked(article: Article, words: Words) -> str:
    title, url = markdown(article.title or words.untitled), link(article.url)
    return f"{f'[{title}](<{url}>)' if url else title} — {markdown(words.byline(article))}"
