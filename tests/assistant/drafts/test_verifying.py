"""A draft held against a small library on its real parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.__main__ import main
from assistant.drafts.report import written
from assistant.drafts.verifying import Checked, Report, stated, verify
from assistant.settings import Settings
from assistant.writer import Writer
from tests.assistant.conftest import Open
from tests.assistant.making import match
from tests.scripted_server import ScriptedServer, refuses, says
from vectorstore.types import Match

CARRIED = "Umerov met Sébastien Lecornu in Paris."
OTHERWISE = "France will co-finance the production of 5,000 drones in 2025."
ABSENT = "Nobody in Hamburg won the chess olympiad of 1930."
DRAFT = f"# Umerov in London\n\n{CARRIED} {OTHERWISE}\n\n- {ABSENT}\n- [UNN](https://unn.ua)\n\nWho pays?\n"


def test_headings_code_and_links_are_no_sentences() -> None:
    markdown = (
        "# A title\n\nOne *is* [linked](https://a.b). Two\nis `code`.\n\n```\nx = 1\n```\n\n"
        "- [A link](https://a.b)\n\n| Head |\n| - |\n| A cell is here. |\n"
    )
    assert list(stated(markdown)) == ["One is linked.", "Two is code.", "A cell is here."]


def test_each_sentence_has_its_finding_and_its_words(folder: Path) -> None:
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        report = desk.verify(DRAFT)
    assert [(each.text, each.finding) for each in report.sentences] == [
        (CARRIED, "carried"),
        (OTHERWISE, "contradicted"),
        (ABSENT, "not_told"),
        ("Who pays?", "not_checkable"),
    ]
    assert not report.ok
    cited = [citation for each in report.sentences for citation in each.citations]
    assert [citation.number for citation in cited] == list(range(1, len(cited) + 1))
    assert [citation.article.published.day for citation in cited if citation.article.published] == [2, 3]
    for citation in cited:
        assert citation.article.text[citation.start : citation.end] == citation.quote


def test_a_sentence_that_leans_is_looked_up_with_the_one_before(folder: Path) -> None:
    asked: list[str] = []

    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:

        def search(text: str) -> list[Match]:
            asked.append(text)
            return desk.library.search(text)

        verify(f"{CARRIED} He also promised aircraft.", search, desk._writer)
    assert asked == [CARRIED, f"{CARRIED} He also promised aircraft."]


def test_the_words_shown_have_the_figures_and_no_sentence_that_makes_it_no_surer() -> None:
    reactors = (
        "When they were approved in 2009, the two were to cost about 14 billion dollars and to run in 2016. "
        "The cost to all owners has come to about 35 billion dollars, and the work took years longer than planned. "
        "Westinghouse went bankrupt over the project in 2017. Georgia Power owns 45.7 per cent of the new reactors."
    )
    cancelled = "More than 5,000 flights were cancelled around the world on the Friday, and some hundreds on Saturday."
    others = "The broadcaster Sky News went off the air around Friday, and call centres in the world had disruptions."

    def shown(draft: str, told: str) -> str:
        writer = Writer("nobody", lambda *_: iter(()))
        (checked,) = verify(draft, lambda _: [match(told, title="News")], writer).sentences
        assert checked.finding == "carried"
        return " ".join(citation.quote for citation in checked.citations)

    both = "The two new reactors were supposed to cost some 14 billion dollars and ended up at about 35 billion."
    assert "about 35 billion dollars" in shown(both, reactors)
    flights = "More than 5,000 flights were called off around the world on the Friday."
    assert shown(flights, f"{cancelled} {others}") == cancelled


def test_a_chat_model_that_is_set_to_check_judges(open_desk: Open, server: ScriptedServer) -> None:
    refused = {"number": 1, "verdict": "not_carried", "reason": "exchanged roles"}
    server.plays(says(json.dumps({"verdicts": [refused]})), refuses(401))
    desk = open_desk(check="model")
    (judged,) = desk.verify(CARRIED).sentences
    assert (judged.finding, judged.reason, judged.by) == ("not_told", "exchanged roles", "model")
    (left_to_the_reader,) = desk.verify(CARRIED).sentences
    assert (left_to_the_reader.finding, left_to_the_reader.by) == ("carried", "reader")


def test_the_command_ends_with_4_where_something_is_not_carried(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft, output = tmp_path / "draft.md", tmp_path / "report.html"
    draft.write_text(CARRIED, encoding="utf-8")
    assert main(["verify", str(draft), "--library", str(folder)]) == 0
    assert "**carried by the library**" in capsys.readouterr().out
    draft.write_text(DRAFT, encoding="utf-8")
    assert main(["verify", str(draft), "--library", str(folder), "--format", "json"]) == 4
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert main(["verify", str(draft), "--library", str(folder), "--format", "html", "-o", str(output)]) == 4
    assert "the library says otherwise" in output.read_text(encoding="utf-8")


def test_no_markup_of_a_draft_passes() -> None:
    report = Report((Checked("<script>x</script> *y*", "not_told", "<b>"),))
    assert "<script>" not in written(report, "html")
    assert "&lt;script&gt;" in written(report, "html")
    assert r"\<script\>x\</script\> \*y\*" in written(report, "markdown")
