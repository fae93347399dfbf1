"""How the library writes the names of a question, by the terms of the keyword index.

A passage is indexed by the names in it, each under the skeleton of its consonants, so that the other spellings of a
name are a few look-ups in the index's own list of terms: nothing to hold in memory or to keep in step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import tantivy

from vectorstore.text.known_names import group_forms
from vectorstore.text.likeness import SLIP_LENGTH, Likeness, likely, sure_enough
from vectorstore.text.name_keys import Key, keys, most_apart, nearest, slips, sure_keys
from vectorstore.text.names import Expansion, Spelling, Word, asked_names
from vectorstore.text.spelling import is_latin

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


class Spellings:
    """Looks names up in the passages of an index as it stands; ``analyzer`` makes words its terms."""

    def __init__(self, searcher: tantivy.Searcher, analyzer: tantivy.TextAnalyzer) -> None:
        self._searcher = searcher
        self._analyzer = analyzer

    def expand(self, question: str) -> Expansion:
        """The spellings that are looked up beside those of ``question``.

        A word is taken for a name when it is written as one, is of another script, or nobody uses capitals. One that
        the library holds as a common word stays as it is; of one that it holds as a name only spellings that rest on
        nothing but how letters are written are added; of one that it does not hold, those nearest to it.
        """
        spellings = [self._spelling(word) for word in asked_names(question)[:_MOST_NAMES]]
        return Expansion(tuple(spelling for spelling in spellings if spelling is not None))

    def _spelling(self, word: Word) -> Spelling | None:
        terms = self._analyzer.analyze(word.text)
        if not terms:
            return None
        forms = (word.text, *group_forms(word.text))
        found = _names_under(self._searcher, (key for form in forms for key in sure_keys(form)))
        held = min(max(self._searcher.doc_freq(field, term) for field in ("body", "title")) for term in terms)
        as_name = sum(count for name, count in found.items() if self._analyzer.analyze(name) == terms)
        if held and as_name < _A_NAME * held:
            return None  # a common word here, or one that stands in titles only
        degree, variants = self._likely(word, terms, found)
        if held and degree is not Likeness.WRITTEN:
            return None
        if degree is not Likeness.WRITTEN:
            found = _names_sounding_like(self._searcher, (key for form in forms for key in keys(form)))
            degree, variants = self._likely(word, terms, found)
            if word.text.islower() and not sure_enough(word.text, degree):
                return None
        if degree is Likeness.OTHER and len(word.text) >= SLIP_LENGTH and is_latin(word.text):
            found = _names_mistyped(self._searcher, word.text)
            degree, variants = self._likely(word, terms, found)
        return Spelling(word, tuple(variants[:_MOST_VARIANTS]), degree, held > 0) if variants else None

    def _likely(self, word: Word, terms: list[str], found: dict[str, int]) -> tuple[Likeness, list[str]]:
        """The names in ``found`` most alike to ``word``, the most frequent first; no common words, not the word."""
        ordered = sorted(found, key=lambda name: (-found[name], name))
        degree, alike = likely(word.text, [name for name in ordered if self._analyzer.analyze(name) != terms])
        kept: dict[tuple[str, ...], str] = {}
        for name in alike:
            parts = self._analyzer.analyze(name)
            if parts and found[name] >= _A_NAME * min(self._searcher.doc_freq("body", part) for part in parts):
                kept.setdefault(tuple(parts), name)
        return (degree, list(kept.values())) if kept else (Likeness.OTHER, [])

    def weighed(self, expansion: Expansion) -> dict[str, list[tuple[str, float]]]:
        """For a term of the question the terms of its other spellings, and what a hit by each is worth.

        A rare spelling must not count more than a frequent one: all are as rare as the name is, in the question's
        spelling where the library has that, else in all of them together.
        """
        made: dict[str, list[tuple[str, float]]] = {}
        total = self._searcher.num_docs
        for spelling in expansion.spellings:
            own = max(self._analyzer.analyze(spelling.word.text), key=len, default="")
            others = {max(terms, key=len) for name in spelling.variants if (terms := self._analyzer.analyze(name))}
            counts = {term: self._searcher.doc_freq("body", term) for term in others - {own}}
            together = self._searcher.doc_freq("body", own) if spelling.held else sum(counts.values())
            worth = _WORTH[spelling.likeness] * _rarity(together, total)
            made.setdefault(own, []).extend((term, worth / _rarity(count, total)) for term, count in counts.items())
        return made


def name_terms(names: Iterable[str]) -> Iterator[str]:
    """The terms by which a passage with these names is indexed."""
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
