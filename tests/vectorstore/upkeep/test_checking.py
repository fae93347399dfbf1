"""Indexes that were lost, cut short or spoilt: noticed, named, made anew, and answers right meanwhile."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.vectorstore.helpers import HashedEmbeddings, Opener, found_by_own_sentence, made_article, made_articles
from vectorstore.errors import LibraryBusy, LibraryDamaged
from vectorstore.indexes import in_step as indexes_module
from vectorstore.indexes import seal
from vectorstore.indexes.vectors import ChromaVectors
from vectorstore.library import Library
from vectorstore.storage.arrays import Vectors
from vectorstore.storage.articles.catalogue import FILE_NAME, Catalogue
from vectorstore.storage.articles.passages import Passages
from vectorstore.storage.articles.writes import Draft
from vectorstore.types import Problem

_COUNT = 40
"""Articles in ``stored``."""


def _every_file(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file() and path.stat().st_size]


def _delete(root: Path) -> None:
    shutil.rmtree(root)


def _delete_the_inside(root: Path) -> None:
    for path in root.iterdir():
        shutil.rmtree(path)


def _halve(root: Path) -> None:
    for path in _every_file(root):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(root: Path) -> None:
    for path in _every_file(root):
        path.write_bytes(b"")


def _spoil(root: Path) -> None:
    """Every file but the seal: the same sizes, other bytes."""
    chance = random.Random(7)
    for path in _every_file(root):
        if path.name != "seal.json":
            path.write_bytes(chance.randbytes(path.stat().st_size))


def _spoil_the_seal(root: Path) -> None:
    for path in root.rglob("seal.json"):
        path.write_bytes(b'["not", "a", "seal"]')


def _lose_a_file(root: Path) -> None:
    max(_every_file(root), key=lambda path: path.stat().st_size).unlink()


def _swap_for_another_librarys(root: Path) -> None:
    """A whole and sealed index, but of other articles."""
    other = root.parent.parent / "other"
    with Library.open(other, embeddings=HashedEmbeddings()) as library:
        library.add_articles(made_articles(_COUNT, first=1_000))
    shutil.rmtree(root)
    shutil.copytree(other / root.name, root)


_DAMAGES = [
    _delete,
    _delete_the_inside,
    _halve,
    _empty,
    _spoil,
    _spoil_the_seal,
    _lose_a_file,
    _swap_for_another_librarys,
]
_USUAL = {
    "vectors": {_delete_the_inside, _halve, _spoil, _lose_a_file, _swap_for_another_librarys},
    "keywords": {_delete, _empty, _spoil_the_seal, _swap_for_another_librarys},
}
"""The two indexes are sealed by the same code: each damage is tried on one of them, and on both by make test-all."""
_damaged = pytest.mark.parametrize(
    ("name", "damage"),
    [
        pytest.param(
            name,
            damage,
            id=f"{name}{damage.__name__}",
            marks=() if damage in _USUAL[name] else pytest.mark.long,
        )
        for name in _USUAL
        for damage in _DAMAGES
    ],
)
_indexes = pytest.mark.parametrize("name", ["vectors", "keywords"])


@_damaged
def test_a_damaged_index_is_named_answered_around_and_made_anew(
    stored: Path, open_library: Opener, name: str, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(stored / name)
    what = {"vectors": "vector", "keywords": "keyword"}[name]

    # Reading: right answers, Chroma left alone, nothing changed on disk.
    with monkeypatch.context() as patch:
        patch.setattr(indexes_module, "ChromaVectors", _untouchable)
        with open_library(stored, read_only=True) as reader:
            assert all(found_by_own_sentence(reader, number) for number in range(_COUNT))

    # A check says what is wrong and what to run, and changes nothing.
    for _ in range(2):
        with open_library(stored, read_only=True, recover=False) as reader:
            report = reader.check()
        assert [problem.what for problem in report.problems] == [f"The {what} index is missing or was not left whole"]
        assert report.problems[0].run == f"assistant rebuild --library {stored}"
        assert not report.ok

    # Opening for writing notices, and answers right from an index made anew.
    with open_library(stored) as library:
        assert [notice for notice in library.notices if what in notice]
        assert all(found_by_own_sentence(library, number) for number in range(_COUNT))
        assert library.check().ok
    with open_library(stored) as library:
        assert library.notices == ()


def _untouchable(*_: object, **__: object) -> None:
    raise AssertionError("a reader opened Chroma")


@pytest.mark.parametrize(("name", "damage"), [("vectors", _halve), ("keywords", _delete)], ids=["vectors", "keywords"])
def test_rebuilding_mends_a_damaged_index(
    stored: Path, open_library: Opener, name: str, damage: Callable[[Path], None]
) -> None:
    damage(stored / name)
    with open_library(stored, recover=False) as library:
        library.rebuild()
        assert library.check().ok
        assert all(found_by_own_sentence(library, number) for number in range(_COUNT))


def test_what_a_crash_left_between_catalogue_and_indexes_is_named_and_finished(
    stored: Path, open_library: Opener
) -> None:
    def crash(folder: Path) -> None:
        catalogue = Catalogue(folder)
        text = made_article(_COUNT).text
        vectors = HashedEmbeddings().embed_array([text])
        catalogue.writes.stage([Draft(made_article(_COUNT), [(0, len(text))], vectors)])
        catalogue.writes.remove(["made-00003"])
        catalogue.close()

    for mend in ("opening", "rebuilding"):
        folder = Path(shutil.copytree(stored, stored.parent / mend))
        crash(folder)
        with open_library(folder, read_only=True, recover=False) as reader:
            assert "The last change was cut off before both indexes had it" in [p.what for p in reader.check().problems]
        with open_library(folder, recover=mend == "opening") as library:
            if mend == "opening":
                assert library.notices == ("The last change was cut off; it is finished now.",)
            else:
                library.rebuild()
            assert library.check().ok
            assert found_by_own_sentence(library, _COUNT)
            assert not found_by_own_sentence(library, 3)
        with open_library(folder) as library:
            assert library.notices == ()  # what was finished was sealed again
            assert library.check().ok


@_indexes
def test_a_file_where_an_index_should_be_is_an_error_with_a_next_step(
    stored: Path, open_library: Opener, name: str
) -> None:
    shutil.rmtree(stored / name)
    (stored / name).write_text("in the way")
    with pytest.raises(LibraryBusy, match=r"index .* could not be used .*Check free disk space and permissions"):
        open_library(stored)
    with open_library(stored, read_only=True) as reader:
        assert all(found_by_own_sentence(reader, number) for number in range(_COUNT))
        assert len(reader.check().problems) == 1
    (stored / name).unlink()
    with open_library(stored) as library:
        assert library.check().ok


@pytest.fixture(scope="module")
def _saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "library"
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        library.add_articles(made_articles(600))
    assert list(folder.rglob("index_metadata.pickle"))
    return folder


@pytest.fixture
def saved(_saved: Path, tmp_path: Path) -> Path:
    """A library of 1,200 passages: Chroma has written a part of its graph to disk, which it does every thousand."""
    return Path(shutil.copytree(_saved, tmp_path / "saved"))


def test_a_graph_of_chroma_with_other_bytes_is_not_opened(saved: Path, open_library: Opener) -> None:
    """Opening it ended the process: so this test would."""
    (graph,) = saved.rglob("data_level0.bin")
    half = graph.stat().st_size // 2
    graph.write_bytes(graph.read_bytes()[:half] + random.Random(7).randbytes(graph.stat().st_size - half))
    with open_library(saved, read_only=True, recover=False) as reader:
        assert [problem.what for problem in reader.check().problems] == [
            "The vector index is missing or was not left whole"
        ]
    with open_library(saved) as library:
        assert library.notices
        assert library.check().ok
        assert all(found_by_own_sentence(library, number) for number in range(0, 600, 10))


def test_a_seal_outlives_opening_asking_and_a_kill(saved: Path, open_library: Opener) -> None:
    ask = (
        "import os, sys; from tests.vectorstore.helpers import *; library = Library.open(sys.argv[1], "
        "embeddings=HashedEmbeddings()); print(library.notices, found_by_own_sentence(library, 5), flush=True); "
        "os.kill(os.getpid(), 9)"
    )
    for _ in range(2):
        asked = subprocess.run(
            [sys.executable, "-c", ask, str(saved)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
        )
        assert (asked.stdout, asked.returncode) == ("() True\n", -9)
        with open_library(saved) as library:
            assert library.notices == ()
            assert library.check().ok


def test_vectors_that_chroma_lists_but_cannot_find_are_noticed(saved: Path, open_library: Opener) -> None:
    """Chroma's list of ids is in another file than its vectors: without them it looks healthy and finds nothing."""
    (metadata,) = saved.rglob("index_metadata.pickle")
    for path in list(metadata.parent.iterdir()):
        path.unlink()
    catalogue = Catalogue(saved, read_only=True)
    seal.put(metadata.parent.parent, str(catalogue.meta("stamp")))
    catalogue.close()
    with open_library(saved, read_only=True, recover=False) as reader:
        assert [problem.what for problem in reader.check().problems] == [
            "The vector index is missing or was not left whole"
        ]


def test_a_check_counts_what_an_index_lacks_and_has_too_many(library: Library) -> None:
    library.add_articles(made_articles(20))
    vectors, keywords = library._indexes._owned()
    ids = sorted(library._catalogue.passages.ids())
    vectors.forget(ids[:3])
    keywords.change((), ids[5:7])
    vectors.put([9_999], HashedEmbeddings().embed_array(["a stray passage"]))
    remedy = f"assistant rebuild --library {library.folder}"
    assert library.check().problems == (
        Problem("The vector index lacks 3 passages", remedy),
        Problem("The vector index has too many: 1 passages", remedy),
        Problem("The keyword index lacks 2 passages", remedy),
    )
    library.rebuild()
    assert library.check().ok


def test_a_check_of_a_new_library_finds_nothing_wrong_and_makes_nothing(open_library: Opener) -> None:
    library = open_library()
    assert library.check().ok
    assert sorted(path.name for path in library.folder.iterdir() if path.is_dir()) == []
    library.close()
    with open_library(read_only=True) as reader:
        assert reader.check().ok


@pytest.mark.parametrize(
    "content", [b"garbage " * 10_000, b"SQLite format 3\x00" + b"\xff" * 50_000], ids=["garbage", "header only"]
)
def test_a_spoilt_catalogue_is_an_error_with_a_next_step(stored: Path, open_library: Opener, content: bytes) -> None:
    whole = (stored / FILE_NAME).read_bytes()
    (stored / FILE_NAME).write_bytes(content)
    for read_only in (True, False):
        with pytest.raises(LibraryDamaged, match=r"catalogue\.sqlite3.*Restore it from a backup") as refused:
            open_library(stored, read_only=read_only)
    assert (stored / FILE_NAME).read_bytes() == content
    (stored / FILE_NAME).write_bytes(whole)
    assert not open_library(stored).read_only  # though the refused opening lives on in `refused`
    assert refused


@pytest.mark.parametrize("size", [0, None])
def test_a_lost_catalogue_is_not_taken_for_a_new_library(stored: Path, open_library: Opener, size: int | None) -> None:
    (stored / FILE_NAME).unlink()
    if size is not None:
        (stored / FILE_NAME).write_bytes(b"")
    with pytest.raises(LibraryDamaged, match=r"catalogue\.sqlite3 is missing or empty.*Restore it from a backup"):
        open_library(stored)
    assert list(stored.glob("vectors/*/*"))


def test_a_catalogue_spoilt_in_its_middle_is_named_by_the_check(stored: Path, open_library: Opener) -> None:
    content = bytearray((stored / FILE_NAME).read_bytes())
    half = len(content) // 2
    content[half : half + 8_192] = b"\xa5" * 8_192
    (stored / FILE_NAME).write_bytes(bytes(content))
    with open_library(stored, read_only=True, recover=False) as library:
        try:
            said = [problem.what for problem in library.check().problems]
        except LibraryDamaged as error:
            said = [str(error)]
    assert any("catalogue" in what for what in said)


# -- a large library: its index is made anew beside the answers


def test_a_large_index_is_made_anew_beside_right_answers(
    stored: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes_module, "_REBUILD_AT_OPENING", 10)
    shutil.rmtree(stored / "vectors")
    shutil.rmtree(stored / "keywords")
    going, filled = _held_back(monkeypatch)
    library = open_library(stored)
    assert any("vector and the keyword index" in notice for notice in library.notices)
    assert filled.wait(300)
    assert library._indexes._busy()
    assert all(found_by_own_sentence(library, number) for number in range(_COUNT))
    going.set()
    library.add_articles([made_article(_COUNT)])  # waits for the index, then adds to it
    assert all(found_by_own_sentence(library, number) for number in range(_COUNT + 1))
    assert library.check().ok
    library.close()
    with open_library(stored) as again:
        assert again.notices == ()


@pytest.mark.parametrize("by", ["opening", "rebuild"])
def test_closing_while_an_index_is_made_anew_leaves_a_usable_library(
    stored: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    with ThreadPoolExecutor(2) as pool, monkeypatch.context() as patch:
        patch.setattr(indexes_module, "_REBUILD_AT_OPENING", 10)
        going, filled = _held_back(patch)
        if by == "opening":
            shutil.rmtree(stored / "vectors")
        library = open_library(stored)
        rebuilding = pool.submit(library.rebuild if by == "rebuild" else lambda: None)
        assert filled.wait(300)
        closing = pool.submit(library.close)
        assert library._indexes._closing.wait(300)
        going.set()
        closing.result()
        rebuilding.result()
    with open_library(stored) as again:
        assert again.notices  # it was not finished, and that is known
        assert again.check().ok
        assert all(found_by_own_sentence(again, number) for number in range(_COUNT))


def _held_back(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Fills a vector index in small batches and waits after the first; events to go on, and that it waits."""
    going, filled = threading.Event(), threading.Event()
    put, entries = ChromaVectors.put, Passages.entries

    def slow_put(self: ChromaVectors, ids: list[int], vectors: Vectors) -> None:
        put(self, ids, vectors)
        filled.set()
        assert going.wait(300)

    monkeypatch.setattr(ChromaVectors, "put", slow_put)
    monkeypatch.setattr(Passages, "entries", lambda self, **named: entries(self, **{**named, "batch": 10}))
    return going, filled
