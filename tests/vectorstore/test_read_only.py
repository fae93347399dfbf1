"""A library where nothing can be written: on a disc, in a snapshot, in another user's folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vectorstore.helpers import HashedEmbeddings, Opener, found_by_own_sentence, made_articles
from vectorstore.errors import LibraryBusy, LibraryReadOnly
from vectorstore.library import Library
from vectorstore.storage import sqlite
from vectorstore.storage.articles.catalogue import FILE_NAME

_COUNT = 40
"""Articles in ``stored``."""

_PREAMBLE = (
    "import sys; from tests.vectorstore.helpers import *; from vectorstore.errors import *; folder = sys.argv[1]; "
    "opened = lambda **how: Library.open(folder, embeddings=HashedEmbeddings(), **how)\n"
)


def _run_on_a_read_only_mount(folder: Path, code: str) -> str:
    """What ``code`` prints where ``folder`` is mounted again, so that not even root can write to it."""
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && ! touch "$0/x" 2>/dev/null'
    if (
        shutil.which("unshare") is None
        or subprocess.run([*own, "sh", "-c", mount, str(folder)], check=False).returncode
    ):
        pytest.skip("this machine lets us mount nothing")
    python = [sys.executable, "-c", _PREAMBLE + code, str(folder)]
    command = [*own, "sh", "-c", f'{mount} && exec "$@"', str(folder), *python]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[2])
    return said.stdout


@pytest.mark.parametrize("read_only", [True, False])
def test_a_library_on_a_read_only_file_system_is_read(stored: Path, read_only: bool) -> None:
    before = {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()}
    said = _run_on_a_read_only_mount(
        stored,
        f"library = opened(read_only={read_only}); print(library.notices, library.read_only)\n"
        f"print(all(found_by_own_sentence(library, number) for number in range({_COUNT})), library.check().problems)\n"
        "try: library.add_articles(made_articles(1, first=900))\n"
        "except LibraryReadOnly as error: print(error)",
    )
    notices, answers, refusal = said.splitlines()
    told = f"('Nothing can be written to the library {stored} (Read-only file system): it is open for reading.',)"
    assert notices == f"{() if read_only else told} True"
    assert answers == "True ()"
    assert ("Open it without read_only" if read_only else "Copy it to where you may write") in refusal
    assert {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()} == before


def test_a_library_of_a_killed_process_is_read_with_its_last_changes(stored: Path, tmp_path: Path) -> None:
    """They stand in SQLite's log, which is not read where SQLite is told that nothing changes."""
    add = "library = opened(); library.add_articles(made_articles(1, first=900)); import os; os.kill(os.getpid(), 9)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", _PREAMBLE + add, stored], check=False, cwd=root)
    assert (stored / f"{FILE_NAME}-wal").stat().st_size
    ask = "library = opened(read_only=True); print(library.count(), found_by_own_sentence(library, 900))"
    assert _run_on_a_read_only_mount(stored, ask) == f"{_COUNT + 1} True\n"
    # Without the index of the log it cannot be read, and that is no matter of disk space.
    (stored / f"{FILE_NAME}-shm").unlink()
    tried = "try: opened(read_only=True).count()\nexcept LibraryBusy as error: print(error)"
    said = _run_on_a_read_only_mount(stored, tried)
    assert "on a read-only file system" in said
    assert "Its last changes stand in a -wal file beside it. Copy it to where you may write" in said
    assert "disk space" not in said


def test_a_library_that_is_being_written_is_read_beside_its_owner(stored: Path) -> None:
    with Library.open(stored, embeddings=HashedEmbeddings()) as owner:
        owner.add_articles(made_articles(1, first=900))
        said = _run_on_a_read_only_mount(
            stored,
            "library = opened(read_only=True); print(library.owner_pid, found_by_own_sentence(library, 900), "
            "library.check().problems)",
        )
        assert said == f"{os.getpid()} True ()\n"


def test_the_words_speak_of_disk_space_only_where_the_folder_can_be_written(
    stored: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = open_library(stored)
    library._catalogue._database.run("PRAGMA query_only = ON")
    with pytest.raises(LibraryBusy, match="Check free disk space"):
        library._catalogue.set_meta({"a": "b"})
    monkeypatch.setattr(sqlite, "is_writable", lambda folder: False)
    with pytest.raises(LibraryBusy, match="on a read-only file system, or you lack the permission"):
        library._catalogue.set_meta({"a": "b"})


def test_a_folder_of_another_user_is_read(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of the owner cannot be taken there."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("vectorstore.storage.lock.FileLock.acquire", refuse)
    monkeypatch.setattr(sqlite, "is_writable", lambda folder: False)
    with Library.open(stored, embeddings=HashedEmbeddings()) as library:
        assert "Permission denied" in library.notices[0]
        assert all(found_by_own_sentence(library, number) for number in range(_COUNT))
        with pytest.raises(LibraryReadOnly, match="Permission denied"):
            library.remove(["made-00001"])
