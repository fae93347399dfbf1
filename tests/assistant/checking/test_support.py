"""Do the cited words carry the statement? What is exact is compared exactly; the rest is the reader's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import verify
from assistant.checking.support import check, locate
from assistant.reader import Carries, Reader
from assistant.types import Citation
from tests.assistant.making import DRONES, MEETING, corrected, match
from vectorstore.types import Match

BRIDGE = (
    "President Anna Miller opened the new bridge over the Elbe on Monday. The bridge cost $45 million, 12% more than "
    "planned, and is nearly 300 metres long. Traffic rose by 8 per cent, while noise stayed the same. "
    "“We are proud of what 1,200 workers have built here,” Miller said. Mayor Paul Weber left in March 2020."
)


def told(statement: str, published: str | None = "2024-09-04") -> tuple[str, str]:
    found = verify(statement, BRIDGE, title="A bridge opens", published=published)
    return found.support, found.reason


# -- one statement and its sources


@pytest.mark.parametrize(
    "statement",
    [
        "President Anna Miller opened the new bridge over the Elbe on Monday.",
        "Mayor Paul Weber left in March 2020.",
        "“We are proud of what 1,200 workers have built here,” Miller said.",
        "‘We are proud of what 1,200 workers have built here’, said Anna Miller.",
    ],
)
def test_a_faithful_statement_is_verified(statement: str) -> None:
    assert told(statement) == ("verified", "")


def test_a_day_that_follows_from_the_day_of_publication_is_none_that_the_source_lacks() -> None:
    assert told("On 2 September 2024, Miller opened the new bridge over the Elbe.") == ("verified", "")
    assert told("On 3 September 2024, Miller opened the new bridge over the Elbe.")[0] == "unsupported"
    assert told("On 2 September 2024, Miller opened the new bridge over the Elbe.", None)[0] == "unsupported"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("“We are proud of what 1,200 people have built here,” Miller said.", "the quotation is altered"),
        ("“Nobody expected such weather,” Miller said.", "the quotation is not in the source"),
        ("The bridge cost $54 million.", "“$54 million” is not in the source"),
        ("The bridge cost $45 billion.", "“$45 billion” is not in the source"),
        ("The bridge cost €45 million.", "“€45 million” instead of “$45 million”"),
        ("The bridge is nearly 300 feet long.", "“300 feet” instead of “300 metres”"),
        ("The bridge is more than 300 metres long.", "“more than 300 metres” instead of “nearly 300 metres”"),
        ("Miller opened the bridge on Tuesday.", "“Tuesday” is not in the source"),
        ("Paul Weber left in May 2020.", "“May 2020” is not in the source"),
        ("Paul Webber left in March 2020.", "“Webber” is not in the source"),
        ("Miller and Macron opened the bridge over the Elbe.", "“Macron” is not in the source"),
    ],
)
def test_an_exact_fault_is_named(statement: str, reason: str) -> None:
    assert told(statement) == ("unsupported", reason)


@pytest.mark.parametrize(
    "statement",
    [
        "The bridge cost 45 million dollars, twelve per cent more than planned.",
        "The bridge cost $45m.",
        "The bridge is almost 0.3 kilometres long.",
        "A. Miller opened the bridge.",
        "Änna Miller opened the bridge.",
        "Some 1 200 workers have built the bridge.",
    ],
)
def test_another_form_of_a_figure_or_name_is_no_fault(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "carries", lambda self, pairs, shares: [Carries(1.0, 0.0, 0.0) for _ in pairs])
    assert told(statement) == ("verified", "")


@pytest.mark.parametrize(
    ("judged", "reason"),
    [(Carries(0.2, 0.7, 0.1), "the source says otherwise"), (Carries(0.2, 0.1, 0.7), "the source does not say this")],
)
def test_what_is_not_exact_is_the_readers_to_say(monkeypatch: pytest.MonkeyPatch, judged: Carries, reason: str) -> None:
    monkeypatch.setattr(Reader, "carries", lambda self, pairs, shares: [judged])
    found = verify("The mayor sang at the opening.", BRIDGE)
    assert (found.support, found.reason, found.carried) == ("unsupported", reason, 0.2)


def test_what_the_source_says_nothing_of_is_unsupported() -> None:
    assert told("Whales eat plankton near submarine volcanoes.") == ("unsupported", "the source does not say this")


@pytest.mark.parametrize(
    "statement",
    [
        "Міст коштував 45 мільйонів доларів.",
        "Der Bau der Brücke hat 45 Millionen Dollar gekostet und ist nicht von dem Rat gebilligt.",
        "桥梁耗资四千五百万美元。",
    ],
)
def test_another_language_than_the_sources_is_not_checked(statement: str) -> None:
    assert told(statement)[0] == "unchecked"


def test_a_quotation_is_compared_in_any_language() -> None:
    assert told("Міллер: “We are proud of what 1,200 people have built here”.")[0] == "unsupported"


def test_words_that_come_nearest_are_named() -> None:
    assert verify("Traffic rose by 9 per cent.", BRIDGE).words
    assert "Traffic rose by 8 per cent" in " ".join(verify("Traffic rose by 9 per cent.", BRIDGE).words)


def test_several_sources_may_carry_a_statement_together() -> None:
    statement = "Umerov met Lecornu in Paris, and France will co-finance 2,000 drones."
    assert verify(statement, MEETING).support == "unsupported"
    assert verify(statement, DRONES).support == "unsupported"
    assert verify(statement, [MEETING, DRONES]).support == "verified"


def test_no_statement_and_no_day_are_refused_and_no_source_carries_nothing() -> None:
    for statement in ("", " \n"):
        with pytest.raises(ValueError, match="empty"):
            verify(statement, BRIDGE)
    with pytest.raises(ValueError, match="soon"):
        verify("It rains.", BRIDGE, published="soon")
    assert (verify("It rains.", []).support, verify("It rains.", " ").reason) == ("unsupported", "no source given")
    assert verify("It rains.", BRIDGE, published=date(2024, 9, 4)).support == "unsupported"


# -- what an answer cites


def cite(*matches: Match) -> Sequence[Citation]:
    return [Citation(n, m.text, m.start, m.end, m.article, m.passage) for n, m in enumerate(matches, 1)]


def test_a_statement_without_a_citation_is_unsupported() -> None:
    found = check("Air defence remains a priority.", [])
    assert (found.support, found.reason) == ("unsupported", "no source cited")


def test_what_only_a_notice_of_correction_says_is_not_verified_unless_it_is_quoted_whole() -> None:
    notice = "Correction: An earlier version of this article said that 45 people died. It was 54."
    found = corrected(match(f"The fire killed 54 people on Monday.\n\n{notice}"))
    verdict = check("The fire killed 45 people.", [found])
    assert (verdict.support, verdict.reason) == ("partly", "only a notice of correction says so")
    assert check("The fire killed 54 people on Monday.", [found]).support == "verified"
    assert check(f"“{notice}”", [found]).support == "verified"


def test_title_source_and_day_of_the_cited_article_are_known() -> None:
    quoted = "“Air defence systems and missiles for them remain a priority for Ukraine.”"
    found = check(f"Starter Library, Europe desk, 2 September 2024: {quoted}", cite(match(MEETING)))
    assert (found.support, found.carried) == ("verified", None)
    undated = match(DRONES, published=None)
    assert check("On 2 September 2024 France will co-finance drones.", cite(undated)).support == "unsupported"


@pytest.mark.parametrize("published", [date(2024, 9, 2), None])
def test_a_quotation_behind_its_own_source_and_day_is_never_the_readers_to_judge(published: date | None) -> None:
    found = match("The plan was dropped by the council in May.", source="Channel 4, News 24", published=published)
    when = "2 September 2024, updated 3 September 2024" if published else "undated"
    changed = replace(found, article=replace(found.article, updated=date(2024, 9, 3) if published else None))
    verdict = check(f"Channel 4, News 24, {when}: “The plan was dropped by the council in May.”", [changed])
    assert (verdict.support, verdict.carried) == ("verified", None)


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


@pytest.mark.timeout(120)  # linear, it takes a second at most; what is quadratic takes far longer
@pytest.mark.parametrize(
    "piece", ["“a” ", "1,111 ", "A of the ", "more than ", "(“[", "May 5 ", "President ", "x", "a-", "1.", "\u0301"]
)
def test_a_hostile_statement_does_not_cost_more_than_its_length(piece: str) -> None:
    statement = piece * (30_000 // len(piece))
    verify(statement, [MEETING, DRONES, statement[:5000]])


@given(statement=st.text(max_size=80), text=st.text(max_size=300))
def test_any_text_has_a_span_and_a_verdict(statement: str, text: str) -> None:
    spans = locate(statement, text)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    assert all(start < end for start, end in spans)
    assert spans or not text.strip()
    assert check(statement, cite(match(text))).support in ("verified", "unsupported", "unchecked", "partly")
