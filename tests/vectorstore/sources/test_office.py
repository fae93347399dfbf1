from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.vectorstore.sources.made import TEXT, article, docx, refused, write, zipped

CORE = (
    "<dc:title>{title}</dc:title><dc:creator>Eva Berg</dc:creator>"
    "<dcterms:created>2024-09-02T21:00:00Z</dcterms:created><dcterms:modified>2024-09-05T08:00:00Z</dcterms:modified>"
)


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def test_a_docx_keeps_headings_tables_and_all_its_words(tmp_path: Path) -> None:
    body = (
        paragraph("Ice at the pier", "Heading1")
        + paragraph(TEXT)
        + table(("Port", "Ships"), ("Bergen", "12"))
        + paragraph("No.")
        + "<w:p><w:del><w:r><w:delText>Struck out.</w:delText></w:r></w:del>"
        + "<w:ins><w:r><w:t>Put in.</w:t></w:r></w:ins></w:p>"
    )
    found = article(write(tmp_path / "a.docx", docx(body, CORE.format(title=""))))
    assert found.text == f"{TEXT}\n\nPort | Ships\nBergen | 12\n\nNo.\n\nPut in."
    assert (found.title, found.authors) == ("Ice at the pier", ("Eva Berg",))
    assert (found.published, found.updated) == (date(2024, 9, 2), date(2024, 9, 5))
    named = article(write(tmp_path / "b", docx(paragraph(TEXT), CORE.format(title="Ice again"))))
    assert named.title == "Ice again"


def test_a_docx_that_is_a_bomb_is_refused_for_what_it_is(tmp_path: Path) -> None:
    bomb = zipped({"[Content_Types].xml": "", "word/document.xml": b" " * 201_000_000})
    assert len(bomb) < 1_000_000
    assert "unpacked it has more than 200 MB, as bombs have" in refused(write(tmp_path / "a.docx", bomb))
    entities = (
        '<!DOCTYPE a [<!ENTITY b "'
        + "c" * 1000
        + '">'
        + "".join(f'<!ENTITY {name} "{f"&{before};" * 100}">' for before, name in zip("bdef", "defg", strict=True))
    )
    laughs = zipped({"[Content_Types].xml": "", "word/document.xml": entities + "]><a>&g;</a>"})
    assert "save its text as a .txt file instead" in refused(write(tmp_path / "b.docx", laughs))


def odt(body: str, manifest: str = "") -> bytes:
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("text", "table"))
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
            "content.xml": f'<o:document-content xmlns:o="urn:o" {spaces}><o:body>{body}</o:body></o:document-content>',
            "meta.xml": '<o:meta xmlns:o="urn:o" xmlns:dc="urn:dc"><dc:title>Ice at the pier</dc:title>'
            "<o:initial-creator>Eva Berg</o:initial-creator><o:creation-date>2024-09-02</o:creation-date></o:meta>",
        }
    )


def test_an_odt_keeps_what_its_readers_see(tmp_path: Path) -> None:
    body = (
        "<text:tracked-changes><text:p>Struck out.</text:p></text:tracked-changes><text:h>Ice at the pier</text:h>"
        f"<text:p>{TEXT}<o:annotation><text:p>Check this.</text:p></o:annotation> It<text:s/>snows.</text:p>"
        "<text:list><text:list-item><text:p>Buses run.</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Port</text:p></table:table-cell>"
        "<table:table-cell><text:p>Ships</text:p></table:table-cell></table:table-row></table:table>"
    )
    found = article(write(tmp_path / "a.odt", odt(body)))
    assert found.text == f"{TEXT} It snows.\n\n- Buses run.\n\nPort | Ships"
    assert (found.title, found.authors, found.published) == ("Ice at the pier", ("Eva Berg",), date(2024, 9, 2))
    locked = odt(body, "<manifest:encryption-data xmlns:manifest='urn:m'/>")
    assert "encrypted; save it without a password" in refused(write(tmp_path / "b.odt", locked))


def test_an_rtf_is_read_in_its_own_encoding(tmp_path: Path) -> None:
    rtf = (
        r"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0\fcharset204 Arial;}}{\info{\title \'cb\'b3\'e4}{\author Eva Berg}"
        r"{\creatim\yr2024\mo9\dy2\hr21}}\f0 " + TEXT + r"\par \'cf\'ee\'f0\'ee\'ec \'e7\'e0\'ea\'f0\'e8\'f2\'ee.\par}"
    )
    found = article(write(tmp_path / "a.rtf", rtf))
    assert found.text == f"{TEXT}\n\nПором закрито."
    assert (found.title, found.authors, found.published) == ("Лід", ("Eva Berg",), date(2024, 9, 2))
