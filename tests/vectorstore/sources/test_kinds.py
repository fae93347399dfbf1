"""How a file's kind is known, and what is said of kinds that are not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripted_site import PAGE, WORDS
from tests.vectorstore.sources.made import TEXT, article, docx, pdf, refused, write, zipped
from vectorstore.sources import find
from vectorstore.sources.markup import safe_xml, text_of

WORD = docx(f"<w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>")


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.jsonl", "a"])
@pytest.mark.parametrize("content", [pdf([[TEXT]]), WORD, b"{\\rtf1 " + TEXT.encode() + b"}", PAGE.encode()])
def test_the_content_tells_the_kind_whatever_the_name_says(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path / name, content)
    assert list(find(tmp_path)) == [path]
    assert TEXT[:30] in article(path).text


def test_a_text_that_speaks_of_another_kind_is_a_text(tmp_path: Path) -> None:
    for number, start in enumerate(("Files begin with %PDF-1.7. ", "From Monday on: ", "Received: nothing. ", "<b> ")):
        assert article(write(tmp_path / f"{number}.txt", start + TEXT)).text == start + TEXT


def test_a_page_saved_by_singlefile_is_read_without_what_it_embeds(tmp_path: Path) -> None:
    saved = (
        "<!DOCTYPE html> <html><!--\n Page saved with SingleFile \n url: https://fjord.example/ice \n saved date: …-->"
    )
    picture = f"<img src='data:image/png;base64,{'A' * 21_000_000}'>"
    found = article(write(tmp_path / "a.html", saved + PAGE.split("<html>")[1].replace("<p>", picture + "<p>", 1)))
    assert (found.text, found.url) == ("\n\n".join(WORDS), "https://fjord.example/ice")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.doc", b"\xd0\xcf\x11\xe0", "a Word document of the old kind, which is not read; convert it: libreoffice"),
        ("a.bin", b"\x89PNG\r\n", "a picture, which is not read; convert it: img2pdf {} | ocrmypdf - {}.pdf"),
        ("a.mobi", b"BOOKMOBI", "convert it: ebook-convert {} {}.epub"),
        ("a.zip", zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), "an Excel workbook; convert it: libre"),
        ("a.log", b"12:00 started", "unknown kind of file; what can be read ends in .txt, .md"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named_with_the_line_that_converts_it(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = write(tmp_path / name, content)
    assert reason.replace("{}", str(path)) in refused(path)


def test_entities_of_xml_from_outside_open_nothing(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret", "the key")
    hostile = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>Ice &x;</a>'
    assert text_of(safe_xml(hostile.encode())) == "Ice"
    assert "no feed and no sitemap" in refused(write(tmp_path / "a.xml", hostile.replace("a>", "urlset>")))
