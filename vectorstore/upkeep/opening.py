"""What is settled when a library is opened: whether there is one, who owns it, and what this process may do."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from vectorstore.errors import LibraryBusy, LibraryDamaged, LibraryInUse, LibraryReadOnly
from vectorstore.indexes.in_step import FOLDERS
from vectorstore.messages import Message
from vectorstore.storage.articles.catalogue import FILE_NAME, demand_library
from vectorstore.storage.lock import UNWRITABLE, Ownership


class Access(NamedTuple):
    """The right to a library's folder: ``owned`` when this process may write."""

    ownership: Ownership
    owned: bool
    notices: tuple[str, ...] = ()
    """Why nothing can be written, where that was not wished for and no other process owns it."""


def gain_access(path: Path, *, read_only: bool) -> Access:
    """Makes the folder if it is missing and takes the lock if it is free; ``read_only`` does neither.

    Raises ``LibraryError`` when there is nothing to read, ``LibraryBusy`` when the folder cannot be made,
    ``LibraryDamaged`` when its catalogue is gone.
    """
    if read_only:
        demand_library(path)
    ownership = Ownership(path)
    owned = False
    notices: tuple[str, ...] = ()
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not read_only:
            with suppress(LibraryInUse):
                ownership.acquire()
                owned = True
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno not in UNWRITABLE or not (path / FILE_NAME).is_file():
            raise LibraryBusy(
                "The library {path} cannot be opened: {reason}. Choose another folder.", path=path, reason=reason
            ) from error
        notices = (
            Message(
                "Nothing can be written to the library {path} ({reason}): it is open for reading.",
                path=path,
                reason=reason,
            ),
        )
    try:
        _demand_catalogue(path)
    except BaseException:
        ownership.release()
        raise
    return Access(ownership, owned, notices)


def _demand_catalogue(folder: Path) -> None:
    """A folder with indexes but no catalogue is no new library: its articles are gone, and that must be said."""
    catalogue = folder / FILE_NAME
    made = catalogue.is_file() and catalogue.stat().st_size
    if not made and any((folder / name).is_dir() for name in FOLDERS):
        raise LibraryDamaged(
            "The library {folder} has indexes, but its catalogue {file} is missing or empty. Restore it from a "
            "backup, or remove the folder and add the articles again.",
            folder=folder,
            file=FILE_NAME,
        )


def refuse_to_write(folder: Path, ownership: Ownership, *, wished_to_read: bool) -> None:
    """Raises what keeps a reader from writing: its own wish, the owner, the disk, or that it came too early."""
    if wished_to_read:
        raise LibraryReadOnly(
            "The library {folder} is open for reading only. Open it without read_only.", folder=folder
        )
    try:
        ownership.acquire()  # raises LibraryInUse with the owner's pid while there is one
    except OSError as error:
        raise LibraryReadOnly(
            "Nothing can be written to the library {folder} ({reason}). Copy it to where you may write, and use "
            "the copy.",
            folder=folder,
            reason=error.strerror or error,
        ) from error
    ownership.release()
    raise LibraryInUse(
        "The library {folder} was in use when this process opened it. It is free now: open it again to write.",
        folder=folder,
    )
