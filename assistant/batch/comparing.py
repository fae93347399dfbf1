"""What two runs of a batch answer differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vectorstore.messages import Message

Rows = Sequence[Mapping[str, Any]]


def changes(old: Rows, new: Rows) -> Iterator[Message]:
    """A line for each question of ``new`` that is answered otherwise than in ``old``, or is not there.

    Rows belong together by their ids, else by their questions; several that are the same, in their order.
    """
    before = dict(_named(old))
    for name, row in _named(new):
        told = _changed(before[name], row) if name in before else [Message("was not asked before")]
        if told:
            question = row["question"] if row["id"] is None else f"{row['id']}: {row['question']}"
            yield Message("{question}: {changes}", question=question, changes=Message.joined(*told, by="; "))


def _named(rows: Rows) -> Iterator[tuple[tuple[str, int], Mapping[str, Any]]]:
    seen: Counter[str] = Counter()
    for row in rows:
        name = str(row["question"] if row["id"] is None else row["id"])
        seen[name] += 1
        yield (name, seen[name]), row


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Message]:
    if new["error"]:
        return [] if old["error"] == new["error"] else [Message("failed: {why}", why=new["error"]["message"])]
    if old["error"]:
        return [Message("failed before")]
    told = []
    if old["abstained"] != new["abstained"]:
        told.append(Message("is not answered any more") if new["abstained"] else Message("is answered now"))
    elif old["answer"] != new["answer"]:
        told.append(Message("another text"))
    was, now = ({each["article"]["id"]: each["article"]["title"] for each in row["citations"]} for row in (old, new))
    told += [Message("without “{source}”", source=title) for id_, title in was.items() if id_ not in now]
    return told + [Message("with “{source}”", source=title) for id_, title in now.items() if id_ not in was]
