"""The library view: which articles there are, by outlet and month, found, opened, removed and added.

How it is mounted (``acts`` says how the names below reach the page; every function here returns escaped HTML):

- ``Shelf(desk)``, one per server. It remembers the facts of all articles (no texts) until one comes or goes.
- ``shelf.head(language)``: counts, a chart of months, the fields to find and choose with. Drawn anew only after a
  change of the library, so that typing is not lost.
- ``shelf.listing(view, may_edit=…)`` below it, drawn anew after each act; ``act(view, done)`` gives the view for
  ``shelf-find`` (fields ``words``, ``outlet``, ``month``, ``sort``) and ``shelf-page``.
- A title is ``<button data-article="ID">``: what opens an article in the side pane listens for it.
- ``shelf-remove`` (value: article) is ``shelf.remove(id)``; offered, and to be obeyed, for editors only.
- ``forms(language)`` sends ``shelf-paste`` (fields ``title``, ``date``, ``source``, ``text``): ``pasted(fields,
  folder)`` makes the file that ``shelf.adding([file])`` takes; and ``shelf-addresses`` (field ``addresses``), of which
  ``addresses(fields)`` makes what it takes. ``shelf.adding(inputs)`` yields HTML for each step, one line for each file
  or address, and at the end the report, which names every refusal.
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
from typing import TYPE_CHECKING, Literal, get_args

from ui.acts import Act
from ui.texts import formats as wording
from ui.texts import messages as texts
from ui.texts.formats import Language
from ui.views.answer import escape
from vectorstore import sources
from vectorstore.messages import Message
from vectorstore.types import AddReport, Article, Outcome, OutcomeKind

if TYPE_CHECKING:
    from assistant import Assistant

STYLE = Path(__file__).parents[1] / "static" / "shelf.css"

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
SORTS: tuple[Sort, ...] = get_args(Sort)


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

    def head(self, view: View | None = None, language: Language = "en") -> str:
        """Counts, chart, and the fields to find with."""
        facts, words, view = self._known(), texts.SHELF[language], view or View()
        return (
            f'<div class="shelf-head" data-fields>{_counts(facts, language)}{_chart(facts.months, language)}'
            '<form class="shelf-find" role="search" data-act="shelf-find" data-live>'
            f'<label class="words"><span>{escape(words["find"])}</span><input type="search" name="words" '
            f'maxlength="{WORDS_LENGTH}" autocomplete="off" value="{escape(view.words)}"></label>'
            f"{_select('outlet', words['outlet'], _outlet_choices(facts, language), view.outlet)}"
            f"{_select('month', words['month'], _month_choices(facts, language), view.month)}"
            f"{_select('sort', words['sort'], _sort_choices(language), view.sort)}</form></div>"
        )

    def listing(self, view: View, *, may_edit: bool = False, language: Language = "en") -> str:
        """One page of the articles that fit."""
        facts, words = self._known(), texts.SHELF[language]
        found = self._found(facts, view)
        if not found:
            said = words["none_found"] if facts.articles else words["none"]
            return _section(f'<p class="none">{escape(said)}</p>', words)
        pages = -(-len(found) // PAGE)
        page = min(view.page, pages)
        shown = found[(page - 1) * PAGE : page * PAGE]
        copies = self._desk.library.copies([article.id for article in shown])
        items = "".join(_item(article, copies.get(article.id, ()), may_edit, language) for article in shown)
        said = words["shown_best" if view.words and len(found) == FOUND else "shown"].format(
            first=wording.number((page - 1) * PAGE + 1, language),
            last=wording.number((page - 1) * PAGE + len(shown), language),
            total=wording.number(len(found), language),
        )
        return _section(
            f'<p class="shown" role="status">{escape(said)}</p><ol class="shelved">{items}</ol>'
            f"{_pager(page, pages, words)}",
            words,
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

    def remove(self, article_id: str, language: Language = "en") -> str:
        """Takes one article out; what to tell the reader. Raises ``LibraryError``, also for one that is not there."""
        article = self._desk.library.article(article_id)
        self._desk.remove([article_id])
        return texts.SHELF[language]["removed"].format(title=article.title or texts.SHELF[language]["untitled"])

    def adding(self, inputs: Sequence[Path | str], language: Language = "en") -> Iterator[str]:
        """Adds files, folders and addresses, and yields HTML: how far each is, at last the report.

        Uploaded files that were refused altogether are deleted: the library is not to keep what it did not take.
        Addresses beyond ``ADDRESSES`` are refused. Raises ``LibraryError``.
        """
        words = texts.SHELF[language]
        listed = [
            each
            for given in inputs
            for each in (_below(given) if isinstance(given, Path) and given.is_dir() else [given])
        ]
        if not listed:
            yield f'<div class="notice" role="status">{escape(words["nothing"])}</div>'
            return
        beyond = [each for each in listed if isinstance(each, str)][ADDRESSES:]
        taken = [each for each in listed if each not in beyond]
        size = 1 if isinstance(taken[0], str) else -(-len(taken) // STEPS)
        reports: list[AddReport] = []
        done: dict[Path | str, AddReport] = {}
        with ThreadPoolExecutor(max_workers=1) as worker:
            for first in range(0, len(taken), size):
                part = taken[first : first + size]
                yield _progress(taken, done, part, language)
                report = worker.submit(self._desk.add, part).result()
                reports.append(report)
                done.update((each, _of_input(report, each)) for each in part)
        paths = [each for each in taken if isinstance(each, Path)]
        for path in paths:
            outcomes = done[path].outcomes
            refused = bool(outcomes) and all(outcome.kind == "refused" for outcome in outcomes)
            if refused and self._desk.library.folder / UPLOADS in path.parents:
                path.unlink(missing_ok=True)
        reason = words["too_many"].format(most=ADDRESSES)
        too_many = tuple(Outcome(sources.named(each), "refused", reason=reason) for each in beyond)
        joined = AddReport(
            tuple(self._by_title(outcome) for report in reports for outcome in report.outcomes) + too_many,
            sum(report.passages for report in reports),
            sum(report.seconds for report in reports),
        )
        yield report_html(joined, paths, language)

    def _by_title(self, outcome: Outcome) -> Outcome:
        """An outcome whose reason names another article by its title, where the library names it by its id."""
        facts, (head, _, last) = self._known(), (outcome.reason or "").rpartition(" ")
        place = facts.places.get(last)
        title = facts.articles[place].title if place is not None else ""
        return replace(outcome, reason=f"{head} “{title}”") if title else outcome


def addresses(fields: Mapping[str, str]) -> list[str]:
    """The addresses in the field of that name, each once. What names no scheme is meant as https.

    None of them can be taken for a path, which would be one of the server's own files.
    """
    given = fields.get("addresses", "").split()
    return list(dict.fromkeys(each if sources.is_address(each) else f"https://{each}" for each in given))


def pasted(fields: Mapping[str, str], folder: Path, language: Language = "en") -> Path:
    """The file, below ``folder``, that holds a pasted article. Raises ``ValueError``, for the reader, without a text.

    A table of one row, because its fields are taken as they are: nothing in the text is read as a mark or a head.
    """
    text = fields.get("text", "").strip()
    if not text:
        raise ValueError(texts.SHELF[language]["paste_empty"])
    row = {"text": text} | {
        name: value for name in ("title", "date", "source") if (value := fields.get(name, "").strip())
    }
    content = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    place = folder / UPLOADS / hashlib.sha256(content).hexdigest()[:16] / f"{texts.SHELF[language]['paste_file']}.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def forms(language: Language = "en") -> str:
    """The fields for addresses and for a pasted article, folded away."""
    words = texts.SHELF[language]
    label = words["address_label"].format(most=ADDRESSES)
    return (
        f'<details class="paste"><summary>{escape(words["address"])}</summary>'
        '<form data-act="shelf-addresses" data-clears>'
        f'<label class="text">{escape(label)}<textarea name="addresses" rows="3" required spellcheck="false" '
        'autocapitalize="off" inputmode="url"></textarea></label>'
        f'<button type="submit">{escape(words["address_add"])}</button></form></details>'
        f'<details class="paste"><summary>{escape(words["paste"])}</summary>'
        '<form data-act="shelf-paste">'
        f'<label>{escape(words["paste_title"])}<input name="title" maxlength="300" autocomplete="off"></label>'
        f'<label>{escape(words["paste_date"])}<input type="date" name="date"></label>'
        f'<label>{escape(words["paste_source"])}<input name="source" maxlength="100" autocomplete="off"></label>'
        f'<label class="text">{escape(words["paste_text"])}<textarea name="text" rows="8" required></textarea></label>'
        f'<button type="submit">{escape(words["paste_add"])}</button></form></details>'
    )


def queued(language: Language = "en") -> str:
    """That something else is being added first."""
    return f'<div class="notice" role="status">{escape(texts.SHELF[language]["queued"])}</div>'


# -- what was added


def report_html(report: AddReport, paths: Sequence[Path] = (), language: Language = "en") -> str:
    """What happened to every article, refusals first and all of them, with their reasons.

    ``paths`` are shown by the names that the reader gave them, not by the folders they were kept in.
    """
    words = texts.SHELF[language]
    refused = [outcome for outcome in report.outcomes if outcome.kind == "refused"]
    others = sorted((each for each in report.outcomes if each.kind != "refused"), key=lambda each: not each.notes)
    rows = "".join(_outcome(outcome, paths, language) for outcome in (*refused, *others[:PAGE]))
    if len(others) > PAGE:
        more = words["more_outcomes"].format(count=wording.number(len(others) - PAGE, language))
        rows += f'<li class="rest">{escape(more)}</li>'
    counts = ", ".join(
        f"{wording.number(report.count(kind), language)} {words[f'outcome_{kind}']}"
        for kind in get_args(OutcomeKind)
        if report.count(kind)
    )
    took = words["took"].format(
        passages=wording.counted(report.passages, words["passages"], language), seconds=f"{report.seconds:.1f}"
    )
    return (
        f'<section class="report" role="status"><p><strong>{escape(counts)}</strong> · {escape(took)}</p>'
        f"<ul>{rows}</ul></section>"
    )


def _outcome(outcome: Outcome, paths: Sequence[Path], language: Language) -> str:
    words, source = texts.SHELF[language], outcome.source
    reason: str = Message.joined(outcome.reason or "", *outcome.notes)
    for path in paths:
        name = _name(path)
        # The one row of a pasted article is the article.
        source = source.replace(f"{path}:1" if name != path.name else str(path), name)
        reason = reason.replace(str(path), name)
    title = f'<bdi class="title">{escape(outcome.title)}</bdi>' if outcome.title else ""
    why = f'<span class="why">{escape(texts.of(language).said(reason))}</span>' if reason else ""
    name = source if sources.is_address(source) else PurePath(source).name or source
    return (
        f'<li class="{escape(outcome.kind)}"><span class="kind">{escape(words[f"outcome_{outcome.kind}"])}</span>'
        f"<span><bdi>{escape(name)}</bdi>{title}{why}</span></li>"
    )


def _name(given: Path | str) -> str:
    """What a reader knows an input by."""
    if isinstance(given, str):
        return sources.named(given)
    pasted_as = {f"{words['paste_file']}.jsonl": words["paste_file"] for words in texts.SHELF.values()}
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
    inputs: Sequence[Path | str], done: Mapping[Path | str, AddReport], now: Sequence[Path | str], language: Language
) -> str:
    words = texts.SHELF[language]
    rows = []
    for each in inputs:
        if each in done:
            kinds = Counter(outcome.kind for outcome in done[each].outcomes)
            said = ", ".join(
                words[f"outcome_{kind}"]
                if count == 1
                else f"{wording.number(count, language)} {words[f'outcome_{kind}']}"
                for kind, count in kinds.items()
            )
            state = "refused" if set(kinds) == {"refused"} else "done"
        else:
            state = "reading" if each in now else "waiting"
            said = words[state]
        rows.append(f'<li class="{state}"><bdi>{escape(_name(each))}</bdi> <span>{escape(said)}</span></li>')
    counted = wording.counted(len(inputs), words["files" if isinstance(inputs[0], Path) else "addresses"], language)
    head = words["adding"].format(inputs=counted)
    return (
        f'<section class="adding"><p>{escape(head)}</p><progress max="{len(inputs)}" value="{len(done)}" '
        f'aria-label="{escape(head)}"></progress><ul>{"".join(rows)}</ul></section>'
    )


# -- the head


def _counts(facts: _Facts, language: Language) -> str:
    words = texts.SHELF[language]
    said = [wording.counted(len(facts.articles), words["articles"], language)]
    named = sum(1 for name, _ in facts.outlets if name)
    if named:
        said.append(wording.counted(named, words["outlets"], language))
    days = [article.published for article in facts.articles if article.published]
    if days:
        said.append(words["span"].format(first=wording.day(days[-1], language), last=wording.day(days[0], language)))
    if undated := facts.months.get(UNDATED, 0):
        said.append(words["undated"].format(count=wording.number(undated, language)))
    return f'<p class="counts">{escape(" · ".join(said))}</p>'


def _chart(months: Mapping[str, int], language: Language) -> str:
    """A bar for each month from the first to the last, empty ones too: a gap in the library is to be seen.

    For the eye and the pointer: by keyboard, and for who cannot see it, the field "Month" holds the same.
    """
    words = texts.SHELF[language]
    dated = {each: count for each, count in months.items() if each != UNDATED}
    if len(dated) < 2:
        return ""
    keys = _months_between(min(dated), max(dated))
    by_year = len(keys) > BARS
    if by_year:
        years: Counter[str] = Counter()
        for each, count in dated.items():
            years[each[:4]] += count
        dated, keys = dict(years), [f"{year:04}" for year in range(int(min(years)), int(max(years)) + 1)]
    most = max(dated.values())
    width, height = 6, 48
    bars = []
    for place, key in enumerate(keys):
        count = dated.get(key, 0)
        tall = max(1.0, height * count / most) if count else 0.0
        title = words["bar"].format(
            when=_when(key, language), articles=wording.counted(count, words["articles"], language)
        )
        # The whole column can be pressed, not only the bar, which may be a line.
        bars.append(
            f'<g class="bar" data-sets="month" data-value="{key}"><title>{escape(title)}</title>'
            f'<rect class="column" x="{place * width}" y="0" width="{width}" height="{height}"/>'
            f'<rect class="count" x="{place * width + 1}" y="{height - tall:.1f}" width="{width - 1}" '
            f'height="{tall:.1f}"/></g>'
        )
    peak = max(dated, key=lambda each: (dated[each], each))
    label = words["chart_years" if by_year else "chart"].format(
        first=_when(keys[0], language),
        last=_when(keys[-1], language),
        most=wording.number(most, language),
        peak=_when(peak, language),
    )
    ends = "".join(f"<span>{escape(_when(key, language))}</span>" for key in (keys[0], keys[-1]))
    return (
        f'<figure class="months"><svg role="img" aria-label="{escape(label)}" preserveAspectRatio="none" '
        f'viewBox="0 0 {len(keys) * width} {height}">{"".join(bars)}</svg>'
        f'<figcaption aria-hidden="true">{ends}</figcaption></figure>'
    )


def _months_between(first: str, last: str) -> list[str]:
    begin = int(first[:4]) * 12 + int(first[5:]) - 1
    end = int(last[:4]) * 12 + int(last[5:]) - 1
    if end - begin > 12 * 400:  # one wrong date among years of articles: what is drawn by years is counted below
        begin = end - 12 * 400
    return [f"{each // 12:04}-{each % 12 + 1:02}" for each in range(begin, end + 1)]


def _month(article: Article) -> str:
    return f"{article.published:%Y-%m}" if article.published else UNDATED


def _when(key: str, language: Language) -> str:
    if key == UNDATED:
        return texts.SHELF[language]["no_date"]
    return wording.month(int(key[:4]), int(key[5:]), language) if len(key) == 7 else key


def _outlet_choices(facts: _Facts, language: Language) -> list[tuple[str, str]]:
    words = texts.SHELF[language]
    named = [(name, f"{name} ({wording.number(count, language)})") for name, count in facts.outlets if name]
    without = [
        (UNDATED, f"{words['no_outlet']} ({wording.number(count, language)})")
        for name, count in facts.outlets
        if not name
    ]
    return [("", words["all_outlets"]), *named, *without]


def _month_choices(facts: _Facts, language: Language) -> list[tuple[str, str]]:
    counts: Counter[str] = Counter()
    for month, count in facts.months.items():
        counts[month] += count
        if month != UNDATED:
            counts[month[:4]] += count
    keys = sorted(
        counts, key=lambda key: (key != UNDATED, key[:4], len(key) == 4, key), reverse=True
    )  # a year, its months
    counted = [(key, f"{_when(key, language)} ({wording.number(counts[key], language)})") for key in keys]
    return [("", texts.SHELF[language]["all_months"]), *counted]


def _sort_choices(language: Language) -> list[tuple[str, str]]:
    words = texts.SHELF[language]
    names: Mapping[Sort, str] = {"": "best", "outlet": "by_outlet"}
    return [(each, words[names.get(each, each)]) for each in SORTS]


def _select(name: str, label: str, choices: Sequence[tuple[str, str]], chosen: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(said)}</option>'
        for value, said in choices
    )
    return f'<label><span>{escape(label)}</span><select name="{name}">{options}</select></label>'


# -- the list


def _section(body: str, words: Mapping[str, str]) -> str:
    return f'<section class="shelf" aria-label="{escape(words["list"])}">{body}</section>'


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


def _item(article: Article, copies: Sequence[Article], may_edit: bool, language: Language) -> str:
    words = texts.SHELF[language]
    title = article.title or words["untitled"]
    facts = [
        f'<bdi class="outlet">{escape(article.source or words["no_outlet"])}</bdi>',
        _time(article.published, wording.day(article.published, language))
        if article.published
        else f'<span class="unknown">{escape(words["no_date"])}</span>',
    ]
    if article.added:
        said = words["added_on"].format(day=wording.day(article.added.date(), language))
        facts.append(_time(article.added.date(), said))
    return (
        f'<li class="shelf-item"><button type="button" class="title" data-article="{escape(article.id)}"><bdi>'
        f'{escape(title)}</bdi></button><p class="facts">{" · ".join(facts)}</p>{_copies(copies, language)}'
        f"{_remove(article, title, words) if may_edit else ''}</li>"
    )


def _time(day: date, said: str) -> str:
    return f'<time datetime="{day.isoformat()}">{escape(said)}</time>'


def _copies(copies: Sequence[Article], language: Language) -> str:
    if not copies:
        return ""
    words = texts.SHELF[language]
    rows = "".join(
        f'<li><button type="button" data-article="{escape(copy.id)}">'
        f"<bdi>{escape(copy.source or words['no_outlet'])}</bdi></button> "
        f"{escape(wording.day(copy.published, language) if copy.published else words['no_date'])}</li>"
        for copy in copies
    )
    return (
        f'<details class="copies"><summary>{escape(wording.counted(len(copies), words["copies"], language))}</summary>'
        f"<p>{escape(words['copies_of'])}</p><ul>{rows}</ul></details>"
    )


def _remove(article: Article, title: str, words: Mapping[str, str]) -> str:
    return (
        f'<details class="sure menu"><summary aria-label="{escape(words["remove_name"].format(title=title))}">'
        f'{escape(words["remove"])}</summary><div class="choices"><p>{escape(words["remove_sure"])}</p>'
        f'<button type="button" class="danger" data-act="shelf-remove" data-value="{escape(article.id)}">'
        f"{escape(words['remove_yes'])}</button></div></details>"
    )


def _pager(page: int, pages: int, words: Mapping[str, str]) -> str:
    if pages < 2:
        return ""

    def to(number: int, said: str) -> str:
        there = f'data-act="shelf-page" data-value="{number}"' if 1 <= number <= pages else "disabled"
        return f'<button type="button" {there}>{escape(said)}</button>'

    return (
        f'<nav class="pager" aria-label="{escape(words["pages"])}">{to(page - 1, words["previous"])}'
        f"<span>{page} / {pages}</span>{to(page + 1, words['next'])}</nav>"
    )
