"""Nearest neighbours: Chroma against exact search over made vectors, and what its errors become."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from vectorstore.errors import LibraryBusy
from vectorstore.indexes.vectors import ChromaVectors, ExactVectors, best, blank_memory, cosines
from vectorstore.storage.arrays import Vectors

_COUNT = 3_000
_DIMENSION = 48


def _clustered(seed: int) -> Vectors:
    """Unit vectors in 40 clusters, as the passages of one library are."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(40, _DIMENSION))
    vectors = centres[np.arange(_COUNT) % 40] + 0.5 * chance.normal(size=(_COUNT, _DIMENSION))
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


_VECTORS = _clustered(3)
_IDS = np.arange(10, 10 + _COUNT)


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaVectors]:
    index = ChromaVectors(tmp_path_factory.mktemp("vectors"), stamp=None)
    index.put(_IDS.tolist(), _VECTORS)
    yield index
    index.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[ChromaVectors]:
    index = ChromaVectors(tmp_path, stamp=None)
    yield index
    index.close()


def _truth(vector: Vectors, k: int, allowed: np.ndarray | None = None) -> list[int]:
    ids = _IDS if allowed is None else allowed
    cosines = _VECTORS[ids - 10] @ vector
    return [int(ids[position]) for position in np.argsort(-cosines, kind="stable")[:k]]


def test_exact_search_is_exact() -> None:
    index = ExactVectors(_IDS, _VECTORS)
    chance = np.random.default_rng(5)
    for row in range(0, _COUNT, 300):
        assert [hit for hit, _ in index.nearest(_VECTORS[row], 20)] == _truth(_VECTORS[row], 20)
        allowed = np.sort(chance.choice(_IDS, 50, replace=False))
        hits = index.nearest(_VECTORS[row], 20, allowed)
        assert [hit for hit, _ in hits] == _truth(_VECTORS[row], 20, allowed)
        for hit, cosine in hits:
            assert cosine == pytest.approx(float(_VECTORS[hit - 10] @ _VECTORS[row]), abs=1e-5)
    assert index.nearest(_VECTORS[0], 5, np.array([], dtype=np.int64)) == []
    assert len(index.nearest(_VECTORS[0], 10_000)) == _COUNT
    nothing = ExactVectors(np.zeros(0, dtype=np.int64), np.zeros((0, 1), dtype=np.float32))
    assert nothing.nearest(_VECTORS[0], 5) == []


def test_cosines_are_those_of_a_matrix_product() -> None:
    """Of as many vectors as a narrow scope may have, the last row included."""
    found = cosines(_VECTORS, _VECTORS[5])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, _VECTORS.astype(np.float64) @ _VECTORS[5].astype(np.float64), atol=1e-6)


def test_equal_cosines_come_in_the_order_of_their_ids() -> None:
    assert best(np.array([4, 2, 9]), np.array([0.5, 0.5, 0.9], dtype=np.float32), 3) == [
        (9, pytest.approx(0.9)),
        (2, 0.5),
        (4, 0.5),
    ]


def test_chroma_finds_every_vector_by_itself(chroma: ChromaVectors) -> None:
    found = sum(
        chroma.nearest(vector, 10)[0][0] == number for number, vector in zip(_IDS[::3], _VECTORS[::3], strict=True)
    )
    assert found / len(_IDS[::3]) >= 0.99


@pytest.mark.parametrize("share", [None, 0.01, 0.1, 0.5])
def test_chroma_agrees_with_exact_search(chroma: ChromaVectors, share: float | None) -> None:
    chance = np.random.default_rng(9)
    questions = _clustered(4)[:60]
    recalled = 0
    for question in questions:
        allowed = None if share is None else np.sort(chance.choice(_IDS, int(share * _COUNT), replace=False))
        truth = _truth(question, 10, allowed)
        hits = chroma.nearest(question, 10, allowed)
        recalled += len({hit for hit, _ in hits} & set(truth))
        assert [cosine for _, cosine in hits] == sorted((cosine for _, cosine in hits), reverse=True)
        for hit, cosine in hits:
            assert cosine == pytest.approx(float(_VECTORS[hit - 10] @ question), abs=1e-4)
            assert allowed is None or hit in allowed
    assert recalled / (10 * len(questions)) >= 0.99


def test_chroma_gives_what_there_is(empty: ChromaVectors) -> None:
    assert empty.nearest(_VECTORS[0], 5) == []
    assert empty.ids() == set()
    empty.put([1, 2], _VECTORS[:2])
    assert len(empty.nearest(_VECTORS[0], 100)) == 2
    ((hit, cosine),) = empty.nearest(_VECTORS[0], 5, np.array([2]))
    assert hit == 2
    assert cosine == pytest.approx(float(_VECTORS[0] @ _VECTORS[1]), abs=1e-4)


def test_one_unknown_id_among_those_allowed_does_not_fail_the_question(empty: ChromaVectors) -> None:
    """A passage is in the catalogue an instant before it is in the index, and Chroma fails for one id it lacks."""
    empty.put([1, 2], _VECTORS[:2])
    assert [hit for hit, _ in empty.nearest(_VECTORS[0], 5, np.array([1, 2, 77]))] == [1, 2]
    assert empty.nearest(_VECTORS[0], 5, np.array([77, 78])) == []


def test_a_vector_put_twice_is_there_once_and_a_forgotten_one_not_at_all(empty: ChromaVectors) -> None:
    empty.put([1, 2, 3], _VECTORS[:3])
    empty.put([1], _VECTORS[7:8])
    empty.forget([2, 99])
    assert empty.ids() == {1, 3}
    assert [hit for hit, _ in empty.nearest(_VECTORS[7], 3)] == [1, 3]


def test_a_young_index_finds_each_vector_by_itself(tmp_path: Path) -> None:
    """Without our help every third of these would lose one for good."""
    for number in range(15):
        index = ChromaVectors(tmp_path / str(number), stamp=None)
        vectors = _VECTORS[60 * number :][:52]
        index.put(list(range(20)), vectors[:20])
        index.nearest(vectors[0], 5)
        index.put(list(range(20, 52)), vectors[20:])
        assert [index.nearest(vector, 1)[0][0] for vector in vectors] == list(range(52))
        index.close()


def test_questions_while_vectors_come_and_go_do_not_fail(empty: ChromaVectors) -> None:
    empty.put(list(range(1_000)), _VECTORS[:1_000])
    stop = Event()

    def ask(seed: int) -> int:
        chance = np.random.default_rng(seed)
        asked = 0
        while not stop.is_set():
            row = int(chance.integers(0, 1_000))
            assert len(empty.nearest(_VECTORS[row], 20)) == 20
            # From 500 on nothing is taken away; below, the index may lack some of what is allowed.
            hits = empty.nearest(_VECTORS[row], 20, np.arange(400, 700))
            assert len(hits) == 20
            assert {hit for hit, _ in hits} <= set(range(400, 700))
            asked += 1
        return asked

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask, seed) for seed in range(8)]
        for first in range(0, 500, 20):
            empty.forget(list(range(first, first + 20)))
            empty.put(list(range(2_000 + first, 2_020 + first)), _VECTORS[first : first + 20])
        stop.set()
        assert sum(future.result() for future in asking) > 0


def test_an_index_opens_again_only_with_its_stamp(tmp_path: Path) -> None:
    first = ChromaVectors(tmp_path, stamp=None)
    assert not first.whole
    first.put([1], _VECTORS[:1])
    first.seal("one")
    first.close()
    again = ChromaVectors(tmp_path, stamp="one")
    assert (again.whole, again.ids()) == (True, {1})
    again.put([2], _VECTORS[1:2])  # breaks the seal
    again.close()
    other = ChromaVectors(tmp_path, stamp="one")
    assert (other.whole, other.ids()) == (False, set())
    other.close()
    assert len(list(tmp_path.iterdir())) == 1


def test_other_programs_settings_of_chroma_are_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMA_SERVER_HOST", "192.0.2.1")
    monkeypatch.setenv("CHROMA_API_IMPL", "chromadb.api.fastapi.FastAPI")
    index = ChromaVectors(tmp_path, stamp=None)
    index.put([1], _VECTORS[:1])
    assert index.ids() == {1}
    index.close()


def test_what_chroma_refuses_is_an_error_with_a_next_step(empty: ChromaVectors, tmp_path: Path) -> None:
    empty.put([1], _VECTORS[:1])
    with pytest.raises(LibraryBusy, match=r"could not be used .* `assistant rebuild`"):
        empty.put([2], _VECTORS[:1, :5])
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryBusy, match="Not a directory"):
        ChromaVectors(tmp_path / "file", stamp=None)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc can be told to blank its memory")
def test_after_a_purge_no_memory_of_the_process_gets_into_the_files(tmp_path: Path) -> None:
    """Chroma writes the space that it keeps for further vectors as it finds it."""
    earlier = ChromaVectors(tmp_path, stamp=None)
    earlier.put(_IDS[:150].tolist(), _VECTORS[:150])
    earlier.close()
    blank_memory()
    index = ChromaVectors(tmp_path, stamp=None)
    index.put(_IDS[-20:].tolist(), _VECTORS[-20:])
    index.close()
    (kept,) = tmp_path.rglob("data_level0.bin")
    assert set(kept.read_bytes()) == {0}  # so few vectors stand in Chroma's log only
