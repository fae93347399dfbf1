"""Texts of word processors: DOCX, OpenDocument (ODT) and RTF. Runs in the worker process only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import mammoth
from striprtf.striprtf import rtf_to_text

from vectorstore.errors import SourceRefused
from vectorstore.sources.cleaning.markup import html_root, safe_xml, text_of
from vectorstore.sources.documents.reading import Document, iso_day, one_or_several

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => h2:fresh"


def metadata(archive: ZipFile, part: str) -> Mapping[str, str]:
    """The values in an XML part of an archive, such as ``docProps/core.xml``, by the local names of their elements."""
    if part not in archive.namelist():
        return {}
    elements = safe_xml(archive.read(part)).iter("{*}*")
    return {element.tag.rpartition("}")[2]: element.text.strip() for element in elements if element.text}


def parse_docx(archive: ZipFile, path: Path) -> list[Document]:
    """The article in a Word document, with its tables, lists and notes."""
    with path.open("rb") as file:
        # Without its pictures, which would come as megabytes of text.
        found = mammoth.convert_to_html(
            file,
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda image: {}),
            external_file_access=False,
        )
    root = html_root(found.value)
    about = metadata(archive, "docProps/core.xml")
    heading = root.find(".//h1")
    return one_or_several(
        text_of(root).replace("↑", ""),  # the way back from a note
        Document(
            title=about.get("title") or (text_of(heading) if heading is not None else None),
            authors=about.get("creator", ""),
            published=iso_day(about.get("created")),
            updated=iso_day(about.get("modified")),
        ),
    )


def parse_odt(archive: ZipFile) -> list[Document]:
    """The article in an OpenDocument text."""
    manifest = "META-INF/manifest.xml"
    if manifest in archive.namelist() and b"encryption-data" in archive.read(manifest):
        raise SourceRefused("", "it is encrypted; save it without a password")
    about = metadata(archive, "meta.xml")
    return one_or_several(
        text_of(safe_xml(archive.read("content.xml"))),
        Document(
            title=about.get("title"),
            authors=about.get("initial-creator") or about.get("creator", ""),
            published=iso_day(about.get("creation-date")),
            updated=iso_day(about.get("date")),
        ),
    )


def parse_rtf(path: Path, **_: Any) -> list[Document]:
    """The article in an RTF file."""
    rtf = path.read_bytes().decode("cp1252", "replace")
    info = re.search(r"\{\\info\b(?:[^{}]|\{[^{}]*\})*\}", rtf)
    values = dict(re.findall(r"\{\\(title|author|creatim|revtim)\b\s*([^{}]*)\}", info[0] if info else ""))
    page = re.match(r"\{\\rtf1[^{}]*", rtf)  # it names the encoding

    def said(name: str) -> str:
        return str(rtf_to_text(f"{page[0] if page else '{'}{values.get(name, '')}}}", errors="ignore")).strip()

    # One line a paragraph, and the cells of a row with bars between them.
    text = rtf_to_text(rtf, errors="ignore").replace("\n", "\n\n").replace("|", " | ")
    known = Document(
        title=said("title"),
        authors=said("author"),
        published=_rtf_day(values.get("creatim", "")),
        updated=_rtf_day(values.get("revtim", "")),
    )
    return one_or_several(text, known)


def _rtf_day(written: str) -> str | None:
    r"""``"\\yr2024\\mo9\\dy2\\hr10"`` → ``"2024-09-02"``."""
    parts = dict(re.findall(r"\\(yr|mo|dy)(\d+)", written))
    return iso_day("-".join(parts.get(name, "") for name in ("yr", "mo", "dy")))
