"""Commands for what is in the library: ``add``, ``list``, ``show``, ``tag``, ``outlet``, ``remove``, ``undo``, …"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Exit, Option, Typer

from assistant.cli import printing
from assistant.cli.common import LIBRARY, Folder, Json, catalogue, opened
from assistant.cli.printing import say, show
from vectorstore.messages import Message

if TYPE_CHECKING:
    from vectorstore.library import Library
    from vectorstore.types import Article

commands = Typer()
KINDS = ".txt .md .html .pdf .docx .odt .rtf .epub .eml .mbox .rss .jsonl .csv, and .zip or .tar.gz of them"


@commands.command()
def add(
    sources: Annotated[list[str], Argument(metavar="PATH", help=f"files ({KINDS}), folders of them, or addresses")],
    verbose: Annotated[bool, Option("--verbose", help="name every article, not only what needs attention")] = False,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Add articles from files, folders and addresses of the web."""
    from vectorstore.errors import AddInterrupted

    stopped = None
    with opened(library) as desk:
        try:
            with printing.progress(hidden=json) as on_progress:
                report = desk.add(sources, on_progress=on_progress)
        except AddInterrupted as stop:
            report, stopped = stop.report, str(stop)
        show(report.to_dict() if json else printing.added(report, verbose=verbose))
    if stopped:
        raise Exit(say(stopped, 130))
    raise Exit(bool(report.outcomes) and len(report.refused) == len(report.outcomes))


@commands.command("list")
def list_articles(library: Folder = LIBRARY, json: Json = False) -> None:
    """List the articles."""
    with catalogue(library) as stored:
        articles = stored.articles(with_text=False)
    show([_facts(article) for article in articles] if json else printing.articles(articles))


@commands.command("show")
def show_article(
    article_id: Annotated[str, Argument(metavar="ID")], library: Folder = LIBRARY, json: Json = False
) -> None:
    """Show one article."""
    with catalogue(library) as stored:
        article = stored.article(article_id)
    show(_facts(article) | {"text": article.text} if json else printing.article(article))


@commands.command()
def remove(
    ids: Annotated[list[str], Argument(metavar="ID")],
    purge: Annotated[bool, Option("--purge", help="leave nothing of them in the folder, and nothing to undo")] = False,
    library: Folder = LIBRARY,
) -> None:
    """Remove articles; `undo` brings them back within a day."""
    with opened(library) as desk:
        for article_id in ids:
            desk.library.article(article_id)  # an unknown id is named before anything is removed
        if purge:
            show(_purged(desk.library, ids))
        else:
            show(Message.plural("Removed {count} article.", "Removed {count} articles.", count=desk.remove(ids)))


@commands.command()
def tag(
    names: Annotated[list[str] | None, Argument(metavar="ID… TAG", help="articles, and the tag last")] = None,
    remove: Annotated[bool, Option("--remove", help="take the tag away from them")] = False,
    library: Folder = LIBRARY,
    json: Json = False,
) -> None:
    """Tag articles, so that a question can be asked of them alone; without arguments, list the tags."""
    if not names:
        with catalogue(library) as stored:
            counts = stored.tags.counts()
        show(counts if json else (f"{name}\t{count}" for name, count in counts.items()))
        return
    *ids, name = names
    if not ids:
        raise Exit(say(Message("Name the articles and then the tag: `assistant tag ID… {tag}`.", tag=name), 2))
    with opened(library) as desk:
        for article_id in ids:
            desk.library.article(article_id)
        count = desk.library.untag(ids, name) if remove else desk.library.tag(ids, name)
    show(
        Message.plural(
            "{tag} was taken from {count} article.", "{tag} was taken from {count} articles.", count, tag=name
        )
        if remove
        else Message.plural(
            "{count} article is now tagged {tag}.", "{count} articles are now tagged {tag}.", count, tag=name
        )
    )


@commands.command()
def outlet(
    outlet: Annotated[str, Argument(metavar="OUTLET", help="as it is called now")],
    name: Annotated[
        str, Argument(metavar="NAME", help="what it is called from now on; empty: as its articles do")
    ] = "",
    library: Folder = LIBRARY,
) -> None:
    """Give an outlet a name: `assistant outlet cnn.com CNN`."""
    with opened(library) as desk:
        desk.library.call_outlet(outlet, name)
    show(
        Message("{outlet} is now called {name}.", outlet=outlet, name=name)
        if name
        else Message("{outlet} has no name set any more.", outlet=outlet)
    )


@commands.command()
def undo(library: Folder = LIBRARY) -> None:
    """Bring back what was removed within the last day."""
    with opened(library) as desk, printing.progress() as on_progress:
        count = desk.library.undo(on_progress=on_progress).count("added")
    show(Message.plural("Brought back {count} article.", "Brought back {count} articles.", count=count))


@commands.command()
def purge(library: Folder = LIBRARY) -> None:
    """Leave no byte of removed articles in the folder; make both indexes anew."""
    with opened(library) as desk:
        show(_purged(desk.library))


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


def _facts(article: Article) -> dict[str, Any]:
    return article.to_dict() | {
        "published_from": article.published_from,
        "added": article.added.isoformat() if article.added else None,
        "origin": article.origin,
        "version": article.version,
    }
