"""PDF documents, by pdfium: the text of each page in its reading order, as paragraphs. Runs in the worker process only.

What is printed on every page (running heads and feet, page numbers) is no part of the text, and lines that were broken
to fit a column are joined again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from pypdfium2 import PdfDocument, PdfiumError, PdfPage, PdfTextPage
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_PAGEOBJ_IMAGE

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message, to_json
from vectorstore.sources.cleaning.text import clean_text, has_sentence
from vectorstore.sources.documents.reading import Document, headed, iso_day

EDGE_LINES = 3
"""Lines at the top and at the bottom of a page among which a running head or foot is looked for."""

_SMALLER = 0.92
"""Of the usual height of a line: notes are set at least one point smaller than a text of ten."""

_FEWEST_ROWS = 8
"""Lines side by side that are columns and not a letter's head."""

_NARROWEST = 0.15
"""Of the page's width: a column of text, four beside one another; what is narrower are cells."""

_BROKEN = "\x02"
"""What pdfium writes for a hyphen at the end of a line, with the next line right after it."""

_SMALL = "\x03"
"""What stands here before a line in smaller type than the page's text: a note at its foot, a running head."""

_HYPHENS = f"-{_BROKEN}‐\xad"
_BROKEN_WORD = re.compile(rf"(\w+)[{_HYPHENS}]\n(\w+)")
_ENDS = '.!?:”"'
_SENTENCE_END = re.compile(r"[.!?][”\")\]]*\s+")
_LONGEST_WORD = 100
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
    opening = texts[0].strip(f"{_SMALL}\n ").partition("\n")[0] if texts else ""
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
    textpage = page.get_textpage()
    if rows := _in_columns(textpage, page.get_width()):
        return "\n".join(rows)
    text: str = textpage.get_text_bounded()
    lines = list(re.finditer(rf"[^\r\n{_BROKEN}]+{_BROKEN}?", text))
    if len(text) != textpage.count_chars():  # which letter stands where is not clear
        return "\n".join(line[0] for line in lines)
    heights = []
    usual: Counter[float] = Counter()
    for line in lines:
        first = len(line[0]) - len(line[0].lstrip())
        _, bottom, _, top = textpage.get_charbox(line.start() + first % len(line[0]), loose=True)
        heights.append(round(top - bottom, 1))
        usual[heights[-1]] += len(line[0])
    smallest = _SMALLER * max(usual, key=usual.__getitem__, default=0.0)
    marks = (_SMALL if height < smallest else "" for height in heights)
    return "\n".join(f"{mark}{line[0]}" for mark, line in zip(marks, lines, strict=True))


def _in_columns(textpage: PdfTextPage, page_width: float) -> list[str]:
    """The lines of a page of two columns, the left one first, where the file has them row by row; else nothing.

    A table is read by rows: its cells, unlike the lines of a column, do not fill their place.
    """
    boxes = [textpage.get_rect(index) for index in range(textpage.count_rects())]
    gaps = [
        (before[2], after[0])
        for before, after in pairwise(boxes)
        if after[0] > before[2] and after[1] < before[3] and before[1] < after[3]
    ]
    if len(gaps) < _FEWEST_ROWS:
        return []
    gutter = (max(left for left, _ in gaps) + min(right for _, right in gaps)) / 2
    sides = [[box for box in boxes if box[2] <= gutter], [box for box in boxes if box[0] >= gutter]]
    for side in sides:
        widths = [box[2] - box[0] for box in side]
        if len(side) < _FEWEST_ROWS or median(widths) < max(0.75 * max(widths), _NARROWEST * page_width):
            return []
    lines: list[str] = []
    left: list[str] = []
    right: list[str] = []
    for box in sorted(boxes, key=lambda box: -box[3]):
        line = textpage.get_text_bounded(*box).strip()
        if box[2] <= gutter:
            left.append(line)
        elif box[0] >= gutter:
            right.append(line)
        else:  # over both columns: a headline
            lines += [*left, *right, line]
            left, right = [], []
    return [*lines, *left, *right]


def _joined(texts: list[str]) -> tuple[str, list[int]]:
    """The text of all pages, and the offset at which each page begins."""
    words = {word.casefold() for word in re.findall(r"\w+(?:-\w+)*", "\n".join(texts))}

    def mend(match: re.Match[str]) -> str:
        # "exam-ple" is one word and "well-known" two: the document's other words tell, then the capital of a name.
        whole, parts = match[1] + match[2], f"{match[1]}-{match[2]}"
        keeps = not match[2][0].islower() or (parts.casefold() in words and whole.casefold() not in words)
        return parts if keeps else whole

    bare = _without_running_lines([page.split("\n") for page in texts])
    pages = [_parted(lines, opens=number == 0) for number, lines in enumerate(bare)]
    lengths = sorted(len(line) for lines, _ in pages for line in lines)
    column = lengths[3 * len(lengths) // 4] if lengths else 0
    text, starts, last = "", [], ""
    for lines, small in pages:
        page, notes = (
            clean_text(_BROKEN_WORD.sub(mend, _flowing(each, column)).replace(_BROKEN, "-")) for each in (lines, small)
        )
        if text and page:
            broken = re.search(rf"\w+[{_HYPHENS}]\Z", text[-_LONGEST_WORD:])
            if broken and page[0].islower() and (word := re.match(r"\w+", page)):
                text = text[: -len(broken[0])] + _BROKEN_WORD.sub(mend, f"{broken[0]}\n{word[0]}")
                page = page[word.end() :].lstrip()
        if text and page:
            goes_on = text[-1] not in _ENDS and _goes_on(last, page, column)
            text += " " if goes_on else "\n\n"
        starts.append(len(text))
        text += page
        last = lines[-1] if lines else last
        if notes:  # before the sentence that the next page goes on with
            ends = [match.end() for match in _SENTENCE_END.finditer(text, starts[-1])]
            cut = ends[-1] if ends and text[-1] not in _ENDS else len(text)
            text = "\n\n".join(filter(None, (text[:cut].rstrip(), notes, text[cut:])))
    return text, starts


def _parted(lines: list[str], *, opens: bool) -> tuple[list[str], list[str]]:
    """The lines of a page's text, and those in small type above and below it; above the first page it is the text's."""
    lines = [line for line in lines if line.strip(f"{_SMALL} ")]
    large = [number for number, line in enumerate(lines) if not line.startswith(_SMALL)]
    begin, end = (0 if opens else large[0], large[-1] + 1) if large else (0, len(lines))
    lines = [line.replace(_SMALL, "").strip() for line in lines]
    return lines[begin:end], lines[:begin] + lines[end:]


def _flowing(lines: list[str], column: int) -> str:
    r"""The lines of a page as paragraphs: ``["The ice is", "thick.", "Next"]`` → ``"The ice is thick.\n\nNext"``.

    A paragraph ends where a line stops well before the edge of the column, so many characters wide, and the next one
    could begin a sentence.
    """
    text = lines[0] if lines else ""
    for previous, line in pairwise(lines):
        text += ("\n" if previous[-1] in _HYPHENS else " " if _goes_on(previous, line, column) else "\n\n") + line
    return text


def _goes_on(previous: str, line: str, column: int) -> bool:
    return line[0] not in _BULLETS and (line[0].islower() or len(previous) >= 0.75 * column)


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
            # On every other page: the heads of left pages, of which the first is the second.
            alternate = len({number % 2 for number, _ in places}) == 1
            first[pattern] = 0 if places[0][0] == 1 or alternate else places[0][0]

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
