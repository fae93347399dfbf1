"""A conversation as one HTML file: no script, nothing loaded from anywhere, the quoted words marked in their sources.

Everything passes through ``_escape`` into element text or a quoted attribute. The file carries a policy of its own,
under which a browser runs and loads nothing even if that failed.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections import defaultdict
from collections.abc import Sequence

from assistant.conversations import Conversation, StoredTurn
from assistant.export_text import ENGLISH, Words, blocks, clean, doubted, link, nearest, pieces, text_of
from assistant.types import Answer, Citation
from vectorstore.types import Article

_STYLE = """
:root { color-scheme: light dark; --soft: color-mix(in srgb, currentColor 12%, transparent); }
body { max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; font: 1.05rem/1.6 Georgia, serif; }
h1, h2, h3, .made, .byline, .chip { font-family: system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; padding-top: 1.5rem; border-top: 1px solid var(--soft); }
h3, .made, .byline, details { font-size: .85rem; }
.made, .byline { color: color-mix(in srgb, currentColor 75%, transparent); }
.chip { font-size: .75em; padding: .05em .4em; border-radius: .6em; background: var(--soft); color: inherit; }
.chip { text-decoration: none; }
blockquote { margin: .4rem 0; padding-left: 1rem; border-left: 3px solid var(--soft); font-size: .95rem; }
mark { background: #ffe08a; color: #1c1a14; }
li:target { outline: 2px solid currentColor; outline-offset: .4rem; }
.state, .doubts { border-left: 3px solid #b3541e; padding-left: 1rem; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } li { break-inside: avoid; } }
"""


def conversation_html(conversation: Conversation, words: Words = ENGLISH) -> str:
    """``conversation`` as a whole document."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = _escape(conversation.title or words.untitled)
    turns = "\n".join(_turn(number, turn, words) for number, turn in enumerate(conversation.turns, 1))
    return (
        f'<!doctype html>\n<html lang="{_escape(words.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_escape(policy)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1 dir="auto">{title}</h1>\n{turns}\n</main>\n</body>\n</html>\n'
    )


def _turn(number: int, turn: StoredTurn, words: Words) -> str:
    answer = turn.answer
    known = {citation.number for citation in answer.citations} if answer and not answer.abstained else set()
    parts = [f'<section>\n<h2 dir="auto">{_escape(turn.question)}</h2>', _body(text_of(turn), known, number)]
    if state := words.state(turn):
        parts.append(f'<p class="state">{_escape(state)}</p>')
    if answer is not None:
        parts += [
            _doubts(answer, words),
            _trail(answer, words),
            f'<p class="made">{_escape(words.made(answer))}</p>',
            _sources(answer.citations, number, words),
            _nearest(answer, words),
        ]
    return "\n".join(filter(None, [*parts, "</section>"]))


def _body(text: str, known: set[int], turn: int) -> str:
    out = []
    for is_list, lines in blocks(text):
        shown = [_inline(line, known, turn) for line in lines]
        if is_list:
            out.append("<ul>" + "".join(f'<li dir="auto">{line}</li>' for line in shown) + "</ul>")
        else:
            out.append(f'<p dir="auto">{"<br>".join(shown)}</p>')
    return "\n".join(out)


def _inline(line: str, known: set[int], turn: int) -> str:
    return "".join(
        _escape(text) if number is None else f'<a class="chip" href="#source-{turn}-{number}">{number}</a>'
        for text, number in pieces(line, known)
    )


def _doubts(answer: Answer, words: Words) -> str:
    items = "".join(
        f'<li><span dir="auto">{_escape(each.text)}</span> — {_escape(words.doubt(each))}</li>'
        for each in doubted(answer)
    )
    return f'<aside class="doubts"><h3>{_escape(words.doubts)}</h3><ul>{items}</ul></aside>' if items else ""


def _trail(answer: Answer, words: Words) -> str:
    items = "".join(f'<li dir="auto">{_escape(words.step(step, answer.scope))}</li>' for step in answer.trail)
    return f"<details><summary>{_escape(words.looked_up)}</summary><ol>{items}</ol></details>" if items else ""


def _sources(citations: Sequence[Citation], turn: int, words: Words) -> str:
    by_number: dict[int, list[Citation]] = defaultdict(list)
    for citation in citations:
        by_number[citation.number].append(citation)
    items = "\n".join(
        f'<li value="{number}" id="source-{turn}-{number}">{_about(group[0].article, words)}{_passages(group)}</li>'
        for number, group in sorted(by_number.items())
    )
    return f"<h3>{_escape(words.sources)}</h3>\n<ol>\n{items}\n</ol>" if items else ""


def _nearest(answer: Answer, words: Words) -> str:
    items = "".join(f"<li>{_about(article, words)}</li>" for article in nearest(answer))
    return f"<h3>{_escape(words.nearest)}</h3>\n<ul>{items}</ul>" if items else ""


def _about(article: Article, words: Words) -> str:
    url = link(article.url)
    original = (
        f' · <a href="{_escape(url)}" target="_blank" rel="noopener noreferrer nofollow">{_escape(words.original)}</a>'
        if url
        else ""
    )
    return (
        f"<bdi><b>{_escape(article.title or words.untitled)}</b></bdi><br>"
        f'<span class="byline"><bdi>{_escape(words.byline(article))}</bdi>{original}</span>'
    )


def _passages(citations: Sequence[Citation]) -> str:
    """The passages with the quoted words marked; words that do not stand where they should are shown by themselves."""
    out = []
    for passage in dict.fromkeys(citation.passage for citation in citations):
        at, shown, astray = 0, "", ""
        for citation in sorted((each for each in citations if each.passage == passage), key=lambda each: each.start):
            start, end = citation.start - passage.start, citation.end - passage.start
            if not 0 <= start < end <= len(passage.text) or passage.text[start:end] != citation.quote:
                astray += f'<blockquote dir="auto"><mark>{_escape(citation.quote)}</mark></blockquote>'
            elif end > at:
                start = max(start, at)
                shown += f"{_escape(passage.text[at:start])}<mark>{_escape(passage.text[start:end])}</mark>"
                at = end
        out.append(f'<blockquote dir="auto">{shown}{_escape(passage.text[at:])}</blockquote>{astray}')
    return "".join(out)


def _escape(text: str) -> str:
    return html.escape(clean(text), quote=True)
