"""A library's life: made, opened again, remade with another model or splitter, kept from being mixed."""

from __future__ import annotations

import logging
import multiprocessing
import resource
import shutil
import signal
import threading
from collections.abc import Sequence
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from tests.vectorstore.helpers import (
    HashedEmbeddings,
    Opener,
    found_by_own_sentence,
    made_article,
    made_articles,
    own_sentence,
)
from tests.vectorstore.text.test_duplicates import told
from vectorstore.errors import ArticleUnknown, LibraryError, LibraryMismatch
from vectorstore.indexes import in_step as indexes
from vectorstore.library import Library
from vectorstore.text import splitter
from vectorstore.types import Article, Progress

_COUNT = 40
"""Articles in ``stored``."""


def test_a_library_is_made_where_there_is_none_and_opened_again(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "library"
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        assert library.count() == 0
        assert not library.read_only
        library.add_articles(made_articles(5))
    with Library.open(str(folder), embeddings=HashedEmbeddings()) as library:
        assert library.count() == 5
        assert library.notices == ()
        assert found_by_own_sentence(library, 3)


def test_closing_twice_is_harmless_and_a_closed_library_says_so(library: Library) -> None:
    library.add_articles(made_articles(3))
    library.close()
    library.close()
    for use in (library.count, library.articles, library.check, lambda: library.search("bridge")):
        with pytest.raises(LibraryError, match=r"closed database\.\)\. Open it again"):
            use()
    with pytest.raises(LibraryError, match="Open it again"):
        library.add_articles(made_articles(4))


def test_what_the_opening_mended_is_logged(
    stored: Path, open_library: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    for seal in stored.rglob("seal.json"):
        seal.unlink()
    with caplog.at_level(logging.WARNING, logger="vectorstore"):
        library = open_library(stored)
    assert [record.getMessage() for record in caplog.records] == list(library.notices)


def test_articles_and_their_passages_are_listed(stored: Path, open_library: Opener) -> None:
    library = open_library(stored)
    assert library.count() == len(library.articles()) == _COUNT
    article = library.article("made-00004")
    passages = library.passages(article.id)
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join(article.text.split())
    for passage in passages:
        assert article.text[passage.start : passage.end] == passage.text
    for asked in (library.article, library.passages):
        with pytest.raises(ArticleUnknown, match="No article nobody in this library"):
            asked("nobody")


def test_what_is_removed_is_gone_everywhere(stored: Path, open_library: Opener) -> None:
    library = open_library(stored)
    library.add_articles([made_article(1, edition=2)])
    assert library.remove(["made-00001", "made-00002", "nobody"]) == 2
    assert library.count() == _COUNT - 2
    for version in (None, 1, 2):
        with pytest.raises(ArticleUnknown):
            library.article("made-00001", version)
    assert library.check().ok
    assert library.remove([]) == 0
    assert library.remove("made-00005") == 1
    library.close()
    with open_library(stored) as again:
        assert again.notices == ()
        assert again.add_articles([made_article(1)]).count("added") == 1
        assert again.article("made-00001").version == 1


def test_removing_everything_leaves_an_empty_library(stored: Path, open_library: Opener) -> None:
    with open_library(stored) as library:
        assert library.remove(article.id for article in library.articles()) == _COUNT
        assert library.search("bridge") == []
        assert library.check().ok
    with open_library(stored) as library:
        assert library.notices == ()
        assert library.check().ok
        library.add_articles(made_articles(2))
        assert found_by_own_sentence(library, 1)


def test_texts_are_compared_with_a_question(library: Library) -> None:
    cosines = library.similarity("harbour storm", ["harbour storm", "harbour", "orchestra"])
    assert cosines.shape == (3,)
    assert cosines[0] == pytest.approx(1.0, abs=1e-5)
    assert cosines[0] > cosines[1] > cosines[2]
    assert library.similarity("harbour", []).shape == (0,)


def test_a_question_is_embedded_once_and_as_a_question(open_library: Opener) -> None:
    """Some models put another prompt before a question than before a passage."""

    class Asymmetric(HashedEmbeddings):
        asked = 0

        def embed_query(self, text: str) -> list[float]:
            self.asked += 1
            return super().embed_query(f"query: {text}")

    embeddings = Asymmetric()
    library = open_library(embeddings=embeddings)
    library.add_articles(made_articles(3))
    for _ in range(3):
        match = library.search("harbour storm", k=1)[0]
    assert embeddings.asked == 1
    passage = HashedEmbeddings().embed_array([f"{match.article.title}\n{match.text}"])[0]
    assert match.similarity == pytest.approx(
        float(np.asarray(HashedEmbeddings().embed_query("query: harbour storm")) @ passage), abs=1e-3
    )


def test_any_embeddings_of_langchain_will_do(tmp_path: Path) -> None:
    class Plain(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = (7 * HashedEmbeddings().embed_array(texts)).tolist()  # not of unit length
            return vectors

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    with Library.open(tmp_path, embeddings=Plain()) as library:
        library.add_articles(made_articles(20))
        assert all(found_by_own_sentence(library, number) for number in range(20))
        assert library.search("bridge", k=1)[0].similarity <= 1.0
    with pytest.raises(LibraryMismatch, match="model Plain, now hashed words"):
        Library.open(tmp_path, embeddings=HashedEmbeddings())


# -- lists of articles


def test_a_change_by_whatever_process_is_another_number_and_reading_is_none(stored: Path, open_library: Opener) -> None:
    library, reader = open_library(stored), open_library(stored, read_only=True)
    numbers, seen = [library.changes()], [reader.changes()]
    library.search("bridge")
    library.articles()
    assert (library.changes(), reader.changes()) == (numbers[0], seen[0])
    for change in (
        lambda: library.add_articles([made_article(50)]),
        lambda: library.add_articles([made_article(50, edition=2)]),
        lambda: library.remove("made-00050"),
    ):
        change()
        numbers.append(library.changes())
        seen.append(reader.changes())
    assert len(set(numbers)) == len(set(seen)) == 4


def _told(story: int, *teller: tuple[str, date | None, str]) -> list[Article]:
    return [
        Article(f"{name}-{story}", f"Told by {name}", told(story) + added, published=day, source=name)
        for name, day, added in teller
    ]


def test_libraries_that_hold_the_same_have_the_same_state(stored: Path, open_library: Opener, tmp_path: Path) -> None:
    other = open_library(tmp_path / "other")
    other.add_articles(reversed(made_articles(_COUNT)))
    library = open_library(stored)
    state = library.state()
    assert state == other.state()
    library.add_articles([made_article(3, edition=2)])
    assert library.state() != state
    other.remove([made_article(3).id])
    assert other.state() not in (state, library.state())


def test_the_most_covered_stories_come_first_then_the_newest_and_lone_articles_never(library: Library) -> None:
    assert library.most_covered(5) == []
    first, second, third = date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 3)
    library.add_articles(
        [
            *_told(1, ("Gazette", first, ""), ("Post", second, " Read more."), ("Lamp", None, "")),
            *_told(2, ("Post", first, ""), ("Gazette", second, " Printed in full.")),
            *_told(3, ("Post", third, " A photograph shows it."), ("Lamp", second, "")),
            *_told(4, ("Lamp", third, "")),
        ]
    )
    # Each is stood for by the one that told it first, as all tell it nearly as fully.
    assert library.most_covered(5) == [("Gazette-1", 3), ("Lamp-3", 2), ("Post-2", 2)]
    assert library.most_covered(2) == [("Gazette-1", 3), ("Lamp-3", 2)]
    copies = library.copies([article.id for article in library.articles()] + ["nobody"])
    assert {id_: [copy.id for copy in others] for id_, others in copies.items() if id_.endswith("1")} == {
        "Gazette-1": ["Post-1", "Lamp-1"],
        "Post-1": ["Gazette-1", "Lamp-1"],
        "Lamp-1": ["Gazette-1", "Post-1"],
    }
    assert "Lamp-4" not in copies
    assert all(copy.text == "" for others in copies.values() for copy in others)
    library.remove(["Post-1", "Lamp-1"])
    assert library.most_covered(1) == [("Lamp-3", 2)]
    assert "Gazette-1" not in library.copies(["Gazette-1"])


def test_articles_are_found_by_their_words_each_once(stored: Path, open_library: Opener) -> None:
    library = open_library(stored)
    words = own_sentence(7).removeprefix("Inspector ").rstrip(".")
    found = library.find_articles(words)
    assert found is not None
    assert found[0] == "made-00007"
    assert len(found) == len(set(found)) > 1  # its words of every day stand in others
    assert library.find_articles(words, k=1) == ["made-00007"]
    assert library.find_articles(library.article("made-00004").title)[:1] == ["made-00004"]  # type: ignore[index]
    for nothing in ("qqqqzzzz", "", " \n", '( AND "', "\ud800"):
        assert library.find_articles(nothing) == []
    library.remove("made-00007")
    assert "made-00007" not in (library.find_articles(words) or [])


def test_words_cannot_be_looked_for_while_the_index_is_being_made_but_a_reader_makes_its_own(
    stored: Path, open_library: Opener
) -> None:
    library = open_library(stored)
    made = threading.Event()
    library._indexes._background = threading.Thread(target=made.wait, args=(20,))
    library._indexes._background.start()
    assert library.find_articles("bridge") is None
    made.set()
    library._indexes._background.join()
    found = library.find_articles("bridge")
    assert found
    library.close()
    shutil.rmtree(stored / "keywords")
    again = open_library(stored, read_only=True).find_articles("bridge")
    assert again is not None
    assert sorted(again) == sorted(found)


# -- another model, dimension or splitter


def test_another_model_is_refused_with_the_command_that_fits_the_library_to_it(
    stored: Path, open_library: Opener
) -> None:
    for read_only in (True, False):
        with pytest.raises(LibraryMismatch, match="model hashed words, now another") as refused:
            open_library(stored, embeddings=HashedEmbeddings(name="another"), read_only=read_only)
        assert f"`assistant rebuild --embeddings another --library {stored}`" in str(refused.value)
    assert not open_library(stored).read_only  # though the refused opening lives on in `refused`


def test_another_splitter_is_refused(stored: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitter, "SPLITTER_VERSION", 99)
    with pytest.raises(LibraryMismatch, match=r"splitter 1, now 99\). `assistant rebuild --library"):
        open_library(stored)


def test_a_check_names_another_model_and_nothing_is_mixed_with_it(stored: Path, open_library: Opener) -> None:
    library = open_library(stored, embeddings=HashedEmbeddings(name="another"), recover=False)
    problems = library.check().problems
    assert [problem.what for problem in problems] == ["The library was made otherwise: model hashed words, now another"]
    assert problems[0].run == f"assistant rebuild --embeddings another --library {stored}"
    with pytest.raises(LibraryMismatch):
        library.add_articles([made_article(900)])
    assert library.count() == _COUNT


def test_a_model_that_changes_its_dimension_under_the_same_name_is_refused(stored: Path, open_library: Opener) -> None:
    library = open_library(stored, embeddings=HashedEmbeddings(dimension=32))
    for use in (lambda: library.add_articles([made_article(900)]), lambda: library.search("bridge")):
        with pytest.raises(LibraryMismatch, match="holds vectors of 128 numbers, and hashed words now makes 32"):
            use()
    assert library.count() == _COUNT
    assert library.check().ok


@pytest.mark.parametrize("what", ["model", "splitter"])
def test_rebuilding_remakes_the_passages(
    stored: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    with open_library(stored) as library:
        before = library.articles()
        library.add_articles([made_article(3, edition=2)])
    embeddings = HashedEmbeddings(dimension=96, name="another") if what == "model" else HashedEmbeddings()
    if what == "splitter":
        monkeypatch.setattr(splitter, "SPLITTER_VERSION", 99)
        monkeypatch.setattr(splitter, "passages", splitter.sentences)
    seen: list[Progress] = []
    with open_library(stored, embeddings=embeddings, recover=False) as library:
        reader = open_library(stored, recover=False, embeddings=embeddings)
        library.rebuild(seen.append)
        assert library.check().ok
        for one in (library, reader):
            assert all(found_by_own_sentence(one, number) for number in range(_COUNT) if number != 3)
        assert library.article("made-00003", 1).text == made_article(3).text
    assert [progress for progress in seen if progress.task == "embedding"][-1] == Progress("embedding", _COUNT, _COUNT)
    with open_library(stored, embeddings=embeddings) as library:
        assert library.notices == ()
        assert library._catalogue.passages.vectors()[1].shape[1] == embeddings.dimension
        assert [a for a in library.articles() if a.id != "made-00003"] == [a for a in before if a.id != "made-00003"]
        expected = sum(len(splitter.passages(article.text)) for article in library.articles())
        assert library.check().passages == expected
        library.add_articles([made_article(900)])
        assert library.check().ok
    assert not (stored / "rebuild.part").exists()


class _Slow(HashedEmbeddings):
    """Another model, which says when it has embedded its tenth text, and waits there to be killed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(name="another")
        self._connection = connection

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = super().embed_array(texts)
        if self.embedded >= 10:
            self._wait()
        return vectors

    def _wait(self) -> None:
        self._connection.send("now")
        self._connection.recv()


def _rebuild_until_killed(connection: Connection, folder: Path, moment: str) -> None:
    embeddings = _Slow(connection) if moment == "embedding" else HashedEmbeddings(name="another")
    if moment == "indexing":

        def wait(self: indexes.Indexes, *_: object) -> None:
            connection.send("now")
            connection.recv()

        indexes.Indexes.rebuild = wait  # type: ignore[method-assign, assignment]
    with Library.open(folder, embeddings=embeddings, recover=False) as library:
        library.rebuild()


@pytest.mark.parametrize("moment", ["embedding", "indexing"])
def test_a_rebuild_killed_in_the_middle_can_be_run_again(stored: Path, open_library: Opener, moment: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "chromadb.errors", "tests.vectorstore.helpers"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_rebuild_until_killed, args=(theirs, stored, moment))
    process.start()
    theirs.close()
    with ours:
        assert ours.recv() == "now"
        process.kill()
        process.join()
    assert process.exitcode == -signal.SIGKILL
    another = HashedEmbeddings(name="another")
    if moment == "embedding":
        # Not a passage has been replaced.
        with open_library(stored) as library:
            assert library.check().ok
            assert all(found_by_own_sentence(library, number) for number in range(_COUNT))
        with open_library(stored, embeddings=another, recover=False) as library:
            library.rebuild()
    # Otherwise the passages are all new, and the old indexes must not be taken for theirs.
    with open_library(stored, embeddings=another) as library:
        assert (library.notices != ()) == (moment == "indexing")
        assert library.check().ok
        assert all(found_by_own_sentence(library, number) for number in range(_COUNT))


def test_a_rebuild_stopped_by_ctrl_c_leaves_the_library_as_it_was(stored: Path, open_library: Opener) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 7:
            raise KeyboardInterrupt

    another = HashedEmbeddings(name="another")
    with open_library(stored, embeddings=another, recover=False) as library:
        with pytest.raises(KeyboardInterrupt):
            library.rebuild(stop)
        assert any("made otherwise" in problem.what for problem in library.check().problems)
        library.rebuild()
        assert library.check().ok
        assert all(found_by_own_sentence(library, number) for number in range(_COUNT))


# -- a disk that is full


def _add_within(connection: Connection, folder: Path, largest: int) -> None:
    """Adds articles while no file may grow beyond ``largest`` bytes, as on a full disk; sends what was raised."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    raised: list[str] = []
    try:
        with Library.open(folder, embeddings=HashedEmbeddings()) as library:
            for first in range(0, 400, 40):
                library.add_articles(made_articles(40, first=first))
                connection.send(list(range(first, first + 40)))
    except Exception as error:
        raised = [f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__] + [str(error)]
    connection.send(raised)


@pytest.mark.parametrize(
    "largest", [190_000, *(pytest.param(each, marks=pytest.mark.long) for each in (20_000, 600_000))]
)
def test_a_full_disk_is_an_error_with_a_next_step_and_loses_nothing(
    tmp_path: Path, open_library: Opener, largest: int
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chromadb", "chromadb.errors", "tests.vectorstore.helpers"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_add_within, args=(theirs, tmp_path, largest))
    process.start()
    theirs.close()
    acknowledged: list[int] = []
    with ours:
        while (said := ours.recv()) and isinstance(said[0], int):
            acknowledged += said
    process.join()
    assert "vectorstore.errors.LibraryBusy" in said, said
    assert "free disk space" in said[-1] or "Choose another folder" in said[-1]
    with open_library(tmp_path) as library:
        assert library.check().ok
        assert all(found_by_own_sentence(library, number) for number in acknowledged)
        count = max(200, library.count())
        library.add_articles(made_articles(count))
        assert library.check().ok
        assert library.count() == count
        assert all(found_by_own_sentence(library, number) for number in range(0, count, 9))


def test_a_text_is_embedded_once_however_often_it_is_compared(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    embed = library._embeddings.embed_array

    def counting(texts: Sequence[str]) -> NDArray[np.float32]:
        embedded.extend(texts)
        return embed(texts)

    monkeypatch.setattr(library._embeddings, "embed_array", counting)
    first = library.similarity("storm", ["A storm.", "A calm.", "A storm."])
    again = library.similarity("storm", ["A calm.", "A storm.", "A gale."])
    assert [text for text in embedded if text != "storm"] == ["A storm.", "A calm.", "A gale."]
    assert first.tolist() == pytest.approx([again[1], again[0], again[1]])  # BLAS rounds by the matrix's shape
    library.similarity("storm", [f"Text {number}." for number in range(2_100)])
    assert len(library._embedder._texts) == 2_000
