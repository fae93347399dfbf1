"""Vectors of another model: made beside the old ones, kept when it is cut off, and put in their place at once."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vectorstore.helpers import HashedEmbeddings, Opener, found_by_own_sentence, made_article
from vectorstore.adding import embedded_text
from vectorstore.errors import LibraryMismatch
from vectorstore.library import Library
from vectorstore.text import splitter
from vectorstore.types import Progress
from vectorstore.upkeep import rebuilding

_COUNT = 40
"""Articles in ``stored``."""


class _Another(HashedEmbeddings):
    """A model of another dimension that remembers its texts, a list for each call."""

    def __init__(self, asked: Callable[[list[list[str]]], None] = lambda batches: None) -> None:
        super().__init__(dimension=96, name="another")
        self.batches: list[list[str]] = []
        self._asked = asked

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.batches.append(list(texts))
        self._asked(self.batches)
        return super().embed_array(texts)


def _rebuild_until_killed(connection: Connection, folder: Path) -> None:
    def wait_at_the_third(batches: list[list[str]]) -> None:
        if len(batches) == 3:
            connection.send(batches[0] + batches[1])
            connection.recv()

    rebuilding._BATCH = 16
    with Library.open(folder, embeddings=_Another(wait_at_the_third), recover=False) as library:
        library.rebuild()


def test_a_killed_change_of_model_goes_on_where_it_stopped_and_the_old_vectors_answer_until_it_is_done(
    stored: Path, open_library: Opener
) -> None:
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=_rebuild_until_killed, args=(theirs, stored))
    process.start()
    theirs.close()
    with ours:
        kept = ours.recv()
        reader = open_library(stored, read_only=True)
        assert all(found_by_own_sentence(reader, number) for number in range(_COUNT))
        process.kill()
        process.join()
    with open_library(stored) as library:  # with the old model, and it may change meanwhile
        assert library.check().ok
        library.remove("made-00003")
        library.add_articles([made_article(900), made_article(4, edition=2)])
    another = _Another()
    with open_library(stored, embeddings=another, recover=False) as library:
        library.rebuild()
        assert library.check().ok
        due = {
            embedded_text(article, span) for article in library.articles() for span in splitter.passages(article.text)
        }
    embedded = [text for batch in another.batches for text in batch]
    assert len(kept) == 32
    assert sorted(embedded) == sorted(due - set(kept))
    assert not (stored / rebuilding.PART).exists()
    with open_library(stored, embeddings=another, read_only=True) as library:
        assert all(found_by_own_sentence(library, number) for number in (*range(3), *range(5, _COUNT), 900))
    with pytest.raises(LibraryMismatch, match="has vectors of another now, and this process asks with hashed words"):
        reader.search("bridge")


def _stop_before_the_switch(progress: Progress) -> None:
    if progress.task == "storing":
        raise KeyboardInterrupt


def _spoil_a_vector(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE vectors SET vector = zeroblob(length(vector)) WHERE rowid = 1")


@pytest.mark.parametrize(
    ("spoil", "lost"),
    [
        (lambda file: None, lambda texts: 0),
        (_spoil_a_vector, lambda texts: 1),
        (lambda file: file.write_bytes(b"no database" * 1000), lambda texts: texts),
    ],
    ids=["whole", "a vector", "the file"],
)
def test_what_was_kept_of_a_cut_off_rebuild_is_used_only_where_it_is_whole(
    stored: Path, open_library: Opener, spoil: Callable[[Path], None], lost: Callable[[int], int]
) -> None:
    another = _Another()
    with open_library(stored, embeddings=another, recover=False) as library, pytest.raises(KeyboardInterrupt):
        library.rebuild(_stop_before_the_switch)
    texts = another.embedded
    spoil(stored / rebuilding.PART / "vectors.sqlite3")
    with open_library(stored, embeddings=another, recover=False) as library:
        library.rebuild()
        assert another.embedded == texts + lost(texts)
        assert library.check().ok
        assert library.check().passages == texts


def test_vectors_kept_of_one_model_are_not_taken_for_those_of_another(stored: Path, open_library: Opener) -> None:
    with open_library(stored, embeddings=_Another(), recover=False) as library, pytest.raises(KeyboardInterrupt):
        library.rebuild(_stop_before_the_switch)
    third = HashedEmbeddings(name="third")
    with open_library(stored, embeddings=third, recover=False) as library:
        reader = open_library(stored, read_only=True)
        library.rebuild()
        assert third.embedded == library.check().passages
        assert found_by_own_sentence(library, 7)
    with pytest.raises(LibraryMismatch, match="vectors of third now"):  # though they are as long as before
        reader.search("bridge")
