"""The keyword index: BM25 by tantivy over titles and passages. It and ``spellings`` alone speak tantivy.

Beside its words a passage is indexed by the names in it: see ``spellings``.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from vectorstore.errors import LibraryBusy, panicked
from vectorstore.indexes import seal
from vectorstore.indexes.spellings import Spellings, name_terms
from vectorstore.text.names import Expansion, names_in, tells_names

if TYPE_CHECKING:
    from vectorstore.indexes.vectors import Hits
    from vectorstore.storage.articles.passages import Entry

_ANALYZER = "english"
_NAME_ANALYZER = "names"
_WRITER_MEMORY = 64_000_000
"""Bytes before tantivy writes a segment; a batch of ours never fills it."""

TITLE_WEIGHT = 0.5
"""Of a hit in the title against one in the passage: a title says what all passages of its article are about."""

HEADLINE_WEIGHT = 0.5
"""The same where whole articles are ranked."""

_FORMAT = "5"
"""Of what is in the index and how it is analysed; an index of another format is made anew."""

_LONGEST_QUERY = 64
"""Distinct terms of a question that are looked up; a pasted page must not cost seconds."""

_QUESTION_WORD = re.compile(r"\w+")
_ASKING = frozenset(
    "about am any been being can could did do does doing done from had has have having he her hers him his how i its "
    "many me more most much my our ours shall she should so some than them those we were what when where which while "
    "who whom whose why would you your yours".split()
)
"""Words by which a question asks, beside those that the analyzer leaves out in texts as well. In short passages one of
them outweighs what the question is about: search queries, Hits@1 0.952 with them and 0.970 without. Words that are
names or facts as well (us, will, may) are not among them."""


class _Part:
    """One tantivy index, on disk or in memory, and its writer while there is one."""

    def __init__(self, folder: Path | None, *, made: bool) -> None:
        if folder is None:
            self.index = tantivy.Index(_schema())
        elif made:
            self.index = tantivy.Index.open(str(folder))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self.index = tantivy.Index(_schema(), str(folder))
        self.schema = self.index.schema
        Query.term_query(self.schema, "name", "")  # refuses the index of a writer of an older program
        self.index.register_tokenizer(_ANALYZER, _analyzer())
        self.index.register_tokenizer(_NAME_ANALYZER, TextAnalyzerBuilder(Tokenizer.whitespace()).build())
        self._writer: tantivy.IndexWriter | None = None

    def change(self, documents: Iterable[tuple[int, tantivy.Document]], forget: Sequence[int]) -> None:
        """Puts each document in the place of those with its id, and forgets ids, in one commit."""
        if self._writer is None:
            self._writer = self.index.writer(_WRITER_MEMORY, 1)
        try:
            for number in forget:
                self._writer.delete_documents_by_term("id", number)
            for number, document in documents:
                self._writer.delete_documents_by_term("id", number)
                self._writer.add_document(document)
            self._writer.commit()
        except BaseException:
            with suppress(ValueError):
                self._writer.rollback()  # also gives it new threads: after a full disk it has none
            raise
        self.index.reload()

    def finish(self) -> None:
        """Lets merges end, so that the files on disk stand still."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.wait_merging_threads()
            self.index.reload()


class Keywords:
    """Two tantivy indexes, of passages and of whole articles, in a folder of their own under ``root``.

    In memory when ``root`` is ``None``. They are two because BM25 rests on how many texts there are and how long they
    are on average: in one index both rankings lost a point and more.
    """

    def __init__(self, root: Path | None, *, stamp: str | None = None, read_only: bool = False) -> None:
        """Opens the indexes whose seal names ``stamp``, or starts empty ones; ``whole`` tells which it was.

        A reader (``read_only``) beside a writer opens the newest as they are and changes nothing.
        """
        self.whole = False
        self.folder: Path | None = None
        self._analyzer = _analyzer()
        with _translated(root):
            if root is not None:
                self.folder = self._found(root, stamp, read_only)
            made = self.whole or read_only
            self._passages, self._articles = (
                _Part(self.folder / name if self.folder else None, made=made) for name in ("passages", "articles")
            )

    def _found(self, root: Path, stamp: str | None, read_only: bool) -> Path:
        folders = [folder for folder in root.glob("*") if folder.is_dir()] if root.is_dir() else []
        usable = [folder for folder in folders if stamp is not None and seal.intact(folder, _sealed(stamp))]
        if read_only and not usable:
            usable = sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)[:1]
            if not usable:
                raise FileNotFoundError(root)
        self.whole = bool(usable)
        folder = usable[0] if usable else root / uuid.uuid4().hex[:12]
        if not read_only:
            for other in folders:
                if other != folder:
                    shutil.rmtree(other, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def change(self, entries: Iterable[Entry] = (), forget: Sequence[int] = ()) -> None:
        """Adds ``entries`` and forgets passages. An entry that is there already is replaced."""
        with _translated(self.folder):
            entries = list(entries)
            if self.folder is not None:
                seal.broken(self.folder)
            self._passages.change(((entry.passage.id, _passage(entry)) for entry in entries), forget)
            firsts = [(entry.passage.id, _document(entry, entry.whole)) for entry in entries if entry.whole is not None]
            if firsts or forget:
                self._articles.change(firsts, forget)

    def search(
        self,
        question: str,
        k: int,
        *,
        first_day: int | None = None,
        last_day: int | None = None,
        sources: Sequence[str] | None = None,
        passages: Sequence[int] | None = None,
        expansion: Expansion | None = None,
    ) -> Hits:
        """The ``k`` best passages with their BM25 scores. Days are ``date.toordinal()``; a limit excludes undated.

        ``passages`` are the only ones that may be found, by their ids; ``None``: all.
        ``expansion`` is what ``expand`` gave for the question; ``None`` asks it, ``names.NOTHING`` looks up the
        question's own words alone.
        """
        return self._ranked(
            self._passages, question, k, TITLE_WEIGHT, first_day, last_day, sources, passages, expansion
        )

    def search_articles(
        self,
        question: str,
        k: int,
        *,
        first_day: int | None = None,
        last_day: int | None = None,
        sources: Sequence[str] | None = None,
        passages: Sequence[int] | None = None,
        expansion: Expansion | None = None,
    ) -> Hits:
        """The ``k`` best articles as wholes, each named by the id of its first passage, with their BM25 scores.

        ``expansion`` as for ``search``.
        """
        return self._ranked(
            self._articles, question, k, HEADLINE_WEIGHT, first_day, last_day, sources, passages, expansion
        )

    def _ranked(
        self,
        part: _Part,
        question: str,
        k: int,
        title_weight: float,
        first_day: int | None,
        last_day: int | None,
        sources: Sequence[str] | None,
        passages: Sequence[int] | None,
        expansion: Expansion | None,
    ) -> Hits:
        question = unicodedata.normalize("NFC", question)
        terms = self._terms(question)
        if not terms:
            return []
        if expansion is None:
            expansion = self.expand(question)
        with _translated(self.folder):
            others = self._spellings().weighed(expansion)
        wanted: list[tuple[Occur, Query]] = []
        for term in terms:
            spellings = [(term, 1.0), *others.get(term, [])]
            for field, weight in (("body", 1.0), ("title", title_weight)):
                looked_for = [
                    Query.boost_query(Query.term_query(part.schema, field, spelling), worth * weight)
                    for spelling, worth in spellings
                ]
                wanted.append((Occur.Should, _best(looked_for)))
        query = Query.boolean_query(wanted)
        clauses: list[tuple[Occur, Query]] = [(Occur.Must, query)]
        if first_day is not None or last_day is not None:
            days = Query.range_query(
                part.schema, "day", tantivy.FieldType.Integer, first_day if first_day is not None else 0, last_day
            )
            clauses.append((Occur.Must, Query.const_score_query(days, 0.0)))
        if sources is not None:
            named = Query.term_set_query(part.schema, "source", [source.casefold() for source in sources])
            clauses.append((Occur.Must, Query.const_score_query(named, 0.0)))
        if passages is not None:
            among = Query.term_set_query(part.schema, "id", list(passages))
            clauses.append((Occur.Must, Query.const_score_query(among, 0.0)))
        with _translated(self.folder):
            searcher = part.index.searcher()
            # Alone it skips what cannot come in among the best; inside another query it does not, a quarter slower.
            query = query if len(clauses) == 1 else Query.boolean_query(clauses)
            hits = searcher.search(query, limit=k, count=False).hits
            ids = searcher.fast_field_values("id", [address for _, address in hits])
        return [(int(number), float(score)) for number, (score, _) in zip(ids, hits, strict=True) if number is not None]

    def _terms(self, question: str) -> list[str]:
        """What is looked up: the words of the question that say what it is about, or all where there are no others."""
        telling = " ".join(word for word in _QUESTION_WORD.findall(question) if not _only_asks(word))
        terms = self._analyzer.analyze(telling) or self._analyzer.analyze(question)
        return list(dict.fromkeys(terms))[:_LONGEST_QUERY]

    def expand(self, question: str) -> Expansion:
        """How the library writes the names of ``question``: the spellings that are looked up beside its own."""
        with _translated(self.folder):
            return self._spellings().expand(unicodedata.normalize("NFC", question))

    def _spellings(self) -> Spellings:
        return Spellings(self._passages.index.searcher(), self._analyzer)

    def ids(self) -> set[int]:
        """Every passage id the index holds."""
        with _translated(self.folder):
            self._passages.index.reload()
            searcher = self._passages.index.searcher()
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
        self._passages.finish()
        self._articles.finish()


def _best(queries: list[Query]) -> Query:
    """The best of a name's spellings counts, not their sum: two spellings in one passage are one name."""
    return Query.disjunction_max_query(queries) if len(queries) > 1 else queries[0]


def _only_asks(word: str) -> bool:
    return word.casefold() in _ASKING and (word.islower() or word.istitle())  # but WHO is an organisation


def sealed_keywords(root: Path, stamp: str) -> bool:
    """Whether an intact keyword index of today's format for ``stamp`` stands under ``root``."""
    return seal.holds(root, _sealed(stamp))


@contextmanager
def _translated(place: Path | None) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, OSError | ValueError) or panicked(error)):  # tantivy raises ValueError for any fault
            raise
        raise LibraryBusy(
            "The keyword index {place} could not be used ({error}). Check free disk space and permissions; if it "
            "happens again, `assistant rebuild` makes it anew. Nothing acknowledged is lost.",
            place=place,
            error=error,
        ) from error


def _passage(entry: Entry) -> tantivy.Document:
    document = _document(entry, entry.passage.text)
    if names := names_in(entry.passage.text) | (names_in(entry.title) if tells_names(entry.title) else set()):
        document.add_text("name", " ".join(name_terms(names)))
    return document


def _document(entry: Entry, text: str) -> tantivy.Document:
    document = tantivy.Document(id=entry.passage.id, title=entry.title, body=text)
    if entry.day is not None:
        document.add_integer("day", entry.day)
    if entry.source is not None:
        document.add_text("source", entry.source.casefold())
    return document


def _sealed(stamp: str) -> str:
    return f"{stamp} {_FORMAT}"


def _schema() -> tantivy.Schema:
    return (
        tantivy.SchemaBuilder()
        .add_integer_field("id", indexed=True, fast=True)
        .add_text_field("title", tokenizer_name=_ANALYZER, index_option="freq")
        .add_text_field("body", tokenizer_name=_ANALYZER, index_option="freq")
        .add_text_field("name", tokenizer_name=_NAME_ANALYZER, index_option="basic")
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
