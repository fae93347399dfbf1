"""What is written of a batch: a row for each question as data, and the rows as a table or a document."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from assistant.batch.questions import openpyxl
from assistant.export.page import conversation_html, unstored, unstored_turn
from assistant.export.text import clean, conversation_markdown, markdown, one_line
from assistant.history.answer_json import answer_from_dict, stored_form
from assistant.history.types import StoredTurn
from assistant.many import Result
from vectorstore.messages import Message

DOCUMENTS = (".md", ".html")
"""Those that show more of an answer than its row tells: the journal then keeps the whole answer."""
KINDS = (".jsonl", ".csv", ".xlsx", *DOCUMENTS)

WrittenRow = Mapping[str, Any]
_COLUMNS = ("id", "question", "answer", "abstained", "sources", "unsupported", "model", "cost_usd", "error")
_FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a spreadsheet takes for the beginning of a formula."""


def row_of(result: Result, *, whole: bool) -> dict[str, Any]:
    """What became of a question, without how long it took; ``whole`` adds what a document shows."""
    if isinstance(result, Exception):
        return {"error": {"class": type(result).__name__, "message": str(result)}}
    form = {name: value for name, value in result.to_dict().items() if name not in ("question", "text", "seconds")}
    if whole:
        form["stored"] = stored_form(replace(result, seconds_search=0.0, seconds_write=0.0))
    return {"error": None, "answer": result.text, **form}


def problem(row: WrittenRow) -> str | None:
    """Why there is no answer, or only a part of one: such a row is asked again by the next run."""
    if row["error"]:
        return f"{row['error']['class']}: {row['error']['message']}"
    return None if row["state"] == "complete" else row["reason"] or row["state"]


def summary(rows: Sequence[WrittenRow], left: int) -> Message:
    """``12 answered, 2 not answered by the library, 1 failed``; what is ``left`` by the budget; what it cost."""
    failed = sum(problem(row) is not None for row in rows)
    unknown = sum(not problem(row) and row["abstained"] for row in rows)
    cost = sum(cost_of(row) for row in rows)
    return Message.joined(
        Message("{count} answered", count=len(rows) - failed - unknown),
        Message("{count} not answered by the library", count=unknown),
        Message("{count} failed", count=failed),
        Message("{count} left by the budget", count=left) if left else "",
        Message("{cost} dollars", cost=f"{cost:.4f}") if cost else "",
        by=", ",
    )


def cost_of(row: WrittenRow) -> float:
    return 0.0 if row["error"] else row["usage"]["cost_usd"] or 0.0


def written(kind: str, rows: Sequence[WrittenRow], title: str, said: str) -> bytes:
    """The rows as a file of ``kind``, one of ``KINDS`` but the first; documents begin with what is ``said``."""
    if kind == ".xlsx":
        return _workbook(_table(rows))
    if kind == ".csv":
        text = io.StringIO()
        safe = ([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells] for cells in _table(rows))
        csv.writer(text).writerows(safe)
        return text.getvalue().encode("utf-8-sig", "replace")  # the mark tells Excel that it is UTF-8
    whole = unstored(title, list(map(_turn, rows)))
    if kind == ".html":
        return conversation_html(whole, summary=said).encode("utf-8", "replace")
    head, _, rest = conversation_markdown(whole).partition("\n\n")
    return f"{head}\n\n{markdown(said)}\n\n{rest}".encode("utf-8", "replace")


def _turn(row: WrittenRow) -> StoredTurn:
    if row["error"]:
        return StoredTurn(0, row["question"], "failed", "", unstored("", ()).created, problem=problem(row))
    return unstored_turn(answer_from_dict(row["stored"]))


def _table(rows: Sequence[WrittenRow]) -> Iterator[list[str]]:
    yield list(_COLUMNS)
    for row in rows:
        cells = {**row, "error": problem(row)}
        if not row["error"]:
            cells["sources"] = "\n".join(map(_source, row["citations"]))
            cells["unsupported"] = "\n".join(
                each["text"] for each in row["statements"] if each["support"] != "verified"
            )
            cells["cost_usd"] = row["usage"]["cost_usd"]
        yield [clean("" if cells.get(name) is None else str(cells[name])) for name in _COLUMNS]


def _source(citation: WrittenRow) -> str:
    told = [citation["article"][name] for name in ("title", "source", "published", "url", "id")]
    return one_line(f"[{citation['number']}] “{citation['quote']}” {', '.join(filter(None, told))}")


def _workbook(table: Iterator[list[str]]) -> bytes:
    book = openpyxl(".xlsx").Workbook()
    for number, cells in enumerate(table, 1):
        for column, text in enumerate(cells, 1):
            book.active.cell(number, column, text).data_type = "s"  # a text, even if it begins like a formula
    made, kept = io.BytesIO(), io.BytesIO()
    book.save(made)
    with ZipFile(made) as parts, ZipFile(kept, "w") as timeless:  # the same answers make the same file
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+", b"1980-01-01T00:00:00", content)
            timeless.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return kept.getvalue()


def changes(old: Sequence[WrittenRow], new: Sequence[WrittenRow]) -> Iterator[Message]:
    """A line for each question of ``new`` that is answered otherwise than in ``old``, or is not there.

    Rows belong together by their ids, else by their questions; several that are the same, in their order.
    """
    before = dict(_named(old))
    for name, row in _named(new):
        if told := _changed(before.get(name), row):
            yield Message("{question}: {changes}", question=name[0], changes=Message.joined(*told, by="; "))


def _named(rows: Sequence[WrittenRow]) -> Iterator[tuple[tuple[str, int], WrittenRow]]:
    seen: Counter[str] = Counter()
    for row in rows:
        name = row["question"] if row["id"] is None else f"{row['id']}"
        seen[name] += 1
        yield (name, seen[name]), row


def _changed(old: WrittenRow | None, new: WrittenRow) -> list[Message]:
    if old is None:
        return [Message("was not asked before")]
    if old["error"] or new["error"]:
        why = problem(new) or Message("failed before")
        return [] if old["error"] == new["error"] else [Message("{why}", why=why)]
    told = [Message("another text")] if old["answer"] != new["answer"] else []
    if old["abstained"] != new["abstained"]:
        told = [Message("not answered any more") if new["abstained"] else Message("answered now")]
    was, now = ({each["article"]["id"]: each["article"]["title"] for each in row["citations"]} for row in (old, new))
    told += [Message("without “{source}”", source=title) for id_, title in was.items() if id_ not in now]
    return told + [Message("with “{source}”", source=title) for id_, title in now.items() if id_ not in was]
