"""Mail: one message (EML), a mailbox of them (MBOX), and web pages saved in the form of one (MHTML).

Runs in the worker process only.
"""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from vectorstore.errors import SourceRefused
from vectorstore.messages import Message, to_json
from vectorstore.sources.cleaning.fragment import plain_text
from vectorstore.sources.cleaning.text import clean_line, has_sentence
from vectorstore.sources.documents.reading import Document, iso_day
from vectorstore.sources.html import decode_page
from vectorstore.sources.pages.page import read_page

_ENCRYPTED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")


def parse_mail(path: Path, into: Path, room: int) -> list[Document]:
    """The article in a message or in a page saved as MHTML; a message's attachments go into the folder ``into``."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    # Chrome says so by the first of these; Internet Explorer and Word leave out all that a message that was sent has.
    is_page = message["Snapshot-Content-Location"] or not any(map(message.get, ("Message-ID", "Received", "To")))
    if is_page and message.get_content_type() == "multipart/related":
        return [_saved_page(message)]
    if message.get_content_type() in _ENCRYPTED:
        raise SourceRefused("", "it is encrypted; open it in your mail program and save its text")
    return [_letter(message), *_unattached(message, into, room)]


def split_mailbox(path: Path, into: Path, room: int) -> list[Document]:
    """Writes each message of a mailbox into the folder ``into``, to be read as a file of its own."""
    box = mailbox.mbox(path, create=False)
    for number, key in enumerate(box.iterkeys(), 1):
        (into / f"{number:05}.eml").write_bytes(box.get_bytes(key))
    return []


def _saved_page(message: EmailMessage) -> Document:
    part = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    if part is None:
        raise SourceRefused("", "it holds no web page; save the page again, as “complete”")
    address = message["Snapshot-Content-Location"] or part["Content-Location"] or ""
    return cast("Document", read_page(_text(part), str(address)))


def _letter(message: EmailMessage) -> Document:
    """The message as an article: its sender is the outlet, its subject the title."""
    html, plain = message.get_body(("html",)), message.get_body(("plain",))
    text = read_page(_text(html))["text"] if html is not None else ""
    if plain is not None and not has_sentence(text):
        text = _text(plain)
    if html is not None and not has_sentence(text):
        text = plain_text(_text(html))
    sender = getattr(message["From"], "addresses", ())
    return Document(
        text=text,
        title=clean_line(str(message["Subject"] or "")) or None,
        source=(sender[0].display_name or sender[0].domain) if sender else None,
        published=iso_day(message["Date"]),
        known_by=["message", str(message["Message-ID"])] if message["Message-ID"] else None,
    )


def _unattached(message: EmailMessage, into: Path, room: int) -> Iterator[Document]:
    """Writes a message's attachments into the folder, and yields a refusal for each that has no place."""
    for number, part in enumerate(message.iter_attachments(), 1):
        inner = part.get_content_type() == "message/rfc822"
        if not part.get_filename() and not inner:
            continue  # another form of the text, or a picture in it
        # Its name is a stranger's: no folders, nothing hidden, and never twice the same.
        name = f"{number} " + re.sub(r"[^\w. -]", "_", part.get_filename() or "message.eml")[-100:]
        data: bytes = part.get_content().as_bytes() if inner else _bytes(part)
        if len(data) > room:
            reason = Message("it lies too deep in other files, or these are too large; save it and add the file")
            yield Document(name=name, refused=to_json(reason))
        else:
            room -= len(data)
            (into / name).write_bytes(data)


def _bytes(part: Any) -> bytes:
    return part.get_payload(decode=True) or b""


def _text(part: Any) -> str:
    return decode_page(_bytes(part), part.get_content_charset())
