"""What is written of a batch: a row for each question as data, and the rows as a table or a document."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
"""Those that show more of an answer than its row tells: the journal then keeps the whole answer."""

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a spreadsheet takes for the beginning of a formula."""
_COLUMNS = ("id", "question", "answer", "abstained", "sources", "unsupported", "model", "cost_usd", "error")


def row_of(key: str, row: Row, result: Result, *, whole: bool) -> dict[str, Any]:
    """A finished row, without when it was asked and how long it took; ``whole`` adds what a document shows."""
    told = {"key": key, "id": row.id, "question": str(row.question), "error": None}
    if isinstance(result, Exception):
        return told | {"error": {"class": type(result).__name__, "message": str(result)}}
    form = {name: value for name, value in result.to_dict().items() if name not in ("question", "text", "seconds")}
    if whole:
        form["stored"] = stored_form(replace(result, seconds_search=0.0, seconds_write=0.0))
    return told | {"answer": result.text} | form


def problem(row: Mapping[str, Any]) -> str | None:
    """Why there is no answer, or only a part of one: such a row is asked again by the next run."""
    if row["error"]:
        return f"{row['error']['class']}: {row['error']['message']}"
    return None if row["state"] == "complete" else row["reason"] or row["state"]


def outcome(row: Mapping[str, Any]) -> Message:
    """What became of a question, in a few words."""
    if problem(row):
        return Message("failed")
    if row["abstained"]:
        return Message("the library does not hold the answer")
    sources = len({citation["article"]["id"] for citation in row["citations"]})
    return Message("1 article") if sources == 1 else Message("{count} articles", count=sources)


def written(kind: str, rows: Sequence[Mapping[str, Any]], title: str, summary: str) -> bytes:
    """The rows as a file of ``kind``, one of ``KINDS`` but the first."""
    if kind == ".xlsx":
        return _workbook(_table(rows))
    if kind == ".csv":
        text = io.StringIO()
        safe = [[f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells] for cells in _table(rows)]
        csv.writer(text).writerows(safe)
        return text.getvalue().encode("utf-8-sig", "replace")  # the mark tells Excel that it is UTF-8
    turns = [
        StoredTurn(0, row["question"], "failed", "", unstored("", ()).created, problem=problem(row))
        if row["error"]
        else unstored_turn(answer_from_dict(row["stored"]))
        for row in rows
    ]
    if kind == ".html":
        page = conversation_html(unstored(title, turns), summary=summary, outcomes=list(map(outcome, rows)))
    else:
        head, _, rest = conversation_markdown(unstored(title, turns)).partition("\n\n")
        page = f"{head}\n\n{markdown(summary)}\n\n{rest}"
    return page.encode("utf-8", "replace")


def _table(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    table = [list(_COLUMNS)]
    for row in rows:
        cells = {**row, "error": problem(row)}
        if not row["error"]:
            cells["abstained"] = str(row["abstained"]).lower()
            cells["sources"] = "\n".join(map(_source, row["citations"]))
            cells["unsupported"] = "\n".join(
                each["text"] for each in row["statements"] if each["support"] != "verified"
            )
            cells["cost_usd"] = row["usage"]["cost_usd"]
        table.append([clean("" if cells.get(name) is None else str(cells[name])) for name in _COLUMNS])
    return table


def _source(citation: Mapping[str, Any]) -> str:
    told = [citation["article"][name] for name in ("title", "source", "published", "url", "id")]
    return one_line(f"[{citation['number']}] “{citation['quote']}” {', '.join(filter(None, told))}")


def _workbook(table: Sequence[Sequence[str]]) -> bytes:
    book = openpyxl(".xlsx").Workbook()
    for number, cells in enumerate(table, 1):
        for column, text in enumerate(cells, 1):
            book.active.cell(number, column, text).data_type = "s"  # a text, even if it begins like a formula
    made, kept = io.BytesIO(), io.BytesIO()
    book.save(made)
    with ZipFile(made) as parts, ZipFile(kept, "w") as timeless:  # the same answers make the same file
        for name in parts.namelist():
            content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"1980-01-01T00:00:00Z", parts.read(name))
            timeless.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return kept.getvalue()
