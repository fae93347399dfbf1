"""Passages and vectors made anew, by the model and the splitter of today, in a copy that then takes their place."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from vectorstore.adding import embedded_text
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.kept_vectors import Embed, KeptVectors
from vectorstore.text import splitter
from vectorstore.types import Article, OnProgress, Progress

PART = "rebuild.part"
"""Below the library's folder: where passages are made anew."""

_BATCH = 256
"""Texts looked up at once."""


def remake_passages(
    folder: Path, catalogue: Catalogue, embed: Embed, identity: Mapping[str, str], on_progress: OnProgress | None
) -> None:
    """Splits and embeds every article again; the catalogue changes only once all of it is complete.

    Vectors are kept as they come: what is cut off goes on at the next call with the same ``identity``, which is what
    the new passages and vectors are made with.
    """
    place = folder / PART
    with closing(KeptVectors.open(place, identity)) as kept:
        _embed_missing(catalogue, kept, embed, on_progress)
        _replace_passages(place / "copy", catalogue, kept, embed, identity, on_progress)
    shutil.rmtree(place, ignore_errors=True)


def _embed_missing(catalogue: Catalogue, kept: KeptVectors, embed: Embed, on_progress: OnProgress | None) -> None:
    articles = catalogue.articles(with_text=False)
    waiting: list[str] = []
    for done, listed in enumerate(articles, start=1):
        waiting += _texts(catalogue.as_stored(listed.id))
        if len(waiting) >= _BATCH or done == len(articles):
            kept.vectors(waiting, embed)
            waiting = []
        if on_progress is not None:
            on_progress(Progress("embedding", done, len(articles)))


def _replace_passages(
    place: Path,
    catalogue: Catalogue,
    kept: KeptVectors,
    embed: Embed,
    identity: Mapping[str, str],
    on_progress: OnProgress | None,
) -> None:
    """Gives a copy of the catalogue its new passages, and the copy the catalogue's place."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    catalogue.copy_to(place)
    with closing(Catalogue(place)) as copy:
        articles = copy.articles(with_text=False)
        for done, listed in enumerate(articles, start=1):
            article = copy.as_stored(listed.id)
            spans = splitter.passages(article.text)
            copy.writes.replace_passages(article.id, spans, kept.vectors(_texts(article), embed))
            if on_progress is not None:
                on_progress(Progress("storing", done, len(articles)))
        # No index has this stamp: whatever happens next, those of the old passages are not taken for whole.
        copy.set_meta({**identity, "stamp": uuid4().hex})
        catalogue.take_over(copy)


def _texts(article: Article) -> list[str]:
    """What is embedded of an article."""
    return [embedded_text(article, span) for span in splitter.passages(article.text)]
