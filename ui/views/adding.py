"""What comes into the library through the page: files, pasted text and addresses, and what became of each.

How it is mounted (``acts`` says how the names below reach the page), for editors only:

- ``forms(hint, words)`` sends ``shelf-paste`` (fields ``title``, ``date``, ``source``, ``text``), of which ``pasted``
  makes the file that ``steps`` takes, and ``shelf-addresses`` (field ``addresses``), of which ``addresses`` makes what
  it takes.
- ``steps(desk, inputs, words)`` yields HTML for each step, one line for each file or address, and at the end the
  report, which names every refusal.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from markupsafe import Markup

from assistant.messages import LANGUAGES, Translator, translator
from ui.templates import render
from ui.views.answer import notice
from vectorstore import sources
from vectorstore.errors import ArticleUnknown
from vectorstore.messages import Message
from vectorstore.types import AddReport, Outcome, OutcomeKind

if TYPE_CHECKING:
    from assistant import Assistant

STEPS = 12
"""Parts in which many files are added: each call of ``add`` puts the indexes on disk, which a hundred times would
show. With up to this many files each is a part of its own."""
ADDRESSES = 20
"""Fetched for one press: each may take half a minute, and whoever waits is to see an end."""
LISTED = 50
"""Articles that a report lists beside those refused, of which it lists all."""
UPLOADS = "uploads"
"""Folder, beside the library, of the files that came through the page."""

_OUTCOMES: Mapping[OutcomeKind, str] = {
    "added": Message("added"),
    "changed": Message("changed"),
    "unchanged": Message("already there"),
    "duplicate": Message("copy of another"),
    "refused": Message("refused"),
}
_PASTED = Message("Pasted text")
"""The name of a pasted article's file, in the language of whoever pasted it."""


# -- what is given


def addresses(fields: Mapping[str, str]) -> list[str]:
    """The addresses in the field of that name, each once. What names no scheme is meant as https.

    None of them can be taken for a path, which would be one of the server's own files.
    """
    given = fields.get("addresses", "").split()
    return list(dict.fromkeys(each if sources.is_address(each) else f"https://{each}" for each in given))


def pasted(fields: Mapping[str, str], folder: Path, words: Translator) -> Path:
    """The file, below ``folder``, that holds a pasted article. Raises ``ValueError``, for the reader, without a text.

    A table of one row, because its fields are taken as they are: nothing in the text is read as a mark or a head.
    """
    text = fields.get("text", "").strip()
    if not text:
        raise ValueError(Message("There is no text to add. Paste the article’s text into the large field."))
    row = {"text": text} | {
        name: value for name in ("title", "date", "source") if (value := fields.get(name, "").strip())
    }
    content = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    place = folder / UPLOADS / hashlib.sha256(content).hexdigest()[:16] / f"{words.gettext(_PASTED)}.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def forms(hint: str, words: Translator) -> Markup:
    """What files can be added, and the fields for addresses and for a pasted article, folded away."""
    return render("library_forms.html", words, hint=hint, addresses=ADDRESSES)


# -- how far it is, and what was added


def steps(desk: Assistant, inputs: Sequence[Path | str], words: Translator) -> Iterator[Markup]:
    """Adds files, folders and addresses, and yields HTML: how far each is, at last the report.

    Uploaded files that were refused altogether are deleted: the library is not to keep what it did not take.
    Addresses beyond ``ADDRESSES`` are refused. Raises ``LibraryError``.
    """
    listed = [
        each for given in inputs for each in (_below(given) if isinstance(given, Path) and given.is_dir() else [given])
    ]
    if not listed:
        yield notice(words.gettext("Nothing arrived. Choose a file, or give an address."))
        return
    beyond = [each for each in listed if isinstance(each, str)][ADDRESSES:]
    taken = [each for each in listed if each not in beyond]
    size = 1 if isinstance(taken[0], str) else -(-len(taken) // STEPS)
    reports: list[AddReport] = []
    done: dict[Path | str, AddReport] = {}
    with ThreadPoolExecutor(max_workers=1) as worker:
        for first in range(0, len(taken), size):
            part = taken[first : first + size]
            yield _progress(taken, done, part, words)
            report = worker.submit(desk.add, part).result()
            reports.append(report)
            done.update((each, _of_input(report, each)) for each in part)
    paths = [each for each in taken if isinstance(each, Path)]
    for path in paths:
        outcomes = done[path].outcomes
        refused = bool(outcomes) and all(outcome.kind == "refused" for outcome in outcomes)
        if refused and desk.library.folder / UPLOADS in path.parents:
            path.unlink(missing_ok=True)
    reason = Message("only {most} addresses are fetched at once; add it with the next ones", most=ADDRESSES)
    too_many = tuple(Outcome(sources.named(each), "refused", reason=reason) for each in beyond)
    joined = AddReport(
        tuple(_by_title(desk, outcome) for report in reports for outcome in report.outcomes) + too_many,
        sum(report.passages for report in reports),
        sum(report.seconds for report in reports),
    )
    yield report_html(joined, words, paths)


def _by_title(desk: Assistant, outcome: Outcome) -> Outcome:
    """An outcome whose reason names another article by its title, where the library names it by its id."""
    reason = outcome.reason
    if isinstance(reason, Message) and "article" in reason.values:
        with suppress(ArticleUnknown):
            other = desk.library.article(reason.values["article"])
            if outcome.kind == "duplicate":  # what the reader finds in the library instead
                outcome = replace(outcome, article_id=other.id)
            if other.title:
                named = Message("“{title}”", title=other.title)
                return replace(outcome, reason=Message(reason.template, article=named))
    return outcome


def report_html(report: AddReport, words: Translator, paths: Sequence[Path] = ()) -> Markup:
    """What happened to every article, refusals first and all of them, with their reasons.

    ``paths`` are shown by the names that the reader gave them, not by the folders they were kept in.
    """
    refused = [outcome for outcome in report.outcomes if outcome.kind == "refused"]
    others = sorted((each for each in report.outcomes if each.kind != "refused"), key=lambda each: not each.notes)
    return render(
        "library_report.html",
        words,
        counts=", ".join(
            f"{words.number(report.count(kind))} {words.gettext(said)}"
            for kind, said in _OUTCOMES.items()
            if report.count(kind)
        ),
        took=words.gettext(
            "{passages} in {seconds} s",
            passages=words.ngettext("{count} passage", "{count} passages", report.passages),
            seconds=words.number(report.seconds, 1),
        ),
        rows=[_outcome(outcome, paths, words) for outcome in (*refused, *others[:LISTED])],
        more=max(0, len(others) - LISTED),
    )


def _outcome(outcome: Outcome, paths: Sequence[Path], words: Translator) -> Mapping[str, str]:
    source = outcome.source
    reason = words.gettext(Message.joined(outcome.reason or "", *outcome.notes))
    for path in paths:
        name = _name(path)
        # The one row of a pasted article is the article.
        source = source.replace(f"{path}:1" if name != path.name else str(path), name)
        reason = reason.replace(str(path), name)
    return {
        "kind": outcome.kind,
        "said": words.gettext(_OUTCOMES[outcome.kind]),
        "name": source if sources.is_address(source) else PurePath(source).name or source,
        "title": outcome.title or "",
        "article": (outcome.kind != "refused" and outcome.article_id) or "",
        "why": reason,
    }


def _name(given: Path | str) -> str:
    """What a reader knows an input by."""
    if isinstance(given, str):
        return sources.named(given)
    pasted_as = {f"{name}.jsonl": name for name in (translator(each).gettext(_PASTED) for each in LANGUAGES)}
    return pasted_as.get(given.name, given.name)


def _below(folder: Path) -> list[Path]:
    return [found for found in sources.find(folder) if isinstance(found, Path)]


def _of_input(report: AddReport, given: Path | str) -> AddReport:
    """What the report says of one address or file: of the file itself, or of its rows (``path:line``)."""
    name = str(given) if isinstance(given, Path) else sources.named(given)
    return replace(
        report,
        outcomes=tuple(each for each in report.outcomes if each.source == name or each.source.startswith(f"{name}:")),
    )


def _progress(
    inputs: Sequence[Path | str], done: Mapping[Path | str, AddReport], now: Sequence[Path | str], words: Translator
) -> Markup:
    rows = []
    for each in inputs:
        if each in done:
            kinds = Counter(outcome.kind for outcome in done[each].outcomes)
            said = ", ".join(
                words.gettext(_OUTCOMES[kind])
                if count == 1
                else f"{words.number(count)} {words.gettext(_OUTCOMES[kind])}"
                for kind, count in kinds.items()
            )
            state = "refused" if set(kinds) == {"refused"} else "done"
        elif each in now:
            state, said = "reading", words.gettext("being read")
        else:
            state, said = "waiting", words.gettext("waiting")
        rows.append({"state": state, "name": _name(each), "said": said})
    counted = (
        words.ngettext("{count} file", "{count} files", len(inputs))
        if isinstance(inputs[0], Path)
        else words.ngettext("{count} address", "{count} addresses", len(inputs))
    )
    heading = words.gettext("Adding {inputs}", inputs=counted)
    return render("library_adding.html", words, heading=heading, inputs=rows, done=len(done))
