"""Made documents of every kind, and what becomes of them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from vectorstore.sources import read
from vectorstore.types import Article, Refusal

TEXT = "The ferry to Bergen was cancelled on Tuesday because of ice."


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def articles(path: Path) -> list[Article]:
    return [item for item in read(path) if isinstance(item, Article)]


def article(path: Path) -> Article:
    """The only thing in ``path``."""
    (found,) = read(path)
    assert isinstance(found, Article), found
    return found


def refusals(path: Path) -> dict[str, str]:
    """The reason for each refusal, by its name without the folder of ``path``."""
    return {
        item.source.removeprefix(f"{path.parent}/"): item.reason for item in read(path) if isinstance(item, Refusal)
    }


def refused(path: Path) -> str:
    (found,) = read(path)
    assert isinstance(found, Refusal), found
    assert found.source == str(path)
    return found.reason


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


Line = str | tuple[int, int, str]
"""Of a printed page, in type of 10 points one below the other, or with its size and how far right it stands."""


def pdf(pages: Sequence[Sequence[Line]], about: str = "", picture: bool = False) -> bytes:
    """A PDF with these lines on its pages; ``about`` is its information dictionary."""
    image = b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<<%s>>" % about.encode("cp1252"),
        image + b"stream\n\0\nendstream",
    ]
    kids = []
    for lines in pages:
        shown: list[bytes] = []
        for line in lines:
            size, right, text = (10, 50, line) if isinstance(line, str) else line
            down = 800 - 14 * sum(not isinstance(above, tuple) or above[1] == 50 for above in lines[: len(shown) + 1])
            shown.append(b"BT /F1 %d Tf %d %d Td (%s) Tj ET" % (size, right, down, text.encode()))
        content = b"\n".join([*shown, b"q 400 0 0 400 50 50 cm /I Do Q" if picture and not lines else b""])
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R>>/XObject<</I 5 0 R>>>>>>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, each) for number, each in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Info 4 0 R>>\nstartxref\n0\n%%EOF"


def docx(body: str, core: str = "") -> bytes:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{kinds}"/>',
            "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Type="{office}" '
            'Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
            "docProps/core.xml": '<c:coreProperties xmlns:c="urn:c" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            f'xmlns:dcterms="http://purl.org/dc/terms/">{core}</c:coreProperties>',
        }
    )
