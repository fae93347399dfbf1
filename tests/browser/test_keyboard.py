"""Without a mouse, without seeing, in another language, and at any width."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Desk, OpenTab, Stage
from tests.messages import translated
from tests.ui.fake_desk import FakeDesk
from tests.ui.served import served
from ui.users import User, Users, hashed


def reach(page: Page, selector: str, most: int = 40) -> None:
    """Press Tab until ``selector`` has the focus, and see that it shows where it is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            style = "getComputedStyle(document.activeElement)"
            ring = page.evaluate(f"{style}.outlineStyle !== 'none' || {style}.boxShadow !== 'none'")
            assert ring, f"{selector} does not show its focus"
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def test_everything_is_done_by_keyboard(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.can_look_deeper = True
    with stage(desk) as server:
        page = open_tab(server).page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('a.skip')")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.matches('#question textarea')")
        for question in ("How much shorter?", "And who steers it?"):
            page.keyboard.type(question)
            page.keyboard.press("Enter")
            page.wait_for_selector(f"#current .question:has-text('{question}')")
            page.wait_for_selector("#current .meta")
            page.keyboard.press("/")
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        reach(page, ".new-conversation")
        page.keyboard.press("Enter")
        page.wait_for_selector(".welcome")
        page.wait_for_function("document.activeElement.matches('#question textarea')")
        page.evaluate("document.activeElement.blur()")
        reach(page, ".conversation .open")
        page.keyboard.press("Enter")
        page.wait_for_selector("#past .turn")
        reach(page, ".conversation .menu summary")
        page.keyboard.press("Enter")
        assert page.locator(".conversation .choices").first.is_visible()
        page.keyboard.press("Escape")
        assert page.locator(".conversation .choices").first.is_hidden()
        assert page.evaluate("document.activeElement.matches('.conversation .menu summary')")
        for selector in ("#past button.chip", "#past .card button", "#current .verdict", "#current .thumb"):
            reach(page, selector)
        reach(page, ".next .days summary")
        reach(page, ".next .outlets summary")
        reach(page, ".deep")
        page.keyboard.press("Enter")
        page.wait_for_selector(".deep[aria-checked=true]")
        assert page.evaluate("document.activeElement.matches('.deep')")


def test_a_question_is_edited_by_keyboard_above_the_box_for_the_next(stage: Stage, open_tab: OpenTab) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server, viewport={"width": 1000, "height": 560})
        tab.ask("How much shorter?")
        tab.answered()
        tab.page.locator("#current .edit summary").focus()
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_function("document.activeElement.matches('#current .edit textarea')")
        tab.page.wait_for_function(
            "document.querySelector('#current .edit button').getBoundingClientRect().bottom"
            " <= document.querySelector('#composer').getBoundingClientRect().top"
        )
        tab.page.keyboard.type(" And why?")
        tab.page.keyboard.press("Tab")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector("#current .question:has-text('How much shorter? And why?')")
        tab.page.wait_for_selector("#current .versions")


def test_an_answer_is_stopped_by_keyboard(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.go = threading.Event()
    with stage(desk) as server:
        tab = open_tab(server)
        tab.ask("How much shorter?")
        tab.page.wait_for_selector("#current .turn.writing .answer:has-text('DART')")
        tab.page.keyboard.press("Escape")
        tab.page.wait_for_selector("#current .turn.stopped .state")
        assert desk.replies[0].cancelled.is_set()


HEARD = """() => {
    window.heard = [];
    new MutationObserver(() => window.heard.push(document.querySelector("#told").textContent))
        .observe(document.querySelector("#told"), {childList: true, characterData: true, subtree: true});
}"""


def test_an_answer_is_announced_once(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.wait = 0.02
    with stage(desk) as server:
        tab = open_tab(server)
        tab.page.evaluate(HEARD)
        tab.ask("How much shorter?")
        tab.answered()
        tab.page.locator("#current .thumb").first.click()  # draws the turn anew
        tab.page.wait_for_selector("#current .thumb[aria-pressed=true]")
        tab.page.wait_for_timeout(200)
        ready = "The answer is ready, with 2 sources."
        assert tab.page.evaluate("heard") == ["Reading the articles…", ready]
        assert tab.page.locator("#chat-view [role=status]").count() == 1  # the thanks for the thumb, and no answer
        tab.page.reload()
        tab.answered()
        assert tab.page.inner_text("#told") == ""


def test_no_text_of_the_page_stays_english_for_a_ukrainian_reader(open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.can_look_deeper = True
    users = Users([(User("ann", "editor"), hashed("correct horse"))])
    with served(desk, users=users) as server:
        tab = open_tab(server, enter=False, expect_trouble=True, locale="uk-UA")  # a wrong password is refused
        page = tab.page
        assert left_english(page) == set()
        page.fill("#name", "ann")
        page.fill("#password", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector(".problem")
        assert left_english(page) == set()
        page.fill("#password", "correct horse")
        page.keyboard.press("Enter")
        page.wait_for_selector("#side-head button")
        page.wait_for_selector(".welcome")
        assert left_english(page) == set()
        tab.ask("How much shorter?")
        tab.answered()
        page.locator("#current .thumb").first.click()
        page.wait_for_selector("#current .comment")
        assert left_english(page) == set()
        tab.open_source()
        assert left_english(page) == set()
        page.keyboard.press("Escape")
        tab.open_library()
        tab.upload({"name": "a.txt", "mimeType": "text/plain", "buffer": b"Harbour news"})
        assert left_english(page) == set()
        assert "Бібліотека" in page.inner_text("#shelf-title")


def left_english(page: Page) -> set[str]:
    """English texts of ours that stand on the page, seen or told to those who do not see it."""
    shown: list[str] = page.evaluate(
        """() => {
            const said = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            for (let node; (node = walk.nextNode()); )
                if (!node.parentElement.closest("script, style")) said.push(node.data.trim());
            for (const each of document.querySelectorAll("[aria-label], [title], [placeholder]"))
                said.push(each.ariaLabel ?? "", each.title ?? "", each.placeholder ?? "");
            return said;
        }"""
    )
    return {said for said in shown if any(pattern.fullmatch(said) for pattern in _ENGLISH)}


_FIELD = r"\{[^}]+\}"


def _patterns(texts: Iterable[str]) -> list[re.Pattern[str]]:
    """A number stands for ``{count}``, anything for another field. "{first} and {last}" would fit what articles say."""

    def pattern(part: str) -> str:
        return r"[\d,]+" if part == "{count}" else ".+" if part.startswith("{") else re.escape(part)

    return [
        re.compile("".join(map(pattern, re.split(f"({_FIELD})", text))))
        for text in texts
        if len(re.sub(rf"{_FIELD}|\W", "", text)) > (3 if "{" in text else 2)
    ]


def _catalogue() -> tuple[set[str], set[str]]:
    """The texts of the catalogue in English, and in Ukrainian."""
    entries = list(translated())

    def forms(text: Iterable[str] | str | None) -> Iterable[str]:
        return [text] if isinstance(text, str) else text or ()

    return {one for each in entries for one in forms(each.id)}, {one for each in entries for one in forms(each.string)}


_SAID, _TRANSLATED = _catalogue()
_ENGLISH = _patterns(_SAID - _TRANSLATED)


@pytest.mark.parametrize("width", [1440, pytest.param(820, marks=pytest.mark.long), 720, 320])
def test_nothing_is_cut_off_at_any_width(seeded: Desk, open_tab: OpenTab, width: int) -> None:
    tab = open_tab(seeded.server, viewport={"width": width, "height": 800})
    page = tab.page
    fits = "document.documentElement.scrollWidth <= innerWidth"
    within = "box => { const r = box.getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth; }"
    tab.ask("Who did Umerov meet in September 2024?")
    tab.answered()
    for part in ("days", "outlets"):
        page.locator(f".next .{part} summary").click()
        page.wait_for_function(within, arg=page.locator(f".next .{part} .choices").element_handle())
        assert page.evaluate(fits)
        page.keyboard.press("Escape")
    pane = tab.open_source()
    assert pane.locator("mark.now").first.is_visible()
    assert page.evaluate(fits)
    if width > 720:  # the answer stays readable beside its source
        text = page.locator("#current .answer").bounding_box()
        beside = pane.bounding_box()
        assert text
        assert beside
        assert text["width"] > 250
        assert text["x"] + text["width"] <= beside["x"]
    page.keyboard.press("Escape")
    tab.open_library()
    assert page.evaluate(fits)
    cut = page.eval_on_selector_all(
        "#upload, .view, .pager button",
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 80))",
    )
    assert cut == []


def test_a_reason_at_the_edge_of_a_narrow_screen_is_read_whole(stage: Stage, open_tab: OpenTab) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server, viewport={"width": 390, "height": 844})
        tab.ask("How much shorter?")
        tab.answered()
        for verdict in tab.page.locator("#current .verdict").all():
            verdict.focus()
            box = verdict.locator(".why").bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
