"""Made articles and a small embedding of our own, for tests of the library on its real parts."""

from __future__ import annotations

import random
import re
import threading
import zlib
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from vectorstore.embeddings import ArrayEmbeddings
from vectorstore.library import Library
from vectorstore.types import Article

SOURCES = ("Harbour Gazette", "Valley Post", "The Lamp")
FIRST_DAY = date(2024, 1, 1)

_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()
_WORDS = (
    "harbour bridge council harvest engine school river winter railway hospital market garden tower museum "
    "budget storm election festival satellite vaccine forest island tunnel airport theatre orchestra reactor "
    "turbine glacier library"
).split()


class HashedEmbeddings(ArrayEmbeddings):
    """Words counted into hashed places: texts that share words are near each other. Counts what it was asked."""

    def __init__(self, dimension: int = 64, name: str = "hashed words") -> None:
        self._dimension = dimension
        self._name = name
        self._lock = threading.Lock()
        self.embedded = 0
        """Texts embedded so far."""

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), self._dimension), 0.01, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                code = zlib.crc32(word.encode(errors="replace"))
                vectors[row, code % self._dimension] += 1 if code & 1 << 20 else -1
        with self._lock:
            self.embedded += len(texts)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self.embed_array([text])[0].tolist()
        return vector


def made_word(number: int) -> str:
    """A word of four syllables that no other number has."""
    word = ""
    for _ in range(4):
        number, place = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[place]
    return word


def own_sentence(number: int) -> str:
    """The sentence that only the article of this number holds."""
    return f"Inspector {made_word(number * 7 + 3).title()} sealed crate {made_word(number * 11 + 5)} that evening."


def made_article(number: int, *, paragraphs: int = 2, edition: int = 1) -> Article:
    """The same article each time for the same numbers: about ``paragraphs`` passages, one a day, every tenth undated."""
    chance = random.Random(number * 1_000 + edition)
    subject = _WORDS[number % len(_WORDS)]
    blocks = []
    for _ in range(paragraphs):
        sentences = [
            f"The {subject} {chance.choice(_WORDS)} met {made_word(chance.randrange(100_000))} "
            f"near the {chance.choice(_WORDS)} for {chance.randrange(2, 90)} days."
            for _ in range(10)
        ]
        blocks.append(" ".join(sentences))
    blocks[0] += " " + own_sentence(number)
    if edition > 1:
        blocks.append(f"This is edition {edition}.")
    dated = number % 10 != 9
    return Article(
        id=f"made-{number:05}",
        title=f"The {subject} of {made_word(number)}",
        text="\n\n".join(blocks),
        published=FIRST_DAY + timedelta(days=number % 366) if dated else None,
        published_from="field" if dated else "unknown",
        source=SOURCES[number % len(SOURCES)] if number % 7 else None,
        origin=f"made.jsonl:{number + 1}",
    )


def made_articles(count: int, *, first: int = 0, paragraphs: int = 2) -> list[Article]:
    return [made_article(number, paragraphs=paragraphs) for number in range(first, first + count)]


def found_by_own_sentence(library: Library, number: int) -> bool:
    """Whether the article leads the search for its own sentence, with that sentence in the passage, and only once."""
    sentence = own_sentence(number)
    matches = library.search(sentence, k=3)
    holding = [match for match in matches if sentence in match.text]
    return len(holding) == 1 and matches[0] == holding[0] and holding[0].article.id == f"made-{number:05}"
