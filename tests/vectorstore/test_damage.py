"""A catalogue that is not what was stored: refused by name where it would be quoted, and mended by adding again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.helpers import Opener, found_by_own_sentence, made_article, made_articles, own_sentence
from vectorstore.errors import LibraryDamaged
from vectorstore.library import Library
from vectorstore.storage.articles.catalogue import FILE_NAME, Catalogue

_ID = "made-00003"


def _change(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        assert connection.execute(statement, values).rowcount


def _digit(folder: Path) -> None:
    (place,) = [text.index(" days") for text in [made_article(3).text]]
    digit = made_article(3).text[place - 1]
    _change(
        folder,
        "UPDATE articles SET text = substr(text, 1, ?) || ? || substr(text, ?) WHERE id = ?",
        place - 1,
        str((int(digit) + 1) % 10),
        place + 1,
        _ID,
    )


def _column(column: str, value: object) -> object:
    def damage(folder: Path) -> None:
        _change(folder, f"UPDATE articles SET {column} = ? WHERE id = ?", value, _ID)

    damage.__name__ = f"_{column}_{value!r:.12}"
    return damage


def _bad_utf8(folder: Path) -> None:
    _change(folder, "UPDATE articles SET title = CAST(x'ff41fe' AS TEXT) WHERE id = ?", _ID)


def _span(folder: Path) -> None:
    _change(folder, "UPDATE passages SET start = start + 1 WHERE article_id = ?", _ID)


def _vector(folder: Path) -> None:
    _change(folder, "UPDATE passages SET vector = zeroblob(length(vector)) WHERE article_id = ?", _ID)


def _other_vector(folder: Path) -> None:
    _change(
        folder,
        "UPDATE passages SET vector = (SELECT vector FROM passages WHERE article_id = 'made-00004') "
        "WHERE article_id = ?",
        _ID,
    )


def _short_vector(folder: Path) -> None:
    _change(folder, "UPDATE passages SET vector = substr(vector, 1, 9) WHERE article_id = ?", _ID)


def _lost_passage(folder: Path) -> None:
    _change(folder, "DELETE FROM passages WHERE id = (SELECT MAX(id) FROM passages WHERE article_id = ?)", _ID)


_QUOTED = [
    _digit,
    _column("text", "Nothing of it."),
    _column("title", "Another title"),
    _column("published", "2024-01-05"),
    _column("published", "\x00\x00"),
    _column("added", "no time"),
    _column("authors", "[\x00"),
    _column("source", "The Lantern"),
    _column("version", "\x00"),
    _bad_utf8,
    _span,
    _lost_passage,
]
_UNQUOTED = [_vector, _other_vector, _short_vector]


def _leads(library: Library, number: int) -> bool:
    """Whether the article is found by its own sentence, when no other is to be quoted."""
    (match,) = library.search(own_sentence(number), k=1)
    return match.article.id == made_article(number).id and own_sentence(number) in match.text


@pytest.mark.parametrize("damage", _QUOTED, ids=lambda damage: damage.__name__.strip("_"))
def test_an_article_that_is_not_what_was_stored_is_refused_by_name_where_it_is_quoted(
    stored: Path, open_library: Opener, damage: object
) -> None:
    damage(stored)  # type: ignore[operator]
    for read_only in (True, False):
        with open_library(stored, read_only=read_only) as library:
            with pytest.raises(LibraryDamaged, match=f"The article {_ID} .* is damaged: .*`assistant remove`"):
                library.search(own_sentence(3), k=3)
            with pytest.raises(LibraryDamaged, match=f"The article {_ID}"):
                library.passages(_ID)
            assert len(library.articles(with_text=False)) == 40
            assert _leads(library, 5)


@pytest.mark.parametrize("damage", _QUOTED + _UNQUOTED, ids=lambda damage: damage.__name__.strip("_"))
def test_a_check_names_a_damaged_article_and_adding_it_again_mends_it(
    stored: Path, open_library: Opener, damage: object
) -> None:
    damage(stored)  # type: ignore[operator]
    with open_library(stored, read_only=True, recover=False) as reader:
        (problem, *others) = reader.check().problems
    assert problem.what == f"The article {_ID} is damaged: its words, passages or vectors are not what was stored"
    assert problem.run == f"assistant remove {_ID} --library {stored}, and add it again"
    assert all("index" in other.what for other in others)
    with open_library(stored) as library:
        report = library.add_articles(made_articles(10))
        assert [(o.article_id, o.kind) for o in report.outcomes if o.kind != "unchanged"] == [(_ID, "changed")]
        if damage is _lost_passage:
            library.rebuild()
        assert library.check().ok
        assert found_by_own_sentence(library, 3)


@pytest.mark.parametrize("damage", _UNQUOTED, ids=lambda damage: damage.__name__.strip("_"))
def test_a_damaged_vector_is_left_out_and_the_others_are_found(
    stored: Path, open_library: Opener, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    damage(stored)  # type: ignore[operator]
    with open_library(stored, read_only=True) as reader:
        assert all(_leads(reader, number) for number in range(40) if number != 3)
    if damage is not _other_vector:
        assert "Vectors in" in caplog.text
    with open_library(stored, recover=False) as library:
        library.rebuild()
        assert f"The article {_ID}" in caplog.text
        assert all(_leads(library, number) for number in range(40) if number != 3)


def test_an_earlier_version_that_is_not_what_was_stored_is_refused(library: Library) -> None:
    for edition in (1, 2):
        library.add_articles([made_article(1, edition=edition)])
    assert library.article("made-00001", 1).text == made_article(1).text
    library._catalogue._database.run("UPDATE versions SET text = text || '.'")
    with pytest.raises(LibraryDamaged, match="The article made-00001"):
        library.article("made-00001", 1)
    assert "made-00001" in library.check().problems[0].what


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE prints SET story = 2 WHERE number = 1",
        "UPDATE shingles SET hash = hash + 1 WHERE number = 1",
        "DELETE FROM shingles WHERE number = 2",
        "INSERT INTO edges VALUES (1, 2)",
    ],
)
def test_groups_of_copies_that_are_not_what_was_stored_are_not_told_and_are_made_anew(
    library: Library, damage: str
) -> None:
    library.add_articles(made_articles(4))
    assert library.check().ok
    library._catalogue._database.run(damage)
    assert library._catalogue.copies.representatives([made_article(0).id, made_article(1).id]) == {}
    assert [problem.what for problem in library.check().problems] == ["The groups of copies are damaged"]
    library.rebuild()
    assert library.check().ok


def test_a_catalogue_of_version_2_is_read_as_it_is_and_gains_its_proofs_when_it_is_written(
    stored: Path, open_library: Opener
) -> None:
    with closing(sqlite3.connect(stored / FILE_NAME)) as connection:
        for table in ("articles", "versions", "passages", "prints"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN proof")
        connection.execute("ALTER TABLE articles DROP COLUMN pages")
        connection.execute("PRAGMA user_version = 2")
    with open_library(stored, read_only=True) as reader:
        assert reader.check().ok
        assert found_by_own_sentence(reader, 3)
    _digit(stored)  # its words had a digest before
    with open_library(stored) as library:
        assert library._catalogue.damaged() == [_ID]
        assert library._catalogue._database.one("SELECT COUNT(*) FROM passages WHERE proof IS NULL") == (0,)
        assert not library._catalogue.copies.damaged()
        library.add_articles(made_articles(10))
        assert library.check().ok


@pytest.mark.parametrize("table", ["articles", "passages"])
def test_rows_that_are_missing_are_named_by_the_check(stored: Path, open_library: Opener, table: str) -> None:
    _change(stored, f"DELETE FROM {table} WHERE {'id' if table == 'articles' else 'article_id'} = ?", _ID)
    with open_library(stored, read_only=True) as reader:
        assert not reader.check().ok
        if table == "articles":
            with pytest.raises(LibraryDamaged, match=_ID):
                reader._catalogue.passages.with_articles(sorted(reader._catalogue.passages.ids()))


def test_a_name_in_the_schema_that_is_no_text_is_damage(stored: Path, open_library: Opener) -> None:
    """SQLite says so in words that Python cannot read."""
    path = stored / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b"INDEX articles_pending", b"INDEX article\xbd_pending"))
    for read_only in (True, False):
        with pytest.raises(LibraryDamaged, match="Restore it from a backup"):
            open_library(stored, read_only=read_only)


def test_vectors_of_no_use_are_not_compared(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    assert catalogue.passages.vectors()[1].shape == (0, 1)
    catalogue._database.run("PRAGMA foreign_keys = OFF")
    for number, vector in enumerate(([1, 0], [0, np.nan], [np.inf, 0], [0.6, 0.8], [3e38, 3e38], [1, 0, 0])):
        blob = np.array(vector, dtype="<f4").tobytes()
        catalogue._database.run("INSERT INTO passages VALUES (?, 'a', 0, 1, ?, NULL)", (number, blob))
    ids, vectors = catalogue.passages.vectors()
    assert ids.tolist() == [0, 3]
    assert vectors.shape == (2, 2)
    catalogue.close()
