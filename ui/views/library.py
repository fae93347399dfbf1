"""The library view: which articles there are, by outlet and month, found, opened and removed.

How it is mounted (``acts`` says how the names below reach the page):

- ``Shelf(desk)``, one per server. It remembers the facts of all articles (no texts) until one comes or goes.
- ``shelf.briefing(words)`` is what the first screen tells of the library, ``shelf.since(…)`` what came in since.
- ``shelf.head(view, words)``: counts, a chart of months, the fields to find and choose with. Drawn anew only after a
  change of the library, so that typing is not lost.
- ``shelf.listing(view, words, may_edit=…)`` below it, drawn anew after each act; ``act(view, done)`` gives the view for
  ``shelf-find`` (fields ``words``, ``outlet``, ``month``, ``sort``) and ``shelf-page``.
- A title is ``<button data-article="ID">``: what opens an article in the side pane listens for it.
- ``CHANGES`` (one article removed or untagged, the picked ones removed or tagged, a removal undone, an outlet named)
  are offered to, and to be obeyed for, editors only; ``shelf.change(done, words)`` does them and says so.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup

from assistant.messages import Translator
from assistant.suggestions import Stories, newest_stories
from ui.acts import Act
from ui.templates import render
from ui.views.answer import notice
from vectorstore.messages import Message
from vectorstore.sources.cleaning.text import LONGEST_TAG, clean_line
from vectorstore.types import Article

if TYPE_CHECKING:
    from assistant import Assistant

PAGE = 50
"""Articles on one page of the list: two screens, and 10 ms of a browser's work where 10,000 rows take seconds."""
FOUND = 1_000
"""Articles that a search for words ranks; nobody turns twenty pages."""
BARS = 120
"""Months of the chart; a longer time is shown by years."""
BRIEFED = 5
"""Newest stories of the first screen: with the chart below them they fill one screen."""
YEARS = 12
"""Years that have room for their names below a chart on a telephone."""
CHANGES = frozenset({"shelf-remove", "shelf-picked", "shelf-untag", "shelf-undo", "shelf-outlet"})
WORDS_LENGTH = 200
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


@dataclass(frozen=True, slots=True)
class View:
    """What one tab shows of the library. ``month`` is ``2024-09``, ``2024`` or ``undated``; empty: all."""

    words: str = ""
    outlet: str = ""
    month: str = ""
    tag: str = ""
    sort: Sort = ""
    """Empty: the best match while words are searched for, else the newest."""
    page: int = 1


def act(view: View, done: Act) -> View:
    """The view after ``shelf-find``, ``shelf-page`` or ``shelf-outlet``."""
    match done.name:
        case "shelf-find":
            sort: Sort = next((each for each in SORTS if each == done.fields.get("sort")), "")
            words = done.fields.get("words", "").strip()[:WORDS_LENGTH]
            outlet, month, tag = (done.fields.get(name, "") for name in ("outlet", "month", "tag"))
            return View(words, outlet, month, tag, sort)
        case "shelf-outlet":  # under its new name; which one it is called by without, only the library knows
            return replace(view, outlet=_name_in(done), page=1)
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
    tags: Mapping[str, tuple[str, ...]]
    """Of the articles that have any, by their ids."""


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
                    self._desk.library.tags_of_articles(),
                )
            return self._facts

    # -- reading

    def head(self, view: View, words: Translator) -> Markup:
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
            tags=_tag_choices(facts, words),
            sorts=[(each, words.gettext(said)) for each, said in SORTS.items()],
        )

    def briefing(self, words: Translator) -> dict[str, str]:
        """For the first screen: what there is, and the newest stories, each once, above the chart, which asks."""
        facts = self._known()
        stories = newest_stories(facts.articles, self._desk.library.copies, BRIEFED)
        return {
            "counts": _counts(facts, words),
            "briefing": render("briefing.html", words, stories=stories, chart=_chart(facts.months, words)),
        }

    def since(self, moment: datetime, k: int) -> tuple[int, Stories]:
        """How many articles came in after ``moment``, and the ``k`` newest stories among them."""
        came = [each for each in self._known().articles if each.added and each.added > moment]
        return len(came), newest_stories(came, self._desk.library.copies, k)

    def listing(self, view: View, words: Translator, *, may_edit: bool = False) -> Markup:
        """One page of the articles that fit."""
        facts = self._known()
        found = self._found(facts, view)
        pages = max(1, -(-len(found) // PAGE))
        page = min(view.page, pages)
        shown = found[(page - 1) * PAGE : page * PAGE]
        ids = [article.id for article in shown]
        copies = self._desk.library.copies(ids) if ids else {}
        openings = self._desk.library.openings(ids) if ids else {}
        first, last, total = (
            words.number(each) for each in ((page - 1) * PAGE + 1, (page - 1) * PAGE + len(shown), len(found))
        )
        return render(
            "library_list.html",
            words,
            items=[
                {
                    "article": each,
                    "copies": copies.get(each.id, ()),
                    "tags": [(tag, json.dumps([each.id, tag])) for tag in facts.tags.get(each.id, ())],
                    "opening": openings.get(each.id, ("", 0)),
                }
                for each in shown
            ],
            longest_tag=LONGEST_TAG,
            to_name=view.outlet if view.outlet != UNDATED and may_edit else "",
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
        if view.tag:
            found = [each for each in found if view.tag in facts.tags.get(each.id, ())]
        if view.month:
            found = [each for each in found if _month(each).startswith(view.month)]
        return _sorted(found, view)

    # -- changing

    def change(self, done: Act, words: Translator) -> Markup:
        """Does one of ``CHANGES``; what to tell the reader. Raises ``LibraryError``, also for what is not there."""
        library = self._desk.library
        picked = [value for name, value in done.fields.items() if name.startswith("pick-")]
        match done.name, done.fields.get("do"):
            case "shelf-remove", _:
                return self.remove([done.value], words)
            case "shelf-picked", "remove":
                return self.remove(picked, words)
            case "shelf-picked", _:
                count = library.tag(picked, done.fields.get("tag", ""))
                return notice(words.ngettext("{count} article was tagged.", "{count} articles were tagged.", count))
            case "shelf-untag", _:
                count = library.untag(_texts(done.value)[:1], "".join(_texts(done.value)[1:]))
                return notice(words.ngettext("{count} tag was taken away.", "{count} tags were taken away.", count))
            case "shelf-outlet", _:
                library.call_outlet(done.value, _name_in(done))
                return notice(words.gettext("The name of the outlet was changed."))
        count = library.undo(_texts(done.value)).count("added")
        return notice(words.ngettext("{count} article is back.", "{count} articles are back.", count))

    def remove(self, article_ids: Sequence[str], words: Translator) -> Markup:
        """Takes articles out; says so, with a button that brings them back."""
        titles = [self._desk.library.article(each).title or words.gettext("Untitled") for each in article_ids]
        count = self._desk.remove(article_ids)
        said = words.ngettext("{count} article was removed.", "{count} articles were removed.", count)
        if len(titles) == 1:
            said = words.gettext("“{title}” was removed.", title=titles[0])
        return render("library_removed.html", words, said=said, removed=json.dumps(list(article_ids)))


def _name_in(done: Act) -> str:
    return clean_line(done.fields.get("name", ""))


def _texts(told: str) -> list[str]:
    """A list of texts that a button of ours carries; empty for anything else."""
    try:
        given = json.loads(told)
    except (ValueError, RecursionError):
        return []
    return given if isinstance(given, list) and all(isinstance(each, str) for each in given) else []


# -- the head


def _counts(facts: _Facts, words: Translator) -> str:
    said = [words.ngettext("{count} article", "{count} articles", len(facts.articles))]
    if named := sum(1 for name, _ in facts.outlets if name):
        said.append(words.ngettext("{count} outlet", "{count} outlets", named))
    days = [article.published for article in facts.articles if article.published]
    if days:
        first, last = words.day(days[-1]), words.day(days[0])
        said.append(first if first == last else words.gettext("{first} to {last}", first=first, last=last))
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
            "question": words.gettext("What happened in {year}?", year=key)
            if by_year
            else words.gettext("What happened in {month}?", month=_when(key, words)),
        }
        for key in keys
    ]
    return {"label": label, "bars": bars, "years": _years(keys)}


def _years(keys: Sequence[str]) -> list[tuple[str, int]]:
    """What stands below the bars: years, each with how many bars it spans; no name where the room is too small."""
    count = Counter(key[:4] for key in keys)
    years = list(count)
    step = -(-len(years) // YEARS)
    spans = [(years[at], sum(count[year] for year in years[at : at + step])) for at in range(0, len(years), step)]
    return [(year if bars * YEARS >= len(keys) else "", bars) for year, bars in spans]


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


def _tag_choices(facts: _Facts, words: Translator) -> list[tuple[str, str]]:
    counts = Counter(tag for tags in facts.tags.values() for tag in tags)
    named = [(tag, f"{tag} ({words.number(count)})") for tag, count in sorted(counts.items())]
    return [("", words.gettext("All tags")), *named] if named else []


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
