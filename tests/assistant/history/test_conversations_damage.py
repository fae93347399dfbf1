"""Conversations whose file was cut, swapped or spoilt: noticed, named, kept aside, and never told otherwise."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import ConversationsUnusable
from assistant.history.conversations import FILE_NAME, Conversations
from tests.assistant.history.test_conversations import asked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Conversations(tmp_path) as store:
        for question in ("How?", "When?"):
            asked(store, "", question)
    return tmp_path


def _change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        assert connection.execute(statement).rowcount


def _cut(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_cut, Path.unlink], ids=["cut", "removed"])
def test_a_file_that_was_cut_to_nothing_is_named_and_kept_aside(
    folder: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    log = folder / f"{FILE_NAME}-wal"
    log.write_bytes(b"what the last process had not put into the file yet")
    damage(folder / FILE_NAME)
    with Conversations(folder) as store:
        (notice,) = store.notices
        assert f"{FILE_NAME} holds 0 of 2 questions that were stored in it: it was removed or cut" in notice
        assert "Restore a newer one from a backup" in notice
        assert notice in caplog.text
        (kept,) = folder.glob("conversations-*-wal")
        assert kept.read_bytes().startswith(b"what the last process")
        assert store.conversations("") == ()
        asked(store, "", "Why?")
    with Conversations(folder) as store:
        assert store.notices == ()
        assert len(store.conversations("")) == 1


def test_an_older_file_in_its_place_is_named(folder: Path) -> None:
    older = folder / "older"
    shutil.copy(folder / FILE_NAME, older)
    with Conversations(folder) as store:
        asked(store, "", "Why?")
    shutil.copy(older, folder / FILE_NAME)
    with Conversations(folder) as store:
        assert "holds 2 of 3 questions that were stored in it" in store.notices[0]
        assert len(store.conversations("")) == 2
    with Conversations(folder) as store:
        assert store.notices == ()


def test_deleted_conversations_are_not_missed(folder: Path) -> None:
    with Conversations(folder) as store:
        for each in store.conversations(""):
            store.delete("", each.id)
    with Conversations(folder) as store:
        assert store.notices == ()
        asked(store, "", "Why?")
    (folder / "conversations.count").write_bytes(b"\xff\x00")
    with Conversations(folder) as store:
        assert store.notices == ()


def test_a_cut_file_is_named_to_who_only_reads(folder: Path) -> None:
    _cut(folder / FILE_NAME)
    with pytest.raises(ConversationsUnusable, match=r"is empty: it was cut\. Restore it from a backup"):
        Conversations(folder, read_only=True)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE turns SET text = replace(text, 'So', 'No')",
        "UPDATE turns SET question = 'Who?'",
        "UPDATE turns SET options = x'00'",
        "UPDATE turns SET asked = 'never'",
        "UPDATE turns SET question = CAST(x'ff41fe' AS TEXT)",
        "UPDATE answers SET answer = replace(answer, 'So', 'No')",
        "UPDATE answers SET answer = x'0000'",
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_an_answer_that_is_not_what_was_stored_is_not_shown(folder: Path, damage: str, read_only: bool) -> None:
    _change(folder, damage)
    with Conversations(folder, read_only=read_only) as store:
        for each in store.conversations(""):
            (turn,) = store.conversation("", each.id).turns
            assert (turn.state, turn.text, turn.answer) == ("failed", "", None)
            assert turn.problem == "What was stored of this answer is damaged, so it is not shown. Ask again."


@pytest.mark.parametrize(
    "damage", ["DELETE FROM answers", "UPDATE turns SET parent = id", "UPDATE turns SET parent = 99"]
)
def test_a_turn_that_lost_what_belongs_to_it_is_not_shown(folder: Path, damage: str) -> None:
    _change(folder, damage)
    with Conversations(folder) as store:
        for each in store.conversations(""):
            (turn,) = store.conversation("", each.id).turns
            assert turn.state == "failed"
            assert store.show("", each.id, turn.id).turns == (turn,)


def test_a_file_that_lost_its_end_is_named(folder: Path) -> None:
    path = folder / FILE_NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(ConversationsUnusable, match=r"cannot be read .*Restore the file from a backup"):
        Conversations(folder)


def test_a_name_in_the_schema_that_is_no_text_is_damage(folder: Path) -> None:
    """SQLite says so in words that Python cannot read."""
    path = folder / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b"CREATE INDEX turns_by_parent", b"CREATE IND\xbdX turns_by_parent"))
    for read_only in (True, False):
        with (
            pytest.raises(ConversationsUnusable, match=r"cannot be read .*Restore the file from a backup"),
            Conversations(folder, read_only=read_only) as store,
        ):
            store.conversations("")
