"""Stored conversations: nothing lost, nothing mixed, nobody else's, and really gone when deleted."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import ConversationsUnusable, ConversationUnknown
from assistant.history import tables
from assistant.history.conversations import FILE_NAME, Conversations
from assistant.history.text_search import excerpt, folded
from assistant.history.titles import TITLE_LENGTH, title_of
from assistant.history.types import PendingTurn, Summary, as_history, by_day
from assistant.messages import translator
from assistant.types import Answer, Turn
from tests.assistant.history.test_answer_json import cited_answer, without_texts
from vectorstore.messages import Message

ANSWER = replace(cited_answer(), state="complete", reason=None)


def answering(text: str) -> Answer:
    return replace(ANSWER, text=text)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    with Conversations(tmp_path) as opened:
        yield opened


def asked(store: Conversations, user: str, question: str, answer: str = "So it was [1].", **place: Any) -> PendingTurn:
    begun = store.begin(user, question, **place)
    store.finish(user, begun.turn, answering(answer))
    return begun


def questions(store: Conversations, user: str, conversation: str) -> list[str]:
    return [turn.question for turn in store.conversation(user, conversation).turns]


# -- turn by turn


def test_a_finished_turn_comes_back_whole_after_opening_again(tmp_path: Path) -> None:
    with Conversations(tmp_path) as store:
        begun = store.begin("anna", "Whom did Umerov meet?", options={"since": "2024-09-01", "deep": True})
        store.finish("anna", begun.turn, ANSWER)
    with Conversations(tmp_path) as store:
        conversation = store.conversation("anna", begun.conversation)
    (turn,) = conversation.turns
    assert turn.answer == without_texts(ANSWER)
    assert (turn.state, turn.text, turn.problem) == ("complete", ANSWER.text, None)
    assert turn.options == {"since": "2024-09-01", "deep": True}
    assert conversation.title == "Whom did Umerov meet?"
    assert as_history(conversation.turns) == (Turn("user", "Whom did Umerov meet?"), Turn.of(ANSWER))
    assert as_history(conversation.turns)[1].scope == ANSWER.scope


@pytest.mark.parametrize("state", ["complete", "cut", "stopped"])
def test_the_state_of_an_answer_is_the_state_of_its_turn(store: Conversations, state: Any) -> None:
    begun = store.begin("", "How?")
    assert store.conversation("", begun.conversation).turns[0].state == "asking"
    store.finish("", begun.turn, replace(ANSWER, state=state, reason="It was late."))
    (turn,) = store.conversation("", begun.conversation).turns
    assert (turn.state, turn.problem) == (state, "It was late.")


def test_a_failed_turn_says_why_and_is_no_part_of_the_history(store: Conversations) -> None:
    begun = asked(store, "", "What?")
    failed = store.begin("", "Why?", conversation=begun.conversation, after=begun.turn)
    store.fail("", failed.turn, "The server refused the key.", text="It")
    conversation = store.conversation("", begun.conversation)
    assert (conversation.turns[1].state, conversation.turns[1].problem) == ("failed", "The server refused the key.")
    assert conversation.turns[1].text == "It"
    assert [turn.text for turn in as_history(conversation.turns)] == ["What?", "So it was [1]."]


def test_a_message_keeps_its_template_and_what_older_versions_stored_is_read(store: Conversations) -> None:
    reason = Message.joined(Message("The answer is cut."), Message("{model} failed.", model="openai:m"))
    begun = store.begin("", "What?")
    store.finish("", begun.turn, replace(ANSWER, state="cut", reason=reason))
    failed = store.begin("", "Why?", conversation=begun.conversation, after=begun.turn)
    store.fail("", failed.turn, reason)
    older = store.begin("", "How?", conversation=begun.conversation, after=failed.turn)
    store.fail("", older.turn, "{as it was said}")
    cut, failed_turn, older_turn = store.conversation("", begun.conversation).turns
    assert cut.answer is not None
    for kept in (cut.answer.reason, cut.problem, failed_turn.problem):
        assert kept == "The answer is cut. openai:m failed."
        assert translator("uk").gettext(kept or "") == "Відповідь обірвано. Збій openai:m."
    assert older_turn.problem == "{as it was said}"


def test_the_text_that_has_come_is_saved_while_the_answer_is_written(tmp_path: Path) -> None:
    with Conversations(tmp_path) as store, Conversations(tmp_path, read_only=True) as beside:
        begun = store.begin("", "How?")
        for words in ("It", "It was", "It was so"):
            store.save("", begun.turn, words)
        while beside.conversation("", begun.conversation).turns[0].text != "It was so":
            time.sleep(0.05)


def test_a_late_save_never_replaces_a_finished_answer(store: Conversations) -> None:
    begun = store.begin("", "How?")
    store.save("", begun.turn, "It w")
    store.finish("", begun.turn, ANSWER)
    with pytest.raises(ConversationUnknown):
        store.save("", begun.turn, "It w")
    store._partial.save(begun.turn, "It w")  # as if the saver had taken it just before the turn was finished
    store._partial.save_now()
    assert store.conversation("", begun.conversation).turns[0].text == ANSWER.text


@given(question=st.text(min_size=1), text=st.text())
def test_any_text_can_be_asked_answered_and_shown(question: str, text: str) -> None:
    with TemporaryDirectory() as folder, Conversations(folder) as store:
        begun = asked(store, "", question, text)
        (turn,) = store.conversation("", begun.conversation).turns
        assert (turn.question, turn.text) == (question, text)
        store.search("", text[:20])


def test_lone_surrogates_do_not_lose_an_answer(store: Conversations) -> None:
    begun = asked(store, "", "Who\ud800?", "He\udfff did.")
    (turn,) = store.conversation("", begun.conversation).turns
    assert (turn.question, turn.text) == ("Who??", "He? did.")
    assert turn.answer is not None


# -- branches


def test_an_edited_question_replaces_what_followed_and_nothing_is_lost(store: Conversations) -> None:
    first = asked(store, "", "One?")
    place = {"conversation": first.conversation}
    second = asked(store, "", "Two?", "Second answer.", after=first.turn, **place)
    third = asked(store, "", "Three?", after=second.turn, **place)
    edited = store.ask_again("", first.conversation, second.turn, "Two, but better?")
    store.finish("", edited.turn, ANSWER)
    assert questions(store, "", first.conversation) == ["One?", "Two, but better?"]
    assert store.conversation("", first.conversation).turns[1].versions == (second.turn, edited.turn)
    back = store.show("", first.conversation, second.turn)
    assert [turn.id for turn in back.turns] == [first.turn, second.turn, third.turn]
    assert back.turns[1].text == "Second answer."
    assert questions(store, "", first.conversation) == ["One?", "Two?", "Three?"]


def test_asking_the_same_again_keeps_question_and_options(store: Conversations) -> None:
    cut = store.begin("", "How many?", options={"sources": ["UNN"]})
    again = store.ask_again("", cut.conversation, cut.turn)
    (turn,) = store.conversation("", cut.conversation).turns
    assert (turn.id, turn.question, turn.options) == (again.turn, "How many?", {"sources": ["UNN"]})
    assert turn.versions == (cut.turn, again.turn)


def test_two_tabs_of_one_conversation_keep_to_their_own_turns(store: Conversations) -> None:
    first = asked(store, "", "One?")
    place: dict[str, Any] = {"conversation": first.conversation, "after": first.turn}
    here = store.begin("", "Two, here?", **place)
    there = store.begin("", "Two, there?", **place)
    store.finish("", there.turn, answering("There."))
    store.finish("", here.turn, answering("Here."))
    on = asked(store, "", "Three, here?", conversation=first.conversation, after=here.turn)
    tab_here = store.conversation("", first.conversation, turn=on.turn)
    tab_there = store.conversation("", first.conversation, turn=there.turn)
    assert [turn.question for turn in tab_here.turns] == ["One?", "Two, here?", "Three, here?"]
    assert [turn.question for turn in tab_there.turns] == ["One?", "Two, there?"]
    assert [turn.text for turn in as_history(tab_there.turns)] == ["One?", "So it was [1].", "Two, there?", "There."]


@given(places=st.lists(st.integers(0, 30), max_size=12))
def test_every_turn_of_any_tree_is_on_a_path_that_can_be_shown(places: list[int]) -> None:
    with TemporaryDirectory() as folder, Conversations(folder) as store:
        first = store.begin("", "0")
        turns, parents = [first.turn], {first.turn: None}
        for number, place in enumerate(places, 1):
            after = None if place == 30 else turns[place % len(turns)]
            begun = store.begin("", str(number), conversation=first.conversation, after=after)
            turns.append(begun.turn)
            parents[begun.turn] = after  # type: ignore[assignment]
        for turn in turns:
            shown = store.show("", first.conversation, turn).turns
            assert turn in [each.id for each in shown]
            assert [parents[each.id] for each in shown] == [None, *(each.id for each in shown[:-1])]
            assert shown[-1].id not in parents.values()
            assert all(each.id in each.versions for each in shown)


# -- killed and damaged


def _answer_until_killed(connection: Connection, folder: Path) -> None:
    store = Conversations(folder)
    finished = []
    for number in range(20):
        done = asked(store, "anna", f"Finished {number}?", f"Answer {number}.")
        finished.append((done.conversation, done.turn))
    streaming = [
        store.begin("anna", f"Streaming {number}?", conversation=conversation, after=turn)
        for number, (conversation, turn) in enumerate(finished)
    ]
    said = threading.Event()

    def stream(begun: PendingTurn) -> None:
        text = ""
        while True:
            text += "word "
            store.save("anna", begun.turn, text)
            said.wait(0.05)

    for begun in streaming:
        threading.Thread(target=stream, args=(begun,), daemon=True).start()
    while not all(len(store.conversation("anna", each.conversation).turns[1].text.split()) >= 5 for each in streaming):
        time.sleep(0.05)
    connection.send([begun.conversation for begun in streaming])
    said.wait()


def test_a_server_killed_while_20_answers_stream_has_every_finished_turn_and_marks_the_cut(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_answer_until_killed, args=(theirs, tmp_path))
    server.start()
    conversations = ours.recv()
    with Conversations(tmp_path) as beside:  # while it lives, its answers are not cut
        assert beside.conversation("anna", conversations[0]).turns[1].state == "asking"
    server.kill()
    server.join()
    with Conversations(tmp_path) as store:
        assert len(conversations) == 20
        for number, conversation in enumerate(conversations):
            finished, cut = store.conversation("anna", conversation).turns
            assert (finished.state, finished.text) == ("complete", f"Answer {number}.")
            assert finished.answer == without_texts(answering(f"Answer {number}."))
            assert (cut.state, cut.question, cut.answer) == ("cut", f"Streaming {number}?", None)
            assert len(cut.text.split()) >= 5
        assert len(store.search("anna", "word", limit=50)) == 20


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("This is no database, but a note. " * 100)
    with pytest.raises(ConversationsUnusable, match=FILE_NAME):
        Conversations(tmp_path)
    with sqlite3.connect(tmp_path / "other.sqlite3") as other:
        other.execute("PRAGMA user_version = 9")
    other.close()
    (tmp_path / "other.sqlite3").rename(tmp_path / FILE_NAME)
    with pytest.raises(ConversationsUnusable, match="another version"):
        Conversations(tmp_path)


def test_a_full_disk_is_reported_and_loses_nothing_that_was_stored(store: Conversations) -> None:
    begun = asked(store, "", "How?")
    waiting = store.begin("", "And then?", conversation=begun.conversation, after=begun.turn)
    pages = store._database._writer.execute("PRAGMA page_count").fetchone()[0]
    store._database._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ConversationsUnusable, match="disk is full"):
        store.finish("", waiting.turn, answering("Then it rained. " * 5_000))
    assert [turn.state for turn in store.conversation("", begun.conversation).turns] == ["complete", "asking"]
    store._database._writer.execute("PRAGMA max_page_count = 1000000")
    store.finish("", waiting.turn, answering("Then it rained."))
    assert store.conversation("", begun.conversation).turns[1].text == "Then it rained."


def _open_and_ask(connection: Connection, folder: Path) -> None:
    connection.recv()
    with Conversations(folder) as store:
        asked(store, "", "How?")
    connection.send("done")


def test_several_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    pipes = [context.Pipe() for _ in range(6)]
    processes = [context.Process(target=_open_and_ask, args=(theirs, tmp_path)) for _, theirs in pipes]
    for process in processes:
        process.start()
    for ours, _ in pipes:
        ours.send("now")
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    with Conversations(tmp_path) as store:
        assert len(store.conversations("")) == 6


def test_many_may_open_new_files_in_the_same_instant(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def opened(_: int) -> None:
        for attempt in range(20):
            folder = tmp_path / str(attempt)
            folder.mkdir(exist_ok=True)
            together.wait()
            Conversations(folder).close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(opened, range(8)))


def test_closed_conversations_say_so(tmp_path: Path) -> None:
    before = set(threading.enumerate())  # other tests may have left stores of theirs
    store = Conversations(tmp_path)
    begun = store.begin("", "How?")
    store.save("", begun.turn, "It was")
    store.close()
    with pytest.raises(ConversationsUnusable, match="closed"):
        store.conversations("")
    assert not [each for each in set(threading.enumerate()) - before if each.name == "conversations"]
    with Conversations(tmp_path) as again:
        assert again.conversation("", begun.conversation).turns[0].text == "It was"


def test_an_answer_of_a_later_version_leaves_its_text(store: Conversations) -> None:
    begun = asked(store, "", "How?")
    with store._database.writing() as run:
        run("UPDATE answers SET answer = '{\"written\": 2030}'")
        run(f"UPDATE answers SET proof = {tables.ANSWER_PROOF}")
    (turn,) = store.conversation("", begun.conversation).turns
    assert (turn.answer, turn.text, turn.state) == (None, "So it was [1].", "complete")


def test_reading_beside_a_page_changes_nothing(tmp_path: Path) -> None:
    with Conversations(tmp_path, read_only=True) as nothing:
        assert nothing.conversations("") == ()
    assert list(tmp_path.iterdir()) == []
    with Conversations(tmp_path) as store, Conversations(tmp_path, read_only=True) as beside:
        asked(store, "", "How?")
        assert [each.title for each in beside.conversations("")] == ["How?"]
        with pytest.raises(ConversationsUnusable):
            beside.begin("", "May I?")


def test_only_the_owner_of_the_files_can_read_them(tmp_path: Path) -> None:
    with Conversations(tmp_path) as store:
        asked(store, "", "How?")
        for path in tmp_path.glob(f"{FILE_NAME}*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


# -- whose they are


def test_nobody_reaches_the_conversations_of_others(store: Conversations) -> None:
    begun = asked(store, "anna", "A secret question?", "A secret answer.")
    name, turn = begun.conversation, begun.turn
    running = store.begin("anna", "Another secret?", conversation=name, after=turn)
    attempts: list[Callable[[str], object]] = [
        lambda user: store.conversation(user, name),
        lambda user: store.conversation(user, name, turn=turn),
        lambda user: store.begin(user, "Mine?", conversation=name),
        lambda user: store.begin(user, "Mine?", conversation=name, after=turn),
        lambda user: store.ask_again(user, name, turn),
        lambda user: store.save(user, running.turn, "Mine."),
        lambda user: store.finish(user, running.turn, ANSWER),
        lambda user: store.fail(user, running.turn, "No."),
        lambda user: store.rename(user, name, "Mine"),
        lambda user: store.show(user, name, turn),
        lambda user: store.delete(user, name),
        lambda user: store.rate(user, turn, "down"),
    ]
    for user in ("boris", "", "Anna", "anna "):
        for attempt in attempts:
            with pytest.raises(ConversationUnknown):
                attempt(user)
        assert store.conversations(user) == ()
        assert store.search(user, "secret") == ()
    mine = asked(store, "boris", "Mine?")
    for misplaced in (
        lambda: store.begin("boris", "And?", conversation=mine.conversation, after=turn),
        lambda: store.conversation("boris", mine.conversation, turn=turn),
        lambda: store.ask_again("boris", mine.conversation, turn),
        lambda: store.show("boris", mine.conversation, turn),
    ):
        with pytest.raises(ConversationUnknown):
            misplaced()
    assert [each.text for each in store.conversation("anna", name).turns] == ["A secret answer.", ""]
    assert [each.title for each in store.conversations("anna")] == ["A secret question?"]


def test_50_conversations_of_10_turns_at_once_hold_no_foreign_word(store: Conversations) -> None:
    def talk(number: int) -> tuple[str, str]:
        user, secret = f"user {number % 7}", f"secret{number}x"
        place: dict[str, Any] = {}
        for turn in range(10):
            begun = store.begin(user, f"{secret} question {turn}?", **place)
            for words in range(3):
                store.save(user, begun.turn, f"{secret} " * words)
            before = as_history(store.conversation(user, begun.conversation, turn=begun.turn).turns)
            assert [each.text for each in before[1::2]] == [f"{secret} answer {each}." for each in range(turn)]
            store.finish(user, begun.turn, answering(f"{secret} answer {turn}."))
            place = {"conversation": begun.conversation, "after": begun.turn}
        return user, begun.conversation

    with ThreadPoolExecutor(50) as people:
        talks = list(people.map(talk, range(50)))
    for number, (user, name) in enumerate(talks):
        conversation = store.conversation(user, name)
        assert len(conversation.turns) == 10
        for turn in conversation.turns:
            assert f"secret{number}x" in turn.question
            assert turn.text.split()[0] == f"secret{number}x"
            assert len(turn.versions) == 1
        (hit,) = store.search(user, f"secret{number}x")
        assert hit.conversation.id == name


# -- listing, titles, search


def test_the_list_begins_with_what_was_changed_last(store: Conversations) -> None:
    names = [asked(store, "", f"Number {number}?").conversation for number in range(4)]
    asked(store, "", "And again?", conversation=names[1])
    assert [each.id for each in store.conversations("")] == [names[1], names[3], names[2], names[0]]
    assert [each.id for each in store.conversations("", limit=2)] == [names[1], names[3]]


def test_a_list_by_day_follows_the_readers_own_midnight() -> None:
    times = [datetime(2026, 3, 2, 0, 30, tzinfo=UTC), datetime(2026, 3, 1, 23, 30, tzinfo=UTC)]
    summaries = [Summary(str(time), "", time, time) for time in times]
    assert [day for day, _ in by_day(summaries, UTC)] == [date(2026, 3, 2), date(2026, 3, 1)]
    assert [day for day, _ in by_day(summaries, timezone(timedelta(hours=2)))] == [date(2026, 3, 2)]
    assert [each for _, group in by_day(summaries, UTC) for each in group] == summaries


def test_a_title_is_shortened_at_a_word() -> None:
    assert title_of("  Who\nmet  whom? ") == "Who met whom?"
    title = title_of("What did the ministers of defence of France and Ukraine agree upon when they met in Paris?")
    assert title == "What did the ministers of defence of France and Ukraine…"
    assert len(title_of("战" * 100)) == TITLE_LENGTH


@given(st.text())
def test_a_title_is_one_short_line(question: str) -> None:
    title = title_of(question)
    assert len(title) <= TITLE_LENGTH
    assert title.isprintable()
    assert title == title.strip()


def test_a_conversation_is_renamed_and_keeps_its_name(store: Conversations) -> None:
    begun = asked(store, "", "What of drones?")
    store.rename("", begun.conversation, "  My   drones ")
    store.ask_again("", begun.conversation, begun.turn, "What of ships?")
    assert store.conversations("")[0].title == "My drones"
    store.rename("", begun.conversation, " ")
    assert store.conversations("")[0].title == "What of ships?"
    edited = store.ask_again("", begun.conversation, begun.turn, "What of trains?")
    assert store.conversation("", edited.conversation).title == "What of trains?"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("дрони", "Україна отримає нові ДРОНИ."),
        ("памʼять", "Вічна пам’ять героям."),
        ("sebastien LECORNU", "Sébastien Lecornu met him."),
        ("防空", "乌克兰需要防空系统。"),
        ("strasse", "Die Straße ist gesperrt."),
        ("100%", "It is 100% sure."),
        ("under_score", "An under_score here."),
        ("ｗｉｄｅ", "wide letters"),
        ("الدفاع", "وزارة الدفاع"),
    ],
)
def test_words_are_found_in_any_language_and_writing(store: Conversations, words: str, text: str) -> None:
    asked(store, "", "Something else?", "And nothing of it: 50, underXscore.")
    wanted = asked(store, "", "What?", text)
    (hit,) = store.search("", words)
    assert (hit.conversation.id, hit.turn) == (wanted.conversation, wanted.turn)
    assert "".join(hit.excerpt[start:end] for start, end in hit.marks)
    for start, end in hit.marks:
        assert folded(hit.excerpt[start:end]) in folded(words)


def test_all_words_must_stand_in_one_turn_and_titles_count(store: Conversations) -> None:
    begun = asked(store, "", "What of drones?", "France pays.")
    asked(store, "", "And ships?", "Nobody knows.", conversation=begun.conversation, after=begun.turn)
    (hit,) = store.search("", "pays drones")
    assert hit.turn == begun.turn
    assert store.search("", "pays ships") == ()
    assert store.search("", "  ") == ()
    store.rename("", begun.conversation, "Weapons from abroad")
    (hit,) = store.search("", "abroad weapons")
    assert (hit.turn, hit.excerpt, hit.marks) == (None, "Weapons from abroad", ((0, 7), (13, 19)))


def test_an_answer_on_another_branch_is_found(store: Conversations) -> None:
    begun = asked(store, "", "What?", "About penguins.")
    store.finish("", store.ask_again("", begun.conversation, begun.turn).turn, answering("About seals."))
    (hit,) = store.search("", "penguins")
    assert hit.turn == begun.turn
    assert store.conversation("", begun.conversation, turn=hit.turn).turns[0].text == "About penguins."


@given(before=st.text(max_size=300), after=st.text(max_size=300))
def test_an_excerpt_is_short_and_marks_the_word(before: str, after: str) -> None:
    shown, marks = excerpt([f"{before} Київ {after}"], [folded("київ")])
    assert len(shown) < 180
    assert marks
    assert all(folded(shown[start:end]) for start, end in marks)
    assert any("київ" in shown[start:end].lower() for start, end in marks)


# -- deleted


def test_what_is_deleted_is_gone_from_the_disk(tmp_path: Path) -> None:
    with Conversations(tmp_path) as store:
        kept = asked(store, "", "Keptword?", "Keptanswer.")
        gone = asked(store, "", "Secretword?", "Secretanswer " * 2_000)
        again = store.ask_again("", gone.conversation, gone.turn, "Secretword, once more?")
        store.save("", again.turn, "Secretanswer, in part")
        while not store.conversation("", gone.conversation).turns[-1].text:
            time.sleep(0.05)
        store.rate("", gone.turn, "up", "Secretcomment")
        everything = b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE_NAME}*"))
        assert all(word in everything for word in (b"Secretword", b"Secretanswer", b"Secretcomment", b"Keptanswer"))
        store.delete("", gone.conversation)
        everything = b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE_NAME}*")).lower()
        assert b"keptanswer" in everything
        assert b"secret" not in everything
        with pytest.raises(ConversationUnknown, match="deleted"):
            store.conversation("", gone.conversation)
        with pytest.raises(ConversationUnknown):
            store.finish("", again.turn, ANSWER)
        assert [each.id for each in store.conversations("")] == [kept.conversation]
        assert store.feedback() == ()


# -- feedback


def test_feedback_has_the_whole_answer_and_the_last_word(store: Conversations) -> None:
    begun = asked(store, "anna", "How?")
    store.rate("anna", begun.turn, "up")
    store.rate("anna", begun.turn, "down", "  The date is wrong. ")
    (said,) = store.feedback()
    assert (said.user, said.conversation, said.turn) == ("anna", begun.conversation, begun.turn)
    assert (said.rating, said.comment) == ("down", "The date is wrong.")
    assert said.answer == without_texts(answering("So it was [1]."))
    assert said.to_dict()["answer"] == answering("So it was [1].").to_dict()
    (turn,) = store.conversation("anna", begun.conversation).turns
    assert (turn.rating, turn.comment) == ("down", "The date is wrong.")
    store.rate("anna", begun.turn, None)
    assert store.feedback() == ()


def test_only_an_answer_can_be_rated(store: Conversations) -> None:
    begun = store.begin("", "How?")
    with pytest.raises(ConversationUnknown):
        store.rate("", begun.turn, "up")
    store.fail("", begun.turn, "No.")
    with pytest.raises(ConversationUnknown):
        store.rate("", begun.turn, "up")
