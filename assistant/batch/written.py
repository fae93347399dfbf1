"""What is written of a batch: a row for each question as data, and the rows as a table or a document."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from assistant.batch.questions import openpyxl
from assistant.history.answer_json import answer_from_dict, stored_form
from assistant.history.conversations import StoredTurn
from assistant.history.export import conversation_html, unstored, unstored_turn
from assistant.history.export_text import clean, conversation_markdown, markdown, one_line
from assistant.many import Result, Row
from vectorstore.messages import Message

KINDS = (".jsonl", ".csv", ".md", ".html", ".xlsx")
DOCUMENTS = (".md", ".html")
"""Those that show more of an answer than its row says: the journal then keeps the whole answer."""

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a spreadsheet takes for the beginning of a formula."""


def row_of(key: str, row: Row, result: Result, *, whole: bool) -> dict[str, Any]:
    """A finished row. Nothing in it tells when it was asked or how long it took; ``whole`` adds what a document shows.

    >>> row_of(key, row, answer, whole=False)
    {"key": "…", "id": 7, "question": "…", "error": None, "answer": "…", "abstained": False, "statements": […], …}
    """
    told: dict[str, Any] = {"key": key, "id": row.id, "question": row.question}
    if isinstance(result, Exception):
        return told | {"question": str(row.question), "error": {"class": type(result).__name__, "message": str(result)}}
    form = result.to_dict()
    for name in ("question", "text", "seconds"):
        del form[name]
    told |= {"error": None, "answer": result.text, **form}
    return told | {"stored": stored_form(replace(result, seconds_search=0.0, seconds_write=0.0))} if whole else told


def outcome(row: Mapping[str, Any]) -> Message:
    """What became of a row, in a word or two."""
    if row["error"]:
        return Message("failed")
    if row["state"] != "complete":
        return Message("cut off")
    if row["abstained"]:
        return Message("not answered by the library")
    sources = len({citation["article"]["id"] for citation in row["citations"]})
    return (
        Message("answered from {count} articles", count=sources) if sources != 1 else Message("answered from 1 article")
    )


def is_done(row: Mapping[str, Any]) -> bool:
    """Whether its answer is whole; one that failed or was cut is asked again by the next run."""
    return row["error"] is None and row["state"] == "complete"


def written(kind: str, rows: Sequence[Mapping[str, Any]], title: str, summary: str) -> bytes:
    """The file of ``kind`` (its ending) for ``rows``."""
    if kind == ".csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(
            [f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells] for cells in _table(rows)
        )
        return ("\ufeff" + text.getvalue()).encode("utf-8", "replace")  # the mark tells Excel that it is UTF-8
    if kind == ".xlsx":
        return _workbook(_table(rows))
    conversation = unstored(title, [_turn(row) for row in rows])
    if kind == ".html":
        outcomes = [outcome(row) for row in rows]
        return conversation_html(conversation, summary=summary, outcomes=outcomes).encode("utf-8", "replace")
    head, _, rest = conversation_markdown(conversation).partition("\n\n")
    return f"{head}\n\n{markdown(summary)}\n\n{rest}".encode("utf-8", "replace")


def _table(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    table = [["id", "question", "answer", "abstained", "sources", "unsupported", "model", "cost_usd", "error"]]
    for row in rows:
        error = row["error"]
        cells = [row["id"], row["question"]]
        if error:
            cells += ["", "", "", "", "", "", f"{error['class']}: {error['message']}"]
        else:
            doubts = [each["text"] for each in row["statements"] if each["support"] != "verified"]
            fault = "" if row["state"] == "complete" else f"{row['state']}: {row['reason'] or ''}"
            cells += [row["answer"], str(row["abstained"]).lower(), "\n".join(map(_source, row["citations"]))]
            cells += ["\n".join(doubts), row["model"], row["usage"]["cost_usd"], fault]
        table.append([clean("" if cell is None else str(cell)) for cell in cells])
    return table


def _source(citation: Mapping[str, Any]) -> str:
    article = citation["article"]
    told = [article["title"], article["source"], article["published"], article["url"], article["id"]]
    return one_line(f"[{citation['number']}] “{citation['quote']}” {', '.join(filter(None, told))}")


def _workbook(table: Sequence[Sequence[str]]) -> bytes:
    book = openpyxl(Path("the answers")).Workbook()
    sheet = book.active
    sheet.title = "Answers"
    sheet.freeze_panes = "A2"
    for number, cells in enumerate(table, 1):
        for column, text in enumerate(cells, 1):
            sheet.cell(number, column, text).data_type = "s"  # a text, even one that begins like a formula
    made, kept = io.BytesIO(), io.BytesIO()
    book.save(made)
    with ZipFile(made) as parts, ZipFile(kept, "w", ZIP_DEFLATED) as same:  # without the time of writing
        for name in parts.namelist():
            content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"1980-01-01T00:00:00Z", parts.read(name))
            same.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return kept.getvalue()


def _turn(row: Mapping[str, Any]) -> StoredTurn:
    if row["error"] is None:
        return unstored_turn(answer_from_dict(row["stored"]))
    return StoredTurn(0, row["question"], "failed", "", unstored("", []).created, problem=row["error"]["message"])
