"""What adding does to each input, what it costs, and what a stop or a failure leaves."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vectorstore.helpers import (
    HashedEmbeddings,
    Opener,
    found_by_own_sentence,
    made_article,
    made_articles,
    own_sentence,
)
from vectorstore import adding
from vectorstore.errors import AddInterrupted, LibraryBusy, ModelUnusable
from vectorstore.indexes.keywords import Keywords
from vectorstore.indexes.vectors import ChromaVectors
from vectorstore.library import Library
from vectorstore.types import Article, Progress, Refusal


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "_FIRST_BATCH", 12)
    monkeypatch.setattr(adding, "_LARGEST_BATCH", 12)


def test_what_is_added_is_found_and_reported(library: Library) -> None:
    report = library.add_articles(made_articles(30))
    assert [outcome.kind for outcome in report.outcomes] == ["added"] * 30
    assert [outcome.article_id for outcome in report.outcomes] == [article.id for article in made_articles(30)]
    assert [outcome.source for outcome in report.outcomes] == [article.origin for article in made_articles(30)]
    assert report.passages == sum(len(library.passages(article.id)) for article in library.articles())
    assert report.seconds > 0
    assert report.to_dict()["added"] == 30
    assert all(found_by_own_sentence(library, number) for number in range(30))
    assert library.check().ok


def test_the_vector_of_a_passage_is_of_its_words_under_the_title(library: Library) -> None:
    library.add_articles([made_article(4)])
    article = library.article("made-00004")
    texts = [f"{article.title}\n{passage.text}" for passage in library.passages(article.id)]
    np.testing.assert_array_equal(library._catalogue.passages.vectors()[1], HashedEmbeddings().embed_array(texts))


def test_adding_again_costs_nothing(library: Library, embeddings: HashedEmbeddings) -> None:
    library.add_articles(made_articles(30))
    spent = embeddings.embedded
    places = {path: path.stat().st_mtime_ns for path in library.folder.glob("*/*/*") if path.name != "seal.json"}
    report = library.add_articles(made_articles(30))
    assert [outcome.kind for outcome in report.outcomes] == ["unchanged"] * 30
    assert report.passages == 0
    assert embeddings.embedded == spent
    assert places == {path: path.stat().st_mtime_ns for path in places}
    assert {article.version for article in library.articles()} == {1}


def test_what_has_changed_takes_the_place_of_the_old(library: Library, embeddings: HashedEmbeddings) -> None:
    library.add_articles(made_articles(10))
    before = library.article("made-00003")
    old = {passage.id for passage in library.passages("made-00003")}
    spent = embeddings.embedded
    new = replace(made_article(3), text=f"A wholly new text about trams. {own_sentence(777)}")
    report = library.add_articles([new])
    assert [outcome.kind for outcome in report.outcomes] == ["changed"]
    assert embeddings.embedded - spent == report.passages == 1
    now = library.article("made-00003")
    assert (now.version, now.text, now.added) == (2, new.text, before.added)
    assert library.article("made-00003", version=1) == before
    assert library.count() == 10
    assert library.search(own_sentence(777), k=1)[0].article == now
    assert not any(match.passage.id in old for match in library.search(own_sentence(3), k=30))
    assert not old & library._indexes._owned()[0].ids()
    assert not old & library._indexes._owned()[1].ids()
    assert library.check().ok


def test_a_change_of_the_day_alone_is_a_change(library: Library) -> None:
    library.add_articles(made_articles(3))
    moved = replace(made_article(1), published=None)
    assert library.add_articles([moved]).count("changed") == 1
    assert library.article("made-00001").published is None
    assert not any(match.article.id == "made-00001" for match in library.search("bridge", since="1999-01-01"))
    assert library.add_articles([replace(moved, origin="elsewhere")]).count("unchanged") == 1


def test_the_same_article_under_another_id_is_a_duplicate_named_by_the_first(library: Library) -> None:
    library.add_articles(made_articles(3))
    copy = replace(made_article(1), id="copy", origin="copy.txt")
    fresh = made_article(50)
    report = library.add_articles([copy, fresh, replace(fresh, id="fresh copy", origin="copy2.txt")])
    assert [(outcome.kind, outcome.article_id) for outcome in report.outcomes] == [
        ("duplicate", "copy"),
        ("added", "made-00050"),
        ("duplicate", "fresh copy"),
    ]
    assert report.outcomes[0].reason is not None
    assert "made-00001" in report.outcomes[0].reason
    assert report.outcomes[2].reason is not None
    assert "made-00050" in report.outcomes[2].reason
    assert report.to_dict()["duplicates"] == 2
    assert library.count() == 4


def test_the_same_id_twice_in_one_call(library: Library) -> None:
    first, second = made_article(1), made_article(1, edition=2)
    report = library.add_articles([first, first, second, second, first])
    assert [outcome.kind for outcome in report.outcomes] == ["added", "unchanged", "changed", "unchanged", "changed"]
    assert library.article("made-00001").version == 3
    assert library.article("made-00001").text == first.text
    assert library.check().ok
    assert found_by_own_sentence(library, 1)


def test_refusals_stand_in_their_place(library: Library) -> None:
    blank = Article("blank", "Blank", " \n\t ", origin="blank.txt")
    report = library.add_articles(
        [made_article(1), Refusal("a.pdf", "no text"), made_article(2), blank, Refusal("b.doc", "unknown kind")]
    )
    assert [outcome.kind for outcome in report.outcomes] == ["added", "refused", "added", "refused", "refused"]
    assert [refusal.source for refusal in report.refused] == ["a.pdf", "blank.txt", "b.doc"]
    assert "holds no text" in report.refused[1].reason
    assert report.to_dict()["refused"][0] == {"source": "a.pdf", "reason": "no text"}
    assert library.count() == 2


def test_nothing_to_add_is_nothing_done(library: Library) -> None:
    assert library.add_articles([]).outcomes == ()
    assert library.add_articles([Refusal("a", "b")]).count("refused") == 1
    assert library.check().ok


@pytest.mark.usefixtures("small_batches")
def test_progress_counts_up_to_everything(library: Library) -> None:
    library.add_articles(made_articles(10))
    seen: list[Progress] = []
    items: list[Article | Refusal] = [*made_articles(40), Refusal("a", "b")]
    library.add_articles(items, on_progress=seen.append)
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert done[-1] == 41
    assert {progress.total for progress in seen} == {41}
    assert {progress.task for progress in seen} == {"adding"}


def test_the_total_is_unknown_while_a_long_source_is_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "_AHEAD", 0.0)
    seen: list[Progress] = []
    library.add_articles(iter(made_articles(5)), on_progress=seen.append)
    assert {progress.total for progress in seen} == {0}
    assert library.count() == 5


def test_an_article_longer_than_a_batch_goes_in_whole(library: Library) -> None:
    long = made_article(1, paragraphs=400)
    report = library.add_articles([long, made_article(2)])
    assert report.passages > adding._LARGEST_BATCH
    passages = library.passages(long.id)
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join(long.text.split())
    assert found_by_own_sentence(library, 1)
    assert library.check().ok


def test_half_a_surrogate_pair_is_refused_and_the_rest_goes_on(library: Library) -> None:
    broken = [
        replace(made_article(1), text="Half \ud83d of a pair."),
        replace(made_article(2), title="\ud83d"),
        replace(made_article(3), source="\ud83d"),
        replace(made_article(5), id="\ud83d"),
    ]
    report = library.add_articles([*broken, made_article(4)])
    assert [outcome.kind for outcome in report.outcomes] == ["refused"] * 4 + ["added"]
    assert library.check().ok


# -- stopped


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 10))])
def test_a_stop_at_any_report_leaves_a_usable_library_and_a_true_report(open_library: Opener, seed: int) -> None:
    chance = random.Random(seed)
    first = made_articles(20)
    items: list[Article | Refusal] = [
        *made_articles(10),
        *(made_article(number, edition=2) for number in range(10, 20)),
        Refusal("a", "b"),
        *made_articles(60, first=100),
    ]
    chance.shuffle(items)
    when = chance.randrange(1, 60)

    def stop(progress: Progress) -> None:
        if progress.done >= when:
            raise KeyboardInterrupt

    with open_library() as library:
        library.add_articles(first)
        with pytest.raises(AddInterrupted, match="add the same again") as stopped:
            library.add_articles(items, on_progress=stop)
        report = stopped.value.report
        assert library.check().ok
        for outcome in report.outcomes:
            if outcome.article_id is not None:
                stored = library.article(outcome.article_id)
                assert stored.version == (2 if outcome.kind == "changed" else 1)
                assert found_by_own_sentence(library, int(stored.id[5:]))
        told = {outcome.article_id for outcome in report.outcomes if outcome.kind in ("added", "changed")}
        held = {a.id for a in library.articles() if a.version == 2 or a.id not in {b.id for b in first}}
        assert told == held
        assert report.passages == sum(len(library.passages(str(article_id))) for article_id in told)
    with open_library() as library:
        assert library.notices == ()
        again = library.add_articles(items)
        assert len(again.outcomes) == len(items)
        assert again.count("unchanged") == 10 + len(told)
        assert library.count() == 80
        assert library.check().ok


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("where", ["put", "change", "settle"])
def test_a_stop_between_catalogue_and_indexes_is_reported_with_what_was_stored(
    library: Library, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Ctrl-C after the catalogue has committed: the articles are in the library, and the report says so."""
    library.add_articles(made_articles(1, first=900))
    owner = {"put": ChromaVectors, "change": Keywords, "settle": type(library._catalogue.writes)}[where]
    real = getattr(owner, where)
    calls = 0

    def interrupted(self: object, *args: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return real(self, *args, **named)

    monkeypatch.setattr(owner, where, interrupted)
    with pytest.raises(AddInterrupted) as stopped:
        library.add_articles(made_articles(40))
    told = {outcome.article_id for outcome in stopped.value.report.outcomes}
    assert told == {article.id for article in library.articles()} - {"made-00900"}
    assert len(told) > 6  # two batches
    assert library.check().ok
    assert all(found_by_own_sentence(library, int(str(article_id)[5:])) for article_id in told)


# -- failed


class _Failing(HashedEmbeddings):
    """Answers ``good`` times, then refuses."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self._good = good

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._good -= 1
        if self._good < 0:
            raise ModelUnusable("The embedding model is out of order.")
        return super().embed_array(texts)


@pytest.mark.usefixtures("small_batches")
def test_what_a_stopped_run_embedded_is_not_embedded_again(
    library: Library, embeddings: HashedEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LibraryBusy("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(library._catalogue.writes, "stage", refuse)
        with pytest.raises(LibraryBusy):
            library.add_articles(made_articles(30))
    assert (library.folder / adding.PART).is_dir()
    assert library.count() == 0
    assert embeddings.embedded > 0
    assert library.add_articles(made_articles(30)).passages == embeddings.embedded
    assert not (library.folder / adding.PART).exists()
    assert library.check().ok


@pytest.mark.usefixtures("small_batches")
def test_a_model_that_fails_midway_leaves_what_was_done_before(open_library: Opener) -> None:
    with (
        open_library(embeddings=_Failing(good=4)) as library,
        pytest.raises(ModelUnusable, match="out of order"),
    ):
        library.add_articles(made_articles(60))
    with open_library() as library:
        assert library.notices == ()  # it was left sealed: nothing to make anew
        assert 0 < library.count() < 60
        assert library.check().ok
        assert all(found_by_own_sentence(library, int(article.id[5:])) for article in library.articles())
        library.add_articles(made_articles(60))
        assert library.count() == 60
        assert library.check().ok


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("where", ["put", "change"])
def test_an_index_that_fails_once_is_in_step_after_the_next_change(
    open_library: Opener, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The disk is full for a while, and the process goes on: nothing may stay behind."""
    library = open_library()
    library.add_articles(made_articles(10))
    owner = {"put": ChromaVectors, "change": Keywords}[where]

    def full(*_: object, **__: object) -> None:
        raise LibraryBusy("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(owner, where, full)
        with pytest.raises(LibraryBusy, match="no space left"):
            library.add_articles(made_articles(10, first=100))
    assert not library.check().ok
    assert library.count() > 10  # the catalogue has some of them
    library.add_articles([made_article(200)])
    assert library.check().ok
    assert all(found_by_own_sentence(library, int(article.id[5:])) for article in library.articles())
    library.add_articles(made_articles(10, first=100))
    assert library.count() == 21
    library.close()
    with open_library() as again:
        assert again.notices == ()


@pytest.mark.parametrize("where", ["put", "change"])
def test_an_index_that_failed_is_made_anew_at_the_next_opening(
    open_library: Opener, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """It may be torn: it must not be sealed as whole."""

    def full(*_: object, **__: object) -> None:
        raise LibraryBusy("no space left on device")

    with open_library() as library, monkeypatch.context() as patch:
        library.add_articles(made_articles(10))
        library._indexes._owned()[0].put([10_000], HashedEmbeddings().embed_array(["half of what was to be written"]))
        patch.setattr({"put": ChromaVectors, "change": Keywords}[where], where, full)
        with pytest.raises(LibraryBusy):
            library.add_articles(made_articles(10, first=100))
    with open_library() as library:
        assert any("made anew" in notice for notice in library.notices)
        assert library.check().ok
        assert all(found_by_own_sentence(library, int(article.id[5:])) for article in library.articles())


def test_a_source_that_fails_while_it_is_read_leaves_what_was_done_before(open_library: Opener) -> None:
    def source() -> Iterator[Article]:
        yield from made_articles(300)
        raise RuntimeError("the source broke")

    with open_library() as library, pytest.raises(RuntimeError, match="the source broke"):
        library.add_articles(source())
    with open_library() as library:
        assert library.check().ok
        assert all(found_by_own_sentence(library, int(article.id[5:])) for article in library.articles())


def test_two_threads_add_one_after_the_other(library: Library) -> None:
    reports = []

    def add(first: int) -> None:
        reports.append(library.add_articles(made_articles(30, first=first)))

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 20, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(report.count("added") for report in reports) == 70
    assert sum(report.count("unchanged") for report in reports) == 20
    assert library.count() == 70
    assert library.check().ok


def test_files_are_added_by_their_path(library: Library, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(f"A title\n\n{made_article(1).text}")
    (tmp_path / "two.exe").write_bytes(b"\x00")
    report = library.add([tmp_path / "one.txt", str(tmp_path / "two.exe")])
    assert [outcome.kind for outcome in report.outcomes] == ["added", "refused"]
    assert own_sentence(1) in library.search(own_sentence(1), k=1)[0].text
