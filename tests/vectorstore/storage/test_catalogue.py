"""The truth of a library: what goes in comes out, in one piece or not at all."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.helpers import HashedEmbeddings, made_article
from vectorstore.errors import ArticleUnknown, LibraryBusy, LibraryNewer
from vectorstore.storage.arrays import Table
from vectorstore.storage.articles.catalogue import FILE_NAME, Catalogue
from vectorstore.storage.articles.rows import digest
from vectorstore.storage.articles.writes import Draft
from vectorstore.text.splitter import passages
from vectorstore.types import Article

_FULL = Article(
    id="full",
    title="Заголовок “with” every field",
    text="First sentence. Второе предложение.\n\nThird 🚢 sentence\x00 with a zero byte.",
    published=date(2024, 9, 2),
    published_from="front matter",
    updated=date(2024, 9, 3),
    source="Harbour Gazette",
    url="https://example.org/a?b=c&d=é",
    authors=("Ann Ål", "Bo, the Second"),
    origin="made.jsonl:7",
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path)
    yield opened
    opened.close()


def _draft(article: Article) -> Draft:
    spans = passages(article.text)
    return Draft(article, spans, HashedEmbeddings().embed_array([article.text[start:end] for start, end in spans]))


def test_an_article_comes_out_as_it_went_in(catalogue: Catalogue) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    catalogue.writes.stage([_draft(_FULL), _draft(Article("bare", "Bare", "Nothing known."))])
    stored = catalogue.article("full")
    assert stored.added is not None
    assert before <= stored.added <= datetime.now(UTC)
    for name in ("id", "title", "text", "published", "published_from", "updated", "source", "url", "authors", "origin"):
        assert getattr(stored, name) == getattr(_FULL, name)
    bare = catalogue.article("bare")
    assert (bare.published, bare.updated, bare.source, bare.url, bare.authors) == (None, None, None, None, ())
    assert bare.published_from == "unknown"


def test_passages_come_out_with_their_words_and_vectors(catalogue: Catalogue) -> None:
    draft = _draft(_FULL)
    entries = catalogue.writes.stage([draft])
    for entry, (start, end), vector in zip(entries, draft.spans, draft.vectors, strict=True):
        assert (entry.passage.start, entry.passage.end) == (start, end)
        assert entry.passage.text == _FULL.text[start:end]
        assert entry.day == date(2024, 9, 2).toordinal()
        np.testing.assert_array_equal(entry.vector, vector)
    assert catalogue.passages.of("full") == [entry.passage for entry in entries]
    read = [entry for batch in catalogue.passages.entries(batch=1) for entry in batch]
    assert [entry.passage for entry in read] == [entry.passage for entry in entries]
    ids, vectors = catalogue.passages.vectors()
    assert ids.tolist() == [entry.passage.id for entry in entries]
    np.testing.assert_array_equal(vectors, draft.vectors)


def test_a_change_keeps_the_earlier_version_and_the_day_of_adding(catalogue: Catalogue) -> None:
    catalogue.writes.stage([_draft(made_article(1))])
    first = catalogue.article("made-00001")
    old = catalogue.passages.ids()
    catalogue.writes.settle()
    for edition in (2, 3):
        catalogue.writes.stage([_draft(made_article(1, edition=edition))])
    now = catalogue.article("made-00001")
    assert (now.version, now.added) == (3, first.added)
    assert now.text == made_article(1, edition=3).text
    assert catalogue.article("made-00001", 1) == first
    assert catalogue.article("made-00001", 2).text == made_article(1, edition=2).text
    assert catalogue.article("made-00001", 3) == now
    for version in (0, 4):
        with pytest.raises(ArticleUnknown, match=f"made-00001 in version {version}"):
            catalogue.article("made-00001", version)
    assert old <= set(catalogue.writes.retired())
    assert not old & catalogue.passages.ids()


def test_a_number_of_a_passage_is_never_given_twice(catalogue: Catalogue) -> None:
    catalogue.writes.stage([_draft(made_article(1))])
    old = catalogue.passages.ids()
    assert catalogue.writes.remove(["made-00001", "made-00001", "unheard of"]) == 1
    catalogue.writes.settle()
    catalogue.writes.stage([_draft(made_article(2))])
    assert not old & catalogue.passages.ids()


def test_what_is_staged_is_pending_until_it_is_settled(catalogue: Catalogue) -> None:
    catalogue.writes.stage([_draft(made_article(1))])
    catalogue.writes.settle()
    catalogue.writes.stage([_draft(made_article(2))])
    assert catalogue.writes.pending() == ["made-00002"]
    assert {e.passage.article_id for batch in catalogue.passages.entries(only_pending=True) for e in batch} == {
        "made-00002"
    }
    catalogue.writes.settle()
    assert catalogue.writes.pending() == []
    assert catalogue.writes.retired() == []


def test_a_batch_with_a_fault_in_it_is_not_stored_at_all(catalogue: Catalogue) -> None:
    broken = Draft(made_article(2), [(0, 10), (10, 20)], HashedEmbeddings().embed_array(["one only"]))
    with pytest.raises(ValueError, match="shorter"):
        catalogue.writes.stage([_draft(made_article(1)), broken])
    assert catalogue.counts() == (0, 0, 0)
    assert len(catalogue.writes.stage([_draft(made_article(1))])) == len(
        passages(made_article(1).text)
    )  # and it goes on working


def test_a_full_disk_is_an_error_with_a_next_step_and_the_catalogue_goes_on(catalogue: Catalogue) -> None:
    catalogue.writes.stage([_draft(made_article(1))])
    pages = catalogue._database.run("PRAGMA page_count").fetchone()[0]
    catalogue._database.run(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LibraryBusy, match="Check free disk space"):
        catalogue.writes.stage([_draft(made_article(number)) for number in range(2, 50)])
    catalogue._database.run("PRAGMA max_page_count = 1000000")
    assert catalogue.counts()[0] == 1
    catalogue.writes.stage([_draft(made_article(2))])
    assert catalogue.counts()[0] == 2


def test_many_passages_are_asked_for_at_once(catalogue: Catalogue) -> None:
    catalogue._database._main.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)  # its default; Debian's takes more
    (entry,) = catalogue.writes.stage([_draft(made_article(1, paragraphs=0))])
    many = [*range(100_000, 140_000), entry.passage.id]
    assert list(catalogue.passages.with_articles(many)) == [entry.passage.id]
    ids, vectors = catalogue.passages.vectors(many)
    assert ids.tolist() == [entry.passage.id]
    np.testing.assert_array_equal(vectors[0], entry.vector)


def test_vectors_come_in_the_order_of_their_ids(catalogue: Catalogue) -> None:
    catalogue.writes.stage([_draft(made_article(number)) for number in range(5)])
    ids, vectors = catalogue.passages.vectors()
    shuffled = [int(number) for number in np.random.default_rng(1).permutation(ids)]
    again, same = catalogue.passages.vectors(shuffled)
    np.testing.assert_array_equal(again, ids)
    np.testing.assert_array_equal(same, vectors)


def test_the_table_knows_days_and_sources_and_follows_changes(catalogue: Catalogue, tmp_path: Path) -> None:
    assert catalogue.passages.table().ids.tolist() == []
    drafts = [_draft(made_article(number)) for number in (7, 8, 9)]  # no source; dated; undated
    entries = catalogue.writes.stage(drafts)
    table = catalogue.passages.table()
    assert table is catalogue.passages.table()  # not read twice
    assert table.ids.tolist() == [entry.passage.id for entry in entries]
    assert table.days.tolist() == [entry.day or 0 for entry in entries]
    assert table.days.tolist()[-1] == 0
    names = [None if code < 0 else table.source_names[code] for code in table.sources]
    assert names == [entry.source for entry in entries]
    reader = Catalogue(tmp_path, read_only=True)
    assert (len(reader.passages.table().ids), reader.counts()) == (len(table.ids), catalogue.counts())
    catalogue.writes.remove(["made-00008"])
    for each in (catalogue, reader):
        assert len(each.passages.table().ids) == len(table.ids) - 2
        assert each.counts() == (2, len(table.ids) - 2, 1)
    reader.close()


def _facts(table: Table) -> list[tuple[object, ...]]:
    """What the table says of each passage, whatever its numbers are; of stories which passages have the same."""
    first_of_story: dict[int, int] = {}
    return [
        (number, table.article_ids[article], day, table.source_names[source] if source >= 0 else None, first)
        for number, article, day, source, story in zip(
            table.ids.tolist(),
            table.articles.tolist(),
            table.days.tolist(),
            table.sources.tolist(),
            table.stories.tolist(),
            strict=True,
        )
        for first in (first_of_story.setdefault(story, number),)
    ]


def test_a_table_that_followed_changes_says_what_one_read_anew_says(catalogue: Catalogue, tmp_path: Path) -> None:
    chance = random.Random(4)
    catalogue.passages.table()
    changed, followed = 0, []
    for step in range(60):
        numbers = chance.sample(range(25), 3)
        if step % 4 == 3:
            changed += catalogue.writes.remove([made_article(number).id for number in numbers])
        else:
            source = chance.choice([None, "One", "Two", f"New {step}"])
            drafts = [_draft(replace(made_article(number), source=source)) for number in numbers]
            if step % 4 == 2:  # the same words under another id
                drafts += [_draft(replace(draft.article, id=f"copy of {draft.article.id}")) for draft in drafts]
            catalogue.writes.stage(drafts)
        followed.append(catalogue.passages.table())
        other = Catalogue(tmp_path)
        assert _facts(followed[-1]) == _facts(other.passages.table())
        other.close()
    assert changed > 10
    assert any(len(set(table.stories.tolist())) < len(set(table.articles.tolist())) for table in followed)


def test_a_copy_takes_over_in_one_step(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.writes.stage([_draft(made_article(number)) for number in range(20)])
    catalogue.writes.settle()
    before = catalogue.counts()
    (tmp_path / "copy").mkdir()
    catalogue.copy_to(tmp_path / "copy")
    reader = Catalogue(tmp_path, read_only=True)
    seen = reader.generation()
    copy = Catalogue(tmp_path / "copy")
    for number in range(20):
        text = copy.article(f"made-{number:05}").text
        copy.writes.replace_passages(f"made-{number:05}", [(0, len(text))], HashedEmbeddings(32).embed_array([text]))
    copy.set_meta({"model": "another"})
    assert (reader.counts(), reader.meta("model")) == (before, None)
    catalogue.take_over(copy)
    copy.close()
    for one in (catalogue, reader):
        assert (one.counts(), one.meta("model"), one.integrity()) == ((20, 20, 2), "another", [])
        assert one.passages.vectors()[1].shape == (20, 32)
    assert reader.generation() != seen
    reader.close()
    catalogue.writes.stage([_draft(made_article(30))])
    assert catalogue.counts()[0] == 21


def test_articles_come_newest_first_and_undated_last(catalogue: Catalogue) -> None:
    catalogue.writes.stage([_draft(made_article(number)) for number in range(12)])
    days = [article.published for article in catalogue.articles()]
    assert days[-1] is None
    dated = [day for day in days if day is not None]
    assert len(dated) == 11
    assert dated == sorted(dated, reverse=True)
    ids = [article.id for article in catalogue.articles()]
    assert [article.id for article in catalogue.articles(limit=5, offset=4)] == ids[4:9]


def test_undated_articles_are_counted_by_source_in_any_case(catalogue: Catalogue) -> None:
    catalogue.writes.stage([_draft(made_article(number)) for number in range(30)])  # 9, 19 and 29 are undated
    assert catalogue.undated() == 3
    assert catalogue.undated(["harbour GAZETTE"]) == 1
    assert catalogue.undated(["Valley Post", "The Lamp", "Harbour Gazette"]) == 3
    assert catalogue.undated(["No Such Paper"]) == 0


def test_the_digest_is_of_the_content_and_not_of_where_it_was_read() -> None:
    article = made_article(1)
    assert digest(replace(article, id="x", origin="elsewhere", version=3)) == digest(article)
    day = date(1999, 1, 1)
    others = [
        replace(article, title="Other"),
        replace(article, text="Other."),
        replace(article, published=day),
        replace(article, updated=day),
        replace(article, source="Other"),
        replace(article, url="https://example.org"),
        replace(article, authors=("Other",)),
        replace(article, authors=("Other", "Two")),
    ]
    assert len({digest(other) for other in [article, *others]}) == 1 + len(others)


def test_a_catalogue_of_another_version_is_not_touched(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / FILE_NAME)
    other.execute("PRAGMA user_version = 99")
    other.execute("CREATE TABLE something (else_)")
    other.close()
    for read_only in (True, False):
        with pytest.raises(LibraryNewer, match="it says 99, this one reads up to 6"):
            Catalogue(tmp_path, read_only=read_only)


def test_a_catalogue_that_another_program_holds_is_busy(tmp_path: Path, catalogue: Catalogue) -> None:
    catalogue._database.run("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryBusy, match="locked"):
        catalogue.set_meta({"a": "b"})
    holder.execute("ROLLBACK")
    holder.close()
    catalogue.set_meta({"a": "b"})
    assert catalogue.meta("a") == "b"
