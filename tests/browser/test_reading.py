"""What a reader does: ask, read, open a source, add a file, ask about it, stop, go on, start again."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.types import Turn
from tests.browser.conftest import Desk, OpenTab, Stage, Tab
from tests.scripted_server import ScriptedServer, refuses, says, stalls
from tests.ui.fake_desk import DART, FakeDesk, answer_about_dart, cite
from tests.ui.served import served
from ui.language import PAGE_FAILED
from ui.users import User, Users, hashed

QUESTION = "How much did DART shorten the orbit of Dimorphos?"


def test_a_question_gets_an_answer_whose_source_opens_at_the_quoted_words(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask(QUESTION)
    tab.answered()
    answer = seeded.desk.ask(QUESTION)
    number = int(tab.page.locator("#current button.chip").first.inner_text())
    pane = tab.open_source()
    quotes = [citation.quote for citation in answer.citations if citation.number == number]
    assert " ".join(pane.locator("mark.now").all_text_contents()) == " ".join(quotes)
    assert pane.locator("mark.now").first.is_visible()
    article = next(citation.article for citation in answer.citations if citation.number == number)
    assert pane.locator(".title").inner_text() == article.title
    assert article.source in pane.locator(".byline").inner_text()
    whole = seeded.desk.library.article(article.id).text
    assert whole.split("\n")[-1].strip() in pane.inner_text()
    assert "32 minutes" in tab.page.inner_text("#current .answer")
    assert tab.page.inner_text("#current .meta").startswith("Extractive: quotes only, no model")


def test_a_long_article_is_scrolled_to_the_quotation(stage: Stage, open_tab: OpenTab) -> None:
    filler = "\n".join(f"Paragraph {number} has nothing to say of it." for number in range(200))
    long = replace(DART, id="long", text=f"{filler}\nThe orbit is 32 minutes shorter.\n{filler}")
    desk = FakeDesk([long])
    desk.finished = replace(
        answer_about_dart(), text="So it is [1].", statements=(), citations=(cite(1, long, "32 minutes shorter"),)
    )
    with stage(desk) as server:
        tab = open_tab(server)
        tab.ask("How much?")
        tab.answered()
        tab.open_source()
        seen = tab.page.evaluate(
            "() => { const m = document.querySelector('#pane mark.now').getBoundingClientRect();"
            " return m.top > 60 && m.bottom < innerHeight }"
        )
        assert seen
        assert tab.page.locator("#pane").evaluate("pane => pane.scrollTop") > 1_000


def test_pointing_at_a_chip_shows_what_it_quotes_and_lights_its_card(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask(QUESTION)
    tab.answered()
    quote = seeded.desk.ask(QUESTION).citations[0].quote
    peek = tab.page.locator("#current .peek").first
    assert peek.is_hidden()
    tab.page.locator("#current button.chip").first.hover()
    assert peek.is_visible()
    assert quote in peek.inner_text()
    assert tab.page.locator("#current .card.lit").count() == 1
    tab.page.mouse.move(5, 5)
    assert peek.is_hidden()
    tab.page.locator("#current button.chip").first.focus()
    assert peek.is_visible()


def two_sources() -> FakeDesk:
    desk = FakeDesk()
    desk.wait = 0.002
    return desk


def test_sources_are_opened_walked_through_and_closed_by_keyboard(stage: Stage, open_tab: OpenTab) -> None:
    with stage(two_sources()) as server:
        tab = open_tab(server)
        page = tab.page
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
        page.keyboard.type("How much shorter?")
        page.keyboard.press("Enter")
        tab.answered()
        page.locator("#current button.chip").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#pane .reader[data-number='1']")
        assert page.evaluate("document.querySelector('#pane').contains(document.activeElement)")
        assert page.locator("#current .chip.lit").all_text_contents() == ["1"]
        page.keyboard.press("ArrowRight")
        page.wait_for_selector("#pane .reader[data-number='2']")
        assert page.locator("#current .chip.lit").all_text_contents() == ["2"]
        page.keyboard.press("ArrowRight")  # there is no third
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("#pane .reader[data-number='1']")
        page.keyboard.press("Escape")
        assert page.locator("#pane").is_hidden()
        assert page.evaluate("document.activeElement.matches('button.chip')")
        assert page.evaluate("document.activeElement.dataset.number") == "1"


def test_other_quotations_of_the_answer_are_marked_in_the_source_more_lightly(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.finished = replace(
        answer_about_dart(), statements=(), text="One [1]. Two [2].",
        citations=(cite(1, DART, "by 32 minutes"), cite(2, DART, "11 hours and 23 minutes")),
    )  # fmt: skip
    with stage(desk) as server:
        tab = open_tab(server)
        tab.ask("How much?")
        tab.answered()
        pane = tab.open_source()
        assert pane.locator("mark").all_text_contents() == ["by 32 minutes", "11 hours and 23 minutes"]
        assert pane.locator("mark.now").all_text_contents() == ["by 32 minutes"]
        tab.page.locator("#current button.chip").nth(1).hover()
        assert pane.locator("mark.lit").all_text_contents() == ["11 hours and 23 minutes"]


def test_an_answer_is_copied_with_its_sources(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server, permissions=["clipboard-read", "clipboard-write"])
    tab.ask(QUESTION)
    tab.answered()
    quote = seeded.desk.ask(QUESTION).citations[0].quote
    for name in ("Copy", "Copy as Markdown"):
        tab.page.get_by_role("button", name=name, exact=True).click()
        tab.page.wait_for_function(
            "said => document.querySelector('#told').textContent === said", arg="Copied, with its sources"
        )
        assert quote.split("“")[0][:40] in tab.page.evaluate("navigator.clipboard.readText()")
        tab.page.evaluate("document.querySelector('#told').textContent = ''")
    tab.page.locator("#current [data-link]").click()
    tab.page.wait_for_function(
        "said => document.querySelector('#told').textContent === said", arg="The link to this answer is copied"
    )
    tab.page.goto(tab.page.evaluate("navigator.clipboard.readText()"))
    assert quote.split("“")[0][:40] in tab.words


# --- conversations -----------------------------------------------------------------------------------------------


def test_a_reload_and_a_restart_of_the_server_lose_nothing(open_tab: OpenTab, tmp_path: Path) -> None:
    desk = FakeDesk(folder=tmp_path)
    with served(desk) as server:
        tab = open_tab(server)
        tab.ask("First?")
        tab.answered()
        tab.ask("Second?")
        tab.page.wait_for_selector("#past .turn")
        tab.answered()
        tab.page.reload()
        tab.page.wait_for_selector("#past .turn")
        assert [q.inner_text() for q in tab.page.locator(".question").all()] == ["First?", "Second?"]
        query = tab.page.url.partition("?")[2]
    with served(desk) as server:
        tab = open_tab(server)
        tab.page.goto(f"{server.address}/?{query}")
        tab.page.wait_for_selector("#past .turn")
        assert [q.inner_text() for q in tab.page.locator(".question").all()] == ["First?", "Second?"]
        tab.ask("Third?")
        tab.page.wait_for_selector("#past .turn >> nth=1")
        tab.answered()
        assert [turn.text for turn in desk.asked[-1][1] if turn.role == "user"] == ["First?", "Second?"]


def test_conversations_are_found_opened_and_exported(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask(QUESTION)
    tab.answered()
    tab.page.get_by_role("button", name="New conversation").click()
    tab.page.wait_for_selector(".welcome")
    assert "c=" not in tab.page.url
    tab.page.fill("form.find input", "dimorphos orbit")
    tab.page.wait_for_selector(".conversation .excerpt")
    tab.page.locator(".conversation .open").first.click()
    tab.answered()
    assert tab.page.inner_text("#current .question") == QUESTION
    tab.page.locator(".conversation .menu summary").first.click()
    for ending, begins in (("Markdown", "# "), ("HTML", "<!doctype html>"), ("JSON", "{")):
        with tab.page.expect_download() as download:
            tab.page.locator(".exports a", has_text=ending).first.click()
        content = Path(download.value.path()).read_text(encoding="utf-8")
        assert content.lower().startswith(begins)
        assert "32 minutes" in content


def test_a_conversation_is_renamed_and_deleted(stage: Stage, open_tab: OpenTab) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server)
        tab.ask("How much shorter?")
        tab.answered()
        tab.page.locator(".conversation .menu summary").first.click()
        tab.page.fill(".choices [name=title]", "DART, for the lecture")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector(".conversation .open:has-text('DART, for the lecture')")
        tab.page.locator(".conversation > .menu > summary").click()
        tab.page.locator(".conversation .sure summary").click()
        tab.page.get_by_role("button", name="Delete for good").click()
        tab.page.wait_for_selector(".welcome")
        assert tab.page.locator(".conversation").count() == 0
        assert "c=" not in tab.page.url


def test_two_tabs_of_one_conversation_do_not_mix_their_turns(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    with stage(desk) as server:
        here = open_tab(server)
        here.ask("One?")
        here.answered()
        there = open_tab(server)
        there.page.goto(here.page.url)
        there.answered()
        here.ask("Two, here?")
        here.page.wait_for_selector("#past .turn")
        here.answered()
        there.ask("Two, there?")
        there.page.wait_for_selector("#past .turn")
        there.answered()
        here.ask("Three, here?")
        here.page.wait_for_selector("#past .turn >> nth=1")
        here.answered()
        asked = [turn.text for turn in desk.asked[-1][1] if turn.role == "user"]
        assert asked == ["One?", "Two, here?"]
        assert "Two, here?" not in there.page.inner_text("#middle")
        there.page.locator("#current .versions button:not([disabled])").first.click()
        there.page.wait_for_selector(".question:has-text('Three, here?')")  # the other tab's, as another version


def test_a_question_is_edited_and_both_versions_are_kept(stage: Stage, open_tab: OpenTab) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server)
        tab.ask("How much shorter?")
        tab.answered()
        tab.page.locator("#current .edit summary").click()
        tab.page.fill("#current .edit textarea", "How much longer?")
        tab.page.locator("#current .edit button").click()
        tab.page.wait_for_selector("#current .versions")
        assert tab.page.inner_text("#current .question") == "How much longer?"
        tab.page.locator("#current .versions button").first.click()
        tab.page.wait_for_selector("#current .question:has-text('shorter')")


def test_a_thumb_is_kept_with_the_answer(stage: Stage, open_tab: OpenTab) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server)
        tab.ask("How much shorter?")
        tab.answered()
        tab.page.locator("#current .thumb").first.click()
        tab.page.wait_for_selector("#current .thumb[aria-pressed=true]")
        tab.page.fill("#current .comment input", "Just so")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_function(
            "document.querySelector('#current .comment input')?.getAttribute('value') === 'Just so'"
        )
        (said,) = server.page.store.feedback()
        assert (said.rating, said.comment) == ("up", "Just so")


def test_two_people_log_in_and_see_their_own_conversations(open_tab: OpenTab) -> None:
    users = Users(
        [(User("ann", "editor"), hashed("correct horse")), (User("rita", "reader"), hashed("battery staple"))]
    )
    with served(FakeDesk(), users=users) as server:

        def log_in(name: str, password: str) -> Tab:
            tab = open_tab(server, enter=False)
            assert tab.page.url.endswith("/login")
            tab.page.fill("#name", name)
            tab.page.fill("#password", password)
            tab.page.keyboard.press("Enter")
            tab.page.wait_for_selector("#side-head button")
            return tab

        ann = log_in("ann", "correct horse")
        ann.ask("What does Ann ask?")
        ann.answered()
        rita = log_in("rita", "battery staple")
        rita.page.wait_for_selector("#conversations .none")
        assert "Ann" not in rita.words
        rita.page.goto(ann.page.url)
        rita.page.wait_for_selector(".welcome")
        assert "What does Ann ask?" not in rita.words
        rita.show("library")
        rita.page.wait_for_selector(".shelved")
        assert rita.page.locator("#library-view input[type=file]").count() == 0
        assert rita.page.locator("[data-act=shelf-remove]").count() == 0
        assert ann.page.locator("#library-view input[type=file]").count() == 1
        rita.page.get_by_role("button", name="Log out").click()
        rita.page.wait_for_url("**/login")


# --- steering ----------------------------------------------------------------------------------------------------


def test_a_scope_is_kept_by_a_follow_up_and_then_removed(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask("Who did Umerov meet in September 2024?")
    tab.answered()
    assert "Sep 2024" in tab.page.inner_text("#current .steer.days")
    tab.ask("And who spoke of it with Umerov?")
    tab.page.wait_for_selector("#past .turn")
    tab.answered()
    assert "kept from before" in tab.page.inner_text("#current .steer.days")
    tab.page.locator("#current .steer.days .drop").click()
    tab.page.wait_for_selector("#current .versions")
    tab.answered()
    assert tab.page.locator("#current .steer.days").count() == 0
    assert "all dates" in tab.page.inner_text("#current .meta")


def test_days_and_outlets_are_set_beside_the_question(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.page.locator(".next .days summary").click()
    tab.page.fill(".next .days input[name=until]", "2022-01-01")
    tab.page.locator(".next .days button[type=submit]").click()
    tab.page.wait_for_selector(".next .days.set")
    tab.ask(QUESTION)
    tab.answered()
    assert "up to 1 January 2022" in tab.page.inner_text("#current .meta")
    tab.page.locator(".next .days .drop").click()
    tab.page.wait_for_selector(".next .days:not(.set)")
    tab.page.locator(".next .outlets summary").click()
    tab.page.locator(".next .outlets label", has_text="Space desk").click()
    tab.page.locator(".next .outlets button[type=submit]").click()
    tab.page.wait_for_selector(".next .outlets.set")
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#past .turn")
    tab.answered()
    assert "Space desk" in tab.page.inner_text("#current .steer.outlets")
    assert "32 minutes" in tab.page.inner_text("#current .answer")


# --- the library -------------------------------------------------------------------------------------------------


def test_an_empty_library_is_filled_with_one_press_and_asked(open_tab: OpenTab, tmp_path: Path) -> None:
    with Assistant.open(tmp_path) as desk, served(desk) as server:
        tab = open_tab(server)
        tab.page.locator("[data-act=welcome-starters]").click()
        tab.page.locator(".suggestions .suggestion").first.click()
        tab.answered()
        assert tab.page.locator("#current button.chip").count() >= 1
        tab.open_source()


def test_what_is_new_and_what_to_ask_next_come_by_themselves(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    with stage(desk) as server:
        tab = open_tab(server)
        tab.page.wait_for_selector(".briefing .bar, .briefing .stories")
        assert tab.page.locator(".news").count() == 0  # nobody was here before
        desk.stored.append(replace(DART, id="later", title="A later matter", added=datetime.now(UTC)))
        tab.page.evaluate("sessionStorage.clear()")  # the tab was closed
        desk.suggested = ("Who steers it?",)
        tab.page.reload()
        assert "1 article came in" in tab.page.locator(".news").inner_text()
        tab.page.get_by_role("button", name="Who steers it?").click()
        tab.page.wait_for_selector("#current .suggestions.next")
        tab.page.locator("#current .suggestion").click()
        tab.page.wait_for_selector("#past .turn")
        tab.answered()
    assert [question for question, _ in desk.asked] == ["Who steers it?"] * 2


def test_a_file_is_added_and_answers_about_it(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.open_library()
    body = b"Harbour news\ndate 2025-03-04\n\nThe ferry Bluebell carried 4,321 passengers to Quillhaven on Tuesday.\n"
    tab.upload(
        {"name": "ferry.txt", "mimeType": "text/plain", "buffer": body},
        {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""},
    )
    report = tab.page.locator("#report .report")
    assert "1 added" in report.inner_text()
    refused = report.locator("li.refused")
    assert "empty.txt" in refused.inner_text()
    assert refused.locator(".why").inner_text()
    assert "/" not in refused.locator("bdi").inner_text()
    tab.page.fill(".shelf-find [name=words]", "Bluebell")
    tab.page.wait_for_function("document.querySelectorAll('.shelf-item').length === 1")
    tab.show("chat")
    tab.ask("How many passengers did the ferry Bluebell carry to Quillhaven?")
    tab.answered()
    assert "4,321" in tab.page.inner_text("#current .answer")


def test_what_the_library_does_not_hold_is_not_answered(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask("Which spices belong in a Madras curry?")
    tab.page.wait_for_selector("#current .abstained")
    assert tab.page.locator("#current .chip").count() == 0
    tab.page.locator("#current .card button").first.click()
    assert tab.page.wait_for_selector("#pane mark.now")


def test_the_library_lists_every_article_with_source_and_date(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.open_library()
    listed = tab.page.inner_text("#articles")
    for article in seeded.desk.articles()[:10]:
        assert article.title in listed
        assert (article.source or "source not known") in listed
    tab.page.select_option(".shelf-find [name=month]", "undated")
    tab.page.wait_for_function("document.querySelectorAll('.shelf-item').length === 1")
    tab.page.locator(".shelf-item .title").click()
    tab.page.wait_for_selector("#pane .text")


def test_a_narrow_screen_has_everything_within_its_width(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server, viewport={"width": 390, "height": 844}, has_touch=True)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    tab.ask(QUESTION)
    tab.answered()
    assert tab.page.evaluate(fits)
    pane = tab.open_source()
    assert pane.bounding_box()["width"] == 390
    tab.page.locator("#pane .close").click()
    assert pane.is_hidden()
    tab.page.click("#menu")
    tab.page.wait_for_function("document.querySelector('#side').getBoundingClientRect().left === 0")
    tab.page.get_by_role("button", name="New conversation").click()
    tab.page.wait_for_selector(".welcome")
    assert tab.page.evaluate(fits)
    tab.open_library()
    assert tab.page.evaluate(fits)


def test_the_page_is_in_the_reader_s_language_and_changes_it(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server, locale="uk-UA")
    assert tab.page.get_attribute("html", "lang") == "uk"
    assert tab.page.get_attribute("#question textarea", "placeholder") == "Запитайте свої статті"
    tab.page.select_option("[data-language]", "en")
    tab.page.wait_for_selector("#question textarea[placeholder='Ask your articles']")


# --- with a model ------------------------------------------------------------------------------------------------


def test_text_appears_while_the_model_is_still_writing(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    go_on = threading.Event()
    model.plays(says([f"word{n} " for n in range(40)], until=go_on))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('word3')")
    assert tab.page.locator("#current .meta").count() == 0
    go_on.set()
    tab.answered()
    assert "word39" in tab.page.inner_text("#current .answer")
    assert f"Written by {written.desk.writer}" in tab.page.inner_text("#current .meta")


def test_a_sentence_without_a_source_is_marked(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(says("The mission was paid for by a lottery of 77 million tickets."))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.answered()
    assert "lottery" in tab.page.inner_text("#current .doubted")
    verdict = tab.page.locator("#current .verdict.unsupported")
    assert verdict.inner_text() == "not supported"
    verdict.hover()
    assert len(verdict.inner_text()) > len("not supported") + 5


def test_stop_ends_the_answer_and_the_model_s_work(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(stalls([f"word{n} " for n in range(40)]))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('word3')")
    tab.page.get_by_role("button", name="Stop").click()
    tab.page.wait_for_selector("text=You stopped this answer.")
    assert model.hung_up.wait(300)
    model.plays(says("It goes on."))
    tab.ask("And then?")
    tab.page.wait_for_selector("#current .answer:has-text('It goes on.')")
    assert "word3" in tab.page.inner_text("#past")


def test_an_answer_goes_on_through_a_reload_and_in_a_second_tab(
    written: Desk, model: ScriptedServer, open_tab: OpenTab
) -> None:
    go_on = threading.Event()
    model.plays(says([f"word{n} " for n in range(40)], until=go_on))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('word3')")
    tab.page.reload()
    tab.page.wait_for_selector("#current .writing .answer:has-text('word3')")
    tab.complaints.clear()  # Gradio's, of the stream that the reload cut off
    second = open_tab(written.server)
    second.page.goto(tab.page.url)
    second.page.wait_for_selector("#current .writing .answer:has-text('word3')")
    go_on.set()
    for each in (tab, second):
        each.answered()
        assert "word39" in each.page.inner_text("#current .answer")
        assert "You stopped" not in each.words
        assert each.page.locator("#question .submit-button").is_visible()


def test_a_refused_key_is_said_plainly_and_the_box_stays_usable(
    written: Desk, model: ScriptedServer, open_tab: OpenTab
) -> None:
    model.plays(refuses(401, "Incorrect API key provided"))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    problem = tab.page.wait_for_selector("#current .notice.problem")
    assert problem is not None
    assert "refused the key" in problem.inner_text()
    model.plays(says("Back again."))
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('Back again.')")


def test_a_cut_answer_is_marked_and_asked_again(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(says("DART struck Dimorphos and then", ending="cut"))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.answered()
    assert "cut" in tab.page.inner_text("#current .notice.problem")
    assert "DART struck Dimorphos" in tab.page.inner_text("#current .answer")
    model.plays(says("DART struck Dimorphos."))
    tab.page.get_by_role("button", name="Ask again").click()
    tab.page.wait_for_selector("#current .versions")
    assert "cut" not in tab.page.inner_text("#current")


def test_a_follow_up_carries_the_conversation_and_another_tab_does_not(
    written: Desk, model: ScriptedServer, open_tab: OpenTab
) -> None:
    model.plays(says("The word is heliotrope."))
    first, second = open_tab(written.server), open_tab(written.server)
    first.ask(QUESTION)
    first.answered()
    first.ask("And what did DART do to Dimorphos then?")
    first.page.wait_for_selector("#past .turn")
    first.answered()
    assert any("heliotrope" in received.prompt for received in model.requests)
    model.plays(says("Something else."))
    second.ask("What did DART do to Dimorphos?")
    second.answered()
    assert all("heliotrope" not in received.prompt for received in model.requests)
    assert "heliotrope" not in second.words


# --- what only a fault of ours or another process brings about ----------------------------------------------------


def test_a_fault_of_the_page_leaves_it_usable(
    stage: Stage, open_tab: OpenTab, capfd: pytest.CaptureFixture[str]
) -> None:
    desk = FakeDesk()
    with stage(desk) as server:
        tab = open_tab(server)
        desk.fails_with = RuntimeError("a fault of ours with a secret: sk-123")
        tab.ask("What?")
        tab.page.wait_for_selector(f"text={PAGE_FAILED}")
        assert "sk-123" not in tab.words
        desk.fails_with = None
        tab.ask("What now?")
        tab.answered()
    assert "RuntimeError" in capfd.readouterr().err


def test_a_second_question_waits_for_the_first(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.go = threading.Event()
    with stage(desk) as server:
        tab = open_tab(server)
        tab.ask("First?")
        tab.page.wait_for_selector("#current .writing")
        tab.ask("Second?")
        tab.page.wait_for_timeout(300)
        desk.go.set()
        tab.answered()
        assert [question for question, _ in desk.asked] == ["First?"]
        tab.page.fill("#question textarea", "Third?")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector("#past .turn")
        tab.answered()
        assert desk.asked[1][1][0] == Turn("user", "First?")


def test_a_library_that_another_process_owns_is_shown_but_takes_nothing_in(
    seeded: Desk, open_tab: OpenTab, tmp_path: Path
) -> None:
    with served(FakeDesk(folder=tmp_path, read_only=True)) as server:
        tab = open_tab(server)
        tab.open_library()
        assert "Another process owns this library" in tab.words
        assert tab.page.locator("#library-view input[type=file]").count() == 0
