"""Documents' markup as plain text, all of it: a DOCX made HTML, an e-book's chapter, the XML of an OpenDocument text.

Whole web pages, with menus and advertisements around the article, are read by ``page.py``, and a table's cell or a
feed's item, too small to be worth a parser, by ``fragment.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import XMLParser, _Element, fromstring
from lxml.html import HtmlElement, fragment_fromstring

# By local name, what stands before and after an element's own text; OpenDocument's names are those with a hyphen.
# Four control characters stand for the start of an item, a row and a cell and for an end, until the text is tidied.
_AROUND = {
    **dict.fromkeys(("li", "list-item"), ("\n\x01", "\x04")),
    **dict.fromkeys(("tr", "table-row"), ("\n\x02", "")),
    **dict.fromkeys(("td", "th", "table-cell"), ("\x03", "\x04")),
    **dict.fromkeys(("br", "line-break"), ("\n", "")),
    **dict.fromkeys(("s", "tab"), (" ", "")),
}
_BLOCKS = frozenset(
    "address article aside blockquote body dd div dl dt figcaption figure footer form h h1 h2 h3 h4 h5 h6 header hr "
    "list main nav ol p pre section table ul".split()
)
# Scripts, and of OpenDocument what a reader of the printed page does not see: comments, deleted words, running heads.
_UNSEEN = frozenset(
    "annotation head index-title-template math noscript script sequence-decls style svg template title "
    "tracked-changes".split()
)
_TIDY = (
    (re.compile(r"\s*\x04"), ""),
    (re.compile(r"\x02\s*\x03\s*|\x02"), ""),  # before a row's first cell
    (re.compile(r"\s*\x03\s*"), " | "),
    (re.compile(r"\x01\s*"), "- "),
    (re.compile(r" *\n *"), "\n"),
    (re.compile(r"\n{3,}"), "\n\n"),
    (re.compile(r" {2,}"), " "),
)


def safe_xml(data: bytes) -> _Element:
    """The root of an XML file from outside: no entity of its own is resolved, and nothing else is opened for it."""
    return fromstring(data, XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def html_root(html: str) -> HtmlElement:
    """An element around the HTML of a fragment, or around the body of a whole page."""
    # lxml takes no XML declaration in decoded text.
    return fragment_fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", html), create_parent="div")


def text_of(element: _Element) -> str:
    """The text of ``element``: paragraphs with a blank line between them, list items and table rows on their lines."""
    text = "".join(_pieces(element))
    for pattern, replacement in _TIDY:
        text = pattern.sub(replacement, text)
    return text.strip()


def _pieces(element: _Element) -> Iterator[str]:
    name = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
    if name in _UNSEEN or not name:
        return
    before, after = _AROUND.get(name) or (("\n\n", "\n\n") if name in _BLOCKS else ("", ""))
    yield before
    yield _spaced(element.text)
    for child in element:
        yield from _pieces(child)
        yield _spaced(child.tail)
    yield after


def _spaced(text: str | None) -> str:
    return " ".join(re.split(r"[ \t\r\n\f]+", text)) if text else ""
