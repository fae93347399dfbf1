"""The keyword index: BM25 by tantivy over titles and passages. The only module that speaks tantivy.

Beside its words a passage is indexed by the names in it, each under the skeleton of its consonants, so that the other
spellings of a name are a few look-ups in the index's own list of terms: nothing to hold in memory or to keep in step.
"""

from __future__ import annotations

import math
import shutil
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from vectorstore import seal
from vectorstore.errors import LibraryBusy
from vectorstore.names import (
    SLIP_LENGTH,
    Expansion,
    Key,
    Likeness,
    Spelling,
    Word,
    asked_names,
    group_forms,
    is_latin,
    keys,
    likely,
    most_apart,
    names_in,
    nearest,
    slips,
    sure_enough,
    sure_keys,
    tells_names,
)

if TYPE_CHECKING:
    from vectorstore.catalogue import Entry
    from vectorstore.vectors import Hits

_ANALYZER = "english"
_NAME_ANALYZER = "names"
_WRITER_MEMORY = 64_000_000
"""Bytes before tantivy writes a segment; a batch of ours never fills it."""

TITLE_WEIGHT = 0.5
"""Of a hit in the title against one in the passage: a title says what all passages of its article are about."""

HEADLINE_WEIGHT = 0.5
"""The same where whole articles are ranked."""

_FORMAT = "4"
"""Of what is in the index and how it is analysed; an index of another format is made anew."""

_LONGEST_QUERY = 64
"""Distinct terms of a question that are looked up; a pasted page must not cost seconds."""

_BETWEEN = "|"
"""In the terms of the field of names: skeleton, sound and name; or the letters that are sure, and the name."""

_MOST_NAMES = 16
"""Words of a question whose other spellings are looked up."""

_MOST_VARIANTS = 10
"""Of one name: the case forms of a Cyrillic name are nine."""

_MOST_COMPARED = 8
"""Names of one skeleton that are compared closely: those of the nearest sound."""

_A_NAME = 0.5
"""Share of a word's passages that write it with a capital from which it is a name: Brown in the news, not brown."""

_WORTH = {Likeness.WRITTEN: 0.9, Likeness.SOUND: 0.8, Likeness.NEAR: 0.7, Likeness.MISTYPED: 0.6}
"""Of a hit by another spelling against one by the question's own."""


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
            Query.term_query(self._index.schema, "name", "")  # refuses the index of a writer of an older program
        self._analyzer = _analyzer()
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._index.register_tokenizer(_NAME_ANALYZER, TextAnalyzerBuilder(Tokenizer.whitespace()).build())
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
        expansion: Expansion | None = None,
    ) -> Hits:
        """The ``k`` best passages with their BM25 scores. Days are ``date.toordinal()``; a limit excludes undated.

        ``expansion`` is what ``expand`` gave for the question; ``None`` asks it, ``names.NOTHING`` looks up the
        question's own words alone.
        """
        return self._ranked(question, k, ("body", "title", TITLE_WEIGHT), first_day, last_day, sources, expansion)

    def search_articles(
        self,
        question: str,
        k: int,
        *,
        first_day: int | None = None,
        last_day: int | None = None,
        sources: Sequence[str] | None = None,
        expansion: Expansion | None = None,
    ) -> Hits:
        """The ``k`` best articles as wholes, each named by the id of its first passage, with their BM25 scores.

        ``expansion`` as for ``search``.
        """
        fields = ("whole", "headline", HEADLINE_WEIGHT)
        return self._ranked(question, k, fields, first_day, last_day, sources, expansion)

    def _ranked(
        self,
        question: str,
        k: int,
        fields: tuple[str, str, float],
        first_day: int | None,
        last_day: int | None,
        sources: Sequence[str] | None,
        expansion: Expansion | None,
    ) -> Hits:
        question = unicodedata.normalize("NFC", question)
        terms = list(dict.fromkeys(self._analyzer.analyze(question)))[:_LONGEST_QUERY]
        if not terms:
            return []
        text, title, title_weight = fields
        if expansion is None:
            expansion = self.expand(question)
        with _translated(self.folder):
            others = self._weighed(self._index.searcher(), expansion)
        wanted: list[tuple[Occur, Query]] = []
        for term in terms:
            spellings = [(term, 1.0), *others.get(term, [])]
            for field, weight in ((text, 1.0), (title, title_weight)):
                parts = [
                    Query.boost_query(Query.term_query(self._schema, field, spelling), worth * weight)
                    for spelling, worth in spellings
                ]
                # The best of its spellings counts, not their sum: two spellings in one passage are one name.
                wanted.append((Occur.Should, Query.disjunction_max_query(parts) if len(parts) > 1 else parts[0]))
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

    def expand(self, question: str) -> Expansion:
        """How the library writes the names of ``question``: the spellings that are looked up beside its own.

        A word is taken for a name when it is written as one, is of another script, or nobody uses capitals. One that
        the library holds as a common word stays as it is; of one that it holds as a name only spellings that rest on
        nothing but how letters are written are added; of one that it does not hold, those nearest to it.
        """
        question = unicodedata.normalize("NFC", question)
        with _translated(self.folder):
            searcher = self._index.searcher()
            spellings = [self._spelling(searcher, word) for word in asked_names(question)[:_MOST_NAMES]]
        return Expansion(tuple(spelling for spelling in spellings if spelling is not None))

    def _spelling(self, searcher: tantivy.Searcher, word: Word) -> Spelling | None:
        terms = self._analyzer.analyze(word.text)
        if not terms:
            return None
        forms = (word.text, *group_forms(word.text))
        found = _names_under(searcher, (key for form in forms for key in sure_keys(form)))
        held = min(max(searcher.doc_freq(field, term) for field in ("body", "title")) for term in terms)
        as_name = sum(count for name, count in found.items() if self._analyzer.analyze(name) == terms)
        if held and as_name < _A_NAME * held:
            return None  # a common word here, or one that stands in titles only
        degree, variants = self._likely(searcher, word, terms, found)
        if held and degree is not Likeness.WRITTEN:
            return None
        if degree is not Likeness.WRITTEN:
            found = _names_sounding_like(searcher, (key for form in forms for key in keys(form)))
            degree, variants = self._likely(searcher, word, terms, found)
            if word.text.islower() and not sure_enough(word.text, degree):
                return None
        if degree is Likeness.OTHER and len(word.text) >= SLIP_LENGTH and is_latin(word.text):
            found = _names_mistyped(searcher, word.text)
            degree, variants = self._likely(searcher, word, terms, found)
        return Spelling(word, tuple(variants[:_MOST_VARIANTS]), degree, held > 0) if variants else None

    def _likely(
        self, searcher: tantivy.Searcher, word: Word, terms: list[str], found: dict[str, int]
    ) -> tuple[Likeness, list[str]]:
        """The names in ``found`` most alike to ``word``, the most frequent first; no common words, not the word."""
        ordered = sorted(found, key=lambda name: (-found[name], name))
        degree, alike = likely(word.text, [name for name in ordered if self._analyzer.analyze(name) != terms])
        kept: dict[tuple[str, ...], str] = {}
        for name in alike:
            parts = self._analyzer.analyze(name)
            if parts and found[name] >= _A_NAME * min(searcher.doc_freq("body", part) for part in parts):
                kept.setdefault(tuple(parts), name)
        return (degree, list(kept.values())) if kept else (Likeness.OTHER, [])

    def _weighed(self, searcher: tantivy.Searcher, expansion: Expansion) -> dict[str, list[tuple[str, float]]]:
        """For a term of the question the terms of its other spellings, and what a hit by each is worth.

        A rare spelling must not count more than a frequent one: all are as rare as the name is, in the question's
        spelling where the library has that, else in all of them together.
        """
        made: dict[str, list[tuple[str, float]]] = {}
        total = searcher.num_docs
        for spelling in expansion.spellings:
            own = max(self._analyzer.analyze(spelling.word.text), key=len, default="")
            others = {max(terms, key=len) for name in spelling.variants if (terms := self._analyzer.analyze(name))}
            counts = {term: searcher.doc_freq("body", term) for term in others - {own}}
            together = searcher.doc_freq("body", own) if spelling.held else sum(counts.values())
            worth = _WORTH[spelling.likeness] * _rarity(together, total)
            made.setdefault(own, []).extend((term, worth / _rarity(count, total)) for term, count in counts.items())
        return made

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
        if names := names_in(entry.passage.text) | (names_in(entry.title) if tells_names(entry.title) else set()):
            documents[0].add_text("name", " ".join(_name_terms(names)))
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


def _name_terms(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for key in keys(name):
            yield _BETWEEN.join((key.skeleton, key.sound, name))
        for letters in sure_keys(name):
            yield _BETWEEN.join((letters, name))


def _rarity(count: int, total: int) -> float:
    """Inverse document frequency as BM25 has it."""
    return math.log(1 + (max(total - count, 0) + 0.5) / (count + 0.5))


def _names_under(searcher: tantivy.Searcher, letters: Iterable[str]) -> dict[str, int]:
    """The names kept under ``letters`` with the number of passages that have them."""
    found: dict[str, int] = {}
    for key in dict.fromkeys(letters):
        for term, count in searcher.terms_with_prefix("name", key + _BETWEEN):
            found[term.rpartition(_BETWEEN)[2]] = count
    return found


def _names_sounding_like(searcher: tantivy.Searcher, looked_for: Iterable[Key]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key in dict.fromkeys(looked_for):
        terms = searcher.terms_with_prefix("name", key.skeleton + _BETWEEN)
        parts = [term.split(_BETWEEN) for term, _ in terms]
        for place in nearest(key.sound, [sound for _, sound, _ in parts], _MOST_COMPARED, most_apart(key.sound)):
            found[parts[place][2]] = terms[place][1]
    return found


def _names_mistyped(searcher: tantivy.Searcher, word: str) -> dict[str, int]:
    skeletons, beginnings = slips(word)
    prefixes = dict.fromkeys([*(skeleton + _BETWEEN for skeleton in skeletons), *beginnings])
    terms = [term for prefix in prefixes for term in searcher.terms_with_prefix("name", prefix)]
    names = [term.rpartition(_BETWEEN)[2] for term, _ in terms]
    near = nearest(word.casefold(), [name.casefold() for name in names], _MOST_COMPARED, 1)
    return {names[place]: terms[place][1] for place in near}


def _schema() -> tantivy.Schema:
    return (
        tantivy.SchemaBuilder()
        .add_integer_field("id", indexed=True, fast=True)
        .add_text_field("title", tokenizer_name=_ANALYZER, index_option="freq")
        .add_text_field("body", tokenizer_name=_ANALYZER, index_option="position")
        .add_text_field("headline", tokenizer_name=_ANALYZER, index_option="freq")
        .add_text_field("whole", tokenizer_name=_ANALYZER, index_option="freq")
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
