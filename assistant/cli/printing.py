"""What the command line shows. No text of an article is taken for markup, and no control character passes.

Messages are said in the language of the terminal; JSON, which other programs read, holds their English.
"""

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
    from assistant.cli.checks import Finding
    from assistant.history.types import Feedback
    from assistant.messages import Translator
    from assistant.types import Answer, Step
    from vectorstore.storage.watches import Watch
    from vectorstore.types import AddReport, Article, CheckReport, Match, OnProgress, Progress, TimeScope
    from vectorstore.watching import RefreshReport

_WRITERS = {
    "extractive": Message("extractive (quotes only, no model)"),
    "catalogue": Message("the catalogue (no search, no model)"),
    "assistant": Message("none (no search, no model)"),
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
            print(_said(line).translate(_CONTROL), end=end, flush=True)


def say(message: str, status: int = 0) -> int:
    """A message beside the output, on standard error; returns ``status``, the command's."""
    print(f"assistant: {_said(message).translate(_CONTROL)}", file=sys.stderr)
    return status


def words() -> Translator:
    """The translator into the language of the terminal."""
    from assistant.messages import of_environment  # here, as is what it loads: `--help` says no message

    return of_environment()


def _said(text: str) -> str:
    return words().gettext(text) if isinstance(text, Message) else text


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
            yield Message.joined(f"{outcome.kind:<10}{outcome.source}: ", outcome.reason or outcome.title or "", by="")
        for note in outcome.notes:
            said[getattr(note, "template", note)] += 1
            if verbose or said[getattr(note, "template", note)] <= _NOTES:
                yield Message.joined(f"{'note':<10}{outcome.source}: ", note, by="")
    if not verbose and (more := sum(max(0, count - _NOTES) for count in said.values())):
        rest = Message("{count} more like these; `assistant add --verbose` shows them.", count=more)
        yield Message.joined(f"{'note':<10}", rest, by="")
    yield Message(
        "{added} added, {changed} changed, {unchanged} unchanged, {duplicates} duplicates, {refused} refused; "
        "{passages} passages in {seconds} s.",
        **{kind: report.count(kind) for kind in ("added", "changed", "unchanged", "refused")},
        duplicates=report.count("duplicate"),
        passages=report.passages,
        seconds=f"{report.seconds:.1f}",
    )


def steps(trail: Sequence[Step], shown: int) -> Iterator[str]:
    """What a deep question looked up beyond the first ``shown`` steps."""
    for number, step in enumerate(trail[shown:], shown + 1):
        about = Message("read for “{words}”:", words=step.asked)
        if step.kind != "read":
            about = Message("searched for “{words}”:", words=step.asked)
        found = "; ".join(article.title for article in step.found)
        yield Message.joined(f"{number}.", about if step.asked else "", found, step.note)


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
    from assistant.export.text import plain_lines
    from assistant.export.text import shown as shaped

    return "\n".join(plain_lines(shaped(text)))


def below(answer: Answer, shown: str) -> Iterator[str]:
    """What stands below an answer: its sources, what they do not carry, what was searched, who wrote.

    First the answer anew, where what was ``shown`` while it came is not its last word.
    """
    if answer.text != shown:
        yield "\n"
        yield Message("Checked against its sources: {changes}. The answer now reads:", changes=_changes(answer))
        yield ""
        yield answer.text if answer.model in QUOTING else readable(answer.text)
    yield ""
    if answer.searched_for:
        yield ""
        yield Message("Searched for: {question}", question=answer.searched_for)
    if answer.citations:
        yield ""
        yield Message("Sources")
    for citation in answer.citations:
        yield f"[{citation.number}] {_headline(citation.article, citation.page)}"
        yield f"    “{' '.join(citation.quote.split())}”"
        yield f"    {citation.article.url or citation.article.origin}"
    for statement in answer.statements:
        if statement.support != "verified":
            yield Message(
                "Not carried by its source ({reason}): {statement}", reason=statement.reason, statement=statement.text
            )
    yield from nearest(answer.nearest)
    if answer.reason and not answer.abstained:
        yield ""
        yield answer.reason
    if answer.scope.source_words or answer.scope.words or answer.scope.left_out_undated or answer.scope.note:
        yield ""
        yield _searched(answer.scope)
    yield ""
    yield Message(
        "Writer: {writer}; search {searching} s, writing {writing} s.",
        writer=_WRITERS.get(answer.model, answer.model),
        searching=f"{answer.seconds_search:.2f}",
        writing=f"{answer.seconds_write:.2f}",
    )


def _changes(answer: Answer) -> str:
    """What checking changed of the answer that was shown while it came."""
    mended, dropped = answer.mended, answer.dropped
    said = Message.joined(
        Message.plural("{count} sentence corrected", "{count} sentences corrected", mended) if mended else "",
        Message.plural("{count} sentence left out", "{count} sentences left out", dropped) if dropped else "",
        by=", ",
    )
    return said or Message("corrected")


def nearest(found: Sequence[Match]) -> Iterator[str]:
    if found:
        yield ""
        yield Message("Nearest articles")
    yield from dict.fromkeys(f"- {_headline(match.article)}" for match in found)


def matches(found: Sequence[Match], scope: TimeScope, *, explain: bool) -> Iterator[str]:
    if explain:
        yield _searched(scope)
        yield ""
    if not found:
        yield Message("Nothing in the library is inside this scope.")
    for match in found:
        yield f"{match.rank}. {_headline(match.article)}  [{match.article.id}, {match.start}–{match.end}]"
        if explain:
            yield Message.joined("  ", _reasons(match, scope))
        yield f"   {' '.join(match.text.split())}\n"


def articles(found: Sequence[Article]) -> Iterator[str]:
    """A table in a terminal; elsewhere a line for each article with tabs between, for other programs."""
    cells = [(each.id, str(each.published or "–"), each.source or "–", each.title) for each in found]
    rows = [[" ".join(cell.translate(_CONTROL).split()) for cell in row] for row in cells]
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        yield from map("\t".join, rows)
    undated = sum(each.published is None for each in found)
    yield Message("{count} articles, {undated} of them undated.", count=len(found), undated=undated)


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = Console()
    widest = max((len(row[0]) for row in rows), default=0)
    _ = words().gettext
    columns = [Column("Id", width=widest), Column(_("Published"), width=10), Column(_("Source"), ratio=1)]
    columns.append(Column(_("Title"), ratio=2))
    for first in range(0, len(rows), 200):  # a long list begins at once
        table = Table(*columns, box=None, expand=True, show_header=first == 0)
        for row in rows[first : first + 200]:
            table.add_row(*map(Text, row))
        console.print(table)


def article(shown: Article) -> Iterator[str]:
    yield shown.title
    _ = words().gettext
    facts = {
        _("Source"): shown.source,
        _("Tags"): ", ".join(shown.tags) or _("none"),
        _("Published"): shown.published,
        _("Updated"): shown.updated,
        _("Added"): shown.added and f"{shown.added:%Y-%m-%d %H:%M} UTC",
        _("Authors"): ", ".join(shown.authors),
        _("Address"): shown.url,
        _("Read from"): shown.origin,
        _("Version"): shown.version,
    }
    if shown.corrections:
        facts[_("Corrected")] = "; ".join(f"{each.day or ''} “{each.text}”".lstrip() for each in shown.corrections)
    for name, value in facts.items():
        yield f"{name + ':':<{max(map(len, facts)) + 2}}{value or _('not known')}"
    yield f"\n{shown.text}"


def checked(report: CheckReport) -> Iterator[str]:
    yield Message(
        "{articles} articles ({undated} undated) in {passages} passages; {vectors} in the vector index, {keywords} in "
        "the keyword index.",
        articles=report.articles,
        undated=report.undated,
        passages=report.passages,
        vectors=report.vectors,
        keywords=report.keywords,
    )
    for problem in report.problems:
        yield Message("- {problem}. Run: {command}", problem=problem.what, command=problem.run)
    if report.ok:
        yield Message("All in step.")


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
    """What ``doctor`` found, a line for each, and below it the next step."""
    for each in found:
        mark = "ok" if each.ok else "--" if each.hint else "!!"
        yield Message.joined(f"{mark:<4}{each.about:<19}", each.said, by="")
        if each.fix:
            yield Message.joined(f"{'':<23}", each.fix, by="")


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
    yield Message(
        "{count} answers were rated in {library}: {up} up, {down} down.",
        count=len(said),
        library=library,
        up=up,
        down=len(said) - up,
    )


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
    from assistant.export.text import byline

    return f"{article.title} — {byline(article, words(), page)}"


def _searched(scope: TimeScope) -> str:
    """What was searched, and what of the question it was read from."""
    from assistant.question.scope import in_quotes, listed, searched

    said = [Message("Searched: {articles}", articles=searched(scope))]
    if scope.near:
        said.append(Message("those nearest to {day} first", day=str(scope.near)))
    elif scope.prefers_recent:
        said.append(Message("recent ones first"))
    if scope.prefer_sources:
        said.append(Message("those by {outlets} first", outlets=listed(scope.prefer_sources)))
    if read := [word for word in (*scope.words, *scope.source_words) if word not in scope.kept]:
        said.append(Message("as the question says {words}", words=in_quotes(read)))
    undated = scope.left_out_undated
    left_out = Message.plural("{count} undated left out", "{count} undated left out", undated) if undated else ""
    notes = (Message.joined(*said, by=", "), left_out, scope.note or "")
    return Message.joined(*(Message.joined(note, ".", by="") for note in notes if note))


def _reasons(match: Match, scope: TimeScope) -> str:
    """Why a match stands where it stands, on one line."""
    why = match.why
    keywords, meaning = ("–" if rank is None else rank for rank in (why.keywords, why.meaning))
    near = str(scope.near) if scope.near else Message("the newest article")
    age: str = Message("undated")
    if why.age is not None:
        age = Message("{days} days from {day}", days=why.age, day=near)
    others = [copy.source or copy.title for copy in match.copies]
    return Message.joined(
        Message("score {score}", score=f"{match.score:.3f}"),
        Message("rank by words {keywords}, by meaning {meaning}", keywords=keywords, meaning=meaning),
        Message.joined(age, f"(× {why.age_factor:.2f})" if why.age_factor != 1 else ""),
        Message("by an outlet that is preferred") if why.preferred_source else "",
        Message("also looked up: {words}", words=", ".join(why.spellings)) if why.spellings else "",
        Message("copies: {sources}", sources=", ".join(dict.fromkeys(others))) if others else "",
        by="; ",
    )
