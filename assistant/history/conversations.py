"""Stored conversations: who asked what, and the whole answers, in one SQLite file beside the catalogue.

The turns of a conversation form a tree. A turn is asked *after* another one (or after none), and what a reader sees is
one path through the tree. Asking an edited question again, or asking in a browser tab that has not seen what another
tab added, puts a second turn in the same place: a branch. Nothing is overwritten: ``StoredTurn.versions`` names the
turns of one place, ``show`` changes between them, and the one asked last is shown by default.

A turn is committed as ``asking`` before it is searched for, its text is saved while it is written, and it ends as
``complete``, ``cut``, ``stopped`` or ``failed``. Whoever opens the file after a process was killed finds its unfinished
turns and marks them ``cut``, with the text that had come.

Each turn and each answer holds a proof of what it says, so that nothing is shown as said that was not. A file beside
the conversations knows how many turns there were: SQLite takes one that was cut to nothing for a new one.

Feedback stands in the same file, one verdict for a turn, so that it has the whole answer and goes when that goes.

Each user has conversations of their own; every method that reads or changes some takes the user, and those of others
are for it as if they were not there. A page without login belongs to the user ``""``.
"""

from __future__ import annotations

import json
import logging
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, Self

from assistant.errors import ConversationsUnusable, ConversationUnknown
from assistant.history.answer_json import answer_from_dict, stored_form
from assistant.history.database import Database, Run
from assistant.history.text_search import excerpt, folded
from assistant.types import Answer, Turn
from vectorstore.messages import Message, from_json, to_json
from vectorstore.storage.sqlite import proof_of

_log = logging.getLogger(__name__)

FILE_NAME = "conversations.sqlite3"
SAVE_SECONDS = 0.5
"""How long a text that is being written waits to be saved: what a killed process may lose of it. All texts that wait
are saved together, without waiting for the disk: 1 ms for 50 of 3,000 characters."""
TITLE_LENGTH = 60
"""Characters: one line of a side bar 280 pixels wide holds about 35, two lines hold this."""
COMMENT_LENGTH = 2_000
"""Characters of the word beside a thumb; longer ones are cut."""

TurnState = Literal["asking", "complete", "cut", "stopped", "failed"]
Rating = Literal["up", "down"]

_SCHEMA = """
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
_SHARES = """CREATE TABLE IF NOT EXISTS shares (
    word TEXT PRIMARY KEY,
    turn INTEGER NOT NULL UNIQUE REFERENCES turns (id) ON DELETE CASCADE
) WITHOUT ROWID"""
"""Made beside the others, so that a file of an earlier program gains it."""
_TURN = proof_of(
    f"turns.{name}"
    for name in ("id", "conversation", "parent", "asked", "question", "options", "state", "text", "problem")
)
_ANSWER = proof_of(["answers.turn", "answers.answer"])
_HOLDS = (
    f"turns.proof IS {_TURN} AND CASE WHEN answers.turn IS NULL THEN turns.state != 'complete' "
    f"ELSE answers.proof IS {_ANSWER} END"
)
"""Whether a turn and its answer are what was stored."""
_DAMAGED = Message("What was stored of this answer is damaged, so it is not shown. Ask again.")


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as a list shows it. Times are in UTC."""

    id: str
    title: str
    created: datetime
    changed: datetime
    """When it was last asked in or answered."""


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question, and what became of it."""

    id: int
    question: str
    state: TurnState
    text: str
    """The answer's text, or as much of it as had come."""
    asked: datetime
    answer: Answer | None = None
    """The whole answer as it was given; ``None`` while it is written, and where the writing was cut or failed."""
    problem: str | None = None
    """Why it failed, was cut or abstained: a sentence for the reader."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the reader had set beside the question, as it was given to ``begin``."""
    versions: tuple[int, ...] = ()
    """The turns that were asked in this place, oldest first, this one among them."""
    rating: Rating | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Conversation(Summary):
    """One path through a conversation's turns, first to last."""

    turns: tuple[StoredTurn, ...] = ()


def told(turns: Iterable[StoredTurn]) -> tuple[Turn, ...]:
    """Stored turns as the history of the next question; what got no answer is no part of it."""
    return tuple(
        each
        for turn in turns
        if turn.answer is not None and turn.answer.text
        for each in (Turn("user", turn.question), Turn.of(turn.answer))
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that is stored and waits for its answer."""

    conversation: str
    turn: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that holds the words of a search."""

    conversation: Summary
    turn: int | None
    """The latest turn that holds them all, perhaps on another branch; ``None`` where it is the title that does."""
    excerpt: str
    """Words around the first that was found."""
    marks: tuple[tuple[int, int], ...]
    """Where the words stand in ``excerpt``."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's verdict on an answer."""

    user: str
    conversation: str
    turn: int
    rating: Rating
    comment: str
    given: datetime
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        given, answer = self.given.isoformat(timespec="seconds"), self.answer.to_dict()
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"given": given, "answer": answer}


class Conversations:
    """The conversations in ``folder``, usually the library's. Close it, or use a ``with`` block; threads may share it.

    ``read_only`` changes nothing, also no file: for a look beside a running page. Every method raises
    ``ConversationsUnusable`` when the disk refuses or the file is damaged.
    """

    def __init__(self, folder: Path | str, *, read_only: bool = False) -> None:
        path = Path(folder) / FILE_NAME
        self._counter = path.with_suffix(".count")
        counted = _counted(self._counter)
        aside = "" if read_only or not counted else _kept_aside(path)
        self.notices: tuple[str, ...] = ()
        """What the opening found missing, for the person at the keyboard."""
        self._database = Database(path, _SCHEMA, read_only=read_only)
        self._begun: dict[int, str] = {}
        """The turns that are being written through this object, and their users."""
        self._unsaved: dict[int, str] = {}
        self._unsaved_lock = threading.Lock()
        self._saver: threading.Timer | None = None
        try:
            if self._database.first:
                self._recover(counted, aside)
        except BaseException:
            self._database.close()
            raise

    def _recover(self, counted: int, aside: str) -> None:
        """Ends the turns of a killed process, and says whether turns are missing.

        Another process that still writes some sets them right itself when it finishes them.
        """
        with self._database.writing() as run:
            run(_SHARES)
            for turn, question, text in run("SELECT id, question, text FROM turns WHERE state = 'asking'").fetchall():
                run("UPDATE turns SET state = 'cut', words = ? WHERE id = ?", (folded(f"{question}\n{text}"), turn))
                _prove_turn(run, turn)
            (stored,) = run("SELECT IFNULL(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'turns'").fetchone()
        if stored < counted:
            self.notices = (
                f"{self._database.path} holds {stored} of {counted} questions that were stored in it: it was removed "
                f"or cut, or an older file has taken its place.{aside} Restore a newer one from a backup to have the "
                "others again.",
            )
            _log.warning("%s", *self.notices)
        self._count(stored)

    def _count(self, turns: int) -> None:
        with suppress(OSError):  # the question itself is stored
            self._counter.write_text(str(turns), encoding="ascii")

    def close(self) -> None:
        """Saves what was not saved yet. What is still being written is marked as cut when the file is opened next."""
        if self._saver is not None:
            self._saver.cancel()
            self._saver.join()
            self._save_all()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- asking and answering

    def begin(
        self,
        user: str,
        question: str,
        *,
        conversation: str | None = None,
        after: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Begun:
        """Stores a question, before it is answered: in a new conversation, or in ``conversation`` after a turn of it.

        ``after`` is the turn that the reader saw last; ``None`` asks at the beginning. Where another turn has been
        asked there already, this one becomes a branch and is shown instead. ``options`` (plain data) come back with the
        turn. Raises ``ConversationUnknown``.
        """
        question, now = _storable(question), _now()
        with self._database.writing() as run:
            if conversation is None:
                conversation = secrets.token_urlsafe(12)
                run(
                    "INSERT INTO conversations (id, user, title, words, created, changed) VALUES (?, ?, '', '', ?, ?)",
                    (conversation, user, now, now),
                )
            named = self._own(run, user, conversation, after)["named"]
            if after is None and not named:
                _entitle(run, conversation, question)
            turn = run(
                "INSERT INTO turns (conversation, parent, asked, question, options, state, words) "
                "VALUES (?, ?, ?, ?, ?, 'asking', ?)",
                (conversation, after, now, question, json.dumps(dict(options or {})), folded(question)),
            ).lastrowid
            assert turn is not None
            _prove_turn(run, turn)
            run("UPDATE conversations SET shown = ?, changed = ? WHERE id = ?", (turn, now, conversation))
        self._count(turn)
        self._begun[turn] = user
        return Begun(conversation, turn)

    def ask_again(
        self,
        user: str,
        conversation: str,
        turn: int,
        question: str | None = None,
        *,
        options: Mapping[str, Any] | None = None,
    ) -> Begun:
        """Begins another version of ``turn`` in its place: with another question, or the same once more.

        Without ``options`` those of the turn are kept. What followed the turn stays with it, on its own branch.
        """
        with self._database.reading() as run:
            self._own(run, user, conversation, turn)
            before = self._turn(run, user, turn)
        return self.begin(
            user,
            before["question"] if question is None else question,
            conversation=conversation,
            after=before["parent"],
            options=json.loads(before["options"]) if options is None else options,
        )

    def save(self, user: str, turn: int, text: str) -> None:
        """Keeps as much of the answer's text as has come, within ``SAVE_SECONDS``. Costs microseconds; call it freely.

        Raises ``ConversationUnknown`` for a turn that ``user`` is not asking through this object.
        """
        if self._begun.get(turn) != user:
            raise _no_turn()
        with self._unsaved_lock:
            if not self._unsaved:
                self._saver = threading.Timer(SAVE_SECONDS, self._save_all)
                self._saver.name, self._saver.daemon = "conversations", True
                self._saver.start()
            self._unsaved[turn] = text

    def _save_all(self) -> None:
        try:
            with self._database.writing(durable=False) as run:
                with self._unsaved_lock:
                    texts, self._unsaved = self._unsaved, {}
                for turn, text in texts.items():
                    run("UPDATE turns SET text = ? WHERE id = ? AND state = 'asking'", (_storable(text), turn))
                    _prove_turn(run, turn)
        except ConversationsUnusable:  # the turn's end reports it to someone who can act
            with self._unsaved_lock:
                self._unsaved = {}

    def finish(self, user: str, turn: int, answer: Answer) -> None:
        """Stores the whole answer; its ``state`` becomes the turn's.

        Raises ``ConversationUnknown``, also when the conversation was deleted meanwhile: the answer is then not kept.
        """
        form = _storable(json.dumps(stored_form(answer), ensure_ascii=False))
        self._end(user, turn, answer.state, _storable(answer.text), answer.reason, form)

    def fail(self, user: str, turn: int, problem: str, *, text: str = "") -> None:
        """Ends a turn that got no answer. ``problem`` says why, ``text`` is what had come. Raises as ``finish``."""
        self._end(user, turn, "failed", _storable(text), problem, None)

    def _end(self, user: str, turn: int, state: TurnState, text: str, problem: str | None, form: str | None) -> None:
        self._begun.pop(turn, None)
        with self._database.writing() as run:
            before = self._turn(run, user, turn)
            run(
                "UPDATE turns SET state = ?, text = ?, problem = ?, words = ? WHERE id = ?",
                (state, text, problem and _storable_message(problem), folded(f"{before['question']}\n{text}"), turn),
            )
            _prove_turn(run, turn)
            run("DELETE FROM answers WHERE turn = ?", (turn,))
            if form is not None:
                stored = "(SELECT ? AS turn, ? AS answer) AS answers"
                run(f"INSERT INTO answers SELECT turn, answer, {_ANSWER} FROM {stored}", (turn, form))
            run("UPDATE conversations SET changed = ? WHERE id = ?", (_now(), before["conversation"]))

    # -- reading

    def conversations(self, user: str, *, limit: int = -1) -> tuple[Summary, ...]:
        """The user's conversations, the one changed last first."""
        with self._database.reading() as run:
            rows = run(
                "SELECT id, title, created, changed FROM conversations WHERE user = ? "
                "ORDER BY changed DESC, id LIMIT ?",
                (user, limit),
            ).fetchall()
        return tuple(Summary(*_head(row)) for row in rows)

    def conversation(self, user: str, conversation: str, *, turn: int | None = None) -> Conversation:
        """The conversation as it was shown last, or the path to ``turn``. Raises ``ConversationUnknown``."""
        with self._database.reading() as run:
            own = self._own(run, user, conversation, turn)
            # A spoilt parent leads nowhere, or in a circle.
            rows = run(
                "WITH RECURSIVE path (turn, above) AS ("
                "SELECT id, parent FROM turns WHERE id = :turn AND conversation = :conversation "
                "UNION SELECT id, parent FROM turns JOIN path ON id = above WHERE conversation = :conversation) "
                f"SELECT turns.*, answer, rating, comment, {_HOLDS} AS holds "
                "FROM path JOIN turns ON id = path.turn LEFT JOIN answers ON answers.turn = id "
                "LEFT JOIN feedback ON feedback.turn = id ORDER BY id",
                {"turn": own["shown"] if turn is None else turn, "conversation": conversation},
            ).fetchall()
            versions = dict(
                run("SELECT parent, json_group_array(id) FROM turns WHERE conversation = ? GROUP BY 1", (conversation,))
            )
        return Conversation(*_head(own), tuple(_stored_turn(row, versions[row["parent"]]) for row in rows))

    def search(self, user: str, words: str, *, limit: int = 50) -> tuple[Hit, ...]:
        """The user's conversations with a turn, or a title, that holds all of ``words``; the one changed last first.

        Words are looked for anywhere in questions and answers, in any language and also inside other words; capitals,
        accents and width do not count. Reads the user's texts from end to end: 20,000 turns of 1,000 characters take
        0.15 s, and no index has to forget what is deleted.
        """
        wanted = folded(words).split()
        if not wanted:
            return ()
        with self._database.reading() as run:
            rows = run(
                "SELECT c.id, c.title, c.created, c.changed, MAX(t.id) AS turn, "
                "IFNULL(t.question, c.title) AS question, IFNULL(t.text, '') AS text "  # of this turn
                "FROM conversations c LEFT JOIN turns t ON t.conversation = c.id "
                "AND NOT EXISTS (SELECT 1 FROM json_each(:wanted) WHERE instr(t.words, value) = 0) "
                "WHERE c.user = :user AND (t.id IS NOT NULL "
                "OR NOT EXISTS (SELECT 1 FROM json_each(:wanted) WHERE instr(c.words, value) = 0)) "
                "GROUP BY c.id ORDER BY c.changed DESC, c.id LIMIT :limit",
                {"wanted": json.dumps(wanted), "user": user, "limit": limit},
            ).fetchall()
        return tuple(
            Hit(Summary(*_head(row)), row["turn"], *excerpt([row["question"], row["text"]], wanted)) for row in rows
        )

    # -- changing

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Gives a conversation another title, shortened like the first; an empty one takes the first question again."""
        with self._database.writing() as run:
            self._own(run, user, conversation)
            named = bool(title_of(title))
            if not named:
                (title,) = run(
                    "SELECT question FROM turns WHERE conversation = ? AND parent IS NULL ORDER BY id DESC LIMIT 1",
                    (conversation,),
                ).fetchone()
            _entitle(run, conversation, title, named=named)

    def show(self, user: str, conversation: str, turn: int) -> Conversation:
        """Makes ``turn`` and the latest of what followed it the path that is shown. Raises ``ConversationUnknown``."""
        with self._database.writing() as run:
            self._own(run, user, conversation, turn)
            run(
                "WITH RECURSIVE path (turn) AS ("
                "SELECT ? UNION SELECT (SELECT MAX(id) FROM turns WHERE parent = path.turn) FROM path) "
                "UPDATE conversations SET shown = (SELECT MAX(turn) FROM path) WHERE id = ?",
                (turn, conversation),
            )
        return self.conversation(user, conversation)

    def delete(self, user: str, conversation: str) -> None:
        """Deletes a conversation with all its branches and feedback; the bytes are overwritten on the disk."""
        with self._database.writing() as run:
            self._own(run, user, conversation)
            run("DELETE FROM conversations WHERE id = ?", (conversation,))
        self._database.forget()

    # -- feedback

    def rate(self, user: str, turn: int, rating: Rating | None, comment: str = "") -> None:
        """Keeps the user's verdict on an answer in place of an earlier one; ``None`` takes it back.

        Raises ``ConversationUnknown`` for a turn that is not the user's or has no answer yet.
        """
        with self._database.writing() as run:
            self._turn(run, user, turn)
            if run("SELECT 1 FROM answers WHERE turn = ?", (turn,)).fetchone() is None:
                raise _no_turn()
            run("DELETE FROM feedback WHERE turn = ?", (turn,))
            if rating is not None:
                comment = _storable(comment.strip())[:COMMENT_LENGTH]
                run("INSERT INTO feedback VALUES (?, ?, ?, ?)", (turn, rating, comment, _now()))

    def feedback(self) -> tuple[Feedback, ...]:
        """What all users said of answers, oldest first. For whoever runs the page, not for its readers."""
        with self._database.reading() as run:
            rows = run(
                "SELECT user, conversation, feedback.turn, rating, comment, given, answer FROM feedback "
                "JOIN answers ON answers.turn = feedback.turn JOIN turns ON turns.id = feedback.turn "
                f"JOIN conversations ON conversations.id = conversation WHERE {_HOLDS} "
                "ORDER BY given, feedback.turn"
            ).fetchall()
        return tuple(
            Feedback(user, conversation, turn, rating, comment, _moment(given), answer)
            for user, conversation, turn, rating, comment, given, form in rows
            if (answer := _answer(form))
        )

    # -- sharing

    def share(self, user: str, turn: int) -> str:
        """The word under which ``shared`` gives this answer to anybody, until its conversation is deleted.

        A turn has one, however often it is asked for. Raises ``ConversationUnknown`` as ``rate``.
        """
        with self._database.writing() as run:
            self._turn(run, user, turn)
            if run("SELECT 1 FROM answers WHERE turn = ?", (turn,)).fetchone() is None:
                raise _no_turn()
            run("INSERT OR IGNORE INTO shares VALUES (?, ?)", (secrets.token_urlsafe(16), turn))
            (word,) = run("SELECT word FROM shares WHERE turn = ?", (turn,)).fetchone()
        return str(word)

    def shared(self, word: str) -> StoredTurn:
        """The turn that was shared under ``word``. Raises ``ConversationUnknown`` where there is none any more."""
        with self._database.reading() as run:
            row = run(
                f"SELECT turns.*, answer, NULL AS rating, '' AS comment, {_HOLDS} AS holds FROM shares "
                "JOIN turns ON turns.id = shares.turn LEFT JOIN answers ON answers.turn = turns.id WHERE word = ?",
                (_storable(word),),
            ).fetchone()
        if row is None:
            raise ConversationUnknown("This answer is not shared any more: its conversation was deleted.")
        return _stored_turn(row, "[]")

    # -- whose they are

    def _own(self, run: Run, user: str, conversation: str, turn: int | None = None) -> sqlite3.Row:
        """The conversation, if it is the user's and ``turn`` belongs to it. Raises ``ConversationUnknown``."""
        own: sqlite3.Row | None = run(
            "SELECT * FROM conversations WHERE id = ? AND user = ?", (conversation, user)
        ).fetchone()
        if own is None:
            raise ConversationUnknown("There is no such conversation. It may have been deleted in another tab.")
        if turn is not None and self._turn(run, user, turn)["conversation"] != conversation:
            raise _no_turn()
        return own

    def _turn(self, run: Run, user: str, turn: int) -> sqlite3.Row:
        """The turn, if it is the user's. Raises ``ConversationUnknown``."""
        own: sqlite3.Row | None = run(
            "SELECT turns.* FROM turns JOIN conversations c ON c.id = conversation WHERE turns.id = ? AND c.user = ?",
            (turn, user),
        ).fetchone()
        if own is None:
            raise _no_turn()
        return own


def _entitle(run: Run, conversation: str, text: str, *, named: bool = False) -> None:
    """Makes ``text`` the title; ``named``: it was given by the reader, and no edited question replaces it."""
    title = title_of(text)
    run(
        "UPDATE conversations SET title = ?, words = ?, named = ? WHERE id = ?",
        (title, folded(title), named, conversation),
    )


def _prove_turn(run: Run, turn: int) -> None:
    run(f"UPDATE turns SET proof = {_TURN} WHERE id = ?", (turn,))


def _counted(counter: Path) -> int:
    try:
        return int(counter.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _kept_aside(path: Path) -> str:
    """Takes what is left of a file that was removed or cut to nothing out of SQLite's way, and says where it is."""
    if path.exists() and path.stat().st_size:
        return ""
    kept = path.with_stem(f"{path.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    with suppress(OSError):
        for found in path.parent.glob(f"{path.name}*"):
            found.rename(kept.with_name(kept.name + found.name.removeprefix(path.name)))
    return f" What was left of it is kept as {kept.name}." if kept.exists() else ""


def by_day(summaries: Iterable[Summary], zone: tzinfo | None = None) -> list[tuple[date, list[Summary]]]:
    """What ``Conversations.conversations`` gives, under the days of the last change in ``zone`` (``None``: our own)."""
    days = groupby(summaries, lambda each: each.changed.astimezone(zone).date())
    return [(day, list(group)) for day, group in days]


def title_of(question: str) -> str:
    """A question as a title: on one line, and if it is longer than ``TITLE_LENGTH``, shortened at a word."""
    line = " ".join("".join(each if each.isprintable() else " " for each in question).split())
    if len(line) <= TITLE_LENGTH:
        return line
    shortened = line[:TITLE_LENGTH].rpartition(" ")[0]
    # Without a space in its second half, as in Chinese, it is cut where it is.
    kept = shortened if len(shortened) > TITLE_LENGTH // 2 else line[: TITLE_LENGTH - 1]
    return kept.rstrip(" ,;:–—-") + "…"


def _storable(text: str) -> str:
    """``text`` as UTF-8 can hold it: lone surrogates become ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _storable_message(text: str) -> str:
    """A message as JSON with its template, and any other text as it is, as earlier versions stored all of them."""
    return _storable(json.dumps(to_json(text), ensure_ascii=False) if isinstance(text, Message) else text)


def _stored_message(stored: str | None) -> str | None:
    if stored and stored.startswith("{"):
        with suppress(ValueError):
            return from_json(json.loads(stored))
    return stored


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _head(row: sqlite3.Row) -> tuple[str, str, datetime, datetime]:
    """What ``Summary`` begins with."""
    return row["id"], row["title"], _moment(row["created"]), _moment(row["changed"])


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # spoilt
        return datetime.fromtimestamp(0, UTC)


def _stored_turn(row: sqlite3.Row, versions: str) -> StoredTurn:
    turn = StoredTurn(row["id"], row["question"], "failed", "", _moment(row["asked"]), problem=_DAMAGED)
    turn = replace(turn, versions=tuple(sorted(json.loads(versions))))
    if not row["holds"]:
        return turn
    return replace(
        turn,
        state=row["state"],
        text=row["text"],
        answer=_answer(row["answer"] or ""),
        problem=_stored_message(row["problem"]),
        options=json.loads(row["options"]),
        rating=row["rating"],
        comment=row["comment"] or "",
    )


def _answer(form: str) -> Answer | None:
    """A stored answer; ``None`` when another version of the program stored what this one cannot read."""
    try:
        return answer_from_dict(json.loads(form))
    except ValueError:
        return None


def _no_turn() -> ConversationUnknown:
    return ConversationUnknown("There is no such question in this conversation. It may have been deleted meanwhile.")
