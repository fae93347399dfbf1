"""Kinds of files that are not read: what each is, and the command that makes one of it that is."""

from __future__ import annotations

import shlex
from pathlib import Path

from vectorstore.messages import Message
from vectorstore.sources.common import shown

_OCR = "img2pdf FILE | ocrmypdf - FILE.pdf"
_OFFICE = "libreoffice --headless --convert-to {} FILE"
_PANDOC = "pandoc FILE -o FILE.md"

# What it is, the bytes that it begins with, its endings, the command. The first that fits counts.
_KINDS: tuple[tuple[Message, tuple[bytes, ...], str, str], ...] = (
    (Message("a Word document of the old kind"), (), ".doc .dot .wps", _OFFICE.format("docx")),
    (Message("a spreadsheet"), (), ".xls .xlsx .ods .numbers", _OFFICE.format("csv")),
    (Message("a presentation"), (), ".ppt .pptx .odp .key", _OFFICE.format("pdf")),
    (Message("an Outlook message"), (), ".msg .pst", "msgconvert FILE"),
    (Message("an old or encrypted Office document"), (b"\xd0\xcf\x11\xe0",), "", _OFFICE.format("docx")),
    (
        Message("a picture"),
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*"),
        ".png .jpg .jpeg .gif .tif .tiff .webp .heic .bmp",
        _OCR,
    ),
    (Message("an SQLite database"), (b"SQLite format 3",), ".db .sqlite .sqlite3", "sqlite3 FILE -csv -header 'TABLE'"),
    (
        Message("a table in a binary form"),
        (b"PAR1", b"ARROW1", b"FEA1"),
        ".parquet .feather .arrow",
        'python -c \'import pandas; pandas.read_parquet("FILE").to_csv("FILE.csv")\'',
    ),
    (Message("a 7z archive"), (b"7z\xbc\xaf",), ".7z", "7z x FILE"),
    (Message("a RAR archive"), (b"Rar!",), ".rar", "unrar x FILE"),
    (Message("compressed with zstd"), (b"\x28\xb5\x2f\xfd",), ".zst", "unzstd FILE"),
    (Message("compressed with gzip"), (b"\x1f\x8b",), ".gz", "gunzip FILE"),
    (Message("an e-book of another kind"), (), ".mobi .azw .azw3 .fb2 .lit", "ebook-convert FILE FILE.epub"),
    (Message("a DjVu document"), (b"AT&TFORM",), ".djvu", "ddjvu -format=pdf FILE FILE.pdf"),
    (Message("a PostScript document"), (b"%!PS",), ".ps .eps", "ps2pdf FILE"),
    (Message("a text with marks of another kind"), (), ".tex .rst .org .adoc .docbook .textile .wiki", _PANDOC),
    (Message("a list of references"), (), ".bib .bibtex", "pandoc FILE -t csljson -o FILE.json"),
    (
        Message("a recording"),
        (b"ID3", b"OggS", b"fLaC", b"RIFF"),
        ".mp3 .wav .m4a .mp4 .mkv .mov .webm .ogg",
        "whisper FILE --output_format txt",
    ),
    (Message("a web archive"), (), ".warc .wacz .webarchive", "open it and save the page as HTML"),
)


def what_else(path: Path, head: bytes) -> Message | None:
    """What a file is and how to convert it, by its first bytes and its ending; ``None`` when it is not known."""
    name = path.name.lower()
    for what, begins, endings, command in _KINDS:
        if head.startswith(begins) or name.endswith(tuple(endings.split())):
            line = command.replace("FILE", shlex.quote(shown(path)))
            return Message("it is {what}, which is not read; convert it: {command}", what=what, command=line)
    return None
