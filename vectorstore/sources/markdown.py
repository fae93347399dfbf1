"""Markdown as a reader sees it: plain text, because passages of it are quoted word for word."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message
from vectorstore.sources.fields import Fields

LONGEST_FRONT_MATTER = 64_000
"""Characters. Real front matter has a few hundred; YAML of megabytes takes minutes."""

_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head"})
# Both loaders build strings, lists and dictionaries only, whatever tags a file writes; the second is in C.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def front_matter(markdown: str, origin: str) -> tuple[Fields, str]:
    """The fields of the YAML block that a file may begin with, and the Markdown after it.

    Every value stays the string that was written, so a date keeps its spelling until ``dates`` reads it. Raises
    ``SourceRefused`` with the line when the block is not YAML or no mapping.
    """
    markdown = markdown.replace("\r\n", "\n").replace("\r", "\n")
    match = _FRONT_MATTER.match(markdown[: LONGEST_FRONT_MATTER + 10])
    if match is None:
        return Fields({}, origin), markdown
    try:
        values = yaml.load(match[1], Loader=_LOADER)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.context_mark or error.problem_mark  # where it began, if that is known
        line = mark.line + 2 if mark else 1
        why = Message("its front matter is not YAML: {why}", why=str(error.problem))
        advice = Message("put a value that holds “: ” in quotes")
        raise SourceRefused(f"{origin}:{line}", Message.joined(why, advice, by="; ")) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SourceRefused(f"{origin}:1", Message("its front matter is not YAML: {why}", why=str(error))) from error
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise SourceRefused(f"{origin}:1", Message("its front matter is not of the form “title: …”"))
    return Fields({str(key): value for key, value in values.items()}, origin), markdown[match.end() :]


def plain_text(markdown: str, title: str | None = None) -> tuple[str | None, str]:
    """The first heading of level 1, or ``None``, and the text without Markdown's marks.

    A heading that opens the text is left out of it when it is the title. Links keep their words, pictures go, code
    stays, list items and table rows keep their lines.
    """
    # Made here and not on import: it costs as much as reading an article with it.
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    blocks = SyntaxTreeNode(parser.parse(markdown)).children
    heading = next((_render(block) for block in blocks if block.type == "heading" and block.tag == "h1"), None) or None
    texts = [text for block in blocks if (text := _render(block))]
    if heading and texts[0] == heading and (title is None or title.casefold() == heading.casefold()):
        del texts[0]
    return heading, "\n\n".join(texts)


def _render(node: SyntaxTreeNode) -> str:
    match node.type:
        case "inline":
            return "\n".join(" ".join(line.split()) for line in "".join(map(_inline, node.children)).split("\n"))
        case "fence" | "code_block":
            return node.content.rstrip()
        case "html_block":
            return _without_tags(node.content)
        case "bullet_list":
            return "\n".join(f"- {_render(item)}" for item in node.children)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return "\n".join(f"{number}. {_render(item)}" for number, item in enumerate(node.children, first))
        case "tr":
            return " | ".join(map(_render, node.children))
        case "list_item" | "table" | "thead" | "tbody":
            return "\n".join(filter(None, map(_render, node.children)))
        case _:
            return "\n\n".join(filter(None, map(_render, node.children)))


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return ""
        case "html_inline":
            return "\n" if node.content.lower().startswith("<br") else ""
        case _:
            return node.content if not node.children else "".join(map(_inline, node.children))


class _Words(HTMLParser):
    """The words of an HTML fragment, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)


def _without_tags(fragment: str) -> str:
    words = _Words()
    words.feed(fragment)
    words.close()
    return "".join(words.words).strip()
