"""The library view: which articles there are, by outlet and month, found, opened, removed and added.

How it is mounted (``acts`` says how the names below reach the page):

- ``Shelf(desk)``, one per server. It remembers the facts of all articles (no texts) until one comes or goes.
- ``shelf.head(view, words)``: counts, a chart of months, the fields to find and choose with. Drawn anew only after a
  change of the library, so that typing is not lost.
- ``shelf.listing(view, words, may_edit=…)`` below it, drawn anew after each act; ``act(view, done)`` gives the view for
  ``shelf-find`` (fields ``words``, ``outlet``, ``month``, ``sort``) and ``shelf-page``.
- A title is ``<button data-article="ID">``: what opens an article in the side pane listens for it.
- ``shelf-remove`` (value: article) is ``shelf.remove(id, words)``; offered, and to be obeyed, for editors only.
- ``forms(hint, words)`` sends ``shelf-paste`` (fields ``title``, ``date``, ``source``, ``text``): ``pasted(fields,
  folder)`` makes the file that ``shelf.adding([file], words)`` takes; and ``shelf-addresses`` (field ``addresses``), of
  which ``addresses(fields)`` makes what it takes. ``shelf.adding`` yields HTML for each step, one line for each file or
  address, and at the end the report, which names every refusal.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from assistant.messages import LANGUAGES, Translator, translator
from ui.acts import Act
from ui.templates import render
from ui.views.answer import notice
from vectorstore import sources
from vectorstore.messages import Message
from vectorstore.types import AddReport, Article, Outcome, OutcomeKind

if TYPE_CHECKING:
    from assistant import Assistant

PAGE = 50
"""Articles on one page of the list: two screens, and 10 ms of a browser's work where 10,000 rows take seconds."""
FOUND = 1_000
"""Articles that a search for words ranks; nobody turns twenty pages."""
STEPS = 12
"""Parts in which many files are added: each call of ``add`` puts the indexes on disk, which a hundred times would
show. With up to this many files each is a part of its own."""
BARS = 120
"""Months of the chart; a longer time is shown by years."""
WORDS_LENGTH = 200
ADDRESSES = 20
"""Fetched for one press: each may take half a minute, and whoever waits is to see an end."""
UPLOADS = "uploads"
"""Folder, beside the library, of the files that came through the page."""
UNDATED = "undated"
"""The month of articles without a date, and the outlet of those without a source: no name that comes from a file."""

Sort = Literal["", "newest", "oldest", "added", "title", "outlet"]
SORTS: Mapping[Sort, str] = {
    "": Message("Best match, else newest"),
    "newest": Message("Newest first"),
    "oldest": Message("Oldest first"),
    "added": Message("Added last"),
    "title": Message("By title"),
    "outlet": Message("By outlet"),
}
_OUTCOMES: Mapping[OutcomeKind, str] = {
    "added": Message("added"),
    "changed": Message("changed"),
    "unchanged": Message("already there"),
    "duplicate": Message("copy of another"),
    "refused": Message("refused"),
}
_PASTED = Message("Pasted text")
"""The name of a pasted article's file, in the language of whoever pasted it."""


@dataclass(frozen=True, slots=True)
class View:
    """What one tab shows of the library. ``month`` is ``2024-09``, ``2024`` or ``undated``; empty: all."""

    words: str = ""
    outlet: str = ""
    month: str = ""
    sort: Sort = ""
    """Empty: the best match while words are searched for, else the newest."""
    page: int = 1


def act(view: View, done: Act) -> View:
    """The view after ``shelf-find`` or ``shelf-page``."""
    match done.name:
        case "shelf-find":
            sort: Sort = next((each for each in SORTS if each == done.fields.get("sort")), "")
            words = done.fields.get("words", "").strip()[:WORDS_LENGTH]
            return View(words, done.fields.get("outlet", ""), done.fields.get("month", ""), sort)
        case "shelf-page" if done.number:
            return replace(view, page=done.number)
    return view


@dataclass(frozen=True, slots=True)
class _Facts:
    """All articles without their texts, the newest first, and what is counted of them."""

    changes: int
    articles: Sequence[Article]
    places: Mapping[str, int]
    outlets: Sequence[tuple[str, int]]
    months: Mapping[str, int]


class Shelf:
    """The articles of one library, for lists. Threads may share it."""

    def __init__(self, desk: Assistant) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._facts: _Facts | None = None

    def _known(self) -> _Facts:
        changes = self._desk.library.changes()
        with self._lock:
            if self._facts is None or self._facts.changes != changes:
                articles = self._desk.articles(with_text=False)
                self._facts = _Facts(
                    changes,
                    articles,
                    {article.id: place for place, article in enumerate(articles)},
                    sorted(
                        Counter(article.source or "" for article in articles).items(),
                        key=lambda each: (-each[1], each[0]),
                    ),
                    Counter(_month(article) for article in articles),
                )
            return self._facts

    # -- reading

    def head(self, view: View, words: Translator) -> str:
        """Counts, chart, and the fields to find with."""
        facts = self._known()
        return render(
            "library_head.html",
            words,
            counts=_counts(facts, words),
            chart=_chart(facts.months, words),
            longest=WORDS_LENGTH,
            view=view,
            outlets=_outlet_choices(facts, words),
            months=_month_choices(facts, words),
            sorts=[(each, words.gettext(said)) for each, said in SORTS.items()],
        )

    def listing(self, view: View, words: Translator, *, may_edit: bool = False) -> str:
        """One page of the articles that fit."""
        facts = self._known()
        found = self._found(facts, view)
        pages = max(1, -(-len(found) // PAGE))
        page = min(view.page, pages)
        shown = found[(page - 1) * PAGE : page * PAGE]
        copies = self._desk.library.copies([article.id for article in shown]) if shown else {}
        first, last, total = (
            words.number(each) for each in ((page - 1) * PAGE + 1, (page - 1) * PAGE + len(shown), len(found))
        )
        return render(
            "library_list.html",
            words,
            items=[(article, copies.get(article.id, ())) for article in shown],
            shown=words.gettext("{first}–{last} of the {total} best", first=first, last=last, total=total)
            if view.words and len(found) == FOUND
            else words.gettext("{first}–{last} of {total}", first=first, last=last, total=total),
            page=page,
            pages=pages,
            may_edit=may_edit,
            filled=bool(facts.articles),
        )

    def _found(self, facts: _Facts, view: View) -> Sequence[Article]:
        found: Sequence[Article] = facts.articles
        if view.words:
            ids = self._desk.library.find_articles(view.words, k=FOUND)
            if ids is None:  # the index is being made: titles are known all the same
                wanted = view.words.casefold().split()
                found = [each for each in found if all(word in each.title.casefold() for word in wanted)][:FOUND]
            else:
                found = [facts.articles[facts.places[id_]] for id_ in ids if id_ in facts.places]
        if view.outlet:
            wanted_outlet = "" if view.outlet == UNDATED else view.outlet
            found = [each for each in found if (each.source or "") == wanted_outlet]
        if view.month:
            found = [each for each in found if _month(each).startswith(view.month)]
        return _sorted(found, view)

    # -- changing

    def remove(self, article_id: str, words: Translator) -> str:
        """Takes one article out; what to tell the reader. Raises ``LibraryError``, also for one that is not there."""
        article = self._desk.library.article(article_id)
        self._desk.remove([article_id])
        return words.gettext("“{title}” was removed.", title=article.title or words.gettext("Untitled"))

    def adding(self, inputs: Sequence[Path | str], words: Translator) -> Iterator[str]:
        """Adds files, folders and addresses, and yields HTML: how far each is, at last the report.

        Uploaded files that were refused altogether are deleted: the library is not to keep what it did not take.
        Addresses beyond ``ADDRESSES`` are refused. Raises ``LibraryError``.
        """
        listed = [
            each
            for given in inputs
            for each in (_below(given) if isinstance(given, Path) and given.is_dir() else [given])
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
                report = worker.submit(self._desk.add, part).result()
                reports.append(report)
                done.update((each, _of_input(report, each)) for each in part)
        paths = [each for each in taken if isinstance(each, Path)]
        for path in paths:
            outcomes = done[path].outcomes
            refused = bool(outcomes) and all(outcome.kind == "refused" for outcome in outcomes)
            if refused and self._desk.library.folder / UPLOADS in path.parents:
                path.unlink(missing_ok=True)
        reason = Message("only {most} addresses are fetched at once; add it with the next ones", most=ADDRESSES)
        too_many = tuple(Outcome(sources.named(each), "refused", reason=reason) for each in beyond)
        joined = AddReport(
            tuple(self._by_title(outcome) for report in reports for outcome in report.outcomes) + too_many,
            sum(report.passages for report in reports),
            sum(report.seconds for report in reports),
        )
        yield report_html(joined, words, paths)

    def _by_title(self, outcome: Outcome) -> Outcome:
        """An outcome whose reason names another article by its title, where the library names it by its id."""
        facts, reason = self._known(), outcome.reason or ""

        def title(named: object) -> str:
            place = facts.places.get(str(named))
            return f"“{facts.articles[place].title}”" if place is not None and facts.articles[place].title else ""

        if isinstance(reason, Message):
            named = {name: title(value) for name, value in reason.values.items() if title(value)}
            return replace(outcome, reason=Message(reason.template, **reason.values | named)) if named else outcome
        head, _, last = reason.rpartition(" ")
        return replace(outcome, reason=f"{head} {title(last)}") if title(last) else outcome


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


def forms(hint: str, words: Translator) -> str:
    """What files can be added, and the fields for addresses and for a pasted article, folded away."""
    return render("library_forms.html", words, hint=hint, addresses=ADDRESSES)


# -- what was added


def report_html(report: AddReport, words: Translator, paths: Sequence[Path] = ()) -> str:
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
        rows=[_outcome(outcome, paths, words) for outcome in (*refused, *others[:PAGE])],
        more=max(0, len(others) - PAGE),
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
) -> str:
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


# -- the head


def _counts(facts: _Facts, words: Translator) -> str:
    said = [words.ngettext("{count} article", "{count} articles", len(facts.articles))]
    if named := sum(1 for name, _ in facts.outlets if name):
        said.append(words.ngettext("{count} outlet", "{count} outlets", named))
    days = [article.published for article in facts.articles if article.published]
    if days:
        said.append(words.gettext("{first} to {last}", first=words.day(days[-1]), last=words.day(days[0])))
    if undated := facts.months.get(UNDATED, 0):
        said.append(words.ngettext("{count} undated", "{count} undated", undated))
    return " · ".join(said)


def _chart(months: Mapping[str, int], words: Translator) -> Mapping[str, Any] | None:
    """A bar for each month from the first to the last, empty ones too: a gap in the library is to be seen."""
    dated = {each: count for each, count in months.items() if each != UNDATED}
    if len(dated) < 2:
        return None
    keys = _months_between(min(dated), max(dated))
    by_year = len(keys) > BARS
    if by_year:
        years: Counter[str] = Counter()
        for each, count in dated.items():
            years[each[:4]] += count
        dated, keys = dict(years), [f"{year:04}" for year in range(int(min(years)), int(max(years)) + 1)]
    peak = max(dated, key=lambda each: (dated[each], each))
    said = {
        "first": _when(keys[0], words),
        "last": _when(keys[-1], words),
        "most": words.number(dated[peak]),
        "peak": _when(peak, words),
    }
    label = (
        words.gettext("Articles by year, from {first} to {last}; the most, {most}, in {peak}.", **said)
        if by_year
        else words.gettext("Articles by month, from {first} to {last}; the most, {most}, in {peak}.", **said)
    )
    bars = [
        {
            "value": key,
            "when": _when(key, words),
            "articles": words.ngettext("{count} article", "{count} articles", dated.get(key, 0)),
            "share": dated.get(key, 0) / dated[peak],
        }
        for key in keys
    ]
    return {"label": label, "bars": bars}


def _months_between(first: str, last: str) -> list[str]:
    begin = int(first[:4]) * 12 + int(first[5:]) - 1
    end = int(last[:4]) * 12 + int(last[5:]) - 1
    if end - begin > 12 * 400:  # one wrong date among years of articles: what is drawn by years is counted below
        begin = end - 12 * 400
    return [f"{each // 12:04}-{each % 12 + 1:02}" for each in range(begin, end + 1)]


def _month(article: Article) -> str:
    return f"{article.published:%Y-%m}" if article.published else UNDATED


def _when(key: str, words: Translator) -> str:
    if key == UNDATED:
        return words.gettext("no date known")
    return words.month(int(key[:4]), int(key[5:])) if len(key) == 7 else key


def _outlet_choices(facts: _Facts, words: Translator) -> list[tuple[str, str]]:
    named = sorted(facts.outlets, key=lambda each: not each[0])  # those without a name last
    return [
        ("", words.gettext("All outlets")),
        *(
            (name or UNDATED, f"{name or words.gettext('source not known')} ({words.number(count)})")
            for name, count in named
        ),
    ]


def _month_choices(facts: _Facts, words: Translator) -> list[tuple[str, str]]:
    counts: Counter[str] = Counter()
    for month, count in facts.months.items():
        counts[month] += count
        if month != UNDATED:
            counts[month[:4]] += count
    keys = sorted(
        counts, key=lambda key: (key != UNDATED, key[:4], len(key) == 4, key), reverse=True
    )  # a year, its months
    counted = [(key, f"{_when(key, words)} ({words.number(counts[key])})") for key in keys]
    return [("", words.gettext("All months")), *counted]


# -- the list


def _sorted(found: Sequence[Article], view: View) -> Sequence[Article]:
    """``found`` comes newest first, or best first where words are searched for."""
    match view.sort:
        case "newest":
            return sorted(found, key=lambda each: -_ordinal(each.published))
        case "oldest":
            return sorted(found, key=lambda each: _ordinal(each.published) or date.max.toordinal())
        case "added":
            return sorted(found, key=lambda each: -(each.added.timestamp() if each.added else 0.0))
        case "title":
            return sorted(found, key=lambda each: each.title.casefold())
        case "outlet":
            return sorted(found, key=lambda each: (not each.source, (each.source or "").casefold()))
    return found


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0
