"""What the command line shows. No text of an article is taken for markup, and no control character passes."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from assistant.types import QUOTING
from vectorstore.messages import Message

if TYPE_CHECKING:
    from assistant.batch.run import Batch
    from assistant.cli.doctor import Finding
    from assistant.history.conversations import Feedback
    from assistant.types import Answer, Step
    from vectorstore.storage.watches import Watch
    from vectorstore.types import AddReport, Article, CheckReport, Match, OnProgress, Progress, TimeScope
    from vectorstore.watching import RefreshReport

_WRITERS = {
    "extractive": "extractive (quotes only, no model)",
    "catalogue": "the catalogue (no search, no model)",
    "assistant": "none (no search, no model)",
}
_NOTES = 10
"""Notes of one kind that are shown: what one row of a table lacks thousands lack."""
_CONTROL = dict.fromkeys({*range(32), *range(127, 160)} - {ord("\n"), ord("\t")})
"""Characters that a terminal would obey, for ``str.translate``."""


def show(what: dict[str, Any] | list[dict[str, Any]] | Iterable[str], end: str = "\n") -> None:
    """Data as JSON, or text line by line, on standard output."""
    if isinstance(what, dict | list):
        unicode = sys.stdout.encoding.lower().startswith("utf")
        print(json.dumps(what, ensure_ascii=not unicode, indent=2), flush=True)
    else:
        for line in [what] if isinstance(what, str) else what:
            print(line.translate(_CONTROL), end=end, flush=True)


def say(message: str, status: int = 0) -> int:
    """A message beside the output, on standard error; returns ``status``, the command's."""
    print(f"assistant: {message.translate(_CONTROL)}", file=sys.stderr)
    return status


@contextmanager
def progress(*, hidden: bool = False) -> Iterator[OnProgress | None]:
    """A bar in the terminal: what is being done, how much of it, how fast, and the time left."""
    if hidden or not sys.stderr.isatty():
        yield None
        return
    from rich import progress as rich
    from rich.console import Console

    columns = ("{task.description}", rich.BarColumn(), rich.MofNCompleteColumn(), "{task.fields[rate]}")
    console = Console(stderr=True)
    with rich.Progress(*columns, rich.TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None, rate="")

        def update(now: Progress) -> None:
            if bar.tasks[0].description != now.task:
                bar.reset(task, description=now.task)
            speed = bar.tasks[0].speed
            rate = now.note or (f"{speed:,.0f}/s" if speed else "")
            bar.update(task, completed=now.done, total=now.total or None, rate=rate)

        yield update


# -- what each command shows, line by line


def added(report: AddReport, *, verbose: bool) -> Iterator[str]:
    said: Counter[str] = Counter()
    for outcome in report.outcomes:
        if verbose or outcome.kind in ("refused", "changed", "duplicate"):
            yield f"{outcome.kind:<10}{outcome.source}: {outcome.reason or outcome.title or ''}"
        for note in outcome.notes:
            said[getattr(note, "template", note)] += 1
            if verbose or said[getattr(note, "template", note)] <= _NOTES:
                yield f"{'note':<10}{outcome.source}: {note}"
    if not verbose and (more := sum(max(0, count - _NOTES) for count in said.values())):
        yield f"{'note':<10}{more} more like these; `assistant add --verbose` shows them."
    parts = [f"{report.count('added')} added", f"{report.count('changed')} changed"]
    parts += [f"{report.count('unchanged')} unchanged", f"{report.count('duplicate')} duplicates"]
    yield f"{', '.join(parts)}, {len(report.refused)} refused; {report.passages} passages in {report.seconds:.1f} s."


def steps(trail: Sequence[Step], shown: int) -> Iterator[str]:
    """What a deep question looked up beyond the first ``shown`` steps."""
    for number, step in enumerate(trail[shown:], shown + 1):
        done = f"read for “{step.asked}”" if step.kind == "read" else f"searched for “{step.asked}”"
        said = [f"{done}:" if step.asked else "", "; ".join(article.title for article in step.found), step.note]
        yield f"{number}. {' '.join(filter(None, said))}"


class Growing:
    """Prints an answer while it comes: quotations word by word, a chat model's Markdown by paragraph, without marks."""

    def __init__(self, writer: str) -> None:
        self.raw = ""
        """What has come so far."""
        self._quotes = writer in QUOTING
        self._held = ""

    def feed(self, piece: str) -> None:
        self.raw += piece
        if self._quotes:
            return show(piece, end="")
        self._held += piece
        whole, gap, rest = self._held.rpartition("\n\n")
        if gap and whole.count("```") % 2 == 0:
            show(readable(whole))
            self._held = rest
        return None

    def finish(self) -> None:
        show(readable(self._held), end="")


def readable(text: str) -> str:
    """A chat model's Markdown without its marks, tables in columns."""
    from assistant.history.export_text import plain_lines
    from assistant.history.export_text import shown as shaped

    return "\n".join(plain_lines(shaped(text)))


def below(answer: Answer, shown: str) -> Iterator[str]:
    """What stands below an answer: its sources, what they do not carry, what was searched, who wrote.

    First the answer anew, where what was ``shown`` while it came is not its last word.
    """
    if answer.text != shown:
        counts = [(answer.mended, "corrected"), (answer.dropped, "left out")]
        changed = [f"{count} {'sentence' if count == 1 else 'sentences'} {how}" for count, how in counts if count]
        yield f"\n\nChecked against its sources: {' and '.join(changed) or 'corrected'}. The answer now reads:\n"
        yield answer.text if answer.model in QUOTING else readable(answer.text)
    yield ""
    if answer.searched_for:
        yield f"\nSearched for: {answer.searched_for}"
    if answer.citations:
        yield "\nSources"
    for citation in answer.citations:
        yield f"[{citation.number}] {_headline(citation.article, citation.page)}"
        yield f"    “{' '.join(citation.quote.split())}”"
        yield f"    {citation.article.url or citation.article.origin}"
    for statement in answer.statements:
        if statement.support != "verified":
            yield f"Not carried by its source ({statement.reason}): {statement.text}"
    yield from nearest(answer.nearest)
    if answer.reason and not answer.abstained:
        yield f"\n{answer.reason}"
    if answer.scope.source_words or answer.scope.words or answer.scope.left_out_undated or answer.scope.note:
        yield f"\n{_searched(answer.scope)}"
    writer = _WRITERS.get(answer.model, answer.model)
    yield f"\nWriter: {writer}; search {answer.seconds_search:.2f} s, writing {answer.seconds_write:.2f} s."


def nearest(found: Sequence[Match]) -> Iterator[str]:
    if found:
        yield "\nNearest articles"
    yield from dict.fromkeys(f"- {_headline(match.article)}" for match in found)


def matches(found: Sequence[Match], scope: TimeScope, *, explain: bool) -> Iterator[str]:
    if explain:
        yield f"{_searched(scope)}\n"
    if not found:
        yield "Nothing in the library is inside this scope."
    for match in found:
        yield f"{match.rank}. {_headline(match.article)}  [{match.article.id}, {match.start}–{match.end}]"
        if explain:
            yield f"   {_reasons(match, scope)}"
        yield f"   {' '.join(match.text.split())}\n"


def articles(found: Sequence[Article]) -> Iterator[str]:
    """A table in a terminal; elsewhere a line for each article with tabs between, for other programs."""
    cells = [(each.id, str(each.published or "–"), each.source or "–", each.title) for each in found]
    rows = [[" ".join(cell.translate(_CONTROL).split()) for cell in row] for row in cells]
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        yield from map("\t".join, rows)
    yield f"{len(found)} articles, {sum(each.published is None for each in found)} of them undated."


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = Console()
    widest = max((len(row[0]) for row in rows), default=0)
    columns = [Column("Id", width=widest), Column("Published", width=10), Column("Source", ratio=1)]
    for first in range(0, len(rows), 200):  # a long list begins at once
        table = Table(*columns, Column("Title", ratio=2), box=None, expand=True, show_header=first == 0)
        for row in rows[first : first + 200]:
            table.add_row(*map(Text, row))
        console.print(table)


def article(shown: Article) -> Iterator[str]:
    yield shown.title
    for name, value in {
        "Source": shown.source,
        "Published": shown.published,
        "Updated": shown.updated,
        "Added": shown.added and f"{shown.added:%Y-%m-%d %H:%M} UTC",
        "Authors": ", ".join(shown.authors),
        "Address": shown.url,
        "Read from": shown.origin,
        "Version": shown.version,
    }.items():
        yield f"{name + ':':<11}{value or 'not known'}"
    yield f"\n{shown.text}"


def checked(report: CheckReport) -> Iterator[str]:
    yield (
        f"{report.articles} articles ({report.undated} undated) in {report.passages} passages; "
        f"{report.vectors} in the vector index, {report.keywords} in the keyword index."
    )
    for problem in report.problems:
        yield f"- {problem.what}. Run: {problem.run}"
    if report.ok:
        yield "All in step."


def batch(done: Batch, output: str, old: Sequence[dict[str, Any]] | None) -> int:
    """Shows how a batch ended, and what is answered otherwise than in ``old``; returns the command's status."""
    from assistant.batch import written

    problems = [(row["question"], why) for row in done.rows if (why := written.problem(row))]
    changed = [] if old is None else list(written.changes(old, done.rows))
    show(Message("{question}: {why}", question=question, why=why) for question, why in problems)
    show(iter(changed))
    if old is not None:
        show(Message("{count} are answered otherwise.", count=len(changed)))
    if done.outdated:
        show(Message("{count} are of an earlier run, by another writer or from other articles.", count=done.outdated))
    show(Message("{file}: {summary}.", file=output, summary=written.summary(done.rows, done.left)))
    return 3 if changed else int(bool(problems or done.left))


def findings(found: Iterable[Finding]) -> Iterator[str]:
    """What ``doctor`` found, a line for each check."""
    for each in found:
        yield f"{'ok' if each.ok else '!!':<4}{each.about:<19}{each.said}"


def figures(rows: Iterable[Sequence[str]]) -> None:
    """A table with its head first: names on the left, numbers on the right."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    head, *rest = [[Text(cell.translate(_CONTROL)) for cell in row] for row in rows]
    numbers = (Column(cell, justify="right") for cell in head[1:])
    table = Table(Column(head[0]), *numbers, box=None)
    for row in rest:
        table.add_row(*row)
    Console(highlight=False).print(table)


def feedback(said: Sequence[Feedback], library: str) -> Iterator[str]:
    for each in said:
        who = f" by {each.user}" if each.user else ""
        lines = [f"{each.given:%Y-%m-%d %H:%M} UTC{who}: {each.answer.question}", each.answer.text]
        lines += [f"“{each.comment}”"] if each.comment else []
        yield f"{each.rating:<5}" + "\n     ".join(" ".join(line.split()) for line in lines)
    up = sum(each.rating == "up" for each in said)
    yield f"{len(said)} answers were rated in {library}: {up} up, {len(said) - up} down."


def watches(found: Sequence[Watch]) -> Iterator[str]:
    for each in found:
        at = datetime.fromtimestamp(each.due, UTC)
        due = Message("due {moment} UTC", moment=f"{at:%Y-%m-%d %H:%M}") if each.due else Message("due now")
        yield "\t".join(filter(None, (each.address, due, each.problem)))


def refreshed(report: RefreshReport) -> Iterator[str]:
    for problem in report.problems:
        yield Message.joined(problem.source, problem.reason, by=": ")
    for article_id in report.gone:
        yield Message("The page of the article {id} is no longer online; the article is kept.", id=article_id)
    kinds = Counter(outcome.kind for outcome in report.outcomes)
    counts = {name: kinds[name] for name in ("added", "changed", "unchanged")}
    yield Message(
        "{asked} requests: {added} articles added, {changed} changed, {unchanged} unchanged, {gone} gone.",
        asked=report.asked,
        gone=len(report.gone),
        **counts,
    )


# -- parts of them


def _headline(article: Article, page: int | None = None) -> str:
    from assistant.history.export_text import ENGLISH, byline

    return f"{article.title} — {byline(article, ENGLISH, page)}"


def _searched(scope: TimeScope) -> str:
    """What was searched, and what of the question it was read from."""
    from assistant.question.scope import listed, searched

    said = [f"Searched: {searched(scope)}"]
    if scope.near:
        said.append(f"those nearest to {scope.near} first")
    elif scope.prefers_recent:
        said.append("recent ones first")
    if scope.prefer_sources:
        said.append(f"those by {listed(scope.prefer_sources)} first")
    if words := [word for word in (*scope.words, *scope.source_words) if word not in scope.kept]:
        said.append(f"as the question says “{'”, “'.join(words)}”")
    notes = [", ".join(said), f"{scope.left_out_undated} undated left out" * bool(scope.left_out_undated), scope.note]
    return " ".join(f"{note}." for note in notes if note)


def _reasons(match: Match, scope: TimeScope) -> str:
    """Why a match stands where it stands, on one line."""
    why = match.why
    words, meaning = ("–" if rank is None else rank for rank in (why.keywords, why.meaning))
    said = [f"score {match.score:.3f}", f"rank by words {words}, by meaning {meaning}"]
    said.append("undated" if why.age is None else f"{why.age} days from {scope.near or 'the newest article'}")
    if why.age_factor != 1:
        said[-1] += f" (× {why.age_factor:.2f})"
    if why.preferred_source:
        said.append("by an outlet that is preferred")
    if why.spellings:
        said.append(f"also looked up: {', '.join(why.spellings)}")
    if match.copies:
        others = [copy.source or copy.title for copy in match.copies]
        said.append(f"copies: {', '.join(dict.fromkeys(others))}")
    return "; ".join(said)
