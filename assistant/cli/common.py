"""What several groups of commands share: options, and the ways to open a library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

from typer import Option

from assistant.cli.printing import say

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from assistant.assistant import Assistant
    from vectorstore.library import Library
    from vectorstore.storage.articles.catalogue import Catalogue

Folder = Annotated[str, Option("--library", metavar="DIR", envvar="ASSISTANT_LIBRARY", help="folder of the library")]
Json = Annotated[bool, Option("--json", help="print JSON")]
AsOf = Annotated[str | None, Option(metavar="DAY", help="use only what was published by then (YYYY-MM-DD)")]
Since = Annotated[str | None, Option(metavar="DAY", help="published on this day or later")]
Until = Annotated[str | None, Option(metavar="DAY", help="published on this day or earlier")]
Outlets = Annotated[list[str] | None, Option("--source", metavar="NAME", help="only this outlet; may be given again")]
TagNames = Annotated[list[str] | None, Option("--tag", metavar="TAG", help="only what carries it; may be given again")]
LIBRARY = "library"


@contextmanager
def opened(library: str, *, read_only: bool = False) -> Iterator[Assistant]:
    from assistant.assistant import Assistant

    with Assistant.open(library, read_only=read_only) as desk:
        for notice in desk.library.notices:
            say(notice)
        yield desk


def catalogue(library: str) -> closing[Catalogue]:
    """The articles alone: what searches them takes four times as long to load as a list takes."""
    from vectorstore.storage.articles.catalogue import Catalogue

    return closing(Catalogue.to_read(library))


@contextmanager
def as_it_lies(folder: str, *, read_only: bool = True, model: str = "") -> Iterator[Library]:
    """The library without the mending that opening it does, and ``model`` for its embeddings where one is named."""
    from assistant import wiring
    from assistant.settings import Settings
    from vectorstore.library import Library

    settings = Settings()
    if model:
        embeddings: Embeddings | None = wiring.embeddings_named(model, settings, "--embeddings")
    else:
        embeddings = wiring.embeddings(settings, folder, lazy=True)
    with Library.open(folder, embeddings=embeddings, read_only=read_only, recover=False) as library:
        yield library
