"""The keyword index, on disk and in memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import tantivy

from vectorstore.errors import LibraryBusy
from vectorstore.indexes.keywords import Keywords
from vectorstore.storage.articles.passages import Entry
from vectorstore.types import Passage

_DAY = date(2024, 9, 2).toordinal()


def _entry(number: int, text: str, *, title: str = "", day: int | None = None, source: str | None = None) -> Entry:
    passage = Passage(number, f"a{number}", 0, len(text), text)
    return Entry(passage, title, source, day, np.zeros(1, dtype=np.float32))


@pytest.fixture(params=["on disk", "in memory"])
def keywords(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keywords]:
    index = Keywords(tmp_path if request.param == "on disk" else None)
    yield index
    index.close()


def _hits(index: Keywords, question: str, **scope: object) -> list[int]:
    return [number for number, _ in index.search(question, 10, **scope)]  # type: ignore[arg-type]


def test_passages_are_found_by_words_in_any_form_and_by_their_title(keywords: Keywords) -> None:
    keywords.change(
        [
            _entry(1, "The ministers were negotiating in Zürich."),
            _entry(2, "Rain fell on the valley.", title="Weather in Lwów"),
            _entry(3, "A museum opened."),
        ]
    )
    assert _hits(keywords, "negotiated by a minister") == [1]
    assert _hits(keywords, "ZURICH?") == [1]
    assert _hits(keywords, "what about lwow") == [2]
    assert _hits(keywords, "the and of") == []
    assert keywords.ids() == {1, 2, 3}


def test_a_word_in_the_passage_counts_more_than_in_the_title(keywords: Keywords) -> None:
    keywords.change([_entry(1, "Rain fell here.", title="Storm"), _entry(2, "Storm fell here.", title="Rain")])
    assert _hits(keywords, "storm") == [2, 1]
    assert _hits(keywords, "rain") == [1, 2]


def test_a_passage_put_twice_is_there_once_and_a_forgotten_one_not_at_all(keywords: Keywords) -> None:
    keywords.change([_entry(1, "An old text."), _entry(2, "Another old text.")])
    keywords.change([_entry(1, "A new text.")], forget=[2, 77])
    assert _hits(keywords, "old") == []
    assert _hits(keywords, "new text") == [1]
    assert keywords.ids() == {1}
    keywords.change((), forget=[1])
    assert keywords.ids() == set()
    assert _hits(keywords, "new") == []


def test_days_are_included_at_both_ends_and_undated_passages_left_out(keywords: Keywords) -> None:
    keywords.change([_entry(n, "storm", day=_DAY + n) for n in range(5)])
    keywords.change([_entry(9, "storm")])
    assert sorted(_hits(keywords, "storm")) == [0, 1, 2, 3, 4, 9]
    assert sorted(_hits(keywords, "storm", first_day=_DAY + 1, last_day=_DAY + 3)) == [1, 2, 3]
    assert sorted(_hits(keywords, "storm", first_day=_DAY + 3)) == [3, 4]
    assert sorted(_hits(keywords, "storm", last_day=_DAY + 1)) == [0, 1]
    assert _hits(keywords, "storm", first_day=_DAY + 2, last_day=_DAY + 2) == [2]
    assert _hits(keywords, "storm", first_day=_DAY + 3, last_day=_DAY + 1) == []


def test_a_scope_does_not_change_the_scores(keywords: Keywords) -> None:
    keywords.change([_entry(n, "storm " * n, day=_DAY, source="The Lamp") for n in range(1, 5)])
    plain = keywords.search("storm", 10)
    assert keywords.search("storm", 10, first_day=_DAY, sources=["The Lamp"]) == plain


def test_sources_are_matched_whole_and_in_any_case(keywords: Keywords) -> None:
    keywords.change(
        [
            _entry(1, "storm", source="The Lamp"),
            _entry(2, "storm", source="The Lamp Post"),
            _entry(3, "storm", source="Straße"),
            _entry(4, "storm"),
        ]
    )
    assert _hits(keywords, "storm", sources=["the lamp"]) == [1]
    assert sorted(_hits(keywords, "storm", sources=["THE LAMP POST", "STRASSE"])) == [2, 3]
    assert _hits(keywords, "storm", sources=["straße"]) == [3]
    assert _hits(keywords, "storm", sources=["lamp"]) == []
    assert _hits(keywords, "storm", sources=[]) == []


@pytest.mark.parametrize(
    "question",
    [
        'title:"x" AND (body:y OR -z)^2~3 [a TO b] {c} /re.*/ \\ + !',
        "storm" * 1_000,
        "storm " * 200_000,
        " ".join(f"word{number}" for number in range(20_000)) + " storm",
        "?!…",
        "🚢🌩️",
        "",
        "\x00",
    ],
    ids=["syntax", "one long word", "one word often", "many words", "marks", "pictures", "nothing", "zero"],
)
def test_no_question_is_an_error(keywords: Keywords, question: str) -> None:
    keywords.change([_entry(1, "storm")])
    hits = keywords.search(question, 10)
    assert [number for number, _ in hits] in ([], [1])


def test_many_threads_may_ask_while_one_changes(keywords: Keywords) -> None:
    keywords.change([_entry(n, f"storm number{n}") for n in range(100)])

    def ask(_: int) -> set[int]:
        return {number for n in range(100) for number, _ in keywords.search(f"number{n}", 3)}

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, n) for n in range(8)]
        for n in range(100, 110):
            keywords.change([_entry(n, "calm")])
        assert all(future.result() == set(range(100)) for future in asked)


def test_an_index_opens_again_only_with_its_stamp(tmp_path: Path) -> None:
    first = Keywords(tmp_path)
    first.change([_entry(1, "storm")])
    first.seal("one")
    first.close()
    again = Keywords(tmp_path, stamp="one")
    assert again.whole
    assert again.ids() == {1}
    again.close()
    other = Keywords(tmp_path, stamp="two")
    assert not other.whole
    assert other.ids() == set()
    other.close()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_reader_beside_a_writer_sees_the_newest_index_and_changes_nothing(tmp_path: Path) -> None:
    writer = Keywords(tmp_path)
    writer.change([_entry(1, "storm")])
    assert Keywords(tmp_path, stamp="never sealed", read_only=True).ids() == {1}
    writer.change([_entry(2, "storm")])
    writer.close()
    assert Keywords(tmp_path, read_only=True).ids() == {1, 2}
    with pytest.raises(LibraryBusy):
        Keywords(tmp_path / "nothing", read_only=True)
    assert not (tmp_path / "nothing").exists()


def test_words_count_alike_however_their_accents_are_put_together(keywords: Keywords) -> None:
    keywords.change([_entry(1, "Müller ist in Łódź, Зеленський теж.")])
    for question in ("Müller", "Mu\u0308ller", "Łodz", "Зеленський", "Зеленськи\u0306"):
        assert _hits(keywords, question) == [1], question


def test_an_index_without_names_is_refused_by_a_reader(tmp_path: Path) -> None:
    older = tantivy.SchemaBuilder().add_integer_field("id", indexed=True, fast=True).build()
    (tmp_path / "older").mkdir()
    tantivy.Index(older, str(tmp_path / "older"))
    with pytest.raises(LibraryBusy):
        Keywords(tmp_path, read_only=True)


def test_a_change_that_fails_is_undone_and_the_next_one_works(keywords: Keywords) -> None:
    keywords.change([_entry(1, "storm")])

    def failing() -> Iterator[Entry]:
        yield _entry(2, "storm")
        raise OSError("no space left on device")

    with pytest.raises(LibraryBusy, match="no space left on device"):
        keywords.change(failing(), forget=[1])
    assert keywords.ids() == {1}
    keywords.change([_entry(3, "storm")])
    assert keywords.ids() == {1, 3}
