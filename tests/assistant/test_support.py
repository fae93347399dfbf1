"""Do the cited words carry the statement?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.support import check, locate
from assistant.types import Citation
from tests.assistant.making import DRONES, MEETING, match
from vectorstore.types import Match


def cite(*matches: Match) -> Sequence[Citation]:
    return [Citation(n, m.text, m.start, m.end, m.article, m.passage) for n, m in enumerate(matches, 1)]


def verdict(statement: str, *texts: str) -> tuple[str, str]:
    found = check(statement, cite(*(match(text, number) for number, text in enumerate(texts or (MEETING,), 1))))
    return found.support, found.reason


@pytest.mark.parametrize(
    "statement",
    [
        "Rustem Umerov met his French counterpart Sébastien Lecornu in Paris on Monday.",
        "On 2 September 2024, Umerov met Lecornu, the minister of France, in Paris.",
        "Air defence remains a priority for Ukraine, the minister said.",
        "Forty-five projects are under way, for which $1,500,000 has been set aside.",
        "The minister said they have “specific projects, an action plan, and deadlines.”",
        "“We have … deadlines,” said Umerov.",
        "Starter Library, Europe desk, 2 September 2024: “Air defence systems and missiles for them remain a priority "
        "for Ukraine.”",
        "According to the article “A meeting in Paris”, air defence systems remain a priority.",
    ],
)
def test_a_faithful_statement_is_verified(statement: str) -> None:
    assert verdict(statement) == ("verified", "")


@pytest.mark.parametrize(
    ("statement", "support", "reason"),
    [
        ("Umerov met Lecornu in Paris on Tuesday.", "unsupported", "“Tuesday” is not in the source"),
        ("Umerov met Lecornu in Paris on 5 May 2021.", "unsupported", "“5 May 2021” is not in the source"),
        ("54 projects are under way.", "unsupported", "“54” is not in the source"),
        ("45% of the projects are under way.", "unsupported", "“45%” where the source has “45”"),
        ("Umerov met Macron in Paris.", "unsupported", "“Macron” is not in the source"),
        ("Two ministers discussed three joint ventures.", "partly", "“three” is not in the source"),
        ("“We have vague projects, an action plan,” he said.", "unsupported", "the quotation is altered"),
        ("“Nobody expected such weather here,” he said.", "unsupported", "the quotation is not in the source"),
        ("Air defence does not remain a priority.", "partly", "“not remain” where the source has “remain”"),
        (
            "Air defence systems remain useless toys, submarines, whales and trains.",
            "partly",
            "the source says nothing of “useless”, “toys” and “submarines”",
        ),
        ("Whales eat plankton near submarine volcanoes.", "unsupported", "the source speaks of something else"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(statement: str, support: str, reason: str) -> None:
    assert verdict(statement) == (support, reason)


def test_a_statement_without_a_citation_is_unsupported() -> None:
    found = check("Air defence remains a priority.", [])
    assert (found.support, found.reason) == ("unsupported", "no source cited")


def test_two_passages_may_carry_a_statement_together() -> None:
    statement = "Umerov met Lecornu in Paris, and France will co-finance 2,000 drones."
    assert verdict(statement, MEETING)[0] == "unsupported"
    assert verdict(statement, DRONES)[0] == "unsupported"
    assert verdict(statement, MEETING, DRONES) == ("verified", "")


def test_the_articles_own_day_proves_a_date_but_no_weekday() -> None:
    undated = match(DRONES, published=None)
    dated = match(DRONES, published=date(2024, 9, 2))
    statement = "On 2 September 2024 it was said that France will co-finance drones."
    assert check(statement, cite(dated)).support == "verified"
    assert check(statement, cite(undated)).support == "unsupported"
    assert check("On Monday, France said that it will co-finance drones.", cite(dated)).support == "unsupported"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("The minister has “specific projects, an action plan” ready.", "specific projects, an action plan"),
        ("A priority is air defence.", "Air defence systems and missiles for them remain a priority for Ukraine."),
        ("They spoke of a “security belt” in the west.", None),
        ("", "Defence Minister Rustem Umerov met his French counterpart Sébastien Lecornu in Paris on Monday."),
    ],
)
def test_the_words_that_carry_a_statement(statement: str, words: str | None) -> None:
    spans = [MEETING[start:end] for start, end in locate(statement, MEETING)]
    assert len(spans) == 1
    assert words is None or spans == [words]


def test_two_neighbouring_sentences_when_one_is_not_enough() -> None:
    [(start, end)] = locate("Aircraft were not promised, but France will co-finance drones in 2025.", DRONES)
    assert DRONES[start:end] == DRONES.split(" A security")[0]


BRIDGE = (
    "President Anna Miller opened the new bridge over the Elbe on Monday. The bridge cost $45 million, 12% more than "
    "planned, and is nearly 300 metres long. Traffic rose by 8 per cent, while noise stayed the same. The council did "
    "not approve a second bridge. “We are proud of what 1,200 workers have built here,” Miller said. Mayor Paul Weber, "
    "who had opposed the bridge, lost the election in 2019 and left in March 2020. Germany invited Poland to the "
    "ceremony."
)


def told(statement: str) -> tuple[str, str]:
    found = check(statement, cite(match(BRIDGE, title="A bridge", source=None, published=date(2024, 9, 4))))
    return found.support, found.reason


@pytest.mark.parametrize(
    "statement",
    [
        "The bridge cost 45 million dollars.",
        "The bridge cost $45m, twelve per cent more than planned.",
        "The bridge cost 45,000,000 US dollars.",
        "At almost 0.3 kilometres, the bridge is long.",
        "On 2 September 2024, A. Miller opened the bridge over the Elbe.",
        "Miller opened the new bridge over the Elbe.",
        "The council failed to approve a second bridge.",
        "The council didn’t approve a second bridge.",
        "Poland was invited to the ceremony by Germany.",
        "A German invitation to the ceremony went to Poland.",
        "‘We are proud of what 1,200 workers have built here’, President Miller said.",
        "Miller is proud of what 1 200 workers have built.",
        "President Änna Miller opened the new bridge.",
        "The mayor, who opposed the bridge, lost the election in 2019.",
    ],
)
def test_what_says_the_same_in_another_form_is_verified(statement: str) -> None:
    assert told(statement) == ("verified", "")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("The bridge cost €45 million.", "“€45 million” where the source has “$45 million”"),
        ("The bridge cost $45 billion.", "“$45 billion” is not in the source"),
        ("Traffic rose by 8 percentage points.", "“8 percentage points” where the source has “8 per cent”"),
        ("The bridge is nearly 300 feet long.", "“300 feet” where the source has “300 metres”"),
        ("The bridge is more than 300 metres long.", "“more than 300 metres” where the source has “nearly 300 metres”"),
        ("Traffic fell by 8 per cent.", "“fell” where the source has “rose”"),
        ("Traffic rose by 12% while noise stayed the same.", "“12%” where the source has “8 per cent”"),
        ("The council approved a second bridge.", "the source says “not approve”"),
        ("Mayor Paul Weber had not opposed the bridge.", "“not opposed” where the source has “opposed”"),
        ("Mayor Paul Webber had opposed the bridge.", "“Webber” is not in the source"),
        (
            "President Anna Miller never opened the new bridge over the Elbe.",
            "“never opened” where the source has “opened”",
        ),
        ("Anna Weber opened the new bridge over the Elbe.", "“Anna Weber” is not in the source"),
        ("General Anna Miller opened the new bridge over the Elbe.", "“general” is not in the source"),
        ("Poland invited Germany to the ceremony.", "“Poland” and “Germany” have changed places"),
        ("Germany invited Miller to the ceremony.", "“Miller” where the source has “Poland”"),
        ("President Weber lost the election in 2019.", "the source does not call Weber “president”"),
        ("Weber lost the election in 2019 and left in May 2020.", "“May 2020” is not in the source"),
        ("“We are proud of what 1,200 people have built here,” Miller said.", "the quotation is altered"),
    ],
)
def test_one_changed_fact_is_named(statement: str, reason: str) -> None:
    support, why = told(statement)
    assert (support != "verified", why) == (True, reason)


@pytest.mark.parametrize(
    "statement",
    [
        "“a” " * 3000,
        "1,111 " * 3000,
        "Not Paris. " * 3000,
        "A of the " * 3000,
        "more than " * 3000,
        "(“[" * 3000,
        "no not never " * 3000,
        "May 5 " * 3000,
        "President " * 3000,
        "x" * 30000,
        "a-" * 15000,
        "1." * 15000,
        "twenty " * 5000,
        "\u0301" * 20000,
    ],
)
def test_a_hostile_statement_does_not_cost_more_than_its_length(statement: str) -> None:
    began = time.perf_counter()
    verdict(statement, MEETING, DRONES, statement[:5000])
    assert time.perf_counter() - began < 3


@given(statement=st.text(max_size=80), text=st.text(max_size=300))
def test_any_text_has_a_span_and_a_verdict(statement: str, text: str) -> None:
    spans = locate(statement, text)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    assert all(start < end for start, end in spans)
    assert bool(spans) == bool(text)
    assert verdict(statement, text)[0] in ("verified", "partly", "unsupported")


@given(st.data())
def test_every_sentence_of_a_passage_is_carried_by_it(data: st.DataObject) -> None:
    sentence = data.draw(st.sampled_from([*MEETING.split(". "), *DRONES.split(". ")]))
    assert verdict(sentence, MEETING + " " + DRONES) == ("verified", "")
