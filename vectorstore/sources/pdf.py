"""PDF documents, by pdfium: the text of each page in its reading order, as paragraphs. Runs in the worker process only.

What is printed on every page (running heads and feet, page numbers) is no part of the text, and lines that were broken
to fit a column are joined again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from pypdfium2 import PdfDocument, PdfiumError, PdfPage
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_PAGEOBJ_IMAGE

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message, to_json
from vectorstore.sources.cleaning import clean_text, has_sentence
from vectorstore.sources.documents import Document, headed, iso_day

EDGE_LINES = 3
"""Lines at the top and at the bottom of a page among which a running head or foot is looked for."""

_BROKEN = "\x02"
"""What pdfium writes for a hyphen at the end of a line, with the next line right after it."""

_HYPHENS = f"-{_BROKEN}‐\xad"
_BROKEN_WORD = re.compile(rf"(\w+)[{_HYPHENS}]\n(\w+)")
_BULLETS = "•‣▪●–—-*"
_NO_TITLE = re.compile(r"(?:microsoft word\s*-.*|untitled.*|.*\.\w{2,5})", re.IGNORECASE)
"""What programs write as a title: the name of a file."""

_BROWSER = re.compile("Skia/PDF|Mozilla|Safari|wkhtmltopdf")
"""What prints web pages: on another day than that of publication."""


def parse_pdf(path: Path, **_: Any) -> list[Document]:
    """The article in a PDF; its notes name the pages that are only pictures."""
    try:
        with PdfDocument(path) as pdf:
            texts, scanned = [], []
            for number in range(len(pdf)):
                page = pdf[number]
                texts.append(_text(page))
                if not texts[-1].strip() and next(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]), None):
                    scanned.append(str(number + 1))
                page.close()
            about = pdf.get_metadata_dict(skip_empty=True)
    except PdfiumError as error:
        if error.err_code == FPDF_ERR_PASSWORD:
            command = "qpdf --decrypt --password=PASSWORD IN.pdf OUT.pdf"
            raise SourceRefused("", "it is encrypted; decrypt it: {command}", command=command) from error
        command = "qpdf IN.pdf OUT.pdf"
        raise SourceRefused(
            "", "it is no PDF, or a damaged one; try to repair it: {command}", command=command
        ) from error
    text, pages = _joined(texts)
    ocr = "ocrmypdf IN.pdf OUT.pdf"
    if scanned and not has_sentence(text):
        raise SourceRefused("", "it is a scan without text; recognise its words with: {command}", command=ocr)
    title = about.get("Title", "")
    known = Document(title=None if _NO_TITLE.fullmatch(title) else title, authors=about.get("Author", ""), pages=pages)
    if not _BROWSER.search(about.get("Creator", "") + about.get("Producer", "")):
        # "D:20240902120000+03'00'": the day where it was made
        known["published"], known["updated"] = (
            iso_day(about.get(key, "")[2:10]) for key in ("CreationDate", "ModDate")
        )
    document = headed(text, known)
    opening = texts[0].strip().partition("\n")[0] if texts else ""
    is_heading = not re.search(r"\d", opening) and not text.startswith(opening)
    if is_heading and not known["title"] and document.get("published_from") != "text":
        document = headed(text, Document(**{**known, "title": opening}))  # it heads every page, and this one as title
    if scanned:
        note = Message(
            "pages without text: {pages}; recognise their words with: {command}", pages=", ".join(scanned), command=ocr
        )
        document["notes"] = [to_json(note)]
    return [document]


def _text(page: PdfPage) -> str:
    text: str = page.get_textpage().get_text_bounded()
    return text.replace("\r\n", "\n").replace(_BROKEN, _BROKEN + "\n")


def _joined(texts: list[str]) -> tuple[str, list[int]]:
    """The text of all pages, and the offset at which each page begins."""
    words = {word.casefold() for word in re.findall(r"\w+(?:-\w+)*", "\n".join(texts))}

    def mend(match: re.Match[str]) -> str:
        # "exam-ple" is one word and "well-known" two: the document's other words tell, then the capital of a name.
        whole, parts = match[1] + match[2], f"{match[1]}-{match[2]}"
        keeps = not match[2][0].islower() or (parts.casefold() in words and whole.casefold() not in words)
        return parts if keeps else whole

    pages = _without_running_lines([page.split("\n") for page in texts])
    lengths = sorted(len(line) for lines in pages for line in lines if line.strip())
    column = lengths[3 * len(lengths) // 4] if lengths else 0
    text, starts = "", []
    for lines in pages:
        page = clean_text(_BROKEN_WORD.sub(mend, _flowing(lines, column)))
        if text and page:
            text += " " if text[-1] not in '.!?:”"' and page[0].islower() else "\n\n"
        starts.append(len(text))
        text += page
    return text, starts


def _flowing(lines: list[str], column: int) -> str:
    r"""The lines of a page as paragraphs: ``["The ice is", "thick.", "Next"]`` → ``"The ice is thick.\n\nNext"``.

    A paragraph ends where a line stops well before the edge of the column, so many characters wide, and the next one
    could begin a sentence.
    """
    lines = [line.strip() for line in lines if line.strip()]
    text = lines[0] if lines else ""
    for previous, line in pairwise(lines):
        goes_on = line[0] not in _BULLETS and (line[0].islower() or len(previous) >= 0.75 * column)
        text += ("\n" if previous[-1] in _HYPHENS else " " if goes_on else "\n\n") + line
    return text


def _without_running_lines(pages: list[list[str]]) -> list[list[str]]:
    """Pages without the lines at their edges that many of them have, such as "The Gazette" or "Chapter 2 – page 7".

    A line that is not on the first page yet, such as the head of a long table, stays where it comes first.
    """
    many = max(2, len(pages) / 3)
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, lines in enumerate(pages, 1):
        for line in {*lines[:EDGE_LINES], *lines[-EDGE_LINES:]}:
            found[_without_numbers(line)].append((number, line))
    first: dict[str, int] = {}
    for pattern, places in found.items():
        counts = _counts_pages(places)
        if counts and len(places) >= min(3, many):
            first[pattern] = 0
        elif len({line for _, line in places}) == 1 and len(places) >= many:
            first[pattern] = 0 if places[0][0] == 1 else places[0][0]

    def kept(number: int, line: str) -> bool:
        alone = re.fullmatch(r"\W*(\d+)\W*", line)
        return first.get(_without_numbers(line), number) == number and not (alone and int(alone[1]) == number)

    return [
        [*(line for line in top if kept(number, line)), *middle, *(line for line in bottom if kept(number, line))]
        for number, lines in enumerate(pages, 1)
        for top, middle, bottom in [_edges(lines)]
    ]


def _edges(lines: list[str]) -> tuple[list[str], list[str], list[str]]:
    end = max(EDGE_LINES, len(lines) - EDGE_LINES)
    return lines[:EDGE_LINES], lines[EDGE_LINES:end], lines[end:]


def _without_numbers(line: str) -> str:
    return re.sub(r"\d+", "#", line.strip()).casefold()


def _counts_pages(places: list[tuple[int, str]]) -> bool:
    """Whether one of the numbers in a line grows from page to page as the pages do."""
    numbers = [[int(each) - number for each in re.findall(r"\d{1,9}", line)] for number, line in places]
    return len(places) > 1 and any(len(set(column)) == 1 for column in zip(*numbers, strict=False))
