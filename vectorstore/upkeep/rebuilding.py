"""Passages and vectors made anew, by the model and the splitter of today, in a copy that then takes their place."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from vectorstore.adding import Embed, embedded_text
from vectorstore.storage.articles.catalogue import Catalogue
from vectorstore.text import splitter
from vectorstore.types import OnProgress, Progress

PART = "rebuild.part"
"""Below the library's folder: where passages are made anew."""


def remake_passages(
    folder: Path, catalogue: Catalogue, embed: Embed, identity: Mapping[str, str], on_progress: OnProgress | None
) -> None:
    """Splits and embeds every article again; the catalogue changes only once all of it is complete.

    ``identity`` is what the new passages and vectors are made with.
    """
    place = folder / PART
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    catalogue.copy_to(place)
    copy = Catalogue(place)
    articles = copy.articles()
    for done, article in enumerate(articles, start=1):
        spans = splitter.passages(article.text)
        vectors = embed([embedded_text(article, span) for span in spans])
        copy.writes.replace_passages(article.id, spans, vectors)
        if on_progress is not None:
            on_progress(Progress("embedding", done, len(articles)))
    # No index has this stamp: whatever happens next, those of the old passages are not taken for whole.
    copy.set_meta({**identity, "stamp": uuid4().hex})
    catalogue.take_over(copy)
    copy.close()
    shutil.rmtree(place, ignore_errors=True)
