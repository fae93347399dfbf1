"""The groups of copies in a library: how they form, fall apart, last, and reach a library made without them."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.helpers import HashedEmbeddings, Opener
from tests.vectorstore.text.test_duplicates import MONDAY, TUESDAY, told
from vectorstore.errors import AddInterrupted
from vectorstore.library import Library
from vectorstore.storage.articles import copies
from vectorstore.storage.articles.catalogue import FILE_NAME, Catalogue
from vectorstore.storage.articles.writes import Draft
from vectorstore.text import duplicates
from vectorstore.text.duplicates import COMMON, RULE_VERSION
from vectorstore.types import Article, Progress


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path)
    yield opened
    opened.close()


def _article(name: str, text: str, published: date | None = None) -> Article:
    return Article(name, f"Title of {name}", text, published=published, origin=f"{name}.txt")


def _stage(catalogue: Catalogue, *articles: Article) -> None:
    catalogue.writes.stage(
        [
            Draft(article, [(0, len(article.text))], HashedEmbeddings().embed_array([article.text]))
            for article in articles
        ]
    )


def _groups(catalogue: Catalogue) -> set[frozenset[str]]:
    """The groups of more than one article; ``copies``, ``table`` and ``representatives`` must agree on them."""
    ids = [article.id for article in catalogue.articles()]
    copies = catalogue.copies.of(ids)
    groups = {frozenset({name, *(copy.id for copy in others)}) for name, others in copies.items()}
    assert sum(map(len, groups)) == len(copies)
    for group in groups:
        assert len({catalogue.copies.representatives([name])[name] for name in group} & group) == 1
    table = catalogue.passages.table()
    assert table.stories.dtype == np.int32
    assert len(set(table.stories.tolist())) == len(ids) - len(copies) + len(groups)
    seen = catalogue.passages.with_articles(table.ids.tolist())
    by_story: dict[int, set[str]] = {}
    for number, story in zip(table.ids.tolist(), table.stories.tolist(), strict=True):
        by_story.setdefault(story, set()).add(seen[number][1].id)
    assert {frozenset(names) for names in by_story.values() if len(names) > 1} == groups
    return groups


def _group(*names: str) -> set[frozenset[str]]:
    return {frozenset(names)}


# -- forming


def test_copies_form_a_group_earliest_first_and_undated_last(catalogue: Catalogue) -> None:
    _stage(
        catalogue,
        _article("m", told(1), TUESDAY),
        _article("other", told(2), MONDAY),
        _article("a", told(1) + " Printed in full."),
        _article("z", told(1) + " Read more.", MONDAY),
    )
    assert _groups(catalogue) == _group("m", "a", "z")
    copies = catalogue.copies.of(["a", "m", "other", "unheard of", "m"])
    assert {name: [copy.id for copy in others] for name, others in copies.items()} == {
        "a": ["z", "m"],
        "m": ["z", "a"],
    }
    assert {copy.text for others in copies.values() for copy in others} == {""}
    assert copies["m"][0].title == "Title of z"
    assert copies["m"][0].published == MONDAY


def test_a_later_run_finds_the_copies_of_earlier_articles(catalogue: Catalogue, tmp_path: Path) -> None:
    _stage(catalogue, *(_article(f"old {number}", told(number), MONDAY) for number in range(50)))
    catalogue.close()
    again = Catalogue(tmp_path)
    _stage(again, _article("new", told(17) + " Read more.", TUESDAY))
    assert _groups(again) == _group("old 17", "new")
    again.close()


def test_templates_and_follow_ups_stay_apart(catalogue: Catalogue) -> None:
    frame = "Highs of {} degrees on the coast, {} in the hills, winds at {} and rain at {} percent. " + told(3, 5)
    for number, day in enumerate((MONDAY, TUESDAY)):
        _stage(
            catalogue,
            _article(f"weather {number}", frame.format(*(number * 10 + place for place in range(11, 15))), day),
            _article(f"report {number}", told(4) + number * told(5, 10), day),
        )
    assert _groups(catalogue) == set()


def test_the_order_of_adding_does_not_matter(tmp_path: Path) -> None:
    articles = [
        _article(f"{seed}-{part}", told(seed)[part * 90 :] + " Ends." * part) for seed in range(6) for part in range(4)
    ]
    formed = []
    for turn in range(3):
        (tmp_path / str(turn)).mkdir()
        opened = Catalogue(tmp_path / str(turn))
        random.Random(turn).shuffle(articles)
        for first in range(0, len(articles), 5):
            _stage(opened, *articles[first : first + 5])
        formed.append(_groups(opened))
        opened.close()
    assert formed[0] == formed[1] == formed[2]
    assert formed[0] == {frozenset(f"{seed}-{part}" for part in range(4)) for seed in range(6)}


def test_any_number_of_articles_with_the_same_words_are_one_group(catalogue: Catalogue) -> None:
    names = [f"page {number}" for number in range(COMMON + 20)]
    _stage(catalogue, *(_article(name, told(1)) for name in names))
    assert _groups(catalogue) == _group(*names)
    catalogue.writes.remove(["page 0"])
    assert _groups(catalogue) == _group(*names[1:])


def test_what_many_articles_share_leads_nowhere(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    about = told(99, 12)
    _stage(catalogue, *(_article(f"brief {number}", f"{told(number, 8)}\n\n{about}") for number in range(COMMON + 1)))
    assert _groups(catalogue) == set()

    def compared(*_: object) -> bool:
        raise AssertionError("no text should be read")

    monkeypatch.setattr(duplicates, "same_story", compared)
    _stage(catalogue, _article("one more", f"{told(500, 8)}\n\n{about}"))


# -- falling apart


def _halves(seed: int) -> tuple[str, str]:
    text = told(seed, 24)
    return text[: len(text) // 2], text[len(text) // 2 :]


@pytest.mark.parametrize("how", ["removed", "updated", "dated"])
def test_two_that_only_a_third_joined_part_with_it(catalogue: Catalogue, how: str) -> None:
    """A newspaper's two excerpts of one report have nothing in common but the report."""
    first, second = _halves(7)
    report = _article("report", f"{first} {second}", MONDAY)
    _stage(catalogue, _article("first", first, MONDAY), _article("second", second, MONDAY))
    assert _groups(catalogue) == set()
    _stage(catalogue, report)
    assert _groups(catalogue) == _group("first", "report", "second")
    if how == "removed":
        catalogue.writes.remove(["report"])
    elif how == "updated":
        _stage(catalogue, replace(report, text=told(8)))
    else:  # now it adds to what it was found in before
        _stage(catalogue, replace(report, published=TUESDAY))
    assert _groups(catalogue) == set()
    _stage(catalogue, replace(report, title="Back again"))
    assert _groups(catalogue) == _group("first", "report", "second")


def test_an_update_moves_an_article_to_its_new_story(catalogue: Catalogue) -> None:
    _stage(catalogue, *(_article(f"{seed}{letter}", told(seed)) for seed in (1, 2) for letter in "ab"))
    assert _groups(catalogue) == {frozenset({"1a", "1b"}), frozenset({"2a", "2b"})}
    _stage(catalogue, _article("1a", told(2)))
    assert _groups(catalogue) == _group("1a", "2a", "2b")


def test_groups_after_many_changes_are_those_of_a_new_library(catalogue: Catalogue, tmp_path: Path) -> None:
    chance = random.Random(5)
    held: dict[str, Article] = {}
    for _ in range(40):
        for _ in range(3):
            seed, name = chance.randrange(6), f"article {chance.randrange(30)}"
            first, second = _halves(seed)
            text = chance.choice([first, second, f"{first} {second}", f"Read on. {first} {second}"])
            held[name] = _article(name, text, chance.choice([None, MONDAY, TUESDAY]))
            _stage(catalogue, held[name])
        for name in chance.sample(sorted(held), k=min(2, len(held))):
            catalogue.writes.remove([name])
            del held[name]
    (tmp_path / "new").mkdir()
    new = Catalogue(tmp_path / "new")
    _stage(new, *held.values())
    assert _groups(catalogue) == _groups(new)
    assert len(_groups(new)) > 2
    new.close()
    catalogue.writes.remove(list(held))
    for table in ("prints", "shingles", "edges"):
        assert catalogue._database.one(f"SELECT COUNT(*) FROM {table}") == (0,)


def test_a_batch_that_fails_leaves_no_trace_in_the_groups(catalogue: Catalogue) -> None:
    _stage(catalogue, _article("held", told(1)))
    text = told(1) + " Read more."
    broken = Draft(_article("broken", told(2)), [(0, 10), (10, 20)], HashedEmbeddings().embed_array(["one only"]))
    with pytest.raises(ValueError, match="shorter"):
        catalogue.writes.stage(
            [Draft(_article("copy", text), [(0, 9)], HashedEmbeddings().embed_array([text])), broken]
        )
    assert _groups(catalogue) == set()
    assert catalogue._database.one("SELECT COUNT(*) FROM prints") == (1,)


# -- a library made without groups, or by another rule


def _as_of_version_1(folder: Path) -> None:
    """The file as the first version left it: without the tables of the groups, and without proofs."""
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.executescript(
        "DROP TABLE edges; DROP TABLE shingles; DROP TABLE prints; DELETE FROM meta WHERE name LIKE 'copies%'; "
        "ALTER TABLE articles DROP COLUMN proof; ALTER TABLE passages DROP COLUMN proof; "
        "ALTER TABLE versions DROP COLUMN proof; ALTER TABLE articles DROP COLUMN pages; "
        "PRAGMA user_version = 1;"
    )
    connection.close()


@pytest.fixture
def old(open_library: Opener, tmp_path: Path) -> Path:
    """The folder of a library of version 1 with one pair of copies and five other articles."""
    with open_library() as library:
        library.add_articles([_article(f"old {seed}", told(seed), MONDAY) for seed in range(6)])
        library.add_articles([_article("old copy", told(3) + " Read more.", TUESDAY)])
    _as_of_version_1(tmp_path / "library")
    return tmp_path / "library"


def test_a_library_of_version_1_is_read_as_it_is(old: Path, open_library: Opener) -> None:
    before = (old / FILE_NAME).read_bytes()
    with open_library(read_only=True) as library:
        assert library.search(told(3)[:80], k=3)
        assert library.check().articles == 7
        assert library._catalogue.copies.of(["old 3"]) == {}
        assert library._catalogue.copies.representatives(["old 3"]) == {}
        table = library._catalogue.passages.table()
        assert len(set(table.stories.tolist())) == 7
    assert (old / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("how", ["add", "rebuild"])
def test_a_library_of_version_1_gains_its_groups_with_the_first_add_or_rebuild(
    old: Path, open_library: Opener, how: str
) -> None:
    with open_library() as library:
        assert library.count() == 7
        assert _groups(library._catalogue) == set()  # opening does not make a person wait
        if how == "add":
            library.add_articles([_article("new", told(5) + " Read more.", TUESDAY)])
            assert _groups(library._catalogue) == {frozenset({"old 3", "old copy"}), frozenset({"old 5", "new"})}
        else:
            library.rebuild()
            assert _groups(library._catalogue) == _group("old 3", "old copy")
        assert library.check().ok
    with open_library(read_only=True) as reader:
        assert [copy.id for copy in reader._catalogue.copies.of(["old copy"])["old copy"]] == ["old 3"]


def test_articles_of_version_1_can_be_removed_and_changed_before_they_have_groups(
    old: Path, open_library: Opener
) -> None:
    with open_library() as library:
        assert library.remove(["old 3"]) == 1
        library.add_articles([_article("old 1", told(2) + " Read more.", TUESDAY)])
        assert _groups(library._catalogue) == _group("old 1", "old 2")


def test_grouping_that_is_cut_off_goes_on_where_it_stopped(
    old: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "_GROUPED_AT_ONCE", 2)
    done: list[int] = []

    def stop(progress: Progress) -> None:
        done.append(progress.done)
        if len(done) == 2:
            raise KeyboardInterrupt

    with open_library() as library:
        with pytest.raises(AddInterrupted):
            library.add_articles([], on_progress=stop)
        assert library.check().ok
    with open_library() as library:
        library.add_articles([], on_progress=stop)
        assert _groups(library._catalogue) == _group("old 3", "old copy")
    assert done == [2, 4, 2, 3]


def test_another_rule_forms_the_groups_anew(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add_articles([_article("one", told(1)), _article("two", told(1) + " Read more.")])
    assert _groups(library._catalogue) == _group("one", "two")
    monkeypatch.setattr(duplicates, "same_story", lambda *_: False)
    library.rebuild()
    assert _groups(library._catalogue) == _group("one", "two")  # the same rule: nothing is done twice
    monkeypatch.setattr(duplicates, "RULE_VERSION", RULE_VERSION + 1)
    library.rebuild()
    assert _groups(library._catalogue) == set()


# -- what adding says


def test_a_copy_is_added_and_the_report_names_the_article_whose_story_it_carries(library: Library) -> None:
    def reasons(items: Sequence[Article]) -> list[tuple[str, str | None]]:
        return [(outcome.kind, outcome.reason) for outcome in library.add_articles(items).outcomes]

    first, copy = _article("first", told(1), MONDAY), _article("copy", told(1) + " Read more.", TUESDAY)
    assert reasons([first, _article("other", told(2))]) == [("added", None), ("added", None)]
    assert reasons([copy]) == [("added", "it carries the same story as first")]
    assert library.count() == 3
    assert library.article("copy").text == copy.text
    assert reasons([copy]) == [("unchanged", None)]
    assert reasons([replace(copy, text=told(2) + " Read more.")]) == [("changed", "it carries the same story as other")]
    assert reasons([replace(first, id="twin")]) == [("duplicate", "the same article is in the library as first")]
