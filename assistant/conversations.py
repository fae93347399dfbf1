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
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast

from assistant.database import Database, Run
from assistant.errors import ConversationsUnusable, ConversationUnknown
from assistant.finding import excerpt, folded
from assistant.stored import answer_from_dict, stored_form
from assistant.types import Answer, Turn
from vectorstore.sqlite import proof_of

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
    words TEXT NOT NULL
);
CREATE INDEX turns_by_conversation ON turns (conversation);
CREATE INDEX turns_by_parent ON turns (parent);
CREATE INDEX turns_unfinished ON turns (state) WHERE state = 'asking';
CREATE TABLE answers (
    turn INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    answer TEXT NOT NULL
);
CREATE TABLE feedback (
    turn INTEGER PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    rating TEXT NOT NULL CHECK (rating IN ('up', 'down')),
    comment TEXT NOT NULL,
    given TEXT NOT NULL
);
"""
_TURN = proof_of(
    f"turns.{name}"
    for name in ("id", "conversation", "parent", "asked", "question", "options", "state", "text", "problem")
)
_ANSWER = proof_of(["answers.turn", "answers.answer"])
_WITH_PROOFS = f"""
ALTER TABLE turns ADD COLUMN proof BLOB;
ALTER TABLE answers ADD COLUMN proof BLOB;
UPDATE turns SET proof = {_TURN};
UPDATE answers SET proof = {_ANSWER}
"""
_DAMAGED = "What was stored of this answer is damaged, so it is not shown. Ask again."


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
class Conversation:
    """One path through a conversation's turns, first to last."""

    id: str
    title: str
    created: datetime
    changed: datetime
    turns: tuple[StoredTurn, ...] = ()

    def history(self, before: int | None = None) -> tuple[Turn, ...]:
        """What was asked and answered so far, up to the turn ``before``, for ``Assistant.stream``."""
        return told(takewhile(lambda turn: turn.id != before, self.turns))


def told(turns: Iterable[StoredTurn]) -> tuple[Turn, ...]:
    """Stored turns as the history of the next question; what got no answer is no part of it."""
    return tuple(
        each
        for turn in turns
        if turn.answer is not None
        for each in (Turn("user", turn.question), Turn.of(turn.answer))
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that is stored and waits for its answer."""

    conversation: str
    turn: int
    branched: bool
    """Whether its place was taken: the question was edited, or another tab had asked there before."""


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
        return {
            "rating": self.rating,
            "comment": self.comment,
            "given": self.given.isoformat(timespec="seconds"),
            "user": self.user,
            "conversation": self.conversation,
            "turn": self.turn,
            "answer": self.answer.to_dict(),
        }


class Conversations:
    """The conversations in ``folder``, usually the library's. Close it, or use a ``with`` block; threads may share it.

    ``read_only`` changes nothing, also no file: for a look beside a running page. Every method raises
    ``ConversationsUnusable`` when the disk refuses or the file is damaged.
    """

    def __init__(self, folder: Path | str, *, read_only: bool = False) -> None:
        path = Path(folder) / FILE_NAME
        self._counter = path.with_suffix(".count")
        self.notices = () if read_only else _kept_aside(path, self._counter)
        """What the opening found missing, for the person at the keyboard."""
        self._database = Database(path, (_SCHEMA, _WITH_PROOFS), read_only=read_only)
        self._unsaved: dict[int, str] = {}
        self._begun: dict[int, str] = {}
        """The turns that are being written through this object, and their users."""
        self._wake = threading.Condition()
        self._closing = threading.Event()
        self._saver: threading.Thread | None = None
        try:
            if self._database.first:
                self._mark_the_cut()
                self._compare_the_count()
        except BaseException:
            self._database.close()
            raise
        for notice in self.notices:
            _log.warning("%s", notice)

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def _mark_the_cut(self) -> None:
        """Ends the turns of a killed process. Those of a living one it sets right itself when it finishes them."""
        with self._database.writing() as run:
            for turn, question, text in run("SELECT id, question, text FROM turns WHERE state = 'asking'").fetchall():
                run("UPDATE turns SET state = 'cut', words = ? WHERE id = ?", (_words(question, text), turn))
                _prove_turn(run, turn)

    def _compare_the_count(self) -> None:
        with self._database.reading() as run:
            row = run("SELECT seq FROM sqlite_sequence WHERE name = 'turns'").fetchone()
        stored, counted = row[0] if row else 0, _counted(self._counter)
        if stored < counted and not self.notices:
            self.notices = (
                f"{self.path} holds {stored} of {counted} questions that were stored in it: it was cut, or an older "
                "file has taken its place. Restore a newer one from a backup to have the others again.",
            )
        self._count(stored)

    def _count(self, turns: int) -> None:
        with suppress(OSError):  # the question itself is stored
            self._counter.write_text(str(turns), encoding="ascii")

    def close(self) -> None:
        """Saves what was not saved yet. What is still being written is marked as cut when the file is opened next."""
        self._closing.set()
        with self._wake:
            self._wake.notify_all()
        if self._saver is not None:
            self._saver.join()
            with suppress(ConversationsUnusable):  # the texts alone: whole answers are stored when they are there
                self._save_all()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
            branched = False
            if conversation is None:
                conversation = secrets.token_urlsafe(12)
                title = title_of(question)
                run(
                    "INSERT INTO conversations (id, user, title, words, created, changed) VALUES (?, ?, ?, ?, ?, ?)",
                    (conversation, user, title, folded(title), now, now),
                )
            else:
                self._check(run, user, conversation, after)
                if after is None:
                    title = title_of(question)
                    run(
                        "UPDATE conversations SET title = ?, words = ? WHERE id = ? AND named = 0",
                        (title, folded(title), conversation),
                    )
                branched = (
                    run(
                        "SELECT 1 FROM turns WHERE conversation = ? AND parent IS ? LIMIT 1", (conversation, after)
                    ).fetchone()
                    is not None
                )
            turn = run(
                "INSERT INTO turns (conversation, parent, asked, question, options, state, words) "
                "VALUES (?, ?, ?, ?, ?, 'asking', ?)",
                (conversation, after, now, question, json.dumps(dict(options or {})), _words(question, "")),
            ).lastrowid
            assert turn is not None
            _prove_turn(run, turn)
            run("UPDATE conversations SET shown = ?, changed = ? WHERE id = ?", (turn, now, conversation))
        self._count(turn)
        self._begun[turn] = user
        return Begun(conversation, turn, branched)

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
            self._check(run, user, conversation, turn)
            parent, asked, kept = run("SELECT parent, question, options FROM turns WHERE id = ?", (turn,)).fetchone()
        return self.begin(
            user,
            asked if question is None else question,
            conversation=conversation,
            after=parent,
            options=json.loads(kept) if options is None else options,
        )

    def save(self, user: str, turn: int, text: str) -> None:
        """Keeps as much of the answer's text as has come, within ``SAVE_SECONDS``. Costs microseconds; call it freely.

        Raises ``ConversationUnknown`` for a turn that ``user`` is not asking through this object.
        """
        if self._begun.get(turn) != user:
            raise _no_turn()
        with self._wake:
            self._unsaved[turn] = text
            if self._saver is None and not self._closing.is_set():
                self._saver = threading.Thread(target=self._keep_saving, name="conversations", daemon=True)
                self._saver.start()
            self._wake.notify_all()

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
        with self._wake:
            self._unsaved.pop(turn, None)
        with self._database.writing() as run:
            conversation, question = self._turn(run, user, turn)
            run(
                "UPDATE turns SET state = ?, text = ?, problem = ?, words = ? WHERE id = ?",
                (state, text, problem and _storable(problem), _words(question, text), turn),
            )
            _prove_turn(run, turn)
            run("DELETE FROM answers WHERE turn = ?", (turn,))
            if form is not None:
                run("INSERT INTO answers VALUES (?, ?, NULL)", (turn, form))
                run(f"UPDATE answers SET proof = {_ANSWER} WHERE turn = ?", (turn,))
            run("UPDATE conversations SET changed = ? WHERE id = ?", (_now(), conversation))

    def _keep_saving(self) -> None:
        while not self._closing.is_set():
            with self._wake:
                self._wake.wait_for(lambda: self._unsaved or self._closing.is_set())
            self._closing.wait(SAVE_SECONDS)
            with suppress(ConversationsUnusable):  # the turn's end reports it to someone who can act
                self._save_all()

    def _save_all(self) -> None:
        with self._wake:
            texts, self._unsaved = self._unsaved, {}
        if texts:
            rows = [(_storable(text), turn) for turn, text in texts.items()]
            with self._database.writing(durable=False) as run:
                for text, turn in rows:
                    run("UPDATE turns SET text = ? WHERE id = ? AND state = 'asking'", (text, turn))
                    _prove_turn(run, turn)

    # -- reading

    def conversations(self, user: str, *, limit: int | None = None, offset: int = 0) -> tuple[Summary, ...]:
        """The user's conversations, the one changed last first."""
        with self._database.reading() as run:
            rows = run(
                "SELECT id, title, created, changed FROM conversations WHERE user = ? "
                "ORDER BY changed DESC, id LIMIT ? OFFSET ?",
                (user, -1 if limit is None else limit, offset),
            ).fetchall()
        return tuple(_summary(row) for row in rows)

    def conversation(self, user: str, conversation: str, *, turn: int | None = None) -> Conversation:
        """The conversation as it was shown last, or the path to ``turn``. Raises ``ConversationUnknown``."""
        with self._database.reading() as run:
            self._check(run, user, conversation, turn)
            head = run(
                "SELECT id, title, created, changed, shown FROM conversations WHERE id = ?", (conversation,)
            ).fetchone()
            tree = _Tree(run("SELECT id, parent FROM turns WHERE conversation = ? ORDER BY id", (conversation,)))
            path = tree.path(head[4] if turn is None else turn)
            rows = run(
                f"SELECT id, question, state, text, asked, answer, problem, options, rating, comment, {self._holds()} "
                "FROM turns "
                "LEFT JOIN answers ON answers.turn = id LEFT JOIN feedback ON feedback.turn = id "
                "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
                (json.dumps(path),),
            ).fetchall()
        summary = _summary(head[:4])
        turns = tuple(_stored_turn(row, tree.versions(row[0])) for row in rows)
        return Conversation(summary.id, summary.title, summary.created, summary.changed, turns)

    def _holds(self) -> str:
        """The SQL for whether a turn and its answer are what was stored."""
        if self._database.version < 2:
            return "1"
        return (
            f"turns.proof IS {_TURN} AND CASE WHEN answers.turn IS NULL THEN turns.state != 'complete' "
            f"ELSE answers.proof IS {_ANSWER} END"
        )

    def search(self, user: str, words: str, *, limit: int = 50) -> tuple[Hit, ...]:
        """The user's conversations with a turn, or a title, that holds all of ``words``; the one changed last first.

        Words are looked for anywhere in questions and answers, in any language and also inside other words; capitals,
        accents and width do not count. Reads the user's texts from end to end: 20,000 turns of 1,000 characters take
        0.15 s, and no index has to forget what is deleted.
        """
        wanted = folded(words).split()
        if not wanted:
            return ()
        asked = (user, json.dumps(wanted), limit)
        with self._database.reading() as run:
            turns = run(
                "SELECT c.id, c.title, c.created, c.changed, MAX(t.id) FROM conversations c "
                "JOIN turns t ON t.conversation = c.id WHERE c.user = ? "
                "AND NOT EXISTS (SELECT 1 FROM json_each(?) WHERE instr(t.words, value) = 0) "
                "GROUP BY c.id ORDER BY c.changed DESC, c.id LIMIT ?",
                asked,
            ).fetchall()
            titles = run(
                "SELECT id, title, created, changed, NULL FROM conversations WHERE user = ? "
                "AND NOT EXISTS (SELECT 1 FROM json_each(?) WHERE instr(words, value) = 0) "
                "ORDER BY changed DESC, id LIMIT ?",
                asked,
            ).fetchall()
            found = {row[0]: row for row in (*titles, *turns)}
            rows = sorted(found.values(), key=lambda row: row[3], reverse=True)[:limit]
            hits = []
            for *head, turn in rows:
                texts = [head[1]]
                if turn is not None:
                    texts = run("SELECT question, text FROM turns WHERE id = ?", (turn,)).fetchone()
                hits.append(Hit(_summary(head), turn, *excerpt(texts, wanted)))
        return tuple(hits)

    # -- changing

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Gives a conversation another title, shortened like the first; an empty one takes the first question again."""
        with self._database.writing() as run:
            self._check(run, user, conversation)
            title, named = title_of(title), True
            if not title:
                first = run(
                    "SELECT question FROM turns WHERE conversation = ? AND parent IS NULL ORDER BY id DESC LIMIT 1",
                    (conversation,),
                ).fetchone()
                title, named = title_of(first[0]), False
            run(
                "UPDATE conversations SET title = ?, words = ?, named = ? WHERE id = ?",
                (title, folded(title), named, conversation),
            )

    def show(self, user: str, conversation: str, turn: int) -> Conversation:
        """Makes ``turn`` and the latest of what followed it the path that is shown. Raises ``ConversationUnknown``."""
        with self._database.writing() as run:
            self._check(run, user, conversation, turn)
            tree = _Tree(run("SELECT id, parent FROM turns WHERE conversation = ? ORDER BY id", (conversation,)))
            run("UPDATE conversations SET shown = ? WHERE id = ?", (tree.latest(turn), conversation))
        return self.conversation(user, conversation)

    def delete(self, user: str, conversation: str) -> None:
        """Deletes a conversation with all its branches and feedback; the bytes are overwritten on the disk."""
        with self._database.writing() as run:
            self._check(run, user, conversation)
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
                f"JOIN conversations ON conversations.id = conversation WHERE {self._holds()} "
                "ORDER BY given, feedback.turn"
            ).fetchall()
        said = []
        for user, conversation, turn, rating, comment, given, form in rows:
            if (answer := _answer(form)) is not None:
                when = datetime.fromisoformat(given)
                said.append(Feedback(user, conversation, turn, rating, comment, when, answer))
        return tuple(said)

    # -- whose they are

    def _check(self, run: Run, user: str, conversation: str, turn: int | None = None) -> None:
        """That the conversation is the user's, and the turn one of it."""
        own = run("SELECT 1 FROM conversations WHERE id = ? AND user = ?", (conversation, user)).fetchone()
        if own is None:
            raise ConversationUnknown("There is no such conversation. It may have been deleted in another tab.")
        if turn is not None:
            own = run("SELECT 1 FROM turns WHERE id = ? AND conversation = ?", (turn, conversation)).fetchone()
            if own is None:
                raise _no_turn()

    def _turn(self, run: Run, user: str, turn: int) -> tuple[str, str]:
        """The conversation and the question of a turn of the user's."""
        row = run(
            "SELECT conversation, question FROM turns JOIN conversations c ON c.id = conversation "
            "WHERE turns.id = ? AND c.user = ?",
            (turn, user),
        ).fetchone()
        if row is None:
            raise _no_turn()
        return row[0], row[1]


def _prove_turn(run: Run, turn: int) -> None:
    run(f"UPDATE turns SET proof = {_TURN} WHERE id = ?", (turn,))


def _counted(counter: Path) -> int:
    try:
        return int(counter.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _kept_aside(path: Path, counter: Path) -> tuple[str, ...]:
    """Takes a file that is gone or was cut to nothing, with its log of changes, out of SQLite's way; says so."""
    counted = _counted(counter)
    if not counted or (path.exists() and path.stat().st_size):
        return ()
    kept = path.with_stem(f"{path.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    with suppress(OSError):
        for end in ("", "-wal"):
            if (found := path.with_name(path.name + end)).exists():
                found.rename(kept.with_name(kept.name + end))
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
    counter.unlink(missing_ok=True)
    where = f" What was left of it is kept as {kept.name}." if kept.exists() else ""
    return (
        f"{path} is missing or was cut to nothing, and {counted} questions had been stored in it; it is begun anew."
        f"{where} Restore it from a backup to have them again.",
    )


class _Tree:
    """The turns of a conversation: ``(id, parent)`` rows, oldest first."""

    def __init__(self, rows: sqlite3.Cursor) -> None:
        self._parents: dict[int, int | None] = dict(rows)
        self._children: dict[int | None, list[int]] = {}
        for turn, parent in self._parents.items():
            self._children.setdefault(parent, []).append(turn)

    def path(self, turn: int) -> list[int]:
        """The turns from the first one to ``turn``."""
        path: list[int] = []
        at: int | None = turn
        while at in self._parents and at not in path:  # a spoilt parent leads nowhere, or in a circle
            path.append(at)
            at = self._parents[at]
        return path[::-1]

    def versions(self, turn: int) -> tuple[int, ...]:
        return tuple(self._children[self._parents[turn]])

    def latest(self, turn: int) -> int:
        """The end of the path that goes on from ``turn`` to what was asked last."""
        while turn in self._children:
            turn = self._children[turn][-1]
        return turn


def by_day(summaries: Sequence[Summary], zone: tzinfo | None = None) -> list[tuple[date, list[Summary]]]:
    """A list of conversations under the days on which they were changed last, in ``zone`` (the machine's if ``None``).

    Keeps the order: of what ``Conversations.conversations`` gives, the latest day comes first.
    """
    days: dict[date, list[Summary]] = {}
    for summary in summaries:
        days.setdefault(summary.changed.astimezone(zone).date(), []).append(summary)
    return list(days.items())


def title_of(question: str) -> str:
    """A question as a title: on one line, and if it is longer than ``TITLE_LENGTH``, shortened at a word."""
    line = " ".join("".join(each if each.isprintable() else " " for each in question).split())
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[:TITLE_LENGTH]
    shortened, space, _ = cut.rpartition(" ")
    # Without a space in its second half, as in Chinese, it is cut where it is.
    kept = shortened if space and len(shortened) > TITLE_LENGTH // 2 else cut[:-1]
    return kept.rstrip(" ,;:–—-") + "…"


def _words(question: str, text: str) -> str:
    return f"{folded(question)}\n{folded(text)}"


def _storable(text: str) -> str:
    """``text`` as UTF-8 can hold it: lone surrogates become ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _Clock:
    """The time in UTC, each reading later than the one before: lists go by it, and a clock may be set back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> str:
        with self._lock:
            self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
            return self._last.isoformat(timespec="microseconds")


_now = _Clock()


def _summary(row: Sequence[Any]) -> Summary:
    name, title, created, changed = row
    return Summary(name, title, _moment(created), _moment(changed))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # spoilt
        return datetime.fromtimestamp(0, UTC)


def _stored_turn(row: Sequence[Any], versions: tuple[int, ...]) -> StoredTurn:
    turn, question, state, text, asked, form, problem, options, rating, comment, holds = row
    if not holds:
        return StoredTurn(turn, question, "failed", "", _moment(asked), problem=_DAMAGED, versions=versions)
    return StoredTurn(
        id=turn,
        question=question,
        state=cast("TurnState", state),
        text=text,
        asked=datetime.fromisoformat(asked),
        answer=None if form is None else _answer(form),
        problem=problem,
        options=json.loads(options),
        versions=versions,
        rating=rating,
        comment=comment or "",
    )


def _answer(form: str) -> Answer | None:
    """A stored answer; ``None`` when another version of the program stored what this one cannot read."""
    try:
        return answer_from_dict(json.loads(form))
    except ValueError:
        return None


def _no_turn() -> ConversationUnknown:
    return ConversationUnknown("There is no such question in this conversation. It may have been deleted meanwhile.")
