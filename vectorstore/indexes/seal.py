"""A seal on a derived index: proof that this user's program left it as it stands, for what the catalogue holds.

A seal lists the digest of every file of the index and names the state of the catalogue it was made from; a key that
is kept outside of the library signs it. It is broken before the first write and put back after the last. So an index
without an intact seal was torn, cut short, spoilt, swapped or made by somebody else, and is made anew from the
catalogue instead of being opened: opening a torn Chroma index can end the process, and one from a stranger can name
code that Chroma would run.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

_log = logging.getLogger(__name__)

_NAME = "seal.json"
_CHUNK = 8 << 20
_KEY_BYTES = 32


def put(folder: Path, stamp: str) -> None:
    """Seals ``folder`` as it stands now."""
    files = {name: _digest(path) for name, path in _files(folder).items()}
    content = json.dumps({"stamp": stamp, "files": files})
    partial = folder / f"{_NAME}.part"
    partial.write_text(f"{_signature(content)}\n{content}", encoding="utf-8")
    partial.replace(folder / _NAME)


def broken(folder: Path) -> None:
    """Removes the seal: from here on the index is not to be trusted."""
    (folder / _NAME).unlink(missing_ok=True)


def intact(folder: Path, stamp: str) -> bool:
    """Whether every file is there as this user's program sealed it, and the seal names ``stamp``.

    Reads all of them, with every core; a second time in one process only those that were written to meanwhile.
    """
    try:
        signature, _, content = (folder / _NAME).read_text(encoding="utf-8").partition("\n")
        if not hmac.compare_digest(signature.encode(), _signature(content).encode()):
            return False
        seal, found = json.loads(content), _files(folder)
        return (
            seal["stamp"] == stamp
            and seal["files"].keys() == found.keys()
            and all(seal["files"][name] == _digest(path) for name, path in found.items())
        )
    except (OSError, ValueError):  # no seal, or one that is no text
        return False


def holds(root: Path, stamp: str) -> bool:
    """Whether one of the folders under ``root`` is an intact index for ``stamp``."""
    return root.is_dir() and any(intact(folder, stamp) for folder in root.iterdir() if folder.is_dir())


def _files(folder: Path) -> dict[str, Path]:
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where) / name
            # Lock files come and go with the processes that read.
            if not name.startswith((_NAME, ".tantivy")) and not name.endswith(".lock"):
                found[path.relative_to(folder).as_posix()] = path
    return found


def _digest(path: Path) -> str:
    stat = path.stat()
    return _digest_of(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1_000)
def _digest_of(path: Path, inode: int, size: int, changed: int) -> str:
    """Read once a process while the file stands still: each addition seals, and a library is checked twice to open."""

    def of_chunk(start: int) -> bytes:
        with path.open("rb") as file:
            file.seek(start)
            return hashlib.blake2b(file.read(_CHUNK)).digest()

    starts = range(0, size, _CHUNK)
    if len(starts) < 2:
        return hashlib.blake2b(of_chunk(0)).hexdigest()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return hashlib.blake2b(b"".join(pool.map(of_chunk, starts))).hexdigest()


def _signature(content: str) -> str:
    return hmac.new(_key(), content.encode(), "sha256").hexdigest()


def state_folder() -> Path:
    """Where the user's key is kept. Raises ``RuntimeError`` where there is no home."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "article-assistant"


@lru_cache(maxsize=1)
def _key() -> bytes:
    """The user's key on this machine. Where none can be kept, one for this process: indexes are then made each time.

    Whoever copies a library does not copy it, so an index that came from elsewhere is never opened.
    """
    try:
        state = state_folder()
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _kept_key(state / "seal.key")
    except (OSError, RuntimeError) as error:  # the last where there is no home
        _log.warning(
            "The key that proves the indexes to be ours cannot be kept (%s), so they are made anew each time. "
            "Set XDG_STATE_HOME to a folder that can be written.",
            error,
        )
        return secrets.token_bytes(_KEY_BYTES)


def _kept_key(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        if len(key := path.read_bytes()) == _KEY_BYTES:
            return key
        path.unlink()  # spoilt
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    with suppress(FileExistsError):  # another process was quicker
        os.link(made, path)
    made.unlink()
    return path.read_bytes()
