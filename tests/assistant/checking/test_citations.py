"""Markers in the stream, statements and citations."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.checking.citations import CitedText
from tests.assistant.making import DRONES, MEETING, match, matches
from vectorstore.types import Match

MATCHES = matches()


def read(raw: str, found: list[Match] = MATCHES) -> CitedText:
    cited = CitedText(found)
    streamed = cited.feed(raw) + cited.finish()
    assert streamed == cited.text
    return cited


def shown(raw: str) -> str:
    return read(raw).text


def quotes(raw: str) -> list[str]:
    return [citation.quote for citation in read(raw).citations]


def test_a_marker_becomes_the_number_of_the_words_it_stands_for() -> None:
    cited = read("France will co-finance 2,000 drones [2]. Umerov met Lecornu in Paris [1].")
    assert cited.text == "France will co-finance 2,000 drones [1]. Umerov met Lecornu in Paris [2]."
    assert [(c.number, c.quote) for c in cited.citations] == [
        (1, "France will co-finance the production of 2,000 drones in 2025."),
        (2, MEETING.split(". ")[0] + "."),
    ]


def test_the_same_words_keep_their_number_and_other_words_of_the_passage_get_another() -> None:
    raw = "Umerov met Lecornu in Paris [1]. Air defence systems remain a priority [1]. In Paris Umerov met Lecornu [1]."
    assert re.findall(r"\[\d\]", shown(raw)) == ["[1]", "[2]", "[1]"]


def test_a_quotation_is_cited_to_the_letter() -> None:
    raw = "The minister said: “We have specific projects, an action plan, and deadlines” [1]."
    assert quotes(raw) == ["We have specific projects, an action plan, and deadlines"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Umerov met Lecornu in Paris[1].", "Umerov met Lecornu in Paris[1]."),
        ("Umerov met Lecornu in Paris 【1】.", "Umerov met Lecornu in Paris [1]."),
        ("Umerov met Lecornu in Paris 【1†source】.", "Umerov met Lecornu in Paris [1]."),
        ("Umerov met Lecornu in Paris ［1］.", "Umerov met Lecornu in Paris [1]."),
        ("Umerov met Lecornu in Paris [^1].", "Umerov met Lecornu in Paris [1]."),
        ("Umerov met Lecornu in Paris [passage 1].", "Umerov met Lecornu in Paris [1]."),
        ("Umerov met Lecornu in Paris [1, 2].", "Umerov met Lecornu in Paris [1][2]."),
        ("Umerov met Lecornu in Paris [1-2].", "Umerov met Lecornu in Paris [1][2]."),
        ("Umerov met Lecornu in Paris [1] [2].", "Umerov met Lecornu in Paris [1][2]."),
        ("Umerov met Lecornu in Paris [1][1].", "Umerov met Lecornu in Paris [1]."),
        ("Umerov met Lecornu in Paris [1-999999999].", "Umerov met Lecornu in Paris [1][2]."),
    ],
)
def test_every_way_of_writing_a_marker(raw: str, expected: str) -> None:
    assert shown(raw) == expected


ONE = """(1)|[source: 1]|[Source 1]|[doc1]|[doc_1]|[S1]|[citation:1]|[cite: 1]|[ref 1]|[ref. 1]|[[1]]|\\[1\\]|【1】
    |【1†source】|[^1]|[^1^]|[#1]|[web:1]|(source 1)|(Passage 1)|[джерело 1]|[[1]](https://evil.example)|[1](#s1)"""
BOTH = """[1][2]|[1, 2]|[1; 2]|[1-2]|[1–2]|(1)(2)|(1, 2)|[S1, S2]|[source 1, source 2]|[doc1][doc2]|[1 and 2]
    |【1†a】【2†b】|[Passage 1, 2]|[1, 2, 99]"""


@pytest.mark.parametrize(
    ("marker", "numbers"),
    [(each.strip(), (1,)) for each in ONE.split("|")] + [(each.strip(), (1, 2)) for each in BOTH.split("|")],
)
def test_a_marker_as_models_write_it(marker: str, numbers: tuple[int, ...]) -> None:
    for raw in (f"Umerov met Lecornu in Paris {marker}.", f"Umerov met Lecornu in Paris. {marker}\nAnd so on."):
        cited = read(raw)
        first = cited.statements()[0]
        assert (first.text, first.citations, first.support) == ("Umerov met Lecornu in Paris.", numbers, "verified")
        assert "[1][2]" in cited.text if numbers == (1, 2) else "[1]" in cited.text


@pytest.mark.parametrize("marker", ["¹", ".¹", ".¹²", "<sup>1</sup>", ".<sup>2</sup>", "<sup>[1]</sup>", " ¹"])
def test_a_raised_number_is_a_marker(marker: str) -> None:
    first = read(f"Umerov met Lecornu in Paris{marker}\nAnd so on.").statements()[0]
    assert first.citations
    assert first.text.rstrip(".") == "Umerov met Lecornu in Paris"


@pytest.mark.parametrize(
    "raw",
    [
        "(1) Umerov met Lecornu in Paris.\n(2) France will co-finance drones.",
        "There are two matters: (1) drones and (2) missiles.",
        "They won the championship (2024).",
        "He has nine children (9).",
        "“It follows from clause (1).”",
        "The belt has 45 m² or 1 km², they said.",
        "Umerov met Lecornu in Paris [1]. It is one of the two (2).",
    ],
)
def test_a_number_that_is_no_marker_stays(raw: str) -> None:
    assert shown(raw) == raw
    assert all(number in read(raw).statements()[-1].text for number in re.findall(r"\(\d+\)\.", raw))


def test_one_marker_at_the_end_of_a_paragraph_cites_for_all_of_it() -> None:
    two = "Umerov met Lecornu in Paris. Air defence systems remain a priority for Ukraine"
    for raw in (f"{two} [1].", f"{two}. [1]", f"{two}.\n[1]", f"{two}.\n\nSource: [1]", f"{two}[1].\nA line [2]."):
        statements = read(raw).statements()[:2]
        assert [(each.support, each.citations) for each in statements] == [("verified", (1, 2))] * 2
    first, second, _ = read(f"{two} [1]. France will co-finance 2,000 drones [2].").statements()
    assert (first.citations, second.citations) == ((), (1,))


SOURCES = """
    Sources:~[1] Umerov in Paris, UNN~[2] Drones | **Sources**~~1. Umerov in Paris~2. Drones | ## References~- [1] UNN
    Sources: [1], [2] | **Sources:** [1] Umerov in Paris; [2] Drones | Джерела:~1. Умєров у Парижі | Quellen:~* UNN
"""


@pytest.mark.parametrize("sources", re.split(r"[|\n]", SOURCES.strip()))
def test_a_list_of_sources_at_the_end_is_not_shown(sources: str) -> None:
    assert shown(f"Umerov met Lecornu in Paris [1].\n\n{sources.strip()}".replace("~", "\n")) == (
        "Umerov met Lecornu in Paris [1]."
    )


def test_what_follows_a_list_of_sources_or_only_speaks_of_sources_is_shown() -> None:
    raw = "Umerov met Lecornu in Paris [1].\n\nSources:\n[1] UNN\n\nFrance will co-finance 2,000 drones [2]."
    assert shown(raw).endswith("[1].\n\nFrance will co-finance 2,000 drones [2].")
    raw = "Umerov met Lecornu in Paris [1].\nSources say that France will co-finance 2,000 drones [2]."
    assert len(read(raw).statements()) == 2


@pytest.mark.parametrize(
    "raw",
    [
        "## The meeting\n\n{}",
        "The meeting\n-----------\n{}",
        "**The meeting in Paris:**\n{}",
        "| Who | Where |\n|---|---|\n| Umerov | {} |",
        "| Who | Where |\n| --- | :---: |\n| Umerov | {} |",
        "```python\nprint('So what')\n```\n{}",
        "- {}\n\n---\n",
        "1. **{}**",
        "a) {}",
        "(1) {}",
        "– {}",
        "> {}",
    ],
)
def test_headings_heads_of_tables_and_code_state_nothing_and_marks_do_not_disturb(raw: str) -> None:
    (statement,) = read(raw.format("Umerov met ***Lecornu*** in **Paris** [1].")).statements()
    assert (statement.support, statement.citations) == ("verified", (1,))


def test_a_statement_in_bold_or_in_a_heading_with_its_source_is_still_one() -> None:
    for raw in (
        "**Umerov met Macron in Paris**",
        "**Umerov met Macron.**\nSo it was.",
        "## Umerov met Macron [1]\nSo.",
    ):
        assert read(raw).statements()[0].support == "unsupported"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Whales eat plankton slowly [7].", "Whales eat plankton slowly."),
        ("Umerov [0] met Lecornu in Paris [1].", "Umerov met Lecornu in Paris [1]."),
        ("Umerov met Lecornu in Paris [1, 9].", "Umerov met Lecornu in Paris [1]."),
        ("[9] Umerov met Lecornu.", "Umerov met Lecornu."),
        ("Umerov met Lecornu in Paris [1", "Umerov met Lecornu in Paris"),
    ],
)
def test_numbers_without_a_passage_are_dropped_with_the_space_before_them(raw: str, expected: str) -> None:
    assert shown(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "He called it [sic] a day.",
        "The law [the one of last year] stands.",
        "“The plan [2024] stands,” he said.",
        "An array a[i] and a [link] that leads nowhere.",
        "Not a marker [",
    ],
)
def test_other_brackets_stay(raw: str) -> None:
    assert shown(raw) == raw.rstrip(" [")


def test_a_footnote_mark_inside_a_quotation_is_the_sources_own() -> None:
    found = [match("The town has three gates.[1] It lies on a river.")]
    cited = read("“The town has three gates.[1] It lies on a river.” [1]", found)
    assert cited.text == "“The town has three gates.\\[1\\] It lies on a river.” [1]"
    assert [s.text for s in cited.statements()] == ["“The town has three gates.[1] It lies on a river.”"]
    assert [s.support for s in cited.statements()] == ["verified"]


def test_a_marker_that_a_model_puts_inside_the_quotation_marks_is_still_one() -> None:
    cited = read("He said: “We have specific projects, an action plan, and deadlines [1].”")
    assert cited.text.endswith("deadlines [1].”")
    assert cited.statements()[0].support == "verified"


def test_a_marker_after_the_full_stop_cites_for_the_sentence_before() -> None:
    cited = read("Umerov met Lecornu in Paris. [1] France will co-finance 2,000 drones. [2]")
    assert [(s.text, s.citations) for s in cited.statements()] == [
        ("Umerov met Lecornu in Paris.", (1,)),
        ("France will co-finance 2,000 drones.", (2,)),
    ]


def test_markers_before_their_sentences_cite_for_what_follows() -> None:
    cited = read("[1]: Umerov met Lecornu in Paris. [2] France will co-finance 2,000 drones.")
    assert cited.text == "[1] Umerov met Lecornu in Paris. [2] France will co-finance 2,000 drones."
    assert [s.citations for s in cited.statements()] == [(1,), (2,)]
    assert cited.citations[1].quote == "France will co-finance the production of 2,000 drones in 2025."


def test_a_marker_in_mid_sentence_waits_until_the_sentence_tells_what_it_stands_for() -> None:
    cited = CitedText(MATCHES)
    assert cited.feed("According to [2], 2,000 drones ") == "According to"
    assert cited.feed("will be co-financed. And ") == " [1], 2,000 drones will be co-financed. And"
    assert cited.citations[0].quote == "France will co-finance the production of 2,000 drones in 2025."


def test_each_half_of_a_sentence_has_its_own_words() -> None:
    raw = "Umerov met Lecornu in Paris [1], while France will co-finance 2,000 drones in 2025 [2]."
    assert quotes(raw) == [
        MEETING.split(". ")[0] + ".",
        "France will co-finance the production of 2,000 drones in 2025.",
    ]
    assert [s.citations for s in read(raw).statements()] == [(1, 2)]


def test_a_line_of_markers_cites_for_the_line_before() -> None:
    assert [s.citations for s in read("Umerov met Lecornu in Paris.\n[1]").statements()] == [(1,)]


def test_list_items_are_statements_without_their_marks() -> None:
    raw = "- Umerov met Lecornu in Paris [1]\n2. **France** will co-finance 2,000 drones [2]\n\n---"
    assert [s.text for s in read(raw).statements()] == [
        "Umerov met Lecornu in Paris",
        "France will co-finance 2,000 drones",
    ]


def test_a_quotation_of_two_sentences_is_one_statement() -> None:
    raw = "UNN, 2 September: “Air defence systems remain. They are a priority.” [1]"
    assert [s.text for s in read(raw).statements()] == [
        "UNN, 2 September: “Air defence systems remain. They are a priority.”"
    ]


@pytest.mark.parametrize("number", ["2", "9", "0", "2, 3"])
def test_a_wrong_number_is_repaired_to_the_passage_that_says_it_and_says_so(number: str) -> None:
    cited = read(f"Umerov met his French counterpart in Paris on Monday [{number}]. France will co-finance drones [2].")
    first, second = cited.statements()
    assert cited.citations[0].article.id == "article-1"
    assert (first.support, first.citations, first.repaired) == ("verified", (1,), (1,))
    assert (second.citations, second.repaired) == ((2,), ())
    assert first.to_dict()["repaired"] == [1]


def test_a_citation_is_not_repaired_when_no_passage_says_it() -> None:
    statement = read("France will co-finance 2,000 Spanish drones [2].").statements()[0]
    assert (statement.support, statement.repaired) == ("unsupported", ())
    assert statement.to_dict()["reason"] == "“Spanish” is not in the source"


def test_two_passages_that_are_needed_together_are_both_kept() -> None:
    cited = read("Umerov met Lecornu in Paris, and France will co-finance 2,000 drones [1][2].")
    assert [(s.support, s.citations, s.repaired) for s in cited.statements()] == [("verified", (1, 2), ())]


def test_words_that_stand_apart_in_a_passage_are_cited_apart() -> None:
    found = [
        match("The mayor opened the bridge on Monday. It rained for hours. Nobody sang. The bridge cost 45 euros.")
    ]
    cited = read("The mayor opened the bridge on Monday, which cost 45 euros [1].", found)
    assert [c.quote for c in cited.citations] == [
        "The mayor opened the bridge on Monday.",
        "The bridge cost 45 euros.",
    ]
    assert cited.text.endswith("euros [1][2].")


def test_a_sentence_without_a_marker_is_marked() -> None:
    statement = read("Umerov met Lecornu in Paris.").statements()[0]
    assert (statement.support, statement.reason) == ("unsupported", "no source cited")


def test_a_marker_can_never_become_a_link() -> None:
    assert shown("Umerov met Lecornu in Paris [1](https://evil.example).") == "Umerov met Lecornu in Paris [1]."
    assert shown("Umerov met Lecornu in Paris [1] (twice).") == "Umerov met Lecornu in Paris [1] (twice)."
    assert shown("Umerov met Lecornu in Paris [1](twice.") == "Umerov met Lecornu in Paris [1] (twice."
    assert "]:" not in shown("Umerov met Lecornu.\n[1]: https://evil.example")


def test_characters_that_steer_a_terminal_do_not_pass() -> None:
    assert shown("\x1b[31mRed\x07 \u202eback\u200b") == "[31mRed back"


def test_nothing_in_is_nothing_out() -> None:
    cited = read(" \n ")
    assert (cited.text, cited.statements(), cited.citations) == ("", (), ())


PARTS = [*"()[]:.,!“”\"'«»-#é…【\n\u200b"]
PARTS += "[1] [2] [3] [9] [1,2] [1-3] 【2】 【1†x】 [sic] [2024] 1. Mr. U.S. ** ]( […] \n\n".split(" ")
PARTS += (
    "(1) (2). (1, 2) (source 1) ¹ .² m² [source: [S1] \\[1\\] [[1]] Sources: Sources ``` |---| # - <sup>1</sup>".split(
        " "
    )
)
PARTS += "Umerov met Lecornu Paris France drones priority the a of and 45 2,000 September".split()
RAW = st.lists(
    st.one_of(
        st.sampled_from(PARTS),
        st.just(" "),
        st.sampled_from([*MEETING.split(". "), *DRONES.split(". ")]),
        st.text(max_size=4),
    ),
    max_size=25,
).map("".join)


@given(raw=RAW, cuts=st.lists(st.integers(0, 400), max_size=12))
def test_however_the_stream_is_cut_the_answer_is_the_same(raw: str, cuts: list[int]) -> None:
    whole = read(raw)
    pieces = CitedText(MATCHES)
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    streamed = "".join(pieces.feed(raw[a:b]) for a, b in pairwise(edges)) + pieces.finish()
    assert streamed == whole.text == pieces.text
    assert pieces.statements() == whole.statements()
    assert pieces.citations == whole.citations


@pytest.mark.parametrize("raw", ["Umerov met Lecornu in Paris [1, 2]. “We have [9] it.”[2] [1]: France\n[1-2]"])
def test_a_marker_split_across_chunks_still_cites(raw: str) -> None:
    whole = read(raw)
    for cut in range(len(raw) + 1):
        pieces = CitedText(MATCHES)
        assert pieces.feed(raw[:cut]) + pieces.feed(raw[cut:]) + pieces.finish() == whole.text
        assert pieces.statements() == whole.statements()


@given(raw=RAW)
def test_every_number_shown_is_a_citation_and_every_citation_is_verbatim_and_shown(raw: str) -> None:
    cited = read(raw)
    numbers = [int(number) for number in re.findall(r"(?<!\\)\[(\d{1,3})\]", cited.text)]
    assert [c.number for c in cited.citations] == list(range(1, len(cited.citations) + 1))
    assert set(numbers) == {c.number for c in cited.citations}
    assert list(dict.fromkeys(numbers)) == sorted(set(numbers))  # in order of first appearance
    for citation in cited.citations:
        assert citation.article.text[citation.start : citation.end] == citation.quote != ""
        assert citation.passage.start <= citation.start < citation.end <= citation.passage.end
    if cited.statements() and not raw.lstrip().startswith(tuple("[【")):
        assert {n for s in cited.statements() for n in s.citations} == set(numbers)
