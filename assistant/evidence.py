"""Does the library hold the answer? One score between 0 and 1, decided before any writer begins.

A passage is near to most questions; what tells an answer from a neighbour is whether the article's headline and opening
tell the story asked about, whether one sentence comes near to stating it, and whether a sentence and the headline hold
the words that are rare among what was found. Per article these make one logistic score, from which an article that does
not bear out what the question takes for granted (``assistant.premise``) falls out; the best article decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.families import content_families, question_families
from assistant.kinds import Wanted, holds_kind, wanted
from assistant.premise import Premise, lack, premise
from assistant.words import MONTHS, content_words
from vectorstore.names import written_as_in
from vectorstore.splitter import sentences
from vectorstore.types import Article, Match

Similarity = Callable[[str, Sequence[str]], NDArray[np.float32]]
"""Cosines between a question and texts, shape (len(texts),): ``Library.similarity``."""

PASSAGES = 5
"""Best matches that are looked at. With 3 the news questions are told apart as well, the others a point less."""

# Logistic regression by ``python -m tests.benchmarks.calibrate_evidence``, which prints what it rests on.
INTERCEPT = -7.15


class ArticleWeights(NamedTuple):
    """What each sign of an article is worth, in log odds."""

    story: float
    coverage: float
    stated: float


ARTICLE_WEIGHTS = ArticleWeights(story=8.01, coverage=1.93, stated=3.00)

LACKING = -8.0
"""Log odds that an article loses when it does not bear out what the question takes for granted: more than any has. Of
the articles that decide 1 % lose them where there is an answer, 57 % where a question only comes near to them."""

STATED = 1.25
"""Cosine plus half the coverage of a single sentence that holds something of the kind asked for, at which it states the
answer so nearly that the rest does not matter: a detail far from the headline. With 1.3 one more in 25 details of the
starter articles is refused, with 1.2 two more of 97 news questions are answered whose story was taken out."""

_STATED_SLOPE = 10.0

THRESHOLD = 0.42
"""From this score on an answer is written. 92 to 95 % of the news, CLAPNQ and RAMDocs questions with an answer are
above it, of SQuAD's 88 %, and 89 % of the news questions whose story was taken out below. Held out, where 95 % of the
news are answered, 87 % of those taken out are refused."""

_STATING = 2
"""Sentences of a passage, those with the most of the question, that are compared with it; each costs 2 ms. With 3 the
questions are told apart as well, with 1 the news less (AUROC 0.94 against 0.95)."""

_READ = 50_000
"""Characters of an article that are read for its names: 10 ms at most."""

_OPENING = 1_500
"""Characters of an article among which its first sentence is looked for."""

_LEAST_OPENING_WORDS = 4
"""Fewer or as many make a dateline or a heading."""

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
    story: float
    """Cosine of the question to headline and first sentence together; of the nearest passage, without
    its title, where there is none."""
    coverage: float
    """Share of the question's words in one sentence and the title, rare words counting more. That of a whole passage
    tells the questions on the starter articles less well apart (AUROC 0.92 against 0.94), the others as well."""
    stated: float
    """Cosine plus half the coverage of the sentence that comes nearest to the question; 0 when none comes near."""
    lack: str
    """What the question takes for granted and the article does not bear out: a sentence about it, or nothing."""
    answer_stated: float
    """``stated`` of the sentences that hold something of the kind asked for."""

    @property
    def score(self) -> float:
        weighed = sum(weight * getattr(self, name) for name, weight in ARTICLE_WEIGHTS._asdict().items())
        return max(_logistic(INTERCEPT + weighed + bool(self.lack) * LACKING), self.stated_score)

    @property
    def stated_score(self) -> float:
        """The score by that one sentence alone."""
        return 0.0 if self.lack else _logistic(_STATED_SLOPE * (self.answer_stated - STATED))


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
    # A name in another spelling is no word that the passages lack.
    question = written_as_in(question, [f"{match.article.title}\n{match.text}" for match in matches])
    asked = question_families(question)
    weights = word_weights(asked, [passage_words(match) for match in matches])
    matches = matches[:PASSAGES]
    lacks = _lacks(premise(question), matches)
    stories = {match.article.id: _story(match.article) for match in matches}
    covering = [_covering(match, weights) for match in matches]
    told = [stories[match.article.id] or match.text for match in matches]
    texts = list(dict.fromkeys([*told, *(text for near in covering for text in near)]))
    cosines = dict(zip(texts, map(float, similarity(question, texts)), strict=True))
    want = wanted(question)
    found: dict[str, Signs] = {}
    for match, near, story in zip(matches, covering, told, strict=True):
        article = match.article
        stated = {text: cosines[text] + share / 2 for text, share in near.items()}
        mine = Signs(
            article,
            story=cosines[story],
            coverage=max(near.values(), default=0.0),
            stated=max(stated.values(), default=0.0),
            lack=lacks[article.id],
            answer_stated=_best_of_kind(stated, want, asked),
        )
        found[article.id] = _together(found[article.id], mine) if article.id in found else mine
    return list(found.values())


def _lacks(presumed: Premise, matches: Sequence[Match]) -> dict[str, str]:
    """For each article what it lacks; what it says is looked for in its passages among ``matches``."""
    articles = {match.article.id: match.article for match in matches}
    held = {key: _article_words(article) for key, article in articles.items()}
    if presumed.compares:
        held = dict.fromkeys(held, frozenset().union(*held.values()))
    return {
        key: lack(presumed, article, [match.text for match in matches if match.article.id == key], held[key])
        for key, article in articles.items()
    }


def _together(one: Signs, other: Signs) -> Signs:
    """The best that two passages of an article show."""
    return Signs(
        one.article,
        max(one.story, other.story),
        max(one.coverage, other.coverage),
        max(one.stated, other.stated),
        one.lack,
        max(one.answer_stated, other.answer_stated),
    )


def _story(article: Article) -> str:
    """Headline and first sentence, or nothing where the title is no headline."""
    if not is_headline(article):
        return ""
    opening = article.text[:_OPENING]
    spoken = [opening[start:end] for start, end in sentences(opening)]
    first = next((text for text in spoken if len(text.split()) > _LEAST_OPENING_WORDS), "")
    return f"{article.title.rstrip('.')}. {first}"


def _best_of_kind(stated: dict[str, float], want: Wanted, asked: Sequence[str]) -> float:
    """The best of the sentences that hold something of the kind asked for; the best first, as most do."""
    ranked = sorted(stated.items(), key=lambda pair: -pair[1])
    return next((value for text, value in ranked if holds_kind(want, text, asked)), 0.0)


def _covering(match: Match, weights: dict[str, float]) -> dict[str, float]:
    """The sentences that hold the most of the question, with their shares. A question states nothing."""
    title = _heading_words(match.article)
    shares = {
        text: weighted_share(weights, title | content_families(text))
        for start, end in sentences(match.text)
        if not (text := match.text[start:end]).rstrip('"”’)').endswith("?")
    }
    return dict(sorted(shares.items(), key=lambda pair: -pair[1])[:_STATING])


def _article_words(article: Article) -> frozenset[str]:
    """The families of all words of an article, with its source, authors and day."""
    about = [article.title, article.source or "", *article.authors, article.text[:_READ]]
    if day := article.published:
        about.append(f"{MONTHS[day.month - 1]} {day.day} {day.year}")
    return content_families("\n".join(about))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def is_headline(article: Article) -> bool:
    """Whether the title tells what happened. One that was made of the article's first words tells nothing new."""
    opening = " ".join(article.text[: 2 * len(article.title) + 40].split())
    return len(set(content_words(article.title))) >= HEADLINE_WORDS and article.title.rstrip(" .…") not in opening


def passage_words(match: Match) -> frozenset[str]:
    """The families of the words of a passage, of its article's title, and of the month in which it appeared."""
    return _heading_words(match.article) | content_families(match.text)


def _heading_words(article: Article) -> frozenset[str]:
    day = article.published
    return content_families(f"{article.title}\n{MONTHS[day.month - 1]} {day.year}" if day else article.title)


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
    nearest = f"The library does not seem to hold the answer; the nearest article is “{best.article.title}”."
    return f"{nearest} {best.lack}".strip()
