"""The tables of stored conversations, and their rows as data."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from assistant.errors import ConversationUnknown
from assistant.history.answer_json import answer_from_dict
from assistant.history.database import Run
from assistant.history.types import StoredTurn
from assistant.types import Answer
from vectorstore.messages import Message, from_json, to_json
from vectorstore.storage.sqlite import proof_of

SCHEMA = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    title TEXT NOT NULL,
    words TEXT NOT NULL,
    named INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL,
    changed TEXT NOT NULL,
    shown INTEGER
) WITHOUT ROWID;
CREATE INDEX conversations_by_user ON conversations (user, changed);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent INTEGER REFERENCES turns (id) ON DELETE CASCADE,
    asked TEXT NOT NULL,
    question TEXT NOT NULL,
    options TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asking', 'complete', 'cut', 'stopped', 'failed')),
    text TEXT NOT NULL DEFAULT '',
    problem TEXT,
    words TEXT NOT NULL,
    proof BLOB
);
CREATE INDEX turns_by_conversation ON turns (conversation);
CREATE INDEX turns_by_parent ON turns (parent);
CREATE INDEX turns_unfinished ON turns (state) WHERE state = 'asking';
CREATE TABLE answers (
    turn INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    answer TEXT NOT NULL,
    proof BLOB
);
CREATE TABLE feedback (
    turn INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    rating TEXT NOT NULL CHECK (rating IN ('up', 'down')),
    comment TEXT NOT NULL,
    given TEXT NOT NULL
);
"""
SHARES = """CREATE TABLE IF NOT EXISTS shares (
    word TEXT PRIMARY KEY,
    turn INTEGER NOT NULL UNIQUE REFERENCES turns (id) ON DELETE CASCADE
) WITHOUT ROWID"""
"""Made beside the others, so that a file of an earlier program gains it."""
TURN_PROOF = proof_of(
    f"turns.{name}"
    for name in ("id", "conversation", "parent", "asked", "question", "options", "state", "text", "problem")
)
ANSWER_PROOF = proof_of(["answers.turn", "answers.answer"])
IS_INTACT = (
    f"turns.proof IS {TURN_PROOF} AND CASE WHEN answers.turn IS NULL THEN turns.state != 'complete' "
    f"ELSE answers.proof IS {ANSWER_PROOF} END"
)
"""Whether a turn and its answer are what was stored."""
_DAMAGED = Message("What was stored of this answer is damaged, so it is not shown. Ask again.")


def prove_turn(run: Run, turn: int) -> None:
    run(f"UPDATE turns SET proof = {TURN_PROOF} WHERE id = ?", (turn,))


def storable(text: str) -> str:
    """``text`` as UTF-8 can hold it: lone surrogates become ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def storable_message(text: str) -> str:
    """A message as JSON with its template, and any other text as it is, as earlier versions stored all of them."""
    return storable(json.dumps(to_json(text), ensure_ascii=False) if isinstance(text, Message) else text)


def _stored_message(stored: str | None) -> str | None:
    if stored and stored.startswith("{"):
        with suppress(ValueError):
            return from_json(json.loads(stored))
    return stored


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def head(row: sqlite3.Row) -> tuple[str, str, datetime, datetime]:
    """What ``Summary`` begins with."""
    return row["id"], row["title"], moment(row["created"]), moment(row["changed"])


def moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # spoilt
        return datetime.fromtimestamp(0, UTC)


def stored_turn(row: sqlite3.Row, versions: str) -> StoredTurn:
    turn = StoredTurn(row["id"], row["question"], "failed", "", moment(row["asked"]), problem=_DAMAGED)
    turn = replace(turn, versions=tuple(sorted(json.loads(versions))))
    if not row["holds"]:
        return turn
    return replace(
        turn,
        state=row["state"],
        text=row["text"],
        answer=stored_answer(row["answer"] or ""),
        problem=_stored_message(row["problem"]),
        options=json.loads(row["options"]),
        rating=row["rating"],
        comment=row["comment"] or "",
    )


def stored_answer(form: str) -> Answer | None:
    """A stored answer; ``None`` when another version of the program stored what this one cannot read."""
    try:
        return answer_from_dict(json.loads(form))
    except ValueError:
        return None


def turn_unknown() -> ConversationUnknown:
    return ConversationUnknown("There is no such question in this conversation. It may have been deleted meanwhile.")


def own_conversation(run: Run, user: str, conversation: str, turn: int | None = None) -> sqlite3.Row:
    """The conversation, if it is the user's and ``turn`` belongs to it. Raises ``ConversationUnknown``."""
    own: sqlite3.Row | None = run(
        "SELECT * FROM conversations WHERE id = ? AND user = ?", (conversation, user)
    ).fetchone()
    if own is None:
        raise ConversationUnknown("There is no such conversation. It may have been deleted in another tab.")
    if turn is not None and own_turn(run, user, turn)["conversation"] != conversation:
        raise turn_unknown()
    return own


def own_turn(run: Run, user: str, turn: int) -> sqlite3.Row:
    """The turn, if it is the user's. Raises ``ConversationUnknown``."""
    own: sqlite3.Row | None = run(
        "SELECT turns.* FROM turns JOIN conversations c ON c.id = conversation WHERE turns.id = ? AND c.user = ?",
        (turn, user),
    ).fetchone()
    if own is None:
        raise turn_unknown()
    return own
