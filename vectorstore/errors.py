"""What can go wrong below the chat. Each message names the thing and the next step.

LibraryError
├── LibraryInUse        another process owns the library for writing
├── LibraryReadOnly     this process opened it for reading
├── LibraryMismatch     made with another model, dimension or splitter
├── LibraryDamaged      the catalogue cannot be read, or an article is not what was stored
│   └── LibraryNewer    a newer version of this program made it
├── LibraryBusy         the disk or another process did not let us finish
├── SourceRefused       an input that cannot become an article
├── SearchInvalid       a question or scope that makes no sense
├── ArticleUnknown      no article has this id
├── ModelMissing        the embedding model is not on this machine
└── ModelUnusable       it is there, but damaged, of a kind we cannot run, or its reply is no vector

and, apart from the tree because it is the user's wish and no fault:

KeyboardInterrupt
└── AddInterrupted      Ctrl-C while adding; carries the report of what is in the library all the same
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vectorstore.messages import Message

if TYPE_CHECKING:
    from vectorstore.types import AddReport


class LibraryError(Exception):
    """The root of this tree. ``str(error)`` is fit to show to a person: a ``Message`` of its template and values."""

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message if isinstance(message, Message) else Message(message, **values))


class LibraryInUse(LibraryError):
    """Another process owns the library. ``pid`` is its process id, when it could be read."""

    def __init__(self, message: str, /, pid: int | None = None, **values: Any) -> None:
        super().__init__(message, **values)
        self.pid = pid


class LibraryReadOnly(LibraryError):
    """A change was asked of a library that was opened for reading."""


class LibraryMismatch(LibraryError):
    """The library was made with another model, dimension or splitter than this program would use."""


class LibraryDamaged(LibraryError):
    """The catalogue cannot be read, or an article in it is not what was stored.

    The indexes are never the reason: they are rebuilt.
    """


class LibraryNewer(LibraryDamaged):
    """A newer version of this program made the catalogue, and this one cannot read it."""


class LibraryBusy(LibraryError):
    """Writing did not succeed for an outside reason: a full disk, a missing permission."""


class SourceRefused(LibraryError):
    """An input cannot become an article. ``source`` names it, ``reason`` says why and what to do."""

    def __init__(self, source: str, reason: str, /, **values: Any) -> None:
        self.source = source
        self.reason = reason if isinstance(reason, Message) else Message(reason, **values)
        super().__init__(Message.joined(source, self.reason, by=": "))


class SearchInvalid(LibraryError):
    """The question or its scope makes no sense: empty, a date that is none, ``since`` after ``until``."""


class ArticleUnknown(LibraryError):
    """No article has this id."""


class ModelMissing(LibraryError):
    """The embedding model's weights are not on this machine and could not be fetched."""


class ModelUnusable(LibraryError):
    """The embedding model is there but cannot be used: damaged, of another kind, or its reply is not what was asked."""


class AddInterrupted(KeyboardInterrupt):
    """The user stopped ``add``. What ``report`` lists is in the library; add the same again to go on."""

    def __init__(self, report: AddReport) -> None:
        super().__init__(Message("Stopped. What was reported as added is in the library; add the same again to go on."))
        self.report = report


def panicked(error: BaseException) -> bool:
    """Whether ``error`` is a panic of a library written in Rust, which Python cannot import and calls no ``Exception``.

    Chroma and tantivy raise it for files that are not as they left them.
    """
    return type(error).__name__ == "PanicException"
