"""The command line's grammar: ``assistant add | ask | search | chat | serve | list | show | remove | …``.

Everything heavy is imported by the command that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Exit, Option, Typer
from typer.main import get_command

from assistant.cli import printing
from assistant.cli.printing import say, show
from vectorstore.messages import Message

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from vectorstore.library import Library
    from vectorstore.storage.catalogue import Catalogue
    from vectorstore.types import Article

# Without Rich's markup in help texts, which more than doubles the time that `--help` takes.
app = Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Ask your articles; every sentence of the answer points to its words.",
)


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status. No error leaves it as a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no “ shows ?
    try:
        get_command(app).main(arguments, prog_name="assistant")
    except SystemExit as end:
        return 0 if isinstance(end.__context__, BrokenPipeError) else int(end.code or 0)  # `assistant list | head`
    except Exception as error:
        if os.environ.get("ASSISTANT_DEBUG"):
            raise
        return say(_plain(error), 1)
    return 0


def _plain(error: Exception) -> str:
    from assistant.errors import AssistantError
    from vectorstore.errors import LibraryError

    if isinstance(error, AssistantError | LibraryError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The system'}: {error.strerror}."
    return (
        f"Something went wrong that we did not foresee ({type(error).__name__}: {error}). Nothing acknowledged is "
        "lost. Run the command again with ASSISTANT_DEBUG=1 for the details, and please report them."
    )


# -- options that several commands take

Folder = Annotated[str, Option("--library", metavar="DIR", envvar="ASSISTANT_LIBRARY", help="folder of the library")]
Json = Annotated[bool, Option("--json", help="print JSON")]
AsOf = Annotated[str | None, Option(metavar="DAY", help="use only what was published by then (YYYY-MM-DD)")]
Since = Annotated[str | None, Option(metavar="DAY", help="published on this day or later")]
Until = Annotated[str | None, Option(metavar="DAY", help="published on this day or earlier")]
Outlets = Annotated[list[str] | None, Option("--source", metavar="NAME", help="only this outlet; may be given again")]
LIBRARY = "library"
KINDS = ".txt .md .html .pdf .docx .odt .rtf .epub .eml .mbox .rss .jsonl .csv, and .zip or .tar.gz of them"


# -- commands


@app.command()
def add(
    sources: Annotated[list[str], Argument(metavar="PATH", help=f"files ({KINDS}), folders of them, or addresses")],
    verbose: Annotated[bool, Option("--verbose", help="name every article, not only what needs attention")] = False,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Add articles from files, folders and addresses of the web."""
    from vectorstore.errors import AddInterrupted

    stopped = None
    with _opened(library) as desk:
        try:
            with printing.progress(hidden=json) as on_progress:
                report = desk.add(sources, on_progress=on_progress)
        except AddInterrupted as stop:
            report, stopped = stop.report, str(stop)
        show(report.to_dict() if json else printing.added(report, verbose=verbose))
    if stopped:
        raise Exit(say(stopped, 130))
    raise Exit(bool(report.outcomes) and len(report.refused) == len(report.outcomes))


@app.command()
def ask(
    question: str,
    deep: Annotated[bool, Option("--deep", help="let the chat model look several things up before it writes")] = False,
    as_of: AsOf = None,
    since: Since = None,
    until: Until = None,
    sources: Outlets = None,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Ask a question; the answer cites its words."""
    from assistant.errors import ModelError

    with _opened(library, read_only=True) as desk:
        reply = desk.stream(question, as_of=as_of, since=since, until=until, sources=sources, deep=deep)
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


@app.command()
def batch(
    questions: Annotated[str, Argument(metavar="FILE", help="questions: .txt, one a line; or .csv, .jsonl, .xlsx")],
    output: Annotated[str, Option("--output", "-o", metavar="FILE", help="answers: .jsonl .csv .md .html or .xlsx")],
    workers: Annotated[int, Option(metavar="N", help="questions asked at a time")] = 4,
    budget: Annotated[float | None, Option(metavar="DOLLARS", help="stop before it costs more than this")] = None,
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
    with _opened(library, read_only=True) as desk, printing.progress() as on_progress:
        try:
            done = run.run(desk, rows, Path(output), workers=workers, budget=budget, on_progress=on_progress)
        except KeyboardInterrupt:
            raise Exit(say(Message("Stopped. The same command goes on from here."), 130)) from None
    raise Exit(printing.batch(done, output, old))


@app.command()
def search(
    question: str,
    explain: Annotated[bool, Option("--explain", help="say why each passage stands where it stands")] = False,
    k: Annotated[int, Option("-k", metavar="N", help="how many passages")] = 10,
    as_of: AsOf = None,
    since: Since = None,
    until: Until = None,
    sources: Outlets = None,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Find the passages that fit a question."""
    limits: dict[str, Any] = {"as_of": as_of, "since": since, "until": until, "sources": sources}
    with _opened(library, read_only=True) as desk:
        scope = desk.scope(question, **limits)
        found = desk.search(question, k=k, **limits)
    if json:
        show([match.to_dict() | ({"why": match.why.to_dict()} if explain else {}) for match in found])
    else:
        show(printing.matches(found, scope, explain=explain))


@app.command()
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

    with _opened(library, read_only=True) as desk:
        report = desk.verify(draft.read_text("utf-8", "replace"))
    text = written(report, form)
    if output:
        output.write_text(text, "utf-8")
    else:
        show(text, end="")
    raise Exit(0 if report.ok else 4)


@app.command("eval")
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
    with _opened(library, read_only=True) as desk:
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
    printing.figures(report.table(done.summary()))
    if compare:
        printing.figures(report.differences(compared))


@app.command()
def chat(
    library: Folder = LIBRARY,
    host: Annotated[str, Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, Option(help="port to listen on")] = 7860,
    auth: Annotated[str | None, Option(metavar="FILE", help="who may log in; python -m ui.users makes it")] = None,
    answers: Annotated[int, Option(metavar="N", help="answers written at once")] = 64,
    public_url: Annotated[str | None, Option(metavar="URL", help="where readers open it behind a proxy")] = None,
    proxy: Annotated[list[str] | None, Option(metavar="ADDRESS", help="the proxy's IP address or network")] = None,
) -> None:
    """Open the chat page."""
    # The page is the layer above this one: started by its name, never imported.
    import runpy

    given = {"library": library, "host": host, "port": port, "answers": answers, "auth": auth, "public-url": public_url}
    sys.argv = ["ui", *(f"--{name}={value}" for name, value in given.items() if value is not None)]
    sys.argv += [f"--proxy={address}" for address in proxy or ()]
    runpy.run_module("ui", run_name="__main__", alter_sys=True)


@app.command()
def serve(
    library: Folder = LIBRARY,
    host: Annotated[str, Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, Option(help="port to listen on")] = 7861,
    per_minute: Annotated[int, Option(metavar="N", min=1, help="requests a minute that each key may make")] = 60,
) -> None:
    """Serve other programs: REST, and OpenAI's protocol under /v1."""
    from assistant.service import application

    with _opened(library, read_only=True) as desk:
        application.serve(
            desk,
            host=host,
            port=port,
            per_minute=per_minute,
            announce=lambda address: show(f"{address}/v1 for OpenAI's clients, {address}/api/docs for the rest."),
        )


@app.command()
def mcp(library: Folder = LIBRARY) -> None:
    """Serve a program with a model by MCP, on standard input and output."""
    from assistant.service.mcp import server

    with _opened(library, read_only=True) as desk:
        server(desk).run("stdio")


keys = Typer(rich_markup_mode=None, no_args_is_help=True, help="Add, list and remove the keys of the service.")
app.add_typer(keys, name="keys")


@keys.command("add")
def add_key(
    name: str,
    role: Annotated[Literal["ask", "search"], Option(help="search: no questions")] = "ask",
    library: Folder = LIBRARY,
) -> None:
    """Make a key; it is shown only now."""
    from assistant.service.keys import Keys

    show(Keys(library).add(name, role))
    say("Keep it now: it is not shown again. Programs send it as Authorization: Bearer KEY.")


@keys.command("list")
def list_keys(library: Folder = LIBRARY) -> None:
    """List the keys by their names."""
    from assistant.service.keys import Keys

    show(f"{name}\t{key.role}\t{key.added:%Y-%m-%d}" for name, key in Keys(library).all().items())


@keys.command("remove")
def remove_key(name: str, library: Folder = LIBRARY) -> None:
    """Remove a key; the service refuses it at once."""
    from assistant.service.keys import Keys

    Keys(library).remove(name)


@app.command("list")
def list_articles(library: Folder = LIBRARY, json: Json = False) -> None:
    """List the articles."""
    with _catalogue(library) as catalogue:
        articles = catalogue.articles(with_text=False)
    show([_facts(article) for article in articles] if json else printing.articles(articles))


@app.command("show")
def show_article(
    article_id: Annotated[str, Argument(metavar="ID")], library: Folder = LIBRARY, json: Json = False
) -> None:
    """Show one article."""
    with _catalogue(library) as catalogue:
        article = catalogue.article(article_id)
    show(_facts(article) | {"text": article.text} if json else printing.article(article))


@app.command()
def remove(
    ids: Annotated[list[str], Argument(metavar="ID")],
    purge: Annotated[bool, Option("--purge", help="leave nothing of them in the folder, and nothing to undo")] = False,
    library: Folder = LIBRARY,
) -> None:
    """Remove articles; `undo` brings them back within a day."""
    with _opened(library) as desk:
        for article_id in ids:
            desk.library.article(article_id)  # an unknown id is named before anything is removed
        if purge:
            show(_purged(desk.library, ids))
        else:
            show(Message.plural("Removed {count} article.", "Removed {count} articles.", count=desk.remove(ids)))


@app.command()
def undo(library: Folder = LIBRARY) -> None:
    """Bring back what was removed within the last day."""
    with _opened(library) as desk, printing.progress() as on_progress:
        count = desk.library.undo(on_progress=on_progress).count("added")
    show(Message.plural("Brought back {count} article.", "Brought back {count} articles.", count=count))


@app.command()
def purge(library: Folder = LIBRARY) -> None:
    """Leave no byte of removed articles in the folder; make both indexes anew."""
    with _opened(library) as desk:
        show(_purged(desk.library))


@app.command()
def backup(file: Annotated[str, Argument(metavar="FILE.tar.gz")], library: Folder = LIBRARY) -> None:
    """Write the library to one file, also while it is in use."""
    from vectorstore import moving

    passages = moving.backup(Path(library), Path(file))
    show(
        Message(
            "{file} holds the library. A restore makes the indexes of its {count} passages anew, in about {seconds} s.",
            file=file,
            count=passages,
            seconds=max(1, passages // moving.INDEXED_A_SECOND),
        )
    )


@app.command()
def restore(file: Annotated[str, Argument(metavar="FILE.tar.gz")], library: Folder = LIBRARY) -> None:
    """Make a new library of a backup."""
    from vectorstore import moving

    moving.restore(Path(file), Path(library))
    rebuild(library)


@app.command()
def export(file: Annotated[str, Argument(metavar="FILE.jsonl")], library: Folder = LIBRARY) -> None:
    """Write the articles to a table that `add` reads back the same."""
    from vectorstore.moving import export as written

    count, damaged = written(Path(library), Path(file))
    for article_id in damaged:
        say(Message("The article {id} is damaged and left out; `assistant check` says more.", id=article_id))
    show(Message.plural("{file} holds {count} article.", "{file} holds {count} articles.", count=count, file=file))
    raise Exit(bool(damaged))


watched = Typer(rich_markup_mode=None, no_args_is_help=True, help="Pages, feeds and sitemaps that are asked again.")
app.add_typer(watched, name="watch")


@watched.command("add")
def watch_add(
    address: Annotated[str, Argument(metavar="FEED|SITEMAP|PAGE")],
    every: Annotated[str, Option(metavar="PACE", help="how often it is asked: 30m, 6h, 1d")] = "1h",
    library: Folder = LIBRARY,
) -> None:
    """Watch an address; `refresh` and a running `chat` ask it."""
    from vectorstore.watching import watch

    with _opened(library) as desk:
        watch(desk.library, address, every)
    show(
        Message("{address} is watched. `assistant refresh` asks it now, and `assistant chat` in time.", address=address)
    )


@watched.command("list")
def watch_list(library: Folder = LIBRARY, json: Json = False) -> None:
    """List what is watched, and what went wrong."""
    with _catalogue(library) as catalogue:
        found = catalogue.watches.named()
    show([asdict(each) for each in found] if json else printing.watches(found))


@watched.command("remove")
def watch_remove(address: str, library: Folder = LIBRARY) -> None:
    """Watch an address no longer; its articles stay."""
    with _opened(library) as desk:
        desk.library.demand_ownership()
        known = desk.library.watches.remove(address)
    if not known:
        raise Exit(say(Message("{address} is not watched. `assistant watch list` names what is.", address=address), 1))


@app.command()
def refresh(library: Folder = LIBRARY) -> None:
    """Ask what is watched and due, and take in what is new or changed."""
    from vectorstore.watching import Refresh

    with _opened(library) as desk:
        report = Refresh(desk.library, desk.limits).run()
    show(printing.refreshed(report))


@app.command()
def check(library: Folder = LIBRARY, json: Json = False) -> None:
    """Compare the catalogue with its indexes; change nothing."""
    with _as_it_lies(library) as opened:
        report = opened.check()
    show(report.to_dict() if json else printing.checked(report))
    raise Exit(not report.ok)


@app.command()
def feedback(library: Folder = LIBRARY, json: Json = False) -> None:
    """Show what readers said of answers, with the answers."""
    from assistant.history.conversations import Conversations

    with Conversations(library, read_only=True) as conversations:
        said = conversations.feedback()
    show([each.to_dict() for each in said] if json else printing.feedback(said, library))


@app.command()
def doctor(json: Json = False) -> None:
    """Try what is set up here, the chat model above all, and say what it can do."""
    from assistant.cli.doctor import examine
    from assistant.settings import Settings

    found = list(examine(Settings()))
    show([each.to_dict() for each in found] if json else printing.findings(found))
    raise Exit(not all(each.ok for each in found if each.about == "answers"))


@app.command()
def rebuild(library: Folder = LIBRARY) -> None:
    """Make both indexes anew from the catalogue."""
    with _as_it_lies(library, read_only=False) as opened:
        with printing.progress() as on_progress:
            opened.rebuild(on_progress)
        passages = opened.check().passages
    show(f"Both indexes are made anew from the catalogue: {passages} passages.")


@contextmanager
def _opened(library: str, *, read_only: bool = False) -> Iterator[Assistant]:
    from assistant.assistant import Assistant

    with Assistant.open(library, read_only=read_only) as desk:
        for notice in desk.library.notices:
            say(notice)
        yield desk


def _purged(library: Library, ids: Sequence[str] = ()) -> str:
    with printing.progress() as on_progress:
        count = library.purge(ids, on_progress=on_progress)
    return Message.plural(
        "Nothing is left of {count} article in the library. Earlier backups, and answers kept in conversations that "
        "quote it, are not touched.",
        "Nothing is left of {count} articles in the library. Earlier backups, and answers kept in conversations that "
        "quote them, are not touched.",
        count=count,
    )


def _catalogue(library: str) -> closing[Catalogue]:
    """The articles alone: what searches them takes four times as long to load as a list takes."""
    from vectorstore.storage.catalogue import Catalogue

    return closing(Catalogue.to_read(library))


@contextmanager
def _as_it_lies(folder: str, *, read_only: bool = True) -> Iterator[Library]:
    """The library without the mending that opening it does."""
    from assistant.settings import Settings
    from assistant.wiring import embeddings
    from vectorstore.library import Library

    with Library.open(folder, embeddings=embeddings(Settings()), read_only=read_only, recover=False) as library:
        yield library


def _facts(article: Article) -> dict[str, Any]:
    return article.to_dict() | {
        "published_from": article.published_from,
        "added": article.added.isoformat() if article.added else None,
        "origin": article.origin,
        "version": article.version,
    }
