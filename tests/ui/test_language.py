"""The language of a reader, and errors as readers are told of them."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from ui.language import for_readers, words_of
from vectorstore.errors import ArticleUnknown, LibraryBusy, LibraryError, LibraryInUse


def asking(accepted: str, chosen: str | None = None) -> HTTPConnection:
    headers = [(b"accept-language", accepted.encode())]
    headers += [(b"cookie", f"language={chosen}".encode())] if chosen else []
    return HTTPConnection({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("uk", None, "uk"),
        ("uk-UA,uk;q=0.9,en;q=0.8", None, "uk"),
        ("en-GB,uk;q=0.5", None, "en"),
        ("en;q=0.2, uk;q=0.7", None, "uk"),
        ("de-DE,de;q=0.9,uk;q=0.1", None, "uk"),
        ("", None, "en"),
        ("de", None, "en"),
        ("uk;q=0", None, "en"),
        ("<script>", "x", "en"),
        ("uk", "en", "en"),
        ("en", "uk", "uk"),
    ],
)
def test_a_browser_gets_the_language_that_it_prefers(accepted: str, chosen: str | None, language: str) -> None:
    assert words_of(asking(accepted, chosen)).language == language


def test_no_error_tells_a_reader_to_type_a_command(caplog: pytest.LogCaptureFixture) -> None:
    commands = "Check the disk; if it happens again, `assistant rebuild` makes it anew."
    missing = LibraryError("There is no library in {folder} yet. `assistant add FILES` makes one.", folder="x")
    for error in (ArticleUnknown("No article a1. `assistant list` shows the ids."), LibraryBusy(commands), missing):
        assert "`" not in for_readers(error)
    assert commands in caplog.text
    quoted = LibraryError("no article here comes from “{name}”.", name="`rm`")
    assert for_readers(quoted) == str(quoted)
    assert for_readers(LibraryInUse("Process 7 owns it. Close it.")) == "Process 7 owns it. Close it."
