"""The keyword index: BM25 by tantivy over titles and passages. The only module that speaks tantivy."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from vectorstore import seal
from vectorstore.errors import LibraryBusy

if TYPE_CHECKING:
    from vectorstore.catalogue import Entry
    from vectorstore.vectors import Hits

_ANALYZER = "english"
_WRITER_MEMORY = 64_000_000
"""Bytes before tantivy writes a segment; a batch of ours never fills it."""

TITLE_WEIGHT = 0.5
"""Of a hit in the title against one in the passage: a title says what all passages of its article are about."""

HEADLINE_WEIGHT = 0.5
"""The same where whole articles are ranked."""

_FORMAT = "2"
"""Of what is in the index and how it is analysed; an index of another format is made anew."""

_LONGEST_QUERY = 64
"""Distinct terms of a question that are looked up; a pasted page must not cost seconds."""


class Keywords:
    """A tantivy index in a folder of its own under ``root``, or in memory when ``root`` is ``None``."""

    def __init__(self, root: Path | None, *, stamp: str | None = None, read_only: bool = False) -> None:
        """Opens the index whose seal names ``stamp``, or starts an empty one; ``whole`` tells which it was.

        A reader (``read_only``) beside a writer opens the newest index as it is and changes nothing.
        """
        self.whole = False
        self.folder: Path | None = None
        self._writer: tantivy.IndexWriter | None = None
        with _translated(root):
            self._index = tantivy.Index(_schema()) if root is None else self._opened(root, stamp, read_only)
        self._analyzer = _analyzer()
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._schema = self._index.schema

    def _opened(self, root: Path, stamp: str | None, read_only: bool) -> tantivy.Index:
        folders = [folder for folder in root.glob("*") if folder.is_dir()] if root.is_dir() else []
        usable = [folder for folder in folders if stamp is not None and seal.intact(folder, _sealed(stamp))]
        if read_only and not usable:
            usable = sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)[:1]
            if not usable:
                raise FileNotFoundError(root)
        self.whole = bool(usable)
        self.folder = usable[0] if usable else root / uuid.uuid4().hex[:12]
        if not read_only:
            for folder in folders:
                if folder != self.folder:
                    shutil.rmtree(folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
        return tantivy.Index.open(str(self.folder)) if usable else tantivy.Index(_schema(), str(self.folder))

    def change(self, entries: Iterable[Entry] = (), forget: Sequence[int] = ()) -> None:
        """Adds ``entries`` and forgets passages, in one commit. An entry that is there already is replaced."""
        with _translated(self.folder):
            if self.folder is not None:
                seal.broken(self.folder)
            if self._writer is None:
                self._writer = self._index.writer(_WRITER_MEMORY, 1)
            try:
                _write(self._writer, entries, forget)
            except BaseException:
                with suppress(ValueError):
                    self._writer.rollback()  # also gives it new threads: after a full disk it has none
                raise
            self._index.reload()

    def search(
        self,
        question: str,
        k: int,
        *,
        first_day: int | None = None,
        last_day: int | None = None,
        sources: Sequence[str] | None = None,
    ) -> Hits:
        """The ``k`` best passages with their BM25 scores. Days are ``date.toordinal()``; a limit excludes undated."""
        return self._ranked(question, k, ("body", "title", TITLE_WEIGHT), first_day, last_day, sources)

    def search_articles(
        self,
        question: str,
        k: int,
        *,
        first_day: int | None = None,
        last_day: int | None = None,
        sources: Sequence[str] | None = None,
    ) -> Hits:
        """The ``k`` best articles as wholes, each named by the id of its first passage, with their BM25 scores."""
        return self._ranked(question, k, ("whole", "headline", HEADLINE_WEIGHT), first_day, last_day, sources)

    def _ranked(
        self,
        question: str,
        k: int,
        fields: tuple[str, str, float],
        first_day: int | None,
        last_day: int | None,
        sources: Sequence[str] | None,
    ) -> Hits:
        terms = list(dict.fromkeys(self._analyzer.analyze(question)))[:_LONGEST_QUERY]
        if not terms:
            return []
        text, title, title_weight = fields
        wanted: list[tuple[Occur, Query]] = []
        for term in terms:
            in_text = Query.term_query(self._schema, text, term)
            in_title = Query.boost_query(Query.term_query(self._schema, title, term), title_weight)
            wanted += [(Occur.Should, in_text), (Occur.Should, in_title)]
        clauses: list[tuple[Occur, Query]] = [(Occur.Must, Query.boolean_query(wanted))]
        if first_day is not None or last_day is not None:
            days = Query.range_query(
                self._schema, "day", tantivy.FieldType.Integer, first_day if first_day is not None else 0, last_day
            )
            clauses.append((Occur.Must, Query.const_score_query(days, 0.0)))
        if sources is not None:
            named = Query.term_set_query(self._schema, "source", [source.casefold() for source in sources])
            clauses.append((Occur.Must, Query.const_score_query(named, 0.0)))
        with _translated(self.folder):
            searcher = self._index.searcher()
            hits = searcher.search(Query.boolean_query(clauses), limit=k, count=False).hits
            ids = searcher.fast_field_values("id", [address for _, address in hits])
        return [(int(number), float(score)) for number, (score, _) in zip(ids, hits, strict=True) if number is not None]

    def ids(self) -> set[int]:
        """Every passage id the index holds."""
        with _translated(self.folder):
            self._index.reload()
            searcher = self._index.searcher()
            total = searcher.num_docs
            if not total:
                return set()
            hits = searcher.search(Query.all_query(), limit=total, count=False).hits
            values = searcher.fast_field_values("id", [address for _, address in hits])
        return {int(value) for value in values if value is not None}

    def seal(self, stamp: str) -> None:
        """Declares the index whole and in step with the catalogue's ``stamp``."""
        with _translated(self.folder):
            self._finish()
            if self.folder is not None:
                seal.put(self.folder, _sealed(stamp))

    def close(self) -> None:
        with _translated(self.folder):
            self._finish()

    def _finish(self) -> None:
        """Lets merges end, so that the files on disk stand still."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.wait_merging_threads()
            self._index.reload()


def sealed_keywords(root: Path, stamp: str) -> bool:
    """Whether an intact keyword index of today's format for ``stamp`` stands under ``root``."""
    return seal.holds(root, _sealed(stamp))


@contextmanager
def _translated(place: Path | None) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # tantivy raises ValueError for whatever goes wrong
        raise LibraryBusy(
            f"The keyword index {place} could not be used ({error}). Check free disk space and permissions; if it "
            "happens again, `assistant rebuild` makes it anew. Nothing acknowledged is lost."
        ) from error


def _write(writer: tantivy.IndexWriter, entries: Iterable[Entry], forget: Sequence[int]) -> None:
    for passage_id in forget:
        writer.delete_documents_by_term("id", passage_id)
    for entry in entries:
        writer.delete_documents_by_term("id", entry.passage.id)
        documents = [tantivy.Document(id=entry.passage.id, title=entry.title, body=entry.passage.text)]
        if entry.whole is not None:
            documents.append(tantivy.Document(id=entry.passage.id, headline=entry.title, whole=entry.whole))
        for document in documents:
            if entry.day is not None:
                document.add_integer("day", entry.day)
            if entry.source is not None:
                document.add_text("source", entry.source.casefold())
            writer.add_document(document)
    writer.commit()


def _sealed(stamp: str) -> str:
    return f"{stamp} {_FORMAT}"


def _schema() -> tantivy.Schema:
    return (
        tantivy.SchemaBuilder()
        .add_integer_field("id", indexed=True, fast=True)
        .add_text_field("title", tokenizer_name=_ANALYZER, index_option="freq")
        .add_text_field("body", tokenizer_name=_ANALYZER, index_option="position")
        .add_text_field("headline", tokenizer_name=_ANALYZER, index_option="freq")
        .add_text_field("whole", tokenizer_name=_ANALYZER, index_option="freq")
        .add_integer_field("day", indexed=True, fast=True)
        .add_text_field("source", tokenizer_name="raw", index_option="basic")
        .build()
    )


def _analyzer() -> TextAnalyzer:
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(60))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stopword("english"))
        .filter(Filter.stemmer("english"))
        .build()
    )
