"""Training examples of the reader, out of the sets in ``ARTICLE_DATA/reader`` (its SOURCES.md names licences).

Two kinds: a question over a window of sentences, some of which answer it; a statement over a window, which carries it,
contradicts it or does not tell it. Windows are cut anew in each epoch, so that the place of a sentence tells nothing.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARRIED, CONTRADICTED, NOT_TOLD, NOT_CARRIED = 0, 1, 2, 3
"""Verdicts. The last is for sets that do not tell contradicted from not told."""

NLI = {"entailment": CARRIED, "contradiction": CONTRADICTED, "neutral": NOT_TOLD, "not_entailment": NOT_CARRIED}

ADDED = frozenset({"extrapolated", "known_but_not_told", "invented_cause", "not_told"})
"""Kinds of written faults that add something: not told. Some faults of the other kinds contradict, some do not."""

CHOOSING = 100
"""Windows of ``written_train`` kept out of training: thresholds and temperatures are chosen on them."""


KINDS = ("answer", "digest", "timeline", "compare", "library", "talk", "instruct")
"""What a message asks for: a fact, an overview, a course of events, outlets side by side, something about the library
itself, nothing, or work on a text."""

ROLES = ("event", "published", "recent", "none", "only", "without", "preferred", "subject")
"""What a time, the first four, or an outlet's name does in a question."""

WRITTEN = Path(__file__).parent / "written"
"""What was written for this project later: our own words, which name windows of ``ARTICLE_DATA`` by their ids."""

SIZES = (3, 6)
"""Sentences of a run, about those of a passage of the library."""
WIKI_SIZES = (4, 12)
"""Of a paragraph of an encyclopedia: mostly all of it."""


@dataclass(frozen=True, slots=True)
class Example:
    """``query`` over ``sentences``; ``answers`` marks those that answer, or carry. ``verdict`` is -1 where no statement
    is judged, ``kind`` where no request is told apart, ``role`` where no piece of a question is."""

    query: str
    header: str
    sentences: tuple[str, ...]
    answers: tuple[bool, ...]
    verdict: int = -1
    kind: int = -1
    role: int = -1


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def written(folder: Path, part: str) -> list[dict[str, Any]]:
    """The windows written for this project: ``train``, ``choose`` (out of the training file, by article) or ``dev``."""
    if part == "dev":
        return rows(folder / "written_dev.jsonl.gz")
    every = sorted(rows(folder / "written_train.jsonl.gz"), key=lambda row: str(row["id"]))
    random.Random(0).shuffle(every)
    return every[:CHOOSING] if part == "choose" else every[CHOOSING:]


def header(title: str, published: str | None) -> str:
    """What stands before the sentences of an article: its title and day. The product writes the same."""
    return f"{title} ({published})" if published else title


def window_of(row: dict[str, Any]) -> tuple[str, list[str]]:
    return header(row["title"], row["published"]), list(row["sentences"].values())


def _cut(random_: random.Random, count: int, keep: set[int], sizes: tuple[int, int]) -> tuple[int, int]:
    """A run of sentences that holds all of ``keep`` and is about so long."""
    low, high = (min(keep), max(keep)) if keep else (random_.randrange(count),) * 2
    size = max(high - low + 1, random_.randint(*sizes))
    start = random_.randint(max(0, high + 1 - size), min(low, max(0, count - size)))
    return start, min(count, start + size)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]{3,}", text.lower()))


def nearest_other(windows: list[dict[str, Any]], queries: list[tuple[int, str]]) -> list[int]:
    """For each query of a window the other window that shares the most of its rare words: what a search would find
    if the story were not there."""
    held = [_words(" ".join([row["title"], *row["sentences"].values()])) for row in windows]
    counts = Counter(word for words in held for word in words)
    holders: dict[str, list[int]] = defaultdict(list)
    for index, words in enumerate(held):
        for word in words:
            holders[word].append(index)
    found = []
    for own, query in queries:
        scores: Counter[int] = Counter()
        for word in sorted(_words(query)):
            for index in holders[word]:
                if index != own:
                    scores[index] += len(windows) // counts[word]
        found.append(min(scores, key=lambda index: (-scores[index], index)) if scores else (own + 1) % len(windows))
    return found


def questions(windows: list[dict[str, Any]], random_: random.Random) -> Iterator[Example]:
    """The written questions, each over a run of 3 to 6 sentences.

    For a share of them the run has lost the sentences that answer, and another share is also asked of the window of
    another article that comes nearest: neither holds an answer.
    """
    asked = [(index, question) for index, row in enumerate(windows) for question in row["questions"]]
    elsewhere = nearest_other(windows, [(index, question["q"]) for index, question in asked])
    for (index, question), other in zip(asked, elsewhere, strict=True):
        head, sentences = window_of(windows[index])
        gold = {number - 1 for number in question["a"]}
        kept = list(range(*_cut(random_, len(sentences), gold, SIZES)))
        if random_.random() < 0.15:
            kept = [i for i in kept if i not in gold]
        if kept:
            yield Example(question["q"], head, tuple(sentences[i] for i in kept), tuple(i in gold for i in kept))
        if random_.random() < 0.5:
            head, sentences = window_of(windows[other])
            start, end = _cut(random_, len(sentences), set(), SIZES)
            yield Example(question["q"], head, tuple(sentences[start:end]), (False,) * (end - start))
    for row in windows:
        head, sentences = window_of(row)
        for near in row["unanswerable"]:
            start, end = _cut(random_, len(sentences), {n - 1 for n in near.get("near", ())}, SIZES)
            yield Example(near["q"], head, tuple(sentences[start:end]), (False,) * (end - start))


def statements(windows: list[dict[str, Any]], random_: random.Random) -> Iterator[Example]:
    """The written statements of both sets, each over the sentences that a writer would cite and what stands around."""
    for row in windows:
        head, sentences = window_of(row)
        for name in ("true", "true_close", "false", "false_free"):
            for each in row[name]:
                gold = {number - 1 for number in each["from"] if 0 < number <= len(sentences)} or {0}
                is_true = name.startswith("true")
                if random_.random() < 0.5:  # just the cited ones
                    kept = sorted(gold)
                else:
                    kept = list(range(*_cut(random_, len(sentences), gold, (2, 4))))
                verdict = CARRIED if is_true else NOT_TOLD if each.get("kind") in ADDED else NOT_CARRIED
                yield Example(
                    each["s"],
                    head,
                    tuple(sentences[i] for i in kept),
                    tuple(is_true and i in gold for i in kept),
                    verdict,
                )
                if is_true and random_.random() < 0.12:  # the same over sentences that do not tell it
                    away = [i for i in range(len(sentences)) if i not in gold]
                    start = random_.randrange(max(1, len(away) - 3))
                    others = tuple(sentences[i] for i in away[start : start + 3])
                    yield Example(each["s"], head, others, (False,) * len(others), NOT_TOLD)


_NAMED = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
_HEDGE = re.compile(r"\b(?:may|might|could|allegedly|reportedly|plans to|is expected to|is said to|about|nearly)\s")


def corrupted(windows: list[dict[str, Any]], random_: random.Random) -> Iterator[Example]:
    """True statements made false by program: two names exchanged, a hedge dropped, a figure changed."""
    for row in windows:
        head, sentences = window_of(row)
        for each in (*row["true"], *row["true_close"]):
            text, gold = each["s"], sorted(n - 1 for n in each["from"] if 0 < n <= len(sentences))
            named = list(dict.fromkeys(_NAMED.findall(text)))
            figures = re.findall(r"\b\d{1,3}\b", text)
            if len(named) > 1:
                one, other = random_.sample(named, 2)
                parts = re.split(f"({re.escape(one)}|{re.escape(other)})", text)
                made = "".join(other if part == one else one if part == other else part for part in parts)
            elif _HEDGE.search(text):
                made = _HEDGE.sub("", text, count=1)
            elif figures:
                figure = random_.choice(figures)
                made = text.replace(figure, str(int(figure) + random_.randint(1, 9)), 1)
            else:
                continue
            if gold:
                shown = tuple(sentences[i] for i in gold)
                yield Example(made, head, shown, (False,) * len(gold), NOT_CARRIED)


def pairs(folder: Path) -> Iterator[Example]:
    """Public pairs of premise and statement."""
    for name, every in (("mnli", 1), ("snli", 2), ("fever", 1), ("scitail", 1)):  # captions are the least like news
        for row in rows(folder / f"nli_{name}.jsonl.gz")[::every]:
            verdict = NLI[row["label"]]
            yield Example(row["statement"], "", (row["premise"],), (verdict == CARRIED,), verdict)


_SENTENCE = re.compile(r"(?<=[.!?])[\"'”)]*\s+(?=[\"'“(A-Z0-9])|\n+")


def spans(text: str) -> list[tuple[int, int]]:
    found, begin = [], 0
    for gap in _SENTENCE.finditer(text):
        if gap.start() > begin:
            found.append((begin, gap.start()))
        begin = gap.end()
    if begin < len(text):
        found.append((begin, len(text)))
    return found


def with_spans(path: Path) -> Iterator[Example]:
    """Questions whose answers are spans of a context: the sentences that most annotators took them from answer."""
    for row in rows(path):
        context = row["context"]
        places = spans(context)
        for question in row["questions"]:
            votes = [0] * len(places)
            for start, _ in question["answers"]:
                for index, (low, high) in enumerate(places):
                    if low <= start < high:
                        votes[index] += 1
            most = max(votes, default=0)
            if most:
                yield Example(
                    question["q"],
                    "",
                    tuple(context[low:high] for low, high in places),
                    tuple(vote == most for vote in votes),
                )


def public_questions(folder: Path, random_: random.Random) -> Iterator[Example]:
    for name, every in (("new_wiki", 1), ("reddit", 2), ("amazon_reviews", 3)):
        for example in itertools.islice(with_spans(folder / f"qa_squadshifts_{name}.jsonl.gz"), 0, None, every):
            gold = {i for i, is_gold in enumerate(example.answers) if is_gold}
            start, end = _cut(random_, len(example.sentences), gold, SIZES)
            kept = list(range(start, end))
            if random_.random() < 0.15:
                kept = [i for i in kept if i not in gold]
            if kept:
                yield Example(
                    example.query,
                    "",
                    tuple(example.sentences[i] for i in kept),
                    tuple(example.answers[i] for i in kept),
                )
    for row in rows(folder / "qa_qnli.jsonl.gz"):
        yield Example(row["question"], "", (row["sentence"],), (bool(row["answers"]),))


def follow_up(question: str, before: str) -> str:
    """A question that leans on the one before it, as the product puts it to the reader."""
    return f"{question.strip()} ({before.strip()})"


def later(folder: Path, random_: random.Random) -> Iterator[Example]:
    """What was written later: follow-ups, more statements, near questions over an encyclopedia, kinds of requests."""
    windows = {row["id"]: row for row in written(folder, "train")}
    for row in _lines("followups"):
        window = windows[row["id"]]
        head, sentences = window_of(window)
        first = [question["q"] for question in window["questions"]]
        for each in (*row["follow"], {**row["near"], "a": []}):
            gold = {number - 1 for number in each["a"]}
            start, end = _cut(random_, len(sentences), gold, SIZES)
            query = follow_up(each["q"], first[each["n"]])
            yield Example(query, head, tuple(sentences[start:end]), tuple(i in gold for i in range(start, end)))
    more = [
        {**windows[row["id"]], "true": row["true"], "false": row["false"], "true_close": (), "false_free": ()}
        for row in _lines("statements")
    ]
    asked = [{**windows[row["id"]], **row} for row in _lines("news_questions")]
    yield from questions(asked, random_)
    contexts = rows(folder / "qa_squadshifts_new_wiki.jsonl.gz")
    for row in _lines("wiki_statements"):
        context = contexts[row["row"]]["context"]
        numbered = {str(n): context[low:high] for n, (low, high) in enumerate(spans(context), 1)}
        empty = {"title": "", "published": None, "true_close": (), "false_free": ()}
        more.append({**row, **empty, "sentences": numbered})
    yield from statements(more, random_)
    for row in (*_wiki(contexts), *_lines("wiki_questions")):
        context = contexts[row["row"]]["context"]
        texts = [context[low:high] for low, high in spans(context)]
        every = [(each["q"], {number - 1 for number in each["a"]}) for each in row["questions"]]
        for query, gold in (*every, *((near["q"], set()) for near in row["unanswerable"])):
            start, end = _cut(random_, len(texts), gold, WIKI_SIZES)
            yield Example(query, "", tuple(texts[start:end]), tuple(i in gold for i in range(start, end)))


def _wiki(contexts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The first set over an encyclopedia, in the form of the later ones."""
    for row in _lines("wiki"):
        context, answerable = contexts[row["row"]]["context"], row["answerable"]
        begin = context.find(answerable["sentence_start"])
        gold = [n for n, (low, high) in enumerate(spans(context), 1) if low <= begin < high]
        near = [{"q": query} for query in row["unanswerable"]]
        yield {"row": row["row"], "questions": [{"q": answerable["q"], "a": gold}], "unanswerable": near}


def requests(folder: Path, random_: random.Random, name: str = "requests") -> Iterator[Example]:
    """What people type, each with its kind; written questions and follow-ups stand for most of the first kind."""
    for row in _lines(name):
        yield Example(row["text"], "", (), (), kind=KINDS.index(row["kind"]))
    if name == "requests":
        asked = [q["q"] for row in written(folder, "train") for q in (*row["questions"], *row["unanswerable"])]
        asked += [each["q"] for row in _lines("followups") for each in row["follow"]]
        for text in random_.sample(asked, 900):
            yield Example(text, "", (), (), kind=0)


def roles(name: str = "roles") -> Iterator[Example]:
    """Questions with a time or an outlet's name in them, and what that does there."""
    for row in _lines(name):
        yield Example(row["q"], "", (row["piece"],), (False,), role=ROLES.index(row["role"]))


def leaning(folder: Path) -> tuple[list[str], list[str]]:
    """Follow-ups as they are typed, and questions that stand alone: written ones and those of an encyclopedia."""
    follow = [each["q"] for row in _lines("followups") for each in (*row["follow"], row["near"])]
    alone = [q["q"] for row in written(folder, "train")[:300] for q in (*row["questions"], *row["unanswerable"])]
    wiki = rows(folder / "qa_squadshifts_new_wiki.jsonl.gz")[:400]
    alone += [question["q"] for row in wiki for question in row["questions"][:2]]
    return follow, alone + [row["text"] for row in _lines("requests") if row["kind"] in ("answer", "digest")]


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (WRITTEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
