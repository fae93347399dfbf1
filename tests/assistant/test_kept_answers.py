"""Answers that scripts got are given again while all that they rest on is the same, and no longer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.settings import Settings
from assistant.types import Answer, Usage
from tests.scripted_server import ScriptedServer, refuses, says
from vectorstore.errors import SearchInvalid
from vectorstore.types import DERIVED

QUESTION = "Who repaired the clock of Varde?"
ARTICLE = {
    "title": "The clock of Varde",
    "text": "The clock of Varde was repaired by Ane Holm. It had stood still for nine years.",
    "published": "2025-03-04",
    "source": "varde.example",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    table = tmp_path / "articles.jsonl"
    table.write_text(json.dumps(ARTICLE), encoding="utf-8")
    with Assistant.open(tmp_path / "library", settings=Settings()) as desk:
        assert desk.add(table).count("added") == 1
    return tmp_path / "library"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        scripted.plays(says("It was repaired by Ane Holm [1].", usage=(4_000, 20)))
        yield scripted


def opened(folder: Path, server: ScriptedServer, **changes: Any) -> Assistant:
    given = {"model": "m", "base_url": server.url, "api_key": "sk-secret-key", "keep_answers": "on", **changes}
    return Assistant.open(folder, settings=Settings(**given))


def asked(desk: Assistant, **within: Any) -> Any:
    ((_, result),) = desk.ask_many([QUESTION], **within)
    return result


def timeless(answer: Answer) -> Answer:
    return replace(answer, usage=Usage(), seconds_search=0.0, seconds_write=0.0)


def test_the_same_question_is_asked_once_and_costs_nothing_again(folder: Path, server: ScriptedServer) -> None:
    with opened(folder, server, prices="m=100/0") as desk:
        first = asked(desk)
    with opened(folder, server, prices="m=100/0") as desk:
        again = asked(desk)
    assert len(server.requests) == 1
    assert timeless(again) == timeless(first)
    assert again.citations[0].article.text == ARTICLE["text"]
    assert (first.usage.cost_usd, again.usage) == (0.4, Usage(cost_usd=0.0))
    assert b"sk-secret" not in b"".join(path.read_bytes() for path in (folder / DERIVED).rglob("*.json"))


def test_it_is_asked_again_where_anything_is_another(folder: Path, server: ScriptedServer, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({**ARTICLE, "title": "Again", "text": "Varde has a second clock."}), encoding="utf-8")
    with opened(folder, server) as desk:
        asked(desk)
        asked(desk, today="2031-01-01")
        asked(desk, until="2026-01-01")
        desk.add(more)
        asked(desk)
    with opened(folder, server, passages=3) as desk:
        asked(desk)
        asked(desk)
    with opened(folder, server, keep_answers="off") as desk:
        asked(desk)
    assert len(server.requests) == 6


def test_it_is_asked_again_where_a_tag_or_the_name_of_an_outlet_has_changed(
    folder: Path, server: ScriptedServer
) -> None:
    with opened(folder, server) as desk:
        (article,) = desk.articles()
        desk.library.tag([article.id], "clocks")
        asked(desk, tags=["clocks"])
        desk.library.untag([article.id], "clocks")
        assert isinstance(asked(desk, tags=["clocks"]), SearchInvalid)
        asked(desk)
        desk.library.call_outlet(article.source or "", "The Varde Times")
        assert asked(desk).citations[0].article.source == "The Varde Times"
    assert len(server.requests) == 3


def test_what_failed_or_cannot_be_read_is_asked_again(folder: Path, server: ScriptedServer) -> None:
    server.plays(refuses(400, "no"), says("It was repaired by Ane Holm [1]."))
    with opened(folder, server) as desk:
        assert isinstance(asked(desk), Exception)
        assert asked(desk).citations
        (kept,) = (folder / DERIVED).rglob("*.json")
        kept.write_bytes(kept.read_bytes()[:50])
        assert asked(desk).citations
    assert len(server.requests) == 3


def test_a_purge_leaves_none(folder: Path, server: ScriptedServer) -> None:
    with opened(folder, server) as desk:
        asked(desk)
        assert list((folder / DERIVED).rglob("*.json"))
        desk.library.purge()
    assert not (folder / DERIVED).exists()
