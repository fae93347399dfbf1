"""What the writer without a model answers, and what it leaves unanswered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from assistant import Assistant
from assistant.evaluation.cases import holds
from assistant.language.words import content_words, question_words
from assistant.settings import Settings
from assistant.types import Turn
from assistant.writer import Writer
from assistant.writing import extractive
from assistant.writing.extractive import (
    ANSWERS,
    ExtractiveWriter,
    Quoted,
    Similarity,
    is_whole,
    ranked_sentences,
    written,
)
from tests.benchmarks import questions
from tests.benchmarks.questions import Asked, Remembering
from tests.benchmarks.report import Figure, Line
from vectorstore.library import Library
from vectorstore.text.splitter import sentences
from vectorstore.types import Article, Match

_RANK_OFFSET = 60


def run(data: Path | None) -> Iterator[Line]:
    if data is None:
        return
    embeddings = Remembering()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        library, asked = questions.squad(data, folder / "squad", embeddings)
        with library:
            yield from short_answers("SQuAD", asked, library, at_most=40)
            yield from abstaining("SQuAD, adversarial", asked, at=85, refused=50)
        library, asked = questions.clapnq(data, folder / "clapnq", embeddings)
        with library:
            yield from sentences_quoted(asked, library)
            yield from abstaining("CLAPNQ, not in its passage", asked, balanced=78)
        library, asked = questions.ramdocs(data, folder / "ramdocs", embeddings)
        with library:
            yield from short_answers("RAMDocs", asked, library)
        library, asked = questions.seeds(folder / "seeds", embeddings)
        with library:
            yield from own_questions(asked, library)
        for name, path in (
            ("near the starter articles", questions.NEAR_QUESTIONS),
            ("near, held out", questions.NEAR_QUESTIONS_HELD_OUT),
        ):
            library, asked = questions.seeds(folder / "seeds", embeddings, path)
            with library:
                yield from abstaining(name, asked)
        if not (data / "news").is_dir():
            yield "news: SKIPPED, the evaluation data has no news/"
            return
        library, asked = questions.news(data, folder / "news", embeddings)
        with library:
            yield from short_answers("news", asked, library)
            yield from abstaining("news, story taken out", asked, at=94, refused=90)
            old = questions.without_day(library, asked)
            kept = mean(surest(each) >= ANSWERS for each in old)
            yield Figure(f"news without a sign of time, asked today: answered, of {len(old)}", 100 * kept, "%")


def short_answers(name: str, asked: Iterable[Asked], library: Library, at_most: float | None = None) -> Iterator[Line]:
    """Whether the words of a right answer stand in the first sentence, and in what is quoted: silence quotes none."""
    writer = ExtractiveWriter(library.similarity)
    first, found, words, whole, baseline = [], [], [], [], []
    for each in asked:
        if not each.present:
            continue
        ranked = ranked_sentences(each.question, each.passages)
        first.append(bool(ranked) and holds(ranked[0].text, each.answers))
        baseline.append(holds(_best_by_fused_rank(each, library.similarity), each.answers))
        chosen = writer.select(each.question, each.passages)
        found.append(any(holds(part.text, each.answers) for part in chosen))
        if chosen:
            words.append(sum(len(part.text.split()) for part in chosen))
            whole.append(len(re.sub(r"\[\d+\]", "", "".join(written(chosen))).split()))
    yield Figure(
        f"{name}: the answer is in the first sentence", 100 * mean(first), "%", 100 * mean(baseline), "%, fused rank"
    )
    yield Figure(f"{name}: … is quoted, silence counted as not", 100 * mean(found), f"% of {len(found)}")
    if words:
        yield Figure(f"{name}: words quoted, median", median(words), at_most=at_most)
        yield Figure(f"{name}: words with source and day, median", median(whole), at_most=at_most)


def assistant(library: Library) -> Assistant:
    """The program itself over ``library``, without a chat model."""
    writer = ExtractiveWriter(library.similarity)

    def write(question: str, matches: Sequence[Match], turns: Sequence[Turn], *_: object) -> Iterator[str]:
        return writer.write(question, matches, turns)

    return Assistant(library, Settings(), Writer(writer.name, write, part_by_part=True))


def sentences_quoted(asked: Iterable[Asked], library: Library) -> Iterator[Line]:
    """F1 of what is quoted against the annotators' sentences, by characters, the best annotator for each question.

    The target is for what would be quoted if the writer were never silent; when it should be, ``abstaining`` measures.
    """
    writer = ExtractiveWriter(library.similarity)
    present = [each for each in asked if each.present]
    as_it_is = mean(f1(writer.select(each.question, each.passages), each) for each in present)
    with patch.object(extractive, "ANSWERS", 0.0):
        never_silent = mean(f1(writer.select(each.question, each.passages), each) for each in present)
    baseline = mean(f1(_first_two(each.matches[0]), each) for each in present)
    yield Figure("CLAPNQ: F1 of the quoted sentences", never_silent, "", baseline, "first two of best passage", 0.66)
    yield Figure("CLAPNQ: F1, silence counted as none", as_it_is, "", baseline, "first two of best passage")


def _first_two(match: Match) -> list[Quoted]:
    quoted = [Quoted(1, match, start, end) for start, end in sentences(match.text)]
    return [each for each in quoted if is_whole(each.text)][:2]


def abstaining(
    name: str,
    asked: Sequence[Asked],
    *,
    at: int | None = None,
    refused: float | None = None,
    balanced: float | None = None,
) -> Iterator[Line]:
    """How well present and absent answers are told apart by the probability of the best sentence.

    Above the default threshold, and with the one at which ``at`` % of the present are answered: there at least
    ``refused`` % of the absent should be refused.
    """
    present = np.array([each.present for each in asked])
    chances = np.array([surest(each) for each in asked])
    cosines = np.array([max((match.similarity for match in each.matches), default=0.0) for each in asked])
    yield Figure(f"{name}: AUROC", _auroc(chances, present), "", _auroc(cosines, present), "highest cosine")
    kept, left = 100 * float((chances[present] >= ANSWERS).mean()), 100 * float((chances[~present] < ANSWERS).mean())
    yield Figure(f"{name}: present answered", kept, f"% of {present.sum()}")
    yield Figure(f"{name}: absent refused", left, f"% of {(~present).sum()}")
    yield Figure(f"{name}: balanced accuracy", (kept + left) / 2, "%", at_least=balanced)
    if at is not None:
        ours, cosine = (_refused_at(scores, present, at) for scores in (chances, cosines))
        yield Figure(f"{name}: refused at {at} % answered", ours, "%", cosine, "%, highest cosine", refused)


def _refused_at(scores: NDArray[np.float64], present: NDArray[np.bool_], answered: int) -> float:
    """Per cent of the absent below the threshold that ``answered`` per cent of the present reach."""
    return 100 * float((scores[~present] < np.quantile(scores[present], 1 - answered / 100)).mean())


def surest(asked: Asked) -> float:
    """Probability of the sentence that answers most surely."""
    ranked = ranked_sentences(asked.question, asked.passages)
    return ranked[0].answers if ranked else 0.0


def own_questions(asked: Sequence[Asked], library: Library) -> Iterator[Line]:
    """The questions that come with the starter articles: answered with the right words, or rightly refused."""
    desk = assistant(library)
    answered, refused = [], []
    for each in asked:
        answer = desk.ask(each.question, as_of=each.as_of)
        if each.present:
            answered.append(not answer.abstained and all(word in answer.text for word in each.answers))
        else:
            refused.append(answer.abstained)
    right = [*answered, *refused]
    yield Figure("starter articles: right", 100 * mean(right), f"% of {len(right)}")
    yield Figure("starter articles: answered with the right words", 100 * mean(answered), f"% of {len(answered)}")
    yield Figure("starter articles: rightly refused", 100 * mean(refused), f"% of {len(refused)}")


def _best_by_fused_rank(asked: Asked, similarity: Similarity) -> str:
    """The baseline: the sentence of the best passages with the best reciprocal ranks by cosine and by shared words."""
    texts = [match.text[start:end] for match in asked.matches[:5] for start, end in sentences(match.text)]
    wanted = frozenset(question_words(asked.question))
    shared = np.array([len(wanted & frozenset(content_words(text))) for text in texts])
    fused = sum(
        1 / (_RANK_OFFSET + 1 + np.argsort(np.argsort(-ranking, kind="stable")))
        for ranking in (similarity(asked.question, texts), shared)
    )
    return texts[int(np.argmax(fused))]


def f1(chosen: Sequence[Quoted], asked: Asked) -> float:
    """Of what is quoted and what annotators chose, by characters; the annotator who comes nearest."""
    mine: set[int] = set()
    elsewhere = 0
    article: Article | None = None
    for part in chosen:
        start, end = part.match.start + part.start, part.match.start + part.end
        if part.article.id == asked.article:
            article = part.article
            mine.update(_characters(article.text, start, end))
        else:
            elsewhere += len(part.text.replace(" ", ""))
    if article is None:
        return 0.0
    return max((_overlap(mine, elsewhere, _gold(article.text, chosen)) for chosen in asked.sentences), default=0.0)


def _overlap(mine: set[int], elsewhere: int, gold: set[int]) -> float:
    common = len(mine & gold)
    return 2 * common / (len(mine) + elsewhere + len(gold)) if common else 0.0


def _characters(text: str, start: int, end: int) -> range:
    """Numbers of the characters between two offsets, white space not counted: the gold sentences differ in theirs."""
    first = len("".join(text[:start].split()))
    return range(first, first + len("".join(text[start:end].split())))


def _gold(text: str, chosen: Iterable[str]) -> set[int]:
    squeezed = "".join(text.split())
    found: set[int] = set()
    for sentence in chosen:
        wanted = "".join(sentence.split())
        place = squeezed.find(wanted)
        if place >= 0:
            found.update(range(place, place + len(wanted)))
    return found


def _auroc(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """The probability that a present answer scores higher than an absent one."""
    above, below = scores[present][:, None], scores[~present][None]
    return float((above > below).mean() + (above == below).mean() / 2)
