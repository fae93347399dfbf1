"""Where articles disagree: is it told, is it told where there is nothing to tell, and is it called by its name?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from assistant import disagreement
from assistant.checking.citations import CitedText
from assistant.evaluation.cases import holds
from assistant.retrieval.passage_context import widened
from assistant.types import Citation, Disagreement, Statement
from assistant.writing.extractive import ExtractiveWriter, Similarity, written
from tests.benchmarks import questions
from tests.benchmarks.material import rows
from tests.benchmarks.news import found_on_its_day, kept_library
from tests.benchmarks.questions import Remembering
from tests.benchmarks.report import Figure, Line
from vectorstore.library import Library
from vectorstore.text.splitter import passages
from vectorstore.types import Article, Match, Passage

PAIRS = Path(__file__).parents[1] / "data" / "disagreements.jsonl"


def run(data: Path | None) -> Iterator[Line]:
    yield from made_pairs(_similarity(Remembering()))
    with TemporaryDirectory() as scratch:
        library, asked = questions.seeds(Path(scratch), Remembering())
        with library:
            found = [(each.question, each.matches) for each in asked if each.present]
            yield from told_of("starter articles", library, found)
    if data is None or not (data / "answers").is_dir():
        yield "RAMDocs, SQuAD, CLAPNQ: SKIPPED, the evaluation data has no answers/"
    else:
        yield from documents_that_disagree(data, Remembering())
    if data is None or not (data / "news").is_dir():
        yield "news: SKIPPED, the evaluation data has no news/"
        return
    with kept_library(data / "news" / "articles.jsonl.gz", Remembering()) as library:
        asked_on = {row["question"]: date.fromisoformat(row["asked_on"]) for row in rows(data / "news/questions.jsonl")}
        found = [(question, found_on_its_day(library, question, day, 10)) for question, day in asked_on.items()]
        yield from told_of("news", library, found)


def _similarity(embeddings: Remembering) -> Similarity:
    """That of a library, without one."""
    return lambda text, others: embeddings.embed_array(others) @ embeddings.embed_array([text])[0]


def made_pairs(similarity: Similarity) -> Iterator[Line]:
    """Pairs of short articles of our own, either of which may be the cited one; rules were tuned on one half."""
    for part in ("development", "held out"):
        told, right, made, silent = 0, 0, 0, 0
        confused = Counter[str]()
        updates: list[tuple[float, bool]] = []
        for pair in (pair for pair in rows(PAIRS) if pair["part"] == part):
            for articles in (pair["articles"], pair["articles"][::-1]):
                one = _first_told(articles, similarity)
                kind = one.kind if one else "none"
                if one and one.kind == "update":
                    first, *_, last = (side.citation.quote for side in one.sides)
                    updates.append((float(similarity(first, [last])[0]), pair["label"] != "none"))
                made += pair["label"] != "none"
                told += kind != "none"
                right += pair["label"] != "none" and kind != "none"
                silent += kind == pair["label"] == "none"
                if "none" not in (kind, pair["label"]) and kind != pair["label"]:
                    confused[f"{pair['label']} taken for {kind}"] += 1
        goal = 0.9 if part == "held out" else None
        yield Figure(f"made pairs, {part}: precision", right / max(1, told), at_least=goal)
        yield Figure(f"made pairs, {part}: recall", right / made)
        yield Figure(f"made pairs, {part}: of the right kind", 1 - confused.total() / max(1, right))
        yield f"{right} of {made} told, {told - right} where nothing is to tell (of {silent + told - right})"
        if confused:
            yield ", ".join(f"{count} {what}" for what, count in confused.items())
        for least in (0.0, 0.8, 0.85, 0.9, 0.95):
            same = [is_same for cosine, is_same in updates if cosine >= least]
            yield f"updates of cosine {least} and more: {sum(same)} of {len(same)} tell of the same thing"


def _first_told(articles: Sequence[dict[str, Any]], similarity: Similarity) -> Disagreement | None:
    matches = [_match(number, row) for number, row in enumerate(articles, start=1)]
    first = matches[0]
    citation = Citation(1, first.text, first.start, first.end, first.article, first.passage)
    return next(iter(_told([citation], matches, similarity).disagreements), None)


def _match(number: int, row: dict[str, Any]) -> Match:
    day = date.fromisoformat(row["published"]) if row["published"] else None
    article = Article(f"article-{number}", row["title"], row["text"], published=day, source=row["source"])
    return Match(number, 1.0, 0.8, Passage(number, article.id, 0, len(article.text), article.text), article)


def documents_that_disagree(data: Path, embeddings: Remembering) -> Iterator[Line]:
    """RAMDocs, whose questions have several right answers, for namesakes, or planted wrong ones; then questions of
    SQuAD and CLAPNQ, whose articles do not disagree."""
    similarity = _similarity(embeddings)
    asked = rows(data / "answers" / "ramdocs.jsonl.gz")
    own = [(row, _documents(row["question"], row["documents"], similarity)) for row in asked]
    yield from _sides_shown("RAMDocs, own documents", own, similarity)
    with TemporaryDirectory() as scratch:
        library, found = questions.ramdocs(data, Path(scratch) / "ramdocs", embeddings)
        with library:
            among_all = [(row, each.passages) for row, each in zip(asked, found, strict=True)]
            yield from _sides_shown("RAMDocs, one library", among_all, library.similarity)
        for name, read in (("SQuAD", questions.squad), ("CLAPNQ", questions.clapnq)):
            library, found = read(data, Path(scratch) / name, embeddings)
            with library:
                yield from told_of(name, library, [(each.question, each.matches) for each in found], at_most=0)


def _sides_shown(
    name: str, asked: Sequence[tuple[dict[str, Any], list[Match]]], similarity: Similarity
) -> Iterator[Line]:
    """Which answers stand in what is cited, by the writer alone and with what is told of others."""
    several: dict[bool, list[bool]] = {False: [], True: []}
    alone: dict[bool, list[bool]] = {False: [], True: []}
    beside: list[bool] = []
    reported: list[bool] = []
    quiet: list[bool] = []
    for row, matches in asked:
        right = {_plain(answer) for answer in row["gold_answers"]}
        wrong = {_plain(answer) for answer in row["wrong_answers"]} - right
        cited = _cited(row["question"], matches, similarity)
        told = _told(cited, matches, similarity)
        for whole, citations in ((False, cited), (True, (*cited, *told.citations))):
            held = {answer for answer in right | wrong if any(holds(each.quote, [answer]) for each in citations)}
            if len(right) > 1:
                several[whole].append(len(held & right) > 1)
            if wrong:
                alone[whole].append(bool(held & wrong) and not held & right)
                beside += [bool(held & wrong and held & right)] if whole else []
        answers = {_plain(document["answer"]) for document in row["documents"]} - {"unknown"}
        if len(answers | right) < 2:
            quiet.append(not told.text)
        reported += [sum(_has(each, answer) for answer in answers | right) > 1 for each in told.disagreements]
    yield from _share(f"{name}, several right answers: two cited", several[True], several[False])
    yield from _share(f"{name}, planted answers: beside a right one", beside)
    yield from _share(f"{name}, planted answers: alone", alone[True], alone[False])
    yield from _share(f"{name}, contradictions told: two of the answers", reported)
    yield from _share(f"{name}, documents agree: nothing told", quiet, at_least=95)


def _share(
    name: str, each: Sequence[bool], before: Sequence[bool] = (), at_least: float | None = None
) -> Iterator[Line]:
    if not each:
        yield f"{name}: there are none"
        return
    baseline = 100 * float(np.mean(before)) if before else None
    yield Figure(f"{name}, of {len(each)}", 100 * float(np.mean(each)), "%", baseline, "%, writer alone", at_least)


def _plain(answer: str) -> str:
    return " ".join(answer.lower().split())


def _has(found: Disagreement, answer: str) -> bool:
    return any(holds(side.citation.quote, [answer]) or holds(answer, [side.value]) for side in found.sides)


def _documents(question: str, documents: Sequence[dict[str, Any]], similarity: Similarity) -> list[Match]:
    texts = list(dict.fromkeys(document["text"] for document in documents))
    articles = [Article(f"document-{number}", " ".join(text.split()[:6]), text) for number, text in enumerate(texts)]
    spans = [(article, start, end) for article in articles for start, end in passages(article.text)]
    cosines = similarity(question, [article.text[start:end] for article, start, end in spans])
    ranked = sorted(zip(cosines.tolist(), range(len(spans)), strict=True), reverse=True)[: questions.K]
    made = []
    for rank, (cosine, place) in enumerate(ranked, start=1):
        article, start, end = spans[place]
        passage = Passage(place, article.id, start, end, article.text[start:end])
        made.append(Match(rank, cosine, cosine, passage, article))
    return made


def _told(cited: Sequence[Citation], matches: Sequence[Match], similarity: Similarity) -> disagreement.Disagreements:
    """As behind an answer in which every citation carries a statement."""
    statements = [Statement(each.quote, (each.number,), "verified") for each in cited]
    return disagreement.find_disagreements(statements, cited, matches, similarity)


def _cited(question: str, matches: Sequence[Match], similarity: Similarity) -> tuple[Citation, ...]:
    """What the writer without a model cites; nothing where it is silent."""
    cited = CitedText(matches)
    for piece in written(ExtractiveWriter(similarity).select(question, matches)):
        cited.feed(piece)
    cited.finish()
    return cited.citations


def told_of(
    name: str, library: Library, asked: Sequence[tuple[str, Sequence[Match]]], at_most: float | None = None
) -> Iterator[Line]:
    """Every disagreement that is told, for people to read, and what looking for them costs."""
    spent, count = [], 0
    for question, matches in asked:
        wide = widened(matches)
        citations = _cited(question, wide, library.similarity)
        if not citations:
            continue
        began = time.perf_counter()
        told = _told(citations, wide, library.similarity)
        spent.append(1000 * (time.perf_counter() - began))
        count += bool(told.text)
        if told.text:
            yield " ".join([question, *told.text.split()])
    yield Figure(f"{name}: told", count, f"of {len(spent)}", at_most=at_most)
    if spent:
        yield Figure(f"{name}: median", float(np.median(spent)), "ms")
        yield Figure(f"{name}: p95", float(np.percentile(spent, 95)), "ms")
