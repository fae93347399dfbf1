r"""The shape of an answer: its paragraphs, lists, tables and quotations, as ranges of the text that is shown.

``"## Toll\n- **45** died [1]"`` → a heading and a list with one item; "45" is bold. A chat model's Markdown is read for
its shape alone: links, images and HTML stay the characters they are, and whoever shows it writes every tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from vectorstore.types import Article

Range = tuple[int, int]

_TAGS: Final = {
    "paragraph": "p",
    "heading": "h3",  # one level for all: the question above is the only h2
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "fence": "pre",
    **{tag: tag for tag in ("table", "thead", "tbody", "tr", "th", "td")},
}
_STYLES: Final = {"strong": "strong", "em": "em", "code_inline": "code", "text_special": ""}
_UNCHECKED: Final = frozenset({"h3", "th", "td", "pre"})
"""What states nothing by itself, so that no sign of doubt stands in it."""
_BULLET = re.compile(r"^([ \t]*)•(?=\s)", re.MULTILINE)
_SILENT = re.compile(r"^[ \t]*(?:\d+[.)](?=\s)|(?:`{3,}|~{3,}).*)", re.MULTILINE)
"""What Markdown does not show as text: the number of a list item, the name of a code block's language."""
_NO_WORDS = re.compile(r"[\W_]+")
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_LINE = re.compile(r"(?!\s)(- +)?[^\n]*\S")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of an answer: its HTML element and, in order, the lines of text and the blocks in it."""

    tag: str
    parts: Sequence[Block | Range]
    first: int = 1
    """The number of a numbered list's first item."""
    said_by: Article | None = None
    """The article that a quotation is from."""
    is_overtaken: bool = False
    """Whether a later article has a newer figure."""


@dataclass(slots=True)
class Shape:
    """A text as it is shown, and its shape."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    styles: list[tuple[int, int, str]] = field(default_factory=list)
    """Ranges in bold, italics or as code; one without a style is a character that was written with a backslash."""
    unchecked: list[Range] = field(default_factory=list)
    """Headings, cells of tables and code."""

    def runs(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        """The text of a range by its styles: ``("", "It is ")``, ``("strong", "so")``."""
        for first, last, style in self.styles:
            if start < last and first < end:
                yield "", self.text[start : max(first, start)]
                yield style, self.text[max(first, start) : min(last, end)]
                start = min(last, end)
        yield "", self.text[start:end]


def of_markdown(text: str) -> Shape:
    """The shape of what a chat model wrote; plain paragraphs where reading it as Markdown would lose words.

    The parser drops lists that are nested too deep, and what a row of a table has beyond the columns of its head.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Addresses stay text; the other rules would read a shape into plain sentences.
    parser.disable(
        ["link", "image", "autolink", "reference", "entity", "code", "blockquote", "hr", "lheading", "text_join"]
    )
    shape = Shape()
    tree = SyntaxTreeNode(parser.parse(_BULLET.sub(r"\1-", text)))
    shape.blocks = [_block(node, shape) for node in tree.children]
    kept = _NO_WORDS.sub("", shape.text) == _NO_WORDS.sub("", _SILENT.sub("", text))
    return shape if kept else of_quotations(text, {})


def of_quotations(
    text: str, openings: Mapping[str, Article], overtaken: Mapping[str, Article] = MappingProxyType({})
) -> Shape:
    """The shape of quoted sentences: those of one article together, with it beside them and not before each.

    ``openings`` are the words before a quotation that name its article: ``"Gazette, 1 May 2021: “It rained.” [1]"``
    → a quotation whose text is "“It rained.” [1]". Those in ``overtaken`` say that a later article has a newer figure.
    """
    openings = {**openings, **overtaken}
    shape = Shape(text)
    for paragraph in _PARAGRAPH.finditer(text):
        lines = list(_LINE.finditer(text, paragraph.start(), paragraph.end()))
        is_list = all(line[1] for line in lines)
        made: list[Block] = []
        for line in lines:
            start = line.end(1) if is_list else line.start()
            opening = next((each for each in openings if text.startswith(each, start)), "")
            place = (start + len(opening), line.end())
            if opening or is_list or not made:
                tag = "li" if is_list else "blockquote" if opening else "p"
                made.append(Block(tag, [place], said_by=openings.get(opening), is_overtaken=opening in overtaken))
            else:
                made[-1] = replace(made[-1], parts=[*made[-1].parts, place])
        shape.blocks += [Block("ul", made)] if is_list else made
    return shape


def _block(node: SyntaxTreeNode, shape: Shape) -> Block:
    tag, start = _TAGS[node.type], len(shape.text)
    parts: list[Block | Range] = []
    if node.type == "fence":
        shape.text += node.content.rstrip()
        shape.styles.append((start, len(shape.text), "code"))
        parts.append((start, len(shape.text)))
    for child in node.children:
        if child.type == "inline":
            parts += _lines(child, shape)
        elif child.type == "paragraph" and child.hidden:  # the text of a list item
            parts += _lines(child.children[0], shape)
        else:
            parts.append(_block(child, shape))
    if tag in _UNCHECKED:
        shape.unchecked.append((start, len(shape.text)))
    shape.text += "\n"
    return Block(tag, parts, int(node.attrs.get("start", 1)))


def _lines(inline: SyntaxTreeNode, shape: Shape) -> Iterator[Range]:
    start = len(shape.text)
    for node in inline.children:
        first = len(shape.text)
        if node.type in ("softbreak", "hardbreak"):
            yield start, first
            start = first + 1
        shape.text += _words(node)
        if node.type in _STYLES:
            shape.styles.append((first, len(shape.text), _STYLES[node.type]))
    yield start, len(shape.text)
    shape.text += "\n"


def _words(node: SyntaxTreeNode) -> str:
    return "\n" if node.type.endswith("break") else "".join(map(_words, node.children)) or node.content
