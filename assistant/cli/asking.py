"""Commands that ask the library: ``ask``, ``search``, ``batch``, ``verify``, ``eval``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Argument, Exit, Option, Typer

from assistant.cli import printing
from assistant.cli.common import LIBRARY, AsOf, Folder, Json, Outlets, Since, TagNames, Until, opened
from assistant.cli.printing import say, show
from vectorstore.messages import Message

commands = Typer()


@commands.command()
def ask(
    question: str,
    deep: Annotated[bool, Option("--deep", help="let the chat model look several things up before it writes")] = False,
    as_of: AsOf = None,
    since: Since = None,
    until: Until = None,
    sources: Outlets = None,
    tags: TagNames = None,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Ask a question; the answer cites its words."""
    from assistant.errors import ModelError

    with opened(library, read_only=True) as desk:
        reply = desk.stream(
            question, as_of=as_of, since=since, until=until, sources=sources, tags=tags or (), deep=deep
        )
        growing, steps = printing.Growing(desk.writer), 0
        try:
            for piece in reply:
                if not piece and reply.status:
                    say(reply.status)
                if not json:
                    show(printing.steps(reply.trail, steps))
                    steps = len(reply.trail)
                    growing.feed(piece)
            answer = reply.answer
        except ModelError as error:
            show(printing.nearest(error.found))
            raise
    if not json:
        growing.finish()
    show(answer.to_dict() if json else printing.below(answer, growing.raw))


@commands.command()
def search(
    question: str,
    explain: Annotated[bool, Option("--explain", help="say why each passage stands where it stands")] = False,
    k: Annotated[int, Option("-k", metavar="N", help="how many passages")] = 10,
    as_of: AsOf = None,
    since: Since = None,
    until: Until = None,
    sources: Outlets = None,
    tags: TagNames = None,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Find the passages that fit a question."""
    limits: dict[str, Any] = {"as_of": as_of, "since": since, "until": until, "sources": sources}
    limits["tags"] = tags or ()
    with opened(library, read_only=True) as desk:
        scope = desk.scope(question, **limits)
        found = desk.search(question, k=k, **limits)
    if json:
        show([match.to_dict() | ({"why": match.why.to_dict()} if explain else {}) for match in found])
    else:
        show(printing.matches(found, scope, explain=explain))


@commands.command()
def batch(
    questions: Annotated[str, Argument(metavar="FILE", help="questions: .txt, one a line; or .csv, .jsonl, .xlsx")],
    output: Annotated[str, Option("--output", "-o", metavar="FILE", help="answers: .jsonl .csv .md .html or .xlsx")],
    workers: Annotated[int, Option(metavar="N", help="questions asked at a time")] = 4,
    budget: Annotated[float | None, Option(metavar="DOLLARS", help="stop before it costs more than this")] = None,
    batch_api: Annotated[
        bool, Option("--batch-api", help="through OpenAI's Batch API: half the price, within a day")
    ] = False,
    no_cache: Annotated[bool, Option("--no-cache", help="ask again what was answered before")] = False,
    compare: Annotated[
        str | None, Option(metavar="OLD.jsonl", help="name what an earlier run answered otherwise")
    ] = None,
    library: Folder = LIBRARY,
) -> None:
    """Ask the questions in a file, several at a time; the same command goes on after a stop.

    Exit status: 0 all answered, 1 some failed or left, 3 with --compare something changed.
    """
    from assistant.batch import run
    from assistant.batch.questions import read

    rows, old = read(Path(questions)), run.read_rows(Path(compare)) if compare else None
    with opened(library, read_only=True) as desk, printing.progress() as on_progress:
        try:
            done = run.run(
                desk,
                rows,
                Path(output),
                workers=workers,
                budget=budget,
                batch_api=batch_api,
                cached=not no_cache,
                on_progress=on_progress,
            )
        except KeyboardInterrupt:
            raise Exit(say(Message("Stopped. The same command goes on from here."), 130)) from None
    raise Exit(printing.batch(done, output, old))


@commands.command()
def verify(
    draft: Annotated[Path, Argument(metavar="FILE.md", exists=True, dir_okay=False, help="a text in Markdown")],
    form: Annotated[Literal["markdown", "json", "html"], Option("--format", help="of the report")] = "markdown",
    output: Annotated[Path | None, Option("--output", "-o", metavar="FILE", help="where to write the report")] = None,
    library: Folder = LIBRARY,
) -> None:
    """Hold each sentence of a draft against the library.

    Exit status: 0 all carried or nothing to check, 4 something is contradicted or not told.
    """
    from assistant.drafts.report import written

    with opened(library, read_only=True) as desk:
        report = desk.verify(draft.read_text("utf-8", "replace"))
    text = written(report, form)
    if output:
        output.write_text(text, "utf-8")
    else:
        show(text, end="")
    raise Exit(0 if report.ok else 4)


@commands.command("eval")
def evaluate(
    cases: Annotated[Path | None, Argument(metavar="CASES.jsonl", help="questions with their right answers")] = None,
    make: Annotated[int, Option(metavar="N", help="have the chat model draft N cases, to be corrected")] = 0,
    html: Annotated[Path | None, Option(metavar="FILE", help="write everything there too")] = None,
    compare: Annotated[Path | None, Option(metavar="OLD.json", help="what `eval --json` printed earlier")] = None,
    workers: Annotated[int, Option(metavar="N", help="questions asked at a time")] = 1,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Measure how well a set of questions is answered; or draft such a set with --make."""
    from assistant.evaluation import evaluating, report
    from assistant.evaluation.cases import drafted, read
    from assistant.settings import Settings
    from assistant.wiring import chat_writer

    if (cases is None) == (not make):
        raise Exit(say(Message("Give a file of cases, or --make N to draft one."), 2))
    with opened(library, read_only=True) as desk:
        if cases is None:
            chat = chat_writer(Settings())
            for case in drafted(desk.library, chat.reply if chat else None, make):
                if isinstance(case, Message):
                    say(case)
                else:
                    show(case.model_dump_json(exclude_defaults=True))
            return
        with printing.progress(hidden=json) as on_progress:
            done = evaluating.evaluate(desk, read(cases), workers=workers, on_progress=on_progress)
    compared = evaluating.compared(done.rows, compare) if compare else {}
    if html:
        html.write_text(report.html(done, compared), "utf-8")
    if json:
        show(done.to_dict() | {"compared": compared})
        return
    printing.figures(report.table(done.summary(), printing.words()))
    if compare:
        printing.figures(report.differences(compared, printing.words()))
