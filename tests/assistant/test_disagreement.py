"""Where articles disagree: what is told and by which name, and what is no disagreement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant import Assistant
from assistant.__main__ import main
from assistant.checking.support import check
from assistant.disagreement import MOST_SIDES, Disagreements, find_disagreements, in_words, without_disagreements
from assistant.export.page import answer_html
from assistant.export.text import answer_markdown, answer_text
from assistant.history.answer_json import answer_from_dict, stored_form
from assistant.models.prompt import NO_ANSWER
from assistant.settings import Settings
from assistant.types import Answer, Citation, Disagreement, Statement
from tests.assistant.making import corrected
from tests.scripted_server import ScriptedServer, says
from vectorstore.types import Article, Match, Passage, TimeScope

Written = tuple[str, str, str]
"""Headline, day of publication (or nothing) and text."""


def found(*articles: Written, outlet: str = "") -> list[Match]:
    """The articles as matches, of ``outlet`` or of one each."""
    made = []
    for number, (title, day, text) in enumerate(articles, start=1):
        published = date.fromisoformat(day) if day else None
        article = Article(f"a{number}", title, text, published=published, source=outlet or f"The Courier {number}")
        made.append(Match(number, 1.0, 0.8, Passage(number, article.id, 0, len(text), text), article))
    return made


def cite(*matches: Match) -> list[Citation]:
    return [
        Citation(number, match.text, match.start, match.end, match.article, match.passage)
        for number, match in enumerate(matches, start=1)
    ]


def alike(text: str, others: Sequence[str]) -> NDArray[np.float32]:
    return np.ones(len(others), dtype=np.float32)


def found_between(*articles: Written, support: Any = "verified", outlet: str = "") -> Disagreements:
    """What is found when the first article is cited."""
    matches = found(*articles, outlet=outlet)
    return find_disagreements([Statement(matches[0].text, (1,), support)], cite(matches[0]), matches, alike)


def between(*articles: Written, outlet: str = "") -> tuple[Disagreement, ...]:
    return found_between(*articles, outlet=outlet).disagreements


def values(one: Disagreement) -> list[str]:
    return [side.value for side in one.sides]


FLOOD = "How many people were killed in the Karon flood?"
EARLY: Written = ("Flood in Karon", "2024-07-10", "The flood in Karon killed 30 people, officials said on Wednesday.")
LATE: Written = ("Karon after the flood", "2024-07-14", "The flood in Karon killed 71 people, officials now say.")


@pytest.mark.parametrize("articles", [(EARLY, LATE), (LATE, EARLY)], ids=["early cited", "late cited"])
def test_a_later_count_looks_like_an_update_whichever_is_cited(articles: tuple[Written, Written]) -> None:
    (one,) = between(*articles)
    assert (one.kind, [value.split()[0] for value in values(one)]) == ("update", ["30", "71"])


def test_each_side_is_a_verbatim_quote_with_its_own_number_and_told_with_source_and_day() -> None:
    given = found_between(EARLY, LATE)
    (one,) = given.disagreements
    for side in one.sides:
        citation = side.citation
        assert citation.article.text[citation.start : citation.end] == citation.quote
        assert side.value in citation.quote
        assert check(side.value, [citation]).support == "verified"
    assert [side.citation.number for side in one.sides] == [1, 2]
    assert [citation.number for citation in given.citations] == [2]
    assert given.text == in_words(one)
    assert in_words(one).startswith("The figures differ: 30 people (The Courier 1, 10 July 2024) [1]; 71 people")
    (statement,) = given.statements
    assert (statement.citations, statement.support) == ((1, 2), "verified")
    assert "[" not in statement.text


def test_a_figure_of_another_year_is_none_of_this_one() -> None:
    before: Written = (LATE[0], LATE[1], "The flood in Karon killed 71 people in May 1939.")
    assert between(EARLY, before) == ()
    (one,) = between((EARLY[0], EARLY[1], "The flood in Karon killed 30 people in May 1939."), before)
    assert [value.split()[0] for value in values(one)] == ["30", "71"]


def test_a_value_is_shown_up_to_what_it_counts() -> None:
    (one,) = between(EARLY, (LATE[0], LATE[1], "The flood in Karon killed people: 71 people were counted."))
    assert values(one) == ["30 people", "71 people"]


def test_different_counts_of_one_day_contradict_each_other() -> None:
    (one,) = between(EARLY, (LATE[0], EARLY[1], LATE[2]))
    assert one.kind == "contradiction"
    assert in_words(one).startswith("The articles differ, and nothing says which is right: ")


def test_a_correction_comes_last_and_wins_over_what_it_corrects() -> None:
    wrong: Written = ("The Merrow lighthouse", "2024-04-02", "The Merrow lighthouse is 74 metres high.")
    right: Written = ("Correction: Merrow", "2024-04-03", "The Merrow lighthouse is 47 metres high.")
    again: Written = ("Merrow", "2024-05-03", wrong[2])
    for articles in ((wrong, right), (right, wrong), (again, right)):
        (one,) = between(*articles)
        assert (one.kind, values(one)) == ("correction", ["74 metres high", "47 metres high"])
        assert in_words(one).startswith("Corrected: not 74 metres high (")
        assert ", but 47 metres high (" in in_words(one)


NOTICE = "Correction, 15 July 2024: An earlier version of this article said that 45 people died. It was 30."
CORRECTED: Written = (EARLY[0], EARLY[1], f"{EARLY[2]}\n\n{NOTICE}")


@pytest.mark.parametrize(
    ("notice", "figure", "day", "kind"),
    [
        (NOTICE, 45, "2024-07-20", "correction"),
        (NOTICE, 71, "2024-07-20", "update"),
        (NOTICE, 71, "2024-07-12", "correction"),
        ("Correction: The name of the mayor is Ann Lee.", 45, "2024-07-20", "update"),
    ],
    ids=["repeats what was wrong", "knows more", "knew less", "another matter"],
)
def test_the_text_of_a_corrected_article_counts_against_what_its_notice_corrects(
    notice: str, figure: int, day: str, kind: str
) -> None:
    other: Written = (LATE[0], day, LATE[2].replace("71", str(figure)))
    matches = found((EARLY[0], EARLY[1], f"{EARLY[2]}\n\n{notice}"), other)
    matches[0] = corrected(matches[0])
    for cited in matches:
        quoted = replace(cite(cited)[0], quote=cited.text.split("\n")[0], end=len(cited.text.split("\n")[0]))
        (one,) = find_disagreements([Statement(quoted.quote, (1,), "verified")], [quoted], matches, alike).disagreements
        right = "30 people" if kind == "correction" else f"{figure} people"
        assert (one.kind, values(one)[-1]) == (kind, right)


def test_several_articles_make_one_disagreement_of_a_few_sides() -> None:
    more = [
        (f"Karon {n}", f"2024-07-{14 + n}", f"The flood in Karon killed {80 + n} people, they say.") for n in range(6)
    ]
    (one,) = between(EARLY, *more)
    assert len(one.sides) == MOST_SIDES
    assert values(one)[-1].split()[0] == "85"


def test_a_value_is_told_once_and_the_way_it_went_is_said_of_one_outlet_alone() -> None:
    again: Written = ("Karon", "2024-07-20", LATE[2])
    lower: Written = ("Karon recounts", "2024-07-22", "The flood in Karon killed 65 people, officials now say.")
    assert [value.split()[0] for value in values(between(EARLY, LATE, again)[0])] == ["30", "71"]
    for articles, course in (
        ((EARLY, LATE), "The figure rose: 30 people"),
        ((LATE, lower), "The figure fell: 71 people"),
        ((EARLY, LATE, lower), "The figure has changed: 30 people"),
    ):
        assert in_words(between(*articles, outlet="The Courier")[0]).startswith(course)
        assert in_words(between(*articles)[0]).startswith("The figures differ: ")


def test_an_answer_of_an_earlier_version_tells_no_disagreement_beside_its_card() -> None:
    (one,) = between(EARLY, LATE)
    citations = tuple(side.citation for side in one.sides)
    line = "The figure rose: 30 people on 10 July 2024 (The Courier 1) [1], 71 people on 14 July 2024 [2]."
    text = "In Karon 30 people died [1]."
    for whole, shown in ((f"{text}\n\n{line}", text), (text, text)):
        answer = Answer(FLOOD, whole, (), citations, TimeScope(), "m", disagreements=(one,))
        assert without_disagreements(answer) == shown


def test_two_early_counts_of_one_day_and_a_later_one_are_an_update() -> None:
    other: Written = (
        "Karon in the night",
        EARLY[1],
        "The flood in Karon killed 28 people, officials said on Wednesday.",
    )
    assert between(EARLY, other, LATE)[0].kind == "update"


def test_a_range_is_shown_whole() -> None:
    early: Written = ("The Merrow bridge", "2024-04-02", "The Merrow bridge will cost between 25 and 26 million euros.")
    late: Written = ("The Merrow bridge", "2024-05-02", "The Merrow bridge will cost 31 to 34 million euros.")
    assert values(between(early, late)[0]) == ["25 and 26 million euros", "31 to 34 million euros"]


@pytest.mark.parametrize(
    "other",
    [
        "In Karon the flood killed 30 people, the officials said again.",
        "About 30 people were killed by the flood in Karon, officials said.",
        "The flood in Karon lasted 9 hours and killed people, officials said.",
        "The orchestra of Lodi hired 71 new players.",
        "The flood in Karon killed many people, officials said.",
    ],
    ids=["same", "rounded", "another unit", "another subject", "no figure"],
)
def test_what_gives_no_other_value_for_the_same_is_no_disagreement(other: str) -> None:
    article: Written = ("Karon", "2024-07-14", other)
    assert between(EARLY, article) == ()


def test_a_statement_that_nothing_supports_is_not_compared() -> None:
    assert found_between(EARLY, LATE, support="unsupported").disagreements == ()


def test_two_heights_of_one_day_contradict_each_other() -> None:
    one: Written = ("Lighthouse", "2024-04-02", "The Merrow lighthouse is 40 metres tall.")
    other: Written = ("Lighthouse", "2024-04-02", "The Merrow lighthouse is 65 metres tall.")
    assert [each.kind for each in between(one, other)] == ["contradiction"]


# -- on the real parts, from files to the answer


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disagreeing")
    rows = [
        {"title": title, "text": text, "published": day, "source": f"Courier {number}"}
        for number, (title, day, text) in enumerate((EARLY, LATE), start=1)
    ]
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with Assistant.open(folder / "library", settings=Settings()) as desk:
        assert desk.add(folder / "articles.jsonl").count("added") == len(rows)
    return folder / "library"


def assert_both_are_told(desk: Assistant) -> None:
    reply = desk.stream(FLOOD)
    streamed = "".join(reply)
    answer = reply.answer
    assert answer.text == streamed
    (one,) = answer.disagreements
    assert one.kind == "update"
    assert answer.text.endswith(in_words(one))
    assert all(side.citation in answer.citations for side in one.sides)
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.statements[-1].support == "verified"
    form: dict[str, Any] = json.loads(json.dumps(answer.to_dict()))["disagreements"][0]
    assert form["kind"] == "update"
    assert [side["published"] for side in form["sides"]] == ["2024-07-10", "2024-07-14"]
    assert values(answer_from_dict(json.loads(json.dumps(stored_form(answer)))).disagreements[0]) == values(one)


def test_the_writer_without_a_model_tells_both_sides(library: Path) -> None:
    with Assistant.open(library, settings=Settings(), read_only=True) as desk:
        assert_both_are_told(desk)


def test_behind_a_chat_models_answer_both_sides_are_told(library: Path) -> None:
    with ScriptedServer() as server:
        server.plays(says("The flood in Karon killed 30 people, officials said [1]."))
        settings = Settings(model="m", base_url=server.url, api_key="sk-secret-key", passages=2)
        with Assistant.open(library, settings=settings, read_only=True) as desk:
            assert_both_are_told(desk)


def test_an_answer_that_was_refused_tells_nothing_more(library: Path) -> None:
    with ScriptedServer() as server:
        server.plays(says(NO_ANSWER))
        settings = Settings(model="m", base_url=server.url, api_key="sk-secret-key")
        with Assistant.open(library, settings=settings, read_only=True) as desk:
            answer = desk.ask(FLOOD)
    assert (answer.abstained, answer.disagreements) == (True, ())


def test_a_corrected_article_says_so_and_its_notice_is_no_news(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"title": title, "text": text, "published": day, "source": f"Courier {number}"}
        for number, (title, day, text) in enumerate(
            (CORRECTED, (LATE[0], "2024-07-20", LATE[2].replace("71", "45"))), start=1
        )
    ]
    (tmp_path / "articles.json").write_text(json.dumps(rows), encoding="utf-8")
    folder = str(tmp_path / "library")
    assert main(["add", str(tmp_path / "articles.json"), "--library", folder]) == 0
    with Assistant.open(folder, settings=Settings(), read_only=True) as desk:
        answer = desk.ask(FLOOD)
    first = answer.citations[0]
    assert (first.article.source, first.quote) == ("Courier 1", EARLY[2])
    assert not any("earlier version" in citation.quote for citation in answer.citations)
    assert "Earlier figure" not in answer.text
    assert answer.text.endswith(in_words(answer.disagreements[0]))
    assert answer.disagreements[0].kind == "correction"
    stored = answer_from_dict(json.loads(json.dumps(stored_form(answer))))
    for exported in (answer_text(stored), answer_markdown(stored), answer_html(stored)):
        assert "corrected 15 July 2024" in exported
        assert NOTICE in exported
    assert first.to_dict()["article"]["corrections"] == [{"text": NOTICE, "day": "2024-07-15"}]
    capsys.readouterr()
    assert main(["show", first.article.id, "--library", folder]) == 0
    assert f"Corrected: 2024-07-15 “{NOTICE}”" in capsys.readouterr().out


def test_the_command_line_prints_both_sides_with_their_sources(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", FLOOD, "--library", str(library)]) == 0
    printed = capsys.readouterr().out
    assert "The figures differ: 30 people" in printed
    assert "] Flood in Karon — Courier 1" in printed
    assert "] Karon after the flood — Courier 2" in printed
