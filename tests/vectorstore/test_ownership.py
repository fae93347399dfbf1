"""One process writes, any number read beside it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.vectorstore.helpers import (
    HashedEmbeddings,
    Opener,
    found_by_own_sentence,
    made_article,
    made_articles,
    own_sentence,
)
from vectorstore.errors import LibraryBusy, LibraryError, LibraryInUse, LibraryReadOnly
from vectorstore.indexes import in_step as indexes_module
from vectorstore.library import Library
from vectorstore.storage import lock
from vectorstore.storage.lock import Ownership

_COUNT = 40
"""Articles in ``stored``."""


def _own(connection: Connection, folder: Path) -> None:
    """Owns the library, and does as it is told."""
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        connection.send(library.read_only)
        while (told := connection.recv()) is not None:
            what, numbers = told
            if what == "add":
                library.add_articles([made_article(number) for number in numbers])
            elif what == "change":
                library.add_articles([made_article(number, edition=2) for number in numbers])
            else:
                library.remove([made_article(number).id for number in numbers])
            connection.send("done")


class _Owner:
    def __init__(self, connection: Connection, process: BaseProcess) -> None:
        self.connection = connection
        self.process = process

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def tell(self, what: str, *numbers: int) -> None:
        self.begin(what, *numbers)
        self.wait()

    def begin(self, what: str, *numbers: int) -> None:
        self.connection.send((what, numbers))

    def wait(self) -> None:
        assert self.connection.recv() == "done"

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.process.join()


@contextmanager
def _owner(folder: Path) -> Iterator[_Owner]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "chromadb.errors", "tests.vectorstore.helpers"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_own, args=(theirs, folder))
    process.start()
    theirs.close()
    try:
        assert ours.recv() is False, "it should own the library"
        yield _Owner(ours, process)
    finally:
        if process.is_alive():
            ours.send(None)
        process.join()
        ours.close()


def test_a_second_writer_is_refused_at_once_with_the_owners_pid(stored: Path, open_library: Opener) -> None:
    with _owner(stored) as owner:
        second = open_library(stored)
        assert second.read_only
        assert second.owner_pid == owner.pid
        for change in (
            lambda: second.add_articles(made_articles(1, first=900)),
            lambda: second.add(stored / "nothing.txt"),
            lambda: second.remove(["made-00001"]),
            second.rebuild,
        ):
            with pytest.raises(LibraryInUse, match=f"is being written by process {owner.pid}") as refused:
                change()
            assert refused.value.pid == owner.pid
        assert second.count() == _COUNT


def test_a_reader_beside_a_writer_answers_and_sees_what_is_committed(
    stored: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def untouchable(*_: object, **__: object) -> None:
        raise AssertionError("a reader opened Chroma")

    monkeypatch.setattr(indexes_module, "ChromaVectors", untouchable)
    with _owner(stored) as owner:
        reader = open_library(stored)
        assert all(found_by_own_sentence(reader, number) for number in range(_COUNT))
        owner.tell("add", 100, 101)
        assert found_by_own_sentence(reader, 100)
        assert found_by_own_sentence(reader, 101)
        owner.tell("remove", 101)
        assert not any(own_sentence(101) in match.text for match in reader.search(own_sentence(101)))
        owner.tell("change", 100)
        assert reader.article("made-00100").version == 2
        assert found_by_own_sentence(reader, 100)
        assert reader.check().ok


def test_a_reader_never_sees_an_article_half_changed(stored: Path, open_library: Opener) -> None:
    """Passages of one edition must not be cut from the text of another, nor an article vanish between two reads."""
    with _owner(stored) as owner:
        reader = open_library(stored)
        stop = threading.Event()
        wrong: list[str] = []

        def ask() -> None:
            while not stop.is_set():
                for number in range(8):
                    for match in reader.search(own_sentence(number), k=5):
                        if match.article.text[match.start : match.end] != match.text or match.text[-1] != ".":
                            wrong.append(match.text)
                    reader._catalogue.passages.table()
                    for batch in reader._catalogue.passages.entries():
                        wrong.extend(e.passage.text for e in batch if e.passage.text[-1:] != ".")

        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(ask)
            numbers = list(range(8))
            for _ in range(4):
                owner.tell("change", *numbers)
                owner.tell("remove", *numbers)
                owner.tell("add", *numbers)
            stop.set()
            asking.result()
        assert wrong == []


def test_a_check_beside_a_writer_at_work_raises_no_false_alarm(stored: Path, open_library: Opener) -> None:
    with _owner(stored) as owner:
        reader = open_library(stored)
        for first in range(100, 250, 50):
            owner.begin("add", *range(first, first + 50))
            for _ in range(10):
                assert reader.check().problems == ()
            owner.wait()


def test_a_killed_owner_leaves_no_lock(stored: Path, open_library: Opener) -> None:
    with _owner(stored) as owner:
        reader = open_library(stored)
        owner.kill()
        assert reader.owner_pid is None
        with pytest.raises(LibraryInUse, match=r"It is free now: open it again"):
            reader.add_articles(made_articles(1, first=900))
        heir = open_library(stored)
        assert not heir.read_only
        assert heir.add_articles(made_articles(1, first=900)).count("added") == 1
        assert found_by_own_sentence(reader, 900)


@pytest.mark.parametrize("content", ["1", "our own", "4194399", "no number", ""])
def test_a_stale_pid_file_is_harmless(stored: Path, open_library: Opener, content: str) -> None:
    (stored / "owner.pid").write_text(content.replace("our own", str(os.getpid())))
    library = open_library(stored)
    assert not library.read_only
    assert library.owner_pid is None
    library.close()
    assert not (stored / "owner.pid").exists()


def test_asking_who_owns_a_library_keeps_nobody_from_owning_it(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader finds out by trying the lock for an instant; a writer that comes just then must not be refused."""
    monkeypatch.setattr(lock, "_PATIENCE", 10)  # a timer may come late; the lock is tried ten times meanwhile
    asking = Ownership(stored)._lock
    asking.acquire()
    threading.Timer(0.02, asking.release).start()
    owner = Ownership(stored)
    owner.acquire()
    owner.release()


def test_a_library_may_be_used_and_closed_by_another_thread_than_the_one_that_opened_it(
    stored: Path, open_library: Opener
) -> None:
    library = open_library(stored)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: library.owner_pid).result() is None
        assert not pool.submit(library._ownership.held_elsewhere).result()
        pool.submit(library.close).result()
    assert not open_library(stored).read_only


def test_a_second_opening_in_one_process_reads(stored: Path, open_library: Opener) -> None:
    first = open_library(stored)
    second = open_library(stored)
    assert second.read_only
    assert second.owner_pid == os.getpid()
    with pytest.raises(LibraryInUse):
        second.remove(["made-00001"])
    first.close()
    assert not open_library(stored).read_only


def test_a_reader_by_wish_says_so(stored: Path, open_library: Opener) -> None:
    reader = open_library(stored, read_only=True)
    with pytest.raises(LibraryReadOnly, match="Open it without read_only"):
        reader.add_articles(made_articles(1))
    with pytest.raises(LibraryReadOnly):
        reader.remove(["made-00001"])
    with pytest.raises(LibraryReadOnly):
        reader.rebuild()
    assert not open_library(stored).read_only  # it held nothing


def test_there_is_nothing_to_read_in_a_folder_without_a_library(tmp_path: Path, open_library: Opener) -> None:
    with pytest.raises(LibraryError, match=r"There is no library .*`assistant add"):
        open_library(tmp_path / "nowhere", read_only=True)
    assert not (tmp_path / "nowhere").exists()


def test_a_file_where_the_library_should_be_is_an_error_with_a_next_step(tmp_path: Path, open_library: Opener) -> None:
    (tmp_path / "library").write_text("in the way")
    with pytest.raises(LibraryBusy, match=r"cannot be opened: File exists\. Choose another folder"):
        open_library()
    with pytest.raises(LibraryBusy, match="cannot be opened: Not a directory"):
        open_library(tmp_path / "library" / "deeper")


def test_a_folder_where_the_owners_file_should_be_leaves_no_lock(stored: Path, open_library: Opener) -> None:
    (stored / "owner.pid").mkdir()
    with pytest.raises(LibraryBusy):
        open_library(stored)
    (stored / "owner.pid").rmdir()
    assert not open_library(stored).read_only
