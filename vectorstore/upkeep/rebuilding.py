"""Passages and vectors made anew, by the model and the splitter of today, in a copy that then takes their place."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256
from itertools import islice
from pathlib import Path
from uuid import uuid4

from vectorstore.adding import Embed, embedded_text
from vectorstore.errors import LibraryDamaged
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.storage.kept_vectors import KeptVectors
from vectorstore.text import splitter
from vectorstore.types import Article, OnProgress, Progress

PART = "rebuild.part"
"""Below the library's folder: where passages are made anew."""

_BATCH = 256
"""Texts embedded and committed at once: about two seconds of work for the local model, as when articles are added."""


def remake_passages(
    folder: Path, catalogue: Catalogue, embed: Embed, identity: Mapping[str, str], on_progress: OnProgress | None
) -> None:
    """Splits and embeds every article again; the catalogue changes only once all of it is complete.

    Vectors are kept as they come: what is cut off goes on at the next call with the same ``identity``, which is what
    the new passages and vectors are made with.
    """
    place = folder / PART
    with closing(_kept_vectors(place, identity)) as kept:
        _embed_missing(catalogue, kept, embed, on_progress)
        _replace_passages(place / "copy", catalogue, kept, identity, on_progress)
    shutil.rmtree(place, ignore_errors=True)


def _kept_vectors(place: Path, identity: Mapping[str, str]) -> KeptVectors:
    """What an earlier call left, if it was made the same way and is sound; else an empty place."""
    if place.is_dir():
        try:
            kept = KeptVectors(place)
            if kept.fits(identity):
                return kept
            kept.close()
        except LibraryDamaged:
            pass  # made anew
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    kept = KeptVectors(place)
    kept.begin(identity)
    return kept


def _embed_missing(catalogue: Catalogue, kept: KeptVectors, embed: Embed, on_progress: OnProgress | None) -> None:
    articles = catalogue.articles(with_text=False)
    missing: dict[str, str] = {}
    for done, listed in enumerate(articles, start=1):
        texts = _texts(catalogue.as_stored(listed.id))
        known = kept.among(list(texts))
        missing |= {digest: text for digest, text in texts.items() if digest not in known}
        while len(missing) >= _BATCH or (missing and done == len(articles)):
            batch = list(islice(missing, _BATCH))
            kept.put(batch, embed([missing.pop(digest) for digest in batch]))
        if on_progress is not None:
            on_progress(Progress("embedding", done, len(articles)))


def _replace_passages(
    place: Path, catalogue: Catalogue, kept: KeptVectors, identity: Mapping[str, str], on_progress: OnProgress | None
) -> None:
    """Gives a copy of the catalogue its new passages, and the copy the catalogue's place."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    catalogue.copy_to(place)
    with closing(Catalogue(place)) as copy:
        articles = copy.articles(with_text=False)
        for done, listed in enumerate(articles, start=1):
            article = copy.as_stored(listed.id)
            vectors = kept.among(list(_texts(article)))
            spans = splitter.passages(article.text)
            copy.writes.replace_passages(article.id, spans, [vectors[_digest(article, span)] for span in spans])
            if on_progress is not None:
                on_progress(Progress("storing", done, len(articles)))
        # No index has this stamp: whatever happens next, those of the old passages are not taken for whole.
        copy.set_meta({**identity, "stamp": uuid4().hex})
        catalogue.take_over(copy)


def _texts(article: Article) -> dict[str, str]:
    """What is embedded of an article, by digest."""
    return {_digest(article, span): embedded_text(article, span) for span in splitter.passages(article.text)}


def _digest(article: Article, span: tuple[int, int]) -> str:
    return sha256(embedded_text(article, span).encode()).hexdigest()
