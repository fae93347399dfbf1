"""Where articles disagree: what is told, what is called by which name, and what is no disagreement."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.__main__ import main
from assistant.disagreement import disagreements, in_words, told
from assistant.prompt import NO_ANSWER
from assistant.settings import Settings
from assistant.stored import answer_from_dict, stored_form
from assistant.support import check
from assistant.types import Citation, Disagreement, Statement
from tests.scripted_server import ScriptedServer, says
from vectorstore.types import Article, Match, Passage

Written = tuple[str, str, str]
"""Headline, day of publication (or nothing) and text."""


def found(*articles: Written, source: str = "The Courier") -> list[Match]:
    made = []
    for number, (title, day, text) in enumerate(articles, start=1):
        published = date.fromisoformat(day) if day else None
        article = Article(f"a{number}", title, text, published=published, source=f"{source} {number}")
        made.append(Match(number, 1.0, 0.8, Passage(number, article.id, 0, len(text), text), article))
    return made


def cite(*matches: Match) -> list[Citation]:
    return [
        Citation(number, match.text, match.start, match.end, match.article, match.passage)
        for number, match in enumerate(matches, start=1)
    ]


def between(question: str, *articles: Written) -> tuple[Disagreement, ...]:
    """What is told when the first article is cited."""
    matches = found(*articles)
    return disagreements(question, cite(matches[0]), matches)


def values(one: Disagreement) -> list[str]:
    return [side.value for side in one.sides]


FLOOD = "How many people were killed in the Karon flood?"
EARLY: Written = ("Flood in Karon", "2024-07-10", "The flood in Karon killed 30 people, officials said on Wednesday.")
LATE: Written = ("Karon after the flood", "2024-07-14", "The number of people killed by the flood in Karon is 71.")


@pytest.mark.parametrize("articles", [(EARLY, LATE), (LATE, EARLY)], ids=["early cited", "late cited"])
def test_a_later_count_looks_like_an_update_whichever_is_cited(articles: tuple[Written, Written]) -> None:
    (one,) = between(FLOOD, *articles)
    assert (one.kind, one.about, values(one)) == ("update", "dead", ["30 people", "71"])


def test_each_side_is_a_verbatim_quote_with_offsets_and_its_own_number() -> None:
    (one,) = between(FLOOD, EARLY, LATE)
    for side in one.sides:
        citation = side.citation
        assert citation.article.text[citation.start : citation.end] == citation.quote
        assert side.value in citation.quote
    assert [side.citation.number for side in one.sides] == [1, 2]
    assert in_words(one) == (
        "This looks like an update (dead): 30 people (The Courier 1, 10 Jul 2024) [1]; "
        "then 71 (The Courier 2, 14 Jul 2024) [2]."
    )


def test_different_counts_of_one_day_contradict_each_other() -> None:
    (one,) = between(FLOOD, EARLY, (LATE[0], EARLY[1], LATE[2]))
    assert one.kind == "contradiction"


def test_a_correction_comes_last_and_wins_over_what_it_corrects() -> None:
    wrong: Written = ("The Merrow lighthouse", "2024-04-02", "The Merrow lighthouse was built in 1874 on a rock.")
    right: Written = (
        "Correction: the Merrow lighthouse",
        "2024-04-03",
        "The Merrow lighthouse was built in 1847, not in 1874 as we reported.",
    )
    for articles in ((wrong, right), (right, wrong)):
        (one,) = between("When was the Merrow lighthouse built?", *articles)
        assert (one.kind, values(one)) == ("correction", ["1874", "1847"])
        assert in_words(one).startswith("Corrected: not 1874 (")
        assert ", but 1847 (" in in_words(one)


def test_a_correction_stands_last_even_where_the_wrong_value_is_printed_again_later() -> None:
    right: Written = ("Correction", "2024-04-03", "Correction: The Merrow lighthouse was built in 1847, not in 1874.")
    again: Written = ("The Merrow lighthouse", "2024-05-02", "The Merrow lighthouse was built in 1874 on a rock.")
    (one,) = between("When was the Merrow lighthouse built?", again, right)
    assert (one.kind, values(one)) == ("correction", ["1874", "1847"])


def test_a_correction_below_an_article_counts_where_it_names_the_wrong_value() -> None:
    amended = (
        "The flood in Karon killed 71 people.\nAn earlier version of this article said that the flood killed 30 people."
    )
    (one,) = between(FLOOD, EARLY, ("Karon", "2024-07-14", amended))
    assert (one.kind, values(one)) == ("correction", ["30 people", "71 people"])


def test_several_articles_make_one_disagreement_with_a_side_for_each_value() -> None:
    last: Written = ("Karon counts its dead", "2024-07-20", "The flood in Karon killed 96 people.")
    again: Written = ("Flood in Karon: 96 dead", "2024-07-21", "In Karon the flood killed 96 people.")
    (one,) = between(FLOOD, EARLY, LATE, last, again)
    assert values(one) == ["30 people", "71", "96 people"]


WEIGHED: Written = (
    "The Orrin sample weighed",
    "2024-02-15",
    "The sample from Orrin weighs 121.6 grams. When it came down, the team spoke of about 250 grams.",
)


@pytest.mark.parametrize("first", ["the estimate", "the weight"])
def test_what_a_later_article_calls_an_early_figure_is_updated_by_its_own(first: str) -> None:
    early: Written = (
        "Orrin capsule lands",
        "2023-09-24",
        "The capsule holds about 250 grams of dust from Orrin.",
    )
    articles = (early, WEIGHED) if first == "the estimate" else (WEIGHED, early)
    (one,) = between("How many grams does the sample from Orrin weigh?", *articles)
    assert (one.kind, values(one)) == ("update", ["250 grams", "121.6 grams"])


def test_a_figure_that_no_article_takes_back_is_not_updated_by_one_of_another_thing() -> None:
    other: Written = (
        "Orrin capsule lands",
        "2023-09-24",
        "The capsule holds 90 grams of dust beside the Orrin sample.",
    )
    assert between("How many grams does the sample from Orrin weigh?", WEIGHED, other) == ()


def test_two_forecasts_are_called_forecasts_and_an_outcome_does_not_contradict_one() -> None:
    planned: Written = ("Tessin tunnel", "2024-01-10", "The Tessin tunnel is scheduled to open on 3 May 2024.")
    later: Written = ("Tessin tunnel late", "2024-04-12", "The Tessin tunnel is scheduled to open on 9 June 2024.")
    opened: Written = ("Tessin tunnel open", "2024-06-12", "The Tessin tunnel was opened on 11 June 2024.")
    (one,) = between("When will the Tessin tunnel open?", planned, later)
    assert one.kind == "update"
    assert in_words(one).startswith("The forecast has changed: 3 May 2024")
    assert between("When did the Tessin tunnel open?", planned, opened) == ()


def test_an_outcome_and_its_opposite_disagree_unless_they_are_of_two_things() -> None:
    question = "Did parliament approve the Hale bill?"
    passed: Written = ("Hale bill", "2024-05-05", "Parliament approved the Hale bill on water prices last night.")
    failed: Written = ("Hale vote", "2024-05-05", "Parliament rejected the Hale bill on water prices last night.")
    other: Written = ("Stone bill", "2024-05-05", "Parliament rejected the Stone bill on water prices last night.")
    (one,) = between(question, passed, failed)
    assert (one.kind, values(one)) == ("contradiction", ["approved", "rejected"])
    assert between(question, passed, other) == ()


def test_two_names_for_what_there_is_one_of_disagree() -> None:
    question = "Who directed the film Silent Orchard?"
    one_name: Written = ("Silent Orchard", "", "Silent Orchard was directed by Tomas Veld.")
    two_name: Written = ("Films", "", "The film Silent Orchard was directed by Rita Malm.")
    (one,) = between(question, one_name, two_name)
    assert values(one) == ["Tomas Veld", "Rita Malm"]
    assert between("Who saw Silent Orchard?", one_name, two_name) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("The flood killed 12 people in Tarn.", "The flood killed 19 people in Lodi.", id="two towns"),
        pytest.param("About 1,000 people died in Karon.", "In Karon 1,012 people died.", id="rounded"),
        pytest.param("Between 30 and 40 people died in Karon.", "In Karon 36 people died.", id="a range that contains"),
        pytest.param("The flood in Karon killed 45 people.", "Of the 45 dead in Karon, 12 were children.", id="a part"),
        pytest.param("The flood killed 45 people in Karon.", "The flood killed 12 children in Karon.", id="a group"),
        pytest.param("The flood in Karon killed 45 people.", "The flood in Karon hurt 70 people.", id="another fate"),
        pytest.param("The flood killed 45 people in Karon.", "Since then 3 more people died there.", id="more of them"),
        pytest.param(
            "Shelling killed three people in Karon on Monday.",
            "Shelling killed five people in Karon on Tuesday.",
            id="each its day",
        ),
        pytest.param(
            "The flood in Karon killed 71 people.",
            "In Karon the count of the dead had stood at 30.",
            id="taken back",
        ),
        pytest.param(
            "The flood killed 71 people in Karon.", "The flood killed 96 people in Karon and Mede.", id="one and both"
        ),
    ],
)
def test_what_is_no_disagreement(one: str, other: str) -> None:
    articles: tuple[Written, Written] = (("Flood in Karon", "2024-07-10", one), ("Karon flood", "2024-07-10", other))
    assert between(FLOOD, *articles) == ()
    assert between(FLOOD, *articles[::-1]) == ()


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How long is the Kessel tunnel?", "The Kessel tunnel is 10 miles long.", "The Kessel tunnel is 16 km long."),
        ("How long is the Senna?", "The river Senna is 412 km long.", "The delta of the Senna is 30 km long."),
        ("How tall is the Castell tower?", "The Castell tower is 98 m tall.", "The Harlow tower is 120 m tall."),
        (
            "When was General Ritter born?",
            "General Anton Ritter was born on 4 May 1869.",
            "General Karl Ritter was born on 25 June 1912.",
        ),
        (
            "How many cases of measles were there in Estermond?",
            "In Estermond 30 cases of measles were found.",
            "In Estermond 12 cases of measles were found in children.",
        ),
        (
            "How many people live in Estermond?",
            "In 2010 Estermond had a population of 14,300.",
            "In 2020 Estermond had a population of 15,100.",
        ),
        (
            "How many people live in Estermond?",
            "The population of Estermond is 14,300.",
            "The population density of Estermond is 410 to the square mile.",
        ),
    ],
    ids=["converted", "a part of it", "another tower", "namesakes", "some of them", "two years", "another measure"],
)
def test_different_things_of_a_similar_name_do_not_disagree(question: str, one: str, other: str) -> None:
    articles: tuple[Written, Written] = (("Estermond, Ritter, Senna", "", one), ("Estermond, Ritter, Senna", "", other))
    assert between(question, *articles) == ()


def test_a_copy_says_the_same_but_for_a_figure_that_was_changed() -> None:
    first, second = found(EARLY, EARLY)
    third, fourth = found(EARLY, (EARLY[0], LATE[1], EARLY[2].replace("30", "34")))
    for one, other in ((first, second), (third, fourth)):
        copied = Match(**{name: getattr(one, name) for name in one.__slots__} | {"copies": (other.article,)})
        differing = disagreements(FLOOD, cite(copied), [copied, other])
        assert bool(differing) == (other is fourth)


REPORT = (
    "The council of Sandor opened the rebuilt market hall on Monday after two years of work. {} The hall was built by "
    "the firm of Ida Moor, which also repaired the harbour wall in 1987. The 120 traders said that they had waited "
    "long for their new stalls, and the mayor thanked everyone who had carried 3,000 boxes through the rain."
)


@pytest.mark.parametrize(
    ("question", "one", "other", "told_as"),
    [
        (
            "Who designed the hall?",
            "It follows a drawing by Anna Blum.",
            "It follows a drawing by Karl Fox.",
            "Karl Fox",
        ),
        ("What is the hall?", "It now serves as a fish market.", "It now serves as a tram depot.", "tram depot"),
        ("When was it closed?", "It was closed on 4 May 2021.", "It was closed on 4 May 2020.", "4 May 2020"),
        ("When was it closed?", "It was closed to visitors.", "It was closed to traders.", None),
        ("Who designed the hall?", "It follows a drawing by Anna Blum.", "A drawing was made by Karl Fox.", None),
        ("What is the hall?", "It now serves as a fish market.", "It also now serves as a tram depot.", None),
    ],
    ids=["name", "thing", "day", "not asked", "another sentence", "a word more"],
)
def test_two_versions_of_a_text_differ_where_one_place_of_a_sentence_does(
    question: str, one: str, other: str, told_as: str | None
) -> None:
    matches = found(("Market hall", "", REPORT.format(one)), ("Hall", "", "From our reporter. " + REPORT.format(other)))
    start = matches[0].text.index(one)
    quoted = Citation(1, one, start, start + len(one), matches[0].article, matches[0].passage)
    told_of = [side.value for each in disagreements(question, [quoted], matches) for side in each.sides]
    assert told_as in told_of if told_as else told_of == []


def test_one_changed_place_means_nothing_in_texts_that_are_no_versions_of_each_other() -> None:
    one: Written = ("Karon library", "", "It was closed on 4 May 2021. Readers in Karon wrote letters to the council.")
    other: Written = ("Mede swimming pool", "", "It was closed on 9 June 2020. Swimmers in Mede use the lake instead.")
    assert between("When was it closed?", one, other) == ()


# Several of one name.

JUDGES: tuple[Written, ...] = (
    ("Anna Blum", "", "Anna Maria Blum (3 May 1850 – 9 June 1921) was a federal judge in Estermond."),
    ("Anna Blum", "", "Anna Ruth Blum (14 August 1902 – 1 March 1980) was a painter and illustrator."),
)


def told_about(question: str, *articles: Written) -> str:
    matches = found(*articles)
    return told(question, [Statement(matches[0].text, (1,), "verified")], cite(matches[0]), matches).text


@pytest.mark.parametrize(
    ("question", "articles", "sides"),
    [
        ("When was Anna Blum born?", JUDGES, ["Anna Maria Blum, a federal judge", "3 May 1850", "14 August 1902"]),
        (
            "What is the population of Velden?",
            (
                ("Velden, Ardia", "", "Velden is a town in Ardia. The population was 5,601 at the last census."),
                ("Velden, Mirova", "", "Velden is a village in Mirova. The population was 324 at the last census."),
            ),
            ["a town in Ardia: 5,601", "a village in Mirova: 324"],
        ),
        (
            "Who is the artist of the album Long Quay?",
            (
                ("Long Quay (Ida Moor album)", "", "Long Quay is the debut album by French singer Ida Moor."),
                ("Long Quay (Tarn album)", "", "Long Quay is the third album by Danish rock band Tarn."),
            ),
            ["Ida Moor (The Courier 1", "Tarn (The Courier 2"],
        ),
        (
            "What is the profession of Anna Blum?",
            JUDGES,
            ["Anna Maria Blum: a federal judge", "Anna Ruth Blum: a painter and illustrator"],
        ),
        (
            "Where is Velden High School located?",
            (
                (
                    "Velden High School (Ardia)",
                    "",
                    "Velden High School is a public school located in Northport, Ardia.",
                ),
                ("Velden High School (Mirova)", "", "Velden High School is a private school located in Lodi, Mirova."),
            ),
            ["Northport, Ardia", "Lodi, Mirova"],
        ),
    ],
    ids=["when", "number", "who", "kind", "where"],
)
def test_of_several_of_one_name_each_is_told_and_none_called_a_contradiction(
    question: str, articles: tuple[Written, ...], sides: list[str]
) -> None:
    text = told_about(question, *articles)
    assert text.startswith("Several go by this name. ")
    assert [side for side in sides if side not in text] == []
    assert "contradict" not in text


def test_a_copy_that_makes_another_of_someone_contradicts_and_is_no_namesake() -> None:
    wrong: Written = ("Anna Blum", "", JUDGES[0][2].replace("federal judge", "chess champion"))
    text = told_about("What is the profession of Anna Blum?", JUDGES[0], wrong)
    assert text.startswith("Sources contradict each other: federal judge (")
    assert "; chess champion (" in text


def test_a_wrong_copy_about_one_of_several_is_a_contradiction_beside_them() -> None:
    wrong: Written = ("Anna Blum", "", JUDGES[0][2].replace("1850", "1855"))
    text = told_about("When was Anna Blum born?", *JUDGES, wrong)
    assert text.count("Several go by this name") == text.count("Sources contradict") == 1
    assert "3 May 1855" in text
    assert "14 August 1902" not in text[text.index("Sources contradict") :]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("When was Anna Blum born?", JUDGES[0], ("Judge Blum", "", "Anna Maria Blum was a judge born on 3 May 1850.")),
        ("What did Anna Blum say?", *JUDGES),
        (
            "When was Anna Blum born?",
            JUDGES[0],
            ("Anna Blum", "", "Anna Maria Blum was a federal judge. Karl Fox (1 May 1901 – 1962) wrote to Anna Blum."),
        ),
        ("Who did Anna Blum meet?", ("Blum", "", "Anna Blum met Ida Moor."), ("Blum", "", "Anna Blum met Karl Fox.")),
    ],
    ids=["the same", "no gap", "another's life", "several are right"],
)
def test_one_bearer_of_a_name_is_not_taken_for_several(question: str, one: Written, other: Written) -> None:
    assert told_about(question, one, other) == ""


def test_figures_that_the_question_does_not_ask_for_are_left_alone() -> None:
    assert between("How many people were injured in the Karon flood?", EARLY, LATE) == ()


def test_a_statement_that_nothing_supports_is_not_compared() -> None:
    matches = found(EARLY, LATE)
    unsupported = Statement("The flood killed 12 people.", (1,), "unsupported", "figure 12 not in the source")
    assert told(FLOOD, [unsupported], cite(matches[0]), matches).disagreements == ()


def test_what_is_told_passes_the_check_side_by_side() -> None:
    matches = found(EARLY, LATE)
    told_of = told(FLOOD, [Statement(matches[0].text, (1,), "verified")], cite(matches[0]), matches)
    (one,) = told_of.disagreements
    assert all(check(side.value, [side.citation]).support == "verified" for side in one.sides)
    assert [citation.number for citation in told_of.citations] == [2]
    (statement,) = told_of.statements
    assert (statement.citations, statement.support) == ((1, 2), "verified")
    assert "[" not in statement.text


# On the real parts, from files to the answer.


BRIDGE = REPORT.format("The repair of the market hall of Sandor cost {} million euros, the council said.")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disagreeing")
    rows = [
        {"id": f"flood-{number}", "title": title, "text": text, "published": day, "source": f"Courier {number}"}
        for number, (title, day, text) in enumerate(
            [
                EARLY,
                LATE,
                ("Market hall of Sandor opens", "2024-09-02", BRIDGE.format("41.2")),
                ("Market hall of Sandor opens", "2024-09-05", BRIDGE.format("48.9")),
            ],
            start=1,
        )
    ]
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with Assistant.open(folder / "library", settings=Settings()) as desk:
        assert desk.add(folder / "articles.jsonl").count("added") == 4
    return folder / "library"


def assert_both_are_told(desk: Assistant) -> None:
    reply = desk.stream(FLOOD)
    streamed = "".join(reply)
    answer = reply.answer
    assert answer.text == streamed
    (one,) = answer.disagreements
    assert (one.kind, values(one)) == ("update", ["30 people", "71"])
    assert answer.text.endswith(in_words(one))
    assert all(side.citation in answer.citations for side in one.sides)
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.statements[-1].support == "verified"
    form: dict[str, Any] = json.loads(json.dumps(answer.to_dict()))["disagreements"][0]
    assert form["kind"] == "update"
    assert [(side["value"], side["published"]) for side in form["sides"]] == [
        ("30 people", "2024-07-10"),
        ("71", "2024-07-14"),
    ]
    assert values(answer_from_dict(json.loads(json.dumps(stored_form(answer)))).disagreements[0]) == values(one)


def test_the_writer_without_a_model_tells_both_sides(library: Path) -> None:
    with Assistant.open(library, settings=Settings(), read_only=True) as desk:
        assert_both_are_told(desk)


def test_a_newer_figure_in_a_copy_is_not_hidden_behind_the_older_one(library: Path) -> None:
    with Assistant.open(library, settings=Settings(), read_only=True) as desk:
        (one, *_) = desk.search("How much did the repair of the market hall of Sandor cost?", k=2)
        assert len(one.copies) == 1
        answer = desk.ask("How much did the repair of the market hall of Sandor cost?")
    assert [values(each) for each in answer.disagreements] == [["41.2 million euros", "48.9 million euros"]]


def test_behind_a_chat_models_answer_both_sides_are_told(library: Path) -> None:
    with ScriptedServer() as server:
        server.plays(says("The flood in Karon killed 30 people [1]."))
        settings = Settings(model="m", base_url=server.url, api_key="sk-secret-key")
        with Assistant.open(library, settings=settings, read_only=True) as desk:
            assert_both_are_told(desk)


def test_an_answer_that_was_cut_or_refused_tells_nothing_more(library: Path) -> None:
    with ScriptedServer() as server:
        server.plays(says(NO_ANSWER))
        settings = Settings(model="m", base_url=server.url, api_key="sk-secret-key")
        with Assistant.open(library, settings=settings, read_only=True) as desk:
            answer = desk.ask(FLOOD)
    assert (answer.abstained, answer.disagreements) == (True, ())


def test_the_command_line_prints_both_sides_with_their_sources(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", FLOOD, "--library", str(library)]) == 0
    printed = capsys.readouterr().out
    assert "This looks like an update (dead): 30 people (Courier 1, 10 Jul 2024) [" in printed
    assert "] Flood in Karon — Courier 1" in printed
    assert "] Karon after the flood — Courier 2" in printed
