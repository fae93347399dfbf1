"""What the writer without a model answers, and what it leaves unanswered."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from assistant import Assistant, evidence
from assistant.assistant import Writer
from assistant.evidence import Similarity
from assistant.extractive import ExtractiveWriter, Quoted, quotable
from assistant.settings import Settings
from assistant.types import Turn
from assistant.words import content_words, question_words
from tests.benchmarks import questions
from tests.benchmarks.questions import Asked, Remembering
from tests.benchmarks.report import Figure, Line
from vectorstore.embeddings import LocalEmbeddings
from vectorstore.library import Library
from vectorstore.splitter import sentences
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
            yield from short_answers("SQuAD", asked, library, at_least=90, at_most=40)
            yield from abstaining("SQuAD, adversarial", asked, library)
        library, asked = questions.clapnq(data, folder / "clapnq", embeddings)
        with library:
            yield from sentences_quoted(asked, library)
            yield from abstaining("CLAPNQ, not in its passage", asked, library, balanced=75)
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
                yield from abstaining(name, asked, library)
        yield from seconds(folder)
        if (data / "news").is_dir():
            library, asked = questions.news(data, folder / "news", embeddings)
            with library:
                yield from short_answers("news", [each for each in asked if each.present], library)
                yield from abstaining("news, story taken out", asked, library, auroc=0.90, answered=90, refused=80)
                old = questions.without_day(library, asked)
                kept = mean(evidence.judge(each.question, each.matches, library.similarity).enough for each in old)
                yield Figure(f"news without a sign of time, asked today: answered, of {len(old)}", 100 * kept, "%")
        else:
            yield "news: SKIPPED, the evaluation data has no news/"


def short_answers(
    name: str, asked: Iterable[Asked], library: Library, at_least: float | None = None, at_most: float | None = None
) -> Iterator[Line]:
    """Whether the words of a right answer stand in what is quoted, asked of the writer alone and of the assistant."""
    writer, desk = ExtractiveWriter(library.similarity), assistant(library)
    found, answered, quoted, whole, best = [], [], [], [], []
    for each in asked:
        if not each.present:
            continue
        chosen = writer.select(each.question, each.passages)
        found.append(any(holds(part.text, each.answers) for part in chosen))
        answer = desk.ask(each.question, as_of=each.as_of)
        answered.append(not answer.abstained and any(holds(part.quote, each.answers) for part in answer.citations))
        quoted.append(sum(len(part.text.split()) for part in chosen))
        whole.append(len(re.sub(r"\[\d+\]", "", "".join(writer.write(each.question, each.passages))).split()))
        best.append(holds(_best_by_fused_rank(each, library.similarity), each.answers))
    baseline = 100 * mean(best)
    name_found = f"{name}: the answer's words are quoted"
    yield Figure(name_found, 100 * mean(found), "%", baseline, "%, best by fused rank", at_least)
    yield Figure(f"{name}: … by the assistant, which may refuse", 100 * mean(answered), "%")
    yield Figure(f"{name}: words quoted, median", median(quoted), at_most=at_most)
    yield Figure(f"{name}: words with source and day, median", median(whole), at_most=at_most)


def assistant(library: Library) -> Assistant:
    """The program itself over ``library``, without a chat model."""
    writer = ExtractiveWriter(library.similarity)

    def write(question: str, matches: Sequence[Match], turns: Sequence[Turn], *_: object) -> Iterator[str]:
        return writer.write(question, matches, turns)

    return Assistant(library, Settings(), Writer(writer.name, write, part_by_part=True))


def sentences_quoted(asked: Iterable[Asked], library: Library) -> Iterator[Line]:
    """F1 of what is quoted against the annotators' sentences, by characters, the best annotator for each question."""
    writer = ExtractiveWriter(library.similarity)
    present = [each for each in asked if each.present]
    ours = [f1(writer.select(each.question, each.passages), each) for each in present]
    first_two = [f1([part for part, _ in quotable(1, each.matches[0])][:2], each) for each in present]
    baseline = mean(first_two)
    yield Figure("CLAPNQ: F1 of the quoted sentences", mean(ours), "", baseline, "first two of best passage", 0.65)


def abstaining(
    name: str,
    asked: Sequence[Asked],
    library: Library,
    *,
    balanced: float | None = None,
    auroc: float | None = None,
    answered: float | None = None,
    refused: float | None = None,
) -> Iterator[Line]:
    """How well present and absent answers are told apart, by the score and at the default threshold."""
    judged = [evidence.judge(each.question, each.matches, library.similarity) for each in asked]
    present = np.array([each.present for each in asked])
    scores = np.array([each.score for each in judged])
    cosines = np.array([max((match.similarity for match in each.matches), default=0.0) for each in asked])
    enough = np.array([each.enough for each in judged])
    kept, left = 100 * float(enough[present].mean()), 100 * float((~enough[~present]).mean())
    highest = _auroc(cosines, present)
    yield Figure(f"{name}: AUROC", _auroc(scores, present), "", highest, "highest cosine", auroc)
    yield Figure(f"{name}: present answered", kept, "%", at_least=answered)
    yield Figure(f"{name}: absent refused", left, "%", at_least=refused)
    yield Figure(f"{name}: balanced accuracy", (kept + left) / 2, "%", at_least=balanced)


def own_questions(asked: Sequence[Asked], library: Library) -> Iterator[Line]:
    """The questions that come with the starter articles: answered with the right words, or rightly refused."""
    desk = assistant(library)
    right = []
    for each in asked:
        answer = desk.ask(each.question, as_of=each.as_of)
        right.append(
            not answer.abstained and all(word in answer.text for word in each.answers)
            if each.present
            else answer.abstained
        )
    yield Figure("starter articles: right", 100 * mean(right), f"% of {len(right)}")


def seconds(folder: Path) -> Iterator[Line]:
    """What a question costs beside the search, with a model that remembers nothing."""
    library, asked = questions.seeds(folder / "seeds", LocalEmbeddings())
    with library:
        writer = ExtractiveWriter(library.similarity)
        spent: dict[str, list[float]] = {"judging": [], "writing": []}
        for each in asked:
            begun = time.perf_counter()
            evidence.judge(each.question, each.matches, library.similarity)
            judged = time.perf_counter()
            "".join(writer.write(each.question, each.passages))
            spent["judging"].append(1000 * (judged - begun))
            spent["writing"].append(1000 * (time.perf_counter() - judged))
    for what, each_time in spent.items():
        yield Figure(f"{what}, median", median(each_time), "ms")
    both = [sum(pair) for pair in zip(*spent.values(), strict=True)]
    yield Figure("both, p95", float(np.percentile(both, 95)), "ms", at_most=150)


def holds(text: str, answers: Iterable[str]) -> bool:
    """Whether the words of one of ``answers`` stand in ``text``."""
    plain = f" {_plain(text)} "
    return any(f" {_plain(answer)} " in plain for answer in answers)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


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
