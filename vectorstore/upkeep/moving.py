"""Backups and exports: a library in one file, to be restored as it was, or its articles for other programs.

A backup holds the library's SQLite files (the catalogue, and conversations where there are any) and a manifest with
their digests. The indexes are left out, as they are made anew from the catalogue. SQLite copies a file as it is at one
moment, also while another process writes to it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from vectorstore.errors import ArticleUnknown, LibraryBusy, LibraryDamaged, LibraryError
from vectorstore.messages import Message
from vectorstore.sources.tables.exported import exported
from vectorstore.storage.articles.catalogue import FILE_NAME, Catalogue, demand_library
from vectorstore.storage.sqlite import advice, connected, is_damage

INDEXED_A_SECOND = 1_000
"""Passages for which ``assistant rebuild`` makes both indexes in a second: 6,842 took it 4.6 s on two busy cores."""

_MANIFEST = "manifest.json"
_FORMAT = 1
_LARGEST_MANIFEST = 1_000_000
_NAME = re.compile(r"[a-z][a-z_]{0,40}\.sqlite3")
_BROKEN = (tarfile.TarError, EOFError, zlib.error, ValueError, KeyError, TypeError)
"""What reading an archive raises that was cut off, spoilt or never one; a broken checksum of gzip is an ``OSError``."""


def backup(folder: Path, file: Path) -> int:
    """Writes a backup of the library in ``folder`` to ``file``; returns how many passages a restore has to index.

    A backup that is there already is replaced once the new one is whole. Raises ``LibraryError``.
    """
    demand_library(folder)
    with _part_of(file) as part, TemporaryDirectory(prefix=".backup-", dir=file.parent) as place:
        files = {}
        for path in sorted(folder.glob("*.sqlite3")):
            if _NAME.fullmatch(path.name):
                copy = Path(place) / path.name
                _copy(path, copy)
                files[path.name] = _digest(copy)
        with closing(Catalogue(Path(place), read_only=True)) as catalogue:
            passages = catalogue.counts()[1]
        manifest = json.dumps({"format": _FORMAT, "passages": passages, "files": files}).encode()
        part.touch(mode=0o600)  # what people asked is their own matter
        with tarfile.open(part, "w:gz", compresslevel=1) as archive:
            entry = tarfile.TarInfo(_MANIFEST)
            entry.size = len(manifest)
            archive.addfile(entry, io.BytesIO(manifest))
            for name in files:
                archive.add(Path(place) / name, name)
    return passages


def restore(file: Path, folder: Path) -> None:
    """Puts the library of a backup into ``folder``, which must be new or empty; its indexes are made by ``rebuild``.

    Nothing is left behind where it does not succeed. Raises ``LibraryError``: for a backup that is cut off or spoilt, a
    folder that holds something, too little space.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LibraryError(
            "{folder} is not empty, and a restore replaces nothing. Name a folder that is not there yet.", folder=folder
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".restore-", dir=folder.parent) as place:
        whole = Path(place) / "library"
        whole.mkdir()
        try:
            with tarfile.open(file, "r:gz") as archive:
                _unpack(archive, whole, file)
            with closing(Catalogue(whole, read_only=True)) as catalogue:
                catalogue.counts()
        except _BROKEN as error:
            raise _damaged(file) from error
        except OSError as error:
            if error.errno is None:  # gzip's own
                raise _damaged(file) from error
            raise
        whole.rename(folder)


def export(folder: Path, file: Path) -> tuple[int, list[str]]:
    """Writes the articles of the library in ``folder`` to ``file``, one JSON object a line; how many they are.

    And the ids of those that are damaged, which are left out. ``assistant add`` gives the same articles from it.
    """
    written, damaged = 0, []
    with (
        closing(Catalogue.to_read(folder)) as catalogue,
        _part_of(file) as part,
        part.open("w", encoding="utf-8") as to,
    ):
        for listed in catalogue.articles(with_text=False):
            try:
                to.write(exported(catalogue.as_stored(listed.id)) + "\n")
                written += 1
            except ArticleUnknown:  # removed a moment ago
                continue
            except LibraryDamaged:
                damaged.append(listed.id)
    return written, damaged


def _unpack(archive: tarfile.TarFile, folder: Path, file: Path) -> None:
    """Writes the files that the manifest names, whatever else the archive holds and whatever paths it names."""
    entry = archive.next()
    stream = entry and entry.name == _MANIFEST and entry.size <= _LARGEST_MANIFEST and archive.extractfile(entry)
    manifest = json.loads(stream.read()) if stream else {}
    if manifest["format"] > _FORMAT:
        raise LibraryError(
            "{file} is a backup by a newer version of this program. Restore it with that version.", file=file
        )
    expected = dict(manifest["files"])
    while (entry := archive.next()) is not None:
        stream = archive.extractfile(entry)
        if stream is None or entry.name not in expected or not _NAME.fullmatch(entry.name):
            raise _damaged(file)
        if entry.size > shutil.disk_usage(folder).free:
            raise LibraryBusy(
                "{folder} has too little space for the library in {file}. Make room, or name another folder.",
                folder=folder.parent.parent,
                file=file,
            )
        (folder / entry.name).touch(mode=entry.mode & 0o666, exist_ok=False)
        with (folder / entry.name).open("wb") as to:
            shutil.copyfileobj(stream, to, 1 << 20)
        if _digest(folder / entry.name) != expected.pop(entry.name):
            raise _damaged(file)
    if expected or not (folder / FILE_NAME).is_file():
        raise _damaged(file)


def _copy(path: Path, copy: Path) -> None:
    """Copies an SQLite file as it is at one moment."""
    try:
        with closing(connected(path, patience=10)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise LibraryBusy(
                Message.joined(Message("{path} could not be copied ({error}).", path=path, error=error), advice(path))
            ) from error
        raise LibraryDamaged(
            "{path} cannot be read ({error}). Restore it from an earlier backup.", path=path, error=error
        ) from error
    copy.chmod(path.stat().st_mode & 0o666)


def _damaged(file: Path) -> LibraryDamaged:
    return LibraryDamaged(
        "{file} is no backup of a library, or is cut off or spoilt. Use another copy of it.", file=file
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _part_of(file: Path) -> Iterator[Path]:
    """A file beside ``file`` that takes its place once it is whole, and is deleted if that fails."""
    part = file.with_name(f"{file.name}.part")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
