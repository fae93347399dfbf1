"""The figures of one answered case: what was found, what was answered, and how it is cited.

Recall@10, MRR and nDCG@10 are of the search; citation recall and precision as ALCE defines them (Gao et al. 2023,
https://arxiv.org/abs/2305.14627, section 3), with our check of support in the place of its model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log2
from statistics import mean

from assistant.checking import support
from assistant.evaluation.cases import Case, holds
from assistant.types import Answer, Citation
from vectorstore.messages import Message
from vectorstore.types import Match

K = 10
"""Passages that are looked at: as many as answers are made of."""

_WITHOUT_PASSAGES = ("catalogue", "assistant")
"""Who answers without a search; what they say is their own, and no quotation."""

NAMES: Mapping[str, Message] = {
    "recall": Message("Recall@10"),
    "mrr": Message("MRR"),
    "ndcg": Message("nDCG@10"),
    "first": Message("first sentence right"),
    "quoted": Message("quoted right"),
    "refused": Message("rightly refused"),
    "wrongly_refused": Message("wrongly refused"),
    "citation_precision": Message("citation precision"),
    "citation_recall": Message("citation recall"),
    "seconds": Message("seconds"),
    "dollars": Message("dollars"),
}


def measured(case: Case, answer: Answer | None, found: Sequence[Match]) -> dict[str, float]:
    """Those figures of a case that it has, each from 0 to 1 but seconds and dollars; ``None`` is no answer at all."""
    figures: dict[str, float] = {}
    own = answer is not None and answer.model in _WITHOUT_PASSAGES
    if not case.abstain and not own:
        figures |= retrieval(_ranks(case, found), len(case.articles) or 1)
    if case.abstain:
        figures["refused"] = answer is not None and answer.abstained
    else:
        figures["wrongly_refused"] = answer is not None and answer.abstained
        figures["first"], figures["quoted"] = _right(case, answer) if answer and not answer.abstained else (0, 0)
    if answer is not None:
        figures |= {} if own else citing(answer)
        figures["seconds"] = answer.seconds_search + answer.seconds_write
        if answer.usage.cost_usd is not None:
            figures["dollars"] = answer.usage.cost_usd
    return {name: round(float(value), 4 if name != "dollars" else 6) for name, value in figures.items()}


def retrieval(ranks: Sequence[int], relevant: int) -> dict[str, float]:
    """Of the ``ranks``, from 1, at which some of ``relevant`` things were found; each is as good as another."""
    gains = sum(1 / log2(rank + 1) for rank in ranks)
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(relevant, K) + 1))
    return {"recall": len(ranks) / relevant, "mrr": 1 / min(ranks) if ranks else 0.0, "ndcg": gains / ideal}


def _ranks(case: Case, found: Sequence[Match]) -> list[int]:
    """Ranks among the distinct articles found; where the case names none, that of the first passage with an answer."""
    if not case.articles:
        return [rank for rank, match in enumerate(found, 1) if holds(match.text, case.answers)][:1]
    articles = list({match.article.id: match.article for match in found}.values())
    firsts = (
        next((rank for rank, each in enumerate(articles, 1) if name in (each.id, each.title)), None)
        for name in case.articles
    )
    return [rank for rank in firsts if rank]


def _right(case: Case, answer: Answer) -> tuple[bool, bool]:
    """Whether the first sentence, and whether what is quoted, holds an answer; without answers: cites an article."""
    first = answer.statements[0] if answer.statements else None
    if case.answers:
        own = answer.model in _WITHOUT_PASSAGES
        quoted = answer.text if own else "\n".join(citation.quote for citation in answer.citations)
        return holds(first.text if first else answer.text, case.answers), holds(quoted, case.answers)
    right = [each.number for each in answer.citations if {each.article.id, each.article.title} & set(case.articles)]
    return bool(first and set(first.citations) & set(right)), bool(right)


def citing(answer: Answer) -> dict[str, float]:
    """Recall: sentences that the passages they cite carry. Precision: citations that such a sentence needs."""
    by_number = {citation.number: citation for citation in answer.citations}
    carried: list[bool] = []
    needed: list[bool] = []
    for statement in answer.statements:
        cited = list({(each := by_number[number]).passage.id: each for number in statement.citations}.values())
        carried.append(_carries(statement.text, cited))
        needed += (carried[-1] and is_needed for is_needed in _needed(statement.text, cited))
    figures = {"citation_recall": mean(carried)} if carried else {}
    return figures | ({"citation_precision": mean(needed)} if needed else {})


def _needed(statement: str, cited: Sequence[Citation]) -> Iterator[bool]:
    """Of each citation whether it carries the statement alone, or the others do not without it."""
    for each in cited:
        others = [other for other in cited if other is not each]
        yield not others or _carries(statement, [each]) or not _carries(statement, others)


def _carries(statement: str, cited: Sequence[Citation]) -> bool:
    return support.check(statement, cited).support == "verified"
