"""What the page does between the browser, the store and the desk."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from assistant.errors import ModelUnreachable
from assistant.history.conversations import Conversations
from assistant.types import Step, Turn
from tests.ui.fake_desk import DART, FakeDesk, FakeReply, answer_about_dart
from tests.ui.served import in_a_loop
from ui.access.login import LOCAL
from ui.answering.threads import Answering
from ui.layout import QUESTION_LIMIT
from ui.page import Page
from ui.tab import Tab, Update
from ui.users import User
from ui.views import conversation_list, library
from ui.views.scope_chips import Steer
from vectorstore.errors import LibraryInUse
from vectorstore.types import AddReport, Outcome, TimeScope

READER = User("rita", "reader")


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(folder=tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    with Conversations(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("built")
    with Conversations(folder) as store:
        made = in_a_loop(lambda: Page(FakeDesk(folder=folder), store, Answering(1)))  # type: ignore[arg-type]
        yield made
        made.close()


@pytest.fixture(autouse=True)
def same_blocks(built: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page of the module has the blocks of one: Gradio takes longer to make them than most tests."""

    def take(self: Page) -> Any:
        vars(self).update(vars(built) | vars(self))
        return built.blocks

    monkeypatch.setattr(Page, "_build", take)


@pytest.fixture
def page(desk: FakeDesk, store: Conversations) -> Iterator[Page]:
    made = in_a_loop(lambda: Page(desk, store, Answering(4)))  # type: ignore[arg-type]
    yield made
    made.close()


def request_of(session: str = "one", user: User = LOCAL, query: str = "", language: str = "en") -> Any:
    scope = {
        "type": "http",
        "headers": [(b"accept-language", language.encode())],
        "query_string": query.encode(),
        "article.user": user,
    }
    inner = Request(scope)
    return SimpleNamespace(session_hash=session, request=inner, query_params=inner.query_params)


def all_of(updates: Any) -> list[Update]:
    async def gathered() -> list[Update]:
        return [update async for update in updates]

    return asyncio.run(gathered())


def asked(page: Page, question: str, tab: Tab | None = None, **who: Any) -> list[Update]:
    return all_of(page.ask(question, tab or Tab(), conversation_list.View(), request_of(**who)))


def acted(
    page: Page, name: str, value: str = "", tab: Tab | None = None, who: Any = None, **fields: str
) -> list[Update]:
    told = json.dumps({"act": name, "value": value, "fields": fields})
    return all_of(page.act(told, tab or Tab(), conversation_list.View(), library.View(), who or request_of()))


def opened(page: Page, **who: Any) -> Update:
    return all_of(page.open(request_of(**who)))[0]


def after(updates: list[Update], page: Page) -> Tab:
    tab = next(update[page.layout.tab] for update in reversed(updates) if page.layout.tab in update)
    assert isinstance(tab, Tab)
    return tab


# --- asking ------------------------------------------------------------------------------------------------------


def test_a_turn_goes_into_the_history_of_the_next(page: Page, desk: FakeDesk) -> None:
    first = after(asked(page, " How much shorter? "), page)
    updates = asked(page, "And since when?", first)
    said = answer_about_dart()
    assert desk.asked[0] == ("How much shorter?", ())
    question, history = desk.asked[1]
    assert question == "And since when?"
    assert [(turn.role, turn.text) for turn in history] == [("user", "How much shorter?"), ("assistant", said.text)]
    assert history[1] == Turn.of(said)
    assert "How much shorter?" in updates[0][page.layout.past]
    assert "And since when?" in updates[-1][page.layout.current]


def test_the_finished_turns_change_only_when_a_question_is_asked(page: Page) -> None:
    updates = asked(page, "Two?", after(asked(page, "One?"), page))
    assert [page.layout.past in update for update in updates] == [True] + [False] * (len(updates) - 1)


def test_an_error_is_shown_and_does_not_enter_the_history(page: Page, desk: FakeDesk) -> None:
    desk.fails_with = ModelUnreachable("The model's server does not answer. Start it, and ask again.")
    updates = asked(page, "How much?")
    assert '<div class="notice problem" role="alert">The model' in updates[-1][page.layout.current]
    desk.fails_with = None
    asked(page, "How much?", after(updates, page))
    assert desk.asked[1][1] == ()


def test_an_empty_question_asks_nothing(page: Page, desk: FakeDesk) -> None:
    asked(page, "  \n ")
    assert desk.asked == []


def test_a_question_beyond_the_limit_asks_nothing(page: Page, desk: FakeDesk) -> None:
    asked(page, "x" * (QUESTION_LIMIT + 1))
    assert desk.asked == []
    longest = "x" * QUESTION_LIMIT
    shown = "".join(str(update) for update in asked(page, longest))
    assert [question for question, *_ in desk.asked] == [longest]
    assert f'dir="auto">{longest}</h2><span class="more">' in shown


def test_one_tab_writes_one_answer_at_a_time_and_another_tab_is_free(page: Page, desk: FakeDesk) -> None:
    async def at_once() -> None:
        writing = page.ask("First?", Tab(), conversation_list.View(), request_of())
        await anext(writing)
        async for _ in page.ask("Second?", Tab(), conversation_list.View(), request_of()):
            pass
        assert "Second?" not in [question for question, _ in desk.asked]
        async for _ in page.ask("Elsewhere?", Tab(), conversation_list.View(), request_of("two")):
            pass
        async for _ in writing:
            pass
        async for _ in page.ask("Third?", Tab(), conversation_list.View(), request_of()):
            pass

    asyncio.run(at_once())
    assert sorted(question for question, _ in desk.asked) == ["Elsewhere?", "First?", "Third?"]


async def test_an_answer_goes_on_when_its_tab_goes_away_and_another_tab_finds_it(page: Page, desk: FakeDesk) -> None:
    desk.go = threading.Event()
    async with aclosing(page.ask("First?", Tab(), conversation_list.View(), request_of())) as writing:
        begun = await anext(writing)
        await anext(writing)
    page.leave(request_of())
    query = f"c={begun[page.layout.tab].place.conversation}"
    async with aclosing(page.open(request_of("two", query=query))) as coming:
        assert "First?" in (await anext(coming))[page.layout.current]
        found = await anext(coming)
        assert 'class="turn writing"' in found[page.layout.current]
        assert found[page.layout.question]["stop_btn"] == "Stop"
        desk.go.set()
        *_, last = [update async for update in coming]
    assert 'class="meta"' in last[page.layout.current]
    assert last[page.layout.question]["submit_btn"] == "Ask"
    assert not desk.replies[0].cancelled.is_set()


async def test_only_a_stop_of_its_tab_says_that_an_answer_was_stopped(
    page: Page, desk: FakeDesk, store: Conversations
) -> None:
    desk.go = threading.Event()
    asking = page.ask("First?", Tab(), conversation_list.View(), request_of())
    tab = (await anext(asking))[page.layout.tab]
    page.stop(request_of("two"))
    page.stop(request_of())
    *_, last = [update async for update in asking]
    assert "You stopped this answer." in last[page.layout.current]
    asking = page.ask("Second?", tab, conversation_list.View(), request_of())
    await anext(asking)
    await anext(asking)
    page.close()  # the end of the server
    *_, last = [update async for update in asking]
    assert "You stopped" not in last[page.layout.current]
    assert [turn.state for turn in store.conversation("", tab.place.conversation).turns] == ["stopped", "cut"]


def test_who_waits_in_line_sees_the_place_and_then_the_answer(desk: FakeDesk, store: Conversations) -> None:
    narrow = in_a_loop(lambda: Page(desk, store, Answering(1)))  # type: ignore[arg-type]
    desk.wait = 0.02

    async def both() -> list[list[str]]:
        async def one(session: str) -> list[str]:
            return [
                update[narrow.layout.current]
                async for update in narrow.ask("How much?", Tab(), conversation_list.View(), request_of(session))
                if narrow.layout.current in update
            ]

        return list(await asyncio.gather(one("one"), one("two")))

    shown = asyncio.run(both())
    in_line = "Yours is number 1 in line."
    assert sum(any(in_line in each for each in steps) for steps in shown) == 1
    assert all('class="meta"' in steps[-1] for steps in shown)
    narrow.close()


def test_what_keeps_the_writer_is_said(page: Page, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = FakeReply(answer_about_dart(), ["", "DART "], status="The server asks to slow down; trying again.")
    monkeypatch.setattr(desk, "stream", lambda *_, **__: waiting)
    assert any("asks to slow down" in update.get(page.layout.current, "") for update in asked(page, "How much?"))


def test_the_page_speaks_the_language_of_its_reader(page: Page) -> None:
    assert opened(page, language="uk")[page.layout.question]["placeholder"] == "Запитайте свої статті"
    assert "Джерела" in asked(page, "How much?", language="uk")[-1][page.layout.current]


# --- conversations -----------------------------------------------------------------------------------------------


def test_a_reload_comes_back_to_the_conversation(page: Page) -> None:
    tab = after(asked(page, "Two?", after(asked(page, "One?"), page)), page)
    shown = opened(page, query=f"c={tab.place.conversation}")
    assert shown[page.layout.tab].place == tab.place
    assert "One?" in shown[page.layout.past]
    assert "Two?" in shown[page.layout.current]


def test_somebody_else_s_conversation_opens_as_none(page: Page) -> None:
    tab = after(asked(page, "Secret?"), page)
    shown = opened(page, query=f"c={tab.place.conversation}", user=READER)
    assert shown[page.layout.tab] == Tab()
    assert "Secret" not in json.dumps([value for value in shown.values() if isinstance(value, str)])


def test_a_conversation_that_is_opened_while_another_is_answered_stays_open(page: Page, desk: FakeDesk) -> None:
    other = after(asked(page, "Other?"), page)
    desk.wait = 0.05

    async def leaves() -> list[Update]:
        updates = []
        async for update in page.ask("Long?", Tab(), conversation_list.View(), request_of()):
            updates.append(update)
            if len(updates) == 3:
                told = json.dumps({"act": "conversation-open", "value": other.place.conversation})
                async for shown in page.act(told, Tab(), conversation_list.View(), library.View(), request_of()):
                    assert "Other?" in shown[page.layout.current]
        return updates[3:]

    behind = asyncio.run(leaves())
    assert not any(page.layout.current in update or page.layout.tab in update for update in behind)


def test_a_question_is_asked_again_in_its_place(page: Page, desk: FakeDesk) -> None:
    tab = after(asked(page, "Two?", after(asked(page, "One?"), page)), page)
    updates = acted(page, "turn-edit", str(tab.place.turn), tab, question="Three?")
    assert desk.asked[-1][0] == "Three?"
    assert [turn.text for turn in desk.asked[-1][1]] == ["One?", answer_about_dart().text]
    assert "2 of 2" in updates[-1][page.layout.current]
    assert "Two?" not in updates[0][page.layout.past]


def test_an_act_that_is_none_does_nothing(page: Page, desk: FakeDesk) -> None:
    for told in ("", "{", '{"act": "turn-again", "value": "99"}', '{"act": "steer-drop-days", "value": "99"}'):
        assert all(
            page.layout.tab not in update
            for update in all_of(page.act(told, Tab(), conversation_list.View(), library.View(), request_of()))
        )
    assert desk.asked == []


# --- steering ----------------------------------------------------------------------------------------------------


def test_days_that_are_set_go_with_each_question_until_they_are_dropped(page: Page, desk: FakeDesk) -> None:
    tab = after(acted(page, "steer-days", since="2024-09-01", until=""), page)
    tab = after(asked(page, "One?", tab), page)
    tab = after(asked(page, "Two?", tab), page)
    tab = after(acted(page, "steer-drop-days", "", tab), page)
    asked(page, "Three?", tab)
    assert desk.searched == [{"since": date(2024, 9, 1)}, {"since": date(2024, 9, 1)}, {}]


def test_what_a_question_said_is_dropped_and_it_is_asked_again(page: Page, desk: FakeDesk) -> None:
    scope = TimeScope(since=date(2024, 9, 1), words=("last week",))
    desk.finished = replace(answer_about_dart(), scope=scope)
    tab = after(asked(page, "What was said last week?"), page)
    updates = acted(page, "steer-drop-days", str(tab.place.turn), tab)
    assert desk.asked[-1][0] == "What was said?"
    assert "What was said last week?" in updates[-1][page.layout.current]
    assert after(updates, page).steer == Steer()


def test_what_an_earlier_question_said_is_dropped_for_the_next(page: Page, desk: FakeDesk) -> None:
    desk.finished = replace(answer_about_dart(), scope=TimeScope(since=date(2024, 9, 1), words=("last week",)))
    tab = after(asked(page, "What was said last week?"), page)
    asked(page, "And where?", after(acted(page, "steer-drop-days", "", tab), page))
    scope = desk.asked[-1][1][1].scope
    assert scope is not None
    assert (scope.since, scope.words) == (None, ())


def test_a_question_is_asked_deep_where_the_switch_is_on_and_a_model_can(page: Page, desk: FakeDesk) -> None:
    desk.can_look_deeper = True
    tab = after(acted(page, "steer-deep", "next:on"), page)
    assert after(acted(page, "conversation-new", "", tab), page).steer == Steer(deep=True)
    tab = after(asked(page, "One?", tab), page)
    desk.can_look_deeper = False
    asked(page, "Two?", tab)
    assert desk.searched == [{"deep": True}, {}]


def test_what_is_looked_up_shows_while_it_is_and_stays_with_the_answer(page: Page, desk: FakeDesk) -> None:
    step = Step("search", "how DART was steered", TimeScope(), (DART,))
    desk.finished = replace(answer_about_dart(), trail=(step,))
    desk.wait = 0.02
    updates = asked(page, "How much?")
    growing = [update[page.layout.current] for update in updates[1:-1]]
    assert growing
    assert all("how DART was steered" in shown and "<details" not in shown for shown in growing)
    assert "how DART was steered" in updates[-1][page.layout.current]
    tab = after(updates, page)
    assert "how DART was steered" in opened(page, query=f"c={tab.place.conversation}")[page.layout.current]


def test_a_conversation_that_is_opened_goes_on_as_it_was_asked(page: Page, desk: FakeDesk) -> None:
    desk.can_look_deeper = True
    tab = after(acted(page, "steer-days", since="2024-09-01", until=""), page)
    tab = after(asked(page, "One?", after(acted(page, "steer-deep", "next:on", tab), page)), page)
    come_back = opened(page, query=f"c={tab.place.conversation}")[page.layout.tab]
    assert come_back.steer == Steer(since=date(2024, 9, 1), deep=True)
    asked(page, "Two?", come_back)
    assert desk.searched == [{"since": date(2024, 9, 1), "deep": True}] * 2


# --- the library -------------------------------------------------------------------------------------------------


def uploaded(tmp_path: Path, folder: str, name: str, text: str) -> str:
    """A file where the browser's upload would have put it."""
    path = tmp_path / "incoming" / folder / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return str(path)


def test_uploads_are_kept_beside_the_library_and_refused_ones_are_not(page: Page, tmp_path: Path) -> None:
    files = [uploaded(tmp_path, "a", "good.txt", "Harbour news\n"), uploaded(tmp_path, "b", "empty.txt", "")]
    updates = all_of(page.add(files, Tab(), request_of()))
    report = [update[page.layout.report] for update in updates if page.layout.report in update][-1]
    assert [path.name for path in tmp_path.rglob("*.txt")] == ["good.txt"]
    assert "1 added, 1 refused" in report
    assert str(tmp_path) not in report
    assert "Harbour news" in updates[-1][page.layout.articles]


def test_two_files_of_one_name_do_not_replace_each_other(page: Page, desk: FakeDesk, tmp_path: Path) -> None:
    before = len(desk.stored)
    for number in (1, 2):
        all_of(page.add([uploaded(tmp_path, str(number), "index.html", f"Page {number}")], Tab(), request_of()))
    assert len(desk.stored) == before + 2
    assert len(list((tmp_path / "uploads").rglob("index.html"))) == 2


def test_a_library_in_use_is_said_plainly(
    page: Page, desk: FakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LibraryInUse("Process 4321 owns the library. Close it first.", 4321)

    monkeypatch.setattr(desk, "add", refuse)
    updates = all_of(page.add([uploaded(tmp_path, "a", "a.txt", "A")], Tab(), request_of()))
    assert any("Process 4321" in update.get(page.layout.report, "") for update in updates)


def test_an_article_is_removed_by_an_editor_and_not_by_a_reader(page: Page, desk: FakeDesk) -> None:
    acted(page, "shelf-remove", "dart", who=request_of(user=READER))
    assert "dart" in [article.id for article in desk.stored]
    updates = acted(page, "shelf-remove", "dart")
    assert "dart" not in [article.id for article in desk.stored]
    assert "was removed" in updates[-1][page.layout.report]


def test_a_reader_adds_nothing_by_any_way(page: Page, desk: FakeDesk, tmp_path: Path) -> None:
    reader = request_of(user=READER)
    all_of(page.add([uploaded(tmp_path, "a", "a.txt", "A")], Tab(), reader))
    acted(page, "shelf-paste", who=reader, text="Pasted words.")
    acted(page, "shelf-addresses", who=reader, addresses="https://fjord.example/ice")
    acted(page, "welcome-starters", who=reader)
    assert [article.id for article in desk.stored] == ["dart", "undated"]


def test_a_slow_site_stops_neither_the_page_nor_another_fetch_s_turn(
    page: Page, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop goes on meanwhile, and the addresses of two presses are fetched one after the other."""
    queued = "Something else is being added; yours comes next."
    now, most = 0, 0
    went_on = threading.Event()

    def add(given: list[str]) -> AddReport:
        nonlocal now, most
        now += 1
        most = max(most, now)
        assert went_on.wait(300), "the loop stood still while a site was waited for"
        now -= 1
        return AddReport(tuple(Outcome(each, "refused", reason="There is nothing; look elsewhere.") for each in given))

    async def press() -> list[Update]:
        told = json.dumps({"act": "shelf-addresses", "fields": {"addresses": "a.example b.example"}})
        updates = []
        async for update in page.act(told, Tab(), conversation_list.View(), library.View(), request_of()):
            updates.append(update)
            if queued in update.get(page.layout.report, ""):
                went_on.set()
        return updates

    async def both() -> tuple[list[Update], list[Update]]:
        return await asyncio.gather(press(), press())

    monkeypatch.setattr(desk, "add", add)
    presses = asyncio.run(both())
    assert most == 1
    shown = [
        "".join(update[page.layout.report] for update in updates if page.layout.report in update) for updates in presses
    ]
    assert [queued in each for each in shown] == [False, True]
    assert all("https://b.example" in each and "2 refused" in each for each in shown)


def test_a_pasted_article_is_added(page: Page, desk: FakeDesk) -> None:
    acted(page, "shelf-paste", text="Pasted words.", title="A title")
    assert len(desk.stored) == 3


def test_an_empty_library_explains_itself_and_a_filled_one_tells_what_it_holds(desk: FakeDesk, page: Page) -> None:
    assert 'data-article="dart"' in opened(page)[page.layout.welcome]["value"]
    desk.stored.clear()
    greeting = opened(page)[page.layout.welcome]["value"]
    assert 'data-act="welcome-add"' in greeting
    assert 'data-act="welcome-starters"' in greeting
    assert "data-act" not in opened(page, user=READER)[page.layout.welcome]["value"]
