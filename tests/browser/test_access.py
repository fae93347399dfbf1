"""Faults of accessibility that axe-core finds in each view, light and dark: none that is critical or serious."""

from __future__ import annotations

import threading
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

from assistant.errors import ModelUnreachable
from assistant.messages import translator
from tests.browser.conftest import Desk, OpenTab, Stage
from tests.browser.screenshots import differing_desk
from tests.ui.fake_desk import FakeDesk
from tests.ui.served import served
from ui.users import User, Users, hashed
from ui.views import sources

AXE = files("axe_playwright_python").joinpath("axe.min.js")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def faults(page: Page) -> list[str]:
    """The critical and the serious ones: rule, and the elements that break it. In the dark only colours differ."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        rules = "" if scheme == SCHEMES[0] else ", runOnly: ['color-contrast']"
        run: dict[str, Any] = page.evaluate(f"axe.run(document, {{resultTypes: ['violations']{rules}}})")
        found += [
            f"{fault['impact']} {fault['id']}: {scheme}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for fault in run["violations"]
            for node in fault["nodes"]
            if fault["impact"] in ("critical", "serious")
        ]
    return found


def test_axe_does_find_faults(stage: Stage, open_tab: OpenTab) -> None:
    """Without this, the tests below could pass by looking at nothing."""
    with stage(FakeDesk()) as server:
        tab = open_tab(server)
        tab.page.evaluate("document.querySelector('#bar').innerHTML = '<button></button><img src=\"data:,\">'")
        assert {fault.split(":")[0] for fault in faults(tab.page)} >= {"critical button-name", "critical image-alt"}


def test_chat_source_and_library(stage: Stage, open_tab: OpenTab) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server)
        assert faults(tab.page) == []
        tab.ask("How much shorter?")
        tab.answered()
        assert tab.page.locator("#current .verdict").count() >= 1
        assert faults(tab.page) == []
        tab.page.locator("#current .edit summary").click()
        tab.page.locator("#current .thumb").first.click()
        tab.page.wait_for_selector("#current .comment")
        tab.page.locator(".next .outlets summary").click()
        assert faults(tab.page) == []
        tab.page.locator("#current button.chip").first.hover()
        assert faults(tab.page) == []
        tab.open_source()
        assert faults(tab.page) == []
        tab.page.keyboard.press("Escape")
        tab.open_library()
        for form in tab.page.locator(".paste summary").all():
            form.click()
        assert faults(tab.page) == []
        tab.upload({"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
        assert faults(tab.page) == []


def test_chips_cards_timeline_and_nearest_articles(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask("Who did Umerov meet in September 2024?")
    tab.answered()
    assert tab.page.locator("#current .steer.set").count() >= 1
    assert faults(tab.page) == []
    tab.ask("Which spices belong in a Madras curry?")
    tab.page.wait_for_selector("#current .abstained")
    assert faults(tab.page) == []


def test_what_differs_what_was_looked_up_and_a_corrected_number(stage: Stage, open_tab: OpenTab) -> None:
    desk = differing_desk()
    desk.go = threading.Event()
    with stage(desk) as server:
        tab = open_tab(server)
        tab.ask("How many people were killed by the flood?")
        tab.page.wait_for_selector("#current .turn.writing .trail")
        assert faults(tab.page) == []
        desk.go.set()
        tab.answered()
        tab.page.locator(".deep").click()
        tab.page.wait_for_selector(".deep[aria-checked=true]")
        tab.page.locator("#current .trail summary").click()
        assert tab.page.locator("#current .differ").count() == 1
        assert faults(tab.page) == []
        tab.page.locator("#current button.chip").last.hover()
        assert tab.page.locator(".peek .repaired").is_visible()
        assert faults(tab.page) == []


def test_the_empty_page_and_errors(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk([])
    desk.fails_with = ModelUnreachable("The model's server does not answer. Start it, and ask again.")
    with stage(desk) as server:
        tab = open_tab(server)
        assert faults(tab.page) == []
        tab.ask("What?")
        tab.page.wait_for_selector("#current .notice.problem")
        assert faults(tab.page) == []
        tab.page.evaluate("document.querySelector('#pane').hidden = false")
        gone = sources.unreadable("Gone.", words=translator())
        tab.page.evaluate("html => { document.querySelector('#pane').innerHTML = html }", gone)
        assert faults(tab.page) == []
        tab.page.keyboard.press("Escape")
        tab.show("library")
        tab.page.wait_for_selector("#articles .none")
        assert faults(tab.page) == []


def test_a_narrow_screen_with_its_menu(stage: Stage, open_tab: OpenTab) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server, viewport={"width": 390, "height": 844})
        tab.ask("How much shorter?")
        tab.answered()
        assert faults(tab.page) == []
        tab.page.click("#menu")
        tab.page.wait_for_function("document.querySelector('#side').getBoundingClientRect().left === 0")
        assert faults(tab.page) == []


def test_the_login(open_tab: OpenTab) -> None:
    with served(FakeDesk(), users=Users([(User("ann", "editor"), hashed("correct horse"))])) as server:
        tab = open_tab(server, enter=False)
        assert faults(tab.page) == []


def test_the_script_is_the_one_of_the_package() -> None:
    assert "axe v4" in Path(str(AXE)).read_text(encoding="utf-8")[:200]
