from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.vectorstore.sources.made import TEXT, article, articles, refused, write, zipped

CONTAINER = '<container xmlns="urn:c"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'


def book(chapters: list[tuple[str, str]], **more: str) -> bytes:
    names = [f"c{number}.xhtml" for number in range(len(chapters))]
    items = "".join(f'<item id="{name}" href="{name}"/>' for name in names)
    order = "".join(f'<itemref idref="{name}"/>' for name in ["toc", *names])
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>Ice and ferries</dc:title><dc:creator>Eva Berg</dc:creator><dc:publisher>The Fjord</dc:publisher>"
        f'<dc:date>2024-09-02</dc:date></metadata><manifest><item id="toc" href="toc.xhtml" properties="nav"/>{items}'
        f"</manifest><spine>{order}</spine></package>"
    )
    start = "<?xml version='1.0' encoding='utf-8'?><html><head><title>Book</title></head>"
    pages = {
        f"OPS/{name}": f"{start}<body><h2>{heading}</h2>{text}</body></html>"
        for name, (heading, text) in zip(names, chapters, strict=True)
    }
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OPS/book.opf": package,
            "OPS/toc.xhtml": "<html><body><nav>Contents of the whole book</nav></body></html>",
            **pages,
            **{name.replace("__", "/") + ".xml": content for name, content in more.items()},
        }
    )


def test_a_short_book_is_one_article(tmp_path: Path) -> None:
    found = article(
        write(tmp_path / "a.epub", book([("Один", f"<p>{TEXT}</p>"), ("Two", "<ul><li>Buses run.</li></ul>")]))
    )
    assert found.text == f"Один\n\n{TEXT}\n\nTwo\n\n- Buses run."
    assert (found.title, found.source, found.authors) == ("Ice and ferries", "The Fjord", ("Eva Berg",))
    assert found.published == date(2024, 9, 2)


def test_each_chapter_of_a_long_book_is_an_article(tmp_path: Path) -> None:
    chapters = [("Part I", ""), ("The pier", f"<p>{TEXT}</p>" * 400), ("The fjord", f"<p>{TEXT}</p>" * 400)]
    pier, fjord = articles(write(tmp_path / "a.epub", book(chapters)))
    assert (pier.title, fjord.title) == ("The pier", "The fjord")
    assert pier.text.startswith(f"Part I\n\nThe pier\n\n{TEXT}")  # a page without a sentence opens the next chapter
    assert pier.origin.endswith("a.epub/OPS/c1.xhtml")
    assert pier.id != fjord.id


def test_only_encrypted_text_makes_a_book_unreadable(tmp_path: Path) -> None:
    lock = '<encryption><EncryptedData xmlns="urn:x"><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    fonts, text = lock.format("http://www.idpf.org/2008/embedding"), lock.format("http://www.w3.org/2001/04/xmlenc#aes")
    chapter = [("One", f"<p>{TEXT}</p>")]
    assert TEXT in article(write(tmp_path / "a.epub", book(chapter, **{"META-INF__encryption": fonts}))).text
    assert "encrypted (DRM)" in refused(write(tmp_path / "b.epub", book(chapter, **{"META-INF__encryption": text})))
    torn = zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER})
    assert "damaged or incomplete" in refused(write(tmp_path / "c.epub", torn))
