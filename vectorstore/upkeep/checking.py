"""The check of a library: its catalogue against its own proofs, and both indexes against the catalogue."""

from __future__ import annotations

from pathlib import Path

from vectorstore.embedder import Embedder
from vectorstore.errors import LibraryDamaged
from vectorstore.indexes.in_step import Indexes
from vectorstore.storage.articles.catalogue import FILE_NAME, Catalogue
from vectorstore.types import CheckReport, Problem


def check(
    folder: Path, catalogue: Catalogue, indexes: Indexes, embedder: Embedder, *, beside_owner: bool
) -> CheckReport:
    """Compares passage by passage, and changes nothing.

    ``beside_owner``: another process owns the library. Its indexes are taken to be in step: it may be at work on them.
    """
    try:
        return _compared(folder, catalogue, indexes, embedder, beside_owner)
    except LibraryDamaged as error:
        return CheckReport(0, 0, 0, 0, 0, (Problem(str(error), f"restore {FILE_NAME} from a backup"),))


def _compared(
    folder: Path, catalogue: Catalogue, indexes: Indexes, embedder: Embedder, beside_owner: bool
) -> CheckReport:
    articles, passages, undated = catalogue.counts()
    problems = [
        Problem(f"The catalogue is damaged: {finding}", f"restore {FILE_NAME} from a backup")
        for finding in catalogue.integrity()
    ]
    problems += [
        Problem(
            f"The article {article_id} is damaged: its words, passages or vectors are not what was stored",
            f"assistant remove {article_id} --library {folder}, and add it again",
        )
        for article_id in catalogue.damaged()
    ]
    remedy = f"assistant rebuild --library {folder}"
    if catalogue.copies.damaged():
        problems.append(Problem("The groups of copies are damaged", remedy))
    problems += [
        Problem(f"The library was made otherwise: {difference}", embedder.remedy())
        for difference in embedder.differences()
    ]
    if indexes.unfinished():
        problems.append(Problem("The last change was cut off before both indexes had it", remedy))
    expected = catalogue.passages.ids()
    held: list[int] = []
    for name, held_by in (("vector", indexes.vector_ids), ("keyword", indexes.keyword_ids)):
        ids = expected if beside_owner else held_by()
        held.append(0 if ids is None else len(ids))
        if ids is None:
            problems.append(Problem(f"The {name} index is missing or was not left whole", remedy))
            continue
        for count, what in ((len(expected - ids), "lacks"), (len(ids - expected), "has too many:")):
            if count:
                problems.append(Problem(f"The {name} index {what} {count} passages", remedy))
    return CheckReport(articles, passages, held[0], held[1], undated, tuple(problems))
