"""Deep questions, as a reader sees them: the switch, what is being looked up, and what stays of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from assistant.types import Statement, Step
from tests.browser.conftest import Desk, OpenTab, Stage
from tests.scripted_server import ScriptedServer, calls, says
from tests.ui.fake_desk import FakeDesk, answer_about_dart

QUESTION = "How much did DART shorten the orbit of Dimorphos, and what did Chandrayaan-3 do?"
LOOK_UP = ("search_articles", {"query": "Chandrayaan-3 landing"})
ANSWER = "NASA said on 11 October 2022 that DART shortened the orbit of Dimorphos by 32 minutes [1]."


def test_the_switch_is_there_for_a_chat_model_alone(seeded: Desk, written: Desk, open_tab: OpenTab) -> None:
    without, with_model = open_tab(seeded.server), open_tab(written.server)
    with_model.page.wait_for_selector(".deep[role=switch]")
    without.page.wait_for_selector(".next .days")
    assert without.page.locator(".deep").count() == 0


def test_a_deep_question_shows_what_it_looks_up_and_keeps_it(
    written: Desk, model: ScriptedServer, open_tab: OpenTab
) -> None:
    go_on = threading.Event()
    model.plays(calls(LOOK_UP), says("Enough."), says(ANSWER, until=go_on))
    tab = open_tab(written.server)
    page = tab.page
    page.locator(".deep").focus()
    page.keyboard.press("Space")
    page.wait_for_selector(".deep[aria-checked=true]")
    assert page.evaluate("document.activeElement.matches('.deep')")  # it was drawn anew under the reader's hand
    tab.ask(QUESTION)
    page.wait_for_selector("#current .turn.writing .trail:has-text('Chandrayaan-3 landing')")
    page.wait_for_selector("#current .turn.writing .answer:has-text('NASA said')")
    go_on.set()
    tab.answered()
    assert any("search_articles" in str(received.body.get("tools")) for received in model.requests)
    trail = page.locator("#current details.trail")
    assert "Looked up: 2 steps, " in trail.inner_text()
    assert "Chandrayaan-3 landing" not in trail.inner_text()  # folded away
    trail.locator("summary").click()
    assert "Searched for “Chandrayaan-3 landing”" in trail.inner_text()
    trail.locator("button").last.click()
    page.wait_for_selector("#pane .reader")
    page.keyboard.press("Escape")

    page.reload()
    tab.answered()
    assert page.locator("#current details.trail").count() == 1
    page.wait_for_selector(".deep[aria-checked=true]")
    page.locator(".conversation .menu summary").first.click()
    for ending in ("Markdown", "HTML", "JSON"):
        with page.expect_download() as download:
            page.locator(".exports a", has_text=ending).first.click()
        assert "Chandrayaan-3 landing" in Path(download.value.path()).read_text(encoding="utf-8")

    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    page.locator(".deep[aria-checked=true]").click()
    page.wait_for_selector(".deep[aria-checked=false]")


def test_a_corrected_number_says_so_when_it_is_pointed_at(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.finished = replace(
        answer_about_dart(),
        text="Nobody needs to steer it by hand [2].",
        statements=(Statement("Nobody needs to steer it by hand.", (2,), "verified", repaired=(2,)),),
    )
    with stage(desk) as server:
        for locale, words in (("en-GB", "corrected to [2]"), ("uk-UA", "виправлено на [2]")):
            tab = open_tab(server, locale=locale)
            tab.ask("Who steers it?")
            tab.answered()
            said = tab.page.locator(".peek .repaired")
            assert said.is_hidden()
            tab.page.locator("#current button.chip").hover()
            assert said.is_visible()
            assert words in said.inner_text()


def test_a_long_look_up_stays_within_a_narrow_screen(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    answer = answer_about_dart()
    step = Step("search", "kinetic" * 30, answer.scope, tuple(each.article for each in answer.citations))
    desk.finished = replace(answer, trail=(step,))
    desk.can_look_deeper = True
    with stage(desk) as server:
        tab = open_tab(server, viewport={"width": 390, "height": 844})
        tab.ask("How much shorter?")
        tab.answered()
        tab.page.locator("#current .trail summary").click()
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert tab.page.locator(".deep").is_visible()
