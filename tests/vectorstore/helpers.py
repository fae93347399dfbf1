"""Made articles and a small embedding of our own, for tests of the library on its real parts."""

from __future__ import annotations

import random
import re
import threading
import zlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedding.embeddings import ArrayEmbeddings
from vectorstore.library import Library
from vectorstore.types import Article

SOURCES = ("Harbour Gazette", "Valley Post", "The Lamp")
FIRST_DAY = date(2024, 1, 1)

Opener = Callable[..., Library]
"""``Library.open`` with the test's folder and embeddings for defaults."""

_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()
_WORDS = (
    "harbour bridge council harvest engine school river winter railway hospital market garden tower museum "
    "budget storm election festival satellite vaccine forest island tunnel airport theatre orchestra reactor "
    "turbine glacier library"
).split()


class HashedEmbeddings(ArrayEmbeddings):
    """The sum of a fixed random vector for each word, long words first: texts that share words are near each other."""

    def __init__(self, dimension: int = 128, name: str = "hashed words") -> None:
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
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in sorted({"", *re.findall(r"\w+", text.lower())}):
                vectors[row] += _word_vector(word, self._dimension)
        with self._lock:
            self.embedded += len(texts)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self.embed_array([text])[0].tolist()
        return vector


@lru_cache(maxsize=20_000)
def _word_vector(word: str, dimension: int) -> NDArray[np.float32]:
    chance = np.random.default_rng(zlib.crc32(word.encode(errors="replace")))
    vector: NDArray[np.float32] = chance.normal(size=dimension).astype(np.float32) * (1 + len(word) ** 2 / 10)
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
    inspector, crate, pier, ship = (made_word(number * 8 + place) for place in range(4))
    return f"Inspector {inspector.title()} sealed crate {crate} on pier {pier} beside the {ship}."


def made_article(number: int, *, paragraphs: int = 2, edition: int = 1) -> Article:
    """The same article each time for the same numbers, about ``paragraphs`` passages long.

    Every tenth is undated, every seventh has no source. Without paragraphs its own sentence is all it says.
    """
    chance = random.Random(number * 1_000 + edition)
    subject = _WORDS[number % len(_WORDS)]
    blocks = []
    for _ in range(paragraphs):
        sentences = [
            f"The {subject} {chance.choice(_WORDS)} stood near the {chance.choice(_WORDS)} "
            f"and the {chance.choice(_WORDS)} for {chance.randrange(2, 90)} days."
            for _ in range(10)
        ]
        blocks.append(" ".join(sentences))
    blocks = [f"{blocks[0]} {own_sentence(number)}", *blocks[1:]] if blocks else [own_sentence(number)]
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


def found_by_own_sentence(library: Library, number: int, *, within: int = 1) -> bool:
    """Whether the article leads the search for its own sentence (or is ``within`` its first hits), and only once."""
    sentence = own_sentence(number)
    holding = [match for match in library.search(sentence, k=max(3, within)) if sentence in match.text]
    return len(holding) == 1 and holding[0].rank <= within and holding[0].article.id == f"made-{number:05}"
