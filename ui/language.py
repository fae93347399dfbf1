"""The reader's language: which one a request asks for, and what is said in it of an error."""

from __future__ import annotations

import logging
from typing import Final

from starlette.requests import HTTPConnection

from assistant.messages import Translator, preferred
from vectorstore.errors import ArticleUnknown, LibraryBusy, LibraryDamaged, LibraryMismatch
from vectorstore.messages import Message

COOKIE: Final = "language"
"""Where a browser keeps the language that its reader chose."""

NOT_FOUND: Final = Message("There is nothing at this address.")
PAGE_FAILED: Final = Message(
    "The page itself failed, not the library. Ask again; if it happens twice, the terminal says more."
)

_log = logging.getLogger(__name__)


def words_of(connection: HTTPConnection) -> Translator:
    """The translator for a request: the language chosen on the page, else the browser's first that we have."""
    return preferred(connection.headers.get("accept-language", ""), connection.cookies.get(COOKIE))


def _names_command(said: str) -> bool:
    """Whether a message tells to type something: commands stand between backticks."""
    return isinstance(said, Message) and ("`" in said.template or any(map(_names_command, said.parts)))


def for_readers(error: Exception) -> str:
    """The message of an error, still in English, without commands for a terminal, which readers do not have."""
    if isinstance(error, ArticleUnknown):
        return Message("This article is no longer in the library.")
    if isinstance(error, LibraryBusy | LibraryDamaged | LibraryMismatch) or _names_command(str(error)):
        _log.error("%s", error)
        return Message(
            "The library cannot be used at the moment. The terminal that the page was started in says why, "
            "and what to do."
        )
    return str(error)
