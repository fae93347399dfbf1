"""Conversations beside the chat: found, opened, changed, never another user's, and never mixed between tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.errors import ConversationUnknown, ModelUnreachable
from assistant.history.conversations import Conversations
from assistant.history.types import as_history
from assistant.messages import translator
from assistant.types import Answer
from tests.assistant.history.test_answer_json import cited_answer
from tests.assistant.making import MEETING, match
from tests.ui.fake_desk import FakeReply
from ui.acts import Act
from ui.views import answer as answers
from ui.views import conversation_list, sources
from ui.views.conversation_list import Place, View
from vectorstore.types import TimeScope

ANSWER = replace(cited_answer(), state="complete", reason=None)
WORDS = translator()
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    with Conversations(tmp_path) as opened:
        yield opened


def ask(store: Conversations, place: Place, question: str, answer: str = "So it was [1].", user: str = "ann") -> Place:
    begun, place = conversation_list.begin(store, user, place, question)
    store.finish(user, begun.turn, replace(ANSWER, text=answer))
    return place


def shown(store: Conversations, place: Place, user: str = "ann") -> list[str]:
    return [turn.question for turn in conversation_list.turns(store, user, place)]


def test_a_list_goes_by_day_and_names_the_last_two(store: Conversations) -> None:
    ask(store, Place(), "Who won?")
    now = datetime.now(UTC).date()
    for later, name in ((0, "Today"), (1, "Yesterday"), (2, str(now.year))):
        listed = conversation_list.listing(store, "ann", View(), WORDS, today=now + timedelta(days=later), zone=UTC)
        assert name in re.findall(r"<h2>(.*?)</h2>", listed)[0]
    assert "Сьогодні" in conversation_list.listing(store, "ann", View(), translator("uk"), today=now, zone=UTC)


def test_a_long_list_is_shown_in_parts(store: Conversations) -> None:
    for number in range(conversation_list.LISTED + 5):
        store.begin("ann", f"Question {number}?")
    first = conversation_list.listing(store, "ann", View(), WORDS)
    assert first.count('class="conversation"') == conversation_list.LISTED
    more = conversation_list.act(store, "ann", View(), Act("conversation-more"))
    whole = conversation_list.listing(store, "ann", more, WORDS)
    assert whole.count('class="conversation"') == conversation_list.LISTED + 5
    assert "conversation-more" in first
    assert "conversation-more" not in whole


def test_a_search_shows_what_was_found_and_where(store: Conversations) -> None:
    ask(store, Place(), "Who won?", "Nobody won the regatta.")
    ask(store, Place(), "Who lost?")
    view = conversation_list.act(store, "ann", View(), Act("conversation-search", fields={"words": "REGATTA"}))
    listed = conversation_list.listing(store, "ann", view, WORDS)
    assert "<mark>regatta</mark>" in listed
    assert "Who lost?" not in listed
    nothing = conversation_list.act(store, "ann", View(), Act("conversation-search", fields={"words": "zebra"}))
    assert "No conversation" in conversation_list.listing(store, "ann", nothing, WORDS)


def test_opening_goes_to_the_end_and_deleting_leaves_an_empty_chat(store: Conversations) -> None:
    place = ask(store, ask(store, Place(), "One?"), "Two?")
    view = conversation_list.act(store, "ann", View(), Act("conversation-open", str(place.conversation)))
    assert view.place == place
    assert 'aria-current="true"' in conversation_list.listing(store, "ann", view, WORDS)
    view = conversation_list.act(
        store, "ann", view, Act("conversation-rename", str(place.conversation), {"title": "Mine"})
    )
    assert "Mine" in conversation_list.listing(store, "ann", view, WORDS)
    view = conversation_list.act(store, "ann", view, Act("conversation-delete", str(place.conversation)))
    assert view.place == Place()
    assert store.conversations("ann") == ()


def test_nothing_of_another_user_is_seen_or_changed(store: Conversations) -> None:
    place = ask(store, Place(), "Ann's secret?", "Her answer.")
    name = str(place.conversation)
    assert "secret" not in conversation_list.listing(store, "bob", View(), WORDS)
    assert "secret" not in conversation_list.listing(store, "bob", View(words="secret"), WORDS)
    for done in (
        Act("conversation-open", name),
        Act("conversation-rename", name, {"title": "Bob's"}),
        Act("conversation-delete", name),
        Act("rate", f"{place.turn}:up"),
    ):
        with pytest.raises(ConversationUnknown):
            conversation_list.act(store, "bob", View(place), done)
    with pytest.raises(ConversationUnknown):
        conversation_list.turns(store, "bob", place)
    with pytest.raises(ConversationUnknown):
        conversation_list.begin(store, "bob", place, "And then?")
    assert shown(store, place) == ["Ann's secret?"]


def test_two_tabs_of_one_conversation_do_not_mix_turns(store: Conversations) -> None:
    begun = ask(store, Place(), "One?", "First.")
    here, there = ask(store, begun, "Here?", "H."), ask(store, begun, "There?", "T.")
    here = ask(store, here, "Here again?")
    assert shown(store, here) == ["One?", "Here?", "Here again?"]
    assert shown(store, there) == ["One?", "There?"]
    _, next_place = conversation_list.begin(store, "ann", there, "There again?")
    assert shown(store, next_place) == ["One?", "There?", "There again?"]


def test_an_edited_question_is_another_version_and_both_can_be_shown(store: Conversations) -> None:
    first = ask(store, Place(), "One?")
    second = ask(store, first, "Tow?")
    asked = conversation_list.asked_again(Act("turn-edit", str(second.turn), {"question": " Two? "}))
    assert asked == (second.turn, "Two?")
    begun, edited = conversation_list.begin(store, "ann", second, "Two?", instead_of=second.turn)
    store.finish("ann", begun.turn, ANSWER)
    assert shown(store, edited) == ["One?", "Two?"]
    tools = conversation_list.turn_tools(conversation_list.turns(store, "ann", edited)[-1], WORDS)
    assert "2 of 2" in tools
    assert f'data-act="turn-show" data-value="{second.turn}"' in tools
    back = conversation_list.act(store, "ann", View(edited), Act("turn-show", str(second.turn)))
    assert shown(store, back.place) == ["One?", "Tow?"]


@pytest.mark.parametrize("value", ["", "x", "1" * 30])
def test_a_turn_that_is_no_number_is_not_asked(value: str) -> None:
    assert conversation_list.asked_again(Act("turn-again", value)) is None


def test_a_cut_answer_says_so_and_can_be_asked_again(store: Conversations, tmp_path: Path) -> None:
    _, place = conversation_list.begin(store, "ann", Place(), "One?")
    store.close()
    with Conversations(tmp_path) as opened:
        (turn,) = conversation_list.turns(opened, "ann", place)
        tools = conversation_list.turn_tools(turn, WORDS)
        assert turn.state == "cut"
        assert "cut off" in tools
        assert f'data-act="turn-again" data-value="{turn.id}"' in tools
        assert "thumb" not in tools
        _, again = conversation_list.begin(opened, "ann", place, turn.question, instead_of=turn.id)
        assert shown(opened, again) == ["One?"]
        assert again.turn != place.turn


def test_thumbs_are_kept_with_the_whole_answer_and_a_word(store: Conversations) -> None:
    place = ask(store, Place(), "One?")
    view = conversation_list.act(store, "ann", View(place), Act("rate-word", str(place.turn), {"comment": "too early"}))
    assert store.feedback() == ()
    view = conversation_list.act(store, "ann", view, Act("rate", f"{place.turn}:down"))
    conversation_list.act(store, "ann", view, Act("rate-word", str(place.turn), {"comment": "The date is wrong."}))
    (said,) = store.feedback()
    assert [said.rating, said.comment, said.answer.citations] == ["down", "The date is wrong.", ANSWER_CITATIONS]
    tools = conversation_list.turn_tools(conversation_list.turns(store, "ann", place)[0], WORDS)
    assert f'data-value="{place.turn}:none" aria-label="Bad answer" title="Bad answer" aria-pressed="true"' in tools
    conversation_list.act(store, "ann", view, Act("rate", f"{place.turn}:none"))
    assert store.feedback() == ()


ANSWER_CITATIONS = tuple(replace(citation, article=replace(citation.article, text="")) for citation in ANSWER.citations)


def test_nothing_that_a_reader_writes_becomes_markup(store: Conversations) -> None:
    place = ask(store, Place(), HOSTILE)
    store.rate("ann", place.turn or 0, "up", HOSTILE)
    (turn,) = conversation_list.turns(store, "ann", place)
    made = conversation_list.listing(store, "ann", View(words="onerror"), WORDS) + conversation_list.listing(
        store, "ann", View(), WORDS
    )
    made += conversation_list.turn_tools(turn, WORDS)
    assert "<img" not in made
    assert 'onerror=alert(1)>"' not in made


# -- recording


def test_pieces_are_kept_as_they_come_and_the_answer_at_the_end(store: Conversations) -> None:
    begun, place = conversation_list.begin(store, "ann", Place(), "One?")
    reply: Any = FakeReply(ANSWER, ["So ", "it ", "was."])
    assert "".join(conversation_list.recorded(store, "ann", begun.turn, reply)) == "So it was."
    (turn,) = conversation_list.turns(store, "ann", place)
    assert [turn.state, turn.text] == ["complete", ANSWER.text]


def test_one_who_leaves_stops_the_writing_and_keeps_what_came(store: Conversations) -> None:
    begun, place = conversation_list.begin(store, "ann", Place(), "One?")
    reply: Any = FakeReply(ANSWER, ["So ", "it ", "was."])
    writing: Any = conversation_list.recorded(store, "ann", begun.turn, reply)
    next(writing)
    writing.close()
    assert reply.cancelled.is_set()
    assert conversation_list.turns(store, "ann", place)[0].state == "stopped"


@pytest.mark.parametrize("error", [ModelUnreachable("The model's server does not answer."), ZeroDivisionError("ours")])
def test_a_turn_without_an_answer_has_failed_whatever_went_wrong(store: Conversations, error: Exception) -> None:
    begun, place = conversation_list.begin(store, "ann", Place(), "One?")
    reply: Any = FakeReply(ANSWER, ["So "], fails_with=error)
    with pytest.raises(type(error)):
        list(conversation_list.recorded(store, "ann", begun.turn, reply))
    (turn,) = conversation_list.turns(store, "ann", place)
    assert [turn.state, turn.text] == ["failed", "So "]


def test_where_the_model_failed_the_turn_keeps_what_was_found_and_is_no_history(store: Conversations) -> None:
    begun, place = conversation_list.begin(store, "ann", Place(), "One?")
    error = ModelUnreachable("m cannot be reached.")
    found = Answer("One?", "", (), (), TimeScope(), "m", state="cut", reason=str(error), nearest=(match(MEETING),))
    reply: Any = FakeReply(ANSWER, [], fails_with=error, unanswered=found)
    with pytest.raises(ModelUnreachable):
        list(conversation_list.recorded(store, "ann", begun.turn, reply))
    (turn,) = conversation_list.turns(store, "ann", place)
    assert (turn.state, turn.text, as_history([turn])) == ("cut", "", ())
    assert turn.answer is not None
    page = answers.finished_turn(
        turn, "c", words=WORDS, extras=answers.Extras(sources=sources.strip(turn.answer, {}, words=WORDS))
    )
    assert page.count("m cannot be reached.") == 2  # shown, and told to screen readers
    assert 'data-article="article-1"' in page


def test_a_conversation_that_is_deleted_while_it_is_answered_is_gone(store: Conversations) -> None:
    begun, _ = conversation_list.begin(store, "ann", Place(), "One?")
    reply: Any = FakeReply(ANSWER, ["So ", "it."])
    writing = conversation_list.recorded(store, "ann", begun.turn, reply)
    next(writing)
    store.delete("ann", begun.conversation)
    assert list(writing) == ["it."]
    assert store.conversations("ann") == ()


# -- export


@pytest.fixture
def site(store: Conversations) -> TestClient:
    app = FastAPI()
    app.include_router(conversation_list.router(store, lambda request: request.headers["x-user"]))
    return TestClient(app)


@pytest.mark.parametrize(
    ("ending", "kind"), [("md", "text/markdown"), ("html", "text/html"), ("json", "application/json")]
)
def test_an_export_is_a_file_to_keep_and_never_a_page_of_ours(
    store: Conversations, site: TestClient, ending: str, kind: str
) -> None:
    place = ask(store, Place(), "Хто переміг?")
    got = site.get(f"/page/export/{place.conversation}.{ending}", headers={"x-user": "ann"})
    assert got.status_code == 200
    assert got.headers["content-type"].startswith(kind)
    assert got.headers["content-disposition"].startswith("attachment; filename=")
    assert got.headers["content-disposition"].isascii()
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "Хто переміг?" in got.text


def test_an_export_is_in_the_reader_s_language(store: Conversations, site: TestClient) -> None:
    place = ask(store, Place(), "Whom did Umerov meet?")
    for ending in ("md", "html"):
        got = site.get(
            f"/page/export/{place.conversation}.{ending}", headers={"x-user": "ann", "accept-language": "uk"}
        )
        for said in ("Джерела", "Перевірте, перш ніж покладатися", "2 вересня 2024", "статті до 5 вересня 2024", "0,2"):
            assert said in got.text, (ending, said)
        assert "Sources" not in got.text


def test_an_export_is_for_its_owner_alone(store: Conversations, site: TestClient) -> None:
    place = ask(store, Place(), "Ann's secret?")
    others = site.get(f"/page/export/{place.conversation}.md", headers={"x-user": "bob"})
    absent = site.get("/page/export/nothing.md", headers={"x-user": "ann"})
    assert [others.status_code, others.text] == [404, absent.text]
    for name in (f"{place.conversation}.pdf", f"{place.conversation}", "..%2f..%2fetc.md"):
        assert site.get(f"/page/export/{name}", headers={"x-user": "ann"}).status_code == 404


def test_the_place_of_a_tab_does_not_follow_another_tab(store: Conversations) -> None:
    place = ask(store, Place(), "One?")
    ask(store, place, "From another tab?")
    assert shown(store, place) == ["One?"]
