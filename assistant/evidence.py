"""Does the library hold the answer? One score between 0 and 1, decided before any writer begins.

A passage is near to most questions; what tells an answer from a neighbour is how near its words come, whether they
hold the words that are rare among what was found, and whether the article's headline speaks of the same story. Per
article these make one logistic score, and the best article decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.words import MONTHS, content_words, names, question_words, stem, words
from vectorstore.splitter import sentences
from vectorstore.types import Article, Match

Similarity = Callable[[str, Sequence[str]], NDArray[np.float32]]
"""Cosines between a question and texts, shape (len(texts),): ``Library.similarity``."""

PASSAGES = 5
"""Best matches that are looked at. With 3 the news questions are told apart as well, the others a point less."""

# Logistic regression by ``python -m tests.benchmarks.calibrate_evidence``, which prints what it rests on.
INTERCEPT = -6.55


class ArticleWeights(NamedTuple):
    """What each sign of an article is worth, in log odds."""

    nearness: float
    headline: float
    coverage: float
    has_headline: float
    lacks_name: float


ARTICLE_WEIGHTS = ArticleWeights(nearness=2.84, headline=6.84, coverage=3.62, has_headline=-0.90, lacks_name=-0.70)

STATED = 1.19
"""Cosine plus half the coverage of a single sentence at which it states the question so nearly that the rest does not
matter: a detail far from the headline. Among 97 news questions whose story was taken out it lets 4 more pass, 3 of
which another article answers."""

_STATED_SLOPE = 10.0

THRESHOLD = 0.4
"""From this score on an answer is written: nine of ten present answers of each kind of question are above it."""

_LEAST_COVERING = 0.5
"""Sentences with less of the question are not embedded: they would need a cosine of 0.9 to matter."""

_READ = 50_000
"""Characters of an article that are read for its names: 10 ms at most."""

HEADLINE_WORDS = 4
"""Content words from which a title tells a story ("Sprite will no longer be sold in green bottles") rather than names
a subject ("Mount Logan"): only then does its distance from the question say that the story is another one. With 3 or 6
the news questions are told apart less well (AUROC 0.90 against 0.92)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether the matches can answer, how sure that is (0 to 1), and for a refusal why, as a sentence."""

    enough: bool
    score: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for one article. Shares and cosines."""

    article: Article
    nearness: float
    """Cosine of the question to the words of the article's nearest passage, without their title."""
    headline: float
    """Cosine to the title where it is a headline, else ``nearness`` again."""
    coverage: float
    """Share of the question's words in one passage and the title, rare words counting more."""
    has_headline: bool
    lacks_name: bool
    """Whether something that the question names, or a figure in it, stands nowhere in the whole article."""
    stated: float
    """Cosine plus half the coverage of the sentence that comes nearest to the question; 0 when none comes near."""

    @property
    def score(self) -> float:
        weights = ARTICLE_WEIGHTS
        weighed = weights.nearness * self.nearness + weights.headline * self.headline + weights.coverage * self.coverage
        against = weights.has_headline * self.has_headline + weights.lacks_name * self.lacks_name
        return max(_logistic(INTERCEPT + weighed + against), self.stated_score)

    @property
    def stated_score(self) -> float:
        """The score by that one sentence alone."""
        return 0.0 if self.lacks_name else _logistic(_STATED_SLOPE * (self.stated - STATED))


def judge(question: str, matches: Sequence[Match], similarity: Similarity) -> Evidence:
    """Whether ``matches``, best first, hold an answer to ``question``. Embeds a few passages and titles."""
    if not matches:
        return Evidence(False, 0.0, "The search found nothing in the library.")
    best = max(signs(question, matches, similarity), key=lambda each: each.score)
    if best.score >= THRESHOLD:
        return Evidence(True, best.score)
    return Evidence(False, best.score, _refusal(best))


def signs(question: str, matches: Sequence[Match], similarity: Similarity) -> list[Signs]:
    """The signs for each article among the best ``matches``, in the order in which they come up."""
    held = [passage_words(match) for match in matches]
    weights = word_weights(question_words(question), held)
    named = _named(question)
    matches = matches[:PASSAGES]
    titles = dict.fromkeys(match.article.title for match in matches if is_headline(match.article))
    covering = [_covering(match, weights) for match in matches]
    stating = [text for near in covering for text in near]
    texts = list(dict.fromkeys([*(match.text for match in matches), *titles, *stating]))
    cosines = dict(zip(texts, map(float, similarity(question, texts)), strict=True))
    found: dict[str, Signs] = {}
    for match, present, near in zip(matches, held, covering, strict=False):
        article, told = match.article, match.article.title in titles
        so_far = found.get(article.id)
        nearness = max(cosines[match.text], so_far.nearness if so_far else -1.0)
        found[article.id] = Signs(
            article,
            nearness,
            cosines[article.title] if told else nearness,
            max(weighted_share(weights, present), so_far.coverage if so_far else 0.0),
            told,
            so_far.lacks_name if so_far else not _names_all(article, named),
            max([cosines[text] + share / 2 for text, share in near.items()] + [so_far.stated if so_far else 0.0]),
        )
    return list(found.values())


def _covering(match: Match, weights: dict[str, float]) -> dict[str, float]:
    """The sentences that hold enough of the question to state it, with their shares. A question states nothing."""
    title = frozenset(content_words(match.article.title))
    made = {}
    for start, end in sentences(match.text):
        text = match.text[start:end]
        share = weighted_share(weights, title | frozenset(content_words(text)))
        if share >= _LEAST_COVERING and not text.rstrip('"”’)').endswith("?"):
            made[text] = share
    return made


def _named(question: str) -> frozenset[str]:
    """The words of the names in the question, and its figures; "which two countries" names nothing."""
    figures = (stem(word) for word in words(question) if word[0].isdigit())
    return frozenset(word for name in names(question) for word in content_words(name)) | frozenset(figures)


def _names_all(article: Article, named: frozenset[str]) -> bool:
    if not named:
        return True
    about = f"{article.title}\n{article.source or ''}\n{article.published or ''}"
    if day := article.published:
        about += f"\n{MONTHS[day.month - 1]} {day.day} {day.year}"
    return named <= frozenset(content_words(about)) | frozenset(content_words(article.text[:_READ]))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def is_headline(article: Article) -> bool:
    """Whether the title tells what happened. One that was made of the article's first words tells nothing new."""
    opening = " ".join(article.text[: 2 * len(article.title) + 40].split())
    return len(set(content_words(article.title))) >= HEADLINE_WORDS and article.title.rstrip(" .…") not in opening


def passage_words(match: Match) -> frozenset[str]:
    """The content words of a passage and of its article's title."""
    return frozenset(content_words(match.article.title)) | frozenset(content_words(match.text))


def word_weights(asked: Sequence[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each of a question's words tells: the fewer of ``texts`` hold it, the more (inverse document frequency).

    What was found stands in for the whole library: the keyword search has brought the passages with the rare words.
    """
    return {word: math.log(1 + (len(texts) + 1) / (sum(word in text for text in texts) + 0.5)) for word in asked}


def weighted_share(weights: dict[str, float], held: frozenset[str]) -> float:
    """The share of ``weights`` that falls on words in ``held``, 0 to 1; 0 when the question has no words."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 0.0


def _refusal(best: Signs) -> str:
    return f"The library does not seem to hold the answer; the nearest article is “{best.article.title}”."
