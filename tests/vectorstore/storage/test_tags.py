"""Tags file articles: they limit a search, and share the fate of their articles."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.vectorstore.helpers import Opener, made_articles, own_sentence
from vectorstore.errors import SearchInvalid
from vectorstore.storage.articles.catalogue import FILE_NAME, Catalogue
from vectorstore.upkeep.moving import backup, export, restore

FIRST, SECOND, UNDATED = "made-00001", "made-00002", "made-00009"


def test_a_search_finds_only_what_carries_a_tag(stored: Path, open_library: Opener) -> None:
    library = open_library(stored)
    library.add_articles(made_articles(12))
    assert library.tag([FIRST, UNDATED, "nobody"], " Budget\n2024 ") == 2
    assert library.tag([FIRST, SECOND], "budget 2024") == 1, "capitals make no other tag"
    assert library.tags() == {"Budget 2024": 3}
    found = library.search(own_sentence(5), tags=["BUDGET 2024"], k=50)
    assert {match.article.id for match in found} == {FIRST, SECOND, UNDATED}
    assert found[0].article.tags == ("Budget 2024",)
    assert library.scope(since="2024-01-01", tags=["Budget 2024"]).left_out_undated == 1
    assert library.has_any(library.scope(until=library.article(SECOND).published, tags=["Budget 2024"]))
    assert not library.has_any(library.scope(since="2100-01-01", tags=["Budget 2024"]))
    by_words = library._indexes.words()
    assert by_words is not None
    passages = [passage.id for passage in library.passages(SECOND)]
    for search in (by_words.search, by_words.search_articles):
        assert {hit for hit, _ in search("stood near", 50, passages=passages)} <= set(passages)
        assert search("stood near", 50, passages=passages)
    assert library.untag([FIRST], "budget 2024") == 1
    assert {match.article.id for match in library.search("stood near", tags=["Budget 2024"])} == {SECOND, UNDATED}


def test_what_is_no_tag_and_a_tag_that_nobody_carries_are_refused(stored: Path, open_library: Opener) -> None:
    library = open_library(stored)
    for wrong in ("", " \u200b ", "x" * 61):
        with pytest.raises(SearchInvalid):
            library.tag([FIRST], wrong)
    library.tag([FIRST], "Budget")
    with pytest.raises(SearchInvalid, match=r"“war”\. Tags in this library: Budget"):
        library.search("anything", tags=["war"])


def test_tags_survive_everything_but_their_articles(stored: Path, open_library: Opener, tmp_path: Path) -> None:
    library = open_library(stored)
    library.tag([FIRST, SECOND], "Budget")
    library.rebuild()
    assert library.tags() == {"Budget": 2}
    library.remove([FIRST])
    assert library.tags() == {"Budget": 1}
    library.undo([SECOND])
    assert library.tags() == {"Budget": 1}, "another article was not brought back"
    library.undo([FIRST])
    assert library.article(FIRST).tags == ("Budget",)
    backup(stored, tmp_path / "backup.tar.gz")
    restore(tmp_path / "backup.tar.gz", tmp_path / "restored")
    export(stored, tmp_path / "export.jsonl")
    for folder in ("restored", "read back"):
        other = open_library(tmp_path / folder)
        if folder == "read back":
            other.add(tmp_path / "export.jsonl")
        assert other.tags_of_articles() == {FIRST: ("Budget",), SECOND: ("Budget",)}
    library.remove([FIRST])
    library.purge()
    library.add_articles(made_articles(1, first=1))
    assert library.article(FIRST).tags == ()


def test_an_older_catalogue_has_no_tags_until_it_may_be_written(stored: Path, open_library: Opener) -> None:
    file = sqlite3.connect(stored / FILE_NAME)
    file.executescript("DROP TABLE tags; PRAGMA user_version = 5")
    file.close()
    reader = Catalogue(stored, read_only=True)
    assert reader.tags.counts() == {}
    assert reader.article(FIRST).tags == ()
    reader.close()
    library = open_library(stored)
    assert library.tag([FIRST], "Budget") == 1
