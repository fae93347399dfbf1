"""Bombs and oddities, and files with bytes flipped, cut out and doubled."""

from __future__ import annotations

import io
import json
import random
import tarfile
import zlib
from collections.abc import Iterator
from zipfile import ZIP_DEFLATED, ZipFile

from tests.benchmarks.kinds.exports import docx, epub, exports, made, odt, zipped
from tests.benchmarks.kinds.printed import documents, scan
from tests.vectorstore.sources.made import docx as word

_TEXT = "The ferry to Sund was cancelled on Tuesday because of ice. "
_MANY = 200_000


def mutated(count: int) -> Iterator[tuple[str, bytes]]:
    """Files of every kind, each damaged in one to four places."""
    whole = [(name, made(name, form, given)) for name, form, given in exports()]
    values = next(exports())[2][0].values()
    whole += [("a.docx", docx(values)), ("a.odt", odt(values)), ("a.epub", epub(values))]
    whole += [(document.name, document.data) for document in documents()][:4]
    chance = random.Random(6)
    for number in range(count):
        name, original = whole[number % len(whole)]
        data = bytearray(original)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) or 1)
            size = min(len(data) - at, chance.choice((1, 8, 64, len(data) // 3)))
            match chance.randrange(4):
                case 0:
                    data[at : at + 1] = bytes([chance.randrange(256)])
                case 1:
                    del data[at : at + size]
                case 2:
                    data[at:at] = data[at : at + size]
                case _:
                    data = data[: at + 1]
        yield f"{number}-{name}", bytes(data)


def _gzipped(head: bytes, piece: bytes) -> bytes:
    packing = zlib.compressobj(wbits=31)
    return b"".join([packing.compress(head), *(packing.compress(piece) for _ in range(300)), packing.flush()])


def _zip_bomb(name: str, mega: int) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive, archive.open(name, "w") as file:
        for _ in range(mega):
            file.write(b"a " * 500_000)
    return packed.getvalue()


def _tar(*entries: tuple[str, bytes, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, kind, link in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            archive.addfile(entry)
    return packed.getvalue()


def _laughs(root: str, inside: str = "{}") -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY e0 "{_TEXT}">{entities}]><{root}>{inside.format("&e9;")}</{root}>'


def _pdf(*objects: str) -> str:
    body = "".join(f"{number} 0 obj{each}endobj\n" for number, each in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"


def oddities() -> Iterator[tuple[str, bytes | str]]:
    deep, row = 100_000, json.dumps({"title": "Ice", "text": _TEXT})
    page = f"<!doctype html><html><body><article><p>{_TEXT}</p>%s</article></body></html>"
    rss = '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>%s</channel></rss>'
    mail = "From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\nMessage-ID: <1@b>\n"
    files: dict[str, bytes | str] = {
        "empty.txt": b"",
        "spaces.txt": b" " * 10**6,
        "bom.txt": b"\xef\xbb\xbf",
        "zeros.csv": bytes(10**6),
        "utf32.txt": _TEXT.encode("utf-32"),
        "utf16-bare.txt": _TEXT.encode("utf-16-be"),
        "half.txt": b"\xff\xfe\x00",
        "one-line.txt": "a" * 5_000_000,
        "accents.txt": "e" + "\u0301" * 10**6,
        "rtl.txt": "\u202e" * 10**6 + _TEXT,
        "dates.txt": "2024-01-01 " * _MANY,
        "keys.txt": "title: a\n" * _MANY,
        "digits.txt": "1" * 10**6 + _TEXT,
        "nexis.txt": "End of Document\n" * _MANY,
        "factiva.txt": "HD  \nLP  \n" * _MANY,
        "bars.txt": "_" * 10**6,
        "documents.txt": "1 of 2 DOCUMENTS\n\n" * 50_000,
        "tags.ris": "TY  - NEWS\n" * _MANY,
        "cut.ris": "TY  - NEWS\nTI  - A",
        "deep.json": "[" * deep,
        "deeper.json": '{"a":' * deep,
        "number.json": f'{{"text": {"9" * 10**6}}}',
        "nan.json": '{"title": NaN, "text": Infinity}',
        "half.jsonl": '{"text": "\\ud800 ' + _TEXT + '"}',
        "null.json": "null",
        "same.jsonl": f"{row}\n" * 3_000,
        "blank.jsonl": "\n" * 10**6 + row,
        "none.json": '{"articles": []}',
        "keys.json": json.dumps({str(n): n for n in range(_MANY)}),
        "wide.csv": "text" + "," * _MANY + "\nA\n",
        "quote.csv": f'title,text\n"{_TEXT * 10_000}',
        "bad.csv.gz": b"\x1f\x8b\x08",
        "bomb.csv.gz": _gzipped(b"title,text\n", b"a" * 10**6),
        "bomb.xml.gz": _gzipped(b"", bytes(10**6)),
        "deep.html": page % ("<div>" * deep),
        "open.html": page % ("<!--" * deep),
        "wide.html": page % f"<p {'a=b ' * deep}>",
        "spaces.html": page % (" \n" * 10**6),
        "table.html": page % ("<table><tr><td>" * 20_000),
        "ld.html": page % f"<script type='application/ld+json'>{'[' * deep}</script>",
        "laughs.rss": _laughs("rss", "<channel>{}</channel>"),
        "laughs.xml": _laughs("urlset", "<url><loc>{}</loc></url>"),
        "xxe.rss": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/'
        'passwd">]>' + rss % f"<item><title>&x;</title><content:encoded>{_TEXT}</content:encoded></item>",
        "items.rss": rss % (f"<item><content:encoded>{_TEXT * 3}</content:encoded></item>" * 3_000),
        "deep.rss": rss % ("<a>" * deep),
        "null.json.feed.json": '{"version": "https://jsonfeed.org/version/1", "items": [null, 5, {"content_html": 7}]}',
        "loop.pdf": _pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R]/Count 9>>"),
        "scan.pdf": scan(2),
        "many.pdf": _pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 99999999>>"),
        "form.pdf": _pdf(
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</F 4 0 R>>>>>>",
            "<</Type/XObject/Subtype/Form/Length 9/Resources<</XObject<</F 4 0 R>>>>>>stream\n/F Do /F Do\nendstream",
        ),
        "deep.rtf": "{\\rtf1 " + "{" * deep + _TEXT,
        "bin.rtf": "{\\rtf1 \\bin999999999 a}",
        "unicode.rtf": "{\\rtf1\\u99999999?" + "\\'zz" * 1000 + "}",
        "laughs.docx": zipped({"[Content_Types].xml": "", "word/document.xml": _laughs("d")}),
        "tables.docx": word("<w:tbl><w:tr><w:tc>" * 2_000 + "</w:tc></w:tr></w:tbl>" * 2_000),
        "bomb.docx": _zip_bomb("word/document.xml", 300),
        "bomb.zip": _zip_bomb("a.txt", 600),
        "names.zip": zipped({f"{n}.txt": _TEXT for n in range(10_001)}),
        "spaces.odt": zipped(
            {
                "mimetype": "application/vnd.oasis.opendocument.text",
                "content.xml": '<o xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><t:s t:c="999999999"/></o>',
            }
        ),
        "self.epub": zipped(
            {
                "mimetype": "application/epub+zip",
                "META-INF/container.xml": '<c><rootfile full-path="META-INF/container.xml"/></c>',
            }
        ),
        "links.tar": _tar(
            ("a", tarfile.SYMTYPE, "/etc/passwd"),
            ("b", tarfile.LNKTYPE, "a"),
            ("c", tarfile.CHRTYPE, ""),
            ("../d", tarfile.REGTYPE, ""),
            ("e", tarfile.FIFOTYPE, ""),
        ),
        "torn.tar.xz": b"\xfd7zXZ\0" * 9,
        "parts.eml": mail + "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2_000)),
        "header.eml": mail + "Subject: =?utf-8?b?" + "A" * 10**6 + "?=\n\n" + _TEXT,
        "none.mbox": "From a 2024\nX: 1\n" * 3_000,
        "charset.eml": mail + "Content-Type: text/plain; charset=nonsense\n\n" + _TEXT,
        "yaml.md": "---\na: &a [x,x]\n"
        + "".join(
            f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *{'a' if not n else f'b{n - 1}'}]\n" for n in range(40)
        )
        + f"---\n{_TEXT}",
        "python.md": f"---\ntitle: !!python/object/apply:os.system [id]\n---\n{_TEXT}",
        "stars.md": "*" * 50_000 + "[" * 50_000 + _TEXT,
        "quotes.md": ">" * 5_000 + _TEXT,
        "old.md": f"---\ndate: 0000-00-00\n---\n{_TEXT}",
    }
    yield from files.items()
