"""Threads at one SQLite file: readers beside each other and beside a writer, each with one state before its eyes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vectorstore.errors import LibraryError
from vectorstore.storage.database import Database, Remembered

_PATIENCE = 120
"""Seconds after which a test is hung."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "facts.sqlite3", read_only=False)
    with database.exclusively():
        database.run("PRAGMA journal_mode = WAL")
        database.run("CREATE TABLE facts (number INTEGER)")
    yield database
    database.close()


def _add(database: Database) -> None:
    with database.transaction():
        database.run("INSERT INTO facts VALUES (1)")


def _count(database: Database) -> int:
    row = database.one("SELECT COUNT(*) FROM facts")
    assert row is not None
    return int(row[0])


def test_readers_do_not_wait_for_each_other(database: Database) -> None:
    together = threading.Barrier(4)

    def read() -> int:
        with database.snapshot():
            together.wait(_PATIENCE)
            return _count(database)

    with ThreadPoolExecutor(4) as pool:
        assert [reading.result() for reading in [pool.submit(read) for _ in range(4)]] == [0] * 4


def test_a_reader_does_not_wait_for_a_writer_and_sees_only_what_is_committed(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            database.run("INSERT INTO facts VALUES (1)")
            assert _count(database) == 1
            assert pool.submit(_count, database).result(_PATIENCE) == 0
        assert pool.submit(_count, database).result(_PATIENCE) == 1


def test_a_snapshot_keeps_its_state_and_what_is_remembered_in_it_is_read_anew_after_it(database: Database) -> None:
    count = Remembered(database, lambda: _count(database))
    others = threading.Event()

    def hold() -> None:
        with database.exclusively():
            others.set()
            holding.wait(_PATIENCE)

    holding = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(hold)
        others.wait(_PATIENCE)
        with database.snapshot():  # the connection that writes is in use: this one is another
            assert _count(database) == 0
            holding.set()
            held.result(_PATIENCE)
            generation = database.generation()
            pool.submit(_add, database).result(_PATIENCE)
            assert (_count(database), database.generation()) == (0, generation)
        assert (count(), database.generation() > generation) == (1, True)
        pool.submit(_add, database).result(_PATIENCE)
        assert count() == 2


def test_what_is_asked_after_the_end_is_refused(database: Database) -> None:
    database.close()
    with pytest.raises(LibraryError, match="Open it again"):
        _count(database)
