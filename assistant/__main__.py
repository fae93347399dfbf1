"""The command line: ``assistant add | ask | search | chat | list | show | remove | check | feedback | rebuild``.

Everything heavy is imported by the command that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant.words import day_in_words

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.types import Answer, Step
    from vectorstore.types import AddReport, Article, Match, OnProgress, TimeScope

DEFAULT_LIBRARY = "library"

_WRITERS = {
    "extractive": "extractive (quotes only, no model)",
    "catalogue": "the catalogue (no search, no model)",
    "assistant": "none (no search, no model)",
}
_INTERRUPTED = 130
"""What shells expect after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0 done, 1 not done, 2 wrong usage, 130 stopped."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except KeyboardInterrupt:
        return _say("Stopped.", _INTERRUPTED)
    except BrokenPipeError:  # `assistant list | head`
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the interpreter's last flush
        return 0
    except Exception as error:
        if os.environ.get("ASSISTANT_DEBUG"):
            raise
        return _say(_plain(error), 1)


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


# -- commands


def _add(options: argparse.Namespace) -> int:
    from vectorstore.errors import AddInterrupted

    with _opened(options) as desk, _progress_bar("articles", hidden=options.json) as on_progress:
        try:
            report = desk.add(options.sources, on_progress=on_progress)
        except AddInterrupted as stop:
            _print_report(stop.report, options)
            return _say(str(stop), _INTERRUPTED)
    _print_report(report, options)
    return int(bool(report.outcomes) and len(report.refused) == len(report.outcomes))


def _ask(options: argparse.Namespace) -> int:
    with _opened(options, read_only=True) as desk:
        reply = desk.stream(options.question, **_scope(options), deep=options.deep)
        shown, steps = "", 0
        for piece in reply:
            if not options.json:
                steps = _print_trail(reply.trail, steps)
            shown += piece
            if not piece and reply.status:
                _say(reply.status)
            if not options.json:
                print(_printable(piece), end="", flush=True)
        answer = reply.answer
    if options.json:
        return _print_json(answer.to_dict())
    if answer.text != shown:
        _print_correction(answer)
    _print_sources(answer)
    return 0


def _search(options: argparse.Namespace) -> int:
    with _opened(options, read_only=True) as desk:
        scope = desk.scope(options.question, **_scope(options))
        matches = desk.search(options.question, k=options.k, **_scope(options))
    if options.json:
        why = [{"why": match.why.to_dict()} if options.explain else {} for match in matches]
        return _print_json([match.to_dict() | said for match, said in zip(matches, why, strict=True)])
    if options.explain:
        print(f"Searched: {_in_words(scope)}\n")
    if not matches:
        print("Nothing in the library is inside this scope.")
    for match in matches:
        print(f"{match.rank}. {_headline(match.article)}  [{match.article.id}, {match.start}–{match.end}]")
        if options.explain:
            print(f"   {_reasons(match, scope)}")
        print(f"   {_printable(' '.join(match.text.split()))}\n")
    return 0


def _chat(options: argparse.Namespace) -> int:
    # The page is the layer above this one: started by its name, never imported.
    import runpy

    sys.argv = ["ui", "--library", options.library, "--host", options.host, "--port", str(options.port)]
    sys.argv += ["--answers", str(options.answers)] + (["--auth", options.auth] if options.auth else [])
    sys.argv += ["--public-url", options.public_url] if options.public_url else []
    sys.argv += [f"--proxy={proxy}" for proxy in options.proxy]
    runpy.run_module("ui", run_name="__main__", alter_sys=True)
    return 0


def _list(options: argparse.Namespace) -> int:
    with _opened(options, read_only=True) as desk:
        articles = desk.articles(with_text=False)
    if options.json:
        return _print_json([_full(article, text=False) for article in articles])
    for article in articles:
        print(f"{article.id}  {_headline(article)}")
    print(f"{len(articles)} articles, {sum(article.published is None for article in articles)} of them undated.")
    return 0


def _show(options: argparse.Namespace) -> int:
    with _opened(options, read_only=True) as desk:
        article = desk.library.article(options.id)
    if options.json:
        return _print_json(_full(article, text=True))
    facts = {
        "Source": article.source,
        "Published": article.published,
        "Updated": article.updated,
        "Added": article.added and f"{article.added:%Y-%m-%d %H:%M} UTC",
        "Authors": ", ".join(article.authors),
        "Address": article.url,
        "Read from": article.origin,
        "Version": article.version,
    }
    print(_printable(article.title))
    for name, value in facts.items():
        print(f"{name + ':':<11}{_printable(str(value)) if value else 'not known'}")
    print(f"\n{_printable(article.text)}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    with _opened(options) as desk:
        for article_id in options.ids:
            desk.library.article(article_id)  # an unknown id is named before anything is removed
        removed = desk.remove(options.ids)
    print(f"Removed {removed} articles.")
    return 0


def _check(options: argparse.Namespace) -> int:
    with _library(options) as library:
        report = library.check()
    if options.json:
        _print_json(report.to_dict())
    else:
        print(
            f"{report.articles} articles ({report.undated} undated) in {report.passages} passages; "
            f"{report.vectors} in the vector index, {report.keywords} in the keyword index."
        )
        for problem in report.problems:
            print(f"- {problem.what}. Run: {problem.run}")
        if report.ok:
            print("All in step.")
    return 0 if report.ok else 1


def _rebuild(options: argparse.Namespace) -> int:
    with _library(options, read_only=False) as library, _progress_bar("", hidden=False) as on_progress:
        library.rebuild(on_progress)
        passages = library.check().passages
    print(f"Both indexes are made anew from the catalogue: {passages} passages.")
    return 0


def _feedback(options: argparse.Namespace) -> int:
    from assistant.conversations import Conversations

    with Conversations(options.library, read_only=True) as conversations:
        said = conversations.feedback()
    if options.json:
        return _print_json([each.to_dict() for each in said])
    for each in said:
        who = f" by {each.user}" if each.user else ""
        lines = [f"{each.given:%Y-%m-%d %H:%M} UTC{who}: {each.answer.question}", each.answer.text]
        lines += [f"“{each.comment}”"] if each.comment else []
        print(f"{each.rating:<5}" + "\n     ".join(_printable(" ".join(line.split())) for line in lines))
    up = sum(each.rating == "up" for each in said)
    print(f"{len(said)} answers were rated in {options.library}: {up} up, {len(said) - up} down.")
    return 0


# -- opening


@contextmanager
def _opened(options: argparse.Namespace, *, read_only: bool = False) -> Iterator[Assistant]:
    from assistant.assistant import Assistant

    with Assistant.open(options.library, read_only=read_only) as desk:
        for notice in desk.library.notices:
            _say(notice)
        yield desk


@contextmanager
def _library(options: argparse.Namespace, *, read_only: bool = True) -> Iterator[Any]:
    """The library as it lies there, without mending."""
    from assistant.settings import Settings
    from assistant.wiring import embeddings
    from vectorstore.library import Library

    model = embeddings(Settings())
    with Library.open(options.library, embeddings=model, read_only=read_only, recover=False) as library:
        yield library


@contextmanager
def _progress_bar(unit: str, *, hidden: bool) -> Iterator[OnProgress | None]:
    if hidden:
        yield None
        return
    from tqdm import tqdm

    from vectorstore.types import Progress

    unit = f" {unit}" if unit else ""
    with tqdm(desc="starting", unit=unit, file=sys.stderr, dynamic_ncols=True, leave=False) as bar:

        def show(progress: Progress) -> None:
            if bar.desc != f"{progress.task}: ":
                bar.reset()
                bar.set_description(progress.task, refresh=False)
            if progress.total:
                bar.total = progress.total
            bar.update(progress.done - bar.n)

        yield show


def _scope(options: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(options, name) for name in ("as_of", "since", "until", "sources")}


# -- printing


def _print_report(report: AddReport, options: argparse.Namespace) -> None:
    if options.json:
        _print_json(report.to_dict())
        return
    shown = {"refused", "changed", "duplicate"} | ({"added", "unchanged"} if options.verbose else set())
    for outcome in report.outcomes:
        if outcome.kind in shown:
            print(_printable(f"{outcome.kind:<10}{outcome.source}: {outcome.reason or outcome.title or ''}"))
    parts = [f"{report.count('added')} added", f"{report.count('changed')} changed"]
    parts += [f"{report.count('unchanged')} unchanged", f"{report.count('duplicate')} duplicates"]
    print(f"{', '.join(parts)}, {len(report.refused)} refused; {report.passages} passages in {report.seconds:.1f} s.")


def _print_correction(answer: Answer) -> None:
    """The answer as it stands now, where what was printed while it came is not its last word."""
    changed = [(answer.mended, "corrected"), (answer.dropped, "left out")]
    what = " and ".join(f"{count} {'sentence' if count == 1 else 'sentences'} {how}" for count, how in changed if count)
    print(f"\n\nChecked against its sources: {what or 'corrected'}. The answer now reads:\n\n{_printable(answer.text)}")


def _print_trail(trail: Sequence[Step], shown: int) -> int:
    """What a deep question looked up beyond the first ``shown`` steps; how many have been shown now."""
    for number, step in enumerate(trail[shown:], shown + 1):
        done = f"read for “{step.asked}”" if step.kind == "read" else f"searched for “{step.asked}”"
        said = [f"{done}:" if step.asked else "", "; ".join(article.title for article in step.found), step.note]
        print(_printable(f"{number}. {' '.join(filter(None, said))}"), flush=True)
    return len(trail)


def _print_sources(answer: Answer) -> None:
    print()
    if answer.searched_for:
        print(f"\nSearched for: {_printable(answer.searched_for)}")
    if answer.citations:
        print("\nSources")
    for citation in answer.citations:
        print(f"[{citation.number}] {_headline(citation.article)}")
        print(f"    “{_printable(' '.join(citation.quote.split()))}”")
        print(f"    {_printable(citation.article.url or citation.article.origin)}")
    for statement in answer.statements:
        if statement.support != "verified":
            print(f"Not carried by its source ({statement.reason}): {_printable(statement.text)}")
    if answer.nearest:
        print("\nNearest articles")
        for article in dict.fromkeys(match.article for match in answer.nearest):
            print(f"- {_headline(article)}")
    if answer.state != "complete" and answer.reason:
        print(f"\n{answer.reason}")
    if answer.scope.source_words or answer.scope.words or answer.scope.left_out_undated or answer.scope.note:
        print(f"\nSearched: {_in_words(answer.scope)}")
    writer = _WRITERS.get(answer.model, answer.model)
    print(f"\nWriter: {writer}; search {answer.seconds_search:.2f} s, writing {answer.seconds_write:.2f} s.")


def _in_words(scope: TimeScope) -> str:
    """What was searched, and what of the question it was read from."""
    from assistant.scope import listed, searched

    alone = scope.limits or scope.sources or scope.without_sources
    said = [searched(scope) if alone else "all articles"]
    if scope.near:
        said.append(f"those nearest to {scope.near} first")
    elif scope.prefers_recent:
        said.append("recent ones first")
    if scope.prefer_sources:
        said.append(f"those by {listed(scope.prefer_sources)} first")
    line = ", ".join(said)
    if words := [word for word in (*scope.words, *scope.source_words) if word not in scope.kept]:
        line += f", as the question says “{'”, “'.join(words)}”"
    line += "."
    if scope.left_out_undated:
        line += f" {scope.left_out_undated} undated left out."
    return _printable(f"{line} {scope.note}." if scope.note else line)


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
    return _printable("; ".join(said))


def _headline(article: Article) -> str:
    day = day_in_words(article.published) if article.published else "no date known"
    updated = f", updated {day_in_words(article.updated_since)}" if article.updated_since else ""
    return _printable(f"{article.title} — {article.source or 'source not known'}, {day}{updated}")


def _full(article: Article, *, text: bool) -> dict[str, Any]:
    facts = article.to_dict() | {
        "published_from": article.published_from,
        "added": article.added.isoformat() if article.added else None,
        "origin": article.origin,
        "version": article.version,
    }
    return facts | {"text": article.text} if text else facts


def _print_json(value: Any) -> int:
    print(json.dumps(value, ensure_ascii=False, indent=2))
    return 0


def _printable(text: str) -> str:
    """Without control characters: a terminal would obey them."""
    return "".join(character for character in text if character >= " " or character in "\n\t").replace("\x7f", "")


def _say(message: str, status: int = 0) -> int:
    print(f"assistant: {message}", file=sys.stderr)
    return status


# -- the grammar


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assistant", description="Ask your articles; every sentence of the answer points to its words."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--library",
        metavar="DIR",
        default=os.environ.get("ASSISTANT_LIBRARY") or DEFAULT_LIBRARY,
        help="folder of the library (default: $ASSISTANT_LIBRARY or ./library)",
    )
    printing = argparse.ArgumentParser(add_help=False)
    printing.add_argument("--json", action="store_true", help="print JSON")
    scope = argparse.ArgumentParser(add_help=False)
    scope.add_argument("--as-of", metavar="DAY", help="use only what was published by then (YYYY-MM-DD)")
    scope.add_argument("--since", metavar="DAY", help="published on this day or later")
    scope.add_argument("--until", metavar="DAY", help="published on this day or earlier")
    scope.add_argument(
        "--source", metavar="NAME", action="append", dest="sources", help="only this outlet; may be given again"
    )

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, *parents: Any) -> Any:
        made = commands.add_parser(name, help=text, description=text, parents=[shared, *parents])
        made.set_defaults(command=run)
        return made

    add = command("add", _add, "Add articles from files, folders and addresses of the web.", printing)
    add.add_argument(
        "sources",
        nargs="+",
        metavar="PATH",
        help="files (.txt .md .html .jsonl .jsonl.gz .csv), folders of them, or addresses (https://…)",
    )
    add.add_argument("--verbose", action="store_true", help="name every article, not only what needs attention")
    ask = command("ask", _ask, "Ask a question; the answer cites its words.", printing, scope)
    ask.add_argument("question")
    ask.add_argument("--deep", action="store_true", help="let the chat model look several things up before it writes")
    search = command("search", _search, "Find the passages that fit a question.", printing, scope)
    search.add_argument("question")
    search.add_argument("--explain", action="store_true", help="say why each passage stands where it stands")
    search.add_argument("-k", type=int, default=10, metavar="N", help="how many passages (default 10)")
    chat = command("chat", _chat, "Open the chat page.")
    chat.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    chat.add_argument("--port", type=int, default=7860, help="port to listen on (default 7860)")
    chat.add_argument("--auth", metavar="FILE", help="users who may log in; python -m ui.users NAME makes a line of it")
    chat.add_argument("--answers", type=int, default=64, metavar="N", help="answers written at once (default 64)")
    chat.add_argument("--public-url", metavar="URL", help="where readers open it, if a server before it passes them on")
    chat.add_argument(
        "--proxy", action="append", default=[], metavar="ADDRESS", help="that server's IP address or network"
    )
    command("list", _list, "List the articles.", printing)
    command("show", _show, "Show one article.", printing).add_argument("id")
    command("remove", _remove, "Remove articles.").add_argument("ids", nargs="+", metavar="ID")
    command("check", _check, "Compare the catalogue with its indexes; change nothing.", printing)
    command("feedback", _feedback, "Show what readers said of answers, with the answers.", printing)
    command("rebuild", _rebuild, "Make both indexes anew from the catalogue.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
