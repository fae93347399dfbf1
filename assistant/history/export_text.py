"""Answers and conversations as plain text and as Markdown; what every form of export shares.

Pure functions. What comes from a reader, an article or a model never becomes markup: every character that could mean
something is escaped, and the only links are http and https addresses of cited articles.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from assistant.history.types import Conversation, StoredTurn
from assistant.messages import Translator, translator
from assistant.question.scope import searched
from assistant.types import Answer, Statement, Step, Support
from vectorstore.messages import Message
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
    "failed": Message("There was no answer."),
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
    gone = words.gettext("no longer online") if article.gone else ""
    on = words.gettext("page {page}", page=page) if page else ""
    return ", ".join(filter(None, [article.source or words.gettext("source not known"), day, updated, gone, on]))


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


def said(answer: Answer, words: Translator) -> Iterator[Block]:
    """What an answer says: its text, or why it has none."""
    text = words.gettext(answer.reason or answer.text if answer.abstained else answer.text)
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


def answer_text(answer: Answer, words: Translator = ENGLISH) -> str:
    """An answer with its sources, to be pasted where there is no Markdown."""
    lines = []
    for is_list, items in said(answer, words):
        lines += ["• " * is_list + "".join(text for text, _ in item) for item in items] + [""]
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
        lines += [f"    {url}"] if url else []
    if near := nearest(answer):
        lines += [words.gettext("Nearest articles"), *(f"- {headline(article, words)}" for article in near)]
    return "\n".join(lines).rstrip() + "\n"


# -- Markdown


def conversation_markdown(conversation: Conversation, words: Translator = ENGLISH) -> str:
    """Questions as headings, each with its answer, doubts, sources and how it was made."""
    parts = [f"# {markdown(conversation.title or words.gettext('Untitled'))}"]
    for turn in conversation.turns:
        parts.append(f"## {markdown(turn.question)}")
        parts += _answer_parts(turn.answer, words) if turn.answer else map(_block, blocks(turn.text))
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
        *map(_block, said(answer, words)),
        *(f"**{markdown(title)}**\n\n" + "\n".join(items) for title, items in lists.items() if items),
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


def _linked(article: Article, words: Translator, page: int | None = None) -> str:
    title, url = markdown(titled(article, words)), link(article.url)
    return f"{f'[{title}](<{url}>)' if url else title} — {markdown(byline(article, words, page))}"
