"""A small library on its real parts, and a scripted model's server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.models import openai_errors
from assistant.models.openai_server import REFUSED
from assistant.models.reasoning import BEGIN_INSIDE
from assistant.reader import Reader, RequestKind
from assistant.reader.model import WEIGHTS
from assistant.settings import Settings
from tests.assistant.making import DRONES, MEETING
from tests.scripted_server import ScriptedServer

ARTICLES: list[dict[str, Any]] = [
    {
        "id": "meeting",
        "title": "Umerov meets his French counterpart in Paris",
        "text": MEETING,
        "published": "2024-09-02",
        "source": "Starter Library, Europe desk",
    },
    {
        "id": "drones",
        "title": "France will co-finance two thousand drones",
        "text": DRONES,
        "published": "2024-09-03",
        "source": "Starter Library, Europe desk",
    },
    {
        "id": "dart",
        "title": "DART shortened the orbit of Dimorphos by 32 minutes",
        "text": "The impact of the DART spacecraft shortened the orbit of Dimorphos by 32 minutes, NASA said. "
        "Before it, the small body needed 11 hours and 55 minutes for one turn around Didymos.",
        "published": "2022-10-11",
        "source": "Starter Library, Space desk",
    },
    {
        "id": "bread",
        "title": "How a sourdough rises without yeast from a packet",
        "text": "A sourdough rises because wild yeast and bacteria live in it. Its baker feeds them with flour.",
        "source": "Starter Library, Kitchen desk",
    },
]

MEETING_QUESTION = "Whom did Umerov meet in Paris?"
DRONES_QUESTION = "How many drones will France co-finance?"
ABSENT_QUESTION = "Who won the chess olympiad of 1930 in Hamburg?"

Open = Callable[..., Assistant]
TakesFor = Callable[[RequestKind], None]


@pytest.fixture(scope="session", autouse=True)
def retries_follow_at_once() -> Iterator[None]:
    """The pause before a failed request is sent again is a second or two for a real server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
        patch.setattr(openai_errors, "_WAITS", dict.fromkeys(openai_errors._WAITS, 0.01))
        yield


CARD = WEIGHTS / "CARD.md"
with_final_weights = pytest.mark.skipif(
    not CARD.exists() or not re.search("[0-9a-f]{64}", CARD.read_text(encoding="utf-8")),
    reason="the card of the weights has no sums yet: they are early ones, which judge less",
)


@pytest.fixture(autouse=True)
def checked_here(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No scripted model is asked to check what it wrote, and none spared a question, unless a test's settings say so.

    Tests share a library, and count what is asked.
    """
    monkeypatch.setenv("ASSISTANT_CHECK", "reader")
    monkeypatch.setenv("ASSISTANT_KEEP_ANSWERS", "off")


@pytest.fixture
def takes_for(monkeypatch: pytest.MonkeyPatch) -> TakesFor:
    """Has the reader take every message for a request of the kind that is given."""

    def take(kind: RequestKind) -> None:
        monkeypatch.setattr(Reader, "request", lambda self, text: (kind, 1.0))

    return take


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of four articles. Tests open it for reading; one that changes it must make its own."""
    place = tmp_path_factory.mktemp("library")
    articles = tmp_path_factory.mktemp("articles") / "articles.jsonl"
    articles.write_text("\n".join(map(json.dumps, ARTICLES)), encoding="utf-8")
    with Assistant.open(place, settings=Settings()) as desk:
        assert desk.add(articles).count("added") == len(ARTICLES)
    return place


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    for remembered in (REFUSED, BEGIN_INSIDE):  # of another server, which may have had the same port
        remembered.clear()
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def open_desk(folder: Path, server: ScriptedServer) -> Iterator[Open]:
    """Opens the library with the scripted model; arguments are settings."""
    opened: list[Assistant] = []

    def make(**changes: Any) -> Assistant:
        settings = Settings(**{"model": "m", "base_url": server.url, "api_key": "sk-secret-key", **changes})
        opened.append(Assistant.open(folder, settings=settings, read_only=True))
        return opened[-1]

    yield make
    for desk in opened:
        desk.close()


@pytest.fixture
def desk(open_desk: Open) -> Assistant:
    return open_desk()
