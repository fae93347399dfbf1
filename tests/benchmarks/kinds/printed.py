"""Twenty made PDF documents of two to four pages, and what is read of them: sentences, their order, their pages."""

from __future__ import annotations

import io
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

_WORDS = (
    "harbour council morning windmill understanding committee railway engineer temperature municipal agreement ferry "
    "neighbourhood transportation winter archaeologist budget passengers government lighthouse because although "
    "between represented announced measured discovered considered yesterday increasing approximately river school"
).split()
_LINES = 44
"""Of the text on one page."""


@dataclass(slots=True)
class Printed:
    """A document: how it is set, and each of its sentences with the page on which it begins."""

    name: str
    columns: int = 1
    running: bool = False
    hyphens: bool = False
    footnotes: bool = False
    by_rows: bool = False
    """Whether it is written line by line over both columns, as some programs do."""
    sentences: list[tuple[str, int]] = field(default_factory=list)
    data: bytes = b""

    @property
    def set_as(self) -> str:
        ways = ("running", "hyphens", "footnotes", "by_rows")
        return ", ".join([f"{self.columns} columns", *(way for way in ways if getattr(self, way))])


def documents() -> Iterator[Printed]:
    """Seventeen of text: each way of setting alone and with the others."""
    ways = list(itertools.product((1, 2), (False, True), (False, True), (False, True)))
    for number, (columns, running, hyphens, footnotes) in enumerate(ways):
        yield _set(Printed(f"{number}.pdf", columns, running, hyphens, footnotes), random.Random(number))
    yield _set(Printed("16.pdf", 2, running=True, by_rows=True), random.Random(16))


def scan(pages: int) -> bytes:
    made = io.BytesIO()
    first, *more = [Image.new("1", (400, 600), 1) for _ in range(pages)]
    first.save(made, "PDF", save_all=True, append_images=more)
    return made.getvalue()


def _set(document: Printed, chance: random.Random) -> Printed:
    """Writes sentences into lines, these into columns and pages."""
    width = 84 // document.columns - 2 * (document.columns - 1)
    per_page = _LINES * document.columns - (8 if document.footnotes else 0)
    lines: list[str] = []
    for _ in range(chance.randint(12, 16) * document.columns):
        lines += _paragraph(document, chance, width, len(lines), per_page)
    writer, x = PdfWriter(), (60, 310)
    for page, at in enumerate(range(0, len(lines), per_page), 1):
        text = lines[at : at + per_page]
        marks: list[tuple[float, float, float, str]] = []
        if document.running:
            marks.append((60, 810, 8, "The Sund Post" if page % 2 else "Ferries and bridges"))
        column = (per_page + document.columns - 1) // document.columns
        body = [
            (x[row // column], 780 - 14 * (row % column), 10.0, line) for row, line in enumerate(text) if line.strip()
        ]
        marks += sorted(body, key=lambda mark: -mark[1]) if document.by_rows else body
        if document.footnotes:
            marks += [
                (60, 90 - 10 * n, 7, f"{page * 2 + n} See the minutes of meeting {page * 31 + n}.") for n in (0, 1)
            ]
        if document.running:
            marks.append((290, 30, 8, f"– {page} –"))
        _draw(writer, marks)
    made = io.BytesIO()
    writer.write(made)
    document.data = made.getvalue()
    return document


def _paragraph(document: Printed, chance: random.Random, width: int, above: int, per_page: int) -> list[str]:
    """The lines of three or four sentences, each noted with its page."""
    lines: list[str] = []
    line = "  "
    for _ in range(chance.randint(3, 4)):
        number = len(document.sentences) + 1
        words = chance.choices(_WORDS, k=chance.randint(8, 18))
        sentence = f"{words[0].capitalize()} {' '.join(words[1:])} in {1700 + number}."
        begun = False
        for word in sentence.split():
            if len(line) + len(word) > width:
                cut = re.match(r"\w{3,}?[bcdfglmnprst](?=[a-z]{3})", word) if document.hyphens else None
                if cut and len(line) + len(cut[0]) < width:
                    line, word = f"{line}{cut[0]}-", word[cut.end() :]
                    if not begun:
                        document.sentences.append((sentence, (above + len(lines)) // per_page + 1))
                        begun = True
                lines.append(line.rstrip())
                line = ""
            if not begun:
                document.sentences.append((sentence, (above + len(lines)) // per_page + 1))
                begun = True
            line += f"{word} "
    return [*lines, line.rstrip()]


def _draw(writer: PdfWriter, marks: list[tuple[float, float, float, str]]) -> None:
    page = writer.add_blank_page(595, 842)
    content = DecodedStreamObject()
    content.set_data(
        b"\n".join(
            b"BT /F1 %g Tf %g %g Td (%s) Tj ET" % (size, x, y, re.sub(rb"([()\\])", rb"\\\1", text.encode("cp1252")))
            for x, y, size, text in marks
        )
    )
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    named = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): named})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(content)
