from __future__ import annotations

import io
import random
import tarfile
from pathlib import Path

import pytest

from tests.vectorstore.sources.made import TEXT, articles, pdf, refusals, refused, write, zipped
from vectorstore.sources import read
from vectorstore.sources.documents.reading import Reading
from vectorstore.types import Article, Refusal


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return made.getvalue()


FILES = {
    "news/a.txt": TEXT.encode(),
    "news/b.pdf": pdf([["The pier is open again, and ferries sail twice a day."]]),
    "rows.jsonl": b'{"text": "Buses go around the fjord twice a day."}\nno row\n',
    "__MACOSX/._a.txt": b"\0\5\x16\7",
    "README.md": b"How to use this archive, and nothing else.",
}


@pytest.mark.parametrize("kind", ["zip", "w", "w:gz", "w:xz"])
def test_an_archive_is_read_like_a_folder(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "all", zipped(FILES) if kind == "zip" else tarred(FILES, kind))
    assert [(item.origin.removeprefix(f"{path}/"), item.text[:8]) for item in articles(path)] == [
        ("news/a.txt", "The ferr"),
        ("news/b.pdf", "The pier"),
        ("rows.jsonl:1", "Buses go"),
    ]
    assert [item.id for item in articles(path)] == [item.id for item in articles(path)]
    assert set(refusals(path)) == {"all/rows.jsonl:2"} | (set() if kind == "zip" else {"all/link.txt"})


def test_names_that_lead_out_are_refused_and_write_nothing(tmp_path: Path) -> None:
    out = ("../out.txt", str(tmp_path / "out.txt"), "in/../../../out.txt")
    path = write(tmp_path / "a.zip", zipped(dict.fromkeys((*out, "a.txt", "a.txt/b.txt", "c" * 300), TEXT)))
    assert len(articles(path)) == 1
    reasons = list(refusals(path).values())
    assert ["its name leads out of the archive" in reason for reason in reasons] == [True] * 3 + [False] * 2
    assert list(tmp_path.iterdir()) == [path]


def test_an_archive_in_an_archive_is_read_and_a_third_one_is_refused(tmp_path: Path) -> None:
    third = zipped({"third.txt": TEXT})
    second = zipped({"second.txt": "Snow stopped all of the buses.", "third.zip": third})
    path = write(tmp_path / "a.zip", zipped({"first.txt": "Ice stopped all of the ships.", "second.zip": second}))
    assert [item.origin.removeprefix(f"{path}/") for item in articles(path)] == ["first.txt", "second.zip/second.txt"]
    assert "an archive inside of others" in refusals(path)["a.zip/second.zip/third.zip"]


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    part = zipped({"a.txt": TEXT + "\n" * 6_000_000})
    bomb = write(tmp_path / "a.zip", zipped({"a.zip": part, "b.zip": part}))
    assert bomb.stat().st_size < 20_000
    article, refusal = read(bomb, reading=Reading(room=10_000_000))  # for both together
    assert isinstance(article, Article)
    assert isinstance(refusal, Refusal)
    assert refusal.source == f"{bomb}/b.zip"
    assert "unpacked it has more than 3 MB, as bombs have" in refusal.reason


def test_what_is_encrypted_or_torn_is_refused_by_name(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": TEXT, "b.txt": TEXT * 50}))
    locked = bytearray(data)
    entry = locked.index(b"PK\x01\x02")
    locked[entry + 8] |= 1
    assert "it is encrypted" in refusals(write(tmp_path / "a.zip", bytes(locked)))["a.zip/a.txt"]
    data[60] ^= 0xFF
    assert list(refusals(write(tmp_path / "b.zip", bytes(data)))) == ["b.zip/a.txt"]
    assert "damaged or incomplete" in refused(write(tmp_path / "c.zip", bytes(data[:-30])))
    cut = write(tmp_path / "d.tgz", tarred({"a.txt": TEXT.encode(), "b.txt": random.randbytes(9_000)})[:5_000])
    assert len(articles(cut)) == 1
    assert "what came before is kept" in refusals(cut)["d.tgz"]
    assert "it is no TAR archive, or a damaged one" in refused(write(tmp_path / "e.tar.bz2", b"BZh9 and nothing else"))
