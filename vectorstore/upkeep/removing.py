"""Taking articles out: for a day they can be brought back, and a purge leaves no byte of them.

The caller holds the library's lock for writing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vectorstore import adding
from vectorstore.errors import LibraryBusy
from vectorstore.indexes.in_step import FOLDERS, Indexes
from vectorstore.indexes.vectors import blank_memory
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.types import DERIVED, Article, OnProgress
from vectorstore.upkeep import rebuilding

UNDO = timedelta(days=1)
"""How long what was removed can be brought back."""

_DERIVED = (adding.PART, rebuilding.PART, DERIVED)
"""What may hold something of removed articles, and is made again where it is missing."""


def remove(catalogue: Catalogue, indexes: Indexes, article_ids: Iterable[str]) -> int:
    """Takes articles out of the catalogue and both indexes; returns how many there were."""
    removed = catalogue.writes.remove(article_ids)
    if removed:
        indexes.apply([])
        indexes.seal()
    return removed


def removed_lately(catalogue: Catalogue, article_ids: Iterable[str] | None = None) -> list[Article]:
    """What can be brought back, all or among ``article_ids``."""
    return catalogue.removed.since(datetime.now(UTC) - UNDO, article_ids)


def forget_removed(catalogue: Catalogue) -> None:
    """Deletes the words of what can no longer be brought back."""
    catalogue.removed.forget(datetime.now(UTC) - UNDO)


def purge(
    folder: Path, catalogue: Catalogue, indexes: Indexes, article_ids: Iterable[str], on_progress: OnProgress | None
) -> int:
    """Removes ``article_ids``, and leaves no byte of them or of what was removed before; returns how many it was.

    Both indexes are made anew, as neither Chroma nor tantivy overwrites what it forgets. What is cut off, the next
    call does. Raises ``LibraryBusy`` where something could not be deleted.
    """
    catalogue.writes.remove(article_ids)
    purged = catalogue.removed.forget(datetime.max)
    for name in _DERIVED:
        shutil.rmtree(folder / name, ignore_errors=True)
    blank_memory()
    indexes.rebuild(on_progress)
    catalogue.compact()
    left = [path for name in FOLDERS for path in (folder / name).iterdir()]
    if len(left) > len(FOLDERS) or any((folder / name).exists() for name in _DERIVED):
        raise LibraryBusy(
            "Files of an earlier index in {folder} could not be deleted, and may hold what was removed. Check "
            "permissions, then run `assistant purge` again.",
            folder=folder,
        )
    return purged
