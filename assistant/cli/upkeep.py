"""Commands that keep a library: ``backup``, ``restore``, ``export``, ``watch``, ``refresh``, ``check``, ``rebuild``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option, Typer

from assistant.cli import printing
from assistant.cli.common import LIBRARY, Folder, Json, as_it_lies, catalogue, opened
from assistant.cli.printing import say, show
from vectorstore.messages import Message

commands = Typer()
watched = Typer(rich_markup_mode=None, no_args_is_help=True, help="Pages, feeds and sitemaps that are asked again.")
commands.add_typer(watched, name="watch")


@commands.command()
def backup(file: Annotated[str, Argument(metavar="FILE.tar.gz")], library: Folder = LIBRARY) -> None:
    """Write the library to one file, also while it is in use."""
    from vectorstore.upkeep import moving

    passages = moving.backup(Path(library), Path(file))
    show(
        Message(
            "{file} holds the library. A restore makes the indexes of its {count} passages anew, in about {seconds} s.",
            file=file,
            count=passages,
            seconds=max(1, passages // moving.INDEXED_A_SECOND),
        )
    )


@commands.command()
def restore(file: Annotated[str, Argument(metavar="FILE.tar.gz")], library: Folder = LIBRARY) -> None:
    """Make a new library of a backup."""
    from vectorstore.upkeep import moving

    moving.restore(Path(file), Path(library))
    rebuild(library)


@commands.command()
def export(file: Annotated[str, Argument(metavar="FILE.jsonl")], library: Folder = LIBRARY) -> None:
    """Write the articles to a table that `add` reads back the same."""
    from vectorstore.upkeep.moving import export as written

    count, damaged = written(Path(library), Path(file))
    for article_id in damaged:
        say(Message("The article {id} is damaged and left out; `assistant check` says more.", id=article_id))
    show(Message.plural("{file} holds {count} article.", "{file} holds {count} articles.", count=count, file=file))
    raise Exit(bool(damaged))


@watched.command("add")
def watch_add(
    address: Annotated[str, Argument(metavar="FEED|SITEMAP|PAGE")],
    every: Annotated[str, Option(metavar="PACE", help="how often it is asked: 30m, 6h, 1d")] = "1h",
    library: Folder = LIBRARY,
) -> None:
    """Watch an address; `refresh` and a running `chat` ask it."""
    from vectorstore.watching import watch

    with opened(library) as desk:
        watch(desk.library, address, every)
    show(
        Message("{address} is watched. `assistant refresh` asks it now, and `assistant chat` in time.", address=address)
    )


@watched.command("list")
def watch_list(library: Folder = LIBRARY, json: Json = False) -> None:
    """List what is watched, and what went wrong."""
    with catalogue(library) as stored:
        found = stored.watches.named()
    show([asdict(each) for each in found] if json else printing.watches(found))


@watched.command("remove")
def watch_remove(address: str, library: Folder = LIBRARY) -> None:
    """Watch an address no longer; its articles stay."""
    with opened(library) as desk:
        desk.library.demand_ownership()
        known = desk.library.watches.remove(address)
    if not known:
        raise Exit(say(Message("{address} is not watched. `assistant watch list` names what is.", address=address), 1))


@commands.command()
def refresh(library: Folder = LIBRARY) -> None:
    """Ask what is watched and due, and take in what is new or changed."""
    from vectorstore.watching import Refresh

    with opened(library) as desk:
        report = Refresh(desk.library, desk.limits).run()
    show(printing.refreshed(report))


@commands.command()
def check(library: Folder = LIBRARY, json: Json = False) -> None:
    """Compare the catalogue with its indexes; change nothing."""
    with as_it_lies(library) as opened:
        report = opened.check()
    show(report.to_dict() if json else printing.checked(report))
    raise Exit(not report.ok)


@commands.command()
def rebuild(
    library: Folder = LIBRARY,
    embeddings: Annotated[
        str, Option(metavar="NAME", help="make all vectors with this model; the old ones answer until it is done")
    ] = "",
) -> None:
    """Make both indexes anew from the catalogue."""
    with as_it_lies(library, read_only=False, model=embeddings) as opened:
        try:
            with printing.progress() as on_progress:
                opened.rebuild(on_progress)
        except KeyboardInterrupt:
            raise Exit(say(Message("Stopped. The same command goes on from here."), 130)) from None
        passages = opened.check().passages
    show(Message("Both indexes are made anew from the catalogue: {count} passages.", count=passages))
