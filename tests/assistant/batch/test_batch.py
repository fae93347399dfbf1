"""A batch on its real parts: the questions of a file, asked of the extractive writer or of a scripted model."""

from __future__ import annotations

import csv
import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant.models.prompt import NO_ANSWER
from tests.assistant.batch.conftest import QUESTIONS, batch, rows_of
from tests.assistant.conftest import ARTICLES, DRONES_QUESTION, MEETING_QUESTION
from tests.scripted_server import Received, Scene, ScriptedServer, refuses, says


def test_each_row_has_its_answer_with_what_it_rests_on_and_a_bad_one_says_why(
    folder: Path, questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "answers.jsonl"
    assert batch(folder, questions, output) == 1
    met, drones, absent, bad, bread, outside = rows = rows_of(output)
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["question"] for row in rows] == [each["question"] for each in QUESTIONS]
    (citation,) = met["citations"]
    article = next(each for each in ARTICLES if each["title"] == citation["article"]["title"])
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert citation["quote"].rstrip(".") in met["answer"]
    assert met["statements"][0]["citations"] == [citation["number"]]
    assert (drones["scope"]["since"], drones["scope"]["until"]) == ("2024-09-01", "2024-09-30")
    assert [row["abstained"] for row in (met, drones, absent, bread, outside)] == [False, False, True, False, True]
    assert bad["error"]["class"] == "SearchInvalid"
    assert "“someday” is not a day" in bad["error"]["message"]
    assert bread["scope"]["sources"] == ["Starter Library, Kitchen desk"]
    assert met["library"]["articles"] == len(ARTICLES)
    assert {row["library"]["state"] for row in rows} == {met["library"]["state"]}
    assert set(met) >= {"model", "usage", "scope", "versions"}
    assert "3 answered, 2 not answered by the library, 1 failed" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl"])
def test_questions_are_read_from_text_tables_and_json_lines(folder: Path, tmp_path: Path, kind: str) -> None:
    path, output = tmp_path / f"questions.{kind}", tmp_path / "answers.jsonl"
    path.write_text(
        {
            "txt": f"{MEETING_QUESTION}\n\n{DRONES_QUESTION}\n",
            "csv": f'\ufeffid;Question;sources\na;{MEETING_QUESTION};\nb;{DRONES_QUESTION};"Starter Library, '
            'Europe desk; Starter Library, Space desk"\n',
            "jsonl": json.dumps(MEETING_QUESTION) + "\n\n" + json.dumps({"question": DRONES_QUESTION, "note": 1}),
        }[kind],
        encoding="utf-8",
    )
    assert batch(folder, path, output) == 0
    met, drones = rows_of(output)
    assert (met["question"], drones["question"]) == (MEETING_QUESTION, DRONES_QUESTION)
    assert "2,000 drones" in drones["answer"]
    if kind == "csv":
        assert [met["id"], drones["id"]] == ["a", "b"]
        assert drones["scope"]["sources"] == ["Starter Library, Europe desk", "Starter Library, Space desk"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.csv", "id,ask\n1,Why?\n", "no column “question” among id, ask"),
        ("q.jsonl", '{"question": "Why?"}\n{"question\n', "q.jsonl:2: no JSON"),
        ("q.txt", "", "the file is empty"),
        ("q.pdf", "x", "questions are read from .txt, .csv, .jsonl, .xlsx"),
        ("none.txt", None, "there is no such file"),
    ],
)
def test_a_file_without_questions_is_named_with_the_reason(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert batch(folder, tmp_path / name, tmp_path / "answers.jsonl") == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "answers.jsonl").exists()


def test_a_table_for_a_spreadsheet_begins_no_formula(folder: Path, tmp_path: Path) -> None:
    path, output = tmp_path / "q.jsonl", tmp_path / "answers.csv"
    asked = {"id": "=1+1", "question": f"-{MEETING_QUESTION}"}
    path.write_text("\n".join(map(json.dumps, [asked, {"question": MEETING_QUESTION, "since": "x"}])), encoding="utf-8")
    assert batch(folder, path, output) == 1
    with output.open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["id"] == "'=1+1"
    assert first["question"] == f"'-{MEETING_QUESTION}"
    assert "Starter Library, Europe desk, 2024-09-02" in first["sources"]
    assert second["error"].startswith("SearchInvalid: since")


class Marked(HTMLParser):
    """The marked words of a page, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.marked: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "mark":
            self.marked.append(data)


def test_documents_say_first_how_it_went_and_mark_the_cited_words(
    folder: Path, questions: Path, tmp_path: Path
) -> None:
    page, text = tmp_path / "answers.html", tmp_path / "answers.md"
    assert batch(folder, questions, page) == batch(folder, questions, text) == 1
    html = page.read_text(encoding="utf-8")
    assert html.index("3 answered, 2 not answered by the library, 1 failed") < html.index(MEETING_QUESTION)
    assert any("2,000 drones" in words for words in Marked(html).marked)
    assert "SearchInvalid: since: “someday” is not a day" in html
    markdown = text.read_text(encoding="utf-8")
    assert markdown.startswith("# answers\n\n3 answered, 2 not answered by the library, 1 failed\n\n## Whom did Umerov")
    assert "> France will co-finance the production of 2,000 drones in 2025" in markdown
    # Again, from what is kept: nothing is asked, and nothing in the file says when it was made.
    made = page.read_bytes()
    page.unlink()
    assert batch(folder, questions, page) == 1
    assert page.read_bytes() == made


def test_an_excel_file_needs_its_library_and_the_message_says_how_to_get_it(
    folder: Path, questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "q.xlsx").write_bytes(b"PK")
    for asked, output in ((questions, tmp_path / "a.xlsx"), (tmp_path / "q.xlsx", tmp_path / "a.jsonl")):
        assert batch(folder, asked, output) == 1
        assert "pip install 'article-assistant[xlsx]'" in capsys.readouterr().err


def test_excel_files_are_read_and_written(folder: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for cells in (["Question", "since"], [DRONES_QUESTION, "2024-09-01"], [None, None], ["=1+1", None]):
        book.active.append(cells)
    book.active["A4"].data_type = "s"
    book.save(tmp_path / "q.xlsx")
    output = tmp_path / "a.xlsx"
    assert batch(folder, tmp_path / "q.xlsx", output) == 0
    first = output.read_bytes()
    rows = list(openpyxl.load_workbook(output).active.values)
    assert rows[0][:3] == ("id", "question", "answer")
    assert "2,000 drones" in rows[1][2]
    assert rows[2][1] == "=1+1"
    output.unlink()
    assert batch(folder, tmp_path / "q.xlsx", output) == 0
    assert output.read_bytes() == first


def test_what_failed_is_asked_again_and_what_is_answered_is_not(
    folder: Path, tmp_path: Path, with_model: ScriptedServer
) -> None:
    path, output = tmp_path / "q.txt", tmp_path / "answers.jsonl"
    path.write_text(f"{MEETING_QUESTION}\n{DRONES_QUESTION}\n{MEETING_QUESTION}\n", encoding="utf-8")

    def fails_for_drones(received: Received) -> Scene:
        return refuses(400) if DRONES_QUESTION in received.prompt else says("Umerov met Lecornu in Paris. [1]")

    with_model.plays(fails_for_drones)
    assert batch(folder, path, output) == 1
    assert [row["error"] and row["error"]["class"] for row in rows_of(output)] == [None, "ModelFailed", None]
    assert "sk-secret-key" not in output.read_text(encoding="utf-8")
    with_model.plays(says("France will pay for drones. [1]"))
    assert batch(folder, path, output) == 0
    assert len(with_model.requests) == 1
    assert [row["question"] for row in rows_of(output)] == [MEETING_QUESTION, DRONES_QUESTION, MEETING_QUESTION]


def test_a_budget_ends_the_asking_before_it_is_exceeded(
    folder: Path, tmp_path: Path, with_model: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path, output = tmp_path / "q.txt", tmp_path / "answers.jsonl"
    path.write_text("".join(f"Whom did Umerov meet in Paris on visit {n}?\n" for n in range(9)), encoding="utf-8")
    assert batch(folder, path, output, "--budget", "0.05") == 1
    assert len(rows_of(output)) == len(with_model.requests) == 5
    assert "4 left by the budget, 0.0500 dollars" in capsys.readouterr().out
    assert batch(folder, path, output, "--budget", "0.07", "--workers", "1") == 1  # of the whole file
    assert len(rows_of(output)) == len(with_model.requests) == 7
    assert batch(folder, path, output) == 0


def test_a_budget_needs_a_price(
    folder: Path,
    questions: Path,
    tmp_path: Path,
    with_model: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("ASSISTANT_PRICES")
    assert batch(folder, questions, tmp_path / "answers.jsonl", "--budget", "5") == 1
    assert "Set ASSISTANT_PRICES" in capsys.readouterr().err
    assert len(with_model.requests) == 1


def test_what_changed_since_an_earlier_run_is_named_and_is_the_exit_status(
    folder: Path, tmp_path: Path, with_model: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path, old, new = tmp_path / "q.txt", tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    path.write_text(f"{MEETING_QUESTION}\n{DRONES_QUESTION}\n", encoding="utf-8")
    assert batch(folder, path, old, "--workers", "1") == 0
    assert batch(folder, path, new, "--workers", "1", "--compare", str(old)) == 0
    assert "0 are answered otherwise" in capsys.readouterr().out
    new.unlink()
    with_model.plays(says("Umerov met Sébastien Lecornu in Paris. [1]"), says(f"{NO_ANSWER} Nothing."))
    path.write_text(f"{MEETING_QUESTION}\n{DRONES_QUESTION}\nWhy?\n", encoding="utf-8")
    assert batch(folder, path, new, "--workers", "1", "--compare", str(old)) == 3
    printed = capsys.readouterr().out
    assert f"{MEETING_QUESTION}:" not in printed
    assert f"{DRONES_QUESTION}: not answered any more; without “" in printed
    assert "Why?: was not asked before" in printed


def test_no_other_file_is_written_over(
    folder: Path, questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("mine.jsonl", "mine.md"):
        (tmp_path / name).write_text("my words, without a line end", encoding="utf-8")
        assert batch(folder, questions, tmp_path / name) == 1
        assert (tmp_path / name).read_text(encoding="utf-8") == "my words, without a line end"
        assert "Name another" in capsys.readouterr().err
    assert batch(folder, questions, questions) == 1
    others = tmp_path / "others.txt"
    others.write_text("Why?", encoding="utf-8")
    assert batch(folder, others, tmp_path / "answers.jsonl") in (0, 1)
    kept = (tmp_path / "answers.jsonl").read_bytes()
    assert batch(folder, questions, tmp_path / "answers.jsonl") == 1
    assert "answers to other questions" in capsys.readouterr().err
    assert (tmp_path / "answers.jsonl").read_bytes() == kept
