from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from pathlib import Path

from tests.scripted_site import PAGE, WORDS
from tests.vectorstore.sources.made import TEXT, article, articles, docx, pdf, refusals, refused, write, zipped


def letter(text: str = TEXT, subject: str = "Лід на причалі", number: int = 1) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "The Fjord <news@fjord.example>"
    message["To"] = "reader@example.org"
    message["Subject"] = subject
    message["Date"] = "Mon, 02 Sep 2024 23:30:00 +0300"
    message["Message-ID"] = f"<{number}@fjord.example>"
    message.set_content(text)
    return message


def test_a_message_is_an_article_of_its_sender(tmp_path: Path) -> None:
    message = letter("Your mail program shows no HTML.")
    message.add_alternative(PAGE, "html")
    found = article(write(tmp_path / "a.eml", message.as_bytes()))
    assert found.text == "\n\n".join(WORDS)
    assert (found.title, found.source, found.published) == ("Лід на причалі", "The Fjord", date(2024, 9, 2))
    named_otherwise = article(write(tmp_path / "b.txt", message.as_bytes()))
    assert named_otherwise.id == found.id  # the message is the same one
    short = letter("See below.")
    short.add_alternative(f"<div>{TEXT}</div>", "html")
    assert article(write(tmp_path / "c.eml", short.as_bytes())).text == TEXT


def test_attachments_of_known_kinds_are_read_and_others_refused(tmp_path: Path) -> None:
    message = letter()
    for name, data in (
        ("../../" + "ice" * 100 + ".docx", docx("<w:p><w:r><w:t>Ice stopped all of the ships.</w:t></w:r></w:p>")),
        ("pier.png", b"\x89PNG\r\n"),
        ("all.zip", zipped({"in.txt": "Snow stopped all of the buses."})),
    ):
        message.add_attachment(data, "application", "octet-stream", filename=name)
    message.add_attachment(letter("An older letter, about the snow of March.", "Snow", 2))
    path = write(tmp_path / "a.eml", message.as_bytes())
    assert [item.text for item in articles(path)] == [
        TEXT,
        "Ice stopped all of the ships.",
        "Snow stopped all of the buses.",
        "An older letter, about the snow of March.",
    ]
    assert list(refusals(path)) == ["a.eml/2 pier.png"]


def test_each_message_of_a_mailbox_is_an_article(tmp_path: Path) -> None:
    second = letter("The pier is open again, and ferries sail twice a day.", "Open", 2)
    second.add_attachment(pdf([["Tickets are sold at the pier from eight."]]), "application", "pdf", filename="a.pdf")
    start = b"From news@fjord.example Mon Sep  2 23:30:00 2024\n"
    path = write(tmp_path / "box", b"\n".join([start + letter().as_bytes(), start + second.as_bytes()]))
    assert [found.origin.removeprefix(f"{path}/") for found in articles(path)] == [
        "00001.eml",
        "00002.eml",
        "00002.eml/1 a.pdf",
    ]


def test_an_encrypted_message_is_refused(tmp_path: Path) -> None:
    text = "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/encrypted; boundary=x\n\n--x\n\nabc\n--x--\n"
    assert "encrypted; open it in your mail program" in refused(write(tmp_path / "a.eml", text))


def test_a_page_saved_as_mhtml_is_a_page(tmp_path: Path) -> None:
    page = PAGE.replace("<head>", "<head><meta name='date' content='2024-03-05'>").replace("=", "=3D")
    saved = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://fjord.example/ice\r\nSubject: Ice\r\n"
        "Date: Mon, 2 Sep 2024 20:30:00 +0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; type="text/html"; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{page}\r\n--x--\r\n"
    )
    found = article(write(tmp_path / "page.mhtml", saved))
    assert found.text == "\n\n".join(WORDS)
    assert (found.title, found.url) == ("Ice stops the ferry", "https://fjord.example/ice")
    assert found.published == date(2024, 3, 5)  # the page's, not when it was saved
