"""An evaluation for people: its figures as rows of a table, and one HTML file with every case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.evaluation.evaluating import Evaluation
from assistant.evaluation.figures import NAMES
from assistant.export.page import template
from assistant.export.text import ENGLISH
from assistant.messages import Translator
from vectorstore.messages import Message

LABELS: Mapping[str, Message] = {
    "cases": Message("cases"),
    **NAMES,
    "seconds_p50": Message("seconds, median"),
    "seconds_p95": Message("seconds, 95th percentile"),
}

Summary = Mapping[str, Mapping[str, float]]


def table(summary: Summary, words: Translator = ENGLISH) -> Iterator[list[str]]:
    """A row for each figure that any kind has, a column for each kind; the first row names the kinds."""
    yield ["", *summary]
    for name, label in LABELS.items():
        if any(name in figures for figures in summary.values()):
            yield [words.gettext(label), *(_shown(name, figures) for figures in summary.values())]


def _shown(name: str, figures: Mapping[str, float]) -> str:
    return "–" if name not in figures else f"{figures[name]:.{0 if name == 'cases' else 3}f}"


def differences(compared: Summary, words: Translator = ENGLISH) -> Iterator[list[str]]:
    """A row for each figure: its difference, and the interval within which the true one lies."""
    yield ["", words.gettext("difference"), words.gettext("95 % interval"), words.gettext("cases")]
    for name, each in compared.items():
        interval = f"{each['low']:+.3f} … {each['high']:+.3f}"
        yield [words.gettext(LABELS[name]), f"{each['difference']:+.3f}", interval, f"{each['cases']:.0f}"]


def html(done: Evaluation, compared: Summary, words: Translator = ENGLISH) -> str:
    tables = [list(table(done.summary(), words)), *([list(differences(compared, words))] if compared else [])]
    values = {"words": words, "_": words.gettext, "labels": LABELS, "tables": tables}
    return template(Path(__file__).with_name("report.html.jinja")).render(values, done=done)
