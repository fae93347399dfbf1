from __future__ import annotations

import codecs
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.sources import KINDS, find, read, read_all
from vectorstore.types import Article, Refusal

TEXT = "The ferry to Bergen was cancelled on Tuesday because of ice."


def names(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find(folder) if isinstance(path, Path)]


def refused(path: Path) -> str:
    (item,) = read(path)
    assert isinstance(item, Refusal), item
    assert item.source == str(path)
    return item.reason


def write(path: Path, content: bytes | str = TEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- find ------------------------------------------------------------------------------------------------------------


def test_folders_are_searched_to_the_bottom_in_sorted_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/b/c.HTML", "c.jsonl.gz", "a.csv"):
        write(tmp_path / name)
    assert names(tmp_path) == ["a/b/c.HTML", "a/z.md", "a.csv", "b.txt", "c.jsonl.gz"]


def test_hidden_files_and_read_mes_in_folders_are_passed_over(tmp_path: Path) -> None:
    for name in (".git/x.txt", ".hidden.txt", "README", "README.md", "readme_first.txt", "a.txt", "readmission.txt"):
        write(tmp_path / name)
    assert names(tmp_path) == ["a.txt", "readmission.txt"]
    assert list(find([tmp_path / ".hidden.txt", tmp_path / "README.md"])) == [
        tmp_path / ".hidden.txt",
        tmp_path / "README.md",
    ]


def test_unknown_kinds_are_refused_by_name_wherever_they_are(tmp_path: Path) -> None:
    log = write(tmp_path / "a.log")
    for found in (find(tmp_path), find(log), read(log)):
        (item,) = found
        assert isinstance(item, Refusal)
        assert item.source == str(log)
        assert item.reason.startswith("unknown kind of file; what can be read ends in .txt, .md")


def test_what_is_not_there_and_what_holds_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    sources: list[str | Path] = [tmp_path / "no.txt", str(tmp_path / "empty"), tmp_path / "circle", "a\0b.txt"]
    missing, empty, circle, zero = find(sources)
    assert missing == Refusal(str(tmp_path / "no.txt"), "there is no such file or folder; check the name")
    assert isinstance(empty, Refusal)
    assert "the folder holds no file to read" in empty.reason
    assert circle == Refusal(str(tmp_path / "circle"), "its symbolic links go in a circle")
    assert zero == Refusal("a\ufffdb.txt", "this is no path: it holds a zero character")


@pytest.mark.parametrize("address", ["http://fjord.example/a", "HTTPS://fjord.example", "ftp://fjord.example/a.txt"])
def test_an_address_is_not_taken_for_a_path(address: str) -> None:
    assert list(find(address)) == [address]


def test_links_that_go_in_circles_end(tmp_path: Path) -> None:
    write(tmp_path / "a" / "a.txt")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    found = list(find(tmp_path))
    assert found == [
        tmp_path / "a" / "a.txt",
        Refusal(str(tmp_path / "gone.txt"), "there is no such file or folder; check the name"),
    ]


def test_a_path_too_long_to_name_is_refused(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    (item,) = find(tmp_path)
    assert isinstance(item, Refusal)
    assert "File name too long" in item.reason


def test_read_all_keeps_articles_and_refusals_in_their_order(tmp_path: Path) -> None:
    write(tmp_path / "1.txt")
    write(tmp_path / "2.txt", b"")
    write(tmp_path / "3.jsonl", '{"text": "' + TEXT + '"}\n{}\n')
    items = list(read_all([tmp_path, "ftp://fjord.example"]))
    assert [type(item) for item in items] == [Article, Refusal, Article, Refusal, Refusal]


def test_every_kind_that_is_offered_is_read(tmp_path: Path) -> None:
    for kind in KINDS:
        path = write(tmp_path / f"empty{kind}", b"")
        assert "empty" in refused(path)


# --- read: refusals of single files ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [".txt", ".md", ".html"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n\n ", "the file is empty"),
        (b"%PDF-1.7\n" + TEXT.encode(), "it is no PDF, or a damaged one; try to repair it: qpdf"),
        (b"PK\x03\x04" + TEXT.encode(), "it is damaged or incomplete"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is a PNG picture"),
        (b"\x1f\x8b\x08" + TEXT.encode(), "it is compressed with gzip; run gunzip first"),
        (TEXT.encode() + b"\0" + TEXT.encode(), "it is binary data, not text: a zero byte at offset 60"),
        (bytes(range(1, 32)) * 10, "control codes"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "it is in UTF-32; convert it: iconv -f UTF-32 -t UTF-8"),
        (TEXT.encode("utf-16-le"), "it is in UTF-16LE without a mark; convert it: iconv -f UTF-16LE"),
        (TEXT.encode("utf-16-be"), "it is in UTF-16BE without a mark; convert it: iconv -f UTF-16BE"),
        (b"n/a", "there is no article text in it"),
        (b"12 345 678 901 234 567 890 123 456 789", "there is no article text in it"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_article_is_refused_by_what_it_is(
    tmp_path: Path, kind: str, content: bytes, reason: str
) -> None:
    assert reason in refused(write(tmp_path / f"a{kind}", content))


@pytest.mark.parametrize("kind", [".txt", ".md"])
def test_an_older_encoding_is_recognised_and_a_stray_byte_is_named_with_its_place(tmp_path: Path, kind: str) -> None:
    ukrainian = "Пором до Бергена стояв у порту дев’ять годин, бо фіорд замерз за одну ніч."
    (article,) = read(write(tmp_path / f"a{kind}", ukrainian.encode("windows-1251")))
    assert isinstance(article, Article)
    assert article.text == ukrainian
    reason = refused(write(tmp_path / f"b{kind}", b"one\ntwo caf\xe9\n" + ukrainian.encode()))
    assert "it is not UTF-8: byte 0xE9 at offset 11, line 2" in reason
    assert "save it as UTF-8 where it was made" in reason


@pytest.mark.parametrize(
    ("wrong", "right"), [("utf-8", "latin-1"), ("utf-8", "windows-1251"), ("windows-1251", "latin-1")]
)
def test_text_that_was_decoded_wrongly_is_mended(tmp_path: Path, wrong: str, right: str) -> None:
    ukrainian = "Пором до Бергена стояв у порту дев'ять годин, бо вода замерзла за одну ніч."
    text = ukrainian.encode(wrong).decode(right, "ignore")
    (article,) = read(write(tmp_path / "a.txt", text.encode()))
    assert isinstance(article, Article)
    assert article.text.split()[-4:] == ["замерзла", "за", "одну", "ніч."]


def test_text_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    ukrainian = "Пором до Бергена стояв у порту дев'ять годин, бо вода замерзла за одну ніч."
    for wrong, right in (("koi8-u", "windows-1251"), ("windows-1251", "koi8-u"), ("cp866", "windows-1251")):
        text = ukrainian.replace("і", "и").encode(wrong).decode(right, "ignore")
        assert "its letters make no sense" in refused(write(tmp_path / "a.txt", text.encode()))


def test_a_byte_order_mark_counts_in_the_offset(tmp_path: Path) -> None:
    assert "byte 0xE9 at offset 6," in refused(write(tmp_path / "a.txt", codecs.BOM_UTF8 + b"caf\xe9 " + TEXT.encode()))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", [".txt", ".md", ".html"])
def test_byte_order_marks_are_read(tmp_path: Path, kind: str, encoding: str) -> None:
    content = f"<p>{TEXT} Café.</p>" if kind == ".html" else f"{TEXT} Café."
    (article,) = read(write(tmp_path / f"a{kind}", content.encode(encoding)))
    assert isinstance(article, Article)
    assert article.text == f"{TEXT} Café."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.txt", "1 GB; a single article may have at most 20 MB"),
        ("a.html", "1 GB; a single article may have at most 20 MB"),
        ("a.jsonl", "1 GB; a table may have at most 512 MB: split it"),
        ("a.csv.gz", "1 GB; a table may have at most 512 MB: split it"),
        ("a.json", "1 GB; a .json file may have at most 512 MB: make it a table with one object a line: jq -c"),
    ],
)
def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(10**9)  # takes no room on the disk, and reading it would take a gigabyte of memory
    assert reason in refused(path)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user who is not root, whom permissions do not stop."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        (folder / "closed").chmod(0o700)
        shutil.rmtree(folder)


def test_what_may_not_be_read_is_refused_and_the_rest_goes_on(unprivileged: Path) -> None:
    secret = write(unprivileged / "a.txt")
    secret.chmod(0)
    closed = unprivileged / "closed"
    closed.mkdir(mode=0)
    write(unprivileged / "d.txt")
    secret_item, closed_item, article = read_all(unprivileged)
    assert secret_item == Refusal(str(secret), f"it may not be read; if it is yours, run: chmod u+r {secret}")
    assert isinstance(closed_item, Refusal)
    assert closed_item.source == str(closed)
    assert isinstance(article, Article)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "not a regular file" in refused(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    assert "is a folder" in refused(tmp_path / "folder.txt")
    assert "no such file" in refused(tmp_path / "gone.txt")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.txt")
        assert "cannot be read" in refused(Path("s.txt"))


def test_names_that_cannot_be_printed_are_shown_all_the_same(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n\x1b[31m.txt"))
    write(odd)
    (article,) = read_all(tmp_path)
    assert isinstance(article, Article)
    assert article.origin == f"{tmp_path}/caf\ufffd\ufffd\ufffd[31m.txt"


def test_a_file_is_known_by_its_place_however_it_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a" / "a.txt")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    ids = set()
    for spelling in (path, Path("a/a.txt"), tmp_path / "link" / "a.txt", tmp_path / "a" / ".." / "a" / "a.txt"):
        (article,) = read(spelling)
        assert isinstance(article, Article)
        ids.add(article.id)
    write(path, "Now quite another text stands in this file.")
    (article,) = read(path)
    assert isinstance(article, Article)
    assert ids == {article.id}
    (other,) = read(write(tmp_path / "b" / "a.txt"))
    assert isinstance(other, Article)
    assert other.id != article.id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    content=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)),
    kind=st.sampled_from([".txt", ".md"]),
)
def test_no_content_breaks_the_reading_of_a_file(tmp_path: Path, content: bytes, kind: str) -> None:
    (_,) = read(write(tmp_path / f"a{kind}", content))
    (_,) = read(write(tmp_path / f"b{kind}", b"---\n" + content + b"\n---\n" + TEXT.encode()))
