"""The text of the article in a web page, as paragraphs, without what leads away from it."""

from __future__ import annotations

import re
from copy import deepcopy

import trafilatura
from lxml.html import HtmlElement

from vectorstore.sources.cleaning.text import has_sentence
from vectorstore.sources.pages.no_article import one_line
from vectorstore.sources.pages.structured_data import bare


def article_text(tree: HtmlElement, title: str | None) -> str:
    """The article's paragraphs, a blank line between them; list items and table rows keep their lines."""
    for precise in (True, False):
        # Precision first: against people's marks of 91 pages it gave F1 0.976 where the balanced mode gave 0.962.
        document = trafilatura.bare_extraction(deepcopy(tree), include_comments=False, favor_precision=precise)
        text = _paragraphs(document.text or "", title) if document is not None else ""
        if has_sentence(text):
            return _with_lists(tree, text)
    return ""


def _with_lists(tree: HtmlElement, text: str) -> str:
    """``text`` with the lists between or behind its paragraphs that were left out: they may hold all the facts.

    A list of links leads elsewhere and stays out.
    """
    blocks = text.split("\n\n")
    for found in tree.iter("ul", "ol"):
        before, after = found.getprevious(), found.getnext()
        around = [one_line(each) for each in (before, after) if each is not None and isinstance(each.tag, str)]
        pictured = next(found.iter("script", "figure", "img", "input"), None) is not None
        if before is None or not around or pictured or any(paragraph not in blocks for paragraph in around):
            continue
        items = [item for item in map(one_line, found.iterchildren("li")) if item]
        linked = sum(len(one_line(link)) for link in found.iter("a"))
        said = "\n".join(f"- {item}" for item in items)
        if len(items) > 1 and has_sentence(said) and linked < len(said) / 3 and not any(item in text for item in items):
            blocks.insert(blocks.index(around[0]) + 1, said)
    return "\n\n".join(blocks)


# What outlets put between paragraphs to lead away from the article. The last words begin real sentences and headings
# too, so they count only alone or before a colon.
_TEASER = re.compile(
    r"(?:read (?:more|also|next)|see (?:more|also)|also (?:read|on)|more on this|don['’]t miss|share this|follow us"
    r"|like this story|click here|story continues below)\b(?:\s*[:|–—].*|.*(?<![.”\"]))"
    r"|(?:advertisement|listen|recommended|related(?: stories| articles)?|sign up|subscribe|watch(?: now| live| more)?)"
    r"(?:\s*[:|–—].*)?",
    re.IGNORECASE,
)

_LONGEST_TEASER = 160


def _paragraphs(text: str, title: str | None) -> str:
    blocks: list[str] = []
    seen: set[str] = set()
    previous = ""
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("|"):
            if not line.strip("|- "):
                continue
            line = " | ".join(cell.strip() for cell in line.strip("| ").split("|"))
            kind = "row"
        else:
            kind = "item" if line.startswith("- ") else ""
        if not line or (not blocks and _is_headline(line, title)):
            continue
        if len(line) <= _LONGEST_TEASER and _TEASER.fullmatch(line):
            continue
        # The same long words twice are a pull quote or a teaser, not the article saying it again.
        if len(line) >= 60:
            if line in seen:
                continue
            seen.add(line)
        blocks.append(("\n" if kind and kind == previous else "\n\n") + line)
        previous = kind
    return "".join(blocks).strip()


def _is_headline(line: str, title: str | None) -> bool:
    """Whether the text's first line repeats the title, which may name the site after it."""
    words, whole = bare(line), bare(title or "")
    return bool(words) and (words == whole or (len(words) > 15 and whole.startswith(words)))
