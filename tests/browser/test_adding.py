"""The library view: what comes in by address, by drop and by pasted text; found, opened, chosen by month, removed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.settings import Settings
from tests.browser.conftest import Desk, OpenTab, Tab
from tests.scripted_site import Reply, Site
from tests.ui.fake_desk import FakeDesk
from tests.ui.served import served
from ui.users import User, Users, hashed

FERRY = """<!doctype html><html lang=en><head><title>A new ferry for Quillhaven</title>
<meta property="article:published_time" content="2025-03-04"><meta property="og:site_name" content="Harbour Post">
</head><body><nav><a href="/">Home</a></nav><article><h1>A new ferry for Quillhaven</h1>
<p>The ferry Marigold carried 4,321 passengers to Quillhaven on its first day, the harbour master said.</p>
<p>It cost 61 million crowns, and it replaces a boat that had crossed the sound since the year 1971.</p>
</article></body></html>"""
HOSTILE = "http://127.0.0.1/<img/src=x/onerror=alert(1)>"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    made.replies = {"/ferry": Reply(FERRY.encode())}
    yield made
    made.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An own one, for people who run an intranet: the site is on loopback."""
    settings = Settings(private_addresses="allow", model="extractive")
    with Assistant.open(tmp_path_factory.mktemp("adding"), settings=settings) as desk, served(desk) as server:
        yield Desk(server, desk)


def press(tab: Tab, key: str, times: int = 1) -> None:
    for _ in range(times):
        tab.page.keyboard.press(key)


def item(tab: Tab, title: str) -> Any:
    return tab.page.locator(".shelf-item", has_text=title)


def test_an_address_is_added_by_keyboard_read_and_asked_about(library: Desk, site: Site, open_tab: OpenTab) -> None:
    tab = open_tab(library.server)
    tab.show("library")
    field = tab.page.locator("textarea[name=addresses]")
    tab.page.locator("#pasting summary").first.focus()
    press(tab, "Enter")
    press(tab, "Tab")
    assert field.evaluate("field => field === document.activeElement")
    tab.page.keyboard.type(f"{site.address}/ferry")
    press(tab, "Enter")
    tab.page.keyboard.type(f"{site.address}/gone\n{HOSTILE}")
    press(tab, "Tab")
    press(tab, "Enter")
    tab.page.wait_for_selector("#report .report")
    report = tab.page.locator("#report .report")
    assert "1 added, 2 refused" in report.inner_text()
    assert f"{site.address}/gone" in report.inner_text()
    assert "there is no page at this address (404)" in report.inner_text()
    assert HOSTILE in report.inner_text()
    assert field.input_value() == ""
    assert "4 March 2025" in item(tab, "A new ferry for Quillhaven").inner_text()
    item(tab, "A new ferry for Quillhaven").locator(".title").click()
    tab.page.wait_for_selector("#pane .reader")
    assert "61 million crowns" in tab.page.inner_text("#pane")
    assert tab.page.get_attribute("#pane .original a", "href") == f"{site.address}/ferry"
    press(tab, "Escape")
    tab.show("chat")
    tab.ask("How many passengers did the ferry Marigold carry to Quillhaven?")
    tab.answered()
    assert "4,321" in tab.page.inner_text("#current .answer")


def test_a_slow_site_leaves_the_page_quick_and_shows_what_it_waits_for(
    library: Desk, site: Site, open_tab: OpenTab
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait(wire: Any) -> None:
        asked.set()
        go_on.wait()
        wire.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    site.replies["/slow"] = Reply(raw=wait)
    tab, other = open_tab(library.server, locale="uk-UA"), open_tab(library.server)
    tab.show("library")
    tab.page.get_by_text("Додати за адресою").click()
    tab.page.fill("[name=addresses]", f"{site.address}/slow {site.address}/gone")
    tab.page.locator("[data-act=shelf-addresses] button").click()
    try:
        tab.page.wait_for_selector("#report .adding li.reading")
        assert tab.page.locator("#report .adding li").all_inner_texts() == [
            f"{site.address}/slow\nчитається", f"{site.address}/gone\nчекає",
        ]  # fmt: skip
        assert asked.wait(300)
        assert library.server.request("/healthz")[0] == 200
        other.show("library")
        other.page.wait_for_selector("#articles .shelf")
        other.page.get_by_text("Add pasted text").click()
        other.page.fill("[name=text]", "The council of Quillhaven met on Friday and spoke of the harbour at length.")
        other.page.locator("[data-act=shelf-paste] button").click()
        other.page.wait_for_selector("#report .notice")
        assert "Something else is being added; yours comes next." in other.page.inner_text("#report")
    finally:
        go_on.set()
    tab.page.wait_for_selector("#report .report")
    assert "2 відхилено" in tab.page.inner_text("#report")
    other.page.wait_for_selector("#report .report")
    assert "1 added" in other.page.inner_text("#report")


def test_a_pasted_and_a_dropped_article_come_in_and_one_goes(library: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(library.server)
    tab.show("library")
    tab.page.get_by_text("Add pasted text").click()
    for name, value in (("title", "Lamp lit"), ("date", "2024-05-06"), ("source", "The Lamp")):
        tab.page.fill(f".paste [name={name}]", value)
    tab.page.fill(".paste [name=text]", "The lamp on the pier was lit again on Monday, after nine dark years.")
    tab.page.locator("[data-act=shelf-paste] button").click()
    tab.page.wait_for_selector("#report .report")
    assert "6 May 2024" in item(tab, "Lamp lit").inner_text()
    tab.show("chat")
    tab.page.evaluate(
        """() => {
            const carried = new DataTransfer();
            const words = "Tide\\ndate 2024-06-07\\n\\nThe tide rose higher than the quay on Friday, for an hour.";
            carried.items.add(new File([words], "tide.txt", {type: "text/plain"}));
            carried.items.add(new File(["\\x00\\x01"], "noise.bin"));
            const drop = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: carried});
            document.querySelector("#middle").dispatchEvent(drop);
        }"""
    )
    tab.page.wait_for_selector("#report .report:has-text('noise.bin')")
    assert "1 added, 1 refused" in tab.page.inner_text("#report")
    months = tab.page.locator(".months .bar")
    # Both scripts of the page look at a press of a bar: it must not be taken back by the second.
    tab.page.locator('.bar[data-value="2024-06"] .count').click()
    tab.page.wait_for_function("document.querySelectorAll('.shelf-item').length === 1")
    assert months.count() >= 2
    assert tab.page.input_value(".shelf-find [name=month]") == "2024-06"
    tab.page.locator('.bar[data-value="2024-06"] .count').click()
    tab.page.wait_for_function("document.querySelectorAll('.shelf-item').length > 1")
    tab.page.select_option(".shelf-find [name=sort]", "title")
    # By day the tide comes before the lamp, by title after it.
    tab.page.wait_for_function("/Lamp lit.*Tide/s.test(document.querySelector('.shelved').textContent)")
    before = tab.page.locator(".shelf-item").count()
    item(tab, "Lamp lit").locator(".sure summary").click()
    item(tab, "Lamp lit").get_by_role("button", name="Remove it").click()
    tab.page.wait_for_function(f"document.querySelectorAll('.shelf-item').length === {before - 1}")
    assert "“Lamp lit” was removed" in tab.page.inner_text("#report")
    tab.page.locator("#report .undo").click()
    tab.page.wait_for_function(f"document.querySelectorAll('.shelf-item').length === {before}")
    boxes = tab.page.locator(".shelf-item .pick input")
    boxes.first.check()
    boxes.last.click(modifiers=["Shift"])
    assert tab.page.locator(".shelf-item .pick input:checked").count() == before
    boxes.last.uncheck()
    assert tab.page.locator(".picked output").inner_text() == str(before - 1)
    # The list is drawn anew in the same elements: none may stay picked for another article.
    tab.page.select_option(".shelf-find [name=sort]", "newest")
    tab.page.wait_for_function("/Tide.*Lamp lit/s.test(document.querySelector('.shelved').textContent)")
    tab.page.wait_for_function(
        "document.querySelectorAll('.shelf-item .pick input:checked').length === "
        "+document.querySelector('.picked output').value"
    )
    item(tab, "Tide").locator(".pick input").set_checked(True)
    item(tab, "Lamp lit").locator(".pick input").set_checked(False)
    tab.page.fill(".picked [name=tag]", "Harbour")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(".shelf-item .tags")
    assert "Harbour" in item(tab, "Tide").inner_text()
    assert "Harbour" not in item(tab, "Lamp lit").inner_text()
    assert tab.page.locator(".shelf-item .pick input:checked").count() == 0


def test_a_first_article_by_address_ends_the_empty_welcome(site: Site, open_tab: OpenTab, tmp_path: Path) -> None:
    settings = Settings(private_addresses="allow", model="extractive")
    with Assistant.open(tmp_path, settings=settings) as desk, served(desk) as server:
        tab = open_tab(server)
        tab.page.locator("[data-act=welcome-add]").click()
        tab.page.get_by_text("Add by address").click()
        tab.page.fill("[name=addresses]", f"{site.address}/ferry")
        tab.page.locator("[data-act=shelf-addresses] button").click()
        tab.page.wait_for_selector("#report .report")
        tab.show("chat")
        tab.page.wait_for_selector("#welcome .welcome h1")
        assert tab.page.locator("[data-act=welcome-add]").count() == 0


def test_a_reader_neither_sees_the_field_nor_adds_by_a_forged_act(site: Site, open_tab: OpenTab) -> None:
    users = Users([(User("rita", "reader"), hashed("battery staple"))])
    with served(FakeDesk(), users=users) as server:
        tab = open_tab(server, enter=False)
        tab.page.fill("#name", "rita")
        tab.page.fill("#password", "battery staple")
        press(tab, "Enter")
        tab.page.wait_for_selector("#side-head button")
        tab.show("library")
        tab.page.wait_for_selector(".shelved")
        assert tab.page.locator("[name=addresses]").count() == 0
        site.asked.clear()
        forged = {"act": "shelf-addresses", "fields": {"addresses": f"{site.address}/ferry"}}
        find = {"act": "shelf-find", "fields": {"words": "kinetic"}, "told": 2}
        for act in (forged, find):  # the second, which a reader may, shows that the first had its turn
            tab.page.evaluate(
                """told => {
                    const box = document.querySelector("#act textarea, #act input");
                    const kind = Object.getPrototypeOf(box);
                    Object.getOwnPropertyDescriptor(kind, "value").set.call(box, told);
                    box.dispatchEvent(new Event("input", {bubbles: true}));
                }""",
                json.dumps(act),
            )
            tab.page.wait_for_timeout(300)
        tab.page.wait_for_function("document.querySelectorAll('.shelf-item').length === 1")
        assert tab.page.inner_text("#report") == ""
        assert site.asked == []
