"""A chat model's answer with headings, lists, a table and code, from its stream to the page and to what is copied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.__main__ import main
from assistant.export.text import answer_markdown, answer_text
from assistant.history.types import StoredTurn
from assistant.messages import translator
from assistant.settings import Settings
from assistant.types import Answer
from tests.scripted_server import OUTSIDE, ScriptedServer, says
from ui.views.answer import finished_turn

ARTICLE = {
    "id": "bridge",
    "title": "The Tarvel bridge is open",
    "text": "The Tarvel bridge was opened by its town on 3 May 2021. It is 214 metres long. "
    "Its builders needed four years and 6 million euros for it.",
    "published": "2021-06-01",
    "source": "Bridge Gazette",
}
WRITTEN = f"""\
The Tarvel bridge was opened on **3 May 2021** [1].

## What is known

1. It is 214 metres long [1].
2. Its builders needed four years [1]. It was painted blue.

| What | How much |
| --- | ---: |
| Length | 214 metres [1] |
| Cost | 9 million euros [1] |

The file is `bridge.txt`, see [the story]({OUTSIDE}/x).

```mermaid
graph TD
```
"""
QUESTION = "When was the Tarvel bridge opened?"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shaped")
    (folder / "articles.jsonl").write_text(json.dumps(ARTICLE), encoding="utf-8")
    with Assistant.open(folder / "library", settings=Settings()) as desk:
        desk.add(folder / "articles.jsonl")
    return folder / "library"


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(scenes=[says([WRITTEN[at : at + 5] for at in range(0, len(WRITTEN), 5)])]) as scripted:
        yield scripted


@pytest.fixture(scope="module")
def answer(place: Path, server: ScriptedServer) -> Answer:
    settings = Settings(model="m", base_url=server.url, api_key="k")
    with Assistant.open(place, settings=settings, read_only=True) as desk:
        return desk.ask(QUESTION)


def test_the_page_shows_the_shape_with_chips_at_their_sentences_and_marks_doubts_in_sentences_alone(
    answer: Answer,
) -> None:
    turn = StoredTurn(1, QUESTION, "complete", answer.text, datetime(2026, 1, 1, tzinfo=UTC), answer)
    page = str(finished_turn(turn, "c", words=translator()))
    shown = page[page.index('<div class="answer">') : page.index('<div class="peeks">')]
    assert '<strong>3 May 2021</strong><span class="cite"><button' in shown
    assert '<h3 dir="auto">What is known</h3><ol>' in shown
    assert 'four years<span class="cite"><button' in shown
    assert '<span class="doubted unsupported">It was painted blue.</span> <button' in shown
    assert '<th dir="auto">How much</th>' in shown
    assert '<td dir="auto">214 metres<span class="cite"><button' in shown
    assert "<code>bridge.txt</code>, see the story." in shown
    assert "<pre" in shown
    table = shown[shown.index("<table>") : shown.index("</table>")]
    assert "verdict" not in table
    assert "doubted" not in table
    assert "9 million euros" in shown[shown.index('<aside class="doubts">') :]
    assert "evil" not in page
    assert "mermaid" not in page


def test_what_is_copied_keeps_the_shape(answer: Answer) -> None:
    markdown, text = answer_markdown(answer), answer_text(answer)
    assert "opened on **3 May 2021** [1]." in markdown
    assert "### What is known\n\n1. It is 214 metres long [2].\n2. Its builders" in markdown
    assert "| What | How much |\n| --- | --- |\n| Length | 214 metres [" in markdown
    assert "`bridge.txt`, see the story." in markdown
    assert "```\ngraph TD\n```" in markdown
    assert "opened on 3 May 2021 [1].\n\nWhat is known\n\n1. It is 214 metres long [2].\n2. Its" in text
    assert "What   | How much\nLength | 214 metres [" in text
    assert not any(mark in text for mark in ("**", "##", "`", "---", "evil"))


def test_the_command_line_prints_it_without_marks(
    place: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"MODEL": "openai:m", "LIBRARY": str(place)}.items():
        monkeypatch.setenv(f"ASSISTANT_{name}", value)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert main(["ask", QUESTION]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("The Tarvel bridge was opened on 3 May 2021 [1].\n\nWhat is known\n\n1. It is 214")
    assert "Length | 214 metres [" in printed
    assert not any(mark in printed for mark in ("**", "##", "`", "evil"))
