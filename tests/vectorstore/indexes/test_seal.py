"""An index is opened only where this user's program left it as it stands: a torn one can end the process, a stranger's
can name code to run.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.vectorstore.helpers import HashedEmbeddings, Opener, found_by_own_sentence, made_article, made_articles
from vectorstore.errors import LibraryBusy
from vectorstore.indexes import seal, vectors
from vectorstore.indexes.in_step import FOLDERS
from vectorstore.indexes.vectors import ChromaVectors
from vectorstore.library import Library

_COUNT = 40
"""Articles in ``stored``."""


def _database(library: Path) -> Path:
    (found,) = library.glob("vectors/*/chroma.sqlite3")
    return found


def _another_user(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.setenv("XDG_STATE_HOME", str(folder))
    seal._key.cache_clear()
    patch.setattr(seal, "_key", seal._key.__wrapped__)


@pytest.mark.parametrize("place", range(0, 100, 10))
def test_a_flipped_byte_anywhere_in_chromas_database_is_seen_before_chroma_opens_it(
    stored: Path, open_library: Opener, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of these ended the process, with a panic or an abort."""
    database = _database(stored)
    content = bytearray(database.read_bytes())
    content[len(content) * place // 100] ^= 0x55
    database.write_bytes(bytes(content))
    opened: list[Path] = []
    client = vectors._client

    def noted(folder: Path) -> object:
        opened.append(folder)
        return client(folder)

    monkeypatch.setattr(vectors, "_client", noted)
    with open_library(stored) as library:
        assert library.notices == (
            "The vector index was not left whole, or not by you on this machine; it is made anew from the catalogue.",
        )
        assert found_by_own_sentence(library, 3)
    assert database.parent not in opened


@pytest.mark.parametrize("name", ["-journal", "-wal"])
def test_a_journal_that_sqlite_would_play_back_breaks_the_seal(stored: Path, open_library: Opener, name: str) -> None:
    database = _database(stored)
    database.with_name(database.name + name).write_bytes(b"what a stranger wants in the database")
    with open_library(stored) as library:
        assert "vector" in library.notices[0]


def test_an_index_that_another_user_sealed_is_made_anew_and_never_opened(
    stored: Path, open_library: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as in a library from a stranger, or from another machine: nothing that they wrote reaches Chroma."""
    before = {path for name in FOLDERS for path in (stored / name).iterdir()}
    with monkeypatch.context() as patch:
        _another_user(patch, tmp_path / "state")
        with open_library(stored) as library:
            assert "The vector and the keyword index" in library.notices[0]
            assert all(found_by_own_sentence(library, number) for number in range(_COUNT))
        assert not before & {path for name in FOLDERS for path in (stored / name).iterdir()}
        with open_library(stored) as library:
            assert library.notices == ()


_FUNCTION = {
    "type": "known",
    "name": "sentence_transformer",
    "config": {
        "model_name": "stranger/model",
        "device": "cpu",
        "normalize_embeddings": False,
        "kwargs": {"trust_remote_code": True},
    },
}


def _plant(database: Path, column: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        if column == "config_json_str":
            planted: Any = {"embedding_function": _FUNCTION}
        else:
            (text,) = connection.execute("SELECT schema_str FROM collections").fetchone()
            planted = json.loads(text)
            planted["keys"]["#embedding"]["float_list"]["vector_index"]["config"]["embedding_function"] = _FUNCTION
        connection.execute(f"UPDATE collections SET {column} = ?", (json.dumps(planted),))


@pytest.mark.parametrize("column", ["config_json_str", "schema_str"])
@pytest.mark.parametrize("sealed", ["by the stranger", "with our key"])
def test_code_that_a_library_names_is_not_run_when_articles_are_added(
    stored: Path, tmp_path: Path, column: str, sealed: str
) -> None:
    """Chroma builds the embedding function that a collection names when it is written to, whatever we asked for."""
    database = _database(stored)
    _plant(database, column)
    if sealed == "with our key":
        with closing(sqlite3.connect(stored / "catalogue.sqlite3")) as connection:
            (stamp,) = connection.execute("SELECT value FROM meta WHERE name = 'stamp'").fetchone()
        seal.put(database.parent, stamp)
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "sentence_transformers.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w').close()\n\nclass SentenceTransformer:\n"
        "    def __init__(self, *a, **b): pass\n"
    )
    add = (
        "import sys; from tests.vectorstore.helpers import *; "
        "library = Library.open(sys.argv[1], embeddings=HashedEmbeddings()); "
        "print(library.add_articles([made_article(900)]).count('added'), found_by_own_sentence(library, 900))"
    )
    root = Path(__file__).parents[3]
    added = subprocess.run(
        [sys.executable, "-c", add, str(stored)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(modules), str(root)))},
    )
    assert added.stdout == "1 True\n"
    assert not (tmp_path / "ran").exists()


def test_a_panic_of_chroma_is_an_error_with_a_next_step(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no ``Exception``, and went through every handler to the end of the process."""

    class PanicException(BaseException):
        pass

    def panic(folder: Path) -> None:
        raise PanicException("range start index 7 out of range")

    monkeypatch.setattr(vectors, "_client", panic)
    with pytest.raises(LibraryBusy, match=r"could not be used \(range start index 7"):
        ChromaVectors(stored / "vectors", stamp=None)


def test_the_key_is_made_once_for_the_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _another_user(monkeypatch, tmp_path)
    key = seal._key()
    path = tmp_path / "article-assistant" / "seal.key"
    assert seal._key() == key == path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"cut")
    assert len(seal._key()) == len(key) == len(path.read_bytes())
    shutil.rmtree(tmp_path / "article-assistant")
    (tmp_path / "article-assistant").write_text("in the way")
    assert len({seal._key(), seal._key()}) == 2  # none can be kept: nothing that was sealed before is trusted


def test_a_digest_of_a_large_file_is_of_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_CHUNK", 10)
    (tmp_path / "index").mkdir()
    file = tmp_path / "index" / "file"
    for size in (0, 1, 10, 11, 35):
        file.write_bytes(bytes(size))
        seal.put(tmp_path / "index", "one")
        assert seal.intact(tmp_path / "index", "one")
        assert not seal.intact(tmp_path / "index", "another")
        for place in range(size):
            file.write_bytes(bytes(size)[:place] + b"x" + bytes(size)[place + 1 :])
            assert not seal.intact(tmp_path / "index", "one")


def test_a_reader_beside_the_owner_keeps_the_seal(stored: Path) -> None:
    """A check opens Chroma, which then writes to its files."""
    with Library.open(stored, embeddings=HashedEmbeddings(), read_only=True) as reader:
        assert reader.check().ok
    with Library.open(stored, embeddings=HashedEmbeddings()) as library:
        assert library.notices == ()
        library.add_articles(made_articles(1, first=_COUNT))
        assert library.article("made-00040").title == made_article(_COUNT).title
