"""Backups and exports, on real libraries: what comes back is what was there, or a refusal by name and nothing else."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.vectorstore.helpers import Opener, found_by_own_sentence, made_article, made_articles
from vectorstore.errors import LibraryDamaged, LibraryError
from vectorstore.types import Article
from vectorstore.upkeep import moving


def test_a_library_in_use_is_backed_up_and_comes_back_whole(stored: Path, open_library: Opener, tmp_path: Path) -> None:
    owner = open_library(stored)
    owner.add_articles([made_article(1, edition=2), made_article(900)])  # in SQLite's log, not yet in its file
    (stored / "vectors" / "note.txt").write_text("not of the truth")
    file, new = tmp_path / "b.tar.gz", tmp_path / "new"
    assert moving.backup(stored, file) == owner.check().passages
    owner.add_articles([made_article(901)])  # later
    with tarfile.open(file) as archive:
        assert archive.getnames() == ["manifest.json", "catalogue.sqlite3"]
    moving.restore(file, new)
    restored = open_library(new)
    assert restored.articles() == [article for article in owner.articles() if article.id != "made-00901"]
    assert restored.article("made-00001", 1) == owner.article("made-00001", 1)
    assert restored.check().ok
    assert found_by_own_sentence(restored, 900)


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _cut_between_files(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data)[:1_536])


def _flipped(data: bytes) -> bytes:
    tar = bytearray(gzip.decompress(data))
    tar[len(tar) // 2] ^= 1
    return gzip.compress(bytes(tar))


def _with_a_path(data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=made, mode="w:gz") as new:
        for entry in old:
            content = old.extractfile(entry)
            entry.name = entry.name.replace("catalogue", "../catalogue")
            new.addfile(entry, content)
    return made.getvalue()


@pytest.mark.parametrize("spoil", [_cut, _cut_between_files, _flipped, _with_a_path, lambda data: b"no archive"])
def test_a_damaged_backup_is_refused_by_name_and_nothing_is_left(
    stored: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    file, place = tmp_path / "b.tar.gz", tmp_path / "place"
    moving.backup(stored, file)
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(LibraryDamaged, match=r"b\.tar\.gz is no backup of a library, or is cut off"):
        moving.restore(file, place / "new")
    assert list(place.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "library", "place"]


def test_a_restore_replaces_nothing(stored: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    moving.backup(stored, file)
    before = {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()}
    with pytest.raises(LibraryError, match="is not empty, and a restore replaces nothing"):
        moving.restore(file, stored)
    assert {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()} == before


def test_exported_articles_are_the_same_in_a_new_library(open_library: Opener, tmp_path: Path) -> None:
    text = "<p>The council wrote <b>this</b> about tags &amp; signs.</p>\n\nIt was read aloud on Monday, word for word."
    odd = [
        Article("7", "Tags | The Lamp", text, source="The Lamp", url="https://lamp.example/1", authors=("A. Doe",)),
        Article("123456789012", "Digits", f"{text} Twice.", pages=(0, 60), origin="old.pdf"),
    ]
    library, file = open_library(), tmp_path / "x.jsonl"
    library.add_articles([*made_articles(5), *odd])
    assert moving.export(library.folder, file) == (7, [])
    new = open_library(tmp_path / "new")
    assert new.add(file).count("added") == 7
    assert [replace(each, added=None) for each in new.articles()] == [
        replace(each, added=None) for each in library.articles()
    ]
    line = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    file.write_text(json.dumps(line | {"published": 20240101}), encoding="utf-8")
    (refused,) = new.add(file).refused
    assert "is not as it was written" in refused.reason
