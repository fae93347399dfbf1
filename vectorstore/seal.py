"""A seal on a derived index: proof that it was left whole and belongs to what the catalogue holds.

A seal lists size and checksum of every file of the index and names the state of the catalogue it was made from. It is
broken before the first write and put back after the last, so an index without an intact seal was torn, cut short,
spoilt or swapped, and is made anew from the catalogue instead of being opened: opening a torn Chroma index can end the
process, and so did one with other bytes in its files.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

_NAME = "seal.json"
_CHUNK = 1 << 20


def put(folder: Path, stamp: str, *, restless: Collection[str] = ()) -> None:
    """Seals ``folder`` as it stands now. Of files named in ``restless``, which reading alone changes, only the size."""
    files = {
        name: [path.stat().st_size, None if path.name in restless else _checksum(path)]
        for name, path in _files(folder).items()
    }
    content = json.dumps({"stamp": stamp, "files": files})
    partial = folder / f"{_NAME}.part"
    partial.write_text(content, encoding="utf-8")
    partial.replace(folder / _NAME)


def broken(folder: Path) -> None:
    """Removes the seal: from here on the index is not to be trusted."""
    (folder / _NAME).unlink(missing_ok=True)


def intact(folder: Path, stamp: str) -> bool:
    """Whether every file is there as it was sealed and the seal names ``stamp``.

    Reads all of them, 0.4 s a GB; a second time in one process only those that were written to meanwhile.
    """
    try:
        content = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        sealed, found = content["files"], _files(folder)
        return (
            content["stamp"] == stamp
            and sealed.keys() == found.keys()
            and all(path.stat().st_size == sealed[name][0] for name, path in found.items())
            and all(sealed[name][1] in (None, _checksum(path)) for name, path in found.items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):  # no seal, or one spoilt itself
        return False


def holds(root: Path, stamp: str) -> bool:
    """Whether one of the folders under ``root`` is an intact index for ``stamp``."""
    return root.is_dir() and any(intact(folder, stamp) for folder in root.iterdir() if folder.is_dir())


def _files(folder: Path) -> dict[str, Path]:
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where) / name
            # Lock files and SQLite's side files come and go with the processes that read.
            if not name.startswith((_NAME, ".tantivy")) and not name.endswith((".lock", "-shm", "-wal", "-journal")):
                found[path.relative_to(folder).as_posix()] = path
    return found


def _checksum(path: Path) -> int:
    stat = path.stat()
    return _checksum_of(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1_000)
def _checksum_of(path: Path, inode: int, size: int, changed: int) -> int:
    """Read once a process while the file stands still: each addition seals, and a library is checked twice to open."""
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value
