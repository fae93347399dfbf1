"""A seal on a derived index: proof that it was left whole and belongs to what the catalogue holds.

A seal lists the size of every file of the index and names the state of the catalogue it was made from. It is broken
before the first write and put back after the last, so an index without an intact seal was torn, cut short or swapped,
and is made anew from the catalogue instead of being opened: opening a torn Chroma index can end the process.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

_NAME = "seal.json"


def put(folder: Path, stamp: str) -> None:
    """Seals ``folder`` as it stands now."""
    content = json.dumps({"stamp": stamp, "files": _sizes(folder)})
    partial = folder / f"{_NAME}.part"
    partial.write_text(content, encoding="utf-8")
    partial.replace(folder / _NAME)


def broken(folder: Path) -> None:
    """Removes the seal: from here on the index is not to be trusted."""
    (folder / _NAME).unlink(missing_ok=True)


def intact(folder: Path, stamp: str) -> bool:
    """Whether every file is there in its sealed size and the seal names ``stamp``."""
    try:
        content = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        return bool(content["stamp"] == stamp and content["files"] == _sizes(folder))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def holds(root: Path, stamp: str) -> bool:
    """Whether one of the folders under ``root`` is an intact index for ``stamp``."""
    return root.is_dir() and any(intact(folder, stamp) for folder in root.iterdir() if folder.is_dir())


def _sizes(folder: Path) -> dict[str, int]:
    sizes = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where) / name
            # Lock files and SQLite's side files come and go with the processes that read.
            if not name.startswith((_NAME, ".tantivy")) and not name.endswith((".lock", "-shm", "-wal", "-journal")):
                sizes[path.relative_to(folder).as_posix()] = path.stat().st_size
    return sizes
