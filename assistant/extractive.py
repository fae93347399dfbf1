"""The writer that needs no model: it picks the sentences that answer and quotes them to the letter.

Every sentence of the best passages is scored by what it says, by the passage around it, and by whether it holds
something of the kind asked for that the question did not. A question for one thing gets the sentence that tells it,
shortened to the clause that does, and another only where the choice was close; anything wider gets, of the article that
tells it best, the sentences that most likely belong to the answer together. Of several counts of one thing the latest
goes first, and what was corrected is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from textwrap import shorten
from typing import Final, NamedTuple

import numpy as np

from assistant import claims, quotation
from assistant.evidence import Similarity, weighted_share, word_weights
from assistant.families import content_families, question_families
from assistant.kinds import Extent, Wanted, adds_kind, holds_kind, is_plan, wanted
from assistant.quotation import DOUBLE
from assistant.reference import Reference, resolve
from assistant.shorten import clause
from assistant.types import Turn
from assistant.words import day_in_words, names, numbers
from vectorstore.names import written_as_in
from vectorstore.splitter import sentences
from vectorstore.types import Article, Match

PASSAGES = 5
"""Best matches whose sentences are considered. For 117 of 118 SQuAD questions the answer is among them."""

CANDIDATES = 12
"""Sentences that are compared with the question at most, those with the most of its words first; each costs 2 ms. With
24 the SQuAD, CLAPNQ, RAMDocs and news questions are answered as well, with 8 the F1 on CLAPNQ is 0.006 lower."""


class Features(NamedTuple):
    """What a sentence has for it as an answer; each about 0 to 1."""

    cosine: float
    """To the question."""
    passage: float
    """The passage's cosine to the question."""
    predicate: float
    """Share of the question's words, those of names left out, that it holds; rare words count more. An article tells
    many things of one name, and one of them is asked for."""
    context: float
    """The same of all its words, with the sentence before it and the title."""
    right_kind: float
    """Whether it holds something of the kind asked for that the question does not."""
    article: float
    """One over the place of its article among those found."""
    opening: float
    """``predicate``, the more the nearer it stands to the beginning of a dated article: news tells the main thing
    first."""
    new_words: float
    """How much it says beyond the question."""


# A log-linear model of "this sentence answers", by ``python -m tests.benchmarks.calibrate_extractive``. Of questions
# that were held out its first sentence answers 86 % (SQuAD), 72 % (CLAPNQ), 62 % (RAMDocs), 48 % (news) and 76 %
# (starter articles); cosine and context alone 83, 71, 55, 35 and 67 %.
WEIGHTS = Features(
    cosine=5.5, passage=3.0, predicate=1.6, context=2.4, right_kind=2.4, article=1.8, opening=1.6, new_words=0.6
)

OPENING = 400
"""Characters from an article's beginning at which that is worth half: about two paragraphs of news."""

ENOUGH_NEW_WORDS = 10
"""Words beyond the question's own from which a sentence surely says something new."""

ONE_THING = (0.7, 0.45)
"""How close (in log odds) the second and the third sentence must come to the first to be quoted beside it, when one
thing is asked. On SQuAD and RAMDocs 92 and 72 % of what is quoted hold the answer, in 38 and 41 words with source and
day; with 0.4 92 and 69 % in 38 and 34, with 0.9 92 and 73 % in 42 and 44."""


class Belonging(NamedTuple):
    """What speaks for a sentence as part of an account, where the best sentence of its article is known."""

    certain: float
    behind: float
    """How far (in log odds) it comes behind the best."""
    apart: float
    """How far its neighbours do: of sentences that stand together, the one that stands out."""
    typical: float
    """Its mean cosine to the best sentences."""


# A logistic model of "annotators chose this sentence of the article", by the same script. On held-out questions of
# CLAPNQ what has the best expected F1 by it has one of 0.67; without ``typical`` 0.65, the best four sentences 0.64.
BELONGING = Belonging(certain=-1.3, behind=-0.35, apart=0.26, typical=2.0)

BREADTH: Final[dict[Extent, float]] = {"account": 1.0, "explanation": 0.25}
"""How much finding what belongs to an answer counts against leaving out what does not (β² of the F-measure). Key words
ask for all there is; who writes out "Why …?" wants the reason: on SQuAD in 65 words instead of 113."""

CENTRE = 5
"""Best sentences of an article that the others are compared with; each costs 2 ms. With all of them the F1 on CLAPNQ is
the same."""

RIDDLE = 1.5
"""Taken from a sentence that begins with "he" or "this" and whose passage does not say who or what."""

CHANGING = (1.3, 0.8)
"""As ``ONE_THING`` for a count or a state: what an earlier article said of it stands behind what the latest says."""

LIST = (1.2, 1.0, 1.0)
"""The same where several of a kind are asked for."""

COURSE = (2.5, 2.5, 2.5, 2.5)
"""The same for what happened, over several articles."""

COMPARISON = (4.0, 4.0)
"""The same for two things side by side, each of which must have its sentence."""

MOST_SENTENCES = 6
"""With 5 the F1 on CLAPNQ is 0.006 lower."""

SAME_WORDS = 0.6
"""Share of common words (of the shorter sentence's) from which two sentences may say the same; the vectors decide."""

SAME_MEANING = 0.8
"""Cosine from which they do."""

SAME_THING = 2.0
"""How far (in log odds) behind the best sentence one of a later article may be and still be its update."""

OUTDATED = 2.0
"""Taken from a sentence that tells what was thought before ("had stood at", "at first"), where the present is asked."""

OTHER_YEAR = 1.5
"""Taken from a sentence of another year than the question names."""

PLANNED = 1.5
"""Taken from a sentence that tells a plan, where it is asked what happened."""

CORRECTS = 3.5
"""Given to a sentence that says itself to be a correction and holds something of the kind asked for."""

LONGEST_TITLE = 32
"""Characters of a title that stands in for an unknown source."""

FEWEST_WORDS = 4
"""Fewer make a caption, a heading or an exclamation."""

_DANGLING = re.compile(
    r"[\"“‘'(]?(?:he|she|they|it|his|her|hers|their|its|this|these|those|such|both|"
    r"the (?:former|latter|two|three|pair)|(?:the|his|her|their) (?:same|other|others))\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"(?:it (?:is|was|has been|will be|would be|took|takes|seems|appears|remains|became)\b"
    r".{0,60}\b(?:that|to|who|when)\b"
    r"|this (?:week|month|year|morning|time|summer|winter|spring|autumn|season)|both .{2,40} and )",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"(?:[A-Z][\w .,’'-]{1,40})?\((?:(?:Reuters|AP|AFP|UPI|CNN)\)\s*[-–—:]*|[A-Z]{2,}[\w .]{0,20}\)\s*[-–—:]+)\s+"
    r"|[A-Z]{3,}[A-Z ,]*\s[-–—]+\s+|[-–—]+\s+"
)
_LEFTOVER = re.compile(
    r"(?:related|see also|photos?|video|watch|more)\s*:|(?:read more|click here|sign up|subscribe|follow us)\b"
    r"|.*\b(?:hide caption|replay more|must watch|just watched|image source|getty images|all rights reserved)\b",
    re.IGNORECASE | re.DOTALL,
)
_ASKS_FOR_EARLIER = re.compile(
    r"\b(?:first|initial|initially|original|originally|early|earlier|earliest|previous|previously|plan(?:ned)?|expect(?:ed)?"
    r"|estimate[ds]?|before|at the time|wrong|mistake)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|no|never|none|nobody|without|neither|\w+n[’']t|den(?:y|ies|ied))\b", re.IGNORECASE)
_SAYS_CORRECTION = re.compile(r"[\"“]?(?:Correction|Clarification|Erratum)\b")
_LEAST_CORRECTED = 5
"""Words that a correction must quote before they are taken for the sentence that it corrects."""

_IDEOGRAPHIC = "。！"
_ENDING = re.compile(r"[.!…。！][\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a passage that are quoted, ``match.text[start:end]``: a sentence, or several that stand together."""

    number: int
    """Of the passage among the matches, from 1."""
    match: Match
    start: int
    end: int
    reference: Reference | None = None
    """Whom or what its first words stand for, where nothing before it in the quotation says so."""
    is_cut: bool = False
    """Whether the sentence goes on behind ``end``."""
    also: tuple[int, ...] = ()
    """Numbers of passages of other articles that say the same."""

    @property
    def text(self) -> str:
        """The words on one line; nothing but white space differs from the article."""
        return " ".join(self.match.text[self.start : self.end].split())

    @property
    def shown(self) -> str:
        """``text`` with the name that its first words stand for in brackets, and an ellipsis where it is cut."""
        words = self.text
        if reference := self.reference:
            head = "" if reference.replaces else f"{words[: reference.length]} "
            words = f"{head}[{reference.name}]{words[reference.length :]}"
        return words.rstrip(" ,;:–—-") + "…" if self.is_cut else words

    @property
    def article(self) -> Article:
        return self.match.article


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted, and what it needs to be understood."""

    quoted: Quoted
    needs: Quoted | None
    """The sentence before it, when it begins with "he", "it" or "this" and would be a riddle alone."""
    words: frozenset[str]
    features: Features
    score: float


class ExtractiveWriter:
    """Answers with quotations. ``similarity`` gives the cosines between a question and sentences."""

    name: Final = "extractive"

    def __init__(self, similarity: Similarity) -> None:
        self._similarity = similarity

    def write(self, question: str, matches: Sequence[Match], history: Sequence[Turn] = ()) -> Iterator[str]:
        """Yields Markdown, one statement at a time, with markers that number ``matches`` from 1.

        A statement is a quotation on a line of its own; the first of an article names its source and day. A name in
        brackets says whom "he" stands for, an ellipsis that the sentence goes on. ``history`` is not used: the question
        stands alone by now. Yields nothing when no sentence can be quoted.
        """
        article = None
        for quoted in self.select(question, matches):
            if article is not None:
                yield "\n" if quoted.article.id == article else "\n\n"
            opening = "" if quoted.article.id == article else f"{attribution(quoted.article)}: "
            markers = "".join(f" [{number}]" for number in (quoted.number, *quoted.also))
            yield f"{opening}{in_quotation_marks(quoted.shown)}{markers}"
            article = quoted.article.id

    def select(self, question: str, matches: Sequence[Match]) -> list[Quoted]:
        """What to quote, in the order in which it reads well."""
        want = wanted(question)
        ranked = sorted(candidates(question, matches, self._similarity), key=lambda each: -each.score)
        extent = EXTENTS[want.extent]
        if want.changes and ranked and ranked[0].quoted.article.published is not None:
            ranked, extent = _latest_first(ranked), _CHANGING
        elif extent.one_article:
            ranked = likeliest_article_first(ranked)
            if ranked and want.extent in BREADTH:
                ranked, extent = self._account(ranked, BREADTH[want.extent])
        if want.compared:
            ranked = _one_for_each(ranked, want.compared)
        chosen: list[Candidate] = []
        quoted: dict[Quoted, tuple[int, ...]] = {}
        for each in ranked:
            together = dict.fromkeys(part for part in (each.needs, each.quoted) if part and part not in quoted)
            fits = len(quoted) + len(together) <= MOST_SENTENCES or not chosen
            if not together or not fits or not extent.may_admit(each, chosen):
                continue
            if same := self._said(each, chosen):
                quoted[same.quoted] = _with_number(quoted[same.quoted], same, each)
            elif extent.admits(each, chosen):
                chosen.append(each)
                quoted |= dict.fromkeys(together, ())
        asked = frozenset(question_families(question))
        parts = [replace(part, also=also) for part, also in quoted.items()]
        if want.extent == "one":
            parts = [_shortened(part, want, asked) for part in parts]
        return _joined(_in_order(parts, by_time=extent.by_time))

    def _account(self, ranked: Sequence[Candidate], breadth: float) -> tuple[list[Candidate], Reach]:
        """The sentences of the first article that belong to an account, before those of the others; and their reach.

        So many that what is quoted has the best expected F-measure with what a reader would choose.
        """
        mine = [each for each in ranked if each.quoted.article.id == ranked[0].quoted.article.id]
        kept = best_expected([_chance(signs) for signs in belonging(mine, self._similarity)], breadth)
        others = [each for each in ranked if each not in mine]
        return [*(mine[place] for place in kept), *others], Reach((math.inf,) * (len(kept) - 1))

    def _said(self, each: Candidate, chosen: Sequence[Candidate]) -> Candidate | None:
        """The one of ``chosen`` that says the same already."""
        alike = [one for one in chosen if _common_share(each.words, one.words) >= SAME_WORDS]
        if not alike:
            return None
        cosines = self._similarity(each.quoted.text, [one.quoted.text for one in alike])
        nearest = int(cosines.argmax())
        return alike[nearest] if float(cosines[nearest]) >= SAME_MEANING else None


def belonging(mine: Sequence[Candidate], similarity: Similarity) -> list[Belonging]:
    """The signs for each of ``mine``, the sentences of one article, the best first."""
    texts = [each.quoted.text for each in mine]
    typical = np.mean([similarity(text, texts) for text in texts[:CENTRE]], axis=0)
    behind = [mine[0].score - each.score for each in mine]
    in_place = sorted(range(len(mine)), key=lambda rank: _place(mine[rank].quoted))
    signs = [Belonging(1.0, behind[rank], 0.0, float(typical[rank])) for rank in range(len(mine))]
    for place, rank in enumerate(in_place):
        beside = [behind[other] for other in (*in_place[max(0, place - 1) : place], *in_place[place + 1 : place + 2])]
        signs[rank] = signs[rank]._replace(apart=sum(beside) / max(1, len(beside)))
    return signs


def _chance(signs: Belonging) -> float:
    return 1 / (1 + math.exp(-sum(weight * sign for weight, sign in zip(BELONGING, signs, strict=True))))


def best_expected(chances: Sequence[float], breadth: float) -> list[int]:
    """Places of those that together have the best expected F-measure with β² = ``breadth``, the likeliest first."""
    likeliest = sorted(range(len(chances)), key=lambda place: -chances[place])
    whole = breadth * sum(chances)
    found = accumulate(chances[place] for place in likeliest)
    expected = [within / (count + whole) for count, within in enumerate(found, start=1)]
    return likeliest[: 1 + int(np.argmax(expected))]


def _with_number(also: tuple[int, ...], same: Candidate, each: Candidate) -> tuple[int, ...]:
    """``also`` with the passage of ``each``, if it is another article's and bears witness to the very same."""
    one, other = same.quoted, each.quoted
    known = (one.number, *also)
    differs = (
        numbers(one.text) != numbers(other.text)
        or bool(_NEGATED.search(one.text)) != bool(_NEGATED.search(other.text))
        or is_dangling(other.text)
    )
    return also if other.number in known or other.article.id == one.article.id or differs else (*also, other.number)


def candidates(question: str, matches: Sequence[Match], similarity: Similarity) -> list[Candidate]:
    """The sentences of the best ``matches`` that can be quoted, with their scores, as they stand in the passages."""
    # A name in another spelling is the same name.
    question = written_as_in(question, [f"{match.article.title}\n{match.text}" for match in matches])
    asked = question_families(question)
    want = wanted(question)
    found = _foremost(
        question, asked, want, [each for number, match in _read(matches) for each in quotable(number, match)]
    )
    if not found:
        return []
    cosines = similarity(question, [each.quoted.text for each in found])
    corrected = _corrected(matches)
    of_now = _ASKS_FOR_EARLIER.search(question) is None
    amended: dict[str, float] = {}
    made = []
    for each, cosine in zip(found, cosines, strict=True):
        quoted, needs = each.quoted, None
        features = each.features._replace(cosine=float(cosine))
        score = _weighed(features)
        score += CORRECTS * features.right_kind * _says_correction(quoted)
        score -= PLANNED * (want.happened and is_plan(quoted.text))
        score -= OTHER_YEAR * _is_of_another_year(quoted, want)
        score -= OUTDATED * (want.changes and of_now and claims.SUPERSEDED.search(quoted.text) is not None)
        if correcting := _is_corrected(quoted, corrected):
            amended[correcting] = max(score, amended.get(correcting, score))
            continue
        if (reference := _reference(quoted)) is not None:
            quoted = replace(quoted, reference=reference)
        elif is_dangling(quoted.text):
            needs = each.needs
            score -= RIDDLE * (needs is None)
        made.append(Candidate(quoted, needs, each.words, features, score))
    return [_amending(each, amended) for each in made]


def _read(matches: Sequence[Match]) -> list[tuple[int, Match]]:
    """The best matches with their numbers, and behind them what else was found of their articles."""
    best = {match.article.id for match in matches[:PASSAGES]}
    return [
        (number, match)
        for number, match in enumerate(matches, start=1)
        if number <= PASSAGES or match.article.id in best
    ]


def _foremost(
    question: str, asked: Sequence[str], want: Wanted, found: Sequence[tuple[Quoted, Quoted | None]]
) -> list[Candidate]:
    """Those of the sentences that are worth comparing with the question, with all their features but that one."""
    known = frozenset(asked)
    held = [content_families(quoted.text) for quoted, _ in found]
    weights = word_weights(asked, held)
    named = frozenset[str]().union(*map(content_families, names(question)))
    predicate = {word: weight for word, weight in weights.items() if word not in named} or weights
    places = {article: place for place, article in enumerate(dict.fromkeys(q.article.id for q, _ in found), start=1)}
    made = []
    for (quoted, before), words in zip(found, held, strict=True):
        context = words | content_families(f"{quoted.article.title}\n{before.text if before else ''}")
        told = weighted_share(predicate, words)
        features = Features(
            cosine=0.0,
            passage=quoted.match.similarity,
            predicate=told,
            context=weighted_share(weights, context),
            right_kind=holds_kind(want, quoted.text, asked),
            article=1 / places[quoted.article.id],
            opening=told / (1 + _place(quoted) / OPENING) if quoted.article.published else 0.0,
            new_words=min(len(words - known), ENOUGH_NEW_WORDS) / ENOUGH_NEW_WORDS,
        )
        made.append(Candidate(quoted, before, words, features, _weighed(features)))
    best = sorted(range(len(made)), key=lambda place: -made[place].score)[:CANDIDATES]
    return [made[place] for place in sorted(best)]


def _weighed(features: Features) -> float:
    return sum(weight * feature for weight, feature in zip(WEIGHTS, features, strict=True))


def _amending(each: Candidate, amended: dict[str, float]) -> Candidate:
    """A correction answers at least as well as the sentence that it corrects."""
    score = amended.get(each.quoted.article.id, each.score)
    return replace(each, score=max(each.score, score)) if _says_correction(each.quoted) else each


def _says_correction(quoted: Quoted) -> bool:
    return _SAYS_CORRECTION.match(quoted.text) is not None


def _is_of_another_year(quoted: Quoted, want: Wanted) -> bool:
    """Whether neither the sentence nor its article is of a year that the question names."""
    if not want.years or want.changes:
        return False
    article = quoted.article
    known = f"{quoted.text} {article.title} {article.published.year if article.published else ''}"
    return article.published is not None and not any(year in known for year in want.years)


def _reference(quoted: Quoted) -> Reference | None:
    return resolve(quoted.article.text, quoted.match.start + quoted.start, quoted.article.title)


def _corrected(matches: Sequence[Match]) -> list[tuple[str, str]]:
    """Article and words of what the corrections among ``matches`` quote as wrong."""
    return [
        (match.article.id, match.text[start:end])
        for match in matches
        if claims.CORRECTS.search(match.article.title)
        for start, end in quotation.quotations(match.text)
        if len(match.text[start:end].split()) >= _LEAST_CORRECTED
    ]


def _is_corrected(quoted: Quoted, corrected: Collection[tuple[str, str]]) -> str | None:
    """The article that calls the sentence wrong."""
    return next((article for article, words in corrected if quotation.find(words, quoted.text)), None)


def _latest_first(ranked: list[Candidate]) -> list[Candidate]:
    """Moves the sentences of the latest article that answers nearly as well as the best to the front.

    Counts rise, dates slip and offices change hands: of two articles that tell the same thing the later knows more. A
    correction wins over what it corrects, not over what was known after it.
    """
    best = ranked[0]
    near = best.score - SAME_THING - CORRECTS * _says_correction(best.quoted)
    after = _known_on(best.quoted.article)
    rivals = [
        each
        for each in ranked
        if (each.score >= best.score - SAME_THING or (each.score >= near and _known_on(each.quoted.article) > after))
        and each.features.right_kind >= best.features.right_kind
        and each.quoted.article.published is not None
    ]
    latest = max(rivals, key=lambda each: (_known_on(each.quoted.article), each.score)).quoted.article.id
    return sorted(ranked, key=lambda each: each.quoted.article.id != latest)


def likeliest_article_first(ranked: list[Candidate]) -> list[Candidate]:
    """Moves the sentences of the article most likely to answer to the front.

    The scores are log odds, so an article's chance is the sum over its sentences: several that come near tell more than
    the one that comes nearest. On CLAPNQ that adds 0.01 to the F1 of what is quoted.
    """
    chances: dict[str, float] = {}
    for each in ranked:
        chances[each.quoted.article.id] = chances.get(each.quoted.article.id, 0.0) + math.exp(each.score)
    likeliest = max(chances, key=chances.__getitem__, default=None)
    return sorted(ranked, key=lambda each: each.quoted.article.id != likeliest)


def _known_on(article: Article) -> date:
    return max(article.published or date.min, article.updated or date.min)


def _one_for_each(ranked: list[Candidate], compared: tuple[str, str]) -> list[Candidate]:
    """The best sentence about each of two names goes before the rest."""
    first: list[Candidate] = []
    for name in compared:
        about = content_families(name)
        if found := next((each for each in ranked if about <= each.words and each not in first), None):
            first.append(found)
    return [*first, *(each for each in ranked if each not in first)]


def _shortened(quoted: Quoted, want: Wanted, asked: Collection[str]) -> Quoted:
    """``quoted`` without what hangs on behind and holds nothing of the answer."""

    def holds_answer(words: str) -> bool:
        return adds_kind(want, words, asked)

    start, end = clause(quoted.match.text, quoted.start, quoted.end, asked, holds_answer)
    return replace(quoted, start=start, end=end, is_cut=True) if end < quoted.end else quoted


@dataclass(frozen=True, slots=True)
class Reach:
    """How much is quoted."""

    within: tuple[float, ...]
    """How far behind the best sentence the second, the third … may be."""
    one_article: bool = True
    by_time: bool = False

    def may_admit(self, each: Candidate, chosen: Sequence[Candidate]) -> bool:
        """Whether ``each`` is near enough to the best to be quoted, or cited beside one that says the same."""
        return not chosen or chosen[0].score - each.score <= max((SAME_THING, *self.within))

    def admits(self, each: Candidate, chosen: Sequence[Candidate]) -> bool:
        if not chosen:
            return True
        best = chosen[0]
        if len(chosen) > len(self.within) or best.score - each.score > self.within[len(chosen) - 1]:
            return False
        return not self.one_article or each.quoted.article.id == best.quoted.article.id


_CHANGING: Final = Reach(CHANGING, one_article=False)
EXTENTS: Final[dict[Extent, Reach]] = {
    "account": Reach(()),
    "explanation": Reach(()),
    "one": Reach(ONE_THING, one_article=False),
    "list": Reach(LIST),
    "comparison": Reach(COMPARISON, one_article=False),
    "course": Reach(COURSE, one_article=False, by_time=True),
}


def attribution(article: Article) -> str:
    """Who says so, and when: "Starter Library, Space desk, 23 August 2023", with the day of a later update."""
    when = day_in_words(article.published) if article.published else "undated"
    if article.updated_since:
        when += f", updated {day_in_words(article.updated_since)}"
    title = "".join(character for character in article.title if character not in DOUBLE)
    return f"{article.source or shorten(title, LONGEST_TITLE, placeholder='…')}, {when}"


def in_quotation_marks(text: str) -> str:
    """``text`` between marks that those inside it do not close."""
    return f"‘{text}’" if any(mark in text for mark in DOUBLE) else f"“{text}”"


def quotable(number: int, match: Match) -> list[tuple[Quoted, Quoted | None]]:
    """The sentences of a passage that can be quoted, each with the quotable one before it."""
    made: list[tuple[Quoted, Quoted | None]] = []
    before: Quoted | None = None
    for start, end in sentences(match.text):
        dateline = _DATELINE.match(match.text, start, end)
        quoted = Quoted(number, match, dateline.end() if dateline else start, end)
        if is_whole(quoted.text):
            made.append((quoted, before))
            before = quoted
        else:
            before = None
    return made


def is_whole(text: str) -> bool:
    """Whether ``text`` is a sentence that can stand in an answer: no caption, credit, heading or leftover of a page."""
    written = text.split()
    if not _ENDING.search(text) or _LEFTOVER.match(text):
        return False
    if text[-1] in _IDEOGRAPHIC:  # neither spaces nor capitals to go by
        return True
    return len(written) >= FEWEST_WORDS and sum(word[0].isupper() for word in written) <= len(written) * 3 / 4


def is_dangling(text: str) -> bool:
    """Whether ``text`` begins with a word that stands for something said before: "He said …"."""
    return _DANGLING.match(text) is not None and not _EXPLETIVE.match(text)


def _in_order(chosen: list[Quoted], *, by_time: bool) -> list[Quoted]:
    """Articles in the order of their best sentence, or by day, the undated last; sentences as they stand in theirs."""
    if by_time:
        return sorted(chosen, key=lambda each: (each.article.published or date.max, each.article.id, _place(each)))
    first: dict[str, int] = {}
    for position, each in enumerate(chosen):
        first.setdefault(each.article.id, position)
    return sorted(chosen, key=lambda each: (first[each.article.id], _place(each)))


def _joined(chosen: Sequence[Quoted]) -> list[Quoted]:
    """Neighbouring sentences of a passage in one quotation, unless quotation marks in them would break it up."""
    made: list[Quoted] = []
    for each in chosen:
        last = made[-1] if made else None
        if (
            last is not None
            and not last.is_cut
            and not last.also
            and not each.also
            and last.number == each.number
            and not last.match.text[last.end : each.start].strip()
            and not any(mark in last.text + each.text for mark in DOUBLE)
        ):
            made[-1] = replace(last, end=each.end, is_cut=each.is_cut)
        else:
            made.append(each)
    return made


def _place(quoted: Quoted) -> int:
    return quoted.match.start + quoted.start


def _common_share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))
