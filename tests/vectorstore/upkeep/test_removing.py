"""What is removed is out of every answer, comes back within a day, and leaves nothing once it is purged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.vectorstore.helpers import HashedEmbeddings, Opener, found_by_own_sentence, made_article
from vectorstore.adding import embedded_text
from vectorstore.errors import ArticleUnknown
from vectorstore.storage.articles.catalogue import FILE_NAME
from vectorstore.text import splitter
from vectorstore.types import Article
from vectorstore.upkeep import removing


def test_what_was_removed_comes_back_with_its_versions(stored: Path, open_library: Opener) -> None:
    library = open_library(stored)
    library.add_articles([made_article(1, edition=2)])
    before = [library.article("made-00001"), library.article("made-00001", 1), library.article("made-00002")]
    library.remove(["made-00001", "made-00002"])
    assert not found_by_own_sentence(library, 1)
    library.close()
    library = open_library(stored)
    assert library.check().ok
    assert library.undo().count("added") == 2
    after = [library.article("made-00001"), library.article("made-00001", 1), library.article("made-00002")]
    assert after == before
    assert all(found_by_own_sentence(library, number) for number in (1, 2))
    assert library.check().ok
    assert library.undo().outcomes == ()


def test_what_is_added_again_takes_the_place_of_what_was_removed(stored: Path, open_library: Opener) -> None:
    library = open_library(stored)
    library.add_articles([made_article(1, edition=2)])
    library.remove("made-00001")
    library.add_articles([made_article(1)])
    assert library.undo().outcomes == ()
    assert library.article("made-00001").version == 1
    with pytest.raises(ArticleUnknown):
        library.article("made-00001", 2)


def test_after_a_day_the_words_are_deleted(stored: Path, open_library: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_library(stored) as library:
        library.remove("made-00001")
        assert len(library._catalogue.removed.since(datetime.now(UTC) - timedelta(hours=1))) == 1
    monkeypatch.setattr(removing, "UNDO", timedelta(seconds=-5))
    with open_library(stored) as library:
        assert library._catalogue.removed.since(datetime.min.replace(tzinfo=UTC)) == []


def _files_with(folder: Path, parts: list[bytes]) -> set[str]:
    """The top folders and files in which a part stands as it is, in small letters, or read from the end."""
    wanted = {form for part in parts for form in (part, part.lower(), part[::-1], part.lower()[::-1])}
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and any(form in path.read_bytes() for form in wanted):
            found.add(path.relative_to(folder).parts[0].removesuffix("-wal"))
    return found


@pytest.mark.parametrize("at_once", [True, False])
def test_purged_articles_leave_no_byte_of_their_words_or_vectors(
    stored: Path, open_library: Opener, at_once: bool
) -> None:
    library = open_library(stored)
    words = "Qzyxwvut Jklmnopqrs Zzwvyxq".split()
    secret = Article(
        "secret", "Qzyxwvut", f"The {words[1]} of the harbour was seen by nobody. {words[2]} said so twice."
    )
    library.add_articles([secret])
    library.add_articles([Article("secret", "Qzyxwvut", f"{secret.text} It was {words[1]} again, they wrote.")])
    texts = [embedded_text(secret, span) for span in splitter.passages(secret.text)]
    vectors = [vector.astype("<f4").tobytes() for vector in HashedEmbeddings().embed_array(texts)]
    letters, numbers = [word.encode() for word in words], [vector[8:72] for vector in vectors]
    assert FILE_NAME in _files_with(stored, letters)
    assert "vectors" in _files_with(stored, numbers)
    indexes = {path for name in ("vectors", "keywords") for path in (stored / name).iterdir()}
    if not at_once:
        library.remove("secret")
        assert FILE_NAME in _files_with(stored, letters)  # for undo
    assert library.purge(["secret"] if at_once else []) == 1
    assert _files_with(stored, letters) == _files_with(stored, numbers) == set()
    assert not any(path.exists() for path in indexes)
    assert library.find_articles(words[1]) == []
    assert library.undo().outcomes == ()
    assert library.check().ok
    assert found_by_own_sentence(library, 7)
    library.close()
    assert _files_with(stored, letters) == _files_with(stored, numbers) == set()
