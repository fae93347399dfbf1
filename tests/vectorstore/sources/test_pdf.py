from __future__ import annotations

import io
from datetime import date
from pathlib import Path

from pypdf import PdfWriter

from tests.vectorstore.helpers import Opener
from tests.vectorstore.sources.made import article, pdf, refused, write

PAGES = [
    [
        "The Eastmouth Gazette",
        "Port names its director",
        "By Ann Writer",
        "2 September 2024",
        "The port of Eastmouth has named the engineer Eva Lind as its new director for five years.",
        "She begins in January, and her first task is the deep-",
        "water quay. The deep-water quay has been planned since 1998 by the harbour administra-",
        "tion.",
        "Ships wait outside.",
        "Page 1 of 3",
    ],
    [
        "The Eastmouth Gazette",
        "They wait for eleven hours on average, because the old quay takes two of them at a time and",
        "Page 2 of 3",
    ],
    ["The Eastmouth Gazette", "cranes are slow.", "Nobody was asked.", "Page 3 of 3"],
]


def test_lines_are_joined_and_what_is_on_every_page_is_left_out(tmp_path: Path) -> None:
    found = article(write(tmp_path / "a.pdf", pdf(PAGES, "/CreationDate(D:20241130120000+02'00')")))
    assert (found.title, found.authors) == ("Port names its director", ("Ann Writer",))
    assert (found.published, found.published_from) == (date(2024, 9, 2), "text")  # as printed, not as made
    assert found.text == (
        "The port of Eastmouth has named the engineer Eva Lind as its new director for five years. She begins in "
        "January, and her first task is the deep-water quay. The deep-water quay has been planned since 1998 by the "
        "harbour administration.\n\nShips wait outside.\n\nThey wait for eleven hours on average, because the old "
        "quay takes two of them at a time and cranes are slow.\n\nNobody was asked."
    )
    assert [found.page_at(found.text.index(words)) for words in ("Eva", "Ships", "eleven", "cranes")] == [1, 1, 2, 3]


def test_notes_and_heads_in_small_type_do_not_break_the_sentence_that_goes_on(tmp_path: Path) -> None:
    first = [PAGES[0][4], "They wait for eleven hours, because the old quay takes two of them at a time and its admin-"]
    second = ["istration has no other. Nobody was asked about it, says the harbour master in an interview."]
    note, head = (7, 50, "1 Report of the harbour master."), (8, 50, "Harbours and ports")
    found = article(write(tmp_path / "a.pdf", pdf([[*first, note], [head, *second]])))
    assert found.text == (
        f"{PAGES[0][4]}\n\n1 Report of the harbour master.\n\nThey wait for eleven hours, because the old quay takes "
        "two of them at a time and its administration has no other. Nobody was asked about it, says the harbour master "
        "in an interview.\n\nHarbours and ports"
    )
    assert [found.page_at(found.text.index(words)) for words in ("Report", "They", "Nobody", "and ports")] == [
        1,
        1,
        2,
        2,
    ]


def test_columns_that_lie_row_by_row_are_read_one_after_the_other_and_tables_by_rows(tmp_path: Path) -> None:
    words = "the port of Eastmouth named Eva Lind its new director and".split()
    left, right = (
        [f"{side} {n} " + " ".join(words[n % 3 : n % 3 + 8]) for n in range(10)] for side in ("left", "right")
    )
    rows = [part for pair in zip(left, right, strict=True) for part in ((10, 50, pair[0]), (10, 320, pair[1]))]
    text = article(write(tmp_path / "a.pdf", pdf([rows]))).text
    assert text.index("left 9") < text.index("right 0")
    ports = [(10, 50, f"Port {n} of Eastmouth" * (1 + n % 2)) for n in range(10)]
    cells = [part for n, port in enumerate(ports) for part in (port, (10, 320, f"{n} ships"))]
    text = article(write(tmp_path / "b.pdf", pdf([cells]))).text
    assert text.index("1 ships") < text.index("Port 2") < text.index("2 ships")


def test_metadata_name_what_the_text_does_not(tmp_path: Path) -> None:
    about = "/Title(Ice at the pier)/Author(Eva Berg; Olav Dahl)/CreationDate(D:20240902230000Z)/ModDate(D:20240905)"
    found = article(write(tmp_path / "a.pdf", pdf([PAGES[0][4:7]], about)))
    assert (found.title, found.authors) == ("Ice at the pier", ("Eva Berg", "Olav Dahl"))
    assert (found.published, found.published_from, found.updated) == (date(2024, 9, 2), "page", date(2024, 9, 5))
    printed = about.replace("Ice at the pier", "Microsoft Word - ice.docx") + "/Producer(Skia/PDF m126)"
    found = article(write(tmp_path / "b.pdf", pdf([PAGES[0][4:7]], printed)))
    assert found.title.startswith("The port of Eastmouth")
    assert found.published is None  # a browser printed it, on whatever day


def test_pages_are_stored_with_the_article(tmp_path: Path, open_library: Opener) -> None:
    path = write(tmp_path / "a.pdf", pdf(PAGES))
    with open_library() as library:
        library.add(path)
        (match,) = library.search("How long do ships wait?", k=1)
        assert match.article.page_at(match.text.index("eleven") + match.start) == 2
        assert library.check().ok
    assert article(path).pages == match.article.pages


def test_what_holds_no_text_is_refused_or_noted(tmp_path: Path) -> None:
    assert "a scan without text; recognise its words with: ocrmypdf" in refused(
        write(tmp_path / "a.pdf", pdf([[], []], picture=True))
    )
    half = article(write(tmp_path / "half.pdf", pdf([PAGES[0], [], PAGES[2]], picture=True)))
    assert half.notes == ("pages without text: 2; recognise their words with: ocrmypdf IN.pdf OUT.pdf",)
    assert "there is no article text" in refused(write(tmp_path / "blank.pdf", pdf([[], []])))


def test_encrypted_and_torn_files_are_refused_with_the_command(tmp_path: Path) -> None:
    locked, made = PdfWriter(), io.BytesIO()
    locked.add_blank_page(100, 100)
    locked.encrypt("secret", algorithm="RC4-128")
    locked.write(made)
    assert "encrypted; decrypt it: qpdf --decrypt" in refused(write(tmp_path / "a.pdf", made.getvalue()))
    assert "damaged" in refused(write(tmp_path / "b.pdf", b"%PDF-1.7\nand then nothing"))
