"""How a file's kind is known, and what is said of kinds that are not read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.scripted_site import PAGE, WORDS
from tests.vectorstore.sources.made import TEXT, article, articles, docx, pdf, refusals, refused, write, zipped
from vectorstore.sources import find, read
from vectorstore.sources.cleaning.markup import safe_xml, text_of
from vectorstore.types import Article, Refusal

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


def test_a_list_of_references_gives_an_article_for_each_entry(tmp_path: Path) -> None:
    about = "TY  - NEWS\r\nTI  - Ice\r\nAU  - Lee, Ann\r\nT2  - The Fjord\r\nDA  - 2024/09/02/\r\nPY  - 2024\r\n"
    whole = f"{about}AB  - {TEXT}\r\n"
    first, second, empty = read(
        write(tmp_path / "a.txt", whole + "ER  - \r\n\r\n" + whole + "TY  - NEWS\r\nTI  - Snow\r\n")
    )
    assert isinstance(first, Article)
    assert isinstance(second, Article)  # its end is missing
    assert isinstance(empty, Refusal)
    assert (first.title, first.text, first.source, first.authors) == ("Ice", TEXT, "The Fjord", ("Lee, Ann",))
    assert (first.published, first.origin) == (date(2024, 9, 2), f"{tmp_path}/a.txt:1")
    assert "it has no text" in empty.reason
    assert "pandoc" in refused(write(tmp_path / "a.bib", "@article{ice, title = {Ice}}"))


def test_a_document_that_a_press_database_exports_is_divided_into_its_articles(tmp_path: Path) -> None:
    article = (
        r"{0}\par\par The Fjord\par\par September {1}, 2024\par\par Body\par\par {2}\par\par End of Document\par\par "
    )
    rtf = r"{\rtf1\ansi " + "".join(article.format(*each) for each in (("Ice", 2, TEXT), ("Snow", 3, TEXT[::-1]))) + "}"
    first, second = articles(write(tmp_path / "a.rtf", rtf))
    assert (first.title, first.text, first.source, first.published) == ("Ice", TEXT, "The Fjord", date(2024, 9, 2))
    assert (second.title, second.published) == ("Snow", date(2024, 9, 3))


def test_aliases_of_yaml_do_not_make_a_file_larger_than_it_is(tmp_path: Path) -> None:
    doubled = "".join(f"b{n}: &b{n} [*b{n - 1}, *b{n - 1}]\n" for n in range(1, 60))
    reason = refusals(write(tmp_path / "a.md", f"---\nb0: &b0 [x]\n{doubled}---\n{TEXT}"))["a.md:1"]
    assert "repeats itself by aliases, as bombs do" in reason
    assert article(write(tmp_path / "b.md", f"---\ntitle: &a Ice\nalias: *a\n---\n{TEXT}")).title == "Ice"
