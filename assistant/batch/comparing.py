"""What two runs of a batch answer differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vectorstore.messages import Message

Rows = Sequence[Mapping[str, Any]]


def changes(old: Rows, new: Rows) -> Iterator[Message]:
    """A line for each question of ``new`` whose answer is another one, or that ``old`` does not have.

    Rows belong together by their id, else by their question; of several that are the same, in their order.
    """
    before = dict(_named(old))
    for name, row in _named(new):
        told = _changed(before[name], row) if name in before else [Message("was not asked before")]
        if told:
            label = row["question"] if row["id"] is None else f"{row['id']}: {row['question']}"
            yield Message("{question}: {changes}", question=label, changes=Message.joined(*told, by="; "))


def _named(rows: Rows) -> Iterator[tuple[tuple[str, int], Mapping[str, Any]]]:
    seen: Counter[str] = Counter()
    for row in rows:
        name = str(row["question"] if row["id"] is None else row["id"])
        seen[name] += 1
        yield (name, seen[name]), row


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Message]:
    if old["error"] or new["error"]:
        if old["error"] == new["error"]:
            return []
        return [Message("failed: {why}", why=new["error"]["message"]) if new["error"] else Message("failed before")]
    told = []
    if old["abstained"] != new["abstained"]:
        told.append(Message("is not answered any more") if new["abstained"] else Message("is answered now"))
    elif old["answer"] != new["answer"]:
        told.append(Message("another text"))
    was, now = _sources(old), _sources(new)
    told += [Message("without “{source}”", source=title) for id_, title in was.items() if id_ not in now]
    told += [Message("with “{source}”", source=title) for id_, title in now.items() if id_ not in was]
    return told


def _sources(row: Mapping[str, Any]) -> dict[str, str]:
    return {citation["article"]["id"]: citation["article"]["title"] for citation in row["citations"]}
