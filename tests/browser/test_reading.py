"""What a reader does: ask, read, open a source, add a file, ask about it, stop, go on, start again."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.types import Turn
from tests.browser.conftest import Desk, OpenTab
from tests.scripted_server import ScriptedServer, refuses, says
from tests.ui.fake_desk import FakeDesk
from tests.ui.served import served
from ui import texts

QUESTION = texts.EXAMPLES[0]


def test_a_question_gets_an_answer_whose_sources_show_the_quoted_words(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask(QUESTION)
    tab.answered()
    answer = seeded.desk.ask(QUESTION)
    assert answer.citations
    chips = tab.page.locator("#current button.chip")
    assert chips.count() >= 1
    number = int(chips.first.inner_text())
    source = tab.page.locator(f"#source-1-{number}")
    assert source.locator("blockquote").first.is_hidden()
    chips.first.click()
    assert source.locator("blockquote").first.is_visible()
    quotes = [citation.quote for citation in answer.citations if citation.number == number]
    assert sorted(source.locator("mark").all_text_contents()) == sorted(quotes)
    article = next(citation.article for citation in answer.citations if citation.number == number)
    assert source.locator(".title").inner_text() == article.title
    assert article.source in source.locator(".byline").inner_text()
    assert "32 minutes" in tab.page.inner_text("#current .answer")
    assert tab.page.inner_text("#current .meta").startswith(texts.WRITER_EXTRACTIVE)


def test_the_keyboard_is_enough(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask(QUESTION)
    tab.answered()
    tab.page.locator("#current button.chip").first.focus()
    tab.page.keyboard.press("Enter")
    assert tab.page.locator("#current details[open] mark").first.is_visible()
    tab.page.keyboard.press("Enter")  # the source's own line has the focus now, and closes it
    assert tab.page.locator("#current details[open]").count() == 0


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
    tab.page.fill("#filter input, #filter textarea", "harbour")
    tab.page.wait_for_function("document.querySelectorAll('#articles tbody tr').length === 1")
    tab.page.get_by_role("tab", name="Chat").click()
    tab.ask("How many passengers did the ferry Bluebell carry to Quillhaven?")
    tab.answered()
    assert "4,321" in tab.page.inner_text("#current .answer")


def test_what_the_library_does_not_hold_is_not_answered(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.ask("Which spices belong in a Madras curry?")
    tab.page.wait_for_selector("#current .abstained")
    assert tab.page.locator("#current .chip").count() == 0
    assert tab.page.locator("#current .sources li").count() >= 1


def test_the_library_lists_every_article_with_source_and_date(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.open_library()
    rows = tab.page.locator("#articles tbody tr")
    assert rows.count() == len(seeded.desk.articles())
    listed = tab.page.inner_text("#articles")
    for article in seeded.desk.articles()[:10]:
        assert article.title in listed
    assert texts.NO_DATE in listed


def test_an_example_is_asked_with_one_press_and_goes_when_the_talk_begins(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    tab.page.get_by_role("button", name=texts.EXAMPLES[1]).click()
    tab.answered()
    assert tab.page.inner_text("#current .question") == texts.EXAMPLES[1]
    assert tab.page.locator(".example:visible").count() == 0
    tab.page.get_by_role("button", name=texts.NEW_CONVERSATION).click()
    tab.page.wait_for_selector(".welcome")
    assert tab.page.locator(".turn").count() == 0


# --- with a model ------------------------------------------------------------------------------------------------


def test_text_appears_while_the_model_is_still_writing(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(says([f"word{n} " for n in range(40)], pause=0.05))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('word3')")
    assert "word39" not in tab.page.inner_text("#current .answer")
    tab.answered()
    assert "word39" in tab.page.inner_text("#current .answer")
    assert f"Written by {written.desk.writer}" in tab.page.inner_text("#current .meta")


def test_a_sentence_without_a_source_is_marked(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(says("The mission was paid for by a lottery of 77 million tickets."))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.answered()
    assert "lottery" in tab.page.inner_text("#current .doubted")
    assert texts.UNSUPPORTED in tab.page.inner_text("#current .doubts")


def test_stop_ends_the_answer_and_the_model_s_work(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(says([f"word{n} " for n in range(400)], pause=0.05))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('word3')")
    tab.page.get_by_role("button", name=texts.STOP).click()
    tab.page.wait_for_selector(f"text={texts.STOPPED_ANSWER}")
    assert model.hung_up.wait(5)
    model.plays(says("It goes on."))
    tab.ask("And then?")
    tab.page.wait_for_selector("#current .answer:has-text('It goes on.')")
    assert "word3" in tab.page.inner_text("#past")


def test_closing_the_tab_ends_the_model_s_work(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(says([f"word{n} " for n in range(400)], pause=0.05))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('word3')")
    tab.page.close()
    assert model.hung_up.wait(10)


def test_a_refused_key_is_said_plainly_and_the_box_stays_usable(
    written: Desk, model: ScriptedServer, open_tab: OpenTab
) -> None:
    model.plays(refuses(401, "Incorrect API key provided"))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    problem = tab.page.wait_for_selector("#current .notice.problem")
    assert problem is not None
    assert "OPENAI_API_KEY" in problem.inner_text()
    model.plays(says("Back again."))
    tab.ask(QUESTION)
    tab.page.wait_for_selector("#current .answer:has-text('Back again.')")


def test_a_cut_answer_is_marked_as_cut(written: Desk, model: ScriptedServer, open_tab: OpenTab) -> None:
    model.plays(says("DART struck Dimorphos and then", ending="cut"))
    tab = open_tab(written.server)
    tab.ask(QUESTION)
    tab.answered()
    assert "cut" in tab.page.inner_text("#current .notice.problem")
    assert "DART struck Dimorphos" in tab.page.inner_text("#current .answer")


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


def test_a_fault_of_the_page_leaves_it_usable(open_tab: OpenTab, capfd: pytest.CaptureFixture[str]) -> None:
    desk = FakeDesk()
    with served(desk) as server:
        tab = open_tab(server)
        desk.fails_with = RuntimeError("a fault of ours with a secret: sk-123")
        tab.ask("What?")
        tab.page.wait_for_selector(f"text={texts.PAGE_FAILED}")
        assert "sk-123" not in tab.words
        desk.fails_with = None
        tab.ask("What now?")
        tab.answered()
    assert "RuntimeError" in capfd.readouterr().err


def test_a_second_question_waits_for_the_first(open_tab: OpenTab) -> None:
    desk = FakeDesk()
    desk.wait = 0.04
    with served(desk) as server:
        tab = open_tab(server)
        tab.ask("First?")
        tab.page.wait_for_selector("#current .writing")
        tab.ask("Second?")
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
        assert texts.READ_ONLY in tab.words
        assert tab.page.locator("#library-view input[type=file]").count() == 0
