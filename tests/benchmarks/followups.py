"""Follow-ups: with the question before them, do they find the right article, and are new subjects left alone?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

from assistant import Assistant
from assistant.assistant import SURE_OF_KIND
from assistant.conversation.follow_up import Followed, follow, leans
from assistant.question.scope import ScopedQuestion, scoped
from assistant.reader import reader
from assistant.settings import Settings
from assistant.types import Turn
from tests.benchmarks.material import SEEDS, rows, write_rows
from tests.benchmarks.questions import Remembering
from tests.benchmarks.report import Figure, Line
from vectorstore.library import Library
from vectorstore.types import Match

DATA = Path(__file__).parents[1] / "data"
TABLES = {
    "": DATA / "follow_ups.jsonl",
    ", held out": DATA / "follow_ups_held_out.jsonl",
    ", second held out": DATA / "follow_ups_held_out_2.jsonl",
    ", third held out": DATA / "follow_ups_held_out_3.jsonl",
}
"""``articles``: those that hold the answer; none where the question begins a new subject. ``holds``: names that a
question reworded by hand would have. Each held-out file was written while the rules were frozen, the second and third
for people, things and Ukrainian; rules that changed later have seen it."""

TRAPS = DATA / "library_traps.txt"
"""Questions about the world that sound like questions about the library."""

TODAY = date(2024, 12, 20)
FIRST_ARTICLES = 3
FIRST_CONTEXTS = 5

Asked = Callable[[str, Sequence[Turn]], str]
"""What is searched for, from the last question and the turns before it."""


def run(data: Path | None) -> Iterator[Line]:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with Assistant.open(folder / "seeds", settings=Settings(), embeddings=Remembering()) as desk:
            desk.add(SEEDS)
            for name, path in TABLES.items():
                yield from on_starter_articles(name, rows(path), desk)
            traps = TRAPS.read_text(encoding="utf-8").splitlines()
            kinds = [reader().request(trap) for trap in traps]
            left = [kind != "library" or chance < SURE_OF_KIND for kind, chance in kinds]
            yield Figure("not taken for the library's own", 100 * mean(left), f"% of {len(left)}", at_least=100)
        if data is not None and (data / "answers").is_dir():
            dialogues = rows(data / "answers" / "mtrag_dialogues.jsonl.gz")
            with Library.open(folder / "contexts", embeddings=Remembering()) as library:
                yield from on_dialogues(dialogues, library, folder)
            yield on_whole_questions(data)
        else:
            yield "SKIPPED: dialogues and whole questions, which need answers/ in the folder of evaluation data"


def followed(question: str, turns: Sequence[Turn], library: Library) -> Followed:
    def read(text: str) -> ScopedQuestion:
        return scoped(text, library, today=TODAY)

    return follow(question, turns, library, read=read, read_anew=read)


def searched(ours: Followed) -> str:
    """What the assistant searches for: names of the last answer beside the question and the one before it."""
    return " ".join([ours.asked.text, *ours.names])


def on_starter_articles(name: str, asked: Sequence[Mapping[str, Any]], desk: Assistant) -> Iterator[Line]:
    follow_ups = [row for row in asked if row["articles"]]
    of = f"% of {len(follow_ups)}"
    taken: list[bool] = []
    named: list[bool] = []
    found: list[bool] = []
    alone: list[bool] = []
    joined: list[bool] = []
    seconds: list[float] = []
    for row in follow_ups:
        turns = turns_of(row)
        began = time.perf_counter()
        ours = followed(row["question"], turns, desk.library)
        seconds.append(time.perf_counter() - began)
        taken.append(ours.leans)
        named.append(all(words.lower() in searched(ours).lower() for words in row["holds"]))
        last = [turn.text for turn in turns if turn.role == "user"][-1]
        found.append(_first_has(row["articles"], ours.asked.search(desk.library, k=10, text=searched(ours))))
        for hits, text in ((alone, row["question"]), (joined, f"{last} {row['question']}")):
            hits.append(_first_has(row["articles"], desk.library.search(text, k=10)))
    yield Figure(f"taken for a follow-up{name}", 100 * mean(taken), of)
    yield Figure(f"names it needs are searched for{name}", 100 * mean(named), of)
    found_share = 100 * mean(found)
    first = f"right article in the first {FIRST_ARTICLES}{name}"
    yield Figure(first, found_share, of, 100 * mean(alone), "%, question alone")
    yield Figure(first, found_share, of, 100 * mean(joined), "%, last two joined")
    told = 100 * mean(_cites(row, turns_of(row), desk) for row in follow_ups)
    told_alone = 100 * mean(_cites(row, [], desk) for row in follow_ups)
    yield Figure(f"answer cites it{name}", told, of, told_alone, "%, question alone")
    new = [followed(row["question"], turns_of(row), desk.library) for row in asked if not row["articles"]]
    of = f"% of {len(new)}"
    yield Figure(f"new subject left as it is{name}", 100 * mean(not each.leans for each in new), of)
    yield Figure(f"new subject drops the scope{name}", 100 * mean(not each.asked.scope.kept for each in new), of)
    yield Figure(f"time to follow a conversation{name}", 1000 * median(seconds), "ms")


def _first_has(articles: Sequence[str], matches: Sequence[Match]) -> bool:
    order = list(dict.fromkeys(_place(match.article.origin) for match in matches))[:FIRST_ARTICLES]
    return not set(order).isdisjoint(articles)


def _cites(row: Mapping[str, Any], turns: Sequence[Turn], desk: Assistant) -> bool:
    answer = desk.ask(row["question"], history=turns, today=TODAY)
    return any(_place(citation.article.origin) in row["articles"] for citation in answer.citations)


def turns_of(row: Mapping[str, Any]) -> list[Turn]:
    return [Turn(turn["role"], turn["content"]) for turn in row["history"]]


def _place(origin: str) -> str:
    return origin.partition("seeds/")[2]


def on_whole_questions(data: Path) -> Line:
    """Whether questions that were asked without a conversation are left as they are."""
    asked = [row["question"] for file in ("clapnq", "squad2") for row in rows(data / "answers" / f"{file}.jsonl.gz")]
    left = [not leans(question) for question in asked]
    return Figure("asked without a conversation: left as it is", 100 * mean(left), f"% of {len(left)}")


def on_dialogues(dialogues: Sequence[Mapping[str, Any]], library: Library, folder: Path) -> Iterator[Line]:
    """Whether the passages that a dialogue's last turn rests on are found, all dialogues' passages as the library.

    Recall is the share of a turn's reference passages that are among the first articles found, each passage an
    article; a hit is any of them. No rewriting can know more than the reference answer: the question asked together
    with that shows how far search itself reaches.
    """
    texts = {context["document_id"]: context["text"] for row in dialogues for context in row["contexts"]}
    records = [{"id": key, "text": text} for key, text in texts.items() if text.strip()]
    library.add(write_rows(folder / "contexts.jsonl", records))
    place_of = {article.origin.rpartition(":")[2]: article.id for article in library.articles(with_text=False)}
    by_text = {records[int(line) - 1]["text"].strip(): article_id for line, article_id in place_of.items()}
    asked = []
    answers: dict[str, str] = {}
    for row in dialogues:
        turns = [Turn("user" if turn["speaker"] == "user" else "assistant", turn["text"]) for turn in row["input"]]
        wanted = {by_text[text] for context in row["contexts"] if (text := context["text"].strip()) in by_text}
        if wanted and sum(turn.role == "user" for turn in turns) > 1:
            asked.append((turns[-1].text, turns[:-1], wanted))
            answers[turns[-1].text] = row["targets"][0]["text"]
    most = 100 * mean(min(FIRST_CONTEXTS, len(wanted)) / len(wanted) for _, _, wanted in asked)
    yield (
        f"{len(asked)} dialogues with a reference passage, {library.count()} passages as articles; "
        f"Recall@{FIRST_CONTEXTS} cannot exceed {most:.1f} %, as some have more references than that"
    )

    def ours(question: str, turns: Sequence[Turn]) -> str:
        return searched(followed(question, turns, library))

    leaning = [each for each in asked if followed(each[0], each[1], library).leans]
    for name, of in (("", asked), (", those taken for one", leaning)):
        scores = {
            what: _recall(of, asks, library)
            for what, asks in {
                "ours": ours,
                "last turn alone": lambda question, turns: question,
                "all turns joined": lambda question, turns: " ".join([*_users(turns), question]),
                "last two joined": lambda question, turns: " ".join([*_users(turns)[-1:], question]),
                "with the reference answer": lambda question, turns: f"{question} {answers[question]}",
            }.items()
        }
        gained, possible = (
            scores[what][0] - scores["last turn alone"][0] for what in ("ours", "with the reference answer")
        )
        goal = 10 if of is asked else None
        gain = f"dialogues{name}: gain over the last turn alone"
        yield Figure(gain, gained, "points", possible, "points, with reference answer", at_least=goal)
        for place, measure in enumerate((f"Recall@{FIRST_CONTEXTS}", f"Hit@{FIRST_CONTEXTS}")):
            for what in list(scores)[1:]:
                value, baseline = scores["ours"][place], scores[what][place]
                yield Figure(f"dialogues{name}: {measure}", value, f"% of {len(of)}", baseline, f"%, {what}")


def _users(turns: Sequence[Turn]) -> list[str]:
    return [turn.text for turn in turns if turn.role == "user"]


def _recall(
    asked: Sequence[tuple[str, Sequence[Turn], set[str]]], asks: Asked, library: Library
) -> tuple[float, float]:
    """Recall and hits among the first articles, in per cent."""
    recalls, hits = [], []
    for question, turns, wanted in asked:
        matches = library.search(asks(question, turns), k=12)
        first = list(dict.fromkeys(match.article.id for match in matches))[:FIRST_CONTEXTS]
        recalls.append(len(wanted.intersection(first)) / len(wanted))
        hits.append(not wanted.isdisjoint(first))
    return 100 * mean(recalls), 100 * mean(hits)
