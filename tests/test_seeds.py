"""The starter library keeps its own rules: see ``seeds/README.md``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import yaml

from assistant.drafts.verifying import stated
from assistant.evaluation.cases import holds, read

SEEDS = Path(__file__).parent.parent / "seeds"
QUESTIONS = Path(__file__).parent / "data" / "seed_questions.jsonl"
UNTITLED = "world/2024-09-02-french-arms-for-ukraine.txt"
DESKS = frozenset("Space Energy Climate World Culture Science Health Technology Sport".split())


@dataclass(frozen=True, slots=True)
class Seed:
    place: str
    """Path below ``seeds/``, with ``:line`` for a row of JSON Lines."""
    title: str | None
    text: str
    published: str | None
    updated: str | None
    source: str | None
    authors: tuple[str, ...]


class _Page(HTMLParser):
    """Metadata of a page, and the paragraphs and headings inside its ``<article>``."""

    def __init__(self) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.title = ""
        self.blocks: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "meta":
            self.meta[named.get("property") or named.get("name") or ""] = named.get("content") or ""
            return
        self._open.append(tag)
        if "article" in self._open and tag in ("p", "h2"):
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["title"]:
            self.title += data
        elif "article" in self._open and self._open[-1] in ("p", "h2"):
            self.blocks[-1] += data


def _read(path: Path) -> list[Seed]:
    place, written = path.relative_to(SEEDS).as_posix(), path.read_text(encoding="utf-8")
    match path.suffix:
        case ".jsonl":
            rows = [json.loads(line) for line in written.splitlines()]
            return [_seed(f"{place}:{number}", row, row["text"]) for number, row in enumerate(rows, 1)]
        case ".md":
            _, head, text = written.split("---\n", 2)
            return [_seed(place, yaml.load(head, Loader=yaml.BaseLoader), text)]
        case ".html":
            page = _Page()
            page.feed(written)
            fields = {
                "title": page.title,
                "published": page.meta["article:published_time"][:10],
                "source": page.meta["og:site_name"],
                "authors": [page.meta["author"]],
            }
            return [_seed(place, fields, "\n\n".join(page.blocks))]
        case ".txt" if place == UNTITLED:
            day, text = re.match(r"date (\S+) (.*)", written, re.DOTALL).groups()  # type: ignore[union-attr]
            return [_seed(place, {"published": day}, text)]
        case ".txt":
            head, text = written.split("\n\n", 1)
            header = dict(line.split(": ", 1) for line in head.splitlines())
            return [_seed(place, header | {"published": header["date"]}, text)]
    raise AssertionError(f"{place}: no format of the starter library")


def _seed(place: str, fields: Mapping[str, object], text: str) -> Seed:
    def line(name: str) -> str | None:
        value = fields.get(name)
        assert value is None or isinstance(value, str), f"{place}: {name}"
        return value

    authors = fields.get("authors", [])
    assert isinstance(authors, list)
    return Seed(place, line("title"), text.strip(), line("published"), line("updated"), line("source"), tuple(authors))


def _all_seeds() -> list[Seed]:
    files = sorted(path for path in SEEDS.rglob("*") if path.is_file() and path.name != "README.md")
    return [seed for path in files for seed in _read(path)]


ALL = _all_seeds()


def test_there_are_enough_articles_in_every_format() -> None:
    suffixes = [Path(seed.place.partition(":")[0]).suffix for seed in ALL]
    assert len(ALL) >= 34
    assert {".txt", ".md", ".html", ".jsonl"} == set(suffixes)
    assert suffixes.count(".html") >= 5
    assert suffixes.count(".jsonl") >= 6
    assert min(suffixes.count(".txt"), suffixes.count(".md")) >= 12


def test_an_article_has_between_150_and_900_words() -> None:
    assert [seed.place for seed in ALL if not 150 <= len(seed.text.split()) <= 900] == []


def test_an_article_speaks_for_the_day_in_its_file_name() -> None:
    for seed in ALL:
        if seed.published is None:
            continue
        published = date.fromisoformat(seed.published)
        assert date(2021, 1, 1) <= published <= date(2024, 12, 31), seed.place
        if ".jsonl" not in seed.place:
            assert Path(seed.place).name.startswith(seed.published)
        if seed.updated is not None:
            assert date.fromisoformat(seed.updated) > published, seed.place


def test_the_years_2021_to_2024_all_occur() -> None:
    assert {seed.published[:4] for seed in ALL if seed.published} == {"2021", "2022", "2023", "2024"}


def test_exactly_one_article_is_undated_and_one_is_updated() -> None:
    assert [seed.place for seed in ALL if seed.published is None] == ["science/what-a-tsunami-warning-means.md"]
    assert [seed.place for seed in ALL if seed.updated] == ["world/2023-04-05-who-is-in-nato.md"]


def test_every_source_and_author_is_a_desk_of_ours() -> None:
    assert [seed.place for seed in ALL if seed.source is None] == [UNTITLED]
    assert {seed.source for seed in ALL if seed.source} == {f"Starter Library, {desk} desk" for desk in DESKS}
    assert {author for seed in ALL for author in seed.authors} <= {f"{desk} desk" for desk in DESKS}


def test_no_two_articles_share_a_title() -> None:
    titles = [seed.title.casefold() for seed in ALL if seed.title]
    assert len(titles) == len(set(titles)) == len(ALL) - 1


def test_the_correction_names_a_slip_that_the_report_contains() -> None:
    texts = {seed.place: seed.text for seed in ALL}
    wrong = "It first flew on 19 May 2021"
    assert wrong in texts["space/2024-01-25-ingenuity-last-flight.md"]
    assert wrong in texts["space/2024-01-26-ingenuity-correction.md"]


def test_one_sentence_of_the_named_article_answers_each_question() -> None:
    """``as_of`` must not be before the article, and the words must stand in one sentence of it."""
    seeds = {seed.place: seed for seed in ALL}
    questions = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    answerable = [question for question in questions if question["article"]]
    assert len(answerable) >= 25
    assert len(questions) - len(answerable) >= 8
    for question in answerable:
        seed = seeds[question["article"]]
        if question["as_of"]:
            assert seed.published is not None
            assert seed.published <= question["as_of"], question
        sentences = re.split(r"(?<=[.!?])\s", seed.text)
        assert any(all(word in sentence for word in question["words"]) for sentence in sentences), question


def test_a_starter_case_is_told_by_each_article_that_it_names() -> None:
    """A case without answers needs its articles to exist; a third of the cases has no answer in any."""
    texts = {seed.title: seed.text for seed in ALL}
    cases = read(QUESTIONS.with_name("starter_cases.jsonl"))
    assert len(cases) >= 100
    assert sum(case.abstain for case in cases) >= len(cases) / 3
    for case in cases:
        assert all(not case.answers or holds(texts[title], case.answers) for title in case.articles), case
        assert set(case.articles) <= set(texts), case


def test_the_drafts_are_split_by_article_and_their_sentences_are_read_as_written() -> None:
    places = {seed.place for seed in ALL}
    drafts = [json.loads(line) for line in QUESTIONS.with_name("drafts.jsonl").read_text(encoding="utf-8").splitlines()]
    halves: dict[str, set[str]] = {"looked at": set(), "held out": set()}
    for draft in drafts:
        texts = [sentence["text"] for sentence in draft["sentences"]]
        assert list(stated(" ".join(texts))) == texts
        halves[draft["part"]].update(sentence["article"] for sentence in draft["sentences"])
    assert halves["looked at"] | halves["held out"] <= places
    assert halves["looked at"].isdisjoint(halves["held out"])
