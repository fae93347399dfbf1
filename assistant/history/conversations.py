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
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from assistant.errors import ConversationUnknown
from assistant.history import tables
from assistant.history.answer_json import stored_form
from assistant.history.database import Database
from assistant.history.missing_turns import TurnCount
from assistant.history.partial_texts import PartialTexts
from assistant.history.text_search import excerpt, folded
from assistant.history.titles import entitle, title_of
from assistant.history.types import Conversation, Feedback, Hit, PendingTurn, Rating, StoredTurn, Summary, TurnState
from assistant.types import Answer

FILE_NAME = "conversations.sqlite3"
COMMENT_LENGTH = 2_000
"""Characters of the word beside a thumb; longer ones are cut."""


class Conversations:
    """The conversations in ``folder``, usually the library's. Close it, or use a ``with`` block; threads may share it.

    ``read_only`` changes nothing, also no file: for a look beside a running page. Every method raises
    ``ConversationsUnusable`` when the disk refuses or the file is damaged.
    """

    def __init__(self, folder: Path | str, *, read_only: bool = False) -> None:
        path = Path(folder) / FILE_NAME
        self._count = TurnCount(path)
        if not read_only:
            self._count.set_aside()
        self.notices: tuple[str, ...] = ()
        """What the opening found missing, for the person at the keyboard."""
        self._database = Database(path, tables.SCHEMA, read_only=read_only)
        self._begun: dict[int, str] = {}
        """The turns that are being written through this object, and their users."""
        self._partial = PartialTexts(self._database)
        try:
            if self._database.first:
                self._recover()
        except BaseException:
            self._database.close()
            raise

    def _recover(self) -> None:
        """Ends the turns of a killed process, and says whether turns are missing.

        Another process that still writes some sets them right itself when it finishes them.
        """
        with self._database.writing() as run:
            run(tables.SHARES)
            for turn, question, text in run("SELECT id, question, text FROM turns WHERE state = 'asking'").fetchall():
                run("UPDATE turns SET state = 'cut', words = ? WHERE id = ?", (folded(f"{question}\n{text}"), turn))
                tables.prove_turn(run, turn)
            (stored,) = run("SELECT IFNULL(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'turns'").fetchone()
        self.notices = self._count.missing(stored)
        self._count.keep(stored)

    def close(self) -> None:
        """Saves what was not saved yet. What is still being written is marked as cut when the file is opened next."""
        self._partial.close()
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
    ) -> PendingTurn:
        """Stores a question, before it is answered: in a new conversation, or in ``conversation`` after a turn of it.

        ``after`` is the turn that the reader saw last; ``None`` asks at the beginning. Where another turn has been
        asked there already, this one becomes a branch and is shown instead. ``options`` (plain data) come back with the
        turn. Raises ``ConversationUnknown``.
        """
        question, now = tables.storable(question), tables.timestamp()
        with self._database.writing() as run:
            if conversation is None:
                conversation = secrets.token_urlsafe(12)
                run(
                    "INSERT INTO conversations (id, user, title, words, created, changed) VALUES (?, ?, '', '', ?, ?)",
                    (conversation, user, now, now),
                )
            named = tables.own_conversation(run, user, conversation, after)["named"]
            if after is None and not named:
                entitle(run, conversation, question)
            turn = run(
                "INSERT INTO turns (conversation, parent, asked, question, options, state, words) "
                "VALUES (?, ?, ?, ?, ?, 'asking', ?)",
                (conversation, after, now, question, json.dumps(dict(options or {})), folded(question)),
            ).lastrowid
            assert turn is not None
            tables.prove_turn(run, turn)
            run("UPDATE conversations SET shown = ?, changed = ? WHERE id = ?", (turn, now, conversation))
        self._count.keep(turn)
        self._begun[turn] = user
        return PendingTurn(conversation, turn)

    def ask_again(
        self,
        user: str,
        conversation: str,
        turn: int,
        question: str | None = None,
        *,
        options: Mapping[str, Any] | None = None,
    ) -> PendingTurn:
        """Begins another version of ``turn`` in its place: with another question, or the same once more.

        Without ``options`` those of the turn are kept. What followed the turn stays with it, on its own branch.
        """
        with self._database.reading() as run:
            tables.own_conversation(run, user, conversation, turn)
            before = tables.own_turn(run, user, turn)
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
            raise tables.turn_unknown()
        self._partial.save(turn, text)

    def finish(self, user: str, turn: int, answer: Answer) -> None:
        """Stores the whole answer; its ``state`` becomes the turn's.

        Raises ``ConversationUnknown``, also when the conversation was deleted meanwhile: the answer is then not kept.
        """
        form = tables.storable(json.dumps(stored_form(answer), ensure_ascii=False))
        self._end(user, turn, answer.state, tables.storable(answer.text), answer.reason, form)

    def fail(self, user: str, turn: int, problem: str, *, text: str = "") -> None:
        """Ends a turn that got no answer. ``problem`` says why, ``text`` is what had come. Raises as ``finish``."""
        self._end(user, turn, "failed", tables.storable(text), problem, None)

    def _end(self, user: str, turn: int, state: TurnState, text: str, problem: str | None, form: str | None) -> None:
        self._begun.pop(turn, None)
        with self._database.writing() as run:
            before = tables.own_turn(run, user, turn)
            run(
                "UPDATE turns SET state = ?, text = ?, problem = ?, words = ? WHERE id = ?",
                (
                    state,
                    text,
                    problem and tables.storable_message(problem),
                    folded(f"{before['question']}\n{text}"),
                    turn,
                ),
            )
            tables.prove_turn(run, turn)
            run("DELETE FROM answers WHERE turn = ?", (turn,))
            if form is not None:
                stored = "(SELECT ? AS turn, ? AS answer) AS answers"
                run(f"INSERT INTO answers SELECT turn, answer, {tables.ANSWER_PROOF} FROM {stored}", (turn, form))
            run("UPDATE conversations SET changed = ? WHERE id = ?", (tables.timestamp(), before["conversation"]))

    # -- reading

    def conversations(self, user: str, *, limit: int = -1) -> tuple[Summary, ...]:
        """The user's conversations, the one changed last first."""
        with self._database.reading() as run:
            rows = run(
                "SELECT id, title, created, changed FROM conversations WHERE user = ? "
                "ORDER BY changed DESC, id LIMIT ?",
                (user, limit),
            ).fetchall()
        return tuple(Summary(*tables.head(row)) for row in rows)

    def conversation(self, user: str, conversation: str, *, turn: int | None = None) -> Conversation:
        """The conversation as it was shown last, or the path to ``turn``. Raises ``ConversationUnknown``."""
        with self._database.reading() as run:
            own = tables.own_conversation(run, user, conversation, turn)
            # A spoilt parent leads nowhere, or in a circle.
            rows = run(
                "WITH RECURSIVE path (turn, above) AS ("
                "SELECT id, parent FROM turns WHERE id = :turn AND conversation = :conversation "
                "UNION SELECT id, parent FROM turns JOIN path ON id = above WHERE conversation = :conversation) "
                f"SELECT turns.*, answer, rating, comment, {tables.IS_INTACT} AS holds "
                "FROM path JOIN turns ON id = path.turn LEFT JOIN answers ON answers.turn = id "
                "LEFT JOIN feedback ON feedback.turn = id ORDER BY id",
                {"turn": own["shown"] if turn is None else turn, "conversation": conversation},
            ).fetchall()
            versions = dict(
                run("SELECT parent, json_group_array(id) FROM turns WHERE conversation = ? GROUP BY 1", (conversation,))
            )
        return Conversation(*tables.head(own), tuple(tables.stored_turn(row, versions[row["parent"]]) for row in rows))

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
            Hit(Summary(*tables.head(row)), row["turn"], *excerpt([row["question"], row["text"]], wanted))
            for row in rows
        )

    # -- changing

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Gives a conversation another title, shortened like the first; an empty one takes the first question again."""
        with self._database.writing() as run:
            tables.own_conversation(run, user, conversation)
            named = bool(title_of(title))
            if not named:
                (title,) = run(
                    "SELECT question FROM turns WHERE conversation = ? AND parent IS NULL ORDER BY id DESC LIMIT 1",
                    (conversation,),
                ).fetchone()
            entitle(run, conversation, title, named=named)

    def show(self, user: str, conversation: str, turn: int) -> Conversation:
        """Makes ``turn`` and the latest of what followed it the path that is shown. Raises ``ConversationUnknown``."""
        with self._database.writing() as run:
            tables.own_conversation(run, user, conversation, turn)
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
            tables.own_conversation(run, user, conversation)
            run("DELETE FROM conversations WHERE id = ?", (conversation,))
        self._database.forget()

    # -- feedback

    def rate(self, user: str, turn: int, rating: Rating | None, comment: str = "") -> None:
        """Keeps the user's verdict on an answer in place of an earlier one; ``None`` takes it back.

        Raises ``ConversationUnknown`` for a turn that is not the user's or has no answer yet.
        """
        with self._database.writing() as run:
            tables.own_turn(run, user, turn)
            if run("SELECT 1 FROM answers WHERE turn = ?", (turn,)).fetchone() is None:
                raise tables.turn_unknown()
            run("DELETE FROM feedback WHERE turn = ?", (turn,))
            if rating is not None:
                comment = tables.storable(comment.strip())[:COMMENT_LENGTH]
                run("INSERT INTO feedback VALUES (?, ?, ?, ?)", (turn, rating, comment, tables.timestamp()))

    def feedback(self) -> tuple[Feedback, ...]:
        """What all users said of answers, oldest first. For whoever runs the page, not for its readers."""
        with self._database.reading() as run:
            rows = run(
                "SELECT user, conversation, feedback.turn, rating, comment, given, answer FROM feedback "
                "JOIN answers ON answers.turn = feedback.turn JOIN turns ON turns.id = feedback.turn "
                f"JOIN conversations ON conversations.id = conversation WHERE {tables.IS_INTACT} "
                "ORDER BY given, feedback.turn"
            ).fetchall()
        return tuple(
            Feedback(user, conversation, turn, rating, comment, tables.moment(given), answer)
            for user, conversation, turn, rating, comment, given, form in rows
            if (answer := tables.stored_answer(form))
        )

    # -- sharing

    def share(self, user: str, turn: int) -> str:
        """The word under which ``shared`` gives this answer to anybody, until its conversation is deleted.

        A turn has one, however often it is asked for. Raises ``ConversationUnknown`` as ``rate``.
        """
        with self._database.writing() as run:
            tables.own_turn(run, user, turn)
            if run("SELECT 1 FROM answers WHERE turn = ?", (turn,)).fetchone() is None:
                raise tables.turn_unknown()
            run("INSERT OR IGNORE INTO shares VALUES (?, ?)", (secrets.token_urlsafe(16), turn))
            (word,) = run("SELECT word FROM shares WHERE turn = ?", (turn,)).fetchone()
        return str(word)

    def shared(self, word: str) -> StoredTurn:
        """The turn that was shared under ``word``. Raises ``ConversationUnknown`` where there is none any more."""
        with self._database.reading() as run:
            row = run(
                f"SELECT turns.*, answer, NULL AS rating, '' AS comment, {tables.IS_INTACT} AS holds FROM shares "
                "JOIN turns ON turns.id = shares.turn LEFT JOIN answers ON answers.turn = turns.id WHERE word = ?",
                (tables.storable(word),),
            ).fetchone()
        if row is None:
            raise ConversationUnknown("This answer is not shared any more: its conversation was deleted.")
        return tables.stored_turn(row, "[]")
